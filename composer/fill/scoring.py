"""A filled section → the notes of the parts: one line, several of one line each, hands, a soloist above hands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from composer.fill.particles import Filled, Stretch
from composer.fill.parts import assign_parts
from composer.fill.setting import Setting
from composer.fill.staves import cells_to_notes, split_hands
from composer.fill.themes import tune_of
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import STRUCK
from composer.score import Note


def notes_of_section(filled: Filled, stretch: Stretch, setting: Setting) -> tuple[tuple[Note, ...], int]:
    """Return the notes of a filled section, from tick 0 on, and how many nobody was free for.

    A note's `voice` is the number of its part, from 1; those of a keyboard have their staves.
    """
    if setting.is_line:
        tune = tune_of(filled.play, filled.articulate, stretch.low_pitch)
        return tuple(Note(onset, pitch, length) for onset, length, pitch in tune), 0
    notes = cells_to_notes(filled.play, filled.articulate, low_pitch=stretch.low_pitch)
    if setting.row.has_single_lines:
        assigned = assign_parts(notes, setting.row.parts, tune=_given_tune(stretch))
        parts = enumerate(assigned.parts, start=1)
        return tuple(replace(note, voice=number) for number, part in parts for note in part), len(assigned.left_out)
    if stretch.solo is None:
        return split_hands(notes, filled.upper_hand, low_pitch=stretch.low_pitch), 0
    solo = stretch.solo[stretch.lead_in_steps :]
    sung = [note for note in notes if solo[note.onset_tick // STEP_TICKS, note.pitch - stretch.low_pitch]]
    played = [note for note in notes if note not in sung]
    hands = split_hands(played, filled.upper_hand, low_pitch=stretch.low_pitch)
    return (*sung, *(replace(note, voice=2) for note in hands)), 0


def _given_tune(stretch: Stretch) -> frozenset[tuple[int, int]]:
    """Return (onset tick, pitch) of the notes of a section's tunes that were given, from tick 0 on."""
    lead, pins = stretch.lead_in_steps, stretch.pins
    code = pins.code[lead:]
    tops = code.shape[1] - 1 - (code >= STRUCK)[:, ::-1].argmax(axis=1)
    begins = np.take_along_axis(code, tops[:, None], axis=1)[:, 0] == STRUCK  # what is struck below a held tune is not
    steps = np.flatnonzero(begins & pins.has_melody[lead:])
    return frozenset((int(step) * STEP_TICKS, int(tops[step]) + stretch.low_pitch) for step in steps)
