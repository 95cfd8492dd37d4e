"""The analysis beside human analysts: keys, chords, phrase ends and speed on Bach's chorales.

Run by hand, with the evaluation data in the folder that RITORNELLO_DATA names (`corpora/chorales` and
`analyses/chorales`, RomanText; measured with, never shipped):

    RITORNELLO_DATA=… python tests/benchmarks/bench_analysis.py [--every N] [--music21 [N]]

What is measured, over all beats of the chorales whose analysis fits the score (numbers of bars agree, and at least 82 %
of the sounding notes belong to the analyst's chord, so that another piece of the same number is left out): share of
beats with the right local key (tonic and mode), the right root, key and root, root and inversion, with the fermatas and
without; of the analyst's chord changes on and off the beat, how many are found, and how many of ours are theirs; phrase
ends with the fermatas hidden from the finder (F1).
`--music21` puts music21's own analysis of the same chorales (or the first N) beside it: root and inversion of the
chordified beat, key of a floating window.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from music_folder import music_folder

from composer.analysis.frames import note_array
from composer.analysis.harmony import analyse_harmony
from composer.analysis.outline import outline_of
from composer.analysis.phrases import divide_phrases
from composer.analysis.reading import find_phrases, read_harmony
from composer.corpus.reader import read_score
from composer.errors import PlanError
from composer.outline import span_at
from composer.score import Score
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import Key, parse_key

MIN_FIT = 0.82  # share of sounding notes in the analyst's chords
_BAR = re.compile(r"^m(\d+)(?:-\d+)?(?P<rest> .*)$")  # variants (m12var1) are other readings and left out
_KEY = re.compile(r"^([A-Ga-g][b#-]*):$")
_BEAT = re.compile(r"^b(\d+(?:\.\d+)?)$")


@dataclass(frozen=True)
class Event:
    """One label of an analyst."""

    tick: int
    key: Key
    chord: Chord


@dataclass(frozen=True)
class Example:
    """A chorale with its analysis."""

    path: Path
    score: Score
    events: list[Event]

    def beats(self) -> Iterator[tuple[int, Event]]:
        """Every beat that has a label."""
        ticks = [event.tick for event in self.events]
        for bar in self.score.bars:
            tick = bar.onset_tick + (-bar.lead_tick) % bar.meter.beat_ticks
            while tick < bar.end_tick:
                place = int(np.searchsorted(ticks, tick, side="right")) - 1
                if place >= 0:
                    yield tick, self.events[place]
                tick += bar.meter.beat_ticks


def read_analysis(path: Path, score: Score) -> list[Event]:
    """Labels of a RomanText file in the ticks of a score; empty where their bars do not agree."""
    starts = {bar.number: bar.onset_tick - bar.lead_tick for bar in score.bars}
    events: list[Event] = []
    key = Key(0, "major")
    for row in path.read_text(encoding="utf-8").splitlines():
        found = _BAR.match(row)
        if not found:
            continue
        number, beat = int(found[1]), 1.0
        if number not in starts:
            return []
        for token in found["rest"].split():
            if _BEAT.match(token):
                beat = float(token[1:])
            elif _KEY.match(token):
                key = parse_key(token[:-1].replace("-", "b"))
            elif not set(token) <= set("|:"):
                chord = _chord(token, key)
                tick = round(starts[number] + (beat - 1) * score.meter_at(max(0, starts[number])).beat_ticks)
                if chord is not None:
                    events.append(Event(tick, key, chord))
    return sorted(events, key=lambda event: event.tick)


def _chord(token: str, key: Key) -> Chord | None:
    text = re.sub(r"(\d)/(?=\d)", r"\1", re.sub(r"\[.*?\]", "", token))  # V6/5/V is V65/V
    text = text.replace("maj", "M").replace("/o", "ø")
    try:
        return parse_chord(text if text.startswith("VM") else text.replace("M7", "7"), key.mode)
    except PlanError:
        return None


def fit(score: Score, example: Example) -> float:
    """Share of sounding notes that belong to the analyst's chords."""
    notes = note_array(score)
    shares = []
    for tick, event in example.beats():
        sounding = set((notes.pitch[(notes.onset <= tick) & (notes.end > tick)] % 12).tolist())
        if sounding:
            shares.append(len(sounding & set(event.chord.pitch_classes(event.key))) / len(sounding))
    return float(np.mean(shares)) if shares else 0.0


def examples(data: Path, every: int) -> Iterator[Example]:
    """Chorales with an analysis that fits."""
    for path in sorted(data.glob("corpora/chorales/*.musicxml"))[::every]:
        analysis = data / "analyses" / "chorales" / f"{path.name[:3]}.txt"
        if analysis.exists():
            score = read_score(path).score
            example = Example(path, score, read_analysis(analysis, score))
            if example.events and fit(score, example) >= MIN_FIT:
                yield example


Label = tuple[int, str, int, int]  # tonic, mode, root, inversion
Finder = Callable[[Example], Callable[[int], Label | None]]


def ours(example: Example) -> Callable[[int], Label | None]:
    """The label at a tick, by this program."""
    reading = read_harmony(example.score)

    def at(tick: int) -> Label | None:
        key, chord = span_at(reading.keys, tick), span_at(reading.chords, tick)
        if not key or not chord:
            return None
        return key.key.tonic_pitch_class, key.key.mode, chord.chord.root(chord.key), chord.chord.inversion

    return at


