"""Sequences and galant schemata: chains of chords that go down or up by links, as pins of a phrase's harmony.

What it is: `schema: fonte` of a phrase puts such a chain somewhere between its first bar line and its cadence. How many
links, how long they are, in which voicing and from which bar on is drawn; a chain whose steps the style often takes is
likelier. What lies round it is drawn exactly, as round any pinned chords.

Sources: Gjerdingen, *Music in the Galant Style* (2007), for fonte, monte, prinner, romanesca and quiescenza; the lament
and the chains of fifths and of 5-6 are common property.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from composer.plan.chords import ChordModel
from composer.plan.model import SchemaName
from composer.plan.numerals import Slot
from composer.theory.key import Key, Mode
from composer.theory.meter import Meter

# Name -> mode -> voicings, each a chain of links of two chords.
SCHEMATA: Mapping[SchemaName, Mapping[Mode, tuple[str, ...]]] = {
    "descending fifths": {
        "major": ("I IV, viio iii, vi ii, V I", "I6 IV, viio6 iii, vi6 ii, V6 I", "IV7 viiø7, iii7 vi7, ii7 V7"),
        "minor": ("i iv, VII III, VI iio, V i", "i6 iv, VII6 III, VI6 iio6, V6 i", "iv7 VII7, III7 VI7, iiø7 V7"),
    },
    "ascending 5-6": {
        "major": ("I vi6, ii viio6, iii I6, IV ii6", "I V65/ii, ii V65/iii, iii V65/IV, IV V65/V"),
        "minor": ("i VI6, VII6 V6/iv, iv iio6", "III i6, iv iio6"),
    },
    "romanesca": {
        "major": ("I V, vi iii, IV I", "I V6, vi iii6, IV I6"),
        "minor": ("i v, VI III, iv i", "i v6, VI III6, iv i6"),
    },
    "fonte": {
        "major": ("V7/ii ii, V7 I", "V65/ii ii, V65 I", "viio7/ii ii, viio7 I"),
        "minor": ("V7/iv iv, V7/III III", "V65/iv iv, V65/III III"),
    },
    "monte": {
        "major": ("V7/IV IV, V7/V V", "V65/IV IV, V65/V V", "V65/IV IV, V65/V V, V65/vi vi"),
        "minor": ("V65/iv iv, V65/V V", "V65/VI VI, V65/VII VII, V65 i"),
    },
    "prinner": {"major": ("IV I6, viio6 I", "IV I6, V43 I"), "minor": ("iv i6, viio6 i", "iv i6, V43 i")},
    "lament": {"major": ("I V6, IV6 V", "I V6, iv6 V"), "minor": ("i v6, iv6 V", "i V6, VII6 IV6, iv6 V")},
    "quiescenza": {"major": ("V7/IV IV, viio7 I", "V7/IV IV, V7 I"), "minor": ("V7/iv iv, viio7 i", "V7/iv iv, V7 i")},
}
# Of a chain of fifths or of 5-6 a part will do.
CUT: Mapping[SchemaName, int] = {"descending fifths": 2, "ascending 5-6": 2}
# Share of a section's free phrases that are built on a schema, by function; of all others.
USUAL: Mapping[str, float] = {"development": 0.45, "transition": 0.35, "episode": 0.2, "introduction": 0.1}
ELSEWHERE = 0.08
LEAST_BARS = 3  # of a phrase: two bars of links at least and the cadence
# Over a dominant or tonic pedal a link lasts one or two bars; so it does elsewhere.
_LINK_BARS = (1, 2)
_CHAIN_SHARPNESS = 0.7  # power of the mean probability of a chain's steps


@dataclass(frozen=True)
class Chain:
    """A schema in one voicing: links of two chords, and its weight among the others."""

    links: tuple[tuple[str, str], ...]
    weight: float


def chains(name: SchemaName, model: ChordModel) -> tuple[Chain, ...]:
    """Return the chains that a schema can be in a mode, weighed by how usual their steps are in the style."""
    found = []
    for text in SCHEMATA[name][model.mode]:
        first, second = zip(*(link.split() for link in text.split(",")), strict=True)
        links = tuple(zip(first, second, strict=True))
        shortest = min(CUT.get(name, len(links)), len(links))
        for count in range(shortest, len(links) + 1):
            part = links[len(links) - count :]
            found.append(Chain(part, _usual(part, model) ** _CHAIN_SHARPNESS / (len(links) - shortest + 1)))
    return tuple(found)


def _usual(links: Sequence[tuple[str, str]], model: ChordModel) -> float:
    """Return the geometric mean of the probabilities of a chain's steps."""
    steps = [step for link in links for step in link]
    places = [model.index.get(step) for step in steps]
    change = model.change("middle", on_beat=True)
    logs = [
        np.log(change[a, b]) if a is not None and b is not None and a != b else np.log(1e-4)
        for a, b in pairwise(places)
    ]
    return float(np.exp(np.mean(logs)))


def draw_schema(model: ChordModel, rng: np.random.Generator) -> SchemaName:
    """Draw a schema by how usual its steps are in the style."""
    names = list(SCHEMATA)
    weights = np.array([max(chain.weight for chain in chains(name, model)) for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def usual_schema(function: str, *, bars: int, model: ChordModel, rng: np.random.Generator) -> SchemaName | None:
    """Draw whether a free phrase of a section is built on a schema that nobody asked for, and on which."""
    draw = rng.random()
    if bars < LEAST_BARS or draw >= USUAL.get(function, ELSEWHERE):
        return None
    return draw_schema(model, rng)


def placements(
    name: SchemaName,
    *,
    bars: int,
    key: Key,
    key_end_tick: int,
    meter: Meter,
    model: ChordModel,
    rng: np.random.Generator,
) -> list[tuple[Slot, ...]]:
    """Return the places where a schema can stand in a phrase, in a drawn order, as slots from its first bar line.

    Args:
        name: of the schema.
        bars: of the phrase; its last bar is left to the cadence.
        key: in which the phrase begins.
        key_end_tick: where that key ends; a chain stays in its key.
        meter: of the bars.
        model: of the style's chords in the key's mode.
        rng: stream.
    """
    options: list[tuple[float, tuple[Slot, ...]]] = []
    for chain in chains(name, model):
        for link_bars in _LINK_BARS:
            length = len(chain.links) * link_bars
            for first in range(bars - length):
                if (first + length) * meter.bar_ticks <= key_end_tick:
                    # A chain opens its phrase or leads to the cadence, rather than floating between.
                    weight = chain.weight * (1.0 if first in (0, 1) or first == bars - 1 - length else 0.3)
                    options.append((weight, _slots(chain.links, first, link_bars, key, meter)))
    drawn = []
    while options:
        weights = np.array([weight for weight, _ in options])
        drawn.append(options.pop(int(rng.choice(len(options), p=weights / weights.sum())))[1])
    return drawn


def _slots(
    links: Sequence[tuple[str, str]], first_bar: int, link_bars: int, key: Key, meter: Meter
) -> tuple[Slot, ...]:
    bar = meter.bar_ticks
    # Where a bar has an odd number of beats, the first chord takes the longer part.
    turn = bar if link_bars == 2 else -(-meter.beats // 2) * meter.beat_ticks
    slots: list[Slot] = []
    for place, (one, other) in enumerate(links):
        start = (first_bar + place * link_bars) * bar
        slots.append(Slot(start, start + turn, key, one))
        slots.append(Slot(start + turn, start + link_bars * bar, key, other))
    return tuple(slots)
