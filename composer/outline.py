"""The Outline: what is true of a piece at each moment, one timeline of musical facts.

A plan makes one before there are notes, the analysis makes one from notes; the network's conditions, the performer and
the reports read only this, so that training and composing see the same facts.

Conventions: spans are half open, [start_tick, end_tick), sorted, without overlap; a fact that is not known is simply
absent (an empty tuple, a gap, or None).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from composer.score import Bar
from composer.theory.harmony import Cadence, Chord
from composer.theory.key import Key

# Texture patterns, from what the planner can ask for and the analysis can tell apart (design: texture).
PATTERNS = (
    "unknown",
    "melody",  # one line alone
    "unison",  # the same line in octaves
    "chorale",  # chords in three or more voices that move together
    "chords",  # a tune over struck chords
    "alberti",  # a tune over broken chords in the middle range
    "arpeggio",  # a tune over wide broken chords
    "walking",  # a tune over a bass that moves on every beat or half beat
    "stride",  # low bass and chord in turn
    "imitation",  # two or three independent lines
    "running",  # one hand runs in sixteenths
)

# What a section or phrase does in the form.
FUNCTIONS = (
    "theme",
    "transition",
    "episode",
    "development",
    "retransition",
    "recapitulation",
    "closing",
    "coda",
    "introduction",
)


@dataclass(frozen=True)
class KeySpan:
    """A local key."""

    start_tick: int
    end_tick: int
    key: Key


@dataclass(frozen=True)
class ChordSpan:
    """A chord; `key` is the local key that its numeral counts in."""

    start_tick: int
    end_tick: int
    chord: Chord
    key: Key


@dataclass(frozen=True)
class PhraseSpan:
    """A phrase.

    Attributes:
        cadence: how it ends; None when not known.
        cadence_tick: the onset of its last chord, or None.
        section: id of the section it belongs to, or "".
    """

    start_tick: int
    end_tick: int
    cadence: Cadence | None = None
    cadence_tick: int | None = None
    section: str = ""


@dataclass(frozen=True)
class SectionSpan:
    """A section of the form.

    Attributes:
        id, label: unique id (`A2`) and the form's letter (`A`).
        function: one of `FUNCTIONS`, or "".
        theme: name of the theme it states, or "".
    """

    start_tick: int
    end_tick: int
    id: str
    label: str
    function: str = ""
    theme: str = ""


@dataclass(frozen=True)
class TextureSpan:
    """How notes are laid out, at the planner's granularity (half a bar or longer).

    Attributes:
        pattern: one of `PATTERNS`.
        onsets_per_beat: note onsets a beat, (lower hand, upper hand); None when not known.
        polyphony: notes that sound at once on average, (lower, upper); None when not known.
        density: 0..1, the share of a dense texture of the style; None when not known.
    """

    start_tick: int
    end_tick: int
    pattern: str = "unknown"
    onsets_per_beat: tuple[float, float] | None = None
    polyphony: tuple[float, float] | None = None
    density: float | None = None


@dataclass(frozen=True)
class DynamicSpan:
    """A dynamic level with its shape: `flat`, `arch`, `cresc`, `dim`."""

    start_tick: int
    end_tick: int
    level: str
    shape: str = "flat"


@dataclass(frozen=True)
class TempoSpan:
    """Beats a minute over a span (the beat is the meter's)."""

    start_tick: int
    end_tick: int
    beat_bpm: float


@dataclass(frozen=True)
class Outline:
    """The facts of one piece.

    Attributes:
        bars: as in the Score, from tick 0 without gaps.
        ensemble: `keyboard`, `chorale`, `organ`, `quartet`, `song`, `line`; "" when not known.
        style: composer weights, by name; empty when not known.
    """

    bars: tuple[Bar, ...]
    keys: tuple[KeySpan, ...] = ()
    chords: tuple[ChordSpan, ...] = ()
    phrases: tuple[PhraseSpan, ...] = ()
    sections: tuple[SectionSpan, ...] = ()
    textures: tuple[TextureSpan, ...] = ()
    dynamics: tuple[DynamicSpan, ...] = ()
    tempos: tuple[TempoSpan, ...] = ()
    ensemble: str = ""
    style: tuple[tuple[str, float], ...] = ()

    @property
    def end_tick(self) -> int:
        """The end of the last bar."""
        return self.bars[-1].end_tick if self.bars else 0


class Span(Protocol):
    """Anything with a start and an end."""

    @property
    def start_tick(self) -> int:
        """Inclusive."""

    @property
    def end_tick(self) -> int:
        """Exclusive."""


S = TypeVar("S", bound=Span)


def span_at(spans: Sequence[S], tick: int) -> S | None:
    """Return the span that holds `tick`, or None. `spans` are sorted and do not overlap."""
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle].end_tick <= tick:
            low = middle + 1
        else:
            high = middle
    return spans[low] if low < len(spans) and spans[low].start_tick <= tick else None
