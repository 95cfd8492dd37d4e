"""What is impossible in music: checks of a plan that need more than one field; all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from composer.errors import ComposerError, Place, PlanError, Problem, did_you_mean
from composer.plan.cadences import closes, has_room
from composer.plan.chords import grid_ticks
from composer.plan.development import develops
from composer.plan.entry_checks import voices_problems
from composer.plan.forms import FormTemplate, load_form
from composer.plan.layout import expanded_entry
from composer.plan.links import read_pitch
from composer.plan.locate import path_text
from composer.plan.mixes import Style, card_path, names_in
from composer.plan.model import (
    FILE_WORDS,
    MAX_BARS,
    NO_THEME,
    TRANSFORMATIONS,
    Formula,
    Glide,
    Link,
    PhraseEntry,
    Plan,
    SectionEntry,
    ThemeEntry,
    Transformation,
)
from composer.plan.numerals import Slot, parse_harmony, parse_key_path
from composer.plan.phrases import FREE_FIDELITY, STATED
from composer.plan.playing import playing_problems
from composer.plan.statements import changes_harmony
from composer.plan.strict_yaml import Path as KeyPath
from composer.plan.themes import tune_contradicts
from composer.plan.transformation_checks import transformation_problem
from composer.plan.tunes import Tune, pinned_tune
from composer.style import is_card_path, load_style
from composer.style_statistics import parse_degree
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import Key, parse_key, resolve_key
from composer.theory.meter import Meter, parse_meter

Locate = Callable[[KeyPath], Place]
T = TypeVar("T")


def check_plan(
    plan: Plan,
    *,
    folder: Path | None = None,
    locate: Locate | None = None,
    known_styles: Iterable[str] | None = None,
    known_players: Iterable[str] | None = None,
    known_strengths: Iterable[str] | None = None,
) -> list[Problem]:
    """Return everything that is wrong with a plan, in the order it was found.

    Args:
        plan: as stated or resolved.
        folder: of the plan file, where theme and form files lie.
        locate: path of a field → its place in the file; None names the field instead.
        known_styles: names that `style` may have; None leaves that to whoever loads them.
        known_players, known_strengths: names that `performer.player` and its `strengths` may have; None leaves that to
            whoever plays.
    """
    checker = _Checker(plan, folder, locate or (lambda path: Place("<plan>", detail=path_text(path))))
    checker.check(known_styles)
    if known_players is not None:
        checker.player(sorted(known_players))
    if known_strengths is not None:
        checker.strengths(tuple(known_strengths))
    return checker.problems


class _Checker:
    """Walks through a plan and collects problems."""

    def __init__(self, plan: Plan, folder: Path | None, locate: Locate) -> None:
        self.plan = plan
        self.folder = folder
        self.locate = locate
        self.problems: list[Problem] = []
        self.home = Key(0, "major")
        self.meter: Meter | None = None
        self.template: FormTemplate | None = None
        self.tunes: dict[str, Tune | None] = {}

    def add(self, path: KeyPath, message: str, mend: str | None = None) -> None:
        path = tuple(FILE_WORDS.get(step, step) if isinstance(step, str) else step for step in path)
        self.problems.append(Problem(message, self.locate(path), mend))

    def catch(self, path: KeyPath, attempt: Callable[[], T]) -> T | None:
        """Return what `attempt` gives; its error becomes a problem at `path`."""
        try:
            return attempt()
        except ComposerError as error:
            for problem in error.problems:
                self.add(path, problem.message + _where(problem), problem.mend)
        return None

    def check(self, known_styles: Iterable[str] | None) -> None:
        plan = self.plan
        self.template = self.catch(("form",), lambda: load_form(plan.form, folder=self.folder))
        if known_styles is not None:
            self.styles(sorted(known_styles))
        if plan.key is not None:
            self.home = self.catch(("key",), lambda: parse_key(plan.key or "")) or self.home
        if plan.meter is not None:
            self.meter = self.catch(("meter",), lambda: parse_meter(plan.meter or ""))
        self.pickup(("pickup",), plan.pickup)
        if not self.has_measure(plan.sections):
            return  # nothing else is said of a plan beyond all measure: it would take too long
        sections = self.expanded()
        if not self.has_measure(sections):
            return
        for name, theme in plan.themes.items():
            self.theme(name, theme)
        for name, theme in plan.themes.items():
            if theme.against is not None:
                self.against(("themes", name), name, theme)
        for index, entry in enumerate(sections):
            self.section(index, entry, plan.sections[index])
        if sections:  # else they are the form's, and it is known later which of them are there
            for wrong in playing_problems(plan.repeats or (), plan.da_capo, [entry.id or "" for entry in sections]):
                self.add(wrong.path, wrong.message, wrong.mend)

    def has_measure(self, sections: Sequence[SectionEntry]) -> bool:
        """Whether the piece is no longer than it may be; a section that does not say is a bar at least."""
        total = sum(entry.bars or 1 for entry in sections)
        if total > MAX_BARS:
            self.add(("sections",), f"the piece would have {total} bars", f"the limit is {MAX_BARS}")
        return total <= MAX_BARS

    def expanded(self) -> tuple[SectionEntry, ...]:
        """Return the sections with their copies filled in; one that cannot be is named and left as it stands."""
        sound: dict[str, SectionEntry] = {}
        for index, entry in enumerate(self.plan.sections):
            try:
                entry = expanded_entry(entry, sound)
            except PlanError as error:
                self.add(("sections", index), error.problems[0].message, error.problems[0].mend)
                entry = entry.model_copy(update={"copy_of": None, "id": f"?{index}", "label": entry.label or "?"})
            sound[entry.id or ""] = entry
        return tuple(sound.values())

    def styles(self, known: Sequence[str]) -> None:
        self.style(("style",), self.plan.style, known)
        for index, section in enumerate(self.plan.sections):
            path: KeyPath = ("sections", index)
            self.style((*path, "style"), section.style, known)
            for place, phrase in enumerate(section.phrases or ()):
                self.style((*path, "phrases", place, "style"), phrase.style, known)

    def style(self, path: KeyPath, style: Style | None, known: Sequence[str]) -> None:
        for name in names_in(style) if style is not None else ():
            is_alone = isinstance(style, Glide) or len(style or ()) == 1
            place = path if is_alone else (*path, name)
            if is_card_path(name):
                self.catch(place, lambda: load_style(card_path(name, self.folder)))  # noqa: B023 (called at once)
            elif name not in known:
                mend = did_you_mean(name, known) or f"styles here: {', '.join(known) or 'none'}"
                self.add(place, f'no style "{name}"', mend)

    def player(self, known: Sequence[str]) -> None:
        name = self.plan.performer.player if self.plan.performer else None
        if name is not None and name not in known and not is_card_path(name):  # whoever plays reads the card
            mend = did_you_mean(name, known) or f"players here: {', '.join(known)}"
            self.add(("performer", "player"), f'no player "{name}"', mend)

    def strengths(self, known: Sequence[str]) -> None:
        for name in (self.plan.performer and self.plan.performer.strengths) or {}:
            if name not in known:
                mend = did_you_mean(name, known) or f"strengths: {', '.join(known)}"
                self.add(("performer", "strengths", name), f'a player has no strength "{name}"', mend)

    def pickup(self, path: KeyPath, beats: float | None) -> None:
        """Check an upbeat: on the grid, and shorter than a bar."""
        if beats is None or self.meter is None:
            return
        ticks = beats * self.meter.beat_ticks
        if abs(ticks / grid_ticks(self.meter) - round(ticks / grid_ticks(self.meter))) > 1e-6:
            part = "thirds" if self.meter.is_compound else "halves"
            self.add(path, f"an upbeat of {beats:g} beats", f"upbeats count in {part} of a beat")
        elif beats >= self.meter.beats:
            self.add(path, f"an upbeat of {beats:g} beats", f"a bar has {self.meter.beats}")

    @property
    def pickup_tick(self) -> int:
        return round((self.plan.pickup or 0) * self.meter.beat_ticks) if self.meter else 0

    # ------------------------------------------------------------------ themes

    def theme(self, name: str, theme: ThemeEntry) -> None:
        path: KeyPath = ("themes", name)
        if name == NO_THEME:
            self.add(path, f'a theme cannot be called "{NO_THEME}"', "that word says that there is none")
        pinned = [field for field in ("melody", "voices", "file") if getattr(theme, field) is not None]
        if len(pinned) > 1:
            self.add((*path, pinned[1]), f"a theme has {pinned[0]} or {pinned[1]}, not both", "keep one of them")
        self.pickup((*path, "pickup"), theme.pickup)
        keys = self.keys((*path, "key"), theme.key) if theme.key else (self.home,)
        key = keys[0] if keys else self.home
        if self.meter is not None and len(pinned) == 1:
            meter = self.meter
            tune = self.catch(
                (*path, pinned[0]), lambda: pinned_tune(name, theme, key=key, meter=meter, folder=self.folder)
            )
            self.tunes[name] = tune
            if tune is not None:
                self.tune(path, theme, tune, key, pinned[0])
        if theme.phrases is not None:
            total = sum(phrase.bars for phrase in theme.phrases)
            if theme.bars is not None and total != theme.bars:
                self.add(
                    (*path, "phrases"), f"the phrases have {total} bars, the theme {theme.bars}", "make them equal"
                )
            for index, phrase in enumerate(theme.phrases):
                if phrase.formula is not None:
                    self.formula((*path, "phrases", index, "formula"), phrase.formula, key)
        if theme.harmony is not None and theme.bars is not None:
            self.harmony((*path, "harmony"), theme.harmony, key, theme.bars)

    def tune(self, path: KeyPath, theme: ThemeEntry, tune: Tune, key: Key, field: str) -> None:
        assert self.meter is not None
        if theme.bars is not None and tune.bars > theme.bars:
            self.add((*path, field), f"the tune has {tune.bars} bars, its theme {theme.bars}", f"set bars: {tune.bars}")
        beats = tune.melody.pickup_tick / self.meter.beat_ticks
        for whose, stated in (("the piece", self.plan.pickup), ("its theme", theme.pickup)):
            if stated is not None and beats > stated + 1e-6:
                told = f"the tune has an upbeat of {beats:g}, {whose} {stated:g}"
                self.add((*path, field), told, f"set pickup: {beats:g}")
                break
        if theme.phrases and tune.melody.notes:
            bar = 0
            for index, phrase in enumerate(theme.phrases):
                bar += phrase.bars
                self.tune_end((*path, "phrases", index), tune, bar, phrase.cadence, key)

    def tune_end(self, path: KeyPath, tune: Tune, bar: int, cadence: str, key: Key) -> None:
        """Check that the tune's last note before the end of `bar` can end a cadence."""
        assert self.meter is not None
        if self.plan.key is None:
            return  # it is known once the key is drawn
        end = bar * self.meter.bar_ticks
        last = [
            note for note in tune.melody.notes if end - self.meter.bar_ticks <= note.onset_tick < end - self.pickup_tick
        ]
        if last and tune.melody.end_tick >= end - self.pickup_tick and tune_contradicts(cadence, last[-1], key):
            note = str(key.spell(last[-1].pitch))
            self.add(path, f"the tune ends on {note}, which cannot end a {cadence}", "change the cadence or the tune")

    # ------------------------------------------------------------------ sections

    def section(self, index: int, entry: SectionEntry, stated: SectionEntry) -> None:
        path: KeyPath = ("sections", index)
        keys = self.keys((*path, "key"), entry.key) if entry.key else (self.home,)
        self.known_theme((*path, "theme"), entry.theme)
        self.transformations((*path, "transformations"), stated.transformations)
        for name in ("enters", "leaves"):
            link = getattr(stated, name)
            if link is not None:
                self.link((*path, name), link)
        phrases = entry.phrases or ()
        bars = entry.bars
        if phrases and all(phrase.bars is not None for phrase in phrases):
            total = sum(phrase.bars or 0 for phrase in phrases)
            if bars is not None and total != bars:
                self.add(
                    (*path, "bars"),
                    f"section {entry.id} has {bars} bars, its phrases {total}",
                    "make them add up, or delete the phrases and let the planner make new ones",
                )
            bars = total
        if entry.cadence and phrases and phrases[-1].cadence not in (None, entry.cadence):
            self.add(
                (*path, "cadence"),
                f"section {entry.id} ends with {entry.cadence}, its last phrase with {phrases[-1].cadence}",
                "make them agree, or delete the phrases and let the planner make new ones",
            )
        self.room(path, entry, bars)
        if entry.cadence and bars == 1 and self.meter is not None and not has_room(entry.cadence, 1, self.meter):
            mend = "give it two bars, or say cadence: none"
            self.add((*path, "cadence"), f"one bar of {self.meter} has no room for a {entry.cadence}", mend)
        self.voices(path, entry, stated)
        if entry.harmony is not None and keys:
            if phrases and any(phrase.harmony for phrase in phrases):
                self.add((*path, "harmony"), "harmony stands at the section and at its phrases", "keep one of them")
            elif bars is not None:
                slots = self.harmony((*path, "harmony"), entry.harmony, keys[0], bars)
                self.close((*path, "harmony"), slots, entry.cadence, bars)
        key = keys[0] if keys else None
        bar = 1  # of the section's theme
        for place, phrase in enumerate(phrases):
            if key is not None and stated.phrases:
                last = entry.cadence if place == len(phrases) - 1 else None
                key = self.phrase((*path, "phrases", place), phrase, key, last)
                bar = self.stated_theme((*path, "phrases", place), phrase, entry, last, bar)

    def voices(self, path: KeyPath, entry: SectionEntry, stated: SectionEntry) -> None:
        """Check the entries of a section and of its phrases, where the file says them."""
        forms = {name: row.bars for name, row in self.template.themes.items()} if self.template else {}
        bars = forms | self.stated_lengths
        if stated.entries or stated.phrases or stated.voices:
            for where, message, mend in voices_problems(
                entry, theme_bars=bars, meter=self.meter, ensemble=self.plan.ensemble
            ):
                self.add((*path, *where), message, mend)
        for place, own in enumerate((stated.entries, *(phrase.entries for phrase in stated.phrases or ()))):
            base = (*path, "entries") if place == 0 else (*path, "phrases", place - 1, "entries")
            for index, one in enumerate(own or ()):
                self.known_theme((*base, index, "theme"), one.theme)
                self.transformations((*base, index, "transformations"), one.transformations)
                if one.key is not None:
                    self.keys((*base, index, "key"), one.key)

    @property
    def stated_lengths(self) -> dict[str, int]:
        """The lengths of themes that say them: by `bars`, by their phrases, or by their tunes."""
        tunes = {name: tune.bars for name, tune in self.tunes.items() if tune is not None}
        phrases = {name: sum(one.bars for one in theme.phrases or ()) for name, theme in self.plan.themes.items()}
        bars = {name: theme.bars for name, theme in self.plan.themes.items() if theme.bars is not None}
        return tunes | {name: length for name, length in phrases.items() if length} | bars

    def against(self, path: KeyPath, name: str, theme: ThemeEntry) -> None:
        """Check the theme with which a countersubject sounds."""
        other = self.plan.themes.get(theme.against or "")
        lengths = self.stated_lengths
        own, subject = lengths.get(name), lengths.get(theme.against or "")
        self.known_theme((*path, "against"), theme.against)
        if theme.against == name or (other is not None and other.against is not None):
            self.add((*path, "against"), f'theme "{theme.against}" is a countersubject itself', "name its subject")
        elif other is not None and None not in (own, subject) and (theme.bars or own) != subject:
            self.add(path, f"the countersubject has {own} bars, its subject {subject}", "make them equal")

    def room(self, path: KeyPath, entry: SectionEntry, bars: int | None) -> None:
        """Check that a theme goes into its section, and that its end agrees with the section's cadence."""
        theme = self.plan.themes.get(entry.theme or "")
        if theme is None or entry.theme is None or entry.phrases or (entry.fidelity or 1.0) < 1:
            return
        if develops(entry, self.template.row(entry.id or "") if self.template else None):
            return  # it takes from the theme what there is room for
        tune = self.tunes.get(entry.theme)
        length = self.stated_lengths.get(entry.theme)
        if length is not None and bars is not None and length > bars:
            place = self.locate(("themes", entry.theme))
            line = f" (line {place.line})" if place.line else ""
            self.add(
                (*path, "theme"),
                f'theme "{entry.theme}"{line} is {length} bars, section {entry.id} only {bars}',
                f"shorten the theme, or give the section {length} bars",
            )
        elif changes_harmony(entry.transformations or ()):
            return  # the tune ends otherwise than it was written
        elif tune is not None and length == bars and bars is not None and entry.cadence and tune.melody.notes:
            keys = self.keys((*path, "key"), theme.key) if theme.key else (self.home,)
            if keys:
                self.tune_end((*path, "cadence"), tune, bars, entry.cadence, keys[0])

    def phrase(self, path: KeyPath, phrase: PhraseEntry, key: Key, section_cadence: str | None) -> Key:
        """Check a phrase; return the key in which it ends."""
        keys = (self.keys((*path, "key"), phrase.key) if phrase.key else None) or (key,)
        self.known_theme((*path, "theme"), phrase.theme)
        self.transformations((*path, "transformations"), phrase.transformations)
        slots = None
        if phrase.harmony is not None and phrase.bars is not None:
            slots = self.harmony((*path, "harmony"), phrase.harmony, keys[0], phrase.bars)
            self.close((*path, "harmony"), slots, phrase.cadence or section_cadence, phrase.bars)
        if phrase.formula is not None and self.formula((*path, "formula"), phrase.formula, keys[-1]):
            self.agree((*path, "formula"), phrase.formula, slots)
            self.formula_end((*path, "formula"), phrase.formula, phrase, keys[-1], phrase.cadence or section_cadence)
        return keys[-1]

    def stated_theme(
        self, path: KeyPath, phrase: PhraseEntry, section: SectionEntry, section_cadence: str | None, bar: int
    ) -> int:
        """Check the bars of a theme that a phrase states, and how its tune ends there.

        Args:
            path: of the phrase.
            phrase: in its section.
            section: with copies filled in.
            section_cadence: of the section, for its last phrase.
            bar: of the section's theme, that the phrase would go on with.

        Returns:
            The bar with which the next phrase would go on.
        """
        if phrase.entries or (phrase.theme is None and any(one.entries for one in section.phrases or ())):
            return bar  # where voices enter nothing else states the section's theme
        name = phrase.theme or section.theme or NO_THEME
        length = self.stated_lengths.get(name)
        first, last = bar if phrase.theme is None else 1, 0
        if phrase.theme_bars is not None:
            begin, _, end = phrase.theme_bars.partition("-")
            first, last = int(begin), int(end or begin)
            if first > last or (length is not None and last > length):
                told = f", the theme has {length}" if length is not None else ""
                self.add((*path, "theme_bars"), f"theme_bars {phrase.theme_bars}{told}", "bars count from 1")
                return bar
        elif phrase.bars is not None:
            last = first + phrase.bars - 1
        cadence = phrase.cadence or section_cadence
        tune, theme = self.tunes.get(name), self.plan.themes.get(name)
        is_whole = phrase.bars in (None, last - first + 1)
        is_whole = is_whole and phrase.harmony is None and section.harmony is None  # chords that are stated decide
        moved = (*(section.transformations or ()), *(phrase.transformations or ()))
        is_stated = self.fidelity(phrase, section) == STATED and not changes_harmony(moved)
        if cadence and tune and theme and is_whole and last and is_stated:
            keys = self.keys((*path, "theme"), theme.key) if theme.key else (self.home,)
            if keys:
                self.tune_end((*path, "cadence"), tune, last, cadence, keys[0])
        return last + 1 if last and phrase.theme is None else bar

    def fidelity(self, phrase: PhraseEntry, section: SectionEntry) -> float:
        """Return how closely a phrase follows its theme, as far as plan and form say."""
        row = self.template.row(section.id or "") if self.template else None
        usual = self.plan.defaults.fidelity if self.plan.defaults else None
        said = (phrase.fidelity, section.fidelity, row.fidelity if row else None, usual)
        found = next((one for one in said if one is not None), STATED)
        has_own_chords = phrase.schema_ is not None and phrase.theme is None and phrase.fidelity is None
        return min(found, FREE_FIDELITY) if has_own_chords else found

    # ------------------------------------------------------------------ musical texts

    def keys(self, path: KeyPath, text: str) -> tuple[Key, ...] | None:
        return self.catch(path, lambda: parse_key_path(text, self.home))

    def known_theme(self, path: KeyPath, name: str | None) -> None:
        forms = tuple(self.template.themes) if self.template else ()
        known = list(dict.fromkeys((*self.plan.themes, *forms)))
        if name is None or name == NO_THEME or name in known or self.template is None:
            return
        mend = did_you_mean(name, known) or f"themes here: {', '.join(known) or 'none'}"
        self.add(path, f'no theme "{name}"', mend)

    def harmony(self, path: KeyPath, text: str, key: Key, bars: int) -> tuple[Slot, ...] | None:
        if self.meter is None:
            return None
        meter = self.meter
        return self.catch(
            path,
            lambda: parse_harmony(text, key=key, home=self.home, meter=meter, bars=bars, pickup_tick=self.pickup_tick),
        )

    def close(self, path: KeyPath, slots: tuple[Slot, ...] | None, cadence: str | None, bars: int) -> None:
        """Check that a harmony that is pinned to its end makes the stated cadence."""
        if not slots or cadence in (None, "none") or self.meter is None or len(slots) < 2:
            return
        pair = slots[-2:]
        if any(slot.numeral is None for slot in pair):
            return
        start = pair[-1].start_tick
        beat = (start % self.meter.bar_ticks) / self.meter.beat_ticks
        if not closes(cadence or "", [slot.chord for slot in pair], None, beat, self.meter):
            found = " ".join(slot.numeral or "?" for slot in pair)
            self.add(
                path,
                f"the harmony ends with {found} on beat {beat + 1:g} of bar {start // self.meter.bar_ticks + 1} "
                f"of {bars}, which is no {cadence}",
                "a PAC is V I in root position on a strong beat, an HC ends on V in root position",
            )

    def agree(self, path: KeyPath, formula: Formula, slots: tuple[Slot, ...] | None) -> None:
        """Check that a sound formula stands over the chords of its phrase's harmony, where those are stated."""
        for numeral, beat in zip(formula.chords, formula.onsets, strict=True):
            tick = round(beat * self.meter.beat_ticks) if self.meter else 0
            slot = next((slot for slot in slots or () if slot.start_tick <= tick < slot.end_tick), None)
            if slot is None or not slot.numeral:
                continue
            if _sound(parse_chord(numeral, slot.key.mode)) != _sound(slot.chord):
                self.add(
                    path,
                    f"the formula has {numeral} {beat:g} beats after the phrase's first bar line, its harmony "
                    f"{slot.numeral}",
                    "after a change of the chords take `formula` out: it is drawn anew",
                )
                return

    def formula_end(self, path: KeyPath, formula: Formula, phrase: PhraseEntry, key: Key, cadence: str | None) -> None:
        """Check that a sound formula ends inside its phrase, and makes its cadence."""
        if self.meter is None:
            return
        last = formula.onsets[-1]
        end_tick = (phrase.bars or 0) * self.meter.bar_ticks - self.pickup_tick
        if phrase.bars is not None and last * self.meter.beat_ticks >= end_tick:
            told = f"the last chord stands {last:g} beats after the first bar line, the phrase has {phrase.bars} bars"
            self.add((*path, "onsets"), told, "let it end in the last bar")
        elif cadence is not None and cadence != "none" and len(formula.chords) > 1:
            pair = [parse_chord(numeral, key.mode) for numeral in formula.chords[-2:]]
            if not closes(cadence, pair, None, last % self.meter.beats, self.meter):
                told = f"the formula ends with {' '.join(formula.chords[-2:])}, which is no {cadence}"
                self.add(path, told, "change the cadence or the formula")

    def formula(self, path: KeyPath, formula: Formula, key: Key) -> bool:
        """Check a formula by itself; return whether nothing is wrong with it."""
        before = len(self.problems)
        lengths = {len(getattr(formula, name)) for name in ("chords", "onsets", "soprano", "bass")}
        if len(lengths) > 1 or 0 in lengths:
            self.add(
                path, "a formula has a chord, an onset, a soprano and a bass degree each", "make them equally many"
            )
        if list(formula.onsets) != sorted(set(formula.onsets)):
            self.add((*path, "onsets"), "the onsets must rise")
        for index, numeral in enumerate(formula.chords):
            self.catch((*path, "chords", index), lambda numeral=numeral: parse_chord(numeral, key.mode))  # type: ignore[misc]
        for name in ("soprano", "bass"):
            for index, degree in enumerate(getattr(formula, name)):
                if degree != "-":
                    self.catch((*path, name, index), lambda degree=degree: parse_degree(degree, key.mode))  # type: ignore[misc]
        return len(self.problems) == before

    def link(self, path: KeyPath, link: Link) -> None:
        key = self.catch((*path, "key"), lambda: resolve_key(link.key, self.home))
        if key is not None:
            self.catch((*path, "chord"), lambda: parse_chord(link.chord, key.mode))
        for name in ("bass", "top"):
            text = getattr(link, name)
            if text is not None:
                self.catch((*path, name), lambda text=text: read_pitch(text))  # type: ignore[misc]

    def transformations(self, path: KeyPath, items: Sequence[Transformation] | None) -> None:
        for index, item in enumerate(items or ()):
            wrong = transformation_problem(item, self.home)
            if wrong is not None:
                self.add((*path, index), f"{item.name} takes {TRANSFORMATIONS[item.name]}", wrong)


def _sound(chord: Chord) -> tuple[frozenset[int], int]:
    """Return a chord's notes and its bass: Cad64 and I64 are two names of one sound."""
    return frozenset(chord.relative_pitch_classes), chord.relative_bass


def _where(problem: Problem) -> str:
    """Return where inside a field's text, or in which file, a problem is."""
    place = problem.place
    if place is None:
        return ""
    if place.source.startswith("<"):
        return f" ({place.detail})" if place.detail else ""
    return f" ({place})"
