"""Encode sound as WAV, FLAC, Ogg Vorbis or MP3, in blocks, into an open file.

Conventions: 16 bits a frame where nothing is lost; blocks are float32 [channel, frame] within -1..1, of any length:
they are handed on in pieces of `PIECE_FRAMES` (libsndfile's Vorbis encoder keeps a longer one on the stack). The same
blocks give the same bytes.

Contents: `AUDIO_EXTENSIONS`, `write_audio`, `audio_bytes`, `steady_mp3_bytes`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from composer.errors import OptionError
from composer.sound.envelope import RATE_HZ
from composer.sound.hall import Stereo
from composer.sound.ogg import renumbered

PIECE_FRAMES = 65_536
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    ".wav": {"format": "WAV", "subtype": "PCM_16"},
    ".flac": {"format": "FLAC", "subtype": "PCM_16"},
    ".ogg": {"format": "OGG", "subtype": "VORBIS", "compression_level": 0.4},  # 0 the best .. 1 the smallest
    ".mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "VARIABLE", "compression_level": 0.4},
}
_MP3_KBPS = (320, 32)  # what libsndfile makes of the compression levels 0 and 1
_MOST_COMPRESSION = 0.985  # also 32 kbit/s; 1 itself it refuses
AUDIO_EXTENSIONS = tuple(_FORMATS)
"""Every extension that sound can be written as, with its dot."""


def audio_bytes(blocks: Iterable[Stereo], extension: str) -> bytes:
    """Return sound encoded; see `write_audio`."""
    file = io.BytesIO()
    write_audio(file, blocks, extension)
    return file.getvalue()


def steady_mp3_bytes(blocks: Iterable[Stereo], *, kbps: int, in_mono: bool = False) -> bytes:
    """Return sound as an MP3 of one bit rate throughout, in which a place is found by its share of the bytes.

    Args:
        blocks: float32 [2, frame].
        kbps: one of MP3's rates, 32 to 320.
        in_mono: both sides as one.

    Raises:
        OptionError: this machine's libsndfile cannot encode it.
    """
    file = io.BytesIO()
    most, least = _MP3_KBPS
    steady = {"bitrate_mode": "CONSTANT", "compression_level": min((most - kbps) / (most - least), _MOST_COMPRESSION)}
    sound = (block.mean(axis=0, keepdims=True) for block in blocks) if in_mono else blocks
    _encode(file, sound, {**_FORMATS[".mp3"], **steady}, name=".mp3", channels=1 if in_mono else 2)
    return file.getvalue()


def write_audio(file: BinaryIO, blocks: Iterable[Stereo], extension: str) -> None:
    """Encode sound into a file that is open for writing, from its beginning on.

    Args:
        file: can be sought in.
        blocks: float32 [2, frame].
        extension: one of `AUDIO_EXTENSIONS`.

    Raises:
        OSError: the file cannot be written: a full disk.
        OptionError: this machine's libsndfile cannot encode it.
    """
    if extension != ".ogg":
        _encode(file, blocks, _FORMATS[extension], name=extension)
        return
    stream = io.BytesIO()  # an hour is 60 MB
    _encode(stream, blocks, _FORMATS[extension], name=extension)
    file.write(renumbered(stream.getvalue()))


def _encode(
    file: BinaryIO, blocks: Iterable[Stereo], options: Mapping[str, Any], *, name: str, channels: int = 2
) -> None:
    import soundfile

    sink = _Sink(file)
    try:
        with soundfile.SoundFile(sink, "w", samplerate=RATE_HZ, channels=channels, **options) as stream:
            for piece in _pieces(blocks):
                stream.write(piece.T)
                if sink.error is not None:
                    break
    except (soundfile.LibsndfileError, AssertionError) as error:  # an assertion of its own: less was written than given
        if sink.error is None:
            mend = "take a newer libsndfile, or another of .wav, .flac, .ogg"
            raise OptionError(f"{name} cannot be written here: {error}", mend=mend) from error
    if sink.error is not None:
        raise sink.error


def _pieces(blocks: Iterable[Stereo]) -> Iterator[Stereo]:
    for block in blocks:
        for first in range(0, block.shape[1], PIECE_FRAMES):
            yield block[:, first : first + PIECE_FRAMES]


class _Sink:
    """A file for libsndfile, whose callbacks must not raise: the first error is kept."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, content: bytes) -> int:
        """Write; nothing once there was an error."""
        if self.error is not None:
            return 0
        try:
            return self._file.write(content)
        except OSError as error:
            self.error = error
            return 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; what is buffered is written then, which may fail."""
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            self.error = self.error or error
            return 0

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def read(self, _size: int) -> bytes:
        """Return nothing: it is only written."""
        return b""

    def flush(self) -> None:
        """Do nothing: whoever opened the file flushes it."""
