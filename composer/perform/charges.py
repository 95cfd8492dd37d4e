"""Rules of tension: remarkable notes over their chord and remarkable chords in their key.

What it is: melodic charge and harmonic charge of the KTH rule system, each a pure function from a `Reading` to an
`Effect` with one strength `k`. Players leave them out (k = 0): beside phrases they add nothing that could be measured
on recorded pianists; they are here for those who want to hear them.

Conventions: the melodic charge of a tone counts the semitones above the root of its chord; the harmonic charge of a
chord is 0 for the tonic. Where no chord is known, nothing happens.

Sources: Sundberg, Friberg, Frydén 1989; Friberg 1991 (tables and quantities).

Contents: `melodic_charge`, `harmonic_charge`, `charge_of`.
"""

from __future__ import annotations

import numpy as np

from composer.outline import ChordSpan, span_at
from composer.perform.effect import Effect
from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray

MELODIC_CHARGE = (0.0, 6.5, 2.0, 4.5, 4.0, 2.5, 6.0, 1.0, 5.5, 3.0, 3.5, 5.0)  # by semitones above the root
MELODIC_DB = 0.2
MELODIC_LENGTHENING = 1 / 150
# By (semitones of the root above the tonic, whether its third is major).
HARMONIC_CHARGE = {
    (0, True): 0.0,
    (0, False): 0.0,
    (7, True): 1.5,
    (9, False): 1.5,
    (2, False): 2.5,
    (5, True): 3.0,
    (4, False): 3.0,
    (2, True): 4.0,
    (1, True): 7.0,
}
DIMINISHED_CHARGE = 5.0
HARMONIC_DB = 1.5
CRESCENDO_SEC = 1.9  # a more remarkable chord is led up to for so long
LENGTHENING_PER_DB = 0.018
NOTE_MS = 2.0
CHANGE_MS = 8.0


def melodic_charge(reading: Reading, *, k: float) -> Effect:
    """Play remarkable notes louder and longer: 0.2 dB·k and 1/150·k of their length a unit of charge."""
    charge = np.zeros(reading.num_notes)
    for index, tick in enumerate(reading.onset_tick):
        span = span_at(reading.outline.chords, int(tick))
        if span is not None and not reading.is_grace[index]:
            charge[index] = MELODIC_CHARGE[(int(reading.pitch[index]) - span.chord.root(span.key)) % 12]
    lengthening = np.log1p(k * MELODIC_LENGTHENING * charge[reading.melody])
    return Effect(log_period=reading.along_melody(lengthening), level_db=k * MELODIC_DB * charge)


def harmonic_charge(reading: Reading, *, k: float) -> Effect:
    """Lead up to remarkable chords.

    The level goes from 1.5·k·√C dB of one chord to that of the next, downwards all along it, upwards within the last
    1.9 s; with a level of ΔL dB notes last √(1 + 0.018·ΔL) as long, 2·k·√C ms longer each, the first of the chord
    8·k·√C ms more.
    """
    chords = reading.outline.chords
    level_db, added_ms = np.zeros(reading.num_points), np.zeros(reading.num_points)
    charges = [charge_of(span) ** 0.5 for span in chords]
    for index, span in enumerate(chords):
        inside = slice(*np.searchsorted(reading.point_tick, [span.start_tick, span.end_tick]))
        here_db = k * HARMONIC_DB * charges[index]
        following = chords[index + 1] if index + 1 < len(chords) else None
        leads_on = following is not None and following.start_tick == span.end_tick
        next_db = k * HARMONIC_DB * charges[index + 1] if leads_on else here_db
        start_sec, end_sec = (float(reading.seconds_at(tick)) for tick in (span.start_tick, span.end_tick))
        length_sec = end_sec - start_sec
        if next_db > here_db:
            length_sec = min(CRESCENDO_SEC, length_sec)
        place = np.clip(1 - (end_sec - reading.point_sec[inside]) / max(length_sec, 1e-6), 0.0, 1.0)
        level_db[inside] = here_db + (next_db - here_db) * place
        added_ms[inside] = k * NOTE_MS * charges[index]
        first = np.searchsorted(reading.point_tick[reading.onset_points], span.start_tick)
        if first < len(reading.onset_points) and reading.point_tick[reading.onset_points[first]] < span.end_tick:
            added_ms[reading.onset_points[first]] += k * CHANGE_MS * charges[index]
    per_onset: FloatArray = added_ms[reading.onset_points] / 1000 / np.maximum(reading.onset_ioi_sec, 1e-3)
    log_period = 0.5 * np.log1p(LENGTHENING_PER_DB * level_db) + reading.spread(np.log1p(per_onset))
    return Effect(log_period=log_period, level_db=level_db[reading.note_point])


def charge_of(span: ChordSpan) -> float:
    """Return how remarkable a chord is in its key, 0 (the tonic) to about 8.

    From the published table; chords that it does not hold have theirs from the charges of their members above the
    tonic: 2·(root/2 + third/3 + fifth/6) − 3, at least 0.
    """
    root, third, fifth = span.chord.relative_pitch_classes[:3]
    if (fifth - root) % 12 == 6:
        return DIMINISHED_CHARGE
    known = HARMONIC_CHARGE.get((root % 12, (third - root) % 12 == 4))
    if known is not None:
        return known
    members = (MELODIC_CHARGE[member % 12] for member in (root, third, fifth))
    weighed = sum(share * charge for share, charge in zip((1 / 2, 1 / 3, 1 / 6), members, strict=True))
    return max(2 * weighed - 3, 0.0)
