"""From a resolved plan to a finished piece: fill, perform, report, write; and what is told of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from composer.pipeline.filling import fill_plan
from composer.pipeline.performing import other_takes, perform_score
from composer.pipeline.wishes import Wishes, check_takes
from composer.plan.mixes import style_words
from composer.plan.model import NO_THEME, Glide, Plan
from composer.plan.numerals import parse_key_path
from composer.progress import OnProgress, part_of
from composer.theory.key import parse_key

if TYPE_CHECKING:
    from composer.export.finished import Finished
    from composer.fill.fill import FilledPiece
    from composer.outline import Outline
    from composer.performance import Performance
    from composer.report.form import FormReport

LOGGER = logging.getLogger(__name__)

# Where in the whole work planning, filling and performing end, about.
PLANNED, FILLED, PERFORMED = 0.02, 0.75, 0.82


@dataclass(frozen=True)
class SectionLine:
    """A section as the summary tells it: its label, its keys by name, its bars."""

    label: str
    key: str
    bars: int


@dataclass(frozen=True)
class Piece:
    """A composed piece and what is told of it.

    Attributes:
        title, form, style, meter, tempo_bpm, seed: of the plan.
        sections: label, key and bars of each.
        themes: what each theme is: "8 bars, pinned".
        device: where the network ran, with the versions that byte identity depends on.
        seconds: how long it took.
        files: that were written.
        warnings: what the user should know.
        kept: what was kept of an earlier plan, in words; empty where none was given.
        plan: resolved, with every theme's tune written out.
        outline: of the plan, as it is written.
        performance: how it is played; its `score` is what is heard: what the sheet repeats stands there again.
        report: what was found in the notes of what the plan asks for.
        finished: what there is to write of it; see `write`.
    """

    title: str
    form: str
    style: str
    meter: str
    tempo_bpm: float
    sections: tuple[SectionLine, ...]
    themes: Mapping[str, str]
    seed: int
    device: str
    seconds: float
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    kept: tuple[str, ...]
    plan: Plan = field(repr=False)  # a prompt would show all notes
    outline: Outline = field(repr=False)
    performance: Performance = field(repr=False)
    report: FormReport = field(repr=False)
    finished: Finished = field(repr=False)

    def write(self, *paths: Path | str) -> tuple[Path, ...]:
        """Write the piece to more files, all of them or none; the extension picks the writer.

        Raises:
            OptionError, OutputError: as `compose`.
        """
        from composer.export.writers import write_outputs
        from composer.plan.writer import format_plan

        files = tuple(map(Path, paths))
        plan_path = next((path for path in files if path.suffix in (".yaml", ".yml")), Path("plan.yaml"))
        text = format_plan(self.plan, name=plan_path.name, folder=plan_path.parent)
        return write_outputs(replace(self.finished, plan_text=text), files)

    def _repr_mimebundle_(self, **_wishes: object) -> dict[str, str]:
        """Show the piece in a notebook: its sheet and a player."""
        from composer.export.notebook import shown_piece

        home = self.plan.key or ""
        facts = (self.style, home, self.meter, f"{sum(one.bars for one in self.sections)} bars", f"seed {self.seed}")
        labels = " ".join(section.label for section in self.sections)
        return shown_piece(self.finished, facts=(f"{self.form} {labels}", *facts))


def finish(
    plan: Plan,
    *,
    plan_folder: Path | None,
    earlier: tuple[tuple[Plan, Path], ...],
    paths: tuple[Path, ...],
    read_paths: tuple[Path, ...],
    wishes: Wishes,
    started: float,
    on_progress: OnProgress | None,
    warnings: tuple[str, ...],
) -> Piece:
    """Fill, perform and write a resolved plan; planning has taken the first share of `on_progress`."""
    from composer.export.writers import Finished, check_outputs, write_outputs
    from composer.plan.playing import played
    from composer.plan.writer import format_plan
    from composer.report.as_json import report_text
    from composer.report.asked import given_themes
    from composer.report.check import report_on
    from composer.report.form import Unmet

    check_outputs(paths, read_paths=read_paths, soundfont=wishes.soundfont)
    check_takes(wishes.more_takes, paths)
    who = wishes.performer(plan)
    plan = plan.model_copy(update={"performer": who})  # so that the plan that is written plays as this piece does
    filled, outline, device_words = fill_plan(
        plan,
        plan_folder=plan_folder,
        earlier=earlier,
        on_progress=part_of(on_progress, PLANNED, FILLED),
        **wishes.sampling,
    )
    tell = part_of(on_progress, FILLED, PERFORMED)
    tell("performing", 0.0)
    heard, heard_outline = played(filled.score, filled.jumps, outline)
    performance = perform_score(heard, heard_outline, who)
    more_takes = other_takes(heard, heard_outline, who, wishes.more_takes)
    sheet = (filled.score, outline) if heard is not filled.score else None
    LOGGER.info(
        "played by %s, take %s, expression %g: %.0f s", who.player, who.take, who.expression, performance.duration_sec
    )
    tell("looking for the plan in the notes", 0.6)
    plan_path = next((path for path in paths if path.suffix in (".yaml", ".yml")), Path("plan.yaml"))
    text = format_plan(filled.plan, name=plan_path.name, folder=plan_path.parent)
    report = report_on(
        filled.score,
        filled.plan,
        folder=plan_folder,
        given=given_themes(plan),
        compasses_of=compasses_of,
        unmet=tuple(
            Unmet(section.id, miss.number + 1, tuple(miss.goals))
            for section in filled.reports
            for miss in section.misses
        ),
    )
    finished = Finished(
        performance,
        heard_outline,
        text,
        report_text(report),
        sheet=sheet,
        jumps=filled.jumps,
        soundfont=wishes.soundfont,
        more_takes=more_takes,
    )
    files = write_outputs(finished, paths, on_progress=part_of(on_progress, PERFORMED, 1.0))
    kept = tuple(map(str, filled.kept))
    if earlier and not kept:
        kept = ("every section",)
    unsettled = [f"{one.section}, phrase {one.phrase} ({', '.join(one.goals)})" for one in report.unmet]
    if unsettled:
        warnings += (f"no draft met every goal in {'; '.join(unsettled)}: the best was kept",)
    left_out = sum(section.left_out for section in filled.reports)
    if left_out:
        notes = "a note was left out" if left_out == 1 else f"{left_out} notes were left out"
        warnings += (f"{notes}: every part was busy",)
    return _piece(plan, filled, outline, finished, report, device_words, started, files, warnings, kept)


def _piece(
    plan: Plan,
    filled: FilledPiece,
    outline: Outline,
    finished: Finished,
    report: FormReport,
    device: str,
    started: float,
    files: tuple[Path, ...],
    warnings: tuple[str, ...],
    kept: tuple[str, ...],
) -> Piece:
    themes = {}
    for name, entry in plan.themes.items():
        if name == NO_THEME or name not in filled.plan.themes:
            continue
        is_pinned = bool(entry.melody or entry.voices or entry.file)
        themes[name] = f"{entry.bars} bars, {'pinned' if is_pinned else 'composed'}"
    return Piece(
        title=plan.title or "",
        form=plan.form,
        style=f"{_told_style(plan)} ({plan.ensemble})",
        meter=plan.meter or "",
        tempo_bpm=plan.tempo or 0.0,
        sections=section_lines(plan),
        themes=themes,
        seed=plan.seed or 0,
        device=device,
        seconds=time.perf_counter() - started,
        files=files,
        warnings=warnings,
        kept=kept,
        plan=filled.plan,
        outline=outline,
        performance=finished.performance,
        report=report,
        finished=finished,
    )


def section_lines(plan: Plan) -> tuple[SectionLine, ...]:
    """Return the sections of a resolved plan as a summary tells them."""
    home = parse_key(plan.key or "C major")
    lines = []
    for section in plan.sections:
        keys = " -> ".join(str(key) for key in parse_key_path(section.key or "I", home))
        lines.append(SectionLine(section.label or "", keys, section.bars or 0))
    return tuple(lines)


def _told_style(plan: Plan) -> str:
    """Return the piece's style in words, and those of the sections that have another one."""
    told = [style_words(plan.style)]
    if not isinstance(plan.style, Glide):  # on a glide every section has its own
        told += [f"{entry.id} {style_words(entry.style)}" for entry in plan.sections if entry.style is not None]
    return "; ".join(told)


def compasses_of(ensemble: str) -> dict[str, tuple[int, int]]:
    """Return the compass of each part of an ensemble."""
    from composer.fill.ensembles import ensemble_named

    return {part.name: part.compass for part in ensemble_named(ensemble).parts}
