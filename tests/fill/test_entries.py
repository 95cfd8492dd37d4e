"""Fugues and inventions as they sound: entries note for note, one voice after another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.fill.countersubjects import counterpoint_score
from composer.fill.entries import COMPASSES
from composer.fill.voiced import held_to_end, on_staves, one_at_a_time, voice_lines
from composer.plan.answer import real_answer, tonal_answer
from composer.plan.outline import phrase_places
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.plan.tunes import pinned_tune
from composer.score import LOWER_STAFF, UPPER_STAFF, Note
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

QUARTER = TICKS_PER_QUARTER
BAR = 4 * QUARTER
# C minor, WTC I.
FUGUE = """
plan: 1
form: fugue
style: bach
key: C minor
meter: "4/4"
pickup: 0
seed: 7
themes:
  subject: {bars: 2, melody: "z c/=B/ c G A c/=B/ c d | G c/=B/ c d F/G/ A2 G/F/"}
"""
INVENTION = """
plan: 1
form: invention
style: bach
key: C major
meter: "4/4"
pickup: 0
seed: 3
"""


def subject_of(plan):
    entry = plan.themes["subject"]
    tune = pinned_tune("subject", entry, key=parse_key(plan.key), meter=parse_meter(plan.meter), folder=None)
    return tune.melody


@pytest.fixture(scope="module")
def fugue(fill_text):
    return fill_text(FUGUE)


@pytest.fixture(scope="module")
def invention(fill_text):
    return fill_text(INVENTION)


def sounds(composed, melody, onset_tick) -> list[int]:
    """The octaves (in semitones) at which a whole melody sounds from a tick on."""
    score = {(note.onset_tick, note.duration_tick, note.pitch) for _, note in composed.filled.score.notes()}
    found = []
    for octave in range(-36, 37, 12):
        wanted = {(n.onset_tick + onset_tick, n.duration_tick, n.pitch + octave) for n in melody.notes}
        if wanted <= score:
            found.append(octave)
    return found


def voices_at(composed, tick) -> int:
    notes = [note for _, note in composed.filled.score.notes()]
    return sum(note.onset_tick <= tick < note.end_tick for note in notes)


def test_subject_and_answer_sound_note_for_note(fugue):
    subject = subject_of(fugue.filled.plan)
    assert sounds(fugue, subject, 0)
    assert sounds(fugue, tonal_answer(subject, parse_key("C minor")), 2 * BAR)
    assert sounds(fugue, subject, 5 * BAR)


def test_every_entry_sounds_where_the_plan_says(fugue):
    subject = subject_of(fugue.filled.plan)
    whole = 0
    for place in phrase_places(fugue.filled.plan):
        for entry in place.entry.entries or ():
            is_whole = entry.theme == "subject" and entry.theme_bars == "1-2" and not entry.transformations
            if is_whole and entry.answer is None and entry.key == "i":
                whole += 1
                assert sounds(fugue, subject, place.bar_tick + (entry.bar - 1) * BAR), (place.section.id, entry)
    assert whole >= 5  # twice in the exposition, three times in the stretto


def test_one_voice_then_two_then_three(fugue):
    ticks = range(0, 8 * BAR, QUARTER // 4)
    assert max(voices_at(fugue, tick) for tick in ticks if tick < 2 * BAR) == 1
    assert max(voices_at(fugue, tick) for tick in ticks if tick < 5 * BAR) == 2
    assert max(voices_at(fugue, tick) for tick in ticks) == 3


def test_the_dominant_is_held_before_the_stretto_and_the_tonic_beneath_the_last_entry(fugue):
    plan = fugue.filled.plan
    held = [place for place in phrase_places(plan) if place.entry.pedal is not None]
    assert [(place.section.id, place.entry.pedal) for place in held] == [("Episode3", "V"), ("Stretto", "I")]
    for place, pitch_class in zip(held, (7, 0), strict=True):
        tick = place.bar_tick + BAR // 2
        notes = [n for _, n in fugue.filled.score.notes() if n.onset_tick <= tick < n.end_tick]
        assert min(note.pitch for note in notes) % 12 == pitch_class


def test_never_more_than_three(fugue):
    end = fugue.filled.score.bars[-1].end_tick
    assert max(voices_at(fugue, tick) for tick in range(0, end, QUARTER // 4)) == 3


def test_a_composed_subject_enters_note_for_note_in_both_voices(invention):
    subject = subject_of(invention.filled.plan)
    assert len(subject.notes) >= 4
    soprano, bass = sounds(invention, subject, 0), sounds(invention, subject, 2 * BAR)
    assert soprano
    assert bass
    assert min(bass) < max(soprano)


def test_a_composed_subject_stays_within_a_tenth_and_begins_on_the_tonic_s_chord(invention):
    pitches = [note.pitch for note in subject_of(invention.filled.plan).notes]
    assert max(pitches) - min(pitches) <= 16
    assert pitches[0] % 12 in (0, 4, 7)
    assert pitches[-1] % 12 in (0, 4, 7)


def test_the_piece_that_is_built_from_the_finished_plan_is_the_same(invention, fill_plan):
    again = fill_plan(resolve(invention.filled.plan))
    assert list(again.filled.score.notes()) == list(invention.filled.score.notes())


@pytest.mark.parametrize("ensemble", ["organ", "quartet", "chorale"])
def test_a_fugue_can_be_written_for_organ_and_for_single_parts(fill_text, ensemble):
    piece = fill_text(FUGUE.replace("form:", f"ensemble: {ensemble}\nform:"))
    subject = subject_of(piece.filled.plan)
    assert sounds(piece, subject, 0)
    assert sounds(piece, subject, 5 * BAR)


def test_a_phrase_may_be_edited_without_the_others_being_touched(fugue, fill_plan):
    plan = fugue.filled.plan
    section = plan.section("Episode").model_copy(update={"take": 2})
    sections = tuple(section if other.id == "Episode" else other for other in plan.sections)
    other = fill_plan(resolve(plan.model_copy(update={"sections": sections})))
    for name in ("Exposition", "Entries", "Stretto"):
        assert fugue.notes(name) == other.notes(name)
    assert fugue.notes("Episode") != other.notes("Episode")


def test_given_notes_have_their_voice_and_others_make_room():
    voices = {name: COMPASSES[name] for name in ("soprano", "alto")}
    notes = [Note(0, 72, QUARTER), Note(0, 64, QUARTER), Note(QUARTER, 65, QUARTER)]
    lines = voice_lines(notes, voices, {"soprano": [(0, QUARTER, 64)]})
    assert [note.pitch for note in lines["soprano"] if note.onset_tick == 0] == [64]
    assert {note.pitch for line in lines.values() for note in line} == {64, 65, 72}


NOTES = st.lists(
    st.builds(
        lambda onset, pitch, length: Note(onset * QUARTER // 4, pitch, length * QUARTER // 4),
        st.integers(0, 15),
        st.integers(40, 80),
        st.integers(1, 6),
    ),
    max_size=20,
    unique_by=lambda note: (note.onset_tick, note.pitch),
)


@settings(max_examples=30, deadline=None)
@given(NOTES, st.sampled_from(["soprano", "alto", "bass"]))
def test_entries_are_never_lost_and_no_voice_sounds_two_notes(notes, voice):
    entry = [(0, QUARTER, 62), (QUARTER, QUARTER // 2, 64), (2 * QUARTER, QUARTER, 60)]
    whole = [*notes, *(Note(onset, pitch, length) for onset, length, pitch in entry)]
    voices = {name: COMPASSES[name] for name in ("soprano", "alto", "bass")}
    lines = {name: one_at_a_time(line) for name, line in voice_lines(whole, voices, {voice: entry}).items()}
    assert {(n.onset_tick, n.duration_tick, n.pitch) for n in lines[voice]} >= set(entry)
    for line in lines.values():
        assert all(one.end_tick <= later.onset_tick for one, later in pairwise(line))
    given_notes = {(n.onset_tick, n.pitch) for n in whole}
    assert all((n.onset_tick, n.pitch) in given_notes for line in lines.values() for n in line)


def test_the_left_hand_plays_the_alto_while_it_has_no_bass_or_reaches_both():
    lines = {
        "soprano": [Note(0, 79, BAR)],
        "alto": [Note(0, 60, QUARTER), Note(QUARTER, 60, QUARTER), Note(2 * QUARTER, 72, QUARTER)],
        "bass": [Note(QUARTER, 52, 2 * QUARTER)],
    }
    staves = [note.staff for note in on_staves(lines) if note.pitch in (60, 72)]
    assert staves == [LOWER_STAFF, LOWER_STAFF, UPPER_STAFF]


def test_a_voice_alone_is_the_right_hand_s_until_another_enters_above():
    lines = {"soprano": [Note(BAR, 74, BAR)], "alto": [Note(tick, 67, QUARTER) for tick in range(0, 2 * BAR, QUARTER)]}
    staves = [note.staff for note in on_staves(lines) if note.pitch == 67]
    assert staves == [UPPER_STAFF] * 4 + [LOWER_STAFF] * 4


def test_the_last_chord_is_held_and_nothing_follows_it():
    lines = {"soprano": (Note(0, 72, QUARTER), Note(QUARTER, 74, QUARTER)), "bass": (Note(0, 48, QUARTER),)}
    held = held_to_end(lines, 0, BAR)
    assert held == {"soprano": (Note(0, 72, BAR),), "bass": (Note(0, 48, BAR),)}


def test_the_inner_voice_adds_the_third_to_the_last_chord():
    lines = {
        "soprano": (Note(QUARTER, 72, QUARTER),),
        "alto": (Note(0, 65, QUARTER),),
        "bass": (Note(QUARTER, 48, QUARTER),),
    }
    held = held_to_end(lines, QUARTER, BAR, (0, 4, 7))
    assert held["alto"][-1] == Note(QUARTER, 64, 3 * QUARTER)


def test_the_countersubject_sounds_with_the_answer_and_later_with_the_subject(fugue):
    plan = fugue.filled.plan
    tune = pinned_tune(
        "countersubject", plan.themes["countersubject"], key=parse_key("C minor"), meter=parse_meter("4/4"), folder=None
    ).melody
    assert len(tune.notes) >= 4
    assert sounds(fugue, real_answer(tune), 2 * BAR)
    assert sounds(fugue, tune, 5 * BAR)


def test_counterpoint_prefers_thirds_to_fifths_in_a_row():
    lower = [(beat * QUARTER, QUARTER, 60 + beat) for beat in range(4)]
    thirds = [(onset, length, pitch + 16) for onset, length, pitch in lower]
    fifths = [(onset, length, pitch + 19) for onset, length, pitch in lower]
    scores = [counterpoint_score(line, lower, beat_ticks=QUARTER, end_tick=BAR) for line in (thirds, fifths)]
    assert scores[0] > scores[1] + 2


def test_counterpoint_prefers_lines_that_move_apart():
    lower = [(beat * QUARTER, QUARTER, 60) for beat in range(4)]
    together = [(beat * QUARTER, QUARTER, 64) for beat in range(4)]
    between = [(0, QUARTER // 2, 64), *((beat * QUARTER - QUARTER // 2, QUARTER, 64) for beat in range(1, 4))]
    scores = [counterpoint_score(line, lower, beat_ticks=QUARTER, end_tick=BAR) for line in (together, between)]
    assert scores[1] > scores[0]


def test_a_plan_without_entries_tells_no_voices_apart():
    plan = resolve(parse_plan(FUGUE.replace("form: fugue", "form: binary")))
    assert all(section.voices is None for section in plan.sections)
