import numpy as np
import pytest

from composer.outline import Outline
from composer.perform import perform
from composer.perform.players import adjusted
from composer.perform.reading import read
from composer.perform.swing import inegales, swing, swing_delay
from composer.score import Note, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def eighths(piano, *, bpm=120.0, meter=(4, 4), length=Q // 2):
    bar_ticks = meter[0] * 4 * Q // meter[1]
    score = piano(
        [Note(tick, 60, length) for tick in range(0, bar_ticks, length)],
        bars=1,
        meter=meter,
        tempos=(TempoMark(0, bpm),),
    )
    return read(score, Outline(score.bars))


def lengths(reading, effect):
    """How long each eighth is, nominally 1."""
    return np.exp(effect.log_period[reading.note_point])


def test_inegales_are_156_to_100(piano):
    reading = eighths(piano)
    assert lengths(reading, inegales(reading, k=1.0)) == pytest.approx([1.22, 0.78] * 4)


@pytest.mark.parametrize(("bpm", "ratio"), [(120, 2.9), (200, 2.1), (350, 1.0)])
def test_swing_evens_out_as_it_goes_faster(piano, bpm, ratio):
    reading = eighths(piano, bpm=bpm)
    long, short = lengths(reading, swing(reading, k=1.0))[:2]
    assert long / short == pytest.approx(ratio)
    assert long + short == pytest.approx(2)  # the beat stays


def test_off_beats_are_three_db_louder_when_it_swings(piano):
    reading = eighths(piano)
    assert swing(reading, k=1.0).level_db.tolist() == [0, 3] * 4


def test_quarters_and_compound_meters_do_not_swing(piano):
    assert not swing(eighths(piano, length=Q), k=1.0).log_period.any()
    assert not inegales(eighths(piano, meter=(6, 8)), k=1.0).log_period.any()


def test_a_soloist_is_behind_the_bass_on_the_beat_and_with_it_off_the_beat(piano):
    notes = [Note(i * Q // 2, pitch, Q // 2) for i in range(8) for pitch in (40, 70)]
    score = piano(notes, bars=1, tempos=(TempoMark(0, 200.0),))
    reading = read(score, Outline(score.bars))
    early = swing_delay(reading, k=1.0)
    assert early[:4] == pytest.approx([-0.0122, -0.043, 0, 0])


def test_a_swinging_performance_keeps_its_bars(piano, silent):
    score = piano([Note(i * Q // 2, 60, Q // 2) for i in range(16)], bars=2)
    player = adjusted(silent, {"swing": 1.0})
    onsets = [row.onset_sec for row in perform(score, Outline(score.bars), player=player).notes]
    assert onsets[0] == pytest.approx(onsets[8] - 2.0, abs=0.001)
    assert onsets[1] - onsets[0] > 1.9 * (onsets[2] - onsets[1])  # the soloist is late on the beat
