"""MIDI to Score: tracks become parts and staves, file ticks musical places.

What it is: the musical judgement over `smf.py`'s events: the grid (`quantise.py`), bars and pickups (`pickup.py`),
hands, grace notes, tracks that only double another. What was judged, moved or left out is listed.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.corpus.pickup import find_pickup
from composer.corpus.quantise import LIVE_SHARE, BeatGrid, grace_chain, leading_offset
from composer.corpus.smf import RawNote, Smf, parse_smf
from composer.corpus.voices import number_voices
from composer.errors import MusicFileError, Place
from composer.score import LOWER_STAFF, UPPER_STAFF, Bar, Mark, Note, Part, Score, TempoMark, sort_notes
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

MAX_BARS = 20_000
MAX_PARTS = 64
_DRUM_CHANNEL = 9  # counted from 0
_MIDDLE_C = 60
_UPPER_NAME = re.compile(r"^\W*(upper|up|right|rh|r\.h|treble|one|manual|discant|\w*upper)\b", re.I)
_LOWER_NAME = re.compile(r"^\W*(lower|low|lowerstaff|down|left|lh|l\.h|two|\w*lower)\b", re.I)
_PEDAL_NAME = re.compile(r"^\W*(pedal|ped|feet|foot|pedals|pedale)\b", re.I)
_VOICE_NAME = re.compile(
    r"\b(soprano|alto|tenor|bass|baritone|voice|vocal|singer|canto|choir|violin|viola|cello|violoncello|contrabass|flute|"
    r"oboe|clarinet|bassoon|horn|trumpet|trombone|tuba|sax\w*|guitar)\b",
    re.I,
)
_ORGAN = range(16, 24)
_CHURCH_ORGAN = 19
# Programs that stand for an organ's stops: organs, brass, reeds and pipes, and the contrabass of a 16' pedal.
_STOPS = frozenset({*_ORGAN, 43, *range(56, 80)})
_DOUBLINGS = (0, 12, -12, 24, -24, 36, -36)  # semitones
_DOUBLING_SHARE = 0.97  # of the notes; a trill may be written out on one track only
_DOUBLING_NOTES = 8
_PEDAL_PITCH = 43  # a mean below this is a 16 foot pedal, not a written line


@dataclass(frozen=True)
class MidiReading:
    """What a MIDI file says.

    Attributes:
        score: the piece.
        mended: a line for each thing that was judged, moved or left out.
        off_grid_share: share of the notes whose onset fitted no musical place, 0..1.
        is_live: True where the notes were played, not written: bars and values are then only a guess.
        pickup_confidence: 0..1 where the pickup was guessed from the notes; 1 where the file says it.
    """

    score: Score
    mended: tuple[str, ...]
    off_grid_share: float
    is_live: bool
    pickup_confidence: float


@dataclass(slots=True)
class _Line:
    """The notes of one track (and channel) on their musical places."""

    name: str
    program: int
    notes: list[Note]

    @property
    def mean_pitch(self) -> float:
        return statistics.fmean(note.pitch for note in self.notes)


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
    is_organ = _is_organ(lines)
    if is_organ:
        lines = _drop_doublings(lines, mended)
    end_tick = max(note.end_tick for line in lines for note in line.notes)

    def place(tick: int) -> int:
        """A meta event's place: on the nearest 32nd (LilyPond puts some a grace note early)."""
        step = TICKS_PER_QUARTER // 8
        return max(0, round((tick - shift) * file_tick / step) * step)

    meters = [(place(tick), Meter(upper, lower)) for tick, upper, lower in sorted(smf.meters)]
    bars, confidence = _lay_bars(meters, lines, end_tick, mended, is_live=is_live, source=source)
    keys = _keys([(place(tick), sharps, minor) for tick, sharps, minor in smf.keys])
    score = Score(
        parts=_make_parts(lines, mended, is_organ=is_organ),
        bars=bars,
        keys=keys,
        marks=tuple(Mark(place(tick), text[:80]) for tick, text in sorted(smf.markers) if text),
        title=_title(smf),
    )
    tempos = _tempos([(place(tick), usec) for tick, usec in smf.tempos], score, mended)
    score = Score(score.parts, bars, keys, tempos, marks=score.marks, title=score.title)
    return MidiReading(score, tuple(mended), off_grid_share, is_live, confidence)


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
) -> tuple[list[_Line], int, float, float]:
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
    lines: list[_Line] = []
    misfits = moved_ends = doubles = 0
    for (name, program, raw), one, found in zip(raw_lines, spans, graces, strict=True):
        kept: dict[tuple[int, int, bool], Note] = {}
        for index, (note, (onset, end)) in enumerate(zip(raw, one, strict=True)):
            if index in found:
                onset_tick = grid.snap(found[index])[0]
                # Several grace notes before one note keep their order by their place in the dictionary.
                kept.setdefault((onset_tick, note.pitch, True), Note(onset_tick, note.pitch, 0, is_grace=True))
                continue
            onset_tick, fits = grid.snap(onset)
            misfits += not fits
            end_tick, end_fits = grid.snap_end(onset_tick, end)
            moved_ends += not end_fits
            before = kept.get((onset_tick, note.pitch, False))
            doubles += before is not None
            if before is None or end_tick > before.end_tick:
                kept[onset_tick, note.pitch, False] = Note(onset_tick, note.pitch, end_tick - onset_tick)
        lines.append(_Line(name, program, _cut_overlaps(list(kept.values()))))
    num_graces = sum(map(len, graces))
    if num_graces:
        mended.append(f"{num_graces} short notes just before the beat were read as grace notes")
    if doubles:
        mended.append(f"{doubles} notes struck twice at once on one track were read as one")
    share = misfits / len(onsets)
    if moved_ends > 0.02 * len(onsets) and share <= LIVE_SHARE:
        mended.append(f"the ends of {moved_ends} notes lay on no grid; moved to the nearest 16th or finer")
    return lines, shift, share, file_tick


