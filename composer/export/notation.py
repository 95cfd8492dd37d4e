"""Lay out a Score as an engraver would: bars of voices of written chords and rests, tied, beamed, with accidentals.

Conventions: ticks as in the Score. Every staff of every bar has voice 1, filled from bar line to bar line with chords
and rests; further voices only where they have notes, filled in the same way. A chord that is cut, at the bar line or
because one note value cannot say its length, is tied. A note that is longer than the piece ends with the last bar; a
grace note at its end stands behind the last note.

Fermatas: a note that bears one bears it where it ends. A tick in `fermata_ticks` at which no note says so is marked on
every staff, on what begins there, note or rest. On a staff where nothing begins, it is marked on what sounds only where
every staff sounds, and nothing begins anywhere or no note of the piece bears a fermata (a composed chorale).

Contents: `lay_out`, `signatures_of_bars`.
"""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from composer.errors import OptionError
from composer.export.accidentals import with_accidentals
from composer.export.beams import with_beams
from composer.export.rhythm import Span, Value, write_values
from composer.export.spelling import spelled
from composer.export.voices import divide
from composer.export.written import Event, Sheet, SheetBar, VoiceBar, WrittenNote
from composer.outline import Outline
from composer.score import LOWER_STAFF, UPPER_STAFF, Bar, Note, Part, Score
from composer.theory.key import MAX_SIGNATURE, Key

MAX_SLURS = 16  # at once in one part; MusicXML numbers them from 1
MAX_LOOKED_AT = 2_000  # notes before a slur's end, among which one may be tied on there
MAX_HELD_FERMATAS = 1_000  # in a piece, that may stand over notes that began earlier


def lay_out(score: Score, outline: Outline | None = None) -> Sheet:
    """Return the sheet of a score; local keys and chords of `outline` decide how its notes are spelled.

    Raises:
        OptionError: the score has no bars, or a note begins after the last one.
    """
    if not score.bars:
        raise OptionError("a score without bars cannot be written", mend="give it at least one bar")
    late = next((note for _, note in score.notes() if note.onset_tick >= score.end_tick + note.is_grace), None)
    if late:
        raise OptionError(
            f"a note begins at tick {late.onset_tick}, after the last bar, which ends at {score.end_tick}"
        )
    are_of_page = [all(note.spelling for note in part.notes) for part in score.parts]  # who spells, numbers voices too
    score = spelled(score, outline)
    keys = signatures_of_bars(score)
    fermatas = Fermatas(score)
    parts = (
        _lay_out_part(score, index, keys, fermatas, are_of_page=of_page) for index, of_page in enumerate(are_of_page)
    )
    return Sheet(score, tuple(parts))


def signatures_of_bars(score: Score) -> tuple[Key, ...]:
    """Return the key signature of each bar; a change in the second half of a bar waits for the next bar line."""
    signatures = []
    current = Key(0, "major")
    changes = list(score.keys)
    for bar in score.bars:
        while changes and 2 * (changes[0][0] - bar.onset_tick) < bar.duration_tick:
            key = changes.pop(0)[1]
            current = key if abs(key.signature) <= MAX_SIGNATURE else key.simplified()
        signatures.append(current)
    return tuple(signatures)


def _lay_out_part(
    score: Score, index: int, keys: Sequence[Key], fermatas: Fermatas, *, are_of_page: bool
) -> tuple[SheetBar, ...]:
    part = score.parts[index]
    slurs = _find_slurs(score, index, are_of_page=are_of_page)
    bars: list[list[VoiceBar]] = [[] for _ in score.bars]
    for staff in (UPPER_STAFF, LOWER_STAFF)[: part.staves]:
        alters_before: dict[tuple[str, int], int] = {}
        staff_notes = _staff_notes(part, staff, score.end_tick)
        bar_ticks = [bar.onset_tick for bar in score.bars]
        divided = divide(staff_notes, bar_ticks=bar_ticks, are_of_page=are_of_page)
        voices = [_notes_of_bars(score, notes) for notes in divided]
        for bar_index, bar in enumerate(score.bars):
            in_voices = [notes[bar_index] for notes in voices] or [[]]
            marked = fermatas.of_voices(in_voices, bar)
            laid = [
                VoiceBar(staff, number, _events(bar_notes, bar, marked.get(number, ()), fermatas, slurs))
                for number, bar_notes in enumerate(in_voices, 1)
                if bar_notes or number == 1
            ]
            laid, alters_before = with_accidentals(laid, keys[bar_index], alters_before)
            bars[bar_index] += laid
    return tuple(SheetBar(bar, key, tuple(voices)) for bar, key, voices in zip(score.bars, keys, bars, strict=True))


