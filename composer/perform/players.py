"""Players: named sets of rule strengths.

What it is: `PLAYERS` is the table of presets, `player_named` finds one.

Conventions: the presets of composers aim at the habits of recorded pianists in each repertoire: spread of velocities
and tempo, chord asynchrony, touch, pedal. What no recording could tell is the published quantity.

Contents: `PLAYERS`, `COMPOSERS`, `player_named`, and of `player`: `Player`, `adjusted`.
"""

from __future__ import annotations

from dataclasses import replace

from composer.errors import OptionError, did_you_mean
from composer.perform.player import Player, adjusted

# What recorded pianists have in common, in published quantities or near them.
_PIANIST = Player(
    name="pianist",
    description="of no time in particular",
    arch_loudness=4.0,
    final_ritard=0.9,
    high_loud=1.0,
    bass_voicing=1.0,
    texture_loud=1.5,
    metrical_accent=0.5,
    velocity_noise=5.0,
)
_BACH = replace(
    _PIANIST,
    name="bach",
    description="Bach at the piano: steady inside the phrase, clear touch, hardly any pedal",
    subphrase_arch=0.5,
    arch_loudness=3.0,
    phrase_ritardando=1.5,
    melody_voicing=0.29,
    dynamics=0.51,
    touch=0.88,
    trills_from_above=1.0,
    lead_ms_per_unit=0.4,
    chord_jitter_ms=10.7,
    pedal_presses_per_sec=0.25,
    pedal_hold_sec=0.36,
    pedal_delay_sec=0.15,
    tempo_noise=0.025,
    velocity_noise=3.7,
    high_loud=0.7,
)
_HAYDN = replace(
    _PIANIST,
    name="haydn",
    description="Haydn: arches with wit, speaking articulation, short pedals",
    phrase_arch=1.1,
    subphrase_arch=1.3,
    melody_voicing=0.4,
    touch=0.7,
    trills_from_above=1.0,
    lead_ms_per_unit=0.5,
    chord_jitter_ms=11.4,
    pedal_presses_per_sec=0.5,
    pedal_hold_sec=0.42,
    pedal_delay_sec=0.15,
    tempo_noise=0.036,
    dynamics=0.75,
    velocity_noise=4.7,
)
_MOZART = replace(
    _HAYDN,
    name="mozart",
    description="Mozart: light arches, a singing upper voice, short pedals",
    phrase_arch=0.7,
    subphrase_arch=0.75,
    dynamics=0.54,
    touch=0.66,
    chord_jitter_ms=10.9,
    pedal_presses_per_sec=0.66,
    pedal_hold_sec=0.43,
    tempo_noise=0.025,
    melody_voicing=0.34,
    velocity_noise=4.7,
)
_BEETHOVEN = replace(
    _PIANIST,
    name="beethoven",
    description="Beethoven: strong contrasts, freer time, half pedalled",
    section_arch=0.5,
    phrase_arch=1.6,
    subphrase_arch=1.9,
    melody_voicing=0.37,
    dynamics=0.88,
    touch=0.64,
    lead_ms_per_unit=0.6,
    chord_jitter_ms=12.2,
    pedal_presses_per_sec=0.62,
    pedal_hold_sec=0.9,
    tempo_noise=0.058,
    velocity_noise=5.4,
    arch_loudness=5.0,
    pedal_delay_sec=0.16,
)
_SCHUBERT = replace(
    _BEETHOVEN,
    name="schubert",
    description="Schubert: a melody well above its chords, much pedal",
    phrase_arch=1.6,
    subphrase_arch=1.6,
    melody_voicing=0.59,
    dynamics=0.77,
    touch=0.66,
    lead_ms_per_unit=0.9,
    chord_jitter_ms=16.5,
    pedal_presses_per_sec=0.68,
    pedal_hold_sec=4.0,
    pedal_delay_sec=0.13,
    tempo_noise=0.05,
    velocity_noise=5.6,
)
_SCHUMANN = replace(
    _BEETHOVEN,
    name="schumann",
    description="Schumann: the freest time, quick pedals",
    section_arch=1.0,
    phrase_arch=2.9,
    subphrase_arch=2.9,
    melody_voicing=0.34,
    dynamics=0.96,
    lead_ms_per_unit=0.8,
    chord_jitter_ms=10.0,
    pedal_presses_per_sec=1.03,
    pedal_hold_sec=1.1,
    tempo_noise=0.08,
    arch_loudness=4.4,
    velocity_noise=4.9,
    high_loud=0.8,
    pedal_delay_sec=0.16,
)
_CHOPIN = replace(
    _SCHUMANN,
    name="chopin",
    description="Chopin: wide arches on all levels, legato pedal",
    phrase_arch=2.2,
    subphrase_arch=2.2,
    melody_voicing=0.35,
    touch=0.66,
    lead_ms_per_unit=0.9,
    chord_jitter_ms=11.8,
    pedal_presses_per_sec=0.85,
    pedal_hold_sec=2.7,
    pedal_delay_sec=0.16,
    tempo_noise=0.068,
    velocity_noise=4.9,
    dynamics=0.88,
)
_TABLE = (
    _BACH,
    _HAYDN,
    _MOZART,
    _BEETHOVEN,
    _SCHUBERT,
    _SCHUMANN,
    _CHOPIN,
    replace(_BACH, name="baroque", description="music until about 1750: as Bach"),
    replace(
        _MOZART,
        name="classical",
        description="between Haydn and Mozart",
        phrase_arch=0.9,
        subphrase_arch=1.0,
        dynamics=0.65,
        pedal_presses_per_sec=0.58,
        tempo_noise=0.03,
    ),
    replace(
        _CHOPIN,
        name="romantic",
        description="between Schubert and Chopin",
        section_arch=0.75,
        phrase_arch=1.9,
        subphrase_arch=1.9,
        melody_voicing=0.45,
        pedal_presses_per_sec=0.8,
        tempo_noise=0.06,
    ),
    replace(
        _CHOPIN,
        name="impressionist",
        description="Debussy and Ravel: broad time, everything in the pedal",
        melody_voicing=0.75,
        touch=0.5,
        chord_jitter_ms=15.0,
        pedal_presses_per_sec=0.4,
        pedal_hold_sec=6.0,
    ),
    Player(
        name="chorale",
        description="a choir: full tones, breath at every phrase, fermatas held",
        subphrase_arch=0.3,
        arch_loudness=0.3,
        phrase_ritardando=1.0,
        fermata=0.8,
        high_loud=0.3,
        melody_voicing=0.4,
        metrical_accent=0.5,
        duration_contrast=0.3,
        double_duration=0.3,
        touch=0.97,
        phrase_gap=2.0,
        lead_ms_per_unit=0.2,
        chord_roll=0.0,
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
        trills_from_above=1.0,
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
        bass_voicing=1.0,
        metrical_accent=1.5,
        touch=0.75,
        lead_ms_per_unit=0.3,
        chord_jitter_ms=5.0,
        pedal_presses_per_sec=0.5,
        pedal_hold_sec=0.3,
        pedal_delay_sec=0.1,
        tempo_noise=0.012,
        velocity_noise=4.0,
    ),
)
PLAYERS: dict[str, Player] = {player.name: player for player in _TABLE}


# Whoever asks for another composer gets the player of that music.
_PLAYER_OF = {
    "handel": "baroque",
    "scarlatti": "baroque",
    "brahms": "romantic",
    "liszt": "chopin",
    "debussy": "impressionist",
    "ravel": "impressionist",
    "joplin": "ragtime",
}
COMPOSERS = (*(player.name for player in _TABLE[:7]), *_PLAYER_OF)  # whose players there are


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


__all__ = ["COMPOSERS", "PLAYERS", "Player", "adjusted", "player_named"]
