"""Verbs that begin with a file: its plan, and what follows it; with a source of notes in place of the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer import pipeline
from composer.corpus.reader import read_score
from composer.errors import MusicFileError, OptionError, OutputError, StyleError
from composer.pieces import analyse_file, extend_file
from composer.plan.planner import resolve
from composer.plan.reader import read_plan

pytestmark = pytest.mark.usefixtures("no_network")

TUNE = """X:1
T:A tune
C:{composer}
M:3/4
L:1/8
K:G
|: G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G6 | B2 d2 g2 | e2 c2 A2 | B2 A2 F2 | G6 :|
|: A2 ^c2 e2 | d2 B2 G2 | A2 ^c2 B2 | A6 | d2 f2 a2 | g2 e2 c2 | B2 A2 F2 | G6 :|
"""


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    path = tmp_path / "tune.abc"
    path.write_text(TUNE.format(composer="Joseph Haydn"))
    return path


def test_a_file_becomes_a_plan_in_its_composers_style(tune, tmp_path):
    found = analyse_file(tune, output=tmp_path / "form.yaml")
    plan = read_plan(tmp_path / "form.yaml")
    assert plan == found.plan
    assert plan.style == {"haydn": 1.0}
    assert (plan.key, plan.meter, plan.bars) == ("G major", "3/4", 16)
    assert [repeat.times for repeat in plan.repeats or ()] == [2, 2]
    assert resolve(plan).bars == 16


def test_what_is_analysed_can_be_composed_again(tune, tmp_path):
    analyse_file(tune, output=tmp_path / "form.yaml", style="bach")
    piece = pipeline.build_plan(tmp_path / "form.yaml")
    assert sum(section.bars for section in piece.sections) == 16
    assert read_score(tune).score.parts[0].notes[0].pitch % 12 == 7


def test_a_composer_who_is_none_of_ours_needs_a_style(tune):
    tune.write_text(TUNE.format(composer="Gioachino Rossini"))
    with pytest.raises(OptionError, match=r'names "Gioachino Rossini" \(say it with --style: bach'):
        analyse_file(tune)


def test_an_unknown_style_is_named(tune):
    with pytest.raises(StyleError, match="bahc"):
        analyse_file(tune, style="bahc")


def test_a_plan_is_written_as_yaml_only(tune, tmp_path):
    with pytest.raises(OptionError, match=r"\.yaml"):
        analyse_file(tune, output=tmp_path / "form.mid")
    with pytest.raises(OutputError):
        analyse_file(tune, output=tmp_path / "nowhere" / "form.yaml")


def test_a_file_without_music_is_one_error(tmp_path):
    path = tmp_path / "empty.mid"
    path.write_bytes(b"")
    for verb in (analyse_file, extend_file):
        with pytest.raises(MusicFileError, match="empty"):
            verb(path, style="bach")


def test_a_piece_goes_on_and_stays_as_it_was(tune, tmp_path):
    own = read_score(tune).score
    extended = extend_file(tune, bars=12, folder=tmp_path)
    assert [path.name for path in extended.files] == [f"tune.extended{end}" for end in (".mid", ".musicxml", ".yaml")]
    (part,) = extended.score.parts
    assert part.notes[: len(own.parts[0].notes)] == own.parts[0].notes
    assert len(part.notes) > len(own.parts[0].notes)
    assert len(extended.score.bars) == 28
    assert extended.score.repeats == own.repeats
    assert extended.sections[-1].key == "G major"
    sheet = read_score(tmp_path / "tune.extended.musicxml").score
    assert len(sheet.bars) == 28
    whole = read_plan(tmp_path / "tune.extended.yaml")
    assert whole.bars == 28
    assert whole.sections[-1].cadence == "PAC"


def test_the_network_hears_the_last_bar_before_it_goes_on(tune, monkeypatch):
    heard = []
    real = pipeline.fill_plan
    monkeypatch.setattr(
        "composer.pieces.fill_plan", lambda plan, **rest: heard.append(rest["heard"]) or real(plan, **rest)
    )
    extend_file(tune, bars=4)
    assert [pitch for _, _, pitch in heard[0]] == [67]


@pytest.mark.parametrize("bars", [0, 1, 513])
def test_a_continuation_has_a_length(tune, bars):
    with pytest.raises(OptionError, match="2 to 512 bars"):
        extend_file(tune, bars=bars)
