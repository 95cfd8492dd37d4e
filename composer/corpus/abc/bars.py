"""How long each measure of an ABC tune is: the measures of all voices to bars without gaps.

Conventions: as in `kern/reader.py`: a first bar shorter than its meter is a pickup (number 0), two short neighbours
that together make one bar (split by a repeat sign) become one; other short or long bars are kept and listed with
their line. Where voices disagree, the longest rules, so that no note is lost; what the others lack is a rest, and
listed. A measure of eight bars or more has no bar lines: they are set by its meter.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Sequence

from composer.corpus.abc.drafts import AbcMeasure, AbcVoiceDraft
from composer.corpus.musicxml.bars import join_bars
from composer.score import Bar
from composer.theory.meter import TICKS_PER_QUARTER, Meter

_COMMON = Meter(4, 4)
_UNCUT_BARS = 8  # a measure so long has no bar lines
_EXPLAINED = frozenset(":|][")  # a bar line of two signs shows why a bar is short


def lay_abc_bars(voices: Sequence[AbcVoiceDraft], mended: list[str]) -> tuple[list[int], list[Bar]]:
    """Say how long each measure is; return the onset of each (one more for the end), and the bars."""
    count = max(len(voice.measures) for voice in voices)
    onsets = [0]  # of the measures
    starts = [0]  # of the bars: a measure of many bars is cut
    rows: list[tuple[int, Meter, bool]] = []  # of the bars: (length, meter, shorter than the meter)
    faults: list[tuple[int, int, str]] = []  # (measure, line, what)
    meter: Meter | None = None
    free = cut = 0
    for index in range(count):
        here = [(voice, voice.measures[index]) for voice in voices if index < len(voice.measures)]
        meter = _meter_of(voices, index, meter)
        length = _length_of(index, here, meter, faults)
        free += meter is None
        onsets.append(onsets[-1] + length)
        own = meter or _fitting(length)
        is_uncut = length > own.bar_ticks and (count == 1 or meter is None or length >= _UNCUT_BARS * own.bar_ticks)
        cut += is_uncut
        pieces = [own.bar_ticks] * (length // own.bar_ticks) + [length % own.bar_ticks] if is_uncut else [length]
        for piece in pieces:
            if piece:
                rows.append((piece, own, meter is not None and piece < own.bar_ticks))
                starts.append(starts[-1] + piece)
    if free:
        mended.append(f"free meter: {free} bars have a meter of their own length")
    if cut:
        mended.append("no bar lines: they were set by the meter")
    for voice in voices:
        if 1 < len(voice.measures) < count:
            mended.append(f"voice {voice.id}: ends {count - len(voice.measures)} bars before the others")
    bars = join_bars(starts, rows)
    starts = [bar.onset_tick for bar in bars]
    for index, line, what in faults:
        number = bars[bisect.bisect_right(starts, onsets[index]) - 1].number
        mended.append(f"line {line}: bar {number}: {what}")
    mended += _odd_lengths(bars, voices, onsets)
    return onsets, bars


def _meter_of(voices: Sequence[AbcVoiceDraft], index: int, before: Meter | None) -> Meter | None:
    """Return the meter of a measure: what a voice changes it to, else the one before."""
    changes: Counter[Meter | None] = Counter()
    for voice in voices:
        if index < len(voice.measures):
            own = voice.measures[index].meter
            if index == 0 or own != voice.measures[index - 1].meter:
                changes[own] += 1
    return changes.most_common(1)[0][0] if changes else before


def _length_of(
    index: int,
    here: Sequence[tuple[AbcVoiceDraft, AbcMeasure]],
    meter: Meter | None,
    faults: list[tuple[int, int, str]],
) -> int:
    lengths = [(voice, one, round(one.length_tick)) for voice, one in here if one.length_tick is not None]
    if not lengths:
        return (meter or _COMMON).bar_ticks
    length = max(ticks for _, _, ticks in lengths)
    if all(ticks == length for _, _, ticks in lengths):
        return max(1, length)
    for voice, one, ticks in lengths:
        if ticks < length:
            faults.append((index, one.line, f"voice {voice.id} is {_quarters(length - ticks)} short; a rest was added"))
        elif meter is not None and ticks > meter.bar_ticks:
            faults.append((index, one.line, f"voice {voice.id} is {_quarters(ticks - meter.bar_ticks)} too long"))
    return length


def _fitting(length: int) -> Meter:
    """Return a meter as long as a bar in free meter; 4/4 where there is none, and the bar is cut by it."""
    for lower in (4, 8, 16, 32):
        upper, rest = divmod(length * lower, 4 * TICKS_PER_QUARTER)
        if not rest and 1 <= upper <= 32:
            return Meter(upper, lower)
    return _COMMON


def _odd_lengths(bars: Sequence[Bar], voices: Sequence[AbcVoiceDraft], onsets: Sequence[int]) -> list[str]:
    """Tell of bars that do not fill their meter, unless the page shows why."""
    told: list[str] = []
    for place, bar in enumerate(bars):
        excess = bar.duration_tick - bar.meter.bar_ticks
        if not excess or (excess < 0 and place in (0, len(bars) - 1)):
            continue
        first, last = bisect.bisect_right(onsets, bar.onset_tick) - 1, bisect.bisect_left(onsets, bar.end_tick) - 1
        around = [
            signs
            for voice in voices
            for signs in (
                *(one.opening for one in voice.measures[first : first + 1]),
                *(one.closing for one in voice.measures[last : last + 1]),
            )
        ]
        if excess < 0 and any(len(signs) > 1 and set(signs) <= _EXPLAINED for signs in around):
            continue
        line = next(voice.measures[first].line for voice in voices if first < len(voice.measures))
        kind = "long" if excess > 0 else "short"
        told.append(
            f"line {line}: bar {bar.number} is {_quarters(abs(excess))} too {kind} for {bar.meter}; kept as it is"
        )
    return told


def _quarters(ticks: int) -> str:
    return f"{ticks / TICKS_PER_QUARTER:g} quarters"
