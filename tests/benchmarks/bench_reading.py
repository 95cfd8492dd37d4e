"""Reading whole corpora: are all files read, and all their notes; how fast?

Run by hand, with scores in the folder `corpora` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_reading.py [--formats kern midi abc …] [--every N] [--beside N]

What is measured, for each folder and format: the share of files that are read; the share whose notes agree with a count
that shares no code with the library (`raw_counts.py`: fields of **kern spines, elements of MusicXML, events of MIDI,
note letters of ABC);
notes a second and bars a second of one core's time, opening the files included. Struck notes and grace notes are
counted apart. Notes that a reader says it left out or struck (a tie without a beginning) are taken into account: what
is lost or won must have been told.

`--beside N` reads N files of each row (not of ABC), evenly spread, with music21 and partitura beside it: `pip install
music21 partitura`; they are not the library's. Shown are the files that are read, those whose notes (ties merged, grace
notes apart) agree with the raw count, the notes found, and notes and bars a second over the files that both the reader
and this library read, with this library's beside them. Each reader has `--limit` seconds of processor time for a file,
in a child process that is replaced when it hangs or dies.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from found_counts import counted
from music_folder import music_folder
from other_readers import Beside, beside_table, compare
from raw_counts import count_abc, count_kern, count_midi, count_musicxml

from composer.corpus.reader import read_pieces_bytes
from composer.errors import MusicFileError

COUNTERS = {
    ".abc": ("abc", count_abc),
    ".krn": ("kern", count_kern),
    ".kern": ("kern", count_kern),
    ".mid": ("midi", count_midi),
    ".midi": ("midi", count_midi),
    ".mxl": ("musicxml", count_musicxml),
    ".musicxml": ("musicxml", count_musicxml),
    ".xml": ("musicxml", count_musicxml),
}


@dataclass
class Row:
    """Sums over the files of one folder and format."""

    files: int = 0
    read: int = 0
    equal: int = 0
    notes: int = 0
    graces: int = 0
    bars: int = 0
    seconds: float = 0.0
    unequal: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    mended: Counter[str] = field(default_factory=Counter)


def measure(path: Path, row: Row) -> None:
    """Read one file and compare."""
    kind, count = COUNTERS[path.suffix.lower()]
    row.files += 1
    start = time.process_time()
    try:
        results = read_pieces_bytes(path.read_bytes(), path.name)
    except MusicFileError as error:
        row.refused.append(str(error))
        return
    row.seconds += time.process_time() - start
    row.read += 1
    row.bars += sum(len(result.score.bars) for result in results)
    ours, raw = counted(results), count(path.read_bytes())
    row.notes += ours.notes
    row.graces += ours.graces
    # A MIDI file has no grace notes: some short ones are read so.
    same = sum(ours) == sum(raw) if kind == "midi" else ours == raw
    row.equal += same
    if not same:
        row.unequal.append(f"{path.name}: {tuple(ours)} notes and graces, {tuple(raw)} in the file")
    row.mended.update({re.sub(r"\d+([.,]\d+)*", "N", line)[:70] for one in results for line in one.mended})


def table(rows: dict[tuple[str, str], Row]) -> Iterator[str]:
    """Yield the lines of the table, with a sum for each format."""
    yield f"{'':34}{'files':>7}{'read':>8}{'equal':>8}{'notes':>10}{'graces':>8}{'bars':>8}{'notes/s':>9}{'bars/s':>8}"
    sums: dict[str, Row] = {}
    for (folder, kind), row in sorted(rows.items(), key=lambda one: (one[0][1], one[0][0])):
        total = sums.setdefault(kind, Row())
        for name in ("files", "read", "equal", "notes", "graces", "bars", "seconds"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
        yield line(f"{kind}: {folder}", row)
    for kind, total in sums.items():
        yield line(f"all {kind}", total)


def line(name: str, row: Row) -> str:
    """One line of the table."""
    seconds = row.seconds or 1e-9
    return (
        f"{name:34}{row.files:7}{row.read / row.files:8.2%}{row.equal / max(1, row.read):8.2%}{row.notes:10,}"
        f"{row.graces:8,}{row.bars:8,}{row.notes / seconds:9,.0f}{row.bars / seconds:8,.0f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formats", nargs="+", default=["kern", "midi", "musicxml", "abc"])
    parser.add_argument("--every", type=int, default=1, help="only every N-th file")
    parser.add_argument(
        "--list", type=int, default=10, metavar="N", help="name N files that differ, and N that are refused"
    )
    parser.add_argument("--beside", type=int, default=0, metavar="N", help="N files of each row with other readers too")
    parser.add_argument("--limit", type=float, default=60.0, metavar="SECONDS", help="for each file and reader")
    options = parser.parse_args()
    root = music_folder() / "corpora"
    rows: dict[tuple[str, str], Row] = {}
    paths: dict[tuple[str, str], list[Path]] = {}
    beside: dict[str, dict[str, Beside]] = {}
    for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in COUNTERS):
        kind = COUNTERS[path.suffix.lower()][0]
        if kind in options.formats:
            paths.setdefault((path.relative_to(root).parts[0], kind), []).append(path)
    for key, found in paths.items():
        row = rows.setdefault(key, Row())
        for path in found[:: options.every]:
            measure(path, row)
        print(f"{key[1]}: {key[0]}")
        for what in (row.refused, row.unequal):
            for text in what[: options.list]:
                print("   ", text)
        for text, count in row.mended.most_common(options.list):
            print(f"    {count:5} files: {text}")
        if options.beside and key[1] != "abc":
            step = max(1, len(found) // options.beside)
            beside.update(compare(f"{key[1]}: {key[0]}", found[::step][: options.beside], limit_sec=options.limit))
    print()
    print("\n".join(table(rows)))
    if beside:
        print("\nthe same files with other readers")
        print("\n".join(beside_table(beside)))


if __name__ == "__main__":
    main()
