"""From a found harmony to its labels: inversions and passing sevenths, read from the notes.

What it is: the Viterbi path says root, quality and key; a stretch of one chord is cut here where its bass moves from
member to member, and where a dominant takes its seventh on the way to its tonic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.chords import members
from composer.analysis.frames import Frames
from composer.theory.harmony import Chord, name_chord
from composer.theory.key import Mode

_MIN_BASS_SHARE = 0.5  # of a frame, exclusive: less, and the bass is passing
_ON_BEAT_STRENGTH = 2  # of `Meter.strength`, inclusive
_MIN_SEVENTH_QUARTERS = 0.04  # weight of a seventh in a frame, from which it is there
_MIN_BROKEN_NOTES = 3  # bass notes that make a broken chord
_MIN_BROKEN_INTERVAL = 3.5  # semitones between them on average, inclusive
_FIFTH = 2  # the member that off the beat is taken for a passing bass


@dataclass(frozen=True)
class Stretch:
    """One root and quality over frames [start, stop), with the pitch class of its root and what follows it.

    Attributes:
        start, stop: frames.
        root: pitch class 0..11; quality: a name of `QUALITY_FIFTHS`.
        tonic: pitch class of the key; mode: of the key.
        next_root: pitch class of the next chord's root, or None at the end.
    """

    start: int
    stop: int
    root: int
    quality: str
    tonic: int
    mode: Mode
    next_root: int | None


def label(frames: Frames, stretch: Stretch) -> list[tuple[int, int, Chord]]:
    """Return (first frame, end frame, chord) of the parts of a stretch, each with one quality and one bass."""
    labels: list[tuple[int, int, Chord]] = []
    broken = _broken_bass(frames, stretch)
    qualities = _qualities(frames, stretch)
    if broken is not None:  # its notes come one by one: the last quality, which has the seventh, is that of the whole
        qualities = [(stretch.start, stretch.stop, qualities[-1][2])]
    for start, stop, quality in qualities:
        chord = members(stretch.root, quality)
        if broken is not None and broken in chord:
            parts = [(start, stop, chord.index(broken))]
        else:
            parts = _inversions(frames, start, stop, chord)
        for left, right, inversion in parts:
            named = name_chord((stretch.root - stretch.tonic) % 12, quality, inversion, stretch.mode)
            labels.append((left, right, named))
    return labels


def _broken_bass(frames: Frames, stretch: Stretch) -> int | None:
    """Return the pitch class that a broken chord stands on: its lowest note; None where the bass is a line.

    Broken: three or more bass notes, wide apart on average, none as long as half of the stretch.
    """
    start, end = frames.ticks[stretch.start], frames.ticks[stretch.stop]
    line = frames.bass_line
    onset = frames.notes.onset[line]
    inside = line[(onset >= start) & (onset < end)]
    if len(inside) < _MIN_BROKEN_NOTES:
        return None
    pitch = frames.notes.pitch[inside]
    length = frames.notes.end[inside] - frames.notes.onset[inside]
    if np.abs(np.diff(pitch)).mean() < _MIN_BROKEN_INTERVAL or 2 * length.max() >= end - start:
        return None
    return int(pitch.min()) % 12


def _qualities(frames: Frames, stretch: Stretch) -> list[tuple[int, int, str]]:
    """Split a dominant triad where its seventh enters and stays to the end."""
    whole = [(stretch.start, stretch.stop, stretch.quality)]
    resolves = stretch.next_root is not None and (stretch.next_root - stretch.root) % 12 in (5, 8, 9)
    if stretch.quality != "major" or not (resolves or (stretch.root - stretch.tonic) % 12 == 7):
        return whole
    seventh = (stretch.root + 10) % 12
    enters = stretch.stop
    while enters > stretch.start and frames.weight[enters - 1, seventh] >= _MIN_SEVENTH_QUARTERS:
        enters -= 1
    if enters == stretch.stop:
        return whole
    parts = [(stretch.start, enters, "major"), (enters, stretch.stop, "dominant7")]
    return [part for part in parts if part[0] < part[1]]


def _inversions(frames: Frames, start: int, stop: int, chord: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Return (first frame, end frame, inversion) of the stretches of one chord with one bass."""
    found: list[tuple[int, int, int]] = []
    for frame in range(start, stop):
        shares = [frames.bass[frame, pitch_class] for pitch_class in chord]
        member = shares.index(max(shares)) if max(shares) > _MIN_BASS_SHARE else -1
        off_beat = frames.strength[frame] < _ON_BEAT_STRENGTH
        passing = off_beat and (member == _FIFTH or not frames.strikes[frame])
        if found and (member in (-1, found[-1][2]) or passing):
            found[-1] = (found[-1][0], frame + 1, found[-1][2])
        elif found and found[-1][2] == -1:
            found[-1] = (found[-1][0], frame + 1, member)
        else:
            found.append((frame, frame + 1, member))
    return [(left, right, max(0, inversion)) for left, right, inversion in found]
