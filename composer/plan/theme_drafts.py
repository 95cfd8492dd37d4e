"""Which themes a piece has, before their harmony: how long they are, how they are built, how they end.

What it is: `draft_themes` looks at every theme that the plan has or a section names; `ThemeDraft.settled` gives it its
numerals (`themes.settle_theme`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from composer.errors import PlanError
from composer.plan.development import develops
from composer.plan.drafts import prescribed_bars, row_cadences
from composer.plan.entry_rows import said_of_voices
from composer.plan.forms import ThemeRow
from composer.plan.layout import drawn_phrase_bars
from composer.plan.model import (
    NO_THEME,
    CadenceName,
    Plan,
    SectionEntry,
    ThemeEntry,
    ThemePhrase,
)
from composer.plan.numerals import parse_key_path
from composer.plan.phrase_kinds import COMPOUND_BARS, LEAST_BARS, MAX_PHRASE, length_weights
from composer.plan.phrases import STATED
from composer.plan.setting import (
    Setting,
)
from composer.plan.themes import SUBJECT, SettledTheme, countersubject, settle_theme, subject_bars, theme_key
from composer.plan.tunes import Tune, pinned_tune
from composer.theory.key import Key

DEFAULT_THEME_BARS = 8
OTHER_KIND = 0.25  # share of sentences that are periods instead, and of periods that are sentences
LOOSE_KIND = 0.2  # share of both that are divided as the style has it
COMPOUND = 0.6  # share of long periods that are compound
ROOM_BARS = 4  # that a section has beside a theme whose length is drawn
OPEN_END = 0.85  # share of IAC, not PAC, where a theme's section goes on
_OTHER_KIND = {"sentence": "period", "period": "sentence"}


def draft_themes(
    entries: tuple[SectionEntry, ...], plan: Plan, setting: Setting, folder: Path | None
) -> dict[str, ThemeDraft]:
    """Look at every theme that the plan has or a section names, in the order of the plan, then of the sections."""
    named = [phrase.theme for entry in entries for phrase in entry.phrases or ()]
    named += [one.theme for entry in entries for _, inside in said_of_voices(entry) for one in inside or ()]
    rows = [setting.template.row(entry.id or "") for entry in entries if not (entry.phrases or entry.entries)]
    named += [one.theme for row in rows if row is not None for each in row.passages or () for one in each.entries or ()]
    used = dict.fromkeys([*plan.themes, *(entry.theme for entry in entries), *named])
    drafts = {}
    for name in used:
        if name is None or name == NO_THEME:
            continue
        stated = plan.themes.get(name, ThemeEntry())
        row = setting.template.themes.get(name, ThemeRow(bars=DEFAULT_THEME_BARS))
        plain = [entry for entry in entries if not develops(entry, setting.template.row(entry.id or ""))]
        users = [entry for entry in plain if _states(entry, name)]
        first = users[0] if users else None
        mode_key = parse_key_path(first.key, setting.home)[0] if first and first.key else setting.home
        key = theme_key(stated, mode_key, setting.home)
        tune = pinned_tune(name, stated, key=key, meter=setting.meter, folder=folder)
        bars = _theme_bars(name, stated, row, users, tune, setting)
        if row.type == SUBJECT and stated.bars is None and tune is None:
            bars = subject_bars(bars, setting.meter)
        drafts[name] = ThemeDraft(
            name=name,
            entry=stated,
            bars=bars,
            key=key,
            kind=_theme_kind(name, row, bars, setting),
            shape=_prescribed(first, setting, bars),
            tune=tune,
            cadence=(first.cadence if first and first.bars == bars else None)
            or _theme_end(name, row, bars, entries, setting),
            against=stated.against or (row.against if not is_pinned(stated) or stated.type is None else None),
        )
    return _with_subjects(drafts)


@dataclass(frozen=True)
class ThemeDraft:
    """What is known of a theme before its harmony; see `settle_theme`."""

    name: str
    entry: ThemeEntry
    bars: int
    key: Key
    kind: str
    shape: tuple[ThemePhrase, ...] | None
    tune: Tune | None
    cadence: CadenceName
    against: str | None = None

    def settled(self, setting: Setting, others: Mapping[str, SettledTheme]) -> SettledTheme:
        """Return the theme with its numerals, in the setting's style; a countersubject has its subject's."""
        if self.against is not None:
            return countersubject(self.name, self.entry, others[self.against], self.tune)
        return settle_theme(
            self.name,
            self.entry,
            setting=setting,
            bars=self.bars,
            key=self.key,
            kind=self.kind,
            shape=self.shape,
            tune=self.tune,
            cadence=self.cadence,
        )


def _with_subjects(drafts: dict[str, ThemeDraft]) -> dict[str, ThemeDraft]:
    """Return the drafts, countersubjects as long as their subjects; a subject of another name takes the form's place.

    Raises:
        PlanError: a countersubject of no theme, or of one that is itself a countersubject.
    """
    subjects = [name for name, draft in drafts.items() if draft.against is None]
    found = {}
    for name, draft in drafts.items():
        if draft.against is not None:
            other = draft.against
            if other not in subjects and draft.entry.against is None and subjects:
                other = subjects[0]
            if other not in subjects:
                raise PlanError(
                    f'theme "{name}" stands against "{other}"', mend=f"name one of {', '.join(subjects) or 'no themes'}"
                )
            draft = replace(draft, against=other, bars=drafts[other].bars, key=drafts[other].key)
        found[name] = draft
    return found


def _theme_kind(name: str, row: ThemeRow, bars: int, setting: Setting) -> str:
    """Return how a theme is built: as its form has it mostly; a sentence may be a period and the other way round."""
    draw = setting.stream("theme", name, "kind").random()
    if row.type == "period" and bars >= COMPOUND_BARS and draw < COMPOUND:
        return "compound period"
    if row.type in _OTHER_KIND and draw > 1 - OTHER_KIND:
        return _OTHER_KIND[row.type]
    if row.type in _OTHER_KIND and draw > 1 - OTHER_KIND - LOOSE_KIND:
        return "chain"
    return row.type


def _theme_end(name: str, row: ThemeRow, bars: int, entries: Sequence[SectionEntry], setting: Setting) -> CadenceName:
    """Return how a theme ends that does not fill its first section: less closed mostly, because that goes on.

    One that fills another section, or that a coda takes up, ends as those have to.
    """
    users = [entry for entry in entries if entry.theme == name]
    if row.cadence != "PAC" or any(entry.function == "coda" or entry.bars == bars for entry in users):
        return row.cadence
    return "IAC" if setting.stream("theme", name, "end").random() < OPEN_END else "PAC"


def _states(entry: SectionEntry, name: str) -> bool:
    """Whether a section, or a phrase of it, sounds the theme as it is."""
    in_phrases = any(phrase.theme == name for phrase in entry.phrases or ())
    return in_phrases or (entry.theme == name and (entry.fidelity is None or entry.fidelity == STATED))


def is_pinned(theme: ThemeEntry) -> bool:
    """Whether a theme's tune is given."""
    return theme.melody is not None or theme.voices is not None or theme.file is not None


