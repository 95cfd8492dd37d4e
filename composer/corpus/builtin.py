"""Corpora that every user has: Bach's chorales and other files that music21 brings along.

Their files are read by our own reader; music21 only says where they lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from composer.corpus.reader import ReadResult, read_score
from composer.errors import MusicFileError, TrainingError

BUILTIN = ("music21:bach",)


def builtin_paths(name: str) -> tuple[Path, ...]:
    """Return the files of a built-in corpus, sorted.

    Args:
        name: `music21:bach`: the four-part chorales (and the few other vocal pieces) that music21 installs.

    Raises:
        TrainingError: no such corpus, or music21 was installed without its files.
    """
    if name not in BUILTIN:
        raise TrainingError(f'no built-in corpus "{name}"', mend=f"there is {', '.join(BUILTIN)}")
    import importlib.util

    found = importlib.util.find_spec("music21")  # finds the folder without importing (music21 takes seconds)
    folders = [Path(place) / "corpus" / "bach" for place in (found.submodule_search_locations or ())] if found else []
    paths = sorted(
        path for folder in folders for path in folder.glob("*") if path.suffix in (".mxl", ".xml", ".musicxml")
    )
    if not paths:
        raise TrainingError(
            "music21's Bach corpus is not installed", mend="install music21 with its corpus, or name a folder"
        )
    return tuple(paths)


def iter_builtin(name: str) -> Iterator[ReadResult | MusicFileError]:
    """Read the files of a built-in corpus; as `iter_folder`.

    Raises:
        TrainingError: as `builtin_paths`.
    """
    for path in builtin_paths(name):
        try:
            yield read_score(path)
        except MusicFileError as error:
            yield error