def _cut_overlaps(notes: list[Note]) -> list[Note]:
    """End a note where its own pitch is struck again."""
    next_onset: dict[int, int] = {}
    cut: list[Note] = []
    for note in sorted(notes, key=lambda n: -n.onset_tick):
        if note.is_grace:
            cut.append(note)
            continue
        limit = next_onset.get(note.pitch, note.end_tick)
        end_tick = min(note.end_tick, limit) if limit > note.onset_tick else note.end_tick
        cut.append(Note(note.onset_tick, note.pitch, end_tick - note.onset_tick))
        next_onset[note.pitch] = note.onset_tick
    return cut[::-1]


def _drop_doublings(lines: list[_Line], mended: list[str]) -> list[_Line]:
    """Leave out an organ's tracks that repeat another one at the unison or the octave (its registration)."""
    groups: list[list[_Line]] = []
    for line in sorted(lines, key=lambda one: -len(one.notes)):
        for group in groups:
            if any(_doubles(line, group[0], octaves) for octaves in _DOUBLINGS):
                group.append(line)
                break
        else:
            groups.append([line])
    kept: list[_Line] = []
    for group in groups:
        main = _at_written_pitch(group)
        kept.append(main)
        for line in group:
            if line is not main:
                octaves = round((line.mean_pitch - main.mean_pitch) / 12)
                name = f'"{main.name}"' if main.name.strip(" :") else "another"
                mended.append(f"a track of {len(line.notes)} notes doubles {name} ({octaves:+d} octaves); left out")
    return [line for line in lines if any(line is one for one in kept)]


def _at_written_pitch(group: Sequence[_Line]) -> _Line:
    """Return the track of a registration that stands where the music is written (8 foot), not an octave off."""
    whole = [line for line in group if len(line.notes) >= _DOUBLING_SHARE * len(group[0].notes)]
    whole.sort(key=lambda line: line.mean_pitch)
    lowest, *higher = whole
    # Manuals are doubled above; a pedal below (16 foot), or below and above.
    return higher[0] if len(higher) > 1 or (higher and lowest.mean_pitch < _PEDAL_PITCH) else lowest


def _doubles(line: _Line, other: _Line, octaves: int) -> bool:
    """True where nearly every note of `line` is one of `other`, so many semitones away."""
    if len(line.notes) < _DOUBLING_NOTES:
        return False
    others = {(note.onset_tick, note.pitch + octaves) for note in other.notes}
    shared = sum((note.onset_tick, note.pitch) in others for note in line.notes)
    return shared >= _DOUBLING_SHARE * len(line.notes)


# ---------------------------------------------------------------- parts


def _is_keyboard(line: _Line) -> bool:
    return line.program < 8 or line.program in _ORGAN


