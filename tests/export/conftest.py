from dataclasses import replace

import pytest

from composer.performance import Performance, PlayedNote, TempoPoint
from composer.score import LOWER_STAFF, Mark, Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


@pytest.fixture
def keyboard():
    """Make a keyboard score from (onset, pitch, length) in quarters, one list a hand; more fields as keywords."""

    def make(upper, lower=(), *, bars=2, meter=(4, 4), pickup=0, key="C major", **fields):
        notes = [Note(round(o * Q), p, round(d * Q)) for o, p, d in upper]
        notes += [Note(round(o * Q), p, round(d * Q), staff=LOWER_STAFF) for o, p, d in lower]
        score = Score(
            parts=(Part("Piano", sort_notes(notes), program=0, staves=2),),
            bars=make_bars(Meter(*meter), bars, pickup_tick=round(pickup * Q)),
            keys=((0, parse_key(key)),),
            tempos=(TempoMark(0, 120.0),),
            marks=(Mark(0, "A"),),
            title="A small piece",
            composer="Ritornello",
            credits=("seed: 7",),
        )
        return replace(score, **fields)

    return make


@pytest.fixture
def deadpan():
    """Play a score as written: one tempo, every note its whole length."""

    def play(score, *, quarter_sec=0.5, pedal=()):
        notes = tuple(
            PlayedNote(part, note, note.onset_tick / Q * quarter_sec, note.duration_tick / Q * quarter_sec, 64)
            for part, note in score.notes()
        )
        return Performance(score, notes, (TempoPoint(0, 0.0, quarter_sec),), pedal)

    return play
