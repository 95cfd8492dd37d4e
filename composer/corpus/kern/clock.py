"""When is it? The rows of a Humdrum file on one time line.

What it is: a row begins where the spines that say something in it are free. Graces, bar lines and signs (a key, a
tempo) stand before the next row with a length, and take its time.

Conventions: times are exact (`Ticks`); nothing is rounded here. Where spines disagree, the row takes the time that
fills the bar, or that most of them say: notes are cut or gaps left, and listed, never lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from composer.corpus.kern.spines import NoteDraft, Row, Spine, SpineReader, Track
from composer.corpus.kern.tokens import KernField, KernTokenError, Ticks, parse_field, plain
from composer.errors import MusicFileError, Place

MAX_NOTES = 150_000  # of one document, inclusive
MAX_BARS = 20_000  # inclusive
MAX_DENOMINATOR = 10**6  # finer times are rounded: only an attack needs them
MAX_PLACES = 5  # lines that are named for one kind of fault
KERN = "**kern"
_USED_SIGNS = frozenset("Mky>ABCDEFGabcdefg")  # how meters, tempos, signatures, labels and keys begin


@dataclass(slots=True, eq=False)
class SignDraft:
    """Something that is no note: a bar line, an interpretation, a dynamic, a reference record, a fermata over a rest.

    Attributes:
        kind: `bar`, `sign`, `dynam`, `record` or `fermata`.
        text: as written.
        line: of the file.
        tick: where.
        track: whose it is; None for bar lines and records.
    """

    kind: str
    text: str
    line: int
    tick: Ticks
    track: Track | None = None


@dataclass(slots=True)
class KernDraft:
    """A whole file on its time line.

    Attributes:
        tracks: the columns.
        notes: in the order of the file.
        slurs: (first, last note).
        signs: sorted by tick.
        end_tick: where the last note or rest ends.
    """

    tracks: list[Track]
    notes: list[NoteDraft] = field(default_factory=list)
    slurs: list[tuple[NoteDraft, NoteDraft]] = field(default_factory=list)
    signs: list[SignDraft] = field(default_factory=list)
    end_tick: Ticks = 0


def lay_out(
    spines: SpineReader, source: str, mended: list[str], *, bar_ticks_of: Callable[[str], Ticks | None]
) -> KernDraft:
    """Walk through a document and give each note and sign its time.

    Args:
        spines: the document.
        source: the file's name, for errors.
        mended: takes a line for each thing that was mended.
        bar_ticks_of: length of a bar under an interpretation, or None where that is no meter.

    Raises:
        MusicFileError: a field that cannot be music, or too many of them; with the line.
    """
    return _Clock(spines, source, mended, bar_ticks_of).run()


class _Clock:
    def __init__(
        self, spines: SpineReader, source: str, mended: list[str], bar_ticks_of: Callable[[str], Ticks | None]
    ) -> None:
        self._draft = KernDraft(spines.tracks)
        self._rows = spines
        self._source = source
        self._mended = mended
        self._bar_ticks_of = bar_ticks_of
        self._bar_ticks: Ticks | None = None  # of the meter in force
        self._bar_tick: Ticks = 0  # where the bar began
        self._bar = "the beginning"
        self._num_bars = 0
        self._tick: Ticks = -1  # of the last row with a length
        self._pending: list[SignDraft] = []
        self._is_held = False  # all voices hold their notes over the last bar line
        self._graces: list[NoteDraft] = []
        self._open_slurs: dict[int, list[NoteDraft]] = {}  # by track
        self._faults: dict[str, list[int]] = {}  # what -> lines
        self._left_out: Counter[str] = Counter()  # what a Score has no place for

    def run(self) -> KernDraft:
        for row in self._rows.rows():
            if row.kind == "data":
                self._read_data(row)
            elif row.kind == "bar":
                self._read_bar(row)
            elif row.kind == "record":
                self._pending.append(SignDraft("record", row.fields[0], row.line, 0))
            else:
                self._read_signs(row)
        trailing = tuple(self._graces)
        self._settle(self._draft.end_tick)
        for grace in trailing:  # nothing follows them: they end the last note
            grace.onset_tick = grace.end_tick = max(self._tick, 0)
        for fault, lines in self._faults.items():
            places = ", ".join(map(str, lines[:MAX_PLACES])) + (" …" if len(lines) > MAX_PLACES else "")
            self._mended.append(f"{len(lines)} {fault} (line {places})")
        self._left_out["slurs without an end"] += sum(map(len, self._open_slurs.values()))
        self._left_out["directions in words"] += self._rows.words
        self._mended += [f"{count} {what} left out" for what, count in self._left_out.items() if count]
        return self._draft

    # ---- rows

    def _read_data(self, row: Row) -> None:
        timed: list[tuple[Spine, KernField]] = []
        graces: list[tuple[Spine, KernField]] = []
        for spine, text in zip(row.spines, row.fields, strict=True):
            if text == "." or not text:
                continue
            if spine.track.kind == KERN:
                found = self._parse(text, row.line)
                if found.is_grace:
                    graces.append((spine, found))
                elif found.length_tick is not None:
                    timed.append((spine, found))
                elif found.notes:
                    self._fault("notes without length were left out", row.line)
                else:
                    self._fault("fields without pitch and length were left out", row.line)
            elif spine.track.kind == "**dynam":
                self._pending.append(SignDraft("dynam", text, row.line, 0, spine.track))
            else:
                self._left_out[f"fields of {spine.track.kind[:20] or 'a column of no kind'}"] += 1
        if timed:
            tick = self._row_tick(timed, row)
            self._settle(tick)
            self._tick = tick
            for spine, found in timed:
                self._start(spine, found, tick, row)
        elif self._pending and not graces:
            self._read_nulls()
        for spine, found in graces:
            for note in found.notes:
                self._graces.append(NoteDraft(spine.track, spine.voice, note, 0, 0, is_grace=True))
                self._add(self._graces[-1], row)
            self._slurs(spine, found, self._graces[-1] if found.notes else None)

    def _read_bar(self, row: Row) -> None:
        text = row.fields[0]
        self._bar = f"bar {text.strip('=').rstrip(':|!-;')}".rstrip()
        self._num_bars += 1
        if self._num_bars > MAX_BARS:
            raise self._error(row, f"more than {MAX_BARS:,} bars")
        self._pending.append(SignDraft("bar", text, row.line, 0))
        self._left_out["fermatas over bar lines"] += ";" in text

    def _read_signs(self, row: Row) -> None:
        if self._draft.end_tick == 0:
            _describe(row)
        for spine, text in zip(row.spines, row.fields, strict=True):
            if text == "*ped" and spine.track.kind == KERN:
                self._left_out["pedal marks"] += 1
            if text[1:2] in _USED_SIGNS and spine.track.kind == KERN:
                self._pending.append(SignDraft("sign", text[1:], row.line, 0, spine.track))

    def _parse(self, text: str, line: int) -> KernField:
        try:
            return parse_field(text.strip())
        except KernTokenError as error:
            raise MusicFileError(str(error), place=Place(self._source, line, None, self._bar)) from error

    # ---- time

    def _row_tick(self, timed: list[tuple[Spine, KernField]], row: Row) -> Ticks:
        """Return the time of a row: where its spines are free, but for those that have been silent for a while."""
        votes = Counter(spine.free_tick for spine, _ in timed if spine.free_tick > self._tick)
        if len(votes) == 1:
            return next(iter(votes))
        if not votes:
            later = [s.free_tick for s in row.spines if s.track.kind == KERN and s.free_tick > self._tick]
            return min(later, default=max(self._tick, 0))
        self._fault("rows where the voices do not agree on the time", row.line)
        if self._bar_ticks is not None and any(sign.kind == "bar" for sign in self._pending):
            full = self._bar_tick + self._bar_ticks
            if full in votes:
                return full
        return max(votes, key=lambda tick: (votes[tick], tick))

    def _settle(self, tick: Ticks) -> None:
        """Give the signs and graces that wait the time of the row that has come."""
        bars_left = sum(sign.kind == "bar" for sign in self._pending)
        has_bar = bars_left > 0
        now = tick
        if bars_left > 1:  # the meter tells bars apart that one long note fills
            now = self._bar_end(tick)
        for sign in self._pending:
            if sign.kind == "bar":
                bars_left -= 1
                now = self._bar_end(tick) if bars_left or self._is_held else tick
                self._bar_tick = now
            sign.tick = now if has_bar else tick
            if sign.kind == "sign":
                self._bar_ticks = self._bar_ticks_of(sign.text) or self._bar_ticks
        for grace in self._graces:
            grace.onset_tick = grace.end_tick = tick
        self._draft.signs += self._pending
        self._pending.clear()
        self._graces.clear()
        self._is_held = False

    def _bar_end(self, tick: Ticks) -> Ticks:
        return tick if self._bar_ticks is None else min(self._bar_tick + self._bar_ticks, tick)

    def _read_nulls(self) -> None:
        """Read a row without a beginning note: dynamics within a longer note are put where that note begins."""
        if any(sign.kind == "bar" for sign in self._pending):
            self._is_held = True
            return
        alone = [sign for sign in self._pending if sign.kind == "dynam"]
        for sign in alone:
            sign.tick = max(self._tick, 0)
            self._fault("dynamics within a note were put where it begins", sign.line)
        self._pending = [sign for sign in self._pending if sign.kind != "dynam"]
        self._draft.signs += alone

    # ---- notes

    def _start(self, spine: Spine, found: KernField, tick: Ticks, row: Row) -> None:
        if spine.free_tick > tick:
            self._fault("notes are longer than their place; they were cut", row.line)
            for before in spine.sounding:
                before.end_tick = min(before.end_tick, tick)
        elif spine.free_tick < tick:
            self._fault("places where a voice has neither note nor rest", row.line)
        assert found.length_tick is not None  # `timed` holds no others
        spine.free_tick = self._later(tick, found.length_tick)
        spine.sounding = []
        for note in found.notes:
            end_tick = self._later(tick, note.length_tick) if note.length_tick is not None else spine.free_tick
            draft = NoteDraft(spine.track, spine.voice, note, tick, end_tick)
            spine.sounding.append(draft)
            self._add(draft, row)
        if not found.notes:
            if not found.is_rest:
                self._fault("fields with a length but no pitch were read as rests", row.line)
            if found.has_fermata:
                self._draft.signs.append(SignDraft("fermata", "", row.line, tick, spine.track))
        self._slurs(spine, found, spine.sounding[0] if spine.sounding else None)
        self._draft.end_tick = max(self._draft.end_tick, spine.free_tick)

    def _add(self, draft: NoteDraft, row: Row) -> None:
        if len(self._draft.notes) >= MAX_NOTES:
            raise self._error(row, f"more than {MAX_NOTES:,} notes")
        self._draft.notes.append(draft)

    def _later(self, tick: Ticks, length: Ticks) -> Ticks:
        end = plain(tick + length)
        if isinstance(end, Fraction) and end.denominator > MAX_DENOMINATOR:
            return round(end)
        return end

    def _slurs(self, spine: Spine, found: KernField, draft: NoteDraft | None) -> None:
        for sign in found.unread:
            self._left_out[f"signs of a note ({sign})"] += 1
        waiting = self._open_slurs.setdefault(spine.track.index, [])
        self._left_out["slurs that begin on a rest"] += found.slurs_open if draft is None else 0
        self._left_out["slurs without a beginning"] += max(0, found.slurs_close - len(waiting))
        for _ in range(min(found.slurs_close, len(waiting))):
            # The innermost of the same voice, else the innermost of the staff (a voice that has joined another).
            place = next((i for i in reversed(range(len(waiting))) if waiting[i].voice == spine.voice), -1)
            first = waiting.pop(place)
            if draft is not None:
                self._draft.slurs.append((first, draft))
            else:
                self._left_out["slurs that end on a rest"] += 1
        if draft is not None and len(waiting) < 64:
            waiting.extend([draft] * min(found.slurs_open, 4))

    def _fault(self, what: str, line: int) -> None:
        self._faults.setdefault(what, []).append(line)

    def _error(self, row: Row, message: str) -> MusicFileError:
        return MusicFileError(message, place=Place(self._source, row.line))


def _describe(row: Row) -> None:
    """Take what the head of the file says about its columns."""
    for spine, text in zip(row.spines, row.fields, strict=True):
        track = spine.track
        if text.startswith("*part") and text[5:].isdecimal() and len(text) < 9:
            track.part = int(text[5:])
        elif text.startswith("*staff") and text[6:].isdecimal() and len(text) < 10:
            track.staff = int(text[6:])
        elif text.startswith('*I"'):
            track.name = track.name or " ".join(text[3:].split())[:80]
        elif text.startswith("*I") and text[2:3].islower():
            track.instrument = track.instrument or text[2:].strip()[:20]
        elif text.startswith("*IC"):
            track.family = track.family or text[3:].strip()[:20]
        elif text.startswith("*clef"):
            track.clef = track.clef or text[5:].strip()[:8]
