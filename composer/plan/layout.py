"""Which sections a piece has: from the form's template, stretched to a wished length, or as a plan states them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from composer.errors import PlanError
from composer.plan.forms import FormTemplate, SectionRow, default_id
from composer.plan.model import CadenceName, RepeatEntry, SectionEntry
from composer.plan.phrase_kinds import length_weights
from composer.plan.setting import Setting

Choice = TypeVar("Choice", bound=Hashable)

# A drawn choice is the row's first in this share of pieces; the others share the rest by the style's own counts.
FIRST_CHOICE = 0.6
USUAL_LENGTHS = (4, 8)  # bars of phrases that leave a section as long as its form has it
CODETTA = 2  # bars at least by which a section that states a theme is longer
NEAR_BARS = 4  # a wish that a form misses by no more than a short phrase is met as nearly as it can be


@dataclass(frozen=True)
class _Chosen:
    """A row of the form with what was drawn for it."""

    row: SectionRow
    bars: int
    key: str
    cadence: CadenceName
    present: bool


def sections_of_form(setting: Setting, *, bars: int | None) -> tuple[SectionEntry, ...]:
    """Return the sections of the setting's form, each drawn from its own stream.

    Args:
        setting: of the piece.
        bars: wished length, in written bars; the sections are stretched within the form's ranges to come near it. None:
            as drawn.

    Raises:
        PlanError: the form cannot be that short or long.
    """
    rows = _drawn(setting, is_free=bars is None)
    chosen = [one for one in rows if one.present] or [_likeliest(rows)]
    lengths = [one.bars for one in chosen]
    if bars is not None:
        chosen = _fitting(rows, bars)
        lengths = stretched([one.bars for one in chosen], [one.row for one in chosen], bars)
    return tuple(
        SectionEntry(
            label=one.row.label,
            id=one.row.section_id,
            copy_of=one.row.copy_of,
            function=one.row.function,
            theme=one.row.theme or "none",
            bars=length,
            key=one.key,
            cadence=one.cadence,
            transformations=one.row.transformations or (),
            recall=one.row.recall or "melody",
            fidelity=one.row.fidelity,
        )
        for one, length in zip(chosen, lengths, strict=True)
    )


def repeats_of_form(template: FormTemplate, sections: Sequence[SectionEntry]) -> tuple[RepeatEntry, ...]:
    """Return the repeats of a form as far as their sections are there."""
    there = {entry.id for entry in sections}
    found = []
    for repeat in template.repeats:
        own = tuple(name for name in repeat.sections if name in there)
        first, last = (tuple(name for name in ids if name in there) for ids in repeat.endings or ((), ()))
        if own:
            found.append(repeat.model_copy(update={"sections": own, "endings": (first, last) if first else None}))
    return tuple(found)


def _drawn(setting: Setting, *, is_free: bool) -> list[_Chosen]:
    """Draw for each row of the form whether it is there, its length and its keys.

    Where the piece's length is free, that of a section whose phrases the form prescribes is that of its phrases.
    """
    drawn: list[_Chosen] = []
    places: dict[str, int | None] = {}  # which of its keys each row took; None where there was nothing to choose
    for row in setting.template.sections:
        # Sections of one label are of one length, and those with the same choice of keys go to the same.
        present = setting.stream("form", row.section_id, "present").random()
        length = setting.stream("form", row.label, "bars").random()
        bars = _pick(row.bars, length) + _loosened(row, _pick(row.bars, length), setting)
        lines = sum(drawn_phrase_bars(row, setting))
        if is_free and bars == sum(row.phrase_bars) and row.shortest <= lines <= row.longest:
            bars = lines
        keys = row.key.of(setting.home.mode)
        place = places.get(row.keys_as or "")
        if place is None:
            place = _pick_key(keys, setting, setting.stream("form", "keys", *keys).random())
        places[row.section_id] = place if len(keys) > 1 else None
        drawn.append(
            _Chosen(
                row,
                bars,
                keys[min(place, len(keys) - 1)],
                _end(row, setting),
                present < setting.card.figures.get(row.figure or "", row.optional),
            )
        )
    for group in _groups([one.row for one in drawn]):
        for index in group:
            drawn[index] = replace(drawn[index], bars=drawn[group[0]].bars)
    return drawn


def least_bars(rows: Sequence[SectionRow]) -> int:
    """Return the fewest bars of a form: of the sections that are always there, or of the shortest where none is."""
    return sum(row.shortest for row in rows if row.optional == 1) or min(row.shortest for row in rows)


def _fitting(rows: Sequence[_Chosen], bars: int) -> list[_Chosen]:
    """Return the rows with which a form can come near a length.

    Raises:
        PlanError: it cannot.
    """
    least = least_bars([one.row for one in rows])
    most = sum(one.row.longest for one in rows)
    if not least - NEAR_BARS <= bars <= most + NEAR_BARS:
        counted = "1 bar" if bars == 1 else f"{bars} bars"
        raise PlanError(f"this form cannot have {counted}", mend=f"from {least} to {most} bars")
    chosen = [one for one in rows if one.present]
    # Too short for everything: what is optional goes, the least likely first. Too long: it comes, the likeliest first.
    for one in sorted(rows, key=lambda one: one.row.optional):
        if one in chosen and one.row.optional < 1 and sum(other.row.shortest for other in chosen) > bars:
            chosen.remove(one)
    for one in sorted(rows, key=lambda one: -one.row.optional):
        if one not in chosen and sum(other.row.longest for other in chosen) < bars:
            chosen.append(one)
    return [one for one in rows if one in chosen] or [_likeliest(rows)]


def _likeliest(rows: Sequence[_Chosen]) -> _Chosen:
    """Return the row that is there most often, for a form of which nothing else is there."""
    return max(rows, key=lambda one: one.row.optional)


def stretched(lengths: Sequence[int], rows: Sequence[SectionRow], bars: int) -> list[int]:
    """Return section lengths whose sum is as near to `bars` as the rows' ranges and whole phrases allow.

    A copy that may be as long as what it copies is as long.
    """
    scale = bars / sum(lengths)
    groups = _groups(rows)
    result = [0] * len(rows)

    def give(group: Sequence[int], length: int) -> None:
        for index in group:
            result[index] = length

    for group in groups:
        row, length = rows[group[0]], lengths[group[0]]
        unit = _units(row)[0 if length >= 8 else -1]
        wished = round(length * scale / unit) * unit
        give(group, min(max(wished, row.shortest), row.longest))
    while True:
        gap = bars - sum(result)
        moves = []
        for group in groups:
            row, length = rows[group[0]], lengths[group[0]]
            for unit in _units(row):
                moved = result[group[0]] + (unit if gap > 0 else -unit)
                step = unit * len(group)
                if row.shortest <= moved <= row.longest and abs(abs(gap) - step) < abs(gap):
                    # Large steps first; then the section that comes nearest to its share.
                    moves.append((-unit, abs(moved - length * scale), group[0], moved, group))
        if not moves:
            return result
        _, _, _, moved, group = min(moves)
        give(group, moved)


def _groups(rows: Sequence[SectionRow]) -> list[list[int]]:
    """Return the indices of the rows that are of one length, together: copies that may be as long as their model."""
    groups: list[list[int]] = []
    for index, row in enumerate(rows):
        for group in groups:
            first = rows[group[0]]
            if row.copy_of in {rows[other].section_id for other in group} and _range(row) == _range(first):
                group.append(index)
                break
        else:
            groups.append([index])
    return groups


def _range(row: SectionRow) -> tuple[object, ...]:
    return row.bars, row.shortest, row.longest


# Bars by which a section may be stretched: themes stay in whole phrases, others may have half ones.
_STEPS: dict[str, tuple[int, ...]] = {"theme": (4,), "recapitulation": (4,)}


def _units(row: SectionRow) -> tuple[int, ...]:
    """Return the bars by which a section may be stretched, the largest first; prescribed phrases come whole."""
    if row.phrases:
        return (sum(row.phrase_bars),)
    return _STEPS.get(row.function, (4, 2))


def _pick(choices: Sequence[int], draw: float) -> int:
    if draw < FIRST_CHOICE or len(choices) == 1:
        return choices[0]
    place = (draw - FIRST_CHOICE) / (1 - FIRST_CHOICE)
    return choices[1 + int(place * (len(choices) - 1))]


def _loosened(row: SectionRow, bars: int, setting: Setting) -> int:
    """Draw by how many bars a section differs from so many: as if one of its four-bar phrases had another length."""
    lengths = length_weights(setting.styles, setting.meter)
    first = CODETTA if row.function in ("theme", "recapitulation") else -row.loose
    others = [by for by in range(first, row.loose + 1) if by and row.shortest <= bars + by <= row.longest]
    usual = sum(lengths[length] for length in USUAL_LENGTHS)
    weights = np.array([usual, *(lengths[USUAL_LENGTHS[0] + by] for by in others)])
    return int(setting.stream("form", row.label, "loose").choice([0, *others], p=weights / weights.sum()))


def drawn_phrase_bars(row: SectionRow, setting: Setting) -> tuple[int, ...]:
    """Return the lengths of the phrases that a form prescribes, drawn; the same in all sections of one label."""
    lengths = length_weights(setting.styles, setting.meter)
    return tuple(
        drawn_choice(phrase.bars, lengths, setting.stream("form", row.label, "phrase bars", index))
        for index, phrase in enumerate(row.phrases or ())
    )


def drawn_choice(choices: Sequence[Choice], shares: Mapping[Choice, float], rng: np.random.Generator) -> Choice:
    """Return one of the choices of a form, drawn by the style's shares; the first where the style has none of them."""
    weights = np.array([shares.get(choice, 0.0) for choice in choices])
    is_open = len(choices) > 1 and weights.sum() > 0
    return choices[int(rng.choice(len(weights), p=weights / weights.sum())) if is_open else 0]


