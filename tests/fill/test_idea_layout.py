"""Where a theme states its idea again, and how it is moved along the scale."""

from __future__ import annotations

import pytest

from composer.fill.idea_layout import along_scale, lay_out
from composer.fill.setting import make_setting
from composer.fill.theme_tasks import theme_task
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.style import load_statistics
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q

IDEA = [(0, Q, 74), (Q, Q, 78), (2 * Q, Q, 81), (3 * Q, 3 * Q, 79)]


def task_of(theme: str):
    text = f"""
plan: 1
form: ternary
style: bach
key: D major
meter: 3/4
seed: 11
themes:
  first: {{{theme}}}
sections:
  - {{label: A, theme: first, bars: 16, cadence: PAC}}
  - {{label: B, theme: none, bars: 4, key: V, cadence: PAC}}
"""
    plan = resolve(parse_plan(text))
    setting = make_setting(plan, plan_outline(plan), known={"bach": ("bach", load_statistics("bach"))})
    return theme_task("first", plan.themes["first"], setting, None)


@pytest.mark.parametrize(
    ("theme", "bars"),
    [
        ("bars: 8, type: period", [0, 4]),
        ("bars: 16, type: compound period", [0, 8]),
        ("bars: 12, type: compound period", [0, 6]),
    ],
)
def test_halves_begin_with_the_idea(theme, bars):
    statements = lay_out(task_of(theme), IDEA)
    assert [statement.start_tick // (3 * Q) for statement in statements] == bars
    for statement in statements:
        assert [(onset - statement.start_tick, *rest) for onset, *rest in statement.notes] == IDEA


def test_a_sentence_moves_its_idea_at_once():
    first, again = lay_out(task_of("bars: 8, type: sentence"), IDEA)
    assert again.start_tick == 6 * Q
    key = parse_key("D major")
    moved = [[along_scale(pitch, key, steps) for _, _, pitch in first.notes] for steps in range(-3, 4)]
    assert [pitch for _, _, pitch in again.notes] in moved


@pytest.mark.parametrize(
    ("pitch", "steps", "expected"),
    [(60, 1, 62), (60, 2, 64), (60, -1, 59), (59, 1, 60), (61, 1, 63), (72, -7, 60), (64, 3, 69)],
)
def test_along_the_scale_of_c_major(pitch, steps, expected):
    assert along_scale(pitch, parse_key("C major"), steps) == expected
