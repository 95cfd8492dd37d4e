"""Counts of chords, their rhythm and the cadences of a style; a part of `statistics.py`."""

from __future__ import annotations

import bisect
import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from composer.analysis.cadences import is_plain_dominant, is_tonic
from composer.analysis.hands import bass_line, melody_line
from composer.outline import ChordSpan, Outline, PhraseSpan
from composer.score import Note, Score
from composer.style_statistics import CadenceFormula, degree_text, meter_class, number_text
from composer.theory.harmony import Cadence
from composer.theory.key import Key, Mode

OPENING_CHORDS = 3  # the first chords of a phrase
CADENCE_CHORDS = 3  # the last ones, the cadence's own included
_FORMULAS_KEPT = 60  # of each kind and mode
_FORMULAS_WANTED = 20  # of each kind and mode; fewer are filled up
_LONGEST_FINAL_BEATS = 4.0
_ON_BEAT_STRENGTH = 2  # of `Meter.strength`, inclusive

Nested = defaultdict[str, Counter[str]]
_Formula = tuple[str, Mode, tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[float, ...], float, str]


@dataclass(frozen=True)
class _Lines:
    """A score with its outer voices."""

    score: Score
    melody: Sequence[Note]
    bass: Sequence[Note]


@dataclass
class HarmonyCounts:
    """What is counted of harmony; nested as in `StyleStatistics`."""

    chords: Counter[str] = field(default_factory=Counter)
    transitions: dict[str, dict[str, dict[str, dict[str, tuple[int, int]]]]] = field(default_factory=dict)
    links: defaultdict[str, Nested] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Counter)))
    durations: defaultdict[str, defaultdict[str, Nested]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(Counter)))
    )
    first_chords: Nested = field(default_factory=lambda: defaultdict(Counter))
    opening_chords: Nested = field(default_factory=lambda: defaultdict(Counter))
    formulas: Counter[_Formula] = field(default_factory=Counter)
    inner_formulas: Counter[_Formula] = field(default_factory=Counter)

    def add_transition(self, mode: Mode, zone: str, pair: tuple[str, str], on_beat: bool, weight: int) -> None:
        """Count one chord after another."""
        row = self.transitions.setdefault(mode, {}).setdefault(zone, {}).setdefault(pair[0], {})
        on, off = row.get(pair[1], (0, 0))
        row[pair[1]] = (on + weight, off) if on_beat else (on, off + weight)

    def commonest_formulas(self) -> tuple[CadenceFormula, ...]:
        """Return the commonest formulas of each kind and mode, by kind, mode and falling count.

        Kinds that end few phrases (deceptive, evaded, plagal) are filled up from progressions inside phrases.
        """
        kinds = Counter(formula[:2] for formula in self.formulas)
        inner = {key: count for key, count in self.inner_formulas.items() if kinds[key[:2]] < _FORMULAS_WANTED}
        rows = sorted((self.formulas + Counter(inner)).items(), key=lambda item: (item[0][:2], -item[1], item[0]))
        kept: list[CadenceFormula] = []
        for _, group in itertools.groupby(rows, key=lambda item: item[0][:2]):
            kept += [CadenceFormula(*formula, count) for formula, count in itertools.islice(group, _FORMULAS_KEPT)]
        return tuple(kept)


def count_harmony(counts: HarmonyCounts, score: Score, outline: Outline, weight: int) -> None:
    """Count the chords and cadences of one piece."""
    lines = _Lines(score, melody_line(score), bass_line(score))
    before: ChordSpan | None = None
    for phrase in outline.phrases:
        chords = _chords_of(phrase, outline.chords)
        if not chords:
            before = None
            continue
        first = chords[0]
        counts.first_chords[first.key.mode][first.chord.numeral] += weight
        if phrase is outline.phrases[0]:
            counts.opening_chords[first.key.mode][first.chord.numeral] += weight
        if before is not None and before.key == first.key:
            counts.links[first.key.mode][before.chord.numeral][first.chord.numeral] += weight
        _count_phrase(counts, score, chords, weight)
        _count_formula(counts, lines, phrase, chords, weight)
        before = chords[-1]


def zone_of(place: int, count: int) -> str:
    """Return the zone of chord `place` of `count` in a phrase; the cadence goes before the opening."""
    if place >= count - CADENCE_CHORDS:
        return "cadence"
    return "opening" if place < OPENING_CHORDS else "middle"


def _chords_of(phrase: PhraseSpan, chords: Sequence[ChordSpan]) -> list[ChordSpan]:
    """Return the chords of a phrase up to its cadence; one that sounds on from before begins with the phrase."""
    last_tick = phrase.end_tick - 1 if phrase.cadence_tick is None else phrase.cadence_tick
    return [
        replace(span, start_tick=max(span.start_tick, phrase.start_tick))
        for span in chords
        if span.end_tick > phrase.start_tick and span.start_tick <= last_tick
    ]


