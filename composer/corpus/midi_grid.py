"""The notes of a MIDI file's tracks on musical places: written exactly, spread about their places, or played freely.

What it is: which of the three a file is, is judged from its onsets. Exact ones go to `quantise.BeatGrid`, others to
`played_grid.PlayedGrid`; grace notes written out before the beat and notes struck twice are found on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from composer.corpus.midi_parts import Line
from composer.corpus.played_grid import PlayedGrid, lead
from composer.corpus.quantise import BeatGrid, grace_chain, leading_offset
from composer.corpus.smf import RawNote
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

RawLine = tuple[str, int, list[RawNote]]  # name, program, notes of a track and channel

_EXACT_SHARE = 0.05  # so few onsets beside every grid are odd tuplets or slips
_FINE_SHARE = 0.3  # … unless so many quarters need a grid as fine as the file's own ticks
_MIN_JUDGED = 24  # onsets: fewer say nothing of how a piece was made
_LIVE_SHARE = 0.25  # then more than this beside every grid is taken for a performance
LIVE_LEAD = 0.33  # nats a moment: with less, the file's beats mean nothing to its notes
_SPREAD_QUANTILE = 0.75  # of the distances from exact places: in exact files few notes have any, in played ones most


@dataclass(frozen=True)
class OnGrid:
    """The tracks on musical places.

    Attributes:
        lines: a line for each track, in ticks of the Score.
        shift_tick: taken off all times, ticks of the file.
        file_tick: ticks of the Score in one of the file.
        off_grid_share: share of the notes whose onset fitted no musical place, 0..1.
        spread_tick: standard deviation of the onsets about their places; 0 where they stand exactly.
        is_live: True where the notes do not follow the file's beats.
    """

    lines: list[Line]
    shift_tick: int
    file_tick: float
    off_grid_share: float
    spread_tick: float
    is_live: bool


def put_on_grid(raw_lines: Sequence[RawLine], quarter_ticks: float, mended: list[str]) -> OnGrid:
    """Put all notes on musical places; what was moved is added to `mended`."""
    file_tick = TICKS_PER_QUARTER / quarter_ticks
    shift = leading_offset([note.onset_tick for _, _, notes in raw_lines for note in notes], quarter_ticks)
    if shift:
        mended.append(f"the whole piece stood {shift} ticks beside the grid; moved")
    spans: list[list[tuple[float, float]]] = [
        [((note.onset_tick - shift) * file_tick, (note.end_tick - shift) * file_tick) for note in notes]
        for _, _, notes in raw_lines
    ]
    graces = [grace_chain(one, file_tick=file_tick) for one in spans]
    num_notes = sum(map(len, spans))
    if sum(map(len, graces)) > 0.2 * num_notes:
        graces = [{} for _ in spans]  # so many are no ornaments: a performance
    mains = [span[0] for one, found in zip(spans, graces, strict=True) for i, span in enumerate(one) if i not in found]
    exact = BeatGrid(mains, file_tick=file_tick)
    share = sum(not exact.snap(tick)[1] for tick in mains) / num_notes
    misses = [exact.miss(tick) for tick in mains] or [0.0]
    is_spread = bool(np.quantile(misses, _SPREAD_QUANTILE) > exact.tolerance_ticks / 2)
    grid: BeatGrid | PlayedGrid = exact
    is_live, spread_tick = False, 0.0
    if is_spread or share > _EXACT_SHARE or exact.fine_share > _FINE_SHARE:
        onsets = [span[0] for one in spans for span in one]
        played = PlayedGrid(onsets, tolerance_ticks=exact.tolerance_ticks)
        if len(onsets) < _MIN_JUDGED:
            is_live = share > _LIVE_SHARE
        else:
            is_live = lead(played, onsets, tolerance_ticks=exact.tolerance_ticks) < LIVE_LEAD
        if is_live or is_spread:
            grid, spread_tick, graces = played, played.spread_ticks, [{} for _ in spans]
    lines, misfits = _snap_lines(raw_lines, spans, graces, grid, mended, is_exact=grid is exact)
    if not is_live:
        share = misfits / num_notes
    _tell(mended, share=share, spread_tick=spread_tick, is_live=is_live)
    return OnGrid(lines, shift, file_tick, share, spread_tick, is_live)


def _tell(mended: list[str], *, share: float, spread_tick: float, is_live: bool) -> None:
    """Add what was judged of the whole file."""
    if is_live:
        mended.append(f"a live performance: {share:.0%} of the notes lie on no grid; bars and note values are a guess")
        return
    if spread_tick:
        mended.append(
            f"played or humanised: the notes lie within {spread_tick / TICKS_PER_QUARTER:.3f} quarters (a "
            "standard deviation) of their places; moved there"
        )
    if share:
        mended.append(f"{share:.1%} of the notes fitted no musical place; they were moved to the nearest")


def _snap_lines(
    raw_lines: Sequence[RawLine],
    spans: Sequence[Sequence[tuple[float, float]]],
    graces: Sequence[dict[int, float]],
    grid: BeatGrid | PlayedGrid,
    mended: list[str],
    *,
    is_exact: bool,
) -> tuple[list[Line], int]:
    """Return the lines in ticks of the Score, and how many onsets fitted no place."""
    lines: list[Line] = []
    misfits = moved_ends = doubles = 0
    for (name, program, raw), one, found in zip(raw_lines, spans, graces, strict=True):
        kept: dict[tuple[int, int], Note] = {}
        ornaments: list[Note] = []
        for index, (note, (onset, end)) in enumerate(zip(raw, one, strict=True)):
            if index in found:
                onset_tick = grid.snap(found[index])[0]
                ornaments.append(Note(onset_tick, note.pitch, 0, is_grace=True))
                continue
            onset_tick, fits = grid.snap(onset)
            misfits += not fits
            end_tick, end_fits = grid.snap_end(onset_tick, end)
            moved_ends += not end_fits
            before = kept.get((onset_tick, note.pitch))
            doubles += before is not None
            if before is None or end_tick > before.end_tick:
                kept[onset_tick, note.pitch] = Note(onset_tick, note.pitch, end_tick - onset_tick)
        lines.append(Line(name, program, _cut_overlaps(kept.values()) + ornaments))
    num_notes, num_graces = sum(map(len, spans)), sum(map(len, graces))
    if num_graces:
        mended.append(f"{num_graces} short notes just before the beat were read as grace notes")
    if doubles:
        mended.append(f"{doubles} notes struck twice at once on one track were read as one")
    if moved_ends > 0.02 * num_notes and is_exact:
        mended.append(f"the ends of {moved_ends} notes lay on no grid; moved to the nearest 16th or finer")
    return lines, misfits


def _cut_overlaps(notes: Iterable[Note]) -> list[Note]:
    """End a note where its own pitch is struck again."""
    next_onset: dict[int, int] = {}
    cut: list[Note] = []
    for note in sorted(notes, key=lambda n: -n.onset_tick):
        limit = next_onset.get(note.pitch, note.end_tick)
        end_tick = min(note.end_tick, limit) if limit > note.onset_tick else note.end_tick
        cut.append(Note(note.onset_tick, note.pitch, end_tick - note.onset_tick))
        next_onset[note.pitch] = note.onset_tick
    return cut[::-1]
