"""Several voices: parts and staves, voices over each other, how each sounds, where they disagree."""

from __future__ import annotations

from composer.corpus.abc.reader import read_abc
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
QUARTET = """\
V:T1 clef=treble-8 name="Tenore I" snm="T.I"
V:T2 clef=treble-8 name="Tenore II"
V:B1 clef=bass
V:B2 clef=bass
K:Gm
[V:T1] (B2c2 d2g2) | f6e2- | e4 z4 |
[V:T2] (G2A2 B2e2) | d6c2- | c4 z4 |
[V:B1] z8 | z2f2 g2a2 | b4 z4 |
[V:B2] x8 | x8 | G4 z4 |
"""


def read(text: str, *, meter: str = "C", unit: str = "1/8"):
    (tune,) = read_abc(f"X:1\nM:{meter}\nL:{unit}\n{text}\n".encode(), "t.abc")
    return tune


def shape(tune):
    """Of each part: name, staves and (staff, voice) of its notes."""
    return [
        (part.name, part.staves, sorted({(note.staff, note.voice) for note in part.notes})) for part in tune.score.parts
    ]


def test_each_voice_is_a_part():
    tune = read(QUARTET)
    assert [name for name, _, _ in shape(tune)] == ["Tenore I", "Tenore II", "B1", "B2"]
    assert [part.notes[0].pitch for part in tune.score.parts] == [58, 55, 77, 67]  # the tenors sound an octave lower
    assert [len(part.notes) for part in tune.score.parts] == [6, 6, 4, 1]  # a tie over the bar line
    assert tune.mended == ()


def test_parentheses_are_a_staff_and_a_brace_is_a_keyboard():
    assert shape(read("%%score (T1 T2) | (B1 B2)\n" + QUARTET)) == [
        ("Tenore I", 1, [(1, 1), (1, 2)]),
        ("B1", 1, [(1, 1), (1, 2)]),
    ]
    assert shape(read("%%staves {(T1 T2) (B1 B2)}\n" + QUARTET)) == [("Tenore I", 2, [(1, 1), (1, 2), (2, 1), (2, 2)])]
    assert shape(read("%%score [T1 T2] {B1 B2}\n" + QUARTET))[2] == ("B1", 2, [(1, 1), (2, 1)])


def test_a_third_staff_is_a_part_of_its_own():
    assert [row[1:] for row in shape(read("%%score {T1 T2 B1} B2\n" + QUARTET))] == [
        (2, [(1, 1), (2, 1)]), (1, [(1, 1)]), (1, [(1, 1)]),
    ]  # fmt: skip


def test_a_voice_that_the_staves_forget_is_kept():
    tune = read("%%score T1 B1\n" + QUARTET)
    assert [name for name, _, _ in shape(tune)] == ["Tenore I", "B1", "Tenore II", "B2"]
    assert "the staves do not name the voices T2, B2; they stand below" in tune.mended


def test_voices_in_lines_of_their_own():
    tune = read("K:C\nV:1\nC4 D4- | D4 E4 |\nV:2\nG,8- | G,8 |\nV:1\nF8 |]\nV:2\nC,8 |]")
    assert [[note.pitch for note in part.notes] for part in tune.score.parts] == [[60, 62, 64, 65], [55, 48]]
    assert tune.score.parts[0].notes[1].duration_tick == 4 * Q
    assert [name for name, _, _ in shape(tune)] == ["Part 1", "Part 2"]


def test_an_overlay_goes_back_to_the_bar_line():
    tune = read("K:C\nc4 d4 & ^E8 & C2 z6 | e8 & E8 |]")
    assert [(note.onset_tick // Q, note.voice, note.pitch) for note in tune.score.parts[0].notes] == [
        (0, 3, 60), (0, 2, 65), (0, 1, 72), (2, 1, 74), (4, 2, 64), (4, 1, 76),
    ]  # fmt: skip


def test_a_field_changes_its_own_voice():
    tune = read("K:C\nV:1\nC8 | [K:G][L:1/4] F4 |]\nV:2\nC8 | F8 |]")
    assert [[note.pitch for note in part.notes] for part in tune.score.parts] == [[60, 66], [60, 65]]
    both = read("V:1\nV:2\nK:C\nK:D\nL:1/4\n[V:1] F4 |]\n[V:2] F4 |]")  # before the first note: all voices
    assert [part.notes[0].pitch for part in both.score.parts] == [66, 66]


def test_a_transposing_voice_sounds_where_it_should():
    tune = read('V:1 name="Clarinet" transpose=-2\nV:2\nK:C\n[V:1] D8 |]\n[V:2] [K:Bb] B,8 |]')
    clarinet, other = tune.score.parts
    assert (clarinet.notes[0].pitch, clarinet.notes[0].spelling) == (60, None)
    assert other.notes[0].pitch == 58


def test_instruments_and_drums():
    tune = read(
        "%%MIDI program 73\nV:1\nV:2\nV:3 clef=perc\nK:C\n[V:1] C8 |\nV:2\n%%MIDI program 42\nC,8 |\n[V:3] BBBB z4 |"
    )
    assert [part.program for part in tune.score.parts] == [73, 42]
    assert "voice 3: 4 notes without pitch left out: drums" in tune.mended


def test_rests_of_whole_bars_follow_the_other_voices():
    tune = read("K:C\nV:1\nG2 | C8 | D8 | E6 |]\nV:2\nZ | Z2 | C,6 |]")
    assert [(bar.number, bar.duration_tick // Q) for bar in tune.score.bars] == [(0, 1), (1, 4), (2, 4), (3, 3)]
    assert tune.score.parts[1].notes[0].onset_tick == 9 * Q
    assert tune.mended == ()


def test_voices_that_disagree_are_told_and_lose_nothing():
    tune = read("K:C\nV:1\nC8 | D8 | E8 |]\nV:2\nC,8 | D,6 | E,8 |]")
    assert [note.onset_tick // Q for note in tune.score.parts[1].notes] == [0, 4, 8]
    assert tune.mended == ("line 8: bar 2: voice 2 is 1 quarters short; a rest was added",)
    longer = read("K:C\nV:1\nC8 | D8 | E8 |]\nV:2\nC,8 | D,8 F,2 |]")
    assert [note.onset_tick // Q for note in longer.score.parts[1].notes] == [0, 4, 8]
    assert longer.score.parts[0].notes[2].onset_tick == 9 * Q
    assert any("voice 1 is 1 quarters short" in line for line in longer.mended)
    assert "voice 2: ends 1 bars before the others" in longer.mended


def test_a_voice_with_a_bar_line_too_few_is_brought_back():
    tune = read("K:C\nV:1\nC8 | D8 | E8 | F8 |]\nV:2\nC,8 | D,8 E,8 | F,8 |]")
    assert [note.onset_tick // Q for note in tune.score.parts[1].notes] == [0, 4, 8, 12]
    assert [bar.duration_tick // Q for bar in tune.score.bars] == [4, 4, 4, 4]
    assert tune.mended == ("line 8: voice 2: a bar line is missing; it was set",)


def test_signs_that_come_before_the_first_voice_are_kept():
    tune = read("Q:1/4=90\nK:C\nP:A\n[V:Flute] c8 |]\n[V:Bass] C,8 |]")
    assert [mark.beat_bpm for mark in tune.score.tempos] == [90]
    assert [mark.text for mark in tune.score.marks] == ["A"]
    assert [name for name, _, _ in shape(tune)] == ["Flute", "Bass"]
