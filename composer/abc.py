"""ABC notation of one line of music and its notes: an inverse pair.

What it is: the body of ABC 2.1 for a single voice at L:1/8; key and meter come from outside. `parse_abc` and
`format_abc` are inverse up to spelling and the way lengths are written.

Conventions: notes `C D … B c d … b` (C is middle C) with `,` and `'`; accidentals `^ ^^ _ __ =` hold to the bar's end;
lengths `A2 A/2 A3/2`; `z` is a rest, `x` a place that is left free (to be composed); `-` ties; `>` and `<` break the
rhythm; `(3abc` is a triplet; `|` ends a bar, and every bar but the first (an upbeat) and the last must be full. Slurs
and `%` comments are passed over; chords, grace notes, repeats and fields are refused. Ticks count from the first bar
line; an upbeat is negative.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from composer.errors import Place, ThemeError
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import LETTER_PITCH_CLASS, fifths_letter

UNIT_TICKS = TICKS_PER_QUARTER // 2  # L:1/8
# (p notes in the time of q: ABC 2.1, section 4.13; q of 5, 7 and 9 depends on the meter there and is left out here.
_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
_LENGTH = r"(?P<upper>\d{0,3})(?P<slashes>/{0,4})(?P<lower>\d{0,3})"
_NOTE = re.compile(r"(?P<accidental>\^{1,2}|_{1,2}|=)?(?P<letter>[A-Ga-gzx])(?P<octave>[,']*)" + _LENGTH)
_BAR = re.compile(r"\|\]|\|\||\|")
_REFUSED = {
    "[": ("a chord or field", "a theme is one line; give the other voices under voices"),
    "{": ("a grace note", "leave it out: the player adds ornaments"),
    ":": ("a repeat", "write it out"),
    '"': ("a chord symbol", "give chords under harmony"),
    "!": ("a decoration", "leave it out"),
    "Z": ("a rest of whole bars", "write z8 and the like"),
}


@dataclass(frozen=True, order=True)
class MelodyNote:
    """A note of a melody: onset and length in ticks, MIDI pitch."""

    onset_tick: int
    duration_tick: int
    pitch: int

    @property
    def end_tick(self) -> int:
        """Where it ends."""
        return self.onset_tick + self.duration_tick


@dataclass(frozen=True)
class Melody:
    """One line of music; between its notes are rests, but where it is free.

    Attributes:
        notes: sorted, without overlap; ticks from the first bar line, negative in an upbeat.
        end_tick: where it ends.
        pickup_tick: length of the upbeat.
        free: (start, end) of stretches that are left to be composed; sorted, apart, without notes.
    """

    notes: tuple[MelodyNote, ...]
    end_tick: int
    pickup_tick: int = 0
    free: tuple[tuple[int, int], ...] = ()

    def bars(self, meter: Meter) -> int:
        """Return how many bars it reaches into; one that ends an upbeat's length early fills its last bar."""
        return -(-self.end_tick // meter.bar_ticks)


@dataclass
class _Bar:
    """A bar while it is read."""

    accidentals: dict[tuple[str, int], int] = field(default_factory=dict)
    filled: Fraction = Fraction(0)  # ticks


def parse_abc(text: str, *, key: Key, meter: Meter, source: str = "<abc>", line: int = 1) -> Melody:
    """Read an ABC body.

    Args:
        text: the body; lines are joined.
        key: gives the key signature.
        meter: gives the length of bars.
        source, line: file and line at which the text begins, for errors.

    Raises:
        ThemeError: something that is not ABC, a bar of the wrong length, an impossible tie or pitch.
    """
    return _AbcReader(text, key, meter, source, line).melody()


class _AbcReader:
    """Reads a body from left to right."""

    def __init__(self, text: str, key: Key, meter: Meter, source: str, line: int) -> None:
        # Comments become spaces, so that columns stay true.
        self.text = re.sub(r"%[^\n]*", lambda match: " " * len(match[0]), text)
        self.signature = signature_accidentals(key)
        self.meter = meter
        self.source, self.line = source, line
        self.position = 0
        self.bar = _Bar()
        self.bars: list[Fraction] = []  # lengths of the finished ones
        self.time = Fraction(0)  # ticks from the start of the text
        self.notes: list[tuple[Fraction, Fraction, int]] = []
        self.free: list[tuple[Fraction, Fraction]] = []
        self.tied: tuple[int, str] | None = None  # pitch and letter of the note that a tie waits for
        self.letter = ""  # of the last note
        self.broken = Fraction(1)  # factor of the next note, after > or <
        self.tuplet: tuple[int, Fraction] | None = None  # notes left, factor

    def refuse(self, message: str, mend: str | None = None) -> ThemeError:
        before = self.text[: self.position]
        column = self.position - (before.rfind("\n") + 1) + 1
        place = Place(self.source, self.line + before.count("\n"), column, f"bar {len(self.bars) + 1} of the melody")
        return ThemeError(message, place=place, mend=mend)

    def melody(self) -> Melody:
        while self.position < len(self.text):
            character = self.text[self.position]
            if character in " \t\r\n()`\\" and not re.match(r"\(\d", self.text[self.position :]):
                self.position += 1  # blanks and slurs
            elif character == "|":
                self.end_bar()
            elif character == "(":
                self.begin_tuplet()
            elif character in "<>":
                self.break_rhythm()
            elif character == "-":
                self.tie()
            elif character in _REFUSED:
                what, mend = _REFUSED[character]
                raise self.refuse(f"{what} in a melody", mend)
            else:
                self.note()
        if self.tied is not None:
            raise self.refuse("a tie that leads nowhere", "remove the -")
        if not self.notes and not self.free and not self.time:
            raise self.refuse("an empty melody", "write notes such as G2 B2 d2")
        if self.bar.filled:
            self.bars.append(self.bar.filled)
        return self.finish()

    def end_bar(self) -> None:
        match = _BAR.match(self.text, self.position)
        assert match is not None
        following = self.text[match.end() : match.end() + 1]
        if following == ":" or (following.isdigit() and following):
            raise self.refuse("a repeat in a melody", "write it out")
        if self.bar.filled:
            is_upbeat = not self.bars and self.bar.filled < self.meter.bar_ticks
            at_end = not self.text[match.end() :].strip(" \t\r\n|]")
            short = at_end and self.bar.filled < self.meter.bar_ticks
            if self.bar.filled != self.meter.bar_ticks and not is_upbeat and not short:
                found, wanted = self.bar.filled / UNIT_TICKS, Fraction(self.meter.bar_ticks, UNIT_TICKS)
                raise self.refuse(
                    f"this bar has {found} eighths", f"a bar of {self.meter} has {wanted}; lengths count in eighths"
                )
            self.bars.append(self.bar.filled)
            self.bar = _Bar()
        self.position = match.end()

    def begin_tuplet(self) -> None:
        match = re.compile(r"\((\d)(?::(\d?)(?::(\d?))?)?").match(self.text, self.position)
        assert match is not None
        count = int(match[1])
        if count not in _TUPLETS and not match[2]:
            raise self.refuse(f"a tuplet of {count}", f"say in the time of how many: ({count}:4")
        time = int(match[2]) if match[2] else _TUPLETS[count]
        self.tuplet = (int(match[3]) if match[3] else count, Fraction(time, max(count, 1)))
        self.position = match.end()

    def break_rhythm(self) -> None:
        match = re.compile(r">{1,3}|<{1,3}").match(self.text, self.position)
        assert match is not None
        if not self.notes or self.notes[-1][0] + self.notes[-1][1] != self.time or self.tied is not None:
            raise self.refuse(f"{match[0]} without a note before it")
        short = Fraction(1, 2 ** len(match[0]))
        first, self.broken = (2 - short, short) if match[0][0] == ">" else (short, 2 - short)
        onset, duration, pitch = self.notes[-1]
        self.notes[-1] = (onset, duration * first, pitch)
        self.bar.filled += duration * (first - 1)
        self.time += duration * (first - 1)
        self.position = match.end()

    def tie(self) -> None:
        if not self.notes or self.notes[-1][0] + self.notes[-1][1] != self.time:
            raise self.refuse("a tie without a note before it")
        self.tied = (self.notes[-1][2], self.letter)
        self.position += 1

    def note(self) -> None:
        match = _NOTE.match(self.text, self.position)
        if match is None:
            raise self.refuse(f'"{self.text[self.position]}" is not ABC', "notes look like C D E c d e, rests like z")
        duration = _length(match) * UNIT_TICKS * self.broken
        if duration <= 0:
            raise self.refuse(f'"{match[0]}" has no length')
        self.broken = Fraction(1)
        if self.tuplet is not None:
            left, factor = self.tuplet
            duration *= factor
            self.tuplet = (left - 1, factor) if left > 1 else None
        if match["letter"] == "x":
            self.free.append((self.time, self.time + duration))
        elif match["letter"] != "z":
            self.sound(match, duration)
        if match["letter"] in "zx" and self.tied is not None:
            raise self.refuse("a tie into a rest")
        self.time += duration
        self.bar.filled += duration
        if self.bar.filled > self.meter.bar_ticks:
            found, wanted = self.bar.filled / UNIT_TICKS, Fraction(self.meter.bar_ticks, UNIT_TICKS)
            raise self.refuse(f"this bar has {found} eighths or more", f"a bar of {self.meter} has {wanted}")
        self.position = match.end()

    def sound(self, match: re.Match[str], duration: Fraction) -> None:
        letter = match["letter"].upper()
        octave = (5 if match["letter"].islower() else 4) + match["octave"].count("'") - match["octave"].count(",")
        accidental = match["accidental"]
        if accidental is not None:
            alter = accidental.count("^") - accidental.count("_")
            self.bar.accidentals[letter, octave] = alter
        elif self.tied is not None and self.tied[1] == letter:
            alter = (self.tied[0] - LETTER_PITCH_CLASS[letter] + 6) % 12 - 6  # a tie carries its accidental on
        else:
            alter = self.bar.accidentals.get((letter, octave), self.signature[letter])
        pitch = 12 * (octave + 1) + LETTER_PITCH_CLASS[letter] + alter
        if not 0 <= pitch <= 127:
            raise self.refuse(f'"{match[0]}" is out of range', "MIDI pitches end at 0 and 127")
        if self.tied is not None:
            if pitch != self.tied[0]:
                raise self.refuse("a tie to another pitch", "tie equal notes only")
            onset, before, _ = self.notes[-1]
            self.notes[-1] = (onset, before + duration, pitch)
            self.tied = None
        else:
            self.notes.append((self.time, duration, pitch))
        self.letter = letter

    def finish(self) -> Melody:
        bar = self.meter.bar_ticks
        upbeat = self.bars[0] if len(self.bars) > 1 and self.bars[0] < bar else Fraction(0)
        exact = [value for row in self.notes for value in row[:2]] + [value for row in self.free for value in row]
        if any(value.denominator != 1 for value in (*exact, upbeat, self.time)):
            raise self.refuse("a length that is too fine", "use whole parts of an eighth, down to 1/32")
        notes = tuple(MelodyNote(int(onset - upbeat), int(duration), pitch) for onset, duration, pitch in self.notes)
        free = _joined((int(start - upbeat), int(end - upbeat)) for start, end in self.free)
        return Melody(notes, int(self.time - upbeat), int(upbeat), free)


def _length(match: re.Match[str]) -> Fraction:
    upper = int(match["upper"] or 1)
    slashes = match["slashes"]
    lower = int(match["lower"]) if match["lower"] else 2 ** len(slashes)
    return Fraction(upper, lower) if lower else Fraction(0)


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def format_abc(melody: Melody, *, key: Key, meter: Meter) -> str:
    """Write a melody as an ABC body; `parse_abc` reads an equal one back.

    Args:
        melody: to be written.
        key: gives the key signature and the spelling.
        meter: gives the bars.
    """
    signature = signature_accidentals(key)
    events = _events(melody)
    cells: list[str] = []
    start = -melody.pickup_tick
    while start < melody.end_tick:
        stop = min(melody.end_tick, 0 if start < 0 else start + meter.bar_ticks)
        altered: dict[tuple[str, int], int] = {}
        words = []
        for onset, end, what in events:
            begin, finish = max(onset, start), min(end, stop)
            if begin >= finish:
                continue
            length = _length_text(Fraction(finish - begin, UNIT_TICKS))
            if isinstance(what, str):
                words.append(what + length)
            else:
                words.append(_note_text(what, key, signature, altered) + length + ("-" if end > stop else ""))
        cells.append(" ".join(words))
        start = stop
    return " | ".join(cells)


def _events(melody: Melody) -> list[tuple[int, int, int | str]]:
    """Return (onset, end, pitch or z or x) of everything from start to end, without gaps."""
    known: list[tuple[int, int, int | str]] = [(note.onset_tick, note.end_tick, note.pitch) for note in melody.notes]
    known += [(start, end, "x") for start, end in melody.free]
    events: list[tuple[int, int, int | str]] = []
    time = -melody.pickup_tick
    for onset, end, what in sorted(known, key=lambda event: event[0]):
        if onset > time:
            events.append((time, onset, "z"))
        events.append((onset, end, what))
        time = end
    if time < melody.end_tick:
        events.append((time, melody.end_tick, "z"))
    return events


def _note_text(pitch: int, key: Key, signature: dict[str, int], altered: dict[tuple[str, int], int]) -> str:
    spelling = key.spell(pitch)
    place = (spelling.letter, spelling.octave)
    mark = ""
    if altered.get(place, signature[spelling.letter]) != spelling.alter:
        mark = "^" * spelling.alter if spelling.alter > 0 else "_" * -spelling.alter if spelling.alter < 0 else "="
        altered[place] = spelling.alter
    if spelling.octave >= 5:
        return mark + spelling.letter.lower() + "'" * (spelling.octave - 5)
    return mark + spelling.letter + "," * (4 - spelling.octave)


def _length_text(length: Fraction) -> str:
    if length == 1:
        return ""
    upper = "" if length.numerator == 1 else str(length.numerator)
    if length.denominator == 1:
        return upper
    return f"{upper}/{'' if length.denominator == 2 and not upper else length.denominator}"


def signature_accidentals(key: Key) -> dict[str, int]:
    """Return letter → alteration of a key signature."""
    count = key.signature
    altered = dict.fromkeys("CDEFGAB", 0)
    for place in range(abs(count)):
        letter = fifths_letter(-1 + place if count > 0 else 5 - place)[0]
        altered[letter] += 1 if count > 0 else -1
    return altered
