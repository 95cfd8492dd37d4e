import errno
import io

import numpy as np
import pytest

from composer.sound.audio_file import AUDIO_EXTENSIONS, audio_bytes, steady_mp3_bytes, write_audio
from composer.sound.ogg import renumbered

NOISE = [(np.random.default_rng(5).random((2, 100_000)) - 0.5).astype(np.float32) for _ in range(4)]


class FullDisk(io.BytesIO):
    """A file on a disk with room for 50,000 bytes."""

    def write(self, content):
        if self.tell() + len(content) > 50_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)


@pytest.mark.parametrize("extension", AUDIO_EXTENSIONS)
def test_a_full_disk_is_told_as_such(extension, capfd):
    with pytest.raises(OSError, match="No space left"):
        write_audio(FullDisk(), NOISE, extension)
    assert capfd.readouterr() == ("", "")  # libsndfile's callbacks print what they raise


def test_blocks_of_any_length_are_one_sound():
    whole = np.concatenate(NOISE, axis=1)
    for extension in (".wav", ".ogg"):
        assert audio_bytes([whole], extension) == audio_bytes(NOISE, extension)


def test_an_ogg_stream_has_the_number_that_it_is_given():
    import soundfile

    stream = audio_bytes(NOISE[:1], ".ogg")
    other = renumbered(stream, serial=77)
    assert other != stream
    assert renumbered(other) == stream  # the checksums too
    assert soundfile.info(io.BytesIO(other)).frames == 100_000  # a page with a wrong checksum would be left out
    with pytest.raises(ValueError, match="no Ogg page begins at byte 0"):
        renumbered(b"RIFF" + bytes(40))


@pytest.mark.parametrize("kbps", [96, 64, 40, 32])
@pytest.mark.parametrize("in_mono", [False, True])
def test_a_steady_mp3_has_its_rate_from_end_to_end(kbps, in_mono):
    mp3 = steady_mp3_bytes(NOISE, kbps=kbps, in_mono=in_mono)
    assert len(mp3) * 8 / 1000 / (400_000 / 44_100) == pytest.approx(kbps, rel=0.02)
    assert (mp3[3] >> 6 == 3) == in_mono  # the channel mode in the first frame's header
