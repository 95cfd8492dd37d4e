"""Walk through one part of a MusicXML document: its measures become drafts with times local to each measure.

What it is: the cursor logic of MusicXML (`duration` moves on, `chord` does not, `backup` and `forward` jump). Times
stay local to the measure here, because only all parts together say how long a measure is (`musicxml.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from composer.corpus.xmlfile import Element, XmlTree
from composer.errors import MusicFileError
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import LETTERS, Spelling

MAX_DIVISIONS = 1_000_000  # inclusive, a quarter
MAX_MEASURE_QUARTERS = 512  # inclusive; longer ones are a mistake or an attack
MAX_NOTES = 150_000  # of one document; the longest quartet of our corpora has 22,000
_MAX_PITCH = 127

# MusicXML's element -> the Score's word
_ARTICULATIONS = {
    "staccato": "staccato",
    "staccatissimo": "staccatissimo",
    "tenuto": "tenuto",
    "accent": "accent",
    "strong-accent": "marcato",
    "detached-legato": "portato",
    "trill-mark": "trill",
    "mordent": "mordent",
    "inverted-mordent": "inverted-mordent",
    "turn": "turn",
    "inverted-turn": "inverted-turn",
    "tremolo": "tremolo",
    "fermata": "fermata",
    "arpeggiate": "arpeggio",
    "breath-mark": "breath",
}


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
    """

    number: str
    line: int | None
    meter: Meter | None
    length_tick: int = 0
    is_divided: bool = False


@dataclass(slots=True)
class PartDraft:
    """One part of the document."""

    id: str
    name: str = ""
    program: int = 0
    transpose: int = 0
    measures: list[MeasureDraft] = field(default_factory=list)
    notes: list[NoteDraft] = field(default_factory=list)
    events: list[EventDraft] = field(default_factory=list)


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
        self._left_out: dict[str, int] = {}

    def read(self, measures: Iterable[Element]) -> PartDraft:
        """Read all measures.

        Raises:
            MusicFileError: a value that cannot be music, with its line.
        """
        for element in measures:
            self._read_measure(element)
        for what, count in self._left_out.items():
            self._mended.append(f"part {self.draft.id}: {count} {what} left out")
        return self.draft

    def _read_measure(self, element: Element) -> None:
        index = len(self.draft.measures)
        measure = MeasureDraft(
            element.get("number", str(index + 1))[:12], self._tree.place(element).line, self._meter,
            is_divided=element.get("implicit") == "yes",
        )  # fmt: skip
        self.draft.measures.append(measure)
        self._base_tick, self._cursor, self._previous_tick = 0, 0.0, 0
        is_rest_only = True
        for child in element:
            match child.tag:
                case "note":
                    is_rest_only &= self._read_note(child, index)
                case "backup":
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
                    self._read_sound(child, index, self._tick, "")
                case "barline":
                    self._read_barline(child, index, measure)
            measure.length_tick = max(measure.length_tick, self._tick)
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
        for notations in element.iterfind("notations"):
            for mark in notations:
                if mark.tag == "tied":
                    ties.add(mark.get("type", ""))
                elif mark.tag == "slur":
                    slurs.append((mark.get("number", "1"), mark.get("type", "")))
                elif mark.tag in ("articulations", "ornaments", "technical"):
                    articulations.extend(_ARTICULATIONS[m.tag] for m in mark if m.tag in _ARTICULATIONS)
                elif mark.tag in _ARTICULATIONS:
                    articulations.append(_ARTICULATIONS[mark.tag])
        staff = int(self._number(children["staff"], 1, 99)) if "staff" in children else 1
        voice_text = (children["voice"].text or "").strip() if "voice" in children else "1"
        self.draft.notes.append(
            NoteDraft(
                index,
                onset_tick,
                duration_tick,
                pitch,
                spelling if self.draft.transpose == 0 else None,
                staff,
                int(voice_text) if voice_text.isdecimal() and len(voice_text) < 6 else 1,
                is_grace,
                "start" in ties,
                "stop" in ties,
                tuple(dict.fromkeys(articulations)),
                tuple(slurs),
            )
        )

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
        if element.find("notations/fermata") is not None:
            self.draft.events.append(EventDraft(index, tick, "fermata", None))

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
        for transpose in element.iterfind("transpose"):
            chromatic, octaves = transpose.find("chromatic"), transpose.find("octave-change")
            self.draft.transpose = (0 if chromatic is None else int(self._number(chromatic, -36, 36))) + (
                0 if octaves is None else 12 * int(self._number(octaves, -3, 3))
            )
        for key in element.iterfind("key"):
            fifths = key.find("fifths")
            if fifths is None:
                continue  # a key of single accidentals: the notes carry them anyway
            value = self._number(fifths, -99, 99)
            if abs(value) > 7:
                self._mended.append(f"{self._bar}: a key signature of {int(value)} accidentals was ignored")
                continue
            mode = (key.findtext("mode") or "").strip().lower()
            self.draft.events.append(EventDraft(index, self._tick, "key", (int(value), mode)))

    def _read_time(self, element: Element) -> None:
        if element.find("senza-misura") is not None:
            self._meter = None
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
        tick = self._tick
        offset = element.find("offset")
        if offset is not None:
            tick = max(0, tick + round(self._number(offset, -1e6, 1e6) * TICKS_PER_QUARTER / self._divisions))
        words = " ".join((w.text or "").strip() for w in element.iterfind("direction-type/words")).strip()[:80]
        add = self.draft.events.append
        for mark in element.iterfind("direction-type/*"):
            if mark.tag == "dynamics":
                for level in mark:
                    add(EventDraft(index, tick, "dynamics", level.tag))
            elif mark.tag == "wedge":
                add(EventDraft(index, tick, "wedge", (mark.get("type", ""), mark.get("number", "1"))))
            elif mark.tag == "rehearsal" and (mark.text or "").strip():
                add(EventDraft(index, tick, "rehearsal", (mark.text or "").strip()[:80]))
            elif mark.tag == "metronome" and element.find("sound[@tempo]") is None:
                self._read_metronome(mark, index, tick, words)
        for sound in element.iterfind("sound"):
            self._read_sound(sound, index, tick, words)

    def _read_metronome(self, element: Element, index: int, tick: int, words: str) -> None:
        unit_quarters = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}.get(
            (element.findtext("beat-unit") or "").strip()
        )
        try:
            per_minute = float((element.findtext("per-minute") or "").strip())
        except ValueError:
            return  # `ca. 80` or a metric modulation: words, not a tempo
        if unit_quarters is not None:
            dots = len(element.findall("beat-unit-dot"))
            self._add_tempo(index, tick, per_minute * unit_quarters * (2 - 0.5**dots), words)

    def _read_sound(self, element: Element, index: int, tick: int, words: str) -> None:
        for name in ("dacapo", "dalsegno"):
            if element.get(name):
                self._mended.append(f"{self._bar}: a {name} is not followed")
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
        if ending is not None:
            numbers = tuple(int(n) for n in ending.get("number", "1").replace(",", " ").split() if n.isdecimal())
            self.draft.events.append(EventDraft(index, tick, "ending", (ending.get("type", ""), numbers or (1,))))

    # ---- small helpers

    @property
    def _bar(self) -> str:
        return f"bar {self.draft.measures[-1].number}"

    def _leave_out(self, what: str) -> None:
        self._left_out[what] = self._left_out.get(what, 0) + 1

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
