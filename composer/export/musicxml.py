"""A Score as MusicXML 4.0, plain or compressed.

What it is: the laid-out sheet (`notation.lay_out`) as partwise MusicXML, element by element in the order of its schema.
The file is written here and not by music21, whose writer numbers voices anew, places directions nowhere, makes random
ids and is slow; so the same score gives the same bytes.

Conventions: voices 1-4 belong to the upper staff, 5-8 to the lower one (more where a staff has more than four); stems
are stated where a staff has two voices.
Directions (rehearsal marks and tempo above the first part, dynamics in each) stand before the note of voice 1 at their
place, with an offset where none begins there. A pickup is bar 0 and implicit; so is a bar that only one voice says is
shorter than its meter, or a reader would take it for a mistake. The title is in `work-title`, credits (`seed: 7`) are
in `miscellaneous`, and there is no date. A score that states no key has no key signature.

Contents: `musicxml_bytes`, `musicxml_with_ids`, `mxl_bytes`, `write_musicxml`.
"""

from __future__ import annotations

import io
import itertools
import math
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import composer
from composer.corpus.jumps import JumpSign
from composer.export.clefs import Clef, choose_clefs
from composer.export.divided import divided
from composer.export.musicxml_directions import Direction, directions_of_part
from composer.export.musicxml_notes import add_event
from composer.export.notation import lay_out
from composer.export.written import Event, Head, Sheet, SheetBar, VoiceBar
from composer.export.xmltree import add
from composer.files import write_atomic
from composer.outline import Outline
from composer.score import UPPER_STAFF, Bar, Part, Score
from composer.theory.meter import TICKS_PER_QUARTER, Meter

VOICES_PER_STAFF = 4
_SUNG = range(52, 55)  # General MIDI programs
_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    "</rootfiles></container>\n"
)


def musicxml_bytes(score: Score, *, outline: Outline | None = None, jumps: Sequence[JumpSign] = ()) -> bytes:
    """Return `score` as MusicXML; the same score gives the same bytes.

    Args:
        score: what to write.
        outline: local keys and chords, for the spelling of notes that have none.
        jumps: da capo and fine; they stand at the end of their passage.

    Raises:
        OptionError: the score has no bars, or a note begins after the last one.
    """
    return _document(divided(score, [sign.end_tick for sign in jumps]), outline, jumps)


def musicxml_with_ids(
    score: Score, *, outline: Outline | None = None, jumps: Sequence[JumpSign] = ()
) -> tuple[bytes, tuple[Bar, ...], tuple[Head, ...]]:
    """Return `score` as MusicXML whose bars and note heads have ids, with the bars and heads that they count.

    The id of a bar is `b` and its index among the bars that are returned, that of a note head `n` and its index among
    the heads. Arguments and errors as `musicxml_bytes`.
    """
    score = divided(score, [sign.end_tick for sign in jumps])
    heads: list[Head] = []
    return _document(score, outline, jumps, heads), score.bars, tuple(heads)


