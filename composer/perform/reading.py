"""A Score with its Outline laid out as arrays: what every rule of performance reads.

What it is: `read(score, outline)` makes a `Reading` once; the rules are functions of it.

Conventions: axis `note` runs over the strikes (one per key and onset) by onset, then pitch; axis `point` over the
ticks at which the tempo may change: every onset, every beat, every tempo mark, every end of a note under a fermata.
Nominal seconds are those of the marked tempo, without any expression.

Contents: `Arc`, `Reading`, `read`, `marked_quarter_secs`.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from composer.errors import OptionError, Place
from composer.outline import Outline, PhraseSpan, SectionSpan, span_at
from composer.perform.tempo_map import FloatArray, IntArray
from composer.score import Note, Score
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER

DEFAULT_BEAT_BPM = 96.0  # where neither Outline nor Score states a tempo: a walking pace
LONG_PHRASE_BARS = 3.5  # phrases from this length on have two halves
LONGEST_HALVED_BARS = 9.0  # longer ones have groups of four bars
LONGEST_PERIOD_BARS = 18.0  # two phrases of eight bars with a bar or two to spare

LOWEST = -1000  # below every pitch

BoolArray = npt.NDArray[np.bool_]

# How much of the slowing a phrase end gets, by its cadence. Ours, not of KTH:
# a cadence that denies the end is passed over.
_CADENCE_WEIGHT = {Cadence.DC: 0.6, Cadence.EC: 0.6, Cadence.NONE: 0.7}
_OPEN_CADENCES = (Cadence.HC, Cadence.DC, Cadence.EC, Cadence.NONE)  # more is expected: the period goes on


@dataclass(frozen=True)
class Arc:
    """A phrase, or half of one, as the phrase rules need it.

    Attributes:
        start_tick, end_tick: half open.
        last_tick: the last onset in it (its start when it holds none).
        weight: 0..1, how final its end is.
        ends_higher: whether a longer arc ends with it.
        closes: whether nothing is expected to follow (a closing cadence, the end of a section).
    """

    start_tick: int
    end_tick: int
    last_tick: int
    weight: float = 1.0
    ends_higher: bool = False
    closes: bool = True


def _joined(group: tuple[Arc, ...]) -> Arc:
    return replace(group[-1], start_tick=group[0].start_tick)


@dataclass(frozen=True, eq=False)
class Reading:
    """The arrays of one piece.

    Attributes:
        score, outline: what was read.
        strikes: (part index, note) of each key that is struck. Of notes that begin together on one key of a part only
            the longest is struck. [note]
        onset_tick, end_tick, pitch, part: of each strike. [note]
        is_grace: [note]
        is_top: whether no higher note sounds at its onset, in any part. [note]
        strength: metrical strength of the onset, 0..4. [note]
        note_point: index of its onset among the points. [note]
        next_on_key: index of the next strike of the same key, -1 for none. [note]
        point_tick: [point]
        quarter_sec: nominal length of a quarter from each point on. [point]
        point_sec: nominal seconds. [point]
        onset_points: indices of the points where a note that is no grace begins. [onset]
    """

    score: Score
    outline: Outline
    strikes: tuple[tuple[int, Note], ...]
    onset_tick: IntArray
    end_tick: IntArray
    pitch: IntArray
    part: IntArray
    is_grace: BoolArray
    is_top: BoolArray
    strength: IntArray
    note_point: IntArray
    next_on_key: IntArray
    point_tick: IntArray
    quarter_sec: FloatArray
    point_sec: FloatArray
    onset_points: IntArray

    @property
    def num_notes(self) -> int:
        """Length of the axis `note`."""
        return len(self.strikes)

    @property
    def num_points(self) -> int:
        """Length of the axis `point`."""
        return len(self.point_tick)

    @cached_property
    def onset_ioi_sec(self) -> FloatArray:
        """Nominal seconds from each onset to the next one; the last takes its longest note. [onset]"""
        if not len(self.onset_points):
            return np.zeros(0)
        last_tick = self.point_tick[self.onset_points[-1]]
        last_end = self.end_tick[self.onset_tick == last_tick].max()
        ends = np.append(self.point_sec[self.onset_points[1:]], self.seconds_at(np.array([last_end])))
        return ends - self.point_sec[self.onset_points]

    @cached_property
    def nominal_duration_sec(self) -> FloatArray:
        """Nominal seconds of each note as written; 0 for a grace. [note]"""
        return self.seconds_at(self.end_tick) - self.seconds_at(self.onset_tick)

    @cached_property
    def periods(self) -> tuple[Arc, ...]:
        """The upper level of phrasing: each phrase with those before it whose cadences left it open, within a section.

        A phrase that ends on a closing cadence, or on one that is not known, ends its period; so does its section,
        and a period is never longer than `LONGEST_PERIOD_BARS` unless it is a single phrase.
        """
        return tuple(_joined(group) for group in self._phrase_groups)

    @cached_property
    def sections(self) -> tuple[Arc, ...]:
        """The level above the periods: the sections of the form."""
        return tuple(self._arc(span.start_tick, span.end_tick) for span in self.outline.sections)

    @cached_property
    def subphrases(self) -> tuple[Arc, ...]:
        """The lower level of phrasing: the phrases of a period, or the parts of a phrase that is a period by itself.

        Such a phrase of `LONG_PHRASE_BARS` or more is cut in two halves, one of more than `LONGEST_HALVED_BARS` into
        groups of four bars. Cuts fall a whole number of bars after the phrase's start, from upbeat to upbeat.
        """
        parts: list[Arc] = []
        for group in self._phrase_groups:
            inner = list(group) if len(group) > 1 else self._parts_of(group[0])
            parts += [*inner[:-1], replace(inner[-1], ends_higher=True)]
        return tuple(parts)

    @cached_property
    def phrases(self) -> tuple[Arc, ...]:
        """The phrases of the Outline; its sections where it knows no phrases."""
        spans: tuple[PhraseSpan | SectionSpan, ...] = self.outline.phrases or self.outline.sections
        section_ends = {section.end_tick for section in self.outline.sections}
        arcs = []
        for span in spans:
            cadence = span.cadence if isinstance(span, PhraseSpan) else None
            arc = self._arc(span.start_tick, span.end_tick)
            closes = cadence not in _OPEN_CADENCES or span.end_tick in section_ends
            weight = _CADENCE_WEIGHT.get(cadence, 1.0) if cadence else 1.0
            arcs.append(replace(arc, weight=weight, closes=closes, ends_higher=span.end_tick in section_ends))
        return tuple(arcs)

    @cached_property
    def _phrase_groups(self) -> tuple[tuple[Arc, ...], ...]:
        """The phrases of each period."""
        groups: list[list[Arc]] = []
        for arc in self.phrases:
            last = groups[-1] if groups else None
            if last and not last[-1].closes and last[-1].end_tick == arc.start_tick:
                length_bars = (arc.end_tick - last[0].start_tick) / self.score.meter_at(arc.start_tick).bar_ticks
                if length_bars <= LONGEST_PERIOD_BARS:
                    last.append(arc)
                    continue
            groups.append([arc])
        return tuple(map(tuple, groups))

    def _parts_of(self, arc: Arc) -> list[Arc]:
        """Cut one phrase."""
        bar_ticks = self.score.meter_at(arc.start_tick).bar_ticks
        length_bars = (arc.end_tick - arc.start_tick) / bar_ticks
        if length_bars < LONG_PHRASE_BARS:
            return [arc]
        if length_bars <= LONGEST_HALVED_BARS:
            cuts = [math.floor(length_bars / 2 + 0.5)]
        else:
            cuts = list(range(4, math.ceil(length_bars - 1.5), 4))  # a rest of a bar and a half is no group
        edges = [arc.start_tick, *(arc.start_tick + cut * bar_ticks for cut in cuts), arc.end_tick]
        parts = [self._arc(start, end) for start, end in pairwise(edges)]
        return [*parts[:-1], replace(parts[-1], weight=arc.weight)]

    def _arc(self, start_tick: int, end_tick: int) -> Arc:
        onsets = self.point_tick[self.onset_points]
        index = int(np.searchsorted(onsets, end_tick, side="left")) - 1
        return Arc(start_tick, end_tick, max(int(onsets[index]), start_tick) if index >= 0 else start_tick)

    @cached_property
    def section_starts(self) -> tuple[tuple[str, int], ...]:
        """(id, start tick) of the section of each point; ("", 0) outside of sections. [point]"""
        found = (span_at(self.outline.sections, int(tick)) for tick in self.point_tick)
        return tuple((section.id, section.start_tick) if section else ("", 0) for section in found)

    @cached_property
    def melody(self) -> IntArray:
        """The notes of the top line in their order: of each chord the highest that no held note lies above. [melody]"""
        tops = np.flatnonzero(self.is_top & ~self.is_grace)
        _, first = np.unique(self.onset_tick[tops], return_index=True)
        line: IntArray = tops[first]
        return line

    @cached_property
    def is_bottom(self) -> BoolArray:
        """Whether no lower note sounds at its onset, in any part. [note]"""
        return _tops(self.onset_tick, self.end_tick, -self.pitch, self.is_grace)

    @cached_property
    def beats(self) -> IntArray:
        """(start, end) of each whole beat of the bars. [beat, 2]"""
        rows = []
        for bar in self.score.bars:
            length = bar.meter.beat_ticks
            first = bar.onset_tick + -bar.lead_tick % length
            rows += [(tick, tick + length) for tick in range(first, bar.end_tick - length + 1, length)]
        return np.array(rows, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def melody_ioi_sec(self) -> FloatArray:
        """Nominal seconds from each note of the top line to the next one; the last takes its length. [melody]"""
        onset_sec = self.point_sec[self.note_point[self.melody]]
        ends = np.append(onset_sec[1:], self.seconds_at(self.end_tick[self.melody[-1:]]))
        return ends - onset_sec

    @cached_property
    def rest_follows(self) -> BoolArray:
        """Whether each note of the top line ends before the next one begins; the last one does. [melody]"""
        line = self.melody
        return np.append(self.end_tick[line[:-1]] < self.onset_tick[line[1:]], np.ones(len(line[:1]), dtype=bool))

    def along_melody(self, per_note: FloatArray) -> FloatArray:
        """Return values of the top line's notes on all points: each holds until the next one, 0 before. [point]"""
        values = np.zeros(self.num_points)
        if len(self.melody):
            index = np.searchsorted(self.note_point[self.melody], np.arange(self.num_points), side="right") - 1
            values = np.where(index >= 0, per_note[np.maximum(index, 0)], 0.0)
        return values

    def seconds_at(self, ticks: npt.ArrayLike) -> FloatArray:
        """Return nominal seconds at `ticks`, same shape."""
        wanted = np.asarray(ticks, dtype=np.float64)
        index = np.maximum(np.searchsorted(self.point_tick, wanted, side="right") - 1, 0)
        return self.point_sec[index] + (wanted - self.point_tick[index]) / TICKS_PER_QUARTER * self.quarter_sec[index]

    def spread(self, per_onset: FloatArray) -> FloatArray:
        """Return values of onsets on all points: each holds until the next onset, 0 before the first. [point]"""
        values = np.zeros(self.num_points)
        if len(self.onset_points):
            index = np.searchsorted(self.onset_points, np.arange(self.num_points), side="right") - 1
            values = np.where(index >= 0, per_onset[np.maximum(index, 0)], 0.0)
        return values


