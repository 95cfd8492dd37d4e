"""A style of a user's own folder: counted, named, and planned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.analysis.copying import load_runs
from composer.analysis.survey import survey_folder
from composer.errors import OutputError, TrainingError
from composer.pipeline import plan_piece
from composer.style import load_statistics, read_style
from composer.training.own_style import build_own_style
from composer.training.recipes import StyleRecipe
from composer.training.style_counting import read_style_pieces, write_style_files

SCALE = ["c", "d", "e", "f", "g", "a", "b", "cc", "dd", "ee"]


def song(seed: int, *, meter: str = "3/4", value: int = 4) -> str:
    """A song with a bass: a melody that no other seed has, over tonic and dominant."""
    beats = int(meter[0])
    lines = ["!!!YEM: CC0", "**kern\t**kern", f"*M{meter}\t*M{meter}", "*k[]\t*k[]", "*C:\t*C:"]
    place = seed % 5 + 2
    for bar in range(16):
        lines.append(f"={bar + 1}\t=")
        bass = ("CC", "GGG", "FF", "GGG")[(bar // 2 + seed) % 4] if bar < 15 else "CC"
        for beat in range(beats):
            place = max(0, min(9, place + ((seed * 7 + bar * bar + beat * 3 + seed * bar) % 5) - 2))
            lines.append(f"{value}{'c' if bar == 15 else SCALE[place]}\t{value}{bass if beat == 0 else bass + bass[0]}")
    return "\n".join([*lines, "*-\t*-", ""])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    songs = tmp_path / "songs"
    songs.mkdir()
    for seed in range(8):
        (songs / f"song{seed}.krn").write_text(song(seed))
    (songs / "copy.krn").write_text(song(3))
    (songs / "torn.mid").write_bytes(b"MThd")
    return songs


def test_a_folder_becomes_a_style_that_plans_a_piece(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = build_own_style(survey_folder(folder), "mine", output=Path())
    assert read_style(Path("mine.yaml")) == own.card
    assert own.card.meters == ("3/4",)
    assert set(own.card.tempo_bpm) == {"3/4"}
    assert own.card.forms, "told from ensemble and meters"
    assert own.card.player
    statistics = load_statistics("mine.yaml")
    assert statistics.pieces + own.held_out == 8, "the copy is counted once"
    assert statistics.bars == 16 * statistics.pieces
    assert own.card.composer == "bach"
    assert any("bach" in line for line in own.told)
    plan = plan_piece(form="rondo", style="./mine.yaml", seed=3)
    assert plan.meter == "3/4"
    assert dict(plan.style) == {"./mine.yaml": 1.0}


def test_where_none_can_be_held_out_all_are_counted_and_that_is_told(folder: Path, tmp_path: Path) -> None:
    for path in folder.glob("song[3-7].krn"):
        path.unlink()
    own = build_own_style(survey_folder(folder), "few", output=tmp_path)
    held_out = 4 - own.card.pieces
    assert own.held_out == held_out
    assert (load_runs(own.card) is None) == (held_out == 0)
    assert any("copies" in line for line in own.told) == (held_out == 0)
    assert all(path.is_file() for path in own.files)


def test_fewer_than_three_pieces_are_no_style(folder: Path, tmp_path: Path) -> None:
    for path in folder.glob("song[24567].krn"):
        path.unlink()
    (folder / "song3.krn").unlink()
    (folder / "copy.krn").write_text(song(1))
    with pytest.raises(TrainingError, match=r"2 pieces .* at least 3"):
        build_own_style(survey_folder(folder), "two", output=tmp_path)
    assert not list(tmp_path.glob("two*"))


@pytest.mark.parametrize("name", ["../mine", "", "my style"])
def test_an_impossible_name_is_refused_before_anything_is_read(folder: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(TrainingError, match="no name"):
        build_own_style(survey_folder(folder), name, output=tmp_path)


def test_a_place_that_cannot_be_written_is_told_first(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        build_own_style(survey_folder(folder), "mine", output=tmp_path / "nowhere")


def test_note_values_are_those_that_the_network_reads(folder: Path, tmp_path: Path) -> None:
    for seed in range(8):
        (folder / f"song{seed}.krn").write_text(song(seed, meter="4/2", value=2))
    own = build_own_style(survey_folder(folder), "old", output=tmp_path)
    assert own.card.meters[0] == "4/4"


def test_what_a_recipe_leaves_open_is_told_from_the_pieces(folder: Path, tmp_path: Path) -> None:
    pieces = [piece for path in sorted(folder.glob("*.krn")) for piece in read_style_pieces(path)]
    card = write_style_files(StyleRecipe("open", "songs", "bach"), pieces, [], output=tmp_path)
    assert card.ensemble
    assert card.forms
    assert card.sources == ()
