"""The rules in a row: a player's strengths become the sum of what all rules add.

What it is: `RULES` names every rule that adds curves, with the strength of a `Player` that it follows; `sum_of_rules`
sums them for one piece. Leads, rolled chords, swing's delays, ornaments and pedal are no curves: the performer calls
them by itself.

Contents: `RULES`, `sum_of_rules`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from composer.perform import accents, articulation, charges, durations, melody, phrasing, punctuation, swing
from composer.perform.effect import Curves, Effect, add_up
from composer.perform.player import Player
from composer.perform.reading import Arc, Reading

MAX_LOG_PERIOD = math.log(2.5)  # rules that fall together never slow or hurry the beat by more than this factor

Rule = Callable[[Reading, Player], Effect]


def _arch(arcs_of: Callable[[Reading], tuple[Arc, ...]], strength: str) -> Rule:
    """Make the rule of one level. The published rule only ever slows; so that a piece goes at the tempo that is marked
    on the mean, its usual slowing is taken off again (the KTH system has a rule that makes lengths good afterwards).
    """

    def rule(reading: Reading, player: Player) -> Effect:
        k, turn, arcs = getattr(player, strength), player.arch_turn, arcs_of(reading)
        effect = phrasing.phrase_arch(reading, arcs, k=k, turn=turn)
        assert effect.log_period is not None
        lessened = effect.log_period.copy()
        for arc in arcs:
            inside = slice(*np.searchsorted(reading.point_tick, [arc.start_tick, arc.end_tick]))
            lessened[inside] -= phrasing.arch_mean(k=k, turn=turn)
        return Effect(log_period=lessened)

    return rule


def _arch_loudness(reading: Reading, player: Player) -> Effect:
    """Periods and their phrases, both as much."""
    levels = (reading.periods, reading.subphrases)
    effects = [
        phrasing.phrase_loudness(reading, arcs, k=player.arch_loudness, turn=player.arch_turn) for arcs in levels
    ]
    return Effect(level_db=add_up(reading, effects).level_db)


# Strength -> its rule. Fermatas come after the others: they are not limited with them.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "section_arch": _arch(lambda reading: reading.sections, "section_arch"),
        "phrase_arch": _arch(lambda reading: reading.periods, "phrase_arch"),
        "subphrase_arch": _arch(lambda reading: reading.subphrases, "subphrase_arch"),
        "arch_loudness": _arch_loudness,
        "phrase_ritardando": lambda r, p: phrasing.phrase_ritardando(r, r.phrases, k=p.phrase_ritardando),
        "final_ritard": lambda r, p: phrasing.final_ritard(r, k=p.final_ritard),
        "high_loud": lambda r, p: accents.high_loud(r, k=p.high_loud),
        "melody_voicing": lambda r, p: accents.melody_voicing(r, k=p.melody_voicing),
        "bass_voicing": lambda r, p: accents.bass_voicing(r, k=p.bass_voicing),
        "texture_loud": lambda r, p: accents.texture_loud(r, k=p.texture_loud),
        "metrical_accent": lambda r, p: accents.metrical_accent(r, k=p.metrical_accent),
        "written_accent": lambda r, p: accents.written_accent(r, k=p.written_accent),
        "dynamics": lambda r, p: accents.dynamics(r, k=p.dynamics),
        "duration_contrast": lambda r, p: durations.duration_contrast(r, k=p.duration_contrast),
        "double_duration": lambda r, p: durations.double_duration(r, k=p.double_duration),
        "triple_duration": lambda r, p: durations.triple_duration(r, k=p.triple_duration),
        "social_duration_care": lambda r, p: durations.social_duration_care(r, k=p.social_duration_care),
        "faster_uphill": lambda r, p: melody.faster_uphill(r, k=p.faster_uphill),
        "leap_tone_duration": lambda r, p: melody.leap_tone_duration(r, k=p.leap_tone_duration),
        "melodic_charge": lambda r, p: charges.melodic_charge(r, k=p.melodic_charge),
        "harmonic_charge": lambda r, p: charges.harmonic_charge(r, k=p.harmonic_charge),
        "inegales": lambda r, p: swing.inegales(r, k=p.inegales),
        "swing": lambda r, p: swing.swing(r, k=p.swing),
        "touch": lambda r, p: articulation.touch(r, share=p.touch),
        "legato": lambda r, p: articulation.legato(r, k=p.legato),
        "phrase_gap": lambda r, p: articulation.phrase_gap(r, k=p.phrase_gap),
        "repetition_gap": lambda r, p: articulation.repetition_gap(r, k=p.repetition_gap),
        "contrast_gap": lambda r, p: articulation.contrast_gap(r, k=p.contrast_gap),
        "leap_gap": lambda r, p: melody.leap_gap(r, k=p.leap_gap),
        "punctuation": lambda r, p: punctuation.punctuation(r, k=p.punctuation),
    }
)


def sum_of_rules(reading: Reading, player: Player) -> Curves:
    """Return the sum of what the player's rules add; a rule of strength 0 is not asked."""
    curves = add_up(reading, (rule(reading, player) for name, rule in RULES.items() if getattr(player, name) > 0))
    capped = np.clip(curves.log_period, -MAX_LOG_PERIOD, MAX_LOG_PERIOD)
    held = phrasing.fermata(reading, k=player.fermata).log_period
    return replace(curves, log_period=capped if held is None else capped + held)
