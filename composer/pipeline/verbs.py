"""The verbs that begin with a wish or a plan (`compose`, `plan_piece`, `build_plan`), and `check_file`."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import Place, PlanError, Problem
from composer.pipeline.explained import HEADER, log_plan
from composer.pipeline.finishing import Piece, compasses_of, finish
from composer.pipeline.wishes import Wishes
from composer.plan.brief import Brief, StyleWish
from composer.plan.mixes import Style, style_words
from composer.plan.model import Glide, Plan
from composer.plan.planner import plan_piece as plan_brief
from composer.plan.planner import resolve
from composer.progress import OnProgress, silent

if TYPE_CHECKING:
    from composer.report.check import Checked

PathLike = str | os.PathLike[str]


def compose(
    *,
    form: str = "rondo",
    style: StyleWish | None = None,
    key: str | None = None,
    meter: str | None = None,
    tempo: float | None = None,
    bars: int | None = None,
    ensemble: str | None = None,
    title: str | None = None,
    seed: int | None = None,
    temperature: float | None = None,
    guidance: float | None = None,
    style_guidance: float | None = None,
    device: str = "auto",
    expression: float | None = None,
    player: str | None = None,
    take: int | None = None,
    soundfont: PathLike | None = None,
    more_takes: Sequence[int] = (),
    outputs: PathLike | Sequence[PathLike] = (),
    folder: PathLike | None = None,
    on_progress: OnProgress | None = None,
) -> Piece:
    """Plan, fill, perform and write a piece; the keywords are the options of the command.

    Args:
        form: name of a form, or a template file.
        style: a style's name, weights by name, or a glide along the piece: "bach -> joplin", or
            {"from": {"bach": 0.7, "haydn": 0.3}, "to": "joplin"} ("via" lists what is between);
            None: the form's own, or "bach".
        key, meter, tempo, bars, ensemble, title: None: drawn from the style; the tempo in beats a minute.
        seed: of all drawing; None draws one.
        temperature: 1 as the network learned; lower is tamer.
        guidance: 1 as the network learned; higher obeys the plan more.
        style_guidance: 1 as the network learned; higher is more in the style, less in everybody's.
        device: `auto`, `cpu` or `gpu`.
        expression, player, take: of the performer; None: the style's own.
        soundfont: an .sf2 or .sf3 file that plays in the sound files; None: the one that comes along.
        more_takes: besides `take`, to be compared on a page (.html).
        outputs: a file to write, or several; the extension picks the writer. None given: see `folder`.
        folder: where a .mid, a .musicxml, a .yaml and a .report.json are written when `outputs` is empty; None:
            none is (the command writes into the folder that it is called in).
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        PlanError, StyleError, OptionError, SoundFontError, OutputError: something in the arguments that the user can
            mend.
        FillError: no acceptable music was found.
    """
    started = time.perf_counter()
    (on_progress or silent)("planning", 0.0)
    plan = plan_piece(
        form=form,
        style=style,
        key=key,
        meter=meter,
        tempo=tempo,
        bars=bars,
        ensemble=ensemble,
        title=title,
        seed=seed,
    )
    paths = tuple(map(Path, [outputs] if isinstance(outputs, str | os.PathLike) else outputs))
    if not paths and folder is not None:
        stem = f"{_file_word(plan.form)}-{_style_word(plan.style)}-{plan.seed}"
        paths = tuple(Path(folder, f"{stem}{suffix}") for suffix in (".mid", ".musicxml", ".yaml", ".report.json"))
    soundfont = None if soundfont is None else Path(soundfont)
    return finish(
        plan,
        plan_folder=None,
        earlier=(),
        paths=paths,
        read_paths=(),
        wishes=Wishes(temperature, guidance, style_guidance, device, player, take, expression, soundfont, more_takes),
        started=started,
        on_progress=on_progress,
        warnings=(),
    )


def plan_piece(
    *,
    form: str = "rondo",
    style: StyleWish | None = None,
    key: str | None = None,
    meter: str | None = None,
    tempo: float | None = None,
    bars: int | None = None,
    ensemble: str | None = None,
    title: str | None = None,
    seed: int | None = None,
) -> Plan:
    """Return the resolved plan of a piece; arguments and errors as `compose`."""
    plan = plan_brief(
        Brief(
            form=form,
            style=style,
            key=key,
            meter=meter,
            tempo=tempo,
            bars=bars,
            seed=seed,
            title=title,
            ensemble=ensemble,
        )
    )
    wished = {"key": key, "meter": meter, "tempo": tempo, "ensemble": ensemble}
    log_plan(plan, stated=[name for name, wish in wished.items() if wish is not None])
    return plan


def build_plan(
    plan_path: Path,
    *,
    keep: tuple[Path, ...] = (),
    outputs: tuple[Path, ...] = (),
    folder: Path | None = None,
    temperature: float | None = None,
    guidance: float | None = None,
    style_guidance: float | None = None,
    device: str = "auto",
    expression: float | None = None,
    player: str | None = None,
    take: int | None = None,
    soundfont: Path | None = None,
    more_takes: Sequence[int] = (),
    on_progress: OnProgress | None = None,
) -> Piece:
    """Compose the piece that a plan file describes; the file itself is never changed.

    Args:
        plan_path: the plan.
        keep: earlier plans of the piece, oldest first. In each section that was edited, the phrases that are the same
            in the plan before keep their notes, and the others are composed between them; so with temperature and
            guidance as they were. Where a plan was itself built with `keep`, its own earlier plans come before it.
        outputs, folder: as `compose`; the files are named after the plan's file, the plan with `.resolved.yaml`.
        temperature, guidance, style_guidance, device, expression, player, take, soundfont, more_takes, on_progress: as
            `compose`.

    Raises:
        PlanError, ThemeError: all that is wrong in the plan, with line and column; an earlier plan of another piece.
        StyleError, OptionError, SoundFontError, OutputError, FillError: as `compose`.
    """
    from composer.fill.keep import carried_over
    from composer.perform.own_players import player_names
    from composer.perform.player import strength_names
    from composer.perform.players import COMPOSERS
    from composer.plan.layout import expanded
    from composer.plan.links import join_problems
    from composer.plan.reader import lines_of, read_plan

    started = time.perf_counter()
    (on_progress or silent)("planning", 0.0)
    paths = outputs
    if not paths and folder is not None:
        stem = plan_path.name.removesuffix(".yaml").removesuffix(".yml")
        endings = (".mid", ".musicxml", ".resolved.yaml", ".report.json")
        paths = tuple(folder / f"{stem}{suffix}" for suffix in endings)
    plans: list[tuple[Plan, Plan]] = []  # (as stated, resolved) of each, the one to build last
    for path in (*keep, plan_path):
        known_players = (*player_names(), *COMPOSERS)
        stated = read_plan(path, known_players=known_players, known_strengths=strength_names())
        if plans:
            stated = carried_over(stated, *plans[-1])
        plans.append((stated, resolve(stated, folder=path.parent, locate=lines_of(path))))
    stated, plan = plans[-1]
    log_plan(plan, stated=[name for name in HEADER if getattr(stated, name)])
    for path, (_, earlier) in zip(keep, plans, strict=False):
        _check_same_piece(earlier, plan, path, plan_path)
    given = {entry.id for entry in expanded(stated.sections) if entry.enters is not None}
    if join_problems(plan, stated=given):
        # What the planner itself would say is no slip of the user's: a resolved plan is built without a warning.
        bare = tuple(entry.model_copy(update={"enters": None}) for entry in stated.sections)
        usual = resolve(stated.model_copy(update={"sections": bare}), folder=plan_path.parent)
        given -= {own.id for own, said in zip(usual.sections, plan.sections, strict=True) if own.enters == said.enters}
    return finish(
        plan,
        plan_folder=plan_path.parent,
        earlier=tuple((earlier, path.parent) for path, (_, earlier) in zip(keep, plans, strict=False)),
        paths=paths,
        read_paths=(plan_path, *keep),
        wishes=Wishes(temperature, guidance, style_guidance, device, player, take, expression, soundfont, more_takes),
        started=started,
        on_progress=on_progress,
        warnings=tuple(map(str, join_problems(plan, source=str(plan_path), stated=given))),
    )


def _check_same_piece(earlier: Plan, plan: Plan, earlier_path: Path, plan_path: Path) -> None:
    """Raise PlanError where the notes of an earlier plan cannot stand in the one that is built."""
    here, there = _frame_of(earlier), _frame_of(plan)
    problems = [
        Problem(
            f"the {word} is {found} here, {there[word]} in {plan_path}",
            Place(str(earlier_path)),
            "none of its notes can be kept",
        )
        for word, found in here.items()
        if found != there[word]
    ]
    if problems:
        raise PlanError(problems)


def _frame_of(plan: Plan) -> dict[str, str]:
    """Return what all notes of a resolved plan depend on, in words."""
    return {
        "meter": plan.meter or "",
        "upbeat": f"{plan.pickup or 0:g}",
        "ensemble": plan.ensemble or "",
        "style": style_words(plan.style),
        "seed": str(plan.seed),
    }


def check_file(score_path: Path, *, plan_path: Path | None = None, style: str | None = None) -> Checked:
    """Find in a piece (MIDI, MusicXML, **kern, ABC) what its plan asks for; without a plan, what there is.

    Args:
        score_path: the piece.
        plan_path: its plan; None: NAME.resolved.yaml or NAME.yaml beside the piece, if there is one.
        style: beside whose pieces it is put; None: the plan's, and for copies all that come with the program.

    Raises:
        MusicFileError, PlanError, ThemeError, StyleError: a file that cannot be read, or a piece of another plan.
    """
    from composer.report.check import check_piece

    return check_piece(score_path, plan_path=plan_path, style=style, compasses_of=compasses_of)


def _style_word(style: Style) -> str:
    """Return a style as part of a file name: bach-joplin for a mix, bach-to-joplin for a glide."""
    if isinstance(style, Glide):
        return "-to-".join(map(_style_word, style.stations))
    return "-".join(map(_file_word, style))


def _file_word(name: str) -> str:
    """Return a form's or a style's name as part of a file name: of a file's path the stem."""
    return Path(name).stem
