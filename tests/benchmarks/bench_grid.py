"""How much of each corpus lies on the grid of sixteenths, as written and as the training sets read it?

Run by hand, with scores in the folder `corpora` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_grid.py [--every N] [NAME …]

What is measured, for each folder: the share of bars in which nothing begins or ends off the grid (the others are
masked, never rounded), before and after `roll/values.py` reads long values halved and divided beats as compound; how
many pieces were read otherwise than they are written, and bars read as compound.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from music_folder import music_folder

from composer.corpus.reader import SUFFIXES, read_pieces
from composer.errors import MusicFileError
from composer.parallel import parallel_map
from composer.roll.codec import encode
from composer.roll.grid import STEP_TICKS
from composer.roll.values import read_on_grid
from composer.score import Score


def bars_on_grid(score: Score) -> int:
    valid = encode(score).valid
    return sum(bool(valid[bar.onset_tick // STEP_TICKS : -(-bar.end_tick // STEP_TICKS)].all()) for bar in score.bars)


def fit_of(path: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        results = read_pieces(path)
    except MusicFileError:
        return Counter(unread=1)
    for result in results:
        score = result.score
        reading = read_on_grid(score)
        halved = any("halved" in line for line in reading.told)
        written = read_on_grid(score, values="halved" if halved else "written").score
        compound = sum(
            new.meter.is_compound and not old.meter.is_compound
            for old, new in zip(score.bars, written.bars, strict=True)
        )
        found += Counter(
            pieces=1,
            bars=len(score.bars),
            before=bars_on_grid(score),
            after=bars_on_grid(reading.score),
            halved=int(halved),
            filled=int(any("filled up" in line for line in reading.told)),
            compound=int(compound > 0),
            compound_bars=compound,
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="folders (default: all)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="read one file of N")
    options = parser.parse_args()
    root = music_folder() / "corpora"
    names = options.names or sorted(path.name for path in root.iterdir() if path.is_dir())
    print(f"{'corpus':20} {'pieces':>6} {'bars':>7} {'before':>7} {'after':>7}   read otherwise (pieces)")
    total: Counter[str] = Counter()
    for name in names:
        files = sorted(path for path in (root / name).rglob("*") if path.suffix.lower() in SUFFIXES)[:: options.every]
        row: Counter[str] = sum(parallel_map(fit_of, files), Counter())
        total += row
        print_row(name, row)
    print_row("all", total)


def print_row(name: str, row: Counter[str]) -> None:
    bars = max(1, row["bars"])
    print(
        f"{name:20} {row['pieces']:6} {row['bars']:7} {row['before'] / bars:7.3f} {row['after'] / bars:7.3f}   "
        f"compound {row['compound']} ({row['compound_bars']} bars), halved {row['halved']}, filled {row['filled']}",
        flush=True,
    )


if __name__ == "__main__":
    main()
