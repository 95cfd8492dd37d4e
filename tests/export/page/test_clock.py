from dataclasses import replace

import pytest

from composer.corpus.jumps import JumpSign
from composer.corpus.unfold import unfold_spans
from composer.export.musicxml import musicxml_with_ids
from composer.export.page.clock import passages_of, playing_of
from composer.score import Note, Part, Repeat, Score, make_bars
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
BAR = 4 * Q  # two seconds, deadpan


def playing(score, deadpan, *, jumps=(), heard=None):
    _, bars, heads = musicxml_with_ids(score, jumps=jumps)
    passages = passages_of(score, jumps, heard or score)
    return playing_of([deadpan(heard or score)], bars, heads, passages), heads


def pitches_at(take, heads, ms):
    return sorted(heads[index].note.pitch for index in take.lit_at(ms))


def test_a_head_is_lit_while_its_note_is_held_down(keyboard, deadpan):
    played, heads = playing(keyboard([(0, 60, 1), (2, 64, 1)], [(0, 48, 4)]), deadpan)
    (take,) = played.takes
    assert [pitches_at(take, heads, ms) for ms in (0, 499, 500, 1000, 1499, 1999, 2000)] == [
        [48, 60],
        [48, 60],
        [48],
        [48, 64],
        [48, 64],
        [48],
        [],
    ]


def test_of_a_tied_note_each_head_is_lit_in_its_own_bar(keyboard, deadpan):
    played, heads = playing(keyboard([(3, 60, 2)]), deadpan)
    (take,) = played.takes
    assert [(head.bar, head.onset_tick) for head in heads] == [(0, 3 * Q), (1, 4 * Q)]
    assert take.lit == ((1500, 2000, 0), (2000, 2500, 1))


def test_a_unison_of_two_voices_lights_both_heads(deadpan):
    notes = (Note(0, 60, 4 * Q, voice=1), Note(0, 60, 2 * Q, voice=2))
    score = Score((Part("Piano", notes),), make_bars(Meter(4, 4), 1))
    played, _ = playing(score, deadpan)
    assert {head for _, _, head in played.takes[0].lit} == {0, 1}


def test_what_is_repeated_goes_back_on_the_page(keyboard, deadpan):
    score = keyboard([(0, 60, 4), (4, 62, 4)], repeats=(Repeat(0, BAR),))
    heard = unfold_spans(score, [(0, BAR), (0, BAR), (BAR, 2 * BAR)])
    played, heads = playing(score, deadpan, heard=heard)
    (take,) = played.takes
    assert [bar.bar for bar in played.bars] == [0, 0, 1]
    assert take.bars_ms == (0, 2000, 4000)
    assert [pitches_at(take, heads, ms) for ms in (1000, 3000, 5000)] == [[60], [60], [62]]
    assert len(heads) == 2


def test_a_da_capo_goes_back_to_the_beginning(keyboard, deadpan):
    score = keyboard([(0, 60, 4), (4, 62, 4), (8, 64, 4)], bars=3)
    jumps = (JumpSign("fine", 0, BAR), JumpSign("dacapo", 2 * BAR, 3 * BAR))
    heard = unfold_spans(score, [(0, 3 * BAR), (0, BAR)])
    played, _ = playing(score, deadpan, jumps=jumps, heard=heard)
    assert [bar.bar for bar in played.bars] == [0, 1, 2, 0]
    assert played.end_tick == 4 * BAR


def test_a_page_whose_signs_do_not_lead_to_what_is_heard_has_no_passages(keyboard):
    score = keyboard([(0, 60, 4)])
    heard = keyboard([(0, 60, 4)], bars=5)
    assert passages_of(score, (), heard) is None


@pytest.mark.parametrize("sign", ["trill", "turn"])
def test_an_ornament_lights_the_note_that_bears_it(keyboard, deadpan, sign):
    score = keyboard([(0, 60, 2)])
    note = replace(score.parts[0].notes[0], articulations=(sign,))
    score = replace(score, parts=(replace(score.parts[0], notes=(note,)),))
    _, bars, heads = musicxml_with_ids(score)
    performance = deadpan(score)
    played = [
        replace(performance.notes[0], note=replace(note, onset_tick=place * Q // 2, pitch=pitch))
        for place, pitch in enumerate((62, 60, 62, 60))
    ]
    times = playing_of([replace(performance, notes=tuple(played))], bars, heads, ((0, score.end_tick, 0),)).takes[0]
    assert len(times.lit) == 4
    assert {head for _, _, head in times.lit} == {0}


def test_times_never_run_backwards(keyboard, deadpan):
    score = keyboard([(beat, 60 + beat % 5, 1.5) for beat in range(32)], bars=8)
    played, _ = playing(score, deadpan)
    (take,) = played.takes
    assert list(take.bars_ms) == sorted(take.bars_ms)
    assert list(take.lit) == sorted(take.lit)
    assert all(begins < ends <= take.end_ms for begins, ends, _ in take.lit)
