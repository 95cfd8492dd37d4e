"""The notes of a MIDI file's tracks on musical places: written exactly, spread about their places, or played freely.

What it is: which of the three a file is, is judged from its onsets. Exact ones go to `quantise.BeatGrid`, others to
`played_grid.PlayedGrid`; grace notes written out before the beat and notes struck twice are found on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from composer.corpus.midi.gates import WrittenEnds, find_gate
from composer.corpus.midi.parts import Line
from composer.corpus.midi.played_grid import PlayedGrid, lead
from composer.corpus.midi.quantise import TOLERANCE_TICKS, BeatGrid, grace_chain, leading_offset
from composer.corpus.midi.smf import RawNote
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

RawLine = tuple[str, int, list[RawNote]]  # name, program, notes of a track and channel

_EXACT_SHARE = 0.05  # so few onsets beside every grid are odd tuplets or slips
_FINE_SHARE = 0.3  # … unless so many quarters need a grid as fine as the file's own ticks
_MIN_JUDGED = 24  # onsets: fewer say nothing of how a piece was made
_LIVE_SHARE = 0.25  # then more than this beside every grid is taken for a performance
LIVE_LEAD = 0.33  # nats a moment: with less, the file's beats mean nothing to its notes
_LOOSE_SHARE = 0.3  # more ends than this on no grid: notes are let go early, or held over
_PLAIN_SHARE = 0.6  # with so many ends on 16ths and triplets they are meant so
_PLAIN_STEPS = (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3)
_WRITTEN_GATE = 0.77  # 2/3 and 3/4 of the time may be written so: a rest after each note
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


def put_on_grid(
    raw_lines: Sequence[RawLine],
    quarter_ticks: float,
    mended: list[str],
    *,
    tracks_end_tick: int,
    is_exact: bool = False,
) -> OnGrid:
    """Put all notes on musical places.

    Args:
        raw_lines: the tracks.
        quarter_ticks: ticks of the file in a quarter.
        mended: what was moved is added.
        tracks_end_tick: the end of the longest track: where it lies on a 16th, no note is taken to last longer.
        is_exact: True where the file says that all its notes stand where they were written.
    """
    file_tick = TICKS_PER_QUARTER / quarter_ticks
    onset_ticks = [note.onset_tick for _, _, notes in raw_lines for note in notes]
    shift = 0 if is_exact else leading_offset(onset_ticks, quarter_ticks)
    if shift:
        mended.append(f"the whole piece stood {shift} ticks beside the grid; moved")
    spans: list[list[tuple[float, float]]] = [
        [((note.onset_tick - shift) * file_tick, (note.end_tick - shift) * file_tick) for note in notes]
        for _, _, notes in raw_lines
    ]
    graces = [grace_chain(one, file_tick=file_tick) for one in spans]
    num_notes = sum(map(len, spans))
    if is_exact or sum(map(len, graces)) > 0.2 * num_notes:
        graces = [{} for _ in spans]  # so many are no ornaments: a performance
    mains = [span[0] for one, found in zip(spans, graces, strict=True) for i, span in enumerate(one) if i not in found]
    exact = BeatGrid(mains, file_tick=file_tick, keeps_misfits=is_exact)
    misses = [abs(exact.nearest(tick) - tick) for tick in mains] or [0.0]
    share = sum(miss > exact.tolerance_ticks for miss in misses) / num_notes
    is_spread = bool(np.quantile(misses, _SPREAD_QUANTILE) > exact.tolerance_ticks / 2)
    grid: BeatGrid | PlayedGrid = exact
    is_live, spread_tick = False, 0.0
    if not is_exact and (is_spread or share > _EXACT_SHARE or exact.fine_share > _FINE_SHARE):
        onsets = [span[0] for one in spans for span in one]
        played = PlayedGrid(onsets, tolerance_ticks=exact.tolerance_ticks)
        if len(onsets) < _MIN_JUDGED:
            is_live = share > _LIVE_SHARE
        else:
            is_live = lead(played, onsets, tolerance_ticks=exact.tolerance_ticks) < LIVE_LEAD
        if is_live or is_spread:
            grid, spread_tick, graces = played, played.spread_ticks, [{} for _ in spans]
    lines, misfits = _snap_lines(
        raw_lines, spans, graces, grid, mended, limit_tick=_limit((tracks_end_tick - shift) * file_tick)
    )
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
    limit_tick: int,
) -> tuple[list[Line], int]:
    """Return the lines in ticks of the Score, and how many onsets fitted no place."""
    misfits = 0
    tracks: list[_Track] = []
    for (_, _, raw), one, found in zip(raw_lines, spans, graces, strict=True):
        track = _Track([], [])
        for index, (note, (onset, end)) in enumerate(zip(raw, one, strict=True)):
            if index in found:
                track.graces.append(Note(grid.snap(found[index])[0], note.pitch, 0, is_grace=True))
                continue
            onset_tick, fits = grid.snap(onset)
            misfits += not fits
            track.strokes.append(_Stroke(onset_tick, note.pitch, end, max(end - onset, 1.0)))
        tracks.append(track)
    ends = _ends(tracks, grid, mended, limit_tick=limit_tick)
    lines: list[Line] = []
    doubles = 0
    for (name, program, _), track, track_ends in zip(raw_lines, tracks, ends, strict=True):
        kept: dict[tuple[int, int], Note] = {}
        for stroke, end_tick in zip(track.strokes, track_ends, strict=True):
            before = kept.get((stroke.onset_tick, stroke.pitch))
            doubles += before is not None
            if before is None or end_tick > before.end_tick:
                whole = Note(stroke.onset_tick, stroke.pitch, end_tick - stroke.onset_tick)
                kept[stroke.onset_tick, stroke.pitch] = whole
        lines.append(Line(name, program, _cut_overlaps(kept.values()) + track.graces))
    if num_graces := sum(map(len, graces)):
        mended.append(f"{num_graces} short notes just before the beat were read as grace notes")
    if doubles:
        mended.append(f"{doubles} notes struck twice at once on one track were read as one")
    return lines, misfits


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A note whose beginning has its place: the end as it is, the length as it was held."""

    onset_tick: int
    pitch: int
    end: float
    held: float