def _end(row: SectionRow, setting: Setting) -> CadenceName:
    """Return how a section ends: as its form has it, or less closed."""
    is_open = row.cadence == "PAC" and setting.stream("form", row.section_id, "end").random() < row.imperfect
    return "IAC" if is_open else row.cadence


def _pick_key(choices: Sequence[str], setting: Setting, draw: float) -> int:
    """Choose the place of one of a row's keys: the first ones are likelier, and those that the style goes to."""
    weights = np.array([0.5**place for place in range(len(choices))])
    for share, statistics in setting.styles:
        counts = statistics.modulations.get(setting.home.mode, {})
        total = sum(counts.values())
        for place, text in enumerate(choices):
            if total:
                weights[place] += share * counts.get(text.split("->")[-1].strip(), 0) / total
    reached = np.cumsum(weights / weights.sum())
    return min(int(np.searchsorted(reached, draw, side="right")), len(choices) - 1)


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
        entry = expanded_entry(entry, done)
        done[entry.id or ""] = entry
    return tuple(done.values())


def expanded_entry(entry: SectionEntry, earlier: Mapping[str, SectionEntry]) -> SectionEntry:
    """Return one section as `expanded` does, after the earlier ones (by id)."""
    if entry.copy_of is not None:
        if entry.copy_of not in earlier:
            raise PlanError(f'copy_of: no section "{entry.copy_of}" before this one')
        base = earlier[entry.copy_of]
        own = {name: getattr(entry, name) for name in type(entry).model_fields if getattr(entry, name) is not None}
        copied = base.model_copy(update={"id": None, "take": None, "enters": None, "leaves": None})
        if any(name in own and own[name] != getattr(base, name) for name in _UNSETS_PHRASES):
            copied = copied.model_copy(update={"phrases": None})
        if "phrases" in own:
            copied = copied.model_copy(update={"type": None})  # it says how phrases are made that nobody states
        entry = copied.model_copy(update=own)
    if entry.label is None:
        raise PlanError("a section needs a label", mend="add label:")
    section_id = entry.id or default_id(entry.label, earlier)
    if section_id in earlier:
        raise PlanError(f'the id "{section_id}" appears twice', mend="give one of them another id")
    return entry.model_copy(update={"id": section_id})


_UNSETS_PHRASES = ("bars", "key", "cadence", "theme", "harmony", "transformations")
