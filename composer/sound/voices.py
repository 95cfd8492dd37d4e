"""From a Performance to voices: which tone begins at which frame, when it is let go, how loud on each side.

What it is: programs of the score's parts find their presets, pedals hold what they hold, several players sit side by
side. A string that is struck again stops what it sounded before.

Conventions: frames at `RATE_HZ` from the performance's time 0; what would begin before it begins there.

Contents: `Voice`, `voices_of`.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from composer.performance import PedalEvent, Performance, PlayedNote
from composer.score import Part
from composer.sound.envelope import RATE_HZ, length_frames
from composer.sound.instruments import instrument_of, is_keyboard
from composer.sound.regions import Region, Struck
from composer.sound.soundfont import SoundFont

WIDTH = 0.45  # the outermost players of an ensemble sit so far to the side, of 1
_CENTRE = 1 / math.sqrt(2)


@dataclass(frozen=True)
class Voice:
    """A region that sounds.

    Attributes:
        region: what.
        onset_frame: when it begins.
        release_frame: when it is let go, counted from its beginning.
        end_frame: when it is silent.
        left, right: factors.
        hall: the share that is sent into the hall.
    """

    region: Region
    onset_frame: int
    release_frame: int
    end_frame: int
    left: float
    right: float
    hall: float


def voices_of(performance: Performance, font: SoundFont) -> list[Voice]:
    """Return all voices of a performance, by their onsets.

    Raises:
        SoundFontError: the font cannot be used.
    """
    parts = performance.score.parts
    played = [instrument_of(part.program, font.presets) for part in parts]
    struck = [Struck(font, font.presets[choice.preset]) for choice in played]
    seats = seats_of(parts)
    voices: list[Voice] = []
    for note, let_go_sec in _let_go(performance):
        instrument = struck[note.part]
        onset_sec = max(0.0, note.onset_sec)
        onset, release = round(onset_sec * RATE_HZ), max(1, round((let_go_sec - onset_sec) * RATE_HZ))
        velocity = min(max(note.velocity, 1), 127)
        for region in instrument.regions(min(max(note.note.pitch, 0), 127), velocity):
            left, right = _sides(region.pan, seats[note.part])
            end = onset + length_frames(region.envelope, release)
            voices.append(
                Voice(region, onset, release, end, left * region.gain, right * region.gain, played[note.part].hall)
            )
    return sorted(voices, key=lambda voice: voice.onset_frame)


def seats_of(parts: Sequence[Part]) -> tuple[float, ...]:
    """Return where each part sits, -1 left .. 1 right: keyboards in the middle, others in a row from left to right."""
    row = [index for index, part in enumerate(parts) if not is_keyboard(part.program)]
    seats = [0.0] * len(parts)
    if len(row) > 1:
        for place, index in enumerate(row):
            seats[index] = WIDTH * (2 * place / (len(row) - 1) - 1)
    return tuple(seats)


def _sides(pan: float, seat: float) -> tuple[float, float]:
    """Return the factors of both sides, of equal power everywhere; 1 in the middle."""
    angle = (min(max(pan + seat, -1.0), 1.0) + 1) * math.pi / 4
    return math.cos(angle) / _CENTRE, math.sin(angle) / _CENTRE


def _let_go(performance: Performance) -> Iterable[tuple[PlayedNote, float]]:
    """Give each note and the second at which it begins to fade: key and pedal are up, or the key is struck again."""
    end_sec = performance.duration_sec
    pedals: dict[int, list[PedalEvent]] = defaultdict(list)
    for event in sorted(performance.pedal, key=lambda event: event.time_sec):
        pedals[event.part].append(event)
    times = {part: [event.time_sec for event in events] for part, events in pedals.items()}
    ups = {part: [event.time_sec for event in events if not event.is_down] for part, events in pedals.items()}
    strokes: dict[tuple[int, int], list[float]] = defaultdict(list)
    for note in performance.notes:
        strokes[note.part, note.note.pitch].append(note.onset_sec)
    for onsets in strokes.values():
        onsets.sort()
    for note in performance.notes:
        key_up_sec = note.onset_sec + note.duration_sec
        let_go_sec = key_up_sec
        before = bisect.bisect_right(times.get(note.part, []), key_up_sec)
        if before and pedals[note.part][before - 1].is_down:
            let_go_sec = _next(ups[note.part], key_up_sec, end_sec)
            let_go_sec = min(let_go_sec, _next(strokes[note.part, note.note.pitch], key_up_sec, let_go_sec))
        yield note, let_go_sec


def _next(times_sec: Sequence[float], after_sec: float, otherwise_sec: float) -> float:
    """Return the first of rising times that is not before another one."""
    index = bisect.bisect_left(times_sec, after_sec)
    return times_sec[index] if index < len(times_sec) else otherwise_sec
