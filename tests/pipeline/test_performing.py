import pytest

from composer.errors import OptionError
from composer.outline import Outline
from composer.perform import adjusted, perform, player_named
from composer.pipeline.performing import perform_score
from composer.pipeline.wishes import performer_of
from composer.plan.model import Performer
from composer.plan.reader import parse_plan
from composer.score import Note, Part, Score, make_bars
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
PLAN = """form: minuet
style: bach
key: G major
performer: {player: romantic, strengths: {swing: 1, touch: 0.6}, take: 2}
"""


@pytest.fixture
def score():
    return Score((Part("Piano", tuple(Note(i * Q // 2, 60, Q // 2) for i in range(8))),), make_bars(Meter(4, 4), 1))


def test_the_strengths_of_a_plan_change_its_player(score):
    who = performer_of(parse_plan(PLAN), None, None, None)
    played = perform_score(score, Outline(score.bars), who)
    swinging = adjusted(player_named("romantic"), {"swing": 1, "touch": 0.6})
    assert played == perform(score, Outline(score.bars), player=swinging, take=2)
    assert played != perform(score, Outline(score.bars), player="romantic", take=2)


def test_who_asks_for_another_player_gets_that_one_as_he_is():
    who = performer_of(parse_plan(PLAN), "bach", None, None)
    assert (who.player, who.strengths, who.take) == ("bach", None, 2)


def test_an_unknown_strength_is_refused():
    plan = parse_plan(PLAN).model_copy(update={"performer": Performer(player="bach", strengths={"swng": 1.0})})
    with pytest.raises(OptionError, match='a player has no strength "swng"'):
        performer_of(plan, None, None, None)
