"""`compose train-player`, and the player that it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.export.midi import midi_bytes
from composer.outline import Outline
from composer.perform import perform
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One waltz as a MIDI score, played twice."""
    monkeypatch.setenv("RITORNELLO_STYLES", str(tmp_path / "styles"))
    notes = [Note(i * Q, 72 + (i * 5) % 7, Q) for i in range(36)]
    notes += [Note(3 * i * Q, 48 + i % 3, 3 * Q, staff=2) for i in range(12)]
    bars = make_bars(Meter(3, 4), 12)
    score = Score((Part("Piano", sort_notes(notes), 0, 2),), bars, tempos=(TempoMark(0, 120.0),))
    pairs = tmp_path / "waltzes"
    pairs.mkdir()
    for name, expression in (("waltz.score", 0.0), ("waltz", 1.0), ("waltz.anna", 2.0)):
        played = perform(score, Outline(bars), player="romantic", expression=expression)
        (pairs / f"{name}.mid").write_bytes(midi_bytes(played))
    return pairs


def test_a_player_is_learned_and_plays(run, folder, tmp_path):
    result = run("train-player", "waltzes", "--name", "mine", "--base", "romantic")
    assert result.exit_code == 0, result.output
    assert "learned from  2 performances of 1 pieces, 96 notes" in result.stdout
    assert "compose perform song.mid --player mine" in result.stdout
    assert "taken on trust" in result.stderr
    assert sorted(path.name for path in (tmp_path / "styles" / "players").iterdir()) == [
        "mine.safetensors",
        "mine.yaml",
    ]
    played = run("perform", "waltzes/waltz.score.mid", "--player", "mine", "-o", "mine.mid")
    assert played.exit_code == 0, played.output
    assert "player  mine" in played.stdout
    rules = run("perform", "waltzes/waltz.score.mid", "--player", "romantic", "-o", "rules.mid")
    assert rules.exit_code == 0
    assert (tmp_path / "mine.mid").read_bytes() != (tmp_path / "rules.mid").read_bytes()


def test_a_player_elsewhere_is_called_by_its_path(run, folder, tmp_path):
    (tmp_path / "there").mkdir()
    result = run("train-player", "waltzes", "--name", "mine", "-o", "there")
    assert result.exit_code == 0, result.output
    assert "--player there/mine.yaml" in result.stdout
    assert run("perform", "waltzes/waltz.score.mid", "--player", "there/mine.yaml", "-o", "a.mid").exit_code == 0


def test_deadpan_is_the_score_for_a_learned_player_too(run, folder, tmp_path):
    from composer.corpus.reader import read_score

    run("train-player", "waltzes", "--name", "mine", "--base", "romantic")
    words = ("--player", "mine", "--expression", "0", "-o", "mine.mid")
    assert run("perform", "waltzes/waltz.score.mid", *words).exit_code == 0
    one, other = (read_score(tmp_path / name).score for name in ("mine.mid", "waltzes/waltz.score.mid"))
    assert one.parts == other.parts
    assert one.tempos == other.tempos


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("nowhere --name new", "error: nowhere: no such folder"),
        ("styles --name new", "no score with a performance of the same name (a score (waltz.musicxml"),
        ("waltzes --name bach", 'there is a player "bach" already'),
        ("waltzes --name new --base nobody", 'no player "nobody"'),
        ("waltzes --name new --weight 2", "Invalid value for '--weight'"),
        ("waltzes --name a/b", 'a player cannot be called "a/b"'),
        ("waltzes", "Missing option '--name'"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(run, folder, words, told):
    result = run("train-player", *words.split())
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("error:") == 1


def test_a_damaged_player_is_told_before_anything_is_played(run, folder, tmp_path):
    run("train-player", "waltzes", "--name", "mine")
    weights = tmp_path / "styles" / "players" / "mine.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    result = run("perform", "waltzes/waltz.score.mid", "--player", "mine", "-o", "a.mid")
    assert result.exit_code == 2
    assert "mine.safetensors: not the file that its card speaks of, or damaged" in result.stderr
    assert not (tmp_path / "a.mid").exists()
