"""MIDI to Score: tracks become parts and staves, file ticks musical places.

What it is: the musical judgement over `smf.py`'s events: the grid (`quantise.py`), bars and pickups (`pickup.py`),
hands, grace notes, tracks that only double another. What was judged, moved or left out is listed.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from composer.corpus.midi_parts import Line, drop_doublings, is_organ_file, make_parts
from composer.corpus.pickup import find_pickup
from composer.corpus.quantise import LIVE_SHARE, BeatGrid, grace_chain, leading_offset
from composer.corpus.smf import RawNote, Smf, parse_smf
from composer.corpus.statements import joined, says_origin, says_rights
from composer.errors import MusicFileError, Place
from composer.score import Bar, Mark, Note, Score, TempoMark
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

MAX_BARS = 20_000
MAX_PARTS = 64
_DRUM_CHANNEL = 9  # counted from 0


@dataclass(frozen=True)
class MidiReading:
    """What a MIDI file says.

    Attributes:
        score: the piece.
        mended: a line for each thing that was judged, moved or left out.
        off_grid_share: share of the notes whose onset fitted no musical place, 0..1.
        is_live: True where the notes were played, not written: bars and values are then only a guess.
        pickup_confidence: 0..1 where the pickup was guessed from the notes; 1 where the file says it.
        rights: copyright notices, and text events that speak of a licence.
        origin: text events that name an address or an edition.
    """

    score: Score
    mended: tuple[str, ...]
    off_grid_share: float
    is_live: bool
    pickup_confidence: float
    rights: str = ""
    origin: str = ""


def read_midi(data: bytes, source: str) -> MidiReading:
    """Read a Standard MIDI File.

    Args:
        data: the file's bytes.
        source: its name, for errors.

    Raises:
        MusicFileError: not a MIDI file, or one that keeps no note; with the byte.
    """
    smf = parse_smf(data, source)
    mended = list(smf.warnings)
    raw_lines = _split_lines(smf, mended)
    if not raw_lines:
        raise MusicFileError("only drums are in this file", place=Place(source))
    lines, shift, off_grid_share, file_tick = _quantise(smf, raw_lines, mended)
    is_live = off_grid_share > LIVE_SHARE
    if is_live:
        mended.append(
            f"a live performance: {off_grid_share:.0%} of the notes lie on no grid; bars and note values are a guess"
        )
    elif off_grid_share:
        mended.append(f"{off_grid_share:.1%} of the notes fitted no musical place; they were moved to the nearest")
    is_organ = is_organ_file(lines)
    if is_organ:
        lines = drop_doublings(lines, mended)
    end_tick = max(note.end_tick for line in lines for note in line.notes)

    def place(tick: int) -> int:
        """A meta event's place: on the nearest 32nd (LilyPond puts some a grace note early)."""
        step = TICKS_PER_QUARTER // 8
        return max(0, round((tick - shift) * file_tick / step) * step)

    meters = [(place(tick), Meter(upper, lower)) for tick, upper, lower in sorted(smf.meters)]
    bars, confidence = _lay_bars(meters, lines, end_tick, mended, is_live=is_live, source=source)
    keys = _keys([(place(tick), sharps, minor) for tick, sharps, minor in smf.keys])
    score = Score(
        parts=make_parts(lines, mended, is_organ=is_organ),
        bars=bars,
        keys=keys,
        marks=tuple(Mark(place(tick), text[:80]) for tick, text in sorted(smf.markers) if text),
        title=_title(smf),
    )
    tempos = _tempos([(place(tick), usec) for tick, usec in smf.tempos], score, mended)
    score = Score(score.parts, bars, keys, tempos, marks=score.marks, title=score.title)
    rights = joined([*smf.copyrights, *(text for text in smf.texts if says_rights(text))])
    origin = joined(text for text in smf.texts if says_origin(text))
    return MidiReading(score, tuple(mended), off_grid_share, is_live, confidence, rights, origin)


# ---------------------------------------------------------------- notes


