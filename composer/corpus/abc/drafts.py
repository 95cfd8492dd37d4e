"""What is known of an ABC tune before its bars are laid: notes and signs, each with a time in its own measure.

Conventions: a measure is what stands between two bar lines of one voice; times in it are exact (`Ticks`). How long it
is in the score, only all voices together say (`bars.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from composer.corpus.abc.fields import AbcClef, AbcKey
from composer.corpus.kern.tokens import Ticks
from composer.corpus.musicxml.drafts import EventDraft
from composer.errors import MusicFileError, Place
from composer.theory.meter import Meter
from composer.theory.pitch import Spelling

MAX_NOTES = 250_000  # of one book, inclusive; O'Neill's 1,850 tunes have 190,000
MAX_TOKENS = 1_000_000  # of one book, inclusive: notes, bar lines, blanks …
MAX_SIGNS = 50_000  # of one voice, inclusive: repeats, dynamics …
MAX_MEASURES = 20_000  # of one voice, inclusive
MAX_MEASURE_QUARTERS = 4_096  # inclusive; a chant may have no bar line
MAX_VOICES = 64  # of one tune, inclusive
MAX_MENDED = 300  # lines that are listed for a tune


@dataclass(slots=True)
class AbcSetting:
    """What the fields say of a voice.

    Attributes:
        unit_tick: unit length.
        meter: in force; None in free meter.
        key: signature.
        semitones, octaves: how much higher it sounds than it is written, and than its letters say.
        propagation: of accidentals: `pitch` (all octaves), `octave` or `not`.
        symbols: names of decorations by their letter.
    """

    unit_tick: int
    meter: Meter | None
    key: AbcKey
    semitones: int = 0
    octaves: int = 0
    propagation: str = "pitch"
    symbols: dict[str, str] = field(default_factory=dict)

    def shift(self, clef: AbcClef) -> None:
        """Set how much higher the voice sounds, as far as a field says so."""
        self.semitones = self.semitones if clef.semitones is None else clef.semitones
        self.octaves = self.octaves if clef.octaves is None else clef.octaves


@dataclass(slots=True, eq=False)
class AbcNote:
    """A written note; tied ones are still apart.

    Attributes:
        measure: index of its measure.
        local_tick: its onset in the measure.
        duration_tick: 0 for a grace note.
        written: as spelled, octave shifts included.
        semitones: how much higher it sounds.
        layer: 0, or more for a voice that `&` lays over.
        articulations: words of a Score.
        tied_from: the note that it lengthens.
    """

    measure: int
    local_tick: Ticks
    duration_tick: Ticks
    written: Spelling
    semitones: int
    layer: int
    is_grace: bool = False
    articulations: tuple[str, ...] = ()
    tied_from: AbcNote | None = None


@dataclass(slots=True, eq=False)
class AbcMeasure:
    """What stands between two bar lines.

    Attributes:
        line: of the file, where it begins.
        meter: in force; None in free meter.
        length_tick: of its longest layer; None for a rest of a whole bar, as long as the other voices say.
        opening, closing: the bar lines on both sides, as written.
    """

    line: int
    meter: Meter | None
    length_tick: Ticks | None = 0
    opening: str = ""
    closing: str = ""


@dataclass(slots=True, eq=False)
class AbcVoiceDraft:
    """A voice (`V:`) of a tune.

    Attributes:
        id: as the file calls it.
        name: as printed before its staff; may be empty.
        program: General MIDI program, or None.
        is_percussion: its notes are drums, not pitches.
        measures, notes: in the order of the file.
        slurs: (first, last note).
        events: keys, tempos, dynamics, repeats …; those of a measure's beginning may stand after the last measure.
    """

    id: str
    name: str = ""
    program: int | None = None
    is_percussion: bool = False
    measures: list[AbcMeasure] = field(default_factory=list)
    notes: list[AbcNote] = field(default_factory=list)
    slurs: list[tuple[AbcNote, AbcNote]] = field(default_factory=list)
    events: list[EventDraft] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class AbcTuneDraft:
    """A tune that was read, voice by voice.

    Attributes:
        voices: that hold something, in the order in which they are named.
        staves: a `%%score` or `%%staves` line, or empty.
        order: the parts in the order of playing (header P:), or empty.
        title, composer: as in the fields T: and C:.
        rights, origin: what the fields say of them.
    """

    voices: list[AbcVoiceDraft]
    staves: str = ""
    order: tuple[str, ...] = ()
    title: str = ""
    composer: str = ""
    rights: str = ""
    origin: str = ""


@dataclass(slots=True, eq=False)
class AbcBudget:
    """What a whole book has used of its bounds."""

    notes: int = 0
    tokens: int = 0


class AbcReport:
    """Gathers what was judged, mended or left out of one tune; faults of one kind are counted.

    Args:
        source: the file's name, for errors.
        budget: of the whole book.
    """

    def __init__(self, source: str, budget: AbcBudget) -> None:
        self.line = 0  # that is being read
        self.column = 0
        self._budget = budget
        self._source = source
        self._lines: list[str] = []
        self._counts: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def say(self, text: str) -> None:
        """Add a line of its own."""
        if len(self._lines) < 2 * MAX_MENDED:
            self._lines.append(f"line {self.line}: {text}" if self.line else text)

    def count(self, what: str, number: int = 1) -> None:
        """Count something that may come often: `chord symbols left out`."""
        if len(self._first) < MAX_MENDED or what in self._counts:
            self._counts[what] += number
            self._first.setdefault(what, self.line)

    def spend(self, *, notes: int = 0, tokens: int = 0) -> None:
        """Count what was read.

        Raises:
            MusicFileError: more than any book has.
        """
        self._budget.notes += notes
        self._budget.tokens += tokens
        if self._budget.notes > MAX_NOTES:
            raise self.error(f"more than {MAX_NOTES:,} notes in one file")
        if self._budget.tokens > MAX_TOKENS:
            raise self.error(f"more than {MAX_TOKENS:,} notes and signs in one file")

    def error(self, message: str, mend: str | None = None) -> MusicFileError:
        """Return an error at the present place."""
        return MusicFileError(message, place=Place(self._source, self.line, self.column or None), mend=mend)

    def mended(self) -> list[str]:
        """Return the lines."""
        counted = [f"{number} {what} (first in line {self._first[what]})" for what, number in self._counts.items()]
        lines = [*self._lines, *counted]
        if len(lines) > MAX_MENDED:
            lines[MAX_MENDED:] = [f"and {len(lines) - MAX_MENDED} more"]
        return lines
