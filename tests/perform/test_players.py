import pytest

from composer.errors import OptionError
from composer.perform import PLAYERS, Player, player_named


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
        assert 0 <= player.pedal_share <= 1


def test_bach_is_played_steadier_and_drier_than_chopin():
    bach, chopin = player_named("baroque"), player_named("romantic")
    assert bach.phrase_arch == 0 < chopin.phrase_arch
    assert bach.pedal_share < chopin.pedal_share
    assert bach.touch > chopin.touch