def read(score: Score, outline: Outline) -> Reading:
    """Lay a score and its outline out as arrays.

    Raises:
        OptionError: a tempo that is not a positive number.
    """
    strikes = _strikes(score)
    columns = np.array(
        [(note.onset_tick, note.end_tick, note.pitch, part, note.is_grace) for part, note in strikes], dtype=np.int64
    ).reshape(-1, 5)
    onset_tick, end_tick, pitch, part, is_grace = columns.T
    grace = is_grace.astype(bool)
    point_tick = _points(score, outline, onset_tick, end_tick)
    quarter_sec = marked_quarter_secs(score, outline, point_tick)
    lengths = np.diff(point_tick) / TICKS_PER_QUARTER * quarter_sec[:-1]
    strength_of = {int(tick): score.strength_at(int(tick)) for tick in np.unique(onset_tick)} if score.bars else {}
    return Reading(
        score=score,
        outline=outline,
        strikes=strikes,
        onset_tick=onset_tick,
        end_tick=end_tick,
        pitch=pitch,
        part=part,
        is_grace=grace,
        is_top=_tops(onset_tick, end_tick, pitch, grace),
        strength=np.array([strength_of.get(int(tick), 0) for tick in onset_tick], dtype=np.int64),
        note_point=np.searchsorted(point_tick, onset_tick).astype(np.int64),
        next_on_key=_next_on_key(part, pitch),
        point_tick=point_tick,
        quarter_sec=quarter_sec,
        point_sec=np.concatenate([[0.0], np.cumsum(lengths)]),
        onset_points=np.searchsorted(point_tick, np.unique(onset_tick[~grace])).astype(np.int64),
    )


