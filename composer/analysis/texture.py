"""Texture: how much each hand moves, how many notes sound, and which pattern they make, per half bar.

Conventions: `onsets_per_beat` counts moments at which a hand strikes (a chord is one), `polyphony` the notes that sound
on average while time passes, both (lower hand, upper hand). A span is half a bar where the bar has an even number of
beats and at least four quarters, else a bar. Patterns are those of `outline.PATTERNS`, told apart by plain rules in a
fixed order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from composer.analysis.frames import Floats, Integers
from composer.analysis.hands import hand_of_notes
from composer.outline import TextureSpan
from composer.score import Bar, Score
from composer.theory.meter import TICKS_PER_QUARTER

_STEP_SEMITONES = 2  # inclusive
_RUNNING_ONSETS = 3.5  # onsets a beat from which a line runs
_BROKEN_ONSETS = 1.8  # onsets a beat from which a broken chord is one
_TOGETHER_SHARE = 0.6  # of the moments, struck by all voices: they move together


@dataclass(frozen=True)
class _Hand:
    """One hand in one span: pitches of its notes in order, and what was measured of them."""

    onsets: Integers  # [note] ticks
    pitches: Integers  # [note]
    onsets_per_beat: float
    polyphony: float

    @property
    def moments(self) -> int:
        return len(np.unique(self.onsets))

    @property
    def is_single(self) -> bool:
        return 0 < self.polyphony <= 1.25 and self.moments >= 0.8 * len(self.onsets)

    @property
    def leaps(self) -> float:
        """Share of melodic intervals wider than a step."""
        steps = np.abs(np.diff(self.pitches))
        return float((steps > _STEP_SEMITONES).mean()) if len(steps) else 0.0


def span_ticks(bar: Bar) -> int:
    """Return the length of a texture span in a bar."""
    whole = bar.meter.bar_ticks
    return whole // 2 if bar.meter.beats % 2 == 0 and whole >= 4 * TICKS_PER_QUARTER else whole


def find_textures(score: Score) -> tuple[TextureSpan, ...]:
    """Measure the texture of a score.

    Returns:
        Spans from the first bar to the last, without gaps; neighbours are not joined.
    """
    tagged = [
        (note.onset_tick, note.end_tick, note.pitch, hand)
        for (_, note), hand in zip(score.notes(), hand_of_notes(score), strict=True)
        if not note.is_grace
    ]
    table = np.array(tagged, dtype=np.int64).reshape(-1, 4)  # [note, (onset, end, pitch, hand)]
    edges = _edges(score)
    longest = int((table[:, 1] - table[:, 0]).max()) if len(table) else 0
    spans: list[TextureSpan] = []
    for start, end in edges:
        beats = (end - start) / score.meter_at(start).beat_ticks
        # Notes are sorted by onset: those that may sound here begin at most one longest note before.
        left, right = np.searchsorted(table[:, 0], [start - longest, end])
        rows = table[left:right]
        rows = rows[rows[:, 1] > start]
        lower, upper = (_measure(rows[rows[:, 3] == hand], start, end, beats) for hand in (0, 1))
        spans.append(
            TextureSpan(
                start,
                end,
                _pattern(lower, upper),
                (round(lower.onsets_per_beat, 3), round(upper.onsets_per_beat, 3)),
                (round(lower.polyphony, 3), round(upper.polyphony, 3)),
            )
        )
    return tuple(spans)


def _edges(score: Score) -> list[tuple[int, int]]:
    edges: list[tuple[int, int]] = []
    for bar in score.bars:
        size = span_ticks(bar)
        start = bar.onset_tick
        while start < bar.end_tick:
            place = start - bar.onset_tick + bar.lead_tick
            end = min(bar.end_tick, start + size - place % size)
            edges.append((start, end))
            start = end
    return edges


def _measure(rows: Integers, start: int, end: int, beats: float) -> _Hand:
    struck = rows[rows[:, 0] >= start]
    sounding: Floats = np.minimum(rows[:, 1], end) - np.maximum(rows[:, 0], start)
    moments = len(np.unique(struck[:, 0]))
    return _Hand(struck[:, 0], struck[:, 2], moments / beats, float(sounding.sum()) / (end - start))


def _pattern(lower: _Hand, upper: _Hand) -> str:
    """Return the first pattern whose rule holds."""
    if not len(lower.onsets) and not len(upper.onsets):
        return "unknown"
    return next(name for name, rule in _RULES if rule(lower, upper))


def _is_melody(lower: _Hand, upper: _Hand) -> bool:
    silent = [hand for hand in (lower, upper) if hand.polyphony < 0.1]
    moving = [hand for hand in (lower, upper) if hand.polyphony >= 0.1]
    return len(silent) == 1 and moving[0].is_single and moving[0].onsets_per_beat < _RUNNING_ONSETS


def _is_unison(lower: _Hand, upper: _Hand) -> bool:
    if not (lower.is_single and upper.is_single) or len(lower.onsets) != len(upper.onsets) or len(lower.onsets) < 2:
        return False
    apart = upper.pitches - lower.pitches
    return bool((lower.onsets == upper.onsets).all() and (apart % 12 == 0).mean() >= 0.9)


def _is_chorale(lower: _Hand, upper: _Hand) -> bool:
    if lower.polyphony + upper.polyphony < 2.6 or max(lower.onsets_per_beat, upper.onsets_per_beat) > 2.5:
        return False
    union = np.union1d(lower.onsets, upper.onsets)
    both = np.intersect1d(lower.onsets, upper.onsets)
    notes = (len(lower.onsets) + len(upper.onsets)) / max(1, len(union))
    return len(union) > 0 and len(both) >= _TOGETHER_SHARE * len(union) and notes >= 2.2 and upper.polyphony >= 1.3


def _is_alberti(lower: _Hand, upper: _Hand) -> bool:
    return _is_broken(lower, upper) and int(np.ptp(lower.pitches)) <= 12 and len(np.unique(lower.pitches)) <= 4


def _is_arpeggio(lower: _Hand, upper: _Hand) -> bool:
    return _is_broken(lower, upper) or (_is_broken(upper, lower) and upper.leaps >= 0.8)


def _is_broken(hand: _Hand, other: _Hand) -> bool:
    return (
        hand.is_single
        and hand.onsets_per_beat >= max(_BROKEN_ONSETS, other.onsets_per_beat)
        and hand.leaps >= 0.7
        and len(hand.pitches) >= 4
    )


def _is_stride(lower: _Hand, upper: _Hand) -> bool:
    if lower.moments < 2 or not len(upper.onsets):
        return False
    moments, first = np.unique(lower.onsets, return_index=True)
    sizes = np.diff([*first, len(lower.onsets)])
    lows = lower.pitches[first]  # notes are sorted by pitch within a moment
    alternating = [bool(sizes[i] < sizes[i + 1] and lows[i + 1] - lows[i] >= 5) for i in range(0, len(moments) - 1, 2)]
    return all(alternating)


def _is_running(lower: _Hand, upper: _Hand) -> bool:
    return any(
        hand.is_single and hand.onsets_per_beat >= _RUNNING_ONSETS and hand.leaps < 0.7 for hand in (lower, upper)
    )


def _is_imitation(lower: _Hand, upper: _Hand) -> bool:
    rates = sorted((lower.onsets_per_beat, upper.onsets_per_beat))
    lines = 0 < lower.polyphony <= 2.2 and 0 < upper.polyphony <= 2.2
    union = len(np.union1d(lower.onsets, upper.onsets))
    both = len(np.intersect1d(lower.onsets, upper.onsets))
    return lines and rates[0] >= 0.5 and rates[1] >= 1.0 and both < 0.75 * union


def _is_walking(lower: _Hand, upper: _Hand) -> bool:
    moves = 0.9 <= lower.onsets_per_beat <= 2.1
    return lower.is_single and moves and upper.polyphony > 0 and lower.leaps <= 0.75


def _is_chords(lower: _Hand, upper: _Hand) -> bool:
    return lower.polyphony + upper.polyphony > 0


_RULES: tuple[tuple[str, Callable[[_Hand, _Hand], bool]], ...] = (
    ("melody", _is_melody),
    ("unison", _is_unison),
    ("chorale", _is_chorale),
    ("alberti", _is_alberti),
    ("arpeggio", _is_arpeggio),
    ("stride", _is_stride),
    ("running", _is_running),
    ("walking", lambda lower, upper: _is_walking(lower, upper) and upper.onsets_per_beat > 1.3 * lower.onsets_per_beat),
    ("imitation", _is_imitation),
    ("walking", _is_walking),
    ("chords", _is_chords),
    ("unknown", lambda _lower, _upper: True),
)
