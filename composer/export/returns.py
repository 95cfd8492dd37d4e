"""Where the sections of a piece take up a theme again, and how: transposed, ornamented, varied.

Conventions: a section is put beside the most similar earlier one of the same theme (or, without a theme, of the same
label), by the highest notes of their openings, at most `OPENING_BARS` bars. Two notes are the same where they begin at
the same distance from the beginning of their section and, after one transposition of the whole opening, at the same
pitch. Where the openings are unlike, the theme's first notes are looked for within the section, in whatever voice: so a
fugue's subject enters.

Contents: `ThemeReturn`, `theme_returns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from composer.report.themes import TopLine
from composer.score import Score

OPENING_BARS = 8
_EARLIER = 12  # sections of one theme that a later one is put beside, at most
_MAX_SEMITONES = 24  # either way, inclusive
_LIKE = 0.5  # of the notes, from which an opening is a return that can be heard
_SAME = 0.95
_HEAD_BARS, _HEAD_NOTES = 2, 6  # of a theme that is looked for within a section: at most, at least
_HEAD_SHARE = 0.85  # of its notes, from which it is found
_MORE_NOTES = 1.15  # times as many, from which the old notes stand among ornaments


class Named(Protocol):
    """A section with what it states."""

    @property
    def start_tick(self) -> int:
        """Inclusive."""

    @property
    def end_tick(self) -> int:
        """Exclusive."""

    @property
    def label(self) -> str:
        """The form's letter."""

    @property
    def theme(self) -> str:
        """The theme's name, or ""."""


@dataclass(frozen=True)
class ThemeReturn:
    """A theme that is taken up again.

    Attributes:
        earlier, later: places of the two sections in their sequence.
        share: of the notes that are the same: of the opening that has fewer, or of the theme's first notes.
        semitones: how much higher the later one is.
        change: `ornamented`, `plainer`, `varied`; `within` where only the theme's first notes are heard, somewhere in
            the section; "" where the notes are the same, or too few of them to tell.
    """

    earlier: int
    later: int
    share: float
    semitones: int = 0
    change: str = ""

    @property
    def is_heard(self) -> bool:
        """Whether so many notes are the same that one hears it."""
        return self.share >= _LIKE

    @property
    def words(self) -> str:
        """`same`, or transposition and change, such as `+7 ornamented`; "" where it is not heard."""
        if not self.is_heard:
            return ""
        moved = f"{self.semitones:+d}".replace("-", "−") if self.semitones else ""
        return " ".join(filter(None, (moved, self.change))) or "same"


def theme_returns(score: Score, sections: Sequence[Named]) -> tuple[ThemeReturn, ...]:
    """Return each section that takes up what earlier ones state, with the most similar of those, or the last such one.

    Args:
        score: the notes.
        sections: of the same, sorted.
    """
    line = TopLine(score)
    notes = sorted((note.onset_tick, note.pitch) for _, note in score.notes() if not note.is_grace)
    places: dict[str, list[int]] = {}
    found = []
    for place, section in enumerate(sections):
        earlier = places.setdefault(section.theme or section.label, [])
        if earlier:
            pairs = [_compare(score, line, sections, one, place) for one in earlier[-_EARLIER:]]
            best = max(pairs, key=lambda pair: (pair.share, pair.earlier))
            found.append(best if best.is_heard else _within(score, line, notes, sections, best, earlier[0]))
        earlier.append(place)
    return tuple(found)


def _compare(score: Score, line: TopLine, sections: Sequence[Named], earlier: int, later: int) -> ThemeReturn:
    spans = sections[earlier], sections[later]
    length = min(
        *(span.end_tick - span.start_tick for span in spans),
        OPENING_BARS * score.bar_at(spans[0].start_tick).meter.bar_ticks,
    )
    one, two = (
        {(tick - span.start_tick, pitch) for tick, pitch in line.between(span.start_tick, span.start_tick + length)}
        for span in spans
    )
    if not one or not two:
        return ThemeReturn(earlier, later, 0.0)

    def shared(semitones: int) -> int:
        return len({(tick, pitch + semitones) for tick, pitch in one} & two)

    semitones = max(range(-_MAX_SEMITONES, _MAX_SEMITONES + 1), key=lambda n: (shared(n), -abs(n)))
    share = shared(semitones) / min(len(one), len(two))
    change = "" if share >= _SAME else "varied"
    if len(two) >= _MORE_NOTES * len(one):
        change = "ornamented"
    elif len(one) >= _MORE_NOTES * len(two):
        change = "plainer"
    return ThemeReturn(earlier, later, share, semitones, change if share >= _LIKE else "")


def _within(
    score: Score,
    line: TopLine,
    notes: Sequence[tuple[int, int]],
    sections: Sequence[Named],
    unlike: ThemeReturn,
    first: int,
) -> ThemeReturn:
    """Look for the first notes of a theme at any place, in any voice and at any pitch of a section that begins unlike.

    Args:
        score, line: the piece.
        notes: of it, (onset tick, pitch), sorted.
        sections: of it.
        unlike: the section and the one it is most like.
        first: place of the first section of the theme.

    Returns:
        The return of the first statement, or `unlike`.
    """
    start = sections[first].start_tick
    length = _HEAD_BARS * score.bar_at(start).meter.bar_ticks
    head = line.between(start, min(start + length, sections[first].end_tick))
    later = sections[unlike.later]
    inside = [note for note in notes if later.start_tick <= note[0] < later.end_tick]
    if len(head) < _HEAD_NOTES or not inside:
        return unlike
    struck = set(inside)

    def shared(at: tuple[int, int]) -> float:
        ticks, semitones = at[0] - head[0][0], at[1] - head[0][1]
        moved = [(tick + ticks, pitch + semitones) for tick, pitch in head]
        exact = sum(note in struck for note in moved)
        # In the other mode, and in a tonal answer, notes lie a semitone beside; more than half are to be the same.
        near = sum(any((tick, pitch + beside) in struck for beside in (-1, 0, 1)) for tick, pitch in moved)
        return near + exact / len(head) if 2 * exact > len(head) else exact

    best = max(inside, key=shared)  # of equal ones the first
    share, semitones = min(1.0, shared(best) / len(head)), best[1] - head[0][1]
    return ThemeReturn(first, unlike.later, share, semitones, "within") if share >= _HEAD_SHARE else unlike