def _theme_bars(
    name: str, stated: ThemeEntry, row: ThemeRow, users: list[SectionEntry], tune: Tune | None, setting: Setting
) -> int:
    """Return a theme's length: stated, its tune's, or the form's as far as the shortest section has room.

    Where all its sections go on after it, a bar or two more or less may be drawn, as the style's phrases have it.
    """
    if stated.bars is not None:
        return stated.bars
    if stated.phrases:
        return sum(phrase.bars for phrase in stated.phrases)
    if tune is not None:
        return tune.bars
    rooms = [entry.bars for entry in users if entry.bars is not None and entry.theme == name]
    lines = setting.template.row(users[0].id or "") if users else None
    fills = lines is not None and row.bars == sum(lines.phrase_bars)
    if lines is not None and fills and rooms and min(rooms) == rooms[0] == sum(drawn_phrase_bars(lines, setting)):
        return rooms[0]  # its phrases are the section's
    if (
        row.type not in _OTHER_KIND
        or not rooms
        or min(rooms) < row.bars + ROOM_BARS
        or not 2 * LEAST_BARS <= row.bars < MAX_PHRASE
    ):
        return min([row.bars, *rooms])
    lengths = length_weights(setting.styles, setting.meter)
    near = range(row.bars - 2, row.bars + 3)
    weights = np.array([lengths[bars // 2] * lengths[bars - bars // 2] for bars in near])
    return int(setting.stream("theme", name, "bars").choice(near, p=weights / weights.sum()))


def _prescribed(first: SectionEntry | None, setting: Setting, bars: int) -> tuple[ThemePhrase, ...] | None:
    """Return the phrases that the form prescribes for the theme's section, where the theme fills it."""
    row = setting.template.row(first.id or "") if first else None
    lengths = prescribed_bars(row, bars, setting) if row is not None else ()
    if first is None or row is None or len(lengths) != len(row.phrases or ()) or not lengths:
        return None
    cadences = (*row_cadences(row, setting)[:-1], first.cadence or row.cadence)
    return tuple(ThemePhrase(bars=length, cadence=kind) for length, kind in zip(lengths, cadences, strict=True))
