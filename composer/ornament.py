"""Ornaments of a tune by rule, each manner (of a time, of a style) with its own.

What it is: `ornamented` gives a share of a tune's notes a figure: a passing or neighbour note, a run, a turn, a
mordent, a trill, an appoggiatura. Which ones a manner knows and how it likes them stands in `MANNERS`. Notes too short
for any may be changed for others, in every manner.

Conventions: what stands on a beat keeps onset and pitch, so the tune stays what it was where the ear holds on to it; an
appoggiatura takes the place of an unaccented note only. The last two notes of the tune and the note before a rest stay,
but that in a manner with trills the last but one may be shaken, from the note itself. Figures are made of sixteenths
and of halves of notes, in the scale of the chord that sounds (the leading note over V in minor); a line that leaves the
scale itself is left alone there.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from composer.abc import MelodyNote
from composer.outline import ChordSpan, span_at
from composer.theme import Theme, scale_step, step_pitch
from composer.theory.key import Key

UNIT_TICKS = 2520  # a sixteenth: the shortest note of a figure
ON_BEAT = 2  # metrical strength from which a note keeps its place
# How like an ornamented tune is to the plain one, as the report measures it (`report.themes`), from .5 on: there what
# sounds on top while the tune rests is heard with it.
LEAST_LIKE, MOST_LIKE = 0.56, 0.9
PART_BARS = 4  # each stretch of so many is to be another tune: what returns may be one phrase of a theme


@dataclass(frozen=True)
class Spot:
    """A note that may be ornamented.

    Attributes:
        note: it.
        following: pitch of the note that follows at once.
        key, leading: of the chord there, and whether that has the raised seventh degree of a minor key.
        is_on_beat: whether it stands on a beat.
        has_thirds: whether it lasts compound beats, which have three parts.
    """

    note: MelodyNote
    following: int
    key: Key
    leading: bool
    is_on_beat: bool
    has_thirds: bool = False

    @property
    def units(self) -> int:
        """Length in sixteenths; 0 where it is no whole number of them."""
        return 0 if self.note.duration_tick % UNIT_TICKS else self.note.duration_tick // UNIT_TICKS

    @property
    def distance(self) -> int | None:
        """Scale steps to the next note; None where one of both is no note of the scale."""
        here, altered = scale_step(self.note.pitch, self.key)
        there, next_altered = scale_step(self.following, self.key)
        altered -= self._raised(here)
        next_altered -= self._raised(there)
        return None if altered or next_altered else there - here

    def at(self, steps: int) -> int:
        """Return the pitch so many scale steps from the note."""
        place = scale_step(self.note.pitch, self.key)[0] + steps
        return step_pitch(place, self._raised(place), self.key)

    def below(self) -> int:
        """Return the lower neighbour: the leading note of a tonic, whatever the mode."""
        here, _ = scale_step(self.note.pitch, self.key)
        return self.note.pitch - 1 if here % 7 == 0 else self.at(-1)

    def _raised(self, place: int) -> int:
        return int(self.leading and place % 7 == 6)

    def split(self, *pitches_and_units: tuple[int, int]) -> list[MelodyNote]:
        """Return notes one after the other from the note's onset; the last lasts to its end."""
        notes: list[MelodyNote] = []
        onset = self.note.onset_tick
        for pitch, units in pitches_and_units:
            notes.append(MelodyNote(onset, units * UNIT_TICKS, pitch))
            onset += units * UNIT_TICKS
        notes[-1] = replace(notes[-1], duration_tick=self.note.end_tick - notes[-1].onset_tick)
        return notes


Figure = Callable[[Spot], "list[MelodyNote] | None"]
"""A rule: the notes that take a spot's place, or None where the figure does not go."""


def ornamented(theme: Theme, amount: float, rng: np.random.Generator, *, manner: str = "plain") -> Theme:
    """Return the theme with figures in its tune.

    What is ornamented is another tune and still the same: beyond its share of places further ones are taken until the
    tune, and each four bars of it, is no more like itself than `MOST_LIKE`, and fewer where it would be less than
    `LEAST_LIKE`. Where the manner has too few figures that go, the others lend theirs, and short notes between the
    beats are changed for others; only a tune in which nothing goes stays as it is.

    Args:
        theme: to be ornamented.
        amount: share of the places that are taken, 0..1; nothing is done at 0.
        rng: draws places and figures; two numbers a note, whatever is taken.
        manner: of `MANNERS`.
    """
    source = theme.melody.notes
    draws = rng.random((len(source), 2))
    own = _all_figures(theme, MANNERS[manner], draws)
    every = {name: weight for weights in MANNERS.values() for name, weight in weights.items()} | dict(_LENT)
    found = {**_all_figures(theme, every, draws), **own}
    # The manner's places first, each kind in a drawn order.
    order = sorted(found, key=lambda place: (place not in own, draws[place, 0]))
    count = sum(draws[place, 0] < amount for place in own)

    def with_figures(taken: Collection[int], first: int = 0, end: int | None = None) -> tuple[MelodyNote, ...]:
        places = range(len(source))[first:end]
        return tuple(new for place in places for new in (found[place] if place in taken else [source[place]]))

    if amount > 0:
        while count < len(order) and likeness(source, with_figures(order[:count])) > MOST_LIKE:
            count += 1
        while count > 1 and likeness(source, with_figures(order[:count])) < LEAST_LIKE:
            count -= 1
    taken = set(order[:count])
    for first, end in _parts(theme) if amount > 0 else ():
        left = [place for place in order if first <= place < end and place not in taken]
        while left and likeness(source[first:end], with_figures(taken, first, end)) > MOST_LIKE:
            taken.add(left.pop(0))
    melody = replace(theme.melody, notes=with_figures(taken))
    return replace(theme, voices=(melody, *theme.voices[1:]))


