"""Critics: what each particle's new bar is worth, as log weights.

What it is: small functions that look at one bar of every particle at once and return penalties; the particle filter
adds them to the particles' weights. They judge what the plan asks for (chord, key, texture) and what no piece wants
(silence, a stuck chord, notes that no hand can reach, a copy); the network's own likelihood of free notes is never
maximised, since that selects silence and held chords.

Conventions: rolls are bool [particle, step, pitch]; a penalty is >= 0, in nats, [particle]. `Bar` holds the facts of
the steps; `before` is what each particle has sounded so far.

Contents: `Bar`, `penalties`, `CRITICS`, `hard_faults`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from composer.analysis.copying import RunIndex, counted_notes, shared_notes
from composer.roll.codec import BoolArray
from composer.roll.facts import StepFacts
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, Pins

Penalty = NDArray[np.float64]

# Weight of a struck note by the strength of its place (0..4): a passing note off the beat may be anything.
_STRENGTH_WEIGHT = np.array([0.2, 0.35, 0.8, 0.9, 1.0])
_MAJOR = (1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1)
_MINOR = (1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1)
HAND_SPAN = 12  # semitones that one hand holds, inclusive
_COPY_BARS = 6  # in which a copied run is looked for, before the new bar


@dataclass(frozen=True)
class Bar:
    """One bar of all particles.

    Attributes:
        play, articulate: bool [particle, step, pitch], the new bar.
        before_play, before_articulate: bool [particle, step, pitch], everything earlier (the lead-in included).
        facts, pins: of the bar's steps.
        low_pitch: MIDI number of pitch index 0.
        plays_keyboard: two hands must reach everything but the soloist's notes.
        before_free: bool [step, pitch], as `free` of everything earlier.
        runs: those of the training pieces, by which copies are told.
        solo: bool [step, pitch], the soloist's notes; None: there is no soloist.
        compasses: (lowest, highest) MIDI pitch of each part, where each is a single line; else empty.
        bass_before: pitch class of the planned bass in the step before the bar, or -1.
    """

    play: BoolArray
    articulate: BoolArray
    before_play: BoolArray
    before_articulate: BoolArray
    facts: StepFacts
    pins: Pins
    low_pitch: int
    plays_keyboard: bool
    before_free: BoolArray
    runs: tuple[RunIndex, ...] = ()
    solo: BoolArray | None = None
    compasses: tuple[tuple[int, int], ...] = ()
    bass_before: int = -1

    @property
    def pitch_class(self) -> NDArray[np.int_]:
        """Pitch class of each pitch index."""
        return (self.low_pitch + np.arange(self.play.shape[2])) % 12

    @property
    def members(self) -> BoolArray:
        """Whether the pitch belongs to the planned chord (True where none is planned): bool [step, pitch]."""
        bits = self.facts.chord_members.astype(np.int32)
        member = (bits[:, None] >> self.pitch_class[None, :] & 1).astype(bool)
        return member | (bits == 0)[:, None]

    @property
    def free(self) -> BoolArray:
        """Whether the cell is the network's own choice: bool [step, pitch]."""
        return self.pins.code == FREE


def penalties(bar: Bar, weights: Mapping[str, float] | None = None) -> Penalty:
    """Return the sum of all critics' penalties of each particle.

    Args:
        bar: the new bar.
        weights: factor of each critic by name; missing ones count 1 (those of `OFF_BY_DEFAULT` 0).
    """
    factors = weights or {}
    total = np.zeros(len(bar.play))
    for name, critic in CRITICS.items():
        factor = factors.get(name, 0.0 if name in OFF_BY_DEFAULT else 1.0)
        if factor:
            total += factor * critic(bar)
    return total


def chord(bar: Bar) -> Penalty:
    """Struck notes outside the planned chord, weighed by their place, beyond the share that real pieces have."""
    weight = _STRENGTH_WEIGHT[np.maximum(bar.facts.strength, 0)][None, :, None]
    struck = bar.articulate & bar.free
    strange = (struck & ~bar.members) * weight
    excess = strange.sum(axis=(1, 2)) - 0.20 * (struck * weight).sum(axis=(1, 2))
    on_beat = np.flatnonzero(bar.facts.strength >= 2)
    held = (bar.play & bar.free & ~bar.members)[:, on_beat].sum(axis=(1, 2))
    return 0.9 * np.maximum(excess, 0) + 0.15 * held


def scale(bar: Bar) -> Penalty:
    """Struck notes that are neither in the local scale nor in the chord."""
    scales = np.array([_MAJOR, _MINOR], bool)
    degree = (bar.pitch_class[None, :] - bar.facts.tonic[:, None]) % 12
    inside = scales[np.maximum(bar.facts.mode, 0)[:, None], degree] | (bar.facts.tonic < 0)[:, None]
    strange = bar.articulate & bar.free & ~inside & ~(bar.members & (bar.facts.chord_members > 0)[:, None])
    return 1.5 * strange.sum(axis=(1, 2)).astype(float)


