"""A Performance as a standard MIDI file.

What it is: format 1, 480 ticks a quarter, or three, seven or twenty-one times as many where the score has places that
those do not hold (triplets of 64ths, septuplets). Track 0 holds title, credits, tempo map, time and key signatures and
a marker at each section; then one track for each staff of each part. The rubato stands in the tempo map: a bar line of
the score is a bar line of the file, and only what a note differs from the tempo curve moves it off its grid tick. With
a deadpan performance every note stands on its tick exactly.

Conventions: `midi_tick` counts the file's ticks (`midi_clock.py`), `tick` is the Score's (10,080 a quarter). Each track
has a channel of its own (never the drums' channel 10), so the pedal of a part is written to every track of that part;
it is up at the end. A pickup, or any bar that is not as long as its meter, has a time signature of its own length, so
that bars stay bars; but for a pickup, a text says its meter.

What is changed on the way, because MIDI cannot say it: on one channel a pitch sounds once, so two notes of one staff
and pitch that begin on one tick become one (the longer, the louder), and a note that is struck again while it sounds
ends there, the new one lasting as long as either. Velocities outside 1..127 are moved to the nearest, a note lasts one
tick at least, a note before tick 0 begins at 0.

Contents: `midi_bytes`, `write_midi`; `performer_lines`, `performer_words` for other writers.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from composer.errors import OptionError, printable
from composer.export.midi_clock import MidiClock, MidiGrid, grid_of, make_clock
from composer.files import write_atomic
from composer.performance import Performance, PlayedNote
from composer.score import LOWER_STAFF, UPPER_STAFF, Bar, Score
from composer.theory.key import MAX_SIGNATURE, Key
from composer.theory.meter import TICKS_PER_QUARTER

MAX_TRACKS = 15  # inclusive: sixteen channels without the drums'
MAX_UPPER = 255  # of a time signature, inclusive: the event has one byte
DAMPER_PEDAL = 64  # controller number
_CLOCKS_PER_QUARTER = 24  # MIDI clocks, for the metronome click in the time signature


def midi_bytes(performance: Performance) -> bytes:
    """Return the bytes of a MIDI file; the same performance gives the same bytes.

    Args:
        performance: what to write; title, marks, keys and credits come from its score.

    Raises:
        OptionError: more tracks than MIDI has channels.
    """
    import miditoolkit

    score = performance.score
    grid = grid_of(score)
    clock = make_clock(performance, grid)
    end_tick = grid.midi_tick(score.end_tick)
    midi = miditoolkit.MidiFile(ticks_per_beat=grid.per_quarter)
    midi.tempo_changes = [
        miditoolkit.TempoChange(60_000_000 / tempo_usec, midi_tick)
        for midi_tick, tempo_usec in zip(clock.midi_ticks, clock.tempos_usec, strict=True)
    ]
    midi.time_signature_changes = [
        miditoolkit.TimeSignature(upper, lower, midi_tick) for midi_tick, upper, lower in _signatures(score.bars, grid)
    ]
    midi.key_signature_changes = [
        miditoolkit.KeySignature(_key_name(key), grid.midi_tick(tick)) for tick, key in score.keys
    ]
    midi.markers = [miditoolkit.Marker(printable(mark.text), grid.midi_tick(mark.tick)) for mark in score.marks]

    for track in _tracks(score):
        played = [p for p in performance.notes if (p.part, _staff(score, p)) == (track.part, track.staff)]
        notes = _without_overlap(_key_strokes(played, clock))
        pedal = _pedal(performance, track.part, clock)
        instrument = miditoolkit.Instrument(program=track.program, name=track.name)
        instrument.notes = [miditoolkit.Note(n.velocity, n.pitch, n.start, n.end) for n in notes]
        instrument.control_changes = [
            miditoolkit.ControlChange(DAMPER_PEDAL, 127 if is_down else 0, midi_tick) for midi_tick, is_down in pedal
        ]
        midi.instruments.append(instrument)
        end_tick = max([end_tick, *(n.end for n in notes), *(midi_tick for midi_tick, _ in pedal)])

    raw = io.BytesIO()
    midi.dump(file=raw, charset="utf8")
    return _finished(raw.getvalue(), performance, clock, end_tick)


def write_midi(performance: Performance, path: Path) -> None:
    """Write `performance` to `path` as a MIDI file, whole or not at all; see `midi_bytes`.

    Raises:
        OptionError: more tracks than MIDI has channels.
        OutputError: the path cannot be written.
    """
    write_atomic(path, midi_bytes(performance))


# ---------------------------------------------------------------- time


def _signatures(bars: Iterable[Bar], grid: MidiGrid) -> list[tuple[int, int, int]]:
    """Return (midi_tick, upper, lower) wherever the length or the meter of the bars changes."""
    changes: list[tuple[int, int, int]] = []
    for bar in bars:
        upper, lower = bar.meter.upper, bar.meter.lower
        if bar.duration_tick != bar.meter.bar_ticks:
            whole = 4 * TICKS_PER_QUARTER
            # The plainest fraction not coarser than the meter's unit; 64ths for a length that has none.
            lower = next((n for n in (lower, 8, 16, 32) if n >= lower and bar.duration_tick * n % whole == 0), 64)
            while lower > 1 and bar.duration_tick * lower > MAX_UPPER * whole:  # a bar of hundreds of beats
                lower //= 2
            upper = min(MAX_UPPER, max(1, round(bar.duration_tick * lower / whole)))
        if not changes or changes[-1][1:] != (upper, lower):
            changes.append((grid.midi_tick(bar.onset_tick), upper, lower))
    return changes


def _key_name(key: Key) -> str:
    """Return a key as MIDI libraries name it: `Eb`, `F#m`."""
    written = key if abs(key.signature) <= MAX_SIGNATURE else key.simplified()
    return written.tonic_name + ("m" if written.mode == "minor" else "")


# ---------------------------------------------------------------- tracks


@dataclass(frozen=True)
class _Track:
    """One staff of one part."""

    part: int
    staff: int
    name: str
    program: int


def _tracks(score: Score) -> list[_Track]:
    tracks: list[_Track] = []
    for index, part in enumerate(score.parts):
        name = printable(part.name)
        if part.staves == 1:
            tracks.append(_Track(index, UPPER_STAFF, name, part.program))
            continue
        for staff, place in ((UPPER_STAFF, "upper"), (LOWER_STAFF, "lower")):
            tracks.append(_Track(index, staff, f"{name} ({place})", part.program))
    if len(tracks) > MAX_TRACKS:
        raise OptionError(
            f"{len(tracks)} staves do not fit into one MIDI file", mend=f"it has channels for {MAX_TRACKS}"
        )
    return tracks


def _staff(score: Score, played: PlayedNote) -> int:
    """Return the staff of a note; the one there is in a part of one staff."""
    return played.note.staff if score.parts[played.part].staves > 1 else UPPER_STAFF


@dataclass(frozen=True, order=True)
class _KeyStroke:
    """A key goes down and up; MIDI ticks."""

    start: int
    pitch: int
    end: int
    velocity: int


def _key_strokes(played: Iterable[PlayedNote], clock: MidiClock) -> list[_KeyStroke]:
    strokes = []
    for note in played:
        start = clock.midi_tick_at(note.onset_sec)
        end = max(start + 1, clock.midi_tick_at(note.onset_sec + note.duration_sec))
        strokes.append(_KeyStroke(start, note.note.pitch, end, min(max(note.velocity, 1), 127)))
    return strokes


def _without_overlap(strokes: Iterable[_KeyStroke]) -> list[_KeyStroke]:
    """Return the strokes, sorted, so that no pitch is struck while it sounds; see the module's docstring."""
    last_of: dict[int, int] = {}  # pitch -> index in `kept` of its last stroke
    kept: list[_KeyStroke] = []
    for stroke in sorted(strokes):
        index = last_of.get(stroke.pitch)
        if index is not None and kept[index].end > stroke.start:
            before = kept[index]
            end = max(before.end, stroke.end)
            if before.start == stroke.start:
                velocity = max(before.velocity, stroke.velocity)
                kept[index] = _KeyStroke(stroke.start, stroke.pitch, end, velocity)
                continue
            kept[index] = _KeyStroke(before.start, before.pitch, stroke.start, before.velocity)
            stroke = _KeyStroke(stroke.start, stroke.pitch, end, stroke.velocity)
        last_of[stroke.pitch] = len(kept)
        kept.append(stroke)
    return kept


