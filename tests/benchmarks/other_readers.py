"""The same files with other readers: notes, bars and seconds, each reader in a child process of its own.

Conventions: a note is struck once (ties merged), grace notes do not count; bars are those of the longest part. Seconds
are the child's processor time, opening the file included. A reader that dies, hangs or raises has failed on that file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from found_counts import counted
from raw_counts import count_kern, count_midi, count_musicxml

from composer.corpus.reader import read_bytes


class Found(NamedTuple):
    """What a reader found in one file."""

    notes: int
    bars: int
    seconds: float


@dataclass
class Beside:
    """Sums of one reader over the files of one row.

    Attributes:
        files, read, equal: given; read without an error; with as many notes as the raw count.
        notes: found in all files that were read; `raw_notes`: in all files given, by the raw count.
        common: (theirs, ours) of the files that both this reader and the library read.
        why: the first words of its failures.
    """

    files: int = 0
    read: int = 0
    equal: int = 0
    notes: int = 0
    raw_notes: int = 0
    common: list[tuple[Found, Found]] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


def with_ours(path: Path) -> Found:
    """Read with this library."""
    start = time.process_time()
    result = read_bytes(path.read_bytes(), path.name)
    seconds = time.process_time() - start
    return Found(counted([result]).notes, len(result.score.bars), seconds)


def with_music21(path: Path) -> Found:
    """Read with music21."""
    from music21 import converter

    start = time.process_time()
    stream = converter.parse(str(path), forceSource=True)
    seconds = time.process_time() - start
    notes = sum(
        1
        for element in stream.recurse().notes
        if not element.duration.isGrace
        for note in getattr(element, "notes", [element])
        if note.tie is None or note.tie.type == "start"
    )
    bars = max((len(part.getElementsByClass("Measure")) for part in stream.parts), default=0)
    return Found(notes, bars, seconds)


def with_partitura(path: Path) -> Found:
    """Read with partitura."""
    import warnings

    import partitura

    warnings.simplefilter("ignore")
    start = time.process_time()
    score = partitura.load_score(str(path))
    seconds = time.process_time() - start
    notes = sum(
        type(note).__name__ == "Note" and note.tie_prev is None
        for part in score
        for note in part.iter_all(partitura.score.Note)
    )
    bars = max((sum(1 for _ in part.iter_all(partitura.score.Measure)) for part in score), default=0)
    return Found(notes, bars, seconds)


READERS: dict[str, Callable[[Path], Found]] = {
    "ours": with_ours,
    "music21": with_music21,
    "partitura": with_partitura,
}
_COUNTS = {"k": count_kern, "x": count_musicxml, "m": count_midi}


class Child:
    """A process that reads files with one reader; a new one is started where it died or was too slow."""

    def __init__(self, name: str, limit_sec: float) -> None:
        self._name = name
        self._limit_sec = limit_sec
        self._process: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> Found | str:
        """Return what was found, or why not."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                [sys.executable, __file__, self._name, str(self._limit_sec)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
        except BrokenPipeError:
            self.close()
            return "the reader does not start"
        answer = process.stdout.readline()
        if not answer:  # killed by its own limit, or crashed
            code = process.wait()
            self.close()
            return "no end within the limit" if code == -24 else f"died with {code}"
        said = json.loads(answer)
        return said if isinstance(said, str) else Found(*said)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None


def compare(row: str, paths: Sequence[Path], *, limit_sec: float) -> dict[str, dict[str, Beside]]:
    """Read the same files with all readers; return the sums of each, under the name of the row."""
    children = {name: Child(name, limit_sec) for name in READERS}
    sums = {name: Beside() for name in READERS}
    for path in paths:
        kind = "k" if path.suffix.startswith(".k") else "m" if path.suffix.startswith(".mid") else "x"
        raw = _COUNTS[kind](path.read_bytes())
        found = {name: child.read(path) for name, child in children.items()}
        ours = found["ours"]
        for name, one in found.items():
            total = sums[name]
            total.files += 1
            total.raw_notes += raw.notes
            if isinstance(one, str):
                total.why.append(one)
                continue
            total.read += 1
            total.equal += one.notes == raw.notes
            total.notes += one.notes
            if isinstance(ours, Found):
                total.common.append((one, ours))
    for child in children.values():
        child.close()
    return {row: sums}


def beside_table(rows: dict[str, dict[str, Beside]]) -> Iterator[str]:
    """Yield the lines of the table."""
    head = f"{'':28}{'reader':11}{'files':>6}{'read':>8}{'equal':>8}{'notes':>9}"
    yield f"{head}{'notes/s (ours)':>20}{'bars/s (ours)':>18}"
    for row, readers in rows.items():
        for name, one in readers.items():
            theirs, ours = (_speeds([pair[place] for pair in one.common]) for place in (0, 1))
            yield (
                f"{row:28}{name:11}{one.files:6}{one.read / max(1, one.files):8.1%}{one.equal / max(1, one.files):8.1%}"
                f"{one.notes / max(1, one.raw_notes):9.2%}"
                f"{theirs[0]:10,.0f} ({ours[0]:7,.0f}){theirs[1]:9,.0f} ({ours[1]:6,.0f})"
            )
            for why, count in sorted({text: one.why.count(text) for text in one.why}.items()):
                yield f"{'':39}{count} x {why[:100]}"


def _speeds(found: Sequence[Found]) -> tuple[float, float]:
    """Return notes and bars a second."""
    seconds = sum(one.seconds for one in found) or 1e-9
    return sum(one.notes for one in found) / seconds, sum(one.bars for one in found) / seconds


def serve(name: str, limit_sec: float, lines: Iterable[str]) -> None:
    """Read the files whose paths come in, one a line; answer each with a line of JSON."""
    import resource

    out = sys.stdout
    sys.stdout = sys.stderr  # what a reader prints is no answer
    for line in lines:
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime + limit_sec) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
        answer: object
        try:
            answer = READERS[name](Path(line.rstrip("\n")))
        except ImportError as error:
            answer = f"not installed: {error}"
        except Exception as error:  # of any library: a failure on this file
            answer = f"{type(error).__name__}: {error}"[:200].replace("\n", " ")
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], float(sys.argv[2]), sys.stdin)
