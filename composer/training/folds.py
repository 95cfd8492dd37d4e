"""Which pieces of each style are held out.

A large style is split by works, by what they are called (`analysis.works`): the side of a work then never depends on
other files. That would leave many a small style without a held-out piece, or with hardly another one: twenty pieces of
Handel are one collection. So the units of a small style (its works where there are enough of them, else its pieces,
with what is alike to them) are put in an order of their own and dealt out in turn: one in six is for testing, one for
validation. With another `fold` it is the turn of others: six folds test every piece of a small style once.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from composer.analysis.duplicates import Fingerprint, UnionFind, find_duplicates
from composer.analysis.works import Split, sides_of

FOLDS = 6
SMALL = 40  # pieces; a style with fewer is dealt out
_MIN_UNITS = 5  # fewer, and the sides are those of the works' names, if these leave half of the pieces for training
_MOST_OF_A_STYLE = 0.25  # a larger unit is for training
_SALT = "ritornello folds 1"


def works_and_sides(
    ids: Sequence[str], fingerprints: Sequence[Fingerprint], styles: Sequence[str], *, fold: int = 0
) -> tuple[tuple[str, ...], tuple[Split, ...]]:
    """Return the work and the side of each piece.

    Args:
        ids: of the works, as `works.work_id` gives them.
        fingerprints: of the same pieces; what is alike lies on one side.
        styles: of the same pieces.
        fold: 0 to FOLDS - 1, for the small styles.
    """
    by_work, by_likeness = UnionFind(ids), UnionFind([f"{index:08d}" for index in range(len(ids))])
    for pair in find_duplicates(fingerprints):
        by_work.join(ids[pair.first], ids[pair.second])
        by_likeness.join(f"{pair.first:08d}", f"{pair.second:08d}")
    works = tuple(by_work.smallest(name) for name in ids)
    alike = [by_likeness.smallest(f"{index:08d}") for index in range(len(ids))]
    sides = list(sides_of(ids, works))
    members: dict[str, list[int]] = defaultdict(list)
    for index, style in enumerate(styles):
        members[style].append(index)
    for indices in members.values():
        if len(indices) >= SMALL and len({sides[index] for index in indices}) == 3:
            continue
        dealt = _dealt(indices, works, alike, ids, fold)
        if not dealt and 2 * sum(sides[index] == "train" for index in indices) < len(indices):
            dealt = dict.fromkeys(indices, "train")
        for index, side in dealt.items():
            sides[index] = side
    # What is alike may have been dealt out twice, as pieces of two styles: none of it is held out then.
    together: dict[str, set[Split]] = defaultdict(set)
    for group, side in zip(alike, sides, strict=True):
        together[group].add(side)
    return works, tuple(
        side if len(together[group]) == 1 else "train" for group, side in zip(alike, sides, strict=True)
    )


def _dealt(
    indices: Sequence[int], works: Sequence[str], alike: Sequence[str], ids: Sequence[str], fold: int
) -> dict[int, Split]:
    """Return the side of each piece of one style; nothing where there are too few units."""
    units = {index: works[index] for index in indices}
    if len(set(units.values())) < FOLDS:
        # Pieces have no lasting name here; their place among the style's own is one as long as its files are the same.
        place = {group: number for number, group in enumerate(dict.fromkeys(alike[index] for index in indices))}
        units = {index: f"{ids[index]} {place[alike[index]]}" for index in indices}
    sizes = Counter(units.values())
    order = sorted((unit for unit, size in sizes.items() if size <= _MOST_OF_A_STYLE * len(indices)), key=_drawn)
    sides: dict[str, Split] = dict.fromkeys(units.values(), "train")
    if len(order) < _MIN_UNITS:
        return {}
    for rank, unit in enumerate(order):
        turn = (rank + fold) % FOLDS
        sides[unit] = "test" if turn == 0 else "valid" if turn == 1 else "train"
    return {index: sides[unit] for index, unit in units.items()}


def _drawn(unit: str) -> bytes:
    return hashlib.sha256(f"{_SALT}:{unit}".encode()).digest()
