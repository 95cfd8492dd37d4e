"""`compose perform` on files that no plan came with."""

from __future__ import annotations

import io
import random
from pathlib import Path

import mido
import pytest

from composer.corpus.reader import read_score
from composer.export.musicxml import musicxml_bytes
from composer.score import Dynamic, Note, Part, Score, Slur, TempoMark, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
BARS = make_bars(Meter(4, 4), 8)


def quartet() -> Score:
    """Eight bars for four strings, with signs of every kind."""
    signs = {0: ("accent",), 4: ("staccato",), 5: ("tenuto",), 8: ("trill",), 12: ("mordent",), 31: ("fermata",)}
    parts = []
    for number, name in enumerate(("Violin I", "Violin II", "Viola", "Violoncello")):
        notes = [Note(i * Q, 79 - 9 * number + i % 4, Q, articulations=signs.get(i, ())) for i in range(32)]
        parts.append(Part(name, sort_notes(notes)))
    return Score(
        tuple(parts),
        BARS,
        tempos=(TempoMark(0, 100.0, "Allegro"), TempoMark(16 * Q, 60.0, "Adagio")),
        dynamics=(Dynamic(0, "p"), Dynamic(8 * Q, "cresc", 12 * Q), Dynamic(12 * Q, "f"), Dynamic(20 * Q, "pp")),
        slurs=tuple(Slur(16 * Q, 19 * Q, part) for part in range(4)),
        fermata_ticks=(31 * Q,),
        title="Quartet",
    )


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "quartet.musicxml"
    path.write_bytes(musicxml_bytes(quartet()))
    return path


def live_midi(seed: int = 1) -> bytes:
    """A performance that follows no beat of its file."""
    midi = mido.MidiFile(ticks_per_beat=480)
    track, chance = mido.MidiTrack(), random.Random(seed)
    midi.tracks.append(track)
    for _ in range(120):
        pitch = chance.randint(48, 80)
        track.append(
            mido.Message("note_on", note=pitch, velocity=chance.randint(30, 100), time=chance.randint(20, 400))
        )
        track.append(mido.Message("note_off", note=pitch, time=chance.randint(60, 300)))
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def test_an_ensemble_from_a_sheet_is_played_together_without_pedal(run, sheet, tmp_path):
    result = run("perform", sheet.name, "-o", "out.mid")
    assert result.exit_code == 0, result.output
    assert "player  classical" in result.stdout
    midi = mido.MidiFile(tmp_path / "out.mid")
    assert [track.name for track in midi.tracks[1:]] == ["Violin I", "Violin II", "Viola", "Violoncello"]
    assert [m.program for track in midi.tracks for m in track if m.type == "program_change"] == [40, 40, 41, 42]
    assert not [m for track in midi.tracks for m in track if m.type == "control_change"]
    onsets = []
    for track in midi.tracks[1:]:
        tick, own = 0, []
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                own.append(tick / midi.ticks_per_beat)
        onsets.append(own)
    last = [max(own) for own in onsets]
    assert max(last) - min(last) < 0.1  # quarters


def test_written_levels_hairpins_and_tempi_are_followed(run, sheet, tmp_path):
    assert run("perform", sheet.name, "-o", "out.mid").exit_code == 0
    loud: dict[int, list[int]] = {}
    midi = mido.MidiFile(tmp_path / "out.mid")
    for track in midi.tracks[1:]:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                loud.setdefault(round(tick / midi.ticks_per_beat), []).append(message.velocity)
    mean = {beat: sum(row) / len(row) for beat, row in loud.items()}
    soft = sum(mean[beat] for beat in range(1, 8)) / 7
    assert sum(mean[beat] for beat in range(13, 20)) / 7 > soft + 12  # f after p
    assert sum(mean[beat] for beat in range(21, 31)) / 10 < soft  # pp
    assert mean[11] > mean[8]  # the hairpin
    assert 20 < midi.length < 40  # 16 beats at 100 and 16 at 60, with a fermata


def test_takes_and_performances_of_others_lie_over_each_other_in_the_picture(run, sheet, tmp_path):
    assert run("perform", sheet.name, "--player", "romantic", "--take", "7", "-o", "other.mid").exit_code == 0
    words = ("--take", "1", "--take", "2", "--plot", "curves.png", "--beside", "other.mid", "-o", "out.mid")
    result = run("perform", sheet.name, *words)
    assert result.exit_code == 0, result.output
    assert "take    1\n" in result.stdout
    assert "beside  other.mid: tempo r " in result.stdout
    assert "files   out.mid\n        curves.png\n" in result.stdout
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    svg = run("perform", sheet.name, "--plot", "curves.svg", "-o", "out.mid")
    assert svg.exit_code == 0
    first = (tmp_path / "curves.svg").read_bytes()
    assert b"<svg" in first
    run("perform", sheet.name, "--plot", "curves.svg", "-o", "out.mid")
    assert (tmp_path / "curves.svg").read_bytes() == first


def test_a_live_performance_is_refused_in_one_line_but_may_lie_beside_its_score(run, sheet, tmp_path):
    (tmp_path / "live.mid").write_bytes(live_midi())
    result = run("perform", "live.mid", "-o", "out.mid")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: live.mid: a live performance: its notes follow no beat (give its score")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out.mid").exists()
    beside = run("perform", sheet.name, "-o", "out.mid", "--plot", "a.png", "--beside", "live.mid")
    assert beside.exit_code == 2
    assert "notes of the score are in it (is it this piece, as it is written?)" in beside.stderr
    assert not (tmp_path / "out.mid").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--beside other.mid", "--beside is for --plot"),
        ("--take 1 --take 2", "several takes"),
        ("--plot a.gif", 'a.gif: no picture is written as ".gif" (it can be .png or .svg)'),
        ("--plot nowhere/a.png", "nowhere: the folder does not exist"),
        ("--plot a.png --beside nothing.mid", "nothing.mid: cannot read"),
        ("--plot a.png --beside quartet.musicxml", "quartet.musicxml byte 0: no MIDI header"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_line_and_nothing_is_written(run, sheet, tmp_path, words, told):
    result = run("perform", sheet.name, "-o", "out.mid", *words.split())
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "out.mid").exists()


def test_a_performance_is_read_again_at_the_places_of_its_score(run, sheet, tmp_path):
    assert run("perform", sheet.name, "-o", "out.mid").exit_code == 0
    before, after = read_score(sheet).score, read_score(tmp_path / "out.mid").score
    places = [sorted((n.onset_tick, n.pitch) for _, n in one.notes()) for one in (before, after)]
    plain = {place for place in places[0] if place[0] not in (8 * Q, 12 * Q)}  # the ornaments are played out
    assert plain <= set(places[1])
