"""MusicXML to Score.

What it is: parts, bars, ties and signs put together from the drafts of `musicxml_part.py`. Repeats stay written (see
`unfold.py`); ties are merged; spelling is kept.

Conventions for bars: a first bar shorter than its meter is a pickup (number 0). Two neighbours that together make one
bar (split by a repeat sign) become one bar. Any other short or long bar is mended, or kept where the page marks it, and
listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from composer.corpus.musicxml_bars import lay_bars
from composer.corpus.musicxml_part import NoteDraft, PartDraft, PartReader
from composer.corpus.musicxml_signs import Signs
from composer.corpus.statements import joined, says_origin
from composer.corpus.xmlfile import Element, XmlTree, parse_xml
from composer.errors import MusicFileError, Place
from composer.score import (
    LOWER_STAFF,
    UPPER_STAFF,
    Note,
    Part,
    Score,
    Slur,
    sort_notes,
)

MAX_PARTS = 100  # inclusive
MAX_BARS = 20_000  # inclusive


# Names of <miscellaneous-field>s, as programs write them.
_RIGHTS_FIELDS = frozenset({"copyright", "rights", "license", "licence"})
_ORIGIN_FIELDS = frozenset({"source", "url", "edition", "publisher", "imslp"})


@dataclass(frozen=True)
class MusicXmlReading:
    """What a MusicXML document says.

    Attributes:
        score: the piece as written.
        mended: a line for each thing that was mended (`bar 12: …`).
        rights, origin: what it states of its licence, and of its source.
    """

    score: Score
    mended: tuple[str, ...]
    rights: str
    origin: str


def read_musicxml(data: bytes, source: str) -> MusicXmlReading:
    """Read a MusicXML document (`score-partwise` or `score-timewise`).

    Args:
        data: the XML text.
        source: the file's name, for errors.

    Raises:
        MusicFileError: not MusicXML, or a value that cannot be music; with its line.
    """
    tree = parse_xml(data, source)
    mended: list[str] = []
    drafts = _read_parts(tree, mended)
    if not any(draft.notes for draft in drafts):
        raise MusicFileError("there is no note in this score", place=Place(source))
    measure_ticks, bars = lay_bars(drafts, mended)
    parts: list[Part] = []
    slurs: list[Slur] = []
    fermatas: set[int] = set()
    for draft in drafts:
        if draft.notes:
            added = _make_parts(draft, measure_ticks, mended, first_index=len(parts), slurs=slurs, fermatas=fermatas)
            parts.extend(added)
    events = Signs(drafts, measure_ticks, bars)
    score = Score(
        parts=tuple(parts),
        bars=tuple(bars),
        keys=events.keys(parts),
        tempos=events.tempos(),
        dynamics=events.dynamics(),
        marks=events.marks(),
        slurs=tuple(sorted(slurs, key=lambda slur: (slur.onset_tick, slur.part, slur.staff, slur.voice))),
        repeats=events.repeats(),
        fermata_ticks=tuple(sorted(fermatas | events.rest_fermatas())),
        title=_text(tree.root, "work/work-title") or _text(tree.root, "movement-title"),
        composer=_composer(tree.root),
    )
    return MusicXmlReading(score, tuple(mended), *_statements(tree.root))


# ---------------------------------------------------------------- parts


def _read_parts(tree: XmlTree, mended: list[str]) -> list[PartDraft]:
    root = tree.root
    by_part: dict[str, list[Element]] = {}
    if root.tag == "score-partwise":
        for index, part in enumerate(root.iterfind("part")):
            by_part[part.get("id") or f"#{index + 1}"] = part.findall("measure")
    elif root.tag == "score-timewise":
        for measure in root.iterfind("measure"):
            for part in measure.iterfind("part"):
                part.attrib.update({k: v for k, v in measure.attrib.items() if k in ("number", "implicit")})
                by_part.setdefault(part.get("id") or "", []).append(part)
    else:
        raise MusicFileError(f"a <{root.tag[:40]}> is not a MusicXML score", place=Place(tree.source))
    if not by_part:
        raise MusicFileError("there is no part in this score", place=Place(tree.source))
    if len(by_part) > MAX_PARTS:
        raise MusicFileError(f"{len(by_part)} parts are more than the limit of {MAX_PARTS}", place=Place(tree.source))
    named = {part.get("id"): part for part in root.iterfind("part-list/score-part")}
    drafts = []
    for part_id, measures in by_part.items():
        if len(measures) > MAX_BARS:
            raise MusicFileError(f"{len(measures)} bars are more than the limit of {MAX_BARS:,}", place=tree.source)
        draft = PartReader(tree, part_id[:40], mended).read(measures)
        listed = named.get(part_id)
        if listed is not None:
            draft.name = _text(listed, "part-name")
            program = _text(listed, "midi-instrument/midi-program")
            if program.isdecimal() and len(program) < 4 and 1 <= int(program) <= 128:
                draft.program = int(program) - 1
        drafts.append(draft)
    return drafts


def _make_parts(
    draft: PartDraft,
    measure_ticks: Sequence[int],
    mended: list[str],
    *,
    first_index: int,
    slurs: list[Slur],
    fermatas: set[int],
) -> list[Part]:
    """Merge ties, number staves and voices; staves below the second (an organ's pedal) become parts of their own."""
    voices = _voice_numbers(draft.notes)
    loose = 0
    merged: list[list[Note]] = [[] for _ in range(max(note.staff for note in draft.notes))]
    held: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}  # (pitch, end tick) -> staff -> place in `merged`
    open_slurs: dict[str, tuple[int, int, int, int]] = {}
    for raw in sorted(draft.notes, key=lambda n: (n.measure, n.local_tick, not n.is_grace)):
        onset_tick = measure_ticks[raw.measure] + raw.local_tick
        # A note that is too long for its bar is cut there: often it is tied on, and its written length is the mistake.
        bar_tick = measure_ticks[raw.measure + 1]
        end_tick = onset_tick + raw.duration_tick
        end_tick = bar_tick if onset_tick < bar_tick < end_tick else end_tick
        staff, voice = voices[raw.staff, raw.voice]
        part_shift, part_staff = (0, raw.staff) if raw.staff <= LOWER_STAFF else (raw.staff - LOWER_STAFF, UPPER_STAFF)
        if "fermata" in raw.articulations:
            fermatas.add(onset_tick)
        for number, kind in raw.slurs:
            if kind == "start":
                open_slurs[number] = (onset_tick, first_index + part_shift, part_staff, voice)
            elif kind == "stop" and number in open_slurs:
                start_tick, *where = open_slurs.pop(number)
                if onset_tick > start_tick:
                    slurs.append(Slur(start_tick, onset_tick, *where))
        place = _held_place(held, raw.pitch, onset_tick, raw.staff) if raw.tie_stop and not raw.is_grace else None
        if place is not None:
            before = merged[place[0]][place[1]]
            note = Note(
                before.onset_tick,
                before.pitch,
                end_tick - before.onset_tick,
                before.staff,
                before.voice,
                before.spelling,
                articulations=tuple(dict.fromkeys((*before.articulations, *raw.articulations))),
            )
            merged[place[0]][place[1]] = note
        else:
            loose += raw.tie_stop and not raw.is_grace
            place = (staff - 1, len(merged[staff - 1]))
            merged[staff - 1].append(
                Note(
                    onset_tick,
                    raw.pitch,
                    end_tick - onset_tick,
                    part_staff,
                    voice,
                    raw.spelling,
                    raw.is_grace,
                    raw.articulations,
                )
            )
        if raw.tie_start and not raw.is_grace:
            held.setdefault((raw.pitch, end_tick), {})[raw.staff] = place
    if loose:
        mended.append(f"part {draft.name or draft.id}: {loose} ties without a beginning; their notes are struck")
    main = [note for staff_notes in merged[:LOWER_STAFF] for note in staff_notes]
    name = draft.name or draft.id
    parts = [Part(name, sort_notes(main), draft.program, max(1, min(2, len(merged))))] if main else []
    for index, notes in enumerate(merged[LOWER_STAFF:]):
        if notes:
            parts.append(Part(f"{name}, staff {index + 3}", sort_notes(notes), draft.program))
            mended.append(f"part {name}: staff {index + 3} became a part of its own")
    return parts