@dataclass(frozen=True, slots=True)
class _Track:
    """The notes of one track, and its grace notes."""

    strokes: list[_Stroke]
    graces: list[Note]


def _ends(
    tracks: Sequence[_Track], grid: BeatGrid | PlayedGrid, mended: list[str], *, limit_tick: int
) -> list[list[int]]:
    """Return the end of each stroke of each track."""
    onsets = [sorted({one.onset_tick for one in track.strokes}) for track in tracks]
    following = [dict(pairwise(places)) for places in onsets]
    gate = find_gate(
        one.held / (after[one.onset_tick] - one.onset_tick)
        for track, after in zip(tracks, following, strict=True)
        for one in track.strokes
        if one.onset_tick in after
    )
    if isinstance(grid, BeatGrid):
        exact = [[grid.snap_end(one.onset_tick, one.end) for one in track.strokes] for track in tracks]
        loose, total = sum(not fits for ends in exact for _, fits in ends), sum(map(len, exact))
        plain = sum(_is_plain(one.end, grid.tolerance_ticks) for track in tracks for one in track.strokes)
        if plain > _PLAIN_SHARE * total or not (_WRITTEN_GATE < gate < 1 or loose > _LOOSE_SHARE * total):
            if loose > 0.02 * total:
                mended.append(f"the ends of {loose} notes lay on no grid; moved to the nearest 16th or finer")
            return [[end for end, _ in ends] for ends in exact]
    if gate < 1:
        mended.append(f"most notes are held for {gate:.0%} of their written length; the whole was read")
    spread_ticks = grid.spread_ticks if isinstance(grid, PlayedGrid) else grid.tolerance_ticks / 2
    written = WrittenEnds(
        (place for places in onsets for place in places), gate=gate, spread_ticks=spread_ticks, limit_tick=limit_tick
    )
    return [
        [
            written.end_of(
                one.onset_tick,
                one.held,
                next_tick=after.get(one.onset_tick),
                step_ticks=grid.step_at(one.onset_tick + one.held / gate),
            )
            for one in track.strokes
        ]
        for track, after in zip(tracks, following, strict=True)
    ]


def _is_plain(tick: float, tolerance_ticks: float) -> bool:
    """True where a 16th, or a triplet's 8th, ends."""
    return any(abs(tick - round(tick / step) * step) <= tolerance_ticks for step in _PLAIN_STEPS)


def _limit(tracks_end: float) -> int:
    """Return the end of the tracks where it is a musical place, else one beyond all notes."""
    step = TICKS_PER_QUARTER // 4
    place = round(tracks_end / step) * step
    return place if abs(place - tracks_end) <= 2 * TOLERANCE_TICKS else 2**62


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
