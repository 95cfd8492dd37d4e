"""The four verbs in a row: plan, fill, perform, export.

What it is: what the commands call, and what `from composer import compose` gives. Each function makes whole files or
none. Heavy libraries are imported when a verb needs them.

Contents: `compose`, `plan_piece`, `build_plan`, `perform_file`, `check_file`, `Piece`,
`Performed`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import OptionError, Place, PlanError, Problem, StyleError
from composer.plan.brief import Brief, StyleWish
from composer.plan.mixes import Style, names_in_plan, style_words
from composer.plan.model import NO_THEME, Glide, Performer, Plan
from composer.plan.numerals import parse_key_path
from composer.plan.planner import plan_piece as plan_brief
from composer.plan.planner import resolve
from composer.style import DEFAULT_NETWORK, StyleCard, load_statistics, load_style, styles_folder
from composer.theory.key import parse_key

if TYPE_CHECKING:
    from composer.fill.fill import FilledPiece, SourceMaker
    from composer.network.own_composer import OwnComposer
    from composer.outline import Outline
    from composer.performance import Performance
    from composer.plan.tunes import Tune
    from composer.report.check import Checked
    from composer.report.form import FormReport
    from composer.score import Score

OnProgress = Callable[[str, float], None]

DEFAULT_TEMPERATURE = 1.0
DEFAULT_GUIDANCE = 1.5
DEFAULT_STYLE_GUIDANCE = 1.0
MAX_TEMPERATURE = 5.0  # inclusive; far above it every note is as likely as any other
MAX_GUIDANCE = 10.0  # inclusive; of the style's too
MAX_EXPRESSION = 3.0  # inclusive, as in a plan
MAX_TAKE = 2**63 - 1  # inclusive, as in a plan
NUM_PARTICLES = 8


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
    plan: Plan
    outline: Outline
    performance: Performance
    report: FormReport


@dataclass(frozen=True)
class Performed:
    """A score that was played.

    Attributes:
        player, take: how.
        length_sec: of the performance.
        files: that were written.
        warnings: what was mended in the score.
        performance: the notes as played.
    """

    player: str
    take: int
    length_sec: float
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    performance: Performance


def compose(
    *,
    form: str = "rondo",
    style: StyleWish | None = None,
    key: str | None = None,
    meter: str | None = None,
    tempo_bpm: float | None = None,
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
    outputs: tuple[Path, ...] = (),
    folder: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Piece:
    """Plan, fill, perform and write a piece.

    Args:
        form: name of a form, or a template file.
        style: a style's name, weights by name, or a glide along the piece: "bach -> joplin", or
            {"from": {"bach": 0.7, "haydn": 0.3}, "to": "joplin"} ("via" lists what is between);
            None: the form's own, or "bach".
        key, meter, tempo_bpm, bars, ensemble, title: None: drawn from the style.
        seed: of all drawing; None draws one.
        temperature: 1 as the network learned; lower is tamer.
        guidance: 1 as the network learned; higher obeys the plan more.
        style_guidance: 1 as the network learned; higher is more in the style, less in everybody's.
        device: `auto`, `cpu` or `gpu`.
        expression, player, take: of the performer; None: the style's own.
        outputs: files to write; the extension picks the writer. None given: see `folder`.
        folder: where a .mid, a .musicxml, a .yaml and a .report.json are written when `outputs` is empty; None:
            none is.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        PlanError, StyleError, OptionError, OutputError: something in the arguments that the user can mend.
        FillError: no acceptable music was found.
    """
    started = time.perf_counter()
    plan = plan_piece(
        form=form,
        style=style,
        key=key,
        meter=meter,
        tempo_bpm=tempo_bpm,
        bars=bars,
        ensemble=ensemble,
        title=title,
        seed=seed,
    )
    paths = outputs
    if not paths and folder is not None:
        stem = f"{_file_word(plan.form)}-{_style_word(plan.style)}-{plan.seed}"
        paths = tuple(folder / f"{stem}{suffix}" for suffix in (".mid", ".musicxml", ".yaml", ".report.json"))
    return _finish(
        plan,
        plan_folder=None,
        earlier=(),
        paths=paths,
        read_paths=(),
        temperature=temperature,
        guidance=guidance,
        style_guidance=style_guidance,
        device=device,
        performer=(player, take, expression),
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
    tempo_bpm: float | None = None,
    bars: int | None = None,
    ensemble: str | None = None,
    title: str | None = None,
    seed: int | None = None,
) -> Plan:
    """Return the resolved plan of a piece; arguments and errors as `compose`."""
    return plan_brief(
        Brief(
            form=form,
            style=style,
            key=key,
            meter=meter,
            tempo=tempo_bpm,
            bars=bars,
            seed=seed,
            title=title,
            ensemble=ensemble,
        )
    )


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
    on_progress: OnProgress | None = None,
) -> Piece:
    """Compose the piece that a plan file describes; the file itself is never changed.

    Args:
        plan_path: the plan.
        keep: earlier plans of the piece, oldest first. In each section that was edited, the phrases that are the same
            in the plan before keep their notes, and the others are composed between them; so with temperature and
            guidance as they were. Where a plan was itself built with `keep`, its own earlier plans come before it.
        outputs, folder: as `compose`; the files are named after the plan's file, the plan with `.resolved.yaml`.
        temperature, guidance, style_guidance, device, expression, player, take, on_progress: as `compose`.

    Raises:
        PlanError, ThemeError: all that is wrong in the plan, with line and column; an earlier plan of another piece.
        StyleError, OptionError, OutputError, FillError: as `compose`.
    """
    from composer.fill.keep import carried_over
    from composer.perform.players import PLAYERS
    from composer.plan.layout import expanded
    from composer.plan.links import join_problems
    from composer.plan.reader import read_plan

    started = time.perf_counter()
    paths = outputs
    if not paths and folder is not None:
        stem = plan_path.name.removesuffix(".yaml").removesuffix(".yml")
        endings = (".mid", ".musicxml", ".resolved.yaml", ".report.json")
        paths = tuple(folder / f"{stem}{suffix}" for suffix in endings)
    plans: list[tuple[Plan, Plan]] = []  # (as stated, resolved) of each, the one to build last
    for path in (*keep, plan_path):
        stated = read_plan(path, known_players=PLAYERS)
        if plans:
            stated = carried_over(stated, *plans[-1])
        plans.append((stated, resolve(stated, folder=path.parent)))
    stated, plan = plans[-1]
    for path, (_, earlier) in zip(keep, plans, strict=False):
        _check_same_piece(earlier, plan, path, plan_path)
    given = {entry.id for entry in expanded(stated.sections) if entry.enters is not None}
    if join_problems(plan, stated=given):
        # What the planner itself would say is no slip of the user's: a resolved plan is built without a warning.
        bare = tuple(entry.model_copy(update={"enters": None}) for entry in stated.sections)
        usual = resolve(stated.model_copy(update={"sections": bare}), folder=plan_path.parent)
        given -= {own.id for own, said in zip(usual.sections, plan.sections, strict=True) if own.enters == said.enters}
    return _finish(
        plan,
        plan_folder=plan_path.parent,
        earlier=tuple((earlier, path.parent) for path, (_, earlier) in zip(keep, plans, strict=False)),
        paths=paths,
        read_paths=(plan_path, *keep),
        temperature=temperature,
        guidance=guidance,
        style_guidance=style_guidance,
        device=device,
        performer=(player, take, expression),
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


def perform_file(
    score_path: Path,
    *,
    outputs: tuple[Path, ...] = (),
    folder: Path | None = None,
    player: str | None = None,
    take: int | None = None,
    expression: float | None = None,
) -> Performed:
    """Play a score file (MIDI, MusicXML or **kern) expressively and write it.

    Repeats and endings are played out; a sheet (MusicXML) keeps their signs.

    Args:
        score_path: the file.
        outputs: files to write; none given: NAME.performed.mid in `folder`.
        folder: see `outputs`; None: nothing is written then.
        player, take, expression: as `compose`; the player is `baroque` by default.

    Raises:
        MusicFileError: the file cannot be read.
        OptionError, OutputError: as `compose`.
    """
    from composer.corpus.reader import read_score
    from composer.export.writers import SHEET_EXTENSIONS, Finished, check_outputs, write_outputs

    paths = outputs
    if not paths and folder is not None:
        paths = (folder / f"{score_path.stem}.performed.mid",)
    check_outputs(paths, has_plan=False, read_paths=(score_path,))
    who = performer_of(None, player, take, expression)
    read = read_score(score_path, unfold=True)
    from composer.analysis.outline import outline_of  # after the file was read: a wrong one is told at once

    outline = outline_of(read.score)
    sheet = None
    if any(path.suffix.lower() in SHEET_EXTENSIONS for path in paths):
        written = read_score(score_path).score
        if written != read.score:
            sheet = (written, outline_of(written))
    performance = perform_score(read.score, outline, who)
    write_outputs(Finished(performance, outline, sheet=sheet), paths)
    return Performed(performance.player, performance.take, performance.duration_sec, paths, read.mended, performance)


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

    return check_piece(score_path, plan_path=plan_path, style=style, compasses_of=_compasses_of)


def _compasses_of(ensemble: str) -> dict[str, tuple[int, int]]:
    """Return the compass of each part of an ensemble."""
    from composer.fill.ensembles import ensemble_named

    return {part.name: part.compass for part in ensemble_named(ensemble).parts}


def _finish(
    plan: Plan,
    *,
    plan_folder: Path | None,
    earlier: tuple[tuple[Plan, Path], ...],
    paths: tuple[Path, ...],
    read_paths: tuple[Path, ...],
    temperature: float | None,
    guidance: float | None,
    style_guidance: float | None,
    device: str,
    performer: tuple[str | None, int | None, float | None],
    started: float,
    on_progress: OnProgress | None,
    warnings: tuple[str, ...],
) -> Piece:
    """Fill, perform and write a resolved plan."""
    from composer.export.writers import Finished, check_outputs, write_outputs
    from composer.plan.playing import played
    from composer.plan.writer import format_plan
    from composer.report.as_json import report_text
    from composer.report.asked import given_themes
    from composer.report.check import report_on
    from composer.report.form import Unmet

    check_outputs(paths, read_paths=read_paths)
    who = performer_of(plan, *performer)
    plan = plan.model_copy(update={"performer": who})  # so that the plan that is written plays as this piece does
    filled, outline, device_words = fill_plan(
        plan,
        plan_folder=plan_folder,
        earlier=earlier,
        temperature=DEFAULT_TEMPERATURE if temperature is None else temperature,
        guidance=DEFAULT_GUIDANCE if guidance is None else guidance,
        style_guidance=DEFAULT_STYLE_GUIDANCE if style_guidance is None else style_guidance,
        device=device,
        on_progress=on_progress,
    )
    if on_progress is not None:
        on_progress("performing", 0.95)
    heard, heard_outline = played(filled.score, filled.jumps, outline)
    performance = perform_score(heard, heard_outline, who)
    sheet = (filled.score, outline) if heard is not filled.score else None
    if on_progress is not None and paths:
        on_progress("writing", 0.97)
    plan_path = next((path for path in paths if path.suffix in (".yaml", ".yml")), Path("plan.yaml"))
    text = format_plan(filled.plan, name=plan_path.name, folder=plan_path.parent)
    report = report_on(
        filled.score,
        filled.plan,
        folder=plan_folder,
        given=given_themes(plan),
        compasses_of=_compasses_of,
        unmet=tuple(
            Unmet(section.id, miss.number + 1, tuple(miss.goals))
            for section in filled.reports
            for miss in section.misses
        ),
    )
    finished = Finished(performance, heard_outline, text, report_text(report), sheet=sheet, jumps=filled.jumps)
    write_outputs(finished, paths)
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
    return _piece(plan, filled, outline, performance, report, device_words, started, paths, warnings, kept)


def fill_plan(
    plan: Plan,
    *,
    plan_folder: Path | None = None,
    earlier: tuple[tuple[Plan, Path | None], ...] = (),
    temperature: float = DEFAULT_TEMPERATURE,
    guidance: float = DEFAULT_GUIDANCE,
    style_guidance: float = DEFAULT_STYLE_GUIDANCE,
    device: str = "auto",
    make_source: SourceMaker | None = None,
    heard: tuple[tuple[int, int, int], ...] = (),
    on_progress: OnProgress | None = None,
) -> tuple[FilledPiece, Outline, str]:
    """Compose the notes of a resolved plan.

    Args:
        plan: resolved.
        plan_folder: where theme files lie.
        earlier: resolved plans with their folders, oldest first, of whose notes is kept what is the same; see
            `build_plan`.
        temperature, guidance, style_guidance, device, on_progress: as `compose`.
        make_source: gives what samples notes in place of the network.
        heard: (onset tick, duration, pitch) of what sounds before the piece, onsets negative, where it goes on from
            another.

    Returns:
        The filled piece, the outline of its plan, and the device in words.
    """
    from composer.analysis.copying import load_runs
    from composer.fill.fill import fill
    from composer.fill.keep import Version
    from composer.plan.outline import plan_outline

    _check_sampling(temperature, guidance, style_guidance)
    names = dict.fromkeys(name for each in (plan, *(old for old, _ in earlier)) for name in names_in_plan(each))
    cards = {name: load_style(name) for name in names}
    statistics = {name: load_statistics(name) for name in names}
    outline = plan_outline(plan, statistics=statistics)
    words = "no network"
    if make_source is None:
        make_source, words = _network_source(
            list(cards.values()),
            ensemble=plan.ensemble or "keyboard",
            temperature=temperature,
            guidance=guidance,
            style_guidance=style_guidance,
            device=device,
        )
    filled = fill(
        plan,
        outline,
        known={name: (_composer_of(card), statistics[name]) for name, card in cards.items()},
        make_source=make_source,
        pinned=_pinned_tunes(plan, plan_folder),
        runs=tuple(index for index in map(load_runs, cards.values()) if index is not None),
        earlier=[
            Version(old, plan_outline(old, statistics=statistics), _pinned_tunes(old, where)) for old, where in earlier
        ],
        heard=heard,
        small_print=(f"Ritornello: {plan.form}, seed {plan.seed}",),
        on_progress=on_progress,
    )
    return filled, outline, words


def _check_sampling(temperature: float, guidance: float, style_guidance: float) -> None:
    """Raise OptionError for a temperature or guidances with which no music comes about; all that is wrong at once."""
    problems = []
    if not 0 < temperature <= MAX_TEMPERATURE:  # NaN too
        message = f"the temperature must be above 0 and at most {MAX_TEMPERATURE:g}; found {temperature:g}"
        problems.append(Problem(message, mend="1 is as the network learned"))
    for word, value in (("guidance", guidance), ("style guidance", style_guidance)):
        if not 0 <= value <= MAX_GUIDANCE:
            message = f"the {word} must be from 0 to {MAX_GUIDANCE:g}; found {value:g}"
            problems.append(Problem(message, mend="1 is as the network learned"))
    if problems:
        raise OptionError(problems)


def _network_source(
    cards: list[StyleCard], *, ensemble: str, temperature: float, guidance: float, style_guidance: float, device: str
) -> tuple[SourceMaker, str]:
    """Return what makes the network's source of notes, and the device in words.

    Raises:
        OptionError: the network does not know the ensemble; told before it is loaded.
    """
    from composer.fill.network_source import NetworkSource, place_of
    from composer.fill.setting import WINDOW_PITCHES, Setting
    from composer.network.checkpoint import load_network, read_card
    from composer.network.extended import extended
    from composer.network.startup import backend_words
    from composer.roll.inputs import NOTE_LAYOUT, STEP_LAYOUT

    path = _one_network(cards)
    if path.with_suffix(".yaml").exists():
        place_of(ensemble, read_card(path.with_suffix(".yaml")).ensembles, "ensemble")
    own = _own_composers(cards, path)
    loaded = load_network(path, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)
    network = extended(loaded.network, own) if own else loaded.network
    from composer.network.device import device_name  # imports Keras, which `load_network` has started in silence

    def make(setting: Setting) -> NetworkSource:
        return NetworkSource(
            network,
            composers=(*loaded.card.composers, *(one.name for one in own)),
            ensembles=loaded.card.ensembles,
            marginal_log_odds=loaded.tables.get("marginal_log_odds"),
            num_particles=NUM_PARTICLES,
            num_pitches=WINDOW_PITCHES,
            max_steps=setting.max_steps,
            temperature=temperature,
            guidance=guidance,
            style_guidance=style_guidance,
            device=device,
        )

    return make, backend_words(device_name(device))


def _composer_of(card: StyleCard) -> str:
    """Return the name of a style's composer in the style vector: of a learned style its file, since names may meet."""
    return str((card.folder or styles_folder()) / card.vector) if card.vector else card.composer or card.name


