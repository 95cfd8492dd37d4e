"""The form of a piece: its sections with those that come back, and how each of them does.

Method: sections begin where the signs of a score say so and, in what is long or has no signs, where the music does
(`sections.py`). Two sections are the same when their first bars are, moved as a whole: in all voices, or in the melody
alone, whatever sounds beneath it. So a refrain over a new accompaniment and a recapitulation in another key return.

Conventions: bars are indices in `Score.bars`; likeness is Dice's coefficient of the notes struck at the same place of
the bar at the same pitch after one transposition of the whole section, 0..1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from composer.analysis.hands import melody_line
from composer.analysis.sections import find_sections
from composer.outline import PhraseSpan
from composer.score import Note, Score

SAME_LIKENESS = 0.6  # mean over the compared bars, from which two sections are the same
_OPENING_BARS = 16  # compared at most
_SLIPS = (0, -1, 1)  # bars by which the beginnings of two like sections may be off
_LONG_BARS = 32  # a section between signs that is longer is divided further
_APART_BARS = 4  # between a sign and what was found beside it
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
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


def section_starts(score: Score, phrases: Sequence[PhraseSpan]) -> tuple[int, ...]:
    """Return the ticks at which sections begin, from 0 on; all but the first are beginnings of phrases.

    As `find_sections`, but long sections between signs are divided further.

    Args:
        score: any score.
        phrases: its phrases, sorted.
    """
    starts = [0, *(span.start_tick for span in find_sections(score, phrases)[1:])]
    if not (score.repeats or score.marks or len(score.keys) > 1):
        return tuple(starts)
    bare = find_sections(replace(score, repeats=(), marks=(), keys=score.keys[:1]), phrases)
    signed = list(pairwise([*starts, score.end_tick]))
    for span in bare[1:]:
        bar = score.meter_at(span.start_tick).bar_ticks
        start, end = next((a, b) for a, b in signed if a <= span.start_tick < b)
        nearest = min(abs(span.start_tick - edge) for edge in (*starts, end))
        if end - start > _LONG_BARS * bar and nearest >= _APART_BARS * bar:
            starts.append(span.start_tick)
    return tuple(sorted(starts))


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
    """Return a letter for each section: that of the one it returns, or the next one."""
    letters: list[str] = []
    new = 0
    for one in returns:
        letters.append(_LETTERS[min(new, len(_LETTERS) - 1)] if one is None else letters[one.of])
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
