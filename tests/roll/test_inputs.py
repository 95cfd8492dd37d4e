"""The network's inputs: against a slow loop, in every key, and with anything left untold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from composer.outline import PATTERNS, ChordSpan, KeySpan, Outline, PhraseSpan, SectionSpan, TextureSpan
from composer.roll.facts import CADENCES, FAR, StepFacts, facts_of
from composer.roll.inputs import (
    GROUPS,
    HELD,
    NOTE_LAYOUT,
    NOTE_WIDTH,
    SILENT,
    STEP_LAYOUT,
    STEP_WIDTH,
    STRUCK,
    note_inputs,
    step_inputs,
    voices_target,
)
from composer.roll.pins import Pins, make_pins, no_pins
from composer.roll.reference import Reference, no_reference, place_reference, rhythm_of
from composer.score import make_bars
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

BAR = 3 * 4 * 2520  # 3/4
LOW, WIDTH = 50, 30
MAJOR, MINOR = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 9, 10, 11}


def outline(first: str = "G major", second: str = "E minor") -> Outline:
    keys = parse_key(first), parse_key(second)
    return Outline(
        make_bars(parse_meter("3/4"), 3, pickup_tick=2520 * 4),
        keys=(KeySpan(0, 2 * BAR, keys[0]), KeySpan(2 * BAR, 4 * BAR, keys[1])),
        chords=(
            ChordSpan(0, BAR, parse_chord("I6", "major"), keys[0]),
            ChordSpan(BAR, 2 * BAR, parse_chord("V7", "major"), keys[0]),
            ChordSpan(2 * BAR, 3 * BAR, parse_chord("i", "minor"), keys[1]),
        ),
        phrases=(PhraseSpan(0, 2 * BAR, Cadence.HC, BAR), PhraseSpan(2 * BAR, 4 * BAR, Cadence.PAC, 3 * BAR)),
        sections=(SectionSpan(0, 4 * BAR, "A", "A"),),
        textures=(TextureSpan(0, 2 * BAR, "walking", (1.0, 2.0), (1.0, 2.0)),),
    )


FACTS = facts_of(outline())
STEPS = FACTS.num_steps


def some_pins(seed: int = 1) -> Pins:
    """Scattered struck, held and silent cells."""
    random = np.random.default_rng(seed).random((STEPS, WIDTH))
    code = np.select([random < 0.02, random < 0.05, random < 0.1], [STRUCK, HELD, SILENT], 0).astype(np.int8)
    code[-6:] = 0  # nothing more to come
    steps = np.arange(STEPS) % 5 == 0
    return make_pins(code, has_melody=steps, has_bass=~steps)


def some_reference() -> Reference:
    random = np.random.default_rng(2).random((2, STEPS, WIDTH)) < 0.1
    play, articulate = random[0] | random[1], random[0]
    level = (np.arange(STEPS) % 6).astype(np.int8)
    return Reference(play, articulate, rhythm_of(play, articulate), np.zeros(STEPS, bool), level)


def named(values: np.ndarray, layout: tuple[tuple[str, int], ...]) -> dict[str, np.ndarray]:
    """Each block of a vector by its name."""
    blocks, start = {}, 0
    for name, width in layout:
        blocks[name], start = values[..., start : start + width], start + width
    return blocks


def near(distance: int, scale: float) -> float:
    return 0.0 if distance < 0 or distance >= FAR else math.exp(-distance / scale)


def slow_note(facts: StepFacts, pins: Pins, reference: Reference, step: int, pitch: int) -> list[float]:
    """The inputs of one note, said one by one."""
    midi = LOW + pitch
    own = midi % 12
    tonic, next_tonic = int(facts.tonic[step]), int(facts.next_tonic[step])
    scale, next_scale = (MINOR if mode[step] == 1 else MAJOR for mode in (facts.mode, facts.next_mode))
    values = [(midi - 60) / 24]
    values += [float(own == pc) for pc in range(12)]
    values += [float(tonic >= 0 and (own - tonic) % 12 == degree) for degree in range(12)]
    values += [float(tonic >= 0 and (own - tonic) % 12 in scale)]
    values += [float(next_tonic == own), float(next_tonic >= 0 and (own - next_tonic) % 12 in next_scale)]
    for members, root, bass in (
        (facts.chord_members, facts.chord_root, facts.chord_bass),
        (facts.next_members, facts.next_root, facts.next_bass),
    ):
        values += [float(bool(int(members[step]) & 1 << own)), float(root[step] == own), float(bass[step] == own)]
    code = pins.code[step, pitch]
    values += [float(code == kind) for kind in (0, SILENT, STRUCK, HELD)]
    soon = pins.code[step + 1, pitch] if step + 1 < STEPS else 0
    values += [float(soon == STRUCK), float(soon == HELD), float(pins.next_struck[step, pitch])]
    rows = (pins.code[step] >= STRUCK, pins.next_struck[step])
    for row in rows:
        classes = {(LOW + index) % 12 for index in np.flatnonzero(row)}
        values += [float((own + interval) % 12 in classes) for interval in range(12)]
    for row in rows:
        above = [index - pitch for index in np.flatnonzero(row) if index > pitch]
        below = [pitch - index for index in np.flatnonzero(row) if index < pitch]
        values += [4 / (3 + min(gaps)) if gaps else 0.0 for gaps in (above, below)]
    for at in (step, step + 1):
        inside = at < STEPS
        values += [float(inside and cells[at, pitch]) for cells in (reference.play, reference.articulate)]
    return values


def slow_step(facts: StepFacts, pins: Pins, reference: Reference, step: int) -> list[float]:
    """The inputs that all notes of a step share, said one by one."""
    place, in_beat, in_bar = (int(a[step]) for a in (facts.step_in_bar, facts.steps_in_beat, facts.steps_in_bar))
    beats = in_bar // in_beat
    values = [float(min(place % in_beat, 5) == index) for index in range(6)]
    values += [float(in_beat == steps) for steps in (2, 4, 6)]
    values += [float(min(place // in_beat, 3) == index) for index in range(4)]
    values += [float(beats == number) for number in (2, 3, 4)] + [float(beats not in (2, 3, 4))]
    values += [float(facts.strength[step] == level) for level in range(5)]
    values += [math.sin(2 * math.pi * place / in_bar), math.cos(2 * math.pi * place / in_bar)]
    key = int(facts.mode[step]) if facts.tonic[step] >= 0 else -1
    values += [float(key >= 0), float(key == 0), float(key == 1), near(facts.key_distance[step], 16)]
    values += [float(facts.next_mode[step] == mode) for mode in (0, 1)]
    values += [float(facts.chord_root[step] >= 0), float(facts.chord_age[step] == 0)]
    values += [near(facts.chord_distance[step], scale) for scale in (2, 8)]
    values += [float(facts.phrase_distance[step] >= 0)]
    values += [near(facts.phrase_distance[step], scale) for scale in (4, 16, 64)]
    values += [near(facts.phrase_age[step], scale) for scale in (4, 32)]
    values += [float(facts.cadence[step] >= 0)]
    values += [float(facts.cadence[step] == kind) for kind in range(len(CADENCES))]
    values += [near(facts.cadence_distance[step], 6), float(facts.cadence_distance[step] == 0)]
    values += [float(facts.section_distance[step] >= 0)]
    values += [near(facts.section_distance[step], scale) for scale in (8, 64)] + [near(facts.section_age[step], 16)]
    values += [float(facts.place[step] >= 0)] + [float(facts.place[step] == kind) for kind in range(3)]
    values += [float(facts.onsets_x8[step, 0] >= 0)]
    values += [max(0, int(value)) / 32 for value in (*facts.onsets_x8[step], *facts.polyphony_x8[step])]
    values += [float(facts.pattern[step] > 0)] + [float(facts.pattern[step] == kind) for kind in range(len(PATTERNS))]
    values += [float((pins.code[step] >= STRUCK).any()), float(pins.has_melody[step]), float(pins.has_bass[step])]
    values += [near(pins.steps_to_onset[step], 4)]
    values += [float(reference.level[step] == level) for level in range(6)]
    values += [float(reference.rhythm_only[step]), *(float(struck) for struck in reference.rhythm[step])]
    return values + [step + 1 < STEPS and float(struck) for struck in reference.rhythm[min(step + 1, STEPS - 1)]]


def test_notes_are_told_what_a_slow_loop_says() -> None:
    pins, reference = some_pins(), some_reference()
    found = note_inputs(FACTS, pins, reference, low_pitch=LOW, num_pitches=WIDTH)
    assert found.shape == (STEPS, WIDTH, NOTE_WIDTH)
    assert found.dtype == np.float32
    right = [[slow_note(FACTS, pins, reference, step, pitch) for pitch in range(WIDTH)] for step in range(STEPS)]
    np.testing.assert_allclose(found, np.array(right), atol=1e-6)


def test_steps_are_told_what_a_slow_loop_says() -> None:
    pins, reference = some_pins(), some_reference()
    found = step_inputs(FACTS, pins, reference)
    assert found.shape == (STEPS, STEP_WIDTH)
    right = [slow_step(FACTS, pins, reference, step) for step in range(STEPS)]
    np.testing.assert_allclose(found, np.array(right), atol=1e-6)


@pytest.mark.parametrize(("first", "second", "semitones"), [("A major", "F# minor", 2), ("D major", "B minor", -5)])
def test_a_piece_in_another_key_is_the_same_problem_moved(first: str, second: str, semitones: int) -> None:
    pins, reference = some_pins(), some_reference()
    written = note_inputs(FACTS, pins, reference, low_pitch=LOW, num_pitches=WIDTH)
    facts = facts_of(outline(first, second))
    moved = note_inputs(facts, pins, reference, low_pitch=LOW + semitones, num_pitches=WIDTH)
    before, after = named(written, NOTE_LAYOUT), named(moved, NOTE_LAYOUT)
    for name in before:
        if name not in ("position", "pitch_class"):
            np.testing.assert_array_equal(before[name], after[name], err_msg=name)
    np.testing.assert_array_equal(np.roll(before["pitch_class"], semitones, axis=-1), after["pitch_class"])
    np.testing.assert_allclose(after["position"] - before["position"], semitones / 24, atol=1e-6)
    np.testing.assert_array_equal(step_inputs(facts, pins, reference), step_inputs(FACTS, pins, reference))


TOLD_BY = {
    "key": ("degree", "in_scale", "next_key", "key"),
    "chord": ("chord_now", "chord_next", "chord"),
    "phrase": ("phrase", "cadence"),
    "section": ("section",),
    "place": ("place",),
    "texture": ("texture", "pattern"),
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_that_is_not_told_is_all_zeros_and_the_others_stay(group: str) -> None:
    pins, reference = some_pins(), some_reference()
    for make, layout in ((_notes, NOTE_LAYOUT), (step_inputs, STEP_LAYOUT)):
        full = named(make(FACTS, pins, reference), layout)
        without = named(make(FACTS, pins, reference, dropped={group}), layout)
        for name, _ in layout:
            if name in TOLD_BY[group]:
                assert full[name].any(), f"the fixture says nothing of {name}"
                assert not without[name].any(), name
            else:
                np.testing.assert_array_equal(without[name], full[name], err_msg=name)


def _notes(facts: StepFacts, pins: Pins, reference: Reference, *, dropped: set[str] | tuple[()] = ()) -> np.ndarray:
    return note_inputs(facts, pins, reference, low_pitch=LOW, num_pitches=WIDTH, dropped=dropped)


def test_facts_that_nobody_knows_are_told_like_a_dropped_group() -> None:
    nothing = facts_of(Outline(outline().bars))
    pins, reference = no_pins(STEPS, WIDTH), no_reference(STEPS, WIDTH)
    for make in (_notes, step_inputs):
        np.testing.assert_array_equal(make(nothing, pins, reference), make(FACTS, pins, reference, dropped=set(GROUPS)))
    assert not voices_target(nothing).any()


def test_a_later_pin_is_heard_though_none_sounds_now() -> None:
    code = np.zeros((8, WIDTH), np.int8)
    code[6, 10] = STRUCK
    early = make_pins(code).sliced(0, 3)
    blocks = named(
        note_inputs(FACTS.sliced(0, 3), early, no_reference(3, WIDTH), low_pitch=LOW, num_pitches=WIDTH), NOTE_LAYOUT
    )
    assert blocks["pin_soon"][:, 10, 2].all()
    assert blocks["pinned_next"][:, 10, 0].all()
    assert blocks["pin_distance"][0, 9, 2] == 1.0, "the nearest pin above is a semitone away"
    assert not blocks["pinned_now"].any()


def test_the_future_of_pins_and_references_is_heard_no_further_than_said() -> None:
    pins, reference = some_pins(), some_reference()
    changed = reference.sliced(0, STEPS)
    changed = replace(changed, **{name: getattr(changed, name).copy() for name in ("play", "articulate", "level")})
    changed.play[20:], changed.articulate[20:], changed.level[20:] = True, True, 5
    before, after = _notes(FACTS, pins, reference), _notes(FACTS, pins, changed)
    np.testing.assert_array_equal(before[:19], after[:19])
    assert (before[19] != after[19]).any(), "the next step of the reference is heard"


def test_a_rhythm_alone_is_heard_by_all_notes_and_says_so() -> None:
    reference = no_reference(STEPS, WIDTH)
    cells = np.zeros((4, WIDTH), bool)
    cells[[0, 2], 25] = cells[[0, 3], 20] = True  # the top line on the first and third step, another on the last
    place_reference(reference, slice(8, 12), cells, cells, shift=0, level=4, rhythm_only=True)
    blocks = named(step_inputs(FACTS, no_pins(STEPS, WIDTH), reference), STEP_LAYOUT)
    assert not named(_notes(FACTS, no_pins(STEPS, WIDTH), reference), NOTE_LAYOUT)["reference"].any()
    assert blocks["reference_rhythm"][7].tolist() == [0, 0, 0, 1, 1], "only the next step is heard ahead"
    assert blocks["reference_rhythm"][8:12].tolist() == [
        [1, 1, 1, 0, 0],
        [1, 0, 0, 1, 0],
        [1, 1, 0, 1, 0],
        [1, 1, 0, 0, 0],
    ], "what is highest at its moment is the top line"
    assert blocks["reference_level"][8:12, 4].all()


def test_voices_are_counted_where_the_texture_is_known() -> None:
    target = voices_target(FACTS)
    assert target.shape == (STEPS, 2)
    assert target[0].tolist() == [3.0, 1.0]
    assert target[-1].tolist() == [0.0, 0.0]
    assert not voices_target(FACTS, dropped=("texture",)).any()


def test_widths_are_those_of_the_layouts() -> None:
    assert sum(width for _, width in NOTE_LAYOUT) == NOTE_WIDTH
    assert sum(width for _, width in STEP_LAYOUT) == STEP_WIDTH
    assert set(TOLD_BY) == set(GROUPS)
