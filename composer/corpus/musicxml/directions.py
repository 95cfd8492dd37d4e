"""Directions, sounds and bar lines of a MusicXML part: dynamics, hairpins, tempos, marks, jumps, repeats, endings."""

from __future__ import annotations

import math
import re

from composer.corpus.musicxml.cursor import Cursor
from composer.corpus.musicxml.drafts import EventDraft, MeasureDraft
from composer.corpus.musicxml.xmlfile import Element

JUMPS = ("segno", "coda", "tocoda", "fine", "dacapo", "dalsegno")  # attributes of <sound>
_LAYOUT = frozenset({"octave-shift", "staff-divide", "image", "eyeglasses"})  # pitches stand where they sound
_HAIRPIN_WORDS = (("cresc", "crescendo"), ("decresc", "diminuendo"), ("dim", "diminuendo"))
_BEAT_UNITS = {
    "long": 16.0, "breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125,
}  # fmt: skip
# Note values of metronome marks, as music fonts have them (SMuFL) -> characters that print everywhere
_FONT_SIGNS = {0xECA2: "\U0001d15d", 0xECA3: "\U0001d15e", 0xECA5: "\u2669", 0xECA7: "\u266a", 0xECB7: "."}
_MAX_PASSES = 16  # of an ending, inclusive


class DirectionReader:
    """Reads what stands above, below and between the notes of one part.

    Args:
        at: where the part is read; takes the events.
    """

    def __init__(self, at: Cursor) -> None:
        self._at = at
        self._hairpin_words: dict[str, str] = {}  # number of `dashes` -> the hairpin that they stand for

    def read_direction(self, element: Element, index: int) -> None:
        """Read a `direction` of the measure of this index."""
        tick = self._at.offset_tick(element)
        words = _one_line(" ".join(w.text or "" for w in element.iterfind("direction-type/words")))
        has_tempo = element.find("sound[@tempo]") is not None
        is_dashed = False
        add = self._at.draft.events.append
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
                self._at.leave_out(f"directions ({mark.tag})")
        for sound in element.iterfind("sound"):
            self.read_sound(sound, index, tick, words)
        if words and not has_tempo and not is_dashed and not _is_jump(element):
            self._at.leave_out("directions in words")

    def _read_dashes(self, element: Element, index: int, tick: int, words: str) -> bool:
        """Read a dashed line: behind `cresc.` or `dim.` it is a hairpin; return whether it was one."""
        number = f"dashes {element.get('number', '1')}"
        if element.get("type") == "stop":
            if self._hairpin_words.pop(number, ""):
                self._at.draft.events.append(EventDraft(index, tick, "wedge", ("stop", number)))
                return True
            return False
        said = words.lower()
        kind = next((kind for start, kind in _HAIRPIN_WORDS if re.search(rf"\b{start}", said)), "")
        if element.get("type") != "start" or not kind:
            return False
        self._hairpin_words[number] = kind
        self._at.draft.events.append(EventDraft(index, tick, "wedge", (kind, number)))
        return True

    def _read_metronome(self, element: Element, index: int, tick: int, words: str) -> bool:
        """Read a metronome mark; return whether it says a tempo."""
        unit_quarters = _BEAT_UNITS.get((element.findtext("beat-unit") or "").strip())
        found = re.search(r"\d+(?:\.\d+)?", element.findtext("per-minute") or "")  # `ca. 80` too
        if unit_quarters is None or found is None or len(found[0]) > 12:
            self._at.leave_out("metronome marks that say no tempo")
            return False
        dots = len(element.findall("beat-unit-dot"))
        self._add_tempo(index, tick, float(found[0]) * unit_quarters * (2 - 0.5**dots), words)
        return True

    def read_sound(self, element: Element, index: int, tick: int, words: str) -> None:
        """Read a `sound`: its tempo, and whether one jumps from here."""
        for name in JUMPS:
            if element.get(name):
                self._at.draft.events.append(EventDraft(index, tick, "jump", (name, element.get(name, "")[:40])))
        tempo = element.get("tempo")
        if tempo is not None:
            try:
                self._add_tempo(index, tick, float(tempo), words)
            except ValueError:
                self._at.mended.append(f'{self._at.bar}: a tempo of "{tempo[:12]}" was ignored')

    def _add_tempo(self, index: int, tick: int, quarters_per_minute: float, words: str) -> None:
        if math.isfinite(quarters_per_minute) and 5 <= quarters_per_minute <= 1000:
            self._at.draft.events.append(EventDraft(index, tick, "tempo", quarters_per_minute, words))
        else:
            self._at.mended.append(f"{self._at.bar}: a tempo of {quarters_per_minute:g} was ignored")

    def read_barline(self, element: Element, index: int, measure: MeasureDraft) -> None:
        """Read a `barline`: repeats, endings, and whether it divides."""
        at_end = element.get("location", "right") != "left"
        tick = -1 if at_end else 0  # -1: wherever the measure ends
        repeat, ending = element.find("repeat"), element.find("ending")
        style = (element.findtext("bar-style") or "").strip()
        if at_end and (repeat is not None or ending is not None or style in ("light-light", "light-heavy", "heavy")):
            measure.is_divided = True
        if repeat is not None:
            times = repeat.get("times", "2")
            value = (repeat.get("direction", ""), min(8, int(times)) if times.isdecimal() and len(times) < 5 else 2)
            self._at.draft.events.append(EventDraft(index, tick, "repeat", value))
        if element.find("fermata") is not None:
            self._at.leave_out("fermatas over bar lines")
        if ending is not None:
            texts = ending.get("number", "1").replace(",", " ").split()
            numbers = tuple(int(n) for n in texts if n.isdecimal() and len(n) < 4 and 1 <= int(n) <= _MAX_PASSES)
            self._at.draft.events.append(EventDraft(index, tick, "ending", (ending.get("type", ""), numbers or (1,))))


def _one_line(text: str) -> str:
    """Return a text without line ends; note signs of music fonts become characters that print everywhere."""
    words = " ".join(text.translate(_FONT_SIGNS).split())
    return "".join(character for character in words if character.isprintable())[:80].strip()


def _is_jump(element: Element) -> bool:
    return any(sound.get(name) for sound in element.iterfind("sound") for name in JUMPS)