def mxl_bytes(score: Score, *, outline: Outline | None = None, jumps: Sequence[JumpSign] = ()) -> bytes:
    """Return `score` as compressed MusicXML (`.mxl`); arguments and errors as `musicxml_bytes`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("META-INF/container.xml", _CONTAINER.encode()),
            ("score.musicxml", musicxml_bytes(score, outline=outline, jumps=jumps)),
        ):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # ZipInfo's date is 1980
    return out.getvalue()


def write_musicxml(score: Score, path: Path, *, outline: Outline | None = None) -> None:
    """Write `score` to `path`, whole or not at all; compressed where it ends in `.mxl`.

    Raises:
        OptionError: as `musicxml_bytes`.
        OutputError: the path cannot be written.
    """
    make = mxl_bytes if path.suffix.lower() == ".mxl" else musicxml_bytes
    write_atomic(path, make(score, outline=outline))


# ---------------------------------------------------------------- head


def _document(
    score: Score, outline: Outline | None, jumps: Sequence[JumpSign], heads: list[Head] | None = None
) -> bytes:
    """Return a divided score as MusicXML; `heads` grows by every note head where bars and heads shall have ids."""
    sheet = lay_out(score, outline)
    root = ET.Element("score-partwise", {"version": "4.0"})
    _add_head(root, score)
    _add_part_list(root, score.parts)
    for index, part in enumerate(score.parts):
        _PartWriter(sheet, index, score, jumps, heads).add_to(add(root, "part", id_=_part_id(index)), part)
    ET.indent(root, " ")
    return (_HEADER + ET.tostring(root, encoding="unicode") + "\n").encode()


def _add_head(root: ET.Element, score: Score) -> None:
    if score.title:
        add(add(root, "work"), "work-title", score.title)
    identification = add(root, "identification")
    if score.composer:
        add(identification, "creator", score.composer, type_="composer")
    encoding = add(identification, "encoding")
    add(encoding, "software", f"Ritornello {composer.__version__}")
    for element in ("accidental", "beam"):
        add(encoding, "supports", element=element, type_="yes")
    if score.credits:
        miscellaneous = add(identification, "miscellaneous")
        for number, line in enumerate(score.credits, 1):
            name, separator, value = line.partition(": ")
            if not separator:
                name, value = f"credit {number}", line
            add(miscellaneous, "miscellaneous-field", value, name=name)


def _add_part_list(root: ET.Element, parts: Sequence[Part]) -> None:
    part_list = add(root, "part-list")
    for has_brace, run in itertools.groupby(enumerate(parts), key=lambda item: item[1].staves > 1):
        group = list(run)
        is_bracketed = len(group) > 1 and not has_brace  # a choir, a quartet; a keyboard has a brace of its own
        if is_bracketed:
            element = add(part_list, "part-group", type_="start", number=1)
            add(element, "group-symbol", "bracket")
            is_sung = all(part.program in _SUNG for _, part in group)
            add(element, "group-barline", "no" if is_sung else "yes")  # words stand between the staves of a choir
        for index, part in group:
            _add_score_part(part_list, index, part)
        if is_bracketed:
            add(part_list, "part-group", type_="stop", number=1)


def _add_score_part(part_list: ET.Element, index: int, part: Part) -> None:
    score_part = add(part_list, "score-part", id_=_part_id(index))
    add(score_part, "part-name", part.name)
    add(add(score_part, "score-instrument", id_=_instrument_id(index)), "instrument-name", part.name)
    midi = add(score_part, "midi-instrument", id_=_instrument_id(index))
    add(midi, "midi-channel", _midi_channel(index))
    add(midi, "midi-program", part.program + 1)  # MusicXML counts from 1


def _part_id(index: int) -> str:
    return f"P{index + 1}"


def _instrument_id(index: int) -> str:
    return f"P{index + 1}-I1"


def _midi_channel(index: int) -> int:
    """Return a channel 1..16 that is not the drums' 10."""
    channel = index % 15 + 1
    return channel if channel < 10 else channel + 1


# ---------------------------------------------------------------- bars


