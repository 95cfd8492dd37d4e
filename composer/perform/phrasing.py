"""Rules of phrasing: tempo and loudness that follow phrases, endings and fermatas.

What it is: the phrase arch (its tempo and its loudness apart), the phrase ritardando and the final ritard of the KTH
rule system, and the fermata. Each is a pure function from a `Reading` to an `Effect` with one strength `k`; 0 does
nothing, 1 is the published quantity.

Conventions: `x` is a place between two moments of the score, 0 at the first, 1 at the second, in score time.

Sources: Friberg 1995 ("Matching the rule parameters of Phrase arch …"); Friberg, Bresin, Sundberg 2006 ("Overview of
the KTH rule system for musical performance"); Friberg and Sundberg 1999 (final ritard).

Contents: `phrase_arch`, `arch_mean`, `phrase_loudness`, `phrase_ritardando`, `final_ritard`, `fermata`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from composer.perform.effect import Effect
from composer.perform.reading import Arc, Reading
from composer.perform.tempo_map import FloatArray

ACCELERANDO = 0.10  # a phrase begins this much slower than its middle (Friberg 1995)
RITARDANDO = 0.20  # and ends this much slower
RISE_DB = 0.5  # it begins so much softer
FALL_DB = 1.0  # and ends so much softer
NEXT = 1.3  # an end that is also the end of a longer arc slows by this factor more
PHRASE_RITARD_SEC = 2.5  # the phrase ritardando takes the last seconds of the phrase
PHRASE_RITARD_POWER = 3.5
FINAL_RITARD_SEC = 1.3  # length of the final ritard at k = 1
FINAL_RITARD_POWER = 3.0  # a runner who stops: kinetic energy spent evenly
MAX_FINAL_SLOWING = 2.0  # pianists slow the last beat by 1.35 to 1.75; k = 1 alone would give 4
FERMATA_LENGTHENING = 0.75  # a note under a fermata lasts so much longer at k = 1 (ours; KTH has no fermata)


def phrase_arch(reading: Reading, arcs: Sequence[Arc], *, k: float, turn: float = 0.5) -> Effect:
    """Speed up to the turning point of each phrase, slow down to its end.

    To the turn: beat length +10 %·k·(1 − x)²; after it: +20 %·k·x² (×1.3 when a longer arc ends too). A weak cadence
    slows less (`Arc.weight`). The loudness of the published rule is `phrase_loudness`.

    Args:
        reading: the piece. arcs: the phrases of one level; call the rule once for each level. k: strength, >= 0.
        turn: where the turning point lies in the phrase, 0..1. The published default is .3; .5 came nearer to
        pianists.
    """
    log_period = np.zeros(reading.num_points)
    for arc in arcs:
        factor = NEXT if arc.ends_higher else 1.0
        inside = slice(*np.searchsorted(reading.point_tick, [arc.start_tick, arc.end_tick]))
        before, after = _arch_places(reading.point_tick[inside], arc, turn)
        slowing = ACCELERANDO * (1 - before) ** 2 + RITARDANDO * factor * arc.weight * after**2
        log_period[inside] = np.log1p(k * slowing)
    return Effect(log_period=log_period)


def arch_mean(*, k: float, turn: float = 0.5) -> float:
    """Return by how much an arch slows on the mean over its phrase: what its log periods may be lessened by."""
    place = (np.arange(64) + 0.5) / 64
    before = np.clip(place / max(turn, 1e-6), 0.0, 1.0)
    after = np.clip((place - turn) / max(1 - turn, 1e-6), 0.0, 1.0)
    return float(np.log1p(k * (ACCELERANDO * (1 - before) ** 2 + RITARDANDO * after**2)).mean())


def phrase_loudness(reading: Reading, arcs: Sequence[Arc], *, k: float, turn: float = 0.5) -> Effect:
    """Grow to the turning point of each phrase, fade to its end.

    To the turn: −0.5 dB·k·(1 − x)²; after it: −1 dB·k·x². In the published rule k is that of the tempo times an
    amplitude, 1.5 times 2 in its usual palette.
    """
    level_db = np.zeros(reading.num_notes)
    for arc in arcs:
        inside = slice(*np.searchsorted(reading.onset_tick, [arc.start_tick, arc.end_tick]))
        before, after = _arch_places(reading.onset_tick[inside], arc, turn)
        level_db[inside] = -k * (RISE_DB * (1 - before) ** 2 + FALL_DB * after**2)
    return Effect(level_db=level_db)


def _arch_places(
    ticks: np.ndarray[tuple[int], np.dtype[np.int64]], arc: Arc, turn: float
) -> tuple[FloatArray, FloatArray]:
    """Return x of each tick before the turn (1 after it) and after the turn (0 before it)."""
    middle = arc.start_tick + turn * (arc.last_tick - arc.start_tick)
    before = np.clip((ticks - arc.start_tick) / max(middle - arc.start_tick, 1.0), 0.0, 1.0)
    after = np.clip((ticks - middle) / max(arc.last_tick - middle, 1.0), 0.0, 1.0)
    return before, after


def phrase_ritardando(reading: Reading, arcs: Sequence[Arc], *, k: float) -> Effect:
    """Slow down over the last 2.5 s of each phrase only: +20 %·k·x^3.5.

    The phrase arch without its acceleration and its dynamics, for styles that keep time inside a phrase.
    """
    log_period = np.zeros(reading.num_points)
    for arc in arcs:
        factor = (NEXT if arc.ends_higher else 1.0) * arc.weight
        inside = slice(*np.searchsorted(reading.point_tick, [arc.start_tick, arc.end_tick]))
        last_sec = float(reading.seconds_at(arc.last_tick))
        length_sec = min(PHRASE_RITARD_SEC, last_sec - float(reading.seconds_at(arc.start_tick)))
        if length_sec <= 0:
            continue
        place = np.clip(1 - (last_sec - reading.point_sec[inside]) / length_sec, 0.0, 1.0)
        log_period[inside] = np.log1p(k * RITARDANDO * factor * place**PHRASE_RITARD_POWER)
    return Effect(log_period=log_period)


def final_ritard(reading: Reading, *, k: float) -> Effect:
    """Slow down to the last note of the piece as a runner who stops.

    v(x) = (1 + (v_end³ − 1)·x)^(1/3) over the last 1.3·k seconds before the last onset, v_end = 1/(1 + 3k); the beat
    grows by 1/v, at most twofold.
    """
    log_period = np.zeros(reading.num_points)
    if k <= 0 or not len(reading.onset_points):
        return Effect(log_period=log_period)
    last_sec = reading.point_sec[reading.onset_points[-1]]
    end_speed = 1 / (1 + 3 * k)
    place = np.clip(1 - (last_sec - reading.point_sec) / (FINAL_RITARD_SEC * k), 0.0, 1.0)
    speed = (1 + (end_speed**FINAL_RITARD_POWER - 1) * place) ** (1 / FINAL_RITARD_POWER)
    return Effect(log_period=np.minimum(-np.log(speed), math.log(MAX_FINAL_SLOWING)))


def fermata(reading: Reading, *, k: float) -> Effect:
    """Hold the beat under each fermata: +75 %·k until the shortest of its notes ends."""
    log_period = np.zeros(reading.num_points)
    marked = {note.onset_tick for _, note in reading.strikes if "fermata" in note.articulations}
    for tick in sorted(marked | set(reading.score.fermata_ticks)):
        held = (reading.onset_tick == tick) & ~reading.is_grace
        if not held.any():
            continue
        end_tick = int(reading.end_tick[held].min())
        inside = slice(*np.searchsorted(reading.point_tick, [tick, end_tick]))
        log_period[inside] = math.log1p(k * FERMATA_LENGTHENING)
    return Effect(log_period=log_period)
