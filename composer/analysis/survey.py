"""The survey of a folder of scores: what was read, what was left out and why, what is in each piece.

What it is: every file below a folder is read once, measured, and let go: what is kept of a piece is a few hundred
numbers, so that ten thousand files need no more memory than ten. Nothing is lost in silence: a file either has pieces,
with a line for each thing that was mended, or the error that says why not.

Conventions: a note or bar is on the grid where all its onsets and ends lie on sixteenths, as the network's grid asks
(a bar that a note off the grid touches is off it). Live performances are counted apart, since their bars are a guess.
The key is the score's own first signature, or, where it states none, `home_key`'s.

Contents: `FolderSurvey`, `FileSurvey`, `PieceSurvey`, `survey_folder`, `survey_file`.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path, PurePath

from composer.analysis.duplicates import Duplicate, Fingerprint, find_duplicates, fingerprint_of, group_works
from composer.analysis.home_key import home_key
from composer.analysis.outline import ensemble_of
from composer.analysis.works import work_id
from composer.corpus.provenance import UNKNOWN, Provenance, Provenances
from composer.corpus.reader import SUFFIXES, ReadResult, load_bytes, read_pieces_bytes
from composer.corpus.statements import joined
from composer.errors import MusicFileError
from composer.parallel import parallel_map
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

_SIXTEENTH_TICKS = TICKS_PER_QUARTER // 4

OnProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class PieceSurvey:
    """What is in a piece.

    Attributes:
        number: of the piece within its file; empty where the file holds one.
        title, composer: as the score states them.
        bars, bars_on_grid: all, and those that lie on sixteenths.
        notes, notes_on_grid, graces: notes struck, those on sixteenths; grace notes apart.
        unfitting_share: share 0..1 of the notes that fitted no musical place at all (MIDI).
        is_live: played, not written.
        meters: bars of each meter: {"3/4": 32}.
        key, key_is_stated: the home key, "G major", and whether the score says it; empty where nothing sounds.
        ensemble: as `outline.ensemble_of` guesses it.
        tempo_bpm: the first that is stated, in beats of the meter; None where there is none.
        duration_sec: at the stated tempos; None where there are none.
        work: id of the work, from names alone.
        mended: a line for each thing that was judged, moved, mended or left out.
        fingerprint: finds the piece again.
    """

    number: str
    title: str
    composer: str
    bars: int
    bars_on_grid: int
    notes: int
    notes_on_grid: int
    graces: int
    unfitting_share: float
    is_live: bool
    meters: Mapping[str, int]
    key: str
    key_is_stated: bool
    ensemble: str
    tempo_bpm: float | None
    duration_sec: float | None
    work: str
    mended: tuple[str, ...]
    fingerprint: Fingerprint


@dataclass(frozen=True)
class FileSurvey:
    """What was made of a file.

    Attributes:
        path: below the folder, with `/`.
        sha256: of its bytes; empty where they could not be read.
        format: as `ReadResult.format`; empty where nothing was read.
        provenance: its licence and source.
        pieces: none where there is an error.
        error, reason: the whole line with its place, and the rule alone; empty where the file was read.
    """

    path: str
    sha256: str = ""
    format: str = ""
    provenance: Provenance = UNKNOWN
    pieces: tuple[PieceSurvey, ...] = ()
    error: str = ""
    reason: str = ""


@dataclass(frozen=True)
class FolderSurvey:
    """What is in a folder.

    Attributes:
        root: the folder.
        files: all with the name of a score, by path.
        passed_over: other files, by suffix or as `no suffix`; folders that cannot be opened, as `folder`.
        duplicates: among `pieces`.
        groups: [piece] the id of all works that belong together, as `group_works`.
    """

    root: Path
    files: tuple[FileSurvey, ...]
    passed_over: Mapping[str, int]
    duplicates: tuple[Duplicate, ...]
    groups: tuple[str, ...]

    @cached_property
    def pieces(self) -> tuple[tuple[FileSurvey, PieceSurvey], ...]:
        """All pieces with their files, in the order of the files."""
        return tuple((file, piece) for file in self.files for piece in file.pieces)


def survey_folder(root: Path, *, workers: int | None = None, on_progress: OnProgress | None = None) -> FolderSurvey:
    """Read every score below a folder, on all cores, and say what is there.

    Args:
        root: the folder.
        workers: as `parallel_map`.
        on_progress: called after each file.

    Raises:
        MusicFileError: no such folder, or no file in it with the name of a score.
    """
    if not root.is_dir():
        raise MusicFileError("no such folder" if not root.exists() else "this is not a folder", place=str(root))
    paths, passed_over = _list_files(root)
    if not paths:
        raise MusicFileError(
            "no scores in this folder", place=str(root), mend=f"files that end in {', '.join(sorted(SUFFIXES))}"
        )
    provenances = Provenances(root)
    files: list[FileSurvey] = []
    for path, (file, rights, origin) in zip(
        paths, parallel_map(partial(_survey_stated, root), paths, workers=workers), strict=True
    ):
        files.append(replace(file, provenance=provenances.of(path, rights=rights, origin=origin)))
        if on_progress is not None:
            on_progress(f"reading {len(files)} of {len(paths)}", len(files) / len(paths))
    pieces = [piece for file in files for piece in file.pieces]
    prints = [piece.fingerprint for piece in pieces]
    return FolderSurvey(
        root,
        tuple(files),
        passed_over,
        find_duplicates(prints),
        group_works([piece.work for piece in pieces], prints),
    )


def survey_file(root: Path, path: str) -> FileSurvey:
    """Read and measure one file; `path` is below `root`. Its provenance is what stands beside it and in it."""
    file, rights, origin = _survey_stated(root, path)
    return replace(file, provenance=Provenances(root).of(path, rights=rights, origin=origin))


def _list_files(root: Path) -> tuple[list[str], Mapping[str, int]]:
    """Return the paths of scores below the folder, sorted, and how many other files there are of each suffix."""
    paths: list[str] = []
    others: Counter[str] = Counter()

    def unreadable(_: OSError) -> None:
        others["folder"] += 1

    for folder, _, names in os.walk(root, onerror=unreadable):
        below = PurePath(folder).relative_to(root)
        for name in names:
            suffix = PurePath(name).suffix.lower()
            if suffix in SUFFIXES:
                paths.append((below / name).as_posix())
            else:
                others[suffix or "no suffix"] += 1
    return sorted(paths), dict(others)


def _survey_stated(root: Path, path: str) -> tuple[FileSurvey, str, str]:
    """Return what is in a file, with what it states of its rights and origin."""
    file = FileSurvey(path)
    try:
        data = load_bytes(root / path)
        file = replace(file, sha256=hashlib.sha256(data).hexdigest())
        results = read_pieces_bytes(data, path)
        pieces = tuple(_survey_piece(result, root.resolve() / path) for result in results)
    except MusicFileError as error:
        problem = error.problems[0]
        return replace(file, error=str(problem), reason=problem.message), "", ""
    except Exception as error:  # a fault of ours in one file of thousands: told as such, and the others are read
        reason = f"a fault of this program: {type(error).__name__}: {error}"
        return replace(file, error=f"{path}: {reason}", reason=reason), "", ""
    rights, origin = joined(one.rights for one in results), joined(one.origin for one in results)
    return replace(file, format=results[0].format, pieces=pieces), rights, origin


def _survey_piece(result: ReadResult, path: Path) -> PieceSurvey:
    score = result.score
    graces = sum(note.is_grace for part in score.parts for note in part.notes)
    notes = sum(len(part.notes) for part in score.parts) - graces
    notes_on_grid, bars_on_grid = _on_grid(score)
    heard = None if score.keys else home_key(score)
    key = score.keys[0][1] if score.keys else heard
    return PieceSurvey(
        result.piece,
        score.title,
        score.composer,
        len(score.bars),
        bars_on_grid,
        notes,
        notes_on_grid,
        graces,
        result.off_grid_share,
        result.is_live,
        dict(Counter(str(bar.meter) for bar in score.bars)),
        str(key or ""),
        bool(score.keys),
        ensemble_of(score),
        score.tempos[0].beat_bpm if score.tempos else None,
        _duration_sec(score) if score.tempos else None,
        work_id(path, score.title, result.piece),
        result.mended,
        fingerprint_of(score),
    )


def _on_grid(score: Score) -> tuple[int, int]:
    """Return how many notes, and how many bars, lie on sixteenths."""
    notes = 0
    off: set[int] = set()  # indices of bars
    for part in score.parts:
        for note in part.notes:
            if note.is_grace:
                continue
            if note.onset_tick % _SIXTEENTH_TICKS or note.end_tick % _SIXTEENTH_TICKS:
                first, last = score.bar_index_at(note.onset_tick), score.bar_index_at(note.end_tick - 1)
                off.update(range(first, last + 1))
            else:
                notes += 1
    return notes, len(score.bars) - len(off)


def _duration_sec(score: Score) -> float:
    """Return how long the piece lasts; each bar at the tempo in force where it begins."""
    seconds, place = 0.0, 0
    for bar in score.bars:
        while place + 1 < len(score.tempos) and score.tempos[place + 1].tick <= bar.onset_tick:
            place += 1
        seconds += bar.duration_tick / bar.meter.beat_ticks * 60 / score.tempos[place].beat_bpm
    return seconds
