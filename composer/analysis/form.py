"""The form of a piece: its sections with those that come back, and how each of them does.

Method: sections begin where the signs of a score say so and, in what is long or has no signs, where the music does: as
in `sections.py`, but what returns is heard in the melody by itself too, a new key may begin a section, and the return
of the piece's opening does. Two sections are the same when their first bars are, moved as a whole: in all voices, or in
the melody alone, whatever sounds beneath it. So a refrain over a new accompaniment and a recapitulation in another key
return.

Conventions: bars are indices in `Score.bars`; likeness is Dice's coefficient of the notes struck at the same place of
the bar at the same pitch after one transposition of the whole section, 0..1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from composer.analysis.hands import melody_line
from composer.analysis.recurrence import edges, novelty
from composer.analysis.sections import LETTERS, best_chain, find_sections, first_whole_bar
from composer.analysis.similarity import likeness_matrix
from composer.outline import KeySpan, PhraseSpan, span_at
from composer.score import Note, Part, Score
from composer.theory.harmony import Cadence

SAME_LIKENESS = 0.6  # mean over the compared bars, from which two sections are the same
_OPENING_BARS = 8  # compared at most
_SLIPS = (0, -1, 1)  # bars by which the beginnings of two like sections may be off
_LONG_BARS = 32  # a section between signs that is longer is divided further
_APART_BARS = 4  # between a sign and what was found beside it
# Weights of a phrase's beginning as that of a section.
_EDGE_WEIGHT = 4.0  # a repeated stretch begins or ends there
_OPENING_WEIGHT = 2.5  # the piece's first bars come back
_NOVELTY_WEIGHT = 2.0  # the strongest break of the piece
_KEY_WEIGHT = 1.5  # another key than before
_PERFECT_WEIGHT = 1.2  # a PAC before it
_OTHER_WEIGHT = -0.8  # no authentic cadence before it
_SECTION_WEIGHT = -2.5  # each section costs
_RETURN_BARS, _RETURN_LIKENESS = 4, 0.65  # of the piece's opening, where it comes back
_APART_RETURNS = 8  # bars
_TRANSPOSITIONS = 3  # of the likeliest that are tried

Struck = frozenset[tuple[int, int]]
"""(place in the bar, pitch) of each note that is struck in a bar."""


@dataclass(frozen=True)
class Return:
    """How a section returns.

    Attributes:
        of: index of the section that it returns, the first of its letter.
        slip: bar `b` of it is bar `b + slip` of that one.
        semitones: to add to the earlier section's pitches.
        likeness: of all voices, mean over the bars that both have.
        melody: of the melody alone, for each bar of the section; 0 where the earlier one has no such bar.
    """

    of: int
    slip: int
    semitones: int
    likeness: float
    melody: tuple[float, ...]


def section_starts(score: Score, phrases: Sequence[PhraseSpan], keys: Sequence[KeySpan]) -> tuple[int, ...]:
    """Return the ticks at which sections begin, from 0 on; all but the first are beginnings of phrases.

    Where signs in a score begin sections, these are taken, and what is long between them is divided.

    Measured with all signs hidden, within a bar, against planned sections of composed rondos and the signs of real
    pieces: F1 .69 in rondos, .36 in Chopin, .44 in other keyboard music, .37 in songs; `find_sections`, which hears
    neither the melody by itself nor a change of key, .52, .29, .35, .34.

    Args:
        score: any score.
        phrases: its phrases, sorted.
        keys: its local keys.
    """
    found = [0, *_found_starts(score, phrases, keys)]
    if not (score.repeats or score.marks or len(score.keys) > 1):
        return tuple(found)
    starts = [0, *(span.start_tick for span in find_sections(score, phrases)[1:])]
    signed = list(pairwise([*starts, score.end_tick]))
    for tick in found[1:]:
        bar = score.meter_at(tick).bar_ticks
        start, end = next((a, b) for a, b in signed if a <= tick < b)
        nearest = min(abs(tick - edge) for edge in (*starts, end))
        if end - start > _LONG_BARS * bar and nearest >= _APART_BARS * bar:
            starts.append(tick)
    return tuple(sorted(starts))


def opening_returns(score: Score) -> tuple[int, ...]:
    """Return the ticks of the bars at which the melody of the piece's first bars comes again, at least 8 bars apart."""
    first = next((index for index, bar in enumerate(score.bars) if bar.number > 0), 0)
    struck = _struck(score, melody_line(score))
    found: list[int] = []
    for bar in range(first + _APART_RETURNS, len(score.bars) - _RETURN_BARS + 1):
        if bar - (found[-1] if found else first) >= _APART_RETURNS and _returns_opening(struck, first, bar):
            found.append(bar)
    return tuple(score.bars[bar].onset_tick for bar in found)


def _found_starts(score: Score, phrases: Sequence[PhraseSpan], keys: Sequence[KeySpan]) -> list[int]:
    """Return the best chain of beginnings after the first, by dynamic programming over the phrases."""
    if len(phrases) < 2:
        return []
    melody = replace(score, parts=(Part("", melody_line(score)),))
    everything = likeness_matrix(score)[0].astype(np.float64)
    edge = np.maximum(edges(everything), edges(likeness_matrix(melody)[0].astype(np.float64)))
    new = novelty(everything)
    bars = np.array([*(first_whole_bar(score, phrase.start_tick) for phrase in phrases), len(score.bars)])
    weights = np.zeros(len(bars))
    struck = _struck(score, melody.parts[0].notes)
    for place, (before, phrase) in enumerate(pairwise(phrases), 1):
        weights[place] = _cadence_weight(before) + _SECTION_WEIGHT
        weights[place] += _EDGE_WEIGHT * edge[bars[place]] + _NOVELTY_WEIGHT * new[bars[place]]
        if _returns_opening(struck, bars[0], bars[place]):
            weights[place] += _OPENING_WEIGHT
        bar_ticks = score.meter_at(phrase.start_tick).bar_ticks
        left, right = span_at(keys, before.end_tick - 1), span_at(keys, phrase.start_tick + bar_ticks)
        if left is not None and right is not None and left.key != right.key:
            weights[place] += _KEY_WEIGHT
    return [phrases[place].start_tick for place in best_chain(bars, weights)]


