"""Round trips over whole corpora: Score -> MusicXML -> Score and Score -> MIDI -> Score; is anything lost?

Run by hand, with scores in the folder `corpora` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_round_trips.py [--to FORMAT …] [--every N] [--open]

Each file is read, written with the library's own writer, and read again. Equality is what `score_facts.py` writes down:
everything that the format can hold. A piece is identical where all its facts are the same, none lost and none added.
The table gives, for each folder and format, the share of pieces that are identical, and for each kind of fact the share
of the pieces where it is the same; the list below names the first differences of each kind.

MIDI files are played as written first: the tempos of the score, each note its whole length.

`--open` also opens each written page with verovio (`pip install verovio`), in a child process: it must draw the first
page and say nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from music_folder import music_folder
from score_facts import Facts, page_facts, struck_facts

from composer.corpus.reader import SUFFIXES, read_bytes
from composer.errors import ComposerError
from composer.export.midi import midi_bytes
from composer.export.musicxml import musicxml_bytes
from composer.performance import Performance, PlayedNote, TempoPoint
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

_OPEN = """
import sys, verovio
toolkit = verovio.toolkit()
drawn = toolkit.loadFile(sys.argv[1]) and "<svg" in toolkit.renderToSVG(1)
sys.exit(0 if drawn else 1)
"""


@dataclass
class Row:
    """Sums over the files of one folder."""

    pieces: int = 0
    identical: int = 0
    refused: list[str] = field(default_factory=list)
    same: Counter[str] = field(default_factory=Counter)  # kind of fact -> pieces where it is the same
    lost: Counter[str] = field(default_factory=Counter)  # kind of fact -> facts that are gone
    added: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[str]] = field(default_factory=dict)


def as_written(score: Score) -> Performance:
    """Play a score as it stands: its tempos, every note its whole length."""
    rows = [(mark.tick, 60 / (mark.beat_bpm * score.meter_at(mark.tick).beat_quarters)) for mark in score.tempos]
    if not rows or rows[0][0] > 0:
        rows.insert(0, (0, rows[0][1] if rows else 0.5))
    points: list[TempoPoint] = []
    for tick, quarter_sec in rows:
        before = points[-1] if points else TempoPoint(0, 0.0, quarter_sec)
        onset_sec = before.onset_sec + (tick - before.tick) / TICKS_PER_QUARTER * before.quarter_sec
        points.append(TempoPoint(tick, onset_sec, quarter_sec))

    def second(tick: int) -> float:
        before = next(point for point in reversed(points) if point.tick <= tick)
        return before.onset_sec + (tick - before.tick) / TICKS_PER_QUARTER * before.quarter_sec

    notes = tuple(
        PlayedNote(part, note, second(note.onset_tick), second(note.end_tick) - second(note.onset_tick), 64)
        for part, note in score.notes()
        if not note.is_grace
    )
    return Performance(score, notes, tuple(points), ())


def facts_of_trip(score: Score, kind: str) -> tuple[Facts, Facts]:
    """Return the facts before and after a trip through one format."""
    if kind == "musicxml":
        again = read_bytes(musicxml_bytes(score), "again.musicxml").score
        is_spelled = all(note.spelling for _, note in score.notes())
        return page_facts(score, is_spelled=is_spelled), page_facts(again, is_spelled=is_spelled)
    again = read_bytes(midi_bytes(as_written(score)), "again.mid").score
    before, after = struck_facts(score), struck_facts(again)
    if not score.tempos:  # a file always has one
        after["tempos"].clear()
    return before, after


def opened(page: bytes) -> str:
    """Open a page with verovio in a child process; return what it complains of."""
    with tempfile.NamedTemporaryFile(suffix=".musicxml") as file:
        file.write(page)
        file.flush()
        done = subprocess.run([sys.executable, "-c", _OPEN, file.name], capture_output=True, text=True, check=False)
    return done.stderr.strip() or (f"ended with {done.returncode}" if done.returncode else "")


def measure(name: str, score: Score, kind: str, row: Row, limit: int) -> None:
    """Send one score through a format and compare."""
    row.pieces += 1
    try:
        before, after = facts_of_trip(score, kind)
    except ComposerError as error:
        row.refused.append(f"{name}: {error}")
        return
    row.identical += before == after
    for what, facts in before.items():
        lost, added = facts - after[what], after[what] - facts
        row.facts[what] += facts.total()
        row.lost[what] += lost.total()
        row.added[what] += added.total()
        row.same[what] += not lost and not added
        if (lost or added) and len(row.first.setdefault(what, [])) < limit:
            row.first[what].append(f"{name}: lost {list(lost)[:2]}; new {list(added)[:2]}"[:400])


def table(rows: dict[str, Row]) -> Iterator[str]:
    """Yield the lines of the table: one a folder, and beneath it what differs."""
    for name, row in rows.items():
        done = row.pieces - len(row.refused)
        yield f"{name:32} {row.pieces:5} pieces, {row.identical / max(1, row.pieces):8.2%} identical"
        for what, facts in row.facts.items():
            if row.same[what] == done:
                continue
            yield (
                f"    {what:12} the same in {row.same[what] / max(1, done):8.2%} of pieces; of {facts:,} "
                f"{row.lost[what]:,} lost ({row.lost[what] / max(1, facts):.4%}), {row.added[what]:,} added"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", nargs="+", choices=("musicxml", "midi"), default=["musicxml", "midi"])
    parser.add_argument("--every", type=int, default=1, help="only every N-th file")
    parser.add_argument("--list", type=int, default=3, metavar="N", help="show N pieces for each kind that differs")
    parser.add_argument("--open", action="store_true", help="open each written page with verovio too")
    parser.add_argument("--only", default="", metavar="TEXT", help="only files with this in their path")
    options = parser.parse_args()
    root = music_folder() / "corpora"
    folders: dict[str, list[Path]] = {}
    for path in sorted(
        path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and options.only in str(path)
    ):
        folders.setdefault(path.relative_to(root).parts[0], []).append(path)
    rows: dict[str, Row] = {}
    for folder, paths in folders.items():
        for path in paths[:: options.every]:
            try:
                score = read_bytes(path.read_bytes(), path.name).score
            except ComposerError:
                continue  # bench_reading.py counts these
            if options.open:
                row = rows.setdefault(f"verovio: {folder}", Row())
                row.pieces += 1
                said = opened(musicxml_bytes(score))
                row.identical += not said
                row.refused += [f"{path.name}: {said[:200]}"] if said else []
            for kind in options.to:
                measure(path.name, score, kind, rows.setdefault(f"{kind}: {folder}", Row()), options.list)
    for name, row in rows.items():
        for text in row.refused[: options.list]:
            print(f"{name}: refused: {text}")
        for what, lines in row.first.items():
            for text in lines:
                print(f"{name}: {what}: {text}")
    print()
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
