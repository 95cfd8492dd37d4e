"""What is written in ABC is what the Score holds: pitches, lengths, signs, repeats."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.corpus.abc.reader import read_abc
from composer.corpus.reader import read_pieces_bytes
from composer.errors import MusicFileError
from composer.score import Dynamic, Repeat, Slur
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def read(music: str, *, key: str = "C", meter: str = "4/4", unit: str = "1/4", header: str = ""):
    """Read one tune."""
    (tune,) = read_abc(f"X:1\nM:{meter}\nL:{unit}\n{header}K:{key}\n{music}\n".encode(), "t.abc")
    return tune


def notes_of(tune, *, graces: bool = False):
    return [note for part in tune.score.parts for note in part.notes if note.is_grace == graces]


def pitches(music: str, **options):
    return [note.pitch for note in notes_of(read(music, **options))]


def lengths(music: str, **options):
    """Lengths in quarters."""
    return [Fraction(note.duration_tick, Q) for note in notes_of(read(music, **options))]


# ---------------------------------------------------------------- pitch


def test_letters_and_octave_marks():
    assert pitches("C, C c c' | C,, B b c''") == [48, 60, 72, 84, 36, 71, 83, 96]


def test_the_signature_holds_for_all_octaves():
    assert pitches("F f c F,", key="D") == [66, 78, 73, 54]
    assert pitches("B e B, b", key="Bb") == [70, 75, 58, 82]


def test_accidentals_hold_to_the_bars_end_in_all_octaves():
    assert pitches("^F F f =F | F ^^F __B =B") == [66, 66, 78, 65, 65, 67, 69, 71]


@pytest.mark.parametrize(("rule", "found"), [("octave", [66, 66, 77, 65]), ("not", [66, 65, 77, 65])])
def test_another_rule_for_accidentals(rule, found):
    assert pitches("^F F f | F", header=f"%%propagate-accidentals {rule}\n") == found
    assert pitches(f"[I:propagate-accidentals {rule}]^F F f | F") == found
    assert pitches("^F F f | F", header="%%MIDI nobarlines\n") == [66, 65, 77, 65]


def test_a_tie_carries_its_accidental_over_the_bar_line():
    tune = read("G G G ^F- | F F G2 |]")
    assert [note.pitch for note in notes_of(tune)] == [67, 67, 67, 66, 65, 67]
    assert [note.duration_tick // Q for note in notes_of(tune)] == [1, 1, 1, 2, 1, 2]


def test_spelling_is_kept():
    assert [str(note.spelling) for note in notes_of(read("^F _G ^^C __D"))] == ["F#4", "Gb4", "C##4", "Dbb4"]


def test_the_pipes_and_explicit_keys():
    assert pitches("F c G f", key="HP") == [66, 73, 67, 78]
    assert pitches("B F c", key="D exp _b ^f") == [70, 66, 72]


def test_octaves_and_transpositions_of_a_field():
    assert pitches("C", key="C treble-8") == [48]
    tune = read("C E G | [K:D transpose=-2] D", key="D transpose=-2")
    assert [note.pitch for note in notes_of(tune)] == [59, 64 - 2, 65, 60]
    assert [str(key) for _, key in tune.score.keys] == ["C major"]  # as it sounds


# ---------------------------------------------------------------- time


def test_lengths():
    quarter, half = Fraction(1, 4), Fraction(1, 2)
    assert lengths("C2 C/ C/2 C3/2 C// C3/4") == [2, half, half, 3 * half, quarter, 3 * quarter]
    assert lengths("C D2", unit="1/8") == [half, 1]


def test_broken_rhythm():
    assert lengths("C>D E<F") == [Fraction(n, 2) for n in (3, 1, 1, 3)]
    assert lengths("C>>D E<<<F") == [Fraction(7, 4), Fraction(1, 4), Fraction(1, 8), Fraction(15, 8)]
    assert lengths("C{d}>D [CE]>[DF]") == [Fraction(n, 2) for n in (3, 1, 3, 3, 1, 1)]
    assert lengths("z>C | C2>z2") == [Fraction(1, 2), 3]


def test_tuplets():
    third = Fraction(2, 3)
    assert lengths("(3CDE F") == [third, third, third, 1]
    assert lengths("(3:2:2 C2 D E") == [2 * third, third, 1]
    assert lengths("(2CD E", meter="6/8") == [Fraction(3, 2), Fraction(3, 2), 1]
    assert lengths("(5CDEFG", meter="6/8")[0] == Fraction(3, 5)
    assert lengths("(5CDEFG", meter="4/4")[0] == Fraction(2, 5)
    assert lengths("(3::2 CD E") == [third, third, 1]
    assert lengths("((3CDE) F") == [third, third, third, 1]  # under a slur
    assert lengths("(3z[CE]{g}D F") == [third, third, third, 1]  # a rest and a chord count, a grace does not


def test_chords_are_as_long_as_their_first_note():
    tune = read("[CEG]2 [C2E]2 D")
    assert [(note.onset_tick // Q, note.pitch, note.duration_tick // Q) for note in notes_of(tune)] == [
        (0, 60, 2), (0, 64, 2), (0, 67, 2), (2, 60, 4), (2, 64, 2), (6, 62, 1),
    ]  # fmt: skip


def test_ties():
    assert lengths("C2- C2 | [CE]4- | [CE]2 [C-E]2 | C4") == [4, 6, 6, 6, 2]
    tune = read("C2- D2 | E-z E2")
    assert lengths("C2- D2 | E-z E2") == [2, 2, 1, 2]
    assert "2 ties that lead to no note of their pitch (first in line 5)" in tune.mended


def test_rests():
    tune = read("C z2 D | x4 | Z2 | y E4 |]")
    assert [note.onset_tick // Q for note in notes_of(tune)] == [0, 3, 16]
    assert len(tune.score.bars) == 5
    assert lengths("C Z D") == [1, 1]  # a slip of the pen for z
    assert [note.onset_tick // Q for note in notes_of(read("C Z D"))] == [0, 2]


def test_unit_and_meter_change_in_the_body():
    tune = read("C4 | [L:1/8][M:3/4] C2 D2 E2 |\nM:6/8\nC3 D3 |]")
    assert [str(bar.meter) for bar in tune.score.bars] == ["4/4", "3/4", "6/8"]
    assert [bar.duration_tick * 2 // Q for bar in tune.score.bars] == [8, 6, 6]
    assert tune.mended == ()


# ---------------------------------------------------------------- bars


def test_a_pickup_is_bar_0_and_its_complement_ends_the_tune():
    tune = read("G | c2 e2 | g3 |]")
    assert [(bar.number, bar.duration_tick // Q) for bar in tune.score.bars] == [(0, 1), (1, 4), (2, 3)]
    assert tune.mended == ()


def test_a_bar_that_a_repeat_cuts_in_two_is_one():
    tune = read("G | c2 e2 | g3 :: c | e4 | d3 :|")
    assert [(bar.number, bar.duration_tick // Q) for bar in tune.score.bars] == [(0, 1), (1, 4), (2, 4), (3, 4), (4, 3)]


def test_odd_bars_are_kept_and_told_with_their_line():
    tune = read("c2 e2 | g3 |\nc2 e2 f |\n c4 |]")
    assert [bar.duration_tick // Q for bar in tune.score.bars] == [4, 3, 5, 4]
    assert tune.mended == (
        "line 5: bar 2 is 1 quarters too short for 4/4; kept as it is",
        "line 6: bar 3 is 1 quarters too long for 4/4; kept as it is",
    )


def test_a_bar_line_that_is_missing_at_the_end_of_a_line_is_set():
    tune = read("c2 e2 | ^g4\ng4 | c4 |]")
    assert [bar.duration_tick // Q for bar in tune.score.bars] == [4, 4, 4, 4]
    assert [note.pitch for note in notes_of(tune)][2:4] == [80, 79]
    assert tune.mended == ("1 bar lines missing at the end of a line were set (first in line 6)",)


def test_music_without_bar_lines_is_cut_by_its_meter():
    tune = read("C D E F G A B c d e")
    assert [bar.duration_tick // Q for bar in tune.score.bars] == [4, 4, 2]
    assert tune.mended == ("no bar lines: they were set by the meter",)


def test_free_meter():
    tune = read("C D E | F G | A4 |]", meter="none")
    assert [(str(bar.meter), bar.duration_tick // Q) for bar in tune.score.bars] == [("3/4", 3), ("2/4", 2), ("4/4", 4)]
    assert "free meter: 3 bars have a meter of their own length" in tune.mended
    chant = read("C4 " * 30, meter="none")
    assert {(str(bar.meter), bar.duration_tick // Q) for bar in chant.score.bars} == {("4/4", 4)}
    assert "no bar lines: they were set by the meter" in chant.mended


# ---------------------------------------------------------------- signs


def test_keys_and_modes():
    assert [str(key) for _, key in read("E G B E |]", key="Em").score.keys] == ["E minor"]
    tune = read("D F A D |]", key="Ddor")
    assert tune.score.keys[0][1].signature == 0
    assert any('the mode of "Ddor" is kept as its signature' in line for line in tune.mended)
    changed = read("C4 |[K:G] G4 |\nK:F\nF4 |]").score.keys
    assert [(tick // Q, str(key)) for tick, key in changed] == [(0, "C major"), (4, "G major"), (8, "F major")]


def test_tempos_count_the_beat_of_the_meter():
    tune = read("C3 D3 |[Q:1/4=60] E6 |]", meter="6/8", unit="1/8", header='Q:"Jig" 3/8=120\n')
    assert [(mark.beat_bpm, mark.text) for mark in tune.score.tempos] == [(120, "Jig"), (40, "")]
    assert any('"Slowly" says no number' in line for line in read("C4", header='Q:"Slowly"\n').mended)


def test_dynamics_and_hairpins():
    tune = read("!p!C !<(!D E !<)!!f!F | !diminuendo(!G2 !>)! !pp!A2 |]")
    assert tune.score.dynamics == (
        Dynamic(0, "p"), Dynamic(Q, "cresc", 3 * Q), Dynamic(3 * Q, "f"), Dynamic(4 * Q, "dim", 6 * Q),
        Dynamic(6 * Q, "pp"),
    )  # fmt: skip


def test_decorations():
    tune = read("HC .D !trill!E ~F | LG MA PB Tc | !wedge!c !tenuto!d !^!e !arpeggio![ce] |]")
    assert [" ".join(note.articulations) for note in notes_of(tune)] == [
        "fermata", "staccato", "trill", "turn", "accent", "mordent", "inverted-mordent", "trill",
        "staccatissimo", "tenuto", "marcato", "arpeggio", "arpeggio",
    ]  # fmt: skip
    assert tune.score.fermata_ticks == (0,)
    assert read("C2 Hz2 | D3 E !fermata!|]").score.fermata_ticks == (2 * Q, 7 * Q)


def test_symbols_may_be_redefined():
    tune = read("WC TD hE", header="U:W=!trill!\nU:T=!nil!\n")
    assert [note.articulations for note in notes_of(tune)] == [("trill",), (), ()]
    assert '1 symbols "h" that nothing explains; left out (first in line 7)' in tune.mended


def test_what_a_score_cannot_hold_is_counted():
    tune = read('"Am"C "G7"D uE "^slowly"F | !zigzag!G4 |]')
    assert tune.mended == (
        "2 chord symbols are not part of a Score; left out (first in line 5)",
        "1 signs of fingering, bowing or phrasing are not part of a Score; left out (first in line 5)",
        "1 words over the notes are not part of a Score; left out (first in line 5)",
        "1 signs !zigzag! that are not known; left out (first in line 5)",
    )


def test_graces_have_no_length_and_keep_their_order():
    tune = read("{/ag}C {[ce]}D2 E")
    assert [(note.onset_tick // Q, note.pitch, note.duration_tick) for note in notes_of(tune, graces=True)] == [
        (0, 81, 0), (0, 79, 0), (1, 72, 0), (1, 76, 0),
    ]  # fmt: skip
    assert lengths("{/ag}C {[ce]}D2 E") == [1, 2, 1]


def test_slurs():
    tune = read("(C D (E F) | G4) (A")
    assert tune.score.slurs == (Slur(0, 4 * Q), Slur(2 * Q, 3 * Q))
    assert "1 slurs that do not end; left out (first in line 5)" in tune.mended


def test_old_dialects():
    assert pitches("C D E F!G A B c!|") == [60, 62, 64, 65, 67, 69, 71, 72]  # ! for the end of a line
    tune = read("+CEG+ C3 |")
    assert [(note.onset_tick, note.pitch) for note in notes_of(tune)][:3] == [(0, 60), (0, 64), (0, 67)]


# ---------------------------------------------------------------- repeats


def repeats(music: str, **options):
    """Repeats with times in quarters."""
    return [
        (one.start_tick // Q, one.end_tick // Q, one.times, [(a // Q, b // Q, passes) for a, b, passes in one.endings])
        for one in read(music, **options).score.repeats
    ]


def test_repeat_signs():
    assert repeats("|: C4 | D4 :| E4 |]") == [(0, 8, 2, [])]
    assert repeats("C4 :: D4 :|: E4 :|") == [(0, 4, 2, []), (4, 8, 2, []), (8, 12, 2, [])]
    assert repeats("|:: C4 ::| D4 |]") == [(0, 4, 3, [])]
    assert repeats("C4 || D4 :|") == [(4, 8, 2, [])]  # from the last double bar line
    assert repeats("|: C4 || D4 :|") == [(0, 8, 2, [])]


def test_endings():
    assert repeats("|: C4 |1 D4 :|2 E4 || F4 |]") == [(0, 12, 2, [(4, 8, (1,)), (8, 12, (2,))])]
    assert repeats("C4 | [1 D4 :| [2 E4 |]") == [(0, 12, 2, [(4, 8, (1,)), (8, 12, (2,))])]
    assert repeats("|: C4 |[1,3 D4 :|[2 E4 :|") == [(0, 12, 3, [(4, 8, (1, 3)), (8, 12, (2,))])]
    assert repeats("|: C4 |1-2 D4 :|3 E4 |]") == [(0, 12, 3, [(4, 8, (1, 2)), (8, 12, (3,))])]


def test_endings_without_a_repeat_sign_are_told():
    tune = read("C4 |1 D4 |2 E4 |]")
    assert tune.score.repeats == ()
    assert "1 repeats that are not closed were left out" in tune.mended


def played(text: str) -> list[int]:
    (result,) = read_pieces_bytes(f"X:1\nM:4/4\nL:1/1\n{text}".encode(), "t.abc", unfold=True)
    return [note.pitch for note in result.score.parts[0].notes]


def test_repeats_are_written_out_on_request():
    assert played("K:C\n|: C |1 D :|2 E |]\n") == [60, 62, 60, 64]


def test_a_field_lists_the_parts_in_the_order_of_playing():
    body = "K:C\nP:A\nC |\nP:B\nD |\nP:C\nE |]\n"
    assert played("P:AABAC\n" + body) == [60, 60, 62, 60, 64]
    assert played("P:A(BC)2\n" + body) == [60, 62, 64, 62, 64]
    assert played("P:ABC\n" + body) == played("P:A\n" + body) == played(body) == [60, 62, 64]
    (tune,) = read_abc(("X:1\nP:AXB\n" + body).encode(), "t.abc")
    assert tune.played == ()
    assert [mark.text for mark in tune.score.marks] == ["A", "B", "C"]
    assert "the order of parts AXB names parts that are not there; not followed" in tune.mended


def test_repeats_inside_a_part_are_its_repetitions():
    body = "K:C\nP:A\n|: C |1 D :|2 E |]\nP:B\nF |]\n"
    assert played("P:A2B\n" + body) == [60, 62, 60, 64, 65]
    assert played("P:AB\n" + body) == [60, 62, 60, 64, 65]
    assert played("P:ABA\n" + body) == [60, 62, 60, 64, 65, 60, 62, 60, 64]


def test_da_capo_and_dal_segno():
    assert played("K:C\nC | D !fine!| E !D.C.!|]\n") == [60, 62, 64, 60, 62]
    assert played('K:C\nC |!segno! D | E "^D.S."|]\n') == [60, 62, 64, 62, 64]


# ---------------------------------------------------------------- hostile input

SOUND = (
    b"X:1\nT:T\nM:6/8\nL:1/8\nP:A2B\nQ:3/8=90\nU:W=!trill!\n%%score {(1 2) | 3}\nV:1 clef=treble-8\nV:2\nV:3\n"
    b'K:Ddor ^f\nP:A\n[V:1]|: (3abc [CEG]>A- {g}A "Am"!f!B | !<(!~d3- d3 & z6 |1,3 e6 :|2 [M:3/4][K:HP]f4 (fg) |]\n'
    b"[V:2] Z | x6 | ^^c __d =e _f z2 | (5abcde (2ab |\n[V:3] C,,6- | C,,6 | .a.b Hc Td z2 | y2 z6 |]\n"
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SOUND)), st.integers(0, 12), st.text("ABCabc|:[](){}^_=/0123,'<>-!\"zxZ&~HTVKM.\n %")
        ),
        max_size=6,
    )
)
def test_a_damaged_file_is_a_score_or_one_error(changes):
    data = bytearray(SOUND)
    for place, length, text in changes:
        data[place : place + length] = text.encode()
    try:
        tunes = read_abc(bytes(data), "t.abc")
    except MusicFileError:
        return
    for tune in tunes:
        assert all(note.duration_tick > 0 or note.is_grace for part in tune.score.parts for note in part.notes)
        assert all(a.end_tick == b.onset_tick for a, b in zip(tune.score.bars, tune.score.bars[1:], strict=False))


def test_the_sound_file_is_read_whole():
    (tune,) = read_abc(SOUND, "t.abc")
    (part,) = tune.score.parts
    assert (len(part.notes), part.staves) == (30, 2)
    assert [max(n.voice for n in part.notes if n.staff == staff) for staff in (1, 2)] == [2, 1]
    assert tune.score.repeats == (Repeat(0, 12 * Q, 3, ((6 * Q, 9 * Q, (1, 3)), (9 * Q, 12 * Q, (2,)))),)
