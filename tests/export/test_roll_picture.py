import io

import matplotlib.image
import numpy as np

from composer.export.roll_picture import roll_picture_bytes, write_roll_picture
from composer.outline import ChordSpan, KeySpan, Outline, SectionSpan
from composer.score import Mark
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BLUE, ORANGE = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)


def pixels(content):
    """Return the picture as int [row, column, rgb]."""
    return np.rint(matplotlib.image.imread(io.BytesIO(content), format="png")[..., :3] * 255).astype(int)


def columns_of(picture, color):
    return np.flatnonzero((np.abs(picture - color).max(axis=2) <= 2).sum(axis=0) >= 3)


def test_a_returning_theme_has_the_colour_of_its_first_statement(keyboard):
    score = keyboard([(beat, 72, 1) for beat in range(12)], bars=3)
    sections = tuple(
        SectionSpan(4 * Q * n, 4 * Q * (n + 1), name, name[0], theme=theme)
        for n, (name, theme) in enumerate([("A", "refrain"), ("B", "couplet"), ("A2", "refrain")])
    )
    outline = Outline(score.bars, keys=(KeySpan(0, 12 * Q, parse_key("C major")),), sections=sections)
    picture = pixels(roll_picture_bytes(score, outline=outline))
    picture = picture[picture.shape[0] // 4 :]  # below the arcs
    blue, orange = columns_of(picture, BLUE), columns_of(picture, ORANGE)
    third = picture.shape[1] / 3
    assert blue.min() < third < orange.min()
    assert orange.max() < 2 * third + 60 < blue.max()
    assert not np.any((blue > orange.min() + 15) & (blue < orange.max() - 15))


def test_marks_stand_in_for_sections(keyboard):
    score = keyboard([(0, 72, 4), (4, 74, 4)], [(0, 48, 8)], marks=(Mark(0, "A"), Mark(4 * Q, "B")))
    picture = pixels(roll_picture_bytes(score))
    assert columns_of(picture, BLUE).min() < columns_of(picture, ORANGE).min()


def test_a_piece_without_notes_or_sections_has_a_picture_too(keyboard):
    assert pixels(roll_picture_bytes(keyboard([], marks=(), title="50 $ and x_1"))).shape[2] == 3


def test_the_same_score_gives_the_same_picture(keyboard, tmp_path):
    score = keyboard([(0, 72, 1)])
    write_roll_picture(score, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_bytes() == roll_picture_bytes(score, as_svg=True)
    write_roll_picture(score, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == roll_picture_bytes(score)


def test_arcs_keys_and_chords_are_in_the_picture(keyboard):
    score = keyboard([(beat, 72 + beat % 4, 1) for beat in range(8)])
    keys = (KeySpan(0, 4 * Q, parse_key("C major")), KeySpan(4 * Q, 8 * Q, parse_key("E minor")))
    sections = tuple(SectionSpan(4 * Q * n, 4 * Q * (n + 1), f"A{n}", "A", theme="a") for n in range(2))
    chords = tuple(
        ChordSpan(4 * Q * n, 4 * Q * (n + 1), parse_chord(numeral, span.key.mode), span.key)
        for n, (numeral, span) in enumerate(zip(("I", "V7"), keys, strict=True))
    )

    def drawn(**facts):
        return roll_picture_bytes(score, outline=Outline(score.bars, **facts), as_svg=True).decode()

    plain, whole = drawn(keys=keys), drawn(keys=keys, sections=sections, chords=chords)
    for text, where in (("C major", (plain, whole)), ("E minor", (plain, whole)), ("V7", (whole,)), ("same", (whole,))):
        for picture in (plain, whole):
            assert (f"<!-- {text} -->" in picture) == (picture in where), text
