"""Fill a resolved plan: themes first, then every section by itself, then the Score.

What it is: the second verb. Each theme and each section has its own random stream, so that nothing else of the plan
changes its notes; sections are filled in the plan's order, but none hears another. Where earlier versions of the plan
are given, what is the same in them is kept (`keep.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from composer.abc import format_abc
from composer.analysis.copying import RunIndex
from composer.corpus.jumps import JumpSign
from composer.fill.assemble import make_score, moved, section_edges
from composer.fill.entries import entered_voices
from composer.fill.explained import section_lines
from composer.fill.given import Sounding, off_grid
from composer.fill.keep import (
    KeptPhrase,
    SectionMatch,
    Version,
    kept_phrases,
    match_sections,
    struck_anew,
    with_kept_notes,
    with_pins,
)
from composer.fill.lengths import legible_hands
from composer.fill.particles import Miss, NoteSource, run_filter
from composer.fill.recall import ComposedTheme, stated_tune
from composer.fill.scoring import notes_of_section, voiced_notes
from composer.fill.sections import section_stretch
from composer.fill.setting import Setting, make_setting
from composer.fill.themes import IDEA_ROUNDS, tune_of
from composer.fill.told import Teller
from composer.fill.whole_themes import compose_whole
from composer.outline import Outline, SectionSpan
from composer.plan.mixes import names_in_plan, theme_mix
from composer.plan.model import NO_THEME, Plan, SectionEntry
from composer.plan.playing import jumps_of
from composer.plan.randomness import stream
from composer.plan.tunes import Tune
from composer.progress import OnProgress
from composer.score import Note, Score
from composer.style_statistics import StyleStatistics

LOGGER = logging.getLogger(__name__)

SourceMaker = Callable[[Setting], NoteSource]


@dataclass(frozen=True)
class SectionReport:
    """How the filling of one section went.

    Attributes:
        id: of the section.
        penalty: what the critics held against the kept draft.
        again: each time that a phrase (by number, from 0) was drawn again, and what its best draft had missed.
        misses: phrases that were kept although no draft met all their goals.
        left_out: notes for which no part was free.
        merits: by critic, how far the kept draft was ahead of the others; see `Filled`.
    """

    id: str
    penalty: float
    again: tuple[Miss, ...] = ()
    misses: tuple[Miss, ...] = ()
    left_out: int = 0
    merits: Mapping[str, float] = field(default_factory=dict)

    @property
    def restarts(self) -> int:
        """How often a phrase was drawn again."""
        return len(self.again)


@dataclass(frozen=True)
class FilledPiece:
    """A filled plan.

    Attributes:
        score: the notes, as written.
        plan: the plan with every theme's tune written out.
        reports: of each section.
        jumps: the da capo of the page, where the plan has one.
        kept: of each section that differs from the earlier version, what was kept of it; empty without one.
    """

    score: Score
    plan: Plan
    reports: tuple[SectionReport, ...]
    kept: tuple[SectionMatch, ...] = ()
    jumps: tuple[JumpSign, ...] = ()


def fill(
    plan: Plan,
    outline: Outline,
    *,
    known: Mapping[str, tuple[str, StyleStatistics]],
    make_source: SourceMaker,
    pinned: Mapping[str, Tune],
    runs: tuple[RunIndex, ...] = (),
    earlier: Sequence[Version] = (),
    heard: tuple[Sounding, ...] = (),
    small_print: tuple[str, ...] = (),
    on_progress: OnProgress | None = None,
) -> FilledPiece:
    """Compose the notes of a resolved plan.

    Args:
        plan: resolved.
        outline: of the plan.
        known: of each style that the plan names, the composer in the network's style vector that it stands for, and its
            statistics.
        make_source: gives what samples notes; asked once.
        pinned: tunes that the plan gives, by theme; may have free stretches.
        runs: of the styles' training pieces, which are not to be copied.
        earlier: versions of the plan, oldest first, each of which keeps what is the same in the one before it; of the
            same meter, upbeat, ensemble, style (of the whole piece) and seed.
        heard: what sounds before the piece, where it goes on from another; see `Setting`.
        small_print: lines for the score.
        on_progress: called with what is being done and the share done.
    """
    versions = (*earlier, Version(plan, outline, pinned))
    settings = [make_setting(v.plan, v.outline, known=known, runs=runs, heard=heard) for v in versions]
    teller = Teller(sum(2.0 * len(_needed_themes(each)) + len(each.plan.sections) for each in settings), on_progress)
    source = teller.watched(make_source(settings[-1]))
    composed: list[tuple[tuple[object, ...], ComposedTheme]] = []
    themes: list[dict[str, ComposedTheme]] = []
    for version, setting in zip(versions, settings, strict=True):
        themes.append({})
        for name in _needed_themes(setting):
            entry, tune = version.plan.themes[name], version.pinned.get(name)
            teller.begin(f"theme {name}", work=2.0, stretches=IDEA_ROUNDS + 2)  # its idea, tune and voices
            own = setting.in_style(theme_mix(name, version.plan))
            subject = themes[-1].get(entry.against or "")
            origin = (name, entry, tune, setting.home, own.style, subject and subject.melody)
            theme = next((done for of, done in composed if of == origin), None)
            if theme is None:
                LOGGER.info("theme %s, %s bars%s", name, entry.bars, ", as the plan gives it" if tune else "")
                theme = compose_whole(name, entry, own, source, tune, subject)
                composed.append((origin, theme))
            themes[-1][name] = theme
    matches = _matches(settings, themes)
    wanted = _wanted(matches, len(versions))
    notes: dict[str, tuple[Note, ...]] = {}
    for version, setting, theme_of, match_of, ids in zip(versions, settings, themes, matches, wanted, strict=True):
        before, notes, reports = notes, {}, []
        for section, span in zip(version.plan.sections, version.outline.sections, strict=True):
            name = section.id or ""
            teller.begin(f"section {name}", work=1.0, stretches=1 + setting.row.has_soloist)
            if ids is None or name in ids:
                match = match_of.get(name)
                notes[name], report = _section(section, span, setting, theme_of, source, match, before.get(name, ()))
                reports.append(report)
                _explain(report, len(section.phrases or ()))
    setting = settings[-1]
    composers = dict.fromkeys(known[name][0] for name in names_in_plan(plan))
    styles = ", ".join(name.capitalize() for name in composers)
    everything = [note for section in notes.values() for note in section]
    score = make_score(
        setting,
        everything,
        stated=[note for section in plan.sections for note in _stated_notes(section.id or "", setting, themes[-1])],
        title=plan.title or "",
        composer=f"after {styles}",
        small_print=small_print,
    )
    kept = tuple(match for match in matches[-1].values() if not match.is_equal)
    jumps = jumps_of(plan, section_edges(outline))
    return FilledPiece(score, _with_tunes(plan, themes[-1], setting), tuple(reports), kept, jumps)


def _explain(report: SectionReport, phrases: int) -> None:
    """Log why a section's notes were chosen; of one that is kept whole there is nothing to tell."""
    if report.merits:
        for line in section_lines(
            report.id, phrases=phrases, again=report.again, misses=report.misses, merits=report.merits
        ):
            LOGGER.info(line)