def _parts(theme: Theme) -> list[tuple[int, int]]:
    """Return the notes of each four bars of a tune, as (first, end) of their indices; an upbeat is of the first."""
    onsets = [note.onset_tick for note in theme.melody.notes]
    starts = [bar * theme.meter.bar_ticks for bar in range(PART_BARS, theme.bars, PART_BARS)]
    edges = [0, *(bisect_left(onsets, start) for start in starts), len(onsets)]
    return list(pairwise(edges))


def likeness(tune: Sequence[MelodyNote], other: Sequence[MelodyNote]) -> float:
    """Return how like two tunes are, 0..1: common notes (onset, pitch) / geometric mean of both numbers of notes."""
    one, two = ({(note.onset_tick, note.pitch) for note in notes} for notes in (tune, other))
    return len(one & two) / math.sqrt(len(one) * len(two)) if one and two else 0.0


def _all_figures(theme: Theme, weights: Mapping[str, float], draws: NDArray[np.float64]) -> dict[int, list[MelodyNote]]:
    """Return what may take the place of each note of the tune, by its index; notes where nothing goes are left out."""
    count = len(theme.melody.notes)
    found = {}
    for place in range(count):
        spot = _spot(theme, place)
        allowed = {name: share for name, share in weights.items() if place < count - 2 or name == "trill"}
        figures = _figures(spot, allowed) if spot is not None else []
        if figures:
            found[place] = _chosen(figures, float(draws[place, 1]))
    return found


def _spot(theme: Theme, index: int) -> Spot | None:
    """Return a note as a place for ornaments; None before a rest and at the end."""
    source = theme.melody.notes
    note = source[index]
    follower = source[index + 1] if index + 1 < len(source) else None
    if follower is None or follower.onset_tick != note.end_tick or note.duration_tick < UNIT_TICKS:
        return None
    key, leading = _scale(theme.chords, note.onset_tick, theme.key)
    strength = theme.meter.strength(note.onset_tick % theme.meter.bar_ticks)
    has_thirds = theme.meter.is_compound and note.duration_tick % theme.meter.beat_ticks == 0
    return Spot(note, follower.pitch, key, leading, strength >= ON_BEAT, has_thirds)


def _scale(chords: Sequence[ChordSpan], tick: int, home: Key) -> tuple[Key, bool]:
    span = span_at(chords, tick)
    if span is None:
        return home, False
    return span.key, span.key.mode == "minor" and 11 in span.chord.relative_pitch_classes


def _figures(spot: Spot, weights: Mapping[str, float]) -> list[tuple[float, list[MelodyNote]]]:
    found = []
    for name, weight in weights.items():
        if spot.note.duration_tick < 2 * UNIT_TICKS and name not in _LENT:
            continue  # it cannot be divided
        notes = _RULES[name](spot)
        if notes is not None:
            found.append((weight, notes))
    return found


def _chosen(found: Sequence[tuple[float, list[MelodyNote]]], choice: float) -> list[MelodyNote]:
    total = sum(weight for weight, _ in found)
    for weight, notes in found:
        choice -= weight / total
        if choice < 0:
            return notes
    return found[-1][1]


# ---------------------------------------------------------------------- the figures


