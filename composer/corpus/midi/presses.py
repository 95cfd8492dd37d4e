"""The keys of a MIDI file as they were pressed, in seconds: what a performance is before one knows its score."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from itertools import accumulate, pairwise

from composer.corpus.midi.links import DRUM_CHANNEL
from composer.corpus.midi.smf import Smf, parse_smf

USUAL_QUARTER_USEC = 500_000  # until a file says another tempo
SHORTEST_SEC = 0.005


@dataclass(frozen=True, order=True)
class KeyPress:
    """A key goes down and up.

    Attributes:
        onset_sec, duration_sec: > 0 the length.
        pitch: MIDI number.
        velocity: 1..127.
        track: of the file.
    """

    onset_sec: float
    pitch: int
    duration_sec: float
    velocity: int
    track: int = 0


def key_presses(data: bytes, source: str) -> tuple[KeyPress, ...]:
    """Return the notes of a MIDI file but its drums, by their beginnings; its tempo map gives the seconds.

    Raises:
        MusicFileError: not a MIDI file, or no note in it.
    """
    smf = parse_smf(data, source)
    clock = _Clock(smf)
    presses = []
    for index, track in enumerate(smf.tracks):
        for note in track.notes:
            if note.channel != DRUM_CHANNEL:
                onset_sec = clock.seconds(note.onset_tick)
                length_sec = max(clock.seconds(note.end_tick) - onset_sec, SHORTEST_SEC)
                presses.append(KeyPress(onset_sec, note.pitch, length_sec, min(max(note.velocity, 1), 127), index))
    return tuple(sorted(presses))


class _Clock:
    """Seconds of file ticks."""

    def __init__(self, smf: Smf) -> None:
        tempos = dict(sorted(smf.tempos, key=lambda row: row[0]))  # the last of a tick counts
        tempos.setdefault(0, USUAL_QUARTER_USEC)
        self._ticks = sorted(tempos)
        self._tick_sec = [tempos[tick] / 1e6 / smf.quarter_ticks for tick in self._ticks]
        lengths = (
            (other - one) * tick_sec
            for (one, other), tick_sec in zip(pairwise(self._ticks), self._tick_sec, strict=False)
        )
        self._starts_sec = list(accumulate(lengths, initial=0.0))

    def seconds(self, tick: int) -> float:
        index = bisect.bisect_right(self._ticks, tick) - 1
        return self._starts_sec[index] + (tick - self._ticks[index]) * self._tick_sec[index]
