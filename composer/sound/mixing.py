"""Mix the voices of a performance, block by block, with the hall's answer.

What it is: memory is that of a few blocks, whatever the length. Two threads share the voices by their samples (numpy
lets them run side by side); which voice is whose does not depend on the machine, and sums are made in one order, so
that the same voices give the same bytes.

Contents: `mixed_blocks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import numpy as np

from composer.sound.envelope import levels
from composer.sound.hall import BLOCK_FRAMES, Hall, Stereo
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
    hall = Hall()
    lanes = _lanes(voices)
    tones = [Tones(font) for _ in lanes]
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
            for buses in pool.map(_sum, sounding, tones, repeat(first)):
                for share, bus in buses.items():
                    dry += bus
                    sent += bus * np.float32(share)
            block = dry + hall.answered(sent)
            yield block[:, : end - first]


def _lanes(voices: Sequence[Voice]) -> list[list[Voice]]:
    """Deal out voices by their samples, so that each lane sounds about as long; each is still sorted."""
    frames: Counter[int] = Counter()
    for voice in voices:
        frames[voice.region.tone.sample] += voice.end_frame - voice.onset_frame
    loads = [0] * _LANES
    lane_of = {}
    for sample, load in sorted(frames.items(), key=lambda item: (-item[1], item[0])):
        lane_of[sample] = loads.index(min(loads))
        loads[lane_of[sample]] += load
    return [[voice for voice in voices if lane_of[voice.region.tone.sample] == lane] for lane in range(_LANES)]


def _sum(voices: Sequence[Voice], tones: Tones, first: int) -> Buses:
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
