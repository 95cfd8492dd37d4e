"""What `-v` tells of themes and sections."""

from __future__ import annotations

import logging

import pytest

from composer import pipeline
from composer.fill.critics import CRITICS
from composer.fill.explained import CRITIC_WORDS, draft_line, section_lines
from composer.fill.particles import Miss
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan

PLAN = """
plan: 1
form: rondo
style: bach
key: G major
meter: "3/4"
seed: 7
themes:
  refrain: {bars: 4, type: period}
  tune: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}
sections:
  - {label: A, theme: refrain, bars: 4, key: I, cadence: PAC}
  - {label: B, theme: tune, bars: 4, key: V, cadence: PAC}
"""


def test_every_critic_has_a_musicians_word() -> None:
    assert set(CRITIC_WORDS) == set(CRITICS)


def test_a_section_tells_what_decided_and_what_was_drawn_again() -> None:
    lines = section_lines(
        "B",
        phrases=2,
        again=(Miss(1, ("cadence", "key")), Miss(1, ("cadence",))),
        misses=(Miss(1, ("key",)),),
        merits={"parallels": 2.0, "silence": 1.0, "crowd": 0.5, "copied": 0.3, "melody": 0.1, "reach": -3.0},
    )
    assert lines == [
        "section B, 2 phrases: kept for no parallel fifths or octaves, no gaps and a player for every note",
        "  phrase 2 was drawn again: the best draft missed its cadence and its key, then its cadence",
        "  phrase 2 was kept without its key: no draft had it",
    ]


def test_drafts_that_are_alike_are_said_to_be() -> None:
    (line,) = section_lines("A", phrases=1, again=(), misses=(), merits={"silence": 0.01})
    assert line == "section A, 1 phrase: its drafts were equally good"


def test_a_draft_is_kept_for_what_the_others_lack() -> None:
    worths = [{"its melody": 1.0, "its rhythm": 5.0}, {"its melody": 3.0, "its rhythm": 5.0}]
    assert draft_line(worths, 1) == "  its idea is the best of 2 drafts, kept for its melody"
    assert draft_line(worths[:1], 0) == "  its idea is the best of 1 drafts, all alike"


def test_themes_and_sections_are_logged_in_their_order(make_fake_source, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="composer"):
        pipeline.fill_plan(resolve(parse_plan(PLAN)), make_source=make_fake_source)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("composer.fill")]
    heads = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    assert heads == [
        "theme refrain, 4 bars",
        "theme tune, 4 bars, as the plan gives it",
        "section A, 2 phrases",
        "section B, 1 phrase",
    ]
    assert lines[1].startswith("  its idea is the best of 16 drafts, kept for ")
