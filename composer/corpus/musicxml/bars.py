"""How long each measure of a MusicXML score is: drafts of all parts to bars without gaps.

Conventions: as in `reader.py`; every measure that does not fill its meter is mended, or kept where the page marks it,
and listed with its number.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from composer.corpus.musicxml.drafts import NoteDraft, PartDraft
from composer.score import Bar
from composer.theory.meter import TICKS_PER_QUARTER, Meter

_DEFAULT_METER = Meter(4, 4)
CRUMB_TICKS = TICKS_PER_QUARTER // 100
MEANT_SO = 2  # so many voices of a measure that end together mean its length


def lay_bars(drafts: Sequence[PartDraft], mended: list[str]) -> tuple[list[int], list[Bar]]:
    """Say how long each measure is; return the onset of each (one more for the end), and the bars."""
    longest = max(drafts, key=lambda draft: len(draft.measures))
    count = len(longest.measures)
    onsets = [0]
    rows: list[tuple[int, Meter, bool]] = []  # (length, meter, shorter than the meter)
    meter = _DEFAULT_METER
    _stretch_local_meters(drafts, mended)
    for draft in drafts:
        _move_late_measures(draft, [other for other in drafts if other is not draft], mended)
    lengths_of = [
        [draft.measures[i].length_tick for draft in drafts if i < len(draft.measures) and draft.measures[i].length_tick]
        for i in range(count)
    ]
    for index in range(count):
        here = [draft.measures[index] for draft in drafts if index < len(draft.measures)]
        meter = next((measure.meter for measure in here if measure.meter is not None), meter)
        nominal = meter.bar_ticks
        # Divisions that do not hold a tuplet leave crumbs: a bar that is a hair off is whole.
        lengths = [nominal if abs(length - nominal) <= CRUMB_TICKS else length for length in lengths_of[index]]
        length = max(lengths, default=nominal)
        name = f"bar {longest.measures[index].number}"
        is_short = length < nominal
        if length > nominal:
            if nominal in lengths:
                mended.append(f"{name}: a part is {_quarters(length - nominal)} too long; cut at the bar line")
                length = nominal
            else:
                mended.append(f"{name}: {_quarters(length - nominal)} too long for {meter}; kept as it is")
        elif is_short and 0 < index < count - 1:
            following = max(lengths_of[index + 1], default=nominal)
            before, before_meter, before_short = rows[-1]
            makes_one = (length + following == nominal) or (
                before_short and before_meter == meter and before + length == nominal
            )
            is_marked = any(measure.is_divided for measure in here)
            if not makes_one and not is_marked:
                agree = len(set(lengths)) == 1 and sum(m.num_full for m in here if m.length_tick) > 1
                if agree:
                    mended.append(f"{name}: {_quarters(nominal - length)} too short for {meter}; kept as it is")
                else:
                    mended.append(f"{name}: {_quarters(nominal - length)} too short for {meter}; filled with a rest")
                    length, is_short = nominal, False
        elif index > 0 and lengths and min(lengths) < length and min(lengths) < nominal:
            mended.append(f"{name}: a part is {_quarters(length - min(lengths))} too short; filled with a rest")
        rows.append((length, meter, is_short))
        onsets.append(onsets[-1] + length)
    for draft in drafts:
        _leave_out_behind(draft, onsets, mended)
    numbers = {
        onset: int(measure.number)
        for onset, measure in zip(onsets, longest.measures, strict=False)
        if measure.number.isdecimal()
    }
    # A first bar with a repeat sign in it: its second part has no number of its own.
    divides_first = count > 1 and longest.measures[0].number == "1" and not longest.measures[1].number.isdecimal()
    return onsets, list(with_printed_numbers(join_bars(onsets, rows, divides_first=divides_first), numbers))


def _leave_out_behind(draft: PartDraft, onsets: Sequence[int], mended: list[str]) -> None:
    """Leave out notes that begin where their bar, cut to the length of the other parts, is over."""
    lengths = [end - start for start, end in itertools.pairwise(onsets)]
    inside: list[NoteDraft] = []
    for note in draft.notes:
        if note.is_grace:
            note.local_tick = min(note.local_tick, lengths[note.measure])
        if note.is_grace or note.local_tick < lengths[note.measure]:
            inside.append(note)
    lost = len(draft.notes) - len(inside)
    if lost:
        draft.notes = inside
        mended.append(f"part {draft.name or draft.id}: {lost} notes that begin behind their bar were left out")


def _stretch_local_meters(drafts: Sequence[PartDraft], mended: list[str]) -> None:
    """Bring parts with different meters in one bar (a voice in 4/4 against 12/8) to the longest one's length."""
    ratios: list[dict[int, tuple[int, int]]] = [{} for _ in drafts]  # of each part: measure -> (to, from) in ticks
    for index in range(max(len(draft.measures) for draft in drafts)):
        here = [(i, draft, draft.measures[index]) for i, draft in enumerate(drafts) if index < len(draft.measures)]
        meters = {measure.meter for _, _, measure in here if measure.meter is not None}
        if len({meter.bar_ticks for meter in meters}) < 2:
            continue
        longest = max(meters, key=lambda meter: meter.bar_ticks)
        for place, draft, measure in here:
            own = measure.meter
            measure.meter = longest if own is not None else None
            if own is None or own.bar_ticks == longest.bar_ticks or measure.length_tick > own.bar_ticks:
                continue
            ratios[place][index] = (longest.bar_ticks, own.bar_ticks)
            measure.length_tick = measure.length_tick * longest.bar_ticks // own.bar_ticks
            name = f"bar {measure.number}: part {draft.name or draft.id}"
            mended.append(f"{name} is in {own} against {longest}; its values were stretched")
    for draft, ratio in zip(drafts, ratios, strict=True):
        for note in draft.notes if ratio else ():
            longer, shorter = ratio.get(note.measure, (1, 1))
            end_tick = (note.local_tick + note.duration_tick) * longer // shorter
            note.local_tick = note.local_tick * longer // shorter
            note.duration_tick = end_tick - note.local_tick


