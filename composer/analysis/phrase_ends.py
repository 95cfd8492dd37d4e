"""How the phrases of a style end, and its bars inside them: coming to rest, going on, or with a halt.

What is counted: of each phrase of two bars and more the onsets in its last half bar as a share of those before, in each
hand, and whether nothing begins any more for a beat before the next one; of each bar that ends inside a phrase whether
it halts so, and whether its melody does. Phrases in fifths, by the onsets of both hands together: from those that come
to rest to those that drive on.

Conventions: ticks of the score; `open` phrases end without a cadence, `closed` ones with one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from composer.analysis.hands import UPPER_HAND, hand_of_notes, melody_line
from composer.outline import Outline
from composer.score import Score
from composer.style_statistics import ENDS, NUM_ENDS, PhraseEnd, closing_ticks
from composer.theory.harmony import Cadence
from composer.theory.meter import Meter

MIN_PHRASES = 40  # of a kind, for fifths of it; with fewer of one kind both are counted together, fewer tell nothing
MIN_BARS = 40  # inside phrases, for a share of them that halts
LEAST_BARS = 2  # of a phrase that comes to an end of its own

Onsets = NDArray[np.int64]  # ticks, sorted


@dataclass(frozen=True)
class Stretch:
    """A phrase: where it stands, and how its bars are counted."""

    start_tick: int
    end_tick: int
    is_open: bool
    meter: Meter


@dataclass
class EndCounts:
    """What is being counted; each phrase as (lower, upper, both, halts)."""

    phrases: dict[str, list[tuple[float, float, float, float]]] = field(
        default_factory=lambda: {kind: [] for kind in ENDS}
    )
    halting_bars: int = 0
    holding_bars: int = 0
    bars: int = 0

    def finished(self) -> dict[str, tuple[PhraseEnd, ...]]:
        """Return the fifths of each kind; empty where too few phrases were counted."""
        both = [row for rows in self.phrases.values() for row in rows]
        if len(both) < MIN_PHRASES:
            return {}
        enough = all(len(rows) >= MIN_PHRASES for rows in self.phrases.values())
        return {kind: _fifths(rows if enough else both) for kind, rows in self.phrases.items()}

    def halting_share(self) -> float | None:
        """Return the share of bars inside phrases that halt; None where too few were counted."""
        return self._share(self.halting_bars)

    def holding_share(self) -> float | None:
        """Return the share of bars inside phrases at whose end the melody holds; None where too few were counted."""
        return self._share(self.holding_bars)

    def _share(self, bars: int) -> float | None:
        return round(bars / self.bars, 4) if self.bars >= MIN_BARS else None


def count_ends(counts: EndCounts, score: Score, outline: Outline, weight: int) -> None:
    """Count a piece."""
    onsets: tuple[list[int], list[int]] = [], []
    for (_, note), hand in zip(score.notes(), hand_of_notes(score), strict=True):
        if not note.is_grace:
            onsets[hand == UPPER_HAND].append(note.onset_tick)
    phrases = [
        Stretch(
            phrase.start_tick,
            phrase.end_tick,
            phrase.cadence in (None, Cadence.NONE),
            score.meter_at(phrase.start_tick),
        )
        for phrase in outline.phrases
    ]
    lines = [bar.onset_tick for bar in score.bars if bar.number > 0]
    melody = _ordered(note.onset_tick for note in melody_line(score))
    for _ in range(weight):
        count_onsets(counts, _ordered(onsets[0]), _ordered(onsets[1]), phrases, lines, melody=melody)


def count_onsets(
    counts: EndCounts,
    lower: Onsets,
    upper: Onsets,
    phrases: Sequence[Stretch],
    bar_lines: Sequence[int],
    *,
    melody: Onsets,
) -> None:
    """Count a piece of which the onsets are known.

    Args:
        counts: added to.
        lower, upper: of each hand, each moment once.
        phrases: in order; the last one, after which nothing begins, is not counted.
        bar_lines: ticks.
        melody: onsets of the highest line.
    """
    both = _ordered([*lower.tolist(), *upper.tolist()])
    for phrase in phrases[:-1]:
        bar_tick = phrase.meter.bar_ticks
        last = phrase.end_tick - closing_ticks(phrase.meter)
        if phrase.end_tick - phrase.start_tick >= LEAST_BARS * bar_tick:
            shares = [_share(own, phrase.start_tick, last, phrase.end_tick) for own in (lower, upper, both)]
            halts = float(_halts(both, phrase.end_tick, phrase.meter))
            counts.phrases["open" if phrase.is_open else "closed"].append((shares[0], shares[1], shares[2], halts))
        for tick in bar_lines:
            if phrase.start_tick + bar_tick // 2 <= tick < phrase.end_tick - bar_tick // 2:
                counts.bars += 1
                counts.halting_bars += _halts(both, tick, phrase.meter)
                counts.holding_bars += _halts(melody, tick, phrase.meter)


def _share(onsets: Onsets, start: int, last: int, end: int) -> float:
    """Return the onsets of [last, end) as a share of those before, in equal time."""
    places = np.searchsorted(onsets, [start, last, end])
    before = (places[1] - places[0]) / (last - start)
    return float((places[2] - places[1]) / (end - last) / before) if before else 1.0


def _halts(onsets: Onsets, tick: int, meter: Meter) -> bool:
    """Return whether nothing begins within the beat before a tick, its own onset apart."""
    place = int(np.searchsorted(onsets, tick))
    return place == 0 or tick - int(onsets[place - 1]) >= meter.beat_ticks


def _fifths(rows: Sequence[tuple[float, float, float, float]]) -> tuple[PhraseEnd, ...]:
    ordered = sorted(rows, key=lambda row: (row[2], row))
    means = [np.mean(part, axis=0) for part in np.array_split(np.array(ordered), NUM_ENDS)]
    return tuple(PhraseEnd(*(round(float(mean[column]), 3) for column in (0, 1, 3))) for mean in means)


def _ordered(ticks: Iterable[int]) -> Onsets:
    return np.unique(np.array(list(ticks), np.int64))
