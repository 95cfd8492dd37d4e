"""What do the readers keep besides notes? Signs in the files against signs in the Scores, kind by kind.

Run by hand, with scores in the folder `corpora` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_signs.py [--every N] [--list N] [--only TEXT]

`raw_signs.py` counts what stands in a file, without the library. Of each kind that a Score holds the table says how
many are in the files, kept in the Scores, and told by the reader as left out (`mended`); what remains is lost in
silence, or, where there are more, counted double. Counts are compared, not places: the round trips compare places. Of
what a Score has no place for (words, syllables, pedal marks …) it says in how many files it stands and in how many of
these the reader tells so.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from music_folder import music_folder
from raw_signs import RawSigns, signs_of_kern, signs_of_musicxml

from composer.corpus.reader import ReadResult, read_bytes
from composer.errors import ComposerError
from composer.score import Score

ORNAMENTS = frozenset({"trill", "mordent", "inverted-mordent", "turn", "inverted-turn"})
NOT_ON_A_PAGE = ORNAMENTS | {"fermata", "appoggiatura"}
# What a line of `mended` says was left out, as kinds of the table.
TOLD = (
    (re.compile(r"^(\d+) slurs (?!without a beginning)"), "slurs"),
    (re.compile(r"^(\d+) hairpins (?!without a beginning)"), "hairpins"),
)
# What has no place in a Score, and how it is told.
TOLD_OTHER = {
    "syllables": "syllables|text",
    "words": "directions in words|tempo words",
    "pedal marks": "pedal",
    "dynamics in words": "dynamics in words",
    "fermatas over bar lines": "fermatas over bar lines",
    "chord symbols": "chord symbols",
    "figures": "figures of a bass",
    "fingerings": "fingering",
    "wavy lines": "wavy-line",
    "glissandi": "glissando|slide",
    "brackets": "bracket",
    "brackets of chords": "non-arpeggiate",
    "accidentals of ornaments": "accidental-mark",
    "cue notes": "cue notes",
    "da capo, dal segno": "da capo|segno",
    "fields of other columns": "fields of",
}


@dataclass
class Row:
    """Sums over the files of one folder."""

    files: int = 0
    raw: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)  # files in which nothing is lost in silence
    with_other: Counter[str] = field(default_factory=Counter)
    told_other: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[str]] = field(default_factory=dict)


KINDS = (
    "fermatas", "dynamics", "hairpins", "slurs", "articulations", "ornaments", "tempos", "marks", "keys", "meters",
    "repeats", "endings", "expansion lists",
)  # fmt: skip


def signs_of(score: Score) -> Counter[str]:
    """Count the signs of a Score as `raw_signs.py` counts those of a file."""
    chords = set()
    ornaments = 0
    for index, part in enumerate(score.parts):
        for note in part.notes:
            ornaments += len(ORNAMENTS.intersection(note.articulations))
            for sign in set(note.articulations) - NOT_ON_A_PAGE:
                chords.add((index, note.onset_tick, note.staff, note.voice, note.is_grace, sign))
    keys = [key.signature for _, key in score.keys]
    meters = [bar.meter for bar in score.bars]
    repeats = 0
    for repeat in score.repeats:
        again = sum(min(passes, default=1) < repeat.times for _, _, passes in repeat.endings)
        repeats += again if repeat.endings else 1
    return Counter(
        {
            "fermatas": len(set(score.fermata_ticks)),
            "dynamics": sum(one.end_tick is None for one in score.dynamics),
            "hairpins": len({(one.tick, one.level) for one in score.dynamics if one.end_tick is not None}),
            "slurs": len(score.slurs),
            "articulations": len(chords),
            "ornaments": ornaments,
            "tempos": len(score.tempos),
            "marks": len(score.marks),
            "keys": sum(one != before for one, before in zip(keys, [None, *keys], strict=False)),
            "meters": sum(one != before for one, before in zip(meters, [None, *meters], strict=False)),
            "repeats": repeats,
            "endings": sum(len(repeat.endings) for repeat in score.repeats),
        }
    )


def told_of(result: ReadResult) -> Counter[str]:
    """Return how many signs of each kind the reader says it left out."""
    told: Counter[str] = Counter()
    for line in result.mended:
        for pattern, kind in TOLD:
            if found := pattern.match(line):
                told[kind] += int(found[1])
    return told


def measure(name: str, raw: RawSigns, result: ReadResult, row: Row, limit: int) -> None:
    """Compare one file with its Score."""
    row.files += 1
    totals, kept, told = raw.totals(), signs_of(result.score), told_of(result)
    if totals["expansion lists"]:
        followed = not any(line.startswith("the expansion list") for line in result.mended)
        kept["expansion lists"], told["expansion lists"] = int(followed), 1
        del kept["repeats"], kept["endings"]
    for kind in KINDS:
        row.raw[kind] += totals[kind]
        row.kept[kind] += kept[kind]
        row.told[kind] += min(told[kind], max(0, totals[kind] - kept[kind]))
        fine = totals[kind] - told[kind] <= kept[kind] <= totals[kind]
        row.equal[kind] += fine
        if not fine and len(row.first.setdefault(kind, [])) < limit:
            row.first[kind].append(f"{name}: {totals[kind]} in the file, {kept[kind]} kept, {told[kind]} told")
    said = "\n".join(result.mended)
    for kind in raw.other:
        row.with_other[kind] += 1
        is_told = re.search(TOLD_OTHER[kind], said) is not None
        row.told_other[kind] += is_told
        if not is_told and len(row.first.setdefault(kind, [])) < limit:
            row.first[kind].append(f"{name}: {raw.other[kind]} {kind}, not told")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every N-th file")
    parser.add_argument("--list", type=int, default=3, metavar="N", help="name N files for each kind that differs")
    parser.add_argument("--only", default="", metavar="TEXT", help="only files with this in their path")
    options = parser.parse_args()
    root = music_folder() / "corpora"
    counters = {".krn": signs_of_kern, ".mxl": signs_of_musicxml, ".musicxml": signs_of_musicxml}
    folders: dict[str, list[Path]] = {}
    for path in sorted(one for one in root.rglob("*") if one.suffix in counters and options.only in str(one)):
        folders.setdefault(path.relative_to(root).parts[0], []).append(path)
    for folder, paths in folders.items():
        row = Row()
        for path in paths[:: options.every]:
            data = path.read_bytes()
            try:
                result = read_bytes(data, path.name)
            except ComposerError:
                continue  # bench_reading.py counts these
            measure(path.name, counters[path.suffix](data), result, row, options.list)
        print(f"\n{folder}: {row.files} files")
        for what in row.first.values():
            for text in what:
                print("   ", text)
        print(f"    {'kind':26}{'in files':>10}{'kept':>10}{'told':>8}{'silent':>8}{'files without loss':>20}")
        for kind, count in row.raw.items():
            silent = count - row.kept[kind] - row.told[kind]
            print(
                f"    {kind:26}{count:10,}{row.kept[kind]:10,}{row.told[kind]:8,}{silent:8,}"
                f"{row.equal[kind] / row.files:20.2%}"
            )
        for kind, count in row.with_other.items():
            print(f"    {kind:26} in {count:5} files, told in {row.told_other[kind] / count:8.2%} of them")


if __name__ == "__main__":
    main()
