"""`compose plot`: pictures of a piece and of a training, and what is said where none can be drawn."""

from __future__ import annotations

import json
import random
from pathlib import Path

import mido
import pytest

from composer.corpus.reader import read_score
from composer.export.midi import midi_bytes
from composer.export.musicxml import musicxml_bytes
from composer.perform import perform
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import read_plan
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
PLAN = """\
plan: 1
form: rondo
style: bach
key: G major
meter: "4/4"
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d4 | c2 A2 F4 | G2 B2 A4 | G8"}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: HC}
  - {label: A, id: A2, copy_of: A}
"""


def tune() -> Score:
    """Twelve bars: four, four others, the first four again."""
    pitches = [67, 71, 74, 72, 69, 66, 67, 64, 67, 71, 69, 66, 67, 67, 67, 67]
    row = [*pitches, *(pitch + 2 - beat % 3 for beat, pitch in enumerate(pitches)), *pitches]
    notes = [Note(beat * Q, pitch, Q) for beat, pitch in enumerate(row)]
    part = Part("Piano", sort_notes(notes))
    return Score((part,), make_bars(Meter(4, 4), 12), tempos=(TempoMark(0, 96.0),), title="Tune")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a tune as a sheet and as it is played, and a log."""
    (tmp_path / "sheet.musicxml").write_bytes(musicxml_bytes(tune()))
    plan = tmp_path / "played.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    played = perform(tune(), plan_outline(resolve(read_plan(plan))), player="baroque", take=1, expression=1.0)
    (tmp_path / "played.mid").write_bytes(midi_bytes(played))
    lines = [{"update": 10 * n, "nats": 9.0 - n} for n in range(5)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def words_in(picture: Path) -> str:
    """Return a picture in vectors; each text is in it as a comment too."""
    return picture.read_text(encoding="utf-8")


def test_a_piece_is_drawn_with_the_sections_of_the_plan_beside_it(run, folder):
    result = run("plot", "played.mid", "-o", "a.svg")
    assert (result.exit_code, result.output) == (0, "plan   played.yaml\nfiles  a.svg\n")
    drawn = words_in(folder / "a.svg")
    for text in ("refrain", "G major", "D major", "same", "chords"):
        assert f"<!-- {text} -->" in drawn, text
    (folder / "played.yaml").rename(folder / "other.yaml")
    assert "refrain" not in words_in_after(run, folder, "played.mid")
    assert words_in_after(run, folder, "played.mid", "--plan", "other.yaml") == drawn


def words_in_after(run, folder: Path, *words: str) -> str:
    result = run("plot", *words, "-o", "b.svg")
    assert result.exit_code == 0, result.output
    return words_in(folder / "b.svg")


def test_pictures_have_names_of_their_own(run, folder):
    for words, name in (
        (("sheet.musicxml",), "sheet.roll.png"),
        (("sheet.musicxml", "--kind", "similarity"), "sheet.similarity.png"),
        (("played.mid", "--kind", "curves"), "played.curves.png"),
        (("log.jsonl",), "log.curves.png"),
    ):
        result = run("plot", *words)
        assert result.exit_code == 0, result.output
        assert f"files  {name}" in result.output
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_the_curves_are_those_of_the_file(run, folder):
    drawn = words_in_after(run, folder, "played.mid", "--kind", "curves")
    plain = read_score(folder / "played.mid").score
    outline = plan_outline(resolve(read_plan(folder / "played.yaml")))
    stiff = perform(plain, outline, player="baroque", take=1, expression=0.0)
    (folder / "played.mid").write_bytes(midi_bytes(stiff))
    assert words_in_after(run, folder, "played.mid", "--kind", "curves") != drawn


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nix.mid",), "nix.mid: cannot read: No such file or directory"),
        (("nix.jsonl",), "nix.jsonl: No such file or directory"),
        (("sheet.musicxml", "-o", "a.gif"), 'a.gif: no picture is written as ".gif"'),
        (("sheet.musicxml", "-o", "no/a.png"), "no"),
        (("sheet.musicxml", "-o", "sheet.musicxml"), 'no picture is written as ".musicxml"'),
        (("sheet.musicxml", "--kind", "curves"), "sheet.musicxml: nobody has played this sheet"),
        (("sheet.musicxml", "--kind", "pie"), "'pie'"),
        (("sheet.musicxml", "--plan", "short.yaml"), "short.yaml plans 4"),
        (("sheet.musicxml", "--plan", "nix.yaml"), "nix.yaml"),
        (("log.jsonl", "--kind", "roll"), "log.jsonl: a training's log has curves only"),
        (("empty.jsonl",), "empty.jsonl: no log of a training"),
        (("bytes.jsonl",), "bytes.jsonl: no log of a training"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_line(run, folder, words, told):
    (folder / "short.yaml").write_text(
        'plan: 1\nform: binary\nstyle: bach\nmeter: "4/4"\nsections: [{label: A, bars: 4}]\n'
    )
    (folder / "empty.jsonl").write_text("{}\n3\n")
    (folder / "bytes.jsonl").write_bytes(bytes(range(128, 256)))
    before = sorted(folder.iterdir())
    result = run("plot", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert told in result.stderr
    assert len([line for line in result.stderr.splitlines() if not line.startswith("hint: ")]) == 1
    assert sorted(folder.iterdir()) == before, "nothing is written"


def test_of_a_live_performance_there_is_a_roll_and_no_map(run, folder):
    midi, chance = mido.MidiFile(ticks_per_beat=480), random.Random(1)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    for _ in range(120):
        pitch = chance.randint(48, 80)
        track.append(mido.Message("note_on", note=pitch, velocity=64, time=chance.randint(20, 400)))
        track.append(mido.Message("note_off", note=pitch, time=chance.randint(60, 300)))
    midi.save(folder / "live.mid")
    assert run("plot", "live.mid").output == "files  live.roll.png\n"
    result = run("plot", "live.mid", "--kind", "similarity")
    assert result.exit_code == 2
    assert "live.mid: a live performance: its notes follow no beat" in result.stderr