def _matches(
    settings: Sequence[Setting], themes: Sequence[Mapping[str, ComposedTheme]]
) -> list[dict[str, SectionMatch]]:
    """Return for each version the sections that take something over from the version before, by id."""
    found: list[dict[str, SectionMatch]] = [{}]
    for index in range(1, len(settings)):
        sections = match_sections(settings[index - 1], themes[index - 1], settings[index], themes[index])
        # An equal section comes out as it was by itself, unless it was mended then.
        found.append({name: match for name, match in sections.items() if not match.is_equal or name in found[-1]})
    return found


def _wanted(matches: Sequence[Mapping[str, SectionMatch]], count: int) -> list[frozenset[str] | None]:
    """Return for each version the ids of the sections whose notes are asked for; None for all of them."""
    wanted: list[frozenset[str] | None] = [None]
    for index in range(count - 1, 0, -1):
        later = wanted[0]
        asked = {name for name, match in matches[index].items() if match.pairs and (later is None or name in later)}
        wanted.insert(0, frozenset(asked))
    return wanted


def _section(
    section: SectionEntry,
    span: SectionSpan,
    setting: Setting,
    themes: Mapping[str, ComposedTheme],
    source: NoteSource,
    match: SectionMatch | None,
    notes_before: Sequence[Note],
) -> tuple[tuple[Note, ...], SectionReport]:
    """Return the notes of a section in ticks of the piece; the phrases that `match` pairs keep those they had."""
    section_id = section.id or ""
    kept = kept_phrases(match, notes_before) if match is not None else ()
    if match is not None and match.is_whole:
        return with_kept_notes((), kept), SectionReport(section_id, 0.0)
    names = (section_id, section.take or 1)
    line = None
    if setting.row.has_soloist:
        line = _solo_line(section, span, setting, themes, source, kept)
    stretch, local = section_stretch(setting, section, span, themes, line=line)
    if kept:
        stretch = with_pins(stretch, kept, origin_tick=local.origin_tick)
    filled = run_filter(source, stretch, stream(setting.seed, *names, "notes"))
    filled = struck_anew(filled, stretch, kept, origin_tick=local.origin_tick)
    if section.voices is not None and not setting.row.has_soloist and not setting.is_line:
        parted, left_out = voiced_notes(filled, stretch, local, section, themes, setting), 0
    else:
        parted, left_out = notes_of_section(filled, stretch, setting)
    placed = moved(parted, local.origin_tick + local.start_tick)
    stated = _stated_notes(section_id, setting, themes)
    notes = _with_true_lengths(placed, stated)
    if setting.row.has_hands:
        is_given = {(onset, pitch) for onset, _, pitch in stated}
        bar_tick = next(place.bar_tick for place in setting.places if place.section.id == section_id)
        notes = legible_hands(notes, first_bar_tick=bar_tick, end_tick=span.end_tick, exact=is_given)
    report = SectionReport(section_id, filled.penalty, filled.again, filled.misses, left_out, filled.merits)
    return with_kept_notes(notes, kept) if kept else notes, report


