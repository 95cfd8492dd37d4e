"""What was counted of a style, in shares: chords, progressions, cadences, phrases, keys.

Conventions: shares are 0..1 of what was counted of their kind, commonest first. A chord's inversions and its seventh
are not told apart: `V` stands for V, V6, V7, V65 …; `V/V` for all dominants of the dominant.

Contents: `chord_shares`, `progression_shares`, `cadence_shares`, `phrase_shares`, `key_shares`, `final_shares`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from composer.style_statistics import StyleStatistics

_FIGURE = re.compile(r"M?\d+(?=/|$)")

Shares = dict[str, float]


def chord_shares(statistics: StyleStatistics, mode: str) -> Shares:
    """Return how often each chord is arrived at or begins a phrase, in keys of that mode."""
    counts: Counter[str] = Counter()
    for chord, count in statistics.first_chords.get(mode, {}).items():
        counts[_plain(chord)] += count
    for (_, after), count in _changes(statistics, mode).items():
        counts[after] += count
    return _shares(counts)


def progression_shares(statistics: StyleStatistics, mode: str) -> Shares:
    """Return how often one chord goes to another inside phrases: `V-I`; of all changes of the root's chord."""
    changes = _changes(statistics, mode)
    return _shares(Counter({f"{one}-{other}": count for (one, other), count in changes.items() if one != other}))


def cadence_shares(statistics: StyleStatistics) -> Shares:
    """Return how phrases end; `none` where no cadence was heard."""
    counts: Counter[str] = Counter()
    for positions in statistics.cadence_mix.values():
        for kinds in positions.values():
            counts.update(kinds)
    return _shares(counts)


def final_shares(statistics: StyleStatistics) -> Shares:
    """Return how pieces end: the cadences of their last phrases."""
    counts: Counter[str] = Counter()
    for positions in statistics.cadence_mix.values():
        counts.update(positions.get("last", {}))
    return _shares(counts)


def phrase_shares(statistics: StyleStatistics) -> Shares:
    """Return how long phrases are, in bars."""
    counts: Counter[str] = Counter()
    for lengths in statistics.phrase_lengths.values():
        counts.update(lengths)
    return _shares(counts)


def key_shares(statistics: StyleStatistics, mode: str) -> Shares:
    """Return the keys that pieces in a home key of that mode go to, as numerals of it."""
    return _shares(Counter(statistics.modulations.get(mode, {})))


def _changes(statistics: StyleStatistics, mode: str) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for chords in statistics.chord_transitions.get(mode, {}).values():
        for chord, following in chords.items():
            for after, on_and_off_beat in following.items():
                counts[_plain(chord), _plain(after)] += sum(on_and_off_beat)
    return counts


def _plain(chord: str) -> str:
    return _FIGURE.sub("", chord)


def _shares(counts: Mapping[str, int]) -> Shares:
    total = sum(counts.values())
    return {name: count / total for name, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])) if count}