def _own_composers(cards: Sequence[StyleCard], path: Path) -> list[OwnComposer]:
    """Return the composers that the network in `path` was taught later, each once.

    Raises:
        StyleError: the network is gone or another one, or a file is damaged.
    """
    from composer.network.own_composer import LEARN_AGAIN, read_own_composer

    learned = {_composer_of(card): card for card in cards if card.vector}
    if not learned:
        return []
    if not path.exists():
        told = f'learned for the network "{path.stem}", which is not here'
        raise StyleError(f'the style "{next(iter(learned.values())).name}": {told}', mend=LEARN_AGAIN)
    from composer.network.checkpoint import read_card

    network = read_card(path.with_suffix(".yaml"))
    return [
        read_own_composer(Path(name), name=name, sha256=card.vector_sha256, network=network)
        for name, card in learned.items()
    ]


def _one_network(cards: Sequence[StyleCard]) -> Path:
    """Return the weights that know all these styles.

    Raises:
        OptionError: they are of several networks.
    """
    paths: dict[Path, list[str]] = {}
    for card in cards:
        file = f"{card.network or DEFAULT_NETWORK}.safetensors"
        own = (card.folder or styles_folder()) / "networks" / file
        paths.setdefault(own if own.exists() else styles_folder() / "networks" / file, []).append(card.name)
    if len(paths) > 1:
        are_named_apart = len({path.stem for path in paths}) == len(paths)
        found = ", ".join(
            f"{path.stem if are_named_apart else path} ({', '.join(names)})" for path, names in paths.items()
        )
        mend = "take styles of one of them"
        if any(card.vector for card in cards):
            mend += ", or run `compose learn` again for a style of your own"
        raise OptionError(f"the styles of a piece must be of one network; found {found}", mend=mend)
    return next(iter(paths))


