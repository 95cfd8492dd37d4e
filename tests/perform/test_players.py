import re
from pathlib import Path

import pytest

from composer.errors import OptionError
from composer.perform import PLAYERS, Player, adjusted, player_named
from composer.perform.player import strength_names
from composer.perform.rules import RULES


def test_players_are_found_by_name_in_any_case():
    assert player_named("Baroque").name == "baroque"
    assert isinstance(player_named("romantic"), Player)


def test_a_misspelt_player_is_guessed():
    with pytest.raises(OptionError, match=r'no player "romantick" \(did you mean "romantic"\?\)'):
        player_named("romantick")


def test_every_preset_is_playable():
    for name, player in PLAYERS.items():
        assert player.name == name
        assert player.description
        assert 0 < player.touch <= 1


def test_every_rule_has_a_strength():
    assert set(RULES) <= set(strength_names())
    assert all(rule in vars(player_named("bach")) for rule in RULES)


def test_charges_swing_and_inegales_are_left_to_those_who_ask_for_them():
    for player in PLAYERS.values():
        assert player.melodic_charge == player.harmonic_charge == player.swing == player.inegales == 0


def test_bach_is_played_steadier_and_drier_than_chopin():
    bach, chopin = player_named("bach"), player_named("chopin")
    assert bach.phrase_arch == 0 < chopin.phrase_arch
    assert bach.pedal_hold_sec < chopin.pedal_hold_sec
    assert bach.touch > chopin.touch


def test_a_composer_brings_the_player_of_his_music():
    assert player_named("Bach").name == "bach"
    assert player_named("handel").name == "baroque"
    assert player_named("joplin").name == "ragtime"


def test_a_strength_can_be_changed():
    drier = adjusted(player_named("baroque"), {"touch": 0.6, "pedal_hold_sec": 0.0}, name="gould")
    assert (drier.name, drier.touch, drier.pedal_hold_sec) == ("gould", 0.6, 0.0)
    assert drier.high_loud == player_named("baroque").high_loud


@pytest.mark.parametrize(
    ("strengths", "words"),
    [
        ({"high_lowd": 1.0}, 'did you mean "high_loud"'),
        ({"name": 1.0}, 'no strength "name"'),
        ({"high_loud": -1.0}, "strengths are 0 or more"),
        ({"tempo_noise": float("nan")}, "strengths are 0 or more"),
        ({"arch_turn": 1.5}, "from 0 to 1"),
        ({"touch": 0.0}, "some share of the note"),
    ],
)
def test_an_impossible_strength_says_what_would_be_right(strengths, words):
    with pytest.raises(OptionError, match=words):
        adjusted(player_named("baroque"), strengths)


def test_every_strength_stands_in_the_manual():
    manual = (Path(__file__).parents[2] / "docs" / "players.md").read_text(encoding="utf-8")
    told = re.findall(r"`([a-z_]+)`", manual)
    assert not [name for name in strength_names() if name not in told]
