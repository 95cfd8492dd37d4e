"""Why the notes are as they are, in a musician's words: what `compose -v` tells of themes and sections.

Contents: `section_lines`, `draft_line`; `CRITIC_WORDS`, `GOAL_WORDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from composer.fill.particles import Miss

CRITIC_WORDS = {
    "silence": "no gaps",
    "standstill": "voices that go on",
    "no_breath": "phrases that breathe",
    "parallels": "no parallel fifths or octaves",
    "parallel_voices": "no parallels between voices",
    "planned_bass": "no parallels with the bass",
    "missing_voices": "every voice sings",
    "reach": "hands that reach",
    "crowd": "a player for every note",
    "leaps": "small leaps",
    "copied": "nothing copied",
    "melody": "a line that sings",
}
GOAL_WORDS = {
    "cadence": "its cadence",
    "key": "its key",
    "likeness": "a likeness to its theme",
    "stillness": "moving on",
    "meter": "its meter",
}
LEAST_MERIT = 0.2  # nats by which a critic must have parted the kept draft from the others, to be named
MOST_NAMED = 3


def section_lines(
    name: str, *, phrases: int, again: Sequence[Miss], misses: Sequence[Miss], merits: Mapping[str, float]
) -> list[str]:
    """Return how a section's notes were chosen.

    Args:
        name: of the section.
        phrases: how many it has.
        again, misses, merits: of its filling; see `composer.fill.particles.Filled`.
    """
    lines = []
    decided = [CRITIC_WORDS.get(critic, critic) for critic, nats in merits.items() if nats >= LEAST_MERIT][:MOST_NAMED]
    ahead = f"kept for {_listed(decided)}" if decided else "its drafts were equally good"
    lines.append(f"section {name}, {phrases} phrase{'s'[: phrases != 1]}: {ahead}")
    for number, tries in groupby(again, key=lambda miss: miss.number):
        missed = [_goals(miss) for miss in tries]
        lines.append(f"  phrase {number + 1} was drawn again: the best draft missed {', then '.join(missed)}")
    lines += [f"  phrase {miss.number + 1} was kept without {_goals(miss)}: no draft had it" for miss in misses]
    return lines


def draft_line(worths: Sequence[Mapping[str, float]], best: int) -> str:
    """Return by what the best of a tune's drafts is ahead.

    Args:
        worths: of each draft, what it is worth by what.
        best: which one was kept.
    """
    ahead = {what: worths[best][what] - sum(one[what] for one in worths) / len(worths) for what in worths[best]}
    decided = [what for what in sorted(ahead, key=lambda what: -ahead[what]) if ahead[what] >= LEAST_MERIT]
    why = f"kept for {_listed(decided)}" if decided else "all alike"
    return f"  its idea is the best of {len(worths)} drafts, {why}"


def _goals(miss: Miss) -> str:
    return _listed([GOAL_WORDS.get(goal, goal) for goal in miss.goals])


def _listed(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])
