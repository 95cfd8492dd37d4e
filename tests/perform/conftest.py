"""Small pieces to be played: 4/4, 120 quarters a minute."""

from __future__ import annotations

import pytest

from composer.outline import ChordSpan, Outline, PhraseSpan, SectionSpan
from composer.perform import Player
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
BAR = 4 * Q


@pytest.fixture
def piano():
    """Make a piano score from notes."""

    def make(notes, *, bars=8, meter=(4, 4), **fields):
        fields.setdefault("tempos", (TempoMark(0, 120.0),))
        part = Part("Piano", sort_notes(notes), fields.pop("program", 0), 2)
        return Score((part,), make_bars(Meter(*meter), bars), **fields)

    return make


@pytest.fixture
def tune():
    """Make quarters over whole-bar triads, I and V by turns."""

    def make(bars, *, start_bar=0, shift=0):
        notes = []
        for bar in range(start_bar, start_bar + bars):
            notes += [Note(bar * BAR + beat * Q, 72 + shift + (2 * beat + bar) % 7, Q) for beat in range(4)]
            root = 48 if bar % 2 == 0 else 55
            notes += [Note(bar * BAR, root + step, BAR, staff=2) for step in (0, 4, 7)]
        return notes

    return make


@pytest.fixture
def outlined():
    """Make an Outline: phrases in half and full cadences by turns, sections S0, S1 …, a chord a bar."""

    def make(score, *, phrase_bars=4, section_bars=8):
        end = score.end_tick
        phrases = tuple(
            PhraseSpan(tick, min(tick + phrase_bars * BAR, end), (Cadence.HC, Cadence.PAC)[index % 2])
            for index, tick in enumerate(range(0, end, phrase_bars * BAR))
        )
        sections = tuple(
            SectionSpan(tick, min(tick + section_bars * BAR, end), f"S{index}", "ABC"[index % 3])
            for index, tick in enumerate(range(0, end, section_bars * BAR))
        )
        chords = tuple(
            ChordSpan(bar.onset_tick, bar.end_tick, parse_chord(("I", "V")[index % 2], "major"), Key(0, "major"))
            for index, bar in enumerate(score.bars)
        )
        return Outline(score.bars, chords=chords, phrases=phrases, sections=sections)

    return make


@pytest.fixture
def silent():
    """A player whose every rule is off: replace one strength to hear one rule."""
    names = """final_ritard fermata high_loud melody_voicing metrical_accent written_accent dynamics duration_contrast
        double_duration phrase_gap repetition_gap lead_ms_per_unit chord_jitter_ms tempo_noise velocity_noise"""
    return Player(name="silent", description="no rule at all", touch=1.0, **dict.fromkeys(names.split(), 0.0))
