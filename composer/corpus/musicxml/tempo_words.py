"""Words that change the tempo without a number (rit., accel., a tempo) → tempo marks, for playing.

What it is: a reader of scores leaves out what stands there in words alone; whoever plays knows that `rit.` is slower.
`with_said_tempi` adds to a MusicXML document the tempi that its words mean, from beat to beat where they are gradual,
so that they are read, and repeated, as other marks are.

Conventions: a gradual change reaches its end where the next tempo is said or marked. If that is far, it reaches it
after `USUAL_BARS` and the tempo before returns, unless it is the end of the piece. Places are (measure, quarters in
it). How much a word slows is ours: what pianists do at the ends of phrases, a little more for a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from composer.corpus.musicxml.xmlfile import Element, parse_xml

USUAL_BARS = 2
FARTHEST_BARS = 6  # a next tempo beyond these does not end a change
USUAL_BEAT_BPM = 96.0  # of a score that says no tempo at all
MIN_QPM, MAX_QPM = 12.0, 400.0
_BACK = "back"
# What a word does: the factor on the tempo, and whether it comes by and by; the first that fits.
_WORDS: tuple[tuple[re.Pattern[str], float | str, bool], ...] = (
    (re.compile(r"\ba tempo\b|\btempo (?:i|1|primo)\b|\bim tempo\b|\bau mouv", re.I), _BACK, False),
    (re.compile(r"\bmeno mosso\b|\briten", re.I), 0.85, False),
    (re.compile(r"\bpi[uù] mosso\b", re.I), 1.15, False),
    (re.compile(r"\b(?:rit|ritard|rall|slent|allarg|calando|smorz|zögernd)", re.I), 0.72, True),
    (re.compile(r"\b(?:accel|string|affrett)", re.I), 1.25, True),
)
_NEGATED = re.compile(r"\b(?:senza|non|sans|ohne)\b", re.I)
_LITTLE = re.compile(r"\b(?:poco|un peu|etwas)\b(?! a poco)", re.I)
_LITTLE_SHARE = 0.6  # of the change
_BEAT_UNITS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}


@dataclass(frozen=True, order=True)
class _Event:
    """Something about the tempo: a number (`qpm`), or a word's factor."""

    measure: int
    quarters: float
    qpm: float = 0.0
    factor: float = 0.0
    is_gradual: bool = False
    is_back: bool = False


@dataclass
class _Measure:
    """A measure of the first part: where to put something, what a beat is, how long it lasts."""

    element: Element
    divisions: float
    beat_quarters: float
    length_quarters: float


_HINT = re.compile(rb"tempo|mosso|mouv|rit|rall|slent|allarg|calando|smorz|accel|string|affrett", re.I)


def with_said_tempi(data: bytes, source: str) -> tuple[bytes, int]:
    """Return a document with the tempi that its words mean, and how many words these are.

    Args:
        data: a MusicXML document (`score-partwise`; others come back as they are).
        source: its name, for errors.

    Raises:
        MusicFileError: it cannot be parsed.
    """
    if not _HINT.search(data):
        return data, 0
    root = parse_xml(data, source).root
    parts = root.findall("part") if root.tag == "score-partwise" else []
    events: set[_Event] = set()
    measures: list[_Measure] = []
    for number, part in enumerate(parts):
        found, own = _read_part(part)
        events |= set(found)
        measures = own if number == 0 else measures
    words = [event for event in events if event.factor or event.is_back]
    if not words or not measures:
        return data, 0
    for event in _meant(sorted(events), measures):
        _insert(measures[event.measure], event)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True), len(words)


def _read_part(part: Element) -> tuple[list[_Event], list[_Measure]]:
    events: list[_Event] = []
    measures: list[_Measure] = []
    divisions, beat_quarters = 1.0, 1.0
    for index, measure in enumerate(part.findall("measure")):
        place = longest = 0.0
        for child in measure:
            if child.tag == "attributes":
                divisions = _number(child.findtext("divisions"), divisions)
                beat_quarters = _beat(child.find("time"), beat_quarters)
            length = _number(child.findtext("duration"), 0.0) / divisions
            if child.tag == "backup":
                place -= length
            elif child.tag == "forward" or (
                child.tag == "note" and child.find("chord") is None and child.find("grace") is None
            ):
                place += length
            longest = max(longest, place)
            at = place + _number(child.findtext("offset"), 0.0) / divisions
            if child.tag == "direction":
                events += _said(child, index, max(at, 0.0))
            elif child.tag == "sound" and child.get("tempo"):
                events.append(_Event(index, max(at, 0.0), qpm=_number(child.get("tempo"), 0.0)))
        measures.append(_Measure(measure, divisions, beat_quarters, longest or 4.0))
    return [event for event in events if event.qpm >= 0], measures


