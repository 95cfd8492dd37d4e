"""The pieces of a user's own folder: once each, some held out, with their licences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from composer.analysis.survey import survey_folder
from composer.errors import TrainingError
from composer.network.checkpoint import WeightsCard
from composer.network.config import NetworkConfig
from composer.roll.inputs import NOTE_LAYOUT, STEP_LAYOUT
from composer.style import Source, load_statistics
from composer.training.own_style import OWN, UsablePiece, recipe_of, usable_pieces, with_both_modes
from composer.training.recipes import StyleRecipe
from composer.training.style_counting import count_style, read_style_pieces, write_style_files

SCALE = ["c", "d", "e", "f", "g", "a", "b", "cc", "dd", "ee"]


def song(seed: int, *, meter: str = "3/4", value: int = 4) -> str:
    """Sixteen bars of a song with a bass; another tune for each seed."""
    draw = np.random.default_rng(seed)
    lines = ["!!!YEM: CC0", "**kern\t**kern", f"*M{meter}\t*M{meter}", "*k[]\t*k[]", "*C:\t*C:"]
    for bar in range(16):
        lines.append(f"={bar + 1}\t=")
        bass = ("CC", "GGG", "FF", "GGG")[draw.integers(4)] if bar < 15 else "CC"
        for _ in range(int(meter[0])):
            lines.append(f"{value}{'c' if bar == 15 else SCALE[draw.integers(10)]}\t{value}{bass}")
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


def pieces_of(folder: Path) -> list[UsablePiece]:
    return usable_pieces(survey_folder(folder), cache=folder.parent / "cache")


def test_every_piece_is_used_once_and_one_in_five_is_held_out(folder: Path) -> None:
    pieces = pieces_of(folder)
    assert len(pieces) == 8, "the copy is used once, what is torn not at all"
    assert sum(piece.is_held_out for piece in pieces) == 2
    for piece in pieces:
        assert piece.heard.composer == OWN
        assert piece.heard.name == piece.counted.path.name
    assert [piece.is_held_out for piece in pieces_of(folder)] == [piece.is_held_out for piece in pieces]


def test_of_few_pieces_none_is_held_out(folder: Path) -> None:
    for seed in (1, 2, 4, 5):
        (folder / f"song{seed}.krn").unlink()
    pieces = pieces_of(folder)
    assert len(pieces) == 4
    assert not any(piece.is_held_out for piece in pieces)


def test_movements_of_one_work_are_held_out_together(folder: Path) -> None:
    for seed in range(7):
        (folder / f"song{seed}.krn").rename(folder / f"Mozart__KV{seed // 2 + 300}__no{seed}.krn")
    for seed in range(20, 26):
        (folder / f"other{seed}.krn").write_text(song(seed))
    sides: dict[str, set[bool]] = {}
    for piece in pieces_of(folder):
        sides.setdefault(piece.counted.work, set()).add(piece.is_held_out)
    assert all(len(side) == 1 for side in sides.values())
    assert {True} in sides.values()


def test_fewer_than_three_pieces_are_no_style(folder: Path) -> None:
    for path in folder.glob("song[245670].krn"):
        path.unlink()
    with pytest.raises(TrainingError, match=r"songs: 2 usable pieces; at least 3 are needed \(.*compose corpus"):
        pieces_of(folder)


def test_the_card_has_a_source_for_each_licence(folder: Path) -> None:
    for seed in (0, 1, 2):
        (folder / f"song{seed}.krn").write_text(song(seed).replace("!!!YEM: CC0\n", ""))
    survey = survey_folder(folder)
    pieces = usable_pieces(survey, cache=folder.parent / "cache")
    recipe = recipe_of("mine", survey, pieces, network_for("keyboard"))
    card, _ = count_style(recipe, [piece.counted for piece in pieces], [])
    assert [(source.licence, source.pieces) for source in card.sources] == [("CC0-1.0", 5), ("unknown", 3)]
    assert isinstance(card.sources[0], Source)
    assert card.meters == ("3/4",)
    assert card.forms, "told from ensemble and meters"
    assert card.description == "The music of songs"


def test_an_ensemble_that_the_network_does_not_know_is_played_on_the_keyboard(folder: Path) -> None:
    survey = survey_folder(folder)
    pieces = usable_pieces(survey, cache=folder.parent / "cache")
    (own,) = {piece.counted.ensemble for piece in pieces}
    assert recipe_of("mine", survey, pieces, network_for("keyboard", own)).ensemble == own
    assert recipe_of("mine", survey, pieces, network_for("keyboard")).ensemble == "keyboard"


def test_a_mode_that_is_not_there_is_borrowed_and_the_other_kept() -> None:
    bach = load_statistics("bach")
    major = replace(
        bach, chord_transitions={"major": {"middle": {"I": {"V": (1, 0)}}}}, first_chords={"major": {"I": 9}}
    )
    both, borrowed = with_both_modes(major, bach)
    assert borrowed == ("minor",)
    assert both.chord_transitions["major"] == major.chord_transitions["major"]
    assert both.chord_transitions["minor"] == bach.chord_transitions["minor"]
    assert both.first_chords == {"major": {"I": 9}, "minor": bach.first_chords["minor"]}
    assert with_both_modes(bach, major) == (bach, ())


def network_for(*ensembles: str) -> WeightsCard:
    config = NetworkConfig(note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT, style_fields=(("composer", 1),))
    return WeightsCard(name="small", network=config, composers=("bach",), ensembles=ensembles)


def test_note_values_are_those_that_the_network_reads(folder: Path) -> None:
    for seed in range(8):
        (folder / f"song{seed}.krn").write_text(song(seed, meter="4/2", value=2))
    card, _ = count_style(StyleRecipe("old", "songs", ""), [piece.counted for piece in pieces_of(folder)], [])
    assert card.meters[0] == "4/4"


def test_what_a_recipe_leaves_open_is_told_from_the_pieces(folder: Path, tmp_path: Path) -> None:
    pieces = [piece for path in sorted(folder.glob("*.krn")) for piece in read_style_pieces(path)]
    card = write_style_files(StyleRecipe("open", "songs", "bach"), pieces, [], output=tmp_path)
    assert card.ensemble
    assert card.forms
    assert card.sources == ()
