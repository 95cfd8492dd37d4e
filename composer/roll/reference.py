"""Reference bars: an earlier bar that the present one may be like, and how like.

What it is: a bar may be like an earlier one in its notes, or in its rhythm alone: then only the moments are heard at
which that bar strikes its top line, and those at which it strikes something else.

Conventions: likeness is the F1 score of struck cells (2 x common / all) after transposition, 0..1; of a rhythm alone,
of its moments. Level 0 = no reference, 1..5 = likeness below .2, .4, .6, .8, and above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.roll.codec import BoolArray
from composer.roll.pins import top_line

NUM_LEVELS = 6
MAX_SHIFT = 12  # semitones, either way
_MAX_BAR_STEPS = 96  # six whole notes


@dataclass(frozen=True)
class Reference:
    """What each step hears of its reference bar.

    Attributes:
        play, articulate: bool [step, pitch]; the reference's cells, moved into the present key; none where only its
            rhythm is heard.
        rhythm: bool [step, 2]; the reference strikes its top line, strikes anything else.
        rhythm_only: bool [step]; its notes are not heard.
        level: int8 [step]; 0 none, 1..5.
    """

    play: BoolArray
    articulate: BoolArray
    rhythm: BoolArray
    rhythm_only: BoolArray
    level: NDArray[np.int8]

    def sliced(self, start: int, stop: int) -> Reference:
        """Return the reference of the steps [start, stop)."""
        span = slice(start, stop)
        return Reference(
            self.play[span], self.articulate[span], self.rhythm[span], self.rhythm_only[span], self.level[span]
        )


@dataclass(frozen=True)
class BestReferences:
    """For each bar the earlier bar that it is most like.

    Attributes:
        bar: int16 [bar]; index of the earlier bar, -1 where there is none.
        shift: int8 [bar]; semitones that the earlier bar is moved up.
        likeness: float32 [bar].
    """

    bar: NDArray[np.int16]
    shift: NDArray[np.int8]
    likeness: NDArray[np.float32]


def no_reference(num_steps: int, num_pitches: int) -> Reference:
    """Return a reference to nothing."""
    cells = (num_steps, num_pitches)
    return Reference(
        play=np.zeros(cells, bool),
        articulate=np.zeros(cells, bool),
        rhythm=np.zeros((num_steps, 2), bool),
        rhythm_only=np.zeros(num_steps, bool),
        level=np.zeros(num_steps, np.int8),
    )


def level_of(likeness: float) -> int:
    """Return the class 1..5 of a likeness 0..1."""
    return 1 + min(4, int(likeness * 5))


def shifted(cells: BoolArray, semitones: int) -> BoolArray:
    """Return the cells moved up by semitones; what leaves the range is lost."""
    out = np.zeros_like(cells)
    if semitones >= 0:
        out[:, semitones:] = cells[:, : cells.shape[1] - semitones]
    else:
        out[:, :semitones] = cells[:, -semitones:]
    return out


def likeness(struck: BoolArray, other: BoolArray) -> float:
    """Return the F1 score of the common cells of two bars [step, pitch] of equal length (0 when one is empty)."""
    total = int(struck.sum()) + int(other.sum())
    return 2.0 * int((struck & other).sum()) / total if total else 0.0


def rhythm_of(play: BoolArray, articulate: BoolArray) -> BoolArray:
    """Return at which steps the top line is struck, and anything else: bool [step, 2]; cells are [step, pitch]."""
    top = top_line(play)
    steps = np.arange(len(play))
    on_top = (top >= 0) & articulate[steps, np.maximum(top, 0)]
    return np.stack([on_top, articulate.sum(axis=1) > on_top], axis=1)


def bar_starts(bar: NDArray[np.int16]) -> NDArray[np.int_]:
    """Return the first step of each run of equal bar indices."""
    return np.flatnonzero(np.diff(bar, prepend=bar[:1] - 1))


def best_references(articulate: BoolArray, bar: NDArray[np.int16]) -> BestReferences:
    """Find for each bar the most similar earlier one of the same length under any transposition within `MAX_SHIFT`.

    A bar of more than `_MAX_BAR_STEPS` (a cadenza without bar lines) is like no other.

    Args:
        articulate: bool [step, pitch].
        bar: int16 [step], index of the bar of each step (contiguous from 0).
    """
    starts = bar_starts(bar)
    lengths = np.diff(np.append(starts, len(bar)))
    longest = int(min(lengths.max(initial=0), _MAX_BAR_STEPS))
    count, num_pitches = len(starts), articulate.shape[1]
    padded = np.zeros((count, longest, num_pitches), np.float32)
    for index, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        if length <= longest:
            padded[index, :length] = articulate[start : start + length]
    sizes = padded.sum(axis=(1, 2))
    total = np.maximum(sizes[:, None] + sizes[None, :], 1)
    earlier = (np.arange(count)[None, :] < np.arange(count)[:, None]) & (lengths[:, None] == lengths[None, :])
    earlier &= (sizes[None, :] > 0) & (sizes[:, None] > 0)
    best = np.full(count, -1.0, np.float32)
    best_bar = np.full(count, -1, np.int16)
    best_shift = np.zeros(count, np.int8)
    flat = padded.reshape(count, -1)
    rows = np.arange(count)
    for shift in sorted(range(-MAX_SHIFT, MAX_SHIFT + 1), key=abs):  # the smallest move wins a tie
        moved = np.zeros_like(padded)
        if shift >= 0:
            moved[:, :, shift:] = padded[:, :, : num_pitches - shift]
        else:
            moved[:, :, :shift] = padded[:, :, -shift:]
        score = np.where(earlier, 2 * (flat @ moved.reshape(count, -1).T) / total, -1.0)
        winner = score.argmax(axis=1)
        value = score[rows, winner]
        better = value > best + 1e-6
        best[better], best_bar[better], best_shift[better] = value[better], winner[better], shift
    best_bar[best < 0] = -1
    return BestReferences(best_bar, best_shift, np.maximum(best, 0))


def place_reference(
    reference: Reference,
    steps: slice,
    play: BoolArray,
    articulate: BoolArray,
    *,
    shift: int,
    level: int,
    rhythm_only: bool = False,
) -> None:
    """Write one bar's reference in place.

    Args:
        reference: the arrays to change.
        steps: the present bar within them.
        play, articulate: the earlier bar [step, pitch], of any length; what is longer is cut.
        shift: semitones to move it up.
        level: 1..5.
        rhythm_only: the bar's notes are not heard, only when they are struck.
    """
    length = min(steps.stop - steps.start, len(play))
    target = slice(steps.start, steps.start + length)
    reference.rhythm[target] = rhythm_of(play[:length], articulate[:length])
    reference.rhythm_only[steps] = rhythm_only
    reference.level[steps] = level
    if not rhythm_only:
        reference.play[target] = shifted(play[:length], shift)
        reference.articulate[target] = shifted(articulate[:length], shift)
