"""The form report: a plan's Outline beside the notes of a piece, all findings together.

What it is: themes, keys, cadences and stillness, each found in the notes by code that knows nothing of how they were
composed. What belongs to the plan comes in as the Outline and the tunes that it states.

Contents: `FormReport`, `form_report`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from composer.outline import Outline, SectionSpan
from composer.report.cadences import CadenceFound, judge_cadences
from composer.report.keys import KeyFinder, KeySpanFound, judge_keys
from composer.report.stillness import Stretch, silences, standing_chords
from composer.report.themes import Statement, StatementFound, Tune, TuneMatch, best_match, judge_statement, top_line
from composer.score import Score


@dataclass(frozen=True)
class StrayMatch:
    """The best match of a tune in a section whose plan does not name it."""

    section: SectionSpan
    match: TuneMatch


@dataclass(frozen=True)
class FormReport:
    """Planned against found.

    Attributes:
        statements: each stated theme.
        strays: of the first theme, in each section that has another or none.
        keys: each one-key span.
        cadences: each planned PAC and HC.
        silences: longer than a bar.
        standing: chords that stay for more than two bars.
    """

    statements: tuple[StatementFound, ...]
    strays: tuple[StrayMatch, ...]
    keys: tuple[KeySpanFound, ...]
    cadences: tuple[CadenceFound, ...]
    silences: tuple[Stretch, ...]
    standing: tuple[Stretch, ...]


def form_report(
    score: Score,
    outline: Outline,
    *,
    statements: Iterable[Statement] = (),
    refrain: Tune = (),
    refrain_name: str = "",
    finder: KeyFinder | None = None,
) -> FormReport:
    """Return what was found of a plan in the notes.

    Args:
        score: the notes; its bars are those of the outline.
        outline: of the plan.
        statements: the tunes that the plan states, where they stand.
        refrain: a tune that must not be heard elsewhere; empty: nothing is looked for.
        refrain_name: of its theme; sections of that theme are left out.
        finder: of keys; None: by profile.
    """
    elsewhere = [section for section in outline.sections if section.theme != refrain_name] if refrain else []
    strays = tuple(
        StrayMatch(section, best_match(top_line(score, section.start_tick, section.end_tick), refrain))
        for section in elsewhere
    )
    return FormReport(
        statements=tuple(judge_statement(score, statement) for statement in statements),
        strays=strays,
        keys=judge_keys(score, outline, finder=finder),
        cadences=judge_cadences(score, outline),
        silences=silences(score),
        standing=standing_chords(score),
    )
