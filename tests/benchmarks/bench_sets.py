"""Preparing training sets: how long does it take, how much comes out, and does anything leak between the sides?

Run by hand, with scores in the folder `corpora` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_sets.py [--cache FOLDER] [--workers N] [NAME …]

What is measured, for each folder: seconds, pieces, what was left out, bars, steps, the share of steps on the grid, the
size of the cache. Over all of them: the pieces of each side, and pairs of duplicates (`analysis/duplicates.py`) that
lie on two sides: there must be none. Beside it how many there would be, were the side told by a file's name alone.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
from music_folder import music_folder

from composer.analysis.duplicates import find_duplicates
from composer.analysis.works import split_of, work_id
from composer.corpus.reader import SUFFIXES, load_bytes
from composer.training.dataset import LeftOut, MusicFile, Piece, prepare
from composer.training.making import Task
from composer.training.piece_cache import PieceCache
from composer.training.piece_file import Prepared
from composer.training.train import cache_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="folders (default: all)")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--workers", type=int)
    options = parser.parse_args()
    root = music_folder() / "corpora"
    names = options.names or sorted(path.name for path in root.iterdir() if path.is_dir())
    columns = ("corpus", "files", "pieces", "left out", "bars", "steps", "valid", "MB", "seconds")
    print(" ".join(f"{column:>9}" for column in columns))
    files: list[MusicFile] = []
    for name in names:
        paths = sorted(path for path in (root / name).rglob("*") if path.suffix.lower() in SUFFIXES)
        own = [MusicFile(path, path.parent.name) for path in paths]
        files += own
        start = time.perf_counter()
        results = prepare(own, cache=options.cache, workers=options.workers)
        seconds = time.perf_counter() - start
        pieces = [one for row in results for one in row if isinstance(one, Piece)]
        reasons = Counter(one.reason.split(":")[0] for row in results for one in row if isinstance(one, LeftOut))
        valid = sum(int(piece.roll.valid.sum()) for piece in pieces)
        steps = sum(piece.num_steps for piece in pieces)
        bars = sum(len(np.unique(piece.facts.bar)) for piece in pieces)
        row = (len(own), len(pieces), sum(reasons.values()), bars, steps)
        print(
            f"{name:>9.9} " + " ".join(f"{value:9}" for value in row),
            f"{valid / max(1, steps):9.3f} {megabytes(own, options.cache):9.1f} {seconds:9.1f}",
            *(f"[{count} {reason}]" for reason, count in reasons.most_common(4)),
            flush=True,
        )
    tell_split(files, options.cache)


def megabytes(files: list[MusicFile], folder: Path) -> float:
    cache = PieceCache.at(folder)
    places = {cache.path_of(Task(load_bytes(file.path), file.values)) for file in files}
    return sum(place.stat().st_size for place in places if place.exists()) / 1e6


def tell_split(files: list[MusicFile], folder: Path) -> None:
    cache = PieceCache.at(folder)
    pieces = [one for row in prepare(files, cache=folder) for one in row if isinstance(one, Piece)]
    kept = [
        (file, one)
        for file in files
        for one in cache.load(cache.path_of(Task(load_bytes(file.path), file.values))) or ()
        if isinstance(one, Prepared)
    ]
    by_name = [split_of(work_id(file.path, one.title, one.number)) for file, one in kept]
    pairs = find_duplicates([one.fingerprint for _, one in kept])
    print("sides:", dict(Counter(piece.split for piece in pieces)))
    print("by name alone:", dict(Counter(by_name)))
    moved = [(piece, side) for piece, side in zip(pieces, by_name, strict=True) if piece.split != side]
    print(f"pieces that likeness moved to another side: {len(moved)}")
    for piece, side in moved:
        print(f"  {side} -> {piece.split}: {piece.composer}/{piece.name} ({piece.work})")
    groups = Counter(piece.work for piece in pieces)
    print("largest works:", ", ".join(f"{work} {count}" for work, count in groups.most_common(8)))
    crossing = [pair for pair in pairs if pieces[pair.first].split != pieces[pair.second].split]
    before = sum(by_name[pair.first] != by_name[pair.second] for pair in pairs)
    print(f"duplicates: {len(pairs)} {dict(Counter(pair.kind for pair in pairs))}")
    print(f"duplicates across two sides: {len(crossing)} (by name alone: {before})")


if __name__ == "__main__":
    main()
