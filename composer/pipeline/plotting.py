"""Files to pictures: a piece as a piano roll, a map of what is alike in it or curves of its playing; a training's log.

Contents: `KINDS`, `Plotted`, `plot_file`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import MusicFileError, OptionError, TrainingError
from composer.files import write_atomic
from composer.pipeline.comparing import check_plot
from composer.pipeline.performing import LIVE_MEND

if TYPE_CHECKING:
    from composer.corpus.reader import ReadResult
    from composer.outline import Outline
    from composer.score import Score

KINDS = ("roll", "similarity", "curves")
_LOG = ".jsonl"


@dataclass(frozen=True)
class Plotted:
    """A picture that was written.

    Attributes:
        file: the picture.
        plan_path: the plan whose sections, keys and chords are in it; None where they were found in the notes.
        mended: what the reader mended in the piece's file.
    """

    file: Path
    plan_path: Path | None = None
    mended: tuple[str, ...] = ()


def plot_file(
    path: Path,
    *,
    output: Path | None = None,
    kind: str | None = None,
    plan_path: Path | None = None,
    folder: Path | None = None,
) -> Plotted:
    """Draw a piece (MIDI, MusicXML, **kern, ABC) or the log of a training (.jsonl).

    Args:
        path: of the piece or the log.
        output: the picture (.png or .svg); None: NAME.KIND.png in `folder`, of a log NAME.curves.png.
        kind: of a piece, one of `KINDS`; None: `roll`. `curves` are those of the tempo and loudness of a MIDI file.
        plan_path: the piece's plan; None: NAME.resolved.yaml or NAME.yaml beside it, if there is one. Without a plan,
            sections, keys and chords are found in the notes.
        folder: see `output`; None: the current one.

    Raises:
        MusicFileError, PlanError, ThemeError, StyleError: a file that cannot be read, or a piece of another plan.
        TrainingError: the log is none.
        OptionError: an unknown extension of the picture, or a wish that does not go with the file.
        OutputError: the picture cannot be written.
    """
    is_log = path.suffix.lower() == _LOG
    if is_log and (kind not in (None, "curves") or plan_path is not None):
        raise OptionError("a training's log has curves only", place=path, mend="leave out --kind and --plan")
    kind = kind or ("curves" if is_log else "roll")
    picture = output or (folder or Path()) / f"{path.stem}.{kind}.png"
    check_plot(picture, (path, *([plan_path] if plan_path is not None else [])))
    return _plot_log(path, picture) if is_log else _plot_piece(path, picture, kind, plan_path)


def _plot_log(path: Path, picture: Path) -> Plotted:
    from composer.export.curves import draw_curves, read_log

    try:
        lines = read_log(path)
    except UnicodeDecodeError:
        lines = []
    except OSError as error:
        raise TrainingError(error.strerror or "cannot be read", place=path, mend="does it exist?") from error
    log = [line for line in lines if "update" in line]
    if not any("nats" in line or "validation_streams" in line for line in log):
        raise TrainingError("no log of a training", place=path, mend="give the log.jsonl that `compose train` wrote")
    draw_curves(log, picture)
    return Plotted(picture)


def _plot_piece(path: Path, picture: Path, kind: str, plan_path: Path | None) -> Plotted:
    from composer.corpus.reader import load_bytes, read_bytes

    data = load_bytes(path)
    read = read_bytes(data, str(path), unfold=kind == "curves")
    if kind == "curves" and read.format != "midi":
        raise OptionError(
            "nobody has played this sheet", place=path, mend="`compose perform --plot` plays and draws it"
        )
    if read.is_live and kind != "roll":
        raise MusicFileError("a live performance: its notes follow no beat", place=path, mend=LIVE_MEND)
    score, outline, plan = _laid_over(path, read, plan_path, is_played=kind == "curves")
    if not score.title:
        score = replace(score, title=path.stem)
    as_svg = picture.suffix.lower() == ".svg"
    if kind == "curves":
        content = _playing(data, path, score, outline, as_svg=as_svg)
    elif kind == "similarity":
        from composer.export.similarity_picture import similarity_picture_bytes

        content = similarity_picture_bytes(score, outline=outline, as_svg=as_svg)
    else:
        from composer.export.roll_picture import roll_picture_bytes

        content = roll_picture_bytes(score, outline=outline, as_svg=as_svg)
    write_atomic(picture, content)
    return Plotted(picture, plan, read.mended)


def _laid_over(
    path: Path, read: ReadResult, plan_path: Path | None, *, is_played: bool
) -> tuple[Score, Outline, Path | None]:
    """Return a score, what is known of it, and the plan that says so.

    Args:
        path: of the piece.
        read: the same.
        plan_path: of its plan; None: the one beside it, if there is one.
        is_played: the score stays as it is played; where that is not how it is planned, the plan is not looked at.
    """
    from composer.report.check import plan_beside

    if plan_path is None:
        plan_path = plan_beside(path)
    if plan_path is not None:
        from composer.plan.outline import plan_outline
        from composer.plan.planner import resolve
        from composer.plan.reader import lines_of, read_plan
        from composer.report.fitting import as_written, fitted

        plan = resolve(read_plan(plan_path), folder=plan_path.parent, locate=lines_of(plan_path))
        outline = plan_outline(plan)
        written = as_written(read.score, plan, outline)
        score = fitted(written, outline, source=str(path), plan_source=str(plan_path))
        if not is_played or written is read.score:
            return replace(score, title=score.title or plan.title or ""), outline, plan_path
    from composer.analysis.outline import outline_of

    return read.score, outline_of(read.score), None


def _playing(data: bytes, path: Path, score: Score, outline: Outline, *, as_svg: bool) -> bytes:
    from composer.corpus.midi.presses import key_presses
    from composer.export.performance_picture import performance_picture_bytes
    from composer.perform.alignment import align

    found = align(score, key_presses(data, str(path)), name=str(path))
    return performance_picture_bytes([(path.stem, found.performance)], outline=outline, kind="svg" if as_svg else "png")