def _staff_notes(part: Part, staff: int, end_tick: int) -> list[Note]:
    """Return the notes of a staff, none longer than the piece."""
    notes = [note for note in part.notes if part.staves == 1 or note.staff == staff]
    return [n if n.end_tick <= end_tick else replace(n, duration_tick=end_tick - n.onset_tick) for n in notes]


def _notes_of_bars(score: Score, notes: Iterable[Note]) -> list[list[Note]]:
    """Return the notes that sound in each bar; a tied note is in several."""
    bars: list[list[Note]] = [[] for _ in score.bars]
    for note in notes:
        first = score.bar_index_at(note.onset_tick)
        last = max(first, score.bar_index_at(note.end_tick - 1))
        for index in range(first, last + 1):
            bars[index].append(note)
    return bars


# ---------------------------------------------------------------- chords and rests


def _events(
    notes: Sequence[Note], bar: Bar, marked: Sequence[int], fermatas: Fermatas, slurs: Slurs
) -> tuple[Event, ...]:
    """Write one voice of one bar. Where its notes overlap, they are cut at every onset and end, and tied.

    Args:
        notes: those that sound in the bar.
        bar: where.
        marked: ticks in this bar at which this voice has a fermata, whether or not its notes bear one.
        fermatas: where a note that bears one has it.
        slurs: ends of slurs.
    """
    if not notes and bar.duration_tick == bar.meter.bar_ticks and set(marked) <= {bar.onset_tick}:
        return (Event(bar.onset_tick, bar.duration_tick, (), "", articulations=("fermata",) if marked else ()),)
    sounding = [note for note in notes if not note.is_grace]
    edges = {bar.onset_tick, bar.end_tick}
    for note in sounding:
        edges |= {max(note.onset_tick, bar.onset_tick), min(note.end_tick, bar.end_tick)}
    places = [note.onset_tick for note in notes if note.is_grace]
    places += [tick for note in sounding for tick in fermatas.ticks_of(note)]
    places += [tick for tick in marked if not any(n.onset_tick < tick < n.end_tick for n in sounding)]
    places += [tick for voice in {(note.staff, note.voice) for note in sounding} for tick in slurs.cuts.get(voice, ())]
    edges |= {tick for tick in places if bar.onset_tick < tick < bar.end_tick}
    ticks = sorted(edges)
    shift = bar.lead_tick - bar.onset_tick  # from ticks to places in the bar
    pairs = list(itertools.pairwise(ticks))
    chords = [[n for n in sounding if n.onset_tick < end and n.end_tick > start] for start, end in pairs]
    spans = [Span(start + shift, end + shift, not chord) for (start, end), chord in zip(pairs, chords, strict=True)]
    values = write_values(spans, bar.meter)
    events = [_event(value, chords[value.span], -shift) for value in values]
    events = [_with_signs(event, marked, fermatas, slurs) for event in with_beams(events, values, bar)]
    for grace in (note for note in notes if note.is_grace):
        before = next((i for i, event in enumerate(events) if event.onset_tick >= grace.onset_tick), len(events))
        while before < len(events) and events[before].is_grace:
            before += 1
        assert grace.spelling is not None  # `spelled` has given one to every note
        head = Event(grace.onset_tick, 0, (WrittenNote(grace, grace.spelling),), "eighth")
        events.insert(before, _with_signs(head, (), fermatas, slurs))
    return tuple(events)


