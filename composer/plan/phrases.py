"""Sections into phrases: lengths, cadences, keys, and which bars of a theme each phrase states.

Conventions: a theme's own phrases are stated whole and in order at the section's opening (and, where there is room, its
last phrase once more at the section's end, so that the section is rounded); what is left is split by the style's phrase
lengths, drawn exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.plan.chords import Styles
from composer.plan.model import NO_THEME, CadenceName, ThemePhrase
from composer.style_statistics import meter_class
from composer.theory.key import Key
from composer.theory.meter import Meter

MAX_PHRASE = 8  # bars, of phrases that the planner makes
# Beside what the style counts: phrases of two, four and eight bars are where listeners look for them.
LENGTH_PRIOR = {1: 1e-9, 2: 0.08, 3: 0.015, 4: 0.55, 5: 0.02, 6: 0.08, 7: 0.005, 8: 0.25}
INNER_PRIOR = {"HC": 0.3, "IAC": 0.3, "none": 0.3, "PAC": 0.1}
REPEATED = 0.2  # factor of a half cadence beside another
FREE_FIDELITY = 0.5  # of phrases in a theme's section that do not state it
EPISODE_FIDELITY = 0.2  # of those in an episode: there they take over the theme's rhythm alone
STATED = 1.0


@dataclass(frozen=True)
class PhraseDraft:
    """A phrase before its harmony.

    Attributes:
        bars: whole bars.
        cadence: kind.
        keys: its key, or the path it takes.
        theme: name or `none`.
        first_bar, last_bar: of the theme, 1-based, inclusive; 0 without theme.
        fidelity: 1 states the theme's bars; less refers to them.
        fermata: on its last chord.
        parallel: index of the earlier phrase of this section whose opening chords it shares, or None.
    """

    bars: int
    cadence: str
    keys: tuple[Key, ...]
    theme: str = NO_THEME
    first_bar: int = 0
    last_bar: int = 0
    fidelity: float = FREE_FIDELITY
    fermata: bool = False
    parallel: int | None = None

    @property
    def states_theme(self) -> bool:
        """Whether it sounds its theme's bars note for note."""
        return self.theme != NO_THEME and self.fidelity == STATED


def theme_phrases(bars: int, kind: str, *, cadence: CadenceName = "PAC") -> tuple[ThemePhrase, ...]:
    """Return the phrases of a theme: a period is two halves with HC and PAC, a sentence presentation and continuation.

    Args:
        bars: of the theme.
        kind: `period`, `sentence` or `chain` (one phrase).
        cadence: at its end.
    """
    if kind == "chain" or bars < 4 or bars % 2:
        return (ThemePhrase(bars=bars, cadence=cadence),)
    half = bars // 2
    inner: CadenceName = "HC" if kind == "period" and cadence != "HC" else "IAC" if kind == "period" else "none"
    if half > MAX_PHRASE:
        # A large theme is two small ones: the halves are themselves of its kind.
        return (*theme_phrases(half, kind, cadence=inner), *theme_phrases(half, kind, cadence=cadence))
    return (ThemePhrase(bars=half, cadence=inner), ThemePhrase(bars=half, cadence=cadence))


def draft_phrases(
    bars: int,
    *,
    cadence: str,
    keys: Sequence[Key],
    theme: str,
    theme_shape: Sequence[ThemePhrase],
    theme_pinned: bool,
    fidelity: float,
    styles: Styles,
    meter: Meter,
    rng: np.random.Generator,
    free_fidelity: float = FREE_FIDELITY,
    in_one_breath: bool = False,
) -> tuple[PhraseDraft, ...]:
    """Divide a section into phrases.

    Args:
        bars: of the section.
        cadence: of its last phrase.
        keys: the path of keys it takes.
        theme: name or `none`.
        theme_shape: the theme's phrases; empty without theme.
        theme_pinned: whether its tune is given (then it is never cut short).
        fidelity: 1 states the theme; less only refers to it.
        styles: (weight, statistics).
        meter: of the section.
        rng: the section's stream.
        free_fidelity: of the phrases that do not state a stated theme.
        in_one_breath: whether up to `MAX_PHRASE` bars stay one phrase (a join between sections).
    """
    has_theme = theme != NO_THEME and bool(theme_shape)
    stated: list[PhraseDraft] = []
    if has_theme and fidelity == STATED:
        stated = _statement(theme, theme_shape, keys[0])
        used = sum(draft.bars for draft in stated)
        moves = len(keys) > 1 and not theme_pinned
        if used == bars and (moves or (stated[-1].cadence != cadence and not theme_pinned)):
            stated.pop()  # the last phrase moves, or ends otherwise than the theme: it refers to the theme only
    used = sum(draft.bars for draft in stated)
    closing: list[PhraseDraft] = []
    rest = bars - used
    if len(stated) > 1 and rest >= 2 * stated[-1].bars and stated[-1].cadence == cadence and keys[-1] == keys[0]:
        closing = [stated[-1]]
        rest -= closing[0].bars
    lengths = split_bars(rest, styles=styles, meter=meter, rng=rng) if rest else []
    if in_one_breath and 0 < rest <= MAX_PHRASE:
        lengths = [rest]
    free = [PhraseDraft(length, "none", (keys[0],)) for length in lengths]
    free = _with_cadences(free, cadence if not closing else "HC", styles, rng)
    free = _with_keys(free, keys)
    if has_theme:
        free = _with_references(free, theme, theme_shape, fidelity if fidelity < STATED else free_fidelity)
    return _with_parallels([*stated, *free, *closing])


