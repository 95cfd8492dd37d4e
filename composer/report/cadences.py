"""Planned cadences beside what sounds there, read from the notes alone.

What it is: at the planned onset of a phrase's last chord the outer voices and the chord are read from what sounds; the
chord before from what sounds while its bass lasts.

Conventions: pitch classes count from the tonic of the planned key at the cadence. A perfect cadence (PAC) is V or V7 in
root position, then the tonic triad in root position with the tonic on top, on a strong beat; a half cadence (HC) is V
in root position (with its seventh at most) on a strong beat. Strong is a bar's first beat, or its middle where the bar
halves. Two voices may leave a chord bare: its root doubled and nothing foreign is the chord still, and said to be bare.
Other cadences are not judged.

Contents: `CadenceFound`, `judge_cadences`, `JUDGED`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.frames import NoteArray, note_array
from composer.outline import Outline, PhraseSpan, span_at
from composer.report.sounding import sounding_at
from composer.score import Score
from composer.theory.harmony import Cadence
from composer.theory.key import Key

JUDGED = (Cadence.PAC, Cadence.HC)
_STRONG = 3  # of `Meter.strength`, inclusive
_FIFTH, _LEADING_TONE = 7, 11  # degrees above the tonic
_TONIC_TRIAD = frozenset({0, 3, 4, 7})  # minor may end on the Picardy third
_DOMINANT = frozenset({2, 5, 7, 11})
_LEAST_DOMINANT = 0.5  # share of sounding time over the dominant's bass; passing notes and suspensions are the rest


@dataclass(frozen=True)
class CadenceFound:
    """A planned cadence and what was found of it.

    Attributes:
        planned: its phrase, with kind and onset.
        bass: the last chord stands on its root: the tonic of a PAC, the fifth degree of an HC.
        top: a PAC has the tonic on top; True for an HC, which asks for nothing there.
        chord: nothing sounds that does not belong to the last chord.
        before: V in root position comes before a PAC; True for an HC.
        strong: the last chord is on a strong beat.
        bare: no third of the last chord sounds as it begins.
        heard: kind of the cadence that the analysis, without the plan, hears within a beat of it; "" for none, or
            where it was not asked.
    """

    planned: PhraseSpan
    bass: bool
    top: bool
    chord: bool
    before: bool
    strong: bool
    bare: bool
    heard: str = ""

    @property
    def is_as_planned(self) -> bool:
        """Whether all of it is there."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not as planned: some of `bass`, `top`, `chord`, `before`, `strong`."""
        return tuple(name for name in ("bass", "top", "chord", "before", "strong") if not getattr(self, name))


def judge_cadences(score: Score, outline: Outline) -> tuple[CadenceFound, ...]:
    """Return what was found at each planned PAC and HC of an outline, in order.

    Args:
        score: the notes.
        outline: of the plan, on the same timeline.
    """
    notes = note_array(score)
    found = []
    for phrase in outline.phrases:
        if phrase.cadence not in JUDGED or phrase.cadence_tick is None:
            continue
        key = span_at(outline.keys, phrase.cadence_tick)
        if key is not None:
            found.append(_judge(score, notes, phrase, phrase.cadence_tick, key.key))
    return tuple(found)


def _judge(score: Score, notes: NoteArray, phrase: PhraseSpan, tick: int, key: Key) -> CadenceFound:
    degrees = _degrees(notes, tick, key)  # from the lowest note up
    sounding = set(degrees)
    is_strong = score.strength_at(tick) >= _STRONG
    if phrase.cadence is Cadence.HC:
        return CadenceFound(
            phrase,
            bass=degrees[:1] == [_FIFTH],
            top=True,
            chord=bool(sounding) and sounding <= _DOMINANT,
            before=True,
            strong=is_strong,
            bare=_LEADING_TONE not in sounding,
        )
    return CadenceFound(
        phrase,
        bass=degrees[:1] == [0],
        top=degrees[-1:] == [0],
        chord=bool(sounding) and sounding <= _TONIC_TRIAD and not {3, 4} <= sounding,
        before=_is_dominant_before(score, notes, tick, key),
        strong=is_strong,
        bare=not {3, 4} & sounding,
    )


def _degrees(notes: NoteArray, tick: int, key: Key) -> list[int]:
    """Return the semitones above the tonic of what sounds at a tick, from the lowest note up."""
    pitches = np.sort(notes.pitch[sounding_at(notes, tick)])
    return [int(degree) for degree in (pitches - key.tonic_pitch_class) % 12]


def _is_dominant_before(score: Score, notes: NoteArray, tick: int, key: Key) -> bool:
    """Whether the last bass before a tick is the fifth degree with another note of V over it, within a bar.

    A cadential six-four may stand there first: the last beat is enough. A bass that a hand lets go of, to strike its
    chord or to lead on above it, is the bass of its beat.
    """
    meter = score.meter_at(max(0, tick - 1))
    edges = np.unique(np.concatenate([notes.onset, notes.end]))
    start, lengths = tick, np.zeros(12)

    def is_dominant() -> bool:
        inside = sum(lengths[degree] for degree in _DOMINANT)
        return bool(inside > lengths[_FIFTH] and inside >= _LEAST_DOMINANT * lengths.sum())

    for left in edges[(edges < tick) & (edges >= tick - meter.bar_ticks)][::-1].tolist():
        degrees = _degrees(notes, left, key)
        if degrees and _FIFTH not in (degrees[0], _bass_of_beat(notes, left, tick, meter.beat_ticks, key)):
            break
        for degree in degrees:
            lengths[degree] += start - left
        start = left
        if tick - left >= meter.beat_ticks and is_dominant():
            return True
    return is_dominant()


def _bass_of_beat(notes: NoteArray, left: int, tick: int, beat_ticks: int, key: Key) -> int:
    """Return the degree of the lowest note that has sounded in the beat of `left` so far; beats count from `tick`."""
    beat_tick = tick - -(-(tick - left) // beat_ticks) * beat_ticks
    heard = (notes.end > beat_tick) & (notes.onset <= left)
    return int((notes.pitch[heard].min() - key.tonic_pitch_class) % 12)
