"""rit., accel. and a tempo become tempi where somebody plays."""

import pytest

from composer.corpus.musicxml.tempo_words import with_said_tempi
from composer.corpus.reader import read_bytes
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q


def words(text, *, offset=0, tempo=""):
    sound = f'<sound tempo="{tempo}"/>' if tempo else ""
    moved = f"<offset>{offset}</offset>" if offset else ""
    return f"<direction><direction-type><words>{text}</words></direction-type>{moved}{sound}</direction>"


def sheet(bars, *directions, tempo="100", parts=1, meter=(4, 4)):
    """`bars` bars of quarters, two divisions each; directions are (bar from 1, beat from 1, XML, part)."""
    rows = []
    for part in range(1, parts + 1):
        measures = []
        for bar in range(1, bars + 1):
            head = ""
            if bar == 1:
                time = f"<time><beats>{meter[0]}</beats><beat-type>{meter[1]}</beat-type></time>"
                head = f"<attributes><divisions>2</divisions>{time}</attributes>"
                head += words("Allegro", tempo=tempo) if tempo and part == 1 else ""
            notes = ""
            for beat in range(1, 5):
                notes += "".join(x for b, t, x, *p in directions if (b, t) == (bar, beat) and part == (p or [1])[0])
                notes += "<note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration></note>"
            measures.append(f'<measure number="{bar}">{head}{notes}</measure>')
        rows.append(f'<part id="P{part}">{"".join(measures)}</part>')
    names = "".join(f'<score-part id="P{p}"><part-name>A</part-name></score-part>' for p in range(1, parts + 1))
    return f'<score-partwise version="4.0"><part-list>{names}</part-list>{"".join(rows)}</score-partwise>'.encode()


def tempi(data):
    """(tick in quarters, beats a minute) after the words were followed."""
    said, _ = with_said_tempi(data, "x.musicxml")
    return [(mark.tick / Q, round(mark.beat_bpm, 1)) for mark in read_bytes(said, "x.musicxml").score.tempos]


def test_a_ritardando_slows_beat_by_beat_until_a_tempo():
    found = tempi(sheet(6, (2, 1, words("rit.")), (3, 1, words("a tempo"))))
    assert found == [(0, 100), (4, 93), (5, 86), (6, 79), (7, 72), (8, 100)]


def test_an_accelerando_hurries_and_a_little_is_less():
    found = dict(tempi(sheet(6, (2, 1, words("poco accel.")), (3, 1, words("a tempo")))))
    assert found[7] == 115
    assert found[8] == 100


def test_where_nothing_brings_the_tempo_back_it_returns_by_itself_but_not_at_the_end():
    found = dict(tempi(sheet(12, (2, 1, words("rall.")), (11, 1, words("rit.")))))
    assert found[11] == 72
    assert found[12] == 100
    assert found[47] == 72
    assert 48 not in found


def test_the_next_tempo_that_is_marked_ends_the_change():
    found = dict(tempi(sheet(6, (2, 3, words("allargando")), (4, 1, words("Adagio", tempo="60")))))
    assert found[11] == 72
    assert found[12] == 60


def test_one_word_in_two_parts_is_one_and_places_within_bars_are_kept():
    found = tempi(sheet(4, (2, 3, words("rit.")), (2, 4, words("rit."), 2), (3, 1, words("a tempo"), 2), parts=2))
    assert found == [(0, 100), (6, 86), (7, 72), (8, 100)]


def test_meno_mosso_comes_at_once_and_tempo_primo_goes_back():
    assert tempi(sheet(6, (2, 1, words("meno mosso")), (4, 1, words("Tempo I")))) == [(0, 100), (4, 85), (12, 100)]


def test_a_score_without_any_tempo_slows_from_a_walk():
    found = tempi(sheet(4, (4, 1, words("rit.")), tempo=""))
    assert found[0] == (0, 96)
    assert found[-1] == (15, round(96 * 0.72, 1))


@pytest.mark.parametrize("text", ["dolce", "senza rit.", "cantabile", "spirito", "con brio"])
def test_other_words_change_nothing(text):
    data = sheet(4, (2, 1, words(text)))
    said, count = with_said_tempi(data, "x.musicxml")
    assert (said, count) == (data, 0)


def test_notes_stay_as_they_are():
    data = sheet(6, (2, 1, words("rit.")), parts=2)
    said, _ = with_said_tempi(data, "x.musicxml")
    assert read_bytes(said, "x").score.parts == read_bytes(data, "x").score.parts
    assert read_bytes(said, "x").score.bars == read_bytes(data, "x").score.bars