def _statement(theme: str, shape: Sequence[ThemePhrase], key: Key) -> list[PhraseDraft]:
    drafts = []
    bar = 1
    for phrase in shape:
        drafts.append(
            PhraseDraft(phrase.bars, phrase.cadence, (key,), theme, bar, bar + phrase.bars - 1, fidelity=STATED)
        )
        bar += phrase.bars
    return drafts


def split_bars(bars: int, *, styles: Styles, meter: Meter, rng: np.random.Generator) -> list[int]:
    """Return phrase lengths that add up to `bars`, drawn exactly from the style's lengths and the common ones."""
    weights = length_weights(styles, meter)
    ways = np.zeros(bars + 1)  # ways[n]: total weight of all divisions of n bars
    ways[0] = 1.0
    for total in range(1, bars + 1):
        ways[total] = sum(weights[length] * ways[total - length] for length in weights if length <= total)
    lengths = []
    while bars:
        choices = [length for length in weights if length <= bars and ways[bars - length] > 0]
        shares = np.array([weights[length] * ways[bars - length] for length in choices])
        lengths.append(choices[int(rng.choice(len(choices), p=shares / shares.sum()))])
        bars -= lengths[-1]
    return lengths


def length_weights(styles: Styles, meter: Meter) -> dict[int, float]:
    """Return the weight of each phrase length in whole bars, 1..`MAX_PHRASE`."""
    weights = dict(LENGTH_PRIOR)
    for share, statistics in styles:
        counts = statistics.phrase_lengths.get(meter_class(meter), {})
        whole = {int(float(text)): count for text, count in counts.items() if float(text).is_integer()}
        total = sum(count for length, count in whole.items() if 2 <= length <= MAX_PHRASE)
        for length, count in whole.items():
            # Odd lengths are as often slips of the finder as phrases: they count, but less.
            if 2 <= length <= MAX_PHRASE:
                weights[length] += share * 0.3 * count / total * (1.0 if length % 2 == 0 else 0.1)
    return weights


def _with_cadences(
    drafts: Sequence[PhraseDraft], cadence: str, styles: Styles, rng: np.random.Generator
) -> list[PhraseDraft]:
    """Give the last phrase its cadence and the others one of the style's inner cadences."""
    weights = dict(INNER_PRIOR)
    for share, statistics in styles:
        for mode in statistics.cadence_mix.values():
            inner = {kind: count for kind, count in mode.get("inner", {}).items() if kind in weights}
            total = sum(inner.values())
            for kind, count in inner.items():
                weights[kind] += share * 0.5 * count / total
    kinds = list(weights)
    shares = np.array([weights[kind] for kind in kinds])
    given: list[PhraseDraft] = []
    for index, draft in enumerate(drafts):
        # The same half cadence twice running leads nowhere.
        after = cadence if index == len(drafts) - 2 else None
        before = given[-1].cadence if given else None
        fresh = shares * np.array([REPEATED if kind in (before, after) and kind == "HC" else 1.0 for kind in kinds])
        drawn = kinds[int(rng.choice(len(kinds), p=fresh / fresh.sum()))]
        given.append(replace(draft, cadence=cadence if index == len(drafts) - 1 else drawn))
    return given


def _with_keys(drafts: Sequence[PhraseDraft], keys: Sequence[Key]) -> list[PhraseDraft]:
    """Spread a path of keys over phrases: each ends in the key that its place on the path asks for."""
    given = []
    at = 0
    for index, draft in enumerate(drafts):
        goal = -(-(index + 1) * len(keys) // len(drafts)) - 1
        given.append(replace(draft, keys=tuple(keys[at : goal + 1])))
        at = goal
    return given


def _with_references(
    drafts: Sequence[PhraseDraft], theme: str, shape: Sequence[ThemePhrase], fidelity: float
) -> list[PhraseDraft]:
    """Let phrases refer to the theme's bars in turn."""
    length = sum(phrase.bars for phrase in shape)
    given = []
    bar = 1
    for draft in drafts:
        if bar > length:
            bar = 1
        last = min(length, bar + draft.bars - 1)
        given.append(replace(draft, theme=theme, first_bar=bar, last_bar=last, fidelity=fidelity))
        bar = last + 1
    return given


def _with_parallels(drafts: Sequence[PhraseDraft]) -> tuple[PhraseDraft, ...]:
    """Mark consequents: a phrase in the key of the one before it, where that ended open and this one closes."""
    marked: list[PhraseDraft] = []
    for index, draft in enumerate(drafts):
        before = marked[-1] if marked else None
        parallel = (
            before is not None
            and not draft.states_theme
            and before.cadence in ("HC", "IAC")
            and draft.cadence in ("PAC", "IAC")
            and draft.keys[0] == before.keys[0]
            and draft.bars >= 2
        )
        marked.append(replace(draft, parallel=index - 1 if parallel else None))
    return tuple(marked)
