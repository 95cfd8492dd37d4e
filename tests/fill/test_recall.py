"""Where a theme's tune lies when it comes back."""

from __future__ import annotations

from composer.theory.meter import TICKS_PER_QUARTER as Q

HIGH = """
plan: 1
form: binary
style: bach
ensemble: keyboard
key: G major
meter: "3/4"
seed: 7
themes:
  high: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | g2 b2 d'2 | g4 z2", harmony: "I | ii6 | V | I"}
sections:
  - label: A
    bars: 4
    key: I
    cadence: none
    phrases:
      - {bars: 2, cadence: none, harmony: "I | ii6", theme: high, theme_bars: "1-2", fidelity: 1}
      - {bars: 2, cadence: none, harmony: "V | I", theme: high, theme_bars: "3-4", fidelity: 1}
"""
TUNE = (67, 71, 74, 72, 69, 66, 79, 83, 86, 79)  # its ninth note is above the keyboard's compass


def test_a_tune_that_reaches_too_high_is_lower_as_a_whole(fill_text):
    composed = fill_text(HIGH)
    struck = {(onset, pitch) for onset, _, pitch, _, _ in composed.notes("A")}
    assert all((index * Q, pitch - 12) in struck for index, pitch in enumerate(TUNE))
