"""Da capo and dal segno, as a player turns the pages."""

from __future__ import annotations

from composer.corpus.jumps import JumpSign, played_with_jumps
from composer.score import Repeat


def sign(kind: str, bar: int, name: str = "") -> JumpSign:
    """A sign in a bar; bars are 10 ticks long, counted from 1."""
    return JumpSign(kind, 10 * bar - 10, 10 * bar, name)


def played(*signs: JumpSign, bars: int, repeats: tuple[Repeat, ...] = (), movements: tuple[int, ...] = ()) -> str:
    """The numbers of the bars in the order of playing."""
    spans = played_with_jumps(repeats, signs, [10 * bar - 10 for bar in movements], 10 * bars)
    return "".join(str(tick // 10 + 1) for start, end in spans for tick in range(start, end, 10))


def test_a_page_without_a_jump_has_no_order_of_its_own():
    assert played(sign("fine", 1), sign("segno", 1), bars=2) == ""


def test_da_capo_al_fine():
    assert played(sign("fine", 2), sign("dacapo", 4), bars=4) == "123412"


def test_da_capo_without_a_fine_plays_all_again():
    assert played(sign("dacapo", 2), bars=2) == "1212"


def test_dal_segno_al_fine():
    assert played(sign("segno", 2), sign("fine", 3), sign("dalsegno", 4), bars=4) == "123423"


def test_da_capo_to_the_coda():
    assert played(sign("tocoda", 2), sign("dacapo", 4), sign("coda", 5), bars=6) == "12341256"


def test_a_named_segno_is_found():
    signs = (sign("segno", 1, "a"), sign("segno", 2, "b"), sign("dalsegno", 3, "a"))
    assert played(*signs, bars=3) == "123123"


def test_after_the_jump_repeats_are_not_taken_and_only_the_last_ending_is_played():
    repeat = Repeat(0, 30, 2, ((10, 20, (1,)), (20, 30, (2,))))
    assert played(sign("fine", 3), sign("dacapo", 4), bars=4, repeats=(repeat,)) == "1213413"


def test_a_jump_stays_in_its_movement():
    assert played(sign("fine", 4), sign("dacapo", 5), bars=6, movements=(3, 6)) == "12345346"


def test_the_same_word_over_four_staves_jumps_once():
    words = (sign("fine", 1), sign("dacapo", 2)) * 4
    assert played(*words, bars=2) == "121"


def test_a_segno_that_is_not_there_is_not_looked_for():
    assert played(sign("dalsegno", 2), bars=3) == "123"
