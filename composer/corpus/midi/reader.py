"""MIDI to Score: tracks become parts and staves, file ticks musical places.

What it is: the musical judgement over `smf.py`'s events: the grid (`grid.py`), bars (`bars.py`), hands and
other parts (`parts.py`), keys, tempi. What was judged, moved or left out is listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from composer.corpus.midi.bars import lay_bars
from composer.corpus.midi.grid import put_on_grid
from composer.corpus.midi.keys import doubt_keys, keys_of
from composer.corpus.midi.parts import drop_doublings, is_organ_file, make_parts, stated_parts
from composer.corpus.midi.smf import RawNote, Smf, parse_smf
from composer.corpus.midi.tempos import tempos_of
from composer.corpus.statements import joined, says_origin, says_rights
from composer.errors import MusicFileError, Place
from composer.score import Mark, Score
from composer.theory.meter import TICKS_PER_QUARTER, Meter, parse_meter

MAX_PARTS = 64
UNTITLED = "Untitled"  # what this program's own writer calls a piece without a title
# Lines in the files of this program's own writer.
_OWN_TEXT = "player: "  # begins one in every file: all bars are stated, and each staff has a track
AS_WRITTEN_TEXT = "notes: as written"  # all notes stand in their places, and all tempos are marks
NO_TEMPO_TEXT = "tempo: not marked"
# Its line at a bar that is not as long as its meter.
_ODD_BAR_TEXT = re.compile(r"^bar of ((?:[1-9]|[12][0-9]|3[0-2])/(?:1|2|4|8|16|32))$")
_COMPOSER_TEXT = "Composer: "  # its line for the composer
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
    tracks_end_tick = max(track.end_tick for track in smf.tracks)
    is_own = any(text.startswith(_OWN_TEXT) for text in smf.texts)
    is_exact = AS_WRITTEN_TEXT in smf.texts
    on_grid = put_on_grid(raw_lines, smf.quarter_ticks, mended, tracks_end_tick=tracks_end_tick, is_exact=is_exact)
    lines = on_grid.lines
    is_organ = not is_own and is_organ_file(lines)
    if is_organ:
        lines = drop_doublings(lines, mended)
    end_tick = max(note.end_tick for line in lines for note in line.notes)

    def place(tick: int) -> int:
        """A meta event's place: its own where all is as written, else on the nearest 32nd (some come a grace early)."""
        step = 1 if is_exact else TICKS_PER_QUARTER // 8
        return max(0, round((tick - on_grid.shift_tick) * on_grid.file_tick / step) * step)

    meters = [(place(tick), Meter(upper, lower)) for tick, upper, lower in sorted(smf.meters)]
    odd_bars = {
        place(tick): parse_meter(found[1])
        for tick, text in zip(smf.text_ticks, smf.texts, strict=True)
        if (found := _ODD_BAR_TEXT.match(text)) and is_own
    }
    bars, confidence = lay_bars(
        meters,
        lines,
        end_tick,
        mended,
        tracks_end_tick=place(tracks_end_tick),
        says_pickup=is_own,
        is_live=on_grid.is_live,
        source=source,
    )
    bars = tuple(replace(bar, meter=odd_bars.get(bar.onset_tick, bar.meter)) for bar in bars)
    last_tick = bars[-1].end_tick
    signs = [key[0] for key in smf.keys] + [tempo[0] for tempo in smf.tempos] + [marker[0] for marker in smf.markers]
    late = sum(place(tick) > last_tick for tick in signs)
    if late:
        mended.append(f"{late} keys, tempos or markers after the last bar were left out")
    keys = keys_of([(place(tick), sharps, minor) for tick, sharps, minor in smf.keys if place(tick) <= last_tick])
    doubt_keys(keys, [note for line in lines for note in line.notes], mended)
    score = Score(
        parts=stated_parts(lines) if is_own else make_parts(lines, mended, is_organ=is_organ),
        bars=bars,
        keys=keys,
        marks=tuple(
            Mark(place(tick), text[:80]) for tick, text in sorted(smf.markers) if text and place(tick) <= last_tick
        ),
        title=_title(smf),
        composer=next((text.removeprefix(_COMPOSER_TEXT) for text in smf.texts if text.startswith(_COMPOSER_TEXT)), ""),
    )
    events = [(place(tick), usec) for tick, usec in smf.tempos if place(tick) <= last_tick]
    tempos = () if NO_TEMPO_TEXT in smf.texts else tempos_of(events, bars, mended, are_marks=is_exact)
    score = replace(score, tempos=tempos)
    rights = joined([*smf.copyrights, *(text for text in smf.texts if says_rights(text))])
    origin = joined(text for text in smf.texts if says_origin(text))
    return MidiReading(score, tuple(mended), on_grid.off_grid_share, on_grid.is_live, confidence, rights, origin)


# ---------------------------------------------------------------- notes


def _split_lines(smf: Smf, mended: list[str]) -> list[tuple[str, int, list[RawNote]]]:
    """Return (name, program, notes) of each track; a track of several channels (type 0) is split into them."""
    lines: list[tuple[str, int, list[RawNote]]] = []
    drums = 0
    of_all = {channel: program for track in smf.tracks for channel, program in track.programs.items()}
    for track in smf.tracks:
        by_channel: dict[int, list[RawNote]] = {}
        for note in track.notes:
            by_channel.setdefault(note.channel, []).append(note)
        drums += len(by_channel.pop(_DRUM_CHANNEL, ()))
        programs = of_all | track.programs
        for channel, notes in sorted(by_channel.items()):
            lines.append((track.name, programs.get(channel, 0), notes))
    if drums:
        mended.append(f"{drums} drum notes were left out")
    if len(lines) > MAX_PARTS:
        lost = sum(len(notes) for _, _, notes in lines[MAX_PARTS:])
        mended.append(f"{len(lines)} tracks; those after the first {MAX_PARTS} were left out ({lost} notes)")
        del lines[MAX_PARTS:]
    return lines


# ---------------------------------------------------------------- bars and signs


def _title(smf: Smf) -> str:
    """Return the first track's name where it is a title: that track holds no notes, or is the only one."""
    first = smf.tracks[0]
    return first.name[:200] if len(smf.tracks) > 1 and not first.notes and first.name != UNTITLED else ""
