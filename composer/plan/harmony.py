"""Draw the chord skeleton of a phrase exactly: the style's semi-Markov chain under what is pinned.

What it is: `draw_harmony` chooses a cadence formula of the style that agrees with the pins and the tune, then draws the
chords before it by forward-backward sampling (`field.py`, `chain.py`). When a chord begins and how long it lasts, where
in the bar and in the phrase, all have their own counts.

Conventions: ticks count from the phrase's first bar line; an upbeat is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from composer.errors import PlanError
from composer.plan.cadences import PlacedFormula, closes, formulas_for
from composer.plan.chords import ChordModels
from composer.plan.chromatic import coloured, sounds_as
from composer.plan.field import Field, PhraseRequest
from composer.plan.model import Formula
from composer.plan.numerals import Slot
from composer.style_statistics import degree_text, parse_degree
from composer.theory.meter import Meter

__all__ = ["PhraseRequest", "draw_harmony"]


def draw_harmony(
    request: PhraseRequest, *, models: ChordModels, pickup_tick: int, rng: np.random.Generator
) -> tuple[tuple[Slot, ...], Formula | None]:
    """Draw the chords of a phrase.

    Args:
        request: the constraints.
        models: of the style's chords in the piece's meter.
        pickup_tick: length of the upbeat, before this phrase and before the next.
        rng: the phrase's own stream.

    Returns:
        The slots without gaps, and the cadence formula (None for an open end).

    Raises:
        PlanError: the pinned chords cannot be followed, or contradict the cadence.
    """
    meter = models.meter
    field = Field(request, models, pickup_tick)
    end_tick = request.bars * meter.bar_ticks - pickup_tick
    if request.cadence != "none":
        candidates = list(
            formulas_for(
                models.styles,
                cadence=request.cadence,
                mode=request.keys[-1][1].mode,
                meter=meter,
                bars=request.bars,
                pickup_tick=pickup_tick,
                earliest_tick=max(0, request.keys[-1][0]),
            )
        )
        if request.pedal is not None:
            candidates = _over_pedal(candidates, request)
        weights = np.array([item.weight * field.formula_weight(item) for item in candidates])
        while weights.sum() > 0:
            choice = int(rng.choice(len(candidates), p=weights / weights.sum()))
            placed = candidates[choice]
            before = field.draw(rng, before=placed)
            if before is not None:
                key = request.keys[-1][1]
                ends = (*placed.onset_ticks[1:], end_tick)
                ending = [
                    Slot(start, end, key, numeral)
                    for start, end, numeral in zip(placed.onset_ticks, ends, placed.formula.chords, strict=True)
                ]
                slots = _spelled(_merged([*before, *ending]), request, models, rng)
                return _agreeing(slots, field.sung(placed.formula), meter)
            weights[choice] = 0.0
    drawn = None if request.needs_formula and request.cadence != "none" else field.draw(rng, before=None)
    if drawn is None:
        raise PlanError("these pinned chords leave no way through the phrase", mend="write ? for some of them")
    slots = _spelled(_merged(drawn), request, models, rng)
    if request.cadence == "none":
        return slots, None
    return slots, _own_formula(slots, request, meter)


def _agreeing(slots: Sequence[Slot], formula: Formula, meter: Meter) -> tuple[tuple[Slot, ...], Formula]:
    """Return chords and their cadence formula with the same sounds.

    A chord that was coloured (`chromatic.py`) is so in both, if the formula's soprano has a note of it; else in none.
    """
    named, chords = list(slots), list(formula.chords)
    for place, (numeral, beat, degree) in enumerate(zip(chords, formula.onsets, formula.soprano, strict=True)):
        tick = round(beat * meter.beat_ticks)
        index = next(index for index, slot in enumerate(named) if slot.start_tick <= tick < slot.end_tick)
        slot = named[index]
        mode = slot.key.mode
        if sounds_as(slot.numeral or numeral, mode) == sounds_as(numeral, mode):
            continue
        if degree == "-" or parse_degree(degree, mode) in slot.chord.relative_pitch_classes:
            chords[place] = slot.numeral or numeral
        else:
            named[index] = replace(slot, numeral=numeral)
    return tuple(named), formula.model_copy(update={"chords": tuple(chords)})


def _own_formula(slots: Sequence[Slot], request: PhraseRequest, meter: Meter) -> Formula:
    """Return the formula that pinned chords make by themselves.

    Raises:
        PlanError: they do not make the cadence.
    """
    # The last three chords, as far as they are in one key and after the first bar line.
    last = [slot for slot in slots[-3:] if slot.key == slots[-1].key and slot.start_tick >= 0] or list(slots[-1:])
    final_beat = (last[-1].start_tick % meter.bar_ticks) / meter.beat_ticks
    pair = [slot.chord for slot in slots[-2:]]
    if len(pair) < 2 or not closes(request.cadence, pair, None, final_beat, meter):
        found = " ".join(slot.numeral or "?" for slot in slots[-2:])
        beat = f"beat {final_beat + 1:g}"
        raise PlanError(
            f"the harmony ends with {found} on {beat}, which is no {request.cadence}",
            mend="change the cadence or its chords; a PAC is V I in root position on a strong beat, an HC ends on V",
        )
    mode = last[-1].key.mode
    soprano = ["-"] * (len(last) - 1) + ["1" if request.cadence == "PAC" else "-"]
    return Formula(
        chords=tuple(slot.numeral or "" for slot in last),
        onsets=tuple(slot.start_tick / meter.beat_ticks for slot in last),
        soprano=tuple(soprano),
        bass=tuple(degree_text(slot.chord.relative_bass, mode) for slot in last),
    )


def _merged(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Join neighbours of one chord in one key."""
    merged: list[Slot] = []
    for slot in slots:
        if merged and (merged[-1].key, merged[-1].numeral) == (slot.key, slot.numeral):
            merged[-1] = Slot(merged[-1].start_tick, slot.end_tick, slot.key, slot.numeral)
        else:
            merged.append(slot)
    assert all(a.end_tick == b.start_tick for a, b in pairwise(merged))
    return tuple(merged)


