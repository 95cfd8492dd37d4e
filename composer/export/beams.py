"""Beam the short notes of a voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.export.rhythm import KINDS, Value, beam_groups
from composer.export.written import Event
from composer.score import Bar


def with_beams(events: Sequence[Event], values: Sequence[Value], bar: Bar) -> list[Event]:
    """Join neighbouring eighths and shorter notes of one group; a rest or a longer note parts them."""
    groups = beam_groups(values, bar.meter)
    runs: list[list[int]] = []
    for index, event in enumerate(events):
        if not event.notes or _flags(event) == 0:
            continue
        if runs and runs[-1][-1] == index - 1 and groups[index - 1] == groups[index]:
            runs[-1].append(index)
        else:
            runs.append([index])
    beamed = list(events)
    for run in runs:
        if len(run) > 1:
            flags = [_flags(events[index]) for index in run]
            for place, index in enumerate(run):
                beamed[index] = replace(events[index], beams=_beams(flags, place))
    return beamed


def _flags(event: Event) -> int:
    """Return how many flags or beams a value has: 1 for an eighth, 0 for a quarter and longer."""
    return max(0, KINDS.index(event.kind) - KINDS.index("quarter"))


def _beams(flags: Sequence[int], place: int) -> tuple[str, ...]:
    beams = []
    for level in range(1, flags[place] + 1):
        before = place > 0 and flags[place - 1] >= level
        after = place + 1 < len(flags) and flags[place + 1] >= level
        if before and after:
            beams.append("continue")
        elif before or after:
            beams.append("end" if before else "begin")
        else:
            beams.append("forward hook" if place == 0 else "backward hook")
    return tuple(beams)