def _event(value: Value, chord: Sequence[Note], shift: int) -> Event:
    start, end = value.start + shift, value.end + shift
    heads = []
    for note in sorted(chord, key=lambda note: note.pitch):
        assert note.spelling is not None  # `spelled` has given one to every note
        continues = note.end_tick > end
        heads.append(WrittenNote(note, note.spelling, note.onset_tick < start, continues))
    return Event(start, end - start, tuple(heads), value.kind, value.dots, value.ratio, value.tuplet_edges)


def _with_signs(event: Event, marked: Sequence[int], fermatas: Fermatas, slurs: Slurs) -> Event:
    """Add articulations, where a chord begins, fermatas, where they stand, and the ends of slurs."""
    signs: dict[str, None] = {}
    ends: dict[tuple[str, int], None] = {}
    end_tick = max(event.onset_tick + event.duration_tick, event.onset_tick + 1)
    if any(event.onset_tick <= tick < end_tick for tick in marked):
        signs["fermata"] = None
    for head in event.notes:
        note = head.note
        own = note.articulations if not head.tied_from else ()
        signs |= dict.fromkeys(name for name in own if name != "fermata")
        if "fermata" in note.articulations:
            ticks = fermatas.ticks_of(note)
            if any(event.onset_tick <= tick < end_tick for tick in ticks) if ticks else not head.tied_to:
                signs["fermata"] = None
        where = (note.staff, note.voice, event.onset_tick, note.pitch, note.is_grace)
        # Taken away: of two equal grace notes only the first has the slur.
        ends |= {(kind, number): None for kind in ("stop", "start") for number in slurs.ends.pop((kind, *where), ())}
    return replace(event, articulations=tuple(signs), slurs=tuple(ends))


class Fermatas:
    """Where the fermatas of a score stand; see the module's docstring."""

    def __init__(self, score: Score) -> None:
        self._ticks = sorted(set(score.fermata_ticks))
        self._bar_ticks = {bar.onset_tick for bar in score.bars}
        notes = [(part, note) for part, note in score.notes() if not note.is_grace]
        self._bearing = {note.onset_tick for _, note in notes if "fermata" in note.articulations}
        borne = {tick for _, note in notes for tick in self.ticks_of(note)}
        self._unborne = [tick for tick in self._ticks if tick not in borne]
        begun = {note.onset_tick for _, note in notes}
        staves = {(part, note.staff) for part, note in notes}

        def all_sound(tick: int) -> bool:
            return {(part, n.staff) for part, n in notes if n.onset_tick <= tick < n.end_tick} == staves

        # In a composed chorale every voice stops; on a page a fermata over one part's rest is that part's.
        waiting = [tick for tick in self._unborne if not borne or tick not in begun]
        self._held = {tick for tick in waiting[:MAX_HELD_FERMATAS] if all_sound(tick)}

    def ticks_of(self, note: Note) -> list[int]:
        """Return where a note bears fermatas: where it begins, or where it is tied on; none where no tick says so."""
        if "fermata" not in note.articulations:
            return []
        low, high = (bisect.bisect_left(self._ticks, tick) for tick in (note.onset_tick, max(note.end_tick, 1)))
        within = self._ticks[low:high]
        own = [tick for tick in within if tick == note.onset_tick or tick not in self._bearing]
        if own or not within:
            return own
        return [next((tick for tick in within if tick in self._bar_ticks), within[-1])]

    def of_voices(self, voices: Sequence[Sequence[Note]], bar: Bar) -> dict[int, list[int]]:
        """Return the ticks in a bar of one staff at which each voice is marked, though no note bears a fermata."""
        marked: dict[int, list[int]] = {}
        low, high = (bisect.bisect_left(self._unborne, tick) for tick in (bar.onset_tick, bar.end_tick))
        for tick in self._unborne[low:high]:
            begin = [i for i, notes in enumerate(voices, 1) if any(_begins(note, tick) for note in notes)]
            sound = [i for i, notes in enumerate(voices, 1) if any(n.onset_tick <= tick < n.end_tick for n in notes)]
            if begin or not sound:
                marked.setdefault(begin[0] if begin else 1, []).append(tick)
            elif tick in self._held:
                marked.setdefault(sound[0], []).append(tick)
        return marked


