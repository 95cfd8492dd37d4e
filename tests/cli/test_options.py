"""The options that commands share."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from composer.plan import forms


@pytest.fixture
def meanwhile(run, monkeypatch):
    """Run `compose forms` with options; return what was logged while it ran, as it stands on stderr, and the level."""

    def runs(*words: str, logged=()):
        levels = []

        def list_forms():
            levels.append(logging.getLevelName(logging.getLogger("composer").level))
            for level, text, *values in logged:
                logging.getLogger("composer.fill").log(level, text, *values)
            return forms.list_forms()

        monkeypatch.setattr("composer.plan.list_forms", list_forms)
        return run("forms", *words).stderr, levels[0]

    return runs


@pytest.mark.parametrize(("words", "level"), [(("-v",), "INFO"), (("-vv",), "DEBUG"), (("-q",), "ERROR")])
def test_verbosity_is_the_loggers_level_while_a_command_runs(meanwhile, words: tuple[str, ...], level: str) -> None:
    logger = logging.getLogger("composer")
    before = logger.level, list(logger.handlers)
    assert meanwhile(*words)[1] == level
    assert (logger.level, logger.handlers) == before


def test_what_is_logged_is_a_plain_line_on_stderr(meanwhile) -> None:
    logged = [(level, "100 %% of %s", "the notes") for level in (logging.DEBUG, logging.INFO, logging.WARNING)]
    assert meanwhile("-v", logged=logged)[0] == "100 % of the notes\nwarning: 100 % of the notes\n"


def test_vv_names_the_module_of_details(meanwhile) -> None:
    assert meanwhile("-vv", logged=[(logging.DEBUG, "a detail")])[0] == "composer.fill: a detail\n"


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("bach", "bach"),
        ("./mine.yaml", "./mine.yaml"),
        ("bach:0.7, joplin:0.3", {"bach": 0.7, "joplin": 0.3}),
        ("bach->joplin", {"from": "bach", "to": "joplin"}),
        ("bach -> mozart -> joplin", {"from": "bach", "via": ["mozart"], "to": "joplin"}),
        ("bach:7,haydn:3->joplin", {"from": {"bach": 7, "haydn": 3}, "to": "joplin"}),
    ],
)
def test_a_style_is_a_name_a_mix_or_a_glide(run, library, words: str, style: object) -> None:
    library.answers("composer.pipeline", "plan_piece", SimpleNamespace(seed=5))
    library.answers("composer.plan", "format_plan", "plan: 1\n")
    assert run("plan", "--form", "rondo", "--style", words).exit_code == 0
    assert library.calls[0][1]["style"] == style


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("bach:0.7,joplin", '"joplin" needs a weight'),
        ("bach:0.7,bach:0.3", '"bach" stands twice in the mix'),
        ("bach->", 'a style on each side of each "->"'),
        ("->", 'a style on each side of each "->"'),
        ("bach:0.7,joplin->mozart", '"joplin" needs a weight'),
    ],
)
def test_a_style_that_cannot_be_read_is_told(run, words: str, told: str) -> None:
    result = run("plan", "--form", "rondo", "--style", words)
    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("bach:0,chorale:1", "style.bach must be more than 0, not 0"),
        ("bach:-1", "style.bach must be more than 0, not -1"),
        ("bach:inf", "style.bach must be a number, not inf"),
        ("bach:nan", "style.bach must be a number, not nan"),
        ("bahc", 'no style "bahc" (did you mean "bach"?)'),
        ("bach->choral", 'no style "choral" (did you mean "chorale"?)'),
    ],
)
def test_a_style_that_cannot_be_is_told(run, words: str, told: str) -> None:
    result = run("plan", "--form", "rondo", "--style", words)
    assert result.exit_code == 2
    assert told in result.stderr
