"""Sections into phrases: lengths, cadences, keys, and which bars of a theme each phrase states.

Conventions: a theme's own phrases are stated whole and in order at the section's opening (and, where there is room, its
last phrase once more at the section's end, so that the section is rounded); what is left is divided by the style's
phrase lengths and cadences (`phrase_kinds.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.plan.cadences import has_room
from composer.plan.chords import Styles
from composer.plan.model import NO_THEME, CadenceName, ThemePhrase
from composer.plan.phrase_kinds import draw_kind, theme_phrases
from composer.theory.key import Key, Mode
from composer.theory.meter import Meter

ONE_BREATH_BARS = 8  # a join between sections that is no longer stays one phrase
FREE_FIDELITY = 0.5  # of phrases in a theme's section that do not state it
EPISODE_FIDELITY = 0.2  # of those in an episode: there they take over the theme's rhythm alone
STATED = 1.0
CLOSE = 0.6  # the fidelity from which on a section is divided as its theme is, and has its chords
LEAST_STATED = 2  # bars
ROUNDED = 0.25  # share of sections with room for it that end with their theme's last phrase


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
    cadence: CadenceName
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


def draft_phrases(
    bars: int,
    *,
    cadence: CadenceName,
    keys: Sequence[Key],
    theme: str,
    theme_shape: Sequence[ThemePhrase],
    theme_pinned: bool,
    fidelity: float,
    styles: Styles,
    meter: Meter,
    mode: Mode,
    rng: np.random.Generator,
    inside: Mapping[CadenceName, float],
    kind: str | None = None,
    free_fidelity: float = FREE_FIDELITY,
    in_one_breath: bool = False,
) -> tuple[tuple[PhraseDraft, ...], str | None]:
    """Divide a section into phrases.

    Args:
        bars: of the section.
        cadence: of its last phrase.
        keys: the path of keys it takes.
        theme: name or `none`.
        theme_shape: the theme's phrases; empty without theme.
        theme_pinned: whether its tune is given (then it is never cut short where it is stated).
        fidelity: 1 states the theme; less only refers to it, from `CLOSE` on phrase by phrase.
        styles: (weight, statistics).
        meter: of the section.
        mode: of the home key.
        rng: the section's stream.
        inside: share of each kind among the cadences inside sections (`cadence_balance.py`).
        kind: of `model.PhraseKind`, how what its theme leaves free is built; None: drawn.
        free_fidelity: of the phrases that do not state a stated theme.
        in_one_breath: whether up to `ONE_BREATH_BARS` stay one phrase (a join between sections).

    Returns:
        The phrases, and of which kind they are where the theme leaves something free (else None).
    """
    has_theme = theme != NO_THEME and bool(theme_shape)
    theme_pinned = theme_pinned and fidelity == STATED
    stated: list[PhraseDraft] = []
    if has_theme and (fidelity == STATED or (fidelity >= CLOSE and len(keys) == 1)):
        stated = _statement(theme, theme_shape, keys[0], fidelity)
        while fidelity < STATED and sum(draft.bars for draft in stated) > bars:
            stated.pop()  # what only follows a theme may be shorter
    if stated:
        used = sum(draft.bars for draft in stated)
        moves = len(keys) > 1 and not theme_pinned
        ends_otherwise = stated[-1].cadence != cadence and not theme_pinned
        is_bar_short = bars - used == 1 and not theme_pinned  # a bar alone has no room for a cadence
        if (used == bars and (moves or ends_otherwise)) or is_bar_short:
            last = stated.pop()  # it moves, or ends otherwise than the theme, or later: it refers to the theme only
            if not stated and last.bars >= 2 * LEAST_STATED:
                half = last.bars // 2  # a theme of one phrase is heard at least by its first half
                stated = [replace(last, bars=half, cadence="none", last_bar=last.first_bar + half - 1)]
        if bars - used == 1 and theme_pinned and not has_room(cadence, 1, meter):
            stated[-1] = replace(stated[-1], bars=stated[-1].bars + 1, cadence=cadence)  # it closes a bar later
    used = sum(draft.bars for draft in stated)
    closing: list[PhraseDraft] = []
    rest = bars - used
    can_round = len(stated) > 1 and stated[-1].cadence == cadence and keys[-1] == keys[0]
    if can_round and rest >= 2 * stated[-1].bars and rng.random() < ROUNDED:
        closing = [stated[-1]]
        rest -= closing[0].bars
    free: list[PhraseDraft] = []
    if rest:
        whole = in_one_breath and rest <= ONE_BREATH_BARS and kind is None
        kind = kind or ("chain" if whole else draw_kind(rest, rng))
        end: CadenceName = "HC" if closing else cadence
        if whole:
            free = [PhraseDraft(rest, end, (keys[0],))]
        else:
            beside = [draft.bars for draft in (*stated, *closing)]
            made = theme_phrases(
                rest,
                kind,
                cadence=end,
                styles=styles,
                meter=meter,
                mode=mode,
                rng=rng,
                inside=inside,
                beside=beside,
            )
            free = [PhraseDraft(phrase.bars, phrase.cadence, (keys[0],)) for phrase in made]
    free = _with_keys(free, keys)
    if has_theme:
        level, first_bar = (free_fidelity, 1) if fidelity == STATED else (fidelity, used + 1)
        free = _with_references(free, theme, theme_shape, level, first_bar=first_bar)
    return _with_parallels([*stated, *free, *closing]), kind if free else None


def _statement(theme: str, shape: Sequence[ThemePhrase], key: Key, fidelity: float) -> list[PhraseDraft]:
    drafts = []
    bar = 1
    for phrase in shape:
        drafts.append(
            PhraseDraft(phrase.bars, phrase.cadence, (key,), theme, bar, bar + phrase.bars - 1, fidelity=fidelity)
        )
        bar += phrase.bars
    return drafts


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
    drafts: Sequence[PhraseDraft], theme: str, shape: Sequence[ThemePhrase], fidelity: float, *, first_bar: int
) -> list[PhraseDraft]:
    """Let phrases refer to the theme's bars in turn."""
    length = sum(phrase.bars for phrase in shape)
    given = []
    bar = first_bar
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
