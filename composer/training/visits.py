"""A stay at one piece: where it begins and ends, cropped and transposed; of all voices, or of the top line alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from composer.roll.codec import BoolArray, ByteArray
from composer.roll.facts import StepFacts, line_facts
from composer.roll.grid import HIGHEST_PITCH, LOWEST_PITCH, NO_HAND, NUM_PITCHES, UPPER_HAND
from composer.roll.pins import only_line, top_line
from composer.roll.reference import bar_starts
from composer.training.dataset import Piece
from composer.training.telling import draw_dropped, draw_style
from composer.training.window_config import LINE, WindowConfig

_MIDDLE_PITCH = 60  # where a visit looks in which nothing sounds
Cells = TypeVar("Cells", np.bool_, np.int8)


@dataclass(frozen=True)
class Visit:
    """One stay at a piece, cropped and transposed; arrays are of the whole piece."""

    play: BoolArray
    articulate: BoolArray
    hand: ByteArray
    voice: ByteArray
    valid: BoolArray
    facts: StepFacts
    piece: Piece
    start: int
    stop: int
    scored_from: int
    low_pitch: int
    dropped: frozenset[str]
    style: NDArray[np.float32]
    is_line: bool


def make_visit(piece: Piece, num_windows: int, config: WindowConfig, generator: np.random.Generator) -> Visit:
    """Return a visit of some windows to a piece (of all of it, where pieces are visited whole).

    It begins with a random bar of the piece or of its top line alone, at a random transposition, and is told at random.
    """
    is_line = bool(generator.random() < config.line_share)
    starts = bar_starts(piece.facts.bar)
    latest = max(0, piece.num_steps - num_windows * config.steps)
    candidates = starts[starts <= latest]
    bar = 0 if config.whole else int(generator.integers(0, len(candidates)))
    start = int(candidates[bar])
    stop = min(piece.num_steps, start + num_windows * config.steps)
    stop = whole_stop(piece, config) if config.whole else _end_of_bars(starts, start, stop, piece.num_steps)
    scored_from = int(starts[bar + 1]) if start > 0 and bar + 1 < len(starts) else start
    facts, hand, voice, ensemble = piece.facts, piece.roll.hand, piece.roll.voice, piece.ensemble
    play, articulate = piece.roll.play, piece.roll.articulate
    if is_line:
        play, articulate = melody_cells(piece)
        hand = np.where(play, hand, NO_HAND).astype(np.int8)
        voice = np.where(play, 0, -1).astype(np.int8)
        facts = line_facts(facts, onsets_per_beat(articulate, facts))
        ensemble = LINE
    low, high = _range(play, width=NUM_PITCHES)
    if high - low >= config.pitches:  # bars outside the visit may be heard as references, if that is to be had
        low, high = _range(play[start:stop], width=config.pitches)
    down = max(-config.max_transposition, LOWEST_PITCH - low)
    up = min(config.max_transposition, HIGHEST_PITCH - high)
    semitones = int(generator.integers(down, up + 1)) if config.max_transposition else 0
    spare = config.pitches - (high - low + 1)
    below = int(generator.integers(0, spare + 1))
    low_pitch = low + semitones - below
    if config.whole:  # the same cells whatever is told; the whole range where it fits
        low_pitch = LOWEST_PITCH if config.pitches == NUM_PITCHES else low - spare // 2
    shift = low_pitch - LOWEST_PITCH - semitones
    inside = _crop(play, shift, config.pitches, fill=0)
    return Visit(
        inside,
        _crop(articulate, shift, config.pitches, fill=0),
        _crop(hand, shift, config.pitches, fill=NO_HAND),
        _crop(voice, shift, config.pitches, fill=NO_HAND),
        piece.roll.valid & (inside.sum(axis=1) == play.sum(axis=1)),
        facts.transposed(semitones),
        piece,
        start,
        stop,
        scored_from,
        low_pitch,
        draw_dropped(config, generator),
        draw_style(config, piece, ensemble, generator),
        is_line,
    )


def whole_stop(piece: Piece, config: WindowConfig) -> int:
    """Return the step before which a visit from the beginning ends."""
    starts = bar_starts(piece.facts.bar)
    bars = config.whole_bars
    return int(starts[bars]) if 0 < bars < len(starts) else piece.num_steps


def _end_of_bars(starts: NDArray[np.int_], start: int, stop: int, num_steps: int) -> int:
    """Return the last bar line in (start, stop], or `stop` where a bar is longer than that."""
    if stop == num_steps:
        return stop
    last = int(starts[np.searchsorted(starts, stop, side="right") - 1])
    return last if last > start else stop


def melody_cells(piece: Piece) -> tuple[BoolArray, BoolArray]:
    """Return (play, articulate) of the top line of the upper hand (of everything where hands are not known)."""
    upper = piece.roll.play & (piece.roll.hand == UPPER_HAND)
    cells = upper if upper.any() else piece.roll.play
    line = top_line(cells)
    play = only_line(cells, line)
    # An inner voice that comes to the top while it is held begins there, as far as the line is concerned.
    fresh = line != np.concatenate([[-1], line[:-1]])
    return play, play & (piece.roll.articulate | fresh[:, None])


def onsets_per_beat(articulate: BoolArray, facts: StepFacts) -> NDArray[np.float64]:
    """Return for each step how often a beat something is struck in its bar: float64 [step]."""
    starts = bar_starts(facts.bar)
    lengths = np.diff(np.append(starts, facts.num_steps))
    moments = np.add.reduceat(articulate.any(axis=1).astype(int), starts)
    return np.repeat(moments / lengths, lengths) * facts.steps_in_beat


def _range(play: BoolArray, *, width: int) -> tuple[int, int]:
    """Return the lowest and highest MIDI pitch that sounds; of a wider range the `width` semitones with most notes."""
    counts = play.sum(axis=0)
    sounding = np.flatnonzero(counts)
    if not len(sounding):
        return _MIDDLE_PITCH, _MIDDLE_PITCH
    low, high = int(sounding[0]), int(sounding[-1])
    if high - low >= width:
        within = np.convolve(counts, np.ones(width, int), mode="valid")  # [lowest pitch of the window]
        low = int(within.argmax())
        high = low + width - 1
    return LOWEST_PITCH + low, LOWEST_PITCH + high


def _crop(cells: NDArray[Cells], shift: int, width: int, *, fill: int) -> NDArray[Cells]:
    """Return the columns [shift, shift + width) of the pitch axis; beyond the range is `fill`."""
    out = np.full((len(cells), width), fill, cells.dtype)
    left, right = max(0, shift), min(NUM_PITCHES, shift + width)
    out[:, left - shift : right - shift] = cells[:, left:right]
    return out
