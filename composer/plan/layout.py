"""Which sections a piece has: from the form's template, stretched to a wished length, or as a plan states them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.errors import PlanError
from composer.plan.forms import SectionRow, default_id
from composer.plan.model import MAX_BARS, SectionEntry
from composer.plan.setting import Setting

# A drawn choice is the row's first in this share of pieces; the others share the rest by the style's own counts.
FIRST_CHOICE = 0.6


def sections_of_form(setting: Setting, *, bars: int | None) -> tuple[SectionEntry, ...]:
    """Return the sections of the setting's form, each drawn from its own stream.

    Args:
        setting: of the piece.
        bars: wished length; the sections are stretched within the form's ranges to come near it. None: as drawn.

    Raises:
        PlanError: the form cannot be that short or long.
    """
    chosen: list[tuple[SectionRow, SectionEntry]] = []
    for row in setting.template.sections:
        # Sections of one label are of one length, and those with the same choice of keys go to the same.
        present = setting.stream("form", row.section_id, "present").random()
        length = setting.stream("form", row.label, "bars").random()
        key_draw = setting.stream("form", "keys", *row.key.of(setting.home.mode)).random()
        if present >= setting.card.figures.get(row.figure or "", row.optional):
            continue
        entry = SectionEntry(
            label=row.label,
            id=row.section_id,
            copy_of=row.copy_of,
            function=row.function,
            theme=row.theme or "none",
            bars=_pick(row.bars, length),
            key=_pick_key(row, setting, key_draw),
            cadence=row.cadence,
            transformations=row.transformations or (),
            recall=row.recall or "melody",
            fidelity=row.fidelity,
        )
        chosen.append((row, entry))
    if bars is None:
        return tuple(entry for _, entry in chosen)
    while sum(_least(row) for row, _ in chosen) > bars and any(row.optional < 1 for row, _ in chosen):
        # Too short for everything: what is optional goes, the least likely first.
        chosen.remove(min(chosen, key=lambda pair: pair[0].optional))
    lengths = stretched([entry.bars or 1 for _, entry in chosen], [row for row, _ in chosen], bars)
    return tuple(entry.model_copy(update={"bars": length}) for (_, entry), length in zip(chosen, lengths, strict=True))


def stretched(lengths: Sequence[int], rows: Sequence[SectionRow], bars: int) -> list[int]:
    """Return section lengths whose sum is as near to `bars` as the rows' ranges and whole phrases allow.

    Raises:
        PlanError: further than a phrase (8 bars) from the nearest possible length.
    """
    lows = [_least(row) for row in rows]
    highs = [row.most or max(row.bars) for row in rows]
    scale = bars / sum(lengths)
    result = []
    for length, low, high in zip(lengths, lows, highs, strict=True):
        unit = _unit(length)
        result.append(min(max(round(length * scale / unit) * unit, low), high))
    for _ in range(2 * MAX_BARS):
        gap = bars - sum(result)
        moves = []
        for index, (row, length, low, high) in enumerate(zip(rows, result, lows, highs, strict=True)):
            for unit in _STEPS.get(row.function, (4, 2, 1)):
                moved = length + (unit if gap > 0 else -unit)
                if low <= moved <= high and abs(gap) >= unit:
                    # Large steps first; then the section that comes nearest to its share.
                    moves.append((-unit, abs(moved - lengths[index] * scale), index, moved))
        if gap == 0 or not moves:
            break
        _, _, index, moved = min(moves)
        result[index] = moved
    if abs(bars - sum(result)) > 8:
        least, most = sum(lows), sum(highs)
        raise PlanError(f"this form cannot have {bars} bars", mend=f"from {least} to {most} bars")
    return result


def _least(row: SectionRow) -> int:
    return row.least if row.least is not None else min(row.bars)


# Bars by which a section may be stretched: themes stay in whole phrases, joins may have any length.
_STEPS: dict[str, tuple[int, ...]] = {"theme": (4,), "recapitulation": (4,), "episode": (4, 2), "closing": (4, 2)}


def _unit(length: int) -> int:
    return 4 if length >= 8 else 2 if length >= 4 else 1


def _pick(choices: Sequence[int], draw: float) -> int:
    if draw < FIRST_CHOICE or len(choices) == 1:
        return choices[0]
    place = (draw - FIRST_CHOICE) / (1 - FIRST_CHOICE)
    return choices[1 + int(place * (len(choices) - 1))]


def _pick_key(row: SectionRow, setting: Setting, draw: float) -> str:
    """Choose one of a row's keys: the first ones are likelier, and those that the style goes to."""
    choices = row.key.of(setting.home.mode)
    weights = np.array([0.5**place for place in range(len(choices))])
    for share, statistics in setting.styles:
        counts = statistics.modulations.get(setting.home.mode, {})
        total = sum(counts.values())
        for place, text in enumerate(choices):
            if total:
                weights[place] += share * counts.get(text.split("->")[-1].strip(), 0) / total
    reached = np.cumsum(weights / weights.sum())
    return choices[min(int(np.searchsorted(reached, draw, side="right")), len(choices) - 1)]


def expanded(sections: Sequence[SectionEntry]) -> tuple[SectionEntry, ...]:
    """Return the sections with ids and with what `copy_of` copies; the field itself stays as the record of it.

    A copy takes every field of the earlier entry (itself expanded) but `id`, `take`, `enters` and `leaves`, then its
    own. Where it changes bars, key, cadence, theme or harmony, the copied phrases no longer hold and are left to the
    planner.

    Raises:
        PlanError: `copy_of` names no earlier section.
    """
    done: dict[str, SectionEntry] = {}
    for entry in sections:
        if entry.copy_of is not None:
            if entry.copy_of not in done:
                raise PlanError(f'copy_of: no section "{entry.copy_of}" before this one')
            base = done[entry.copy_of]
            own = {name: getattr(entry, name) for name in type(entry).model_fields if getattr(entry, name) is not None}
            copied = base.model_copy(update={"id": None, "take": None, "enters": None, "leaves": None})
            if any(name in own and own[name] != getattr(base, name) for name in _UNSETS_PHRASES):
                copied = copied.model_copy(update={"phrases": None})
            entry = copied.model_copy(update=own)
        if entry.label is None:
            raise PlanError("a section needs a label", mend="add label:")
        section_id = entry.id or default_id(entry.label, list(done))
        if section_id in done:
            raise PlanError(f'the id "{section_id}" appears twice', mend="give one of them another id")
        done[section_id] = entry.model_copy(update={"id": section_id})
    return tuple(done.values())


_UNSETS_PHRASES = ("bars", "key", "cadence", "theme", "harmony", "transformations")
