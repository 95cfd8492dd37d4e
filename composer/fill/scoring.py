"""A filled section → the notes of the parts: one line, several of one line each, hands, a soloist above hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from composer.fill.entries import entered_voices, voice_compass
from composer.fill.given import Sounding
from composer.fill.goals import last_chord
from composer.fill.local import Local
from composer.fill.particles import Filled, Stretch
from composer.fill.parts import assign_parts
from composer.fill.recall import ComposedTheme
from composer.fill.setting import Setting
from composer.fill.staves import cells_to_notes, split_hands
from composer.fill.themes import tune_of
from composer.fill.unisons import doubled
from composer.fill.voiced import held_to_end, on_staves, one_at_a_time, voice_lines
from composer.plan.model import VOICES, SectionEntry
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
        lines = doubled(assigned.parts, setting.row.parts) if setting.row.is_choir else assigned.parts
        parts = enumerate(lines, start=1)
        return tuple(replace(note, voice=number) for number, part in parts for note in part), len(assigned.left_out)
    if stretch.solo is None:
        given = _given_tune(stretch)
        return split_hands(notes, filled.upper_hand, low_pitch=stretch.low_pitch, tune=given), 0
    solo = stretch.solo[stretch.lead_in_steps :]
    sung = [note for note in notes if solo[note.onset_tick // STEP_TICKS, note.pitch - stretch.low_pitch]]
    played = [note for note in notes if note not in sung]
    hands = split_hands(played, filled.upper_hand, low_pitch=stretch.low_pitch)
    return (*sung, *(replace(note, voice=2) for note in hands)), 0


def voiced_notes(
    filled: Filled,
    stretch: Stretch,
    local: Local,
    section: SectionEntry,
    themes: Mapping[str, ComposedTheme],
    setting: Setting,
) -> tuple[Note, ...]:
    """Return the notes of a filled section in which voices are told apart, from tick 0 on: a line for each voice.

    What there is no voice for is left out. Parts and staves as of `notes_of_section`.
    """
    notes = cells_to_notes(filled.play, filled.articulate, low_pitch=stretch.low_pitch)
    origin = local.origin_tick + local.start_tick
    found: dict[str, list[Note]] = {voice: [] for voice in VOICES if voice in (section.voices or ())}
    places = [place for place in setting.places if place.section.id == section.id]
    for place in places:
        entries: dict[str, list[Sounding]] = {}
        for entry in entered_voices(place, themes, setting):
            moved = [_on_grid(onset - origin, length, pitch) for onset, length, pitch in entry.notes]
            entries.setdefault(entry.voice, []).extend(moved)
        here = [note for note in notes if place.start_tick <= note.onset_tick + origin < place.end_tick]
        sounding: list[str] = [voice for voice in VOICES if voice in (place.entry.voices or ())]
        voices = {voice: voice_compass(voice, setting) for voice in sounding}
        for voice, own in zip((sounding[0], sounding[-1]), _given_outside(here, entries, stretch), strict=True):
            entries.setdefault(voice, []).extend(own)
        for voice, line in voice_lines(here, voices, entries, keeps_compass=setting.row.has_single_lines).items():
            found.setdefault(voice, []).extend(line)
    lines = {voice: one_at_a_time(line) for voice, line in found.items()}
    place = places[-1]
    closing = last_chord(place, setting) if place is setting.places[-1] else None
    if closing is not None:
        tick, chord, key = closing
        lines = held_to_end(lines, tick - origin, place.end_tick - origin, chord.pitch_classes(key))
    if not setting.row.has_single_lines:
        return on_staves(lines)
    number = {voice: _part_of(voice, setting) for voice in lines}
    return tuple(replace(note, voice=number[voice]) for voice, line in lines.items() for note in line)


def _given_outside(
    notes: Sequence[Note], entries: Mapping[str, Sequence[Sounding]], stretch: Stretch
) -> tuple[list[Sounding], list[Sounding]]:
    """Return the given notes on top and in the bass that no entry has: of a cadence, of a pedal."""
    entered = {(onset, pitch) for own in entries.values() for onset, _, pitch in own}
    top: list[Sounding] = []
    bottom: list[Sounding] = []
    for note in notes:
        step = note.onset_tick // STEP_TICKS + stretch.lead_in_steps
        row, place = stretch.pins.code[step], note.pitch - stretch.low_pitch
        if row[place] != STRUCK or (note.onset_tick, note.pitch) in entered:
            continue
        inside = np.flatnonzero(row >= STRUCK)
        if stretch.pins.has_bass[step] and place == inside[0]:
            bottom.append((note.onset_tick, note.duration_tick, note.pitch))
        elif stretch.pins.has_melody[step] and place == inside[-1]:
            top.append((note.onset_tick, note.duration_tick, note.pitch))
    return top, bottom


def _on_grid(onset: int, length: int, pitch: int) -> tuple[int, int, int]:
    """Return a given note as the grid has it."""
    first = onset // STEP_TICKS
    return first * STEP_TICKS, (max(first + 1, (onset + length) // STEP_TICKS) - first) * STEP_TICKS, pitch


def _part_of(voice: str, setting: Setting) -> int:
    """Return the number of the part that has a voice, from 1."""
    return min(VOICES.index(voice) + 1, len(setting.row.parts))


def _given_tune(stretch: Stretch) -> frozenset[tuple[int, int]]:
    """Return (onset tick, pitch) of the notes of a section's tunes that were given, from tick 0 on."""
    lead, pins = stretch.lead_in_steps, stretch.pins
    code = pins.code[lead:]
    tops = code.shape[1] - 1 - (code >= STRUCK)[:, ::-1].argmax(axis=1)
    begins = np.take_along_axis(code, tops[:, None], axis=1)[:, 0] == STRUCK  # what is struck below a held tune is not
    steps = np.flatnonzero(begins & pins.has_melody[lead:])
    return frozenset((int(step) * STEP_TICKS, int(tops[step]) + stretch.low_pitch) for step in steps)