def _split_lines(smf: Smf, mended: list[str]) -> list[tuple[str, int, list[RawNote]]]:
    """Return (name, program, notes) of each track; a track of several channels (type 0) is split into them."""
    lines: list[tuple[str, int, list[RawNote]]] = []
    drums = 0
    for track in smf.tracks:
        by_channel: dict[int, list[RawNote]] = {}
        for note in track.notes:
            by_channel.setdefault(note.channel, []).append(note)
        drums += len(by_channel.pop(_DRUM_CHANNEL, ()))
        programs = {channel: p for t in smf.tracks for channel, p in t.programs.items()} | track.programs
        for channel, notes in sorted(by_channel.items()):
            lines.append((track.name, programs.get(channel, 0), notes))
    if drums:
        mended.append(f"{drums} drum notes were left out")
    if len(lines) > MAX_PARTS:
        lost = sum(len(notes) for _, _, notes in lines[MAX_PARTS:])
        mended.append(f"{len(lines)} tracks; those after the first {MAX_PARTS} were left out ({lost} notes)")
        del lines[MAX_PARTS:]
    return lines


def _quantise(
    smf: Smf, raw_lines: Sequence[tuple[str, int, list[RawNote]]], mended: list[str]
) -> tuple[list[Line], int, float, float]:
    """Return the lines in score ticks, the shift taken off (file ticks), the share off the grid, ticks a file tick."""
    file_tick = TICKS_PER_QUARTER / smf.quarter_ticks
    onsets = [note.onset_tick for _, _, notes in raw_lines for note in notes]
    shift = leading_offset(onsets, smf.quarter_ticks)
    if shift:
        mended.append(f"the whole piece stood {shift} ticks beside the grid; moved")
    spans: list[list[tuple[float, float]]] = [
        [((note.onset_tick - shift) * file_tick, (note.end_tick - shift) * file_tick) for note in notes]
        for _, _, notes in raw_lines
    ]
    graces = [grace_chain(one, file_tick=file_tick) for one in spans]
    if sum(map(len, graces)) > 0.2 * len(onsets):
        graces = [{} for _ in spans]  # so many are no ornaments: a performance
    grid = BeatGrid(
        (span[0] for one, found in zip(spans, graces, strict=True) for i, span in enumerate(one) if i not in found),
        file_tick=file_tick,
    )
    lines: list[Line] = []
    misfits = moved_ends = doubles = 0
    for (name, program, raw), one, found in zip(raw_lines, spans, graces, strict=True):
        kept: dict[tuple[int, int], Note] = {}
        ornaments: list[Note] = []
        for index, (note, (onset, end)) in enumerate(zip(raw, one, strict=True)):
            if index in found:
                onset_tick = grid.snap(found[index])[0]
                ornaments.append(Note(onset_tick, note.pitch, 0, is_grace=True))
                continue
            onset_tick, fits = grid.snap(onset)
            misfits += not fits
            end_tick, end_fits = grid.snap_end(onset_tick, end)
            moved_ends += not end_fits
            before = kept.get((onset_tick, note.pitch))
            doubles += before is not None
            if before is None or end_tick > before.end_tick:
                kept[onset_tick, note.pitch] = Note(onset_tick, note.pitch, end_tick - onset_tick)
        lines.append(Line(name, program, _cut_overlaps(kept.values()) + ornaments))
    num_graces = sum(map(len, graces))
    if num_graces:
        mended.append(f"{num_graces} short notes just before the beat were read as grace notes")
    if doubles:
        mended.append(f"{doubles} notes struck twice at once on one track were read as one")
    share = misfits / len(onsets)
    if moved_ends > 0.02 * len(onsets) and share <= LIVE_SHARE:
        mended.append(f"the ends of {moved_ends} notes lay on no grid; moved to the nearest 16th or finer")
    return lines, shift, share, file_tick


def _cut_overlaps(notes: Iterable[Note]) -> list[Note]:
    """End a note where its own pitch is struck again."""
    next_onset: dict[int, int] = {}
    cut: list[Note] = []
    for note in sorted(notes, key=lambda n: -n.onset_tick):
        limit = next_onset.get(note.pitch, note.end_tick)
        end_tick = min(note.end_tick, limit) if limit > note.onset_tick else note.end_tick
        cut.append(Note(note.onset_tick, note.pitch, end_tick - note.onset_tick))
        next_onset[note.pitch] = note.onset_tick
    return cut[::-1]


# ---------------------------------------------------------------- bars and signs


