"""Humdrum **kern: what stands in the spines stands in the Score."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.corpus import ReadResult, read_bytes
from composer.corpus.kern.tokens import KernTokenError, parse_field
from composer.errors import MusicFileError
from composer.score import Dynamic, Repeat, Score, Slur
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER as QUARTER
from composer.theory.meter import Meter
from composer.theory.pitch import LETTERS, Spelling


def read(text: str, **options: bool) -> ReadResult:
    """Read rows; two blanks or more stand for a tab."""
    rows = [re.sub(r" {2,}", "\t", row.strip()) for row in text.strip().splitlines()]
    return read_bytes("\n".join(rows).encode(), "x.krn", **options)


def one_spine(*rows: str) -> Score:
    return read("\n".join(["**kern", *rows, "*-"])).score


def heard(score: Score) -> list[tuple[Fraction, Fraction, str]]:
    """(onset, length in quarters, name) of all notes."""
    return [
        (Fraction(note.onset_tick, QUARTER), Fraction(note.duration_tick, QUARTER), str(note.spelling))
        for _, note in score.notes()
    ]


KEYBOARD = """
**kern  **kern  **dynam
*part1  *part1  *
*staff2  *staff1  *
*I"Piano  *I"Piano  *
*clefF4  *clefG2  *
*k[f#]  *k[f#]  *
*G:  *G:  *
*M3/4  *M3/4  *
*MM90  *MM90  *
4r  4d  p
=1  =1  =1
2.G  4g  <
.  4a  .
.  4b  [
=2  =2  =2
"""


# ---------------------------------------------------------------- notes


@pytest.mark.parametrize(
    ("text", "name", "quarters"),
    [
        ("4c", "C4", 1),
        ("8.BB-", "Bb2", Fraction(3, 4)),
        ("2ccc##", "C##6", 2),
        ("0CC", "C2", 8),
        ("00.e", "E4", 24),
        ("12a", "A4", Fraction(1, 3)),
        ("3%2fn", "F4", Fraction(8, 3)),
        ("20.gg#", "G#5", Fraction(3, 10)),
        ("(>4c#X/L", "C#4", 1),
        ("4c@16@", "C4", 1),
    ],
)
def test_pitch_and_length_of_a_field(text, name, quarters):
    field = parse_field(text)
    assert str(field.notes[0].spelling) == name
    assert Fraction(field.length_tick, QUARTER) == quarters


@given(
    letter=st.sampled_from(LETTERS),
    alter=st.integers(-2, 2),
    octave=st.integers(0, 8),
    number=st.integers(1, 200),
    dots=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_every_written_note_is_read_as_written(letter, alter, octave, number, dots):
    spelling = Spelling(letter, alter, octave)
    letters = letter.lower() * (octave - 3) if octave > 3 else letter * (4 - octave)
    field = parse_field(f"{number}{'.' * dots}{letters}{'#' * alter or '-' * -alter}")
    assert field.notes[0].spelling == spelling
    assert field.length_tick == Fraction(4 * QUARTER, number) * (2 - Fraction(1, 2**dots))


def test_a_rest_may_say_how_high_it_is_printed_and_is_no_note():
    assert heard(one_spine("4ree", "4ryy", "4c")) == [(2, 1, "C4")]


def test_the_notes_of_a_chord_share_a_length():
    assert heard(one_spine("2c e 2g")) == [(0, 2, "C4"), (0, 2, "E4"), (0, 2, "G4")]


def test_tied_notes_are_one_note():
    score = one_spine("*M2/4", "[4c [4e", "4c_ 4e]", "=2", "4c]", "4c")
    assert heard(score) == [(0, 3, "C4"), (0, 2, "E4"), (3, 1, "C4")]


def test_a_tie_without_a_beginning_is_struck_and_told():
    result = read("**kern\n4c]\n4d\n*-")
    assert len(heard(result.score)) == 2
    assert any("1 ties without a beginning" in line for line in result.mended)


def test_grace_notes_stand_where_their_main_note_begins():
    score = one_spine("4c", "8qd", "16qqe", "4f")
    graces = [note for note in score.parts[0].notes if note.is_grace]
    assert [(note.onset_tick, note.duration_tick) for note in graces] == [(QUARTER, 0), (QUARTER, 0)]
    assert heard(score)[-1] == (1, 1, "F4")


def test_a_grace_note_at_the_end_of_all_belongs_to_the_last_note():
    assert [str(n.spelling) for n in one_spine("4c", "4d", "8qe").parts[0].notes if n.onset_tick == QUARTER] == [
        "E4",
        "D4",
    ]


def test_triplets_against_eighths_meet_on_the_beat():
    score = read("**kern  **kern\n8C  12c\n.  12d\n8D  .\n.  12e\n4E  4f\n*-  *-").score
    assert [onset for onset, _, name in heard(score) if name in ("E3", "F4")] == [1, 1]


LENGTHS = {
    "1": 4,
    "2.": 3,
    "2": 2,
    "4.": Fraction(3, 2),
    "4": 1,
    "6": Fraction(2, 3),
    "8": Fraction(1, 2),
    "20": Fraction(1, 5),
}
SCALE = ["C", "D-", "E", "F#", "G", "A", "BB", "c", "d", "e-", "f", "g", "a", "b", "cc", "dd#"]
VOICE = st.lists(st.tuples(st.sampled_from(sorted(LENGTHS)), st.sampled_from([*SCALE, "r"])), min_size=1, max_size=12)


@given(voices=st.lists(VOICE, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_laid_out_in_rows_is_read_back_at_its_time(voices):
    cells: dict[Fraction, dict[int, str]] = {}
    expected = []
    for column, voice in enumerate(voices):
        onset = Fraction(0)
        for number, name in voice:
            cells.setdefault(onset, {})[column] = number + name
            if name != "r":
                expected.append((onset, LENGTHS[number], str(parse_field("4" + name).notes[0].spelling)))
            onset += LENGTHS[number]
        cells.setdefault(onset, {})[column] = "1r"
    rows = ["\t".join(row.get(column, ".") for column in range(len(voices))) for _, row in sorted(cells.items())]
    text = "\n".join(["\t".join(["**kern"] * len(voices)), *rows, "\t".join(["*-"] * len(voices))])
    if expected:
        assert sorted(heard(read(text).score)) == sorted(expected)


def test_a_tuplet_that_no_tick_holds_is_rounded_and_told():
    result = read("**kern\n*M1/4\n" + "44c\n" * 11 + "=2\n4d\n*-")
    assert heard(result.score)[-1][0] == 1
    assert any("rare tuplets" in line for line in result.mended)


def test_articulations_ornaments_and_fermatas():
    notes = one_spine("4c' 4e", "4d^T", "4e~S;", "4f^^", "4gM", "4aw").parts[0].notes
    assert [note.articulations for note in notes] == [
        ("staccato",),
        ("staccato",),
        ("accent", "trill"),
        ("tenuto", "fermata", "turn"),
        ("marcato",),
        ("mordent",),
        ("inverted-mordent",),
    ]


def test_a_fermata_may_stand_over_a_rest():
    score = one_spine("4c;", "4r;", "4d")
    assert score.fermata_ticks == (0, QUARTER)


def test_slurs_nest_and_end_in_their_voice():
    score = one_spine("((4c", "4d)", "(4e", "4f))")
    assert score.slurs == (
        Slur(0, QUARTER),
        Slur(0, 3 * QUARTER),
        Slur(2 * QUARTER, 3 * QUARTER),
    )


# ---------------------------------------------------------------- spines


def test_two_staves_of_one_part_are_a_keyboard_with_the_upper_staff_first():
    score = read(KEYBOARD + "*-  *-  *-").score
    (part,) = score.parts
    assert (part.name, part.staves) == ("Piano", 2)
    assert {str(note.spelling): note.staff for note in part.notes}["G3"] == 2
    assert {str(note.spelling): note.staff for note in part.notes}["B4"] == 1


def test_parts_run_from_the_highest_to_the_lowest_and_keep_their_names():
    score = read(
        """
        **kern  **text  **kern
        *Ibass  *  *Isoprn
        *I"Bassus  *  *
        1C  A-  1cc
        *-  *-  *-
        """
    ).score
    assert [part.name for part in score.parts] == ["Soprn", "Bassus"]
    assert [part.program for part in score.parts] == [52, 52]


def test_a_split_makes_two_voices_and_a_join_one():
    score = read(
        """
        **kern
        *M4/4
        4c
        *^
        2e  4g
        .  4f
        *v  *v
        4d
        *-
        """
    ).score
    assert heard(score) == [(0, 1, "C4"), (1, 2, "E4"), (1, 1, "G4"), (2, 1, "F4"), (3, 1, "D4")]
    assert {str(note.spelling): note.voice for note in score.parts[0].notes}["F4"] == 2


def test_a_voice_may_enter_late_without_a_rest():
    result = read("**kern\n*^\n4c  .\n4d  4f\n2e  2g\n*v  *v\n*-")
    assert (1, 1, "F4") in heard(result.score)
    assert any("neither note nor rest" in line for line in result.mended)


def test_exchanged_spines_keep_their_parts():
    score = read('**kern  **kern\n*I"Low  *I"High\n4C  4c\n*x  *x\n4d  4D\n*-  *-').score
    assert [[str(note.spelling) for note in part.notes] for part in score.parts] == [["C4", "D4"], ["C3", "D3"]]


def test_a_spine_may_be_added_and_end_before_the_others():
    score = read("**kern\n4c\n*+\n*  **kern\n4d  4dd\n*  *-\n4e\n*-").score
    assert sorted(heard(score)) == [(0, 1, "C4"), (1, 1, "D4"), (1, 1, "D5"), (2, 1, "E4")]


def test_a_column_that_turns_to_another_kind_keeps_the_notes_it_had():
    assert heard(read("**kern\n4c\n**text\nla\n*-").score) == [(0, 1, "C4")]


# ---------------------------------------------------------------- bars and signs


def test_signs_of_a_keyboard_piece():
    score = read(KEYBOARD + "*-  *-  *-").score
    assert score.keys == ((0, Key(1, "major")),)
    assert [(bar.number, bar.duration_tick // QUARTER, bar.meter) for bar in score.bars] == [
        (0, 1, Meter(3, 4)),
        (1, 3, Meter(3, 4)),
    ]
    assert [(mark.tick, mark.beat_bpm) for mark in score.tempos] == [(0, 90.0)]
    assert score.dynamics == (Dynamic(0, "p"), Dynamic(QUARTER, "cresc", 3 * QUARTER))


def test_tempo_counts_the_beat_of_a_compound_meter_and_takes_its_words():
    score = read("!!!OMD: Allegro\n**kern\n*M6/8\n*MM90\n2.c\n*-").score
    assert [(mark.beat_bpm, mark.text) for mark in score.tempos] == [(60.0, "Allegro")]


def test_key_and_signature_of_minor():
    assert one_spine("*k[b-]", "*d:", "4d").keys == ((0, Key(2, "minor")),)
    assert one_spine("*k[b-]", "*g:dor", "4g").keys[0][1].signature == -1


def test_meters_change_at_the_bar_line():
    score = one_spine("*M2/4", "=1", "2c", "=2", "*M3/4", "2.d", "=3", "*M2/2", "1e", "==")
    assert [str(bar.meter) for bar in score.bars] == ["2/4", "3/4", "2/2"]


def test_hidden_meters_and_breves_are_meters_too():
    assert [str(bar.meter) for bar in one_spine("*M2/1", "=1", "0c", "=2", "*yyM3/2", "1.d", "==").bars] == [
        "2/1",
        "3/2",
    ]
    assert one_spine("*M3/0", "0.c").bars[0].meter == Meter(6, 1)


def test_a_note_may_be_held_over_bar_lines():
    score = read(
        """
        **kern  **kern
        *M2/1  *M2/1
        =1-  =1-
        00c  1e
        .  1.f
        =2-  =2-
        .  .
        .  2g
        .  1a
        =  =
        *-  *-
        """
    ).score
    assert [bar.duration_tick // QUARTER for bar in score.bars] == [8, 8]
    assert (0, 16, "C4") in heard(score)


def test_a_bar_line_stands_under_the_notes_that_all_voices_hold_over_it():
    result = read(
        """
        **kern  **kern
        *M2/4  *M2/4
        =1  =1
        4c  4e
        2d  4.f
        =2  =2
        .  8g
        4e  4c
        =3  =3
        2f  2a
        *-  *-
        """
    )
    assert [bar.duration_tick // QUARTER for bar in result.score.bars] == [2, 2, 2]
    assert not result.mended


def test_a_bar_that_a_repeat_divides_is_one_bar():
    score = one_spine("*M4/4", "1c", "=2", "2d", "=:|!|:", "2e", "=3", "1f", "==")
    assert [bar.duration_tick // QUARTER for bar in score.bars] == [4, 4, 4]


def test_short_and_long_bars_are_told_with_their_numbers():
    result = read("**kern\n*M2/4\n=1\n2c\n=2\n4d\n=3\n2.e\n=4\n2f\n==\n*-")
    assert "bar 2: 1 quarters too short for 2/4; kept as it is" in result.mended
    assert "bar 3: 1 quarters too long for 2/4; kept as it is" in result.mended


def test_an_excerpt_keeps_its_printed_bar_numbers():
    assert [bar.number for bar in one_spine("*M1/4", "=45", "4c", "=46", "4d", "==").bars] == [45, 46]


def test_bars_are_set_by_the_meter_where_no_lines_are():
    assert len(one_spine("*M2/4", *["4c"] * 6).bars) == 3


def test_title_and_composer():
    score = read("!!!COM: Chopin, Fryderyk\n!!!OTL@@PL: Mazurek &eacute;\n**kern\n4c\n*-").score
    assert (score.title, score.composer) == ("Mazurek é", "Fryderyk Chopin")


# ---------------------------------------------------------------- repeats

SECTIONS = """
**kern
*>[{order}]
*M1/4
*>A
4c
=2
*>A1
4d
=3:|!
*>A2
4e
=4
*>B
4f
==
*-
"""


def names(score: Score) -> str:
    return "".join(str(note.spelling)[0] for _, note in score.notes())


@pytest.mark.parametrize(
    ("order", "repeats", "played"),
    [
        ("A,A1,A,A2,B", [Repeat(0, 3, 2, ((1, 2, (1,)), (2, 3, (2,))))], "CDCEF"),
        ("A,A,A1,A2,B,B", [Repeat(0, 1), Repeat(3, 4)], "CCDEFF"),
        ("A,A1,A,A1,A2,B", [Repeat(0, 2)], "CDCDEF"),
        ("A,A1,A2,B,A", [], "CDEFC"),
    ],
)
def test_the_expansion_list_says_the_order_of_playing(order, repeats, played):
    def in_quarters(repeat: Repeat) -> Repeat:
        endings = tuple((start // QUARTER, end // QUARTER, passes) for start, end, passes in repeat.endings)
        return Repeat(repeat.start_tick // QUARTER, repeat.end_tick // QUARTER, repeat.times, endings)

    written = read(SECTIONS.format(order=order))
    assert [in_quarters(repeat) for repeat in written.score.repeats] == repeats
    assert names(written.score) == "CDEF"
    assert [mark.text for mark in written.score.marks] == ["A", "A1", "A2", "B"]
    assert names(read(SECTIONS.format(order=order), unfold=True).score) == played


def test_a_da_capo_is_told_where_repeats_stay_written():
    result = read(SECTIONS.format(order="A,A1,A2,B,A"))
    assert any("more than repeat signs can say" in line for line in result.mended)


def test_repeat_signs_rule_where_no_list_is():
    text = "**kern\n*M1/4\n4c\n=2!|:\n4d\n=3:|!|:\n4e\n=:|!\n4f\n==\n*-"
    assert names(read(text).score) == "CDEF"
    assert names(read(text, unfold=True).score) == "CDDEEF"


# ---------------------------------------------------------------- what is wrong


def test_latin_1_a_byte_order_mark_and_windows_lines_are_read():
    body = "**kern\r\n4c\r\n*-\r\n"
    assert read_bytes(b"\xef\xbb\xbf" + body.encode(), "x.krn").format == "kern"
    result = read_bytes(("!!!COM: Dvořák".encode("cp1250") + b"\n" + body.encode()), "x.krn")
    assert any("Latin-1" in line for line in result.mended)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("**kern  **kern\n4c  4e\n4d  4f  4g\n*-  *-", 3),
        ("**kern\n99999999999999999999c\n*-", 2),
        ("**kern\n0%0c\n*-", 2),
        ("**kern\n4c" + "." * 1000 + "\n*-", 2),
        ("**kern\n4" + "c" * 500 + "\n*-", 2),
        ("**kern\n4c" + "#" * 500 + "\n*-", 2),
        ("**kern\n" + "\n".join("  ".join(["*^"] * 2**n) for n in range(12)), 10),
    ],
)
def test_what_cannot_be_music_is_one_error_with_its_line(text, line):
    with pytest.raises(MusicFileError, match=rf"x\.krn:{line}\b"):
        read(text)


@pytest.mark.parametrize("text", ["**kern\n*-", "**kern\n4r\n*-", "**kern", "**kern\n=1\n=2\n*-"])
def test_a_file_without_a_note_is_an_error(text):
    with pytest.raises(MusicFileError, match="no note"):
        read(text)


def test_a_spine_of_many_strange_lengths_is_read_in_time():
    rows = [f"{9000 + i}c" for i in range(900)]
    assert len(one_spine(*rows).parts[0].notes) == 900


@pytest.mark.parametrize("row", ["*v  *", "*x  *", "*M0/0  *M99/3"])
def test_a_manipulation_or_a_meter_without_sense_changes_nothing_and_is_told(row):
    result = read(f"**kern  **kern\n4c  4e\n{row}\n4d  4f\n*-  *-")
    assert len(heard(result.score)) == 4
    assert any(line.startswith("line 3:") for line in result.mended)


def test_a_file_that_was_cut_off_is_read_and_told():
    result = read("**kern\n4c\n4d")
    assert len(heard(result.score)) == 2
    assert any("cut off" in line for line in result.mended)


SOUND = (
    KEYBOARD + "*  *^  *\n2.G  2.b  4g'  f\n.  .  (8a  .\n.  .  8b)  .\n*  *v  *v  *\n==  ==  ==\n*-  *-  *-"
).encode()


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_read_or_refused_never_anything_else(data):
    damaged = bytearray(re.sub(rb" {2,}", b"\t", SOUND.strip()))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"\t", b"\n", b"*^", b"*v", b"=", b"9", b".", b"q", b"[", b"]", b"(", b"-", b"\xff"])
        )
    try:
        score = read_bytes(bytes(damaged), "x.krn").score
    except MusicFileError:
        return
    assert all(note.onset_tick >= 0 for _, note in score.notes())
    assert all(note.duration_tick > 0 or note.is_grace for _, note in score.notes())
    assert all(a.end_tick == b.onset_tick for a, b in itertools.pairwise(score.bars))


def test_a_field_beyond_music_says_why():
    with pytest.raises(KernTokenError, match="length"):
        parse_field("99999c")


# ---------------------------------------------------------------- what else stands on the page


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("**kern  **text\n4c  la\n*-  *-", "1 fields of **text left out"),
        ("**kern\n!LO:TX:t=dolce\n4c\n*-", "1 directions in words left out"),
        ("**kern\n*ped\n4c\n*-", "1 pedal marks left out"),
        ("**kern\n4c\n=2;\n4d\n*-", "1 fermatas over bar lines left out"),
        ("**kern\n4(c\n4d\n*-", "1 slurs without an end left out"),
        ("**kern\n4c)\n4d\n*-", "1 slurs without a beginning left out"),
        ("**kern  **dynam\n4c  <\n4d  .\n*-  *-", "1 hairpins without an end left out"),
        ("**kern  **dynam\n4c  rrr\n4d  .\n*-  *-", "1 dynamics in words left out"),
        ("!!!OMD: Largo\n**kern\n4c\n*-", "1 tempo words without a number left out"),
        ("**kern\n*d:dor\n4c\n*-", "the church mode d:dor was left out; its signature is kept"),
        ("**kern\n[4c\n4d\n*-", "1 ties lead to no note; left out"),
        ("**kern  **kern\n4r  4c\n*-  *-", "1 columns without a note left out"),
    ],
)
def test_what_a_score_has_no_place_for_is_told(rows, said):
    assert said in read(rows).mended


def test_a_problem_that_the_editors_note_is_no_direction():
    assert not any("words" in line for line in read("**kern\n!LO:TX:t=P:look here:problem\n4c\n*-").mended)


def test_a_metronome_mark_in_words_is_a_tempo():
    (mark,) = read("!!!OMD: Allegro [eighth] = 108.\n**kern\n*M2/4\n4c\n4d\n*-").score.tempos
    assert (mark.beat_bpm, mark.text) == (54.0, "Allegro [eighth] = 108.")


def test_a_grace_note_without_a_stroke_is_an_appoggiatura():
    notes = one_spine("8qe", "8qqd", "4c").parts[0].notes
    assert [(str(n.spelling), n.articulations) for n in notes] == [("E4", ()), ("D4", ("appoggiatura",)), ("C4", ())]


def test_a_fermata_over_a_tied_note_stands_where_its_head_does():
    assert one_spine("*M2/4", "[2c", "=", "2c;]", "=").fermata_ticks == (2 * QUARTER,)


def test_a_note_of_a_chord_that_is_only_held_on_keeps_no_accent():
    assert [n.articulations for n in one_spine("[4c 4e", "4c]^ 4f^").parts[0].notes] == [(), (), ("accent",)]
