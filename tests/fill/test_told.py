"""What is told while a piece is filled, and that telling changes nothing."""

from __future__ import annotations

import numpy as np

from composer import pipeline
from composer.fill.told import Teller
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
sections:
  - {label: A, theme: refrain, bars: 4, key: I, cadence: PAC}
  - {label: B, theme: none, bars: 6, key: V, cadence: HC}
"""


def filled(make_source, text: str = PLAN, **options):
    return pipeline.fill_plan(resolve(parse_plan(text)), make_source=make_source, **options)[0]


def test_every_bar_of_a_section_and_every_draft_of_a_theme_is_told(make_fake_source) -> None:
    told: list[tuple[str, float]] = []
    filled(make_fake_source, on_progress=lambda doing, share: told.append((doing, share)))
    doings = [doing for doing, _ in told]
    assert [f"section B, bar {bar} of 6" for bar in range(1, 7)] == [
        doing for doing in dict.fromkeys(doings) if doing.startswith("section B, ") and "once more" not in doing
    ]
    assert {f"theme refrain, draft {number}, bar 1 of 2" for number in (1, 2, 3, 4)} <= set(doings)
    assert "theme refrain, its voices, bar 4 of 4" in doings
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_soloist_comes_before_the_others(make_fake_source) -> None:
    told: list[str] = []
    text = PLAN.replace("key: G major", "key: G major\nensemble: song")
    filled(make_fake_source, text, on_progress=lambda doing, _share: told.append(doing))
    assert told.index("section B, the soloist, bar 6 of 6") < told.index("section B, bar 1 of 6")


def test_who_listens_hears_the_same_piece(make_fake_source) -> None:
    alone, heard = filled(make_fake_source), filled(make_fake_source, on_progress=lambda _doing, _share: None)
    assert heard.score == alone.score
    assert heard.plan == alone.plan


def test_a_phrase_that_is_drawn_once_more_does_not_take_the_bar_back(stretches_heard) -> None:
    told: list[tuple[str, float]] = []
    teller = Teller(1.0, lambda doing, share: told.append((doing, share)))
    stretch = next(one for one in stretches_heard(resolve(parse_plan(PLAN))) if not one.is_line and one.lead_in_steps)
    teller.begin("section B", work=1.0, stretches=1)
    teller.stretch_begins()
    ends = [stretch.lead_in_steps + 12 * bar for bar in (0, 1, 2, 1, 2, 3)]
    for end in ends:
        teller.sampled(stretch, end)
    assert [doing for doing, _ in told] == [
        "section B",  # nothing is told of the lead-in
        "section B, bar 1 of 6",
        "section B, bar 2 of 6",
        "section B, bar 1 of 6, once more",
        "section B, bar 2 of 6",
        "section B, bar 3 of 6",
    ]
    assert np.all(np.diff([share for _, share in told]) >= 0)
