"""What is given to a section before the network fills it: themes, cadences, the lead-in; as cells.

Conventions: `Given` is a pair of arrays, play and articulate, bool [step, pitch] on a section's local timeline (see
`local.py`), with what is silent; later additions never overwrite what stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.plan.phrase_ends import Closing
from composer.roll.codec import BoolArray, ByteArray
from composer.roll.facts import StepFacts
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, HELD, SILENT, STRUCK, Pins, make_pins
from composer.theory.harmony import Chord
from composer.theory.key import Key
from composer.theory.pitch import nearest_pitch

_STILL_ONSETS_X8 = 8  # onsets a beat x 8 of a hand up to which a beat may stand still


@dataclass
class Given:
    """Cells under construction.

    Attributes:
        code: int8 [step, pitch]: FREE, SILENT, STRUCK or HELD.
        has_melody, has_bass: bool [step].
        allowed: bool [step, pitch]; where a note may sound at all.
        low_pitch: MIDI number of pitch index 0.
    """

    code: ByteArray
    has_melody: BoolArray
    has_bass: BoolArray
    allowed: BoolArray
    low_pitch: int

    @property
    def num_pitches(self) -> int:
        """Pitches in the window."""
        return int(self.code.shape[1])

    def pins(self) -> Pins:
        """Return the pins with what every note hears of them."""
        return make_pins(self.code, has_melody=self.has_melody, has_bass=self.has_bass)


def nothing_given(num_steps: int, num_pitches: int, low_pitch: int, *, compass: tuple[int, int]) -> Given:
    """Return a section in which nothing is given but the compass (lowest and highest MIDI pitch, inclusive)."""
    index = low_pitch + np.arange(num_pitches)
    allowed = np.repeat(((index >= compass[0]) & (index <= compass[1]))[None, :], num_steps, axis=0)
    return Given(
        np.zeros((num_steps, num_pitches), np.int8),
        np.zeros(num_steps, bool),
        np.zeros(num_steps, bool),
        allowed,
        low_pitch,
    )


Sounding = tuple[int, int, int]
"""A given note: (onset tick, duration ticks, MIDI pitch), local."""


def give_notes(given: Given, notes: Iterable[Sounding]) -> None:
    """Pin notes; a cell that is already given stays as it is.

    Notes are held to the grid: an onset falls into its sixteenth; a note shorter than one lasts one.
    """
    for onset, duration, pitch in notes:
        index = pitch - given.low_pitch
        first = onset // STEP_TICKS
        end = max(first + 1, (onset + duration) // STEP_TICKS)
        if not 0 <= index < given.num_pitches or first >= len(given.code) or first < 0:
            continue
        if given.code[first, index] not in (STRUCK, HELD):
            given.code[first, index] = STRUCK
        for step in range(first + 1, min(end, len(given.code))):
            if given.code[step, index] not in (STRUCK, HELD):
                given.code[step, index] = HELD


def off_grid(notes: Iterable[Sounding]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return true (onset, duration) of given notes that the grid cannot hold, by (onset on the grid, pitch).

    The network hears triplets and shorter notes as sixteenths; what comes out has them as they were given.
    """
    exact: dict[tuple[int, int], tuple[int, int]] = {}
    for onset, duration, pitch in notes:
        if onset % STEP_TICKS or duration % STEP_TICKS:
            exact.setdefault((onset // STEP_TICKS * STEP_TICKS, pitch), (onset, duration))
    return exact


def close_above(given: Given, steps: slice, top: NDArray[np.int_]) -> None:
    """Silence what is free above `top[step]` (pitch index; -1: no line here) and mark the steps as having a melody."""
    index = np.arange(given.num_pitches)
    cells = (index[None, :] > top[:, None]) & (top >= 0)[:, None]
    region = given.code[steps]
    region[cells & (region == FREE)] = SILENT
    given.has_melody[steps] |= top >= 0


def close_below(given: Given, steps: slice, bottom: NDArray[np.int_]) -> None:
    """Silence what is free below `bottom[step]` (-1: no line here) and mark the steps as having a bass."""
    index = np.arange(given.num_pitches)
    cells = (index[None, :] < bottom[:, None]) & (bottom >= 0)[:, None]
    region = given.code[steps]
    region[cells & (region == FREE)] = SILENT
    given.has_bass[steps] |= bottom >= 0


def free_onsets(
    closings: Iterable[tuple[Closing, int | None]],
    facts: StepFacts,
    num_pitches: int,
    *,
    tune: Iterable[Sounding] = (),
    origin_tick: int = 0,
) -> BoolArray:
    """Return where free notes may begin, bool [step, pitch].

    Not where a phrase halts, unless a given tune goes on there; and not in the upper voice at the end of a phrase
    without a cadence, unless a given tune sounds there: its last note, or a rest, tells that the phrase ends. It holds
    for a beat, or for two where it has begun no more than one note a beat.

    Args:
        closings: of the phrases, in ticks of the piece, with the pitch index from which notes are the upper voice's;
            None where there is none that could hold alone.
        facts: of the timeline.
        num_pitches: in the window.
        tune: what is given, local ticks.
        origin_tick: where the timeline begins in the piece.
    """
    onsets = np.ones((facts.num_steps, num_pitches), bool)
    notes = tuple(tune)
    for closing, lowest in closings:
        halt, end = closing.halt_tick - origin_tick, closing.end_tick - origin_tick
        if closing.halts and not any(halt < onset < end for onset, _, _ in notes):
            onsets[max(0, halt // STEP_TICKS + 1) : max(0, end // STEP_TICKS)] = False
        if not closing.is_open or lowest is None or not 0 < halt < end <= facts.num_steps * STEP_TICKS:
            continue
        before = max(0, (closing.start_tick - origin_tick) // STEP_TICKS - 1)
        if 0 <= facts.onsets_x8[before, 1] <= _STILL_ONSETS_X8:
            halt -= int(facts.steps_in_beat[before]) * STEP_TICKS
        if not any(onset < end and onset + length > halt for onset, length, _ in notes):
            onsets[max(0, halt // STEP_TICKS) + 1 : end // STEP_TICKS, lowest:] = False
    return onsets


def moving_beats(closings: Iterable[Closing], facts: StepFacts, *, origin_tick: int = 0) -> BoolArray:
    """Return the beats that do not stand still: their last steps.

    Where the texture has no more than a note a beat in either hand, nothing is asked for.

    Args:
        closings: of the phrases, in ticks of the piece.
        facts: of the timeline.
        origin_tick: where it begins in the piece.

    Returns:
        bool [step].
    """
    found = np.zeros(facts.num_steps, bool)
    for closing in closings:
        for start_tick, end_tick in closing.moving:
            first, end = (start_tick - origin_tick) // STEP_TICKS, (end_tick - origin_tick) // STEP_TICKS
            if 0 <= first < end <= facts.num_steps and not 0 <= facts.onsets_x8[first].max() <= _STILL_ONSETS_X8:
                found[end - 1] = True
    return found


def open_ends(closings: Iterable[Closing], num_steps: int, *, origin_tick: int = 0) -> BoolArray:
    """Return the last steps of phrases that end without a cadence: bool [step].

    Args:
        closings: of the phrases, in ticks of the piece.
        num_steps: of the timeline.
        origin_tick: where it begins in the piece.
    """
    found = np.zeros(num_steps, bool)
    for closing in closings:
        end = (closing.end_tick - origin_tick) // STEP_TICKS
        if closing.is_open and 0 < end <= num_steps:
            found[end - 1] = True
    return found


def line_of(notes: Iterable[Sounding], num_steps: int, low_pitch: int) -> NDArray[np.int_]:
    """Return the pitch index of a line at each step, -1 where it rests."""
    line = np.full(num_steps, -1)
    for onset, duration, pitch in notes:
        first = onset // STEP_TICKS
        line[max(first, 0) : max(first + 1, (onset + duration) // STEP_TICKS)] = pitch - low_pitch
    return line


def give_melody(given: Given, notes: list[Sounding], *, start_tick: int, end_tick: int) -> None:
    """Pin a tune over [start_tick, end_tick) and silence what lies above it; where it rests, above its last note."""
    inside = [note for note in notes if start_tick <= note[0] < end_tick]
    give_notes(given, inside)
    steps = slice(start_tick // STEP_TICKS, end_tick // STEP_TICKS)
    line = line_of(inside, len(given.code), given.low_pitch)[steps]
    close_above(given, steps, _carried(line))
    _let_go(given, inside)


def give_bass(given: Given, notes: list[Sounding], *, start_tick: int, end_tick: int) -> None:
    """Pin a bass over [start_tick, end_tick) and keep what lies below it silent."""
    inside = [note for note in notes if start_tick <= note[0] < end_tick]
    give_notes(given, inside)
    steps = slice(start_tick // STEP_TICKS, end_tick // STEP_TICKS)
    close_below(given, steps, line_of(inside, len(given.code), given.low_pitch)[steps])
    _let_go(given, inside)


def give_begun(give: Callable[..., None], given: Given, note: Sounding) -> None:
    """Pin a note of an outer voice that may be held on, or followed by others, beyond the length that is given.

    Args:
        give: `give_melody` or `give_bass`.
        given: what it is added to.
        note: local ticks.
    """
    onset, length, pitch = note
    step, index = (onset + length) // STEP_TICKS, pitch - given.low_pitch
    is_inside = step < len(given.code) and 0 <= index < given.num_pitches
    was_free = is_inside and given.code[step, index] == FREE
    give(given, [note], start_tick=onset, end_tick=onset + length)
    if was_free:
        given.code[step, index] = FREE


def _let_go(given: Given, notes: list[Sounding]) -> None:
    """Silence the cell after each note, or the note might be held on beyond its written length."""
    for onset, duration, pitch in notes:
        step, index = max(onset // STEP_TICKS + 1, (onset + duration) // STEP_TICKS), pitch - given.low_pitch
        if step < len(given.code) and 0 <= index < given.num_pitches and given.code[step, index] == FREE:
            given.code[step, index] = SILENT


def _carried(line: NDArray[np.int_]) -> NDArray[np.int_]:
    """Return the line with each rest filled by the note before it (or, at the front, by the first)."""
    out = line.copy()
    sounding = np.flatnonzero(line >= 0)
    if len(sounding):
        before = np.searchsorted(sounding, np.arange(len(line)), side="right") - 1
        out = line[sounding[np.maximum(before, 0)]]
    return out


def give_everything(given: Given, notes: list[Sounding], *, start_tick: int, end_tick: int) -> None:
    """Pin all notes over [start_tick, end_tick); every other free cell there is silent."""
    give_notes(given, [note for note in notes if start_tick <= note[0] < end_tick])
    steps = slice(start_tick // STEP_TICKS, end_tick // STEP_TICKS)
    region = given.code[steps]
    region[region == FREE] = SILENT
    given.has_melody[steps] = True
    given.has_bass[steps] = True


def lead_in_notes(
    key: Key, chord: Chord, *, bass: int | None, top: int | None, end_tick: int, from_tick: int = 0
) -> list[Sounding]:
    """Return the chord that sounds before a section: bass, top and two notes between, held for the whole lead-in."""
    classes = chord.pitch_classes(key)
    low = bass if bass is not None else nearest_pitch(chord.bass(key), 48)
    high = top if top is not None else nearest_pitch(classes[0], 69)
    pitches = {low, high}
    goal = (low + 2 * high) / 3
    for pitch_class in classes:
        inner = nearest_pitch(pitch_class, goal)
        if low < inner < high and len(pitches) < 4:
            pitches.add(inner)
    return [(from_tick, end_tick - from_tick, pitch) for pitch in sorted(pitches)]


def place_degrees(
    degrees: list[int | None],
    key: Key,
    *,
    goal: float,
    compass: tuple[int, int],
    reach: tuple[int, int] | None = None,
) -> list[int | None]:
    """Return MIDI pitches for degrees: each nearest to the one before it, the last one near `goal`.

    Args:
        degrees: semitones above the tonic 0..11 in order, None for a rest.
        key: gives the tonic.
        goal: MIDI pitch round which the last one should lie.
        compass: lowest and highest MIDI pitch wanted.
        reach: lowest and highest MIDI pitch that can be played; None: any.

    Returns:
        Pitches in the same order; outside the compass only where no octave fits, and what would then be out of reach
        an octave nearer.
    """
    sounding = [degree for degree in degrees if degree is not None]
    if not sounding:
        return list(degrees)
    pitches: list[int] = [nearest_pitch((key.tonic_pitch_class + sounding[-1]) % 12, goal)]
    for degree in reversed(sounding[:-1]):  # from the goal backwards: the final note decides the octave
        pitches.insert(0, nearest_pitch((key.tonic_pitch_class + degree) % 12, pitches[0]))
    best = min((0, -12, 12, -24, 24), key=lambda shift: (_outside(pitches, shift, compass), abs(shift)))
    low, high = reach or (0, 127)
    moved = iter(pitch + best + (12 if pitch + best < low else -12 if pitch + best > high else 0) for pitch in pitches)
    return [None if degree is None else next(moved) for degree in degrees]


def _outside(pitches: list[int], shift: int, compass: tuple[int, int]) -> int:
    return sum(max(0, compass[0] - pitch - shift, pitch + shift - compass[1]) for pitch in pitches)