def _solo_line(
    section: SectionEntry,
    span: SectionSpan,
    setting: Setting,
    themes: Mapping[str, ComposedTheme],
    source: NoteSource,
    kept: Sequence[KeptPhrase],
) -> list[Sounding]:
    """Return the soloist's line of a section, local ticks; it is composed before the rest."""
    tunes = {name: replace(theme, voices=()) for name, theme in themes.items()}
    stretch, local = section_stretch(setting.as_line(), section, span, tunes)
    sung = [replace(phrase, notes=tuple(note for note in phrase.notes if note.voice == 1)) for phrase in kept]
    if kept:
        stretch = with_pins(stretch, sung, origin_tick=local.origin_tick)
    filled = run_filter(source, stretch, stream(setting.seed, section.id or "", section.take or 1, "line"))
    filled = struck_anew(filled, stretch, sung, origin_tick=local.origin_tick)
    notes = tune_of(filled.play, filled.articulate, setting.low_pitch)
    return [(onset + local.start_tick, length, pitch) for onset, length, pitch in notes]


def _needed_themes(setting: Setting) -> list[str]:
    """Return the names of the themes that some phrase states or follows, in the order of the plan."""
    used = {place.entry.theme for place in setting.places}
    used |= {entry.theme for place in setting.places for entry in place.entry.entries or ()}
    themes = setting.plan.themes
    used |= {themes[name].against for name in used if name is not None and name in themes}
    # A countersubject comes after its subject.
    ordered = sorted(themes, key=lambda name: themes[name].against is not None)
    return [name for name in ordered if name in used and name != NO_THEME]


def _stated_notes(section_id: str, setting: Setting, themes: Mapping[str, ComposedTheme]) -> list[Sounding]:
    """Return the notes of the tunes that a section states and of the voices that enter in it, ticks of the piece."""
    stated: list[Sounding] = []
    for place in setting.places:
        if place.section.id != section_id:
            continue
        theme = themes.get(place.entry.theme or "")
        if place.states_theme and theme is not None:
            stated += stated_tune(theme, place, setting)
        if place.entry.entries:
            for entry in entered_voices(place, themes, setting):
                stated += entry.notes
    return stated


def _with_true_lengths(notes: Sequence[Note], stated: Sequence[Sounding]) -> tuple[Note, ...]:
    """Return a section's notes with those of its tunes as long as they are where the grid could not hold them."""
    exact = off_grid(stated)
    true = [exact.get((note.onset_tick, note.pitch), (note.onset_tick, note.duration_tick)) for note in notes]
    return tuple(
        replace(note, onset_tick=onset, duration_tick=duration)
        for note, (onset, duration) in zip(notes, true, strict=True)
    )


def _with_tunes(plan: Plan, themes: dict[str, ComposedTheme], setting: Setting) -> Plan:
    """Return the plan with the tunes as ABC text, so that any of them can be pinned."""
    entries = {}
    for name, entry in plan.themes.items():
        theme = themes.get(name)
        if theme is not None and entry.file is None and entry.voices is None:
            text = format_abc(theme.melody, key=theme.key, meter=setting.meter)
            entry = entry.model_copy(update={"melody": text})
        entries[name] = entry
    return plan.model_copy(update={"themes": entries})
