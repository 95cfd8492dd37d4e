"""A folder of scores and performances of them → each score, read, with what was played of it.

The folder: a score (`waltz.musicxml`, `.mxl`, `.krn`, `.abc`, or `waltz.score.mid`), and beside it its performances,
`waltz.mid` or `waltz.anything.mid`, as many as there are; below it any folders.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from composer.analysis.outline import outline_of
from composer.corpus.midi.presses import key_presses
from composer.corpus.reader import SUFFIXES, load_bytes, read_score
from composer.errors import ComposerError, MusicFileError, Place, TrainingError
from composer.perform.alignment import align
from composer.perform.any_score import with_instruments
from composer.perform.reading import Reading, read
from composer.performance import Performance
from composer.progress import OnProgress

SCORE_ENDING = ".score"  # before .mid: a MIDI file that is the score
MIDI_SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True, eq=False)
class PlayedPiece:
    """A score, read, and how it was played."""

    name: str
    reading: Reading
    performances: tuple[Performance, ...]


def read_pairs(
    folder: Path, *, on_progress: OnProgress | None = None
) -> tuple[tuple[PlayedPiece, ...], tuple[str, ...]]:
    """Return the pieces of a folder with their performances, and what was left out.

    Raises:
        TrainingError: there is no pair, or none that can be used.
    """
    pairs, told = _pairs(folder)
    if not pairs:
        mend = f"a score (waltz.musicxml, .krn, or waltz{SCORE_ENDING}.mid) has its performances beside it: waltz.mid"
        raise TrainingError("no score with a performance of the same name", place=folder, mend=mend)
    pieces = []
    for done, (score_path, played) in enumerate(pairs):
        if on_progress is not None:
            on_progress(f"reading {score_path.name}", 0.8 * done / len(pairs))
        try:
            score = with_instruments(read_score(score_path, unfold=True).score)
        except MusicFileError as error:
            told += [str(problem) for problem in error.problems]
            continue
        reading = read(score, outline_of(score))
        found = []
        for path in played:
            try:
                found.append(align(score, key_presses(load_bytes(path), str(path)), name=str(path)).performance)
            except ComposerError as error:
                told += [str(problem) for problem in error.problems]
        if found:
            pieces.append(PlayedPiece(str(score_path.relative_to(folder)), reading, tuple(found)))
    if not pieces:
        raise TrainingError("none of the performances can be used", place=folder, mend="; ".join(told)[:500] or None)
    return tuple(pieces), tuple(told)


def _pairs(folder: Path) -> tuple[list[tuple[Path, list[Path]]], list[str]]:
    """Return (score, its performances), and lines for files without a partner."""
    if not folder.is_dir():
        raise TrainingError("no such folder", place=folder)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    midis = [path for path in files if path.suffix.lower() in MIDI_SUFFIXES]
    played = [path for path in midis if not path.stem.endswith(SCORE_ENDING)]
    pairs, told, taken = [], [], set()
    for score in (path for path in files if path not in played):
        stem = score.stem.removesuffix(SCORE_ENDING)
        own = [
            path
            for path in played
            if path.parent == score.parent and (path.stem == stem or path.stem.startswith(f"{stem}."))
        ]
        taken.update(own)
        if own:
            pairs.append((score, own))
        else:
            told.append(f"{Place(str(score))}: a score without a performance")
    told += [f"{Place(str(path))}: a performance without a score" for path in played if path not in taken]
    return pairs, told
