"""Bring a mixture to the loudness of a recording: measure it, then one gain and a soft limiter.

What it is: integrated loudness after ITU-R BS.1770-5 (two filters, blocks of 400 ms, two gates; our blocks do not
overlap), a gain that takes it to `TARGET_LUFS`, and a limiter that looks ahead and bows to single peaks by
`MOST_LIMITING_DB` at most; where that would not do, the whole stays softer.

Conventions: sound is float32 [channel, frame] at `RATE_HZ`; levels in dB of full scale (LUFS for loudness).

Contents: `Meter`, `Master`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from composer.sound.envelope import RATE_HZ
from composer.sound.hall import Stereo

TARGET_LUFS = -18.0
CEILING_DB = -1.0  # of the loudest frame; what MP3 and Vorbis change stays below full scale
MOST_LIMITING_DB = 4.0
MOST_GAIN_DB = 40.0  # silence stays silence
_GATE_FRAMES = 17_640  # 400 ms
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_PEAK_FRAMES = 64  # the limiter's step
_REACH_STEPS = 30  # it looks 43 ms ahead and back
# The filters of BS.1770 at 48 kHz: (b0, b1, b2, a1, a2).
_SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
_HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
_FILTERS_RATE_HZ = 48_000


class Meter:
    """Measures loudness and peaks of what it is fed, block by block."""

    def __init__(self) -> None:
        hz = np.arange(_GATE_FRAMES // 2 + 1, dtype=np.float64) * (RATE_HZ / _GATE_FRAMES)
        # Twice, for the half of the spectrum that rfft leaves out; Parseval's theorem makes it the mean square.
        self._weights = 2.0 * (_response(_SHELF, hz) * _response(_HIGH_PASS, hz)) ** 2 / _GATE_FRAMES**2
        self._rest: Stereo = np.zeros((2, 0), np.float32)
        self._powers: list[NDArray[np.float64]] = []
        self._peaks: list[NDArray[np.float32]] = []

    def add(self, block: Stereo) -> None:
        """Measure a block; its length must be a multiple of 64 frames, but for the last one."""
        pad = -block.shape[1] % _PEAK_FRAMES
        sides = np.pad(np.abs(block).max(axis=0), (0, pad))
        self._peaks.append(sides.reshape(-1, _PEAK_FRAMES).max(axis=1))
        sound = np.concatenate([self._rest, block], axis=1)
        whole = sound.shape[1] // _GATE_FRAMES * _GATE_FRAMES
        self._measure(sound[:, :whole])
        self._rest = sound[:, whole:]

    def _measure(self, sound: Stereo) -> None:
        if sound.shape[1]:
            spectra = np.fft.rfft(sound.reshape(2, -1, _GATE_FRAMES))  # [channel, block, bin]
            power = spectra.real.astype(np.float64) ** 2 + spectra.imag.astype(np.float64) ** 2
            self._powers.append((power @ self._weights).sum(axis=0))

    @property
    def loudness_lufs(self) -> float:
        """The integrated loudness; -inf for silence."""
        rest = np.pad(self._rest, ((0, 0), (0, -self._rest.shape[1] % _GATE_FRAMES)))
        if not self._powers and rest.shape[1]:  # a piece of less than a block
            self._measure(rest)
            self._rest = self._rest[:, :0]
        powers = np.concatenate(self._powers) if self._powers else np.zeros(0)
        heard = powers[_lufs(powers) > _ABSOLUTE_GATE_LUFS]
        if not len(heard):
            return -np.inf
        heard = heard[_lufs(heard) > _lufs(heard.mean()) + _RELATIVE_GATE_LU]
        return float(_lufs(heard.mean()))

    @property
    def peaks(self) -> NDArray[np.float32]:
        """The loudest frame of each 64."""
        return np.concatenate(self._peaks) if self._peaks else np.zeros(0, np.float32)


class Master:
    """The gain at each frame, from what a Meter has measured."""

    def __init__(self, meter: Meter) -> None:
        peaks = meter.peaks.astype(np.float64)
        peak_db = 20.0 * np.log10(max(float(peaks.max(initial=0.0)), 1e-9))
        gain_db = min(TARGET_LUFS - meter.loudness_lufs, CEILING_DB - peak_db + MOST_LIMITING_DB, MOST_GAIN_DB)
        self.gain_db = float(gain_db)
        gain = 10.0 ** (gain_db / 20.0)
        needed = np.minimum(1.0, 10.0 ** (CEILING_DB / 20.0) / np.maximum(gain * peaks, 1e-9))  # [step]
        reach = _REACH_STEPS
        lowest = np.lib.stride_tricks.sliding_window_view(np.pad(needed, 2 * reach, mode="edge"), 2 * reach + 1)
        # The mean of minima round a place is never above what that place needs.
        smooth = np.convolve(lowest.min(axis=1), np.full(reach, 1.0 / reach), mode="valid")
        middle = (len(smooth) - len(needed)) // 2
        self._edges = gain * smooth[middle : middle + len(needed) + 1]  # [step + 1]

    def applied(self, block: Stereo, first: int) -> Stereo:
        """Return a block at its final loudness.

        Args:
            block: the mixture from frame `first` on.
            first: a multiple of 64.
        """
        frames = np.arange(first, first + block.shape[1])
        steps = first // _PEAK_FRAMES + np.arange(-(-block.shape[1] // _PEAK_FRAMES) + 1)
        edges = self._edges[np.minimum(steps, len(self._edges) - 1)]
        gains = np.interp(frames, steps * _PEAK_FRAMES, edges).astype(np.float32)
        found: Stereo = block * gains
        return found


def _response(filter_48k: tuple[float, ...], hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of a filter's response at each frequency."""
    b0, b1, b2, a1, a2 = filter_48k
    back = np.exp(-2j * np.pi * hz / _FILTERS_RATE_HZ)
    size: NDArray[np.float64] = np.abs((b0 + b1 * back + b2 * back**2) / (1 + a1 * back + a2 * back**2))
    return size


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    level: NDArray[np.float64] = -0.691 + 10.0 * np.log10(np.maximum(power, 1e-20))
    return level
