"""The hall: a synthesised stereo impulse response, and a convolution that goes on from block to block.

What it is: a few early reflections and then noise whose bands fade at their own rates (low ones slowly, high ones
soon), independent on the left and on the right, as in a good room for chamber music. Numbers are drawn from a fixed
seed: the same hall each time.

Source: J. A. Moorer, "About This Reverberation Business" (Computer Music Journal 3/2, 1979): decaying noise comes
nearest to a concert hall; reverberation times by frequency as measured in small halls.

Contents: `Hall`, `impulse_response`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from composer.sound.envelope import RATE_HZ

Stereo = NDArray[np.float32]  # [channel, frame]

_SEED = 1979
# Upper edge of a band in Hz, its reverberation time (a fall of 60 dB) in seconds, its level.
_BANDS = ((250.0, 2.0, 0.8), (1_000.0, 1.8, 1.0), (2_500.0, 1.5, 0.9), (6_000.0, 1.0, 0.7), (12_000.0, 0.6, 0.4))
_PREDELAY_SEC = 0.018
_BUILD_UP_SEC = 0.030  # until the reverberation is dense
_FADED_DB = 70.0  # where it is cut off
_LOWEST_HZ = 60.0
_REFLECTIONS = 8  # early ones, on each side
_EARLY_SEC = 0.07  # when they are over
_EARLY_LEVEL = 12.0  # of the first, beside the noise
_FADE_SEC = 0.2  # the end goes down to nothing
BLOCK_FRAMES = 2**17
_FFT_FRAMES = 2**18


def impulse_response() -> Stereo:
    """Return what the hall answers to a click; float32 [channel, frame], of energy 1 on each side."""
    longest_sec = max(decay_sec for _, decay_sec, _ in _BANDS) * _FADED_DB / 60.0
    num_frames = int(longest_sec * RATE_HZ)
    generator = np.random.Generator(np.random.PCG64(_SEED))
    time_sec = np.arange(num_frames) / RATE_HZ
    hz = np.arange(num_frames // 2 + 1, dtype=np.float64) * (RATE_HZ / num_frames)
    sides = []
    for _ in range(2):
        noise = np.fft.rfft(generator.random(num_frames) - 0.5)
        side = np.zeros(num_frames)
        low_hz = _LOWEST_HZ
        for high_hz, decay_sec, level in _BANDS:
            side += (
                level * np.fft.irfft(noise * _band(hz, low_hz, high_hz), num_frames) * 10 ** (-3 * time_sec / decay_sec)
            )
            low_hz = high_hz
        side *= np.clip(time_sec / _BUILD_UP_SEC, 0.0, 1.0)
        early = _EARLY_LEVEL * np.sqrt(np.mean(side[: RATE_HZ // 10] ** 2))
        for _ in range(_REFLECTIONS):
            at_sec = _EARLY_SEC * generator.random()
            sign = 1.0 if generator.random() < 0.5 else -1.0
            side[int(at_sec * RATE_HZ)] += sign * early * 10 ** (-at_sec / _EARLY_SEC)
        sides.append(np.concatenate([np.zeros(int(_PREDELAY_SEC * RATE_HZ)), side]))
    response = np.stack(sides)
    left_sec = (response.shape[1] - np.arange(response.shape[1])) / RATE_HZ
    response *= np.clip(left_sec / _FADE_SEC, 0.0, 1.0)
    response /= np.sqrt((response**2).sum(axis=1, keepdims=True))
    return response.astype(np.float32)


def _band(hz: NDArray[np.float64], low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Return the share of each frequency in a band; neighbours overlap by a third of an octave and add up to 1."""

    def below(edge_hz: float) -> NDArray[np.float64]:
        octaves = np.log2(np.maximum(hz, 1.0) / edge_hz)
        return np.clip(0.5 - octaves * 1.5, 0.0, 1.0)

    return below(high_hz) - below(low_hz)


class Hall:
    """A convolution with the impulse response, block after block; its tail is carried over."""

    def __init__(self) -> None:
        response = impulse_response()
        self.tail_frames = response.shape[1]
        assert self.tail_frames <= _FFT_FRAMES - BLOCK_FRAMES  # else the transform would wrap round
        self._response = np.fft.rfft(response, _FFT_FRAMES)
        self._tail = np.zeros((2, _FFT_FRAMES - BLOCK_FRAMES), np.float32)

    def answered(self, block: Stereo) -> Stereo:
        """Return what the hall sounds during a block that is fed into it now.

        Args:
            block: float32 [2, `BLOCK_FRAMES`].
        """
        spectrum = np.fft.rfft(block, _FFT_FRAMES)
        # A source on one side is heard from both.
        crossed = spectrum * np.float32(0.8) + spectrum[::-1] * np.float32(0.2)
        wet = np.fft.irfft(crossed * self._response, _FFT_FRAMES).astype(np.float32)
        wet[:, : self._tail.shape[1]] += self._tail
        self._tail = wet[:, BLOCK_FRAMES:]
        return wet[:, :BLOCK_FRAMES]
