"""Sequences and pedals of a phrase: those that the planner gives it, and the draw of its harmony on a schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from composer.errors import PlanError
from composer.plan.field import PhraseRequest
from composer.plan.model import Formula, PhraseEntry, SchemaName
from composer.plan.numerals import Slot
from composer.plan.pedals import usual_pedal
from composer.plan.phrases import PhraseDraft
from composer.plan.sequences import placements, usual_schema
from composer.plan.setting import Setting
from composer.plan.themes import draw_with_parallels, overlaid
from composer.theory.key import Key


def with_devices(
    draft: PhraseDraft,
    said: PhraseEntry,
    function: str,
    *,
    is_last: bool,
    is_stated_anew: bool,
    setting: Setting,
    rng: np.random.Generator,
) -> PhraseEntry:
    """Return what is said of a phrase, with a pedal or a schema where one is drawn for it.

    Args:
        draft: the phrase.
        said: of it so far.
        function: of its section.
        is_last: whether it ends the section.
        is_stated_anew: whether it states a theme that is transformed, and so gets chords of its own.
        setting: of the section.
        rng: of the section's devices; as much is drawn for every phrase.
    """
    pedal = usual_pedal(function, bars=draft.bars, is_last=is_last, rng=rng)
    model = setting.models.of(draft.keys[0].mode)
    schema = usual_schema(function, bars=draft.bars, model=model, rng=np.random.default_rng(rng.integers(2**62)))
    if said.harmony or said.entries or said.formula is not None or draft.fermata or draft.parallel is not None:
        return said
    if pedal is not None and (is_stated_anew or not draft.states_theme):
        return said.model_copy(update={"pedal": pedal})
    if schema is not None and not draft.states_theme and can_stand(schema, draft, setting):
        return said.model_copy(update={"schema_": schema})
    return said


def can_stand(schema: SchemaName, draft: PhraseDraft, setting: Setting) -> bool:
    """Whether there is room for a schema in a phrase whose first key ends after its equal share of the bars."""
    end = draft.bars * setting.meter.bar_ticks // len(draft.keys)
    return bool(_placements(schema, draft.bars, end, draft.keys[0], setting, np.random.default_rng(0)))


def draw_on_schema(
    schema: SchemaName,
    request: PhraseRequest,
    *,
    setting: Setting,
    names: Sequence[str | int],
    stated: Formula | None,
) -> tuple[tuple[Slot, ...], Formula | None]:
    """Draw a phrase's harmony with a schema in it; pinned chords come first.

    Args:
        request: the phrase.
        setting: of the piece.
        names: of the random stream.
        stated: the formula that the plan states.

    Raises:
        PlanError: there is no place for the schema.
    """
    pins = request.pins
    if pins and all(slot.numeral is not None for slot in pins):
        return draw_with_parallels(request, (), setting=setting, names=names, stated=stated)
    _, key = request.keys[0]
    key_end = request.keys[1][0] if len(request.keys) > 1 else request.bars * setting.meter.bar_ticks
    rng = setting.stream(*names, "schema")
    for slots in _placements(schema, request.bars, key_end, key, setting, rng):
        if any(_disagree(pin, slot) for pin in pins for slot in slots):
            continue
        try:
            filled = replace(request, pins=overlaid(pins, slots))
            return draw_with_parallels(filled, (), setting=setting, names=names, stated=stated)
        except PlanError:
            continue
    raise PlanError(
        f"there is no room for a {schema} in these {request.bars} bars in {key}",
        mend="make the phrase longer, leave more of its chords open, or take its schema out",
    )


def _disagree(pin: Slot, slot: Slot) -> bool:
    """Whether a pinned chord stands where a schema has another."""
    overlap = pin.start_tick < slot.end_tick and slot.start_tick < pin.end_tick
    return overlap and pin.numeral is not None and (pin.key, pin.numeral) != (slot.key, slot.numeral)


def _placements(
    schema: SchemaName, bars: int, key_end: int, key: Key, setting: Setting, rng: np.random.Generator
) -> list[tuple[Slot, ...]]:
    model = setting.models.of(key.mode)
    return placements(schema, bars=bars, key=key, key_end_tick=key_end, meter=setting.meter, model=model, rng=rng)
