from pathlib import Path

import pytest

from composer.analysis.copying import load_runs
from composer.errors import TrainingError
from composer.style import load_statistics, read_style
from composer.training.recipes import RecipeBook, read_recipes
from composer.training.style_files import Listed, build_runs, build_style, evenly, list_pieces

HEAD = (
    '<score-partwise version="4.0"><work><work-title>{title}</work-title></work>'
    '<part-list><score-part id="P1"><part-name>Soprano</part-name></score-part></part-list><part id="P1">'
)
BAR = '<measure number="{number}">{attributes}{notes}</measure>'
ATTRIBUTES = (
    "<attributes><divisions>1</divisions><key><fifths>0</fifths></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)
RECIPES = """\
sources:
  - {path: corpora/songs, composer: nobody, include: ["*draft*"]}
  - {path: corpora/songs, composer: anon, weight: 2, name: Songs, url: "https://example.org", licence: CC0 1.0}
styles:
  - {name: songs, description: tunes, composer: anon, ensemble: line, forms: [binary], player: chorale}
"""


def song(title: str, tune: str = "CEGE") -> str:
    notes = "".join(
        f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration></note>" for step in tune
    )
    bars = "".join(
        BAR.format(number=number, attributes=ATTRIBUTES if number == 1 else "", notes=notes) for number in range(1, 9)
    )
    return HEAD.format(title=title) + bars + "</part></score-partwise>"


@pytest.fixture
def book(tmp_path: Path) -> RecipeBook:
    folder = tmp_path / "corpora" / "songs"
    folder.mkdir(parents=True)
    # Of six works in a small style two are held out.
    for title, tune in zip("abcdef", ("CEGE", "FGAC", "CDEC", "GFED", "CCGG", "EDCG"), strict=True):
        (folder / f"song_{title}.musicxml").write_text(song(title, tune))
    (folder / "003_draft.musicxml").write_text(song("A draft", "GGGA"))
    (tmp_path / "recipes.yaml").write_text(RECIPES)
    return read_recipes(tmp_path / "recipes.yaml")


@pytest.fixture
def pieces(book: RecipeBook, tmp_path: Path) -> list[Listed]:
    return list_pieces(book.sources, data=tmp_path, cache=tmp_path / "cache")


def test_a_style_is_counted_from_its_training_side_only(tmp_path, book, pieces):
    card = build_style(book.styles[0], book, pieces, output=tmp_path)
    assert card.pieces == 4
    assert card.bars == 32
    assert card.sources[0].name == "Songs"
    assert read_style(tmp_path / "songs.yaml") == card
    statistics = load_statistics(tmp_path / "songs.yaml")
    assert statistics.bars == 32
    assert sum(statistics.meters.values()) == 8, "its source counts twice"
    first = (tmp_path / "songs.json").read_bytes()
    build_style(book.styles[0], book, pieces, output=tmp_path)
    assert (tmp_path / "songs.json").read_bytes() == first


def test_the_index_of_runs_can_be_made_alone(tmp_path, book, pieces):
    card = build_style(book.styles[0], book, pieces, output=tmp_path)
    runs = (tmp_path / "songs.runs.safetensors").read_bytes()
    index = load_runs(read_style(tmp_path / "songs.yaml"))
    assert index is not None
    assert index.held_out_pieces == 2
    (tmp_path / "songs.runs.safetensors").unlink()
    assert build_runs(book.styles[0], book, pieces, output=tmp_path) == card
    assert (tmp_path / "songs.runs.safetensors").read_bytes() == runs


def test_no_files_is_an_error(tmp_path, book):
    for path in (tmp_path / "corpora" / "songs").glob("*"):
        path.unlink()
    with pytest.raises(TrainingError, match="no files corpora/songs"):
        list_pieces(book.sources, data=tmp_path, cache=tmp_path / "cache")


def test_an_even_choice_leaves_no_corner_out():
    assert evenly(list("abcdef"), 3) == ["a", "c", "e"]
    assert evenly(list("abc"), 3) == ["a", "b", "c"]