def _is_organ(lines: Sequence[_Line]) -> bool:
    """True where the tracks are the stops of one organ: by programs, names, or octaves that double throughout."""
    if any(line.program not in _STOPS for line in lines) or any(_is_voice(line, lines) for line in lines):
        return False
    return (
        any(line.program in _ORGAN for line in lines)
        or any(_PEDAL_NAME.match(line.name) or _hand_of(line.name) for line in lines)
        or any(_doubles(line, other, octaves) for line in lines for other in lines for octaves in _DOUBLINGS[1:])
    )


def _make_parts(lines: Sequence[_Line], mended: list[str], *, is_organ: bool) -> tuple[Part, ...]:
    """Merge the tracks of a keyboard into one part with two staves; every other track is a part."""
    hands = [line for line in lines if (is_organ or _is_keyboard(line)) and not _is_voice(line, lines)]
    pedals = [line for line in hands if _is_pedal(line, hands, is_organ=is_organ)]
    hands = [line for line in hands if not any(line is pedal for pedal in pedals)]
    parts: list[Part] = []
    for line in lines:
        if any(line is one for one in hands):
            if line is hands[0]:
                parts.append(_keyboard(hands, mended, is_organ=is_organ))
        elif any(line is one for one in pedals):
            parts.append(Part("Pedal", number_voices(line.notes), line.program))
        else:
            parts.append(
                Part(line.name.strip(" :") or f"Part {len(parts) + 1}", number_voices(line.notes), line.program)
            )
    return tuple(parts)


def _is_voice(line: _Line, lines: Sequence[_Line]) -> bool:
    """True where a track is named as a singer or a player: a chorale written with the default piano sound."""
    return len(lines) > 2 and bool(_VOICE_NAME.search(line.name)) and not _hand_of(line.name)


def _is_pedal(line: _Line, hands: Sequence[_Line], *, is_organ: bool) -> bool:
    if _PEDAL_NAME.match(line.name):
        return True
    # The lowest of three or more tracks of an organ is its pedal, unless its name says a hand.
    return (
        is_organ and len(hands) > 2 and not _hand_of(line.name) and line is min(hands, key=lambda one: one.mean_pitch)
    )


def _hand_of(name: str) -> int:
    """Return the staff that a track's name says, or 0."""
    if _UPPER_NAME.match(name):
        return UPPER_STAFF
    return LOWER_STAFF if _LOWER_NAME.match(name) else 0


def _keyboard(lines: Sequence[_Line], mended: list[str], *, is_organ: bool) -> Part:
    name = "Organ" if is_organ else "Piano"
    program = _CHURCH_ORGAN if is_organ else next((line.program for line in lines if line.program), 0)
    if len(lines) == 1:
        notes = number_voices(lines[0].notes)
        if any(note.voice > 1 for note in notes):
            mended.append("one track for both hands: the hands are not told apart")
        return Part(name, notes, program)
    staves = [_hand_of(line.name) for line in lines]
    if set(staves) != {UPPER_STAFF, LOWER_STAFF}:
        staves = _hands_by_pitch(lines, staves)
    merged: list[Note] = []
    for staff in (UPPER_STAFF, LOWER_STAFF):
        num_voices = 0
        on_staff = [line for line, one in zip(lines, staves, strict=True) if one == staff]
        for line in sorted(on_staff, key=lambda one: -one.mean_pitch):
            numbered = number_voices(line.notes)
            merged += [replace(note, staff=staff, voice=note.voice + num_voices) for note in numbered]
            num_voices += max(note.voice for note in numbered)
    return Part(name, sort_notes(merged), program, staves=2)


def _hands_by_pitch(lines: Sequence[_Line], named: Sequence[int]) -> list[int]:
    """Give each track a staff: its name's where it says one, else by its mean pitch; both hands get something."""
    order = sorted(range(len(lines)), key=lambda i: -lines[i].mean_pitch)
    staves = [
        staff or (UPPER_STAFF if line.mean_pitch >= _MIDDLE_C else LOWER_STAFF)
        for staff, line in zip(named, lines, strict=True)
    ]
    if LOWER_STAFF not in staves:
        staves[order[-1]] = LOWER_STAFF
    if UPPER_STAFF not in staves:
        staves[order[0]] = UPPER_STAFF
    return staves


# ---------------------------------------------------------------- bars and signs


def _lay_bars(
    meters: Sequence[tuple[int, Meter]],
    lines: Sequence[_Line],
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
