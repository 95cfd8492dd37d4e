"""The statistics of a style: what the planner draws from and the benchmarks compare with, as plain counts.

What it is: one frozen value, counted from analysed pieces (`analysis.statistics`), stored as JSON beside the style's
card.

Conventions: a count is an integer >= 0 (pieces may be weighed by whole numbers); counts are raw, so smoothing is the
reader's affair. Beats are the meter's. A `meter class` is one of `METER_CLASSES`. A zone is the place of a chord in its
phrase. Numbers that serve as keys are written with `number_text` (`0.5`, `2`). Degrees are texts such as `5` or `#7`,
counted in the scale of the mode (natural minor in minor). Percentiles are (10th, 50th, 90th).

Contents: `StyleStatistics` and its members, `statistics_to_json`, `statistics_from_json`, `meter_class`,
`closing_ticks`, `degree_text`, `parse_degree`, `number_text`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from composer.errors import StyleError
from composer.theory.key import SCALE_FIFTHS, Mode
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import fifths_pitch_class

FORMAT = 1  # version of the JSON
ZONES = ("opening", "middle", "cadence")  # first chords; the rest; the last three chords (those of a cadence formula)
METER_CLASSES = ("duple", "triple", "quadruple", "compound")
POSITIONS = ("first", "inner", "last")  # of a phrase in its piece

NUM_ENDS = 5  # kinds of a phrase's end, equally many phrases each
ENDS = ("open", "closed")  # phrases without and with a cadence

Counts = Mapping[str, int]
Percentiles = tuple[float, float, float]  # 10th, 50th, 90th


@dataclass(frozen=True)
class CadenceFormula:
    """The last two or three chords of a phrase, as outer voices with rhythm.

    Attributes:
        kind: a name of `theory.harmony.Cadence`.
        mode: of the local key at the cadence.
        chords: numerals with inversions, first to last.
        soprano: degree of the top voice at the onset of each chord; `-` where it rests.
        bass: degree of the bass at the onset of each chord.
        durations_beat: length of each chord; the last one lasts to the end of the phrase.
        final_beat: place of the last chord in its bar, 0 = downbeat.
        meter: meter class.
        count: how often it was found.
    """

    kind: str
    mode: Mode
    chords: tuple[str, ...]
    soprano: tuple[str, ...]
    bass: tuple[str, ...]
    durations_beat: tuple[float, ...]
    final_beat: float
    meter: str
    count: int


@dataclass(frozen=True)
class Opening:
    """The melody of the first two bars of a phrase.

    Attributes:
        mode, meter: of the local key; meter class.
        onsets_beat: onset of each note, counted from the first downbeat (an upbeat is negative).
        pitches: semitones above the tonic below (or at) the first note.
        count: how often it was found.
    """

    mode: Mode
    meter: str
    onsets_beat: tuple[float, ...]
    pitches: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class HandPair:
    """Half bars in which both hands move alike.

    Attributes:
        lower, upper: onsets a beat of each hand.
        count: of the half bars.
    """

    lower: float
    upper: float
    count: int


@dataclass(frozen=True)
class TextureFigures:
    """How much a texture pattern moves; percentiles over half bars, for the lower and the upper hand.

    Attributes:
        hands: the commonest pairs of both hands' onsets, the most frequent first; empty where they were not counted.
    """

    count: int
    onsets_per_beat_lower: Percentiles
    onsets_per_beat_upper: Percentiles
    polyphony_lower: Percentiles
    polyphony_upper: Percentiles
    hands: tuple[HandPair, ...] = ()


@dataclass(frozen=True)
class PhraseEnd:
    """How a fifth of a style's phrases of two bars and more end.

    Attributes:
        lower, upper: onsets in the phrase's last `closing_ticks` as a share of those before, in each hand.
        halts: share of the phrases in which nothing begins any more for a beat before the next one.
    """

    lower: float
    upper: float
    halts: float


@dataclass(frozen=True)
class StyleStatistics:
    """What was counted in a style's pieces. Nested mappings are named from the outside in.

    Attributes:
        name, pieces, bars: of the style; pieces and bars counted once each, whatever their weight.
        ensembles: ensemble → pieces.
        chord_transitions: mode → zone of the later chord → chord → next chord → (arrivals on a beat, off the beat),
            inside phrases.
        phrase_links: mode → last chord of a phrase → first chord of the next, where the key stays.
        chord_durations: meter class → zone → place of the chord's onset in the bar (beats) → its length in beats →
            count. Together with `chord_transitions` a semi-Markov chain: the next place is place + length.
        first_chords: mode → chord that begins a phrase → count; `opening_chords` those of whole pieces.
        cadence_formulas: the commonest of each kind and mode, by count.
        phrase_lengths: meter class → bars (multiples of a half) → count.
        cadence_mix: mode of the home key → position in the piece → cadence kind → phrases.
        home_keys: mode → pieces. `home_share`: share of time in the home key.
        modulations: mode of the home key → local key as numeral of the home key → spans (the home key apart).
        first_modulations: the same for the first key after the home key only.
        key_changes: mode of the home key → key (numeral) → next key → count.
        pickups: meter class → beats before the bar with which pieces begin → pieces.
        meters: `3/4` → pieces. `keys`: tonic name and mode → pieces.
        tempo_bpm: percentiles of beats a minute by meter class; empty where scores state none.
        registers: `lower` and `upper` hand, `melody`, `bass` → percentiles of the MIDI pitch.
        textures: pattern → figures. `texture_changes`: pattern → next pattern → count, half bar to half bar.
        melody_intervals: semitones up (+) or down (−) → count, inside phrases.
        melody_degrees: mode → degree → next degree → count, inside phrases.
        melody_range: percentiles of semitones between the lowest and highest note of a phrase.
        melody_members: strength (`strong`, `beat`, `off`) → what the melody's onset is in its chord (`root`, `third`,
            `fifth`, `seventh`, `scale`, `chromatic`) → count: the evidence p(melody | chord).
        rhythm_cells: onsets in a beat in 12ths of it (`0,6`; empty for none) → count; `cell_changes` cell → next cell →
            count.
        openings: two-bar melodic openings of phrases, most frequent first.
        figures: name → percentiles over pieces, the names of `analysis.figures.FIGURES`.
        phrase_ends: one of `ENDS` → `NUM_ENDS` kinds of ends, from those that come to rest to those that drive on;
            empty where too few phrases were counted.
        halting_bars: share of the bars that end inside a phrase in which nothing begins any more for a beat; None where
            it was not counted.
        holding_bars: the same of its melody alone.
    """

    name: str
    pieces: int
    bars: int
    ensembles: Counts = field(default_factory=dict)
    chord_transitions: Mapping[str, Mapping[str, Mapping[str, Mapping[str, tuple[int, int]]]]] = field(
        default_factory=dict
    )
    phrase_links: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)
    chord_durations: Mapping[str, Mapping[str, Mapping[str, Counts]]] = field(default_factory=dict)
    first_chords: Mapping[str, Counts] = field(default_factory=dict)
    opening_chords: Mapping[str, Counts] = field(default_factory=dict)
    cadence_formulas: tuple[CadenceFormula, ...] = ()
    phrase_lengths: Mapping[str, Counts] = field(default_factory=dict)
    cadence_mix: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)
    home_keys: Counts = field(default_factory=dict)
    home_share: float = 0.0
    modulations: Mapping[str, Counts] = field(default_factory=dict)
    first_modulations: Mapping[str, Counts] = field(default_factory=dict)
    key_changes: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)
    pickups: Mapping[str, Counts] = field(default_factory=dict)
    meters: Counts = field(default_factory=dict)
    keys: Counts = field(default_factory=dict)
    tempo_bpm: Mapping[str, Percentiles] = field(default_factory=dict)
    registers: Mapping[str, Percentiles] = field(default_factory=dict)
    textures: Mapping[str, TextureFigures] = field(default_factory=dict)
    texture_changes: Mapping[str, Counts] = field(default_factory=dict)
    melody_intervals: Counts = field(default_factory=dict)
    melody_degrees: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)
    melody_range: Percentiles = (0.0, 0.0, 0.0)
    melody_members: Mapping[str, Counts] = field(default_factory=dict)
    rhythm_cells: Counts = field(default_factory=dict)
    cell_changes: Mapping[str, Counts] = field(default_factory=dict)
    openings: tuple[Opening, ...] = ()
    figures: Mapping[str, Percentiles] = field(default_factory=dict)
    phrase_ends: Mapping[str, tuple[PhraseEnd, ...]] = field(default_factory=dict)
    halting_bars: float | None = None
    holding_bars: float | None = None


def statistics_to_json(statistics: StyleStatistics) -> str:
    """Return the statistics as JSON text, a member a line; equal values give equal bytes."""
    plain = {"format": FORMAT, **asdict(statistics)}
    for name, member in _ROWS.items():
        # A row per formula rather than a mapping: a third of the size.
        plain[name] = [[row[column.name] for column in fields(member)] for row in plain[name]]
    for texture in plain["textures"].values():
        texture["hands"] = [list(pair.values()) for pair in texture["hands"]]
    lines = [
        f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
        for key, value in plain.items()
    ]
    return "{" + ",\n".join(lines) + "}\n"


def statistics_from_json(text: str, *, source: str = "<statistics>") -> StyleStatistics:
    """Read what `statistics_to_json` wrote.

    Args:
        text: the JSON.
        source: the file's name, for the error.

    Raises:
        StyleError: not such a file, or one of another version.
    """
    try:
        plain = json.loads(text)
        if plain.pop("format") != FORMAT:
            raise StyleError("statistics of another version", place=source, mend="count them again with this version")
        plain = {key: _tuples(value) for key, value in plain.items()}
        for name, member in _ROWS.items():
            plain[name] = tuple(member(*row) for row in plain[name])
        plain["textures"] = {name: _read_texture(row) for name, row in plain["textures"].items()}
        plain["phrase_ends"] = _read_ends(plain.get("phrase_ends", {}))
        for name in ("halting_bars", "holding_bars"):
            share = plain.get(name)
            if share is not None and not 0 <= share <= 1:
                raise ValueError(f"{name}: {share} is no share")
        return StyleStatistics(**plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StyleError(f"not a style's statistics: {error}", place=source) from error


def _read_texture(row: Mapping[str, Any]) -> TextureFigures:
    hands = tuple(HandPair(*pair) for pair in row.get("hands", ()))
    if not all(pair.lower >= 0 and pair.upper >= 0 and pair.count > 0 for pair in hands):
        raise ValueError("textures: hands hold what is no onsets a beat, or no count")
    return TextureFigures(**{**row, "hands": hands})


def _read_ends(plain: Mapping[str, Any]) -> dict[str, tuple[PhraseEnd, ...]]:
    found = {kind: tuple(PhraseEnd(**row) for row in rows) for kind, rows in plain.items()}
    for kind, ends in found.items():
        if kind not in ENDS or len(ends) != NUM_ENDS:
            raise ValueError(f"phrase_ends: {kind} has {len(ends)} rows")
        if not all(end.lower >= 0 and end.upper >= 0 and 0 <= end.halts <= 1 for end in ends):
            raise ValueError(f"phrase_ends: {kind} holds what is no share")
    return found


_ROWS: dict[str, type[CadenceFormula] | type[Opening]] = {"cadence_formulas": CadenceFormula, "openings": Opening}


def _tuples(value: Any) -> Any:
    """Turn lists into tuples, all the way down, so that what was read equals what was written."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def meter_class(meter: Meter) -> str:
    """Return one of `METER_CLASSES`: compound, or by the beats in the bar (others by their evenness)."""
    if meter.is_compound:
        return "compound"
    if meter.beats % 3 == 0:
        return "triple"
    return "quadruple" if meter.beats % 4 == 0 else "duple"


