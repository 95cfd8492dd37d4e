"""Score → Score in other note values, so that its notes lie on the grid: halved values, simple beats read as compound.

What it is: two readings that a musician makes without a thought. Music barred in breves is read at half its values; and
where the beat is divided in three throughout, 2/4, 3/4 and 4/4 are read as 6/8, 9/8 and 12/8: times are multiplied by
3/2, so that a triplet of eighths becomes three eighths, and two eighths against them two dotted ones. Both are exact;
only names of values change, not the music.

Conventions: a bar is compound or simple as a whole, and one subdivision holds for a section: a change must gain four
bars. Bars that fit both are read as they are written. A bar whose length is no whole number of steps (an upbeat of a
32nd, a bar that was torn) is given rests up to the next one, or nothing after it would lie on the grid; its own notes
are not moved. What was read otherwise is told in words.

Contents: `Reading`, `VALUES`, `read_on_grid`, `halve_values`, `is_in_long_values`, `read_as_compound`, `compound_bars`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

import numpy as np

from composer.roll.grid import STEP_TICKS
from composer.score import Bar, Score, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

VALUES = ("auto", "written", "halved")  # how a collection's note values are read

_COMPOUND_OF = {
    Meter(2, 4): Meter(6, 8),
    Meter(3, 4): Meter(9, 8),
    Meter(4, 4): Meter(12, 8),
    Meter(2, 2): Meter(12, 8),  # its triplets are those of quarters' halves
}
_HALF_OF = {Meter(2, 1): Meter(4, 4), Meter(8, 4): Meter(4, 4)}  # the beat is the old minim; else the same upper number
_RATIO = Fraction(3, 2)
_CHANGE_BARS = 1.9  # what a change of the subdivision costs; there and back: just below four bars
_AS_WRITTEN = 0.01  # a bar that fits both is read as it is written
# Music in long values: bars of breves, the middle note a quarter at least, next to nothing shorter than an eighth.
_LONG_BAR_TICKS = 8 * TICKS_PER_QUARTER
_LONG_NOTE_TICKS = TICKS_PER_QUARTER
_SHORT_TICKS = TICKS_PER_QUARTER // 2
_MAX_SHORT_SHARE = 0.05


@dataclass(frozen=True)
class Reading:
    """A score as the grid takes it.

    Attributes:
        score: in its new values.
        told: what was read otherwise than it is written, in words.
    """

    score: Score
    told: tuple[str, ...]


def read_on_grid(score: Score, *, values: str = "auto") -> Reading:
    """Return the score in the values in which most of its bars lie on the grid.

    Args:
        score: any score.
        values: one of `VALUES`: whether they are halved; "auto": where `is_in_long_values` says so.
    """
    told: list[str] = []
    if values == "halved" or (values == "auto" and is_in_long_values(score)):
        halved = halve_values(score)
        if halved is not score:
            score = halved
            told.append("read at halved note values")
    is_compound = compound_bars(score)
    for meter, first, last in _stretches(score.bars, is_compound):
        where = f"bars {first.number} to {last.number}" if first is not last else f"bar {first.number}"
        told.append(f"{where}: {meter} read as {_COMPOUND_OF[meter]}")
    uneven = sum(bar.duration_tick % STEP_TICKS != 0 for bar in score.bars)
    if uneven:
        told.append(f"bars that are no whole number of sixteenths long were filled up: {uneven}")
    if uneven or any(is_compound):
        score = _read(score, is_compound)
    return Reading(score, tuple(told))


def is_in_long_values(score: Score) -> bool:
    """Return whether the music is written in twice the values of later music, as in editions barred in breves."""
    values = np.array([note.duration_tick for part in score.parts for note in part.notes if not note.is_grace])
    if not len(values) or np.median([bar.duration_tick for bar in score.bars]) < _LONG_BAR_TICKS:
        return False
    return bool(np.median(values) >= _LONG_NOTE_TICKS and np.mean(values < _SHORT_TICKS) <= _MAX_SHORT_SHARE)


def halve_values(score: Score) -> Score:
    """Return the score at half its note values: 4/2 and 2/1 become 4/4; as it is where a meter is over 32 already."""
    if any(bar.meter.lower >= 32 for bar in score.bars):
        return score
    meters = [_HALF_OF.get(bar.meter, Meter(bar.meter.upper, 2 * bar.meter.lower)) for bar in score.bars]
    return _rescaled(score, [Fraction(1, 2)] * len(meters), meters)


def read_as_compound(score: Score, is_compound: Sequence[bool] | None = None) -> Score:
    """Return the score with some bars read in compound meter: times are multiplied by 3/2, so that beats are dotted.

    Args:
        score: any score; a tempo mark keeps the speed of the beat that it stands over.
        is_compound: for each bar; default: `compound_bars`. Bars whose meter has no compound one stay as they are.
    """
    asked = compound_bars(score) if is_compound is None else is_compound
    chosen = [one and bar.meter in _COMPOUND_OF for one, bar in zip(asked, score.bars, strict=True)]
    return _read(score, chosen) if any(chosen) else score


def _read(score: Score, is_compound: Sequence[bool]) -> Score:
    ratios = [_RATIO if one else Fraction(1) for one in is_compound]
    meters = [_COMPOUND_OF[bar.meter] if one else bar.meter for one, bar in zip(is_compound, score.bars, strict=True)]
    return _rescaled(score, ratios, meters)


def compound_bars(score: Score) -> list[bool]:
    """Return for each bar whether it is to be read as compound: where more bars lie on the grid then.

    The best sequence of readings, by the bars on the grid less `_CHANGE_BARS` for each change (Viterbi 1967).
    """
    fits = _bars_that_fit(score)  # [bar, reading]
    gain = fits.astype(float) + np.array([_AS_WRITTEN, 0.0])
    gain[[bar.meter not in _COMPOUND_OF for bar in score.bars], 1] = -np.inf
    if not len(gain):
        return []
    best = gain[0]
    came_from = np.zeros(gain.shape, int)
    for index in range(1, len(gain)):
        ways = best[:, None] - _CHANGE_BARS * (1 - np.eye(2))  # [before, now]
        came_from[index] = ways.argmax(axis=0)
        best = ways.max(axis=0) + gain[index]
    path = [int(best.argmax())]
    for index in range(len(gain) - 1, 0, -1):
        path.append(int(came_from[index, path[-1]]))
    return [bool(one) for one in reversed(path)]


def _bars_that_fit(score: Score) -> np.ndarray:
    """Return bool [bar, reading]: nothing begins or ends off the grid in the bar, simple or compound."""
    fits = np.ones((len(score.bars), 2), bool)
    if not score.bars:
        return fits
    for part in score.parts:
        notes = [note for note in part.notes if not note.is_grace]
        onsets = np.array([note.onset_tick for note in notes], np.int64)
        ends = np.array([note.end_tick for note in notes], np.int64)
        starts = np.array([bar.onset_tick for bar in score.bars], np.int64)
        for ticks, side in ((onsets, "right"), (ends, "left")):
            bars = np.clip(np.searchsorted(starts, ticks, side=side) - 1, 0, len(starts) - 1)  # type: ignore[call-overload]
            since = ticks - starts[bars]
            for reading, ratio in enumerate((Fraction(1), _RATIO)):
                off = since * ratio.numerator % (ratio.denominator * STEP_TICKS) != 0
                fits[bars[off], reading] = False
    return fits


def _rescaled(score: Score, ratios: Sequence[Fraction], meters: Sequence[Meter]) -> Score:
    """Return the score with the times in each bar multiplied by its ratio, in these meters and bars of whole steps."""
    starts = [0]
    for bar, ratio in zip(score.bars, ratios, strict=True):
        starts.append(starts[-1] + -(-bar.duration_tick * ratio // STEP_TICKS) * STEP_TICKS)

    def moved_in(index: int, tick: int) -> int:
        return starts[index] + round((tick - score.bars[index].onset_tick) * ratios[index])

    def moved(tick: int) -> int:
        return moved_in(score.bar_index_at(tick), tick)

    def moved_end(tick: int) -> int:  # at a bar line: the end of the bar before, though that may be filled up
        return moved_in(score.bar_index_at(max(0, tick - 1)), tick)

    def beats_of_one(index: int) -> float:  # 2/2 has two beats, read as 12/8 four
        return float(score.bars[index].meter.beat_ticks * ratios[index] / meters[index].beat_ticks)

    parts = tuple(
        replace(
            part,
            notes=sort_notes(
                replace(
                    note,
                    onset_tick=(onset := moved(note.onset_tick)),
                    duration_tick=0 if note.is_grace else max(1, moved_end(note.end_tick) - onset),
                )
                for note in part.notes
            ),
        )
        for part in score.parts
    )
    return replace(
        score,
        parts=parts,
        bars=tuple(
            Bar(bar.number, start, end - start, meter)
            for bar, start, end, meter in zip(score.bars, starts, starts[1:], meters, strict=False)
        ),
        keys=tuple((moved(tick), key) for tick, key in score.keys),
        tempos=tuple(
            replace(mark, tick=moved(mark.tick), beat_bpm=mark.beat_bpm * beats_of_one(score.bar_index_at(mark.tick)))
            for mark in score.tempos
        ),
        dynamics=tuple(
            replace(sign, tick=moved(sign.tick), end_tick=None if sign.end_tick is None else moved(sign.end_tick))
            for sign in score.dynamics
        ),
        marks=tuple(replace(mark, tick=moved(mark.tick)) for mark in score.marks),
        slurs=tuple(
            replace(slur, onset_tick=moved(slur.onset_tick), end_tick=moved(slur.end_tick)) for slur in score.slurs
        ),
        repeats=tuple(
            replace(
                repeat,
                start_tick=moved(repeat.start_tick),
                end_tick=moved(repeat.end_tick),
                endings=tuple((moved(start), moved(end), passes) for start, end, passes in repeat.endings),
            )
            for repeat in score.repeats
        ),
        fermata_ticks=tuple(moved(tick) for tick in score.fermata_ticks),
    )


def _stretches(bars: Sequence[Bar], is_compound: Sequence[bool]) -> list[tuple[Meter, Bar, Bar]]:
    """Return (meter, first bar, last bar) of the runs of compound bars of one meter."""
    found = []
    for (chosen, meter), run in groupby(zip(is_compound, bars, strict=True), key=lambda pair: (pair[0], pair[1].meter)):
        if chosen:
            stretch = [bar for _, bar in run]
            found.append((meter, stretch[0], stretch[-1]))
    return found
