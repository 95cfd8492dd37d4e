"""Where the form of a theme states its idea again: a period where its consequent begins, a sentence at once.

Conventions: a theme's timeline begins with its upbeat at tick 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.fill.given import Sounding
from composer.fill.tune_stretch import IDEA_BARS, Statement, ThemeTask
from composer.outline import ChordSpan
from composer.theory.key import Key
from composer.theory.meter import Meter

_SEQUENCE_STEPS = (0, 1, -1, 2, -2, 3, -3, 4, -4)


def lay_out(task: ThemeTask, idea: list[Sounding]) -> list[Statement]:
    """Return the idea wherever the form of the theme states it."""
    statements = [Statement(0, tuple(idea))]
    bar_ticks = task.meter.bar_ticks
    if task.kind == "period" and len(task.phrase_bars) >= 2:
        start = 0
        for bars, following in pairwise(task.phrase_bars):
            start += bars * bar_ticks
            if following > IDEA_BARS:
                statements.append(_moved(idea, start))
    elif task.kind == "compound period":
        start = sum(task.phrase_bars) // 2 * bar_ticks  # its halves are equal
        statements.append(_moved(idea, start))
    elif task.phrase_bars[0] > 2 * IDEA_BARS or (sum(task.phrase_bars) > 2 * IDEA_BARS and task.kind == "sentence"):
        start = IDEA_BARS * bar_ticks
        statements.append(Statement(start, tuple(_sequence(task, idea, start))))
    return statements


def _moved(idea: list[Sounding], start_tick: int) -> Statement:
    return Statement(start_tick, tuple((onset + start_tick, length, pitch) for onset, length, pitch in idea))


def _sequence(task: ThemeTask, idea: list[Sounding], offset_tick: int) -> list[Sounding]:
    """Return the idea `offset_tick` later, moved along the scale by what fits the chords there best."""
    best: tuple[float, list[Sounding]] | None = None
    for steps in _SEQUENCE_STEPS:
        moved = [(onset + offset_tick, length, along_scale(pitch, task.key, steps)) for onset, length, pitch in idea]
        outside = sum(max(0, task.compass[0] - p, p - task.compass[1]) for _, _, p in moved)
        cost = misfit(moved, task.local.chords, task.meter, task.pickup_tick) + 0.15 * abs(steps) + outside
        if best is None or cost < best[0] - 1e-9:
            best = (cost, moved)
    assert best is not None  # there is at least one step to try
    return best[1]


def misfit(notes: list[Sounding], chords: Sequence[ChordSpan], meter: Meter, bar_offset_tick: int) -> float:
    """Return how much of a line stands outside its chords, weighed by place."""
    cost = 0.0
    for onset, _, pitch in notes:
        for span in chords:
            if span.start_tick <= onset < span.end_tick:
                strength = meter.strength((onset - bar_offset_tick) % meter.bar_ticks)
                if pitch % 12 not in span.chord.pitch_classes(span.key):
                    cost += (0.1, 0.2, 0.8, 1.0, 1.2)[strength]
                break
    return cost


def along_scale(pitch: int, key: Key, steps: int) -> int:
    """Return the pitch moved by scale degrees; a note beside the scale keeps its distance to the degree below it."""
    degrees = sorted((pitch_class - key.tonic_pitch_class) % 12 for pitch_class in key.scale)
    octave, relative = divmod(pitch - key.tonic_pitch_class, 12)
    below = max(index for index, degree in enumerate(degrees) if degree <= relative)
    alter = relative - degrees[below]
    turned, index = divmod(below + steps, 7)
    return key.tonic_pitch_class + 12 * (octave + turned) + degrees[index] + alter
