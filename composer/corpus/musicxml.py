"""MusicXML to Score.

What it is: parts, bars, ties and signs put together from the drafts of `musicxml_part.py`. Repeats stay written (see
`unfold.py`); ties are merged; spelling is kept.

Conventions for bars: a first bar shorter than its meter is a pickup (number 0). Two neighbours that together make one
bar (split by a repeat sign) become one bar. Any other short or long bar is mended, or kept where the page marks it, and
listed.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Sequence

from composer.corpus.mode import key_from_signature
from composer.corpus.musicxml_part import EventDraft, NoteDraft, PartDraft, PartReader
from composer.corpus.xmlfile import Element, XmlTree, parse_xml
from composer.errors import MusicFileError, Place
from composer.score import (
    LOWER_STAFF,
    UPPER_STAFF,
    Bar,
    Dynamic,
    Mark,
    Note,
    Part,
    Repeat,
    Score,
    Slur,
    TempoMark,
    sort_notes,
)
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

_LEVELS = frozenset(
    {"pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sf", "sfz", "fp", "sfp", "rf", "rfz", "fz"}
)
_DEFAULT_METER = Meter(4, 4)
CRUMB_TICKS = TICKS_PER_QUARTER // 100
MAX_PARTS = 100  # inclusive
MAX_ENDINGS = 16  # of one repeat
MAX_BARS = 20_000  # inclusive


def read_musicxml(data: bytes, source: str) -> tuple[Score, list[str]]:
    """Read a MusicXML document (`score-partwise` or `score-timewise`).

    Args:
        data: the XML text.
        source: the file's name, for errors.

    Returns:
        The score, and a line for each thing that was mended (`bar 12: …`).

    Raises:
        MusicFileError: not MusicXML, or a value that cannot be music; with its line.
    """
    tree = parse_xml(data, source)
    mended: list[str] = []
    drafts = _read_parts(tree, mended)
    if not any(draft.notes for draft in drafts):
        raise MusicFileError("there is no note in this score", place=Place(source))
    measure_ticks, bars = _lay_bars(drafts, mended)
    parts: list[Part] = []
    slurs: list[Slur] = []
    fermatas: set[int] = set()
    for draft in drafts:
        if draft.notes:
            added = _make_parts(draft, measure_ticks, mended, first_index=len(parts), slurs=slurs, fermatas=fermatas)
            parts.extend(added)
    events = _Events(drafts, measure_ticks, bars)
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
    return score, mended


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


# ---------------------------------------------------------------- bars


def _lay_bars(drafts: Sequence[PartDraft], mended: list[str]) -> tuple[list[int], list[Bar]]:
    """Say how long each measure is; return the onset of each (one more for the end), and the bars."""
    longest = max(drafts, key=lambda draft: len(draft.measures))
    count = len(longest.measures)
    onsets = [0]
    rows: list[tuple[int, Meter, bool]] = []  # (length, meter, shorter than the meter)
    meter = _DEFAULT_METER
    _stretch_local_meters(drafts, mended)
    for draft in drafts:
        _move_late_measures(draft, mended)
    lengths_of = [
        [draft.measures[i].length_tick for draft in drafts if i < len(draft.measures) and draft.measures[i].length_tick]
        for i in range(count)
    ]
    for index in range(count):
        here = [draft.measures[index] for draft in drafts if index < len(draft.measures)]
        meter = next((measure.meter for measure in here if measure.meter is not None), meter)
        nominal = meter.bar_ticks
        # Divisions that do not hold a tuplet leave crumbs: a bar that is a hair off is whole.
        lengths = [nominal if abs(length - nominal) <= CRUMB_TICKS else length for length in lengths_of[index]]
        length = max(lengths, default=nominal)
        name = f"bar {longest.measures[index].number}"
        is_short = length < nominal
        if length > nominal:
            if nominal in lengths:
                mended.append(f"{name}: a part is {_quarters(length - nominal)} too long; cut at the bar line")
                length = nominal
            else:
                mended.append(f"{name}: {_quarters(length - nominal)} too long for {meter}; kept as it is")
        elif is_short and 0 < index < count - 1:
            following = max(lengths_of[index + 1], default=nominal)
            before, before_meter, before_short = rows[-1]
            makes_one = (length + following == nominal) or (
                before_short and before_meter == meter and before + length == nominal
            )
            is_marked = any(measure.is_divided for measure in here)
            if not makes_one and not is_marked:
                agree = len(set(lengths)) == 1 and len(lengths) > 1
                if agree:
                    mended.append(f"{name}: {_quarters(nominal - length)} too short for {meter}; kept as it is")
                else:
                    mended.append(f"{name}: {_quarters(nominal - length)} too short for {meter}; filled with a rest")
                    length, is_short = nominal, False
        elif index > 0 and lengths and min(lengths) < length and min(lengths) < nominal:
            mended.append(f"{name}: a part is {_quarters(length - min(lengths))} too short; filled with a rest")
        rows.append((length, meter, is_short))
        onsets.append(onsets[-1] + length)
    return onsets, _join_bars(onsets, rows)


def _stretch_local_meters(drafts: Sequence[PartDraft], mended: list[str]) -> None:
    """Bring parts with different meters in one bar (a voice in 4/4 against 12/8) to the longest one's length."""
    ratios: list[dict[int, tuple[int, int]]] = [{} for _ in drafts]  # of each part: measure -> (to, from) in ticks
    for index in range(max(len(draft.measures) for draft in drafts)):
        here = [(i, draft, draft.measures[index]) for i, draft in enumerate(drafts) if index < len(draft.measures)]
        meters = {measure.meter for _, _, measure in here if measure.meter is not None}
        if len({meter.bar_ticks for meter in meters}) < 2:
            continue
        longest = max(meters, key=lambda meter: meter.bar_ticks)
        for place, draft, measure in here:
            own = measure.meter
            measure.meter = longest if own is not None else None
            if own is None or own.bar_ticks == longest.bar_ticks or measure.length_tick > own.bar_ticks:
                continue
            ratios[place][index] = (longest.bar_ticks, own.bar_ticks)
            measure.length_tick = measure.length_tick * longest.bar_ticks // own.bar_ticks
            name = f"bar {measure.number}: part {draft.name or draft.id}"
            mended.append(f"{name} is in {own} against {longest}; its values were stretched")
    for draft, ratio in zip(drafts, ratios, strict=True):
        for note in draft.notes if ratio else ():
            longer, shorter = ratio.get(note.measure, (1, 1))
            end_tick = (note.local_tick + note.duration_tick) * longer // shorter
            note.local_tick = note.local_tick * longer // shorter
            note.duration_tick = end_tick - note.local_tick


