"""Verbs that begin with a piece that somebody wrote: turn it into a plan, or go on from its end.

What it is: beside the verbs of `composer.pipeline`, which begin with a wish or a plan. Heavy libraries are imported
when a verb needs them.

Contents: `analyse_file`, `extend_file`, `Analysed`, `Extended`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import MusicFileError, OptionError
from composer.pipeline.explained import HEADER, log_plan
from composer.pipeline.filling import fill_plan
from composer.pipeline.finishing import FILLED, PERFORMED, SectionLine, section_lines
from composer.pipeline.performing import other_takes, perform_score
from composer.pipeline.wishes import Wishes, check_takes
from composer.plan.brief import StyleWish
from composer.plan.model import Plan
from composer.plan.planner import resolve
from composer.progress import OnProgress, part_of, silent
from composer.style import load_style, style_in

if TYPE_CHECKING:
    from composer.performance import Performance
    from composer.plan.from_piece import SectionFound
    from composer.score import Score

HEARD = 0.1  # of the work on a piece that goes on: where it has been read, heard and planned


@dataclass(frozen=True)
class Analysed:
    """A score that was turned into a plan.

    Attributes:
        plan: as stated; `resolve` fills in the rest.
        sections: id, bars, key, cadence and theme of each.
        files: that were written.
        warnings: what the plan does not hold of the piece, and what is doubtful.
        mended: what was mended or left out when the file was read.
    """

    plan: Plan
    sections: tuple[SectionFound, ...]
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    mended: tuple[str, ...]


def analyse_file(
    score_path: Path,
    *,
    output: Path | None = None,
    style: StyleWish | None = None,
    themes: bool = True,
    seed: int | None = None,
    on_progress: OnProgress | None = None,
) -> Analysed:
    """Turn a score file into a plan, so that a piece can be composed in the form of that one.

    Args:
        score_path: MIDI, MusicXML, **kern or ABC.
        output: where the plan is written; None: nowhere.
        style: of the new piece; None: that of the file's composer, where it is one of ours.
        themes: whether themes are pinned as they are; else they are left to be composed.
        seed: of the plan; None: 1.
        on_progress: as `compose`.

    Raises:
        MusicFileError: the file cannot be read, or was played so freely that its bars are not known.
        PlanError: nothing in it that a plan could hold.
        StyleError, OptionError, OutputError: as `compose`; no style was named, and none can be told.
    """
    from composer.files import check_writable
    from composer.plan.from_piece import analyse_piece
    from composer.plan.writer import write_plan

    if output is not None:
        if output.suffix.lower() not in (".yaml", ".yml"):
            raise OptionError("a plan is written as .yaml", place=output)
        check_writable(output)
    tell = on_progress or silent
    tell("reading", 0.0)
    score, mended, fine_tick = _read_whole(score_path)
    wish = _style_for(score, score_path) if style is None else style
    tell("listening for the form", 0.2)
    found = analyse_piece(score, style=wish, themes=themes, seed=1 if seed is None else seed, fine_tick=fine_tick)
    tell("planning", 0.7)
    resolve(found.plan, folder=score_path.parent)  # what is written can be built
    if output is not None:
        write_plan(found.plan, output)
    files = () if output is None else (output,)
    return Analysed(found.plan, found.sections, files, found.told, mended)


@dataclass(frozen=True)
class Extended:
    """A piece that goes on.

    Attributes:
        plan: of the whole: the piece as it was analysed, then the new sections, resolved.
        bars_before: of the piece itself.
        sections: the new ones.
        seed: of the plan.
        device, seconds: as in `Piece`.
        files: that were written.
        warnings: what the user should know.
        score: as written: the piece's own bars, then the new ones.
        performance: of the whole.
    """

    plan: Plan
    bars_before: int
    sections: tuple[SectionLine, ...]
    seed: int
    device: str
    seconds: float
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    score: Score
    performance: Performance


def extend_file(
    score_path: Path,
    *,
    bars: int | None = None,
    style: StyleWish | None = None,
    seed: int | None = None,
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
) -> Extended:
    """Go on from the last bar of a score file with its themes; its own bars stay note for note.

    Args:
        score_path: MIDI, MusicXML, **kern or ABC.
        bars: to compose; None: 16.
        style: of what is composed; None: that of the file's composer, where it is one of ours.
        seed: of what is composed; None: 1.
        outputs: files to write; none given: NAME.extended.mid, .musicxml and .yaml in `folder`.
        folder: see `outputs`; None: nothing is written then.
        temperature, guidance, style_guidance, device, expression, player, take, soundfont, more_takes, on_progress: as
            `compose`.

    Raises:
        MusicFileError, PlanError: as `analyse_file`.
        StyleError, OptionError, OutputError, FillError: as `compose`; no style was named, and none can be told.
    """
    from composer.analysis.outline import outline_of
    from composer.corpus.reader import read_score
    from composer.corpus.unfold import unfold_repeats
    from composer.export.writers import Finished, check_outputs, write_outputs
    from composer.fill.join import continuation_start, joined, sounding_before
    from composer.plan.continuation import DEFAULT_BARS, MAX_BARS, MIN_BARS, continuation_of
    from composer.plan.from_piece import analyse_piece, last_chord
    from composer.plan.outline import pickup_tick
    from composer.plan.writer import format_plan

    started = time.perf_counter()
    bars = DEFAULT_BARS if bars is None else bars
    if not MIN_BARS <= bars <= MAX_BARS:
        raise OptionError(f"a continuation has {MIN_BARS} to {MAX_BARS} bars; found {bars}")
    paths = outputs
    if not paths and folder is not None:
        paths = tuple(folder / f"{score_path.stem}.extended{suffix}" for suffix in (".mid", ".musicxml", ".yaml"))
    check_outputs(paths, read_paths=(score_path,), soundfont=soundfont)
    if any(path.suffix.lower() == ".json" for path in paths):
        raise OptionError("there is no report of a piece that goes on from another", mend="leave the .json out")
    tell = part_of(on_progress, 0.0, HEARD)
    tell("reading", 0.0)
    score, _, fine_tick = _read_whole(score_path)
    if fine_tick is not None:
        score = read_score(score_path, unfold=True).score  # what follows stands behind its end as played
    wish = _style_for(score, score_path) if style is None else style
    tell("listening for themes and keys", 0.3)
    found = analyse_piece(score, style=wish, seed=1 if seed is None else seed, at_end=True)
    tell("planning", 0.9)
    plan = resolve(continuation_of(found.plan, bars=bars, enters=last_chord(score)))
    log_plan(plan, stated=HEADER)
    wishes = Wishes(temperature, guidance, style_guidance, device, player, take, expression, soundfont, more_takes)
    check_takes(more_takes, paths)
    who = wishes.performer(plan)
    filled, _, device_words = fill_plan(
        plan,
        heard=sounding_before(score, score.end_tick, score.bars[-1].meter.bar_ticks),
        on_progress=part_of(on_progress, HEARD, FILLED),
        **wishes.sampling,
    )
    start, first_bar = continuation_start(score, pickup_tick(plan))
    whole = joined(score, filled.score, start_tick=start, first_bar_tick=first_bar)
    played = unfold_repeats(whole)
    part_of(on_progress, FILLED, PERFORMED)("performing", 0.0)
    outline = outline_of(played)
    performance = perform_score(played, outline, who)
    others = other_takes(played, outline, who, more_takes)
    sheet = None if played == whole else (whole, outline_of(whole))
    plan = filled.plan.model_copy(
        update={
            "sections": (*found.plan.sections, *filled.plan.sections),
            "repeats": found.plan.repeats,
            "performer": who,
            "title": found.plan.title,
        }
    )
    plan_name = next((path.name for path in paths if path.suffix in (".yaml", ".yml")), "plan.yaml")
    text = format_plan(plan, name=plan_name)
    finished = Finished(performance, outline, text, sheet=sheet, soundfont=soundfont, more_takes=others)
    files = write_outputs(finished, paths, on_progress=part_of(on_progress, PERFORMED, 1.0))
    return Extended(
        plan=plan,
        bars_before=sum(bar.number > 0 for bar in score.bars),
        sections=section_lines(filled.plan),
        seed=plan.seed or 0,
        device=device_words,
        seconds=time.perf_counter() - started,
        files=files,
        warnings=found.told,
        score=whole,
        performance=performance,
    )


def _read_whole(path: Path) -> tuple[Score, tuple[str, ...], int | None]:
    """Return a score as written, what was mended, and where it ends after a da capo (None where it has none).

    One with other jumps (to a segno, a coda) comes as it is played.

    Raises:
        MusicFileError: it cannot be read, or its bars are not known.
    """
    from composer.corpus.reader import load_bytes, read_bytes
    from composer.corpus.unfold import played_spans

    data = load_bytes(path)
    read = read_bytes(data, str(path))
    if read.is_live:
        raise MusicFileError(
            "played freely: where its bars and beats are is not known",
            place=path,
            mend="record it to a click, or export it from a notation program",
        )
    played = read_bytes(data, str(path), unfold=True)
    once = sum(end - start for start, end in played_spans(read.score.repeats, read.score.end_tick))
    if played.score.end_tick == once:
        return read.score, read.mended, None
    fine_tick = played.score.end_tick - once
    if _struck(read.score, 0, fine_tick) == _struck(played.score, once, played.score.end_tick):
        return read.score, read.mended, fine_tick
    return played.score, played.mended, None


def _struck(score: Score, start_tick: int, end_tick: int) -> set[tuple[int, int]]:
    """Return (onset after `start_tick`, pitch) of the notes that begin in a stretch."""
    notes = (note for part in score.parts for note in part.notes)
    return {(n.onset_tick - start_tick, n.pitch) for n in notes if start_tick <= n.onset_tick < end_tick}


def _style_for(score: Score, path: Path) -> str:
    """Return the style of a score's composer.

    Raises:
        OptionError: it is none of ours, or not known.
    """
    from composer.analysis.outline import ensemble_of
    from composer.corpus.composers import composer_named
    from composer.style import style_names

    cards = [load_style(name) for name in style_names()]
    known = [card.name for card in cards if card.name == card.composer]
    name = composer_named(score.composer, known) or (None if score.composer else composer_named(path.stem, known))
    if name is None:
        found = f'"{score.composer}"' if score.composer else "no composer"
        raise OptionError(
            f"the style of the new piece is not known: the score names {found}",
            place=path,
            mend=f"say it with --style: {', '.join(card.name for card in cards)}",
        )
    return style_in(name, ensemble_of(score))  # Bach's chorales have a style of their own
