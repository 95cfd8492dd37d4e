"""The form report: what a plan asks for beside what is found in the notes of a piece, all findings together.

What it is: themes, sections, keys, cadences, phrases, chords, voice leading, compass, stillness and copies, each found
by code that knows nothing of how the notes were composed. What belongs to the plan comes in as `Asked`; without it the
report holds what is found alone.

Contents: `FormReport`, `form_report`, `SectionFound`, `PhraseFound`, `StrayMatch`, `RangeFound`, `CopyFound`, `Unmet`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import ascii_uppercase

from composer.analysis.copying import RunIndex, SharedRun, longest_shared_run
from composer.analysis.form import section_starts
from composer.analysis.frames import note_array
from composer.analysis.harmony import analyse_harmony
from composer.analysis.phrases import divide_phrases
from composer.outline import KeySpan, Outline, PhraseSpan, SectionSpan
from composer.report.asked import Asked, SectionAsked
from composer.report.cadences import CadenceFound, judge_cadences
from composer.report.chords import BarChords, judge_chords
from composer.report.keys import FoundKey, KeyFinder, KeySpanFound, find_by_profile, judge_keys
from composer.report.letters import find_letters
from composer.report.sounding import pitch_class_quarters
from composer.report.stillness import Stretch, silences, standing_chords
from composer.report.themes import StatementFound, TopLine, TuneMatch, best_match, judge_statement
from composer.report.voice_leading import StyleRate, VoiceLeading, count_faults
from composer.score import Score

LEAST_KEY_BARS = 4  # of a span in one key, to be heard by itself
LEAST_TUNE = 8  # notes of a theme that is looked for where it is not planned: half of a shorter one is met by chance


@dataclass(frozen=True)
class SectionFound:
    """A section where the plan has it (or where one was found), and what it is heard as.

    Attributes:
        span: where.
        heard_as: label of the first section that it sounds like (its id, where another section has that label, too, but
            sounds otherwise); its own for something new.
        key: the one key that its notes have best.
        agrees: it is heard as the same as those that it should be, and as no other; True where the plan leaves that
            open, and without a plan.
    """

    span: SectionSpan
    heard_as: str
    key: FoundKey
    agrees: bool = True


@dataclass(frozen=True)
class PhraseFound:
    """A planned phrase, and the phrase that the analysis hears there.

    Attributes:
        planned: it.
        bars: its length.
        found_bars: length of the phrase that is heard from its beginning on, or None where none begins.
    """

    planned: PhraseSpan
    bars: float
    found_bars: float | None


@dataclass(frozen=True)
class StrayMatch:
    """The best match of a theme in a section that has nothing to do with it."""

    section: SectionSpan
    theme: str
    match: TuneMatch


@dataclass(frozen=True)
class RangeFound:
    """How far a part (of a keyboard, the whole of it) reaches.

    Attributes:
        part: its name.
        lowest, highest: MIDI pitches.
        compass: what it may reach; None where that is not known.
    """

    part: str
    lowest: int
    highest: int
    compass: tuple[int, int] | None = None

    @property
    def is_inside(self) -> bool:
        """Whether all of it is inside."""
        return self.compass is None or (self.compass[0] <= self.lowest and self.highest <= self.compass[1])


@dataclass(frozen=True)
class CopyFound:
    """The longest run of notes that the piece shares with a training piece of a style, at whatever pitch.

    Attributes:
        style: its name.
        run: None where none is as long as `least_notes`.
        least_notes: length of the shortest run that can be told.
        real_median, real_p95: notes of the longest run that real pieces of the style share with the others.
    """

    style: str
    run: SharedRun | None
    least_notes: int
    real_median: float
    real_p95: float

    @property
    def is_usual(self) -> bool:
        """Whether nineteen of twenty real pieces, or all of them, share as long a run."""
        return self.run is None or self.run.notes <= max(self.real_p95, self.least_notes)


@dataclass(frozen=True)
class Unmet:
    """A phrase that was kept although no draft of it met every goal.

    Attributes:
        section: its id.
        phrase: its number, from 1.
        goals: what the best draft missed: `cadence`, `key`.
    """

    section: str
    phrase: int
    goals: tuple[str, ...]


@dataclass(frozen=True)
class FormReport:
    """Planned against found.

    Attributes:
        score: the notes that were heard.
        found: what the analysis hears: keys, chords, phrases and, without a plan, sections.
        is_planned: whether there was a plan; else what compares is empty.
        sections: of the plan, else found ones.
        statements: each stated theme.
        strays: each theme of eight notes or more in each section that has others or none.
        keys: each span of four bars or more in one planned key.
        cadences: each planned PAC and HC; of a single line none.
        phrases: each planned phrase.
        chords: each bar; of a single line none.
        ranges: of the parts.
        voice_leading: faults.
        rates: the same of real pieces, by style.
        silences: longer than a bar.
        standing: chords that stay for more than two bars.
        copies: of each style.
        unmet: phrases that the composing itself knows to be off the plan; empty for a piece that was read.
    """

    score: Score
    found: Outline
    is_planned: bool
    sections: tuple[SectionFound, ...]
    statements: tuple[StatementFound, ...]
    strays: tuple[StrayMatch, ...]
    keys: tuple[KeySpanFound, ...]
    cadences: tuple[CadenceFound, ...]
    phrases: tuple[PhraseFound, ...]
    chords: tuple[BarChords, ...]
    ranges: tuple[RangeFound, ...]
    voice_leading: VoiceLeading
    rates: Mapping[str, StyleRate]
    silences: tuple[Stretch, ...]
    standing: tuple[Stretch, ...]
    copies: tuple[CopyFound, ...]
    unmet: tuple[Unmet, ...] = ()


def form_report(
    score: Score,
    asked: Asked | None = None,
    *,
    runs: Mapping[str, RunIndex] | None = None,
    rates: Mapping[str, StyleRate] | None = None,
    finder: KeyFinder | None = None,
    unmet: tuple[Unmet, ...] = (),
) -> FormReport:
    """Return what was found of a plan in the notes.

    Args:
        score: the notes; its bars are those of the plan.
        asked: what the plan asks for; None: what is found is told alone.
        runs: style → index of its training pieces' runs.
        rates: style → voice-leading faults of real pieces.
        finder: of keys; None: by profile.
        unmet: as in `FormReport`.
    """
    line = TopLine(score)
    found = _heard(score, has_plan=asked is not None)
    outline = found if asked is None else asked.outline
    statements = tuple(judge_statement(score, each, line=line) for each in (asked.statements if asked else ()))
    pinned = _pinned(statements, asked)
    has_chords = asked is not None and outline.ensemble != "line"  # one line has no bass to end on, and no chords
    return FormReport(
        score=score,
        found=found,
        is_planned=asked is not None,
        sections=_sections(score, found, asked, line),
        statements=statements,
        strays=_strays(asked, line),
        keys=judge_keys(score, outline, finder=finder, least_bars=LEAST_KEY_BARS) if asked else (),
        cadences=_cadences(score, outline, found) if has_chords else (),
        phrases=_phrases(score, outline, found) if asked else (),
        chords=judge_chords(score.bars, outline.chords, found.chords) if has_chords else (),
        ranges=_ranges(score, asked),
        voice_leading=count_faults(score, outline.phrases, outline.keys),
        rates=dict(rates or {}),
        silences=silences(score),
        standing=standing_chords(score),
        copies=tuple(
            CopyFound(
                style,
                longest_shared_run(score, index, left_out=pinned),
                index.length,
                index.real_median,
                index.real_p95,
            )
            for style, index in (runs or {}).items()
        ),
        unmet=unmet,
    )


def _heard(score: Score, *, has_plan: bool) -> Outline:
    """Return keys, chords and phrases by the analysis; sections too where no plan says where they are.

    One hearing: the second one of `read_harmony`, which makes phrases better known, takes as long again.
    """
    harmony = analyse_harmony(score)
    phrases = divide_phrases(score, harmony.chords)
    sections = () if has_plan else _found_sections(score, phrases, harmony.keys)
    return Outline(score.bars, keys=harmony.keys, chords=harmony.chords, phrases=phrases, sections=sections)


def _found_sections(score: Score, phrases: Sequence[PhraseSpan], keys: Sequence[KeySpan]) -> tuple[SectionSpan, ...]:
    """Return the sections of a piece without a plan, those that are heard as the same under one letter."""
    starts = section_starts(score, phrases, keys) if phrases else ()
    spans = [SectionSpan(start, end, "", "") for start, end in pairwise((*starts, score.end_tick))]
    letters = find_letters(score, spans, keys)
    firsts = sorted(set(letters))
    names = [_letter(firsts.index(letter)) for letter in letters]
    uses = [names[: place + 1].count(name) for place, name in enumerate(names)]
    return tuple(
        replace(span, id=name if use == 1 else f"{name}{use}", label=name)
        for span, name, use in zip(spans, names, uses, strict=True)
    )


def _letter(place: int) -> str:
    """Return A, B … Z, AA, AB …"""
    before, last = divmod(place, len(ascii_uppercase))
    return (_letter(before - 1) if before else "") + ascii_uppercase[last]


def _sections(score: Score, found: Outline, asked: Asked | None, line: TopLine) -> tuple[SectionFound, ...]:
    notes = note_array(score)

    def key(span: SectionSpan) -> FoundKey:
        return find_by_profile(pitch_class_quarters(notes, span.start_tick, span.end_tick))

    if asked is None:
        return tuple(SectionFound(span, span.label, key(span)) for span in found.sections)
    rows = asked.sections
    letters = find_letters(score, [row.span for row in rows], asked.outline.keys, line=line)
    return tuple(
        SectionFound(row.span, _name(letters[place], rows, letters), key(row.span), _agrees(place, rows, letters))
        for place, row in enumerate(rows)
    )


def _name(first: int, rows: Sequence[SectionAsked], letters: Sequence[int]) -> str:
    """Return the label of the first section of a letter, or its id where another letter has that label."""
    label = rows[first].span.label
    is_taken = any(rows[letters[place]].span.label == label for place in range(first))
    return rows[first].span.id if is_taken else label


def _agrees(place: int, rows: Sequence[SectionAsked], letters: Sequence[int]) -> bool:
    own = rows[place]
    return own.is_free or all(
        rows[other].is_free or (letters[other] == letters[place]) == (rows[other].material == own.material)
        for other in range(place)
    )


def _strays(asked: Asked | None, line: TopLine) -> tuple[StrayMatch, ...]:
    if asked is None:
        return ()
    return tuple(
        StrayMatch(row.span, name, best_match(line.between(row.span.start_tick, row.span.end_tick), tune))
        for row in asked.sections
        for name, tune in asked.tunes.items()
        if name not in row.themes and len(tune) >= LEAST_TUNE
    )


def _cadences(score: Score, outline: Outline, found: Outline) -> tuple[CadenceFound, ...]:
    """Return the planned cadences, each with the kind that the analysis hears within a beat of it."""
    heard = [phrase for phrase in found.phrases if phrase.cadence_tick is not None]
    result = []
    for cadence in judge_cadences(score, outline):
        tick = cadence.planned.cadence_tick or 0
        beat = score.meter_at(tick).beat_ticks
        near = [phrase for phrase in heard if abs((phrase.cadence_tick or 0) - tick) <= beat]
        result.append(replace(cadence, heard=str(near[0].cadence) if near else ""))
    return tuple(result)


def _phrases(score: Score, outline: Outline, found: Outline) -> tuple[PhraseFound, ...]:
    result = []
    for phrase in outline.phrases:
        meter = score.meter_at(phrase.start_tick)
        heard = min(found.phrases, key=lambda other: abs(other.start_tick - phrase.start_tick), default=None)
        begins = heard is not None and abs(heard.start_tick - phrase.start_tick) <= meter.beat_ticks
        found_bars = (heard.end_tick - heard.start_tick) / meter.bar_ticks if heard is not None and begins else None
        result.append(PhraseFound(phrase, (phrase.end_tick - phrase.start_tick) / meter.bar_ticks, found_bars))
    return tuple(result)


def _ranges(score: Score, asked: Asked | None) -> tuple[RangeFound, ...]:
    result = []
    for index, part in enumerate(score.parts):
        pitches = [note.pitch for note in part.notes]
        if pitches:
            name = part.name or f"part {index + 1}"
            compass = asked.compasses.get(name) if asked else None
            result.append(RangeFound(name, min(pitches), max(pitches), compass))
    return tuple(result)


def _pinned(statements: Sequence[StatementFound], asked: Asked | None) -> frozenset[tuple[int, int]]:
    """Return (onset, pitch) of the notes of the user's own themes, where they are stated."""
    return frozenset(
        (onset, pitch + found.octave)
        for found in statements
        if asked is not None and found.statement.theme in asked.given and found.statement.is_exact
        for onset, pitch in found.statement.notes
    )
