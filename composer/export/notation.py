"""Lay out a Score as an engraver would: bars of voices of written chords and rests, tied, beamed, with accidentals.

Conventions: ticks as in the Score. Every staff of every bar has voice 1, filled from bar line to bar line with chords
and rests; further voices only where they have notes, filled in the same way. A chord that is cut, at the bar line or
because one note value cannot say its length, is tied. A note that is longer than the piece ends with the last bar.

Contents: `lay_out`, `signatures_of_bars`.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

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

MAX_SLURS = 6  # at once in one part; MusicXML numbers them from 1


def lay_out(score: Score, outline: Outline | None = None) -> Sheet:
    """Return the sheet of a score; local keys and chords of `outline` decide how its notes are spelled.

    Raises:
        OptionError: the score has no bars, or a note begins after the last one.
    """
    if not score.bars:
        raise OptionError("a score without bars cannot be written", mend="give it at least one bar")
    late = next((note for _, note in score.notes() if note.onset_tick >= score.end_tick), None)
    if late:
        raise OptionError(
            f"a note begins at tick {late.onset_tick}, after the last bar, which ends at {score.end_tick}"
        )
    score = spelled(score, outline)
    keys = signatures_of_bars(score)
    return Sheet(score, tuple(_lay_out_part(score, index, keys) for index in range(len(score.parts))))


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


def _lay_out_part(score: Score, index: int, keys: Sequence[Key]) -> tuple[SheetBar, ...]:
    part = score.parts[index]
    slurs = _slur_ends(score, index)
    bars: list[list[VoiceBar]] = [[] for _ in score.bars]
    for staff in (UPPER_STAFF, LOWER_STAFF)[: part.staves]:
        alters_before: dict[tuple[str, int], int] = {}
        voices = [_notes_of_bars(score, notes) for notes in divide(_staff_notes(part, staff, score.end_tick))]
        for bar_index, bar in enumerate(score.bars):
            laid: list[VoiceBar] = []
            fermatas = score.fermata_ticks
            for number, bar_notes in enumerate((notes[bar_index] for notes in voices), 1):
                if bar_notes or number == 1:
                    laid.append(VoiceBar(staff, number, _events(bar_notes, bar, fermatas, slurs)))
                    fermatas = tuple(t for t in fermatas if not _sounds_at(bar_notes, t))  # one on each staff
            if not laid:
                laid = [VoiceBar(staff, 1, _events((), bar, (), {}))]
            laid, alters_before = with_accidentals(laid, keys[bar_index], alters_before)
            bars[bar_index] += laid
    return tuple(SheetBar(bar, key, tuple(voices)) for bar, key, voices in zip(score.bars, keys, bars, strict=True))


def _staff_notes(part: Part, staff: int, end_tick: int) -> list[Note]:
    """Return the notes of a staff, none longer than the piece."""
    notes = [note for note in part.notes if part.staves == 1 or note.staff == staff]
    return [n if n.end_tick <= end_tick else replace(n, duration_tick=end_tick - n.onset_tick) for n in notes]


def _sounds_at(notes: Iterable[Note], tick: int) -> bool:
    return any(note.onset_tick <= tick < note.end_tick for note in notes)


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
    notes: Sequence[Note],
    bar: Bar,
    fermata_ticks: Sequence[int],
    slurs: Mapping[tuple[str, int, int, int], Sequence[int]],
) -> tuple[Event, ...]:
    """Write one voice of one bar. Where its notes overlap, they are cut at every onset and end, and tied."""
    if not notes and bar.duration_tick == bar.meter.bar_ticks:
        return (Event(bar.onset_tick, bar.duration_tick, (), ""),)
    sounding = [note for note in notes if not note.is_grace]
    edges = {bar.onset_tick, bar.end_tick}
    for note in sounding:
        edges |= {max(note.onset_tick, bar.onset_tick), min(note.end_tick, bar.end_tick)}
    ticks = sorted(edges)
    shift = bar.lead_tick - bar.onset_tick  # from ticks to places in the bar
    pairs = list(itertools.pairwise(ticks))
    chords = [[n for n in sounding if n.onset_tick < end and n.end_tick > start] for start, end in pairs]
    spans = [Span(start + shift, end + shift, not chord) for (start, end), chord in zip(pairs, chords, strict=True)]
    values = write_values(spans, bar.meter)
    events = [_event(value, chords[value.span], -shift) for value in values]
    events = [_with_signs(event, fermata_ticks, slurs) for event in with_beams(events, values, bar)]
    for grace in (note for note in notes if note.is_grace):
        before = next((i for i, event in enumerate(events) if event.onset_tick >= grace.onset_tick), len(events))
        while before < len(events) and events[before].is_grace:
            before += 1
        assert grace.spelling is not None  # `spelled` has given one to every note
        events.insert(before, Event(grace.onset_tick, 0, (WrittenNote(grace, grace.spelling),), "eighth"))
    return tuple(events)


def _event(value: Value, chord: Sequence[Note], shift: int) -> Event:
    start, end = value.start + shift, value.end + shift
    heads = []
    for note in sorted(chord, key=lambda note: note.pitch):
        assert note.spelling is not None  # `spelled` has given one to every note
        continues = note.end_tick > end
        heads.append(WrittenNote(note, note.spelling, note.onset_tick < start, continues))
    return Event(start, end - start, tuple(heads), value.kind, value.dots, value.ratio, value.tuplet_edges)


def _with_signs(
    event: Event, fermata_ticks: Sequence[int], slurs: Mapping[tuple[str, int, int, int], Sequence[int]]
) -> Event:
    """Add articulations, where a chord begins, fermatas, where it ends, and the ends of slurs."""
    signs: dict[str, None] = {}
    ends: dict[tuple[str, int], None] = {}
    for head in event.notes:
        note = head.note
        signs |= dict.fromkeys(
            name for name in note.articulations if not (head.tied_to if name == "fermata" else head.tied_from)
        )
        if not head.tied_to and any(note.onset_tick <= tick < note.end_tick for tick in fermata_ticks):
            signs["fermata"] = None
        for kind in ("stop", "start"):
            numbers = slurs.get((kind, note.staff, note.voice, note.onset_tick), ())
            ends |= dict.fromkeys((kind, number) for number in numbers if not head.tied_from)
    return replace(event, articulations=tuple(signs), slurs=tuple(ends))


def _slur_ends(score: Score, index: int) -> dict[tuple[str, int, int, int], list[int]]:
    """Return the numbers of the slurs that `start` or `stop` at (kind, staff, voice, onset); slurs at once differ.

    A slur without a note at one of its ends, and a seventh at once, cannot be written and are left out.
    """
    onsets = {(note.staff, note.voice, note.onset_tick) for note in score.parts[index].notes if not note.is_grace}
    ends: dict[tuple[str, int, int, int], list[int]] = defaultdict(list)
    free_from = [0] * MAX_SLURS
    for slur in sorted((s for s in score.slurs if s.part == index), key=lambda s: (s.onset_tick, s.end_tick)):
        places = [(slur.staff, slur.voice, tick) for tick in (slur.onset_tick, slur.end_tick)]
        number = next((n for n, tick in enumerate(free_from, 1) if tick <= slur.onset_tick), None)
        if number is None or slur.end_tick <= slur.onset_tick or not onsets.issuperset(places):
            continue
        free_from[number - 1] = slur.end_tick + 1
        for kind, place in zip(("start", "stop"), places, strict=True):
            ends[kind, *place].append(number)
    return ends
