"""What tells a meter: a piece in 16ths, and the features of each meter and pickup that it may have.

Conventions: a step is a 16th. A candidate is (meter, pickup in steps), 0 <= pickup < bar. Log ratios compare how much
happens at a place of the bar with the mean of all its places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Floats = npt.NDArray[np.float64]

METERS = tuple(
    Meter(upper, lower)
    for upper, lower in ((2, 4), (3, 4), (4, 4), (2, 2), (3, 8), (6, 8), (9, 8), (12, 8), (3, 2), (6, 4))
)
STEP_TICKS = TICKS_PER_QUARTER // 4
MAX_STEPS = 2_400  # judged: 150 bars of 4/4
EARLY_STEPS = 128  # that count as the beginning
MIN_NOTES = 16
MIN_STEPS = 48  # three bars of 4/4: shorter pieces say too little
PROFILES = ("struck", "length", "chord", "bass", "held", "harmony")
_LOWEST, _NUM_PITCHES = 21, 88
_LIKENESSES = ("rhythm", "pitches", "harmony")
_NAMES = tuple(map(str, METERS))
GROUPS: dict[str, tuple[str, ...]] = {  # the features, by what they are of
    "is": _NAMES,  # 1 for this meter: how usual it is
    "busy": _NAMES,  # log of the onsets a quarter, for this meter
    "fine": _NAMES,  # share of the onsets on odd 16ths, for this meter
    "bar": PROFILES,  # log ratio: how much happens on the bar line, against all places of the bar
    "middle": PROFILES,  # in the middle of bars of 2 or 4 beats
    "hemiola": PROFILES,  # in the middle of bars of 3
    "beat": PROFILES,  # mean over the other beats
    "division": PROFILES,  # mean over halves (thirds) of beats
    "compound_beat": PROFILES,  # the same two once more, for compound meters only
    "compound_division": PROFILES,
    "early": PROFILES,  # on the bar line, over the first bars only
    "uneven": PROFILES,  # difference of odd and even bar lines: then the bar may be twice as long
    "again_beat": _LIKENESSES,  # likeness of the piece to itself a beat later …
    "again_bar": _LIKENESSES,
    "again_2_bars": _LIKENESSES,
    "again_4_bars": _LIKENESSES,
    "peak": _LIKENESSES,  # … a bar later, against a beat more and less
    "lasts": ("bar", "beat", "2 beats", "1/2 beat", "1/3 beat", "3/2 beat"),  # share of the notes that last so long
    "bass_lasts": ("bar", "beat", "1/2 bar", "2 bars"),  # the same from bass note to bass note
    "ends": (
        *("no pickup", "off beat", "beats", "bass enters", "thickens", "final bass", "final beat", "complement"),
        *("full end", "bars by four"),
    ),
}


@dataclass(frozen=True)
class Steps:
    """A piece in 16ths.

    Attributes:
        profiles: float [profile, step]: how much happens, a row for each of `PROFILES`.
        pitches: float [step, pitch]: 1 where a note is struck.
        classes: float [step, pitch class]: 1 where one sounds.
        durations: of all notes, steps.
        bass_intervals: from each bass onset to the next, steps.
        first_bass, last_bass: bass onsets, steps.
        length: steps up to the end of the piece.
        is_cut: True where not all of them are judged.
    """

    profiles: Floats
    pitches: Floats
    classes: Floats
    durations: Floats
    bass_intervals: Floats
    first_bass: float
    last_bass: float
    length: int
    is_cut: bool


def steps_of(notes: Sequence[Note], *, end_tick: int) -> Steps | None:
    """Lay a piece out in 16ths; None where it is too short to be judged."""
    total = -(-end_tick // STEP_TICKS)
    length = min(total, MAX_STEPS)
    rows = np.array(
        sorted((n.onset_tick, n.pitch, n.duration_tick) for n in notes if n.onset_tick < length * STEP_TICKS)
    )
    if len(rows) < MIN_NOTES or length < MIN_STEPS:
        return None
    onset_tick, pitch, duration_tick = rows.T
    on_grid = onset_tick % STEP_TICKS == 0
    step = onset_tick // STEP_TICKS
    last = np.minimum(-(-(onset_tick + duration_tick) // STEP_TICKS), length)
    durations = duration_tick / STEP_TICKS
    chord = np.bincount(step[on_grid], minlength=length).astype(float)
    lengths = np.zeros(length)
    np.maximum.at(lengths, step[on_grid], np.minimum(durations[on_grid], 24))
    edges = np.zeros(length + 1)
    np.add.at(edges, np.minimum(step + 1, length), 1)
    np.add.at(edges, np.maximum(last, np.minimum(step + 1, length)), -1)
    held = np.cumsum(edges)[:length]
    classes = np.zeros((length + 1, 12))
    np.add.at(classes, (step, pitch % 12), 1)
    np.add.at(classes, (np.maximum(last, np.minimum(step + 1, length)), pitch % 12), -1)
    classes = (np.cumsum(classes, axis=0)[:length] > 0).astype(float)
    pitches = np.zeros((length, _NUM_PITCHES))
    pitches[step[on_grid], np.clip(pitch[on_grid] - _LOWEST, 0, _NUM_PITCHES - 1)] = 1
    bass_onsets = _bass_onsets(rows)
    bass_steps = bass_onsets[bass_onsets % STEP_TICKS == 0] // STEP_TICKS
    bass = np.bincount(bass_steps, minlength=length).astype(float)
    profiles = np.stack([(chord > 0).astype(float), lengths, np.log1p(chord), bass, held, _harmony(classes)])
    return Steps(
        profiles,
        pitches,
        classes,
        durations,
        np.diff(bass_onsets) / STEP_TICKS,
        float(bass_onsets[0]) / STEP_TICKS,
        float(bass_onsets[-1]) / STEP_TICKS,
        total,
        total > length,
    )


def _bass_onsets(rows: Floats) -> Floats:
    """Return the onsets of notes in the lower half of the register below everything that sounds, ascending."""
    middle = rows[:, 1].mean()
    ends = np.zeros(128, dtype=np.int64)
    found: list[int] = []
    at = 0
    ticks, starts = np.unique(rows[:, 0], return_index=True)
    for tick, start, stop in zip(ticks, starts, [*starts[1:], len(rows)], strict=True):
        lowest = rows[start, 1]
        if lowest < middle and not (ends[:lowest] > tick).any():
            found.append(int(tick))
        for at in range(start, stop):
            ends[rows[at, 1]] = max(ends[rows[at, 1]], tick + rows[at, 2])
    return np.array(found or [0])


def _harmony(classes: Floats) -> Floats:
    """Return for each step how unlike the pitch classes of the quarter before and after it are, 0..1."""
    sums = np.vstack([np.zeros((1, 12)), np.cumsum(classes, axis=0)])
    at = np.arange(len(classes))
    before = sums[at] - sums[np.maximum(0, at - 4)]
    after = sums[np.minimum(len(classes), at + 4)] - sums[at]
    norm = np.sqrt((before**2).sum(axis=1) * (after**2).sum(axis=1))
    return np.where(norm > 0, 1 - (before * after).sum(axis=1) / np.where(norm > 0, norm, 1), 0)


def list_candidates(piece: Steps) -> list[tuple[Meter, int]]:
    """Return (meter, pickup in steps): no pickup, and every 16th of the bar at which something early begins."""
    found: list[tuple[Meter, int]] = []
    for meter in METERS:
        bar = meter.bar_ticks // STEP_TICKS
        early = piece.profiles[0, : 2 * bar]
        found += [(meter, step) for step in range(bar) if step == 0 or (step < len(early) and early[step])]
    return found


# ---------------------------------------------------------------- features


def meter_features(piece: Steps, candidates: Sequence[tuple[Meter, int]]) -> Floats:
    """Return the features of each candidate in the order of `GROUPS`, float [candidate, feature]."""
    signals = _Signals(piece)
    of_meter = {meter: _meter_groups(piece, signals, meter) for meter in METERS}
    folded = {
        meter: tuple(
            _log_ratios(piece.profiles[:, :stop], times * meter.bar_ticks // STEP_TICKS)
            for times, stop in ((1, None), (2, None), (1, EARLY_STEPS))
        )
        for meter in METERS
    }
    rows = []
    for meter, pickup in candidates:
        groups = of_meter[meter] | _place_groups(meter, pickup, *folded[meter]) | _end_groups(piece, meter, pickup)
        rows.append(np.concatenate([groups[name] for name in GROUPS]))
    return np.array(rows)


def _meter_groups(piece: Steps, signals: _Signals, meter: Meter) -> dict[str, Floats]:
    """Return what is the same for all pickups of a meter."""
    bar, beat = meter.bar_ticks // STEP_TICKS, meter.beat_ticks // STEP_TICKS
    this = np.array([float(meter == other) for other in METERS])
    struck = piece.profiles[0]
    again = {lag: np.array([signal.at(lag) for signal in signals.all]) for lag in (beat, bar, 2 * bar, 4 * bar)}
    beside = np.array([signal.at(bar - beat) + signal.at(bar + beat) for signal in signals.all]) / 2
    return {
        "is": this,
        "busy": this * np.log(max(struck.mean() * 4, 0.05)),
        "fine": this * struck[1::2].sum() / max(1.0, struck.sum()),
        "again_beat": again[beat],
        "again_bar": again[bar],
        "again_2_bars": again[2 * bar],
        "again_4_bars": again[4 * bar],
        "peak": again[bar] - beside,
        "lasts": np.array(
            [_share(piece.durations, one) for one in (bar, beat, 2 * beat, beat / 2, beat / 3, 1.5 * beat)]
        ),
        "bass_lasts": np.array([_share(piece.bass_intervals, one) for one in (bar, beat, bar / 2, 2 * bar)]),
    }


def _place_groups(meter: Meter, pickup: int, once: Floats, twice: Floats, early: Floats) -> dict[str, Floats]:
    """Return what happens on bar lines, beats and divisions; the arguments are log ratios [profile, place]."""
    bar, beat = meter.bar_ticks // STEP_TICKS, meter.beat_ticks // STEP_TICKS
    unit = max(1, beat // (3 if meter.is_compound else 2))
    from_line = np.roll(once, -pickup, axis=1)
    places = np.arange(bar)
    on_beat = places % beat == 0
    nothing = np.zeros(len(PROFILES))
    beats = from_line[:, on_beat & (places > 0)].mean(axis=1) if bar > beat else nothing
    divisions = from_line[:, (places % unit == 0) & ~on_beat].mean(axis=1)
    middle = from_line[:, bar // 2]
    return {
        "bar": from_line[:, 0],
        "middle": middle if meter.beats % 2 == 0 else nothing,
        "hemiola": nothing if meter.beats % 2 == 0 else middle,
        "beat": beats,
        "division": divisions,
        "compound_beat": beats * meter.is_compound,
        "compound_division": divisions * meter.is_compound,
        "early": early[:, pickup],
        "uneven": np.abs(twice[:, pickup] - twice[:, pickup + bar]),
    }


def _end_groups(piece: Steps, meter: Meter, pickup: int) -> dict[str, Floats]:
    """Return how the piece begins and ends; the meaning of most is told in `pickup.py`."""
    bar, beat = meter.bar_ticks // STEP_TICKS, meter.beat_ticks // STEP_TICKS
    chord, rest = piece.profiles[PROFILES.index("chord")], piece.length - pickup
    facts = (
        pickup == 0,
        pickup % beat != 0,
        pickup / beat,
        pickup > 0 and piece.first_bass == pickup,
        pickup > 0 and chord[pickup] > chord[0],
        (piece.last_bass - pickup) % bar == 0,
        (piece.last_bass - pickup) % beat == 0,
        pickup > 0 and not piece.is_cut and piece.length % bar == 0,
        not piece.is_cut and rest % bar == 0,
        not piece.is_cut and -(-rest // bar) % 4 == 0,
    )
    return {"ends": np.array(facts, dtype=np.float64)}


class _Signal:
    """A signal over steps and how like itself it is some steps later."""

    def __init__(self, values: Floats) -> None:
        self._values = values  # [step, width]
        self._norms = (values**2).sum(axis=1)
        self._known: dict[int, float] = {}

    def at(self, lag: int) -> float:
        """Return the cosine of the signal and itself `lag` steps later, -1..1; 0 where it is too short."""
        if lag not in self._known:
            one, other = self._values[:-lag], self._values[lag:]
            norm = float(np.sqrt(self._norms[:-lag].sum() * self._norms[lag:].sum()))
            enough = len(self._values) >= 2 * lag and norm > 0
            self._known[lag] = float((one * other).sum()) / norm if enough else 0.0
        return self._known[lag]


class _Signals:
    """Rhythm, pitches struck, harmony."""

    def __init__(self, piece: Steps) -> None:
        rhythm = piece.profiles[1] / 4 + piece.profiles[2]
        self.all = (
            _Signal((rhythm - rhythm.mean())[:, None]),
            _Signal(piece.pitches - piece.pitches.mean(axis=0)),
            _Signal(piece.classes - piece.classes.mean(axis=0)),
        )


def _log_ratios(profiles: Floats, bar: int) -> Floats:
    """Return for each place of the bar the log of how much happens there against the mean place, [profile, place]."""
    places = np.arange(profiles.shape[1]) % bar
    sums = np.stack([np.bincount(places, weights=row, minlength=bar) for row in profiles])
    counts = np.maximum(1, np.bincount(places, minlength=bar))
    means = sums / counts
    mean = np.maximum(means.mean(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.log((means + 0.1 * mean) / mean), dtype=np.float64)


def _share(values: Floats, wanted: float) -> float:
    """Return the share of the values that are the wanted one."""
    return float((np.abs(values - wanted) < 0.01).mean()) if len(values) else 0.0
