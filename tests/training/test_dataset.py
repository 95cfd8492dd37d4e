"""Facts about prepared pieces: read once, kept, and made again when anything has changed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from composer.errors import MusicFileError, TrainingError
from composer.roll.facts import StepFacts
from composer.training import dataset
from composer.training.dataset import LeftOut, Piece, Source, by_split, prepare


def chorale(bars: int = 6, *, octave: int = 5, duration: int = 1) -> str:
    """Two voices in quarters: MusicXML."""
    parts = []
    for name, steps, height in (("Soprano", "CDEF", octave), ("Bass", "CGCF", 3)):
        measures = []
        for bar in range(1, bars + 1):
            head = (
                "<attributes><divisions>1</divisions><key><fifths>0</fifths></key>"
                "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
                if bar == 1
                else ""
            )
            notes = "".join(
                f"<note><pitch><step>{step}</step><octave>{height}</octave></pitch>"
                f"<duration>{duration}</duration><type>quarter</type></note>"
                for step in steps
            )
            measures.append(f'<measure number="{bar}">{head}{notes}</measure>')
        parts.append((name, "".join(measures)))
    listed = "".join(
        f'<score-part id="P{index}"><part-name>{name}</part-name></score-part>' for index, (name, _) in enumerate(parts)
    )
    bodies = "".join(f'<part id="P{index}">{body}</part>' for index, (_, body) in enumerate(parts))
    return f'<?xml version="1.0"?><score-partwise><part-list>{listed}</part-list>{bodies}</score-partwise>'


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "tune.musicxml"
    path.write_text(chorale())
    return Source((path,), "bach", "chorale")


def only(source: Source, cache: Path) -> Piece | LeftOut:
    (result,) = prepare(source, cache=cache)
    return result


def refuse(*_: object) -> None:
    raise AssertionError("the file was read again")


def test_a_score_becomes_a_piece(source: Source, tmp_path: Path) -> None:
    piece = only(source, tmp_path / "cache")
    assert isinstance(piece, Piece)
    assert (piece.name, piece.composer, piece.ensemble) == ("tune.musicxml", "bach", "chorale")
    assert piece.num_steps == 6 * 16 == piece.facts.num_steps
    assert piece.roll.valid.all()
    assert (piece.facts.tonic >= 0).any(), "its keys are told"
    assert (piece.facts.chord_root >= 0).any(), "its chords are told"
    assert piece.references.bar[1] == 0, "every bar is like the first"


def test_a_piece_comes_back_from_the_cache_as_it_was(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = only(source, tmp_path / "cache")
    monkeypatch.setattr(dataset, "read_score", refuse)
    kept = only(source, tmp_path / "cache")
    assert isinstance(made, Piece)
    assert isinstance(kept, Piece)
    for part in ("roll", "facts", "references"):
        for name, array in vars(getattr(made, part)).items():
            np.testing.assert_array_equal(array, getattr(getattr(kept, part), name), err_msg=f"{part}.{name}")
    assert (kept.name, kept.work, kept.composer, kept.ensemble) == (
        made.name,
        made.work,
        made.composer,
        made.ensemble,
    )
    assert isinstance(kept.facts, StepFacts)


@pytest.mark.parametrize("changed", ["format", "music", "composer", "cache"])
def test_a_piece_is_made_again_when_anything_has_changed(
    changed: str, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(source, tmp_path / "cache")
    if changed == "format":
        monkeypatch.setattr(dataset, "FORMAT", dataset.FORMAT + 1)
    elif changed == "music":
        source.files[0].write_text(chorale(octave=4))
    elif changed == "composer":
        source = Source(source.files, "handel", "chorale")
    else:
        (stored,) = (tmp_path / "cache").glob("*.npz")
        stored.write_bytes(stored.read_bytes()[:200])  # a disk that was full
    read: list[Path] = []
    reader = dataset.read_score

    def watched(path: Path) -> object:
        read.append(path)
        return reader(path)

    monkeypatch.setattr(dataset, "read_score", watched)
    assert isinstance(only(source, tmp_path / "cache"), Piece)
    assert read == [source.files[0]]


def test_what_cannot_be_read_is_named_with_its_reason(tmp_path: Path) -> None:
    files = {"torn.mid": "MThd", "short.musicxml": chorale(bars=2), "sound.musicxml": chorale()}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    source = Source(tuple(tmp_path / name for name in files), "bach")
    torn, short, sound = prepare(source, cache=tmp_path / "cache")
    assert isinstance(torn, LeftOut)
    assert "torn.mid" in torn.reason
    assert isinstance(short, LeftOut)
    assert short.reason == "only 2 bars"
    assert isinstance(sound, Piece)
    assert sound.ensemble, "told from the score"


def test_music_beside_the_grid_teaches_nothing(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = source.files[0].read_text().replace("<divisions>1<", "<divisions>12<")
    text = text.replace("<duration>1<", "<duration>8<").replace("<type>quarter</type>", "")
    source.files[0].write_text(text)  # triplets of halves throughout
    result = only(source, tmp_path / "cache")
    assert isinstance(result, LeftOut)
    assert "grid" in result.reason or "bars" in result.reason


def test_an_empty_side_of_the_split_is_an_error(source: Source, tmp_path: Path) -> None:
    piece = only(source, tmp_path / "cache")
    assert isinstance(piece, Piece)
    sides = {"train": 0, "valid": 0, "test": 0}
    for split in sides:
        with contextlib.suppress(TrainingError):
            sides[split] = len(by_split([piece], split))
    assert sorted(sides.values()) == [0, 0, 1], "a piece is on one side, and on one only"
    for split, number in sides.items():
        if number == 0:
            with pytest.raises(TrainingError, match=split):
                by_split([piece], split)


def test_unreadable_is_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.musicxml"
    path.write_text(chorale())

    def fail(_: Path) -> None:
        raise MusicFileError("a broken part", place=path)

    monkeypatch.setattr(dataset, "read_score", fail)
    result = only(Source((path,), "bach"), tmp_path / "cache")
    assert result == LeftOut(path, f"{path}: a broken part")
    assert not list((tmp_path / "cache").iterdir()), "nothing is kept of it"
