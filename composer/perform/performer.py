"""Score and Outline become a Performance: the rules in a row.

What it is: `perform` reads the piece once, sums what the player's rules add, varies it as a person would, and writes
four numbers a note, which the codec turns into seconds.

Conventions: `expression` scales everything that is not the score: the sums of all rules and all noise. At 0 the
performance is the score: the marked tempi, one velocity, whole lengths, no pedal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from composer.errors import OptionError
from composer.outline import Outline
from composer.perform import noise, timing
from composer.perform.articulation import shortened_log2
from composer.perform.codec import PerformanceCode, decode
from composer.perform.effect import Curves
from composer.perform.ornaments import with_ornaments
from composer.perform.pedalling import pedal_events
from composer.perform.players import Player, player_named
from composer.perform.reading import Reading, read
from composer.perform.rules import sum_of_rules
from composer.perform.swing import swing_delay
from composer.perform.tempo_map import FloatArray, curve_of, seconds_at
from composer.performance import Performance, PlayedNote
from composer.score import Score

BASE_VELOCITY = 64  # mf
SOFTEST, SOFT, LOUD, LOUDEST = 12.0, 36.0, 112.0, 127.0  # velocities: no key is struck beyond the outer ones
VELOCITY_PER_DB = 3.0  # matches the spread of pianists' velocities
MAX_EXAGGERATED = math.log(8.0)  # no expression slows or hurries the beat by more than this factor
MIN_KEY_SEC = 0.001  # two strikes of one key are never nearer
VELOCITY_PINK_SHARE = 0.25  # of the variance of velocity noise: the part that all notes of a beat have in common

Refinement = Callable[[Reading, Curves], Curves]  # changes the sum of the rules, before it is varied and scaled


def perform(
    score: Score,
    outline: Outline,
    *,
    player: str | Player = "baroque",
    take: int = 1,
    expression: float = 1.0,
    refinements: Sequence[Refinement] = (),
) -> Performance:
    """Play a score.

    Args:
        score: the notes. outline: the facts that the rules follow: phrases, sections, chords, dynamics, tempi.
        Whatever is absent is left
            out of the playing (no chords, no pedal; no phrases, no arches).
        player: a preset's name or a `Player`.
        take: another number, another performance of the same notes by the same player; >= 0.
        expression: 0 is the score exactly, 1 the player's own, more exaggerates; >= 0.
        refinements: what is known besides the rules, in order: a file's own loudness, a learned player.

    Returns:
        The performance: every velocity in 1..127, every note ends after it begins, no key is struck while it is down
        (the earlier note is let go; of notes that begin together on one key of a part the longest is struck), pedal
        up at the end. Written repeats are played once.

    Raises:
        OptionError: an unknown player, a negative take or expression, a tempo that is not positive.
    """
    habits = player if isinstance(player, Player) else player_named(player)
    if take < 0:
        raise OptionError(f"take {take} is negative", mend="takes count from 0")
    if not (math.isfinite(expression) and expression >= 0):
        raise OptionError(f"expression {expression} is not possible", mend="0 is deadpan, 1 the player's own")
    played_out = score
    if expression > 0:
        played_out = with_ornaments(
            score,
            outline,
            notes_per_sec=habits.ornament_notes_per_sec,
            trills_from_above=habits.trills_from_above > 0,
        )
    reading = read(played_out, outline)
    curves = sum_of_rules(reading, habits)
    for refine in refinements:
        curves = refine(reading, curves)
    code = _vary(reading, curves, habits, take=take, expression=expression)
    performance = decode(code, player=habits.name, take=take, expression=expression)
    performance = replace(performance, score=score, notes=_one_stroke_a_key(performance.notes))
    if expression == 0:
        return performance
    pedal = pedal_events(
        reading,
        performance.tempo_curve,
        presses_per_sec=habits.pedal_presses_per_sec,
        hold_sec=habits.pedal_hold_sec,
        delay_sec=habits.pedal_delay_sec,
        end_sec=performance.duration_sec,
    )
    return replace(performance, pedal=pedal)


def _vary(reading: Reading, curves: Curves, player: Player, *, take: int, expression: float) -> PerformanceCode:
    """Turn the sums into four numbers a note, varied as the take says and scaled by the expression."""
    key = f"{player.name}|{take}"
    deviates = noise.normals(f"{key}|note", noise.note_identities(reading))  # [note, 4]
    # Tempo.
    log_period = curves.log_period + player.tempo_noise * noise.beat_noise(reading, key=f"{key}|tempo")
    log_period = np.clip(expression * log_period, -MAX_EXAGGERATED, MAX_EXAGGERATED)
    quarter_sec = reading.quarter_sec * np.exp(log_period)
    # Loudness.
    common = noise.beat_noise(reading, key=f"{key}|loudness")[reading.note_point]
    spread = VELOCITY_PINK_SHARE**0.5 * common + (1 - VELOCITY_PINK_SHARE) ** 0.5 * deviates[:, 0]
    deviation = VELOCITY_PER_DB * curves.level_db + player.velocity_noise * spread
    velocity = within_the_hand(BASE_VELOCITY + expression * deviation)
    # Single notes.
    lead_sec = timing.melody_lead(reading, velocity, ms_per_unit=player.lead_ms_per_unit)
    lead_sec = lead_sec + timing.chord_roll(reading, k=player.chord_roll) + swing_delay(reading, k=player.swing)
    jitter_sec = player.chord_jitter_ms / 1000 * np.clip(deviates[:, 1], -2.5, 2.5)
    timing_sec = expression * (lead_sec + np.where(reading.is_grace, 0.0, jitter_sec))
    timing_sec = np.clip(timing_sec, -timing.MAX_TIMING_SEC, timing.MAX_TIMING_SEC)
    timing_sec = timing.place_graces(reading, timing_sec)
    curve = curve_of(reading.point_tick, quarter_sec)
    onset_sec = seconds_at(curve, reading.onset_tick)
    return PerformanceCode(
        score=reading.score,
        strikes=reading.strikes,
        point_tick=reading.point_tick,
        quarter_sec=quarter_sec,
        velocity=velocity,
        timing_sec=timing.settle_start(timing_sec, onset_sec),
        articulation_log2=_sounding_log2(
            expression * curves.articulation_log2,
            expression * curves.gap_sec,
            seconds_at(curve, reading.end_tick) - onset_sec,
        ),
    )


def within_the_hand(velocity: FloatArray) -> FloatArray:
    """Return velocities as keys are really struck: beyond `SOFT` and `LOUD` they only draw near to the bounds.

    Rules that fall together would ask for less than the softest tone of a piano, or more than the loudest.
    """
    below, above = np.maximum(SOFT - velocity, 0.0), np.maximum(velocity - LOUD, 0.0)
    low, high = SOFT - SOFTEST, LOUDEST - LOUD
    return np.clip(velocity, SOFT, LOUD) - low * -np.expm1(-below / low) + high * -np.expm1(-above / high)


def _sounding_log2(articulation_log2: FloatArray, gap_sec: FloatArray, nominal_sec: FloatArray) -> FloatArray:
    """Return the articulation of each note with its gap taken off. [note]"""
    rows = zip(articulation_log2.tolist(), gap_sec.tolist(), nominal_sec.tolist(), strict=True)
    return np.array([shortened_log2(log2, gap_sec=gap, nominal_sec=nominal) for log2, gap, nominal in rows])


def _one_stroke_a_key(notes: tuple[PlayedNote, ...]) -> tuple[PlayedNote, ...]:
    """Return the notes with every key let go before it is struck again, in the order of the score."""
    keys: dict[tuple[int, int], list[PlayedNote]] = {}
    for played in notes:
        keys.setdefault((played.part, played.note.pitch), []).append(played)
    mended: list[PlayedNote] = []
    for strokes in keys.values():
        strokes.sort(key=lambda played: (played.note.onset_tick, not played.note.is_grace))
        earliest_sec = 0.0  # the first chord may come out at -1e-17
        for index, stroke in enumerate(strokes):
            strokes[index] = replace(stroke, onset_sec=max(stroke.onset_sec, earliest_sec))
            earliest_sec = strokes[index].onset_sec + MIN_KEY_SEC
        for index, stroke in enumerate(strokes[:-1]):
            room_sec = strokes[index + 1].onset_sec - stroke.onset_sec
            strokes[index] = replace(stroke, duration_sec=min(stroke.duration_sec, room_sec))
        mended += strokes
    return tuple(sorted(mended, key=lambda played: (played.onset_sec, played.note.pitch, played.part)))
