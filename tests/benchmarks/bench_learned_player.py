"""What `compose train-player` adds to the rules: correlations with the mean of 22 pianists, one excerpt left out.

Run by hand, with the evaluation data in the folder that RITORNELLO_DATA names (`performance/…`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_learned_player.py

For each excerpt of the Vienna 4x22 a player is learned from the other three, with the code that the command uses: 66
performances, but of three short pieces only, which is about the least that can be learned from. The rules are those of
`bench_performer.py` at published strengths. The weight is what the learned part has beside the rules; how many trees
were of use was chosen on the three pieces alone. Below: how well the notes of a performance are found in its score, and
what is lost when the phrases are not marked by a musician but found by the analysis, as they are for any file.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench_performer import ALL, against, ceiling, heading, pianists_of, row, with_strengths
from pianists import Excerpt, load, quantities

from composer.analysis.outline import outline_of
from composer.corpus.midi.presses import KeyPress
from composer.perform import Player, Refinement, perform
from composer.perform.alignment import align
from composer.perform.reading import read
from composer.training.played_pairs import PlayedPiece
from composer.training.player import fit_part

WEIGHTS = (0.25, 0.5, 0.75, 1.0)


def main() -> None:
    """Print the tables."""
    folder = os.environ.get("RITORNELLO_DATA")
    if not folder:
        sys.exit("set RITORNELLO_DATA to the folder that holds performance/")
    excerpts = load(Path(folder) / "performance", "L6")
    base = with_strengths(ALL)
    started = time.perf_counter()
    parts = [fit_part([played(other) for other in excerpts if other is not one], base)[0] for one in excerpts]
    seconds = (time.perf_counter() - started) / len(excerpts)
    print(f"mean of {len(excerpts)} excerpts, r with the mean of the pianists; learned in {seconds:.1f} s each\n")
    heading()
    row("rules", [measure(excerpt, base) for excerpt in excerpts])
    for weight in WEIGHTS:
        rows = [measure(one, base, [replace(part, weight=weight)]) for one, part in zip(excerpts, parts, strict=True)]
        row(f"learned, weight {weight:g}", rows)
    row("one pianist vs others", [ceiling(excerpt, np.mean) for excerpt in excerpts])
    print("\ntrees that were of use on the three others: loudness, touch, time")
    for excerpt, part in zip(excerpts, parts, strict=True):
        print(f"{excerpt.name:28s} {len(part.loudness):4d} {len(part.touch) - 1:4d} {len(part.time):4d}")
    print("\nphrases found by the analysis")
    heading()
    row("rules", [measure(replace(one, outline=outline_of(one.score)), base) for one in excerpts])
    print("\nnotes of the performances found in the score")
    for excerpt in excerpts:
        print(f"{excerpt.name:28s} {found_rightly(excerpt):.4f} rightly")


def played(excerpt: Excerpt) -> PlayedPiece:
    """Return an excerpt as a piece to learn from."""
    return PlayedPiece(excerpt.name, read(excerpt.score, excerpt.outline), tuple(excerpt.played))


def measure(excerpt: Excerpt, player: Player, refinements: Sequence[Refinement] = ()) -> dict[str, float]:
    """Return the correlations of one performance with the mean of the pianists."""
    ours = perform(excerpt.score, excerpt.outline, player=player, refinements=refinements)
    return against(quantities(excerpt, ours), pianists_of(excerpt))


def found_rightly(excerpt: Excerpt) -> float:
    """Return the share of the notes that `align` links to the press that was theirs."""
    right = total = 0
    for performance in excerpt.played:
        rows = sorted(performance.notes, key=lambda note: (note.onset_sec, note.note.pitch))
        presses = [KeyPress(n.onset_sec, n.note.pitch, n.duration_sec, n.velocity) for n in rows]
        alignment = align(excerpt.score, presses)
        start_sec = min(presses[press].onset_sec for press in alignment.pressed)
        truth = {(n.note, round(n.onset_sec - start_sec, 6)) for n in rows if not n.note.is_grace}
        found = {(n.note, round(n.onset_sec, 6)) for n in alignment.performance.notes}
        right, total = right + len(truth & found), total + len(truth)
    return right / total


if __name__ == "__main__":
    main()
