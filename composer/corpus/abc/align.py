"""Bring the voices of an ABC tune together again where one of them lacks a bar line.

What it is: voices meet bar by bar. One bar line that was forgotten would put all that follows in its voice a bar too
early: so a measure of two or more whole bars, where the other voices have single ones, is cut; this is told.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from composer.corpus.abc.drafts import AbcMeasure, AbcVoiceDraft


def align_voices(voices: Sequence[AbcVoiceDraft], mended: list[str]) -> None:
    """Cut measures, in place, where a bar line is missing.

    Args:
        voices: of one tune.
        mended: takes a line for each bar line that was set.
    """
    counts = Counter(len(voice.measures) for voice in voices)
    if len(counts) < 2:
        return
    count = max(counts, key=lambda number: (counts[number], number))
    model = next(voice for voice in voices if len(voice.measures) == count)
    for voice in voices:
        if len(voice.measures) < count:
            pieces = _pieces(voice.measures, model.measures)
            if any(number > 1 for number in pieces):
                _cut(voice, pieces, mended)


def _pieces(measures: Sequence[AbcMeasure], model: Sequence[AbcMeasure]) -> list[int]:
    """Return for each measure how many bars of the model it holds."""
    missing = len(model) - len(measures)
    pieces: list[int] = []
    place = 0
    for measure in measures:
        number = 1
        bar = measure.meter.bar_ticks if measure.meter else 0
        if missing and bar and measure.length_tick and measure.length_tick % bar == 0:
            wanted = int(measure.length_tick // bar)
            beside = model[place : place + wanted]
            if (
                wanted <= missing + 1
                and len(beside) == wanted
                and all(one.length_tick in (None, bar) for one in beside)
            ):
                number = wanted
        pieces.append(number)
        place += number
        missing -= number - 1
    return pieces


def _cut(voice: AbcVoiceDraft, pieces: Sequence[int], mended: list[str]) -> None:
    """Cut each measure into so many bars."""
    starts = [0, *itertools.accumulate(pieces)]
    old, voice.measures = voice.measures, []
    for measure, number in zip(old, pieces, strict=True):
        if number == 1:
            voice.measures.append(measure)
            continue
        assert measure.meter is not None
        bar = measure.meter.bar_ticks
        mended.append(f"line {measure.line}: voice {voice.id}: a bar line is missing; it was set")
        openings = [measure.opening, *["|"] * (number - 1)]
        voice.measures += [
            AbcMeasure(measure.line, measure.meter, bar, opening, closing)
            for opening, closing in zip(openings, [*openings[1:], measure.closing], strict=True)
        ]

    def bar_of(measure: int, tick: int) -> tuple[int, int]:
        """Return the new measure of a place, and by how many ticks it begins later than the old one."""
        meter = old[measure].meter if measure < len(old) else None
        if meter is None or pieces[measure] == 1:
            return starts[min(measure, len(old))], 0
        number = min(pieces[measure] - 1, tick // meter.bar_ticks)
        return starts[measure] + number, number * meter.bar_ticks

    for note in voice.notes:
        note.measure, shift = bar_of(note.measure, int(note.local_tick))
        note.local_tick -= shift
    for index, event in enumerate(voice.events):
        place, shift = bar_of(event.measure, event.local_tick)
        voice.events[index] = replace(event, measure=place, local_tick=event.local_tick - shift)
