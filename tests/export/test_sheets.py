import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pypdfium2
import pytest

from composer.errors import OptionError
from composer.export.engraving import Heading, engrave
from composer.export.sheets import Sheet, parts_of, pdf_of, png_pages_of, svg_pages
from composer.export.svg_text import SVG
from composer.score import Dynamic, Mark, Note, Part, Repeat, Slur, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter(f"{{{SVG}}}text")]


def of_class(svg, name):
    return [element for element in ET.fromstring(svg).iter() if name in element.get("class", "").split()]


def words_of(pdf):
    """Return the text of each page."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


@pytest.fixture
def piece(keyboard):
    return keyboard(
        [(0, 72, 1), (1, 74, 1), (2, 76, 2), (4, 77, 3)],
        [(0, 48, 4), (4, 43, 3)],
        marks=(Mark(0, "A"), Mark(4 * Q, "Coda")),
        tempos=(TempoMark(0, 96.0, "Allegretto"),),
        slurs=(Slur(0, 2 * Q),),
        title="Rondo in Bb major",
        composer="after Bach",
    )


def test_the_first_page_says_what_it_is(piece):
    (page,) = svg_pages(Sheet(piece))
    for words in ("Rondo in B♭ major", "after Bach", "A", "Coda", "Allegretto", "= 96", "Piano", "seed: 7"):
        assert words in texts(page)


def test_a_keyboard_piece_has_two_clefs_a_brace_and_its_slur(piece):
    (page,) = svg_pages(Sheet(piece))
    assert len(of_class(page, "clef")) == 2
    assert len(of_class(page, "note")) == 6
    assert len(of_class(page, "slur")) == 1
    assert of_class(page, "grpSym")


def test_the_dotted_note_of_a_tempo_is_drawn_and_not_set(keyboard):
    score = keyboard([(0, 72, 1)], bars=1, meter=(6, 8), tempos=(TempoMark(0, 60.0),))
    (page,) = svg_pages(Sheet(score))
    (tempo,) = of_class(page, "tempo")
    assert len(list(tempo.iter(f"{{{SVG}}}path"))) == 2  # the note and its dot
    assert " ".join(text.text for text in tempo.iter(f"{{{SVG}}}text")) == "= 60"


def test_every_text_has_a_place_and_a_size_of_its_own(piece):
    (page,) = svg_pages(Sheet(piece))
    root = ET.fromstring(page)
    assert not list(root.iter(f"{{{SVG}}}tspan"))
    for text in root.iter(f"{{{SVG}}}text"):
        assert int(text.attrib["x"]) > 0
        assert text.attrib["font-size"].endswith("px")
        assert text.text == text.text.strip()
    assert "font-face" not in page


def test_no_dots_stand_where_a_section_begins(piece):
    (page,) = svg_pages(Sheet(replace(piece, repeats=(Repeat(0, 4 * Q),))))
    assert not of_class(page, "placeholder")


def test_a_long_piece_has_pages_with_their_numbers(keyboard):
    score = keyboard([(beat, 60 + beat % 12, 1) for beat in range(240)], bars=60, title="Long")
    pages = words_of(pdf_of(Sheet(score)))
    assert len(pages) == len(svg_pages(Sheet(score))) == 2
    assert "Long" in pages[0]
    assert "Long" not in pages[1]
    assert "2" in pages[1].split()


def test_a_pdf_can_be_searched_for_its_words(piece):
    (words,) = words_of(pdf_of(Sheet(piece)))
    assert "after Bach" in words
    assert "Allegretto" in words
    assert re.search("Rondo in B.? major", words)
    assert pypdfium2.PdfDocument(pdf_of(Sheet(piece))).get_metadata_dict()["Title"] == "Rondo in B♭ major"


def test_titles_in_any_alphabet_that_there_is_a_font_for(piece):
    (words,) = words_of(pdf_of(Sheet(replace(piece, title="Прелюдия & Füge"))))
    assert "Прелюдия" in words
    assert "& Füge" in words


def test_a_title_may_hold_anything(piece):
    (page,) = svg_pages(Sheet(replace(piece, title="bell\x07 </rend> <b>", composer="")))
    assert "bell\\x07 </rend> <b>" in texts(page)


def test_a_page_is_a4(piece):
    pdf = pypdfium2.PdfDocument(pdf_of(Sheet(piece)))
    assert [round(points / 72 * 25.4) for points in pdf[0].get_size()] == [210, 297]


def test_a_picture_has_two_hundred_dots_an_inch_and_ink_on_white(piece):
    (picture,) = png_pages_of(Sheet(piece))
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
    assert (width, height) == pytest.approx((210 / 25.4 * 200, 297 / 25.4 * 200), abs=2)


def test_each_part_has_its_name_and_its_notes(piece):
    voice = Part("Voice", (Note(0, 67, 4 * Q),), 53)
    dynamics = (Dynamic(0, "p"), Dynamic(4 * Q, "f"))
    score = replace(piece, parts=(voice, *piece.parts), slurs=(Slur(0, 2 * Q, part=1),), dynamics=dynamics)
    (name, own), (_, piano) = parts_of(Sheet(score))
    assert own.score.dynamics == dynamics[:1]  # the voice is silent then
    assert piano.score.dynamics == dynamics
    assert name == own.part == "Voice"
    assert own.score.parts == (voice,)
    assert own.score.slurs == ()
    assert piano.score.slurs == (Slur(0, 2 * Q),)
    assert "Voice" in texts(svg_pages(own)[0])
    assert len(of_class(svg_pages(own)[0], "clef")) == 1


def test_what_verovio_cannot_read_is_an_error():
    with pytest.raises(OptionError, match="cannot be engraved"):
        engrave(b"<score-partwise/>", Heading())


PROGRAM = """
import hashlib, sys
from composer.export.sheets import Sheet, pdf_of, png_pages_of, svg_pages
from composer.score import Note, Part, Score, make_bars
from composer.theory.meter import Meter
notes = (Note(0, 61, 10080), Note(10080, 64, 30240, staff=2))
sheet = Sheet(Score((Part("Piano", notes, 0, 2),), make_bars(Meter(4, 4), 1), title="♯"))
files = [pdf_of(sheet), *png_pages_of(sheet), *(page.encode() for page in svg_pages(sheet))]
print(hashlib.sha256(b"".join(files)).hexdigest())
"""


def test_two_processes_draw_the_same_bytes():
    runs = [
        subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True) for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stderr == ""


def test_a_thread_draws_the_same_page(piece):
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(svg_pages, Sheet(piece)).result() == svg_pages(Sheet(piece))
