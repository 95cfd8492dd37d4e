"""A player: the strength of every rule, as data.

What it is: `Player` holds the strengths, `adjusted` changes some of them; `players` has the presets.

Conventions: a strength `k` of 1 is the published quantity of its rule (`rules.RULES`), 0 leaves it out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from composer.errors import OptionError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Player:
    """The habits of one player.

    Attributes:
        name, description: for people.
        section_arch, phrase_arch, subphrase_arch: k of the arch over sections, over periods and over their phrases or
            halves.
        arch_turn: where the arches turn, 0..1.
        arch_loudness: k of the loudness of the lower two.
        phrase_ritardando, final_ritard, fermata: k.
        high_loud, melody_voicing, bass_voicing, texture_loud, metrical_accent, written_accent, dynamics: k.
        duration_contrast, double_duration, triple_duration, social_duration_care: k.
        faster_uphill, leap_tone_duration, melodic_charge, harmonic_charge: k.
        inegales, swing: k.
        touch: sounding share of the written length, > 0.
        legato, phrase_gap, repetition_gap, contrast_gap, leap_gap, punctuation: k.
        lead_ms_per_unit: how much earlier a note comes per velocity unit above its chord.
        chord_roll: k.
        ornament_notes_per_sec: how fast trills and turns go, > 0.
        trills_from_above: 1: trills begin with their upper note; 0: with the main note.
        chord_jitter_ms: SD of single notes round the tempo curve.
        pedal_presses_per_sec, pedal_hold_sec, pedal_delay_sec: see `pedalling`.
        tempo_noise: SD of the log beat period from beat to beat.
        velocity_noise: SD in velocity units.

    Raises:
        OptionError: a strength that is not a number from 0 up, or a share outside 0..1.
    """

    name: str
    description: str
    section_arch: float = 0.0
    phrase_arch: float = 0.0
    subphrase_arch: float = 0.0
    arch_turn: float = 0.5
    arch_loudness: float = 0.0
    phrase_ritardando: float = 0.0
    final_ritard: float = 0.6
    fermata: float = 1.0
    high_loud: float = 0.8
    melody_voicing: float = 0.85
    bass_voicing: float = 0.0
    texture_loud: float = 0.0
    metrical_accent: float = 1.0
    written_accent: float = 1.0
    dynamics: float = 1.0
    duration_contrast: float = 1.0
    double_duration: float = 1.0
    triple_duration: float = 0.0
    social_duration_care: float = 1.0
    faster_uphill: float = 0.0
    leap_tone_duration: float = 0.0
    melodic_charge: float = 0.0
    harmonic_charge: float = 0.0
    inegales: float = 0.0
    swing: float = 0.0
    touch: float = 0.8
    legato: float = 1.0
    phrase_gap: float = 1.0
    repetition_gap: float = 1.0
    contrast_gap: float = 0.0
    leap_gap: float = 0.0
    punctuation: float = 0.0
    lead_ms_per_unit: float = 1.0
    chord_roll: float = 1.0
    ornament_notes_per_sec: float = 12.0
    trills_from_above: float = 0.0
    chord_jitter_ms: float = 6.0
    pedal_presses_per_sec: float = 0.0
    pedal_hold_sec: float = 0.0
    pedal_delay_sec: float = 0.18
    tempo_noise: float = 0.03
    velocity_noise: float = 4.5

    def __post_init__(self) -> None:
        for strength in strength_names():
            value = getattr(self, strength)
            if not (math.isfinite(value) and value >= 0):
                raise OptionError(f'{strength} of player "{self.name}" is {value}', mend="strengths are 0 or more")
        for share in ("arch_turn", "trills_from_above"):
            if getattr(self, share) > 1:
                raise OptionError(
                    f'{share} of player "{self.name}" is {getattr(self, share)}', mend="it is a share, from 0 to 1"
                )
        for strength, mend in (
            ("touch", "keys are held for some share of the note"),
            ("ornament_notes_per_sec", "ornaments go at some speed"),
        ):
            if getattr(self, strength) == 0:
                raise OptionError(f'{strength} of player "{self.name}" is 0', mend=mend)


def strength_names() -> tuple[str, ...]:
    """Return the names of all strengths of a `Player`."""
    return tuple(field.name for field in fields(Player) if field.name not in ("name", "description"))


def adjusted(player: Player, strengths: Mapping[str, float], *, name: str | None = None) -> Player:
    """Return the player with some strengths changed, under a new name if one is given.

    The name is part of what the variation is drawn from, so a renamed player plays another take.

    Raises:
        OptionError: an unknown strength, or a value that is not possible.
    """
    known = strength_names()
    for strength in strengths:
        if strength not in known:
            mend = did_you_mean(strength, known) or f"strengths: {', '.join(known)}"
            raise OptionError(f'a player has no strength "{strength}"', mend=mend)
    changes: dict[str, Any] = {**strengths, "name": name or player.name}
    return replace(player, **changes)
