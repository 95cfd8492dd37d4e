"""Which signs are in a file? Counts that share no code with the library, one for MusicXML and one for **kern.

Conventions: a sign that stands in several parts or staves at one moment counts once where a Score has one line of it
for all (fermatas, dynamics, hairpins, tempos, marks); slurs and articulations count in each part, those of a chord
once. A moment is a bar and a place in it (MusicXML) or a row (**kern). Repeats, endings, keys and meters are the first
part's; a **kern file with an expansion list has its repeats there. `other` counts what a Score has no place for, so
that it must be told.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree

from raw_counts import kinds_after

_CHORD_SIGNS = {
    "staccato", "staccatissimo", "tenuto", "accent", "strong-accent", "soft-accent", "detached-legato", "tremolo",
    "arpeggiate", "breath-mark", "caesura", "up-bow", "down-bow", "open-string", "harmonic", "stopped",
}  # fmt: skip
_ORNAMENTS = {"trill-mark", "mordent", "inverted-mordent", "turn", "inverted-turn"}
_OTHER = {
    "lyric": "syllables", "harmony": "chord symbols", "figured-bass": "figures", "pedal": "pedal marks",
    "fingering": "fingerings", "wavy-line": "wavy lines", "glissando": "glissandi", "slide": "glissandi",
    "bracket": "brackets", "non-arpeggiate": "brackets of chords", "accidental-mark": "accidentals of ornaments",
}  # fmt: skip
_LEVEL = re.compile(r"p{1,6}|f{1,6}|mp|mf|pf|n|sfp?p?|sff|fpp?|rfz?|s?f?fz|sfzp")
_METRONOME = re.compile(r"!!!OMD.*\[(?:whole|half|quarter|eighth|sixteenth)(?:-dot)?\]\s*=\s*(?:c\w*\.?\s*)?\d\d")


@dataclass
class RawSigns:
    """Moments by kind; `other` counts what can only be told."""

    places: dict[str, set[object]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, *place: object) -> None:
        """Note that a sign stands at a place."""
        self.places.setdefault(kind, set()).add(place)

    def totals(self) -> Counter[str]:
        """Return how many there are of each kind."""
        return self.counts + Counter({kind: len(found) for kind, found in self.places.items()})


def signs_of_musicxml(data: bytes) -> RawSigns:
    """Count the signs of a MusicXML document, plain or compressed."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
            data = archive.read(next(e.get("full-path", "") for e in container.iter() if e.tag.endswith("rootfile")))
    root = ElementTree.fromstring(data)
    signs = RawSigns()
    has_repeats = False
    for number, part in enumerate(root.iterfind("part")):
        _walk_part(part, number, signs, with_repeats=not has_repeats)
        has_repeats |= part.find("measure/barline/repeat") is not None
    for element in root.iter():
        if element.tag in _OTHER:
            signs.other[_OTHER[element.tag]] += 1
    signs.other["fermatas over bar lines"] = len(root.findall(".//barline/fermata"))
    signs.other["cue notes"] = len(root.findall(".//note/cue/../pitch"))
    return RawSigns(signs.places, signs.counts, +signs.other)


def _walk_part(part: ElementTree.Element, number: int, signs: RawSigns, *, with_repeats: bool) -> None:
    divisions = Fraction(1)
    key = time = ""
    for bar, measure in enumerate(part.iterfind("measure")):
        at = before = Fraction(0)
        for child in measure:
            length = Fraction(child.findtext("duration") or 0) / divisions
            if child.tag == "attributes":
                divisions = Fraction(child.findtext("divisions") or divisions)
                new_key, new_time = child.findtext("key/fifths") or key, child.findtext("time/beats") or ""
                new_time = f"{new_time}/{child.findtext('time/beat-type')}" if new_time else time
                if number == 0:
                    signs.counts["keys"] += new_key != key
                    signs.counts["meters"] += new_time != time
                key, time = new_key, new_time
            elif child.tag == "backup":
                at -= length
            elif child.tag == "forward":
                at += length
            elif child.tag == "direction":
                _direction(child, bar, at + Fraction(child.findtext("offset") or 0) / divisions, signs)
            elif child.tag == "sound" and child.get("tempo"):
                signs.add("tempos", bar, at)
            elif child.tag == "barline" and with_repeats:
                repeat, ending = child.find("repeat"), child.find("ending")
                signs.counts["repeats"] += repeat is not None and repeat.get("direction") == "backward"
                signs.counts["endings"] += ending is not None and ending.get("type") == "start"
            elif child.tag == "note":
                onset = before if child.find("chord") is not None else at
                _note(child, number, bar, onset, signs)
                if child.find("chord") is None:
                    before, at = at, at + length