def _move_late_measures(draft: PartDraft, others: Sequence[PartDraft], mended: list[str]) -> None:
    """Move a part's measure back when it is too long by just the gap that it begins with (seen in converted files).

    Where another part is as long, or all say the same, the bar is meant to be so long.
    """
    meter = _DEFAULT_METER
    first_ticks: dict[int, int] = {}
    for note in draft.notes:
        first_ticks[note.measure] = min(note.local_tick, first_ticks.get(note.measure, note.local_tick))
    late: dict[int, int] = {}
    for index, measure in enumerate(draft.measures):
        meter = measure.meter or meter
        excess = measure.length_tick - meter.bar_ticks
        if not 0 < excess == first_ticks.get(index) or measure.num_full >= MEANT_SO:
            continue
        full_tick = meter.bar_ticks
        if not any(index < len(o.measures) and o.measures[index].length_tick > full_tick for o in others):
            late[index] = excess
            measure.length_tick -= excess
            mended.append(
                f"bar {measure.number}: part {draft.name or draft.id} began {_quarters(excess)} late; moved back"
            )
    for note in draft.notes:
        note.local_tick -= late.get(note.measure, 0)


def join_bars(
    onsets: Sequence[int], rows: Sequence[tuple[int, Meter, bool]], *, divides_first: bool = False
) -> list[Bar]:
    """Number the measures as bars; two short neighbours that make one bar together become one.

    Args:
        onsets: of the measures.
        rows: (length, meter, shorter than the meter) of each.
        divides_first: the first two are known to be one bar, and no pickup with what follows it.
    """
    bars: list[Bar] = []
    divides_first = divides_first and rows[0][0] + rows[1][0] == rows[0][1].bar_ticks
    has_pickup = rows[0][2] and len(rows) > 1 and not divides_first
    index, number = 0, 0 if has_pickup else 1
    while index < len(rows):
        length, meter, is_short = rows[index]
        step = 1
        if is_short and (index > 0 or divides_first) and index < len(rows) - 1:
            next_length, next_meter, next_short = rows[index + 1]
            if next_short and next_meter == meter and length + next_length == meter.bar_ticks:
                length, step = length + next_length, 2
        bars.append(Bar(number, onsets[index], length, meter))
        index += step
        number += 1
    return bars


def with_printed_numbers(bars: Sequence[Bar], numbers: dict[int, int]) -> tuple[Bar, ...]:
    """Give the bars their printed numbers where these run without a gap (an excerpt may begin at bar 45)."""
    body = bars[1:] if bars[0].number == 0 else bars
    printed = [numbers.get(bar.onset_tick) for bar in body]
    first = printed[0] if printed else None
    if first is None or first < 1 or (bars[0].number == 0 and first != 1):
        return tuple(bars)
    if any(number != first + i for i, number in enumerate(printed)):
        return tuple(bars)
    return (*bars[: len(bars) - len(body)], *(replace(bar, number=first + i) for i, bar in enumerate(body)))


def _quarters(ticks: int) -> str:
    return f"{ticks / TICKS_PER_QUARTER:g} quarters"
