"""Players: named sets of rule strengths.

What it is: a `Player` holds the strength of every rule; `PLAYERS` is the table of presets; `player_named` finds one,
`adjusted` changes some of its strengths.

Conventions: a strength `k` of 1 is the published quantity of its rule (`rules.RULES`), 0 leaves it out. The presets aim
at the habits of recorded pianists in each repertoire: spread of velocities and tempo, chord asynchrony, touch, pedal.
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
        pedal_presses_per_sec, pedal_share, pedal_delay_sec: see `pedalling`.
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
    pedal_share: float = 0.0
    pedal_delay_sec: float = 0.18
    tempo_noise: float = 0.03
    velocity_noise: float = 4.5

    def __post_init__(self) -> None:
        for strength in strength_names():
            value = getattr(self, strength)
            if not (math.isfinite(value) and value >= 0):
                raise OptionError(f'{strength} of player "{self.name}" is {value}', mend="strengths are 0 or more")
        for share in ("arch_turn", "pedal_share", "trills_from_above"):
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


_TABLE = (
    Player(
        name="baroque",
        description="Bach at the piano: steady inside the phrase, clear touch, hardly any pedal",
        phrase_ritardando=1.8,
        subphrase_arch=0.6,
        arch_loudness=1.8,
        final_ritard=0.8,
        high_loud=0.6,
        melody_voicing=0.5,
        touch=0.88,
        trills_from_above=1.0,
        lead_ms_per_unit=0.4,
        chord_jitter_ms=7.0,
        pedal_presses_per_sec=0.3,
        pedal_share=0.13,
        tempo_noise=0.025,
        velocity_noise=3.2,
    ),
    Player(
        name="classical",
        description="Haydn and Mozart: light arches, speaking articulation, short pedals",
        phrase_arch=0.7,
        subphrase_arch=0.7,
        arch_loudness=1.0,
        final_ritard=0.9,
        melody_voicing=0.65,
        touch=0.68,
        lead_ms_per_unit=0.5,
        chord_jitter_ms=7.5,
        pedal_presses_per_sec=0.8,
        pedal_share=0.32,
        pedal_delay_sec=0.15,
        velocity_noise=4.0,
    ),
    Player(
        name="beethoven",
        description="between classical and romantic: strong contrasts, freer time, half pedalled",
        phrase_arch=1.3,
        subphrase_arch=1.3,
        arch_loudness=3.0,
        final_ritard=0.8,
        melody_voicing=0.65,
        dynamics=1.2,
        touch=0.66,
        lead_ms_per_unit=0.7,
        chord_jitter_ms=7.0,
        pedal_presses_per_sec=0.75,
        pedal_share=0.49,
    ),
    Player(
        name="romantic",
        description="Schubert to Chopin: wide arches, a singing top line, legato pedal",
        phrase_arch=1.8,
        subphrase_arch=1.8,
        arch_loudness=3.0,
        final_ritard=0.9,
        melody_voicing=0.65,
        touch=0.66,
        lead_ms_per_unit=1.0,
        chord_jitter_ms=7.0,
        pedal_presses_per_sec=1.0,
        pedal_share=0.76,
        pedal_delay_sec=0.2,
    ),
    Player(
        name="impressionist",
        description="Debussy and Ravel: broad time, everything in the pedal",
        phrase_arch=1.6,
        subphrase_arch=1.5,
        arch_loudness=3.0,
        final_ritard=0.9,
        touch=0.55,
        lead_ms_per_unit=1.0,
        chord_jitter_ms=9.0,
        pedal_presses_per_sec=0.4,
        pedal_share=0.95,
        pedal_delay_sec=0.2,
    ),
    Player(
        name="chorale",
        description="a choir: full tones, breath at every phrase, fermatas held",
        phrase_ritardando=1.0,
        subphrase_arch=0.3,
        arch_loudness=0.15,
        fermata=0.8,
        high_loud=0.3,
        melody_voicing=0.4,
        metrical_accent=0.5,
        duration_contrast=0.3,
        double_duration=0.3,
        touch=0.97,
        phrase_gap=2.0,
        lead_ms_per_unit=0.2,
        chord_jitter_ms=8.0,
        tempo_noise=0.02,
        velocity_noise=1.8,
    ),
    Player(
        name="organ",
        description="an organist: no accents, time and touch only",
        phrase_ritardando=1.2,
        high_loud=0.0,
        melody_voicing=0.0,
        metrical_accent=0.0,
        written_accent=0.0,
        duration_contrast=0.5,
        touch=0.92,
        phrase_gap=1.5,
        repetition_gap=1.7,
        lead_ms_per_unit=0.0,
        chord_jitter_ms=5.0,
        tempo_noise=0.02,
        velocity_noise=0.0,
    ),
    Player(
        name="ragtime",
        description="Joplin: strict time, firm beats, a ritard only at the end",
        phrase_ritardando=0.5,
        final_ritard=0.5,
        metrical_accent=1.5,
        touch=0.75,
        lead_ms_per_unit=0.3,
        chord_jitter_ms=5.0,
        pedal_presses_per_sec=0.5,
        pedal_share=0.15,
        pedal_delay_sec=0.1,
        tempo_noise=0.012,
        velocity_noise=4.0,
    ),
)
PLAYERS: dict[str, Player] = {player.name: player for player in _TABLE}


# Whoever asks for a composer gets the player of that music.
_PLAYER_OF = {
    "bach": "baroque",
    "handel": "baroque",
    "scarlatti": "baroque",
    "haydn": "classical",
    "mozart": "classical",
    "schubert": "romantic",
    "chopin": "romantic",
    "schumann": "romantic",
    "liszt": "romantic",
    "debussy": "impressionist",
    "ravel": "impressionist",
    "joplin": "ragtime",
}


COMPOSERS = (*_PLAYER_OF, "beethoven")  # whose players there are


def player_named(name: str) -> Player:
    """Return the preset of that name, or of that composer, in any case of letters.

    Raises:
        OptionError: no such player; names the ones there are.
    """
    wanted = name.strip().lower()
    found = PLAYERS.get(_PLAYER_OF.get(wanted, wanted))
    if found is None:
        mend = did_you_mean(name, [*PLAYERS, *_PLAYER_OF]) or f"players: {', '.join(PLAYERS)}"
        raise OptionError(f'no player "{name}"', mend=mend)
    return found


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