def _pedal(performance: Performance, part: int, clock: MidiClock) -> list[tuple[int, bool]]:
    """Return (midi_tick, is_down) of a part's pedal: only changes, up at the end."""
    changes: list[tuple[int, bool]] = []
    is_down = False
    for event in sorted((e for e in performance.pedal if e.part == part), key=lambda e: e.time_sec):
        if event.is_down != is_down:
            is_down = event.is_down
            changes.append((clock.midi_tick_at(event.time_sec), is_down))
    if is_down:
        last = max(changes[-1][0] + 1, clock.midi_tick_at(performance.duration_sec))
        changes.append((last, False))
    return changes


# ---------------------------------------------------------------- what miditoolkit leaves out


def _finished(raw: bytes, performance: Performance, clock: MidiClock, end_tick: int) -> bytes:
    """Add title, credits and the metronome's beat to track 0, and let every track last to the end of the piece."""
    import mido

    score = performance.score
    midi = mido.MidiFile(file=io.BytesIO(raw), charset="utf8")
    texts = [*score.credits, *performer_lines(performance, clock)]
    head = [mido.MetaMessage("track_name", name=printable(score.title or "Untitled"), time=0)]
    if score.composer:
        head.append(mido.MetaMessage("text", text=printable(f"Composer: {score.composer}"), time=0))
    head += [mido.MetaMessage("text", text=printable(text), time=0) for text in texts]
    midi.tracks[0][0:0] = head
    midi.tracks[0] = _with_odd_bars(midi.tracks[0], score.bars, clock.grid)
    midi_tick = 0
    for message in midi.tracks[0]:
        midi_tick += message.time
        if message.type == "time_signature":
            message.clocks_per_click = _click_clocks(score, clock.grid, midi_tick, message)
    for track in midi.tracks:
        track[-1].time += max(0, end_tick - sum(message.time for message in track))
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def _with_odd_bars(track: Any, bars: Sequence[Bar], grid: MidiGrid) -> Any:
    """Add a text with the meter at each bar that is not as long as its meter, for its time signature is another.

    A pickup, and a last bar that is short by it, need none.
    """
    import mido

    is_plain = len(bars) > 2 and bars[0].number == 0 and bars[1].meter == bars[-2].meter == bars[-1].meter
    pickup_tick = bars[0].duration_tick if is_plain else 0
    odd = [
        mido.MetaMessage("text", text=f"bar of {bar.meter}", time=grid.midi_tick(bar.onset_tick))
        for bar in bars
        if bar.number > 0
        and bar.duration_tick != bar.meter.bar_ticks
        and not (bar is bars[-1] and bar.duration_tick + pickup_tick == bar.meter.bar_ticks)
    ]
    return mido.merge_tracks([track, mido.MidiTrack(_from_absolute(odd))]) if odd else track