def _returns_opening(melody: Sequence[Struck], opening: int, bar: int) -> bool:
    """Return whether the melody's first bars come again at a bar, note for note in some key."""
    pairs = [(bar + place, opening + place) for place in range(_RETURN_BARS) if bar + place < len(melody)]
    if len(pairs) < _RETURN_BARS or bar < opening + _RETURN_BARS:
        return False
    return any(
        _mean(_likeness(melody[here], melody[there], semitones) for here, there in pairs) >= _RETURN_LIKENESS
        for semitones in _transpositions(melody, melody, pairs)
    )


def _cadence_weight(before: PhraseSpan) -> float:
    if before.cadence is Cadence.PAC:
        return _PERFECT_WEIGHT
    return 0.0 if before.cadence is Cadence.IAC else _OTHER_WEIGHT


def find_returns(score: Score, sections: Sequence[tuple[int, int]]) -> tuple[Return | None, ...]:
    """Return for each section what it returns, or None where it brings something new.

    Args:
        score: any score.
        sections: (first bar, end) of each, in order.
    """
    everything = _struck(score, [note for _, note in score.notes() if not note.is_grace])
    melody = _struck(score, melody_line(score))
    found: list[Return | None] = []
    for index, own in enumerate(sections):
        earlier = [place for place in range(index) if found[place] is None]
        returns = [_compared(everything, melody, own, sections[place], place) for place in earlier]
        same = [one for one in returns if one is not None]
        found.append(max(same, key=lambda one: (_worth(one), -one.of), default=None))
    return tuple(found)


def letters_of(returns: Sequence[Return | None]) -> tuple[str, ...]:
    """Return a letter for each section: that of the one it returns, or the next one; after Z comes AA."""
    letters: list[str] = []
    new = 0
    for one in returns:
        rounds, place = divmod(new, len(LETTERS))
        letters.append(LETTERS[rounds - 1] * (rounds > 0) + LETTERS[place] if one is None else letters[one.of])
        new += one is None
    return tuple(letters)


def _worth(one: Return) -> float:
    return max(one.likeness, _opening(one.melody))


def _opening(melody: Sequence[float]) -> float:
    shared = melody[:_OPENING_BARS]
    return sum(shared) / max(1, len(shared))


def _compared(
    everything: Sequence[Struck],
    melody: Sequence[Struck],
    own: tuple[int, int],
    other: tuple[int, int],
    place: int,
) -> Return | None:
    """Return how one section returns another, or None where it does not."""
    best: tuple[float, Return] | None = None
    for slip in _SLIPS:
        pairs = [(bar, bar - own[0] + slip + other[0]) for bar in range(*own)]
        shared = [(bar, there) for bar, there in pairs if other[0] <= there < other[1]][:_OPENING_BARS]
        if not shared:
            continue
        for semitones in _transpositions(everything, melody, shared):
            voices = _mean(_likeness(everything[bar], everything[there], semitones) for bar, there in shared)
            tune = _mean(_likeness(melody[bar], melody[there], semitones) for bar, there in shared)
            worth = max(voices, tune) - 0.02 * abs(slip)
            if max(voices, tune) >= SAME_LIKENESS and (best is None or worth > best[0]):
                bars = tuple(
                    _likeness(melody[bar], melody[there], semitones) if other[0] <= there < other[1] else 0.0
                    for bar, there in pairs
                )
                best = (worth, Return(place, slip, semitones, voices, bars))
    return best[1] if best is not None else None


def _transpositions(
    everything: Sequence[Struck], melody: Sequence[Struck], shared: Sequence[tuple[int, int]]
) -> list[int]:
    """Return the likeliest transpositions, by how many notes of the melody, and of all voices, they bring together."""
    counts: Counter[int] = Counter()
    for weight, bars in ((4, melody), (1, everything)):
        for bar, there in shared:
            places: dict[int, list[int]] = {}
            for at, pitch in bars[there]:
                places.setdefault(at, []).append(pitch)
            for at, pitch in bars[bar]:
                for earlier in places.get(at, ()):
                    counts[pitch - earlier] += weight
    return sorted(counts, key=lambda shift: (-counts[shift], abs(shift), shift))[:_TRANSPOSITIONS]


def _likeness(own: Struck, other: Struck, semitones: int) -> float:
    if not own and not other:
        return 1.0  # a bar's rest is like a bar's rest
    moved = {(at, pitch + semitones) for at, pitch in other}
    return 2.0 * len(own & moved) / (len(own) + len(other))


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / max(1, len(numbers))


def _struck(score: Score, notes: Sequence[Note]) -> tuple[Struck, ...]:
    """Return for each bar the places and pitches that are struck in it."""
    bars: list[set[tuple[int, int]]] = [set() for _ in score.bars]
    for note in notes:
        index = score.bar_index_at(note.onset_tick)
        bar = score.bars[index]
        bars[index].add((note.onset_tick - bar.onset_tick + bar.lead_tick, note.pitch))
    return tuple(map(frozenset, bars))
