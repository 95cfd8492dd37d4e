"""Give the plan of an analysed piece its shape: tempo and its changes, dynamics, fermatas.

What it is: only what the score itself states. A tempo that is played freely (many small changes in a MIDI file) is its
middle; a section or phrase has a factor of its own only where it is clearly faster or slower.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.outline import DynamicSpan, Outline, TempoSpan
from composer.plan.model import DYNAMIC_LEVELS, DYNAMIC_SHAPES, PhraseEntry, Plan
from composer.theory.meter import parse_meter

_LEAST_CHANGE = 0.08  # of a tempo, relative, from which a phrase has a factor
_TEMPO_RANGE = (20.0, 400.0)  # beats a minute, as in a plan
_FACTOR_RANGE = (0.25, 4.0)


def with_shape(plan: Plan, outline: Outline, *, fermata_ticks: Sequence[int] = ()) -> Plan:
    """Return the plan with the tempo, dynamics and fermatas of a piece.

    Args:
        plan: of `plan_from_outline`.
        outline: that it was made of.
        fermata_ticks: of the score, in the outline's ticks.
    """
    first = next(bar.onset_tick for bar in outline.bars if bar.number > 0)
    meter = parse_meter(plan.meter or "")
    pickup = round((plan.pickup or 0) * meter.beat_ticks)
    tempo = _middle_tempo(outline.tempos, 0, outline.end_tick)
    if tempo is not None:
        tempo = float(round(min(_TEMPO_RANGE[1], max(_TEMPO_RANGE[0], tempo)), 1))
    sections = []
    tick = first - pickup
    level = ""
    for entry in plan.sections:
        phrases: list[PhraseEntry] = []
        for phrase in entry.phrases or ():
            end = tick + (phrase.bars or 0) * meter.bar_ticks
            said: dict[str, object] = {}
            factor = _factor(_middle_tempo(outline.tempos, tick, end), tempo)
            if factor is not None:
                said["tempo_factor"] = factor
            dynamics = _dynamics(outline.dynamics, tick, end)
            if dynamics is not None and dynamics["level"] is not None:
                level = str(dynamics["level"])
            if dynamics is not None:
                said["dynamics"] = {**dynamics, "level": dynamics["level"] or level or None}
            if any(end - meter.bar_ticks <= at < end for at in fermata_ticks):
                said["fermata"] = True
            phrases.append(PhraseEntry.model_validate({**_fields(phrase), **said}))
            tick = end
        sections.append(entry.model_copy(update={"phrases": tuple(phrases)}))
    return plan.model_copy(update={"tempo": tempo, "sections": tuple(sections)})


def _fields(phrase: PhraseEntry) -> dict[str, object]:
    return {name: getattr(phrase, name) for name in PhraseEntry.model_fields if getattr(phrase, name) is not None}


def _middle_tempo(tempos: Sequence[TempoSpan], start_tick: int, end_tick: int) -> float | None:
    """Return the tempo that half of the time is faster than, or None where none is stated."""
    inside = [
        (span.beat_bpm, min(span.end_tick, end_tick) - max(span.start_tick, start_tick))
        for span in tempos
        if span.start_tick < end_tick and span.end_tick > start_tick
    ]
    half = sum(ticks for _, ticks in inside) / 2
    for bpm, ticks in sorted(inside):
        half -= ticks
        if half <= 0:
            return bpm
    return None


def _factor(own: float | None, usual: float | None) -> float | None:
    if own is None or usual is None or abs(own / usual - 1) < _LEAST_CHANGE:
        return None
    return round(min(_FACTOR_RANGE[1], max(_FACTOR_RANGE[0], own / usual)), 2)


def _dynamics(spans: Sequence[DynamicSpan], start_tick: int, end_tick: int) -> dict[str, str | None] | None:
    """Return the level at which a phrase begins, and its shape; None where nothing is stated."""
    inside = [span for span in spans if span.start_tick < end_tick and span.end_tick > start_tick]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    level = first.level if first.level in DYNAMIC_LEVELS else None
    shape = first.shape if first.shape in DYNAMIC_SHAPES else "flat"
    if len(inside) > 1 and level is not None and last.level in DYNAMIC_LEVELS:
        low, high = DYNAMIC_LEVELS.index(level), DYNAMIC_LEVELS.index(last.level)
        shape = "cresc" if low < high else "dim" if high < low else shape
    return {"level": level, "shape": None if shape == "flat" else shape}
