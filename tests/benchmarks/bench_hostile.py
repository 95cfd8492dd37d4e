"""Read broken, strange and hostile files: each must end in a Score or in one error of ours, within 5 s and 512 MB.

What it is: every file of the `malformed` folder, files that go beyond the limits (`giants.py`) and mutants of sound
ones (`mutations.py`) are read, repeats written out, by worker processes with limits (`limited.py`). With `--whole` what
was read also goes through what `compose perform` does: outline, performer, MIDI and MusicXML writers, and what was
written is read again.

Conventions: a foreign exception is one of another class than MusicFileError, or an error without its file or with
control characters, or a Score that breaks its own rules. Exit code 1 where anything is foreign, late
or too large; such files are kept in `--keep`.

Data: the environment variable RITORNELLO_DATA names a folder with `malformed/` and `corpora/`; without it only mutants
of the sound files of `sound_files.py` are read.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Before numpy is imported: its threads' stacks would count as memory.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from giants import GIANTS
from limited import run_jobs
from mutations import FORMATS, mutant
from sound_files import sound_files

from composer.corpus.reader import SUFFIXES, read_bytes
from composer.errors import MusicFileError, UserError
from composer.score import Score, sort_notes

LIMIT_SEC = 5.0
MAX_PROBLEMS = 20  # of one error, inclusive: a book of tunes none of which can be read
MAX_LINE = 500  # characters of a problem, the file's name included
LIMIT_BYTES = 512 * 2**20
WHOLE_SEC = 60.0  # for reading, performing and writing: nothing is promised there, but that it ends
WHOLE_BYTES = 2048 * 2**20


class UnsoundError(Exception):
    """A Score or an error that breaks a rule."""


@dataclass
class Row:
    """What became of the files of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")
    faults: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- one file


def read_one(file: tuple[str, bytes]) -> str:
    """Read a file; return `clean`, `mended` or `refused`."""
    name, data = file
    try:
        result = read_bytes(data, name, unfold=True)
    except MusicFileError as error:
        check_error(error, name)
        return "refused"
    check_score(result.score)
    for line in result.mended:
        if not line.isprintable() or not 0 < len(line) <= MAX_LINE:
            raise UnsoundError(f"a mended line that cannot be printed: {line!r}")
    return "mended" if result.mended else "clean"


def perform_one(file: tuple[str, bytes]) -> str:
    """Do with a file what `compose perform` does, but for writing it to the disk; then read what was written."""
    from composer.analysis.outline import outline_of
    from composer.export.midi import midi_bytes
    from composer.export.musicxml import mxl_bytes
    from composer.perform import perform

    name, data = file
    try:
        played, written = (read_bytes(data, name, unfold=unfold).score for unfold in (True, False))
    except MusicFileError:
        return "refused"
    outline = outline_of(played)
    sheet = outline if played == written else outline_of(written)
    performance = perform(played, outline, player="baroque", take=1, expression=1.0)
    try:
        files = (midi_bytes(performance), mxl_bytes(written, outline=sheet))
    except UserError:  # more parts than MIDI has channels
        return "refused"
    for again in files:
        check_score(read_bytes(again, f"{name}, written").score)
    return "performed"


def check_error(error: MusicFileError, name: str) -> None:
    """Raise UnsoundError where an error does not tell what its reader needs."""
    if not 1 <= len(error.problems) <= MAX_PROBLEMS:
        raise UnsoundError(f"{len(error.problems)} problems at once")
    for problem in error.problems:
        if problem.place is None or not problem.place.source.startswith(name):
            raise UnsoundError(f"a problem without its file: {problem}")
        if not problem.message or not str(problem).isprintable() or len(str(problem)) > MAX_LINE:
            raise UnsoundError(f"a problem that cannot be printed on a line: {str(problem)!r}")


