import numpy as np
import pytest

from composer.outline import Outline, SectionSpan
from composer.perform.noise import beat_noise, normals, note_identities
from composer.perform.reading import read
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q


@pytest.fixture
def long_reading(piano):
    score = piano([Note(beat * Q, 60, Q) for beat in range(1024)], bars=256)
    return read(score, Outline(score.bars))


def test_the_numbers_are_normal_and_independent():
    values = normals("key", [str(index) for index in range(4000)])
    assert values.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.06)
    assert values.std(axis=0) == pytest.approx(np.ones(4), abs=0.05)
    assert np.abs(np.corrcoef(values.T) - np.eye(4)).max() < 0.06


def test_a_number_depends_on_its_key_and_identity_only():
    assert normals("key", ["a", "b"])[1] == pytest.approx(normals("key", ["b"])[0], abs=0)
    assert (normals("key", ["a"]) != normals("other", ["a"])).all()
    assert normals("key", []).shape == (0, 4)


def test_tempo_wanders_between_white_and_pink(long_reading):
    rows = np.array([beat_noise(long_reading, key=f"player|{take}") for take in range(8)])
    assert rows.std() == pytest.approx(1.0, abs=0.1)
    lag_one = np.mean([np.corrcoef(row[1:], row[:-1])[0, 1] for row in rows])
    assert 0.2 < lag_one < 0.5
    power = np.mean([np.abs(np.fft.rfft((row - row.mean()) * np.hanning(len(row)))) ** 2 for row in rows], axis=0)
    cycles = np.arange(len(power))[4:-1]
    slope = np.polyfit(np.log(cycles), np.log(power[4:-1]), 1)[0]
    assert -1.0 < slope < -0.3


def test_a_return_is_varied_afresh_and_a_section_keeps_its_noise_when_another_grows(piano):
    def noise(middle_bars):
        bars = 8 + middle_bars
        score = piano([Note(beat * Q, 60, Q) for beat in range(4 * bars)], bars=bars)
        edges = [0, 4, 4 + middle_bars, bars]
        sections = tuple(
            SectionSpan(edges[i] * BAR, edges[i + 1] * BAR, name, name[0]) for i, name in enumerate(("A", "B", "A2"))
        )
        reading = read(score, Outline(score.bars, sections=sections))
        return beat_noise(reading, key="k"), note_identities(reading)

    (short, short_names), (long, long_names) = noise(4), noise(7)
    assert (short[:16] == long[:16]).all()
    assert (short[-16:] == long[-16:]).all()
    assert (short[:16] != short[-16:]).all()
    assert short_names[-16:] == long_names[-16:]
