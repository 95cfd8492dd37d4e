"""ABC notation (standard 2.1) to Scores: one for each tune of a book.

What it is: the book cut into tunes (`book.py`), each tune's fields and voices read (`tune.py`, `voice.py`),
and put together here: bars, parts, signs. Repeats stay written; where a P: field lists the parts in the order of
playing, that order comes with the score. Words under the notes, chord symbols and layout are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from composer.corpus.abc.align import align_voices
from composer.corpus.abc.bars import lay_abc_bars
from composer.corpus.abc.book import AbcBook, AbcTune, read_book
from composer.corpus.abc.drafts import AbcBudget, AbcReport
from composer.corpus.abc.order import played_order, with_openings
from composer.corpus.abc.parts import make_abc_parts
from composer.corpus.abc.tune import TuneReader
from composer.corpus.musicxml.drafts import PartDraft
from composer.corpus.musicxml.signs import Signs
from composer.errors import MusicFileError, Place, Problem
from composer.score import Score
from composer.theory.meter import Meter

_MAX_PROBLEMS = 20  # tunes whose errors are told


@dataclass(frozen=True)
class AbcReading:
    """What one tune says.

    Attributes:
        score: the tune as written.
        mended: a line for each thing that was judged, mended or left out.
        played: spans [start_tick, end_tick) in the order of its parts; empty where repeat signs say it all.
        piece: its X: number, unique in the book.
        rights, origin: as its fields state them; else empty.
    """

    score: Score
    mended: tuple[str, ...]
    played: tuple[tuple[int, int], ...]
    piece: str
    rights: str
    origin: str


def read_abc(data: bytes, source: str, *, meter: Meter | None = None) -> tuple[AbcReading, ...]:
    """Read a book of ABC tunes, or a single tune (which may lack its X: field).

    A tune that cannot be read does not stop the others: its loss is told with the first one that can.

    Args:
        data: the file's bytes, UTF-8 or Latin-1.
        source: its name, for errors.
        meter: of tunes that state none; None for free meter, as the standard has it.

    Raises:
        MusicFileError: no tune can be read; with the line and column.
    """
    book = read_book(data, source)
    readings: list[AbcReading] = []
    lost: list[tuple[AbcTune, Problem]] = []
    budget = AbcBudget()
    for tune in book.tunes:
        try:
            readings.append(_read_tune(tune, book, meter, AbcReport(source, budget), source))
        except MusicFileError as error:
            lost.append((tune, error.problems[0]))
    if not readings:
        problems = [problem for _, problem in lost[:_MAX_PROBLEMS]]
        raise MusicFileError(problems or [Problem("there is no tune in this file", Place(source))])
    told = list(book.mended)
    for tune, problem in lost[:_MAX_PROBLEMS]:
        line = problem.place.line if problem.place and problem.place.line else tune.line
        told.append(f"line {line}: tune {tune.piece or '?'} cannot be read and is left out: {problem.message}")
    if len(lost) > _MAX_PROBLEMS:
        told.append(f"and {len(lost) - _MAX_PROBLEMS} more tunes that cannot be read")
    first = readings[0]
    readings[0] = AbcReading(first.score, (*told, *first.mended), first.played, first.piece, first.rights, first.origin)
    return tuple(readings)


def _read_tune(tune: AbcTune, book: AbcBook, meter: Meter | None, report: AbcReport, source: str) -> AbcReading:
    draft = TuneReader(tune, [line.text for line in book.header], meter, report).read()
    mended = [*tune.mended, *report.mended()]
    if not any(not note.is_grace for voice in draft.voices if not voice.is_percussion for note in voice.notes):
        raise MusicFileError("there is no note in this tune", place=Place(source, tune.line))
    align_voices(draft.voices, mended)
    onsets, bars = lay_abc_bars(draft.voices, mended)
    parts, slurs = make_abc_parts(draft, onsets, mended)
    sheets = [PartDraft(voice.id, events=with_openings(voice.events)) for voice in draft.voices]
    signs = Signs(sheets, onsets, bars, mended)
    repeats = signs.repeats()
    labels = sorted(
        {
            (onsets[event.measure] + event.local_tick, event.value)
            for voice in draft.voices
            for event in voice.events
            if event.kind == "rehearsal" and event.text == "P"
        }
    )
    fermatas = {note.onset_tick for part in parts for note in part.notes if "fermata" in note.articulations}
    score = Score(
        parts=parts,
        bars=tuple(bars),
        keys=signs.keys(parts),
        tempos=signs.tempos(),
        dynamics=signs.dynamics(),
        marks=signs.marks(),
        slurs=slurs,
        repeats=repeats,
        fermata_ticks=tuple(sorted(fermatas | signs.rest_fermatas())),
        title=draft.title,
        composer=draft.composer,
    )
    played = played_order(draft.order, labels, repeats, onsets[-1], mended) or tuple(signs.played(repeats))
    mended += [f"{number} {what}; left out" for sheet in sheets for what, number in sheet.left_out.items() if number]
    return AbcReading(score, tuple(mended), played, tune.piece, draft.rights, draft.origin)
