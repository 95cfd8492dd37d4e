"""Each command hands its options to one function of the library and prints what it returns."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

from composer.style import Source, StyleCard

UNSTATED = {
    "key": None, "meter": None, "tempo": None, "bars": None, "ensemble": None, "title": None, "seed": None,
}  # fmt: skip


def test_compose_passes_what_was_stated_and_none_for_the_rest(run, library, piece) -> None:
    library.answers("composer.pipeline", "compose", piece)
    result = run("--form", "rondo")
    assert result.exit_code == 0, result.output
    args, options = library.call
    assert args == ()
    assert options == {
        "form": "rondo", "style": None, **UNSTATED,
        "temperature": None, "guidance": None, "style_guidance": None, "device": "auto",
        "expression": None, "player": None, "take": None, "more_takes": (), "soundfont": None,
        "outputs": (), "folder": Path(), "on_progress": None,
    }  # fmt: skip


def test_compose_passes_every_option(run, library, piece) -> None:
    library.answers("composer.pipeline", "compose", piece)
    words = (
        "--form sonata --style bach:0.7,joplin:0.3 --meter 6/8 --tempo 72.5 --bars 40 --ensemble organ --title Air"
        " --seed 11 --temperature 0.9 --guidance 2 --style-guidance 1.5 --device cpu --expression 0"
        " --player baroque --take 3 --take 4 --soundfont my.sf2 -o a.mid --output b/c.musicxml"
    )
    result = run(*words.split(), "--key", "G major")
    assert result.exit_code == 0, result.output
    _, options = library.call
    assert options == {
        "form": "sonata", "style": {"bach": 0.7, "joplin": 0.3}, "key": "G major", "meter": "6/8",
        "tempo": 72.5, "bars": 40, "ensemble": "organ", "title": "Air", "seed": 11,
        "temperature": 0.9, "guidance": 2.0, "style_guidance": 1.5, "device": "cpu",
        "expression": 0.0, "player": "baroque", "take": 3, "more_takes": (4,), "soundfont": Path("my.sf2"),
        "outputs": (Path("a.mid"), Path("b/c.musicxml")), "folder": Path(), "on_progress": None,
    }  # fmt: skip


def test_the_summary_names_form_keys_themes_device_time_and_files(run, library, piece) -> None:
    library.answers("composer.pipeline", "compose", piece)
    assert run("--form", "rondo").stdout.splitlines() == [
        "title   Rondo [in G]",
        "form    rondo A B A, 24 bars, 3/4, 112 beats a minute",
        "style   bach",
        "keys    A G major, B D major, A G major",
        "themes  refrain: 8 bars, pinned",
        "        couplet: 8 bars, composed",
        "seed    7 (drawn)",
        "device  CPU",
        "time    1.2 s",
        "files   rondo.mid",
        "        rondo.musicxml",
    ]


def test_a_stated_seed_is_not_called_drawn(run, library, piece) -> None:
    library.answers("composer.pipeline", "compose", piece)
    assert "seed    7\n" in run("--form", "rondo", "--seed", "7").stdout


def test_warnings_go_to_stderr(run, library, piece) -> None:
    warned = dataclasses.replace(piece, warnings=("section C no longer leads into A3",))
    library.answers("composer.pipeline", "compose", warned)
    result = run("--form", "rondo")
    assert result.stderr == "warning: section C no longer leads into A3\n"


def test_quiet_prints_nothing(run, library, piece) -> None:
    warned = dataclasses.replace(piece, warnings=("section C no longer leads into A3",))
    library.answers("composer.pipeline", "build_plan", warned)
    assert run("build", "my.yaml", "-q").output == ""


def test_build_hands_over_the_plan(run, library, piece) -> None:
    library.answers("composer.pipeline", "build_plan", piece)
    result = run("build", "my.yaml", "-o", "my.mid")
    assert result.exit_code == 0, result.output
    args, options = library.call
    assert args == (Path("my.yaml"),)
    assert options == {
        "keep": (), "outputs": (Path("my.mid"),), "folder": Path(), "on_progress": None,
        "temperature": None, "guidance": None, "style_guidance": None, "device": "auto",
        "expression": None, "player": None, "take": None, "more_takes": (), "soundfont": None,
    }  # fmt: skip


def test_plan_prints_the_plan_and_tells_a_drawn_seed_apart_from_it(run, library) -> None:
    library.answers("composer.pipeline", "plan_piece", SimpleNamespace(seed=5))
    library.answers("composer.plan", "format_plan", "plan: 1\n")
    result = run("plan", "--form", "rondo", "--key", "G major")
    assert result.stdout == "plan: 1\n"
    assert result.stderr == "seed 5 (drawn)\n"
    assert run("plan", "--form", "rondo", "-q").stderr == ""
    assert library.calls[0] == ((), {"form": "rondo", "style": None, **UNSTATED, "key": "G major"})


def test_plan_writes_a_file(run, library, tmp_path: Path) -> None:
    library.answers("composer.pipeline", "plan_piece", SimpleNamespace(seed=5))
    library.answers("composer.plan", "format_plan", "title: Für Elise\n")
    result = run("plan", "--form", "rondo", "--seed", "5", "-o", "my.yaml")
    assert result.output == ""
    assert (tmp_path / "my.yaml").read_text(encoding="utf-8") == "title: Für Elise\n"


def test_plan_finds_a_missing_folder_before_it_plans(run, library) -> None:
    library.answers("composer.pipeline", "plan_piece", SimpleNamespace(seed=5))
    library.answers("composer.plan", "format_plan", "plan: 1\n")
    result = run("plan", "--form", "rondo", "-o", "nowhere/my.yaml")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr
    assert library.calls == []


def test_perform_names_player_take_and_files(run, library) -> None:
    files = (Path("x.performed.mid"),)
    done = SimpleNamespace(player="baroque", take=3, length_sec=61.25, files=files, warnings=(), beside=())
    library.answers("composer.pipeline", "perform_file", done)
    result = run("perform", "x.mid", "--take", "3", "--expression", "0.5")
    assert library.call == (
        (Path("x.mid"),),
        {
            "outputs": (),
            "folder": Path(),
            "player": None,
            "take": 3,
            "expression": 0.5,
            "more_takes": (),
            "soundfont": None,
            "plot": None,
            "beside": (),
            "on_progress": None,
        },
    )
    assert result.stdout == "player  baroque\ntake    3\nlength  61.2 s\nfiles   x.performed.mid\n"


def test_schema_is_json_on_stdout_or_in_a_file(run, library, tmp_path: Path) -> None:
    library.answers("composer.plan", "plan_schema", {"title": "Plan ♭"})
    assert json.loads(run("schema").stdout) == {"title": "Plan ♭"}
    assert run("schema", "-o", "s.json").output == ""
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == {"title": "Plan ♭"}


def test_forms_are_listed_by_name(run, library) -> None:
    rondo = SimpleNamespace(name="rondo", description="A B A C A")
    library.answers("composer.plan", "list_forms", (rondo, SimpleNamespace(name="song", description="A A B A")))
    assert run("forms").stdout == "rondo  A B A C A\nsong   A A B A\n"


def test_styles_are_listed_with_what_they_learned_from(run, library) -> None:
    bach = StyleCard(
        "bach",
        "Suites and inventions",
        sources=(Source("suites", "https://example.org", "CC0 1.0", pieces=131, bars=6357),),
        ensembles={"keyboard": 96, "organ": 35},
    )
    library.answers("composer.style", "styles", (bach, StyleCard("mine", "My own")))
    library.answers("composer.style", "own_styles_folder", Path("nowhere"))
    library.answers("composer.style", "readable_styles", ((), ()))
    lines = run("styles").stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["style", "bach", "mine"]
    assert lines[1].split()[-4:] == ["131", "6357", "keyboard,", "organ"]
    assert lines[2].split()[-3:] == ["0", "0", "keyboard"]


def test_train_prints_figures_and_files(run, library) -> None:
    done = SimpleNamespace(
        figures={"validation": "0.91 nats a step"}, files=(Path("runs/bach"),), warnings=("1 file left out",)
    )
    library.answers("composer.training", "train_from_config", done)
    given = ("--data", "music21:bach", "--data", "my songs", "--resume", "--cluster", "tcp://there:8786")
    result = run("train", "bach.yaml", *given, "--from", "handel.safetensors")
    assert library.call == (
        (Path("bach.yaml"),),
        {
            "data": ("music21:bach", "my songs"),
            "output": Path("runs"),
            "resume": True,
            "begin": Path("handel.safetensors"),
            "device": "auto",
            "cluster": "tcp://there:8786",
            "on_progress": None,
        },
    )
    assert result.stdout == "validation  0.91 nats a step\nfiles       runs/bach\n"
    assert result.stderr == "warning: 1 file left out\n"


def test_evaluate_prints_each_condition(run, library, tmp_path: Path) -> None:
    figures = {"none": "1.20 nats a step", "key": "1.10 nats a step", "all": "0.95 nats a step"}
    library.answers("composer.evaluate", "evaluate_network", SimpleNamespace(figures=figures, warnings=()))
    result = run("evaluate", "my.safetensors", "-o", "figures.json")
    assert library.call == (
        ("my.safetensors",),
        {"data": (), "output": Path("figures.json"), "device": "auto", "on_progress": None},
    )
    assert result.stdout.splitlines()[2] == "all   0.95 nats a step"