def check_score(score: Score) -> None:
    """Raise UnsoundError where a Score breaks one of the rules of `composer/score.py`."""
    notes = [note for part in score.parts for note in part.notes]
    rules = {
        "there is a note": bool(notes) and all(part.notes for part in score.parts),
        "notes begin in the piece": all(0 <= note.onset_tick <= score.end_tick for note in notes),
        "notes end in the piece": all(note.end_tick <= score.end_tick for note in notes),
        "pitches are MIDI's": all(0 <= note.pitch <= 127 for note in notes),
        "lengths are positive": all((note.duration_tick > 0) != note.is_grace for note in notes),
        "times are whole": all(type(note.onset_tick) is type(note.duration_tick) is int for note in notes),
        "notes are sorted": all(sort_notes(part.notes) == part.notes for part in score.parts),
        "staves are two": all(note.staff in (1, 2) and note.staff <= p.staves for p in score.parts for note in p.notes),
        "voices are counted from 1": all(note.voice >= 1 for note in notes),
        "spelling is pitch": all(note.spelling is None or note.spelling.pitch == note.pitch for note in notes),
        "bars begin at 0": bool(score.bars) and score.bars[0].onset_tick == 0,
        "bars have no gaps": all(one.end_tick == other.onset_tick for one, other in itertools.pairwise(score.bars)),
        "bars have a length": all(bar.duration_tick > 0 for bar in score.bars),
        "keys begin at 0": not score.keys or score.keys[0][0] == 0,
        "keys are sorted": [tick for tick, _ in score.keys] == sorted({tick for tick, _ in score.keys}),
        "tempos are sorted": [mark.tick for mark in score.tempos] == sorted({mark.tick for mark in score.tempos}),
        "tempos can be played": all(
            2 <= mark.beat_bpm * score.meter_at(mark.tick).beat_quarters <= 1000.01 for mark in score.tempos
        ),
        "repeats are passages": all(one.start_tick < one.end_tick <= score.end_tick for one in score.repeats),
        "repeats follow each other": all(
            one.end_tick <= other.start_tick for one, other in itertools.pairwise(score.repeats)
        ),
        "slurs go on": all(slur.onset_tick <= slur.end_tick <= score.end_tick for slur in score.slurs),
        "slurs have a part": all(0 <= slur.part < len(score.parts) for slur in score.slurs),
        "hairpins go on": all(d.end_tick is None or d.tick < d.end_tick for d in score.dynamics),
        "signs stand in the piece": all(
            0 <= tick <= score.end_tick
            for tick in (
                *score.fermata_ticks,
                *(sign.tick for sign in (*score.tempos, *score.dynamics, *score.marks)),
                *(tick for tick, _ in score.keys),
            )
        ),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise UnsoundError(f"not so: {', '.join(broken)}")


# ---------------------------------------------------------------- many files


@dataclass(frozen=True)
class Family:
    """Files of one kind.

    Attributes:
        title: of its row.
        jobs: the numbers of its files.
        name_of: the name of a file, of its number.
        data_of: its bytes.
    """

    title: str
    jobs: Sequence[int]
    name_of: Callable[[int], str]
    data_of: Callable[[int], bytes]

    def file(self, job: int) -> tuple[str, bytes]:
        """Return a file's name and bytes."""
        return self.name_of(job), self.data_of(job)


def judge(
    family: Family,
    jobs: Sequence[int],
    function: Callable[[tuple[str, bytes]], str],
    options: argparse.Namespace,
    *,
    limit_sec: float,
    limit_bytes: int,
) -> tuple[Row, list[int]]:
    """Do something with files of one family; return what became of them, and which were not refused."""
    row, good = Row(), []
    for done in run_jobs(
        jobs, family.file, function, workers=options.workers, limit_sec=limit_sec, limit_bytes=limit_bytes
    ):
        fault = done.fault
        if not fault and done.cpu_sec > limit_sec:
            fault = "late"
        if not fault and done.peak_bytes > limit_bytes:
            fault = "memory"
        kind = next((word for word in ("late", "memory") if fault.startswith(word)), "foreign")
        name = family.name_of(done.job)
        row.outcomes[kind if fault else done.answer] += 1
        row.slowest = max(row.slowest, (done.cpu_sec, name))
        row.largest = max(row.largest, (done.peak_bytes, name))
        if fault:
            row.faults.append(f"{name}: {fault} ({done.cpu_sec:.1f} s, {done.peak_bytes / 2**20:.0f} MB)")
            print(f"  {family.title}: {row.faults[-1]}", flush=True)
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / Path(name).name).write_bytes(family.data_of(done.job))
        elif done.answer != "refused":
            good.append(done.job)
    return row, sorted(good)


