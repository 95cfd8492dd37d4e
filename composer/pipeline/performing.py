"""Playing a score that is there: a file, or one with its outline."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import MusicFileError
from composer.pipeline.comparing import check_plot, draw_performances
from composer.pipeline.wishes import check_takes, performer_of
from composer.plan.model import Performer
from composer.progress import OnProgress, part_of

if TYPE_CHECKING:
    from composer.corpus.midi.links import MidiLinks
    from composer.corpus.reader import ReadResult
    from composer.outline import Outline
    from composer.perform import Refinement
    from composer.performance import Performance
    from composer.score import Score

LOGGER = logging.getLogger(__name__)

PERFORMED = 0.4  # of the work on a file: where reading and performing end and writing begins
LIVE_MEND = "give its score, or MIDI that a notation program wrote"


@dataclass(frozen=True)
class Performed:
    """A score that was played.

    Attributes:
        player, take: how.
        length_sec: of the performance.
        files: that were written.
        warnings: what was mended in the score.
        performance: the notes as played.
        beside: what each performance that was laid beside it has in common with it, in words.
    """

    player: str
    take: int
    length_sec: float
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    performance: Performance
    beside: tuple[str, ...] = ()


def perform_file(
    score_path: Path,
    *,
    outputs: tuple[Path, ...] = (),
    folder: Path | None = None,
    player: str | None = None,
    take: int | None = None,
    expression: float | None = None,
    soundfont: Path | None = None,
    plot: Path | None = None,
    more_takes: Sequence[int] = (),
    beside: Sequence[Path] = (),
    on_progress: OnProgress | None = None,
) -> Performed:
    """Play a score file (MIDI, MusicXML, **kern or ABC) expressively and write it.

    Repeats and endings are played out; a sheet (MusicXML) keeps their signs. Of a MIDI file the tracks with all that
    is in them stay as they are, but for times and velocities of the notes, tempi and pedal.

    Args:
        score_path: the file.
        outputs: files to write; none given: NAME.performed.mid in `folder`.
        folder: see `outputs`; None: nothing is written then.
        player, take, expression: as `compose`; the player is the composer's by default, or the ensemble's.
        soundfont: as `compose`.
        plot: a picture (.png or .svg) of tempo and loudness over the bars.
        more_takes: drawn into it too, and to be compared on a page (.html).
        beside: performances of the piece by others, as MIDI files, drawn into it; they need not be on any grid.
        on_progress: as `compose`.

    Raises:
        MusicFileError: a file cannot be read, or the score is a live performance already.
        OptionError, SoundFontError, OutputError: as `compose`; a performance of another piece.
    """
    from composer.corpus.midi.links import link_notes
    from composer.corpus.reader import load_bytes, read_bytes
    from composer.export.writers import Finished, check_outputs, is_sheet, write_outputs
    from composer.perform.any_score import usual_player, with_instruments

    paths = outputs
    if not paths and folder is not None:
        paths = (folder / f"{score_path.stem}.performed.mid",)
    check_outputs(paths, has_plan=False, read_paths=(score_path, *beside), soundfont=soundfont)
    if plot is not None:
        check_plot(plot, (score_path, *beside, *paths))
    check_takes(more_takes, paths, has_plot=plot is not None)
    who = performer_of(None, player, take, expression)
    tell = part_of(on_progress, 0.0, PERFORMED)
    tell("reading", 0.0)
    data = load_bytes(score_path)
    read = _read(data, str(score_path))
    if read.is_live:
        raise MusicFileError("a live performance: its notes follow no beat", place=score_path, mend=LIVE_MEND)
    from composer.analysis.outline import outline_of  # after the file was read: a wrong one is told at once

    tell("listening for phrases and keys", 0.2)
    score = with_instruments(read.score)
    midi_file = None
    if read.format == "midi":
        links = link_notes(data, str(score_path), score)
        midi_file = (data, links)
        score = replace(score, tempos=links.marked or score.tempos)
    outline = outline_of(score)
    if player is None:
        who = who.model_copy(update={"player": usual_player(score, outline, file_name=score_path.stem)})
    sheet = None
    if any(map(is_sheet, paths)):
        written = read_bytes(data, str(score_path)).score
        if written != read.score:
            sheet = (with_instruments(written), outline_of(written))
    LOGGER.info("heard: %s", ", ".join(_heard(outline)))
    LOGGER.info("played by %s, take %s, expression %g", who.player, who.take, who.expression)
    tell("performing", 0.8)
    refinements = _said_by_file(midi_file and midi_file[1], who)
    performance = perform_score(score, outline, who, refinements=refinements)
    others = other_takes(score, outline, who, more_takes, refinements=refinements)
    pictures, told = dict[Path, bytes](), tuple[str, ...]()
    if plot is not None:
        pictures[plot], told = draw_performances(
            (performance, *others), outline, beside=beside, kind=plot.suffix.lower()[1:]
        )
    finished = Finished(performance, outline, sheet=sheet, midi_file=midi_file, soundfont=soundfont, more_takes=others)
    files = write_outputs(finished, paths, also=pictures, on_progress=part_of(on_progress, PERFORMED, 1.0))
    length_sec = performance.duration_sec
    return Performed(performance.player, performance.take, length_sec, files, read.mended, performance, told)


def _heard(outline: Outline) -> list[str]:
    """Return in words what a performance of a score follows."""
    keys = list(dict.fromkeys(str(span.key) for span in outline.keys))
    counted = ((len(outline.sections), "section"), (len(outline.phrases), "phrase"), (len(outline.chords), "chord"))
    return [f"{count} {word}{'s'[: count != 1]}" for count, word in counted] + [f"keys {' '.join(keys) or 'none'}"]


def _read(data: bytes, source: str) -> ReadResult:
    """Read a score to be played: repeats written out, and words on the tempo followed where there are any."""
    from composer.corpus.musicxml.tempo_words import with_said_tempi
    from composer.corpus.musicxml.xmlfile import open_mxl
    from composer.corpus.reader import read_bytes, sniff

    kind = sniff(data)
    if kind not in ("mxl", "musicxml"):
        return read_bytes(data, source, unfold=True)
    said, count = with_said_tempi(open_mxl(data, source) if kind == "mxl" else data, source)
    read = read_bytes(said if count else data, source, unfold=True)
    words = f"of the words, {count} on the tempo are followed (rit., a tempo …)"
    return replace(read, mended=(*read.mended, words)) if count else read


def _said_by_file(links: MidiLinks | None, who: Performer) -> tuple[Refinement, ...]:
    """Return what a foreign file says of its playing besides the signs that the rules read."""
    from composer.perform.any_score import breaths, file_loudness, not_slowed_twice
    from composer.perform.own_players import player_and_part

    if links is None:
        return (not_slowed_twice, breaths)
    strength = player_and_part(who.player or "")[0].dynamics
    return (not_slowed_twice, breaths, file_loudness(links.velocities, balance_only=links.is_performed, k=strength))


def perform_score(
    score: Score, outline: Outline, who: Performer, *, refinements: Sequence[Refinement] = ()
) -> Performance:
    """Return how a score is played; `who` as `performer_of` gives it, `refinements` as `composer.perform.perform`."""
    from composer.perform import perform
    from composer.perform.own_players import player_and_part
    from composer.perform.player import adjusted

    assert who.player is not None and who.take is not None and who.expression is not None  # noqa: PT018
    habits, learned = player_and_part(who.player)
    habits = adjusted(habits, who.strengths or {})
    said = (*learned, *refinements)
    return perform(score, outline, player=habits, take=who.take, expression=who.expression, refinements=said)


def other_takes(
    score: Score, outline: Outline, who: Performer, takes: Sequence[int], *, refinements: Sequence[Refinement] = ()
) -> tuple[Performance, ...]:
    """Return how the same player plays a score at other times; arguments as `perform_score`."""
    others = (who.model_copy(update={"take": take}) for take in takes)
    return tuple(perform_score(score, outline, other, refinements=refinements) for other in others)