def _direction(element: ElementTree.Element, bar: int, at: Fraction, signs: RawSigns) -> None:
    words = " ".join(one.text or "" for one in element.iterfind("direction-type/words"))
    has_tempo = any(sound.get("tempo") for sound in element.iterfind("sound"))
    has_tempo |= any(re.search(r"\d", one.text or "") for one in element.iterfind(".//per-minute"))
    is_dashed = False
    if has_tempo:
        signs.add("tempos", bar, at)
    for mark in element.iterfind("direction-type/*"):
        if mark.tag == "dynamics":
            for level in mark:
                text = (level.text or "").strip() if level.tag == "other-dynamics" else level.tag
                if _LEVEL.fullmatch(text):
                    signs.add("dynamics", bar, at, text)
                else:
                    signs.other["dynamics in words"] += 1
        elif mark.tag == "wedge" and mark.get("type") in ("crescendo", "diminuendo"):
            signs.add("hairpins", bar, at, mark.get("type", "")[0])
        elif mark.tag == "dashes" and (found := re.search(r"\b(cresc|decresc|dim)", words.lower())):
            is_dashed = True
            if mark.get("type") == "start":
                signs.add("hairpins", bar, at, "c" if found[1] == "cresc" else "d")
        elif mark.tag == "rehearsal":
            signs.add("marks", bar, at, mark.text)
    jumps = ("dacapo", "dalsegno", "fine", "tocoda", "segno", "coda")
    is_jump = any(sound.get(name) for sound in element.iterfind("sound") for name in jumps)
    signs.other["da capo, dal segno"] += any(s.get(name) is not None for s in element.iter("sound") for name in jumps)
    if words.strip() and not (has_tempo or is_dashed or is_jump):
        signs.other["words"] += 1


def _note(element: ElementTree.Element, part: int, bar: int, onset: Fraction, signs: RawSigns) -> None:
    if element.find("pitch") is None or element.find("cue") is not None:
        if element.find("rest") is not None and element.find("notations/fermata") is not None:
            signs.add("fermatas", bar, onset)
        return
    voice = (part, bar, onset, element.findtext("staff"), element.findtext("voice"), element.find("grace") is not None)
    for sign in element.iterfind("notations//*"):
        if sign.tag == "fermata":
            signs.add("fermatas", bar, onset)
        elif sign.tag in _CHORD_SIGNS:
            signs.add("articulations", *voice, sign.tag)
        elif sign.tag in _ORNAMENTS:
            signs.counts["ornaments"] += 1
        elif sign.tag == "slur":
            signs.counts["slurs"] += sign.get("type") == "start"


_KERN_SIGNS = {"'": "s", "`": "S", "|": "S", "~": "t", "^": "a", ":": "r", ",": "b", "v": "v", "u": "u", "o": "o"}


def signs_of_kern(data: bytes) -> RawSigns:
    """Count the signs of a Humdrum file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    signs = RawSigns()
    kinds: list[str] = []
    last: dict[str, str] = {}
    bar = tempo_bar = 0
    for row, line in enumerate(text.replace("\r", "").split("\n")):
        cells = line.split("\t")
        if line.startswith("!"):
            if _METRONOME.match(line):
                signs.add("tempos", tempo_bar)
            signs.other["words"] += len(re.findall(r"!LO:(?:TX|REH)\b[^\t]*:t=(?!P:)", line))
        elif line.startswith("**"):
            kinds = cells
        elif line.startswith("*"):
            for kind, cell in zip(kinds, cells, strict=True):
                if kind == "**kern":
                    _kern_interpretation(cell, row, tempo_bar, last, signs)
            kinds = kinds_after(kinds, cells)
        elif line.startswith("="):
            bar += 1
            signs.counts["repeats"] += cells[0].strip("=0123456789").startswith(":")
            signs.other["fermatas over bar lines"] += ";" in cells[0]
        elif line:
            tempo_bar = row
            _kern_row(kinds, cells, row, signs)
    if "expansion lists" in signs.places:
        del signs.counts["repeats"]
    return RawSigns(signs.places, +signs.counts, +signs.other)


def _kern_interpretation(cell: str, row: int, place: int, last: dict[str, str], signs: RawSigns) -> None:
    if re.match(r"\*k\[[^\]]*\]$", cell) and row != last.get("key row"):
        signs.counts["keys"] += cell != last.get("key")
        last["key"], last["key row"] = cell, row  # type: ignore[assignment]
    elif re.match(r"\*M\d", cell) and row != last.get("meter row"):
        signs.counts["meters"] += cell != last.get("meter")
        last["meter"], last["meter row"] = cell, row  # type: ignore[assignment]
    elif re.match(r"\*MM\d", cell):
        signs.add("tempos", place)
    elif re.match(r"\*>[^\[]+$", cell):
        signs.add("marks", cell)
    elif cell.startswith("*>["):
        signs.add("expansion lists", "one")
    elif cell == "*ped":
        signs.other["pedal marks"] += 1


def _kern_row(kinds: list[str], cells: list[str], row: int, signs: RawSigns) -> None:
    for column, (kind, cell) in enumerate(zip(kinds, cells, strict=True)):
        if cell == ".":
            continue
        if kind == "**kern":
            if ";" in cell:
                signs.add("fermatas", row)
            signs.counts["slurs"] += cell.count("(")
            if "r" not in cell:
                for sign, name in _KERN_SIGNS.items():
                    if sign in cell:
                        signs.add("articulations", row, column, name)
                for note in cell.split(" "):
                    signs.counts["ornaments"] += sum(any(one in note for one in pair) for pair in ("Tt", "MmWw", "S$"))
        elif kind == "**dynam":
            for level in re.findall(r"[mpfsrz]+", cell):
                if _LEVEL.fullmatch(level):
                    signs.add("dynamics", row, level)
                else:
                    signs.other["dynamics in words"] += 1
            for sign in "<>":
                if sign in cell:
                    signs.add("hairpins", row, sign)
        else:
            signs.other["syllables" if "text" in kind else "fields of other columns"] += 1
