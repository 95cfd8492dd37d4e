"""A player that is learned plays more like the one it was learned from than the rules do."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from composer.analysis.outline import outline_of
from composer.corpus.reader import read_score
from composer.errors import OptionError, StyleError, TrainingError, WeightsError
from composer.export.midi import midi_bytes
from composer.export.musicxml import musicxml_bytes
from composer.perform import adjusted, perform, player_named
from composer.perform.own_players import player_and_part, player_names, read_own_player
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.training.player import train_player

Q = TICKS_PER_QUARTER
# A pianist with odd habits: loud downbeats, the low notes loud, long-short rhythms sharpened, broad phrases.
ODD = adjusted(
    player_named("classical"),
    {
        "metrical_accent": 8.0,
        "high_loud": 0.0,
        "melody_voicing": 2.0,
        "duration_contrast": 4.0,
        "phrase_arch": 2.5,
        "touch": 0.95,
        "velocity_noise": 1.0,
        "tempo_noise": 0.01,
    },
    name="odd",
)


def piece(seed: int) -> Score:
    """Sixteen bars of a tune over chords."""
    chance = random.Random(seed)
    notes, tick = [], 0
    while tick < 16 * 4 * Q:
        length = chance.choice([Q // 2, Q // 2, Q, Q, 2 * Q])
        length = min(length, 4 * Q - tick % (4 * Q))
        notes.append(Note(tick, 67 + chance.choice([0, 2, 4, 5, 7, 9, 11, 12]), length))
        tick += length
    for bar in range(16):
        root = chance.choice([48, 50, 53, 55])
        notes += [Note(4 * Q * bar, root + step, 4 * Q, staff=2) for step in (0, 4, 7)]
    part = Part("Piano", sort_notes(notes), 0, 2)
    return Score((part,), make_bars(Meter(4, 4), 16), tempos=(TempoMark(0, 100.0),))


def write_pair(folder: Path, number: int, *, takes=(1,), player=ODD) -> None:
    score_path = folder / f"piece{number}.musicxml"
    score_path.write_bytes(musicxml_bytes(piece(number)))
    score = read_score(score_path).score
    for take in takes:
        name = f"piece{number}.mid" if take == 1 else f"piece{number}.take{take}.mid"
        (folder / name).write_bytes(midi_bytes(perform(score, outline_of(score), player=player, take=take)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RITORNELLO_STYLES", str(tmp_path / "own"))
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    return pairs


def correlations(score, plays, truth):
    """Of velocities, and of the times between onsets."""
    found = []
    for played in (plays, truth):
        velocity = {(n.note.onset_tick, n.note.pitch): n.velocity for n in played.notes}
        onsets = sorted({n.note.onset_tick for n in played.notes})
        seconds = {tick: np.mean([n.onset_sec for n in played.notes if n.note.onset_tick == tick]) for tick in onsets}
        lengths = np.diff([seconds[tick] for tick in onsets]) / np.diff(onsets)
        found.append(([velocity[key] for key in sorted(velocity)], np.log(lengths)))
    return [float(np.corrcoef(one, other)[0, 1]) for one, other in zip(*found, strict=True)]


def test_an_odd_pianist_is_recovered_better_than_by_the_rules(folder):
    for number in range(4):
        write_pair(folder, number, takes=(1, 2))
    trained = train_player(folder, "odd-one", base="classical", weight=1.0)
    assert (trained.own.pieces, trained.own.performances) == (4, 8)
    assert trained.own.figures["loudness, learned"] > trained.own.figures["loudness, rules"] + 0.1
    habits, learned = player_and_part("odd-one")
    assert habits == replace(player_named("classical"), name="odd-one", description=habits.description)
    score = piece(99)
    outline = outline_of(score)
    truth = perform(score, outline, player=replace(ODD, velocity_noise=0.0, tempo_noise=0.0, chord_jitter_ms=0.0))
    still = replace(habits, velocity_noise=0.0, tempo_noise=0.0, chord_jitter_ms=0.0)
    rules, refined = (perform(score, outline, player=still, refinements=parts) for parts in ((), learned))
    for with_rules, with_learned in zip(
        correlations(score, rules, truth), correlations(score, refined, truth), strict=True
    ):
        assert with_learned > with_rules + 0.05
    held, by_rules, wanted = (np.mean([n.duration_sec for n in one.notes]) for one in (refined, rules, truth))
    assert abs(held - wanted) < abs(by_rules - wanted)


def test_where_the_rules_are_right_nothing_is_changed_much(folder):
    plain = replace(player_named("classical"), velocity_noise=0.5, tempo_noise=0.002)
    for number in range(3):
        write_pair(folder, number, player=plain)
    trained = train_player(folder, "plain", base="classical")
    figures = trained.own.figures
    assert figures["loudness, learned"] > figures["loudness, rules"] - 0.02
    assert figures["time, learned"] > figures["time, rules"] - 0.02


def test_the_nearest_preset_is_the_base_and_a_lone_piece_is_taken_on_trust(folder):
    write_pair(folder, 1, player=player_named("romantic"))
    trained = train_player(folder, "mine")
    assert trained.own.base in ("romantic", "impressionist", "beethoven")
    assert "taken on trust" in trained.told[-1]
    assert "mine" in player_names()
    assert len(trained.own.part.loudness) == 40


def test_how_long_keys_are_held_is_learned_from_a_lone_piece(folder):
    write_pair(folder, 1, player=adjusted(player_named("romantic"), {"touch": 0.95}))
    trained = train_player(folder, "mine", base="romantic", weight=1.0)
    longer = float(2 ** trained.own.part.touch.leaf[0, 0])
    assert 1.2 < longer < 1.6  # .95 for .66
    assert f"held {longer:.2f} times as long" in trained.figures["touch"]


def test_the_files_are_read_again_as_they_were_and_damage_is_told(folder, tmp_path):
    write_pair(folder, 1)
    trained = train_player(folder, "mine", output=tmp_path)
    card, weights = trained.files
    assert trained.called == str(card)
    again = read_own_player(card)
    assert again == trained.own
    rows = np.random.default_rng(1).normal(size=(50, len(again.features)))
    for name in ("loudness", "touch", "time"):
        assert np.array_equal(getattr(again.part, name)(rows), getattr(trained.own.part, name)(rows))
    assert player_and_part(str(card))[0].name == "mine"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(WeightsError, match="damaged"):
        read_own_player(card)
    weights.write_bytes(content)
    text = card.read_text()
    for old, new, told in (
        ("format: 1", "format: 2", "another version"),
        ("weight: 0.5", "weight: 7", "from 0 to 1"),
        (f"base: {again.base}", "base: nobody", 'no player "nobody"'),
        ("name: mine", "- [", "no card"),
    ):
        card.write_text(text.replace(old, new))
        with pytest.raises(WeightsError, match=told):
            read_own_player(card)


def test_what_cannot_be_learned_from_is_told(folder, tmp_path):
    with pytest.raises(TrainingError, match="no such folder"):
        train_player(tmp_path / "nowhere", "mine")
    with pytest.raises(TrainingError, match="no score with a performance of the same name"):
        train_player(folder, "mine")
    write_pair(folder, 1)
    (folder / "alone.musicxml").write_bytes(musicxml_bytes(piece(3)))
    (folder / "stray.mid").write_bytes((folder / "piece1.mid").read_bytes())
    (folder / "piece1.broken.mid").write_bytes(b"MThd")
    trained = train_player(folder, "mine")
    told = "\n".join(trained.told)
    assert "alone.musicxml: a score without a performance" in told
    assert "stray.mid: a performance without a score" in told
    assert "piece1.broken.mid" in told
    assert trained.own.performances == 1


@pytest.mark.parametrize("name", ["", "a b", "../mine", "romantic", "chopin", "Bach"])
def test_a_name_that_cannot_be_is_refused(folder, name):
    with pytest.raises(StyleError):
        train_player(folder, name)


def test_a_player_that_is_there_is_replaced_only_by_force(folder):
    write_pair(folder, 1)
    train_player(folder, "mine")
    with pytest.raises(StyleError, match="--force"):
        train_player(folder, "mine")
    assert train_player(folder, "mine", force=True).own.name == "mine"


def test_an_unknown_player_is_answered_with_the_near_ones(folder):
    write_pair(folder, 1)
    train_player(folder, "grandma")
    with pytest.raises(OptionError, match='did you mean "grandma"'):
        player_and_part("granma")
