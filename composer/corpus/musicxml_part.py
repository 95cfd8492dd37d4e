"""Walk through one part of a MusicXML document: its measures become drafts with times local to each measure.

What it is: the cursor logic of MusicXML (`duration` moves on, `chord` does not, `backup` and `forward` jump). Times
stay local to the measure here, because only all parts together say how long a measure is (`musicxml.py`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from composer.corpus.xmlfile import Element, XmlTree
from composer.errors import MusicFileError
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import LETTERS, Spelling

JUMPS = ("segno", "coda", "tocoda", "fine", "dacapo", "dalsegno")  # attributes of <sound>
MAX_DIVISIONS = 1_000_000  # inclusive, a quarter
MAX_MEASURE_QUARTERS = 512  # inclusive; longer ones are a mistake or an attack
MAX_NOTES = 100_000  # of one document; the longest quartet of our corpora has 22,000
_MAX_PITCH = 127

# MusicXML's element -> the Score's word. Those of a chord stand at one of its notes and hold for all of them …
_CHORD_SIGNS = {
    "staccato": "staccato",
    "staccatissimo": "staccatissimo",
    "tenuto": "tenuto",
    "accent": "accent",
    "strong-accent": "marcato",
    "soft-accent": "soft-accent",
    "detached-legato": "portato",
    "tremolo": "tremolo",
    "fermata": "fermata",
    "arpeggiate": "arpeggio",
    "breath-mark": "breath",
    "caesura": "caesura",
    "up-bow": "up-bow",
    "down-bow": "down-bow",
    "open-string": "open-string",
    "harmonic": "harmonic",
    "stopped": "stopped",
}
# … an ornament only for its own.
_ORNAMENTS = {
    "trill-mark": "trill",
    "mordent": "mordent",
    "inverted-mordent": "inverted-mordent",
    "turn": "turn",
    "inverted-turn": "inverted-turn",
}
_SIGNS = _CHORD_SIGNS | _ORNAMENTS
_OF_CHORD = frozenset(_CHORD_SIGNS.values())
_GROUPS = frozenset({"articulations", "ornaments", "technical"})
_KEPT_NOTATIONS = frozenset({"tied", "slur", "tuplet"})  # a tuplet's lengths say all of it
_LAYOUT = frozenset({"octave-shift", "staff-divide", "image", "eyeglasses"})  # pitches stand where they sound
_HAIRPIN_WORDS = (("cresc", "crescendo"), ("decresc", "diminuendo"), ("dim", "diminuendo"))
_BEAT_UNITS = {
    "long": 16.0, "breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125,
}  # fmt: skip
# Note values of metronome marks, as music fonts have them (SMuFL) -> characters that print everywhere
_FONT_SIGNS = {0xECA2: "\U0001d15d", 0xECA3: "\U0001d15e", 0xECA5: "\u2669", 0xECA7: "\u266a", 0xECB7: "."}
_MAX_PASSES = 16  # of an ending, inclusive


@dataclass(slots=True)
class NoteDraft:
    """A note as it stands in its measure; tied ones are still apart."""

    measure: int
    local_tick: int
    duration_tick: int
    pitch: int
    spelling: Spelling | None
    staff: int
    voice: int
    is_grace: bool
    tie_start: bool
    tie_stop: bool
    articulations: tuple[str, ...]
    slurs: tuple[tuple[str, str], ...] = ()  # (number, start | stop)


@dataclass(frozen=True, slots=True)
class EventDraft:
    """Something that is no note: key, tempo, dynamic, wedge, mark, repeat, ending."""

    measure: int
    local_tick: int
    kind: str
    value: Any
    text: str = ""


@dataclass(slots=True)
class MeasureDraft:
    """One measure of one part.

    Attributes:
        number: as printed.
        line: of the file, or None.
        meter: in force.
        length_tick: where the furthest voice ended; 0 where the measure is empty or holds only a whole-bar rest.
        is_divided: True where a repeat, a double bar or an ending closes it, or it is marked `implicit`.
        num_full: how many runs of notes (between backups) end where the furthest one does.
    """

    number: str
    line: int | None
    meter: Meter | None
    length_tick: int = 0
    is_divided: bool = False
    num_full: int = 0


@dataclass(slots=True)
class PartDraft:
    """One part of the document.

    Attributes:
        id, name, program: as in the document's list of parts.
        transpose, diatonic: semitones and steps from what is written to what sounds.
        staves: as the file states them, 1 where it does not.
        measures, notes, events: in the order of the file.
        left_out: what a Score has no place for, and how often it stands there.
    """

    id: str
    name: str = ""
    program: int = 0
    transpose: int = 0
    diatonic: int | None = None
    staves: int = 1
    measures: list[MeasureDraft] = field(default_factory=list)
    notes: list[NoteDraft] = field(default_factory=list)
    events: list[EventDraft] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


class PartReader:
    """Reads the measures of one part in order.

    Args:
        tree: for the places of errors.
        part_id: the part's id.
        mended: takes a line for each thing that was mended.
    """

    def __init__(self, tree: XmlTree, part_id: str, mended: list[str]) -> None:
        self.draft = PartDraft(part_id)
        self._tree = tree
        self._mended = mended
        self._meter: Meter | None = None
        self._divisions = 1.0
        self._base_tick = 0  # where the divisions in force began, in this measure
        self._cursor = 0.0  # in divisions after that
        self._previous_tick = 0  # onset of the last note, for chords
        self._chord: list[NoteDraft] = []  # the last note and those that sound with it
        self._run_ends: list[int] = []  # of this measure: where each run between backups ended
        self._hairpin_words: dict[str, str] = {}  # number of `dashes` -> the hairpin that they stand for

    def read(self, measures: Iterable[Element]) -> PartDraft:
        """Read all measures.

        Raises:
            MusicFileError: a value that cannot be music, with its line.
        """
        for element in measures:
            self._read_measure(element)
        return self.draft

    def _read_measure(self, element: Element) -> None:
        index = len(self.draft.measures)
        measure = MeasureDraft(
            element.get("number", str(index + 1))[:12], self._tree.place(element).line, self._meter,
            is_divided=element.get("implicit") == "yes",
        )  # fmt: skip
        self.draft.measures.append(measure)
        self._base_tick, self._cursor, self._previous_tick = 0, 0.0, 0
        self._run_ends = []
        is_rest_only = True
        for child in element:
            match child.tag:
                case "note":
                    is_rest_only &= self._read_note(child, index)
                case "backup":
                    self._run_ends.append(self._tick)
                    self._move(child, -1.0)
                case "forward":
                    self._move(child, 1.0)
                    is_rest_only = False
                case "attributes":
                    self._read_attributes(child, index)
                    measure.meter = self._meter
                case "direction":
                    self._read_direction(child, index)
                case "sound":
                    self._read_sound(child, index, self._offset_tick(child), "")
                case "barline":
                    self._read_barline(child, index, measure)
                case "harmony":
                    self._leave_out("chord symbols")
                case "figured-bass":
                    self._leave_out("figures of a bass")
            measure.length_tick = max(measure.length_tick, self._tick)
        self._end_chord()
        self._run_ends.append(self._tick)
        measure.num_full = sum(tick == measure.length_tick for tick in self._run_ends)
        if is_rest_only:
            measure.length_tick = 0  # a rest for the whole bar is as long as the others say
        if len(self.draft.notes) > MAX_NOTES:
            raise self._error(element, f"more than {MAX_NOTES:,} notes")

    @property
    def _tick(self) -> int:
        return self._base_tick + round(self._cursor * TICKS_PER_QUARTER / self._divisions)

    def _read_note(self, element: Element, index: int) -> bool:
        """Read one note or rest; return True for a rest that fills its bar."""
        children = {child.tag: child for child in element}
        is_grace = "grace" in children
        onset_tick = self._tick
        is_chord = "chord" in children
        duration_tick = 0
        if not is_grace and "duration" in children:
            length = self._number(children["duration"], 0, MAX_MEASURE_QUARTERS * self._divisions)
            if is_chord:  # the first note of the chord has moved the cursor already
                onset_tick = self._previous_tick
                duration_tick = round(length * TICKS_PER_QUARTER / self._divisions)
            else:
                self._cursor += length
                duration_tick = self._tick - onset_tick
        elif is_chord:
            onset_tick = self._previous_tick
        if onset_tick < 0:
            raise self._error(element, "a note begins before its bar")
        self._check_measure(element)
        if "rest" in children:
            self._fermata_of_rest(element, index, onset_tick)
            return children["rest"].get("measure") == "yes" and onset_tick == 0
        self._previous_tick = onset_tick
        if "cue" in children:
            self._leave_out("cue notes")
        elif "pitch" not in children:
            self._leave_out("notes without pitch")
        elif duration_tick == 0 and not is_grace:
            self._leave_out("notes without length")
        else:
            self._add_note(element, children, index, onset_tick, duration_tick, is_grace=is_grace)
        return False

    def _add_note(
        self,
        element: Element,
        children: dict[str, Element],
        index: int,
        onset_tick: int,
        duration_tick: int,
        *,
        is_grace: bool,
    ) -> None:
        spelling = self._spelling(children["pitch"])
        pitch = spelling.pitch + self.draft.transpose
        if not 0 <= pitch <= _MAX_PITCH:
            raise self._error(element, f"the note {spelling} is out of range")
        articulations: list[str] = []
        slurs: list[tuple[str, str]] = []
        ties = {child.get("type", "") for child in element if child.tag == "tie"}
        if is_grace and children["grace"].get("slash") != "yes":
            articulations.append("appoggiatura")
        for notations in element.iterfind("notations"):
            for mark in notations:
                if mark.tag == "tied":
                    ties.add(mark.get("type", ""))
                elif mark.tag == "slur":
                    slurs.append((mark.get("number", "1"), mark.get("type", "")))
                for sign in mark if mark.tag in _GROUPS else (mark,):
                    if sign.tag in _SIGNS:
                        articulations.append(_SIGNS[sign.tag])
                    elif sign.tag not in _KEPT_NOTATIONS:
                        self._leave_out(f"signs of a note ({sign.tag})")
        if "lyric" in children:
            self._leave_out("syllables of a text")
        staff = int(self._number(children["staff"], 1, 99)) if "staff" in children else 1
        voice_text = (children["voice"].text or "").strip() if "voice" in children else "1"
        note = NoteDraft(
            index,
            onset_tick,
            duration_tick,
            pitch,
            self._sounding(spelling, pitch),
            staff,
            int(voice_text) if voice_text.isdecimal() and len(voice_text) < 6 else 1,
            is_grace,
            "start" in ties,
            "stop" in ties,
            tuple(dict.fromkeys(articulations)),
            tuple(slurs),
        )
        self.draft.notes.append(note)
        if "chord" not in children:
            self._end_chord()
        self._chord.append(note)

    def _end_chord(self) -> None:
        """Give the signs of the chord that is over to all its notes; but one that is only held on keeps its own."""
        chord, self._chord = self._chord, []
        signs = dict.fromkeys(sign for note in chord for sign in note.articulations if sign in _OF_CHORD)
        if len(chord) == 1 or not signs:
            return
        all_held = all(note.tie_stop for note in chord)
        for note in chord:
            shared = [sign for sign in signs if all_held or not note.tie_stop or sign == "fermata"]
            own = [sign for sign in note.articulations if sign not in _OF_CHORD]
            note.articulations = (*shared, *own)

    def _sounding(self, spelling: Spelling, pitch: int) -> Spelling | None:
        """Return how a note of a transposing instrument is spelled where it sounds."""
        if self.draft.transpose == 0:
            return spelling
        if self.draft.diatonic is None:
            return None
        octaves, place = divmod(LETTERS.index(spelling.letter) + self.draft.diatonic, len(LETTERS))
        plain = Spelling(LETTERS[place], 0, spelling.octave + octaves)
        alter = pitch - plain.pitch
        return Spelling(plain.letter, alter, plain.octave) if abs(alter) <= 2 else None

    def _spelling(self, pitch: Element) -> Spelling:
        letter = (pitch.findtext("step") or "").strip().upper()
        if letter not in LETTERS or len(letter) != 1:
            raise self._error(pitch, f"<step>{letter[:10]}</step> is not a letter from A to G")
        octave_element, alter_element = pitch.find("octave"), pitch.find("alter")
        if octave_element is None:
            raise self._error(pitch, "a pitch without <octave>")
        octave = int(self._number(octave_element, -1, 9))
        alter = 0 if alter_element is None else round(self._number(alter_element, -3, 3))  # quarter tones are rounded
        return Spelling(letter, alter, octave)

    def _fermata_of_rest(self, element: Element, index: int, tick: int) -> None:
        for sign in element.iterfind("notations/*"):
            if sign.tag == "fermata":
                self.draft.events.append(EventDraft(index, tick, "fermata", None))
            elif sign.tag not in _KEPT_NOTATIONS:
                self._leave_out("signs over rests")

    def _move(self, element: Element, sign: float) -> None:
        duration = element.find("duration")
        if duration is None:
            raise self._error(element, f"<{element.tag}> without <duration>")
        self._cursor += sign * self._number(duration, 0, MAX_MEASURE_QUARTERS * self._divisions)
        if self._tick < 0:
            self._mended.append(f"{self._bar}: a <backup> before the bar's beginning was cut")
            self._base_tick, self._cursor = 0, 0.0
        self._check_measure(element)

    def _check_measure(self, element: Element) -> None:
        if self._tick > MAX_MEASURE_QUARTERS * TICKS_PER_QUARTER:
            raise self._error(element, f"a bar of more than {MAX_MEASURE_QUARTERS} quarters")

    def _read_attributes(self, element: Element, index: int) -> None:
        divisions = element.find("divisions")
        if divisions is not None:
            tick = self._tick
            self._divisions = self._number(divisions, 1e-3, MAX_DIVISIONS)
            self._base_tick, self._cursor = tick, 0.0
        for time in element.iterfind("time"):
            self._read_time(time)
        staves = element.find("staves")
        if staves is not None:
            self.draft.staves = int(self._number(staves, 1, 99))
        for transpose in element.iterfind("transpose"):
            chromatic, octaves = transpose.find("chromatic"), transpose.find("octave-change")
            shift = 0 if octaves is None else int(self._number(octaves, -3, 3))
            self.draft.transpose = (0 if chromatic is None else int(self._number(chromatic, -36, 36))) + 12 * shift
            diatonic = transpose.find("diatonic")
            self.draft.diatonic = None if diatonic is None else int(self._number(diatonic, -36, 36)) + 7 * shift
        for style in element.iterfind("measure-style/*"):
            if style.tag != "multiple-rest":  # the rests are there all the same
                self._leave_out(f"signs that stand for bars ({style.tag})")
        for key in element.iterfind("key"):
            fifths = key.find("fifths")
            if fifths is None:
                self._leave_out("key signatures of single accidentals (the notes have theirs)")
                continue
            value = self._number(fifths, -99, 99)
            if abs(value) > 7:
                self._mended.append(f"{self._bar}: a key signature of {int(value)} accidentals was ignored")
                continue
            mode = (key.findtext("mode") or "").strip().lower()
            self.draft.events.append(EventDraft(index, self._tick, "key", (int(value), mode)))

    def _read_time(self, element: Element) -> None:
        if element.find("senza-misura") is not None:
            self._mended.append(f"{self._bar}: no meter from here on; the last one is kept")
            return
        beats, beat_types = element.findall("beats"), element.findall("beat-type")
        if not beats or len(beats) != len(beat_types):
            raise self._error(element, "a time signature needs <beats> and <beat-type>")
        lowers = [self._whole(part.text or "", part, 1, 32) for part in beat_types]
        lower = max(lowers)
        upper = sum(
            self._whole(number, part, 1, 64) * lower // one
            for part, one in zip(beats, lowers, strict=True)
            for number in (part.text or "").split("+")
        )
        if lower & (lower - 1) or not 1 <= upper <= 64:
            raise self._error(element, f"the time signature {upper}/{lower} cannot be read")
        self._meter = Meter(upper, lower)

    def _read_direction(self, element: Element, index: int) -> None:
        tick = self._offset_tick(element)
        words = _one_line(" ".join(w.text or "" for w in element.iterfind("direction-type/words")))
        has_tempo = element.find("sound[@tempo]") is not None
        is_dashed = False
        add = self.draft.events.append
        for mark in element.iterfind("direction-type/*"):
            if mark.tag == "dynamics":
                for level in mark:
                    text = (level.text or "").strip() if level.tag == "other-dynamics" else level.tag
                    add(EventDraft(index, tick, "dynamics", text))
            elif mark.tag == "wedge":
                add(EventDraft(index, tick, "wedge", (mark.get("type", ""), mark.get("number", "1"))))
            elif mark.tag == "dashes":
                is_dashed |= self._read_dashes(mark, index, tick, words)
            elif mark.tag == "rehearsal" and (mark.text or "").strip():
                add(EventDraft(index, tick, "rehearsal", _one_line(mark.text or "")))
            elif mark.tag == "metronome":
                has_tempo |= has_tempo or self._read_metronome(mark, index, tick, words)
            elif mark.tag not in _LAYOUT and mark.tag not in ("words", "segno", "coda"):
                self._leave_out(f"directions ({mark.tag})")
        for sound in element.iterfind("sound"):
            self._read_sound(sound, index, tick, words)
        if words and not has_tempo and not is_dashed and not _is_jump(element):
            self._leave_out("directions in words")

    def _offset_tick(self, element: Element) -> int:
        offset = element.find("offset")
        if offset is None:
            return self._tick
        return max(0, self._tick + round(self._number(offset, -1e6, 1e6) * TICKS_PER_QUARTER / self._divisions))

    def _read_dashes(self, element: Element, index: int, tick: int, words: str) -> bool:
        """Read a dashed line: behind `cresc.` or `dim.` it is a hairpin; return whether it was one."""
        number = f"dashes {element.get('number', '1')}"
        if element.get("type") == "stop":
            if self._hairpin_words.pop(number, ""):
                self.draft.events.append(EventDraft(index, tick, "wedge", ("stop", number)))
                return True
            return False
        said = words.lower()
        kind = next((kind for start, kind in _HAIRPIN_WORDS if re.search(rf"\b{start}", said)), "")
        if element.get("type") != "start" or not kind:
            return False
        self._hairpin_words[number] = kind
        self.draft.events.append(EventDraft(index, tick, "wedge", (kind, number)))
        return True

    def _read_metronome(self, element: Element, index: int, tick: int, words: str) -> bool:
        """Read a metronome mark; return whether it says a tempo."""
        unit_quarters = _BEAT_UNITS.get((element.findtext("beat-unit") or "").strip())
        found = re.search(r"\d+(?:\.\d+)?", element.findtext("per-minute") or "")  # `ca. 80` too
        if unit_quarters is None or found is None or len(found[0]) > 12:
            self._leave_out("metronome marks that say no tempo")
            return False
        dots = len(element.findall("beat-unit-dot"))
        self._add_tempo(index, tick, float(found[0]) * unit_quarters * (2 - 0.5**dots), words)
        return True

    def _read_sound(self, element: Element, index: int, tick: int, words: str) -> None:
        for name in JUMPS:
            if element.get(name):
                self.draft.events.append(EventDraft(index, tick, "jump", (name, element.get(name, "")[:40])))
        tempo = element.get("tempo")
        if tempo is not None:
            try:
                self._add_tempo(index, tick, float(tempo), words)
            except ValueError:
                self._mended.append(f'{self._bar}: a tempo of "{tempo[:12]}" was ignored')

    def _add_tempo(self, index: int, tick: int, quarters_per_minute: float, words: str) -> None:
        if math.isfinite(quarters_per_minute) and 5 <= quarters_per_minute <= 1000:
            self.draft.events.append(EventDraft(index, tick, "tempo", quarters_per_minute, words))
        else:
            self._mended.append(f"{self._bar}: a tempo of {quarters_per_minute:g} was ignored")

    def _read_barline(self, element: Element, index: int, measure: MeasureDraft) -> None:
        at_end = element.get("location", "right") != "left"
        tick = -1 if at_end else 0  # -1: wherever the measure ends
        repeat, ending = element.find("repeat"), element.find("ending")
        style = (element.findtext("bar-style") or "").strip()
        if at_end and (repeat is not None or ending is not None or style in ("light-light", "light-heavy", "heavy")):
            measure.is_divided = True
        if repeat is not None:
            times = repeat.get("times", "2")
            value = (repeat.get("direction", ""), min(8, int(times)) if times.isdecimal() and len(times) < 5 else 2)
            self.draft.events.append(EventDraft(index, tick, "repeat", value))
        if element.find("fermata") is not None:
            self._leave_out("fermatas over bar lines")
        if ending is not None:
            texts = ending.get("number", "1").replace(",", " ").split()
            numbers = tuple(int(n) for n in texts if n.isdecimal() and len(n) < 4 and 1 <= int(n) <= _MAX_PASSES)
            self.draft.events.append(EventDraft(index, tick, "ending", (ending.get("type", ""), numbers or (1,))))

    # ---- small helpers

    @property
    def _bar(self) -> str:
        return f"bar {self.draft.measures[-1].number}"

    def _leave_out(self, what: str) -> None:
        self.draft.left_out[what] += 1

    def _number(self, element: Element, low: float, high: float) -> float:
        """Return an element's text as a number within bounds, both inclusive."""
        text = (element.text or "").strip()
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (low <= value <= high):  # also false for NaN
            shown = f"<{element.tag}>{text[:20]}</{element.tag}>"
            raise self._error(element, f"{shown} is not a number from {low:g} to {high:g}")
        return value

    def _whole(self, text: str, element: Element, low: int, high: int) -> int:
        text = text.strip()
        value = int(text) if text.isdecimal() and len(text) < 6 else -1
        if not low <= value <= high:
            raise self._error(element, f"<{element.tag}>{text[:20]}</{element.tag}> is not from {low} to {high}")
        return value

    def _error(self, element: Element, message: str) -> MusicFileError:
        place = self._tree.place(element)
        if place.line is None and self.draft.measures:
            place = type(place)(place.source, self.draft.measures[-1].line)
        detail = self._bar if self.draft.measures else None
        return MusicFileError(message, place=type(place)(place.source, place.line, None, detail))


def _one_line(text: str) -> str:
    """Return a text without line ends; note signs of music fonts become characters that print everywhere."""
    return " ".join(text.translate(_FONT_SIGNS).split())[:80]


def _is_jump(element: Element) -> bool:
    return any(sound.get(name) for sound in element.iterfind("sound") for name in JUMPS)
