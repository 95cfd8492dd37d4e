"""What a score that no plan came with says of its playing: who plays, which instruments, how loud, where one breathes.

What it is: the rules read notes, marks and phrases; this is what they cannot know of a stranger's file. The
instruments follow from the names of the parts where no sound is stated, the player from the composer or the ensemble,
the loudness of a MIDI file from its velocities, which stand there for dynamics and balance.

Contents: `with_instruments`, `usual_player`, `file_loudness`, `not_slowed_twice`, `breaths`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from composer.corpus.composers import composer_named
from composer.outline import Outline
from composer.perform.articulation import SUSTAINED_PROGRAMS
from composer.perform.effect import Curves
from composer.perform.performer import VELOCITY_PER_DB, Refinement
from composer.perform.players import COMPOSERS
from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray
from composer.score import Note, Part, Score

# Names of parts -> General MIDI programs, for files that state no sounds; the first that fits.
_INSTRUMENTS = tuple(
    (re.compile(rf"\b(?:{words})", re.I), program)
    for words, program in (
        (r"piano|klavier|clavier|pfte|upper|lower|right|left|[rl]\.?h\b", 0),
        (r"harpsichord|cembalo|clavecin", 6),
        (r"organ|orgel|orgue|pedal", 19),
        (r"(?:\w+ )?sax", 65),
        (r"bass guitar|electric bass", 33),
        (r"(?:\w+ )?guitar", 24),
        (r"bassoon|fagott?\b|fagotti?", 70),
        (r"bass clarinet|clarinet|klarinette", 71),
        (r"bass trombone|trombone|posaune", 57),
        (r"violoncell|cello|vcl?\b", 42),
        (r"contrabass|double ?bass|kontrabass|violone|basso? continuo|continuo", 43),
        (r"violin|violon|vln?\b|geige", 40),
        (r"viola|bratsche|vla\b", 41),
        (r"soprano|alto|tenor|bass|baritone|voice|vocal|singstimme|gesang|cantus|altus|superius|quintus", 52),
        (r"piccolo", 72),
        (r"flute|flöte|flauto|traverso", 73),
        (r"recorder|blockfl", 74),
        (r"oboe|oboi", 68),
        (r"english horn|cor anglais", 69),
        (r"trumpet|tromba|trompete", 56),
        (r"tuba", 58),
        (r"horn|corn[oi]\b", 60),
    )
)
_PLAYER_OF_ENSEMBLE = {"organ": "organ", "chorale": "chorale", "quartet": "classical", "song": "romantic"}
USUAL_PLAYER = "baroque"
_VOICES = frozenset(range(52, 55))  # General MIDI
PLATEAU_BARS = 1.0  # a level is the median of the notes so far before and behind
ACCENT_UNITS = 8.0  # velocity: a note that stands out by less belongs to its level
MAX_LOUDNESS_DB = 15.0  # from the middle of the file, either way
SLUR_BREATH_SEC = 0.030  # after a slur, of a key
SLUR_BREATH_SUSTAINED_SEC = 0.060  # of a bow or a breath
BREATH_MARK_SEC = 0.150
SLOWED_SHARE = 0.35  # of the rules' slowing that is heard where the score slows by itself


def with_instruments(score: Score) -> Score:
    """Return the score with the sounds that the names of its parts say, where a part states none but the piano's."""
    return replace(score, parts=tuple(map(_sounding, score.parts)))


def _sounding(part: Part) -> Part:
    if part.program or part.staves > 1:
        return part
    program = next((program for words, program in _INSTRUMENTS if words.search(part.name)), 0)
    return replace(part, program=program)


def usual_player(score: Score, outline: Outline, *, file_name: str = "") -> str:
    """Return the player for a score when none is asked for: an organist, a choir, the composer's, or the steady one.

    Args:
        score: names its composer, or does not.
        outline: knows who plays.
        file_name: names the composer where the score does not.
    """
    programs = {part.program for part in score.parts if part.notes}
    ensemble = "chorale" if programs and programs <= _VOICES and len(score.parts) > 1 else outline.ensemble
    if ensemble in ("organ", "chorale"):
        return _PLAYER_OF_ENSEMBLE[ensemble]
    named = next((found for text in (score.composer, file_name) if (found := composer_named(text, COMPOSERS))), None)
    return named or _PLAYER_OF_ENSEMBLE.get(ensemble, USUAL_PLAYER)


