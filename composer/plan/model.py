"""The plan of a piece: what a plan file says, as frozen values.

What it is: `Plan` with its themes, sections and phrases. The same classes hold a plan a person wrote (most fields
None: left to the planner) and a resolved one; `composer.plan.planner.resolve` turns the first into the second.

Conventions: `None` = not said. Bars are whole; beats are the meter's, as numbers. Keys are texts as in the file:
relative to the home key (`V`, `vi`, `bIII`), absolute (`e minor`), or a path of such (`V -> vi`). Harmony is a text of
Roman numerals (`numerals.py`). Checks that need one field only are here; those that need music or other fields are in
`checks.py`. Some fields have another word in the file, because Python reserves it: `FILE_WORDS`.

Contents: `Plan`, `ThemeEntry`, `ThemePhrase`, `SectionEntry`, `PhraseEntry`, `RepeatEntry`, `Formula`, `Link`,
`Dynamics`, `Glide`, `Transformation`, `Defaults`, `Performer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Strict, StringConstraints, Tag

PLAN_VERSION = 1
MAX_BARS = 2000  # of a whole piece: over an hour; more is a slip of the finger
MAX_SECTION_BARS = 512
MAX_TIMES = 6  # that a passage is played, inclusive
NO_THEME = "none"  # `theme: none`: said, and none
NO_DA_CAPO = "none"  # `da_capo: none`: the form has one, this piece has not
ARROW = "->"  # between the stations of a glide of styles, as between keys
# Exact transformations; the value that each may take in the file.
TRANSFORMATIONS: Mapping[str, str] = {
    "transposition": "a key: {transposition: V}",
    "mode": "major or minor: {mode: minor}",
    "inversion": "nothing",
    "retrograde": "nothing",
    "augmentation": "a factor, 2 by default",
    "diminution": "a divisor, 2 by default",
    "sequence": "{step: degrees up or down, times: copies}, or {keys: vi -> ii -> V}; {…, breath: 1} ends a beat early",
    "fragment": "bars of the theme: {fragment: 1-2} or {fragment: 3}",
    "ornament": "how much, 0 to 1, .5 by default; {amount: 0.5, manner: baroque} in another manner than the style's",
    "register": "semitones, a multiple of 12: {register: -12}",
    "reharmonize": "nothing",
}

# Field name -> word in the file.
FILE_WORDS: Mapping[str, str] = {"schema_": "schema", "transformations": "as", "tessitura": "register", "from_": "from"}

Text = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=4096)]
Name = Annotated[
    str, Strict(), StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.'+-]*$")
]
# A style's name, or the path of its card, from the plan's folder or absolute: ./mine.yaml.
StyleName = Annotated[
    str,
    Strict(),
    StringConstraints(
        min_length=1, max_length=1024, pattern=r"^(?:[A-Za-z0-9][A-Za-z0-9_.'+-]{0,63}|[^\x00-\x1f\x7f>]+\.ya?ml)$"
    ),
]
Bars = Annotated[int, Strict(), Field(ge=1, le=MAX_SECTION_BARS)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Unit = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]
Beats = Annotated[float, Strict(), Field(ge=0, le=12, allow_inf_nan=False)]
Tempo = Annotated[float, Strict(), Field(ge=20, le=400, allow_inf_nan=False)]
Factor = Annotated[float, Strict(), Field(ge=0.25, le=4, allow_inf_nan=False)]
BarRange = Annotated[str, Strict(), StringConstraints(pattern=r"^[1-9]\d{0,2}(-[1-9]\d{0,2})?$")]
Flag = Annotated[bool, Strict()]


def bar_alone(value: Any) -> Any:
    """Read `theme_bars: 1` as short for `theme_bars: "1"`."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# In a file a bar alone is a number.
