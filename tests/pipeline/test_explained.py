"""What `-v` tells of a plan."""

from __future__ import annotations

import logging

import pytest

from composer import pipeline
from composer.pipeline.explained import plan_lines
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan

PLAN = """
plan: 1
form: rondo
style: bach
key: G major
meter: "3/4"
tempo: 100
seed: 7
themes:
  refrain: {bars: 4, type: period}
sections:
  - {label: A, theme: refrain, bars: 4, key: I, cadence: PAC, texture: alberti}
  - {label: B, theme: none, bars: 4, key: V, cadence: HC, texture: chords}
"""


def test_frame_sections_and_themes_are_told() -> None:
    lines = plan_lines(resolve(parse_plan(PLAN)), stated=("key", "meter", "sections"))
    frame = "G major, 3/4, 100 beats a minute, 8 bars, for keyboard"
    assert lines[0] == f"plan: rondo in {frame}; drawn after bach: tempo, ensemble"
    assert lines[1].startswith("  A: 4 bars in G major; theme refrain; phrases 2 ")
    assert lines[1].endswith(" PAC; alberti")
    assert lines[2] == "  B: 4 bars in D major; phrases 4 HC; chords"
    assert lines[3].startswith("  theme refrain: 4 bars, period ending ")


def test_nothing_is_drawn_where_all_is_said() -> None:
    stated = ("key", "meter", "tempo", "ensemble", "sections")
    assert plan_lines(resolve(parse_plan(PLAN)), stated=stated)[0].endswith("for keyboard")


def test_what_was_wished_is_not_said_to_be_drawn(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="composer"):
        plan = pipeline.plan_piece(form="rondo", style="bach", key="D major", tempo=90, seed=3)
    first, *rest = (record.getMessage() for record in caplog.records)
    assert first.endswith("drawn after bach: meter, ensemble, sections")
    assert len(rest) == len(plan.sections) + len(plan.themes)