def ours_hidden(example: Example) -> Callable[[int], Label | None]:
    """The same with the fermatas hidden."""
    return ours(replace(example, score=replace(example.score, fermata_ticks=())))


def music21s(example: Example) -> Callable[[int], Label | None]:
    """The same by music21: the chordified beat's root and inversion, a floating window's key."""
    from music21 import analysis, converter

    stream = converter.parse(str(example.path), forceSource=True)
    chords = [
        (float(chord.offset), chord.root().pitchClass, chord.inversion())
        for chord in stream.chordify().flatten().getElementsByClass("Chord")
    ]
    offsets = [offset for offset, _, _ in chords]
    keys = analysis.floatingKey.KeyAnalyzer(stream).run()

    def at(tick: int) -> Label | None:
        place = int(np.searchsorted(offsets, tick / 10_080, side="right")) - 1
        key = keys[min(example.score.bar_index_at(tick), len(keys) - 1)]
        return (key.tonic.pitchClass, key.mode, *chords[place][1:]) if place >= 0 else None

    return at


def agreement(chosen: list[Example], finder: Finder) -> tuple[float, ...]:
    """Shares of beats with the right key, root, key and root, root and inversion."""
    rows = []
    for example in chosen:
        at = finder(example)
        for tick, event in example.beats():
            found = at(tick)
            key = found is not None and found[:2] == (event.key.tonic_pitch_class, event.key.mode)
            root = found is not None and found[2] == event.chord.root(event.key)
            rows.append((key, root, key and root, root and found is not None and found[3] == event.chord.inversion))
    return tuple(float(share) for share in np.array(rows).mean(axis=0))


def changes(chosen: list[Example]) -> dict[str, tuple[float, float]]:
    """(recall, precision) of chord changes on and off the beat."""
    counts = {True: [0, 0, 0], False: [0, 0, 0]}  # analyst's, ours, both
    for example in chosen:
        theirs = {
            right.tick
            for left, right in zip([None, *example.events], example.events, strict=False)
            if left is None
            or (left.chord.root(left.key), left.chord.quality, left.chord.inversion)
            != (right.chord.root(right.key), right.chord.quality, right.chord.inversion)
        }
        found = {span.start_tick for span in analyse_harmony(example.score).chords}
        for on_beat in (True, False):
            one, other = (
                {tick for tick in s if (example.score.strength_at(tick) >= 2) is on_beat} for s in (theirs, found)
            )
            counts[on_beat] = [
                a + b for a, b in zip(counts[on_beat], (len(one), len(other), len(one & other)), strict=True)
            ]
    return {
        name: (counts[on_beat][2] / counts[on_beat][0], counts[on_beat][2] / counts[on_beat][1])
        for name, on_beat in (("on the beat", True), ("off the beat", False))
    }


def phrase_ends(scores: list[Score]) -> tuple[float, float, float]:
    """(F1, precision, recall) of beginnings of phrases, the fermatas hidden from all finders."""
    right = found = wanted = 0
    for score in scores:
        truth = {span.start_tick for span in divide_phrases(score, ())} - {0}
        found_spans = find_phrases(replace(score, fermata_ticks=()))
        ours = {span.start_tick for span in found_spans} - {0}
        right, found, wanted = right + len(truth & ours), found + len(ours), wanted + len(truth)
    precision, recall = right / found, right / wanted
    return 2 * precision * recall / (precision + recall), precision, recall


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every N-th chorale")
    parser.add_argument(
        "--music21", type=int, nargs="?", const=1000, default=0, metavar="N", help="music21's analysis beside it"
    )
    options = parser.parse_args()
    data = music_folder()
    chosen = list(examples(data, options.every))
    beats = sum(1 for example in chosen for _ in example.beats())
    print(f"{len(chosen)} chorales with an analysis that fits, {beats} beats")
    print(f"{'':36}" + "".join(f"{head:>12}" for head in ("key", "root", "key+root", "root+inv.")))
    rows: list[tuple[str, list[Example], Finder]] = [
        ("this program", chosen, ours),
        ("this program, fermatas hidden", chosen, ours_hidden),
    ]
    if options.music21:
        few = chosen[: options.music21]
        rows += [(f"this program, first {len(few)}", few, ours)] * (len(few) < len(chosen))
        rows += [(f"music21, first {len(few)}" if len(few) < len(chosen) else "music21", few, music21s)]
    for name, some, finder in rows:
        print(f"{name:36}" + "".join(f"{share:12.3f}" for share in agreement(some, finder)), flush=True)
    print(f"\n{'chord changes':28}{'recall':>8}{'prec.':>8}")
    for name, pair in changes(chosen).items():
        print(f"{name:28}" + "".join(f"{share:8.3f}" for share in pair))
    scores = [read_score(path).score for path in sorted(data.glob("corpora/chorales/*.musicxml"))[:: options.every]]
    print(f"\n{'phrases, fermatas hidden':28}{'F1':>8}{'prec.':>8}{'recall':>8}")
    print(f"{f'{len(scores)} chorales':28}" + "".join(f"{share:8.3f}" for share in phrase_ends(scores)))
    start = time.perf_counter()
    for score in scores:
        outline_of(score)
    bars = sum(len(score.bars) for score in scores)
    print(f"\nwhole outlines: {bars / (time.perf_counter() - start):.0f} bars a second")


if __name__ == "__main__":
    main()
