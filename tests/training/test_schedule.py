"""Learning rates rise, fall and stay above their floor; averages forget their first weights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.errors import TrainingError
from composer.training.schedule import FitConfig, average_decay_at, learning_rate_at

CONFIG = FitConfig(num_updates=1000, learning_rate=1e-3, warmup_updates=100, final_share=0.1)


def rates(config: FitConfig, plateau_drops: int = 0) -> list[float]:
    return [learning_rate_at(config, update, plateau_drops=plateau_drops) for update in range(config.num_updates + 50)]


def test_the_rate_rises_straight_to_its_height_in_the_warm_up() -> None:
    found = rates(CONFIG)
    assert found[0] == pytest.approx(1e-5)
    assert found[49] == pytest.approx(5e-4)
    assert max(found) == found[100] == pytest.approx(1e-3)


def test_the_cosine_falls_to_its_final_share_and_stays_there() -> None:
    found = rates(CONFIG)[100:]
    assert found == sorted(found, reverse=True)
    assert found[450] == pytest.approx(0.55e-3, rel=1e-3)  # half-way between the height and the end
    assert found[900] == found[-1] == pytest.approx(1e-4)


def test_a_plateau_halves_the_rate_but_never_below_the_final_share() -> None:
    config = replace(CONFIG, schedule="plateau")
    assert [rates(config, drops)[500] for drops in (0, 1, 3, 9)] == pytest.approx([1e-3, 5e-4, 1.25e-4, 1e-4])


def test_the_average_forgets_its_first_weights_soon_and_then_is_slow() -> None:
    assert average_decay_at(CONFIG, 0) == pytest.approx(0.1)
    assert average_decay_at(CONFIG, 90) == pytest.approx(0.91)
    assert average_decay_at(CONFIG, 10**6) == CONFIG.average_decay


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"num_updates": 0}, "num_updates: must be at least 1; found 0"),
        ({"schedule": "linear"}, "schedule: must be one of constant, cosine, plateau"),
        ({"learning_rate": -1.0}, "learning_rate: must be above 0"),
        ({"lerning_rate": 1.0}, "lerning_rate"),
    ],
)
def test_an_impossible_setting_is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(TrainingError, match=named):
        FitConfig.from_dict(CONFIG.to_dict() | change)


def test_settings_survive_a_file() -> None:
    assert FitConfig.from_dict(CONFIG.to_dict()) == CONFIG