def _move_late_measures(draft: PartDraft, mended: list[str]) -> None:
    """Move a part's measure back when it is too long by just the gap that it begins with (seen in converted files)."""
    meter = _DEFAULT_METER
    first_ticks: dict[int, int] = {}
    for note in draft.notes:
        first_ticks[note.measure] = min(note.local_tick, first_ticks.get(note.measure, note.local_tick))
    late: dict[int, int] = {}
    for index, measure in enumerate(draft.measures):
        meter = measure.meter or meter
        excess = measure.length_tick - meter.bar_ticks
        if 0 < excess == first_ticks.get(index):
            late[index] = excess
            measure.length_tick -= excess
            mended.append(
                f"bar {measure.number}: part {draft.name or draft.id} began {_quarters(excess)} late; moved back"
            )
    for note in draft.notes:
        note.local_tick -= late.get(note.measure, 0)


def _join_bars(onsets: Sequence[int], rows: Sequence[tuple[int, Meter, bool]]) -> list[Bar]:
    """Number the measures as bars; two short neighbours that make one bar together become one."""
    bars: list[Bar] = []
    has_pickup = rows[0][2] and len(rows) > 1
    index, number = 0, 0 if has_pickup else 1
    while index < len(rows):
        length, meter, is_short = rows[index]
        step = 1
        if is_short and 0 < index < len(rows) - 1:
            next_length, next_meter, next_short = rows[index + 1]
            if next_short and next_meter == meter and length + next_length == meter.bar_ticks:
                length, step = length + next_length, 2
        bars.append(Bar(number, onsets[index], length, meter))
        index += step
        number += 1
    return bars


def _quarters(ticks: int) -> str:
    return f"{ticks / TICKS_PER_QUARTER:g} quarters"


# ---------------------------------------------------------------- signs