def bass(bar: Bar) -> Penalty:
    """A chord that begins over another bass note than the planned one."""
    begins: BoolArray = np.asarray((bar.facts.chord_age == 0) & (bar.facts.chord_bass >= 0))
    if not begins.any():
        return np.zeros(len(bar.play))
    play = bar.play[:, begins]
    sounds: BoolArray = np.asarray(play.any(axis=2))
    lowest = bar.pitch_class[play.argmax(axis=2)]
    wrong = (lowest != bar.facts.chord_bass[begins][None, :]) | ~sounds
    return 0.9 * wrong.sum(axis=1).astype(float)


def silence(bar: Bar) -> Penalty:
    """Steps in which nothing sounds, where the pins leave the choice."""
    open_steps: BoolArray = np.asarray(bar.free.any(axis=1))
    silent = ~bar.play.any(axis=2) & open_steps[None, :]
    return 0.4 * np.maximum(silent.sum(axis=1) - 2.0, 0)


def stuck(bar: Bar) -> Penalty:
    """The same notes sounding, or struck again, for longer than a bar."""
    longest = stuck_steps(bar)
    limit = bar.facts.steps_in_bar[0]
    return 3.0 * np.maximum(longest - limit, 0) / max(1, limit)


def texture(bar: Bar) -> Penalty:
    """Distance from the planned moments a beat (at which anything is struck) and notes at once.

    The plan counts the moments of each hand; of the slower hand's about two thirds fall on the quicker one's.
    """
    if bar.facts.onsets_x8[0, 0] < 0:
        return np.zeros(len(bar.play))
    beats = len(bar.facts.bar) / bar.facts.steps_in_beat[0]
    moments = bar.articulate.any(axis=2).sum(axis=1) / beats
    hands = bar.facts.onsets_x8 / 8
    planned = float((hands.max(axis=1) + 0.35 * hands.min(axis=1)).mean())
    planned = min(planned, float(bar.facts.steps_in_beat[0]))
    notes = bar.play.sum(axis=2).mean(axis=1)
    at_once = bar.facts.polyphony_x8.sum(axis=1).mean() / 8
    return 1.2 * ((moments - planned) / (0.4 + 0.25 * planned)) ** 2 + 0.8 * ((notes - at_once) / 0.8) ** 2


def fullness(bar: Bar) -> Penalty:
    """A chord that begins on a beat without its third, above all the last one of a phrase."""
    begins: BoolArray = np.asarray((bar.facts.chord_age == 0) & (bar.facts.chord_root >= 0) & (bar.facts.strength >= 2))
    cost = np.zeros(len(bar.play))
    for step in np.flatnonzero(begins):
        thirds = [(bar.facts.chord_root[step] + size) % 12 for size in (3, 4)]
        third = [pitch_class for pitch_class in thirds if bar.facts.chord_members[step] >> pitch_class & 1]
        has_third = bar.play[:, step, np.isin(bar.pitch_class, third)].any(axis=1)
        cost += np.where(has_third, 0.0, 0.9 if bar.facts.cadence_distance[step] == 0 else 0.15)
    return cost


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


def clashes(bar: Bar) -> Penalty:
    """Minor seconds that sound together on a beat."""
    on_beat = np.flatnonzero(bar.facts.strength >= 2)
    play = bar.play[:, on_beat]
    return 0.3 * (play[:, :, 1:] & play[:, :, :-1]).sum(axis=(1, 2)).astype(float)


def reach(bar: Bar) -> Penalty:
    """Steps with a note that neither hand reaches: between the lowest plus a span and the highest less a span."""
    if not bar.plays_keyboard:
        return np.zeros(len(bar.play))
    play = bar.play if bar.solo is None else bar.play & ~bar.solo
    return 1.0 * unreachable_steps(play).astype(float)


def crowd(bar: Bar) -> Penalty:
    """Notes for which there is nobody: more at once than single lines, or than of those that reach so low or high."""
    most = np.zeros(bar.play.shape[:2])
    pitch = bar.low_pitch + np.arange(bar.play.shape[2])
    for bound in {low for low, _ in bar.compasses}:
        below = bar.play[:, :, pitch < bound].sum(axis=2)
        most = np.maximum(most, below - sum(low < bound for low, _ in bar.compasses))
    for bound in {high for _, high in bar.compasses}:
        above = bar.play[:, :, pitch > bound].sum(axis=2)
        most = np.maximum(most, above - sum(high > bound for _, high in bar.compasses))
    if bar.compasses:
        most = np.maximum(most, bar.play.sum(axis=2) - len(bar.compasses))
    return 1.0 * most.sum(axis=1)


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
        for line, price, is_top in ((low, 0.05, False), (high, 0.12, True)):
            moments = np.flatnonzero(struck[steps, line])
            size = np.abs(np.diff(line[moments]))
            fresh = moments[1:] >= first_new
            if is_top:
                fresh &= bar.free[np.maximum(moments[1:] - first_new, 0), line[moments[1:]]]
            cost[particle] += price * np.maximum(size - 7, 0)[fresh].sum()
            if is_top:
                cost[particle] += 0.09 * np.maximum(size - 2, 0)[fresh].sum()
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


