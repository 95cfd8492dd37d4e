"""Rules of articulation: how long a key stays down within the written length.

What it is: the style's touch, written articulation (staccato, tenuto, slurs), and the gaps that punctuate: at phrase
ends and before a repeated key. Each is a pure function from a `Reading` to an `Effect`.

Sources: Bresin and Battel 2000, Bresin 2001 (staccato, legato, repetition); Friberg, Bresin, Frydén, Sundberg 1998
(punctuation: 20 to 60 ms by the note's length).

Contents: `touch`, `phrase_gap`, `repetition_gap`.
"""

from __future__ import annotations

import math

import numpy as np

from composer.perform.effect import Effect
from composer.perform.reading import Reading

PHRASE_GAP_SEC = 0.080
SUBPHRASE_GAP_SEC = 0.040
REPETITION_GAP_SEC = 0.035
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
    for slur in reading.score.slurs:
        first, last = np.searchsorted(reading.onset_tick, [slur.onset_tick, slur.end_tick])
        for index in range(first, last):
            part, note = reading.strikes[index]
            if (part, note.staff, note.voice) == (slur.part, slur.staff, slur.voice):
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


def shortened_log2(articulation_log2: float, *, gap_sec: float, nominal_sec: float, floor_sec: float = 0.03) -> float:
    """Return the articulation of a note that a gap also cuts, never below `floor_sec` or a quarter of its length."""
    if nominal_sec <= 0 or gap_sec <= 0:
        return articulation_log2
    sounding_sec = nominal_sec * 2**articulation_log2
    shortest_sec = min(max(floor_sec, 0.25 * nominal_sec), sounding_sec)
    return math.log2(max(sounding_sec - gap_sec, shortest_sec) / nominal_sec)
