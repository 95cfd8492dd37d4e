"""Read the lines of one ABC tune: its header, its fields, and the music of its voices.

Conventions: the header ends with the K: field. A field in the body changes the voice that is being read, and all voices
as long as none has music. What a field says that no Score holds (words, history, layout) is passed over; what would
change the music and is not followed is told.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import replace

from composer.corpus.abc.book import AbcTune
from composer.corpus.abc.credits import AbcCredits
from composer.corpus.abc.drafts import MAX_VOICES, AbcReport, AbcSetting, AbcTuneDraft, AbcVoiceDraft
from composer.corpus.abc.fields import (
    AbcKey,
    default_unit,
    expand_order,
    properties,
    read_clef,
    read_key,
    read_meter,
    read_symbol,
    read_tempo,
    read_unit,
)
from composer.corpus.abc.scan import SYMBOLS, TOKEN
from composer.corpus.abc.voice import VoiceReader
from composer.theory.meter import Meter

_FIELD = re.compile(r"^([A-Za-z]):(?![|:])(.*)$")
_HEADER_FIELD = re.compile(r"^([A-Za-z]):+(.*)$")
_BODY_NOTES = frozenset("ABCDEFG")  # in the body `C:` may be a note before a repeat sign; as fields they end there
_DRUM_CHANNEL = 10
_MODES_KEPT = ("major", "minor", "")


class TuneReader:
    """Reads one tune.

    Args:
        tune: its lines.
        header: fields of the file that hold for all tunes.
        meter: of a tune that states none; None for free meter.
        report: takes what was mended.
    """

    def __init__(self, tune: AbcTune, header: Iterable[str], meter: Meter | None, report: AbcReport) -> None:
        self._tune = tune
        self._meter = meter
        self._file_header = header
        self._report = report
        self._setting = AbcSetting(0, None, AbcKey(None, "", {}), symbols=dict(SYMBOLS))
        self._unit_text = self._meter_text = self._tempo_text = ""
        self._declared: list[str] = []  # texts of V: fields in the header
        self._voices: dict[str, VoiceReader] = {}
        self._voice: VoiceReader | None = None
        self._credits = AbcCredits()
        self._draft = AbcTuneDraft([])
        self._program: int | None = None  # of all voices, as the header says
        self._is_in_body = False
        self._has_key = any(line.text.startswith("K:") for line in tune.lines)

    def read(self) -> AbcTuneDraft:
        """Read all lines.

        Raises:
            MusicFileError: a note out of range, or more than any tune has; with its place.
        """
        for text in self._file_header:
            if (found := _FIELD.match(text)) and found[1] not in "KXT":
                self._header_field(found[1], found[2].strip())
            elif text.startswith("%%"):
                self._instruction(text[2:])
        for line in self._tune.lines:
            self._report.line, self._report.column = line.number, 0
            self._line(line.text)
        self._report.column = 0
        if not self._is_in_body:
            self._report.say("no K: field; read without a key signature")
        for voice in self._voices.values():
            voice.finish()
        self._report.line = 0
        draft = self._draft
        draft.voices = [voice.draft for voice in self._voices.values() if voice.draft.measures]
        silent = [voice.draft for voice in self._voices.values() if not voice.draft.measures]
        if draft.voices:  # a tempo or a label may stand before the first V: field
            draft.voices[0].events[:0] = [event for one in silent for event in one.events if event.kind != "key"]
        draft.title, draft.composer = self._credits.title, self._credits.composer
        draft.rights, draft.origin = self._credits.rights(), self._credits.origin()
        return draft

    def _line(self, text: str) -> None:
        if text.startswith("%%"):
            self._instruction(text[2:])
            return
        field = (_FIELD if self._is_in_body else _HEADER_FIELD).match(text)
        if not self._is_in_body:
            if field:
                self._header_field(field[1], field[2].strip())
                return
            if self._has_key or "|" not in text:
                self._report.count("lines in the header that are no fields; left out")
                return
            self._report.say("music before a K: field; read without a key signature")
            self._begin_body("none")
        if field:
            self._body_field(field[1], field[2].strip())
        else:
            self._music(text)

    def _music(self, text: str) -> None:
        voice = self._current()
        tokens = list(TOKEN.finditer(text))
        self._report.spend(tokens=len(tokens))
        for token in tokens:
            kind = token.lastgroup
            self._report.column = token.start() + 1
            if kind == "field":
                self._body_field(token[0][1], token[0][3:-1].strip())
                voice = self._current()
            elif kind != "space" and kind is not None:
                voice.take(kind, token[0])
        voice.cursor.end_line()
        self._report.column = 0

    # ---------------------------------------------------------------- fields

    def _header_field(self, name: str, value: str) -> None:
        match name:
            case "K":
                self._begin_body(value)
            case "M":
                self._meter_text = value
            case "L":
                self._unit_text = value
            case "Q":
                self._tempo_text = value
            case "V":
                if value and len(self._declared) < MAX_VOICES:
                    self._declared.append(value)
            case "P":
                order = expand_order(value)
                if order is None and value:
                    self._report.say(f'the order of parts "{value[:40]}" cannot be read; not followed')
                self._draft.order = tuple(order or ())
            case _:
                self._field_of_any_place(name, value)

    def _field_of_any_place(self, name: str, value: str) -> None:
        """Take a field that means the same in the header and in the body."""
        match name:
            case "I":
                self._instruction(value)
            case "U":
                self._define_symbol(value)
            case "m":
                self._report.count("macros that are not expanded")
            case _:
                self._credits.take(name, html.unescape(value))

    def _begin_body(self, key_text: str) -> None:
        """End the header: set what all voices begin with."""
        self._is_in_body = True
        setting = self._setting
        setting.meter, is_read = read_meter(self._meter_text) if self._meter_text else (self._meter, True)
        if not is_read:
            self._report.say(f'the meter "{self._meter_text[:20]}" cannot be read; read as free meter')
        unit = read_unit(self._unit_text) if self._unit_text else None
        if unit is None and self._unit_text:
            self._report.say(f'the unit length "{self._unit_text[:20]}" cannot be read; left out')
        setting.unit_tick = unit or default_unit(self._meter_text)
        setting.shift(read_clef(key_text))
        key = self._read_key(key_text)
        setting.key = key if key is not None else setting.key
        for text in self._declared:
            self._select(text)
        self._voice = None
        if self._tempo_text:
            self._tempo(self._current(), self._tempo_text)

    def _read_key(self, text: str) -> AbcKey | None:
        key = read_key(text)
        if key is None:
            if read_clef(text) == read_clef("") and not properties(text):
                self._report.say(f'the key "{text[:20]}" cannot be read; left out')
            return None
        if key.mode not in _MODES_KEPT:
            self._report.say(f'the mode of "{text[:20]}" is kept as its signature; the notes say: major or minor')
        if not key.is_exact:
            self._report.say(f'"{text[:20]}" is no common key signature; its notes are kept, the nearest one is stated')
        return key

    def _body_field(self, name: str, value: str) -> None:
        match name:
            case "V":
                self._select(value)
            case "K":
                self._change_key(value)
            case "M":
                meter, is_read = read_meter(value)
                if not is_read:
                    self._report.say(f'the meter "{value[:20]}" cannot be read; left out')
                    return
                for voice in self._targets():
                    voice.setting.meter = meter
                    voice.cursor.set_meter(meter)
            case "L":
                unit = read_unit(value)
                if unit is None:
                    self._report.say(f'the unit length "{value[:20]}" cannot be read; left out')
                    return
                for voice in self._targets():
                    voice.setting.unit_tick = unit
            case "Q":
                self._tempo(self._current(), value)
            case "P" | "T":
                if value:
                    self._current().cursor.add_event("rehearsal", value[:80], "P" if name == "P" else "")
            case "s" | "d":
                self._report.count(f"lines of symbols ({name}:) left out")
            case _:
                if name not in _BODY_NOTES:
                    self._field_of_any_place(name, value)

    def _change_key(self, value: str) -> None:
        clef, key = read_clef(value), self._read_key(value)
        for voice in self._targets():
            voice.setting.shift(clef)
            if key is not None:
                voice.setting.key = key
                _state_key(voice)

    def _tempo(self, voice: VoiceReader, value: str) -> None:
        tempo = read_tempo(value, voice.setting.unit_tick)
        if tempo is None:
            self._report.say(f'the tempo "{value[:30]}" cannot be read; left out')
        elif tempo.quarters_per_minute is None:
            self._report.say(f'the tempo "{tempo.words[:30]}" says no number; left out')
        elif not 5 <= tempo.quarters_per_minute <= 1000:
            self._report.say(f'the tempo "{value[:30]}" is no tempo of music; left out')
        else:
            voice.cursor.add_event("tempo", tempo.quarters_per_minute, tempo.words)

    # ---------------------------------------------------------------- voices

    def _select(self, text: str) -> None:
        """Go on with the voice that a V: field names; `text` may say how it sounds."""
        name, _, rest = text.strip().partition(" ")
        name = name[:40] or "1"
        if name not in self._voices:
            if len(self._voices) == MAX_VOICES:
                raise self._report.error(f"more than {MAX_VOICES} voices")
            draft = AbcVoiceDraft(name, program=self._program)
            self._voices[name] = VoiceReader(draft, replace(self._setting), self._report)  # the symbols are shared
            _state_key(self._voices[name])
        self._voice = self._voices[name]
        if rest:
            self._configure(self._voice, rest)

    def _configure(self, voice: VoiceReader, text: str) -> None:
        clef, stated = read_clef(text), properties(text)
        voice.setting.shift(clef)
        if clef.is_percussion is not None:
            voice.draft.is_percussion = clef.is_percussion
        name = stated.get("name") or stated.get("nm")
        if name:
            voice.draft.name = " ".join(html.unescape(name).replace("\\n", " ").split())[:80]

    def _current(self) -> VoiceReader:
        """Return the voice that is being read; a tune without V: fields has one."""
        if self._voice is None:
            if self._voices:
                self._voice = next(iter(self._voices.values()))
            else:
                self._select("1")
        assert self._voice is not None
        return self._voice

    def _targets(self) -> list[VoiceReader]:
        """Return the voices that a field changes."""
        current = self._current()
        if any(voice.cursor.has_music for voice in self._voices.values()):
            return [current]
        return list(self._voices.values())

    # ---------------------------------------------------------------- instructions

    def _instruction(self, text: str) -> None:
        """Follow a `%%` line or I: field, as far as it changes the music."""
        name, _, value = text.strip().partition(" ")
        value = value.strip()
        match name.lower():
            case "score" | "staves":
                if self._draft.staves not in ("", value[:1000]):
                    self._report.count("changes of the staves; the list with the most voices is taken")
                self._draft.staves = max(self._draft.staves, value[:1000], key=lambda one: len(re.findall(r"\w+", one)))
            case "staff" if value:
                self._report.count("changes of the staff within a voice are not followed")
            case "propagate-accidentals" if value in ("not", "octave", "pitch"):
                self._setting.propagation = value
                for voice in self._voices.values():
                    voice.setting.propagation = value
            case "midi":
                self._midi(value.lower().split())
            case "abc-copyright":
                self._credits.take_rights(value)
            case "transpose" | "abc-include" | "voicecombine" | "ambitus" if value:
                self._report.say(f"%%{name} is not followed")

    def _midi(self, words: list[str]) -> None:
        if words[:1] == ["nobarlines"]:  # music without bars: an accidental holds for its note only
            self._setting.propagation = "not"
        numbers = [int(word) for word in words[1:3] if re.fullmatch(r"-?\d{1,3}", word)]
        if not words or not numbers:
            return
        if words[0] == "program" and 0 <= numbers[-1] <= 127:
            if self._is_in_body:
                self._current().draft.program = numbers[-1]
            else:
                self._program = numbers[-1]
        elif words[0] == "channel" and numbers[0] == _DRUM_CHANNEL and self._is_in_body:
            self._current().draft.is_percussion = True
        elif words[0] == "transpose" and abs(numbers[0]) <= 48:
            for setting in [voice.setting for voice in self._targets()] if self._is_in_body else [self._setting]:
                setting.semitones = numbers[0]

    def _define_symbol(self, text: str) -> None:
        symbol = read_symbol(text)
        if symbol is None:
            self._report.say(f'the symbol "{text[:30]}" cannot be read; left out')
        else:
            self._setting.symbols[symbol[0]] = symbol[1]


def _state_key(voice: VoiceReader) -> None:
    """State the key of a voice as it sounds."""
    key, semitones = voice.setting.key, voice.setting.semitones
    if key.signature is None:
        if voice.cursor.has_music:
            voice.cursor.add_event("key", (0, ""))
        return
    signature = (key.signature + 7 * semitones + 5) % 12 - 5 if semitones % 12 else key.signature
    voice.cursor.add_event("key", (signature, key.mode))
