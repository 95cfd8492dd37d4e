"""Check a piece: the report of a score against its plan, of a file against the plan that lies beside it.

Contents: `report_on`, `Checked`, `check_piece`, `plan_beside`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from composer.analysis.copying import load_runs
from composer.analysis.outline import ensemble_of
from composer.corpus.reader import read_score
from composer.plan.mixes import names_in_plan
from composer.plan.model import Plan
from composer.plan.planner import resolve
from composer.plan.reader import lines_of, read_plan
from composer.report.asked import Asked, asked_of, given_themes
from composer.report.fitting import as_written, fitted
from composer.report.form import FormReport, Unmet, form_report
from composer.report.voice_leading import load_rates
from composer.score import Score
from composer.style import load_style, readable_styles, style_in, styles_folder

_RESOLVED, _STATED = (".resolved.yaml", ".resolved.yml"), (".yaml", ".yml")

CompassesOf = Callable[[str], Mapping[str, tuple[int, int]]]


@dataclass(frozen=True)
class Checked:
    """A piece that was checked.

    Attributes:
        report: planned against found, or what was found alone.
        plan_path: the plan; None where there was none.
        mended: what the reader mended in the piece's file.
    """

    report: FormReport
    plan_path: Path | None
    mended: tuple[str, ...]


def check_piece(
    score_path: Path,
    *,
    plan_path: Path | None = None,
    style: str | None = None,
    compasses_of: CompassesOf | None = None,
) -> Checked:
    """Read a piece (MIDI, MusicXML, **kern, ABC) and compare it with its plan.

    Args:
        score_path: the piece.
        plan_path: its plan; None: the one that lies beside it, if there is one (`plan_beside`).
        style: whose training pieces and voice leading stand beside it; None: copies are looked for in all styles that
            come with the program, voice leading stands beside the plan's.
        compasses_of: ensemble → part → lowest and highest pitch.

    Raises:
        MusicFileError, PlanError, ThemeError, StyleError: a file that cannot be read.
        PlanError: the piece has other bars than the plan.
    """
    result = read_score(score_path)
    path = plan_beside(score_path) if plan_path is None else plan_path
    copied = [style] if style else [card.name for card in readable_styles(styles_folder())[0]]
    if path is None:
        named = [style] if style else []
        report = _report(result.score, None, copied=copied, named=named, ensemble=ensemble_of(result.score))
        return Checked(report, None, result.mended)
    stated = read_plan(path)
    plan = resolve(stated, folder=path.parent, locate=lines_of(path))
    asked = _asked(plan, path.parent, given=_given(stated, path), compasses_of=compasses_of)
    written = as_written(result.score, plan, asked.outline)
    score = fitted(written, asked.outline, source=str(score_path), plan_source=str(path))
    named = [style] if style else _styles_of(plan)
    copied = list(dict.fromkeys([*named, *copied]))
    return Checked(_report(score, asked, copied=copied, named=named, ensemble=plan.ensemble or ""), path, result.mended)


def report_on(
    score: Score,
    plan: Plan,
    *,
    folder: Path | None = None,
    given: Collection[str] = (),
    compasses_of: CompassesOf | None = None,
    unmet: tuple[Unmet, ...] = (),
) -> FormReport:
    """Return the report of a piece that was composed from a plan.

    Args:
        score: as it is written.
        plan: resolved, with every theme's tune.
        folder: where theme files lie.
        given: names of the themes whose notes are the user's own, and so no copies.
        compasses_of: as `check_piece`.
        unmet: what the composing knows to be off the plan.
    """
    names = _styles_of(plan)
    asked = _asked(plan, folder, given=given, compasses_of=compasses_of)
    return _report(score, asked, copied=names, named=names, ensemble=plan.ensemble or "", unmet=unmet)


def _styles_of(plan: Plan) -> list[str]:
    """Return the styles beside whose pieces a plan's piece is put: as they are in its ensemble."""
    return list(dict.fromkeys(style_in(name, plan.ensemble or "keyboard") for name in names_in_plan(plan)))


def plan_beside(score_path: Path) -> Path | None:
    """Return the plan that lies beside a piece: `NAME.resolved.yaml`, else `NAME.yaml`, else None.

    Of a piece that was performed anew (`NAME.performed.mid`) it is the plan of `NAME`.
    """
    stem = score_path.stem
    for name in dict.fromkeys((stem, stem.removesuffix(".performed"))):
        for extension in (*_RESOLVED, *_STATED):
            path = score_path.with_name(f"{name}{extension}")
            if path.is_file():
                return path
    return None


def _given(stated: Plan, path: Path) -> tuple[str, ...]:
    """Return the themes whose tunes are the user's own.

    A resolved plan holds the composed ones too: which they are is known only where the plan from which it was made lies
    beside it. Else none is taken for the user's, so that no copy goes unseen.
    """
    source = _stated_beside(path) or stated
    is_resolved = bool(source.sections) and all(section.phrases for section in source.sections)
    return () if is_resolved else given_themes(source)


def _stated_beside(path: Path) -> Plan | None:
    """Return the plan from which a resolved one was made, where it lies beside it."""
    for extension in _RESOLVED:
        if path.name.endswith(extension):
            for stated in _STATED:
                source = path.with_name(path.name.removesuffix(extension) + stated)
                if source.is_file():
                    return read_plan(source)
    return None


def _asked(plan: Plan, folder: Path | None, *, given: Collection[str], compasses_of: CompassesOf | None) -> Asked:
    compasses = compasses_of(plan.ensemble or "keyboard") if compasses_of is not None else {}
    return asked_of(plan, folder=folder, given=given, compasses=compasses)


def _report(
    score: Score,
    asked: Asked | None,
    *,
    copied: Sequence[str],
    named: Sequence[str],
    ensemble: str,
    unmet: tuple[Unmet, ...] = (),
) -> FormReport:
    indices = {name: load_runs(load_style(name)) for name in copied}
    rates = load_rates()
    return form_report(
        score,
        asked,
        runs={name: index for name, index in indices.items() if index is not None},
        rates={name: rate for name in named if (rate := rates.get(name, {}).get(ensemble)) is not None},
        unmet=unmet,
    )
