"""Who plays what, beside what the scores say: voices, hands and melody with parts, staves and voices hidden.

Run by hand, with the scores in the folder that RITORNELLO_DATA names (`corpora/…`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_lines.py [--every N]

Voices: pieces in single lines (a double stop counts with its upper note) are merged into one staff. Pairs: of the pairs
of notes that follow each other in a voice, how many are found, and how many of ours are theirs, as F1; consistency: the
share of each found voice that is of one true voice, averaged over the voices (AVC of Chew and Wu, 2004).
Hands: keyboard pieces on two staves, one staff hidden; the share of notes in the right hand, by the staff. Organ works
and crossed hands are in it: a staff is not always a hand.
Melody: the first part (a voice, the first violin, the soprano) against the line that is found when all parts
are one, and when they stand; precision only while the part is singing.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from music_folder import music_folder

from composer.analysis.hands import hand_of_notes, is_single_line, melody_line
from composer.analysis.voices import find_voices
from composer.corpus.reader import read_score
from composer.errors import MusicFileError
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, Score
from composer.theory.meter import TICKS_PER_QUARTER

MIN_SINGLE_SHARE = 0.78  # of the notes of a piece of single lines
SILENCE_QUARTERS = 4  # of the melody's part, from which it has stopped singing
_CLASSICAL = ("MozartWA", "HaydnFJ", "BeethovenLv", "ClementiM", "KuhlauF", "BachCPE", "ScarlattiD", "HandelGF")
VOICES = {  # files, and one of how many
    "chorales": (("chorales/*.musicxml",), 4),
    "renaissance, 3 to 6 parts": (("renaissance/*.krn",), 15),
    "string quartets": (("quartets/*/*.mxl",), 5),
    "fugues": (("mutopia/BachJS/*BWV1080*.mid", "romantic_keyboard/*[Ff]ug*.krn"), 1),
}
HANDS = {
    "Bach": (("mutopia/BachJS/*.mid",), 1),
    "Haydn, Mozart, Beethoven …": (tuple(f"mutopia/{name}/*.mid" for name in _CLASSICAL), 1),
    "Joplin": (("mutopia/JoplinS/*.mid",), 1),
    "romantic keyboard": (("romantic_keyboard/*.krn",), 12),
    "Chopin": (("chopin/*.krn",), 4),
}
MELODIES = {
    "songs": (("lieder/*/*.mxl",), 8),
    "string quartets": (("quartets/*/*.mxl",), 8),
    "chorales": (("chorales/*.musicxml",), 4),
}


def scores(patterns: tuple[str, ...], step: int) -> Iterator[Score]:
    """Every `step`-th of the files that can be read."""
    corpora = music_folder() / "corpora"
    for path in sorted(path for pattern in patterns for path in corpora.glob(pattern))[::step]:
        try:
            yield read_score(path).score
        except MusicFileError as error:
            print(f"left out: {error}")


def merged(parts: list[list[Note]], score: Score) -> tuple[Score, list[int]]:
    """All notes as one part on one staff, and the list of each, in the order of `Score.notes`."""
    tagged = [(replace(note, staff=UPPER_STAFF, voice=1), place) for place, notes in enumerate(parts) for note in notes]
    tagged.sort(key=lambda row: (row[0].onset_tick, row[0].pitch))
    return replace(score, parts=(Part("Piano", tuple(note for note, _ in tagged)),)), [place for _, place in tagged]


def lines_of(score: Score) -> list[list[Note]]:
    """The single lines of a score, cut where they overlap; none for a piece that is not made of them."""
    by_voice = sum(bool(part.notes) for part in score.parts) < 3  # a fugue on two staves; else a part is a line
    lines: dict[tuple[int, int, int], list[Note]] = {}
    for index, note in score.notes():
        if not note.is_grace:
            lines.setdefault((index, *((note.staff, note.voice) if by_voice else (0, 0))), []).append(note)
    single = []
    for notes in lines.values():
        tops = [max(chord, key=lambda n: n.pitch) for _, chord in itertools.groupby(notes, lambda n: n.onset_tick)]
        cut = [
            replace(left, duration_tick=min(left.duration_tick, right.onset_tick - left.onset_tick))
            for left, right in itertools.pairwise(tops)
        ]
        single.append([*cut, tops[-1]])
    sizes = [len(line) for line in single]
    fits = 3 <= len(sizes) <= 6 and sum(sizes) >= MIN_SINGLE_SHARE * sum(map(len, lines.values()))
    return single if fits and min(sizes) >= 0.25 * max(sizes) else []


def voice_row(chosen: Iterator[Score]) -> tuple[int, int, float, float]:
    """(pieces, notes, F1 of pairs, consistency)."""
    shared = wanted = found = notes = 0
    consistency: list[float] = []
    for score in chosen:
        hidden, truth = merged(lines_of(score), score)
        if not truth:
            continue
        voices = find_voices(hidden)
        theirs, ours = (
            {
                pair
                for line in sorted(set(of))
                for pair in itertools.pairwise(place for place, other in enumerate(of) if other == line)
            }
            for of in (truth, voices)
        )
        shared, wanted, found = shared + len(theirs & ours), wanted + len(theirs), found + len(ours)
        counts = Counter(zip(voices, truth, strict=True))
        best = [max(n for (of, _), n in counts.items() if of == voice) for voice in set(voices)]
        consistency.append(sum(n / voices.count(v) for n, v in zip(best, set(voices), strict=True)) / len(best))
        notes += len(truth)
    return len(consistency), notes, 2 * shared / (wanted + found), sum(consistency) / len(consistency)


def hand_row(chosen: Iterator[Score]) -> tuple[int, int, float]:
    """(pieces, notes, share of notes in their hand)."""
    pieces = notes = right = 0
    for score in chosen:
        staves: list[list[Note]] = [[], []]
        for _, note in score.notes():
            if not note.is_grace:
                staves[note.staff < LOWER_STAFF].append(note)
        if sum(bool(part.notes) for part in score.parts) != 1 or not all(staves):
            continue
        hidden, truth = merged(staves, score)
        right += sum(hand == mine for hand, mine in zip(hand_of_notes(hidden), truth, strict=True))
        pieces, notes = pieces + 1, notes + len(truth)
    return pieces, notes, right / notes


def melody_row(chosen: list[Score], *, hide: bool) -> tuple[int, float, float]:
    """(pieces, precision, recall) of the notes of the first part."""
    shared = found = wanted = pieces = 0
    for score in chosen:
        truth = [note for note in score.parts[0].notes if not note.is_grace]
        given = merged([list(part.notes) for part in score.parts], score)[0] if hide else score
        wall = SILENCE_QUARTERS * TICKS_PER_QUARTER
        sung = [(truth[0].onset_tick, truth[0].end_tick)]
        for note in truth:
            if note.onset_tick - sung[-1][1] > wall:
                sung.append((note.onset_tick, note.end_tick))
            sung[-1] = (sung[-1][0], max(sung[-1][1], note.end_tick))
        ours = {(note.onset_tick, note.pitch) for note in melody_line(given)}
        ours = {row for row in ours if any(start <= row[0] < end for start, end in sung)}
        theirs = {(note.onset_tick, note.pitch) for note in truth}
        shared, found, wanted = shared + len(ours & theirs), found + len(ours), wanted + len(theirs)
        pieces += 1
    return pieces, shared / found, shared / wanted


def has_melody(score: Score) -> bool:
    """Whether the first of several parts is a single line."""
    first = score.parts[0]
    return len(score.parts) > 1 and first.staves == 1 and is_single_line(first)


def table(title: str, heads: tuple[str, ...], rows: dict[str, Callable[[], tuple[float, ...]]]) -> None:
    """Measure row after row and print."""
    print(f"\n{title:30}" + "".join(f"{head:>12}" for head in heads) + f"{'seconds':>12}")
    for name, measure in rows.items():
        start = time.perf_counter()
        cells = [f"{cell:12,d}" if isinstance(cell, int) else f"{cell:12.3f}" for cell in measure()]
        print(f"{name:30}" + "".join(cells) + f"{time.perf_counter() - start:12.1f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every N-th of the files that are taken")
    every = parser.parse_args().every
    table(
        "voices, all hidden",
        ("pieces", "notes", "pairs F1", "consistency"),
        {name: lambda p=p, n=n: voice_row(scores(p, n * every)) for name, (p, n) in VOICES.items()},
    )
    table(
        "hands, staves hidden",
        ("pieces", "notes", "share right"),
        {name: lambda p=p, n=n: hand_row(scores(p, n * every)) for name, (p, n) in HANDS.items()},
    )
    chosen = {name: [s for s in scores(p, n * every) if has_melody(s)] for name, (p, n) in MELODIES.items()}
    heads = ("pieces", "precision", "recall")
    table("melody, parts hidden", heads, {name: lambda s=s: melody_row(s, hide=True) for name, s in chosen.items()})
    table("melody, parts as they stand", heads, {n: lambda s=s: melody_row(s, hide=False) for n, s in chosen.items()})


if __name__ == "__main__":
    main()