def file_loudness(
    velocities: Mapping[tuple[int, Note], Sequence[int]], *, balance_only: bool = False, k: float = 1.0
) -> Refinement:
    """Return what a MIDI file's velocities say: the balance of its parts, its levels and its accents.

    A level is the median of the notes of a part a bar around; so what was jittered at random stays out, and a step
    stays where it is. A note that stands out from its level by `ACCENT_UNITS` or more keeps what it stands out by.

    Args:
        velocities: of the notes of the file that became each note of the score, by (part, note).
        balance_only: leave out levels and accents, where they are somebody's playing already.
        k: strength.
    """

    def refine(reading: Reading, curves: Curves) -> Curves:
        loud = np.array([np.median(velocities.get(strike, [np.nan])) for strike in reading.strikes])
        if not np.isfinite(loud).any():
            return curves
        level = np.full(reading.num_notes, np.nan)
        for part in np.unique(reading.part):
            own = np.flatnonzero((reading.part == part) & np.isfinite(loud))
            if not len(own):
                continue
            if balance_only:
                level[own] = np.median(loud[own])
            else:
                level[own] = _levels(reading, own, loud[own])
        units = np.where(np.isfinite(level), level - np.nanmedian(level), 0.0)
        added = np.clip(k * units / VELOCITY_PER_DB, -MAX_LOUDNESS_DB, MAX_LOUDNESS_DB)
        return replace(curves, level_db=curves.level_db + added)

    return refine


def _levels(reading: Reading, own: np.ndarray[tuple[int], np.dtype[np.intp]], loud: FloatArray) -> FloatArray:
    """Return the level, accents included, of each note of one part; `loud` are their velocities."""
    if loud.min() == loud.max():
        return loud
    ticks = reading.onset_tick[own]
    reach = np.array([PLATEAU_BARS * reading.score.meter_at(int(tick)).bar_ticks for tick in ticks])
    first, last = np.searchsorted(ticks, ticks - reach), np.searchsorted(ticks, ticks + reach, side="right")
    plateau = np.array([np.median(loud[low:high]) for low, high in zip(first, last, strict=True)])
    beyond = loud - plateau
    levels: FloatArray = plateau + np.where(np.abs(beyond) >= ACCENT_UNITS, beyond, 0.0)
    return levels


def not_slowed_twice(reading: Reading, curves: Curves) -> Curves:
    """Slow down less by the rules where the score itself does, from beat to beat: a written ritardando is one already.

    That is from a mark that is slower than the one before and followed within a bar by one that is slower still, up to
    the next faster one.
    """
    log_period = curves.log_period.copy()
    marks = reading.score.tempos
    for before, mark, after in zip(marks, marks[1:], marks[2:], strict=False):
        bar_ticks = reading.score.meter_at(mark.tick).bar_ticks
        if before.beat_bpm > mark.beat_bpm > after.beat_bpm and after.tick - mark.tick <= bar_ticks:
            faster = (one.tick for one in marks if one.tick > mark.tick and one.beat_bpm > mark.beat_bpm)
            until = next(faster, reading.score.end_tick + 1)
            inside = slice(*np.searchsorted(reading.point_tick, [mark.tick, until]))
            rules = curves.log_period[inside]
            log_period[inside] = np.minimum(rules, SLOWED_SHARE * rules)
    return replace(curves, log_period=log_period)


def breaths(reading: Reading, curves: Curves) -> Curves:
    """Breathe after a slur and at a breath mark: the last note is let go a little before the next one of its voice."""
    gap_sec = curves.gap_sec.copy()
    sustained = np.array([part.program in SUSTAINED_PROGRAMS for part in reading.score.parts], dtype=bool)
    lasts = {(slur.part, slur.staff, slur.voice, slur.end_tick) for slur in reading.score.slurs}
    for index, (part, note) in enumerate(reading.strikes):
        if note.is_grace:
            continue
        if "breath" in note.articulations:
            gap_sec[index] = max(gap_sec[index], BREATH_MARK_SEC)
        elif (part, note.staff, note.voice, note.onset_tick) in lasts:
            breath_sec = SLUR_BREATH_SUSTAINED_SEC if sustained[part] else SLUR_BREATH_SEC
            gap_sec[index] = max(gap_sec[index], breath_sec)
    return replace(curves, gap_sec=gap_sec)