def _from_absolute(messages: Sequence[Any]) -> list[Any]:
    """Return messages at absolute times with the times between them."""
    before, found = 0, []
    for message in messages:
        found.append(message.copy(time=message.time - before))
        before = message.time
    return found


def performer_lines(performance: Performance, clock: MidiClock) -> list[str]:
    """Return the lines by which the reader knows that all bars are stated, and whether places and tempos are."""
    is_exact = all(
        abs(clock.midi_tick_at(note.onset_sec) - clock.grid.midi_tick(note.note.onset_tick)) <= 1
        for note in performance.notes
    )
    return [
        f"player: {performer_words(performance)}",
        *(["notes: as written"] * is_exact),
        *(["tempo: not marked"] * (not performance.score.tempos)),
    ]


def performer_words(performance: Performance) -> str:
    """Return who plays how, or `none`."""
    if not performance.player:
        return "none"
    return f"{performance.player}, take: {performance.take}, expression: {performance.expression:g}"


def _click_clocks(score: Score, grid: MidiGrid, midi_tick: int, signature: Any) -> int:
    """Return the MIDI clocks of one beat, so that a metronome counts two in 6/8; one byte."""
    bar = next((b for b in score.bars if grid.midi_tick(b.onset_tick) == midi_tick), None)
    quarters = bar.meter.beat_quarters if bar else 4 / signature.denominator
    return min(255, max(1, round(_CLOCKS_PER_QUARTER * quarters)))