ThemeBars = Annotated[BarRange, BeforeValidator(bar_alone)]
CadenceName = Literal["PAC", "IAC", "HC", "DC", "EC", "PC", "none"]
PhraseKind = Literal["sentence", "period", "compound period", "chain"]
ThemeKind = Literal["sentence", "period", "compound period", "chain", "subject"]
SchemaName = Literal[
    "descending fifths", "ascending 5-6", "romanesca", "fonte", "monte", "prinner", "lament", "quiescenza"
]
PedalName = Literal["I", "V"]
LevelName = Literal["ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"]
ShapeName = Literal["flat", "arch", "cresc", "dim"]
RegisterName = Literal["low", "middle", "high"]
RecallName = Literal["melody", "full"]
VoiceName = Literal["soprano", "alto", "tenor", "bass"]
AnswerName = Literal["tonal", "real"]
MannerName = Literal["plain", "baroque", "classical", "romantic"]
DYNAMIC_LEVELS: tuple[str, ...] = get_args(LevelName)
DYNAMIC_SHAPES: tuple[str, ...] = get_args(ShapeName)
VOICES: tuple[VoiceName, ...] = get_args(VoiceName)  # from the top
# Those of `composer.outline`, once more as types: pydantic and mypy need them written out.
PatternName = Literal[
    "unknown",
    "melody",
    "unison",
    "chorale",
    "chords",
    "alberti",
    "arpeggio",
    "walking",
    "stride",
    "imitation",
    "running",
]
FunctionName = Literal[
    "theme",
    "transition",
    "episode",
    "development",
    "retransition",
    "recapitulation",
    "closing",
    "coda",
    "introduction",
]


