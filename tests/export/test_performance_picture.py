import pytest

from composer.analysis.outline import outline_of
from composer.export.performance_picture import performance_picture_bytes
from composer.perform import perform
from composer.performance import Performance, TempoPoint
from composer.score import Dynamic, Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def piece(bars=8):
    notes = [Note(i * Q, 72 + i % 5, Q) for i in range(4 * bars)]
    notes += [Note(4 * i * Q, 48, 4 * Q, staff=2) for i in range(bars)]
    return Score(
        (Part("Piano", sort_notes(notes), 0, 2),),
        make_bars(Meter(4, 4), bars),
        tempos=(TempoMark(0, 90.0),),
        dynamics=(Dynamic(0, "p"), Dynamic(4 * Q, "cresc", 8 * Q), Dynamic(8 * Q, "f"), Dynamic(9 * Q, "dim", 12 * Q)),
        title="A $5 Piece",
    )


def rows_of(score, takes):
    outline = outline_of(score)
    return [(f"take {take}", perform(score, outline, player="romantic", take=take)) for take in takes], outline


@pytest.mark.parametrize("takes", [(1,), (1, 2, 3)])
@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_same_performances_give_the_same_picture(takes, kind, begins):
    rows, outline = rows_of(piece(), takes)
    picture = performance_picture_bytes(rows, outline=outline, kind=kind)
    assert picture.startswith(begins)
    assert performance_picture_bytes(rows, outline=outline, kind=kind) == picture


def test_each_performance_is_in_the_picture():
    rows, outline = rows_of(piece(), (1, 2))
    one, both = (performance_picture_bytes(some, outline=outline, kind="svg") for some in (rows[:1], rows))
    assert b"#0072b2" in one
    assert b"#d55e00" not in one
    assert b"#d55e00" in both


def test_a_long_piece_and_one_without_notes_can_be_drawn():
    rows, outline = rows_of(piece(120), (1,))
    assert performance_picture_bytes(rows, outline=outline)
    empty = Score((Part("Piano", ()),), make_bars(Meter(4, 4), 2))
    silence = Performance(empty, (), (TempoPoint(0, 0.0, 0.5),))
    assert performance_picture_bytes([("nobody", silence)], outline=outline_of(piece(2)))
