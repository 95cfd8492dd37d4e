"""StepFacts, pins and reference bars → the network's input arrays, with named widths.

What it is: the features of the network that do not depend on sampled notes (those that do, vicinity and context, are in
`network/features.py`). The same function serves training and composing, so both see the same facts.

Conventions: `NOTE_LAYOUT` and `STEP_LAYOUT` name each block and its width, in order; the card of a network stores them
and loading compares. Conditions belong to `GROUPS`; a group that is dropped is all zeros, its `known` bit included:
so the network tells "absent" from any value.

Contents: `NOTE_LAYOUT`, `STEP_LAYOUT`, `GROUPS`, `note_inputs`, `step_inputs`, `voices_target`.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from composer.outline import PATTERNS
from composer.roll.facts import CADENCES, FAR, StepFacts
from composer.roll.grid import LOWEST_PITCH, NUM_PITCHES
from composer.roll.pins import HELD, SILENT, STRUCK, Pins
from composer.roll.reference import NUM_LEVELS, Reference

FloatArray = NDArray[np.float32]

# Conditions that can be dropped apart from each other; the meter is always known.
GROUPS = ("key", "chord", "phrase", "section", "place", "texture")

NOTE_LAYOUT: tuple[tuple[str, int], ...] = (
    ("position", 1),
    ("pitch_class", 12),
    ("degree", 12),  # above the local tonic
    ("in_scale", 1),
    ("next_key", 2),  # tonic of, and in the scale of the next local key
    ("chord_now", 3),  # member, root, bass
    ("chord_next", 3),
    ("pin_now", 4),  # free, silent, struck, held
    ("pin_soon", 3),  # struck or held at the next step; struck at the next pinned onset
    ("pinned_now", 12),  # pinned pitch classes that sound now, counted up from this note's own
    ("pinned_next", 12),  # those struck at the next pinned onset
    ("pin_distance", 4),  # nearness of the next pinned note above and below: now, and at the next pinned onset
    ("reference", 4),  # reference bar: play and articulate, now and at the next step
)
STEP_LAYOUT: tuple[tuple[str, int], ...] = (
    ("place_in_beat", 6),
    ("division", 3),  # steps a beat: 2, 4, 6
    ("beat", 4),
    ("beats_in_bar", 4),  # 2, 3, 4, other
    ("strength", 5),
    ("bar_phase", 2),
    ("key", 6),  # known, major, minor; nearness of the change, next major, next minor
    ("chord", 4),  # known, begins now, nearness of the next chord (two scales)
    ("phrase", 6),  # known, steps to its end and from its start on several scales
    ("cadence", 10),  # known, kind, nearness of its last chord, reached
    ("section", 4),
    ("place", 4),  # known, opening, middle, closing
    ("texture", 6),  # known, onsets a beat (lower, upper), notes at once (lower, upper), known pattern
    ("pattern", len(PATTERNS)),
    ("pins", 4),  # anything pinned now, melody pinned, bass pinned, nearness of the next pinned onset
    ("reference_level", NUM_LEVELS),  # none, then five classes of likeness
    ("reference_rhythm", 5),  # heard alone; it strikes its top line, anything else: now and at the next step
)
NOTE_WIDTH = sum(width for _, width in NOTE_LAYOUT)
STEP_WIDTH = sum(width for _, width in STEP_LAYOUT)
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 9, 10, 11)  # natural, with the raised 6 and 7


def note_inputs(
    facts: StepFacts,
    pins: Pins,
    reference: Reference,
    *,
    low_pitch: int = LOWEST_PITCH,
    num_pitches: int = NUM_PITCHES,
    dropped: Collection[str] = (),
) -> FloatArray:
    """Return the inputs of each note.

    Args:
        facts: of the steps to predict.
        pins: arrays [step, pitch] over the same steps and pitches.
        reference: likewise.
        low_pitch: MIDI number of pitch index 0.
        num_pitches: pitches in the window.
        dropped: names of `GROUPS` that are not told.

    Returns:
        float32 [step, pitch, NOTE_WIDTH].
    """
    num_steps = facts.num_steps
    out = np.zeros((num_steps, num_pitches, NOTE_WIDTH), np.float32)
    blocks = _views(out, NOTE_LAYOUT)
    midi = low_pitch + np.arange(num_pitches)
    pitch_class = midi % 12
    blocks["position"][..., 0] = (midi - 60) / 24.0
    blocks["pitch_class"][:] = np.eye(12, dtype=np.float32)[pitch_class]
    if "key" not in dropped:
        _key_blocks(blocks, facts, pitch_class)
    if "chord" not in dropped:
        now = (facts.chord_members, facts.chord_root, facts.chord_bass)
        following = (facts.next_members, facts.next_root, facts.next_bass)
        for name, (members, root, bass) in (("chord_now", now), ("chord_next", following)):
            block = blocks[name]
            block[..., 0] = members[:, None] >> pitch_class[None, :] & 1
            block[..., 1] = root[:, None] == pitch_class[None, :]
            block[..., 2] = bass[:, None] == pitch_class[None, :]
    _pin_blocks(blocks, pins, pitch_class)
    block = blocks["reference"]
    block[..., 0], block[..., 1] = reference.play, reference.articulate
    block[:-1, :, 2], block[:-1, :, 3] = reference.play[1:], reference.articulate[1:]
    return out


def step_inputs(facts: StepFacts, pins: Pins, reference: Reference, *, dropped: Collection[str] = ()) -> FloatArray:
    """Return the inputs that all notes of a step share: float32 [step, STEP_WIDTH]; arguments as `note_inputs`."""
    out = np.zeros((facts.num_steps, STEP_WIDTH), np.float32)
    blocks = _views(out, STEP_LAYOUT)
    _meter_blocks(blocks, facts)
    if "key" not in dropped:
        known = facts.tonic >= 0
        block = blocks["key"]
        block[:, 0], block[:, 1], block[:, 2] = known, known & (facts.mode == 0), known & (facts.mode == 1)
        block[:, 3] = _nearness(facts.key_distance, 16)
        block[:, 4], block[:, 5] = facts.next_mode == 0, facts.next_mode == 1
    if "chord" not in dropped:
        block = blocks["chord"]
        block[:, 0], block[:, 1] = facts.chord_root >= 0, facts.chord_age == 0
        block[:, 2], block[:, 3] = _nearness(facts.chord_distance, 2), _nearness(facts.chord_distance, 8)
    if "phrase" not in dropped:
        block = blocks["phrase"]
        block[:, 0] = facts.phrase_distance >= 0
        block[:, 1], block[:, 2] = _nearness(facts.phrase_distance, 4), _nearness(facts.phrase_distance, 16)
        block[:, 3], block[:, 4] = _nearness(facts.phrase_distance, 64), _nearness(facts.phrase_age, 4)
        block[:, 5] = _nearness(facts.phrase_age, 32)
        block = blocks["cadence"]
        block[:, 0] = facts.cadence >= 0
        block[:, 1 : 1 + len(CADENCES)] = facts.cadence[:, None] == np.arange(len(CADENCES))
        block[:, 8], block[:, 9] = _nearness(facts.cadence_distance, 6), facts.cadence_distance == 0
    if "section" not in dropped:
        block = blocks["section"]
        block[:, 0] = facts.section_distance >= 0
        block[:, 1], block[:, 2] = _nearness(facts.section_distance, 8), _nearness(facts.section_distance, 64)
        block[:, 3] = _nearness(facts.section_age, 16)
    if "place" not in dropped:
        block = blocks["place"]
        block[:, 0] = facts.place >= 0
        block[:, 1:] = facts.place[:, None] == np.arange(3)
    if "texture" not in dropped:
        known = facts.onsets_x8[:, 0] >= 0
        block = blocks["texture"]
        block[:, 0] = known
        block[:, 1:3] = np.where(known[:, None], facts.onsets_x8 / 32.0, 0)
        block[:, 3:5] = np.maximum(facts.polyphony_x8, 0) / 32.0
        block[:, 5] = facts.pattern > 0
        blocks["pattern"][:] = facts.pattern[:, None] == np.arange(len(PATTERNS))
    block = blocks["pins"]
    block[:, 0] = (pins.code >= STRUCK).any(axis=1)
    block[:, 1], block[:, 2] = pins.has_melody, pins.has_bass
    block[:, 3] = _nearness(pins.steps_to_onset, 4)
    blocks["reference_level"][:] = reference.level[:, None] == np.arange(NUM_LEVELS)
    block = blocks["reference_rhythm"]
    block[:, 0] = reference.rhythm_only
    block[:, 1:3] = reference.rhythm
    block[:-1, 3:] = reference.rhythm[1:]
    return out


def voices_target(facts: StepFacts, *, dropped: Collection[str] = ()) -> FloatArray:
    """Return the planned number of notes at once and whether it is known: float32 [step, 2]."""
    out = np.zeros((facts.num_steps, 2), np.float32)
    if "texture" not in dropped:
        known = facts.polyphony_x8[:, 0] >= 0
        out[:, 0] = np.where(known, facts.polyphony_x8.sum(axis=1) / 8.0, 0)
        out[:, 1] = known
    return out


def _views(out: FloatArray, layout: tuple[tuple[str, int], ...]) -> dict[str, FloatArray]:
    """Return a view of each named block of the last axis."""
    views, start = {}, 0
    for name, width in layout:
        views[name] = out[..., start : start + width]
        start += width
    return views


def _nearness(distance: NDArray[np.int16], scale: float) -> FloatArray:
    """Return exp(-distance / scale), and 0 where the distance is not known or far."""
    near = np.exp(-distance / scale)
    return np.where((distance < 0) | (distance >= FAR), 0.0, near).astype(np.float32)


def _key_blocks(blocks: dict[str, FloatArray], facts: StepFacts, pitch_class: NDArray[np.int_]) -> None:
    scales = np.zeros((2, 12), np.float32)
    scales[0, list(_MAJOR_SCALE)] = 1
    scales[1, list(_MINOR_SCALE)] = 1
    known = (facts.tonic >= 0)[:, None]
    degree = (pitch_class[None, :] - facts.tonic[:, None]) % 12
    blocks["degree"][:] = np.eye(12, dtype=np.float32)[degree] * known[..., None]
    blocks["in_scale"][..., 0] = scales[np.maximum(facts.mode, 0)[:, None], degree] * known
    coming = (facts.next_tonic >= 0)[:, None]
    degree = (pitch_class[None, :] - facts.next_tonic[:, None]) % 12
    blocks["next_key"][..., 0] = (degree == 0) & coming
    blocks["next_key"][..., 1] = scales[np.maximum(facts.next_mode, 0)[:, None], degree] * coming


def _pin_blocks(blocks: dict[str, FloatArray], pins: Pins, pitch_class: NDArray[np.int_]) -> None:
    code = pins.code
    blocks["pin_now"][:] = code[..., None] == np.arange(4)
    sounding = code >= STRUCK
    if not (sounding.any() or pins.next_struck.any()):
        return
    soon = blocks["pin_soon"]
    soon[:-1, :, 0], soon[:-1, :, 1] = code[1:] == STRUCK, code[1:] == HELD
    soon[..., 2] = pins.next_struck
    for name, cells in (("pinned_now", sounding), ("pinned_next", pins.next_struck)):
        classes = np.zeros((len(code), 12), np.float32)  # [step, pitch class]
        for index in range(12):
            classes[:, index] = cells[:, pitch_class == index].any(axis=1)
        turned = (pitch_class[:, None] + np.arange(12)[None, :]) % 12  # [pitch, interval above it]
        blocks[name][:] = classes[:, turned]
    for offset, cells in ((0, sounding), (2, pins.next_struck)):
        above, below = _distances(cells)
        blocks["pin_distance"][..., offset] = np.where(above > 0, 4.0 / (3.0 + above), 0)
        blocks["pin_distance"][..., offset + 1] = np.where(below > 0, 4.0 / (3.0 + below), 0)


def _distances(cells: NDArray[np.bool_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Return the semitones up and down to the nearest True cell of the same step, 0 where there is none."""
    num_pitches = cells.shape[1]
    index = np.arange(num_pitches)
    lowest_seen = np.where(cells, index, -1)
    below_index = np.concatenate(
        [np.full((len(cells), 1), -1), np.maximum.accumulate(lowest_seen, axis=1)[:, :-1]], axis=1
    )
    highest_seen = np.where(cells, index, num_pitches)
    reversed_min = np.minimum.accumulate(highest_seen[:, ::-1], axis=1)[:, ::-1]
    above_index = np.concatenate([reversed_min[:, 1:], np.full((len(cells), 1), num_pitches)], axis=1)
    above = np.where(above_index < num_pitches, above_index - index, 0)
    below = np.where(below_index >= 0, index - below_index, 0)
    return above, below


