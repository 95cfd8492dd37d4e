"""What plans and real pieces have in common to be counted: phrase lengths, cadence kinds, root bigrams; distances.

Both are read from `StepFacts` (a plan's through its outline, a real piece's as analysed), so that one code counts both.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from composer.roll.facts import CADENCES, StepFacts

MEASURES = ("lengths", "cadences", "roots")
COMMONEST = 60  # root bigrams that are compared
LONGEST = 16  # bars; longer phrases count as one kind

Token = tuple[int, int, str]  # mode, root above the tonic, kind of triad


@dataclass(frozen=True)
class Counts:
    """Of one piece; `is_minor` is the mode of its home key."""

    is_minor: bool
    lengths: Counter[Hashable]
    cadences: Counter[Hashable]
    roots: Counter[Hashable]

    def of(self, measure: str) -> Counter[Hashable]:
        found: Counter[Hashable] = getattr(self, measure)
        return found


def counts_of(facts: StepFacts) -> Counts:
    """Count one piece."""
    keys = Counter(zip(facts.tonic.tolist(), facts.mode.tolist(), strict=True))
    keys.pop((-1, -1), None)
    home = keys.most_common(1)[0][0] if keys else (0, 0)
    lengths: Counter[Hashable] = Counter()
    cadences: Counter[Hashable] = Counter()
    starts = np.flatnonzero(facts.phrase_age == 0)
    for start, end in zip(starts, [*starts[1:], facts.num_steps], strict=True):
        bars = (end - start) / max(1, int(facts.steps_in_bar[start]))
        # A phrase of three and a half bars is one of three or of four: both by half, drawn by its place.
        whole = math.floor(bars) if (bars % 1 < 0.5 or (bars % 1 == 0.5 and start // 8 % 2)) else math.ceil(bars)
        lengths[min(LONGEST + 1, max(1, whole))] += 1
        cadences[str(CADENCES[int(facts.cadence[start])])] += 1
    roots: Counter[Hashable] = Counter()
    before: tuple[int, int, Token] | None = None
    for step in np.flatnonzero(np.diff(_chord_ids(facts), prepend=-1)):
        if facts.chord_root[step] < 0:
            before = None
            continue
        token = _token(facts, int(step))
        key = (int(facts.tonic[step]), int(facts.mode[step]))
        if before is not None and before[:2] == key and before[2] != token:
            roots[before[2], token] += 1
        before = (*key, token)
    return Counts(home[1] == 1, lengths, cadences, roots)


def _chord_ids(facts: StepFacts) -> np.ndarray:
    columns = (facts.tonic, facts.mode, facts.chord_root, facts.chord_members)
    number = np.zeros(facts.num_steps, np.int64)
    for column in columns:
        number = number * 5000 + column.astype(np.int64) + 1
    return np.unique(number, return_inverse=True)[1]


def _token(facts: StepFacts, step: int) -> Token:
    root = int(facts.chord_root[step])
    members = int(facts.chord_members[step])
    third = "major" if members >> ((root + 4) % 12) & 1 else "minor"
    if members >> ((root + 6) % 12) & 1 and third == "minor":
        third = "diminished"
    return int(facts.mode[step]), (root - int(facts.tonic[step])) % 12, third


def added(pieces: Sequence[Counts], measure: str) -> Counter[Hashable]:
    """The counts of several pieces together."""
    total: Counter[Hashable] = Counter()
    for piece in pieces:
        total.update(piece.of(measure))
    return total


def thinned(counts: Counter[Hashable], size: int, rng: np.random.Generator) -> Counter[Hashable]:
    """So many of the counted things, drawn without putting back."""
    names = list(counts)
    if sum(counts.values()) <= size:
        return counts
    drawn = rng.multivariate_hypergeometric([counts[name] for name in names], size)
    return Counter(dict(zip(names, drawn.tolist(), strict=True)))


def divergence(one: Counter[Hashable], other: Counter[Hashable], names: Sequence[Hashable] | None = None) -> float:
    """Jensen-Shannon divergence in bits, over `names` (default: all that occur)."""
    names = list(names if names is not None else one.keys() | other.keys())
    p = np.array([one[name] for name in names], float)
    q = np.array([other[name] for name in names], float)
    if not p.sum() or not q.sum():
        return math.nan
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2

    def gain(of: np.ndarray) -> float:
        seen = of > 0
        return float(np.sum(of[seen] * np.log2(of[seen] / middle[seen])))

    return (gain(p) + gain(q)) / 2


def _apart(one: Counter[Hashable], other: Counter[Hashable], names: Sequence[Hashable] | None) -> float:
    """The divergence; of progressions that in major and that in minor, weighed by how many `other` has of both.

    How much of a piece is in minor is a matter of its keys, not of its progressions.
    """
    if names is None:
        return divergence(one, other)
    total = 0.0
    shares = 0.0
    for mode in (0, 1):
        mine = [name for name in names if isinstance(name, tuple) and name[0][0] == mode]
        share = sum(other[name] for name in mine)
        found = divergence(one, other, mine) if mine else math.nan
        if not math.isnan(found):
            total += share * found
            shares += share
    return total / shares if shares else math.nan


@dataclass(frozen=True)
class Distance:
    """Of planned pieces from half of a corpus, beside its halves' from each other and another corpus'; in bits.

    Attributes:
        planned, halves, other: at as many phrases (cadences, progressions), drawn one by one from the corpus.
        whole, as_few: of the planned pieces, and of whole pieces of the other half until they hold as much. What one
            piece holds is alike, so that few pieces lie further off than as many phrases of all pieces do.
        size: of what was compared.
    """

    planned: float
    halves: float
    other: float
    whole: float
    as_few: float
    size: int


def distances(
    planned: Sequence[Counts],
    real: Sequence[Counts],
    other: Sequence[Counts],
    *,
    draws: int = 20,
    rng: np.random.Generator,
) -> dict[str, Distance]:
    """Compare at equal sample sizes, the mean over random halves of the real corpus.

    Of the planned pieces and the other corpus as many are in minor as of the real ones.
    """
    found: dict[str, Distance] = {}
    for measure in MEASURES:
        names = None
        if measure == "roots":
            names = [name for name, _ in added(real, measure).most_common(COMMONEST)]
        rows = []
        for _ in range(draws):
            order = rng.permutation(len(real))
            first = [real[place] for place in order[: len(real) // 2]]
            second = [real[place] for place in order[len(real) // 2 :]]
            half, yardstick = added(second, measure), added(first, measure)
            share = float(np.mean([piece.is_minor for piece in first]))
            ours = added(_like(planned, share, sum(yardstick.values()), measure, rng), measure)
            theirs = added(_like(other, share, sum(yardstick.values()), measure, rng), measure)
            few = added(_like(first, share, sum(ours.values()), measure, rng), measure)
            alike = min(sum(ours.values()), sum(few.values()))
            clustered = [_apart(thinned(counts, alike, rng), half, names) for counts in (ours, few)]
            size = min(sum(counts.values()) for counts in (half, yardstick, ours, theirs))
            half, yardstick, ours, theirs = (thinned(c, size, rng) for c in (half, yardstick, ours, theirs))
            rows.append([*(_apart(c, half, names) for c in (ours, yardstick, theirs)), *clustered, size])
        means = np.mean(rows, axis=0).tolist()
        found[measure] = Distance(*means[:-1], round(means[-1]))
    return found


def _like(
    pieces: Sequence[Counts], minor_share: float, size: int, measure: str, rng: np.random.Generator
) -> list[Counts]:
    """Pieces in random order, in minor as often as asked, until `size` things are counted (or all are used)."""
    order = [pieces[place] for place in rng.permutation(len(pieces))]
    pools = {is_minor: [piece for piece in order if piece.is_minor == is_minor] for is_minor in (False, True)}
    taken: list[Counts] = []
    total = 0
    while total < size and any(pools.values()):
        is_minor = rng.random() < minor_share
        if not pools[is_minor]:
            if taken and ((is_minor and minor_share > 0.02) or (not is_minor and minor_share < 0.98)):
                break
            is_minor = not is_minor
        taken.append(pools[is_minor].pop())
        total += sum(taken[-1].of(measure).values())
    return taken
