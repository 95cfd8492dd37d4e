"""What a form's own cadences leave for the phrases inside its sections."""

from __future__ import annotations

from collections import Counter

import pytest

from composer.plan import Brief, plan_piece
from composer.plan.cadence_balance import shares_inside
from composer.plan.forms import form_names, load_form
from composer.plan.phrase_kinds import cadence_shares
from composer.style import load_statistics, load_style
from composer.theory.meter import parse_meter

COMMON = parse_meter("4/4")


@pytest.fixture(scope="module")
def mozart():
    return ((1.0, load_statistics(load_style("mozart"))),)


@pytest.mark.parametrize("form", form_names())
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_what_is_left_are_shares(form, mode, mozart):
    left = shares_inside(load_form(form), mozart, COMMON, mode)
    assert sum(left.values()) == pytest.approx(1)
    assert min(left.values()) >= 0
    assert left.keys() == cadence_shares(mozart, mode).keys()


def test_where_sections_end_with_perfect_cadences_fewer_stand_inside(mozart):
    """A rondo's refrains close; in its style's pieces one phrase in four does."""
    usual, left = cadence_shares(mozart, "major"), shares_inside(load_form("rondo"), mozart, COMMON, "major")
    assert left["PAC"] < usual["PAC"] / 2
    assert left["IAC"] > usual["IAC"]


def test_a_development_without_cadences_leaves_more_of_them_to_the_others(mozart):
    """A sonata's development and transition end open; its themes need not."""
    sonata, rondo = (shares_inside(load_form(form), mozart, COMMON, "major") for form in ("sonata", "rondo"))
    assert sonata["none"] < rondo["none"]


def test_plans_have_the_styles_cadences_more_nearly_than_a_form_would_by_itself(mozart):
    usual = cadence_shares(mozart, "major")
    found: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    for seed in range(30):
        plan = plan_piece(Brief(form="rondo", style="mozart", key="C major", meter="4/4", seed=seed))
        for section in plan.sections:
            kinds = [phrase.cadence or "none" for phrase in section.phrases or ()]
            found.update(kinds)
            ends.update(kinds[-1:])
    inside = found - ends

    def distance(counts: Counter[str]) -> float:
        return sum(abs(counts[kind] / counts.total() - share) for kind, share in usual.items()) / 2

    # Were the phrases inside as the style has them, all together would be further from it.
    naive = Counter({kind: ends[kind] + share * inside.total() for kind, share in usual.items()})
    assert distance(found) < distance(naive)