def _meter_blocks(blocks: dict[str, FloatArray], facts: StepFacts) -> None:
    in_beat = facts.step_in_bar % facts.steps_in_beat
    beat = facts.step_in_bar // facts.steps_in_beat
    beats = facts.steps_in_bar // facts.steps_in_beat
    blocks["place_in_beat"][:] = np.minimum(in_beat, 5)[:, None] == np.arange(6)
    blocks["division"][:] = facts.steps_in_beat[:, None] == np.array([2, 4, 6])
    blocks["beat"][:] = np.minimum(beat, 3)[:, None] == np.arange(4)
    blocks["beats_in_bar"][:, :3] = beats[:, None] == np.array([2, 3, 4])
    blocks["beats_in_bar"][:, 3] = (beats < 2) | (beats > 4)
    blocks["strength"][:] = facts.strength[:, None] == np.arange(5)
    angle = 2 * np.pi * facts.step_in_bar / np.maximum(facts.steps_in_bar, 1)
    blocks["bar_phase"][:, 0], blocks["bar_phase"][:, 1] = np.sin(angle), np.cos(angle)


__all__ = [
    "GROUPS",
    "HELD",
    "NOTE_LAYOUT",
    "NOTE_WIDTH",
    "SILENT",
    "STEP_LAYOUT",
    "STEP_WIDTH",
    "STRUCK",
    "note_inputs",
    "step_inputs",
    "voices_target",
]