class _PartWriter:
    """Writes the bars of one part; `tick // self.unit` are divisions."""

    def __init__(
        self, sheet: Sheet, index: int, score: Score, jumps: Sequence[JumpSign], heads: list[Head] | None
    ) -> None:
        self.score = score
        self.index = index
        self.heads = heads
        self.sheet = sheet
        self.bars = sheet.parts[index]
        self.long_rests = _long_rests(score, self.bars) if len(score.parts) == 1 else {}
        self.two_staves = score.parts[index].staves > 1
        self.is_of_page = all(note.spelling for note in score.parts[index].notes)
        self.directions = directions_of_part(score, index, jumps)
        self.fine_ticks = {sign.end_tick for sign in jumps if sign.kind == "fine"}
        self.long_slur_ticks = {  # of slurs over a whole phrase
            slur.onset_tick
            for slur in score.slurs
            if slur.part == index and _is_long(slur.end_tick - slur.onset_tick, score.meter_at(slur.onset_tick))
        }
        most_voices = max((v.voice for bar in self.bars for v in bar.voices if v.staff == UPPER_STAFF), default=1)
        self.voices_per_staff = max(VOICES_PER_STAFF, most_voices)
        lengths = {
            length
            for bar in self.bars
            for voice in bar.voices
            for event in voice.events
            for length in (event.onset_tick, event.duration_tick)
        }
        self.unit = math.gcd(TICKS_PER_QUARTER, *lengths)

    def add_to(self, element: ET.Element, part: Part) -> None:
        """Append all measures to the `part` element."""
        clefs = choose_clefs(part, self.bars)
        numbers = _measure_numbers(self.score.bars)
        for index, bar in enumerate(self.bars):
            number, is_implicit = numbers[index]
            is_implicit |= bar.bar.duration_tick < bar.bar.meter.bar_ticks and self._is_one_voice(index)
            measure = add(element, "measure", number=number, **({"implicit": "yes"} if is_implicit else {}))
            if self.heads is not None and self.index == 0:
                measure.set("id", f"b{index}")
            self._add_left_barline(measure, bar.bar)
            self._add_attributes(measure, index, clefs)
            self._add_voices(measure, bar, index)
            self._add_right_barline(measure, bar.bar)

    def _is_one_voice(self, index: int) -> bool:
        return len(self.sheet.parts) == 1 and len(self.bars[index].voices) == 1

    def _add_attributes(self, measure: ET.Element, index: int, clefs: Sequence[Sequence[Clef]]) -> None:
        """Append what changes at this bar: everything at the first."""
        bar = self.bars[index]
        before = self.bars[index - 1] if index else None
        attributes = ET.Element("attributes")
        if before is None:
            add(attributes, "divisions", TICKS_PER_QUARTER // self.unit)
        if self.score.keys and (before is None or before.key != bar.key):
            key = add(attributes, "key")
            add(key, "fifths", bar.key.signature)
            add(key, "mode", bar.key.mode)
        if before is None or before.bar.meter != bar.bar.meter:
            time = add(attributes, "time")
            add(time, "beats", bar.bar.meter.upper)
            add(time, "beat-type", bar.bar.meter.lower)
        if before is None and self.two_staves:
            add(attributes, "staves", 2)
        for staff, clef in enumerate(clefs[index], 1):
            if before is not None and clefs[index - 1][staff - 1] == clef:
                continue
            element = add(attributes, "clef", **({"number": staff} if self.two_staves else {}))
            add(element, "sign", clef.sign)
            add(element, "line", clef.line)
            if clef.octave:
                add(element, "clef-octave-change", clef.octave)
        if index in self.long_rests:
            add(add(attributes, "measure-style"), "multiple-rest", self.long_rests[index])
        if len(attributes):
            measure.append(attributes)

    def _add_voices(self, measure: ET.Element, bar: SheetBar, bar_index: int) -> None:
        """Append all voices, each after going back to the bar line; the first carries the directions."""
        num_voices = {staff: sum(v.staff == staff for v in bar.voices) for staff in (1, 2)}
        for index, voice in enumerate(bar.voices):
            if index:
                add(add(measure, "backup"), "duration", bar.bar.duration_tick // self.unit)
            directions = self._directions_in(bar.bar) if index == 0 else iter(())
            waiting = next(directions, None)
            stem = None if num_voices[voice.staff] == 1 else ("up" if voice.voice % 2 else "down")
            onsets = [event.onset_tick for event in voice.events if not event.is_grace]
            ends = iter([*onsets[1:], math.inf])  # until where directions belong to an event
            for event in voice.events:
                end = -math.inf if event.is_grace else next(ends)
                while waiting and waiting.tick < end:
                    self._add_direction(measure, waiting, event.onset_tick)
                    waiting = next(directions, None)
                first = len(measure)
                self._add_event(measure, voice, event, stem, hides_rests=self._hides(bar, voice, event))
                if self.heads is not None:
                    for element, head in zip(measure[first:], event.notes, strict=False):  # a rest has no head
                        element.set("id", f"n{len(self.heads)}")
                        self.heads.append(Head(self.index, bar_index, event.onset_tick, head.note))

    def _directions_in(self, bar: Bar) -> Iterator[Direction]:
        for direction in self.directions:
            last = bar.onset_tick < direction.tick <= bar.end_tick
            at_end = direction.tick == bar.end_tick == self.score.end_tick
            if last if direction.closes else bar.onset_tick <= direction.tick < bar.end_tick or at_end:
                yield direction

    def _add_direction(self, measure: ET.Element, direction: Direction, tick: int) -> None:
        element = direction.element
        if direction.tick != tick:
            # The schema wants the offset behind the types and before staff and sound.
            offset = ET.Element("offset")
            offset.text = f"{(direction.tick - tick) / self.unit:g}"
            element.insert(sum(child.tag == "direction-type" for child in element), offset)
        measure.append(element)

    def _hides(self, bar: SheetBar, voice: VoiceBar, event: Event) -> bool:
        """Whether a rest would only crowd the staff: of a voice that comes and goes, or below a hand's first voice."""
        if voice.voice == 1 or event.notes:
            return False
        first = next((other for other in bar.voices if other.staff == voice.staff and other.voice == 1), None)
        if not self.is_of_page:
            return True  # the first voice's own rests say enough
        if voice.voice > 2 or first is None or not self.two_staves:
            return voice.voice > 2
        end_tick = event.onset_tick + event.duration_tick
        return not any(
            not other.notes
            and other.onset_tick < end_tick
            and event.onset_tick < other.onset_tick + other.duration_tick
            for other in first.events
        )

    def _add_event(
        self, measure: ET.Element, voice: VoiceBar, event: Event, stem: str | None, *, hides_rests: bool
    ) -> None:
        add_event(
            measure,
            event,
            duration=event.duration_tick // self.unit,
            voice=voice.voice + self.voices_per_staff * (voice.staff - UPPER_STAFF),
            staff=voice.staff if self.two_staves else None,
            stem=stem,
            hides_rests=hides_rests,
            slurs_above=voice.voice == 1 and voice.staff == UPPER_STAFF and event.onset_tick in self.long_slur_ticks,
        )

    def _add_left_barline(self, measure: ET.Element, bar: Bar) -> None:
        begins = [repeat for repeat in self.score.repeats if repeat.start_tick == bar.onset_tick > 0]
        endings = [e for repeat in self.score.repeats for e in repeat.endings if e[0] == bar.onset_tick]
        if not begins and not endings:
            return
        barline = add(measure, "barline", location="left")
        add(barline, "bar-style", "heavy-light" if begins else "regular")  # MuseScore wants one of each bar line
        for _, _, passes in endings:
            add(barline, "ending", number=_pass_numbers(passes), type_="start")
        if begins:
            add(barline, "repeat", direction="forward")

    def _add_right_barline(self, measure: ET.Element, bar: Bar) -> None:
        """Append the line at the end of a bar where it is not a plain one: repeats, the end, a new section."""
        repeats = self.score.repeats
        endings = [(repeat, e) for repeat in repeats for e in repeat.endings if e[1] == bar.end_tick]
        # With voltas the passage is repeated behind each of them that is not the last time.
        backward = [r for r in repeats if r.end_tick == bar.end_tick and not r.endings]
        backward += [repeat for repeat, (_, _, passes) in endings if min(passes, default=1) < repeat.times]
        is_last = bar.end_tick == self.score.end_tick
        new_section = any(mark.tick == bar.end_tick for mark in self.score.marks)
        repeat_follows = any(repeat.start_tick == bar.end_tick for repeat in repeats)
        if not (is_last or backward or endings or (new_section and not repeat_follows)):
            return
        barline = add(measure, "barline", location="right")
        ends = is_last or backward or bar.end_tick in self.fine_ticks
        add(barline, "bar-style", "light-heavy" if ends else "light-light")
        for repeat, (_, _, passes) in endings:
            stops = "stop" if (repeat in backward) else "discontinue"
            add(barline, "ending", number=_pass_numbers(passes), type_=stops)
        for repeat in backward[:1]:
            by_endings = max((max(passes, default=0) for _, _, passes in repeat.endings), default=0)
            times = {"times": repeat.times} if repeat.times > max(2, by_endings) else {}
            add(barline, "repeat", direction="backward", **times)


def _long_rests(score: Score, bars: Sequence[SheetBar]) -> dict[int, int]:
    """Return the rests of several bars that a player's part has: index of the first bar -> how many.

    They end where there is something to know: a mark, a tempo, a level, another key or meter, a repeat; such a bar is
    no part of them, since readers drop what stands over a long rest.
    """
    told = {0, *(m.tick for m in score.marks), *(m.tick for m in score.tempos), *(m.tick for m in score.dynamics)}
    told |= {tick for repeat in score.repeats for tick in (repeat.start_tick, repeat.end_tick)}
    told |= {tick for repeat in score.repeats for start, end, _ in repeat.endings for tick in (start, end)}
    runs: dict[int, int] = {}
    first = -1
    for index, bar in enumerate(bars):
        before = bars[index - 1] if index else bar
        is_silent = not any(event.notes or event.articulations for voice in bar.voices for event in voice.events)
        is_told = any(bar.bar.onset_tick <= tick < bar.bar.end_tick for tick in told)
        if not is_silent or is_told or (bar.key, bar.bar.meter) != (before.key, before.bar.meter):
            first = -1
        elif first < 0:
            first = index
            runs[first] = 1
        else:
            runs[first] += 1
    return {index: count for index, count in runs.items() if count > 1}


def _is_long(length_tick: int, meter: Meter) -> bool:
    """Whether a slur is over a phrase, and not over a few notes."""
    return length_tick >= min(meter.bar_ticks, 3 * meter.beat_ticks)


def _pass_numbers(passes: Sequence[int]) -> str:
    return ", ".join(map(str, passes))


def _measure_numbers(bars: Sequence[Bar]) -> list[tuple[str, bool]]:
    """Return (number, is_implicit) of each bar; the second part of a divided bar has a number that does not count."""
    numbers: list[tuple[str, bool]] = []
    for index, bar in enumerate(bars):
        divided = index > 0 and bar.number == bars[index - 1].number
        numbers.append((f"X{bar.number}" if divided else str(bar.number), divided or bar.number == 0))
    return numbers
