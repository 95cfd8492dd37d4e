"""Counts of the melodies of a style; a part of `statistics.py`."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.analysis.hands import melody_line
from composer.outline import Outline, PhraseSpan, span_at
from composer.score import Note, Score
from composer.style_statistics import Opening, degree_text, meter_class
from composer.theory.key import SCALE_FIFTHS, Key, Mode
from composer.theory.pitch import fifths_pitch_class

CELL_DIVISIONS = 12  # of a beat: 16ths, triplets and their mixtures are exact
OPENING_BARS = 2
_OPENINGS_KEPT = 300
_OPENING_NOTES = (3, 32)  # an opening has that many notes, both inclusive
_MEMBERS = ("root", "third", "fifth", "seventh")

_Opening = tuple[Mode, str, tuple[float, ...], tuple[int, ...]]


@dataclass
class MelodyCounts:
    """What is counted of melodies; nested as in `StyleStatistics`."""

    intervals: Counter[str] = field(default_factory=Counter)
    degrees: defaultdict[str, defaultdict[str, Counter[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    ranges: list[int] = field(default_factory=list)
    members: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    cells: Counter[str] = field(default_factory=Counter)
    cell_changes: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    openings: Counter[_Opening] = field(default_factory=Counter)

    def commonest_openings(self) -> tuple[Opening, ...]:
        """Return openings by falling count; equal ones in an order that favours no piece (that of a hash)."""
        rows = sorted(
            self.openings.items(), key=lambda item: (-item[1], hashlib.sha256(repr(item[0]).encode()).digest())
        )
        return tuple(Opening(*opening, count) for opening, count in rows[:_OPENINGS_KEPT])


def count_melody(counts: MelodyCounts, score: Score, outline: Outline, weight: int) -> None:
    """Count the melody of one piece, phrase by phrase."""
    melody = melody_line(score)
    for phrase in outline.phrases:
        notes = [note for note in melody if phrase.start_tick <= note.onset_tick < phrase.end_tick]
        if len(notes) < 2:
            continue
        counts.ranges += [max(note.pitch for note in notes) - min(note.pitch for note in notes)] * weight
        _count_steps(counts, notes, outline, weight)
        _count_members(counts, score, notes, outline, weight)
        _count_cells(counts, score, phrase, notes, weight)
        _count_opening(counts, score, phrase, notes, outline, weight)


def _count_steps(counts: MelodyCounts, notes: Sequence[Note], outline: Outline, weight: int) -> None:
    for left, right in itertools.pairwise(notes):
        counts.intervals[str(right.pitch - left.pitch)] += weight
        span = span_at(outline.keys, right.onset_tick)
        if span is not None:
            key = span.key
            old, new = (degree_text(note.pitch - key.tonic_pitch_class, key.mode) for note in (left, right))
            counts.degrees[key.mode][old][new] += weight


def _count_members(counts: MelodyCounts, score: Score, notes: Sequence[Note], outline: Outline, weight: int) -> None:
    for note in notes:
        span = span_at(outline.chords, note.onset_tick)
        if span is None:
            continue
        strength = score.strength_at(note.onset_tick)
        place = "strong" if strength >= 3 else "beat" if strength == 2 else "off"
        chord = span.chord.pitch_classes(span.key)
        if note.pitch % 12 in chord:
            member = _MEMBERS[chord.index(note.pitch % 12)]
        else:
            member = "scale" if _in_scale(note.pitch, span.key) else "chromatic"
        counts.members[place][member] += weight


def _in_scale(pitch: int, key: Key) -> bool:
    raised = (9, 11) if key.mode == "minor" else ()
    scale = {fifths_pitch_class(place) for place in SCALE_FIFTHS[key.mode]}
    return (pitch - key.tonic_pitch_class) % 12 in scale.union(raised)


def _count_cells(counts: MelodyCounts, score: Score, phrase: PhraseSpan, notes: Sequence[Note], weight: int) -> None:
    """Count the onsets in each beat of the phrase, as texts such as `0,6`."""
    onsets = [note.onset_tick for note in notes]
    tick = phrase.start_tick
    before: str | None = None
    while tick < notes[-1].end_tick and tick < phrase.end_tick:
        bar = score.bar_at(tick)
        beat = bar.meter.beat_ticks
        place = (tick - bar.onset_tick + bar.lead_tick) % beat
        end = min(tick - place + beat, bar.end_tick)
        inside = sorted(
            {round((onset - tick + place) * CELL_DIVISIONS / beat) for onset in onsets if tick <= onset < end}
        )
        cell = ",".join(map(str, inside))
        counts.cells[cell] += weight
        if before is not None:
            counts.cell_changes[before][cell] += weight
        before, tick = cell, end


def _count_opening(
    counts: MelodyCounts,
    score: Score,
    phrase: PhraseSpan,
    notes: Sequence[Note],
    outline: Outline,
    weight: int,
) -> None:
    bar = score.bar_at(phrase.start_tick)
    beat = bar.meter.beat_ticks
    place = phrase.start_tick - bar.onset_tick + bar.lead_tick
    # The first downbeat: the phrase's own start, or the end of the bar that holds its upbeat.
    downbeat = (
        phrase.start_tick
        if place == 0
        else bar.end_tick
        if 2 * place >= bar.meter.bar_ticks
        else phrase.start_tick - place
    )
    end = downbeat + OPENING_BARS * bar.meter.bar_ticks
    inside = [note for note in notes if note.onset_tick < end]
    span = span_at(outline.keys, inside[0].onset_tick) if inside else None
    if span is None or end > phrase.end_tick or not _OPENING_NOTES[0] <= len(inside) <= _OPENING_NOTES[1]:
        return
    tonic = inside[0].pitch - (inside[0].pitch - span.key.tonic_pitch_class) % 12
    opening: _Opening = (
        span.key.mode,
        meter_class(bar.meter),
        tuple(round((note.onset_tick - downbeat) / beat, 3) for note in inside),
        tuple(note.pitch - tonic for note in inside),
    )
    counts.openings[opening] += weight
