"""Put the times of a MIDI file on musical places: quarters, their halves, thirds … by fit, beat by beat.

Conventions: times come in as file ticks and go out as score ticks (10,080 a quarter). A place fits when it lies within
the tolerance of a subdivision; all onsets in one quarter are asked to share the coarsest subdivision that holds them.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

from composer.theory.meter import TICKS_PER_QUARTER

# Parts of a quarter, plainest first: 8ths, 16ths, 32nds, triplets of 8ths, 16ths and 32nds, 64ths, then 5 and 7.
SUBDIVISIONS = (1, 2, 4, 8, 3, 6, 12, 16, 24, 5, 7, 10)
# Parts of a quarter that may look like grace notes; 9 and 18 are too near to those that LilyPond plays.
_EXACT_PARTS = (5, 7, 10, 11, 13, 14, 16, 20, 24, 32)
_RARE_PARTS = (3, 5, 7, 9, 10, 11, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32)  # where a note may stand that fits no grid
_EXACT_TICKS = 10.0  # so near it then stands
TOLERANCE_TICKS = 70  # 1/144 of a quarter: less than half the distance between any two of the grids above
_MIN_OFFSET_NOTES = 8  # fewer cannot say that a whole piece stands beside the grid
_FINE = frozenset((12, 16, 24, 5, 7, 10))  # parts that are rare in written music


class BeatGrid:
    """The subdivision of each quarter of a piece.

    Args:
        onset_ticks: score ticks as floats, of all notes.
        file_tick: score ticks in one tick of the file (what was lost in rounding there is tolerated).
        keeps_misfits: leave onsets that fit nowhere where they are: the file is known to be exact.

    Attributes:
        tolerance_ticks: so near to a place is on it.
        fine_share: share of the quarters that need a grid which is rare in written music, 0..1.
    """

    def __init__(self, onset_ticks: Iterable[float], *, file_tick: float, keeps_misfits: bool = False) -> None:
        self._keeps_misfits = keeps_misfits
        self.tolerance_ticks = max(TOLERANCE_TICKS, min(1.01 * file_tick, 300.0))
        if keeps_misfits:
            self.tolerance_ticks = 0.51 * file_tick
        # A file that is known to be exact has the ticks that its notes need: no rare place was rounded.
        self._exact_ticks = 0.0 if keeps_misfits else max(_EXACT_TICKS, 0.51 * file_tick)
        self._file_tick = file_tick
        onset_ticks = list(onset_ticks)
        by_quarter: dict[int, list[float]] = {}
        for tick in onset_ticks:
            quarter = int((tick + self.tolerance_ticks) // TICKS_PER_QUARTER)
            by_quarter.setdefault(quarter, []).append(tick - quarter * TICKS_PER_QUARTER)
        self._parts: dict[int, int] = {}
        for quarter, places in by_quarter.items():
            self._parts[quarter] = self._best(sorted(set(places)))
        self.fine_share = sum(parts in _FINE for parts in self._parts.values()) / max(1, len(self._parts))
        self._onset_ticks = onset_ticks

    def _best(self, places: Sequence[float]) -> int:
        """Return the coarsest subdivision that holds all places, or the one that misses least."""
        ranked: list[tuple[int, float, int]] = []
        for order, parts in enumerate(SUBDIVISIONS):
            step = TICKS_PER_QUARTER / parts
            errors = [abs(place - round(place / step) * step) for place in places]
            misses = sum(error > self.tolerance_ticks for error in errors)
            if misses == 0:
                return parts
            # A played beat: small errors are weighed against the fineness that they cost.
            ranked.append(
                (misses if parts <= 4 or parts == 3 else misses + 1, sum(errors) / len(errors) * parts**0.5, order)
            )
        return SUBDIVISIONS[min(ranked)[2]]

    @cached_property
    def _known(self) -> dict[int, tuple[int, bool]]:
        """The places of all onsets, by their ticks of the file."""
        return {round(tick / self._file_tick): self.snap(tick) for tick in self._onset_ticks}

    def nearest(self, tick: float) -> int:
        """Return the place of its quarter's grid that is nearest to `tick`."""
        quarter = int((tick + self.tolerance_ticks) // TICKS_PER_QUARTER)
        step = TICKS_PER_QUARTER // self._parts.get(quarter, 4)
        base = quarter * TICKS_PER_QUARTER
        return max(0, base + round((tick - base) / step) * step)

    def snap(self, tick: float) -> tuple[int, bool]:
        """Return the place of an onset, and whether it fitted there.

        One that does not fit its quarter's grid may stand exactly on another: five against four.
        """
        place = self.nearest(tick)
        if abs(place - tick) <= self.tolerance_ticks:
            return place, True
        exact = _exactly(tick, self._exact_ticks)
        if exact is not None and exact >= 0:
            return exact, True
        return (max(0, round(tick)), True) if self._keeps_misfits else (place, False)

    def step_at(self, tick: float) -> int:
        """Return the distance between places there: a 16th or less."""
        return TICKS_PER_QUARTER // max(4, self._parts.get(int(tick // TICKS_PER_QUARTER), 4))

    def snap_end(self, onset_tick: int, tick: float) -> tuple[int, bool]:
        """Return the place of a note's end, and whether it fitted there.

        Where another note begins just then, else on its own quarter's grid, on another plain one, or the nearest 16th.
        """
        place, fits = self._known.get(round(tick / self._file_tick), (0, False))
        if fits and place > onset_tick:
            return place, True
        for parts in (self._parts.get(int(tick // TICKS_PER_QUARTER), 4), *SUBDIVISIONS):
            step = TICKS_PER_QUARTER // parts
            place = round(tick / step) * step
            if abs(place - tick) <= self.tolerance_ticks and place > onset_tick:
                return place, True
        exact = _exactly(tick, self._exact_ticks)
        if exact is not None and exact > onset_tick:
            return exact, True
        if self._keeps_misfits and round(tick) > onset_tick:
            return round(tick), True
        step = TICKS_PER_QUARTER // max(4, self._parts.get(int(onset_tick // TICKS_PER_QUARTER), 4))
        return max(onset_tick + step, round(tick / step) * step), False


def _exactly(tick: float, tolerance_ticks: float) -> int | None:
    """Return the place on a rare grid that `tick` stands on, as exactly as that, or None."""
    for parts in _RARE_PARTS:
        place = round(tick * parts / TICKS_PER_QUARTER) * TICKS_PER_QUARTER / parts
        if abs(place - tick) <= tolerance_ticks:
            return round(place)
    return None


def leading_offset(onset_ticks: Sequence[int], quarter_ticks: float) -> int:
    """Return file ticks to take off all times when the whole piece stands beside the grid by one and the same distance.

    Some writers begin a file with the length of a grace note or a rest of a few ticks. 0 where the piece stands well.
    """
    step = quarter_ticks / 4
    if step < 2 or len(onset_ticks) < _MIN_OFFSET_NOTES:
        return 0
    residues = Counter(round(tick % step) % max(1, round(step)) for tick in onset_ticks)
    residue, count = residues.most_common(1)[0]
    on_triplets = min(residue % (step / 3), -residue % (step / 3)) < 1
    if residue and not on_triplets and count > 0.5 * len(onset_ticks) and count > 3 * residues.get(0, 0):
        return residue if residue <= min(onset_ticks) or residue < step else 0
    return 0


def grace_chain(
    notes: Sequence[tuple[float, float]], *, file_tick: float, longest_tick: float = TICKS_PER_QUARTER / 4
) -> dict[int, float]:
    """Find grace notes that were written out just before their main note (as LilyPond does).

    Args:
        notes: (onset, end) in score ticks, of one track.
        file_tick: score ticks in one tick of the file.
        longest_tick: a grace note is not longer.

    Returns:
        Index of each grace note -> onset of its main note.
    """
    tolerance = max(TOLERANCE_TICKS, 1.01 * file_tick)

    def is_on_grid(tick: float) -> bool:
        return any(
            abs(tick - round(tick * parts / TICKS_PER_QUARTER) * TICKS_PER_QUARTER / parts) <= tolerance
            for parts in (8, 12)
        )

    anchors: list[float] = []  # onsets of main notes, ascending
    mains: list[float] = []
    graces: dict[int, float] = {}
    candidates: list[int] = []
    exact = max(_EXACT_TICKS, 1.01 * file_tick)

    def is_tuplet(onset: float, end: float) -> bool:
        """True where beginning and length are whole parts of a quarter: nobody plays a grace note so exactly."""
        return any(
            end - onset > TICKS_PER_QUARTER / parts - exact
            and all(
                abs(tick - round(tick * parts / TICKS_PER_QUARTER) * TICKS_PER_QUARTER / parts) <= exact
                for tick in (onset, end - onset)
            )
            for parts in _EXACT_PARTS
        )

    lengths = {round(end / tolerance): end - onset for onset, end in notes}  # of what ends there
    runs: set[int] = set()  # where notes of a run begin: as long as the one before, back to a place on the grid

    def is_run(onset: float, end: float) -> bool:
        """True in a run of equal notes that begins on the grid: a tuplet of any number."""
        before = lengths.get(round(onset / tolerance), 0.0)
        if abs(before - (end - onset)) > 2.02 * file_tick:
            return False
        if round((onset - before) / tolerance) in runs or is_on_grid(onset - before):
            runs.add(round(onset / tolerance))
            return True
        return False

    for index, (onset, end) in sorted(enumerate(notes), key=lambda row: row[1]):
        short = end - onset <= longest_tick
        if short and not (is_on_grid(onset) or is_tuplet(onset, end) or is_run(onset, end)):
            candidates.append(index)
        else:
            mains.append(onset)
    anchors = sorted(set(mains))
    chain: dict[int, float] = {}  # onset of a found grace note, rounded -> its main note's onset
    for index in sorted(candidates, key=lambda i: -notes[i][0]):
        end = notes[index][1]
        found = chain.get(round(end / tolerance))
        if found is None:
            place = bisect.bisect_left(anchors, end - 1.5 * tolerance)
            if place < len(anchors) and anchors[place] <= end + 1.5 * tolerance:
                found = anchors[place]
        if found is not None:
            graces[index] = found
            chain[round(notes[index][0] / tolerance)] = found
    return graces