CRITICS: dict[str, Callable[[Bar], Penalty]] = {
    "chord": chord,
    "scale": scale,
    "bass": bass,
    "silence": silence,
    "stuck": stuck,
    "texture": texture,
    "fullness": fullness,
    "parallels": parallels,
    "parallel_voices": parallel_voices,
    "planned_bass": planned_bass,
    "clashes": clashes,
    "reach": reach,
    "crowd": crowd,
    "leaps": leaps,
    "copied": copied,
    "melody": melody,
}
OFF_BY_DEFAULT = {"melody", "parallel_voices", "planned_bass"}
VOICED_WEIGHTS = {"parallel_voices": 2.5}  # where voices are told apart
# A line alone has no chords of its own to get right, no bass, and is as thick as a line.
LINE_WEIGHTS = {
    **dict.fromkeys(("bass", "texture", "fullness", "parallels", "clashes", "reach", "crowd", "leaps"), 0.0),
    "melody": 1.0,
    "planned_bass": 1.0,
}


def unreachable_steps(play: BoolArray) -> NDArray[np.int_]:
    """Return for each particle the steps in which some note is out of both hands' reach."""
    count = play.shape[2]
    index = np.arange(count)
    sounds: BoolArray = np.asarray(play.any(axis=2))
    low = play.argmax(axis=2)
    high = count - 1 - play[:, :, ::-1].argmax(axis=2)
    between = (index > low[..., None] + HAND_SPAN) & (index < high[..., None] - HAND_SPAN)
    return ((play & between).any(axis=2) & sounds).sum(axis=1)


def stuck_steps(bar: Bar) -> NDArray[np.int_]:
    """Return for each particle how many steps before the bar's end its last new pitch came, at the longest.

    A step is new when a pitch begins that did not sound in the step before it, or when it is silent as it must be.
    """
    reach_back = 3 * int(bar.facts.steps_in_bar[0])
    play = np.concatenate([bar.before_play[:, -reach_back:], bar.play], axis=1)
    fresh = (play[:, 1:] & ~play[:, :-1]).any(axis=2)
    is_open: BoolArray = np.asarray(np.concatenate([bar.before_free[-reach_back:], bar.free]).any(axis=1))
    fresh |= ~(is_open | play.any(axis=2))[:, 1:]
    run = np.zeros(len(play), int)
    longest = np.zeros(len(play), int)
    first_new = play.shape[1] - bar.play.shape[1]
    for step in range(fresh.shape[1]):
        run = np.where(fresh[:, step], 0, run + 1)
        if step + 1 >= first_new:
            longest = np.maximum(longest, run)
    return longest


def silent_run(bar: Bar) -> NDArray[np.int_]:
    """Return for each particle the longest run of silent steps that ends in this bar and that no pin asks for."""
    reach_back = 2 * int(bar.facts.steps_in_bar[0])
    open_steps: BoolArray = np.asarray(bar.free.any(axis=1))
    before = bar.before_play[:, -reach_back:].any(axis=2) | ~bar.before_free[-reach_back:].any(axis=1)
    silent = np.concatenate([~before, ~bar.play.any(axis=2) & open_steps[None, :]], axis=1)
    run = np.zeros(len(silent), int)
    longest = np.zeros(len(silent), int)
    for step in range(silent.shape[1]):
        run = np.where(silent[:, step], run + 1, 0)
        if step >= before.shape[1]:
            longest = np.maximum(longest, run)
    return longest


def hard_faults(bar: Bar) -> BoolArray:
    """Return for each particle whether its bar must be refused.

    That is: silence of more than a bar, or one chord held or struck on for more than two bars, that the plan does not
    ask for. A bar that is given whole is never refused: no particle could mend it.
    """
    if not (bar.pins.code == FREE).any():
        return np.zeros(len(bar.play), bool)
    limit = int(bar.facts.steps_in_bar[0])
    planned_still = int(bar.facts.chord_age[-1]) > 2 * limit and int(bar.facts.onsets_x8[0].sum()) <= 4
    refused = silent_run(bar) > limit
    if not planned_still:
        refused |= stuck_steps(bar) > 2 * limit
    return refused
