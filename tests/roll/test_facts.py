"""Facts of each step: meter, keys, chords, phrases and textures as the outline tells them."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from composer.outline import PATTERNS, ChordSpan, KeySpan, Outline, PhraseSpan, SectionSpan, TextureSpan
from composer.roll.facts import (
    CADENCES,
    CLOSING,
    FAR,
    MIDDLE,
    OPENING,
    StepFacts,
    concatenate,
    facts_of,
)
from composer.roll.grid import STEP_TICKS
from composer.score import make_bars
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

QUARTER = 4 * STEP_TICKS
BAR = 4 * QUARTER


def outline_in(home: str, fifth: str) -> Outline:
    """Four bars: I IV V I, then in the key of the fifth I V, a half bar each at the end."""
    first, second = parse_key(home), parse_key(fifth)
    chords = [
        ChordSpan(0, BAR, parse_chord("I", "major"), first),
        ChordSpan(BAR, BAR + 2 * QUARTER, parse_chord("IV", "major"), first),
        ChordSpan(BAR + 2 * QUARTER, 2 * BAR, parse_chord("V7", "major"), first),
        ChordSpan(2 * BAR, 3 * BAR, parse_chord("IV", "major"), second),  # the same chord as I in the home key
        ChordSpan(3 * BAR, 4 * BAR, parse_chord("V6", "major"), second),
    ]
    return Outline(
        make_bars(parse_meter("4/4"), 4),
        keys=(KeySpan(0, 2 * BAR, first), KeySpan(2 * BAR, 4 * BAR, second)),
        chords=tuple(chords),
        phrases=(
            PhraseSpan(0, BAR),
            PhraseSpan(BAR, 2 * BAR, Cadence.PAC, BAR + 3 * QUARTER),
            PhraseSpan(2 * BAR, 4 * BAR, Cadence.HC, 3 * BAR),
        ),
        sections=(SectionSpan(0, 2 * BAR, "A", "A"), SectionSpan(2 * BAR, 4 * BAR, "B", "B")),
        textures=(
            TextureSpan(0, 2 * BAR, "chorale", (1.0, 1.5), (2.0, 2.25)),
            TextureSpan(2 * BAR, 4 * BAR, "unknown"),
        ),
    )


@pytest.fixture
def facts() -> StepFacts:
    return facts_of(outline_in("C major", "G major"))


def test_an_upbeat_stands_at_the_end_of_its_bar() -> None:
    facts = facts_of(Outline(make_bars(parse_meter("3/4"), 2, pickup_tick=QUARTER)))
    assert facts.num_steps == 4 + 24
    assert facts.step_in_bar[:5].tolist() == [8, 9, 10, 11, 0]
    assert facts.bar[:5].tolist() == [0, 0, 0, 0, 1]
    assert facts.strength[4] == max(facts.strength)
    assert set(facts.steps_in_bar.tolist()) == {12}


def test_compound_beats_are_six_steps() -> None:
    facts = facts_of(Outline(make_bars(parse_meter("6/8"), 1)))
    assert set(facts.steps_in_beat.tolist()) == {6}
    strengths = facts.strength.tolist()
    assert strengths[0] > strengths[6] > strengths[2]


def test_what_is_not_said_is_not_known() -> None:
    facts = facts_of(Outline(make_bars(parse_meter("4/4"), 1)))
    for name in ("tonic", "chord_root", "phrase_age", "cadence", "section_age", "place", "pattern", "chord_distance"):
        assert (getattr(facts, name) == -1).all(), name
    assert (facts.chord_members == 0).all()
    assert (facts.onsets_x8 == -1).all()


def test_keys_and_the_change_to_come(facts: StepFacts) -> None:
    assert facts.tonic[0] == 0
    assert facts.tonic[32] == 7
    assert facts.next_tonic[0] == 7
    assert facts.key_distance[:32].tolist() == [32 - step for step in range(32)]
    assert facts.next_tonic[32] == -1
    assert facts.key_distance[32] == -1


def test_chords_and_the_change_to_come(facts: StepFacts) -> None:
    assert facts.chord_members[0] == 1 << 0 | 1 << 4 | 1 << 7
    assert facts.chord_root[24] == 7
    assert bin(facts.chord_members[24]).count("1") == 4, "a seventh chord has four members"
    assert facts.chord_distance[24] == 8
    assert facts.next_root[24] == 0
    assert facts.chord_age[24:32].tolist() == list(range(8))
    assert facts.chord_bass[48] == 6, "V6 of G stands on F sharp"


def test_the_same_chord_in_a_new_key_goes_on_sounding() -> None:
    outline = outline_in("C major", "G major")
    tonic = ChordSpan(BAR + 2 * QUARTER, 2 * BAR, parse_chord("I", "major"), parse_key("C major"))
    chords = (*outline.chords[:2], tonic, *outline.chords[3:])
    facts = facts_of(replace(outline, chords=chords))
    assert facts.chord_age[32] == 8
    assert facts.chord_distance[24] == 24


def test_phrases_and_their_cadences(facts: StepFacts) -> None:
    assert facts.phrase_distance[16] == 16
    assert facts.phrase_age[31] == 15
    assert CADENCES[facts.cadence[16]] is Cadence.PAC
    assert facts.cadence[0] == -1
    assert facts.cadence_distance[16:32].tolist() == [*range(12, 0, -1), 0, 0, 0, 0]
    assert [facts.place[step] for step in (0, 16, 32)] == [OPENING, MIDDLE, CLOSING]


def test_distances_are_capped() -> None:
    outline = Outline(
        make_bars(parse_meter("4/4"), 40),
        phrases=(PhraseSpan(0, 40 * BAR),),
        sections=(SectionSpan(0, 40 * BAR, "A", "A"),),
    )
    facts = facts_of(outline)
    assert facts.phrase_distance[0] == FAR
    assert facts.section_age[-1] == FAR
    assert facts.section_distance[-1] == 1


def test_textures_are_told_in_eighths(facts: StepFacts) -> None:
    assert PATTERNS[facts.pattern[0]] == "chorale"
    assert facts.pattern[40] == -1
    assert facts.onsets_x8[0].tolist() == [8, 12]
    assert facts.polyphony_x8[0].tolist() == [16, 18]


@pytest.mark.parametrize(("home", "fifth", "semitones"), [("D major", "A major", 2), ("A major", "E major", -3)])
def test_transposing_the_piece_transposes_the_facts(home: str, fifth: str, semitones: int, facts: StepFacts) -> None:
    written = facts_of(outline_in(home, fifth))
    moved = facts.transposed(semitones)
    for field in fields(StepFacts):
        np.testing.assert_array_equal(getattr(written, field.name), getattr(moved, field.name), err_msg=field.name)


def test_transposing_by_an_octave_changes_nothing(facts: StepFacts) -> None:
    for field in fields(StepFacts):
        np.testing.assert_array_equal(getattr(facts.transposed(12), field.name), getattr(facts, field.name))


def test_pieces_cut_apart_and_joined_are_the_whole(facts: StepFacts) -> None:
    joined = concatenate([facts.sliced(0, 10), facts.sliced(10, facts.num_steps)])
    for field in fields(StepFacts):
        np.testing.assert_array_equal(getattr(joined, field.name), getattr(facts, field.name))