class Entry(BaseModel):
    """Base of all entries: frozen, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _level_alone(value: Any) -> Any:
    # `dynamics: p` is short for `dynamics: {level: p}`, and `dynamics: cresc` for a shape.
    if isinstance(value, str):
        return {"shape": value} if value in DYNAMIC_SHAPES else {"level": value}
    return value


class Dynamics(Entry):
    """How loud: a level and its shape over the span."""

    level: LevelName | None = None
    shape: ShapeName | None = None


DynamicsField = Annotated[Dynamics, BeforeValidator(_level_alone)]


def _transformation(value: Any) -> Any:
    # `ornament`, `{ornament: 0.3}` and `{sequence: {step: -1, times: 2}}` are the ways to write one.
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, Mapping) and len(value) == 1 and "name" not in value:
        ((name, amount),) = value.items()
        if isinstance(amount, Mapping):
            return {"name": name, **amount}
        return {"name": name, "amount": amount}
    return value


class Transformation(Entry):
    """One exact transformation of a theme.

    Attributes:
        name: of `TRANSFORMATIONS`.
        amount: what it takes: a number, a bar range (`1-2`), a mode or a key.
        step, times: of a sequence: scale degrees from copy to copy, and how many copies are made.
        keys: of a sequence that goes through keys instead: a path, the first key the model's.
        breath: of a sequence: beats at its end in which nothing of it begins but the first note of its last copy; what
            sounds before is held.
        manner: of ornaments; None: the style's.
    """

    name: Literal[
        "transposition",
        "mode",
        "inversion",
        "retrograde",
        "augmentation",
        "diminution",
        "sequence",
        "fragment",
        "ornament",
        "register",
        "reharmonize",
    ]
    amount: Annotated[float, Strict()] | Annotated[str, Strict()] | None = None
    step: Annotated[int, Strict(), Field(ge=-7, le=7)] | None = None
    times: Annotated[int, Strict(), Field(ge=1, le=16)] | None = None
    keys: Text | None = None
    breath: Annotated[float, Strict(), Field(gt=0, le=8, allow_inf_nan=False)] | None = None
    manner: MannerName | None = None


TransformationField = Annotated[Transformation, BeforeValidator(_transformation)]


class Link(Entry):
    """One side of a join between sections: what sounds just before a section, or at its end.

    Attributes:
        key: absolute key.
        chord: numeral in that key.
        bass, top: sounding notes, as `D3`; None where it does not matter.
    """

    key: Text
    chord: Text
    bass: Text | None = None
    top: Text | None = None


def _words(value: Any) -> Any:
    # `chords: ii6 V I` is short for a list.
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[tuple[Text, ...], BeforeValidator(_words)]


class Formula(Entry):
    """The end of a phrase as outer voices with rhythm; what the filler pins unless a theme covers it.

    Attributes:
        chords: numerals in the phrase's last key.
        onsets: beats after the phrase's first bar line, one a chord; the last chord lasts to the end of the phrase.
        soprano: degree of the top voice at each onset (`-` = rest), in the scale of the mode (`#7` = raised in minor).
        bass: degree of the bass at each onset.
    """

    chords: Words
    onsets: tuple[Number, ...]
    soprano: Words
    bass: Words


def _style_alone(value: Any) -> Any:
    return {value: 1.0} if isinstance(value, str) else value


StyleMix = Annotated[
    dict[StyleName, Annotated[float, Strict(), Field(gt=0, le=1000, allow_inf_nan=False)]],
    BeforeValidator(_style_alone),
    Field(min_length=1),
]


def _mix_alone(value: Any) -> Any:
    return [value] if isinstance(value, (str, Mapping)) else value


class Glide(Entry):
    """A style that changes along the piece (or the section): `bach -> joplin`.

    Attributes:
        from_: (`from` in the file) the mix at the beginning.
        via: mixes on the way, at equal distances.
        to: the mix at the end.
    """

    from_: StyleMix = Field(validation_alias="from")
    via: Annotated[tuple[StyleMix, ...], BeforeValidator(_mix_alone)] = ()
    to: StyleMix

    @property
    def stations(self) -> tuple[dict[str, float], ...]:
        """All its mixes, in order."""
        return (self.from_, *self.via, self.to)


def _glide_alone(value: Any) -> Any:
    # `bach -> mozart -> joplin` is short for `{from: bach, via: [mozart], to: joplin}`.
    if isinstance(value, str) and ARROW in value:
        first, *between, last = (name.strip() for name in value.split(ARROW))
        return {"from": first, "via": between, "to": last}
    return _style_alone(value)


def _style_kind(value: Any) -> str:
    if isinstance(value, Mapping):  # numbers are weights, even of styles that are called so
        stations = [value[word] for word in ("from", "to") if word in value]
        return "glide" if any(not isinstance(station, (int, float)) for station in stations) else "mix"
    return "glide" if isinstance(value, Glide) else "mix"


StyleField = Annotated[
    Annotated[Glide, Tag("glide")] | Annotated[StyleMix, Tag("mix")],
    Discriminator(_style_kind),
    BeforeValidator(_glide_alone),
]


class VoiceEntry(Entry):
    """An entry: a voice takes up a theme, as in a fugue or an invention.

    Attributes:
        voice: that has it.
        bar: of the phrase (or the section, where it is said there) in which it begins, from 1.
        beat: of that bar, from 1.
        theme: its name; the phrase's or the section's if left out.
        theme_bars: which bars of the theme, `1-2`; all of them if left out.
        key: in which it stands.
        answer: `tonal` exchanges tonic and dominant at its head, `real` does not; left out: it is no answer.
        step: degrees of the scale by which it is moved in its key: the links of a sequence.
        transformations: (`as` in the file) exact transformations.
    """

    voice: VoiceName
    bar: Annotated[int, Strict(), Field(ge=1, le=MAX_SECTION_BARS)]
    beat: Annotated[float, Strict(), Field(ge=1, lt=13, allow_inf_nan=False)] | None = None
    theme: Name | None = None
    theme_bars: ThemeBars | None = None
    key: Text | None = None
    answer: AnswerName | None = None
    step: Annotated[int, Strict(), Field(ge=-7, le=7)] | None = None
    transformations: tuple[TransformationField, ...] | None = Field(default=None, validation_alias="as")


VoiceNames = Annotated[tuple[VoiceName, ...], Field(min_length=1, max_length=len(VOICES))]


class PhraseEntry(Entry):
    """A phrase of a section.

    Attributes:
        bars: from bar line to bar line (an upbeat comes before).
        cadence: how it ends.
        key: key or path; relative to the home key, or absolute.
        harmony: numerals, bar by bar.
        schema_: (`schema` in the file) a sequence or galant schema that stands somewhere before its cadence; where no
            chord is left open, it only names what is there.
        pedal: degree of its last key that is held in the bass from where that key begins up to the cadence.
        style: name → weight; overrides the section's.
        theme: name of the theme that it states, or `none`.
        theme_bars: which bars of it, `1-4`; they sound from the phrase's first bar on.
        fidelity: 1 note for note; lower values follow the theme's bars as a reference only: from .5 on with that share
            of the tune's notes and its opening chords (from .6 on all, where the cadence is the theme's), below .3
            their rhythm alone; 0 not at all.
        transformations: (`as` in the file) exact transformations.
        recall: `melody` pins the tune, `full` every voice.
        entries: of themes in its voices; a phrase that has some states no theme besides.
        voices: that sound; one line each. Where none are said, no voices are told apart.
        texture, density, tessitura: how it is laid out; the last is `register` in the file.
        dynamics, tempo_factor: level and shape; times the tempo.
        ritard: 0 none .. 1 strong, over its last bar.
        fermata: on its last chord.
        formula: the outer voices of its cadence.
    """

    bars: Bars | None = None
    cadence: CadenceName | None = None
    key: Text | None = None
    harmony: Text | None = None
    schema_: SchemaName | None = Field(default=None, validation_alias="schema")
    pedal: PedalName | None = None
    style: StyleMix | None = None
    theme: Name | None = None
    theme_bars: ThemeBars | None = None
    fidelity: Unit | None = None
    transformations: tuple[TransformationField, ...] | None = Field(default=None, validation_alias="as")
    recall: RecallName | None = None
    entries: tuple[VoiceEntry, ...] | None = None
    voices: VoiceNames | None = None
    texture: PatternName | None = None
    density: Unit | None = None
    tessitura: RegisterName | None = Field(default=None, validation_alias="register")
    dynamics: DynamicsField | None = None
    tempo_factor: Factor | None = None
    ritard: Unit | None = None
    fermata: Flag | None = None
    formula: Formula | None = None


class SectionEntry(Entry):
    """A section of the form.

    Attributes:
        label: what the form calls it; may repeat. None only beside `copy_of`.
        id: unique; A, A2, A3 … by default.
        copy_of: id of the section whose entry is copied before this one's own fields are laid over it.
        function: what it does in the form.
        style: name → weight, or a glide along it; overrides the piece's.
        type: how the bars that its theme leaves free are divided into phrases; as of a theme.
        take: draws this section afresh.
        enters, leaves: what sounds before it, and at its end.
        entries: as in `PhraseEntry`, bars counted from the section's first; the planner makes phrases round them.
        phrases: its phrases, in order.
        others: as in `PhraseEntry`, for all its phrases; `cadence` is that of its last phrase.
    """

    label: Name | None = None
    id: Name | None = None
    copy_of: Name | None = None
    function: FunctionName | None = None
    style: StyleField | None = None
    theme: Name | None = None
    bars: Bars | None = None
    type: PhraseKind | None = None
    key: Text | None = None
    cadence: CadenceName | None = None
    transformations: tuple[TransformationField, ...] | None = Field(default=None, validation_alias="as")
    recall: RecallName | None = None
    entries: tuple[VoiceEntry, ...] | None = None
    voices: VoiceNames | None = None
    fidelity: Unit | None = None
    harmony: Text | None = None
    texture: PatternName | None = None
    density: Unit | None = None
    tessitura: RegisterName | None = Field(default=None, validation_alias="register")
    dynamics: DynamicsField | None = None
    tempo_factor: Factor | None = None
    ritard: Unit | None = None
    take: Annotated[int, Strict(), Field(ge=1, le=2**31 - 1)] | None = None
    enters: Link | None = None
    leaves: Link | None = None
    phrases: tuple[PhraseEntry, ...] | None = None


class ThemePhrase(Entry):
    """A phrase inside a theme: its bars and how it ends."""

    bars: Bars
    cadence: CadenceName
    formula: Formula | None = None


class ThemeEntry(Entry):
    """A theme: a tune (pinned, or composed first) with its numerals.

    Attributes:
        bars: its length.
        key: the key it is written in, relative to the home key; `I` (or `i`) by default.
        pickup: beats of its upbeat.
        type: `sentence`, `period`, `compound period` (two of either), `chain`, or `subject`: one line that several
            voices take up.
        against: (of a countersubject) the theme with which it sounds, and whose bars, key and harmony it has.
        melody: ABC body, L:1/8; `x` leaves a place free.
        voices: ABC bodies of all voices, top first, instead of `melody`.
        file: a MIDI, MusicXML or ABC file beside the plan.
        harmony: numerals, bar by bar, in its key.
        phrases: its phrases.
    """

    bars: Bars | None = None
    key: Text | None = None
    pickup: Beats | None = None
    type: ThemeKind | None = None
    against: Name | None = None
    melody: Text | None = None
    voices: tuple[Text, ...] | None = None
    file: Text | None = None
    harmony: Text | None = None
    phrases: tuple[ThemePhrase, ...] | None = None


def _ids_alone(value: Any) -> Any:
    # `A` and `[B, A2]` are short for `{sections: [A]}` and `{sections: [B, A2]}`.
    if isinstance(value, str):
        return {"sections": [value]}
    return {"sections": value} if isinstance(value, (list, tuple)) else value


class RepeatEntry(Entry):
    """A passage that is written once and played again.

    Attributes:
        sections: ids of consecutive sections.
        times: how often it is played.
        endings: two lists of the ids that follow: how it ends each time but the last, and how the last time (which may
            be empty: then the piece just goes on).
    """

    sections: Annotated[tuple[Name, ...], Field(min_length=1)]
    times: Annotated[int, Strict(), Field(ge=2, le=MAX_TIMES)] = 2
    endings: tuple[tuple[Name, ...], tuple[Name, ...]] | None = None


RepeatField = Annotated[RepeatEntry, BeforeValidator(_ids_alone)]


class Defaults(Entry):
    """What holds for every section that does not say otherwise."""

    dynamics: DynamicsField | None = None
    density: Unit | None = None
    texture: PatternName | None = None
    tessitura: RegisterName | None = Field(default=None, validation_alias="register")
    fidelity: Unit | None = None
    recall: RecallName | None = None


class Performer(Entry):
    """Who plays: a player (rule strengths, some of them changed), how much, and which take."""

    player: StyleName | None = None  # or the path of a card of one's own
    strengths: dict[Name, Annotated[float, Strict(), Field(ge=0, le=100, allow_inf_nan=False)]] | None = None
    expression: Annotated[float, Strict(), Field(ge=0, le=3, allow_inf_nan=False)] | None = None
    take: Annotated[int, Strict(), Field(ge=0, le=2**63 - 1)] | None = None


class Plan(Entry):
    """The plan of a piece; see the module's conventions.

    Attributes:
        plan: version of the format.
        form: name of a template, or a template file beside the plan.
        style: name → weight, or a glide along the piece.
        ensemble: what it is written for.
        key: the home key, absolute.
        meter: `3/4`.
        pickup: beats before the first bar.
        tempo: beats a minute; the beat is the meter's.
        seed: of all drawing.
        repeats: passages that are played again; none when left out beside stated sections.
        da_capo: id of the section with which the piece ends after it has begun anew, without repeats.
    """

    plan: Literal[1] = 1
    title: Text | None = None
    form: Text
    style: StyleField
    ensemble: Literal["keyboard", "organ", "chorale", "quartet", "song", "line"] | None = None
    key: Text | None = None
    meter: Text | None = None
    pickup: Beats | None = None
    tempo: Tempo | None = None
    seed: Annotated[int, Strict(), Field(ge=0, le=2**63 - 1)] | None = None
    defaults: Defaults | None = None
    repeats: tuple[RepeatField, ...] | None = None
    da_capo: Name | None = None
    themes: dict[Name, ThemeEntry] = Field(default_factory=dict)
    sections: tuple[SectionEntry, ...] = ()
    performer: Performer | None = None

    def section(self, section_id: str) -> SectionEntry:
        """Return the section of that id.

        Raises:
            KeyError: there is none.
        """
        for entry in self.sections:
            if entry.id == section_id:
                return entry
        raise KeyError(section_id)

    @property
    def bars(self) -> int:
        """Whole bars of all sections; 0 for those that do not say."""
        return sum(entry.bars or 0 for entry in self.sections)
