"""Score ⇄ Roll: notes to the play and articulate bits of the grid and back, an inverse pair.

Conventions: `play[s, p]` = pitch p sounds during step s; `articulate[s, p]` = it is struck there (implies play). A note
that is struck again without a gap is play, play with the second articulated, so that repeated notes stay apart.

What is lost: notes outside `LOWEST_PITCH`..`HIGHEST_PITCH` (counted in `num_outside`), graces and articulation marks;
two voices on one pitch become one; bars with a note off the grid are encoded as if rounded down, and marked not valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from composer.roll.grid import LOWER_HAND, LOWEST_PITCH, NO_HAND, NUM_PITCHES, STEP_TICKS, UPPER_HAND
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, Score, sort_notes

Cell = TypeVar("Cell", np.bool_, np.int8)
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.int8]


@dataclass(frozen=True)
class Roll:
    """A piece on the grid.

    Attributes:
        play: bool [step, pitch].
        articulate: bool [step, pitch]; True only where play is.
        hand: int8 [step, pitch]; LOWER_HAND, UPPER_HAND or NO_HAND.
        voice: int8 [step, pitch]; 0 = highest voice of the score, NO_HAND (-1) where nothing sounds.
        valid: bool [step]; False in bars that hold something off the grid.
        num_outside: notes left out because of their pitch.
    """

    play: BoolArray
    articulate: BoolArray
    hand: ByteArray
    voice: ByteArray
    valid: BoolArray
    num_outside: int = 0

    @property
    def num_steps(self) -> int:
        """Steps of the piece."""
        return int(self.play.shape[0])


@dataclass(frozen=True, eq=False)
class PackedRoll:
    """A `Roll` in a tenth of the memory: arrays of the same names and shapes are made anew when they are asked for.

    Attributes:
        play_bits: uint8 [step, byte].
        articulate_bits: uint8 [byte]; a bit for each cell that plays, in the order of steps, then pitches.
        hands, voices: int8 [cell that plays].
        valid: bool [step].
        num_outside: as in `Roll`.
    """

    play_bits: NDArray[np.uint8]
    articulate_bits: NDArray[np.uint8]
    hands: ByteArray
    voices: ByteArray
    valid: BoolArray
    num_outside: int = 0

    @property
    def num_steps(self) -> int:
        """Steps of the piece."""
        return int(self.play_bits.shape[0])

    @property
    def play(self) -> BoolArray:
        """As `Roll.play`."""
        return np.unpackbits(self.play_bits, axis=1, count=NUM_PITCHES).astype(bool)

    @property
    def articulate(self) -> BoolArray:
        """As `Roll.articulate`."""
        return self._spread(np.unpackbits(self.articulate_bits, count=len(self.hands)).astype(bool), False)

    @property
    def hand(self) -> ByteArray:
        """As `Roll.hand`."""
        return self._spread(self.hands, NO_HAND)

    @property
    def voice(self) -> ByteArray:
        """As `Roll.voice`."""
        return self._spread(self.voices, NO_HAND)

    def _spread(self, values: NDArray[Cell], fill: int) -> NDArray[Cell]:
        play = self.play
        cells = np.full(play.shape, fill, values.dtype)
        cells[play] = values
        return cells


def pack(roll: Roll) -> PackedRoll:
    """Return the same roll, packed; `unpack` is its inverse. Where nothing sounds there is no hand and no voice."""
    return PackedRoll(
        np.packbits(roll.play, axis=1),
        np.packbits(roll.articulate[roll.play]),
        roll.hand[roll.play],
        roll.voice[roll.play],
        roll.valid,
        roll.num_outside,
    )


def unpack(packed: PackedRoll) -> Roll:
    """Return the whole arrays of a packed roll."""
    return Roll(packed.play, packed.articulate, packed.hand, packed.voice, packed.valid, packed.num_outside)


def encode(score: Score) -> Roll:
    """Return the score on the grid, from tick 0 to the end of its last bar."""
    num_steps = -(-score.end_tick // STEP_TICKS)
    play = np.zeros((num_steps, NUM_PITCHES), bool)
    articulate = np.zeros_like(play)
    hand = np.full(play.shape, NO_HAND, np.int8)
    voice = np.full(play.shape, NO_HAND, np.int8)
    valid = np.ones(num_steps, bool)
    num_outside = 0
    voice_ranks = _voice_ranks(score)
    hands = _hands(score)
    for part, note in score.notes():
        if note.is_grace:
            continue
        if not 0 <= note.pitch - LOWEST_PITCH < NUM_PITCHES:
            num_outside += 1
            continue
        start, stop = note.onset_tick // STEP_TICKS, -(-note.end_tick // STEP_TICKS)
        if note.onset_tick % STEP_TICKS or note.end_tick % STEP_TICKS:
            _mark_bars(score, note, valid)
            stop = max(start + 1, note.end_tick // STEP_TICKS)
        stop = min(stop, num_steps)
        if start >= stop:
            continue
        pitch = note.pitch - LOWEST_PITCH
        play[start:stop, pitch] = True
        articulate[start, pitch] = True
        hand[start:stop, pitch] = hands[part, note.staff]
        voice[start:stop, pitch] = voice_ranks[part, note.staff, note.voice]
    return Roll(play, articulate, hand, voice, valid, num_outside)


def decode(roll: Roll, *, start_tick: int = 0) -> tuple[Note, ...]:
    """Return the notes of a roll; the inverse of `encode` for what the grid can hold.

    Args:
        roll: articulate is taken as True where a pitch begins to sound.
        start_tick: added to all onsets.

    Returns:
        Notes of a keyboard: staff 1 where the hand is upper or unknown, 2 where it is lower; voice 1.
    """
    notes: list[Note] = []
    num_steps = roll.num_steps
    before = np.zeros_like(roll.play)
    before[1:] = roll.play[:-1]
    struck = roll.play & (roll.articulate | ~before)
    for pitch in np.flatnonzero(roll.play.any(axis=0)):
        onsets = np.flatnonzero(struck[:, pitch])
        for index, onset in enumerate(onsets):
            limit = onsets[index + 1] if index + 1 < len(onsets) else num_steps
            silent = np.flatnonzero(~roll.play[onset:limit, pitch])
            stop = onset + silent[0] if len(silent) else limit
            staff = LOWER_STAFF if roll.hand[onset, pitch] == LOWER_HAND else UPPER_STAFF
            notes.append(
                Note(
                    start_tick + int(onset) * STEP_TICKS,
                    int(pitch) + LOWEST_PITCH,
                    int(stop - onset) * STEP_TICKS,
                    staff=staff,
                )
            )
    return sort_notes(notes)


def _mark_bars(score: Score, note: Note, valid: BoolArray) -> None:
    """Mark every bar that the note touches as not valid."""
    first, last = score.bar_index_at(note.onset_tick), score.bar_index_at(max(note.onset_tick, note.end_tick - 1))
    for bar in score.bars[first : last + 1]:
        valid[bar.onset_tick // STEP_TICKS : -(-bar.end_tick // STEP_TICKS)] = False


def _voice_ranks(score: Score) -> dict[tuple[int, int, int], int]:
    """Number the voices of the whole score from the highest mean pitch down."""
    pitches: dict[tuple[int, int, int], list[int]] = {}
    for part, note in score.notes():
        pitches.setdefault((part, note.staff, note.voice), []).append(note.pitch)
    ordered = sorted(pitches, key=lambda name: (-float(np.mean(pitches[name])), name))
    return {name: min(rank, 127) for rank, name in enumerate(ordered)}


def _hands(score: Score) -> dict[tuple[int, int], int]:
    """Say which hand plays each (part, staff): by staff in a keyboard part, by order in an ensemble."""
    hands: dict[tuple[int, int], int] = {}
    singles = [index for index, part in enumerate(score.parts) if part.staves == 1]
    for index, part in enumerate(score.parts):
        if part.staves > 1:
            hands[index, UPPER_STAFF], hands[index, LOWER_STAFF] = UPPER_HAND, LOWER_HAND
        else:
            alone = len(singles) < 2
            upper = singles.index(index) < (len(singles) + 1) // 2
            hands[index, UPPER_STAFF] = (
                NO_HAND if alone and len(score.parts) == 1 else UPPER_HAND if upper else LOWER_HAND
            )
            if alone and len(score.parts) > 1:
                hands[index, UPPER_STAFF] = LOWER_HAND if _is_lowest(score.parts, index) else UPPER_HAND
            hands[index, LOWER_STAFF] = LOWER_HAND
    return hands


def _is_lowest(parts: tuple[Part, ...], index: int) -> bool:
    """True where this part lies lowest on average (an organ's pedal staff)."""
    means = [float(np.mean([note.pitch for note in part.notes])) if part.notes else 60.0 for part in parts]
    return means[index] == min(means)