def closing_ticks(meter: Meter) -> int:
    """Return the length of a phrase's end: half a bar; of three beats, or shorter than four quarters, a bar."""
    has_halves = meter.beats % 2 == 0 and meter.bar_ticks >= 4 * TICKS_PER_QUARTER
    return meter.bar_ticks // 2 if has_halves else meter.bar_ticks


# Pitch classes that are written as a raised degree; the others outside the scale are lowered ones (b3, b6, b7, in minor
# b2).
_RAISED: dict[str, tuple[int, ...]] = {"major": (1, 6, 8), "minor": (6, 9, 11)}


def degree_text(relative_pitch_class: int, mode: Mode) -> str:
    """Return a pitch class counted from the tonic as a degree: `3`, `#4`, in minor `#7` for the leading tone."""
    scale = [fifths_pitch_class(place) for place in SCALE_FIFTHS[mode]]
    wanted = relative_pitch_class % 12
    if wanted in scale:
        return str(scale.index(wanted) + 1)
    order = ((-1, "#"), (1, "b")) if wanted in _RAISED[mode] else ((1, "b"), (-1, "#"))
    for step, accidental in order:
        if (wanted + step) % 12 in scale:
            return f"{accidental}{scale.index((wanted + step) % 12) + 1}"
    raise AssertionError("every pitch class has a scale degree beside it")


def parse_degree(text: str, mode: Mode) -> int:
    """Return the pitch class counted from the tonic of a degree; inverse of `degree_text`.

    Raises:
        StyleError: not a degree.
    """
    accidentals, degree = text[:-1], text[-1:]
    if degree not in tuple("1234567") or (accidentals.strip("#") and accidentals.strip("b")):
        raise StyleError(f'no degree "{text}"', mend="degrees look like 1, b3, #7")
    alter = accidentals.count("#") - accidentals.count("b")
    return (fifths_pitch_class(SCALE_FIFTHS[mode][int(degree) - 1]) + alter) % 12


def number_text(value: float) -> str:
    """Return a number as a mapping's key: `2`, `0.5`, `0.333`."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if value else "0"
