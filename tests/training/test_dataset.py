"""Facts about prepared pieces: read once, kept, made again when anything has changed, and split by work."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest

from composer.errors import TrainingError
from composer.roll.facts import StepFacts
from composer.training import dataset
from composer.training.dataset import LeftOut, MusicFile, Piece, by_split, prepare
from composer.training.making import Answer, Task, answer


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


def kern(seed: int, *, bars: int = 12, octave: bool = False) -> str:
    """One voice in eighths that no other seed has."""
    draw = np.random.default_rng(seed)
    tokens = ["**kern", "*M4/4"]
    for bar in range(bars):
        tokens.append(f"={bar + 1}")
        for _ in range(8):
            letter = "cdefgab"[int(draw.integers(0, 7))]
            tokens.append(f"8{letter * 2 if octave else letter}")
    return "\n".join([*tokens, "*-", ""])


@pytest.fixture
def file(tmp_path: Path) -> MusicFile:
    path = tmp_path / "tune.musicxml"
    path.write_text(chorale())
    return MusicFile(path, "bach", "chorale")


def only(file: MusicFile, cache: Path) -> Piece | LeftOut:
    ((result,),) = prepare([file], cache=cache)
    return result


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """The tasks that are worked on."""
    tasks: list[Task] = []

    def watched(task: Task) -> Answer:
        tasks.append(task)
        return answer(task)

    monkeypatch.setattr(dataset, "answer", watched)
    return tasks


def test_a_score_becomes_a_piece(file: MusicFile, tmp_path: Path) -> None:
    piece = only(file, tmp_path / "cache")
    assert isinstance(piece, Piece)
    assert (piece.name, piece.composer, piece.ensemble) == ("tune.musicxml", "bach", "chorale")
    assert piece.num_steps == 6 * 16 == piece.facts.num_steps
    assert piece.roll.valid.all()
    assert (piece.facts.tonic >= 0).any(), "its keys are told"
    assert (piece.facts.chord_root >= 0).any(), "its chords are told"
    assert piece.references.bar[1] == 0, "every bar is like the first"


def test_a_piece_comes_back_from_the_cache_as_it_was(file: MusicFile, tmp_path: Path, made: list[Task]) -> None:
    first = only(file, tmp_path / "cache")
    kept = only(file, tmp_path / "cache")
    assert len(made) == 1
    assert isinstance(first, Piece)
    assert isinstance(kept, Piece)
    for name in ("play", "articulate", "hand", "voice", "valid"):
        np.testing.assert_array_equal(getattr(first.roll, name), getattr(kept.roll, name), err_msg=name)
    for part in ("facts", "references"):
        for name, array in vars(getattr(first, part)).items():
            np.testing.assert_array_equal(array, getattr(getattr(kept, part), name), err_msg=f"{part}.{name}")
    assert (kept.name, kept.work, kept.told, kept.ensemble) == (first.name, first.work, first.told, first.ensemble)
    assert isinstance(kept.facts, StepFacts)


@pytest.mark.parametrize("changed", ["code", "music", "values", "cache"])
def test_a_piece_is_made_again_when_anything_has_changed(
    changed: str, file: MusicFile, tmp_path: Path, made: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    only(file, tmp_path / "cache")
    if changed == "code":
        for module in ("making", "piece_cache"):
            monkeypatch.setattr(f"composer.training.{module}.code_version", lambda _: "another")
    elif changed == "music":
        file.path.write_text(chorale(octave=4))
    elif changed == "values":
        file = replace(file, values="halved")
    else:
        (stored,) = (tmp_path / "cache").glob("*.npz")
        stored.write_bytes(stored.read_bytes()[:200])  # a disk that was full
    assert isinstance(only(file, tmp_path / "cache"), Piece)
    assert len(made) == 2


def test_another_name_or_style_needs_no_second_reading(file: MusicFile, tmp_path: Path, made: list[Task]) -> None:
    only(file, tmp_path / "cache")
    moved = replace(file, path=file.path.rename(tmp_path / "air.xml"), composer="handel", ensemble="keyboard")
    piece = only(moved, tmp_path / "cache")
    assert len(made) == 1
    assert isinstance(piece, Piece)
    assert (piece.name, piece.composer, piece.ensemble) == ("air.xml", "handel", "keyboard")
    assert "air" in piece.work


def test_what_cannot_be_read_is_named_with_its_reason_and_not_read_again(tmp_path: Path, made: list[Task]) -> None:
    texts = {"torn.mid": "MThd", "short.musicxml": chorale(bars=2), "sound.musicxml": chorale()}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = [MusicFile(tmp_path / name, "bach") for name in (*texts, "gone.mid")]
    for _ in range(2):
        (torn,), (short,), (sound,), (gone,) = prepare(files, cache=tmp_path / "cache")
        assert isinstance(torn, LeftOut)
        assert torn.path == tmp_path / "torn.mid"
        assert "MIDI" in torn.reason or "byte" in torn.reason
        assert short == LeftOut(tmp_path / "short.musicxml", "only 2 bars")
        assert isinstance(sound, Piece)
        assert sound.ensemble, "told from the score"
        assert isinstance(gone, LeftOut)
        assert "cannot read" in gone.reason
    assert len(made) == 3


def test_music_beside_the_grid_teaches_nothing(file: MusicFile, tmp_path: Path) -> None:
    text = file.path.read_text().replace("<divisions>1<", "<divisions>5<")
    text = text.replace("<duration>1<", "<duration>4<").replace("<type>quarter</type>", "")
    file.path.write_text(text)  # quintuplets throughout
    result = only(file, tmp_path / "cache")
    assert isinstance(result, LeftOut)
    assert "grid" in result.reason or "bars" in result.reason


def test_editions_of_one_work_share_a_side_whatever_they_are_called(tmp_path: Path) -> None:
    names = [f"piece{number}.krn" for number in range(12)]
    for number, name in enumerate(names):
        (tmp_path / name).write_text(kern(number))
    (tmp_path / "edition.krn").write_text(kern(3).replace("8c\n", "8c;\n"))
    (tmp_path / "higher.krn").write_text(kern(3, octave=True))
    files = [MusicFile(tmp_path / name, "anon") for name in (*names, "edition.krn", "higher.krn")]
    pieces = [piece for (piece,) in prepare(files, cache=tmp_path / "cache", workers=1) if isinstance(piece, Piece)]
    assert len({piece.work for piece in pieces}) == 12
    assert pieces[3].work == pieces[12].work == pieces[13].work
    assert pieces[3].split == pieces[12].split == pieces[13].split


def test_an_empty_side_of_the_split_is_an_error(file: MusicFile, tmp_path: Path) -> None:
    piece = only(file, tmp_path / "cache")
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


def test_workers_of_another_version_are_refused(
    file: MusicFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "answer", lambda task: replace(answer(task), version="older"))
    with joblib.parallel_config(backend="threading", n_jobs=2), pytest.raises(TrainingError, match="another version"):
        prepare([file], cache=tmp_path / "cache")
    assert isinstance(only(file, tmp_path / "cache"), Piece), "here it is our own, being edited"
    assert not list((tmp_path / "cache").iterdir()), "nothing is kept of it"