def _begins(note: Note, tick: int) -> bool:
    return note.onset_tick == tick and not note.is_grace


@dataclass
class Slurs:
    """The ends of a part's slurs.

    Attributes:
        ends: (`start` or `stop`, staff, voice, tick, pitch, is_grace) of a note -> numbers; the note begins at the tick
            or is tied on there.
        cuts: (staff, voice) -> ticks where a note must be tied on, because a slur ends within it.
    """

    ends: dict[tuple[str, int, int, int, int, bool], list[int]]
    cuts: dict[tuple[int, int], list[int]]


def _find_slurs(score: Score, index: int, *, are_of_page: bool) -> Slurs:
    """Give the slurs of a part their numbers.

    A slur that leads to another voice ends at the note there, one that ends within a tied note where that is tied on.
    Numbers are free again in the next bar, in the same voice after the slur's end: they must differ in the order of the
    file, which holds a bar's voices one after the other. A slur without any note at one of its ends, and a seventeenth
    at once, cannot be written and are left out.
    """
    sounding = _Sounding(score.parts[index].notes)
    found = Slurs(defaultdict(list), defaultdict(list))
    free_from = [(-1, -1, (0, 0))] * MAX_SLURS  # (in its own voice, in all voices, which voice)
    for slur in sorted((s for s in score.slurs if s.part == index), key=lambda s: (s.onset_tick, s.end_tick)):
        home = (slur.staff, slur.voice)
        of_grace = slur.onset_tick == slur.end_tick
        first = sounding.note_for(slur.onset_tick, home, is_grace=of_grace)
        last = sounding.note_for(slur.end_tick, home)
        if first is None or last is None or slur.end_tick < slur.onset_tick or (of_grace and not first.is_grace):
            continue
        bar_tick = score.bar_at(slur.onset_tick).onset_tick
        # Where voices are not of a page, they are divided later: then a slur may end in another one all the same.
        stays = are_of_page and (last.staff, last.voice) == home
        free = (
            number
            for number, (own, all_voices, voice) in enumerate(free_from, 1)
            if all_voices <= bar_tick or (stays and voice == home and own <= slur.onset_tick)
        )
        number = next(free, None)
        if number is None:
            continue
        bar_end_tick = score.bar_at(slur.end_tick).end_tick
        free_from[number - 1] = (slur.end_tick + 1 if stays else bar_end_tick, bar_end_tick, home)
        for kind, note, tick in (("start", first, slur.onset_tick), ("stop", last, slur.end_tick)):
            found.ends[kind, note.staff, note.voice, tick, note.pitch, note.is_grace].append(number)
            if tick != note.onset_tick:
                found.cuts[note.staff, note.voice].append(tick)
    return found


class _Sounding:
    """Finds the note of a part at which a slur begins or ends."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = notes
        self._onsets = [note.onset_tick for note in notes]
        self._longest_tick = max((note.duration_tick for note in notes), default=0)

    def note_for(self, tick: int, home: tuple[int, int], *, is_grace: bool = False) -> Note | None:
        """Return the note that begins or is tied on at `tick`: of the voice `home` (staff, voice), or near it.

        A grace note is only looked for where `is_grace` says so, or where there is no other.
        """
        low = bisect.bisect_left(self._onsets, tick - self._longest_tick)
        high = bisect.bisect_right(self._onsets, tick)
        low = max(low, high - MAX_LOOKED_AT)
        found = [note for note in self._notes[low:high] if note.onset_tick == tick or tick < note.end_tick]
        return min(
            found,
            key=lambda note: (
                note.is_grace != is_grace,
                (note.staff, note.voice) != home,
                note.staff != home[0],
                note.onset_tick != tick,
                0 if is_grace else -note.pitch,  # the first of several grace notes
            ),
            default=None,
        )
