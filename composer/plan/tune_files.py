"""Read a theme from a file beside the plan: ABC, MIDI, MusicXML or **kern, as voices on the plan's home tonic.

Conventions: a file's own key may differ from the plan's; its notes are moved to the key that the theme is written in
(`key:` of the theme, the home key by default), by the nearest way. Its mode must be that key's, its meter the plan's.
An ABC file without a header (X: or K:) is a body as in the plan itself; only there `x` leaves a place free.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from composer.abc import Melody, MelodyNote, parse_abc
from composer.corpus.abc.reader import read_abc
from composer.corpus.reader import read_score
from composer.corpus.unfold import played_spans, unfold_spans
from composer.errors import MusicFileError, ThemeError
from composer.score import Note, Score
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

SUFFIXES = (".abc", ".mid", ".midi", ".musicxml", ".xml", ".mxl", ".krn", ".kern")
MAX_VOICES = 6
MAX_BYTES = 4 * 2**20  # of a theme's file

_HEADER = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?[XK]:")


def read_tune_file(name: str, file: str, *, key: Key, meter: Meter, folder: Path | None) -> tuple[Melody, ...]:
    """Return the voices of a theme's file, top first.

    Args:
        name: of the theme, for errors.
        file: as the plan says it.
        key: that the theme is written in.
        meter: of the plan.
        folder: of the plan file.

    Raises:
        ThemeError: outside the folder, of an unknown kind, in another meter or mode, or not readable as voices.
    """
    path = theme_path(name, file, folder)
    if path.suffix.lower() not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise ThemeError(f'theme "{name}": {path.name} is no music file', place=path, mend=f"endings are {known}")
    if path.stat().st_size > MAX_BYTES:
        raise ThemeError(f"the theme's file is larger than {MAX_BYTES // 2**20} MB", place=path)
    if path.suffix.lower() == ".abc":
        return _read_abc(path, key, meter)
    try:
        score = read_score(path, unfold=True).score
    except MusicFileError as error:
        raise ThemeError(error.problems) from error
    return _moved(_voices(score, path, meter), score.key_at(0), key, path)


def theme_path(name: str, file: str, folder: Path | None) -> Path:
    """Return the path of a theme's file, which must lie in the plan's folder.

    Raises:
        ThemeError: outside the folder, missing, or not a plain file.
    """
    base = (folder or Path()).resolve()
    outside = ThemeError(
        f'the file of theme "{name}" must lie beside the plan, not at {file}',
        mend="copy it there and give its name only",
    )
    if file.startswith(("/", "~")) or "\\" in file or ":" in file or "\0" in file:
        raise outside
    path = (base / file).resolve()
    if not path.is_relative_to(base):
        raise outside
    if not path.is_file():
        raise ThemeError(f'theme "{name}": no file {file} beside the plan', place=base)
    return path


def _read_abc(path: Path, key: Key, meter: Meter) -> tuple[Melody, ...]:
    """Read an ABC file: a tune with its header, or a body alone, which is in the theme's key and the plan's meter."""
    try:
        data = path.read_bytes()
        if not _HEADER.search(data):
            return (parse_abc(data.decode("utf-8-sig"), key=key, meter=meter, source=str(path)),)
        tune, *others = read_abc(data, str(path), meter=meter)
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"cannot read the theme's file: {error}", place=path) from error
    except MusicFileError as error:
        raise ThemeError(error.problems) from error
    if others:
        raise ThemeError(f"the file holds {len(others) + 1} tunes", place=path, mend="leave one in it")
    unread = next((line for line in tune.mended if "cannot be read" in line), None)
    if unread is not None:
        raise ThemeError(unread, place=path)
    score = unfold_spans(tune.score, tune.played or played_spans(tune.score.repeats, tune.score.end_tick))
    voices = _voices(score, path, meter)
    for bar in score.bars[:-1]:
        if bar.duration_tick != meter.bar_ticks and bar.number:
            found, wanted = (f"{ticks / TICKS_PER_QUARTER:g}" for ticks in (bar.duration_tick, meter.bar_ticks))
            raise ThemeError(
                f"bar {bar.number} has {found} quarters", place=path, mend=f"a bar of {meter} has {wanted}"
            )
    return _moved(voices, score.key_at(0), key, path)


def _voices(score: Score, path: Path, meter: Meter) -> tuple[Melody, ...]:
    """Return a score's lines, highest first: one of each part, staff and voice; a chord in it gives its top note."""
    first = next((bar for bar in score.bars if bar.number >= 1), None)
    if first is None or first.meter != meter:
        found = first.meter if first else "no meter"
        raise ThemeError(f"the file is in {found}, the plan in {meter}", place=path, mend="change one of them")
    groups: dict[tuple[int, int, int], list[Note]] = {}
    for part, note in score.notes():
        if not note.is_grace:
            groups.setdefault((part, note.staff, note.voice), []).append(note)
    if not groups:
        raise ThemeError("the file has no notes", place=path)
    if len(groups) > MAX_VOICES:
        raise ThemeError(f"the file has {len(groups)} voices", place=path, mend=f"a theme has {MAX_VOICES} at most")
    pickup = first.onset_tick
    lines = [_line(notes, pickup, score.end_tick) for notes in groups.values()]
    return tuple(sorted(lines, key=lambda line: -sum(note.pitch for note in line.notes) / len(line.notes)))


def _line(notes: Sequence[Note], pickup: int, end: int) -> Melody:
    """Return one line: the highest note of each onset, cut where the next begins."""
    tops: dict[int, Note] = {}
    for note in notes:
        if note.onset_tick not in tops or note.pitch > tops[note.onset_tick].pitch:
            tops[note.onset_tick] = note
    onsets = sorted(tops)
    line = []
    for onset, following in zip(onsets, [*onsets[1:], end], strict=True):
        note = tops[onset]
        line.append(MelodyNote(onset - pickup, min(note.end_tick, following) - onset, note.pitch))
    return Melody(tuple(line), end - pickup, pickup)


def _moved(voices: tuple[Melody, ...], own: Key | None, key: Key, path: Path) -> tuple[Melody, ...]:
    """Return voices moved from their own key to the theme's."""
    if own is None or own == key:
        return voices
    if own.mode != key.mode:
        written = "i" if own.mode == "minor" else "I"
        raise ThemeError(
            f"the file is in {own}, its theme in {key}", place=path, mend=f"say key: {written} at the theme"
        )
    interval = (key.tonic_pitch_class - own.tonic_pitch_class + 6) % 12 - 6
    return tuple(
        replace(voice, notes=tuple(replace(note, pitch=note.pitch + interval) for note in voice.notes))
        for voice in voices
    )