def _held_place(
    held: dict[tuple[int, int], dict[int, tuple[int, int]]], pitch: int, onset_tick: int, staff: int
) -> tuple[int, int] | None:
    """Take the tied note that waits for this one: on its own staff, or on another (a voice that crosses)."""
    by_staff = held.get((pitch, onset_tick))
    if not by_staff:
        return None
    return by_staff.pop(staff if staff in by_staff else next(iter(by_staff)))


def _voice_numbers(notes: Iterable[NoteDraft]) -> dict[tuple[int, int], tuple[int, int]]:
    """Map (staff, written voice) to (staff, voice counted from 1 within the staff), in the order of the numbers."""
    written = sorted({(note.staff, note.voice) for note in notes})
    counts: Counter[int] = Counter()
    numbers = {}
    for staff, voice in written:
        counts[staff] += 1
        numbers[staff, voice] = (staff, counts[staff])
    return numbers


def _text(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())[:200]


def _statements(root: Element) -> tuple[str, str]:
    """Return what the identification says of rights and origin."""
    said = root.find("identification")
    if said is None:
        return "", ""
    fields = [(field.get("name", "").lower(), field.text) for field in said.iterfind("miscellaneous/*")]
    creators = [creator.text or "" for creator in said.iterfind("creator")]  # "Transcribed from IMSLP …" stands there
    rights = [
        *(one.text for one in said.iterfind("rights")),
        *(text for name, text in fields if name in _RIGHTS_FIELDS),
    ]
    origin = [
        *(one.text for one in said.iterfind("source")),
        *(text for name, text in fields if name in _ORIGIN_FIELDS),
    ]
    return joined(rights), joined([*origin, *filter(says_origin, creators)])


def _composer(root: Element) -> str:
    for creator in root.iterfind("identification/creator"):
        if creator.get("type") in ("composer", None):
            return " ".join((creator.text or "").split())[:200]
    return ""
