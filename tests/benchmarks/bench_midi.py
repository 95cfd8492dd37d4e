"""MIDI files as played, as humanised and as programs write them: what is known to be which, and are the notes restored?

Run by hand, with the data in the folder that RITORNELLO_DATA names (`performance/vienna4x22_notes.csv.gz`,
`corpora/mutopia`, `corpora/lieder`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_midi.py [--every N] [--only live humanised written own meters]

- `live`: 22 pianists playing four excerpts freely, as files of one fixed tempo at several tempi and resolutions: the
  share that is read as a live performance.
- `humanised`: written files whose onsets and ends are moved by a Gaussian of so many milliseconds (at 120 quarters a
  minute, 480 ticks a quarter): the share of onsets that are read at their written place, of notes also with their
  written length, and of the files that are taken for live.
- `written`: the same files as they are, at several resolutions: onsets, files taken for live, notes a second.
- `own`: pieces performed by this program's players (onsets some milliseconds beside the beat, the rubato in the tempo
  map), written and read again: the share of onsets at their written place, files taken for live, equal bars.
- `meters`: how often a stated 4/4 is doubted, where it is right and where it stands for another meter.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from music_folder import music_folder

from composer.analysis.outline import outline_of
from composer.corpus.midi.reader import MidiReading, read_midi
from composer.corpus.reader import read_score
from composer.errors import MusicFileError
from composer.export.midi import midi_bytes
from composer.perform import perform
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

Row = tuple[float, float, int]  # onset, end in quarters, pitch
TRACK = list[Row]
JITTERS_MS = (0, 2, 5, 10, 15, 20, 30, 40)
RESOLUTIONS = (24, 48, 96, 120, 192, 220, 384, 480, 960)
PLAYERS = ("baroque", "romantic")
MAX_NOTES = 3_000  # of a piece, for the time it takes


def smf(tracks: Sequence[TRACK], *, ticks: int, meter: tuple[int, int] | None = (4, 2), bpm: float = 120.0) -> bytes:
    """Write a file of type 1, a track and channel for each; events are laid as they come, on whole ticks."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + len(body).to_bytes(4, "big") + body

    def track(events: Iterable[tuple[int, int, bytes]]) -> bytes:
        body, before = b"", 0
        for tick, _, event in sorted(events):
            gap, number = tick - before, b""
            number = bytes([gap & 0x7F])
            while gap := gap >> 7:
                number = bytes([gap & 0x7F | 0x80]) + number
            body += number + event
            before = tick
        return chunk(b"MTrk", body + b"\0\xff\x2f\0")

    head = [(0, 0, b"\xff\x51\x03" + round(60e6 / bpm).to_bytes(3, "big"))]
    if meter:
        head.append((0, 1, bytes([0xFF, 0x58, 4, *meter, 24, 8])))
    chunks = [track(head)]
    for index, rows in enumerate(tracks):
        channel = index + (index > 8)
        events = []
        for onset, end, pitch in rows:
            start = max(0, round(onset * ticks))
            events.append((start, 1, bytes([0x90 | channel, pitch, 64])))
            events.append((max(start + 1, round(end * ticks)), 0, bytes([0x80 | channel, pitch, 0])))
        chunks.append(track(events))
    header = (1).to_bytes(2, "big") + len(chunks).to_bytes(2, "big") + ticks.to_bytes(2, "big")
    return chunk(b"MThd", header) + b"".join(chunks)


def tracks_of(score: Score) -> list[TRACK]:
    """Return a track for each staff, in quarters; graces are left out."""
    found: dict[tuple[int, int], TRACK] = defaultdict(list)
    for part, note in score.notes():
        if not note.is_grace:
            row = note.onset_tick / TICKS_PER_QUARTER, note.end_tick / TICKS_PER_QUARTER, note.pitch
            found[part, note.staff].append(row)
    return [found[key] for key in sorted(found)][:15]


def places(score: Score) -> Counter[tuple[int, int]]:
    """Return (onset, pitch) of all notes, each pitch of a moment once."""
    return Counter({(note.onset_tick, note.pitch) for _, note in score.notes() if not note.is_grace})


def lengths(score: Score) -> Counter[tuple[int, int, int]]:
    """Return (onset, pitch, duration) of all notes."""
    return Counter({(n.onset_tick, n.pitch, n.duration_tick) for _, n in score.notes() if not n.is_grace})


