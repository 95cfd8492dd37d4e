"""Cadence formulas: the last chords of a phrase as outer voices with rhythm, from the style's table.

Conventions: a formula is placed in a phrase by beats after the phrase's first bar line. What may stand for a cadence is
strict where musicians are: a PAC is V–I in root position with the tonic on top on a strong beat, an HC ends on V in
root position. The textbook's formulas stand in where a style's table has none for a cadence, mode and meter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from composer.plan.chords import Styles, grid_ticks
from composer.plan.model import Formula
from composer.style_statistics import CadenceFormula, meter_class, parse_degree
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import Mode
from composer.theory.meter import Meter

STRONG = 3  # `Meter.strength` of a strong beat: the downbeat, the middle of an even bar
OTHER_METER = 0.3  # weight of a formula that was counted in another meter, beside the meter's own
FREE_OPENING = 0.25  # of a phrase of two bars or more is the tune's own: there no formula stands
SHORTENED = 0.1  # factor for each chord that a formula loses where there is no room
PICARDY = 0.2  # factor of a major tonic at a cadence in minor, which is for the end of a piece
TEXTBOOK_SHARE = 0.02  # weight of each textbook formula beside the style's own, which sum to 1


@dataclass(frozen=True)
class PlacedFormula:
    """A formula that fits a phrase, with its weight among the others."""

    formula: Formula
    onset_ticks: tuple[int, ...]
    weight: float


# (chords, soprano, bass) of textbook cadences.
_TEXTBOOK: dict[tuple[str, Mode], tuple[tuple[str, str, str], ...]] = {
    ("PAC", "major"): (("ii6 V I", "4 2 1", "4 5 1"), ("IV V7 I", "6 7 1", "4 5 1"), ("Cad64 V I", "3 2 1", "5 5 1")),
    ("PAC", "minor"): (("iio6 V i", "4 2 1", "4 5 1"), ("iv V7 i", "1 #7 1", "4 5 1"), ("Cad64 V i", "3 2 1", "5 5 1")),
    ("IAC", "major"): (("V I", "5 5", "5 1"), ("V7 I", "4 3", "5 1"), ("V65 I", "5 5", "7 1")),
    ("IAC", "minor"): (("V i", "5 5", "5 1"), ("V7 i", "4 3", "5 1"), ("V65 i", "5 5", "#7 1")),
    ("HC", "major"): (("I V", "3 2", "1 5"), ("ii6 V", "2 7", "4 5"), ("I6 IV V", "1 1 7", "3 4 5")),
    ("HC", "minor"): (("i V", "3 2", "1 5"), ("iv6 V", "4 5", "6 5"), ("i6 iv V", "1 1 #7", "3 4 5")),
    ("DC", "major"): (("ii6 V vi", "2 7 1", "4 5 6"), ("IV V7 vi", "6 7 1", "4 5 6")),
    ("DC", "minor"): (("iio6 V VI", "2 #7 1", "4 5 6"), ("iv V7 VI", "1 #7 1", "4 5 6")),
    ("EC", "major"): (("V V42 I6", "2 2 1", "5 4 3"),),
    ("EC", "minor"): (("V V42 i6", "2 2 1", "5 4 3"),),
    ("PC", "major"): (("IV I", "1 1", "4 1"), ("IV I", "6 5", "4 1")),
    ("PC", "minor"): (("iv i", "1 1", "4 1"), ("iv I", "1 1", "4 1")),
}


def formulas_for(
    styles: Styles, *, cadence: str, mode: Mode, meter: Meter, bars: int, pickup_tick: int, earliest_tick: int = 0
) -> tuple[PlacedFormula, ...]:
    """Return all formulas that a phrase can end with, weighted by how often the styles use them.

    Args:
        styles: (weight, statistics).
        cadence: a cadence other than `none`.
        mode: of the key in which the phrase ends.
        meter: of the phrase.
        bars: of the phrase; what is left after the last bar line less the upbeat holds the last chord.
        pickup_tick: length of the upbeat to the next phrase.
        earliest_tick: where it may begin at the earliest (the first bar line, or where the last key begins), if not
            later, after the phrase's opening (`FREE_OPENING`); a formula that is longer loses its first chords.
    """
    own: list[tuple[CadenceFormula, float]] = []
    for share, statistics in styles:
        fitting = [
            (formula, formula.count * (1.0 if formula.meter == meter_class(meter) else OTHER_METER))
            for formula in statistics.cadence_formulas
            if (formula.kind, formula.mode) == (cadence, mode)
            and (formula.meter == meter_class(meter) or _fits_any_meter(formula, meter))
            and is_strict(formula, meter)
        ]
        total = sum(count for _, count in fitting)
        own += [(formula, share * count / total) for formula, count in fitting]
    placed = [_place(formula, weight, meter, bars, pickup_tick, earliest_tick) for formula, weight in own]
    placed += [
        _place(formula, TEXTBOOK_SHARE, meter, bars, pickup_tick, earliest_tick)
        for formula in textbook(cadence, mode, meter)
    ]
    return tuple(formula for formula in placed if formula is not None)


def textbook(cadence: str, mode: Mode, meter: Meter) -> tuple[CadenceFormula, ...]:
    """Return the textbook's formulas: chords of a beat, half a beat or two, the last one on a strong beat."""
    finals = [float(beat) for beat in range(meter.beats) if meter.strength(beat * meter.beat_ticks) >= STRONG]
    formulas = []
    for chords, soprano, bass in _TEXTBOOK.get((cadence, mode), ()):
        count = len(chords.split())
        for length, final in product((1.0, 0.5, 2.0), finals):
            formulas.append(
                CadenceFormula(
                    kind=cadence,
                    mode=mode,
                    chords=tuple(chords.split()),
                    soprano=tuple(soprano.split()),
                    bass=tuple(bass.split()),
                    durations_beat=(length,) * (count - 1) + (1.0,),
                    final_beat=final,
                    meter=meter_class(meter),
                    count=1,
                )
            )
    return tuple(formulas)


