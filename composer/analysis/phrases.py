"""Phrases: where they begin and end, and with what cadence.

Method: fermatas decide where they stand at the end of every phrase. Elsewhere each place where a phrase might begin
gets a weight from what went before (rests, long notes, a stop in all voices, a cadence, a fermata) and what follows
(the opening of the piece again, its place in the bar, repeat signs), and the best chain of phrases under a preference
for usual lengths is found exactly. After Temperley (2001), chapter 3, and Lerdahl and Jackendoff (1983), with harmony
added.

Conventions: phrases run from upbeat to upbeat and cover the piece; the last one ends with it.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.analysis.cadences import cadence_at, is_plain_dominant, is_tonic
from composer.analysis.frames import Floats
from composer.analysis.hands import is_single_line, melody_line
from composer.analysis.similarity import likeness_matrix
from composer.outline import ChordSpan, PhraseSpan
from composer.score import Note, Score
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER

_MIN_FERMATAS = 2  # fewer are ornaments of the end
_MAX_FERMATA_BARS = 16.0  # between fermatas that mark phrases; where they are rarer, they are mere stops
_FERMATA_WEIGHT = 3.0  # a fermata before it, where they are rare
_CERTAIN = 6.0  # a repeat sign, a double bar with a new signature

# Weights of a place where a phrase may begin.
_REST_WEIGHT = 1.6  # the melody rests before it (by beats, at most one)
_SILENCE_WEIGHT = 1.2  # all voices rest before it
_LONG_NOTE_WEIGHT = 1.5  # for each doubling of the last melody note against the piece's median, at most two
_STOP_WEIGHT = 1.8  # for each doubling of the time since anything was struck, at most two
_AUTHENTIC_WEIGHT = 3.0  # V-I in root position before it
_IMPERFECT_WEIGHT = 1.0  # another tonic after a dominant
_HALF_WEIGHT = 1.1  # a root-position V before it
_TONIC_WEIGHT = 0.5  # a tonic before it, however reached
_NO_CADENCE_WEIGHT = -0.7
_STRONG_ARRIVAL_WEIGHT = 0.8  # the last chord begins on a strong beat
_PLACE_WEIGHT = 1.1  # it begins at the same place of the bar as the piece
_OFF_PLACE_WEIGHT = -1.2  # another beat; twice that off the beat
_FOUR_BARS_WEIGHT = 0.7  # four, eight … bars after the first
_RETURN_WEIGHT = 1.5  # times the likeness of its first bar to the piece's first bar
_OPENS_ON_TONIC_WEIGHT = 0.9  # the first chord is a tonic in root position
# Log-preference of lengths in bars, interpolated; a bar counts as half where it is short (2/4, 3/8). Sung lines are
# short.
_LENGTHS = (
    (1.0, -9.0), (2.0, -2.8), (3.0, -1.8), (4.0, 0.0), (5.0, -0.9), (6.0, -0.4), (8.0, 0.6), (12.0, -0.4), (16.0, -1.6),
    (24.0, -8.0),
)  # fmt: skip
_SUNG_LENGTHS = (
    (0.4, -8.0), (1.0, -4.0), (2.0, -1.0), (3.0, -0.9), (4.0, 0.0), (6.0, -0.7), (8.0, -0.6), (12.0, -2.5),
    (24.0, -9.0),
)  # fmt: skip
_MIN_SUNG_PARTS = 3  # single lines, from which music is taken for sung
_HYPERMETER_BARS = 4
_WINDOW_BARS = 24  # the longest phrase that is considered
_SHORT_BAR_QUARTERS = 2.0  # inclusive: bars up to this length count as half


def divide_phrases(score: Score, chords: Sequence[ChordSpan], *, use_fermatas: bool = True) -> tuple[PhraseSpan, ...]:
    """Find the phrases of a score whose chords are known.

    Args:
        score: any score.
        chords: its chords, sorted (`harmony.analyse_harmony`).
        use_fermatas: False leaves them out of account, to measure the finder.

    Returns:
        Phrases from tick 0 to the end; empty for a score without notes.
    """
    melody = melody_line(score)
    if not melody:
        return ()
    if not use_fermatas:
        score = replace(score, fermata_ticks=())
    starts = fermata_starts(score)
    if not starts:
        starts = _best_starts(_gather(score, chords, melody))
    spans: list[PhraseSpan] = []
    for start, end in zip([0, *starts], [*starts, score.end_tick], strict=True):
        kind, tick = _cadence(chords, melody, start, end)
        spans.append(PhraseSpan(start, end, kind, tick))
    return tuple(spans)


def fermata_starts(score: Score) -> list[int]:
    """Return where phrases begin after fermatas: at the melody's next note; none where fermatas don't mark phrases."""
    if len(score.fermata_ticks) < _MIN_FERMATAS:
        return []
    starts = _after_fermatas(score)
    places = [_position(score, tick) for tick in (0, *starts, score.end_tick)]
    marked = all(right - left <= _MAX_FERMATA_BARS for left, right in itertools.pairwise(places))
    return starts if marked else []


def _after_fermatas(score: Score) -> list[int]:
    """Return the onsets of the melody's notes that follow one with a fermata."""
    melody = melody_line(score)
    onsets = [note.onset_tick for note in melody]
    starts: set[int] = set()
    for tick in score.fermata_ticks:
        under = bisect.bisect_right(onsets, tick) - 1
        if under < 0:
            continue
        if melody[under].end_tick <= tick or under + 1 >= len(melody):
            continue  # a fermata over a rest, or the last one
        starts.add(melody[under + 1].onset_tick)
    return sorted(tick for tick in starts if 0 < tick < score.end_tick)