def _pinned_tunes(plan: Plan, folder: Path | None) -> dict[str, Tune]:
    """Return the tunes that the plan gives, by theme."""
    from composer.plan.tunes import pinned_tune
    from composer.theory.meter import parse_meter

    home, meter = parse_key(plan.key or "C major"), parse_meter(plan.meter or "4/4")
    tunes = {}
    for name, entry in plan.themes.items():
        default = "I" if home.mode == "major" else "i"
        key = parse_key_path(entry.key or default, home)[0]
        tune = pinned_tune(name, entry, key=key, meter=meter, folder=folder)
        if tune is not None:
            tunes[name] = tune
    return tunes


def performer_of(plan: Plan | None, player: str | None, take: int | None, expression: float | None) -> Performer:
    """Return who plays: what was asked for, else what the plan says, else the usual.

    Raises:
        OptionError: an unknown player, an impossible take or expression; all that is wrong at once.
    """
    from composer.perform import player_named

    said = (plan and plan.performer) or Performer()
    player = player or said.player or "baroque"
    take = next((number for number in (take, said.take) if number is not None), 1)
    expression = next((number for number in (expression, said.expression) if number is not None), 1.0)
    problems: list[Problem] = []
    try:
        player_named(player)
    except OptionError as error:
        problems += error.problems
    if not 0 <= take <= MAX_TAKE:
        problems.append(Problem(f"the take must be from 0 to {MAX_TAKE}; found {take}"))
    if not 0 <= expression <= MAX_EXPRESSION:  # NaN too
        message = f"the expression must be from 0 to {MAX_EXPRESSION:g}; found {expression:g}"
        problems.append(Problem(message, mend="0 is as written, 1 the player's own"))
    if problems:
        raise OptionError(problems)
    return Performer(player=player, take=take, expression=expression)


