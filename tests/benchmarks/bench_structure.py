"""Cadences and sections, beside what analysts and scores say, with the signs that would give them away hidden.

Run by hand, with the data in the folder that RITORNELLO_DATA names (`corpora/…`, `analyses/chorales`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_structure.py [--every N]

Cadences: at the fermatas of the chorales, the kind that the analyst's Roman numerals make (V-I in root position with
the tonic on top is a PAC …) against ours, with the fermatas shown and hidden; `missed` is a fermata at which no phrase
of ours ends.
Sections, as written: repeat signs, section labels, rehearsal marks, changes of signature are hidden; a beginning that
they state is found when one of ours lies within a bar of it (F1). Sections, as played: repeats and da capos are written
out and hidden; besides the beginnings (F1), of all pairs of played sections how many are rightly the same or different
by letter, and how many of the pairs that are the same.
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bench_analysis import Event, Example, examples
from music_folder import music_folder

from composer.analysis.reading import find_phrases
from composer.analysis.sections import find_sections
from composer.corpus.kern.reader import is_kern, read_kern
from composer.corpus.reader import read_score
from composer.corpus.unfold import played_spans, unfold_spans
from composer.errors import MusicFileError
from composer.outline import SectionSpan
from composer.score import Note, Score

KINDS = ("PAC", "IAC", "HC", "DC", "PC", "none")
MIN_SECTION_BARS = 4  # a shorter played span (an ending) belongs to the one before
CORPORA = {  # files, and one of how many
    "Chopin": ("chopin/*.krn", 4),
    "romantic keyboard": ("romantic_keyboard/*.krn", 12),
    "songs": ("lieder/*/*.mxl", 20),
    "string quartets": ("quartets/*/*.mxl", 12),
}


def fermatas(score: Score) -> Iterator[tuple[int, int, int]]:
    """(onset of the soprano's note, its end, onset of the next note) at each fermata."""
    melody = [note for note in score.parts[0].notes if not note.is_grace]
    for tick in score.fermata_ticks:
        place = next((i for i, note in enumerate(melody) if note.onset_tick <= tick < note.end_tick), None)
        if place is not None:
            following = melody[place + 1].onset_tick if place + 1 < len(melody) else score.end_tick
            yield melody[place].onset_tick, melody[place].end_tick, max(following, melody[place].end_tick)


def stated_kind(events: list[Event], end_tick: int, melody: list[Note]) -> str | None:
    """The kind of cadence that the analyst's numerals make at the end of a note; None at the first chord."""
    heard = itertools.groupby((e for e in events if e.tick < end_tick), key=lambda e: e.chord.root(e.key))
    groups = [list(group) for _, group in heard]
    if len(groups) < 2:
        return None
    group, before = groups[-1], groups[-2][-1]
    final, tonic = group[-1], group[-1].key.tonic_pitch_class
    root, root_before = ((event.chord.root(event.key) - tonic) % 12 for event in (final, before))
    dominant = root_before == 7 and before.chord.quality in ("major", "dominant7")
    leading = root_before == 11 and before.chord.quality in ("diminished", "diminished7", "halfdiminished7")
    if root == 0 and final.chord.quality in ("major", "minor"):
        if dominant or leading:
            top = [note for note in melody if note.onset_tick < end_tick][-1].pitch % 12 == tonic
            in_root = dominant and before.chord.inversion == min(event.chord.inversion for event in group) == 0
            return "PAC" if in_root and top else "IAC"
        return "PC" if root_before == 5 and "m" in before.chord.quality else "none"
    if root == 7 and final.chord.quality in ("major", "dominant7"):
        return "HC"
    return "DC" if (dominant or leading) and root in (8, 9) else "none"


def cadence_kinds(chosen: list[Example], *, hide: bool) -> Counter[tuple[str, str]]:
    """How often (stated kind, our kind) come together."""
    counts: Counter[tuple[str, str]] = Counter()
    for example in chosen:
        score = replace(example.score, fermata_ticks=()) if hide else example.score
        melody = [note for note in score.parts[0].notes if not note.is_grace]
        phrases = find_phrases(score)
        for onset, end, following in fermatas(example.score):
            stated = stated_kind(example.events, end, melody)
            here = [phrase for phrase in phrases if onset < phrase.end_tick <= following]
            if stated is not None:
                counts[stated, str(here[0].cadence or "none") if here else "missed"] += 1
    return counts


def print_kinds(title: str, counts: Counter[tuple[str, str]]) -> None:
    """Print a table of confusions and the share on its diagonal."""
    columns = (*KINDS, "missed")
    print(f"\n{title:30}" + "".join(f"{name:>8}" for name in (*columns, "share")))
    for kind in KINDS:
        row = [counts[kind, column] for column in columns]
        print(f"{kind:30}" + "".join(f"{count:8d}" for count in row) + f"{counts[kind, kind] / max(1, sum(row)):8.2f}")
    right, found = (
        sum(counts[kind, kind] for kind in KINDS),
        sum(n for (_, ours), n in counts.items() if ours != "missed"),
    )
    print(f"right: {right / counts.total():.3f} of all, {right / found:.3f} of those whose phrase end was found")


def pieces(pattern: str, step: int) -> Iterator[tuple[Score, list[tuple[int, int]]]]:
    """(score, spans in the order of playing) of every `step`-th file."""
    corpora = music_folder() / "corpora"
    for path in sorted(corpora.glob(pattern))[::step]:
        try:
            data = path.read_bytes()
            if is_kern(data):
                kern = read_kern(data, str(path))
                yield kern.score, list(kern.played or played_spans(kern.score.repeats, kern.score.end_tick))
            else:
                score = read_score(path).score
                yield score, played_spans(score.repeats, score.end_tick)
        except MusicFileError as error:
            print(f"left out: {error}")


def hidden(score: Score) -> Score:
    """The score without any sign that states its form."""
    return replace(score, repeats=(), marks=(), keys=score.keys[:1])


def found_sections(score: Score) -> tuple[SectionSpan, ...]:
    """Our sections, nothing given away."""
    return find_sections(score, find_phrases(score))


def stated_starts(score: Score) -> set[int]:
    """Where signs say that a section begins, but at the piece's own beginning and end."""
    signs = {tick for repeat in score.repeats for tick in (repeat.start_tick, repeat.end_tick)}
    signs |= {mark.tick for mark in score.marks} | {tick for tick, _ in score.keys}
    first = next((bar.onset_tick for bar in score.bars if bar.number > 0), 0)
    return {tick for tick in signs if first < tick < score.end_tick - score.bars[-1].duration_tick}


def near(score: Score, ticks: Iterable[int], others: Iterable[int]) -> int:
    """How many of `ticks` lie within a bar of one of the others."""
    rest = list(others)
    return sum(any(abs(tick - other) <= score.meter_at(tick).bar_ticks for other in rest) for tick in ticks)


def played_sections(score: Score, spans: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """(start, end, written start) of each played section, in played ticks."""
    sections: list[tuple[int, int, int]] = []
    tick = 0
    for start, end in spans:
        short = end - start < MIN_SECTION_BARS * score.meter_at(start).bar_ticks
        if len(sections) == 1 and sections[0][1] < MIN_SECTION_BARS * score.meter_at(start).bar_ticks:
            sections[0] = (0, tick + end - start, start)  # an upbeat belongs to the one behind
        elif sections and short:
            sections[-1] = (sections[-1][0], tick + end - start, sections[-1][2])
        else:
            sections.append((tick, tick + end - start, start))
        tick += end - start
    return sections


def label_of(sections: tuple[SectionSpan, ...], start: int, end: int) -> str:
    """The letter that most of a span has."""
    times: Counter[str] = Counter()
    for section in sections:
        times[section.label] += max(0, min(end, section.end_tick) - max(start, section.start_tick))
    return times.most_common(1)[0][0]


def section_row(pattern: str, step: int) -> tuple[str, ...]:
    """Cells of the table for one corpus."""
    stated = found = right = close = written = 0
    played_stated = played_found = played_right = played_close = played = 0
    pairs = agree = same = same_right = 0
    for score, spans in pieces(pattern, step):
        truth = stated_starts(score)
        if truth:
            ours = [section.start_tick for section in found_sections(hidden(score))[1:]]
            stated, found, written = stated + len(truth), found + len(ours), written + 1
            right, close = right + near(score, truth, ours), close + near(score, ours, truth)
        parts = played_sections(score, spans)
        if len(parts) < 3:
            continue
        unfolded = hidden(unfold_spans(score, spans))
        sections = found_sections(unfolded)
        starts, ours = [start for start, _, _ in parts[1:]], [section.start_tick for section in sections[1:]]
        played_stated, played_found, played = played_stated + len(starts), played_found + len(ours), played + 1
        played_right += near(unfolded, starts, ours)
        played_close += near(unfolded, ours, starts)
        labels = [(source, label_of(sections, start, end)) for start, end, source in parts]
        for (source, ours_label), (other, other_label) in itertools.combinations(labels, 2):
            pairs, agree = pairs + 1, agree + ((source == other) == (ours_label == other_label))
            same, same_right = same + (source == other), same_right + (source == other and ours_label == other_label)
    return (
        f"{written:d}",
        _f1(right, stated, close, found),
        f"{played:d}",
        _f1(played_right, played_stated, played_close, played_found),
        f"{agree / max(1, pairs):.3f}",
        f"{same_right / max(1, same):.3f}",
    )


def _f1(right: int, stated: int, close: int, found: int) -> str:
    recall, precision = right / max(1, stated), close / max(1, found)
    return f"{2 * precision * recall / max(1e-9, precision + recall):.3f} ({precision:.2f}/{recall:.2f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every N-th of the files that are taken")
    parser.add_argument("--only", choices=("cadences", "sections"), help="one of the two")
    options = parser.parse_args()
    if options.only != "sections":
        chosen = list(examples(music_folder(), options.every))
        print_kinds("cadences, fermatas shown", cadence_kinds(chosen, hide=False))
        print_kinds("cadences, fermatas hidden", cadence_kinds(chosen, hide=True))
    if options.only != "cadences":
        heads = ("pieces", "F1 written (p/r)", "pieces", "F1 played (p/r)", "pairs right", "same found")
        print(f"\n{'sections, signs hidden':24}" + "".join(f"{head:>20}" for head in heads))
        for name, (pattern, step) in CORPORA.items():
            cells = section_row(pattern, step * options.every)
            print(f"{name:24}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
