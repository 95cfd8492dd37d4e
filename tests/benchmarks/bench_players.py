"""The presets beside recorded habits, on composed pieces: loudness, tempo, touch, chords, pedal.

Run by hand on a folder of pieces as `bench_forms.py` leaves them (`piece.mid`, `plan.json` in a folder each):

    python tests/benchmarks/bench_players.py FOLDER

Each composer's preset plays the keyboard pieces that were composed in that composer's style, as the plan has them
(phrases, chords, dynamics, tempi), without repeats. Beside it the habits measured on recorded performances of the
composer's own music (730 performances of 98 pieces). Goal: within 20 %. Then two takes of a player, and the colour of
the noise between them: between white (0) and 1/f (−1).
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from bench_performer import spectral_slope
from form_pieces import KINDS, plan_of

from composer.corpus.reader import read_score
from composer.outline import Outline
from composer.perform import PLAYERS, Player, encode, perform, seconds_at
from composer.perform.reading import read
from composer.performance import Performance
from composer.plan.outline import plan_outline
from composer.report.fitting import fitted
from composer.score import Score

MEASURES = ("velocity SD", "top − rest", "chord SD ms", "touch", "pedal down", "presses/s", "beat SD")
TOLERANCE = 0.2
# Composer: the habits of recorded pianists in the order of MEASURES.
RECORDED = {
    "bach": (11.2, 10.5, 5.6, 0.88, 0.13, 0.3, 0.094),
    "haydn": (14.6, 12.3, 7.4, 0.69, 0.24, 0.6, 0.135),
    "mozart": (14.4, 13.6, 6.7, 0.66, 0.32, 0.8, 0.088),
    "beethoven": (16.5, 11.2, 7.6, 0.64, 0.49, 0.75, 0.22),
    "schubert": (17.3, 15.4, 13.0, 0.65, 0.80, 0.8, 0.19),
    "chopin": (15.6, 9.5, 8.8, 0.66, 0.75, 1.0, 0.26),
    "schumann": (16.3, 10.7, 8.3, 0.64, 0.72, 1.1, 0.30),
}
TAKES = range(1, 6)


def main() -> None:
    """Print a block of lines for each composer: ours, recorded, takes."""
    if len(sys.argv) != 2:
        sys.exit("name the folder of composed pieces")
    print(f"{'':24s}" + "".join(f"{name:>14s}" for name in MEASURES))
    missed = 0
    for composer, recorded in RECORDED.items():
        player, rows, bars, seconds = PLAYERS[composer], [], 0, 0.0
        agreements, noises = [], []
        for score, outline in pieces(Path(sys.argv[1]), composer):
            started = time.perf_counter()
            performance = perform(score, outline, player=player)
            seconds += time.perf_counter() - started
            bars += len(score.bars)
            rows.append(habits_of(score, outline, performance))
            agreement, noise = takes_of(score, outline, player)
            agreements.append(agreement)
            noises += noise
        if not rows:
            print(f"{composer}: no pieces here")
            continue
        ours = np.nanmean(rows, axis=0)
        near = [abs(one / other - 1) <= TOLERANCE for one, other in zip(ours, recorded, strict=True)]
        missed += near.count(False)
        cells = (f"{value:13.2f}{' ' if ok else '!'}" for value, ok in zip(ours, near, strict=True))
        print(f"{composer:10s} {len(rows):2d} pieces    " + "".join(cells))
        print(f"{'':10s} recorded     " + "".join(f"{value:13.2f} " for value in recorded))
        tempo, velocity = np.mean(agreements, axis=0)
        print(f"{'':10s} two takes: tempo {tempo:.2f}, velocity {velocity:.2f}; slope of the noise "
              f"{spectral_slope(noises):.2f}; 200 bars in {200 * seconds / bars:.2f} s")  # fmt: skip
    print(f"{missed} figures of {len(RECORDED) * len(MEASURES)} more than {TOLERANCE:.0%} off")


def pieces(folder: Path, composer: str) -> Iterator[tuple[Score, Outline]]:
    """Yield the keyboard pieces in a composer's style, each once."""
    for place in sorted(folder.glob(f"*-{composer}-*")):
        if place.name.endswith(tuple(KINDS)) or not (place / "piece.json").exists():
            continue
        plan = plan_of(place)
        if plan.ensemble == "keyboard":
            outline = plan_outline(plan)
            score = read_score(place / "piece.mid").score
            yield fitted(score, outline, source=place.name, plan_source=place.name), outline


def habits_of(score: Score, outline: Outline, performance: Performance) -> list[float]:
    """Return the measures of one performance."""
    code, reading = encode(performance), read(score, outline)
    is_top = {id(note): bool(top) for (_, note), top in zip(reading.strikes, reading.is_top, strict=True)}
    top = np.array([is_top[id(note)] for _, note in code.strikes])
    chords: dict[int, list[float]] = defaultdict(list)
    for (_, note), timing_sec in zip(code.strikes, code.timing_sec, strict=True):
        if not note.is_grace:
            chords[note.onset_tick].append(1000 * timing_sec)
    down, presses = pedal_of(performance)
    return [
        float(code.velocity.std()),
        float(code.velocity[top].mean() - code.velocity[~top].mean()),
        float(np.median([np.std(timings) for timings in chords.values() if len(timings) > 1])),
        float(np.median(2**code.articulation_log2)),
        down / performance.duration_sec,
        presses / performance.duration_sec,
        float(beat_tempo(score, outline, performance).std()),
    ]


def beat_tempo(score: Score, outline: Outline, performance: Performance) -> np.ndarray:
    """Return the log length of each beat, against the marked tempo."""
    reading = read(score, outline)
    beats = reading.beats[reading.beats[:, 1] <= reading.onset_tick.max()]
    played, marked = seconds_at(performance.tempo_curve, beats), reading.seconds_at(beats)
    return np.log((played[:, 1] - played[:, 0]) / (marked[:, 1] - marked[:, 0]))


def takes_of(score: Score, outline: Outline, player: Player) -> tuple[tuple[float, float], list[np.ndarray]]:
    """Return how far two takes agree in tempo and velocity, and how each differs from the player without chance."""
    steady = replace(player, tempo_noise=0.0, chord_jitter_ms=0.0, velocity_noise=0.0)
    rules = beat_tempo(score, outline, perform(score, outline, player=steady))
    tempi, velocities = [], []
    for take in TAKES:
        performance = perform(score, outline, player=player, take=take)
        tempi.append(beat_tempo(score, outline, performance))
        notes = sorted(performance.notes, key=lambda row: (row.part, row.note))
        velocities.append([row.velocity for row in notes])
    tempo, velocity = (
        float(np.mean([np.corrcoef(one, other)[0, 1] for one, other in combinations(rows, 2)]))
        for rows in (tempi, velocities)
    )
    return (tempo, velocity), [row - rules for row in tempi]


def pedal_of(performance: Performance) -> tuple[float, int]:
    """Return seconds down and the number of presses of the first part that has a pedal."""
    if not performance.pedal:
        return 0.0, 0
    events = [event for event in performance.pedal if event.part == performance.pedal[0].part]
    pressed = zip(events[::2], events[1::2], strict=True)
    return sum(up.time_sec - down.time_sec for down, up in pressed), len(events) // 2


if __name__ == "__main__":
    main()
