"""Pick the writer of each output by its extension, check all outputs before any work, write them together.

Conventions: `check_outputs` is called before composing begins, so that minutes are not thrown away; `write_outputs`
makes the bytes of every file first and then writes them all or none.

Contents: `Finished`, `EXTENSIONS`, `SHEET_EXTENSIONS`, `check_outputs`, `write_outputs`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from composer.corpus.jumps import JumpSign
from composer.corpus.midi.links import MidiLinks
from composer.errors import OptionError, OutputError, Place, Problem, did_you_mean
from composer.export.midi import midi_bytes
from composer.export.midi_in_place import performed_file_bytes
from composer.export.musicxml import musicxml_bytes, mxl_bytes
from composer.export.roll_picture import roll_picture_bytes
from composer.files import check_writable, write_all_atomic
from composer.outline import Outline
from composer.performance import Performance
from composer.score import Score


@dataclass(frozen=True)
class Finished:
    """What there is to write of a piece.

    Attributes:
        performance: how it is played; its score is what is played.
        outline: its sections, keys and chords: they spell the notes and colour the picture.
        plan_text: the resolved plan as YAML, or None for a piece that was not planned here.
        report_text: the form report as JSON, or None for a piece that was not planned here.
        sheet: score and outline as they are written, where that is not what is played: with repeats that the
            performance plays out. None: the performance's own.
        jumps: the da capo of the sheet.
        midi_file: the bytes of the MIDI file that the score was read from, and whose notes are which of the score: a
            MIDI file that is written keeps all else of it. None: a file is made from the score.
    """

    performance: Performance
    outline: Outline | None = None
    plan_text: str | None = None
    report_text: str | None = None
    sheet: tuple[Score, Outline] | None = None
    jumps: tuple[JumpSign, ...] = ()
    midi_file: tuple[bytes, MidiLinks] | None = None

    @property
    def written(self) -> tuple[Score, Outline | None]:
        """What a sheet shows: score and outline."""
        return self.sheet or (self.performance.score, self.outline)


def _plan_bytes(finished: Finished) -> bytes:
    assert finished.plan_text is not None  # `write_outputs` has checked the outputs
    return finished.plan_text.encode()


def _report_bytes(finished: Finished) -> bytes:
    if finished.report_text is None:
        raise OptionError("there is no report to write", mend="leave the .json out")
    return finished.report_text.encode()


def _midi(finished: Finished) -> bytes:
    kept = performed_file_bytes(*finished.midi_file, finished.performance) if finished.midi_file else None
    return midi_bytes(finished.performance) if kept is None else kept


def _musicxml(finished: Finished) -> bytes:
    score, outline = finished.written
    return musicxml_bytes(score, outline=outline, jumps=finished.jumps)


def _mxl(finished: Finished) -> bytes:
    score, outline = finished.written
    return mxl_bytes(score, outline=outline, jumps=finished.jumps)


def _picture(finished: Finished) -> bytes:
    return roll_picture_bytes(finished.performance.score, outline=finished.outline)


_PLAN_EXTENSIONS = (".yaml", ".yml")
_REPORT_EXTENSION = ".json"
_PLANNED = {**dict.fromkeys(_PLAN_EXTENSIONS, "plan"), _REPORT_EXTENSION: "report"}  # what only a planned piece has
SHEET_EXTENSIONS = (".musicxml", ".xml", ".mxl")
"""Those of `EXTENSIONS` that show the music as it is written, repeats and all."""
_WRITERS: Mapping[str, Callable[[Finished], bytes]] = {
    ".mid": _midi,
    ".midi": _midi,
    ".musicxml": _musicxml,
    ".xml": _musicxml,
    ".mxl": _mxl,
    ".png": _picture,
    **dict.fromkeys(_PLAN_EXTENSIONS, _plan_bytes),
    _REPORT_EXTENSION: _report_bytes,
}
EXTENSIONS = tuple(_WRITERS)
"""Every extension that can be written, with its dot, in small letters."""


def check_outputs(paths: Sequence[Path], *, has_plan: bool = True, read_paths: Iterable[Path] = ()) -> None:
    """Raise where one of `paths` could not be written; says all that is wrong at once.

    Args:
        paths: the outputs.
        has_plan: whether there will be a plan and its report to write.
        read_paths: files that are read for the piece, and so must not be written over.

    Raises:
        OptionError: an unknown extension, a file named twice, a file that is read, a plan or a report where
            there is none.
        OutputError: a folder that does not exist or may not be written.
    """
    extensions = [extension for extension in EXTENSIONS if has_plan or extension not in _PLANNED]
    kept = {os.path.realpath(path) for path in read_paths}
    problems: list[Problem] = []
    seen: set[str] = set()
    for path in paths:
        place = Place(str(path))
        extension = path.suffix.lower()
        if not has_plan and extension in _PLANNED:
            found = f"there is no {_PLANNED[extension]} to write"
            problems.append(Problem(found, place, f"it can be {_listed(extensions)}"))
        elif extension not in extensions:
            found = f'no writer for "{extension}"' if extension else "the name has no extension"
            mend = did_you_mean(extension, extensions) or f"it can be {_listed(extensions)}"
            problems.append(Problem(found, place, mend))
        real = os.path.realpath(path)  # unlike Path.resolve, bears a loop of links
        if real in seen:
            problems.append(Problem("two outputs have this name", place, "give each its own"))
        if real in kept:
            problems.append(Problem("this file is read and would be overwritten", place, "choose another name"))
        seen.add(real)
    if problems:
        raise OptionError(problems)
    for path in paths:
        try:
            check_writable(path)
        except OutputError as error:
            problems += error.problems
    if problems:
        raise OutputError(list(dict.fromkeys(problems)))


def write_outputs(finished: Finished, paths: Sequence[Path]) -> None:
    """Write a piece to each of `paths`, all of them or none; older files of these names are replaced whole.

    Raises:
        OptionError: as `check_outputs`, or a score that a format cannot hold.
        OutputError: as `check_outputs`, or the disk is full.
    """
    check_outputs(paths, has_plan=finished.plan_text is not None)
    write_all_atomic({path: _WRITERS[path.suffix.lower()](finished) for path in paths})


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
