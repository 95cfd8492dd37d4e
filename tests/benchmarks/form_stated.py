"""The report's finders on real pieces whose files state what is there: what the finders themselves are worth.

Cadences: chorales whose fermatas and analyst's numerals say which cadence stands where, and in which key; judged at the
stated place as a planned one is. Letters: pieces whose repeats and da capos are written out, all signs hidden; at the
stated sections, each pair is rightly the same or different. Keys: the analyst's spans in one key, of four bars or more.

Conventions: what is counted is kept per piece, [right, of all], so that it can be drawn again with whole pieces.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench_analysis import Example, examples
from bench_structure import CORPORA, fermatas, hidden, pieces, played_sections, stated_kind
from form_judge import FINDERS, finder

from composer.corpus.unfold import unfold_spans
from composer.outline import KeySpan, Outline, PhraseSpan, SectionSpan
from composer.report.cadences import JUDGED, judge_cadences
from composer.report.form import LEAST_KEY_BARS
from composer.report.keys import judge_keys
from composer.report.letters import find_letters
from composer.theory.harmony import Cadence

Counts = dict[str, list[tuple[int, int]]]  # figure → (right, of all) of each piece


def stated_findings(data: Path, *, every: int = 1) -> Counts:
    """Return what the finders make of real pieces.

    Args:
        data: holds `corpora/…` and `analyses/chorales`.
        every: only every N-th piece.
    """
    counts: Counts = defaultdict(list)
    for example in examples(data, every):
        for figure, right in _of_chorale(example):
            counts[figure].append(right)
    for name, (pattern, step) in CORPORA.items():
        for pairs in _letters(pattern, step * every):
            for figure, right in pairs.items():
                counts[f"{figure}, {name}"].append(right)
    return counts


def _of_chorale(example: Example) -> Iterator[tuple[str, tuple[int, int]]]:
    score, events = example.score, example.events
    melody = [note for note in score.parts[0].notes if not note.is_grace]
    ends = [*(event.tick for event in events[1:]), score.end_tick]
    keys = _joined([KeySpan(event.tick, end, event.key) for event, end in zip(events, ends, strict=True)])
    phrases = []
    for _onset, end, _following in fermatas(score):
        kind = stated_kind(events, end, melody)
        last = [event for event in events if event.tick < end]
        if kind in JUDGED and last:
            tick = _arrival(example, end)
            phrases.append(PhraseSpan(tick, end, Cadence(kind), tick))
    outline = Outline(score.bars, keys=keys, phrases=tuple(phrases))
    for kind in JUDGED:
        rows = [found.is_as_planned for found in judge_cadences(score, outline) if found.planned.cadence is kind]
        if rows:
            yield f"{kind} at the fermata, analyst's", (sum(rows), len(rows))
    for name in FINDERS:
        spans = judge_keys(score, outline, finder=finder(name), least_bars=LEAST_KEY_BARS)
        if spans:
            yield f"analyst's key found by {name}", (sum(span.agrees for span in spans), len(spans))


def _arrival(example: Example, end_tick: int) -> int:
    """Return where the chord begins that sounds as a note ends: the first of its labels of one root."""
    rows = [event for event in example.events if event.tick < end_tick]
    root = rows[-1].chord.root(rows[-1].key)
    run = list(itertools.takewhile(lambda event: event.chord.root(event.key) == root, reversed(rows)))
    return run[-1].tick


def _joined(spans: list[KeySpan]) -> tuple[KeySpan, ...]:
    joined: list[KeySpan] = []
    for span in spans:
        if joined and joined[-1].key == span.key:
            joined[-1] = replace(joined[-1], end_tick=span.end_tick)
        elif span.start_tick < span.end_tick:
            joined.append(span)
    return tuple(joined)


def _letters(pattern: str, step: int) -> Iterator[dict[str, tuple[int, int]]]:
    """Of each piece: pairs of played sections that are the same, and that are not, rightly told."""
    for score, spans in pieces(pattern, step):
        parts = played_sections(score, spans)
        if len(parts) < 3:
            continue
        unfolded = hidden(unfold_spans(score, spans))
        sections = [SectionSpan(start, end, str(place), "") for place, (start, end, _) in enumerate(parts)]
        letters = find_letters(unfolded, sections)
        same, other = [], []
        for (one, (_, _, source)), (two, (_, _, source_two)) in itertools.combinations(enumerate(parts), 2):
            is_same = letters[one] == letters[two]
            (same if source == source_two else other).append(is_same == (source == source_two))
        yield {
            "sections that return, heard as the same": (sum(same), len(same)),
            "others, heard as others": (sum(other), len(other)),
        }
