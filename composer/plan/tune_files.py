"""Read a theme from a file beside the plan: ABC, MIDI, MusicXML or **kern, as voices on the plan's home tonic.

Conventions: a file's own key may differ from the plan's; its notes are moved to the key that the theme is written in
(`key:` of the theme, the home key by default), by the nearest way. Its mode must be that key's, its meter the plan's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from composer.abc import Melody, MelodyNote, parse_abc
from composer.corpus.reader import read_score
from composer.errors import ComposerError, MusicFileError, Place, ThemeError
from composer.score import Note, Score
from composer.theory.key import Key, parse_key
from composer.theory.meter import Meter, parse_meter

SUFFIXES = (".abc", ".mid", ".midi", ".musicxml", ".xml", ".mxl", ".krn", ".kern")
MAX_VOICES = 6
MAX_BYTES = 4 * 2**20  # of a theme's file

_FIELD = re.compile(r"^([A-Za-z]):\s*(.*?)\s*(?:%.*)?$")


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
        return (_read_abc(path, key, meter),)
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


def _read_abc(path: Path, key: Key, meter: Meter) -> Melody:
    """Read an ABC file: a body, with or without a header."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"cannot read the theme's file: {error}", place=path) from error
    own = key
    first = 0
    for index, line in enumerate(lines):
        match = _FIELD.match(line)
        if match is None and line.strip():
            break
        first = index + 1
        if match is not None:
            own = _header(match[1], match[2], own, meter, Place(str(path), index + 1))
    melody = parse_abc("\n".join(lines[first:]), key=own, meter=meter, source=str(path), line=first + 1)
    return _moved((melody,), own, key, path)[0]


def _header(field: str, value: str, key: Key, meter: Meter, place: Place) -> Key:
    """Check a header field; return the key that the file is in."""
    try:
        if field == "K" and value:
            return parse_key(value)
        if field == "M" and value and parse_meter(value) != meter:
            raise ThemeError(f"the file is in {value}, the plan in {meter}", place=place, mend="change one of them")
        if field == "L" and value.replace(" ", "") != "1/8":
            raise ThemeError(f"the file counts in {value}", place=place, mend="write it in L:1/8")
    except ThemeError:
        raise
    except ComposerError as error:
        raise ThemeError(error.problems[0].message, place=place, mend=error.problems[0].mend) from error
    return key


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
