"""A Performance as finished sound, to be written as often as wished.

What it is: the mixture is made once, block by block, into a temporary file (in memory while it is short), for its gain
is known only when all of it has been heard. The bundled sound font is played by our own sampler; a font of the user's
own by FluidSynth where that is installed, else by ours.

Contents: `MAX_SOUND_SEC`, `Rendering`, `render`, `check_soundfont`.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from composer.errors import OptionError, OutputError
from composer.performance import Performance
from composer.sound.audio_file import audio_bytes, steady_mp3_bytes, write_audio
from composer.sound.envelope import RATE_HZ
from composer.sound.fluidsynth import fluidsynth_blocks, fluidsynth_command
from composer.sound.hall import BLOCK_FRAMES, Stereo
from composer.sound.instruments import bundled_soundfont
from composer.sound.mastering import Master, Meter
from composer.sound.mixing import mixed_blocks
from composer.sound.soundfont import read_soundfont
from composer.sound.voices import voices_of

MAX_SOUND_SEC = 3600.0
_IN_MEMORY_BYTES = 2**27  # six minutes
_FRAME_BYTES = 8  # two float32


class Rendering:
    """Sound at its final loudness, held ready.

    Attributes:
        num_frames: at `RATE_HZ`.
        loudness_lufs: of the mixture, before the gain.
        gain_db: what brings it to the loudness of a recording.
    """

    def __init__(self, mixture: Iterable[Stereo]) -> None:
        meter = Meter()
        self.num_frames = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed with this
        weakref.finalize(self, self._file.close)
        try:
            for block in mixture:
                meter.add(block)
                self._file.write(np.ascontiguousarray(block.T).tobytes())
                self.num_frames += block.shape[1]
        except OSError as error:
            folder = tempfile.gettempdir()
            raise OutputError(f"no room for the sound: {error.strerror or error}", place=folder) from error
        self._master = Master(meter)
        self.loudness_lufs, self.gain_db = meter.loudness_lufs, self._master.gain_db

    @property
    def duration_sec(self) -> float:
        """How long it sounds, with the hall's answer."""
        return self.num_frames / RATE_HZ

    def blocks(self) -> Iterator[Stereo]:
        """Give the sound, float32 [2, frame], from its beginning."""
        for first in range(0, self.num_frames, BLOCK_FRAMES):
            self._file.seek(first * _FRAME_BYTES)
            content = self._file.read(BLOCK_FRAMES * _FRAME_BYTES)
            yield self._master.applied(np.frombuffer(content, np.float32).reshape(-1, 2).T, first)

    def write_to(self, file: BinaryIO, extension: str) -> None:
        """Encode the sound into an open file; arguments and errors as `write_audio`."""
        write_audio(file, self.blocks(), extension)

    def encoded(self, extension: str) -> bytes:
        """Return the sound encoded, as one of `AUDIO_EXTENSIONS`."""
        return audio_bytes(self.blocks(), extension)

    def steady_mp3(self, *, kbps: int, in_mono: bool = False) -> bytes:
        """Return the sound as an MP3 that can be sought in exactly; arguments and errors as `steady_mp3_bytes`."""
        return steady_mp3_bytes(self.blocks(), kbps=kbps, in_mono=in_mono)


def render(
    performance: Performance, *, soundfont: Path | None = None, make_midi: Callable[[], bytes] | None = None
) -> Rendering:
    """Return a performance as sound.

    Args:
        performance: whose parts' programs choose the instruments.
        soundfont: of the user's own; None: the bundled one.
        make_midi: gives the performance as a MIDI file, for FluidSynth; None: our own sampler plays in any case.

    Raises:
        OptionError: it is longer than `MAX_SOUND_SEC`; nothing was rendered then.
        SoundFontError: the sound font cannot be used.
        OutputError: there is no room for temporary files.
    """
    if performance.duration_sec > MAX_SOUND_SEC:
        found, most = performance.duration_sec / 60, MAX_SOUND_SEC / 60
        raise OptionError(f"sound is written for {most:g} minutes at most; found {found:.1f}", mend="write it as .mid")
    font = read_soundfont(soundfont or bundled_soundfont())
    command = fluidsynth_command() if soundfont is not None and make_midi is not None else None
    if command is not None and make_midi is not None:
        return Rendering(fluidsynth_blocks(make_midi(), font.path, command))
    return Rendering(mixed_blocks(voices_of(performance, font), font))


def check_soundfont(soundfont: Path) -> None:
    """Raise SoundFontError where a file is no sound font; called before any work."""
    read_soundfont(soundfont)
