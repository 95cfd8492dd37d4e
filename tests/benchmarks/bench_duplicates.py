"""Finding duplicates: how many known pairs are found, and how many that are found are none?

Run by hand, with scores in the folder `corpora` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_duplicates.py [--list N]

What is measured (precision: of the pairs that are told, those that are known; recall: of the known pairs, those told):

- settings of one chorale tune, known by the titles (tunes with two names as in `analysis/works.py`). Some titles have
  two tunes, so that not all of this recall can be had;
- one chorale in two collections, music21's beside ours: known where both its number and its title agree;
- two editions of one piece of Chopin, known by opus and number (four pieces have other numbers in other editions, and
  count as wrong);
- a piece with some of its notes changed or left out, transposed: how the finding fades;
- everything at once: how many pairs are told of two composers, which would be quotations, or wrong; and the seconds.
"""

from __future__ import annotations

import argparse
import itertools
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from music_folder import music_folder

from composer.analysis.duplicates import Fingerprint, find_duplicates, fingerprint_of, group_works
from composer.analysis.works import work_id
from composer.corpus.builtin import builtin_paths
from composer.corpus.reader import SUFFIXES, read_pieces
from composer.errors import MusicFileError
from composer.parallel import parallel_map
from composer.score import Part, Score, sort_notes

CHANGES = (0.02, 0.05, 0.1, 0.2, 0.3)  # shares of the notes
Pairs = set[tuple[int, int]]


@dataclass(frozen=True)
class Known:
    """A piece, and how its files name it."""

    path: Path
    title: str
    composer: str
    fingerprint: Fingerprint
    changed: tuple[Fingerprint, ...]


def read(path: Path, *, change: bool = False) -> list[Known]:
    """Read the pieces of a file."""
    try:
        results = read_pieces(path)
    except MusicFileError:
        return []
    return [
        Known(
            path,
            result.score.title,
            path.parent.name,
            fingerprint_of(result.score),
            tuple(fingerprint_of(changed(result.score, share)) for share in CHANGES) if change else (),
        )
        for result in results
    ]


def changed(score: Score, share: float) -> Score:
    """Move half of a share of the notes by a tone, leave out the other half, and transpose the whole."""
    generator = np.random.default_rng(7)
    parts = []
    for part in score.parts:
        draws = generator.random(len(part.notes))
        kept = zip(part.notes, draws, strict=True)
        notes = (
            replace(note, pitch=min(127, note.pitch + 3 + 2 * (draw < share)))
            for note, draw in kept
            if draw > share / 2
        )
        parts.append(Part(part.name, sort_notes(notes), part.program, part.staves))
    return replace(score, parts=tuple(parts))


def collect(paths: Iterable[Path], *, change: bool = False) -> list[Known]:
    """Read many files."""
    return [piece for row in parallel_map(partial(read, change=change), sorted(paths)) for piece in row]


def told(prints: Sequence[Fingerprint]) -> Pairs:
    """The pairs that are told, and what follows from them: what equals a piece is near to what that is near to."""
    pairs = find_duplicates(prints)
    twins: dict[int, list[int]] = {}
    for pair in pairs:
        if pair.kind != "near":
            twins.setdefault(pair.first, [pair.first]).append(pair.second)
    return {
        (min(left, right), max(left, right))
        for pair in pairs
        for left in twins.get(pair.first, [pair.first])
        for right in twins.get(pair.second, [pair.second])
        if left != right
    }


def prints_of(pieces: Sequence[Known]) -> list[Fingerprint]:
    """Their fingerprints."""
    return [piece.fingerprint for piece in pieces]


def judge(name: str, found: Pairs, known: Pairs, *, precision: bool = True) -> None:
    """Print precision and recall."""
    hits = len(found & known)
    first = f"precision {hits / max(1, len(found)):6.1%}  " if precision else " " * 19
    print(f"{name:44}{first}recall {hits / max(1, len(known)):6.1%}  ({len(known):,} known, {len(found):,} told)")


def pairs_by(keys: Sequence[object]) -> Pairs:
    """The pairs with one key; None is no key."""
    places: dict[object, list[int]] = {}
    for place, key in enumerate(keys):
        if key is not None:
            places.setdefault(key, []).append(place)
    return {pair for row in places.values() for pair in itertools.combinations(row, 2)}


