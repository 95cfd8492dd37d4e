from dataclasses import replace

import numpy as np
import pytest

from composer.outline import Outline, PhraseSpan
from composer.perform import PLAYERS, perform
from composer.perform.phrasing import arch_mean, fermata, final_ritard, phrase_arch, phrase_loudness, phrase_ritardando
from composer.perform.reading import read
from composer.score import Note
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q


def slowness(reading, effect, quarters):
    """The factor on the beat at each quarter."""
    places = np.searchsorted(reading.point_tick, np.array(quarters) * Q)
    return np.exp(effect.log_period[places])


def test_an_arch_hurries_to_the_middle_and_slows_to_the_end(piano, tune):
    score = piano(tune(4), bars=4)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(0, 4 * BAR),)))
    effect = phrase_arch(reading, reading.phrases, k=1.0)
    factors = slowness(reading, effect, range(16))
    assert factors[0] == pytest.approx(1.10)
    assert factors[15] == pytest.approx(1.20)
    assert np.argmin(factors) in (7, 8)
    assert (np.diff(factors[:8]) < 0).all()
    assert (np.diff(factors[8:]) > 0).all()


def test_an_arch_grows_and_fades(piano, tune):
    score = piano(tune(4), bars=4)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(0, 4 * BAR),)))
    level = phrase_loudness(reading, reading.phrases, k=2.0).level_db
    assert level[reading.onset_tick == 0] == pytest.approx([-1.0] * 4)
    assert level[reading.onset_tick == 15 * Q] == pytest.approx([-2.0])
    assert level.max() > -0.01


def test_a_phrase_that_ends_a_longer_arc_slows_more_and_a_deceptive_one_less(piano, tune):
    score = piano(tune(4), bars=4)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(0, 4 * BAR),)))
    (arc,) = reading.phrases
    last = [
        slowness(reading, phrase_arch(reading, [changed], k=1.0), [15])[0]
        for changed in (replace(arc, ends_higher=True), arc, replace(arc, weight=0.6))
    ]
    assert last == pytest.approx([1.26, 1.20, 1.12])


def test_an_open_phrase_and_its_answer_make_one_period(piano, tune):
    score = piano(tune(8))
    phrases = (PhraseSpan(0, 4 * BAR, Cadence.HC), PhraseSpan(4 * BAR, 8 * BAR, Cadence.PAC))
    reading = read(score, Outline(score.bars, phrases=phrases))
    assert [(arc.start_tick, arc.end_tick) for arc in reading.periods] == [(0, 8 * BAR)]
    assert [(arc.start_tick, arc.end_tick) for arc in reading.subphrases] == [(0, 4 * BAR), (4 * BAR, 8 * BAR)]
    assert [arc.ends_higher for arc in reading.subphrases] == [False, True]


@pytest.mark.parametrize(("bars", "parts"), [(3, [3]), (4, [2, 2]), (5, [3, 2]), (8, [4, 4]), (10, [4, 4, 2])])
def test_a_phrase_alone_is_cut_into_halves_or_fours(bars, parts, piano, tune):
    score = piano(tune(bars), bars=bars)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(0, bars * BAR, Cadence.PAC),)))
    assert [(arc.end_tick - arc.start_tick) // BAR for arc in reading.subphrases] == parts


def test_a_phrase_with_an_upbeat_is_cut_at_an_upbeat(piano, tune):
    score = piano(tune(9), bars=9)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(3 * Q, 8 * BAR + 3 * Q),)))
    assert reading.subphrases[0].end_tick == 4 * BAR + 3 * Q


def test_a_phrase_ritardando_keeps_time_until_the_last_seconds(piano, tune):
    score = piano(tune(4), bars=4)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(0, 4 * BAR),)))
    factors = slowness(reading, phrase_ritardando(reading, reading.phrases, k=1.0), range(16))
    assert factors[:11] == pytest.approx(np.ones(11))
    assert factors[15] == pytest.approx(1.20)
    assert factors[13] < 1.05


def test_the_final_ritard_stops_like_a_runner_but_no_slower_than_half(piano, tune):
    score = piano(tune(4), bars=4)
    reading = read(score, Outline(score.bars))
    factors = slowness(reading, final_ritard(reading, k=1.0), range(16))
    assert factors[:13] == pytest.approx(np.ones(13))
    assert 1.0 < factors[14] < factors[15] == pytest.approx(2.0)
    assert (final_ritard(reading, k=0.0).log_period == 0).all()


def test_a_fermata_holds_its_note_and_nothing_else(piano, tune):
    score = piano([Note(0, 60, Q), Note(Q, 62, Q, articulations=("fermata",)), Note(2 * Q, 64, 2 * Q)], bars=1)
    reading = read(score, Outline(score.bars))
    assert slowness(reading, fermata(reading, k=1.0), [0, 1, 2, 3]) == pytest.approx([1, 1.75, 1, 1])
    marked = read(piano(tune(1), bars=1, fermata_ticks=(3 * Q,)), Outline(score.bars))
    assert slowness(marked, fermata(marked, k=1.0), [2, 3]) == pytest.approx([1, 1.75])


def test_no_strength_is_no_effect(eight):
    reading = eight
    for effect in (phrase_arch(reading, reading.periods, k=0.0), phrase_ritardando(reading, reading.phrases, k=0.0)):
        assert (effect.log_period == 0).all()


@pytest.fixture
def eight(piano, tune, outlined):
    score = piano(tune(8))
    return read(score, outlined(score))


def test_sections_have_an_arch_over_their_phrases(piano, tune, outlined):
    score = piano(tune(16), bars=16)
    reading = read(score, outlined(score))
    assert [(arc.start_tick, arc.end_tick) for arc in reading.sections] == [(0, 8 * BAR), (8 * BAR, 16 * BAR)]
    factors = slowness(reading, phrase_arch(reading, reading.sections, k=1.0), range(64))
    assert np.argmin(factors[:32]) in (15, 16)
    assert factors[31] > factors[15] < factors[0]


def test_what_is_taken_off_an_arch_is_its_mean(piano, tune):
    score = piano([Note(i * Q // 4, 60, Q // 4) for i in range(256)], bars=16)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(0, 16 * BAR),)))
    assert phrase_arch(reading, reading.phrases, k=2.0).log_period.mean() == pytest.approx(arch_mean(k=2.0), abs=0.005)


@pytest.mark.parametrize("player", ["mozart", "chopin"])
def test_a_piece_goes_at_its_tempo_on_the_mean(player, piano, tune, outlined):
    score = piano(tune(32), bars=32)
    seconds = perform(score, outlined(score), player=PLAYERS[player]).duration_sec
    assert seconds == pytest.approx(64, rel=0.1)
