"""When each note head sounds and each bar begins in a performance: what binds the sheet to the sound.

What it is: the order in which the bars of the page are played (repeats and da capo played out) and, for each take, the
milliseconds of all that lights up. The times are the performance's own; the sheet's notated tempo does not enter.

Conventions: `written` ticks are the page's, `heard` ticks the performance's; a passage that is played twice has two
places in heard time. Milliseconds count from the beginning of the sound. A head is lit while its note is held down, of
tied heads each from its own place on.

Contents: `PlayedBar`, `TakeTimes`, `Playing`, `playing_of`, `passages_of`.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from composer.corpus.jumps import JumpSign, played_with_jumps
from composer.corpus.unfold import played_spans
from composer.export.written import Head
from composer.perform.tempo_map import seconds_at
from composer.performance import Performance, PlayedNote
from composer.score import Bar, Note, Score

Passage = tuple[int, int, int]
"""(start, end, shift): written ticks [start, end) are heard `shift` ticks later."""
Key = tuple[int, int, int, bool]
"""(part, onset_tick, pitch, is_grace) of a note."""
Ornamented = tuple[Note, Sequence[int]]
"""A note that is played as several, and its heads."""

_ORNAMENTS = frozenset({"trill", "mordent", "inverted-mordent", "turn", "inverted-turn"})


@dataclass(frozen=True)
class PlayedBar:
    """A bar of the page, each time that it is played.

    Attributes:
        bar: its index on the page.
        heard_tick: where it begins in the performance.
    """

    bar: int
    heard_tick: int


@dataclass(frozen=True)
class TakeTimes:
    """One take on the clock.

    Attributes:
        lit: (begins, ends, index of the head) in milliseconds, sorted.
        bars_ms: when each of the played bars begins, rising.
        end_ms: when the last note ends.
    """

    lit: tuple[tuple[int, int, int], ...]
    bars_ms: tuple[int, ...]
    end_ms: int

    def lit_at(self, ms: float) -> set[int]:
        """Return the heads that are lit at a time."""
        return {head for begins, ends, head in self.lit if begins <= ms < ends}


@dataclass(frozen=True)
class Playing:
    """How a page is played.

    Attributes:
        bars: in the order of playing.
        end_tick: the end of the last one, in heard ticks.
        takes: of each performance.
    """

    bars: tuple[PlayedBar, ...]
    end_tick: int
    takes: tuple[TakeTimes, ...]


def playing_of(
    performances: Sequence[Performance], bars: Sequence[Bar], heads: Sequence[Head], passages: Sequence[Passage]
) -> Playing:
    """Return how a page is played.

    Args:
        performances: of one score.
        bars, heads: of the page, as `musicxml_with_ids` counts them.
        passages: of the page, in the order of playing; see `passages_of`.
    """
    played = tuple(
        PlayedBar(index, max(bar.onset_tick, start) + shift)
        for start, end, shift in passages
        for index, bar in enumerate(bars)
        if max(bar.onset_tick, start) < min(bar.end_tick, end)
    )
    end_tick = passages[-1][1] + passages[-1][2]
    chains = _chains(heads)
    return Playing(
        played, end_tick, tuple(_times(one, played, end_tick, heads, chains, passages) for one in performances)
    )


def passages_of(written: Score, jumps: Sequence[JumpSign], heard: Score) -> tuple[Passage, ...] | None:
    """Return the passages of a page in the order in which they are heard; None where its signs do not tell it."""
    end_tick = written.end_tick
    spans = played_with_jumps(written.repeats, jumps, (), end_tick) or played_spans(written.repeats, end_tick)
    passages, tick = [], 0
    for start, end in spans:
        passages.append((start, end, tick - start))
        tick += end - start
    if tick == heard.end_tick:
        return tuple(passages)
    return ((0, end_tick, 0),) if end_tick == heard.end_tick else None


def _chains(heads: Sequence[Head]) -> dict[Key, list[Sequence[int]]]:
    """Return the heads of each note, tied ones in their order; two notes in unison have a chain each."""
    of_note: dict[tuple[int, Note, int, int], list[int]] = defaultdict(list)
    for index, head in enumerate(heads):
        note = head.note
        of_note[head.part, note, note.staff, note.voice].append(index)
    chains: dict[Key, list[Sequence[int]]] = defaultdict(list)
    for (part, note, _, _), chain in of_note.items():
        chain.sort(key=lambda index: heads[index].onset_tick)
        chains[part, note.onset_tick, note.pitch, note.is_grace].append(chain)
    return chains


def _times(
    performance: Performance,
    played: Sequence[PlayedBar],
    end_tick: int,
    heads: Sequence[Head],
    chains: Mapping[Key, Sequence[Sequence[int]]],
    passages: Sequence[Passage],
) -> TakeTimes:
    curve = performance.tempo_curve
    bars_ms = np.rint(1000 * seconds_at(curve, [bar.heard_tick for bar in played])).astype(int)
    bars_ms = np.maximum.accumulate(np.maximum(bars_ms, 0))
    ornamented = _ornamented(chains, heads)
    shown: list[tuple[PlayedNote, Sequence[int]]] = []
    ticks: list[int] = []  # where each head of `shown` stands, heard
    for note in performance.notes:
        shift = _shift(passages, note.note.onset_tick)
        tick = note.note.onset_tick - shift
        found = chains.get((note.part, tick, note.note.pitch, note.note.is_grace))
        for chain in found or _decorated(ornamented[note.part], note.note, tick):
            shown.append((note, chain))
            ticks += [heads[index].onset_tick + shift for index in chain]
    places_sec = iter(seconds_at(curve, ticks).tolist())
    lit = [row for note, chain in shown for row in _lit(note, chain, list(itertools.islice(places_sec, len(chain))))]
    end_ms = round(1000 * max(performance.duration_sec, float(seconds_at(curve, end_tick))))
    return TakeTimes(tuple(sorted(lit)), tuple(bars_ms.tolist()), end_ms)


def _lit(note: PlayedNote, chain: Sequence[int], places_sec: Sequence[float]) -> Iterator[tuple[int, int, int]]:
    """Yield when each head of a chain is lit: the first from the stroke on, the others from their places on."""
    begin, end = note.onset_sec, note.onset_sec + note.duration_sec
    edges = [begin, *(min(max(place, begin), end) for place in places_sec[1:]), end]
    for index, start, stop in zip(chain, edges, edges[1:], strict=False):
        start_ms, stop_ms = max(0, round(1000 * start)), round(1000 * stop)
        if start_ms < stop_ms:
            yield start_ms, stop_ms, index


def _shift(passages: Sequence[Passage], heard_tick: int) -> int:
    return next((shift for _, end, shift in passages if heard_tick < end + shift), passages[-1][2])


def _ornamented(chains: Mapping[Key, Sequence[Sequence[int]]], heads: Sequence[Head]) -> dict[int, list[Ornamented]]:
    """Return the notes of each part that are played as several."""
    found: dict[int, list[Ornamented]] = defaultdict(list)
    for (part, *_), rows in chains.items():
        for chain in rows:
            note = heads[chain[0]].note
            if _ORNAMENTS.intersection(note.articulations):
                found[part].append((note, chain))
    return found


def _decorated(ornamented: Sequence[Ornamented], note: Note, tick: int) -> list[Sequence[int]]:
    """Return the heads of the note whose ornament a note belongs to; none where there is none."""
    around = [row for row in ornamented if row[0].onset_tick <= tick < row[0].end_tick]
    nearest = min(around, key=lambda row: abs(row[0].pitch - note.pitch), default=None)
    return [] if nearest is None else [nearest[1]]
