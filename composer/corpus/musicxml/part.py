"""Walk through one part of a MusicXML document: its measures become drafts with times local to each measure.

What it is: notes with their signs, and attributes. Times stay local to the measure here, because only all parts
together say how long a measure is (`reader.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from composer.corpus.musicxml.cursor import MAX_MEASURE_QUARTERS, Cursor
from composer.corpus.musicxml.directions import DirectionReader
from composer.corpus.musicxml.drafts import EventDraft, MeasureDraft, NoteDraft, PartDraft
from composer.corpus.musicxml.xmlfile import Element, XmlTree
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import LETTERS, Spelling

MAX_DIVISIONS = 1_000_000  # inclusive, a quarter
MAX_NOTES = 100_000  # of one document; the longest quartet of our corpora has 22,000
SHORTEST_UNIT = 32  # of a time signature, inclusive: what a Meter can have
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
        self._at = Cursor(self.draft, tree, mended)
        self._directions = DirectionReader(self._at)
        self._meter: Meter | None = None
        self._previous_tick = 0  # onset of the last note, for chords
        self._chord: list[NoteDraft] = []  # the last note and those that sound with it
        self._run_ends: list[int] = []  # of this measure: where each run between backups ended

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
        self._at.base_tick, self._at.place, self._previous_tick = 0, 0.0, 0
        self._run_ends = []
        is_rest_only = True
        for child in element:
            match child.tag:
                case "note":
                    is_rest_only &= self._read_note(child, index)
                case "backup":
                    self._run_ends.append(self._at.tick)
                    self._at.move(child, -1.0)
                case "forward":
                    self._at.move(child, 1.0)
                    is_rest_only = False
                case "attributes":
                    self._read_attributes(child, index)
                    measure.meter = self._meter
                case "direction":
                    self._directions.read_direction(child, index)
                case "sound":
                    self._directions.read_sound(child, index, self._at.offset_tick(child), "")
                case "barline":
                    self._directions.read_barline(child, index, measure)
                case "harmony":
                    self._at.leave_out("chord symbols")
                case "figured-bass":
                    self._at.leave_out("figures of a bass")
            measure.length_tick = max(measure.length_tick, self._at.tick)
        self._end_chord()
        self._run_ends.append(self._at.tick)
        measure.num_full = sum(tick == measure.length_tick for tick in self._run_ends)
        if is_rest_only:
            measure.length_tick = 0  # a rest for the whole bar is as long as the others say
        if len(self.draft.notes) > MAX_NOTES:
            raise self._at.error(element, f"more than {MAX_NOTES:,} notes")

    def _read_note(self, element: Element, index: int) -> bool:
        """Read one note or rest; return True for a rest that fills its bar."""
        children = {child.tag: child for child in element}
        is_grace = "grace" in children
        onset_tick = self._at.tick
        is_chord = "chord" in children
        duration_tick = 0
        if not is_grace and "duration" in children:
            length = self._at.number(children["duration"], 0, MAX_MEASURE_QUARTERS * self._at.divisions)
            if is_chord:  # the first note of the chord has moved the cursor already
                onset_tick = self._previous_tick
                duration_tick = round(length * TICKS_PER_QUARTER / self._at.divisions)
            else:
                self._at.place += length
                duration_tick = self._at.tick - onset_tick
        elif is_chord:
            onset_tick = self._previous_tick
        if onset_tick < 0:
            raise self._at.error(element, "a note begins before its bar")
        self._at.check_measure(element)
        if "rest" in children:
            self._fermata_of_rest(element, index, onset_tick)
            return children["rest"].get("measure") == "yes" and onset_tick == 0
        self._previous_tick = onset_tick
        if "cue" in children:
            self._at.leave_out("cue notes")
        elif "pitch" not in children:
            self._at.leave_out("notes without pitch")
        elif duration_tick == 0 and not is_grace:
            self._at.leave_out("notes without length")
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
            raise self._at.error(element, f"the note {spelling} is out of range")
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
                        self._at.leave_out(f"signs of a note ({sign.tag})")
        if "lyric" in children:
            self._at.leave_out("syllables of a text")
        staff = int(self._at.number(children["staff"], 1, 99)) if "staff" in children else 1
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
            raise self._at.error(pitch, f"<step>{letter[:10]}</step> is not a letter from A to G")
        octave_element, alter_element = pitch.find("octave"), pitch.find("alter")
        if octave_element is None:
            raise self._at.error(pitch, "a pitch without <octave>")
        octave = int(self._at.number(octave_element, -2, 9))
        alter = (
            0 if alter_element is None else round(self._at.number(alter_element, -3, 3))
        )  # quarter tones are rounded
        return Spelling(letter, alter, octave)

    def _fermata_of_rest(self, element: Element, index: int, tick: int) -> None:
        for sign in element.iterfind("notations/*"):
            if sign.tag == "fermata":
                self._at.draft.events.append(EventDraft(index, tick, "fermata", None))
            elif sign.tag not in _KEPT_NOTATIONS:
                self._at.leave_out("signs over rests")

    def _read_attributes(self, element: Element, index: int) -> None:
        divisions = element.find("divisions")
        if divisions is not None:
            tick = self._at.tick
            self._at.divisions = self._at.number(divisions, 1e-3, MAX_DIVISIONS)
            self._at.base_tick, self._at.place = tick, 0.0
        for time in element.iterfind("time"):
            self._read_time(time)
        staves = element.find("staves")
        if staves is not None:
            self.draft.staves = int(self._at.number(staves, 1, 99))
        for transpose in element.iterfind("transpose"):
            chromatic, octaves = transpose.find("chromatic"), transpose.find("octave-change")
            shift = 0 if octaves is None else int(self._at.number(octaves, -3, 3))
            self.draft.transpose = (0 if chromatic is None else int(self._at.number(chromatic, -36, 36))) + 12 * shift
            diatonic = transpose.find("diatonic")
            self.draft.diatonic = None if diatonic is None else int(self._at.number(diatonic, -36, 36)) + 7 * shift
        for style in element.iterfind("measure-style/*"):
            if style.tag != "multiple-rest":  # the rests are there all the same
                self._at.leave_out(f"signs that stand for bars ({style.tag})")
        for key in element.iterfind("key"):
            fifths = key.find("fifths")
            if fifths is None:
                self._at.leave_out("key signatures of single accidentals (the notes have theirs)")
                continue
            value = self._at.number(fifths, -99, 99)
            if abs(value) > 7:
                self._at.mended.append(f"{self._at.bar}: a key signature of {int(value)} accidentals was ignored")
                continue
            mode = (key.findtext("mode") or "").strip().lower()
            self._at.draft.events.append(EventDraft(index, self._at.tick, "key", (int(value), mode)))

    def _read_time(self, element: Element) -> None:
        if element.find("senza-misura") is not None:
            self._at.mended.append(f"{self._at.bar}: no meter from here on; the last one is kept")
            return
        beats, beat_types = element.findall("beats"), element.findall("beat-type")
        if not beats or len(beats) != len(beat_types):
            raise self._at.error(element, "a time signature needs <beats> and <beat-type>")
        lowers = [self._at.whole(part.text or "", part, 1, 1024) for part in beat_types]
        lower = max(lowers)
        upper = sum(
            self._at.whole(number, part, 1, 64) * lower // one
            for part, one in zip(beats, lowers, strict=True)
            for number in (part.text or "").split("+")
        )
        while lower > SHORTEST_UNIT and upper % 2 == 0:
            upper, lower = upper // 2, lower // 2
        if lower & (lower - 1) or lower > SHORTEST_UNIT or not 1 <= upper <= 64:
            raise self._at.error(element, f"the time signature {upper}/{lower} cannot be read")
        self._meter = Meter(upper, lower)
