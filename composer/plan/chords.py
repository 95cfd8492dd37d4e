"""A style's chords as probabilities: vocabulary, transitions, lengths, first chords, and how melody tells of them.

What it is: `ChordModel`, made from the counts of one style or a weighted mix, smoothed. Probabilities of styles are
mixed by weight, so that a style with more pieces does not drown the other.

Conventions: arrays are indexed by the chord's place in `vocabulary`. The grid is half a beat (a third of a
beat in compound meters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from composer.errors import ComposerError, StyleError
from composer.style_statistics import StyleStatistics, meter_class
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import SCALE_FIFTHS, Mode
from composer.theory.meter import Meter
from composer.theory.pitch import fifths_pitch_class

Weights = NDArray[np.float64]

VOCABULARY = 72  # commonest chords of a mode that may be drawn; rarer ones are mostly slips of the analysis
BACK_OFF = 0.25  # weight of all zones together beside the zone's own counts
UNIGRAM = 0.5  # pseudo-counts spread by how common a chord is, so that a pinned rare chord can be reached
UNSTABLE = 0.05  # factor of a six-four or four-two chord at a beginning: mostly slips of the analysis
SIX_FOUR = 0.3  # factor of six-four chords inside a phrase, which the analysis finds wherever a bass leaps to the fifth
OPENING_TONIC = 8.0  # factor of the tonic where a theme begins
FULLY_CHROMATIC = 0.01  # of the chords in major bVI, in a style half of whose VI before V in minor are augmented sixths
LEAST_OPENING = 0.01  # rarer beginnings of a theme are slips of the analysis, or of the smoothing
FLOOR = 1e-9  # of any transition that a pin may force

Styles = Sequence[tuple[float, StyleStatistics]]


def grid_ticks(meter: Meter) -> int:
    """Return the length of a step of the harmonic grid."""
    return meter.unit_ticks if meter.is_compound else meter.beat_ticks // 2


class ChordModels:
    """The chord models of a piece, made when they are first asked for.

    Args:
        styles: (weight, statistics); weights need not sum to 1.
        meter: of the piece.
    """

    def __init__(self, styles: Styles, meter: Meter) -> None:
        self.styles = tuple(styles)
        self.meter = meter
        self._made: dict[tuple[Mode, tuple[str, ...]], ChordModel] = {}

    @cached_property
    def augmented_share(self) -> float:
        """Share of the VI before the dominant in minor that are augmented sixths."""
        return augmented_share(self.styles)

    def of(self, mode: Mode, *, extra: Iterable[str] = ()) -> ChordModel:
        """Return the model of a mode whose vocabulary has the numerals of `extra` too; errors as in `ChordModel`."""
        plain = self._made.get((mode, ()))
        if plain is None:
            plain = self._made[mode, ()] = ChordModel(self.styles, mode=mode, meter=self.meter)
        more = tuple(sorted(set(extra) - set(plain.vocabulary)))
        if (mode, more) not in self._made:
            self._made[mode, more] = ChordModel(self.styles, mode=mode, meter=self.meter, extra=more)
        return self._made[mode, more]


class ChordModel:
    """The chord statistics of a mix of styles in one mode and meter.

    Args:
        styles: (weight, statistics); weights need not sum to 1.
        mode: of the local key.
        meter: of the piece.
        extra: numerals that must be in the vocabulary (pinned ones, those of cadence formulas).

    Raises:
        StyleError: the styles have no chords in this mode.
        PlanError: one of `extra` is no numeral.
    """

    def __init__(self, styles: Styles, *, mode: Mode, meter: Meter, extra: Iterable[str] = ()) -> None:
        self.styles = tuple(styles)
        self.mode = mode
        self.meter = meter
        common = self._commonest()
        if not common:
            names = ", ".join(statistics.name for _, statistics in self.styles)
            raise StyleError(f"no chords were counted in {mode} for the style {names}", mend="another style, or mode")
        # Two names of one sound (N6 and bII6, Cad64 and I64) are one chord here.
        heard: dict[tuple[int, tuple[int, ...], int], int] = {}
        self.index: dict[str, int] = {}
        for name in dict.fromkeys([*common, *extra]):
            chord = parse_chord(name, mode)
            sound = (chord.relative_root, tuple(sorted(chord.relative_pitch_classes)), chord.relative_bass)
            self.index[name] = heard.setdefault(sound, len(heard))
        first = {place: name for name, place in reversed(self.index.items())}
        self.vocabulary: tuple[str, ...] = tuple(first[place] for place in range(len(heard)))
        self.chords: tuple[Chord, ...] = tuple(parse_chord(name, mode) for name in self.vocabulary)

    @property
    def size(self) -> int:
        """Chords in the vocabulary."""
        return len(self.vocabulary)

    def change(self, zone: str, *, on_beat: bool) -> Weights:
        """Return p(next | chord) at a beat or off it: [chord, next chord]. No chord follows itself."""
        key = (zone, on_beat)
        if key not in self._changes:
            self._changes[key] = self._count_changes(zone, on_beat=on_beat)
        return self._changes[key]

    def first(self) -> Weights:
        """Return p(chord begins a phrase): [chord]."""
        counted = self._mixed(lambda statistics: statistics.first_chords.get(self.mode, {}), prior=0.02)
        return self._stable(counted)

    def opening(self) -> Weights:
        """Return p(chord begins a piece or a theme): [chord]; chords on the tonic in root position, mostly."""
        counted = self._mixed(lambda statistics: statistics.opening_chords.get(self.mode, {}), prior=0.02)
        stable = self._stable(0.7 * counted + 0.3 * self.first(), tonic=OPENING_TONIC)
        return _normal(np.where(stable < LEAST_OPENING, 0.0, stable))  # a theme must say in which key it is

    def _stable(self, weights: Weights, *, tonic: float = 1.0) -> Weights:
        """Return weights of a beginning: no six-four or four-two chord stands there by itself."""
        factors = np.ones(self.size)
        for place, chord in enumerate(self.chords):
            if chord.inversion == 3 or _is_six_four(chord):
                factors[place] = UNSTABLE
            elif chord.relative_root == 0 and chord.inversion == 0 and "/" not in chord.numeral:
                factors[place] = tonic
        stable = weights * factors
        return _normal(stable)

    def link(self, last: str) -> Weights:
        """Return p(chord begins a phrase | chord that ended the phrase before, same key): [chord]."""
        linked = self._mixed(lambda statistics: statistics.phrase_links.get(self.mode, {}).get(last, {}), prior=0.02)
        return linked * 0.5 + self.first() * 0.5

    def length(self, zone: str, place_step: int, longest: int) -> Weights:
        """Return p(length | place in the bar, zone): [length], index 0 is one step; each up to `longest` possible."""
        steps_per_beat = self.meter.beat_ticks // grid_ticks(self.meter)
        total = np.zeros(longest)
        for weight, statistics in self.styles:
            table = statistics.chord_durations.get(meter_class(self.meter), {})
            counted = np.zeros(longest)
            for name, share in ((zone, 1.0), ("opening", BACK_OFF), ("middle", BACK_OFF)):
                for place, lengths in table.get(name, {}).items():
                    if round(float(place) * steps_per_beat) != place_step:
                        continue
                    for length, count in lengths.items():
                        steps = float(length) * steps_per_beat
                        if steps == round(steps) and 1 <= steps <= longest:
                            counted[round(steps) - 1] += share * count
            # Where little was counted, chords last a beat or more and end on beats.
            ends_on_beat = (place_step + np.arange(1, longest + 1)) % steps_per_beat == 0
            prior = np.where(ends_on_beat, 1.0, 0.05) / np.arange(1, longest + 1)
            counted += 3.0 * prior / prior.sum()
            total += weight * counted / counted.sum()
        return _normal(total)

    def melody(self, strength: str) -> Weights:
        """Return p(pitch class, counted from the tonic | chord): [chord, 12], at a `strong`, `beat` or `off` place."""
        if strength not in self._melodies:
            self._melodies[strength] = self._count_melody(strength)
        return self._melodies[strength]

    @cached_property
    def _changes(self) -> dict[tuple[str, bool], Weights]:
        return {}

    @cached_property
    def _melodies(self) -> dict[str, Weights]:
        return {}

    @cached_property
    def _steadiness(self) -> Weights:
        return np.array([SIX_FOUR if _is_six_four(chord) else 1.0 for chord in self.chords])

    @cached_property
    def _unigram(self) -> Weights:
        counts = np.full(self.size, 1e-3)
        for weight, statistics in self.styles:
            table = _chord_counts(statistics, self.mode)
            total = sum(table.values()) or 1.0
            for name, count in table.items():
                if name in self.index:
                    counts[self.index[name]] += weight * count / total
        return _normal(counts)

    def _commonest(self) -> list[str]:
        totals: dict[str, float] = {}
        for weight, statistics in self.styles:
            table = _chord_counts(statistics, self.mode)
            everything = sum(table.values()) or 1.0
            for name, count in table.items():
                totals[name] = totals.get(name, 0.0) + weight * count / everything
        known = [name for name in sorted(totals, key=lambda name: (-totals[name], name)) if _is_known(name, self.mode)]
        return known[:VOCABULARY]

    def _count_changes(self, zone: str, *, on_beat: bool) -> Weights:
        column = 0 if on_beat else 1
        total = np.zeros((self.size, self.size))
        for weight, statistics in self.styles:
            zones = statistics.chord_transitions.get(self.mode, {})
            counted = np.zeros((self.size, self.size))
            for name, table in zones.items():
                share = 1.0 if name == zone else BACK_OFF
                for chord, followers in table.items():
                    for follower, arrivals in followers.items():
                        if chord in self.index and follower in self.index:
                            # The other column counts a little: a change heard on beats is possible off them.
                            value = arrivals[column] + 0.1 * arrivals[1 - column]
                            counted[self.index[chord], self.index[follower]] += share * value
            counted += UNIGRAM * self._unigram[None, :]
            np.fill_diagonal(counted, 0.0)
            total += weight * counted / counted.sum(axis=1, keepdims=True)
        total = total * self._steadiness[None, :] + FLOOR
        np.fill_diagonal(total, 0.0)
        changed: Weights = total / total.sum(axis=1, keepdims=True)
        return changed

    def _mixed(self, table_of: Callable[[StyleStatistics], Mapping[str, int]], *, prior: float) -> Weights:
        total = prior * self._unigram
        for weight, statistics in self.styles:
            table = table_of(statistics)
            everything = sum(table.values())
            for name, count in table.items():
                if name in self.index:
                    total[self.index[name]] += weight * count / everything
        return _normal(total)

    def _count_melody(self, strength: str) -> Weights:
        shares = dict.fromkeys(_MEMBERS, 0.0)
        for weight, statistics in self.styles:
            table = statistics.melody_members.get(strength, {})
            everything = sum(table.values()) + len(_MEMBERS)
            for member in _MEMBERS:
                shares[member] += weight * (table.get(member, 0) + 1) / everything
        scale = {fifths_pitch_class(place) for place in SCALE_FIFTHS[self.mode]}
        if self.mode == "minor":
            scale |= {9, 11}  # raised 6 and 7 belong to a minor melody
        likelihood = np.zeros((self.size, 12))
        for place, chord in enumerate(self.chords):
            members = chord.relative_pitch_classes
            kinds = [_kind(pitch_class, members, scale) for pitch_class in range(12)]
            for pitch_class, kind in enumerate(kinds):
                likelihood[place, pitch_class] = shares[kind] / kinds.count(kind)
            likelihood[place] /= likelihood[place].sum()
        return likelihood


_MEMBERS = ("root", "third", "fifth", "seventh", "scale", "chromatic")


def _kind(pitch_class: int, members: tuple[int, ...], scale: set[int]) -> str:
    """Return what a melody note is in a chord; one beside its own altered form in the chord is chromatic."""
    if pitch_class in members:
        return _MEMBERS[members.index(pitch_class)]
    if pitch_class not in scale:
        return "chromatic"
    # c against the c sharp of V7/V, or in minor a natural 7 against the leading tone.
    beside = [other for other in members if (other - pitch_class) % 12 in (1, 11)]
    minor_pairs = ({8, 9}, {10, 11}) if 3 in scale else ()
    altered = any(other not in scale or {pitch_class, other} in minor_pairs for other in beside)
    return "chromatic" if altered else "scale"


def augmented_share(styles: Styles) -> float:
    """Return the share of VI before the dominant in minor that is an augmented sixth, from how often major has bVI."""
    total = 0.0
    for weight, statistics in styles:
        found = counted = 0
        for table in statistics.chord_transitions.get("major", {}).values():
            for followers in table.values():
                counted += sum(map(sum, followers.values()))
                found += sum(followers.get("bVI", ()))
        total += weight * min(1.0, found / counted / FULLY_CHROMATIC) if counted else 0.0
    return 0.5 * total


def _chord_counts(statistics: StyleStatistics, mode: Mode) -> dict[str, float]:
    """Return how often each chord is arrived at in a mode, all zones together."""
    counts: dict[str, float] = {}
    for table in statistics.chord_transitions.get(mode, {}).values():
        for followers in table.values():
            for follower, arrivals in followers.items():
                counts[follower] = counts.get(follower, 0.0) + sum(arrivals)
    for name, count in statistics.first_chords.get(mode, {}).items():
        counts[name] = counts.get(name, 0.0) + count
    return counts


def _is_known(name: str, mode: Mode) -> bool:
    try:
        parse_chord(name, mode)
    except ComposerError:
        return False
    return True


def _is_six_four(chord: Chord) -> bool:
    return chord.inversion == 2 and len(chord.relative_pitch_classes) == 3 and not chord.numeral.startswith("Cad")


def _normal(weights: Weights) -> Weights:
    """Return the weights divided by their sum."""
    normal: Weights = weights / weights.sum()
    return normal
