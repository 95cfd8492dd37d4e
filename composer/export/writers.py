"""Pick the writer of each output by its extension, check all outputs before any work, write them together.

Conventions: `check_outputs` is called before composing begins, so that minutes are not thrown away; `write_outputs`
makes the bytes of every file first and then writes them all or none. An output may come to several files: the pages of
a sheet as pictures (`a.png`, `a-2.png`, `a-3.png`), and, of a name that ends in `.parts` before its extension, the
sheet of each player (`a.parts.pdf` is written as `a.violin-i.pdf`, `a.viola.pdf` …). Sound is encoded straight into
its file.

Contents: `Finished`, `EXTENSIONS`, `PART_EXTENSIONS`, `is_sheet`, `check_outputs`, `write_outputs`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from composer.errors import OptionError, OutputError, Place, Problem, did_you_mean
from composer.export.finished import Finished
from composer.export.musicxml import musicxml_bytes, mxl_bytes
from composer.export.page import page_bytes
from composer.export.roll_picture import roll_picture_bytes
from composer.export.sheets import Sheet, parts_of, pdf_of, png_pages_of, svg_pages
from composer.files import Content, check_writable, write_all_atomic
from composer.progress import OnProgress, silent
from composer.sound import AUDIO_EXTENSIONS, check_soundfont

__all__ = ["EXTENSIONS", "PART_EXTENSIONS", "Finished", "check_outputs", "is_sheet", "write_outputs"]

Pages = Sequence[bytes]


def _plan_bytes(finished: Finished) -> bytes:
    assert finished.plan_text is not None  # `write_outputs` has checked the outputs
    return finished.plan_text.encode()


def _report_bytes(finished: Finished) -> bytes:
    if finished.report_text is None:
        raise OptionError("there is no report to write", mend="leave the .json out")
    return finished.report_text.encode()


def _midi(finished: Finished) -> bytes:
    return finished.midi


def _roll_png(finished: Finished) -> bytes:
    return roll_picture_bytes(finished.performance.score, outline=finished.outline)


def _roll_svg(finished: Finished) -> bytes:
    return roll_picture_bytes(finished.performance.score, outline=finished.outline, as_svg=True)


def _sound(finished: Finished, extension: str) -> Content:
    sound = finished.sound  # rendered before any file is opened
    return lambda file: sound.write_to(file, extension)


def _musicxml(sheet: Sheet) -> Pages:
    return (musicxml_bytes(sheet.score, outline=sheet.outline, jumps=sheet.jumps),)


def _mxl(sheet: Sheet) -> Pages:
    return (mxl_bytes(sheet.score, outline=sheet.outline, jumps=sheet.jumps),)


def _pdf(sheet: Sheet) -> Pages:
    return (pdf_of(sheet),)


def _svg(sheet: Sheet) -> Pages:
    return [page.encode() for page in svg_pages(sheet)]


_PLAN_EXTENSIONS = (".yaml", ".yml")
_REPORT_EXTENSION = ".json"
_PAGE_EXTENSION = ".html"
_PLANNED = {**dict.fromkeys(_PLAN_EXTENSIONS, "plan"), _REPORT_EXTENSION: "report"}  # what only a planned piece has
_SHEETS: Mapping[str, Callable[[Sheet], Pages]] = {  # show the music as it is written, repeats and all
    ".musicxml": _musicxml,
    ".xml": _musicxml,
    ".mxl": _mxl,
    ".pdf": _pdf,
    ".svg": _svg,
    ".png": png_pages_of,
}
_PAGED = (".svg", ".png")  # a file for each page
_WRITERS: Mapping[str, Callable[[Finished], Content]] = {
    ".mid": _midi,
    ".midi": _midi,
    ".roll.png": _roll_png,
    ".roll.svg": _roll_svg,
    _PAGE_EXTENSION: page_bytes,
    **{extension: partial(_sound, extension=extension) for extension in AUDIO_EXTENSIONS},
    **dict.fromkeys(_PLAN_EXTENSIONS, _plan_bytes),
    _REPORT_EXTENSION: _report_bytes,
}
# How long a writer takes, about, in units of the quickest.
_WORK: Mapping[str, float] = {
    _PAGE_EXTENSION: 40.0,
    **dict.fromkeys(AUDIO_EXTENSIONS, 20.0),
    **dict.fromkeys((".pdf", ".svg", ".png", ".roll.png", ".roll.svg"), 10.0),
}
_PARTS = ".parts"
EXTENSIONS = (*_WRITERS, *_SHEETS)
"""Every extension that can be written, with its dot, in small letters."""
PART_EXTENSIONS = tuple(_PARTS + extension for extension in _SHEETS)
"""Those that write a sheet for each player."""


def is_sheet(path: Path) -> bool:
    """Whether an output shows the music as it is written, with its repeats, and not as it is played."""
    return _extension(path) in (*_SHEETS, *PART_EXTENSIONS, _PAGE_EXTENSION)


def check_outputs(
    paths: Sequence[Path], *, has_plan: bool = True, read_paths: Iterable[Path] = (), soundfont: Path | None = None
) -> None:
    """Raise where one of `paths` could not be written; says all that is wrong at once.

    Args:
        paths: the outputs.
        has_plan: whether there will be a plan and its report to write.
        read_paths: files that are read for the piece, and so must not be written over.
        soundfont: the user's own, or None.

    Raises:
        OptionError: an unknown extension, a file named twice, a file that is read, a plan or a report where
            there is none, a sound font where no sound is written.
        SoundFontError: the sound font cannot be read.
        OutputError: a folder that does not exist or may not be written.
    """
    extensions = [extension for extension in EXTENSIONS if has_plan or extension not in _PLANNED]
    kept = [*read_paths, *([soundfont] if soundfont else [])]
    problems: list[Problem] = []
    if soundfont and not any(_extension(path) in AUDIO_EXTENSIONS for path in paths):
        mend = f"name one: {_listed(AUDIO_EXTENSIONS)}"
        problems.append(Problem("a sound font, but no sound to write", Place(str(soundfont)), mend))
    for index, path in enumerate(paths):
        place = Place(str(path))
        extension = _extension(path)
        if not has_plan and extension in _PLANNED:
            found = f"there is no {_PLANNED[extension]} to write"
            problems.append(Problem(found, place, f"it can be {_listed(extensions)}"))
        elif extension not in (*extensions, *PART_EXTENSIONS):
            found = f'no writer for "{extension}"' if extension else "the name has no extension"
            mend = did_you_mean(extension, extensions) or f"it can be {_listed(extensions)}"
            problems.append(Problem(found, place, mend))
        if any(_may_meet(path, before) for before in paths[:index]):
            problems.append(Problem("two outputs have this name", place, "give each its own"))
        if any(_may_meet(path, read) for read in kept):
            problems.append(Problem("this file is read and would be overwritten", place, "choose another name"))
    if problems:
        raise OptionError(problems)
    for path in paths:
        try:
            check_writable(path)
        except OutputError as error:
            problems += error.problems
    if problems:
        raise OutputError(list(dict.fromkeys(problems)))
    if soundfont:
        check_soundfont(soundfont)


def write_outputs(
    finished: Finished,
    paths: Sequence[Path],
    *,
    also: Mapping[Path, bytes] | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Path, ...]:
    """Write a piece to each of `paths`, all of them or none; older files of these names are replaced whole.

    Args:
        finished: the piece.
        paths: the outputs; the extension picks the writer.
        also: further files, whose bytes are there: they are written with these or not at all.
        on_progress: called before each of them with its name and the share of the work that is done.

    Returns:
        The files, in the order of `paths`, and the further ones.

    Raises:
        OptionError: as `check_outputs`, or a score that a format cannot hold, or a sound that would be too long.
        SoundFontError: the sound font cannot be used.
        OutputError: as `check_outputs`, or the disk is full.
    """
    check_outputs(paths, has_plan=finished.plan_text is not None)
    contents: dict[Path, Content] = {}
    for file, content in _made(finished, paths, on_progress or silent):
        if file in contents:
            raise OptionError("two outputs have this name", place=file, mend="give each its own")
        contents[file] = content
    write_all_atomic(contents | dict(also or {}))
    return (*contents, *(also or {}))


def _made(finished: Finished, paths: Sequence[Path], tell: OnProgress) -> Iterator[tuple[Path, Content]]:
    """Yield the files that all outputs come to, in the order of `paths`, with what they hold.

    Pages are made beside the others: encoding their sound takes longest, and leaves a processor core idle.
    """
    work = [_WORK.get(_extension(path), 1.0) for path in paths]
    is_page = [_extension(path) == _PAGE_EXTENSION for path in paths]
    if any(is_page):
        _ = finished.printed  # once, for both
    with ThreadPoolExecutor(1) as beside:
        pages = {index: beside.submit(page_bytes, finished) for index, page in enumerate(is_page) if page}
        made: dict[int, list[tuple[Path, Content]]] = {}
        done = 0.0
        for index in sorted(range(len(paths)), key=lambda index: is_page[index]):
            tell(f"writing {paths[index].name}", done / sum(work))
            done += work[index]
            page = pages.get(index)
            made[index] = [(paths[index], page.result())] if page else list(_files(finished, paths[index]))
    for index in range(len(paths)):
        yield from made[index]


def _files(finished: Finished, path: Path) -> Iterator[tuple[Path, Content]]:
    """Yield the files that one output comes to, with what they hold."""
    extension = _extension(path)
    if extension in _WRITERS:
        yield path, _WRITERS[extension](finished)
        return
    sheet = Sheet(*finished.printed, finished.jumps)
    if extension in _SHEETS:
        yield from _numbered(path, _SHEETS[extension](sheet))
        return
    stem = path.name[: -len(extension)]
    for name, part in parts_of(sheet):
        file = path.with_name(f"{stem}.{_as_file_name(name)}{path.suffix}")
        yield from _numbered(file, _SHEETS[path.suffix.lower()](part))


def _numbered(path: Path, pages: Pages) -> Iterator[tuple[Path, bytes]]:
    """Yield the pages of a sheet: the first has the name that was asked for, the others their number behind it."""
    for number, page in enumerate(pages, 1):
        yield (path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")), page


def _extension(path: Path) -> str:
    """Return the longest of our extensions that a name ends in, in small letters; of others the last one."""
    name = path.name.lower()
    known = [known for known in (*EXTENSIONS, *PART_EXTENSIONS) if name.endswith(known) and name != known]
    return max(known, key=len, default=path.suffix.lower())


def _may_meet(path: Path, other: Path) -> bool:
    """Whether an output may write over another file or output: have its name, or one of its pages or parts."""
    return _may_become(path, other) or _may_become(other, path)


def _may_become(path: Path, other: Path) -> bool:
    if os.path.realpath(path) == os.path.realpath(other):  # unlike Path.resolve, bears a loop of links
        return True
    if os.path.realpath(path.parent) != os.path.realpath(other.parent) or _extension(other) != path.suffix.lower():
        return False
    extension, suffix = _extension(path), re.escape(path.suffix)
    if extension in PART_EXTENSIONS:
        return re.fullmatch(rf"{re.escape(path.name[: -len(extension)])}\.[^.]+{suffix}", other.name) is not None
    if extension in _PAGED:
        return re.fullmatch(rf"{re.escape(path.stem)}-\d+{suffix}", other.name) is not None
    return False


def _as_file_name(name: str) -> str:
    return "-".join(re.findall(r"\w+", name.lower())) or "part"


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