def _strikes(score: Score) -> tuple[tuple[int, Note], ...]:
    """Return one strike per part, onset and key (a grace is a strike of its own), by onset, then pitch."""
    longest: dict[tuple[int, int, int, bool], Note] = {}
    for part, note in score.notes():
        key = (part, note.onset_tick, note.pitch, note.is_grace)
        if key not in longest or note.duration_tick > longest[key].duration_tick:
            longest[key] = note
    rows = sorted(longest.items(), key=lambda row: (row[0][1], not row[0][3], row[0][2], row[0][0]))
    return tuple((key[0], note) for key, note in rows)


def _points(score: Score, outline: Outline, onset_tick: IntArray, end_tick: IntArray) -> IntArray:
    """Return the ticks at which the tempo may change."""
    ticks = {0, *map(int, onset_tick)}
    for bar in score.bars:
        ticks.update(range(bar.onset_tick - bar.lead_tick, bar.end_tick, bar.meter.beat_ticks))
    ticks.update(mark.tick for mark in score.tempos)
    ticks.update(tick for span in outline.tempos for tick in (span.start_tick, span.end_tick))
    held = np.isin(onset_tick, np.array(score.fermata_ticks, dtype=np.int64))
    ticks.update(map(int, end_tick[held]))
    return np.array(sorted(tick for tick in ticks if tick >= 0), dtype=np.int64)


