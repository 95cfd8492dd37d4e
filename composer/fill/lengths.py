"""Lengths as one writes them: a sixteenth with a sixteenth's rest behind it is a short eighth.

The music that the network has heard was often written by programs that sound a staccato eighth as a sixteenth, so it
draws such notes too. On a sheet they are hard to read, and say something else than they mean.

Contents: `legible_tune`, `legible_hands`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from composer.abc import Melody
from composer.roll.grid import STEP_TICKS
from composer.score import Note, sort_notes

STACCATO = "staccato"
_EIGHTH_TICKS = 2 * STEP_TICKS

Placed = tuple[int, int]  # onset tick, pitch


def legible_tune(melody: Melody, *, exact: Collection[Placed] = ()) -> Melody:
    """Return a composed tune whose sixteenths on an eighth's place last to the next note there.

    Args:
        melody: counted from its first bar line.
        exact: (onset tick, pitch) of the notes that stay as they are.
    """
    onsets = {note.onset_tick for note in melody.notes}
    notes = tuple(
        replace(note, duration_tick=_EIGHTH_TICKS)
        if _is_cut(note.onset_tick, note.duration_tick, onsets)
        and (note.onset_tick, note.pitch) not in exact
        and note.onset_tick + _EIGHTH_TICKS <= melody.end_tick
        else note
        for note in melody.notes
    )
    return replace(melody, notes=notes)


def legible_hands(
    notes: Sequence[Note], *, first_bar_tick: int, end_tick: int, exact: Collection[Placed] = ()
) -> tuple[Note, ...]:
    """Return a section's notes on staves: a hand's sixteenths before a sixteenth's rest are eighths, staccato.

    Args:
        notes: in ticks of the piece.
        first_bar_tick: some bar line, from which eighths count.
        end_tick: of the section.
        exact: (onset tick, pitch) of the notes that stay as they are, and that nothing longer than written may cover.
    """
    onsets: dict[tuple[int, int], set[int]] = {}
    full: dict[tuple[int, int], set[int]] = {}  # where something of the hand lasts longer
    for note in notes:
        hand, place = (note.voice, note.staff), note.onset_tick - first_bar_tick
        onsets.setdefault(hand, set()).add(place)
        if note.duration_tick > STEP_TICKS:
            full.setdefault(hand, set()).add(place)
    tops: dict[int, int] = {}
    for onset, pitch in exact:
        tops[onset] = max(pitch, tops.get(onset, pitch))
    written = []
    for note in notes:
        hand, place = (note.voice, note.staff), note.onset_tick - first_bar_tick
        is_cut = _is_cut(place, note.duration_tick, onsets[hand]) and note.onset_tick + _EIGHTH_TICKS <= end_tick
        covers = tops.get(note.onset_tick + STEP_TICKS, note.pitch) < note.pitch
        if is_cut and not covers and (note.onset_tick, note.pitch) not in exact:
            marks = note.articulations if place in full.get(hand, set()) else (*note.articulations, STACCATO)
            note = replace(note, duration_tick=_EIGHTH_TICKS, articulations=marks)
        written.append(note)
    return sort_notes(written)


def _is_cut(place_tick: int, duration_tick: int, onsets: Collection[int]) -> bool:
    """Whether a sixteenth on an eighth's place has nothing behind it until the next one."""
    is_sixteenth = duration_tick == STEP_TICKS and place_tick % _EIGHTH_TICKS == 0
    return is_sixteenth and place_tick + STEP_TICKS not in onsets
