"""MusicXML to Score.

What it is: parts, bars, ties and signs put together from the drafts of `part.py`. Repeats stay written (see
`unfold.py`); ties are merged; spelling is kept. What a Score has no place for is counted and listed, a line a kind.

Conventions for bars: a first bar shorter than its meter is a pickup (number 0). Two neighbours that together make one
bar (split by a repeat sign) become one bar. Any other short or long bar is mended, or kept where the page marks it, and
listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from composer.corpus.musicxml.bars import CRUMB_TICKS, lay_bars
from composer.corpus.musicxml.drafts import NoteDraft, PartDraft
from composer.corpus.musicxml.pairs import Ties, pair_slurs
from composer.corpus.musicxml.part import MAX_NOTES, PartReader
from composer.corpus.musicxml.signs import Signs
from composer.corpus.musicxml.xmlfile import Element, XmlTree, parse_xml
from composer.corpus.statements import joined, says_origin
from composer.errors import MusicFileError, Place
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, Score, Slur, sort_notes

MAX_PARTS = 100  # inclusive
MAX_BARS = 20_000  # inclusive
MAX_MEASURES = 100_000  # of all parts, inclusive; the longest symphony of 40 parts has 80,000

_OTHER_DOCUMENTS = {
    "museScore": "export it from MuseScore as MusicXML",
    "mei": "MEI is not read; convert it to MusicXML",
    "html": "a web page; download the score itself",
    "opus": "it only lists scores; open one of them",
    "container": "it only names the score of an .mxl file",
}
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
        played: spans [start_tick, end_tick) in the order of playing; empty but for a da capo or the like.
    """

    score: Score
    mended: tuple[str, ...]
    rights: str
    origin: str
    played: tuple[tuple[int, int], ...] = ()