class _Events:
    """The signs of all parts on one timeline, without doubles."""

    def __init__(self, drafts: Sequence[PartDraft], measure_ticks: Sequence[int], bars: Sequence[Bar]) -> None:
        self._frame = Score((), tuple(bars))  # finds the meter of a tick
        self._drafts = drafts
        self._measure_ticks = measure_ticks

    def _of(self, *kinds: str, draft: PartDraft | None = None) -> list[tuple[int, EventDraft]]:
        found = [
            (self._tick(event), event)
            for one in ([draft] if draft else self._drafts)
            for event in one.events
            if event.kind in kinds
        ]
        return sorted(found, key=lambda row: row[0])

    def _tick(self, event: EventDraft) -> int:
        if event.local_tick < 0:
            return self._measure_ticks[event.measure + 1]
        return min(self._measure_ticks[event.measure] + event.local_tick, self._measure_ticks[-1])

    def keys(self, parts: Sequence[Part]) -> tuple[tuple[int, Key], ...]:
        plain = [draft for draft in self._drafts if draft.transpose == 0] or list(self._drafts)
        rows: dict[int, tuple[int, str]] = {}
        for draft in plain[:1]:
            for tick, event in self._of("key", draft=draft):
                rows[tick] = event.value
        found: list[tuple[int, Key]] = []
        starts = sorted(rows)
        notes = sorted((note for part in parts for note in part.notes), key=lambda note: note.onset_tick)
        for start, end in zip(starts, [*starts, self._measure_ticks[-1]][1:], strict=True):
            signature, mode = rows[start]
            low, high = (bisect.bisect_left(notes, tick, key=lambda note: note.onset_tick) for tick in (start, end))
            key = key_from_signature(signature, mode, notes[low:high])
            if not found or found[-1][1] != key:
                found.append((start if found else 0, key))
        return tuple(found)

    def tempos(self) -> tuple[TempoMark, ...]:
        marks: list[TempoMark] = []
        for tick, event in self._of("tempo"):
            if marks and marks[-1].tick == tick:
                continue
            marks.append(TempoMark(tick, event.value / self._frame.meter_at(tick).beat_quarters, event.text))
        return tuple(marks)

    def dynamics(self) -> tuple[Dynamic, ...]:
        found = {Dynamic(tick, event.value) for tick, event in self._of("dynamics") if event.value in _LEVELS}
        for draft in self._drafts:
            started: dict[str, tuple[int, str]] = {}
            for tick, event in self._of("wedge", draft=draft):
                kind, number = event.value
                if kind in ("crescendo", "diminuendo"):
                    started[number] = (tick, "cresc" if kind == "crescendo" else "dim")
                elif kind == "stop" and number in started:
                    start, level = started.pop(number)
                    if tick > start:
                        found.add(Dynamic(start, level, tick))
        return tuple(sorted(found, key=lambda d: (d.tick, d.end_tick or 0, d.level)))

    def marks(self) -> tuple[Mark, ...]:
        return tuple(sorted({Mark(t, e.value) for t, e in self._of("rehearsal")}, key=lambda m: (m.tick, m.text)))

    def rest_fermatas(self) -> set[int]:
        return {tick for tick, _ in self._of("fermata")}

    def repeats(self) -> tuple[Repeat, ...]:
        """Return the repeats of the first part that has any (the others say the same)."""
        for draft in self._drafts:
            found = _pair_repeats(self._of("repeat", "ending", draft=draft), self._measure_ticks[-1])
            if found:
                return found
        return ()


def _pair_repeats(events: Sequence[tuple[int, EventDraft]], piece_end_tick: int) -> tuple[Repeat, ...]:
    """Pair repeat signs and endings; a passage without an opening sign starts where the last one ended."""
    repeats: list[Repeat] = []
    start_tick = 0
    endings: list[tuple[int, int, tuple[int, ...]]] = []
    ending_start: tuple[int, tuple[int, ...]] | None = None
    back: tuple[int, int] | None = None  # (tick of the backward sign, times), waiting for a further ending

    def close(next_start: int) -> None:
        nonlocal back, endings, start_tick
        if back is not None and max(back[0], *(e[1] for e in endings), 0) > start_tick:
            end_tick = max(back[0], *(ending[1] for ending in endings)) if endings else back[0]
            times = max(back[1], *(max(e[2]) for e in endings)) if endings else back[1]
            repeats.append(Repeat(start_tick, end_tick, times, tuple(endings)))
        back, endings, start_tick = None, [], next_start

    order = {"stop": 0, "discontinue": 0, "backward": 1, "forward": 2, "start": 3}
    for tick, event in sorted(events, key=lambda row: (row[0], order.get(row[1].value[0], 4))):
        kind, value = event.value
        if event.kind == "ending":
            if kind == "start":
                ending_start = (tick, value)
            elif ending_start is not None and len(endings) < MAX_ENDINGS:
                endings.append((ending_start[0], tick, ending_start[1]))
                ending_start = None
        elif kind == "forward":
            close(tick)
            start_tick = tick
        elif kind == "backward":
            if back is not None and not (endings and endings[-1][1] == tick):
                close(max(back[0], *(e[1] for e in endings)) if endings else back[0])
            back = (tick, max(value, back[1] if back else 2))
    if ending_start is not None and back is not None:
        endings.append((ending_start[0], piece_end_tick, ending_start[1]))
    close(0)
    return tuple(repeats)


def _text(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())[:200]


def _composer(root: Element) -> str:
    for creator in root.iterfind("identification/creator"):
        if creator.get("type") in ("composer", None):
            return " ".join((creator.text or "").split())[:200]
    return ""