def _lay_bars(
    meters: Sequence[tuple[int, Meter]],
    lines: Sequence[Line],
    end_tick: int,
    mended: list[str],
    *,
    is_live: bool,
    source: str,
) -> tuple[tuple[Bar, ...], float]:
    """Lay bars from 0 to the last note; return them with the confidence in their beginning."""
    changes: list[tuple[int, Meter]] = []
    for tick, meter in meters:
        if tick >= end_tick:
            continue
        if changes and changes[-1][0] == tick:
            changes[-1] = (tick, meter)
        elif not changes or changes[-1][1] != meter or len(changes) == 1:
            changes.append((tick, meter))
    if not changes:
        changes = [(0, Meter(4, 4))]
        mended.append("no time signature: 4/4 is taken")
    elif changes[0][0] > 0:
        changes.insert(0, (0, changes[0][1]))
    pickup_tick, confidence = 0, 1.0
    if len(changes) > 1 and 0 < changes[1][0] < changes[1][1].bar_ticks and changes[1][0] <= changes[0][1].bar_ticks:
        # A first short bar with a time signature of its own, and the piece's after it.
        pickup_tick = changes[1][0]
        changes[:2] = [(0, changes[1][1])]
    elif is_live:
        confidence = 0.0
    else:
        notes = [note for line in lines for note in line.notes if not note.is_grace]
        span_end = changes[1][0] if len(changes) > 1 else end_tick
        guess = find_pickup([n for n in notes if n.onset_tick < span_end], changes[0][1], end_tick=span_end)
        pickup_tick, confidence = guess.pickup_tick, guess.confidence
        if pickup_tick:
            mended.append(
                f"a pickup of {pickup_tick / TICKS_PER_QUARTER:g} quarters was heard in the notes "
                f"(the file does not say; confidence {confidence:.2f})"
            )
    bars: list[Bar] = []
    for index, (start, meter) in enumerate(changes):
        stop = changes[index + 1][0] if index + 1 < len(changes) else end_tick
        tick = start
        while tick < stop:
            is_pickup = not bars and pickup_tick > 0
            length = pickup_tick if is_pickup else meter.bar_ticks
            if index + 1 < len(changes):
                length = min(length, stop - tick)
            number = 0 if is_pickup else (bars[-1].number + 1 if bars else 1)
            bars.append(Bar(number, tick, length, meter))
            tick += length
            if len(bars) > MAX_BARS:
                raise MusicFileError(f"more than {MAX_BARS:,} bars", place=Place(source))
    last = bars[-1]
    if pickup_tick and len(bars) > 1 and last.onset_tick + last.meter.bar_ticks - pickup_tick >= end_tick:
        bars[-1] = Bar(last.number, last.onset_tick, last.meter.bar_ticks - pickup_tick, last.meter)
    return tuple(bars), confidence


def _keys(rows: Sequence[tuple[int, int, bool]]) -> tuple[tuple[int, Key], ...]:
    found: dict[int, Key] = {}
    for tick, sharps, is_minor in rows:
        found.setdefault(tick, Key(sharps + 3, "minor") if is_minor else Key(sharps, "major"))
    keys: list[tuple[int, Key]] = []
    for tick in sorted(found):
        if not keys or keys[-1][1] != found[tick]:
            keys.append((tick if keys else 0, found[tick]))
    return tuple(keys)


def _tempos(rows: Sequence[tuple[int, int]], score: Score, mended: list[str]) -> tuple[TempoMark, ...]:
    marks: list[TempoMark] = []
    for tick, usec in sorted(rows):
        mark = TempoMark(tick, 60e6 / usec / score.meter_at(tick).beat_quarters)
        if marks and marks[-1].tick == tick:
            marks[-1] = mark
        elif not marks or abs(marks[-1].beat_bpm - mark.beat_bpm) > 0.01:
            marks.append(mark)
    if len(marks) > 4 + len(score.bars) // 2:
        middle = statistics.median(mark.beat_bpm for mark in marks)
        mended.append(f"a tempo curve of {len(marks)} points was read as one tempo, {middle:.0f}")
        marks = [TempoMark(0, middle)]
    if marks and marks[0].tick > 0:
        marks[0] = TempoMark(0, marks[0].beat_bpm)
    return tuple(marks)


def _title(smf: Smf) -> str:
    """Return the first track's name where it is a title: that track holds no notes, or is the only one."""
    first = smf.tracks[0]
    return first.name[:200] if len(smf.tracks) > 1 and not first.notes else ""