def perform_score(score: Score, outline: Outline, who: Performer) -> Performance:
    """Return how a score is played; `who` as `performer_of` gives it."""
    from composer.perform import perform

    assert who.player is not None and who.take is not None and who.expression is not None  # noqa: PT018
    return perform(score, outline, player=who.player, take=who.take, expression=who.expression)


def _piece(
    plan: Plan,
    filled: FilledPiece,
    outline: Outline,
    performance: Performance,
    report: FormReport,
    device: str,
    started: float,
    paths: tuple[Path, ...],
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
        files=paths,
        warnings=warnings,
        kept=kept,
        plan=filled.plan,
        outline=outline,
        performance=performance,
        report=report,
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


def _style_word(style: Style) -> str:
    """Return a style as part of a file name: bach-joplin for a mix, bach-to-joplin for a glide."""
    if isinstance(style, Glide):
        return "-to-".join(map(_style_word, style.stations))
    return "-".join(map(_file_word, style))


def _file_word(name: str) -> str:
    """Return a form's or a style's name as part of a file name: of a file's path the stem."""
    return Path(name).stem


__all__ = [
    "Performed",
    "Piece",
    "SectionLine",
    "build_plan",
    "check_file",
    "compose",
    "fill_plan",
    "perform_file",
    "plan_piece",
]