class Sums:
    """What is summed over the files of a row."""

    def __init__(self) -> None:
        self.files = self.live = self.notes = self.lengths = self.onsets = self.whole = self.bars = 0
        self.seconds = 0.0

    def add(self, score: Score, data: bytes) -> MidiReading:
        """Read a file and compare it with what was written."""
        start = time.process_time()
        reading = read_midi(data, "bench.mid")
        self.seconds += time.process_time() - start
        self.files += 1
        self.live += reading.is_live
        wanted = places(score)
        self.notes += wanted.total()
        self.onsets += (wanted & places(reading.score)).total()
        written = lengths(score)
        self.lengths += written.total()
        self.whole += (written & lengths(reading.score)).total()
        self.bars += [bar.onset_tick for bar in score.bars] == [bar.onset_tick for bar in reading.score.bars]
        return reading

    def __str__(self) -> str:
        notes, files = self.notes or 1, self.files or 1
        return (
            f"{self.files:5} files, live {self.live / files:6.1%}, onsets {self.onsets / notes:7.2%}, "
            f"with lengths {self.whole / (self.lengths or 1):7.2%}, {self.notes / (self.seconds or 1):8,.0f} notes/s"
        )


def performances(root: Path) -> list[TRACK]:
    """Return the pianists' performances, in seconds."""
    found: dict[tuple[str, str], TRACK] = defaultdict(list)
    with gzip.open(root / "performance" / "vienna4x22_notes.csv.gz", "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            onset = float(row["p_on"])
            found[row["piece"], row["perf"]].append((onset, onset + float(row["p_dur"]), int(row["pitch"])))
    return list(found.values())


def written_scores(root: Path, every: int) -> list[Score]:
    """Return exact scores: keyboard pieces and songs."""
    paths = sorted((root / "corpora" / "mutopia").rglob("*.mid"))[::every]
    paths += sorted((root / "corpora" / "lieder").rglob("*.mxl"))[:: 2 * every]
    scores = []
    for path in paths:
        try:
            score = read_score(path).score
        except MusicFileError:
            continue
        if sum(len(part.notes) for part in score.parts) <= MAX_NOTES:
            scores.append(score)
    return scores


def live(root: Path, every: int) -> None:
    """Print the recall of live performances."""
    played = performances(root)[:: max(1, every // 10)]
    print(f"live: {len(played)} performances")
    for ticks in RESOLUTIONS:
        shares = []
        for bpm in (60.0, 100.0, 120.0, 137.0):
            quarters = [[(a * bpm / 60, b * bpm / 60, pitch) for a, b, pitch in rows] for rows in played]
            readings = [read_midi(smf([rows], ticks=ticks, bpm=bpm), "live.mid") for rows in quarters]
            shares.append(f"{bpm:g}: {sum(one.is_live for one in readings) / len(readings):.0%}")
        print(f"  {ticks:4} ticks a quarter; at a tempo of", ", ".join(shares))


def humanised(root: Path, every: int) -> None:
    """Print what is restored of humanised files."""
    scores = written_scores(root, every)
    for jitter_ms in JITTERS_MS:
        rng, sums, spread = random.Random(7), Sums(), jitter_ms / 500
        for score in scores:
            moved = [
                [(max(0, a + rng.gauss(0, spread)), b + rng.gauss(0, spread), pitch) for a, b, pitch in rows]
                for rows in tracks_of(score)
            ]
            sums.add(score, smf(moved, ticks=480))
        print(f"humanised, {jitter_ms:2} ms: {sums}")


def written(root: Path, every: int) -> None:
    """Print false alarms and places at several resolutions."""
    scores = written_scores(root, every)
    for ticks in RESOLUTIONS:
        sums = Sums()
        for score in scores:
            sums.add(score, smf(tracks_of(score), ticks=ticks))
        print(f"written, {ticks:4} ticks a quarter: {sums}")


def own(root: Path, every: int) -> None:
    """Print what is read of this program's own performances."""
    scores = written_scores(root, 2 * every)
    outlines = [outline_of(score) for score in scores]
    for player in PLAYERS:
        sums = Sums()
        for score, outline in zip(scores, outlines, strict=True):
            sums.add(score, midi_bytes(perform(score, outline, player=player)))
        print(f"own, {player:9}: {sums}, bars {sums.bars / (sums.files or 1):.1%}")


def meters(root: Path, every: int) -> None:
    """Print how often a 4/4 that is stated is doubted."""
    doubted: dict[bool, list[bool]] = {True: [], False: []}
    for score in written_scores(root, every):
        if len({bar.meter for bar in score.bars}) == 1:
            told = read_midi(smf(tracks_of(score), ticks=480), "meter.mid").mended
            is_right = str(score.bars[0].meter) in ("2/4", "4/4", "2/2", "4/2", "2/1")
            doubted[is_right].append(any("sound like" in line for line in told))
    for is_right, found in doubted.items():
        what = "4/4 or kin" if is_right else "another meter"
        print(f"meters, {what} written as 4/4: {sum(found)} of {len(found)} doubted")


TABLES: dict[str, Callable[[Path, int], None]] = {
    "live": live,
    "humanised": humanised,
    "written": written,
    "own": own,
    "meters": meters,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=10, help="only every N-th piece of each corpus")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    options = parser.parse_args()
    for name in options.only:
        TABLES[name](music_folder(), options.every)


if __name__ == "__main__":
    main()
