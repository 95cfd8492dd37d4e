"""The voices of an ABC tune become parts with staves: names, hands, voices, merged ties.

Conventions: `%%score` and `%%staves` say what is a part: a brace is one with two staves, parentheses put voices on one
staff; without them each voice is a part. Staves beyond the second of one part become parts of their own, as with
MusicXML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from composer.corpus.abc.drafts import AbcNote, AbcTuneDraft, AbcVoiceDraft
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, Slur, sort_notes

_STAFF_TOKEN = re.compile(r"[(){}\[\]|*]|[^\s(){}\[\]|*]+")
_Staff = list[AbcVoiceDraft]


def make_abc_parts(
    draft: AbcTuneDraft, onsets: Sequence[int], mended: list[str]
) -> tuple[tuple[Part, ...], tuple[Slur, ...]]:
    """Number parts, staves and voices, merge ties, and round times to whole ticks.

    Args:
        draft: the tune.
        onsets: tick of each measure, and of the end.
        mended: takes a line for what was judged or mended.

    Returns:
        The parts that hold notes, and the slurs.
    """
    parts: list[Part] = []
    slurs: list[Slur] = []
    rounded = 0
    for group in _groups(draft, mended):
        for staves in (group[:LOWER_STAFF], *([staff] for staff in group[LOWER_STAFF:])):
            notes: list[Note] = []
            for number, staff in enumerate(staves, UPPER_STAFF):
                first_voice = 1
                for voice in staff:
                    rounded += _add_voice(notes, voice, onsets, number, first_voice)
                    slurs += _slurs(voice, onsets, len(parts), number, first_voice)
                    first_voice += 1 + max((note.layer for note in voice.notes), default=0)
            if notes:
                head = next(voice for staff in staves for voice in staff if voice.notes)
                parts.append(_part(head, notes, staves=len(staves), place=len(parts)))
    if rounded:
        mended.append(f"{rounded} notes of rare tuplets begin or end between two ticks; rounded to the nearest")
    unique = sorted(set(slurs), key=lambda slur: (slur.onset_tick, slur.part, slur.staff, slur.voice))
    return tuple(parts), tuple(unique)


def _groups(draft: AbcTuneDraft, mended: list[str]) -> list[list[_Staff]]:
    """Return the parts, each a list of staves, each a list of voices; drums are left out."""
    by_id: dict[str, AbcVoiceDraft] = {}
    for voice in draft.voices:
        if voice.is_percussion and voice.notes:
            mended.append(f"voice {voice.id}: {len(voice.notes)} notes without pitch left out: drums")
        elif voice.notes:
            by_id[voice.id] = voice
    groups: list[list[_Staff]] = []
    if draft.staves:
        part: list[_Staff] | None = None  # of the brace that is open
        staff: _Staff | None = None  # of the parenthesis that is open
        for token in _STAFF_TOKEN.findall(draft.staves):
            if token in "{}":
                part = [] if token == "{" else None
                groups += [part] if part is not None else []
            elif token in "()":
                staff = [] if token == "(" else None
                if staff is not None and part is not None:
                    part.append(staff)
                elif staff is not None:
                    groups.append([staff])
            elif token not in "[]|*" and (named := by_id.pop(token, None)) is not None:
                if staff is not None:
                    staff.append(named)
                elif part is not None:
                    part.append([named])
                else:
                    groups.append([[named]])
        if by_id:
            mended.append(f"the staves do not name the voices {', '.join(by_id)[:80]}; they stand below")
    groups += [[[voice]] for voice in by_id.values()]
    return [staves for group in groups if (staves := [staff for staff in group if staff])]


def _add_voice(notes: list[Note], voice: AbcVoiceDraft, onsets: Sequence[int], staff: int, first_voice: int) -> int:
    """Add the notes of a voice; return how many had to be rounded."""
    places: dict[int, int] = {}  # id of a written note -> its place in `notes`
    rounded = 0
    for raw in voice.notes:
        onset_tick = onsets[raw.measure] + round(raw.local_tick)
        # A chord is as long as its first note; another one that is longer may not outlast the piece.
        end_tick = min(onsets[-1], onsets[raw.measure] + round(raw.local_tick + raw.duration_tick))
        rounded += not (isinstance(raw.local_tick, int) and isinstance(raw.duration_tick, int))
        place = places.get(id(raw.tied_from)) if raw.tied_from is not None else None
        if place is not None:
            notes[place] = _lengthened(notes[place], end_tick, raw.articulations)
        else:
            place = len(notes)
            notes.append(_note(raw, onset_tick, end_tick, staff, first_voice))
        places[id(raw)] = place
    return rounded


def _note(raw: AbcNote, onset_tick: int, end_tick: int, staff: int, first_voice: int) -> Note:
    return Note(
        onset_tick,
        raw.written.pitch + raw.semitones,
        0 if raw.is_grace else max(1, end_tick - onset_tick),
        staff,
        first_voice + raw.layer,
        None if raw.semitones else raw.written,
        raw.is_grace,
        raw.articulations,
    )


def _lengthened(note: Note, end_tick: int, articulations: tuple[str, ...]) -> Note:
    return Note(
        note.onset_tick,
        note.pitch,
        max(note.duration_tick, end_tick - note.onset_tick),
        note.staff,
        note.voice,
        note.spelling,
        articulations=tuple(dict.fromkeys((*note.articulations, *articulations))),
    )


def _slurs(voice: AbcVoiceDraft, onsets: Sequence[int], part: int, staff: int, first_voice: int) -> list[Slur]:
    found = []
    for first, last in voice.slurs:
        start, end = (onsets[note.measure] + round(note.local_tick) for note in (first, last))
        if start < end:
            found.append(Slur(start, end, part, staff, first_voice + first.layer))
    return found


def _part(head: AbcVoiceDraft, notes: list[Note], *, staves: int, place: int) -> Part:
    """Return a part that is named after its uppermost voice."""
    name = head.name or ("" if head.id.isdecimal() else head.id)
    name = name or ("Piano" if staves == LOWER_STAFF else f"Part {place + 1}")
    return Part(name, sort_notes(notes), head.program or 0, staves)
