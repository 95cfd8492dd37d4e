"""Critics of lines: parallels between voices, leaps, copied runs, and what makes a melody of a line alone.

Conventions: as in `critics.py`; each returns a penalty >= 0, in nats, [particle].
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from composer.analysis.copying import counted_notes, shared_notes
from composer.fill.bar import Bar
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS

Penalty = NDArray[np.float64]
_COPY_BARS = 6  # in which a copied run is looked for, before the new bar


def parallels(bar: Bar) -> Penalty:
    """Outer voices in parallel fifths or octaves between two moments at which both begin a note, rests or not."""
    reach_back = int(bar.facts.steps_in_bar[0])
    play = np.concatenate([bar.before_play[:, -reach_back:], bar.play], axis=1)
    struck = np.concatenate([bar.before_articulate[:, -reach_back:], bar.articulate], axis=1)
    low, high = play.argmax(axis=2), play.shape[2] - 1 - play[:, :, ::-1].argmax(axis=2)
    at_low = np.take_along_axis(struck, low[..., None], axis=2)[..., 0]
    at_high = np.take_along_axis(struck, high[..., None], axis=2)[..., 0]
    begins: BoolArray = np.asarray(struck.any(axis=2))
    both: BoolArray = np.asarray(at_low & at_high & (low < high))
    first_new = play.shape[1] - bar.play.shape[1]
    cost = np.zeros(len(play))
    last_low, last_high = np.full(len(play), -1), np.full(len(play), -1)
    for step in range(play.shape[1]):
        lowest, highest = low[:, step], high[:, step]
        interval = (highest - lowest) % 12
        same = (interval == (last_high - last_low) % 12) & ((interval == 0) | (interval == 7))
        together = (lowest - last_low) * (highest - last_high) > 0
        if step >= first_new:
            cost += both[:, step] & (last_low >= 0) & same & together
        last_low = np.where(begins[:, step], np.where(both[:, step], lowest, -1), last_low)
        last_high = np.where(begins[:, step], np.where(both[:, step], highest, -1), last_high)
    return 2.5 * cost


def parallel_voices(bar: Bar) -> Penalty:
    """Any two voices in parallel fifths or octaves, where as many sound as in the step before; the outer two apart."""
    play = np.concatenate([bar.before_play[:, -1:], bar.play], axis=1)
    rank = play.cumsum(axis=2)
    counts = rank[:, :, -1]
    most = int(counts.max())
    lines = [np.where(play & (rank == place), 1, 0).argmax(axis=2) for place in range(1, most + 1)]
    fault = np.zeros(counts[:, 1:].shape)
    for low, high in combinations(range(most), 2):
        below, above = lines[low], lines[high]
        sound = (counts[:, 1:] == counts[:, :-1]) & (counts[:, 1:] > high)
        sound &= (low > 0) | (counts[:, 1:] > high + 1)  # the outer two are another critic's
        moved = (below[:, 1:] != below[:, :-1]) & (above[:, 1:] != above[:, :-1])
        interval = (above - below) % 12
        same = (interval[:, 1:] == interval[:, :-1]) & np.isin(interval[:, 1:], (0, 7))
        fault += sound & moved & same
    return 0.8 * fault.sum(axis=1)


def planned_bass(bar: Bar) -> Penalty:
    """For a line alone: parallel fifths or octaves with the planned bass, where a chord begins and the line moves."""
    play = np.concatenate([bar.before_play[:, -1:], bar.play], axis=1)
    line = np.where(play.any(axis=2), play.shape[2] - 1 - play[:, :, ::-1].argmax(axis=2), -1)
    pitch = bar.low_pitch + line
    bass = np.concatenate([[bar.bass_before], bar.facts.chord_bass])
    cost = np.zeros(len(play))
    for step in np.flatnonzero((bass[1:] != bass[:-1]) & (bass[1:] >= 0) & (bass[:-1] >= 0)):
        before, after = (pitch[:, step] - bass[step]) % 12, (pitch[:, step + 1] - bass[step + 1]) % 12
        moves = (line[:, step] >= 0) & (line[:, step + 1] >= 0) & (line[:, step] != line[:, step + 1])
        cost += moves & (before == after) & ((after == 0) | (after == 7))
    return 2.0 * cost


def missing_voices(bar: Bar) -> Penalty:
    """Voices that are silent where the plan lets all of them sound: half a nat for each, a sixteenth long."""
    planned = np.maximum(bar.facts.polyphony_x8, 0).sum(axis=1) // 8
    is_open: BoolArray = np.asarray(bar.free.any(axis=1))
    missing = np.maximum(planned[None, :] - bar.play.sum(axis=2), 0) * is_open
    return 0.5 * missing.sum(axis=1)


def leaps(bar: Bar) -> Penalty:
    """Outer lines that leap: each semitone beyond a fifth, more in the top line, where wider than a step counts too.

    A line is what is struck as the lowest or highest note of its moment; given notes of the top line are left alone.
    """
    cost = np.zeros(len(bar.play))
    count, reach_back = bar.play.shape[2], int(bar.facts.steps_in_bar[0])
    for particle in range(len(bar.play)):
        play = np.concatenate([bar.before_play[particle, -reach_back:], bar.play[particle]])
        struck = np.concatenate([bar.before_articulate[particle, -reach_back:], bar.articulate[particle]])
        first_new = len(play) - len(bar.play[particle])
        steps = np.arange(len(play))
        low, high = play.argmax(axis=1), count - 1 - play[:, ::-1].argmax(axis=1)
        for line, price, is_top in ((low, 0.025, False), (high, 0.06, True)):
            moments = np.flatnonzero(struck[steps, line])
            size = np.abs(np.diff(line[moments]))
            fresh = moments[1:] >= first_new
            if is_top:
                fresh &= bar.free[np.maximum(moments[1:] - first_new, 0), line[moments[1:]]]
            cost[particle] += price * np.maximum(size - 7, 0)[fresh].sum()
            if is_top:
                cost[particle] += 0.045 * np.maximum(size - 2, 0)[fresh].sum()
    return cost


def copied(bar: Bar) -> Penalty:
    """Notes with which an outer line goes on with a run of the training pieces beyond what every other real piece has.

    Pinned notes do not count, but a run goes on through them. Each note beyond is held against the bar that it is in,
    so that a bar pays once for what it adds; of the two lines the worse one counts (a single melody is both).
    """
    cost = np.zeros(len(bar.play))
    if not bar.runs:
        return cost
    reach_back = _COPY_BARS * int(bar.facts.steps_in_bar[0])
    play = np.concatenate([bar.before_play[:, -reach_back:], bar.play], axis=1)
    struck = np.concatenate([bar.before_articulate[:, -reach_back:], bar.articulate], axis=1)
    free = np.concatenate([bar.before_free[-reach_back:], bar.free])
    first_new = play.shape[1] - bar.play.shape[1]
    for line in (play.argmax(axis=2), play.shape[2] - 1 - play[:, :, ::-1].argmax(axis=2)):
        particle, step = np.nonzero(np.take_along_axis(struck, line[..., None], axis=2)[..., 0])
        pitch = line[particle, step]
        counts = free[step, pitch]
        for index in bar.runs:
            own = counted_notes(shared_notes(step * STEP_TICKS, pitch, particle, index), counts)
            beyond = (own > index.usual) & (step >= first_new) & counts
            cost = np.maximum(cost, 0.6 * np.bincount(particle[beyond], minlength=len(cost)))
    return cost


def melody(bar: Bar) -> Penalty:
    """For a line alone: leaps beyond a sixth, dissonant leaps, a note hammered, more or fewer onsets than sing."""
    cost = np.zeros(len(bar.play))
    count = bar.play.shape[2]
    for particle in range(len(bar.play)):
        cells = np.concatenate([bar.before_articulate[particle, -24:], bar.articulate[particle]])
        steps = np.flatnonzero(cells.any(axis=1))
        pitches = count - 1 - cells[steps, ::-1].argmax(axis=1)
        new = int((steps >= len(cells) - len(bar.articulate[particle])).sum())
        intervals = np.diff(pitches)[-new:] if new else np.zeros(0, int)
        size = np.abs(intervals)
        cost[particle] += 0.5 * (size > 9).sum() + 1.5 * (size > 12).sum() + 1.0 * np.isin(size, (6, 10, 11)).sum()
        cost[particle] += 0.5 * max(0, int((size == 0).sum()) - 1)
        beats = len(bar.facts.bar) / bar.facts.steps_in_beat[0]
        cost[particle] += 0.8 * max(0.0, 0.9 - new / beats) + 0.5 * max(0.0, new / beats - 3.0)
    return cost
