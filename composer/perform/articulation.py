"""Rules of articulation: how long a key stays down within the written length.

What it is: the style's touch, written articulation (staccato, tenuto, slurs), and the gaps that punctuate: at phrase
ends, before a repeated key and after short notes. Each is a pure function from a `Reading` to an `Effect`. (The gaps at
small boundaries and before leaps: `punctuation`, `melody`.)

Sources: Bresin and Battel 2000, Bresin 2001 (staccato, legato, repetition); Friberg 1991 (phrases); Friberg, Bresin,
Sundberg 2006 (duration contrast articulation).

Contents: `touch`, `legato`, `phrase_gap`, `repetition_gap`, `contrast_gap`.
"""

from __future__ import annotations

import math

import numpy as np

from composer.perform.durations import contrast_ms
from composer.perform.effect import Effect
from composer.perform.reading import Reading

PHRASE_GAP_SEC = 0.080
SUBPHRASE_GAP_SEC = 0.040
REPETITION_GAP_SEC = 0.035
CONTRAST_GAP_FACTOR = 4.5  # of what duration contrast takes from a note: at most 50 ms
# A slurred key is held into the next note for a share of the time between them: 14 % at 300 ms, less of slow notes.
LEGATO_SHARE, LEGATO_SHARE_PER_MS = 0.1717, -0.0001095
# Sounding share of the written length where the score says it itself.
WRITTEN_SHARE = {"staccatissimo": 0.25, "staccato": 0.4, "portato": 0.7, "tenuto": 0.98}
SUSTAINED_SHARE = 0.96  # at least, of a bow or a breath: what no pedal holds and no key lets go
SUSTAINED_PROGRAMS = (*range(40, 45), *range(48, 55), *range(56, 80))  # General MIDI: strings, voices, winds
SLURRED_SHARE = 1.0  # under a slur the key is held to the next one


def touch(reading: Reading, *, share: float, k: float = 1.0) -> Effect:
    """Hold each key for a share of its written length: the style's, or the one that is written.

    Args:
        reading: the piece.
        share: sounding share of a note that carries no sign, > 0: of a keyboard's; strings, voices and winds hold
            theirs longer. Notes of the last onset are held whole.
        k: strength of all of it.
    """
    sustained = np.array([part.program in SUSTAINED_PROGRAMS for part in reading.score.parts], bool)
    shares = np.where(sustained[reading.part], max(share, SUSTAINED_SHARE), share)
    for index in _slurred(reading):
        shares[index] = max(share, SLURRED_SHARE)
    for index, (_, note) in enumerate(reading.strikes):
        written = [WRITTEN_SHARE[sign] for sign in note.articulations if sign in WRITTEN_SHARE]
        if written:
            shares[index] = min(written) if len(written) == 1 else WRITTEN_SHARE["portato"]
        elif "fermata" in note.articulations:
            shares[index] = 1.0
    if reading.num_notes:
        shares[(reading.onset_tick == reading.onset_tick[-1]) | reading.is_grace] = 1.0
    return Effect(articulation_log2=k * np.log2(shares))


def legato(reading: Reading, *, k: float) -> Effect:
    """Bind the notes under a slur: each is held (17.2 − 0.011·IOI in ms) %·k of its length into the next one."""
    overlap = np.zeros(reading.num_notes)
    length_ms = 1000 * reading.nominal_duration_sec
    share = np.maximum(LEGATO_SHARE + LEGATO_SHARE_PER_MS * length_ms, 0.0)
    for index in _slurred(reading):
        overlap[index] = np.log2(1 + k * share[index])
    return Effect(articulation_log2=overlap)


def phrase_gap(reading: Reading, *, k: float) -> Effect:
    """Breathe before the next phrase: the notes that end with it are let go 80 ms·k early, 40 ms at its half."""
    gap_sec = np.zeros(reading.num_notes)
    for arcs, length_sec in ((reading.subphrases, SUBPHRASE_GAP_SEC), (reading.phrases, PHRASE_GAP_SEC)):
        for arc in arcs:
            last = slice(*np.searchsorted(reading.onset_tick, [arc.last_tick, arc.last_tick + 1]))
            gap_sec[last] = k * length_sec
    if reading.num_notes:
        gap_sec[reading.onset_tick == reading.onset_tick[-1]] = 0.0
    return Effect(gap_sec=gap_sec)


def repetition_gap(reading: Reading, *, k: float) -> Effect:
    """Let a key go 35 ms·k before it is struck again."""
    gap_sec = np.zeros(reading.num_notes)
    again = np.flatnonzero(reading.next_on_key >= 0)
    touching = reading.end_tick[again] >= reading.onset_tick[reading.next_on_key[again]]
    gap_sec[again[touching]] = k * REPETITION_GAP_SEC
    return Effect(gap_sec=gap_sec)


def contrast_gap(reading: Reading, *, k: float) -> Effect:
    """Detach short notes: a gap of 4.5·k times what duration contrast would take from them, up to 50 ms."""
    length_ms = 1000 * reading.nominal_duration_sec
    gap_ms = -CONTRAST_GAP_FACTOR * contrast_ms(length_ms)
    gap_ms[_slurred(reading)] = 0.0
    return Effect(gap_sec=k * gap_ms / 1000)


def _slurred(reading: Reading) -> list[int]:
    """Return the notes that a slur binds to the next one; its last note is not."""
    bound = []
    for slur in reading.score.slurs:
        first, last = np.searchsorted(reading.onset_tick, [slur.onset_tick, slur.end_tick])
        for index in range(first, last):
            part, note = reading.strikes[index]
            if not note.is_grace and (part, note.staff, note.voice) == (slur.part, slur.staff, slur.voice):
                bound.append(index)
    return bound


def shortened_log2(articulation_log2: float, *, gap_sec: float, nominal_sec: float, floor_sec: float = 0.03) -> float:
    """Return the articulation of a note that a gap also cuts, never below `floor_sec` or a quarter of its length."""
    if nominal_sec <= 0 or gap_sec <= 0:
        return articulation_log2
    sounding_sec = nominal_sec * 2**articulation_log2
    shortest_sec = min(max(floor_sec, 0.25 * nominal_sec), sounding_sec)
    return math.log2(max(sounding_sec - gap_sec, shortest_sec) / nominal_sec)
