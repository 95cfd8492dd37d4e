"""Score + Outline → Performance: rules of expressive playing, with a player's strengths and human variation."""

from __future__ import annotations

from composer.perform.codec import PerformanceCode, decode, encode
from composer.perform.performer import Refinement, perform
from composer.perform.players import PLAYERS, Player, adjusted, player_named
from composer.perform.tempo_map import seconds_at, ticks_at

__all__ = [
    "PLAYERS",
    "PerformanceCode",
    "Player",
    "Refinement",
    "adjusted",
    "decode",
    "encode",
    "perform",
    "player_named",
    "seconds_at",
    "ticks_at",
]