def _count_phrase(counts: HarmonyCounts, score: Score, chords: Sequence[ChordSpan], weight: int) -> None:
    for place, span in enumerate(chords):
        counts.chords[span.chord.numeral] += weight
        zone = zone_of(place, len(chords))
        bar = score.bar_at(span.start_tick)
        beat = bar.meter.beat_ticks
        if place < len(chords) - 1:  # the last one lasts as long as the cadence says
            onset = number_text((span.start_tick - bar.onset_tick + bar.lead_tick) / beat)
            length = number_text((chords[place + 1].start_tick - span.start_tick) / beat)
            counts.durations[meter_class(bar.meter)][zone][onset][length] += weight
        if place and chords[place - 1].key == span.key:
            on_beat = score.strength_at(span.start_tick) >= _ON_BEAT_STRENGTH
            pair = (chords[place - 1].chord.numeral, span.chord.numeral)
            counts.add_transition(span.key.mode, zone, pair, on_beat, weight)


def _count_formula(
    counts: HarmonyCounts, lines: _Lines, phrase: PhraseSpan, chords: Sequence[ChordSpan], weight: int
) -> None:
    """Count the cadence of a phrase, and what inside it goes like one of the rare kinds."""
    if phrase.cadence not in (None, Cadence.NONE) and phrase.cadence_tick == chords[-1].start_tick:
        formula = _formula(lines, str(phrase.cadence), chords[-CADENCE_CHORDS:], phrase.end_tick)
        if formula is not None:
            counts.formulas[formula] += weight
    for place in range(1, len(chords) - 1):
        kind = _rare_kind(chords[place - 1], chords[place])
        if kind is not None and lines.score.strength_at(chords[place].start_tick) >= _ON_BEAT_STRENGTH:
            first = max(0, place + 1 - CADENCE_CHORDS)
            formula = _formula(lines, kind, chords[first : place + 1], chords[place + 1].start_tick)
            if formula is not None:
                counts.inner_formulas[formula] += weight


def _rare_kind(left: ChordSpan, right: ChordSpan) -> str | None:
    """Return the kind of cadence that two chords would make, if it is one that rarely ends phrases."""
    if left.key != right.key:
        return None
    dominant = is_plain_dominant(left.chord)
    if is_tonic(right.chord):
        if dominant and right.chord.inversion == 1:
            return str(Cadence.EC)
        plagal = left.chord.relative_root == 5 and left.chord.inversion == 0 and right.chord.inversion == 0
        return str(Cadence.PC) if plagal else None
    submediant = right.chord.relative_root in (8, 9) and len(right.chord.relative_pitch_classes) == 3
    roots = left.chord.inversion == 0 and right.chord.inversion == 0
    return str(Cadence.DC) if dominant and submediant and roots else None


def _formula(lines: _Lines, kind: str, chords: Sequence[ChordSpan], end_tick: int) -> _Formula | None:
    """Return the last chords of one key as a formula; None where the outer voices do not agree with them."""
    key = chords[-1].key
    last = [span for span in chords if span.key == key]
    if len(last) < 2:
        return None
    top = [_degree_at(lines.melody, span.start_tick, key) for span in last]
    low = [_degree_at(lines.bass, span.start_tick, key) for span in last]
    if low != [degree_text(span.chord.relative_bass, key.mode) for span in last]:
        return None
    if top[-1] not in {degree_text(tone, key.mode) for tone in last[-1].chord.relative_pitch_classes}:
        return None
    final_tick = last[-1].start_tick
    bar = lines.score.bar_at(final_tick)
    beat = bar.meter.beat_ticks
    lengths = [right.start_tick - left.start_tick for left, right in itertools.pairwise(last)]
    final = min(_LONGEST_FINAL_BEATS, (end_tick - final_tick) / beat)
    return (
        kind,
        key.mode,
        tuple(span.chord.numeral for span in last),
        tuple(top),
        tuple(low),
        (*(round(length / beat, 3) for length in lengths), round(final, 3)),
        round((final_tick - bar.onset_tick + bar.lead_tick) / beat, 3),
        meter_class(bar.meter),
    )


def _degree_at(line: Sequence[Note], tick: int, key: Key) -> str:
    """Return the degree of the note of a line that sounds at a tick; `-` where it rests."""
    place = bisect.bisect_right(line, tick, key=lambda note: note.onset_tick) - 1
    if place < 0 or line[place].end_tick <= tick:
        return "-"
    return degree_text(line[place].pitch - key.tonic_pitch_class, key.mode)