def _cadence(
    chords: Sequence[ChordSpan], melody: Sequence[Note], start: int, end: int
) -> tuple[Cadence | None, int | None]:
    """Return the cadence of a phrase: at the chord under its last melody note."""
    inside = [note for note in melody if start <= note.onset_tick < end]
    last_tick = inside[-1].onset_tick if inside else end - 1
    places = [place for place, span in enumerate(chords) if start <= span.start_tick < end]
    if not places:
        return None, None
    # A suspension resolves under the last note: the chord that sounds when the note ends.
    note_end = min(end, inside[-1].end_tick) if inside else end
    under = [place for place in places if chords[place].start_tick < note_end] or places[:1]
    kind, tick = cadence_at(chords, under[-1], melody, end_tick=end)
    if kind is Cadence.NONE:
        # Voices may move on under a held last note; then the chord at its onset is the cadence's.
        earlier = [place for place in places if chords[place].start_tick <= last_tick]
        if earlier:
            other, other_tick = cadence_at(chords, earlier[-1], melody, end_tick=end)
            if other is not Cadence.NONE:
                return other, max(start, other_tick)
    return kind, max(start, tick)


@dataclass(frozen=True)
class _Piece:
    """What the weights are read from, gathered once."""

    score: Score
    chords: Sequence[ChordSpan]
    melody: Sequence[Note]
    melody_onsets: list[int]
    onsets: list[int]  # of all voices
    median_length: float  # of a melody note, ticks
    median_stop: float  # between onsets, ticks
    first_bar: int  # index of the first whole bar
    likeness: Floats  # [bar] to the first whole bar
    stops: set[int]  # what follows a fermata
    certain: set[int]  # repeats and new signatures


def _gather(score: Score, chords: Sequence[ChordSpan], melody: Sequence[Note]) -> _Piece:
    onsets = sorted({note.onset_tick for _, note in score.notes() if not note.is_grace})
    first_bar = next((index for index, bar in enumerate(score.bars) if bar.number > 0), 0)
    repeats = {tick for repeat in score.repeats for tick in (repeat.start_tick, repeat.end_tick)}
    meters = {right.onset_tick for left, right in itertools.pairwise(score.bars) if left.meter != right.meter}
    return _Piece(
        score,
        chords,
        melody,
        [note.onset_tick for note in melody],
        onsets,
        float(np.median([note.duration_tick for note in melody])),
        float(np.median(np.diff(onsets))) if len(onsets) > 1 else 1.0,
        first_bar,
        likeness_matrix(score, rows=[first_bar])[0][0].astype(np.float64),
        set(_after_fermatas(score)),
        (repeats | meters | {tick for tick, _ in score.keys}) - {0},
    )


def _best_starts(piece: _Piece) -> list[int]:
    """Return the best chain of beginnings after the first, by dynamic programming over the places."""
    ticks = [
        tick
        for tick in piece.melody_onsets
        if tick > piece.melody_onsets[0] and (piece.score.strength_at(tick) >= 1 or tick in piece.certain)
    ]
    if not ticks:
        return []
    weights = np.array([_weight(piece, tick) for tick in ticks])
    # [place + 2]: the start of the piece, the places, its end; positions in bars.
    position = np.array([_position(piece.score, tick) for tick in (0, *ticks, piece.score.end_tick)])
    weights = np.array([0.0, *weights, 0.0])
    best = np.full(len(position), -np.inf)
    best[0] = 0.0
    back = np.zeros(len(position), dtype=np.int64)
    sung = len(piece.score.parts) >= _MIN_SUNG_PARTS and all(
        is_single_line(part) for part in piece.score.parts if part.notes
    )
    x, y = np.array(_SUNG_LENGTHS if sung else _LENGTHS).T
    for place in range(1, len(position)):
        left = int(np.searchsorted(position, position[place] - _WINDOW_BARS)) if place < len(position) - 1 else 0
        left = min(left, place - 1)
        total = best[left:place] + np.interp(position[place] - position[left:place], x, y)
        choice = int(total.argmax())
        best[place], back[place] = total[choice] + weights[place], left + choice
    starts: list[int] = []
    place = int(back[-1])
    while place > 0:
        starts.append(ticks[place - 1])
        place = int(back[place])
    return starts[::-1]


