from dataclasses import replace

import pytest

from composer.analysis.copying import load_runs
from composer.errors import TrainingError
from composer.style import load_statistics, read_style
from composer.training.style_files import RECIPES, bach_weight, build_runs, build_style

HEAD = (
    '<score-partwise version="4.0"><work><work-title>{title}</work-title></work>'
    '<part-list><score-part id="P1"><part-name>Soprano</part-name></score-part></part-list><part id="P1">'
)
BAR = '<measure number="{number}">{attributes}{notes}</measure>'
ATTRIBUTES = (
    "<attributes><divisions>1</divisions><key><fifths>0</fifths></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)


def song(title: str, tune: str = "CEGE") -> str:
    notes = "".join(
        f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration></note>" for step in tune
    )
    bars = "".join(
        BAR.format(number=number, attributes=ATTRIBUTES if number == 1 else "", notes=notes) for number in range(1, 9)
    )
    return HEAD.format(title=title) + bars + "</part></score-partwise>"


@pytest.fixture
def recipe():
    return replace(RECIPES[1], name="songs", pattern="corpora/songs/*.musicxml")


@pytest.fixture
def songs(tmp_path):
    folder = tmp_path / "corpora" / "songs"
    folder.mkdir(parents=True)
    # The second is held out.
    for number, (title, tune) in enumerate((("Jesu_meine_Freude", "CEGE"), ("Vater_unser_im_Himmelreich", "FGAC"))):
        (folder / f"{number:03}_{title}.musicxml").write_text(song(title, tune))


@pytest.mark.usefixtures("songs")
def test_a_style_is_counted_from_its_training_side_only(tmp_path, recipe):
    card = build_style(recipe, data=tmp_path, output=tmp_path)
    assert card.pieces == 1
    assert read_style(tmp_path / "songs.yaml") == card
    assert load_statistics(tmp_path / "songs.yaml").bars == 8
    first = (tmp_path / "songs.json").read_bytes()
    build_style(recipe, data=tmp_path, output=tmp_path)
    assert (tmp_path / "songs.json").read_bytes() == first


@pytest.mark.usefixtures("songs")
def test_the_index_of_runs_can_be_made_alone(tmp_path, recipe):
    card = build_style(recipe, data=tmp_path, output=tmp_path)
    runs = (tmp_path / "songs.runs.safetensors").read_bytes()
    assert load_runs(read_style(tmp_path / "songs.yaml")).held_out_pieces == 1
    (tmp_path / "songs.runs.safetensors").unlink()
    assert build_runs(recipe, data=tmp_path, output=tmp_path) == card
    assert (tmp_path / "songs.runs.safetensors").read_bytes() == runs


def test_no_files_is_an_error(tmp_path, recipe):
    with pytest.raises(TrainingError, match="no files"):
        build_style(recipe, data=tmp_path, output=tmp_path)


@pytest.mark.parametrize(
    ("name", "weight"),
    [
        ("BachJS__BWV816__french-suite-5__gigue.mid", 3),
        ("BachJS__BWV784__bach-invention-13.mid", 3),
        ("BachJS__BWV846__wtk1-prelude1.mid", 3),
        ("BachJS__BWV846__wtk1-fugue1.mid", 1),
        ("BachJS__BWV848__bwv848b__bwv848b.mid", 1),
        ("BachJS__BWVAnh114__anna-magdalena-04.mid", 3),
        ("BachJS__BWV582__bwv582__bwv582.mid", 1),
    ],
)
def test_suites_inventions_and_preludes_weigh_more(name, weight):
    assert bach_weight(name) == weight