def families(options: argparse.Namespace) -> Iterator[Family]:
    """Yield the families that are asked for."""
    root = Path(os.environ["RITORNELLO_DATA"]) if "RITORNELLO_DATA" in os.environ else None
    if root is not None and "malformed" in options.families:
        paths = sorted(path for path in (root / "malformed").rglob("*") if path.is_file())
        for title, is_score in (("malformed, score files", True), ("malformed, others", False)):
            yield _files(title, [path for path in paths if (path.suffix.lower() in SUFFIXES) == is_score])
    if "giants" in options.families:
        names = sorted(GIANTS)
        yield Family("giants", range(len(names)), names.__getitem__, lambda job: GIANTS[names[job]]())
    if "mutants" in options.families:
        sound = sound_files(root / "corpora" if root is not None else None)
        for kind in options.formats:
            yield _mutants(kind, sound, options)


def _files(title: str, paths: Sequence[Path]) -> Family:
    return Family(title, range(len(paths)), lambda job: str(paths[job]), lambda job: paths[job].read_bytes())


def _mutants(kind: str, sound: dict[str, list[bytes]], options: argparse.Namespace) -> Family:
    count = options.mutations // len(options.formats)
    return Family(
        f"mutants of {kind}",
        range(options.first, options.first + count),
        lambda job: f"{kind}-{options.seed}-{job}",
        lambda job: mutant(kind, sound, seed=options.seed, index=job),
    )


def table(rows: dict[str, Row], outcomes: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'':28}{'files':>7}" + "".join(f"{outcome:>10}" for outcome in outcomes) + f"{'slowest':>10}{'largest':>10}"
    for kind, row in rows.items():
        counts = "".join(f"{row.outcomes[outcome]:10,}" for outcome in outcomes)
        figures = f"{row.slowest[0]:8.2f} s{row.largest[0] / 2**20:7.0f} MB"
        yield f"{kind:28}{row.outcomes.total():7,}{counts}{figures}   ({row.slowest[1]}; {row.largest[1]})"


def main() -> None:
    """Read, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutations", type=int, default=10_000, help="mutants in all, the same number of each format")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument(
        "--families", nargs="+", choices=("malformed", "giants", "mutants"), default=["malformed", "giants", "mutants"]
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with mutant N")
    parser.add_argument("--whole", action="store_true", help="perform and write what was read")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, default=Path("hostile-files"), help="folder for files that are a fault")
    options = parser.parse_args()
    if options.whole:  # before the workers are forked
        import composer.analysis.outline
        import composer.export.writers
        import composer.perform  # noqa: F401
    rows: dict[str, Row] = {}
    performed: dict[str, Row] = {}
    for family in families(options):
        rows[family.title], read = judge(
            family, family.jobs, read_one, options, limit_sec=LIMIT_SEC, limit_bytes=LIMIT_BYTES
        )
        if options.whole:
            performed[family.title], _ = judge(
                family, read, perform_one, options, limit_sec=WHOLE_SEC, limit_bytes=WHOLE_BYTES
            )
    print("\n".join(table(rows, ("clean", "mended", "refused", "foreign", "late", "memory"))))
    if options.whole:
        print("\nperformed, written and read again:")
        print("\n".join(table(performed, ("performed", "refused", "foreign", "late", "memory"))))
    sys.exit(any(row.faults for row in (*rows.values(), *performed.values())))


if __name__ == "__main__":
    main()