def marked_quarter_secs(score: Score, outline: Outline, ticks: IntArray) -> FloatArray:
    """Return the marked length of a quarter at each tick: the Outline's where it knows one, else the last mark's."""
    mark_ticks = [mark.tick for mark in score.tempos]
    quarter_sec = np.zeros(len(ticks))
    for index, tick in enumerate(map(int, ticks)):
        span = span_at(outline.tempos, tick)
        mark = bisect.bisect_right(mark_ticks, tick) - 1
        beat_bpm = span.beat_bpm if span else score.tempos[mark].beat_bpm if mark >= 0 else DEFAULT_BEAT_BPM
        if not (math.isfinite(beat_bpm) and beat_bpm > 0):
            place = Place(score.title or "<score>", detail=f"tick {tick}")
            raise OptionError(f"a tempo of {beat_bpm} beats a minute", place=place, mend="a tempo is greater than 0")
        quarter_sec[index] = 60.0 / beat_bpm / (score.meter_at(tick).beat_quarters if score.bars else 1.0)
    return quarter_sec


def _tops(onset_tick: IntArray, end_tick: IntArray, pitch: IntArray, is_grace: BoolArray) -> BoolArray:
    """Return whether each note is the highest of all that sound at its onset. [note]"""
    tops = np.zeros(len(pitch), dtype=bool)
    sounding: list[tuple[int, int]] = []  # (end, pitch) of notes that may still sound
    index = 0
    while index < len(pitch):
        stop = index
        while stop < len(pitch) and onset_tick[stop] == onset_tick[index]:
            stop += 1
        sounding = [(end, height) for end, height in sounding if end > onset_tick[index]]
        sounding += [(int(end_tick[i]), int(pitch[i])) for i in range(index, stop) if not is_grace[i]]
        highest = max((height for _, height in sounding), default=LOWEST)
        tops[index:stop] = pitch[index:stop] >= highest
        index = stop
    return tops


def _next_on_key(part: IntArray, pitch: IntArray) -> IntArray:
    """Return the index of the next strike of the same key of the same part, or -1. [note]"""
    following = np.full(len(pitch), -1, dtype=np.int64)
    upcoming: dict[tuple[int, int], int] = {}
    for index in range(len(pitch) - 1, -1, -1):
        key = (int(part[index]), int(pitch[index]))
        following[index] = upcoming.get(key, -1)
        upcoming[key] = index
    return following
