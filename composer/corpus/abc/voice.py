"""Read the music of one ABC voice, token after token.

Conventions (ABC 2.1): an accidental holds to the bar's end for its letter in all octaves (11.3), unless the file says
otherwise; a tie carries its accidental on. A chord is as long as its first note (4.17). Grace notes have no length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from composer.corpus.abc.cursor import Cursor
from composer.corpus.abc.drafts import AbcNote, AbcReport, AbcSetting, AbcVoiceDraft
from composer.corpus.abc.rhythm import Rhythm, ticks_of
from composer.corpus.abc.scan import ARTICULATIONS, NOTE, SILENT, TOKEN, WEDGES, is_music, jump_of, length_of
from composer.corpus.kern.tokens import Ticks
from composer.corpus.musicxml.signs import LEVELS
from composer.theory.pitch import Spelling

_MAX_PITCH = 127
_TARGETS = ("segno", "coda")  # at a bar line they stand for the beginning of the next bar
_MAX_OPEN = 64  # slurs that are open at once


@dataclass(slots=True, eq=False)
class _Head:
    """A note of a chord while this is read; its length is `times / divided` units."""

    written: Spelling
    times: int
    divided: int
    articulations: tuple[str, ...]
    is_tied: bool = False


class VoiceReader:
    """Reads the music of one voice.

    Args:
        draft: takes what is read.
        setting: in force; the caller changes it when a field does.
        report: takes what was mended.
    """

    def __init__(self, draft: AbcVoiceDraft, setting: AbcSetting, report: AbcReport) -> None:
        self.draft = draft
        self.setting = setting
        self.cursor = Cursor(draft, setting.meter, report)
        self._report = report
        self._chord: list[_Head] | None = None
        self._chord_signs: list[str] = []  # stand before the chord, for all its notes
        self._is_in_grace = False
        self._articulations: list[str] = []  # wait for their note
        self._jumps: list[str] = []  # da capo and the like, wait for their note or bar line
        self._open_slurs: list[AbcNote | None] = []  # None: waits for its first note
        self._rhythm = Rhythm()
        self._handlers: dict[str, Callable[[str], None]] = {
            "note": self._note, "rest": self._rest, "bar_rest": self._bar_rest, "bar": self._bar,
            "ending": self._ending, "chord": self._begin_chord, "chord_end": self._end_chord, "tie": self._tie,
            "string": self._string, "grace": self._begin_grace, "grace_end": self._end_grace,
            "tuplet": self._begin_tuplet, "slur": self._begin_slur, "slur_end": self._end_slur,
            "broken": self._break_rhythm, "decoration": self._decoration, "overlay": self._overlay,
            "named_ending": self._named_ending, "symbol": self._symbol, "spacer": self._rest_signs,
            "other": self._other,
        }  # fmt: skip

    def take(self, kind: str, text: str) -> None:
        """Read one token; kinds as in `abc_scan.TOKEN`."""
        handler = self._handlers.get(kind)
        if handler is not None:  # blanks and line breaks mean nothing here
            handler(text)

    def finish(self) -> None:
        """Close what is open at the end."""
        self._close_groups()
        for jump in self._jumps:
            self.cursor.add_jump(jump)
        self.cursor.finish()
        if self._open_slurs:
            self._report.count("slurs that do not end; left out", len(self._open_slurs))

    # ---------------------------------------------------------------- notes and rests

    def _note(self, text: str) -> None:
        found = NOTE.match(text)
        assert found is not None
        accidental, name, marks, length = found.groups()
        letter = name.upper()
        self._begin_event()
        octave = (5 if name != letter else 4) + marks.count("'") - marks.count(",") + self.setting.octaves
        written = Spelling(letter, self._alter(letter, octave, accidental), octave)
        if not 0 <= written.pitch + self.setting.semitones <= _MAX_PITCH:
            raise self._report.error(f'the note "{text[:20]}" is out of range', "MIDI pitches end at 0 and 127")
        if self._is_in_grace:
            self._sound_grace(written)
            return
        own = tuple(dict.fromkeys((*self._chord_signs, *self._articulations)))
        self._articulations = []
        head = _Head(written, *length_of(length), own)
        if self._chord is not None:
            self._chord.append(head)
        else:
            self._sound([head], 1, 1)

    def _begin_event(self) -> None:
        self.cursor.begin_event()
        for jump in self._jumps:
            self.cursor.add_jump(jump)
        self._jumps = []

    def _alter(self, letter: str, octave: int, accidental: str | None) -> int:
        """Return how much a letter is raised here."""
        layer, propagation = self.cursor.layer, self.setting.propagation
        place = (letter, octave if propagation == "octave" else 0)
        if accidental is None:
            for note in layer.tied:
                if note.written.letter == letter and note.written.octave == octave:
                    return note.written.alter
            return layer.accidentals.get(place, self.setting.key.alters.get(letter, 0))
        alter = accidental.count("^") - accidental.count("_")
        if "/" in accidental:
            upper, _, lower = accidental.strip("^_=").partition("/")
            alter = round(alter * Fraction(int(upper or 1), int(lower or 2) or 1))
            self._report.count("quarter tones rounded to whole accidentals")
            alter = max(-2, min(2, alter))
        if propagation != "not":
            layer.accidentals[place] = alter
        return alter

    def _sound(self, heads: list[_Head], times: int, divided: int) -> None:
        """Put a note or chord at the present place and move on by the length of its first note."""
        factor, layer = self._rhythm.next_factor(), self.cursor.layer
        waiting, layer.tied = layer.tied, []
        notes: list[AbcNote] = []
        lengths: list[Ticks] = []
        for head in heads:
            length = ticks_of(self.setting.unit_tick, head.times * times, head.divided * divided, factor)
            if not length:
                self._report.count("notes without length left out")
                continue
            note = AbcNote(
                self.cursor.measure, layer.tick, length, head.written, self.setting.semitones, layer.index, False,
                head.articulations,
            )  # fmt: skip
            for before in waiting:
                if before.written.pitch == head.written.pitch:
                    note.tied_from = before
                    waiting.remove(before)
                    break
            if head.is_tied:
                layer.tied.append(note)
            notes.append(note)
            lengths.append(length)
        if waiting:
            self._report.count("ties that lead to no note of their pitch", len(waiting))
        if notes:
            self._remember(notes)
            self.cursor.advance(lengths[0], notes)

    def _sound_grace(self, written: Spelling) -> None:
        layer = self.cursor.layer
        note = AbcNote(self.cursor.measure, layer.tick, 0, written, self.setting.semitones, layer.index, True)
        self._remember([note])

    def _remember(self, notes: list[AbcNote]) -> None:
        self.draft.notes += notes
        self._report.spend(notes=len(notes))
        self.cursor.layer.sounded = notes
        if self._open_slurs and self._open_slurs[-1] is None:
            self._open_slurs = [notes[0] if first is None else first for first in self._open_slurs]

    def _rest(self, text: str) -> None:
        if self._is_in_grace:
            return
        if self._chord is not None:
            self._report.count("rests inside chords; left out")
            return
        times, divided = length_of(text[1:])
        self._begin_event()
        length = ticks_of(self.setting.unit_tick, times, divided, self._rhythm.next_factor())
        self.cursor.end_ties()
        self._rest_signs(text)
        self.cursor.advance(length, [])

    def _rest_signs(self, _text: str) -> None:
        """Give a rest or spacer the signs that wait."""
        if "fermata" in self._articulations:
            self.cursor.add_event("fermata", None)
        self._articulations = []

    def _bar_rest(self, text: str) -> None:
        """Rest for whole bars: `Z4` is four of them."""
        self._close_groups()
        if self.cursor.has_content:
            self._report.say(f"{text[:10]} in the middle of a bar; read as {text[:10].lower()}")
            self._rest(text.lower())
        else:
            self.cursor.rest_bars(int(text[1:] or 1))
            self._rest_signs(text)

    # ---------------------------------------------------------------- rhythm

    def _begin_tuplet(self, text: str) -> None:
        if not self._rhythm.begin_tuplet(text, self.setting.meter):
            self._report.say(f'"{text}" is no tuplet; left out')

    def _break_rhythm(self, text: str) -> None:
        if self._is_in_grace or self._chord is not None:
            return
        factor = self._rhythm.break_rhythm(text) if self.cursor.layer.last is not None else None
        if factor is None:
            self._report.count("broken rhythms without a note before them in the bar; left out")
        else:
            self.cursor.stretch_last(factor)

    # ---------------------------------------------------------------- bars

    def _bar(self, text: str) -> None:
        self._close_groups()
        if "fermata" in self._articulations:  # over a bar line: it holds what was there before
            for note in self.cursor.layer.sounded:
                note.articulations = tuple(dict.fromkeys((*note.articulations, "fermata")))
        self._articulations = []
        for jump in self._jumps:
            if jump not in _TARGETS:
                self.cursor.add_jump(jump)
        self._jumps = [jump for jump in self._jumps if jump in _TARGETS]
        self.cursor.bar(text)

    def _ending(self, text: str) -> None:
        self._close_groups()
        self.cursor.begin_ending(text)

    def _named_ending(self, _text: str) -> None:
        self._report.count("brackets over the notes that have a name, not a number; left out")

    def _overlay(self, _text: str) -> None:
        self._close_groups()
        self.cursor.overlay()

    # ---------------------------------------------------------------- chords, graces, ties, slurs

    def _begin_chord(self, _text: str) -> None:
        if self._is_in_grace:
            return  # grace notes of one onset are a chord anyway
        self._close_groups()
        self._chord, self._chord_signs = [], self._articulations
        self._articulations = []

    def _end_chord(self, text: str) -> None:
        if self._is_in_grace:
            return
        heads, self._chord, self._chord_signs = self._chord, None, []
        if heads is None:
            self._report.count('"]" without a chord; left out')
        elif heads:
            self._sound(heads, *length_of(text[1:]))

    def _begin_grace(self, _text: str) -> None:
        self._close_groups()
        self._is_in_grace = True

    def _end_grace(self, _text: str) -> None:
        self._is_in_grace = False

    def _close_groups(self) -> None:
        """End a chord or grace notes whose end is missing."""
        if self._chord is not None:
            self._report.say("a chord without its end was closed")
            self._end_chord("]")
        if self._is_in_grace:
            self._report.say("grace notes without their end were closed")
            self._is_in_grace = False

    def _tie(self, _text: str) -> None:
        layer = self.cursor.layer
        if self._is_in_grace:
            return
        if self._chord:
            self._chord[-1].is_tied = True
        elif layer.sounded and not layer.sounded[0].is_grace and (layer.last is None or layer.last[2]):
            layer.tied = list(layer.sounded)
        else:
            self._report.count("ties without a note before them; left out")

    def _begin_slur(self, _text: str) -> None:
        if len(self._open_slurs) < _MAX_OPEN:
            self._open_slurs.append(None)
        else:
            self._report.count("slurs inside too many others; left out")

    def _end_slur(self, _text: str) -> None:
        if not self._open_slurs:
            self._report.count("slurs without a beginning; left out")
            return
        first = self._open_slurs.pop()
        if first is not None:
            self.draft.slurs.append((first, self.cursor.layer.sounded[0] if self.cursor.layer.sounded else first))

    # ---------------------------------------------------------------- signs

    def _string(self, text: str) -> None:
        is_annotation = text[1:2] in ("^", "_", "<", ">", "@")
        if jump := jump_of(text):
            self._jumps.append(jump)
            return
        what = "words over the notes" if is_annotation else "chord symbols"
        self._report.count(f"{what} are not part of a Score; left out")

    def _symbol(self, text: str) -> None:
        name = self.setting.symbols.get(text)
        if name is None:
            self._report.count(f'symbols "{text}" that nothing explains; left out')
        else:
            self._decorate(name)

    def _decoration(self, text: str) -> None:
        name = text[1:-1]
        if not is_music(name):
            self._decorate(name)
            return
        # Old dialects: `!` was a line break, and `+` stood round a chord.
        self._report.count(f"signs {text[0]} of an old dialect round notes")
        if text[0] == "+":
            self._begin_chord("[")
        for token in TOKEN.finditer(name):
            self.take(token.lastgroup or "", token[0])
        if text[0] == "+":
            self._end_chord("]")

    def _decorate(self, name: str) -> None:
        jump = jump_of(name)
        name = name.lower()
        if jump:
            self._jumps.append(jump)
        elif name in ARTICULATIONS:
            self._articulations.append(ARTICULATIONS[name])
        elif name in LEVELS:
            self.cursor.add_event("dynamics", name)
        elif name in WEDGES:
            self.cursor.add_event("wedge", WEDGES[name])
        elif name in SILENT:
            self._report.count("signs of fingering, bowing or phrasing are not part of a Score; left out")
        else:
            self._report.count(f"signs !{name[:20]}! that are not known; left out")

    def _other(self, text: str) -> None:
        self._report.count(f'characters "{text}" that are not music; left out')
