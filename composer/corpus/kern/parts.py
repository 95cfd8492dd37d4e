"""The columns of a Humdrum file become parts with staves: names, hands, voices, merged ties.

Conventions: columns run from the lowest to the highest; parts from the highest to the lowest. Staves beyond the second
of one part (an organ's pedal) become parts of their own, as with MusicXML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.corpus.kern.clock import KERN, KernDraft
from composer.corpus.kern.spines import NoteDraft, Track
from composer.corpus.kern.tokens import Ticks
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, Slur, sort_notes

# Humdrum's codes -> General MIDI programs, 0..127
_PROGRAMS = {
    "piano": 0, "forte": 0, "klav": 0, "cemba": 6, "clavi": 6, "spine": 6, "clest": 8, "organ": 19, "porg": 19,
    "guitr": 24, "lute": 24, "violn": 40, "viola": 41, "cello": 42, "cbass": 43, "vioga": 42, "harp": 46, "timpa": 47,
    "soprn": 52, "mezzo": 52, "calto": 52, "alto": 52, "tenor": 52, "barit": 52, "bass": 52, "vox": 52, "canto": 52,
    "tromp": 56, "tromb": 57, "tuba": 58, "cor": 60, "oboe": 68, "fagot": 70, "clars": 71, "flt": 73, "picco": 72,
    "recor": 74,
}  # fmt: skip
_FAMILY_PROGRAMS = {"vox": 52, "str": 48, "ww": 73, "bras": 60, "klav": 0}
_KEYBOARDS = frozenset({"piano", "forte", "klav", "cemba", "clavi", "spine", "organ", "porg", ""})


@dataclass(frozen=True)
class _Staff:
    """Where a column stands in the score.

    Attributes:
        part: its place in the Score.
        staff: of that part.
        first_voice: added to the voices of the column, where several columns share a staff.
    """

    part: int
    staff: int
    first_voice: int


def make_parts(draft: KernDraft, mended: list[str]) -> tuple[tuple[Part, ...], tuple[Slur, ...], set[int]]:
    """Number parts, staves and voices, merge ties, and round times to whole ticks.

    Args:
        draft: the file on its time line.
        mended: takes a line for what was judged or mended.

    Returns:
        The parts that hold notes, the slurs, and the ticks of the fermatas over notes.
    """
    groups = _group(draft, mended)
    staves = _place(groups, draft.notes)
    if extra := len({where.part for where in staves.values()}) - len(groups):
        mended.append(f"{extra} staves beyond the second of their part became parts of their own")
    notes: list[list[Note]] = [[] for _ in {staff.part for staff in staves.values()}]
    held: dict[tuple[int, int, Ticks], dict[int, list[int]]] = {}  # (part, pitch, end) -> track -> places in `notes`
    fermatas: set[int] = set()
    loose = rounded = 0
    for raw in sorted(draft.notes, key=lambda note: (note.onset_tick, not note.is_grace)):
        where = staves[raw.track.index]
        onset_tick, end_tick = round(raw.onset_tick), round(raw.end_tick)
        if "fermata" in raw.note.articulations:
            fermatas.add(onset_tick)
        rounded += raw.onset_tick != onset_tick or raw.end_tick != end_tick
        pitch = raw.note.spelling.pitch
        place = None
        if raw.note.tie_stop and not raw.is_grace:
            place = _take(held.get((where.part, pitch, raw.onset_tick), {}), raw.track.index)
            loose += place is None
        if place is not None:
            notes[where.part][place] = _lengthened(notes[where.part][place], end_tick, raw.note.articulations)
        else:
            place = len(notes[where.part])
            notes[where.part].append(
                Note(
                    onset_tick,
                    pitch,
                    0 if raw.is_grace else max(1, end_tick - onset_tick),
                    where.staff,
                    where.first_voice + raw.voice,
                    raw.note.spelling,
                    raw.is_grace,
                    raw.note.articulations,
                )
            )
        if raw.note.tie_start and not raw.is_grace:
            held.setdefault((where.part, pitch, raw.end_tick), {}).setdefault(raw.track.index, []).append(place)
    endless = sum(len(places) for waiting in held.values() for places in waiting.values())
    if endless:
        mended.append(f"{endless} ties lead to no note; left out")
    if loose:
        mended.append(f"{loose} ties without a beginning; their notes are struck")
    if rounded:
        mended.append(f"{rounded} notes of rare tuplets begin or end between two ticks; rounded to the nearest")
    proper = [(first, last) for first, last in draft.slurs if _is_slur(first, last)]
    if len(proper) < len(draft.slurs):
        count = len(draft.slurs) - len(proper)
        mended.append(f"{count} slurs within one moment left out")
    slurs = {_slur(first, last, staves[first.track.index]) for first, last in proper}
    if len(slurs) < len(proper):
        mended.append(f"{len(proper) - len(slurs)} slurs that double another left out")
    heads = {staves[track.index].part: track for group in groups for track in reversed(group)}
    parts = tuple(_part(heads[place], place, one) for place, one in enumerate(notes))
    ordered = tuple(sorted(slurs, key=lambda slur: (slur.onset_tick, slur.part, slur.staff, slur.voice)))
    return parts, ordered, fermatas


def _group(draft: KernDraft, mended: list[str]) -> list[list[Track]]:
    """Return the columns that hold notes as parts, uppermost first; in each its columns, uppermost first."""
    sounding = {note.track.index for note in draft.notes}
    tracks = [track for track in reversed(draft.tracks) if track.index in sounding]
    silent = sum(track.kind == KERN and track.index not in sounding for track in draft.tracks)
    if silent:
        mended.append(f"{silent} columns without a note left out")
    groups: dict[tuple[str, int], list[Track]] = {}
    for track in tracks:
        key = ("part", track.part) if track.part else ("column", track.index)
        groups.setdefault(key, []).append(track)
    if len(groups) == 2 and len(tracks) == 2 and _are_hands(tracks):
        groups = {("part", 1): tracks}
        if not any(track.staff or track.instrument for track in tracks):
            mended.append("two columns without a name were read as the hands of a keyboard")
    ordered = sorted(groups.items(), key=lambda row: row[0][1] if row[0][0] == "part" else -1)
    return [sorted(group, key=lambda track: track.staff) for _, group in ordered]


def _are_hands(tracks: Sequence[Track]) -> bool:
    """True for two columns that no part number joins, but that one keyboard's instrument code or two clefs do."""
    upper, lower = tracks
    if upper.part or lower.part or upper.name != lower.name or upper.instrument != lower.instrument:
        return False
    if upper.instrument not in _KEYBOARDS:
        return False
    return bool(upper.instrument) or (upper.clef.startswith("G") and lower.clef.startswith("F"))


