"""Mix the voices of a performance, block by block, with the hall's answer.

What it is: memory is that of a few blocks, whatever the length. Two threads share the voices by their tones (numpy
lets them run side by side); which voice is whose does not depend on the machine, and sums are made in one order, so
that the same voices give the same bytes.

Contents: `mixed_blocks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from composer.sound.envelope import levels
from composer.sound.hall import BLOCK_FRAMES, Hall, Stereo
from composer.sound.regions import Tone
from composer.sound.soundfont import SoundFont
from composer.sound.tones import Tones
from composer.sound.voices import Voice

_LANES = 2
Buses = dict[float, Stereo]  # by the share that goes into the hall


def mixed_blocks(voices: Sequence[Voice], font: SoundFont) -> Iterator[Stereo]:
    """Give the mixture in blocks of `BLOCK_FRAMES`, until the hall is silent.

    Args:
        voices: by their onsets.
        font: of which they are.

    Raises:
        SoundFontError: a sample cannot be read.
    """
    hall, tones = Hall(), Tones(font)
    lane_of: dict[Tone, int] = {}
    lanes: list[list[Voice]] = [[] for _ in range(_LANES)]
    for voice in voices:
        lanes[lane_of.setdefault(voice.region.tone, len(lane_of) % _LANES)].append(voice)
    end = max((voice.end_frame for voice in voices), default=0) + hall.tail_frames
    sounding: list[list[Voice]] = [[] for _ in lanes]
    begun = [0] * len(lanes)
    with ThreadPoolExecutor(_LANES) as pool:
        for first in range(0, end, BLOCK_FRAMES):
            for index, lane in enumerate(lanes):
                upto = begun[index]
                while upto < len(lane) and lane[upto].onset_frame < first + BLOCK_FRAMES:
                    upto += 1
                still = [voice for voice in sounding[index] if voice.end_frame > first]
                sounding[index] = still + lane[begun[index] : upto]
                begun[index] = upto
            dry = np.zeros((2, BLOCK_FRAMES), np.float32)
            sent = np.zeros((2, BLOCK_FRAMES), np.float32)
            for buses in pool.map(lambda group: _lane(group, tones, first), sounding):  # noqa: B023 - used at once
                for share, bus in buses.items():
                    dry += bus
                    sent += bus * np.float32(share)
            block = dry + hall.answered(sent)
            yield block[:, : end - first]


def _lane(voices: Sequence[Voice], tones: Tones, first: int) -> Buses:
    """Return the sum of some voices from frame `first` on."""
    buses: Buses = {}
    for voice in voices:
        begin = max(first, voice.onset_frame)
        own_first, own_last = begin - voice.onset_frame, min(first + BLOCK_FRAMES, voice.end_frame) - voice.onset_frame
        if own_last <= own_first:
            continue
        region = voice.region
        wave = tones.wave(region.tone, region.brightness, own_first, own_last)
        if not len(wave):
            continue
        wave = wave * levels(region.envelope, voice.release_frame, own_first, own_first + len(wave))
        if voice.hall not in buses:
            buses[voice.hall] = np.zeros((2, BLOCK_FRAMES), np.float32)
        span = slice(begin - first, begin - first + len(wave))
        for side, factor in enumerate((voice.left, voice.right)):
            if factor > 1e-4:
                buses[voice.hall][side, span] += wave * np.float32(factor)
    return buses
