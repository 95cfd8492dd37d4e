"""The four verbs in a row, with a source of notes in place of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mido
import pytest

import composer
from composer import pipeline
from composer.corpus import read_score
from composer.errors import ComposerError, OptionError, OutputError, PlanError, ThemeError
from composer.pipeline import filling
from composer.style import load_style, styles_folder

pytestmark = pytest.mark.usefixtures("no_network")

PLAN = """\
plan: 1
form: rondo
style: bach
ensemble: keyboard
key: G major
meter: "3/4"
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}
  couplet: {bars: 4}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
  - {label: B, theme: couplet, bars: 4, key: V, cadence: HC}
  - {label: A, id: A2, copy_of: A, recall: full}
"""


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(PLAN)
    return path


def bytes_of(piece: pipeline.Piece) -> list[bytes]:
    return [path.read_bytes() for path in piece.files]


def test_the_package_s_one_function_is_the_pipeline_s():
    assert composer.compose is pipeline.compose


def test_compose_writes_four_files_named_after_form_style_and_seed(tmp_path):
    piece = pipeline.compose(form="ternary", seed=3, bars=24, folder=tmp_path)
    endings = (".mid", ".musicxml", ".yaml", ".report.json")
    assert [path.name for path in piece.files] == [f"ternary-bach-3{end}" for end in endings]
    assert piece.report.is_planned
    assert sorted(tmp_path.iterdir()) == sorted(piece.files)
    assert piece.seed == 3
    assert piece.device == "no network"
    assert sum(section.bars for section in piece.sections) == 24
    assert set(piece.themes.values()) == {"8 bars, composed"}


def test_outputs_are_written_where_they_are_asked_for(tmp_path):
    outputs = (tmp_path / "a.mid", tmp_path / "b.roll.png")
    piece = pipeline.compose(form="binary", seed=3, bars=20, outputs=outputs, folder=tmp_path)
    assert piece.files == outputs
    assert sorted(tmp_path.iterdir()) == sorted(outputs)


def test_paths_may_be_text_and_one_output_needs_no_brackets(tmp_path):
    assert pipeline.compose(form="binary", seed=3, bars=20, outputs=f"{tmp_path}/a.mid").files == (tmp_path / "a.mid",)
    piece = pipeline.compose(form="binary", seed=3, bars=20, folder=str(tmp_path))
    assert [path.suffix for path in piece.files] == [".mid", ".musicxml", ".yaml", ".json"]


def test_a_piece_can_be_written_later_as_if_it_had_been_asked_for_at_once(tmp_path):
    piece = pipeline.compose(form="binary", seed=3, bars=20, outputs=(tmp_path / "a.mid", tmp_path / "a.yaml"))
    (tmp_path / "later").mkdir()
    files = piece.write(tmp_path / "later" / "a.mid", f"{tmp_path}/later/a.yaml")
    assert [path.read_bytes() for path in files] == bytes_of(piece)
    with pytest.raises(OptionError, match='no writer for "'):
        piece.write("a.xyz")


def test_a_prompt_does_not_show_all_notes():
    assert len(repr(pipeline.compose(form="binary", seed=3, bars=20))) < 2000


def test_without_outputs_and_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    piece = pipeline.compose(form="binary", seed=3, bars=20)
    assert piece.files == ()
    assert not list(tmp_path.iterdir())


def test_a_seed_is_drawn_and_told():
    first, second = (pipeline.plan_piece(form="binary", bars=20) for _ in range(2))
    assert first.seed is not None
    assert first.seed != second.seed


def test_a_piece_tells_its_sections_by_name(plan_file):
    piece = pipeline.build_plan(plan_file)
    assert piece.sections == (
        pipeline.SectionLine("A", "G major", 4),
        pipeline.SectionLine("B", "D major", 4),
        pipeline.SectionLine("A", "G major", 4),
    )
    assert (piece.form, piece.meter, piece.style) == ("rondo", "3/4", "bach (keyboard)")


def test_building_a_plan_twice_gives_identical_files(plan_file, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    one = pipeline.build_plan(plan_file, folder=tmp_path / "one")
    two = pipeline.build_plan(plan_file, folder=tmp_path / "two")
    assert bytes_of(one) == bytes_of(two)
    assert [path.name for path in one.files] == [
        "mine.mid",
        "mine.musicxml",
        "mine.resolved.yaml",
        "mine.report.json",
    ]
    assert plan_file.read_text() == PLAN


def test_the_resolved_plan_builds_the_same_piece(plan_file, tmp_path):
    piece = pipeline.build_plan(plan_file, folder=tmp_path)
    again = pipeline.build_plan(tmp_path / "mine.resolved.yaml", outputs=(tmp_path / "b.mid", tmp_path / "b.musicxml"))
    assert bytes_of(piece)[:2] == bytes_of(again)
    assert again.themes == {"refrain": "4 bars, pinned", "couplet": "4 bars, pinned"}
    assert piece.themes == {"refrain": "4 bars, pinned", "couplet": "4 bars, composed"}


def test_a_plan_is_built_with_the_card_beside_it_from_anywhere(plan_file, tmp_path, monkeypatch):
    for suffix in (".yaml", ".json"):
        (tmp_path / f"rags{suffix}").write_bytes((styles_folder() / f"joplin{suffix}").read_bytes())
    (tmp_path / "rags.json").rename(tmp_path / "joplin.json")
    card = tmp_path / "rags.yaml"
    card.write_text("\n".join(line for line in card.read_text().splitlines() if not line.startswith("runs:")))
    plan_file.write_text(PLAN.replace("style: bach", "style: ./rags.yaml"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    piece = pipeline.build_plan(plan_file, folder=tmp_path)
    assert piece.style == f"{card} (keyboard)"
    assert 'style: "./rags.yaml"' in (tmp_path / "mine.resolved.yaml").read_text()
    pipeline.build_plan(plan_file, outputs=(elsewhere / "far.yaml",))
    again = pipeline.build_plan(elsewhere / "far.yaml", outputs=(elsewhere / "far.mid",))
    assert bytes_of(again) == bytes_of(piece)[:1]


IN_PHRASES = PLAN.replace(
    "bars: 4, key: V, cadence: HC}",
    "fidelity: 0.5, key: V, cadence: HC, phrases: [{bars: 4, cadence: IAC}, {bars: 4, cadence: HC}, {bars: 4}]}",
)


def notes_by_bar(piece: pipeline.Piece) -> dict[int, set[tuple[int, int, int, int]]]:
    """Onset in the bar, length, pitch and staff of the notes that begin in each bar (from 1)."""
    bars: dict[int, set[tuple[int, int, int, int]]] = {}
    score = piece.performance.score
    for _, note in score.notes():
        bar = score.bar_at(note.onset_tick)
        sounding = (note.onset_tick - bar.onset_tick, note.duration_tick, note.pitch, note.staff)
        bars.setdefault(bar.number, set()).add(sounding)
    return bars


def test_repeats_and_da_capo_are_written_as_signs_and_played_out(tmp_path):
    plan_file = tmp_path / "mine.yaml"
    plan_file.write_text(PLAN.replace("seed: 7", "seed: 7\nrepeats: [A, [B, A2]]\nda_capo: A"))
    piece = pipeline.build_plan(plan_file, folder=tmp_path)
    bars = notes_by_bar(piece)
    heard = {start: [bars[start + bar] for bar in range(1, 5)] for start in range(0, 28, 4)}
    first, again, second, reprise, second_again, reprise_again, da_capo = heard.values()
    assert first == again == da_capo
    assert second == second_again != first
    assert reprise == reprise_again
    assert len(bars) == 28
    markers = [event.text for event in mido.MidiFile(tmp_path / "mine.mid").tracks[0] if event.type == "marker"]
    assert markers == ["A", "A", "B", "A", "B", "A", "A"]
    played = {(part, note.onset_tick, note.pitch) for part, note in read_score(tmp_path / "mine.mid").score.notes()}
    sheet = tmp_path / "mine.musicxml"
    assert len(read_score(sheet).score.bars) == 12, "written once"
    unfolded = read_score(sheet, unfold=True).score
    assert len(unfolded.bars) == 28
    assert len(played) == len(piece.performance.notes)
    assert pipeline.perform_file(sheet, expression=0.0).performance.score.end_tick == unfolded.end_tick
    assert sum(section.bars for section in piece.sections) == 12


@pytest.mark.parametrize("keeps", ["mine.yaml", "mine.resolved.yaml"])
def test_an_edited_phrase_is_composed_between_those_that_are_kept(plan_file, tmp_path, keeps):
    plan_file.write_text(IN_PHRASES)
    old = pipeline.build_plan(plan_file, folder=tmp_path)
    edited = tmp_path / "new.yaml"
    edited.write_text(IN_PHRASES.replace("{bars: 4, cadence: HC}", '{bars: 4, cadence: HC, harmony: "I | V | vi | V"}'))
    new = pipeline.build_plan(edited, keep=(tmp_path / keeps,))
    before, after = notes_by_bar(old), notes_by_bar(new)
    assert {bar for bar in before if before[bar] != after[bar]} <= set(range(9, 13))
    assert new.plan.section("B").phrases[1].harmony == "I | V | vi | V"
    if keeps == "mine.yaml":
        assert before != after
        assert new.kept == ("2 of 3 phrases of B (phrase 2 is composed anew)",)
        assert new.plan.section("B").phrases[2].harmony == old.plan.section("B").phrases[2].harmony


def test_nothing_edited_nothing_lost(plan_file, tmp_path):
    old = pipeline.build_plan(plan_file, folder=tmp_path)
    new = pipeline.build_plan(plan_file, keep=(tmp_path / "mine.resolved.yaml",), outputs=(tmp_path / "b.mid",))
    assert new.kept == ("every section",)
    assert old.kept == ()
    assert bytes_of(new) == bytes_of(old)[:1]


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (None, "old.yaml: "),
        ("form: [rondo\n", "old.yaml:2:1: this is not YAML"),
        (PLAN.replace("style: bach", "style: bachh"), 'old.yaml:3:8: no style "bachh"'),
        (
            PLAN.replace('"3/4"', '"6/8"'),
            "old.yaml: the meter is 6/8 here, 3/4 in mine.yaml (none of its notes can be kept)",
        ),
        (PLAN.replace("seed: 7", "seed: 8"), "old.yaml: the seed is 8 here, 7 in mine.yaml"),
    ],
)
def test_an_earlier_plan_that_cannot_be_kept_is_one_line(plan_file, tmp_path, monkeypatch, old, words):
    monkeypatch.chdir(tmp_path)
    if old is not None:
        Path("old.yaml").write_text(old)
    with pytest.raises(PlanError) as caught:
        pipeline.build_plan(Path("mine.yaml"), keep=(Path("old.yaml"),), outputs=(Path("a.mid"),))
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not Path("a.mid").exists()


def test_the_plan_that_is_kept_is_never_written_over(plan_file, tmp_path):
    pipeline.build_plan(plan_file, folder=tmp_path)
    kept = tmp_path / "mine.resolved.yaml"
    with pytest.raises(OptionError, match="would be overwritten"):
        pipeline.build_plan(plan_file, keep=(kept,), folder=tmp_path)


def test_a_resolved_plan_is_built_without_warnings_until_a_join_is_edited(plan_file, tmp_path):
    plan_file.write_text(PLAN.replace("copy_of: A, recall: full", "copy_of: A, key: V"))
    resolved = tmp_path / "resolved.yaml"
    pipeline.build_plan(plan_file, outputs=(resolved,))
    assert pipeline.build_plan(resolved).warnings == ()
    edited = tmp_path / "edited.yaml"
    head, enters, tail = resolved.read_text().partition("    enters: {key: G major, chord: V")
    assert enters
    edited.write_text(head + "    enters: {key: F major, chord: V" + tail)
    (warning,) = pipeline.build_plan(edited).warnings
    assert "was planned to follow V in F major" in str(warning)


def test_a_plan_is_never_written_over(plan_file):
    with pytest.raises(OptionError, match="would be overwritten"):
        pipeline.build_plan(plan_file, outputs=(plan_file,))
    assert plan_file.read_text() == PLAN


def test_the_performer_of_the_plan_plays_unless_another_is_asked_for(plan_file):
    plan_file.write_text(PLAN + "performer: {player: baroque, expression: 0.0, take: 4}\n")
    of_the_plan = pipeline.build_plan(plan_file).performance
    asked = pipeline.build_plan(plan_file, expression=1.0, take=2).performance
    assert {note.velocity for note in of_the_plan.notes} == {64}
    assert len({note.velocity for note in asked.notes}) > 3
    assert (of_the_plan.take, asked.take) == (4, 2)
    assert of_the_plan.score == asked.score  # playing never changes the notes


def test_progress_is_told_and_never_goes_back(plan_file):
    told: list[tuple[str, float]] = []
    pipeline.build_plan(plan_file, on_progress=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert {"theme refrain", "theme couplet", "section A", "section B", "section A2", "performing"} <= {
        what for what, _ in told
    }


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        ("key: G major", "key: H major", PlanError, "mine.yaml:5:6"),
        ('meter: "3/4"', "meter: 3:4", PlanError, "mine.yaml:6:8"),
        ("seed: 7", "seed: 7\nseed: 8", PlanError, "mine.yaml:8:1"),
        ("style: bach", "style: bahc", ComposerError, "bach"),
        ("theme: refrain, bars: 4", "theme: refrain, bars: 2", PlanError, "mine.yaml:12"),
        ("d2 | c2", "d2 | c2 c2", ThemeError, "mine.yaml:9"),
        ('melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"', "file: ../tune.abc", ThemeError, "beside the plan"),
    ],
)
def test_wrong_input_is_named_and_leaves_no_file(plan_file, tmp_path, old, new, kind, words):
    plan_file.write_text(PLAN.replace(old, new))
    with pytest.raises(ComposerError) as caught:
        pipeline.build_plan(plan_file, folder=tmp_path)
    assert isinstance(caught.value, kind) or kind is ThemeError
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == [plan_file]


def test_an_output_folder_that_does_not_exist_is_refused_before_composing(plan_file, tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        pipeline.build_plan(plan_file, outputs=(tmp_path / "nowhere" / "a.mid",))


def test_a_mix_and_a_glide_stand_in_summary_and_file_names(tmp_path):
    mix = pipeline.compose(form="binary", style={"bach": 7, "chorale": 3}, seed=3, bars=20, folder=tmp_path)
    assert mix.style == "bach 0.70, chorale 0.30 (keyboard)"
    assert mix.files[0].name == "binary-bach-chorale-3.mid"
    glide = pipeline.compose(form="binary", style="bach -> chorale", seed=3, bars=20, folder=tmp_path)
    assert glide.style == "bach -> chorale (keyboard)"
    assert glide.files[0].name == "binary-bach-to-chorale-3.mid"


def test_a_section_s_own_style_stands_in_the_summary(plan_file):
    plan_file.write_text(PLAN.replace("key: V, cadence: HC}", "key: V, cadence: HC, style: {bach: 1, chorale: 3}}"))
    assert pipeline.build_plan(plan_file).style == "bach; B bach 0.25, chorale 0.75 (keyboard)"


def test_a_resolved_glide_builds_the_same_piece(plan_file, tmp_path):
    plan_file.write_text(PLAN.replace("style: bach", "style: {from: bach, to: {bach: 0.2, chorale: 0.8}}"))
    piece = pipeline.build_plan(plan_file, folder=tmp_path)
    resolved = (tmp_path / "mine.resolved.yaml").read_text()
    assert "style: {from: bach, to: {bach: 0.2, chorale: 0.8}}" in resolved
    assert "    style: {bach: 0.867, chorale: 0.133} #" in resolved
    again = pipeline.build_plan(tmp_path / "mine.resolved.yaml", outputs=(tmp_path / "b.mid", tmp_path / "b.musicxml"))
    assert bytes_of(piece)[:2] == bytes_of(again)


def test_all_styles_of_a_piece_are_of_one_network(tmp_path):
    one, other = load_style("bach"), replace(load_style("chorale"), network="romantics")
    assert filling.one_network([one, load_style("chorale")]).name == "composers.safetensors"
    with pytest.raises(OptionError) as caught:
        filling.one_network([one, other])
    assert "must be of one network; found composers (bach), romantics (chorale)" in str(caught.value)
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "composers.safetensors").touch()
    with pytest.raises(OptionError, match=r"networks/composers.safetensors \(mine\)"):
        filling.one_network([one, replace(one, name="mine", folder=tmp_path)])


def test_both_guidances_are_checked_at_once(plan_file):
    with pytest.raises(OptionError) as caught:
        pipeline.build_plan(plan_file, guidance=-1.0, style_guidance=float("nan"))
    told = [problem.message for problem in caught.value.problems]
    assert told == [
        "the guidance must be from 0 to 10; found -1",
        "the style guidance must be from 0 to 10; found nan",
    ]


def test_the_temperature_must_be_above_zero(plan_file):
    with pytest.raises(OptionError, match="temperature"):
        pipeline.build_plan(plan_file, temperature=0.0)


def test_a_composed_piece_can_be_performed_again(plan_file, tmp_path):
    pipeline.build_plan(plan_file, outputs=(tmp_path / "a.mid",), expression=0.0)
    played = pipeline.perform_file(tmp_path / "a.mid", folder=tmp_path, take=3)
    assert isinstance(played, pipeline.Performed)
    assert [path.name for path in played.files] == ["a.performed.mid"]
    assert played.take == 3
    assert played.length_sec > 10


def test_a_truncated_file_is_refused_and_leaves_nothing(plan_file, tmp_path):
    pipeline.build_plan(plan_file, outputs=(tmp_path / "a.mid",))
    cut = tmp_path / "cut.mid"
    cut.write_bytes((tmp_path / "a.mid").read_bytes()[:40])
    with pytest.raises(ComposerError, match=r"cut\.mid"):
        pipeline.perform_file(cut, folder=tmp_path)
    assert not (tmp_path / "cut.performed.mid").exists()


def measure(number: int, step: str, *, left: str = "", right: str = "") -> str:
    """A bar of one whole note, with what its bar lines say."""
    head = "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    lines = [f'<barline location="{where}">{text}</barline>' if text else "" for where, text in
             (("left", left), ("right", right))]  # fmt: skip
    note = f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>4</duration></note>"
    return f'<measure number="{number}">{lines[0]}{head if number == 1 else ""}{note}{lines[1]}</measure>'


@pytest.fixture
def score_with_endings(tmp_path: Path) -> Path:
    """C | 1. D :| 2. E | F."""
    bars = (
        measure(1, "C")
        + measure(
            2,
            "D",
            left='<ending number="1" type="start"/>',
            right='<ending number="1" type="stop"/><repeat direction="backward"/>',
        )
        + measure(3, "E", left='<ending number="2" type="start"/>', right='<ending number="2" type="discontinue"/>')
        + measure(4, "F")
    )
    path = tmp_path / "old.musicxml"
    path.write_text(
        '<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Flute'
        f'</part-name></score-part></part-list><part id="P1">{bars}</part></score-partwise>'
    )
    return path


def test_repeats_sound_as_played_and_stand_as_written(score_with_endings, tmp_path):
    outputs = (tmp_path / "new.mid", tmp_path / "new.musicxml")
    played = pipeline.perform_file(score_with_endings, outputs=outputs)
    assert [note.note.pitch for note in played.performance.notes] == [60, 62, 60, 64, 65]
    heard, sheet = read_score(outputs[0]).score, read_score(outputs[1]).score
    assert [note.pitch for _, note in heard.notes()] == [60, 62, 60, 64, 65]
    assert [note.pitch for _, note in sheet.notes()] == [60, 62, 64, 65]
    (repeat,) = sheet.repeats
    assert repeat.endings == read_score(score_with_endings).score.repeats[0].endings
    assert played.length_sec > 5 * 4 * 60 / 140  # five bars, at any tempo that a score without one gets


def test_a_sheet_without_repeats_is_the_one_that_is_played(plan_file, tmp_path):
    pipeline.build_plan(plan_file, outputs=(tmp_path / "a.musicxml",))
    pipeline.perform_file(tmp_path / "a.musicxml", outputs=(tmp_path / "b.musicxml",))
    notes = [
        [note.pitch for _, note in read_score(tmp_path / name).score.notes()] for name in ("a.musicxml", "b.musicxml")
    ]
    assert notes[0] == notes[1]