def chopin_number(piece: Known) -> tuple[int, int] | None:
    """Opus and number of a first edition (`010_1-6-1b-KI-003.krn`) or a Mutopia file (`…Op33-No1…`)."""
    name = piece.path.stem
    edition = re.match(r"(\d{3})(?:_[\det-]+?)?-\d\w*-[A-Za-z]+(?:-(\d{3}))?$", name)
    if edition:
        return (int(edition[1]), int(edition[2])) if edition[2] else None
    mutopia = re.search(r"__O(\d+)__.*?(?:op-?\d+-|No)(\d+)", name, re.I)
    return (int(mutopia[1]), int(mutopia[2])) if mutopia else None


def chorale_number(piece: Known, listed: dict[str, str]) -> str | None:
    """The catalogue number of a chorale, where its title is the listed one."""
    if "music21" in piece.path.parts:
        found = re.match(r"bwv(\d+(?:\.\d+)?)", piece.path.stem)
        return found[1] if found else None
    number = listed.get(piece.path.stem[:3])
    return number.split("|")[0] if number and number.split("|")[1] == work_id(piece.path) else None


def among_numbered(pieces: Sequence[Known]) -> tuple[Pairs, Pairs]:
    """The pairs that are told and known among the pieces with opus and number."""
    numbers = [chopin_number(piece) for piece in pieces]
    found = {pair for pair in told(prints_of(pieces)) if all(numbers[place] for place in pair)}
    return found, pairs_by(numbers)


def listed_chorales() -> dict[str, str]:
    """Riemenschneider's number → BWV number|tune, as music21 lists them."""
    from music21.corpus.chorales import ChoraleList

    rows = ChoraleList().byRiemenschneider.values()
    tunes = {row["riemenschneider"]: work_id("000_" + row["title"]) for row in rows}
    return {f"{row['riemenschneider']:03}": f"{row['bwv']}|{tunes[row['riemenschneider']]}" for row in rows}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", type=int, default=20, metavar="N", help="print N pairs of two composers")
    options = parser.parse_args()
    root = music_folder() / "corpora"
    by_folder = {
        folder.name: [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
        for folder in sorted(root.iterdir())
        if folder.is_dir()
    }

    chorales = collect(by_folder["chorales"], change=True)
    works = [work_id(piece.path, piece.title) for piece in chorales]
    known = pairs_by(works)
    judge("settings of one chorale tune: pairs", told(prints_of(chorales)), known)
    alone = [f"{place:06}" for place in range(len(chorales))]
    groups = group_works(alone, prints_of(chorales))
    judge("settings of one chorale tune: groups", pairs_by(groups), known)

    listed = listed_chorales()
    both = [*chorales, *collect(builtin_paths("music21:bach"))]
    numbers = [chorale_number(piece, listed) for piece in both]
    across = {pair for pair in pairs_by(numbers) if pair[0] < len(chorales) <= pair[1]}
    judge("one chorale in two collections", told(prints_of(both)), across, precision=False)

    chopin = collect(by_folder["chopin"])
    judge("two first editions of Chopin", *among_numbered(chopin))
    mutopia = collect(by_folder["mutopia"], change=True)
    by_chopin = [piece for piece in mutopia if piece.composer.startswith("Chopin")]
    judge("Chopin, first editions and Mutopia", *among_numbered([*chopin, *by_chopin]))

    for name, pieces in (("chorales", chorales), ("keyboard pieces", mutopia)):
        found = []
        for place in range(len(CHANGES)):
            prints = [*(piece.fingerprint for piece in pieces), *(piece.changed[place] for piece in pieces)]
            pairs = told(prints)
            found.append(np.mean([(one, one + len(pieces)) in pairs for one in range(len(pieces))]))
        shares = ", ".join(f"{change:.0%}: {share:.1%}" for change, share in zip(CHANGES, found, strict=True))
        print(f"{name} found again with notes changed   {shares}")

    others = [name for name in by_folder if name not in ("chorales", "chopin", "mutopia")]
    everything = [*both, *chopin, *mutopia, *(piece for name in others for piece in collect(by_folder[name]))]
    start = time.perf_counter()
    pairs = find_duplicates(prints_of(everything))
    seconds = time.perf_counter() - start
    print(f"all {len(everything):,} pieces: {len(pairs):,} pairs in {seconds:.1f} s")
    # Folders that are a composer's: of the quartets, the songs and Mutopia.
    personal = {
        piece.composer for piece in everything if root in piece.path.parents and piece.path.parent.parent != root
    }
    two = [
        pair
        for pair in pairs
        if len({everything[place].composer for place in (pair.first, pair.second)} & personal) == 2
    ]
    print(f"of two composers: {len(two)}")
    for pair in two[: options.list]:
        names = (everything[place].path.stem[:60] for place in (pair.first, pair.second))
        print(f"  {pair.kind} {pair.likeness:.2f}", *names)


if __name__ == "__main__":
    main()
