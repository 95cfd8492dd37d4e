"""The waveforms of tones: samples brought to their pitch, through their filter, as long as they are needed.

What it is: a sample is doubled in rate through its spectrum, which also holds the low pass (without delay, so that the
bright and the dark form of one tone can be mixed) and keeps out what would be aliased; then read at its pitch with
cubic interpolation, round its loop as often as needed. A tone sounds the same at each stroke, so what was made once is
kept, up to a budget.

Conventions: waveforms are float32 at `RATE_HZ`, mono, full scale 1; frames are counted from the stroke.

Contents: `Tones`.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.errors import SoundFontError
from composer.sound.envelope import RATE_HZ
from composer.sound.regions import Tone
from composer.sound.soundfont import MAX_SAMPLE_FRAMES, SoundFont

Wave = NDArray[np.float32]

KEPT_SEC = 12.0  # of each tone; what lasts longer is made each time
KEPT_BYTES = 2**27  # of all that is kept
_GROWTH_FRAMES = 2**15  # a tone is made in multiples of this
_PAD_FRAMES = 512  # about the doubled sample, for the filter's ends
_WRAP_FRAMES = 512  # of the loop, once more behind its end, for filter and interpolation
_FADE_FRAMES = 256  # at the end of what is read
_EDGE = 0.92  # of the sample's own highest frequency; from there on it is faded out, which keeps the filter short
_MOST = np.float32(2.0)  # Vorbis may go a little over full scale
_TOP_HZ, _CLOSED_HZ = 18_500.0, 21_500.0  # what lies between is faded out: it would be aliased
_MOST_SWING_CENTS = 200.0  # the integral of the vibrato is that of small swings


@dataclass(frozen=True)
class _Source:
    """A doubled and filtered sample, ready to be read.

    Attributes:
        bright, dark: with the filter of the loudest and the softest stroke; the same where there is none.
        end: behind its last frame; the arrays are longer.
        loop: as the tone's, in doubled frames.
    """

    bright: Wave
    dark: Wave
    end: float
    loop: tuple[float, float] | None


class Tones:
    """The tones of a sound font; not for several threads at once.

    Args:
        font: where samples are from.
    """

    def __init__(self, font: SoundFont) -> None:
        self._font = font
        self._kept: OrderedDict[object, tuple[Wave, ...]] = OrderedDict()
        self._bytes = 0

    def wave(self, tone: Tone, brightness: float, first: int, last: int) -> Wave:
        """Return a tone from frame `first` to before `last`; shorter where the sample ends.

        Args:
            tone: which.
            brightness: 0 dark .. 1 bright.
            first, last: frames since the stroke.

        Raises:
            SoundFontError: its sample cannot be read.
        """
        bright, dark = self._waves(tone, first, last)
        if bright is dark or brightness >= 1.0:
            return bright
        return dark + (bright - dark) * np.float32(brightness)

    def _waves(self, tone: Tone, first: int, last: int) -> tuple[Wave, Wave]:
        if last > KEPT_SEC * RATE_HZ:
            return self._made(tone, first, last)
        kept = self._get(("wave", tone))
        if kept is None or (len(kept[0]) < last and len(kept[0]) % _GROWTH_FRAMES == 0):  # else it ends there
            so_far = len(kept[0]) if kept else 0
            bright, dark = self._made(tone, so_far, -(-last // _GROWTH_FRAMES) * _GROWTH_FRAMES)
            is_one = bright is dark
            if kept:
                bright = np.concatenate([kept[0], bright])
                dark = bright if is_one else np.concatenate([kept[1], dark])
            kept = (bright, dark)
            self._put(("wave", tone), kept)
        bright = kept[0][first:last]
        return bright, bright if kept[0] is kept[1] else kept[1][first:last]

    def _made(self, tone: Tone, first: int, last: int) -> tuple[Wave, Wave]:
        """Return the bright and the dark form of a tone, read from its source."""
        source = self._source(tone)
        time_sec = np.arange(first, last, dtype=np.float64) / RATE_HZ
        place = 2.0 * tone.ratio * _swung(tone, time_sec)
        if source.loop is None:
            place = place[: np.searchsorted(place, source.end - 2.0)]
            time_sec = time_sec[: len(place)]
        else:
            loop_start, loop_end = source.loop
            late = int(np.searchsorted(place, loop_end))
            place[late:] = loop_start + np.mod(place[late:] - loop_start, loop_end - loop_start)
        bright = _read_at(source.bright, place)
        dark = bright if source.dark is source.bright else _read_at(source.dark, place)
        if tone.sway_db:
            since_sec = np.maximum(time_sec - tone.sway_delay_sec, 0.0)
            sway = 10.0 ** (tone.sway_db / 20.0 * np.sin(2.0 * np.pi * tone.sway_hz * since_sec))
            is_one = dark is bright
            bright = bright * sway.astype(np.float32)
            dark = bright if is_one else dark * sway.astype(np.float32)
        return bright, dark

    def _source(self, tone: Tone) -> _Source:
        sound = self._sample(tone.sample)
        end = min(tone.end, len(sound))
        loop = tone.loop if tone.loop and tone.loop[1] <= end else None
        if loop:
            once = sound[loop[0] : loop[1]]
            again = np.resize(once, _WRAP_FRAMES)  # goes round a loop that is shorter
            sound = np.concatenate([sound[tone.start : loop[1]], again])
        else:
            sound = sound[tone.start : end].copy()
        # A sample may stop before it is silent; and a sharp end would ring in the filter, back into the loop.
        fade = min(_FADE_FRAMES, len(sound))
        sound[len(sound) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        bright, dark = _doubled(sound, tone)
        return _Source(
            bright,
            dark,
            end=2.0 * len(sound),
            loop=(2.0 * (loop[0] - tone.start), 2.0 * (loop[1] - tone.start)) if loop else None,
        )

    def _sample(self, index: int) -> Wave:
        kept = self._get(index)
        if kept is None:
            sample = self._font.samples[index]
            content = self._font.sample_bytes(sample)
            if sample.is_vorbis:
                sound = _decoded(content, sample.name, self._font)
            else:
                sound = np.frombuffer(content, "<i2").astype(np.float32) / np.float32(32_768)
            kept = (sound,)
            self._put(index, kept)
        return kept[0]

    def _get(self, key: object) -> tuple[Wave, ...] | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _put(self, key: object, waves: tuple[Wave, ...]) -> None:
        self._bytes -= sum(wave.nbytes for wave in self._kept.pop(key, ()))
        self._kept[key] = waves
        self._bytes += sum(wave.nbytes for wave in waves)
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= sum(wave.nbytes for wave in oldest)


def _decoded(content: bytes, name: str, font: SoundFont) -> Wave:
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(content)) as stream:
            if stream.format != "OGG":
                raise SoundFontError(f'the sample "{name}" is no Vorbis stream', place=font.path)
            # In blocks: what a stream says of its own length may be anything.
            most = min(stream.frames, MAX_SAMPLE_FRAMES)
            blocks = [block[:, 0] for block in stream.blocks(2**16, dtype="float32", always_2d=True, frames=most)]
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise SoundFontError(f'the sample "{name}" cannot be decoded', place=font.path) from error
    sound = np.concatenate([*blocks, np.zeros(0, np.float32)])
    heard: Wave = np.clip(np.nan_to_num(sound, nan=0.0), -_MOST, _MOST)  # a damaged stream may hold anything
    return heard


def _doubled(sound: Wave, tone: Tone) -> tuple[Wave, Wave]:
    """Return a sample at twice its rate through the bright and the dark low pass of a tone."""
    num_frames = _fft_length(len(sound) + 2 * _PAD_FRAMES)
    padded = np.zeros(num_frames, np.float32)
    padded[_PAD_FRAMES : _PAD_FRAMES + len(sound)] = sound
    spectrum = np.fft.rfft(padded)
    hz = np.arange(len(spectrum), dtype=np.float64) * (tone.ratio / num_frames)  # as it will sound
    top = np.clip((_CLOSED_HZ - hz) / (_CLOSED_HZ - _TOP_HZ), 0.0, 1.0)
    top *= np.clip((1.0 - np.linspace(0.0, 1.0, len(hz))) / (1.0 - _EDGE), 0.0, 1.0)

    def through(cutoff_hz: float) -> Wave:
        low_pass = top * _low_pass(hz, cutoff_hz, tone.resonance_db)
        wide = np.fft.irfft(spectrum * low_pass, 2 * num_frames) * 2.0
        # Up to the pad at the end, for the interpolation there.
        return wide[2 * _PAD_FRAMES : 2 * (2 * _PAD_FRAMES + len(sound))].astype(np.float32)

    bright = through(tone.bright_hz)
    return bright, bright if tone.dark_hz == tone.bright_hz else through(tone.dark_hz)


def _low_pass(hz: NDArray[np.float64], cutoff_hz: float, resonance_db: float) -> NDArray[np.float64]:
    """Return the size of a two-pole low pass at each frequency."""
    quality = 10.0 ** ((resonance_db - 3.01) / 20.0)
    ratio = hz / cutoff_hz
    size = 1.0 / np.sqrt((1.0 - ratio**2) ** 2 + (ratio / quality) ** 2)
    result: NDArray[np.float64] = size / max(1.0, np.sqrt(quality * np.sqrt(2.0)))  # the peak shall not be the loudest
    return result


def _swung(tone: Tone, time_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time that a waveform's reader has reached, with vibrato."""
    reached = time_sec
    for cents, rate_hz, delay_sec in (
        (tone.vibrato_cents, tone.vibrato_hz, tone.vibrato_delay_sec),
        (tone.sway_cents, tone.sway_hz, tone.sway_delay_sec),
    ):
        if cents:
            depth = np.log(2.0) / 1_200 * min(max(cents, -_MOST_SWING_CENTS), _MOST_SWING_CENTS)
            turn = 2.0 * np.pi * rate_hz
            since_sec = np.maximum(time_sec - delay_sec, 0.0)
            reached = reached + depth / turn * (1.0 - np.cos(turn * since_sec))
    return reached


def _read_at(sound: Wave, place: NDArray[np.float64]) -> Wave:
    """Return a waveform between its frames (Catmull and Rom's cubic)."""
    if not len(place):
        return np.zeros(0, np.float32)
    whole = place.astype(np.int64)
    part = (place - whole).astype(np.float32)
    last = len(sound) - 1
    before, here, after, beyond = (sound[np.clip(whole + offset, 0, last)] for offset in (-1, 0, 1, 2))
    slope = np.float32(0.5) * (after - before)
    next_slope = np.float32(0.5) * (beyond - here)
    rise = after - here
    square = slope + next_slope - 2 * rise
    found: Wave = ((square * part + (rise - slope - square)) * part + slope) * part + here
    return found


def _fft_length(least: int) -> int:
    """Return the next number with small factors only, for which the transform is quick."""
    return min(factor << (-(-least // factor) - 1).bit_length() for factor in (1, 3, 5, 9, 15))
