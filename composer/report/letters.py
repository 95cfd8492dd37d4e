"""Form letters from the notes: which sections are heard as the same, whatever key and mode they stand in.

Method: the first bars of two sections are laid over each other; of their top lines' notes those are alike that begin at
the same place and stand at the same step of their keys' scales, the whole line moved by one interval. Going through the
piece, a section takes the letter of the earlier one that it is most like, or a new one where none is like enough.

Conventions: likeness is 0..1, shared / geometric mean of the numbers of notes (cosine of the two sets), so that a line
with ornaments is still like the plain one. Nothing of a plan is read here but where its sections begin and their keys,
by which only major and minor are made comparable.

Contents: `section_likeness`, `find_letters`, `LIKE`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from composer.outline import KeySpan, SectionSpan, span_at
from composer.report.themes import TopLine
from composer.score import Score
from composer.theory.key import Key

# Likeness from which two sections are the same: in 67 composed pieces of 15 forms (ornamented and other-mode returns
# among them) sections of one theme lie at .67 and above, others at .42 and below; of eight bars, at .48 and .36.
LIKE = 0.55
COMPARED_BARS = 4  # of each section's beginning, at most
_LEAST_NOTES = 4  # of a line that can be like another one
# Semitones above the tonic as steps of a scale; the two thirds, sixths and sevenths are one step each.
_STEPS = (0.0, 0.5, 1.0, 2.0, 2.0, 3.0, 3.5, 4.0, 5.0, 5.0, 6.0, 6.0)


def find_letters(
    score: Score,
    sections: Sequence[SectionSpan],
    keys: Sequence[KeySpan] = (),
    *,
    line: TopLine | None = None,
) -> tuple[int, ...]:
    """Return for each section the index of the first section that it is heard as: its own for something new.

    Args:
        score: the notes.
        sections: where to listen; only their spans are read.
        keys: local keys; without them only the same mode is comparable.
        line: top line of the score, where it is at hand.
    """
    table = section_likeness(score, sections, keys, line=line)
    letters: list[int] = []
    for place, row in enumerate(table):
        best = max(range(place), key=lambda other: row[other], default=None)
        letters.append(letters[best] if best is not None and row[best] >= LIKE else place)
    return tuple(letters)


def section_likeness(
    score: Score,
    sections: Sequence[SectionSpan],
    keys: Sequence[KeySpan] = (),
    *,
    line: TopLine | None = None,
) -> list[list[float]]:
    """Return the likeness of the beginnings of all pairs of sections: [section][earlier section]."""
    top = TopLine(score) if line is None else line
    openings = [_opening(score, section, top) for section in sections]
    degrees = [_degrees(opening, keys, section) for opening, section in zip(openings, sections, strict=True)]
    table: list[list[float]] = []
    for place, section in enumerate(sections):
        row: list[float] = []
        for other in range(place):
            bars = min(_ticks(section), _ticks(sections[other]))
            pairs = [(lines[place], lines[other]) for lines in (openings, degrees)]
            row.append(max(_likeness(one, two, bars) for one, two in pairs))
        table.append(row)
    return table


def _ticks(section: SectionSpan) -> int:
    return section.end_tick - section.start_tick


def _opening(score: Score, section: SectionSpan, top: TopLine) -> list[tuple[int, float]]:
    """Return (ticks from the section's beginning, pitch) of its first bars' top line."""
    limit = section.start_tick + COMPARED_BARS * score.meter_at(section.start_tick).bar_ticks
    notes = top.between(section.start_tick, min(section.end_tick, limit))
    return [(tick - section.start_tick, float(pitch)) for tick, pitch in notes]


def _degrees(
    opening: Sequence[tuple[int, float]], keys: Sequence[KeySpan], section: SectionSpan
) -> list[tuple[int, float]]:
    """Return the line in steps of the scale of the key in which the section begins; empty without a key."""
    middle = section.start_tick + (opening[0][0] if opening else 0)
    span = span_at(keys, middle)
    return [(tick, _step(pitch, span.key)) for tick, pitch in opening] if span is not None else []


def _step(pitch: float, key: Key) -> float:
    octave, above = divmod(int(pitch) - key.tonic_pitch_class, 12)
    return 7 * octave + _STEPS[above]


def _likeness(one: Sequence[tuple[int, float]], two: Sequence[tuple[int, float]], ticks: int) -> float:
    first = {note for note in one if note[0] < ticks}
    second: dict[int, list[float]] = {}
    count = 0
    for tick, height in two:
        if tick < ticks:
            second.setdefault(tick, []).append(height)
            count += 1
    if min(len(first), count) < _LEAST_NOTES:
        return 0.0
    votes = Counter(height - other for tick, height in first for other in second.get(tick, ()))
    shared = max(votes.values(), default=0)
    return shared / math.sqrt(len(first) * count)