def _place(groups: Sequence[Sequence[Track]], notes: Sequence[NoteDraft]) -> dict[int, _Staff]:
    """Return for each column its part, staff and first voice."""
    num_voices: dict[int, int] = {}
    for note in notes:
        num_voices[note.track.index] = max(note.voice, num_voices.get(note.track.index, 1))
    placed: dict[int, _Staff] = {}
    part = -1
    for group in groups:
        part += 1
        numbers = list(dict.fromkeys(track.staff or -track.index - 1 for track in group))
        voices_on: dict[int, int] = {}
        for track in group:
            rank = numbers.index(track.staff or -track.index - 1)
            if rank >= LOWER_STAFF and rank not in voices_on:
                part += 1
            staff = UPPER_STAFF + rank if rank < LOWER_STAFF else UPPER_STAFF
            placed[track.index] = _Staff(part, staff, voices_on.get(rank, 0))
            voices_on[rank] = voices_on.get(rank, 0) + num_voices[track.index]
    return placed


def _take(waiting: dict[int, list[int]], track: int) -> int | None:
    """Take the tied note that waits for this one: in its own column, or in another (a voice that crosses)."""
    if not waiting:
        return None
    track = track if track in waiting else next(iter(waiting))
    place = waiting[track].pop()
    if not waiting[track]:
        del waiting[track]
    return place


def _is_slur(first: NoteDraft, last: NoteDraft) -> bool:
    """True where it takes time, or leads from a grace note to its main note."""
    onset_tick, end_tick = round(first.onset_tick), round(last.onset_tick)
    return onset_tick < end_tick or (onset_tick == end_tick and first.is_grace and not last.is_grace)


def _slur(first: NoteDraft, last: NoteDraft, where: _Staff) -> Slur:
    voice = where.first_voice + first.voice
    return Slur(round(first.onset_tick), round(last.onset_tick), where.part, where.staff, voice)


def _lengthened(note: Note, end_tick: int, articulations: tuple[str, ...]) -> Note:
    return Note(
        note.onset_tick,
        note.pitch,
        end_tick - note.onset_tick,
        note.staff,
        note.voice,
        note.spelling,
        articulations=tuple(dict.fromkeys((*note.articulations, *articulations))),
    )


def _part(head: Track, place: int, notes: list[Note]) -> Part:
    """Return a part that is named after its uppermost column."""
    staves = max(note.staff for note in notes)
    program = _PROGRAMS.get(head.instrument, _FAMILY_PROGRAMS.get(head.family, 0))
    instrument = head.instrument.capitalize() if head.instrument in _PROGRAMS else ""
    name = head.name or instrument or ("Piano" if staves == LOWER_STAFF else f"Part {place + 1}")
    return Part(name, sort_notes(notes), program, staves)
