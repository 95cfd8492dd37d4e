"""Form templates: the sections of a form, with keys for major and minor, read from `plans/` or a user's own file.

A template file looks like a plan's `themes` and `sections`, but where a plan states one value it may offer several
(`bars: [16, 8]`, `key: {major: [vi, IV], minor: [VI, I]}`): the first is the default, the others are drawn by the seed.
`repeats` and `da_capo` are those of a plan; of sections that are not there they say nothing.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, ValidationError

from composer.errors import ComposerError, PlanError, Problem, did_you_mean
from composer.plan.entry_checks import voices_problems
from composer.plan.locate import pydantic_problems
from composer.plan.model import (
    NO_THEME,
    Bars,
    CadenceName,
    DynamicsField,
    Entry,
    Factor,
    FunctionName,
    Name,
    PatternName,
    PedalName,
    PhraseEntry,
    RecallName,
    RegisterName,
    RepeatField,
    SectionEntry,
    Tempo,
    Text,
    ThemeBars,
    ThemeKind,
    TransformationField,
    Unit,
    VoiceEntry,
    VoiceNames,
)
from composer.plan.numerals import parse_key_path
from composer.plan.playing import playing_problems
from composer.plan.strict_yaml import Document, read_file, read_strict
from composer.plan.strict_yaml import Path as KeyPath
from composer.theory.key import Key, Mode
from composer.theory.meter import parse_meter

TEMPLATE_VERSION = 1
DEVELOPED = ("development", "transition", "retransition", "coda")  # sections that work with a theme
# In Bach's keyboard pieces half of the phrases have four bars, one in seven has two: no breath before each entry.
_ENOUGH_BARS, _MOST_BARS = 4, 6  # of a phrase of several passages: from where on it takes in no more, and its limit


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


BarChoices = Annotated[tuple[Bars, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
CadenceChoices = Annotated[tuple[CadenceName, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
KeyChoices = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple), Field(min_length=1)]


class KeyRow(Entry):
    """Keys or paths relative to a home key, for each mode of it, likeliest first."""

    major: KeyChoices
    minor: KeyChoices

    def of(self, mode: Mode) -> tuple[str, ...]:
        """Return the choices for a home key of that mode."""
        return self.major if mode == "major" else self.minor


class PhraseRow(Entry):
    """A phrase that the form itself prescribes (a chorale's lines).

    Attributes:
        bars: whole bars: the default, then others; of several one is drawn, as often as the style has them.
        cadence: at its end; of several one is drawn, as often as the style has them.
        key: for both modes; the section's own if left out.
        fermata: on its last chord.
    """

    bars: BarChoices
    cadence: CadenceChoices
    key: KeyRow | None = None
    fermata: Annotated[bool, Strict()] | None = None


class PassageRow(Entry):
    """A stretch of a section in which voices enter; one or several of them are a phrase (`joined_passages`).

    Attributes:
        themes, bars: how long it is: so many times the section's theme, and so many bars.
        keys: which stations of the section's path of keys it goes through, `1-2`; its share of them if left out.
        cadence, voices, entries, pedal, fermata: as in `model.PhraseEntry`; each entry takes up the section's theme.
        picardy: probability of ending a piece in minor with the major chord, for a whole bar.
        ensembles: for which it is; for all when empty.
        optional: probability of being there; 1 when left out.
    """

    themes: Annotated[int, Strict(), Field(ge=0, le=8)] = 0
    bars: Annotated[int, Strict(), Field(ge=0, le=64)] = 0
    keys: ThemeBars | None = None
    cadence: CadenceName = "none"
    voices: VoiceNames | None = None
    entries: tuple[VoiceEntry, ...] | None = None
    pedal: PedalName | None = None
    fermata: Annotated[bool, Strict()] | None = None
    picardy: Unit = 0.0
    ensembles: tuple[Literal["keyboard", "organ", "chorale", "quartet"], ...] = ()
    optional: Unit = 1.0


class SectionRow(Entry):
    """A section of a form; fields as in `model.SectionEntry` unless said.

    Attributes:
        bars: the default, then others that may be drawn.
        least, most: the range in which it may be stretched to reach a wished length; inclusive.
        loose: bars by which it may be shorter or longer than drawn, as often as the style's phrases are not of four or
            eight bars; a theme's section is only longer, by two bars at least. 0 where the form is strict.
        key: for both modes.
        keys_as: id of an earlier section: where that one's keys were drawn, those at the same place of the list are
            taken (a second part begins in the key that the first one reached).
        imperfect: probability of ending with an IAC where its cadence is a PAC.
        optional: probability of being there; 1 when left out.
        figure: name of a style card's figure that replaces `optional`.
        voices: that sound in its passages; three are four where the ensemble has a part for each.
        passages: of what its phrases are made, where voices enter in it; what its bars have beyond theirs is added to
            the last.
    """

    label: Name
    id: Name | None = None
    function: FunctionName
    theme: Name | None = None
    copy_of: Name | None = None
    bars: BarChoices
    least: Bars | None = None
    most: Bars | None = None
    loose: Annotated[int, Strict(), Field(ge=0, le=3)] = 0
    key: KeyRow
    keys_as: Name | None = None
    cadence: CadenceName
    imperfect: Unit = 0.0
    optional: Unit = 1.0
    figure: Text | None = None
    transformations: tuple[TransformationField, ...] | None = Field(default=None, validation_alias="as")
    recall: RecallName | None = None
    fidelity: Unit | None = None
    texture: PatternName | None = None
    density: Unit | None = None
    tessitura: RegisterName | None = Field(default=None, validation_alias="register")
    dynamics: DynamicsField | None = None
    tempo_factor: Factor | None = None
    ritard: Unit | None = None
    phrases: tuple[PhraseRow, ...] | None = None
    voices: VoiceNames | None = None
    passages: tuple[PassageRow, ...] | None = None

    @property
    def section_id(self) -> str:
        """The id; set for all rows of a template that was read."""
        assert self.id is not None
        return self.id

    @property
    def phrase_bars(self) -> tuple[int, ...]:
        """The usual lengths of the phrases that it prescribes; empty where it prescribes none."""
        return tuple(phrase.bars[0] for phrase in self.phrases or ())

    @property
    def shortest(self) -> int:
        """The fewest bars that it may have."""
        lines = sum(min(phrase.bars) for phrase in self.phrases or ())
        return self.least if self.least is not None else min([*self.bars, *([lines] if lines else [])])

    @property
    def longest(self) -> int:
        """The most bars that it may have."""
        return self.most or max(*self.bars, sum(max(phrase.bars) for phrase in self.phrases or ()))


class ThemeRow(Entry):
    """A theme of a form: its usual length, shape and end (a section that it fills may end otherwise)."""

    bars: Bars
    type: ThemeKind = "period"
    against: Name | None = None
    cadence: CadenceName = "PAC"


class FormTemplate(Entry):
    """A form.

    Attributes:
        template: version of the format.
        name, description: as `compose forms` lists them.
        ensemble: what it is for, when the form itself decides (chorale).
        style: that it is planned in when nobody says one; of the program's own.
        meters: time signatures it is written in; the style's own when empty.
        tempo_bpm: time signature → slow, usual and fast beats a minute; else the style's own.
        repeats, da_capo: as in a plan.
        themes: name → its row.
        sections: in order.
    """

    template: Literal[1]
    name: Name
    description: Text
    ensemble: Literal["keyboard", "organ", "chorale", "quartet", "song", "line"] | None = None
    style: Name | None = None
    meters: tuple[Text, ...] = ()
    tempo_bpm: Mapping[Text, tuple[Tempo, Tempo, Tempo]] = Field(default_factory=dict)
    repeats: tuple[RepeatField, ...] = ()
    da_capo: Name | None = None
    themes: Mapping[Name, ThemeRow] = Field(default_factory=dict)
    sections: Annotated[tuple[SectionRow, ...], Field(min_length=1)]

    def row(self, section_id: str) -> SectionRow | None:
        """Return the row of that id, or None."""
        return next((row for row in self.sections if row.id == section_id), None)


def list_forms() -> tuple[FormTemplate, ...]:
    """Return the forms that come with the program, by name."""
    return tuple(load_form(name) for name in form_names())


def joined_passages(passages: Sequence[PassageRow], lengths: Sequence[int]) -> list[list[int]]:
    """Return the indices of the passages of each phrase: those that lead on into each other, until it is long enough.

    What ends with a cadence or a fermata ends its phrase; a held bass, other voices, and keys after none begin one.

    Args:
        passages: of a section.
        lengths: of each, in bars.
    """
    joined: list[list[int]] = []
    for index, passage in enumerate(passages):
        before = passages[index - 1] if joined else None
        bars = sum(lengths[other] for other in joined[-1]) if joined else 0
        leads_on = before is not None and before.cadence == "none" and not (before.fermata or before.pedal)
        if (
            before is not None
            and leads_on
            and passage.pedal is None
            and passage.voices == before.voices
            and (passage.keys is None) == (before.keys is None)
            and bars < _ENOUGH_BARS
            and bars + lengths[index] <= _MOST_BARS
        ):
            joined[-1].append(index)
        else:
            joined.append([index])
    return joined


@lru_cache(maxsize=1)
def form_names() -> tuple[str, ...]:
    """Return the names of the forms that come with the program."""
    folder = resources.files("composer.plans")
    return tuple(sorted(item.name[: -len(".yaml")] for item in folder.iterdir() if item.name.endswith(".yaml")))


def load_form(name: str, *, folder: Path | None = None) -> FormTemplate:
    """Return a form by name, or a user's own from a file beside the plan (`my_form.yaml`).

    Args:
        name: `rondo`, or a file name that ends in `.yaml`.
        folder: where a file's name counts from; the current folder by default.

    Raises:
        PlanError: no such form, or a template that is not well formed.
    """
    if name.endswith((".yaml", ".yml")):
        path = (folder or Path()) / name
        return parse_form(read_file(path), source=str(path))
    if name not in form_names():
        mend = did_you_mean(name, form_names()) or f"the forms are {', '.join(form_names())}"
        raise PlanError(f'no form "{name}"', mend=mend)
    return _packaged_form(name)


@lru_cache(maxsize=64)
def _packaged_form(name: str) -> FormTemplate:
    file = resources.files("composer.plans") / f"{name}.yaml"
    return parse_form(file.read_bytes(), source=f"plans/{name}.yaml")


def parse_form(data: bytes | str, *, source: str) -> FormTemplate:
    """Read a template.

    Raises:
        PlanError: all problems found, with line and column.
    """
    document = read_strict(data, source=source)
    try:
        template = FormTemplate.model_validate(document.value)
    except ValidationError as error:
        raise PlanError(pydantic_problems(error, document, FormTemplate)) from None
    rows: list[SectionRow] = []
    for row in template.sections:
        rows.append(row.model_copy(update={"id": row.id or default_id(row.label, [other.id for other in rows])}))
    template = template.model_copy(update={"sections": tuple(rows)})
    problems = _problems(template, document)
    if problems:
        raise PlanError(problems)
    return template


def _problems(template: FormTemplate, document: Document) -> list[Problem]:
    """Return what is impossible in a template whose fields are well formed."""
    problems: list[Problem] = []
    ids = [row.section_id for row in template.sections]
    for index, row in enumerate(template.sections):
        place = document.place(("sections", index))
        for mode, home in (("major", Key(0, "major")), ("minor", Key(0, "minor"))):
            for text in (*row.key.of(home.mode), *_inner_keys(row, home.mode)):
                try:
                    parse_key_path(text, home)
                except ComposerError as error:
                    problems += [Problem(f"{one.message} in {mode}", place, one.mend) for one in error.problems]
        if row.theme not in (None, NO_THEME, *template.themes):
            known = ", ".join(template.themes) or "none"
            mend: str | None = did_you_mean(row.theme or "", template.themes) or f"themes here: {known}"
            problems.append(Problem(f'no theme "{row.theme}"', place, mend))
        if ids.index(row.section_id) != index:
            problems.append(Problem(f'the id "{row.id}" appears twice', place, "give one of them another id"))
        for field in ("copy_of", "keys_as"):
            name = getattr(row, field)
            if name is not None and name not in ids[:index]:
                mend = did_you_mean(name, ids[:index])
                problems.append(Problem(f'{field}: no section "{name}" before this one', place, mend))
        for number, passage in enumerate(row.passages or ()):
            if passage.themes + passage.bars == 0:
                where = document.place(("sections", index, "passages", number))
                problems.append(Problem("a passage of no bars", where, "say themes: 1, or bars"))
        problems += _voices_problems(row, ("sections", index), document)
        if row.shortest > row.longest:
            mend = "least is the shorter, most the longer length"
            problems.append(Problem(f"from {row.shortest} to {row.longest} bars", place, mend))
    for meter in (*template.meters, *template.tempo_bpm):
        try:
            parse_meter(meter)
        except ComposerError as error:
            place = document.place(("meters" if meter in template.meters else "tempo_bpm",))
            problems += [Problem(one.message, place, one.mend) for one in error.problems]
    wrong = playing_problems(template.repeats, template.da_capo, ids)
    return problems + [Problem(one.message, document.place(one.path), one.mend) for one in wrong]


def _voices_problems(row: SectionRow, path: KeyPath, document: Document) -> list[Problem]:
    """Return what is impossible in the voices of a row and of its passages, but for those of four parts alone."""
    passages = [(number, one) for number, one in enumerate(row.passages or ()) if not one.ensembles]
    section = SectionEntry(
        label=row.label,
        theme=row.theme,
        voices=row.voices,
        phrases=tuple(PhraseEntry(voices=one.voices, entries=one.entries) for _, one in passages) or None,
    )
    found = []
    for where, message, mend in voices_problems(section, theme_bars={}, meter=None, ensemble=None):
        if where[0] == "phrases":
            where = ("passages", passages[int(where[1])][0], *where[2:])
        found.append(Problem(message, document.place((*path, *where)), mend))
    return found


def _inner_keys(row: SectionRow, mode: Mode) -> list[str]:
    """Return the keys of a row's phrases and of the entries in its passages."""
    phrases = [text for phrase in row.phrases or () if phrase.key for text in phrase.key.of(mode)]
    entries = [entry for passage in row.passages or () for entry in passage.entries or ()]
    return phrases + [entry.key for entry in entries if entry.key]


def default_id(label: str, taken: Container[str | None]) -> str:
    """Return the first of A, A2, A3 … that is not taken."""
    number = 1
    while (label if number == 1 else f"{label}{number}") in taken:
        number += 1
    return label if number == 1 else f"{label}{number}"
