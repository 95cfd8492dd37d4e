"""Statistics of a style, counted from analysed pieces.

What it is: `style_statistics` goes once through the pieces and fills every member of `StyleStatistics`; harmony,
melody and phrase ends are counted by `harmony_statistics.py`, `melody_statistics.py` and `phrase_ends.py`, form and
texture here.

Conventions: as in `style_statistics.py`. All members come out in a fixed order (sorted keys, or by count), whatever the
order of the pieces, but for ties between formulas or openings, which are broken by their content.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from composer.analysis.figures import FIGURES, piece_figures
from composer.analysis.hands import UPPER_HAND, bass_line, hand_of_notes, melody_line
from composer.analysis.harmony_statistics import HarmonyCounts, count_harmony
from composer.analysis.melody_statistics import MelodyCounts, count_melody
from composer.analysis.phrase_ends import EndCounts, count_ends
from composer.outline import Outline, TextureSpan
from composer.score import Score
from composer.style_statistics import (
    HandPair,
    Percentiles,
    StyleStatistics,
    TextureFigures,
    meter_class,
    number_text,
)
from composer.theory.harmony import Cadence
from composer.theory.key import Key, key_numeral

_RARE_CHORD = 3  # chords counted less often than this are left out of the tables: mostly mistakes of the analysis
_HAND_PAIRS = 24  # of a texture; they are most of its half bars
_FIRST_KEY_SHARE = 0.25  # what the first and the last key count, beside their share of time, for the home key
_LAST_KEY_SHARE = 0.35


@dataclass(frozen=True)
class AnalysedPiece:
    """A piece to count: its score, its outline, and how many times it counts."""

    score: Score
    outline: Outline
    weight: int = 1


Nested = defaultdict[str, Counter[str]]


def _nested() -> Nested:
    return defaultdict(Counter)


@dataclass
class _Counts:
    """What is being counted; turned into `StyleStatistics` at the end."""

    harmony: HarmonyCounts = field(default_factory=HarmonyCounts)
    melody: MelodyCounts = field(default_factory=MelodyCounts)
    ends: EndCounts = field(default_factory=EndCounts)
    simple: Nested = field(default_factory=_nested)  # ensembles, home_keys, meters, keys
    phrase_lengths: Nested = field(default_factory=_nested)
    cadence_mix: defaultdict[str, Nested] = field(default_factory=lambda: defaultdict(_nested))
    modulations: Nested = field(default_factory=_nested)
    first_modulations: Nested = field(default_factory=_nested)
    key_changes: defaultdict[str, Nested] = field(default_factory=lambda: defaultdict(_nested))
    pickups: Nested = field(default_factory=_nested)
    texture_changes: Nested = field(default_factory=_nested)
    tempos: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    registers: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    textures: defaultdict[str, list[TextureSpan]] = field(default_factory=lambda: defaultdict(list))
    figures: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    home_ticks: float = 0.0
    all_ticks: float = 0.0
    pieces: int = 0
    bars: int = 0


def style_statistics(pieces: Iterable[AnalysedPiece], *, name: str) -> StyleStatistics:
    """Count a style.

    Args:
        pieces: scores with their outlines (`analysis.outline.outline_of`); read once, one at a time.
        name: of the style.

    Returns:
        The statistics; equal pieces give equal statistics.
    """
    counts = _Counts()
    for piece in pieces:
        counts.pieces += 1
        counts.bars += sum(bar.number > 0 for bar in piece.score.bars)
        _count_form(counts, piece)
        _count_texture(counts, piece)
        count_harmony(counts.harmony, piece.score, piece.outline, piece.weight)
        count_melody(counts.melody, piece.score, piece.outline, piece.weight)
        count_ends(counts.ends, piece.score, piece.outline, piece.weight)
        for key, value in piece_figures(piece.score).items():
            counts.figures[key] += [value] * piece.weight
    return _finished(counts, name)


def home_key(outline: Outline) -> Key | None:
    """Return the key of a piece: the one with most time, the first and the last preferred; None without keys."""
    if not outline.keys:
        return None
    total = sum(span.end_tick - span.start_tick for span in outline.keys)
    share: dict[Key, float] = defaultdict(float)
    for span in outline.keys:
        share[span.key] += (span.end_tick - span.start_tick) / total
    share[outline.keys[0].key] += _FIRST_KEY_SHARE
    share[outline.keys[-1].key] += _LAST_KEY_SHARE
    return max(share, key=lambda key: share[key])


def _count_form(counts: _Counts, piece: AnalysedPiece) -> None:
    score, outline, weight = piece.score, piece.outline, piece.weight
    home = home_key(outline)
    if home is None:
        return
    first = score.bars[0]
    kind = meter_class(first.meter)
    counts.simple["ensembles"][outline.ensemble] += weight
    counts.simple["home_keys"][home.mode] += weight
    counts.simple["keys"][str(home)] += weight
    counts.simple["meters"][str(first.meter)] += weight
    pickup = first.duration_tick / first.meter.beat_ticks if first.number == 0 else 0.0
    counts.pickups[kind][number_text(pickup)] += weight
    if score.tempos:
        counts.tempos[kind] += [score.tempos[0].beat_bpm] * weight
    for place, phrase in enumerate(outline.phrases):
        meter = score.meter_at(phrase.start_tick)
        bars = round(2 * (phrase.end_tick - phrase.start_tick) / meter.bar_ticks) / 2
        if bars > 0:
            counts.phrase_lengths[meter_class(meter)][number_text(bars)] += weight
        position = "last" if place == len(outline.phrases) - 1 else "inner" if place else "first"
        counts.cadence_mix[home.mode][position][str(phrase.cadence or Cadence.NONE)] += weight
    _count_keys(counts, outline, home, weight)


def _count_keys(counts: _Counts, outline: Outline, home: Key, weight: int) -> None:
    numerals = [key_numeral(span.key, home) for span in outline.keys]
    away = [numeral for span, numeral in zip(outline.keys, numerals, strict=True) if span.key != home]
    for numeral in away:
        counts.modulations[home.mode][numeral] += weight
    if away and outline.keys[0].key == home:
        counts.first_modulations[home.mode][away[0]] += weight
    for left, right in itertools.pairwise(numerals):
        counts.key_changes[home.mode][left][right] += weight
    ticks = {span: (span.end_tick - span.start_tick) * weight for span in outline.keys}
    counts.home_ticks += sum(length for span, length in ticks.items() if span.key == home)
    counts.all_ticks += sum(ticks.values())


def _count_texture(counts: _Counts, piece: AnalysedPiece) -> None:
    score, weight = piece.score, piece.weight
    for (_, note), hand in zip(score.notes(), hand_of_notes(score), strict=True):
        counts.registers["upper" if hand == UPPER_HAND else "lower"] += [note.pitch] * weight
    counts.registers["melody"] += [note.pitch for note in melody_line(score)] * weight
    counts.registers["bass"] += [note.pitch for note in bass_line(score)] * weight
    for span in piece.outline.textures:
        if span.onsets_per_beat and span.polyphony:
            counts.textures[span.pattern] += [span] * weight
    for left, right in itertools.pairwise(piece.outline.textures):
        counts.texture_changes[left.pattern][right.pattern] += weight


def _finished(counts: _Counts, name: str) -> StyleStatistics:
    harmony, melody = counts.harmony, counts.melody
    rare = {numeral for numeral, number in harmony.chords.items() if number < _RARE_CHORD}
    return StyleStatistics(
        name=name,
        pieces=counts.pieces,
        bars=counts.bars,
        ensembles=_plain(counts.simple["ensembles"]),
        chord_transitions=_without(_plain(harmony.transitions), rare),
        phrase_links=_without(_plain(harmony.links), rare),
        chord_durations=_plain(harmony.durations),
        first_chords=_without(_plain(harmony.first_chords), rare),
        opening_chords=_without(_plain(harmony.opening_chords), rare),
        cadence_formulas=harmony.commonest_formulas(),
        phrase_lengths=_plain(counts.phrase_lengths),
        cadence_mix=_plain(counts.cadence_mix),
        home_keys=_plain(counts.simple["home_keys"]),
        home_share=round(counts.home_ticks / counts.all_ticks, 4) if counts.all_ticks else 0.0,
        modulations=_plain(counts.modulations),
        first_modulations=_plain(counts.first_modulations),
        key_changes=_plain(counts.key_changes),
        pickups=_plain(counts.pickups),
        meters=_plain(counts.simple["meters"]),
        keys=_plain(counts.simple["keys"]),
        tempo_bpm={key: percentiles(values) for key, values in sorted(counts.tempos.items())},
        registers={key: percentiles(values) for key, values in sorted(counts.registers.items())},
        textures={pattern: _texture_figures(spans) for pattern, spans in sorted(counts.textures.items())},
        texture_changes=_plain(counts.texture_changes),
        melody_intervals=_plain(melody.intervals),
        melody_degrees=_plain(melody.degrees),
        melody_range=percentiles(melody.ranges),
        melody_members=_plain(melody.members),
        rhythm_cells=_plain(melody.cells),
        cell_changes=_plain(melody.cell_changes),
        openings=melody.commonest_openings(),
        figures={key: percentiles(counts.figures[key]) for key in FIGURES if counts.figures[key]},
        phrase_ends=counts.ends.finished(),
        halting_bars=counts.ends.halting_share(),
        holding_bars=counts.ends.holding_share(),
    )


def percentiles(values: Iterable[float]) -> Percentiles:
    """Return the 10th, 50th and 90th percentiles, rounded to three places; zeros for no values."""
    table = np.array(list(values), dtype=np.float64)
    if not len(table):
        return 0.0, 0.0, 0.0
    low, middle, high = (round(float(value), 3) for value in np.percentile(table, [10, 50, 90]))
    return low, middle, high


def _texture_figures(spans: list[TextureSpan]) -> TextureFigures:
    def of(read: Callable[[TextureSpan], tuple[float, float] | None], hand: int) -> Percentiles:
        return percentiles(pair[hand] for span in spans if (pair := read(span)) is not None)

    return TextureFigures(
        len(spans),
        of(lambda span: span.onsets_per_beat, 0),
        of(lambda span: span.onsets_per_beat, 1),
        of(lambda span: span.polyphony, 0),
        of(lambda span: span.polyphony, 1),
        hand_pairs(Counter(span.onsets_per_beat for span in spans if span.onsets_per_beat is not None)),
    )


def hand_pairs(counted: Mapping[tuple[float, float], int]) -> tuple[HandPair, ...]:
    """Return the commonest of the counted pairs of onsets a beat (lower hand, upper hand), the most frequent first."""
    rows = sorted(counted.items(), key=lambda row: (-row[1], row[0]))
    return tuple(HandPair(round(lower, 3), round(upper, 3), count) for (lower, upper), count in rows[:_HAND_PAIRS])


def _plain(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested counters as plain dicts with sorted keys, whose text is the same in every run."""
    return {key: _plain(value) if isinstance(value, Mapping) else value for key, value in sorted(counts.items())}


def _without(table: dict[str, Any], rare: set[str]) -> dict[str, Any]:
    """Return the nested table without the rare chords, at whatever depth they are keys."""
    return {
        key: _without(value, rare) if isinstance(value, dict) else value
        for key, value in table.items()
        if key not in rare and (not isinstance(value, dict) or _without(value, rare))
    }