def _passing(spot: Spot) -> list[MelodyNote] | None:
    """A third is filled by the note between."""
    if spot.distance not in (2, -2) or spot.note.duration_tick % 2:
        return None
    return _halves(spot, spot.note.pitch, spot.at(spot.distance // 2))


def _neighbour(spot: Spot) -> list[MelodyNote] | None:
    """A repetition is led round its upper neighbour."""
    if spot.distance != 0 or spot.note.duration_tick % 2:
        return None
    return _halves(spot, spot.note.pitch, spot.at(1))


def _chromatic(spot: Spot) -> list[MelodyNote] | None:
    """A repetition is led round the half-tone below."""
    if spot.distance != 0 or spot.note.duration_tick % 2:
        return None
    return _halves(spot, spot.note.pitch, spot.note.pitch - 1)


def _run(spot: Spot) -> list[MelodyNote] | None:
    """A leap of a fourth to an octave is filled by sixteenths of the scale at the note's end."""
    distance = spot.distance
    if distance is None or not 3 <= abs(distance) <= 7 or spot.units < abs(distance):
        return None
    sign, between = (1 if distance > 0 else -1), abs(distance) - 1
    steps = [(spot.at(sign * step), 1) for step in range(1, between + 1)]
    return spot.split((spot.note.pitch, spot.units - between), *steps)


def _turn(spot: Spot) -> list[MelodyNote] | None:
    """A quarter or more ends with its upper neighbour, itself and its lower neighbour: not before a leap down."""
    if spot.distance is None or spot.units < 4 or not 0 <= spot.distance <= 2:
        return None
    main = spot.note.pitch
    return spot.split((main, spot.units - 3), (spot.at(1), 1), (main, 1), (spot.below(), 1))


def _mordent(spot: Spot) -> list[MelodyNote] | None:
    """A note on the beat is struck, bitten from below, and held."""
    if not spot.is_on_beat or spot.distance is None or spot.units < 4:
        return None
    return spot.split((spot.note.pitch, 1), (spot.below(), 1), (spot.note.pitch, spot.units - 2))


def _trill(spot: Spot) -> list[MelodyNote] | None:
    """A quarter or more that goes on by step alternates with its upper neighbour; a long one ends from below."""
    if spot.distance not in (-1, 0, 1) or not 4 <= spot.units <= 12:
        return None
    pitches = [spot.note.pitch if unit % 2 == 0 else spot.at(1) for unit in range(spot.units)]
    if spot.units >= 6 and spot.units % 2 == 0 and spot.distance != -1:
        pitches[-2:] = [spot.below(), spot.note.pitch]
    return spot.split(*((pitch, 1) for pitch in pitches))


def _appoggiatura(spot: Spot) -> list[MelodyNote] | None:
    """An unaccented note is leaned on from above for half of its time."""
    if spot.is_on_beat or spot.distance is None or spot.distance > 0 or spot.units not in (2, 4):
        return None
    return _halves(spot, spot.at(1), spot.note.pitch)


def _changed(spot: Spot) -> list[MelodyNote] | None:
    """A short note between the beats is changed for the neighbour of the next one that it is not."""
    distance = spot.distance
    if spot.is_on_beat or distance is None or spot.note.duration_tick > 2 * UNIT_TICKS:
        return None
    steps = min((step for step in (distance + 1, distance - 1) if step), key=abs)
    return [replace(spot.note, pitch=spot.at(steps))]


def _halves(spot: Spot, first: int, second: int) -> list[MelodyNote]:
    """Two notes in the time of one; in compound beats the second has the last third."""
    length, onset = spot.note.duration_tick, spot.note.onset_tick
    turn = length * 2 // 3 if spot.has_thirds else length // 2
    return [MelodyNote(onset, turn, first), MelodyNote(onset + turn, length - turn, second)]


_RULES: Mapping[str, Figure] = MappingProxyType(
    {
        "passing": _passing,
        "neighbour": _neighbour,
        "chromatic": _chromatic,
        "run": _run,
        "turn": _turn,
        "mordent": _mordent,
        "trill": _trill,
        "appoggiatura": _appoggiatura,
        "changed": _changed,
    }
)
_LENT: Mapping[str, float] = MappingProxyType({"changed": 1.0})  # of no manner: for what is too quick for figures
# Manner -> figure -> how it is liked beside others that go in the same place. Which figures belong to a time is matter
# of textbooks; the weights are ours.
MANNERS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "plain": {"passing": 1.0, "neighbour": 1.0},
        "baroque": {"passing": 3.0, "neighbour": 2.0, "run": 3.0, "mordent": 1.0, "trill": 1.0, "turn": 0.5},
        "classical": {
            "passing": 2.0, "neighbour": 1.5, "run": 2.0, "turn": 2.0, "appoggiatura": 2.0, "trill": 0.5,
        },
        "romantic": {"passing": 2.0, "chromatic": 2.0, "run": 1.5, "turn": 1.5, "appoggiatura": 2.0},
    }
)  # fmt: skip
# Player of a style card -> the manner of its time; others are plain.
_PLAYERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("baroque", "bach"), "baroque"),
        **dict.fromkeys(("classical", "haydn", "mozart", "beethoven"), "classical"),
        **dict.fromkeys(("romantic", "schubert", "schumann", "chopin"), "romantic"),
    }
)


def manner_of(player: str | None) -> str:
    """Return the manner of ornaments that goes with a style's player."""
    return _PLAYERS.get(player or "", "plain")
