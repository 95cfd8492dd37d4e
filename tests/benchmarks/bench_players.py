"""The presets beside recorded habits: spread of loudness and tempo, touch, chords, pedal.

Run by hand, with the music in the folder that RITORNELLO_DATA names (`corpora/mutopia/…`, public domain):

    RITORNELLO_DATA=… python tests/benchmarks/bench_players.py

Each preset plays up to ten piano pieces of its repertoire from MIDI files, with phrases and chords found by the
analysis. The files state no dynamics, so the spread of velocities has to grow when a plan adds its levels (about 5 to
9 units). Beside it the habits measured on recorded performances of the composer (730 performances of 98 pieces).
Goal: within 20 %.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from composer.analysis.outline import outline_of
from composer.corpus.reader import read_score
from composer.errors import MusicFileError
from composer.outline import Outline
from composer.perform import encode, perform, seconds_at
from composer.perform.reading import read
from composer.performance import Performance
from composer.score import Score

MEASURES = (
    "velocity SD",
    "top − rest",
    "chord SD ms",
    "touch",
    "pedal down",
    "presses/s",
    "beat SD",
    "lag-1",
    "last 2 ×",
)
PIANOS = range(6)  # General MIDI programs
# Player: folder, file pattern, the composer's habits in the order of MEASURES.
REPERTOIRE = {
    "baroque": ("BachJS", "*BWV[78]*.mid", (11.2, 10.5, 5.6, 0.88, 0.13, 0.3, 0.094, 0.54, 1.8)),
    "classical": ("MozartWA", "*.mid", (14.4, 13.6, 6.7, 0.66, 0.32, 0.8, 0.088, 0.38, 1.4)),
    "beethoven": ("BeethovenLv", "*.mid", (16.5, 11.2, 7.6, 0.64, 0.49, 0.75, 0.22, 0.62, 1.6)),
    "romantic": ("ChopinFF", "*.mid", (15.6, 9.5, 8.8, 0.66, 0.75, 1.0, 0.26, 0.54, 1.5)),
}


def main() -> None:
    """Print two lines for each preset: ours, recorded."""
    folder = os.environ.get("RITORNELLO_DATA")
    if not folder:
        sys.exit("set RITORNELLO_DATA to the folder that holds corpora/mutopia")
    print(f"{'':24s}" + "".join(f"{name:>13s}" for name in MEASURES))
    for player, (composer, pattern, habits) in REPERTOIRE.items():
        rows, bars, seconds = [], 0, 0.0
        for score, outline in islice(pieces(Path(folder) / "corpora" / "mutopia" / composer, pattern), 10):
            started = time.perf_counter()
            performance = perform(score, outline, player=player)
            seconds += time.perf_counter() - started
            bars += len(score.bars)
            rows.append(habits_of(score, outline, performance))
        print(f"{player:10s} {len(rows):2d} pieces    " + "".join(f"{x:13.2f}" for x in np.nanmean(rows, axis=0)))
        print(f"{'':10s} recorded     " + "".join(f"{value:13.2f}" for value in habits))
        print(f"{'':10s} 200 bars in {200 * seconds / max(bars, 1):.2f} s")


def pieces(folder: Path, pattern: str) -> Iterator[tuple[Score, Outline]]:
    """Yield piano pieces of 20 to 200 bars."""
    for path in sorted(folder.glob(pattern)):
        try:
            score = read_score(path).score
        except MusicFileError as error:
            print(f"left out: {error}")
            continue
        if 20 <= len(score.bars) <= 200 and all(part.program in PIANOS for part in score.parts):
            yield score, outline_of(score, ensemble="keyboard")


def habits_of(score: Score, outline: Outline, performance: Performance) -> list[float]:
    """Return the measures of one performance."""
    code, reading = encode(performance), read(score, outline)
    is_top = {id(note): bool(top) for (_, note), top in zip(reading.strikes, reading.is_top, strict=True)}
    top = np.array([is_top[id(note)] for _, note in code.strikes])
    chords: dict[int, list[float]] = defaultdict(list)
    for (_, note), timing_sec in zip(code.strikes, code.timing_sec, strict=True):
        if not note.is_grace:
            chords[note.onset_tick].append(1000 * timing_sec)
    beats = np.concatenate([np.arange(b.onset_tick - b.lead_tick, b.end_tick, b.meter.beat_ticks) for b in score.bars])
    beats = beats[(beats >= 0) & (beats <= reading.onset_tick.max())]
    played = np.log(np.diff(seconds_at(performance.tempo_curve, beats)))
    tempo = played - np.log(np.diff(reading.seconds_at(beats)))
    down, presses = pedal_of(performance)
    return [
        float(code.velocity.std()),
        float(code.velocity[top].mean() - code.velocity[~top].mean()),
        float(np.median([np.std(timings) for timings in chords.values() if len(timings) > 1])),
        float(np.median(2**code.articulation_log2)),
        down / performance.duration_sec,
        presses / performance.duration_sec,
        float(tempo.std()),
        float(np.corrcoef(tempo[1:], tempo[:-1])[0, 1]),
        float(np.exp(tempo[-2:].mean() - np.median(tempo))),
    ]


def pedal_of(performance: Performance) -> tuple[float, int]:
    """Return seconds down and the number of presses of the first part that has a pedal."""
    events = [event for event in performance.pedal if event.part == performance.pedal[0].part]
    pressed = zip(events[::2], events[1::2], strict=True)
    return sum(up.time_sec - down.time_sec for down, up in pressed), len(events) // 2


if __name__ == "__main__":
    main()
