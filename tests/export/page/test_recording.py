import numpy as np
import pytest

from composer.export.page.recording import recordings_of
from composer.sound import Rendering
from composer.sound.envelope import RATE_HZ


def seconds(count):
    tone = 0.3 * np.sin(np.arange(RATE_HZ * count, dtype=np.float32) * 0.1)
    return Rendering([np.stack([tone, tone]).astype(np.float32)])


def test_sound_has_the_best_rate_that_fits_and_takes_share_the_room():
    sound = seconds(10)
    sizes = [len(recordings_of([sound], max_bytes=most)[0].mp3) for most in (10_000_000, 100_000, 60_000)]
    assert sizes == pytest.approx([120_000, 100_000, 60_000], rel=0.03)
    both = recordings_of([sound, sound], max_bytes=170_000)
    assert [len(one.mp3) for one in both] == pytest.approx([80_000, 80_000], rel=0.03)


def test_too_long_a_sound_is_given_as_small_as_it_gets():
    (one,) = recordings_of([seconds(10)], max_bytes=1)
    assert len(one.mp3) == pytest.approx(40_000, rel=0.03)


def test_a_file_without_the_tag_that_tells_players_of_the_delay_begins_late():
    high, low = (recordings_of([seconds(3)], max_bytes=most)[0] for most in (10_000_000, 1))
    assert (b"Info" in high.mp3[:200], high.lead_ms) == (True, 0)
    assert (b"Info" in low.mp3[:200], low.lead_ms) == (False, 25)