def _position(score: Score, tick: int) -> float:
    """Return a place in bars from the beginning, short bars counting as half."""
    index = score.bar_index_at(tick)
    bar = score.bars[index]
    size = 0.5 if bar.meter.bar_ticks <= _SHORT_BAR_QUARTERS * TICKS_PER_QUARTER else 1.0
    return size * (index + (tick - bar.onset_tick + bar.lead_tick) / bar.meter.bar_ticks)


def _weight(piece: _Piece, tick: int) -> float:
    """Return the weight of a place as the beginning of a phrase."""
    weight = _pause_weight(piece, tick) + _harmony_weight(piece, tick) + _place_weight(piece, tick)
    weight += _FERMATA_WEIGHT if tick in piece.stops else 0.0
    return weight + (_CERTAIN if tick in piece.certain else 0.0)


def _pause_weight(piece: _Piece, tick: int) -> float:
    """Return what rests and long notes before a place say."""
    beat = piece.score.meter_at(tick).beat_ticks
    before = piece.melody[bisect.bisect_left(piece.melody_onsets, tick) - 1]
    rest = max(0, tick - before.end_tick) / beat
    length = min(before.end_tick, tick) - before.onset_tick
    stop = tick - piece.onsets[bisect.bisect_left(piece.onsets, tick) - 1]
    return (
        _REST_WEIGHT * min(1.0, rest)
        + _LONG_NOTE_WEIGHT * min(2.0, max(-0.5, math.log2(max(1, length) / piece.median_length)))
        + _STOP_WEIGHT * min(2.0, max(-0.5, math.log2(stop / piece.median_stop)))
    )


def _harmony_weight(piece: _Piece, tick: int) -> float:
    """Return what the chord that sounds until a place says: an end is a tonic or a dominant, well reached."""
    index = bisect.bisect_left(piece.chords, tick, key=lambda span: span.start_tick) - 1
    if index < 0:
        return 0.0
    final = piece.chords[index]
    following = piece.chords[index + 1] if index + 1 < len(piece.chords) else final
    opens = following.start_tick == tick and is_tonic(following.chord) and following.chord.inversion == 0
    kind, arrival = cadence_at(piece.chords, index, piece.melody, end_tick=tick)
    weight = _OPENS_ON_TONIC_WEIGHT if opens else 0.0
    weight += _STRONG_ARRIVAL_WEIGHT if piece.score.strength_at(arrival) >= 3 else 0.0
    if kind in (Cadence.PAC, Cadence.IAC):
        return weight + (_AUTHENTIC_WEIGHT if kind is Cadence.PAC else _IMPERFECT_WEIGHT)
    if is_plain_dominant(final.chord) and kind is Cadence.HC:
        return weight + _HALF_WEIGHT
    if is_tonic(final.chord) and final.chord.inversion == 0:
        return weight + _TONIC_WEIGHT
    return _NO_CADENCE_WEIGHT


def _place_weight(piece: _Piece, tick: int) -> float:
    """Return what the place in the bar, the count of bars and a return of the opening say."""
    score = piece.score
    bar = score.bar_at(tick)
    opening = score.bars[0]
    place = (tick - bar.onset_tick + bar.lead_tick) % bar.meter.bar_ticks
    first = (piece.melody_onsets[0] - opening.onset_tick + opening.lead_tick) % opening.meter.bar_ticks
    if place == first:
        weight = _PLACE_WEIGHT
    elif place == 0:
        weight = 0.0
    else:
        weight = _OFF_PLACE_WEIGHT * (1 if place % bar.meter.beat_ticks == 0 else 2)
    # The bar that it begins is the next one when it is an upbeat.
    whole = score.bar_index_at(tick) + (1 if 2 * place > bar.meter.bar_ticks else 0)
    if whole < len(score.bars):
        weight += _RETURN_WEIGHT * float(piece.likeness[whole])
        if (whole - piece.first_bar) % _HYPERMETER_BARS == 0:
            weight += _FOUR_BARS_WEIGHT
    return weight
