from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.outline import KeySpan, SectionSpan
from composer.report.letters import LIKE, find_letters, section_likeness
from composer.theory.key import parse_key

TUNE = "G4 B4 D5 C5 | A4 F#4 G4:2 |"
OTHER = "D5 D5 B4 A4 | B4:2 D5:2 |"
BAR = 4 * 10_080


def halves(*keys: str) -> tuple[list[SectionSpan], list[KeySpan]]:
    """Sections of two bars each, and their keys."""
    spans = [(place * 2 * BAR, (place + 1) * 2 * BAR) for place in range(len(keys))]
    sections = [SectionSpan(*span, f"S{place}", "S") for place, span in enumerate(spans)]
    return sections, [KeySpan(*span, parse_key(key)) for span, key in zip(spans, keys, strict=True)]


def letters(score, *keys: str):
    sections, spans = halves(*keys)
    return find_letters(score, sections, spans)


def test_a_return_has_the_first_letter_and_an_episode_its_own(keyboard):
    assert letters(keyboard(TUNE + OTHER + TUNE), *["G major"] * 3) == (0, 1, 0)


def test_a_return_in_another_key_is_the_same(keyboard):
    moved = "D5 F#5 A5 G5 | E5 C#5 D5:2 |"
    assert letters(keyboard(TUNE + moved), "G major", "D major") == (0, 0)
    assert letters(keyboard(TUNE + moved), "G major", "G major") == (0, 0)  # even if the key is not known


def test_a_return_in_the_other_mode_is_the_same(keyboard):
    in_minor = "G4 Bb4 D5 C5 | A4 F#4 G4:2 |"
    score = keyboard("G4 B4 E5 C5 | B4 F#4 G4:2 |" + "G4 Bb4 Eb5 C5 | Bb4 F#4 G4:2 |")
    assert letters(keyboard(TUNE + in_minor), "G major", "G minor") == (0, 0)
    assert letters(score, "G major", "G minor") == (0, 0)


def test_an_ornamented_return_is_the_same(keyboard):
    ornamented = "G4:1/2 A4:1/2 B4 D5 D5:1/2 C5:1/2 | A4 F#4 G4:2 |"
    assert letters(keyboard(TUNE + ornamented), "G major", "G major") == (0, 0)


def test_the_rhythm_alone_makes_no_return(keyboard):
    same_rhythm = "D5 G4 E5 G4 | F#5 A4 C5:2 |"
    sections, keys = halves("G major", "G major")
    table = section_likeness(keyboard(TUNE + same_rhythm), sections, keys)
    assert table[1][0] < LIKE


def test_three_notes_are_too_few_to_be_like_anything(keyboard):
    score = keyboard("C5:4 | D5:2 E5:2 | C5:4 | D5:2 E5:2")
    assert letters(score, "C major", "C major") == (0, 1)


@settings(max_examples=30)
@given(
    pitches=st.lists(st.integers(60, 76), min_size=8, max_size=8),
    semitones=st.integers(-7, 7),
)
def test_every_section_is_like_itself_moved(pitches, semitones):
    from composer.score import Note, Part, Score, make_bars
    from composer.theory.meter import parse_meter

    notes = [Note(place * 10_080, pitch, 10_080) for place, pitch in enumerate(pitches)]
    notes += [Note((place + 8) * 10_080, pitch + semitones, 10_080) for place, pitch in enumerate(pitches)]
    score = Score((Part("Piano", tuple(notes)),), make_bars(parse_meter("4/4"), 4))
    sections, _ = halves("C major", "C major")
    assert section_likeness(score, sections)[1][0] == pytest.approx(1.0)