def _over_pedal(candidates: list[PlacedFormula], request: PhraseRequest) -> list[PlacedFormula]:
    """Return the formulas whose bass stays on the pedal, where there are any; a half cadence is its V alone then."""
    mode = request.keys[-1][1].mode
    held = 7 if request.pedal is not None and request.pedal.degree == "V" else 0
    if request.cadence == "HC":
        candidates = [_last_alone(item) for item in candidates]
    still = [item for item in candidates if all(sounds_as(name, mode)[1] == held for name in item.formula.chords)]
    return still or candidates


def _last_alone(placed: PlacedFormula) -> PlacedFormula:
    parts = {name: getattr(placed.formula, name)[-1:] for name in ("chords", "onsets", "soprano", "bass")}
    return PlacedFormula(Formula(**parts), placed.onset_ticks[-1:], placed.weight)


def _spelled(
    slots: Sequence[Slot], request: PhraseRequest, models: ChordModels, rng: np.random.Generator
) -> tuple[Slot, ...]:
    """Return slots in which pinned chords are written as they were pinned, and drawn ones by their usual names."""
    written = []
    pinned = []
    for slot in slots:
        pin = next((pin for pin in request.pins if pin.start_tick <= slot.start_tick < pin.end_tick), None)
        is_pinned = pin is not None and pin.numeral is not None and pin.key == slot.key
        if is_pinned and pin is not None and pin.numeral is not None and slot.numeral is not None:
            mode = slot.key.mode
            if sounds_as(pin.numeral, mode) == sounds_as(slot.numeral, mode):
                slot = Slot(slot.start_tick, slot.end_tick, slot.key, pin.numeral)
        written.append(slot)
        pinned.append(is_pinned)
    return coloured(written, pinned, share=models.augmented_share, rng=rng)
