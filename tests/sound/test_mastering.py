import numpy as np
import pytest

from composer.sound.envelope import RATE_HZ, length_frames, levels
from composer.sound.hall import BLOCK_FRAMES, Hall, impulse_response
from composer.sound.mastering import CEILING_DB, MOST_LIMITING_DB, TARGET_LUFS, Master, Meter
from composer.sound.regions import Envelope


def tone(level, *, hz=997, seconds=5):
    wave = level * np.sin(2 * np.pi * hz * np.arange(seconds * RATE_HZ) / RATE_HZ)
    return np.stack([wave, wave]).astype(np.float32)


def measured(*blocks):
    meter = Meter()
    for block in blocks:
        meter.add(block)
    return meter


def test_loudness_is_that_of_the_standard():
    # EBU Tech 3341, cases 1 and 2: a stereo sine of 1 kHz reads its peak level; low tones read less.
    assert measured(tone(10 ** (-23 / 20))).loudness_lufs == pytest.approx(-23, abs=0.1)
    assert measured(tone(10 ** (-33 / 20))).loudness_lufs == pytest.approx(-33, abs=0.1)
    assert measured(tone(0.1, hz=40)).loudness_lufs < -24


def test_silence_between_does_not_count():
    pause = np.zeros((2, 64 * 10_000), np.float32)
    assert measured(tone(0.1), pause, pause, tone(0.1)).loudness_lufs == pytest.approx(-20, abs=0.2)


def test_a_quiet_piece_is_lifted_and_a_peak_is_bowed_to():
    soft = tone(0.02)
    meter = measured(soft)
    master = Master(meter)
    assert measured(master.applied(soft, 0)).loudness_lufs == pytest.approx(TARGET_LUFS, abs=0.1)
    soft[:, 100_000] = 0.3
    meter = measured(soft)
    master = Master(meter)
    heard = master.applied(soft, 0)
    assert 20 * np.log10(np.abs(heard).max()) <= CEILING_DB + 0.01
    assert 20 * np.log10(0.3) + master.gain_db <= CEILING_DB + MOST_LIMITING_DB + 0.01
    # Around the peak everything bows, softly: nothing jumps from one frame to the next.
    assert np.abs(np.diff(heard[0, 95_000:99_990])).max() < 1.1 * np.abs(np.diff(heard[0, :5_000])).max()


def test_blocks_are_one_sound_for_meter_and_master():
    sound = tone(0.9, seconds=2)
    sound[:, 30_000:] *= 0.3
    whole, parts = measured(sound), measured(sound[:, :64_000], sound[:, 64_000:])
    assert whole.loudness_lufs == pytest.approx(parts.loudness_lufs, abs=1e-6)
    master = Master(whole)
    two = np.concatenate([master.applied(sound[:, :64_000], 0), master.applied(sound[:, 64_000:], 64_000)], axis=1)
    assert np.array_equal(two, master.applied(sound, 0))


def test_the_hall_is_the_same_each_time_and_as_loud_as_what_it_answers():
    response = impulse_response()
    assert np.array_equal(response, impulse_response())
    assert (response**2).sum(axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert abs(np.corrcoef(response)[0, 1]) < 0.1  # the two sides are independent: it is wide
    early, late = (np.mean(response[:, round(t * RATE_HZ) :][:, : RATE_HZ // 5] ** 2) for t in (0.1, 1.6))
    assert 40 < 10 * np.log10(early / late) < 70


def test_the_hall_s_answer_goes_on_over_blocks():
    sound = np.zeros((2, 2 * BLOCK_FRAMES), np.float32)
    sound[0, BLOCK_FRAMES - 5] = 1.0  # on the left, at the end of the first block
    hall = Hall()
    heard = np.concatenate([hall.answered(sound[:, i : i + BLOCK_FRAMES]) for i in (0, BLOCK_FRAMES)], axis=1)
    response = impulse_response()
    for side, share in ((0, 0.8), (1, 0.2)):
        wanted = share * response[side]
        assert np.allclose(heard[side, BLOCK_FRAMES - 5 :][: len(wanted)], wanted, atol=1e-5)


ENVELOPE = Envelope(0.1, 0.2, 0.3, 10.0, 20.0, 5.0)


def test_an_envelope_waits_rises_holds_falls_and_lets_go():
    curve = levels(ENVELOPE, 4 * RATE_HZ, 0, 6 * RATE_HZ)

    def at(time_sec):
        return curve[round(time_sec * RATE_HZ)]

    assert at(0.09) == 0
    assert at(0.2) == pytest.approx(0.5, abs=0.01)
    assert at(0.5) == pytest.approx(1.0)
    assert at(1.6) == pytest.approx(10 ** (-10 / 20), rel=0.01)  # 100 dB in 10 s
    assert at(3.5) == pytest.approx(0.1, rel=0.01)  # 20 dB down
    assert at(5.0) == pytest.approx(0.1 * 10 ** (-20 / 20), rel=0.01)  # 100 dB in 5 s
    assert np.abs(np.diff(curve)).max() < 0.001


def test_an_envelope_is_the_same_in_pieces():
    whole = levels(ENVELOPE, RATE_HZ, 0, 3 * RATE_HZ)
    pieces = [levels(ENVELOPE, RATE_HZ, first, first + 33_075) for first in range(0, 3 * RATE_HZ, 33_075)]
    assert np.array_equal(whole, np.concatenate(pieces))


def test_a_note_ends_in_silence():
    for envelope in (ENVELOPE, Envelope(0, 0, 0, 2.0, 100.0, 0.0), Envelope(0, 0.01, 0, 0, 0, 0)):
        size = length_frames(envelope, RATE_HZ)
        curve = levels(envelope, RATE_HZ, 0, size + 64)
        assert curve[size:].max() < 1e-4
        assert curve[: size // 2].max() > 0.1
