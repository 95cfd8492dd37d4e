"""Voice leading: what a teacher would mark, counted for 100 bars.

What it is: parallel fifths and octaves between the outer voices, or between any two parts that are each one voice;
parts that cross; a leading tone on top before a cadence's tonic that does not rise to it. What a style allows itself is
counted from real pieces by this same code (`styles/voice_leading.json`).

Conventions: a parallel is counted where both voices move, in the same direction, from one perfect fifth (octave) to the
next; compound ones too. An octave that is doubled on purpose is none: between outer voices that go on in octaves for
three moves or more, or where nothing but one pitch class sounds. Only moments at which both voices begin a note are
looked at, as ears do.

Contents: `VoiceLeading`, `count_faults`, `rate_of`, `StyleRate`, `load_rates`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from composer.analysis.frames import NoteArray, note_array
from composer.analysis.hands import is_single_line
from composer.outline import KeySpan, PhraseSpan, span_at
from composer.report.sounding import Bools, sounding_at
from composer.score import Score
from composer.style import styles_folder
from composer.theory.harmony import Cadence

RATES_FILE = "voice_leading.json"
FAULT_WORDS = {
    "fifths": "parallel fifths",
    "octaves": "parallel octaves",
    "part_fifths": "fifths between parts",
    "part_octaves": "octaves between parts",
    "crossings": "crossings",
    "leading_tones": "leading tones not resolved",
}
KINDS = tuple(FAULT_WORDS)
_LEADING_TONE = 11  # semitones above the tonic
_FIFTH = 7
_DOUBLED = 3  # octaves in a row that are a doubling and no fault
_TO_TONIC = (Cadence.PAC, Cadence.IAC)

Move = tuple[int, int, int]  # (tick, lower pitch, higher pitch) where both voices begin a note


@dataclass(frozen=True)
class Fault:
    """One of them.

    Attributes:
        kind: of `KINDS`.
        tick: where it is reached.
        voices: between which: `outer voices`, or the parts' names.
    """

    kind: str
    tick: int
    voices: str


@dataclass(frozen=True)
class VoiceLeading:
    """The voice-leading faults of a piece.

    Attributes:
        bars: of the piece.
        has_parts: it has two parts or more of one voice each, so that these were looked at too.
        faults: all of them, in order.
    """

    bars: int
    has_parts: bool
    faults: tuple[Fault, ...] = ()

    @property
    def per_100_bars(self) -> float:
        """How many there are in 100 bars; what is a fault of outer voices and of two parts is counted once."""
        moments = {(fault.tick, fault.kind.removeprefix("part_")) for fault in self.faults}
        return 100 * len(moments) / max(1, self.bars)

    def count(self, kind: str) -> int:
        """Return how many of a kind there are."""
        return sum(fault.kind == kind for fault in self.faults)


@dataclass(frozen=True)
class StyleRate:
    """What real pieces of a style have, by the same count.

    Attributes:
        pieces, bars: that were counted.
        per_100_bars: faults, all pieces together.
        p95: of the pieces' own rates (those of 16 bars and more), the 95th percentile.
        by_kind: each kind in 100 bars.
    """

    pieces: int
    bars: int
    per_100_bars: float
    p95: float
    by_kind: Mapping[str, float]


def count_faults(score: Score, phrases: Sequence[PhraseSpan] = (), keys: Sequence[KeySpan] = ()) -> VoiceLeading:
    """Return the voice-leading faults of a score.

    Args:
        score: the notes.
        phrases: with cadences, at which leading tones are looked for; planned or found.
        keys: local keys, for their tonics.
    """
    notes = note_array(score)
    faults = [*_parallels(_outer_moves(notes), "outer voices", ""), *_leading_tones(notes, phrases, keys)]
    singles = [
        (part.name or f"part {index + 1}", notes.part == index)
        for index, part in enumerate(score.parts)
        if len(score.parts) > 1 and is_single_line(part)
    ]
    for (name, high), (other, low) in itertools.combinations(singles, 2):
        voices = f"{name} and {other}"
        faults += _parallels(_part_moves(notes, low, high), voices, "part_")
    for (name, high), (other, low) in itertools.pairwise(singles):
        faults += _crossings(notes, low, high, f"{name} and {other}")
    order = sorted(faults, key=lambda fault: (fault.tick, fault.kind, fault.voices))
    return VoiceLeading(len(score.bars), len(singles) > 1, tuple(order))


def _outer_moves(notes: NoteArray) -> list[Move]:
    """Return the moments at which the lowest and the highest sounding note both begin, unless they are one note."""
    moves: list[Move] = []
    held: list[tuple[int, int]] = []  # (pitch, end)
    rows = zip(notes.onset.tolist(), notes.pitch.tolist(), notes.end.tolist(), strict=True)
    for onset, group in itertools.groupby(rows, key=lambda row: row[0]):
        held = [(pitch, end) for pitch, end in held if end > onset]
        struck = [(pitch, end) for _, pitch, end in group]
        held += struck
        low, high = min(held)[0], max(held)[0]
        is_one = len({pitch % 12 for pitch, _ in held}) == 1
        begin = {pitch for pitch, _ in struck}
        if low in begin and high in begin and low < high and not is_one:
            moves.append((onset, low, high))
        else:
            moves.append((onset, -1, -1))  # one of them holds or there is one line only: nothing goes in parallel here
    return moves


def _part_moves(notes: NoteArray, low: Bools, high: Bools) -> list[Move]:
    """Return the moments at which one of two parts begins a note; pitches of both only where both begin one."""
    upper = dict(zip(notes.onset[high].tolist(), notes.pitch[high].tolist(), strict=True))
    lower = dict(zip(notes.onset[low].tolist(), notes.pitch[low].tolist(), strict=True))
    both = sorted(upper.keys() | lower.keys())
    return [(tick, lower[tick], upper[tick]) if tick in upper and tick in lower else (tick, -1, -1) for tick in both]


def _parallels(moves: Sequence[Move], voices: str, prefix: str) -> list[Fault]:
    found: list[Fault] = []
    octaves: list[int] = []  # ticks reached by octaves in a row

    def close() -> None:
        if len(octaves) < _DOUBLED:
            found.extend(Fault(f"{prefix}octaves", tick, voices) for tick in octaves)
        octaves.clear()

    for (_, low, high), (tick, low_next, high_next) in itertools.pairwise(moves):
        moved = min(low, low_next) >= 0 and (low_next - low) * (high_next - high) > 0
        before, after = (high - low) % 12, (high_next - low_next) % 12
        if moved and before == after == 0:
            octaves.append(tick)
            continue
        close()
        if moved and before == after == _FIFTH:
            found.append(Fault(f"{prefix}fifths", tick, voices))
    close()
    return found


def _crossings(notes: NoteArray, low: Bools, high: Bools, voices: str) -> list[Fault]:
    """Return where the higher of two neighbouring parts comes to lie below the lower one."""
    ticks = np.unique(notes.onset[low | high])
    found: list[Fault] = []
    was_crossed = False
    for tick in ticks.tolist():
        sounding = sounding_at(notes, tick)
        above, below = notes.pitch[sounding & high], notes.pitch[sounding & low]
        if not len(above) or not len(below):
            continue
        is_crossed = bool(above.max() < below.min())
        if is_crossed and not was_crossed:
            found.append(Fault("crossings", tick, voices))
        was_crossed = is_crossed
    return found


def _leading_tones(notes: NoteArray, phrases: Sequence[PhraseSpan], keys: Sequence[KeySpan]) -> list[Fault]:
    """Return the cadences whose leading tone, the last note on top before the tonic, does not rise to it."""
    found: list[Fault] = []
    for phrase in phrases:
        tick = phrase.cadence_tick
        span = None if tick is None else span_at(keys, tick)
        if phrase.cadence not in _TO_TONIC or tick is None or span is None:
            continue
        before, after = _top_at(notes, tick - 1), _top_at(notes, tick)
        is_leading = before is not None and (before - span.key.tonic_pitch_class) % 12 == _LEADING_TONE
        if is_leading and before is not None and after != before + 1:
            found.append(Fault("leading_tones", tick, "outer voices"))
    return found


def _top_at(notes: NoteArray, tick: int) -> int | None:
    sounding = notes.pitch[sounding_at(notes, tick)]
    return int(sounding.max()) if len(sounding) else None


def rate_of(counts: Iterable[VoiceLeading]) -> StyleRate:
    """Return the rate of some pieces together."""
    pieces = list(counts)
    bars = sum(piece.bars for piece in pieces)
    total = sum(piece.per_100_bars * piece.bars for piece in pieces) / max(1, bars)
    long = [piece.per_100_bars for piece in pieces if piece.bars >= 16] or [total]
    kinds = {kind: 100 * sum(piece.count(kind) for piece in pieces) / max(1, bars) for kind in KINDS}
    return StyleRate(len(pieces), bars, total, float(np.percentile(long, 95)), kinds)


def load_rates() -> dict[str, dict[str, StyleRate]]:
    """Return the rates of the styles that were counted: style → ensemble → rate; empty where there is no such file."""
    path = styles_folder() / RATES_FILE
    if not path.exists():
        return {}
    told = json.loads(path.read_text(encoding="utf-8"))["styles"]
    return {style: {ensemble: StyleRate(**row) for ensemble, row in rows.items()} for style, rows in told.items()}
