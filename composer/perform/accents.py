"""Rules of loudness that follow from where and what a note is: pitch, voice, place in the bar, accents, dynamics.

What it is: high-loud and the metrical accent of the KTH rule system, the balance of melody, bass and inner voices,
textures and written dynamics. Each is a pure function from a `Reading` to an `Effect` with one strength `k`.

Conventions: a level of 0 dB is the middle of the instrument, `mf`.

Sources: Friberg, Bresin, Sundberg 2006 (high-loud); Bisesi, Parncutt, Friberg 2011 (accents); Grachten and Krebs 2014
(pianists play thick textures louder); voicing and dynamic levels measured on pianists.

Contents: `high_loud`, `melody_voicing`, `bass_voicing`, `texture_loud`, `metrical_accent`, `written_accent`,
`dynamics`.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from composer.outline import DynamicSpan
from composer.perform.effect import Effect
from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray, IntArray
from composer.score import Dynamic

HIGH_LOUD_DB = 0.25  # per semitone: 3 dB an octave
CENTRE_PITCH = 62.0  # the middle of keyboard music; fixed, so that no section's loudness depends on another's register
MAX_HIGH_LOUD_DB = 6.0
VOICING_DB = 4.0  # the top note above the others; regression on two sets of recordings gives 9.5 velocity units
TOP_SHARE = 2 / 3  # of that, the top note rises by so much and the others sink by the rest: the mean stays
BASS_DB = 0.5  # the bass above the inner voices
TEXTURE_DB = 10 * math.log10(2)  # twice as many notes of one strength have twice the energy: 3 dB
STRENGTH_DB = (-0.3, -0.3, 0.0, 0.2, 0.7)  # by metrical strength; pianists play downbeats about 2 units louder
ACCENT_DB = 3.0  # a written accent
STRONG_ACCENT_DB = 4.5  # marcato, sforzato
LEVEL_DB = 3.0  # from one dynamic level to the next; the best of six values on recorded Mozart
LEVELS = {
    name: (index - 5) * LEVEL_DB
    for index, name in enumerate(("pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff"))
}
LEVELS = {**LEVELS, "fp": LEVELS["p"], "n": LEVELS["pppp"]}
_SUDDEN = {"sf", "sfz", "fz", "sffz", "rf", "rfz", "sfp", "fp"}


def high_loud(reading: Reading, *, k: float) -> Effect:
    """Play high notes louder: 0.25 dB·k a semitone round one centre for all parts."""
    level_db = HIGH_LOUD_DB * (reading.pitch - CENTRE_PITCH)
    return Effect(level_db=k * np.clip(level_db, -MAX_HIGH_LOUD_DB, MAX_HIGH_LOUD_DB))


def melody_voicing(reading: Reading, *, k: float) -> Effect:
    """Play the top sounding line 4 dB·k louder than the rest."""
    return Effect(level_db=k * VOICING_DB * np.where(reading.is_top, TOP_SHARE, TOP_SHARE - 1))


def bass_voicing(reading: Reading, *, k: float) -> Effect:
    """Play the lowest sounding line 0.5 dB·k louder than the inner voices; a line alone is left as it is."""
    return Effect(level_db=np.where(reading.is_bottom & ~reading.is_top, k * BASS_DB, 0.0))


def texture_loud(reading: Reading, *, k: float) -> Effect:
    """Play thick passages louder: 3 dB·k for twice as many notes in the bar round an onset as is usual in its section.

    Composers write more notes where they want more sound; a crescendo often is nothing else.
    """
    level_db = np.zeros(reading.num_points)
    onsets = reading.onset_points
    if not len(onsets) or not reading.score.bars:
        return Effect(level_db=level_db[reading.note_point])
    ticks = reading.point_tick[onsets]
    struck = np.bincount(reading.note_point[~reading.is_grace], minlength=reading.num_points)[onsets]
    total = np.concatenate([[0], np.cumsum(struck)])
    half = np.array([reading.score.meter_at(int(tick)).bar_ticks // 2 for tick in ticks])
    sections = [reading.section_starts[point] for point in onsets]
    edges = [0, *(i for i in range(1, len(onsets)) if sections[i] != sections[i - 1]), len(onsets)]
    borders = np.append(ticks, reading.end_tick.max())
    for first, stop in pairwise(edges):
        inside = slice(first, stop)
        begin = np.maximum(np.searchsorted(ticks, ticks[inside] - half[inside]), first)
        end = np.minimum(np.searchsorted(ticks, ticks[inside] + half[inside]), stop)
        # At the edges of a section only a part of the bar is there.
        early, late = ticks[inside] - half[inside], ticks[inside] + half[inside]
        covered = np.minimum(late, borders[stop]) - np.maximum(early, ticks[first])
        doublings = np.log2((total[end] - total[begin]) / np.maximum(covered, 1) * 2 * half[inside])
        level_db[onsets[inside]] = k * TEXTURE_DB * (doublings - doublings.mean())
    return Effect(level_db=reading.spread(level_db[onsets])[reading.note_point])


def metrical_accent(reading: Reading, *, k: float) -> Effect:
    """Play strong beats a little louder: up to 0.7 dB·k at the bar line."""
    return Effect(level_db=k * np.array(STRENGTH_DB)[reading.strength])


def written_accent(reading: Reading, *, k: float) -> Effect:
    """Play accents louder, on notes that carry one and at sudden dynamics (sf, fz, fp)."""
    level_db = np.zeros(reading.num_notes)
    sudden = {mark.tick for mark in reading.score.dynamics if mark.level in _SUDDEN}
    for index, (_, note) in enumerate(reading.strikes):
        if "marcato" in note.articulations or "strong-accent" in note.articulations or note.onset_tick in sudden:
            level_db[index] = k * STRONG_ACCENT_DB
        elif "accent" in note.articulations:
            level_db[index] = k * ACCENT_DB
    return Effect(level_db=level_db)


def dynamics(reading: Reading, *, k: float) -> Effect:
    """Follow the dynamics: 3 dB·k a level, with hairpins and shapes. Where nothing is known, mf.

    The Score's own marks and hairpins come first: they stand at their exact places. The Outline's spans say the level
    before the first of them, and the shape wherever the Score has no hairpin.
    """
    marks = reading.score.dynamics
    level_db = _marked_db(marks, reading.onset_tick)
    first_tick = min((mark.tick for mark in marks if mark.level in LEVELS or mark.end_tick), default=None)
    hairpins = [(mark.tick, mark.end_tick) for mark in marks if mark.end_tick is not None]
    for span in reading.outline.dynamics:
        inside = slice(*np.searchsorted(reading.onset_tick, [span.start_tick, span.end_tick]))
        ticks = reading.onset_tick[inside]
        unmarked = ticks < first_tick if first_tick is not None else np.ones(len(ticks), dtype=bool)
        level_db[inside] = np.where(unmarked, LEVELS.get(span.level, 0.0), level_db[inside])
        if not any(start < span.end_tick and end > span.start_tick for start, end in hairpins):
            level_db[inside] += _shape_db(span, ticks)
    return Effect(level_db=k * level_db)


def _shape_db(span: DynamicSpan, ticks: IntArray) -> FloatArray:
    """Return what the shape of a span adds along it: up to one level, an arch two thirds of one."""
    place = (ticks - span.start_tick) / max(span.end_tick - span.start_tick, 1)
    curves = {"cresc": place, "dim": -place, "arch": 2 / 3 * np.sin(np.pi * place)}
    return LEVEL_DB * curves.get(span.shape, np.zeros(len(ticks)))


def _marked_db(marks: tuple[Dynamic, ...], ticks: IntArray) -> FloatArray:
    """Return the level at each tick after the Score's marks and hairpins.

    A hairpin runs to the level that is written at its end when that lies in its direction, otherwise one level up or
    down; what it reached stays until the next mark.
    """
    level_db = np.zeros(len(ticks))
    levels = [mark for mark in marks if mark.level in LEVELS]
    current = 0.0
    for mark in sorted(marks, key=lambda mark: (mark.tick, mark.end_tick is not None)):
        if mark.level in LEVELS:
            current = LEVELS[mark.level]
            level_db[ticks >= mark.tick] = current
        elif mark.end_tick is not None and mark.level in ("cresc", "dim"):
            direction = 1 if mark.level == "cresc" else -1
            following = next((LEVELS[other.level] for other in levels if mark.end_tick <= other.tick), None)
            near = following is not None and direction * (following - current) > 0
            near = near and any(
                mark.end_tick <= other.tick <= mark.end_tick + (mark.end_tick - mark.tick) for other in levels
            )
            target = following if near and following is not None else current + direction * LEVEL_DB
            place = np.clip((ticks - mark.tick) / max(mark.end_tick - mark.tick, 1), 0.0, 1.0)
            level_db = np.where(ticks >= mark.tick, current + (target - current) * place, level_db)
            current = target
    return level_db