def _fits_any_meter(formula: CadenceFormula, meter: Meter) -> bool:
    """Whether a formula of another simple meter, ending on the downbeat, goes as well in this one."""
    return not meter.is_compound and formula.meter != "compound" and formula.final_beat == 0


@lru_cache(maxsize=8192)
def is_strict(formula: CadenceFormula, meter: Meter) -> bool:
    """Whether a formula that was counted is what musicians call its cadence, with outer voices that belong to it."""
    chords = [parse_chord(numeral, formula.mode) for numeral in formula.chords]
    if len(chords) < 2:
        return False
    # Applied chords lead to the dominant; others so near the end are slips of the analysis.
    if any("/" in numeral and not numeral.endswith("/V") for numeral in formula.chords):
        return False
    for chord, soprano, bass in zip(chords, formula.soprano, formula.bass, strict=True):
        if bass == "-" or parse_degree(bass, formula.mode) != chord.relative_bass:
            return False
        if soprano != "-" and parse_degree(soprano, formula.mode) not in chord.relative_pitch_classes:
            return False
    if formula.soprano[-1] == "-" or _goes_in_parallels(formula):
        return False
    if formula.kind == "PAC" and formula.soprano[-2] == "-":
        return False  # a bass alone makes no dominant
    if formula.mode == "major" and chords[-1].relative_root == 0 and chords[-1].quality == "minor":
        return False  # who ends so has left the key
    return closes(formula.kind, chords, formula.soprano[-1], formula.final_beat, meter)


def _goes_in_parallels(formula: CadenceFormula) -> bool:
    """Whether the outer voices go from one octave or fifth to the next."""
    degrees = [
        (parse_degree(top, formula.mode), parse_degree(bass, formula.mode))
        for top, bass in zip(formula.soprano, formula.bass, strict=True)
        if top != "-"
    ]
    return any(
        top != next_top and (top - bass) % 12 == (next_top - next_bass) % 12 and (top - bass) % 12 in (0, 7)
        for (top, bass), (next_top, next_bass) in pairwise(degrees)
    )


def has_room(cadence: str, bars: int, meter: Meter) -> bool:
    """Whether so many bars can hold two chords of which the second, on a strong beat, makes the cadence."""
    if bars > 1 or cadence in ("none", "DC", "EC", "PC"):
        return True
    least = 2 if cadence == "IAC" else STRONG
    return any(meter.strength(beat * meter.beat_ticks) >= least for beat in range(1, meter.beats))


def closes(cadence: str, chords: Sequence[Chord], top: str | None, final_beat: float, meter: Meter) -> bool:
    """Whether the last chords make a cadence.

    Args:
        cadence: its kind.
        chords: the last ones, two or more.
        top: degree of the top voice over the last; None when not known.
        final_beat: place of the last chord in its bar.
        meter: of the bar.
    """
    before, last = chords[-2], chords[-1]
    tonic = last.relative_root == 0 and last.quality in ("major", "minor")
    dominant = before.relative_root == 7 and before.quality in ("major", "dominant7")
    offset = round(final_beat * meter.beat_ticks) % meter.bar_ticks
    strong = meter.strength(offset) >= STRONG
    if cadence == "PAC":
        rooted = tonic and last.inversion == 0 and dominant and before.inversion == 0
        return rooted and strong and top in ("1", None)
    if cadence == "IAC":
        return tonic and (before.is_dominant or before.relative_root == 7) and meter.strength(offset) >= 2
    if cadence == "HC":
        return last.relative_root == 7 and last.quality == "major" and last.inversion == 0 and strong
    if cadence == "DC":
        return before.is_dominant and last.relative_root in (8, 9) and last.inversion == 0
    if cadence == "PC":
        return tonic and last.inversion == 0 and before.relative_root == 5
    return True


def _place(
    formula: CadenceFormula, weight: float, meter: Meter, bars: int, pickup_tick: int, earliest_tick: int
) -> PlacedFormula | None:
    """Return the formula at the end of a phrase, or None when it does not fit on the grid or into the bars."""
    final = (bars - 1) * meter.bar_ticks + round(formula.final_beat * meter.beat_ticks)
    onsets = [final]
    for duration in reversed(formula.durations_beat[:-1]):
        onsets.insert(0, onsets[0] - round(duration * meter.beat_ticks))
    grid = grid_ticks(meter)
    end = bars * meter.bar_ticks - pickup_tick
    if bars > 1:
        earliest_tick = max(earliest_tick, round(FREE_OPENING * bars * meter.bar_ticks))
    early = sum(onset < earliest_tick for onset in onsets)
    onsets = onsets[early:]
    if early and len(onsets) < 2 and formula.kind != "HC":
        return None  # one chord makes a half cadence, but no other
    if not onsets or any(onset % grid for onset in onsets) or end - final < meter.beat_ticks // 2:
        return None
    if any(after - onset > meter.bar_ticks for onset, after in pairwise(onsets)):
        return None  # its outer voices would stand still, and the tune with them
    beats = tuple(onset / meter.beat_ticks for onset in onsets)
    placed = Formula(
        chords=formula.chords[early:], onsets=beats, soprano=formula.soprano[early:], bass=formula.bass[early:]
    )
    return PlacedFormula(placed, tuple(onsets), weight * SHORTENED**early * (PICARDY if _is_picardy(formula) else 1.0))


def _is_picardy(formula: CadenceFormula) -> bool:
    return formula.mode == "minor" and formula.chords[-1] == "I"