def _said(direction: Element, measure: int, quarters: float) -> list[_Event]:
    """Return what a direction says of the tempo."""
    sound = direction.find("sound[@tempo]")
    qpm = _number(sound.get("tempo"), 0.0) if sound is not None else _metronome(direction)
    if qpm > 0:
        return [_Event(measure, quarters, qpm=qpm)]
    words = " ".join(word.text or "" for word in direction.iterfind("direction-type/words"))
    kind = next((row for row in _WORDS if row[0].search(words)), None)
    if kind is None or _NEGATED.search(words):
        return []
    _, factor, is_gradual = kind
    if isinstance(factor, str):
        return [_Event(measure, quarters, is_back=True)]
    if _LITTLE.search(words):
        factor = 1 + _LITTLE_SHARE * (factor - 1)
    return [_Event(measure, quarters, factor=factor, is_gradual=is_gradual)]


def _metronome(direction: Element) -> float:
    mark = direction.find("direction-type/metronome")
    if mark is None:
        return 0.0
    found = re.search(r"\d+(?:\.\d+)?", mark.findtext("per-minute") or "")
    unit = _BEAT_UNITS.get((mark.findtext("beat-unit") or "").strip())
    dots = len(mark.findall("beat-unit-dot"))
    return float(found[0][:9]) * unit * (2 - 0.5**dots) if found and unit else 0.0


# ---------------------------------------------------------------- what is meant


def _meant(events: Sequence[_Event], measures: Sequence[_Measure]) -> list[_Event]:
    """Return the tempi to be added."""
    added: list[_Event] = []
    events = _once(event for event in events if event.measure < len(measures))
    steady = next((event.qpm for event in events if event.qpm), USUAL_BEAT_BPM * measures[0].beat_quarters)
    if not any(event.qpm for event in events):
        added.append(_Event(0, 0.0, qpm=steady))
    for index, event in enumerate(events):
        if event.qpm:
            steady = event.qpm
        elif event.is_back:
            added.append(_Event(event.measure, event.quarters, qpm=steady))
        else:
            after = events[index + 1] if index + 1 < len(events) else None
            added += _steps(event, after, measures, steady)  # `molto rit.` after `rit.` is slower than the same tempo
    return added


def _once(events: Iterable[_Event]) -> list[_Event]:
    """Return the events without the same word in another part."""
    kept: list[_Event] = []
    for event in events:
        before = next((one for one in reversed(kept) if not one.qpm), None)
        is_word = not event.qpm and before is not None and event.measure - before.measure <= 1
        if not (is_word and before and (before.factor, before.is_back) == (event.factor, event.is_back)):
            kept.append(event)
    return kept


def _steps(event: _Event, after: _Event | None, measures: Sequence[_Measure], steady: float) -> list[_Event]:
    """Return the tempi of one change, beat by beat, and the return where nothing else brings it."""
    last = len(measures) - 1
    is_near = after is not None and after.measure - event.measure <= FARTHEST_BARS
    if is_near and after is not None:
        end_measure, end_quarters = after.measure, after.quarters
    else:
        end_measure, end_quarters = min(event.measure + USUAL_BARS, last + 1), 0.0
    places = []
    for measure in range(event.measure, min(end_measure, last) + 1):
        beat, place = measures[measure].beat_quarters, 0.0
        while place < measures[measure].length_quarters - 1e-6:
            if (event.measure, event.quarters) <= (measure, place) < (end_measure, end_quarters):
                places.append((measure, place))
            place += beat
    if not places or places[0] > (event.measure, event.quarters):
        places.insert(0, (event.measure, event.quarters))
    if not event.is_gradual:
        places = places[:1]
    change = event.factor - 1
    steps = [
        _Event(measure, place, qpm=steady * (1 + change * (number + 1) / len(places)))
        for number, (measure, place) in enumerate(places)
    ]
    if not is_near and end_measure <= last:
        steps.append(_Event(end_measure, 0.0, qpm=steady))
    return steps


def _insert(measure: _Measure, event: _Event) -> None:
    """Put a tempo at its place: behind what begins the measure, with an offset."""
    sound = ElementTree.Element("sound", {"tempo": f"{min(max(event.qpm, MIN_QPM), MAX_QPM):.3f}"})
    if event.quarters:
        ElementTree.SubElement(sound, "offset").text = f"{event.quarters * measure.divisions:g}"
    children = list(measure.element)
    at = next((i for i, child in enumerate(children) if child.tag not in ("print", "attributes")), len(children))
    measure.element.insert(at, sound)


def _beat(time: Element | None, before: float) -> float:
    """Return the beat of a time signature in quarters."""
    if time is None:
        return before
    upper, lower = _number(time.findtext("beats"), 0.0), _number(time.findtext("beat-type"), 4.0)
    if upper <= 0 or lower <= 0:
        return before
    return (12.0 if lower >= 8 and upper > 3 and upper % 3 == 0 else 4.0) / lower


def _number(text: str | None, usual: float) -> float:
    try:
        value = float(text or "")
    except ValueError:
        return usual
    return value if 0 < value < 1e9 else usual
