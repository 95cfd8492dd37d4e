"""Slurs over the phrases of a tune, as an editor writes them.

What it is: the top line of the part that has the tune, from the beginning of each phrase to its cadence; a rest ends a
slur, and none is longer than four bars. Lines that imitate each other, choirs, quartets (whose slurs would be read as
bowings), the organ and rags have none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from composer.export.voices import divide
from composer.outline import Outline, PhraseSpan, span_at
from composer.score import UPPER_STAFF, Note, Score, Slur

_ENSEMBLES = ("keyboard", "song", "line")
_UNSLURRED = ("imitation", "stride", "unknown")  # textures
_MAX_BARS = 4
_MIN_NOTES = 3
_MIN_BEATS = 2


def phrase_slurs(score: Score, outline: Outline) -> tuple[Slur, ...]:
    """Return the slurs of the tune, which the first part has; none where there is no tune to slur."""
    if outline.ensemble not in _ENSEMBLES:
        return ()
    staff = [note for note in score.parts[0].notes if note.staff == UPPER_STAFF and not note.is_grace]
    upper_voice = set(divide(staff)[0]) if staff else set()
    line = _top_line(staff)
    slurs = []
    for phrase in outline.phrases:
        notes = [note for note in line if phrase.start_tick <= note.onset_tick < phrase.end_tick]
        for run in _runs(notes):
            for notes in _pieces(run, phrase, score):
                piece = _within(notes, upper_voice)
                texture = span_at(outline.textures, notes[0].onset_tick)
                if piece and _is_slurred(piece, score) and (texture is None or texture.pattern not in _UNSLURRED):
                    slurs.append(Slur(piece[0].onset_tick, piece[-1].onset_tick))
    return tuple(slurs)


def _top_line(notes: Sequence[Note]) -> list[Note]:
    """Return the notes above which nothing sounds when they begin."""
    line: list[Note] = []
    held: list[Note] = []
    for onset_tick, group in itertools.groupby(notes, key=lambda note: note.onset_tick):
        top = max(group, key=lambda note: (note.pitch, note.duration_tick))
        held = [note for note in held if note.end_tick > onset_tick]
        if all(note.pitch < top.pitch for note in held):
            line.append(top)
        held.append(top)
    return line


def _runs(notes: Sequence[Note]) -> Iterator[list[Note]]:
    """Yield the stretches without a rest."""
    run: list[Note] = []
    for note in notes:
        if run and note.onset_tick > run[-1].end_tick:
            yield run
            run = []
        run.append(note)
    if run:
        yield run


def _pieces(run: Sequence[Note], phrase: PhraseSpan, score: Score) -> Iterator[list[Note]]:
    """Yield a run in pieces of at most four bars, counted from the phrase's first whole bar."""
    first = score.bar_index_at(phrase.start_tick)
    if score.bars[first].onset_tick < phrase.start_tick:  # an upbeat
        first += 1
    for _, piece in itertools.groupby(
        run, key=lambda note: max(0, score.bar_index_at(note.onset_tick) - first) // _MAX_BARS
    ):
        yield list(piece)


def _within(piece: Sequence[Note], voice: AbstractSet[Note]) -> Sequence[Note]:
    """Return a piece from its first to its last note of a voice: a slur that changes voices few programs can read."""
    places = [place for place, note in enumerate(piece) if note in voice]
    return piece[places[0] : places[-1] + 1] if places else ()


def _is_slurred(piece: Sequence[Note], score: Score) -> bool:
    length = piece[-1].onset_tick - piece[0].onset_tick
    beat_ticks = score.meter_at(piece[0].onset_tick).beat_ticks
    return len(piece) >= _MIN_NOTES and length >= _MIN_BEATS * beat_ticks and len({n.pitch for n in piece}) > 1
