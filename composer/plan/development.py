"""What a development, transition, retransition or coda makes of its theme, where the plan does not say.

What it is: `developed_phrases` lays such a section out in phrases that really work with the theme. A development states
the theme's opening, takes an idea of two or four bars through the section's keys, breaks it into single bars, and ends
on the dominant of the key to come, which it mostly holds; a transition does the first and the last of this on its way;
a retransition puts the theme's first bar, climbing, over that held dominant; a coda leans to the subdominant with the
theme's opening and closes with its end. What is drawn (which idea, whether it is turned upside down, which way it
climbs) comes from a stream of the section's own.

A section that says how it treats its theme (`phrases`, `as`, `fidelity`, `harmony`, `entries`) is left as it says;
`fidelity: 1` states the theme plainly.

What is moved goes where an ear follows: an idea goes on in the next key from a chord of both where the theme has one, a
single bar is moved by steps that no diminished chord opens, and one that ends on a chord which must go on elsewhere (an
applied dominant, an augmented sixth) is not cut out of its theme.

Conventions: the phrases say everything in the plan's own words (`theme_bars`, `as`, `key`, `cadence`), so each can be
edited; bars count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from composer.plan.forms import DEVELOPED, FormTemplate, SectionRow
from composer.plan.fragments import part_of, rough_turns, stands_alone, step_that_goes
from composer.plan.model import NO_THEME, CadenceName, PedalName, PhraseEntry, SectionEntry, Transformation
from composer.plan.numerals import parse_key_path, path_text
from composer.plan.setting import Setting
from composer.plan.themes import SettledTheme
from composer.theme import Theme, in_key
from composer.theory.key import Key, key_numeral

LEADING = ("development", "transition", "retransition")  # they end on the dominant of the key to come
RHYTHM_ALONE = 0.2  # of bars without a statement: they go in the theme's rhythm
INVERTED = 0.35  # of the ideas of a development stand on their head
BREATH = 1.0  # beats at the end of a sequence that ends a phrase: nothing else tells that it does
LEAST_BREATHING_BEATS = 3  # of a link: of two beats half would be left
HELD_DOMINANT = 0.7  # of the long developments hold the dominant on which they end
_SOLOISTS = ("song",)  # their transitions and codas are played, not sung


def develops(entry: SectionEntry, row: SectionRow | None) -> bool:
    """Whether the planner develops a section's theme of its own accord.

    Args:
        entry: expanded, as stated.
        row: the form's row of its id, or None.
    """
    function = entry.function or (row.function if row else None)
    says = entry.phrases or entry.transformations or entry.entries or entry.harmony is not None
    says = says or entry.fidelity is not None or (row is not None and _says(row))
    return function in DEVELOPED and entry.theme not in (None, NO_THEME) and not says


def _says(row: SectionRow) -> bool:
    return row.fidelity is not None or bool(row.transformations or row.phrases or row.passages)


def with_goals(
    entries: Sequence[SectionEntry], template: FormTemplate, home: Key, *, is_drawn: bool
) -> tuple[SectionEntry, ...]:
    """Return the sections, those that lead on with the key to come at the end of their path.

    Args:
        entries: expanded.
        template: the form.
        home: key.
        is_drawn: whether the form drew the keys; a key that a plan states is never changed.
    """
    led = list(entries)
    for index, entry in enumerate(entries[:-1]):
        row = template.row(entry.id or "")
        function = entry.function or (row.function if row else None)
        if function not in LEADING or entry.phrases or (entry.key is not None and not is_drawn):
            continue
        goal = parse_key_path(entries[index + 1].key or "I", home)[0]
        if entry.key is not None:
            path = [*parse_key_path(entry.key, home)[:-1], goal]
        elif function == "retransition" or index == 0:
            path = [goal]
        else:
            path = [parse_key_path(led[index - 1].key or "I", home)[-1], goal]
        if entry.key is None or path[-1] != parse_key_path(entry.key, home)[-1]:
            led[index] = entry.model_copy(update={"key": path_text(path, home)})
    return tuple(led)


def developed_phrases(
    entry: SectionEntry, keys: Sequence[Key], *, theme: SettledTheme, setting: Setting
) -> tuple[PhraseEntry, ...] | None:
    """Return the phrases of a section that develops its theme; None where there is no room or nobody to play it.

    Args:
        entry: with function, bars and cadence filled in.
        keys: the path that it takes; the last one is the key to come.
        theme: settled.
        setting: of the piece.
    """
    bars = entry.bars or 0
    if bars < 2 or (setting.ensemble in _SOLOISTS and entry.function != "development"):
        return None
    rng = setting.stream(entry.copy_of or entry.id or "", "development")
    work = _Work(theme, tuple(keys), entry.cadence or "HC", setting, rng.random(8))
    phrases = {
        "development": work.development,
        "transition": work.transition,
        "retransition": work.retransition,
        "coda": work.coda,
    }[entry.function or ""](bars)
    assert sum(phrase.bars or 0 for phrase in phrases) == bars
    return tuple(phrases)


@dataclass(frozen=True)
class _Work:
    """A theme to be developed; `draws` are numbers 0..1, each for one decision."""

    theme: SettledTheme
    keys: tuple[Key, ...]
    cadence: CadenceName
    setting: Setting
    draws: np.ndarray

    @property
    def length(self) -> int:
        return self.theme.entry.bars or 1

    @property
    def goal(self) -> Key:
        return self.keys[-1]

    # ------------------------------------------------------------------ what a function makes of it

    def development(self, bars: int) -> list[PhraseEntry]:
        """Opening, the idea through the keys, single bars, dominant."""
        through = self.keys[:-1] or self.keys
        tail = 4 if bars >= 12 else 2
        opening = 4 if bars >= 20 and self.length >= 4 else 0
        room = bars - tail - opening
        long_idea = self.length >= 4 and room >= 4 * len(through) + 4
        idea = 4 if long_idea else 2 if self.length >= 2 and room >= 2 * len(through) else 1
        if long_idea and self.roughness(4, through) > self.roughness(2, through):
            idea = 2
        through = through[: max(1, room // idea)]
        phrases = [self.statement(opening, self.keys[0])] if opening else []
        if room >= idea:
            phrases.append(self.through_keys(idea, through, turned=self.draws[0] < INVERTED))
        room -= idea * len(through)
        while room > 0:
            part = min(4, room)
            phrases.append(self.broken_up(part, self.goal, second=len(phrases) % 2 == 1))
            room -= part
        is_held = tail == 4 and self.draws[4] < HELD_DOMINANT
        return [*phrases, self.arrival(tail, self.arrival_keys(through), is_held=is_held)]

    def transition(self, bars: int) -> list[PhraseEntry]:
        """The theme's opening once more, its idea on the way to the new key, dominant."""
        steps = len(self.keys)
        idea = 2 if self.length >= 2 and bars >= 2 * steps + 2 else 1
        if bars < idea * steps + 1:  # no room for a sequence
            return [self.arrival(bars, self.keys)]
        tail = 4 if bars - idea * steps >= 4 else bars - idea * steps
        opening = 4 if bars - idea * steps - tail >= 4 and self.length >= 4 else 0
        room = bars - tail - opening - idea * steps
        phrases = [self.statement(opening, self.keys[0])] if opening else []
        phrases.append(self.through_keys(idea, self.keys))
        while room > 0:
            part = min(4, room)
            phrases.append(self.broken_up(part, self.goal, second=True))
            room -= part
        return [*phrases, self.arrival(tail, (self.goal,))]

    def retransition(self, bars: int) -> list[PhraseEntry]:
        """The theme's head, climbing, over the dominant on which it stops."""
        phrases: list[PhraseEntry] = []
        while bars > 5:
            part = min(4, bars - 4) if bars > 8 else bars - 4
            phrases.append(self.broken_up(part, self.keys[0], second=len(phrases) % 2 == 1))
            bars -= part
        return [*phrases, self.arrival(bars, self.keys, climbs=True, is_held=True)]

    def coda(self, bars: int) -> list[PhraseEntry]:
        """The opening in the home key and on its subdominant, single bars, and the theme's own end."""
        end = self.closing_bars(bars)
        room = bars - end
        phrases = []
        key = self.keys[0]
        if room >= 4 and self.length >= 2:
            below = Key(key.fifths - 1, key.mode)
            phrases.append(self.through_keys(2, (key, below)))
            room -= 4
        elif room >= 2:
            part = min(2, self.length)
            phrases.append(self.statement(part, key))
            room -= part
        while room > 0:
            part = min(4, room)
            phrases.append(self.broken_up(part, self.goal, second=len(phrases) % 2 == 1, sinks=True))
            room -= part
        if self.ends_with_cadence():
            first = self.length - end + 1
            return [*phrases, self.phrase(end, self.goal, (first, self.length), cadence=self.cadence)]
        return [*phrases, self.phrase(end, self.goal, (1, min(end, self.length)), (), self.cadence, RHYTHM_ALONE)]

    def closing_bars(self, bars: int) -> int:
        """Bars at the end of a coda: the theme's last phrase, as far as there is room for it."""
        last = self.theme.phrases[-1].bars if self.theme.phrases else 2
        return min(last, 4, max(2, bars // 2), self.length)

    def cadences(self) -> dict[int, CadenceName]:
        """The cadence of each phrase of the theme, by its last bar."""
        ends = np.cumsum([phrase.bars for phrase in self.theme.phrases])
        return {int(end): phrase.cadence for end, phrase in zip(ends, self.theme.phrases, strict=True)}

    def ends_with_cadence(self) -> bool:
        """Whether the theme's own end closes as the section is to close."""
        return bool(self.theme.phrases) and self.theme.phrases[-1].cadence == self.cadence

    # ------------------------------------------------------------------ phrases

    def statement(self, bars: int, key: Key) -> PhraseEntry:
        """The theme's first bars as they are."""
        return self.phrase(bars, key, (1, bars), cadence=self.cadences().get(bars, "none"))

    def through_keys(self, idea: int, keys: Sequence[Key], *, turned: bool = False) -> PhraseEntry:
        """An idea in each key in turn; in one key alone, a step further each time."""
        items = [Transformation(name="inversion")] if turned else []
        first = self.idea_start(idea, keys)
        if len(keys) > 1:
            items.append(Transformation(name="sequence", keys=self.path(keys, joined=False), breath=self.breath(idea)))
            return self.phrase(idea * len(keys), keys[0], (first, first + idea - 1), items, path=keys)
        return self.phrase(idea, keys[0], (first, first + idea - 1), items)

    def broken_up(self, bars: int, key: Key, *, second: bool, sinks: bool = False) -> PhraseEntry:
        """A single bar, step by step; where none can be moved, the theme's rhythm alone."""
        places = (2, 1) if second else (1, 2)
        drawn = (1, -1, -2)[(int(3 * self.draws[2]) + second) % 3]  # twice running in one way would be dull
        steps = (-1, -2) if sinks else tuple(dict.fromkeys((drawn, -2, 1, -1)))
        for place in places:
            part = self.part(place, place) if place <= self.length else None
            if part is None or not stands_alone(part):
                continue
            step = step_that_goes(in_key(part, key), times=bars - 1, wished=steps)
            if step is not None:
                items = []
                if bars > 1:
                    items.append(Transformation(name="sequence", step=step, times=bars - 1, breath=self.breath(1)))
                return self.phrase(bars, key, (place, place), items)
        return self.phrase(bars, key, (1, min(bars, self.length)), fidelity=RHYTHM_ALONE)

    def arrival(self, bars: int, keys: Sequence[Key], *, climbs: bool = False, is_held: bool = False) -> PhraseEntry:
        """The head of the theme, and a way to the dominant of the key to come, or over it where that is held."""
        stated = bars // 2
        step = 1 if climbs or self.draws[3] < 0.5 else -1
        head = self.part(1, 1)
        pedal: PedalName | None = "V" if is_held and bars >= 2 else None
        if stated == 0 or not stands_alone(head):
            return self.phrase(bars, keys[0], (1, 1), (), self.cadence, RHYTHM_ALONE, path=keys, pedal=pedal)
        if stated > 1 and pedal is None:  # over a pedal the head has other chords than its own
            found = step_that_goes(in_key(head, keys[0]), times=stated - 1, wished=(step, -step, -2))
            stated, step = (1, step) if found is None else (stated, found)
        items = [Transformation(name="sequence", step=step, times=stated - 1)] if stated > 1 else []
        return self.phrase(bars, keys[0], (1, 1), items, self.cadence, path=keys, pedal=pedal)

    def arrival_keys(self, passed: Sequence[Key]) -> tuple[Key, ...]:
        """The keys that are left for the end of a development that had no room for all of them."""
        return (*self.keys[len(passed) : -1], self.goal) if len(self.keys) > 1 else self.keys

    def idea_start(self, bars: int, keys: Sequence[Key] = ()) -> int:
        """The theme's opening, or now and then what follows it, where that comes to no end and turns as smoothly."""
        follows = 2 * bars <= self.length and self.cadences().get(2 * bars, "none") in ("none", "HC")
        if not follows:
            return 1
        opening, next_one = (rough_turns(self.part(first, first + bars - 1), keys) for first in (1, bars + 1))
        return bars + 1 if next_one < opening or (next_one == opening and self.draws[1] < 0.3) else 1

    def roughness(self, bars: int, keys: Sequence[Key]) -> int:
        """How many of the turns of an idea of so many bars through keys are rough."""
        first = self.idea_start(bars, keys)
        return rough_turns(self.part(first, first + bars - 1), keys)

    def breath(self, bars: int) -> float | None:
        """The breath of a sequence whose links have so many bars."""
        return BREATH if bars * self.setting.meter.beats >= LEAST_BREATHING_BEATS else None

    def part(self, first_bar: int, last_bar: int) -> Theme:
        return part_of(self.theme, first_bar, last_bar, self.setting)

    def phrase(
        self,
        bars: int,
        key: Key,
        theme_bars: tuple[int, int],
        items: Sequence[Transformation] = (),
        cadence: CadenceName = "none",
        fidelity: float = 1.0,
        *,
        path: Sequence[Key] = (),
        pedal: PedalName | None = None,
    ) -> PhraseEntry:
        return PhraseEntry(
            bars=bars,
            cadence=cadence,
            key=self.path(path or (key,)),
            theme=self.theme.name,
            theme_bars="-".join(str(bar) for bar in dict.fromkeys(theme_bars)),
            fidelity=fidelity,
            transformations=tuple(items) or None,
            pedal=pedal,
        )

    def path(self, keys: Sequence[Key], *, joined: bool = True) -> str:
        home = self.setting.home
        return path_text(keys, home) if joined else " -> ".join(key_numeral(key, home) for key in keys)
