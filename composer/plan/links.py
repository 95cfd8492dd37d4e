"""Joins between sections: what sounds just before a section (`enters`) and at its end (`leaves`).

A section is generated from its own entry alone, so the planner writes both sides into the entries. Where all sections
are planned together, `enters` is what the section before leaves. Where a person's file states the sections, `enters`
comes from the form (what usually stands before), so that editing one section never changes another; a join that does
not agree is warned of (`join_problems`), never mended in silence.
"""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import pairwise

from composer.errors import ComposerError, Place, PlanError, Problem
from composer.plan.forms import FormTemplate
from composer.plan.model import Link, Plan, SectionEntry
from composer.plan.numerals import Slot, parse_key_path
from composer.plan.setting import Setting
from composer.style_statistics import parse_degree
from composer.theory.harmony import parse_chord
from composer.theory.key import Key, parse_key
from composer.theory.pitch import Spelling, nearest_pitch

BASS_PITCH, TOP_PITCH = 45, 72  # where bass and top are sought when the style has no registers


def leaves_of(section: SectionEntry, last: Slot, setting: Setting, *, tune_is_known: bool) -> Link:
    """Return what a section leaves: its last chord with bass and top as its cadence formula has them.

    Args:
        section: with its phrases resolved.
        last: the last slot of its harmony.
        setting: of the piece.
        tune_is_known: False where a tune that is not composed yet covers the end; then no top is stated.
    """
    assert section.phrases
    formula = section.phrases[-1].formula
    key = last.key
    bass = name_pitch(nearest_pitch(last.chord.bass(key), _register(setting, "bass", BASS_PITCH)), key)
    top = None
    if formula is not None and formula.soprano[-1] != "-" and tune_is_known:
        pitch_class = (parse_degree(formula.soprano[-1], key.mode) + key.tonic_pitch_class) % 12
        top = name_pitch(nearest_pitch(pitch_class, _register(setting, "melody", TOP_PITCH)), key)
    return Link(key=str(key), chord=last.numeral or "I", bass=bass, top=top)


def usual_entry(section: SectionEntry, template: FormTemplate, setting: Setting, *, index: int) -> Link | None:
    """Return what usually sounds before a section of the form; None for the first section of a piece.

    Depends on nothing but the section's id and key, the form and the home key.
    """
    if index == 0:
        return None
    ids = [row.section_id for row in template.sections]
    if section.id in ids and ids.index(section.id) > 0:
        before = template.sections[ids.index(section.id) - 1]
        key = parse_key_path(before.key.of(setting.home.mode)[0], setting.home)[-1]
        return _conventional(key, before.cadence, setting)
    own = parse_key_path(section.key or "I", setting.home)[0]
    if own == setting.home:
        return _conventional(own, "HC", setting)
    return _conventional(setting.home, "PAC", setting)


def _conventional(key: Key, cadence: str, setting: Setting) -> Link:
    numeral = "V" if cadence == "HC" else "I" if key.mode == "major" else "i"
    bass = nearest_pitch(parse_chord(numeral, key.mode).bass(key), _register(setting, "bass", BASS_PITCH))
    top = None
    if cadence == "PAC":
        top = name_pitch(nearest_pitch(key.tonic_pitch_class, _register(setting, "melody", TOP_PITCH)), key)
    return Link(key=str(key), chord=numeral, bass=name_pitch(bass, key), top=top)


def join_problems(
    plan: Plan, *, source: str = "<plan>", stated: Container[str | None] | None = None
) -> tuple[Problem, ...]:
    """Return a warning for each join of a resolved plan where `enters` is not what the section before leaves.

    Args:
        plan: resolved.
        source: its file.
        stated: ids of the sections whose `enters` the file itself says, which alone are looked at; None: all of them.
    """
    problems = []
    for index, (before, after) in enumerate(pairwise(plan.sections), start=1):
        left, entered = before.leaves, after.enters
        if left is None or entered is None or (stated is not None and after.id not in stated) or _same(left, entered):
            continue
        problems.append(
            Problem(
                f"{after.id} was planned to follow {entered.chord} in {entered.key}, "
                f"but {before.id} leaves {left.chord} in {left.key}",
                Place(source, detail=f"sections[{index}].enters"),
                "delete its enters to plan the join anew, or leave it as it is",
            )
        )
    return tuple(problems)


def _same(left: Link, entered: Link) -> bool:
    try:
        left_key, entered_key = parse_key(left.key), parse_key(entered.key)
        left_chord = parse_chord(left.chord, left_key.mode).pitch_classes(left_key)
        entered_chord = parse_chord(entered.chord, entered_key.mode).pitch_classes(entered_key)
    except ComposerError:
        return False
    return left_key == entered_key and left_chord[0] == entered_chord[0]


def _register(setting: Setting, name: str, usual: int) -> int:
    heights = [
        share * statistics.registers[name][1] for share, statistics in setting.styles if name in statistics.registers
    ]
    return round(sum(heights)) if len(heights) == len(setting.styles) else usual


def name_pitch(pitch: int, key: Key) -> str:
    """Return a pitch's name as written in a key: `F#4`."""
    return str(key.spell(pitch))


def read_pitch(text: str) -> int:
    """Return the MIDI pitch of a name: inverse of `name_pitch`.

    Raises:
        PlanError: not a note's name.
    """
    match = re.fullmatch(r"([A-G])(#{0,2}|b{0,2})(-?\d)", text)
    if not match:
        raise PlanError(f'no note "{text}"', mend="notes look like D3, F#4, Bb2 (C4 is middle C)")
    return Spelling(match[1], match[2].count("#") - match[2].count("b"), int(match[3])).pitch
