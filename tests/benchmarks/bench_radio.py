"""Whether the radio composes faster than it plays, and whether it plays in time while it composes.

    python tests/benchmarks/bench_radio.py [--pieces 6] [--style bach] [--seed 5] [--play SEC]

Pieces of a programme are composed with their pages, one after another; told are seconds of composing (with page and
MIDI) beside seconds of sounding, and what the process takes of memory (Linux). The slack is how much sound is left over
at the worst place, two pieces being composed ahead. With `--play`, the first piece is then played so long on a
port that only looks at the clock while the others are composed again: how late are its messages?
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import mido
import numpy as np

from composer.errors import OutputError
from composer.radio import Aired, Item, MidiChannel, RadioWishes, Workshop, air, programme, usable_forms
from composer.radio.channels import LEAD
from composer.radio.midi_port import PAUSE_SEC


class ClockPort:
    """Notes when each message comes."""

    def __init__(self, seconds: float) -> None:
        self.until, self.came_sec = time.perf_counter() + seconds, list[float]()

    def send(self, message: Any) -> None:
        self.came_sec.append(time.perf_counter())
        if self.came_sec[-1] > self.until and message.type.startswith("note"):
            raise EOFError

    def close(self) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=6)
    parser.add_argument("--style")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--play", type=float, default=0.0, metavar="SEC")
    args = parser.parse_args()
    forms = usable_forms(style=args.style)
    items = list(islice(programme(seed=args.seed, forms=forms), args.pieces))
    wishes = RadioWishes(style=args.style, as_midi=True, as_page=True)
    heads = ("bars", "sounds s", "made in s", "times", "MB page", "MB memory")
    print(f"{'':3} {'piece':34} {' '.join(f'{head:>9}' for head in heads)}  load")
    with Workshop(partial(air, wishes=wishes)) as workshop:
        pieces = [composed(workshop, item) for item in items]
    share = sum(one.composing_sec for one in pieces) / sum(one.length_sec for one in pieces)
    print(f"composing takes {share:.0%} of the time")
    print(f"slack: {slack_sec(pieces):.0f} s at the worst place")
    if args.play:
        with Workshop(partial(air, wishes=wishes)) as workshop:
            for item in items:
                workshop.order(item)
            late_ms = lateness_ms(pieces[0], args.play)
        median, most, worst = np.percentile(late_ms, [50, 99, 100])
        print(f"{len(late_ms)} messages: late by {median:.2f} ms (median), {most:.1f} (99 %), {worst:.0f} at most")


def composed(workshop: Workshop[Item, Aired], item: Item) -> Aired:
    workshop.order(item)
    piece = workshop.fetch()
    assert piece.page is not None
    times = piece.length_sec / piece.composing_sec
    print(
        f"{piece.number:3} {piece.title:34} {piece.num_bars:9} {piece.length_sec:9.0f} {piece.composing_sec:9.1f} "
        f"{times:9.1f} {len(piece.page) / 1e6:9.1f} {memory_mb(workshop):9.0f}  {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return piece


def memory_mb(workshop: Workshop[Item, Aired]) -> float:
    process = workshop._process
    status = Path(f"/proc/{process.pid}/status") if process is not None else Path()
    rows = status.read_text(encoding="utf-8").splitlines() if status.is_file() else []
    return next((int(row.split()[1]) / 1000 for row in rows if row.startswith("VmRSS")), float("nan"))


def slack_sec(pieces: list[Aired]) -> float:
    """Return by how much a piece is ready before it is needed, at the worst place; below 0 there is a gap."""
    slack, ready_sec, ends_sec = float("inf"), 0.0, list[float]()
    for index, piece in enumerate(pieces):
        asked_sec = ends_sec[index - LEAD - 1] if index > LEAD else 0.0
        ready_sec = max(ready_sec, asked_sec) + piece.composing_sec
        needed_sec = ends_sec[-1] + PAUSE_SEC if ends_sec else ready_sec
        slack = min(slack, needed_sec - ready_sec) if index else slack
        ends_sec.append(max(needed_sec, ready_sec) + piece.length_sec)
    return slack


def lateness_ms(piece: Aired, seconds: float) -> np.ndarray:
    """Return by how much each message of a piece comes later than the most punctual one."""
    assert piece.midi is not None
    port = ClockPort(seconds)
    with contextlib.suppress(OutputError):  # the port has heard enough
        MidiChannel(port).play(piece)
    due_sec, at_sec = [], 0.0
    for message in mido.MidiFile(file=io.BytesIO(piece.midi)):
        at_sec += message.time
        if not message.is_meta:
            due_sec.append(at_sec)
    late_sec = np.array(port.came_sec) - due_sec[: len(port.came_sec)]
    return 1000 * (late_sec - late_sec.min())


if __name__ == "__main__":
    main()