def read_musicxml(data: bytes, source: str) -> MusicXmlReading:
    """Read a MusicXML document (`score-partwise` or `score-timewise`).

    Args:
        data: the XML text.
        source: the file's name, for errors.

    Raises:
        MusicFileError: not MusicXML, or a value that cannot be music; with its line.
    """
    tree = parse_xml(data, source)
    mended = list(tree.mended)
    drafts = _read_parts(tree, mended)
    if not any(draft.notes for draft in drafts):
        left_out = sum((draft.left_out for draft in drafts), Counter[str]())
        told = [*mended[:2], *(f"{count} {what} left out" for what, count in left_out.most_common(2))]
        why = f" ({'; '.join(told)[:200]})" if told else ""
        raise MusicFileError(f"there is no note in this score{why}", place=Place(source))
    measure_ticks, bars = lay_bars(drafts, mended)
    if not any(draft.notes for draft in drafts):
        raise MusicFileError(f"there is no note in this score ({mended[-1]})", place=Place(source))
    parts: list[Part] = []
    slurs: list[Slur] = []
    fermatas: set[int] = set()
    for draft in drafts:
        if draft.notes:
            added = _make_parts(draft, measure_ticks, mended, first_index=len(parts), slurs=slurs, fermatas=fermatas)
            parts.extend(added)
        elif len(drafts) > 1:
            mended.append(f"part {draft.name or draft.id} has no notes; left out")
    events = Signs(drafts, measure_ticks, bars, mended)
    repeats = events.repeats()
    score = Score(
        parts=tuple(parts),
        bars=tuple(bars),
        keys=events.keys(parts),
        tempos=events.tempos(),
        dynamics=events.dynamics(),
        marks=events.marks(),
        slurs=tuple(sorted(slurs, key=lambda slur: (slur.onset_tick, slur.part, slur.staff, slur.voice))),
        repeats=repeats,
        fermata_ticks=tuple(sorted(fermatas | events.rest_fermatas())),
        title=_title(tree.root),
        composer=_composer(tree.root),
        credits=_credits(tree.root),
    )
    played = events.played(repeats)
    for what, count in sum((draft.left_out for draft in drafts), Counter[str]()).items():
        mended.append(f"{count} {what} left out")
    return MusicXmlReading(score, tuple(mended), *_statements(tree.root), tuple(played))


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
        mend = _OTHER_DOCUMENTS.get(root.tag)
        raise MusicFileError(f"a <{root.tag[:40]}> is not a MusicXML score", place=Place(tree.source), mend=mend)
    if not by_part:
        raise MusicFileError("there is no part in this score", place=Place(tree.source))
    if len(by_part) > MAX_PARTS:
        raise MusicFileError(f"{len(by_part)} parts are more than the limit of {MAX_PARTS}", place=Place(tree.source))
    if sum(map(len, by_part.values())) > MAX_MEASURES:
        raise MusicFileError(f"more than {MAX_MEASURES:,} measures in all parts", place=Place(tree.source))
    named = {part.get("id"): part for part in root.iterfind("part-list/score-part")}
    drafts = []
    num_notes = 0
    for part_id, measures in by_part.items():
        if len(measures) > MAX_BARS:
            what = f"{len(measures):,} bars are more than the limit of {MAX_BARS:,}"
            raise MusicFileError(what, place=Place(tree.source))
        draft = PartReader(tree, part_id[:40], mended).read(measures)
        num_notes += len(draft.notes)
        if num_notes > MAX_NOTES:
            raise MusicFileError(f"more than {MAX_NOTES:,} notes in all parts", place=Place(tree.source))
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
    loose = cut = 0
    merged: list[list[Note]] = [[] for _ in range(max(note.staff for note in draft.notes))]
    ties = Ties()
    for raw in sorted(draft.notes, key=lambda n: (n.measure, n.local_tick, not n.is_grace)):
        onset_tick = measure_ticks[raw.measure] + raw.local_tick
        # A note that is too long for its bar is cut there: often it is tied on, and its written length is the mistake.
        bar_tick = measure_ticks[raw.measure + 1]
        end_tick = onset_tick + raw.duration_tick
        if onset_tick < bar_tick < end_tick:
            cut += end_tick - bar_tick > CRUMB_TICKS
            end_tick = bar_tick
        staff, voice = voices[raw.staff, raw.voice]
        part_staff = raw.staff if raw.staff <= LOWER_STAFF else UPPER_STAFF
        if "fermata" in raw.articulations:
            fermatas.add(onset_tick)
        tied = ties.take(raw.pitch, onset_tick, raw.staff, voice) if raw.tie_stop and not raw.is_grace else None
        if tied is not None:
            place = tied
            first = merged[place[0]][place[1]]
            merged[place[0]][place[1]] = Note(
                first.onset_tick,
                first.pitch,
                end_tick - first.onset_tick,
                first.staff,
                first.voice,
                first.spelling,
                articulations=tuple(dict.fromkeys((*first.articulations, *raw.articulations))),
            )
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
            ties.hold(raw.pitch, end_tick, raw.staff, voice, place)
    if loose:
        mended.append(f"part {draft.name or draft.id}: {loose} ties without a beginning; their notes are struck")
    if ties.count:
        mended.append(f"part {draft.name or draft.id}: {ties.count} ties lead to no note; left out")
    if cut:
        mended.append(f"part {draft.name or draft.id}: {cut} notes were longer than their bar; cut at the bar line")
    main = [note for staff_notes in merged[:LOWER_STAFF] for note in staff_notes]
    name = draft.name or draft.id
    staves = max(1, min(2, max(len(merged), draft.staves)))
    parts = [Part(name, sort_notes(main), draft.program, staves)] if main else []
    part_of_staff = dict.fromkeys(range(1, len(merged) + 1), first_index)  # where all is tied on elsewhere, too
    for staff, notes in enumerate(merged[LOWER_STAFF:], start=LOWER_STAFF + 1):
        if notes:
            part_of_staff[staff] = first_index + len(parts)
            parts.append(Part(f"{name}, staff {staff}", sort_notes(notes), draft.program))
            mended.append(f"part {name}: staff {staff} became a part of its own")
    slurs += pair_slurs(draft, measure_ticks, voices, part_of_staff)
    return parts


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


def _title(root: Element) -> str:
    """Return the title; of a piece within a set both names: `Winterreise, D.911: Gute Nacht`."""
    work, movement = _text(root, "work/work-title"), _text(root, "movement-title")
    if not work or not movement or movement in work:
        return work or movement
    return movement if work in movement else f"{work}: {movement}"[:200]


def _credits(root: Element) -> tuple[str, ...]:
    """Return the lines of small print that this library's own files hold (`seed: 7`)."""
    software = root.findtext("identification/encoding/software") or ""
    if not software.startswith("Ritornello"):
        return ()
    lines = []
    for one in root.iterfind("identification/miscellaneous/miscellaneous-field"):
        name, text = one.get("name", "")[:80], " ".join((one.text or "").split())[:200]
        lines.append(text if name.startswith("credit ") else f"{name}: {text}")
    return tuple(lines[:100])


def _composer(root: Element) -> str:
    for creator in root.iterfind("identification/creator"):
        if creator.get("type") in ("composer", None):
            return " ".join((creator.text or "").split())[:200]
    return ""
