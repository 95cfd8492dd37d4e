"""Playing a score that is there: a file, or one with its outline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composer.pipeline.wishes import performer_of
from composer.plan.model import Performer

if TYPE_CHECKING:
    from composer.outline import Outline
    from composer.performance import Performance
    from composer.score import Score


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


def perform_score(score: Score, outline: Outline, who: Performer) -> Performance:
    """Return how a score is played; `who` as `performer_of` gives it."""
    from composer.perform import perform

    assert who.player is not None and who.take is not None and who.expression is not None  # noqa: PT018
    return perform(score, outline, player=who.player, take=who.take, expression=who.expression)
