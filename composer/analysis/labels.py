"""From a found harmony to its labels: inversions and passing sevenths, read from the notes.

What it is: the Viterbi path says root, quality and key; a stretch of one chord is cut here where its bass moves from
member to member, and where a dominant takes its seventh on the way to its tonic.
"""

from __future__ import annotations

from dataclasses import dataclass

from composer.analysis.chords import members
from composer.analysis.frames import Frames
from composer.theory.harmony import Chord, name_chord
from composer.theory.key import Mode

_MIN_BASS_SHARE = 0.5  # of a frame, exclusive: less, and the bass is passing
_ON_BEAT_STRENGTH = 2  # of `Meter.strength`, inclusive
_MIN_SEVENTH_QUARTERS = 0.04  # weight of a seventh in a frame, from which it is there
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
    for start, stop, quality in _qualities(frames, stretch):
        for left, right, inversion in _inversions(frames, start, stop, members(stretch.root, quality)):
            chord = name_chord((stretch.root - stretch.tonic) % 12, quality, inversion, stretch.mode)
            labels.append((left, right, chord))
    return labels


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
