"""Give the plan of an analysed piece its themes: where a section returns, and how exactly.

What it is: `plan_from_outline` says everything of a piece but its tunes. Here the sections get their letters; each
letter that returns, and the piece's first, gets a theme: the melody and the chords of its opening phrases. A section
that returns as it was becomes a copy; in another one each phrase says which bars of the theme it states (`fidelity` 1),
which it only follows, and which are new.

Conventions: bars count from 0 within the piece; a melody's ticks count from the first whole bar line, an upbeat is
negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from composer.abc import Melody, MelodyNote, format_abc
from composer.plan.forms import default_id
from composer.plan.model import (
    NO_THEME,
    CadenceName,
    PhraseEntry,
    Plan,
    RecallName,
    SectionEntry,
    ThemeEntry,
    ThemePhrase,
)
from composer.plan.numerals import Slot, format_harmony, parse_harmony, parse_key_path
from composer.plan.themes import shifted, tune_contradicts
from composer.theory.harmony import name_chord
from composer.theory.key import Key, parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter, parse_meter

THEME_BARS = 8  # of whole phrases that make a theme, at most;
LONG_THEME_BARS = 16  # or of a first phrase that is longer
MAX_SPAN = 24  # semitones of a theme's tune: more fits few voices
MIN_NOTES = 3  # of a tune
_TUNE_GRID = TICKS_PER_QUARTER // 24  # of a theme's notes: triplets of 16ths and 64ths fall on it
_EXACT_COPY = 0.8  # likeness of all voices from which a section of equal length is a copy;
_EVERY_VOICE = 0.95  # and from which every voice comes back
_STATED = 0.85  # likeness of the melody from which a phrase states the theme,
_FOLLOWED = 0.4  # and from which it follows it
_AUGMENTED_SIXTHS = ("italian", "french", "german")
_MOST_FOLLOWED = 0.9  # fidelity of what is nearly stated


class ReturnFound(Protocol):
    """What is known of a section that returns another (`composer.analysis.form.Return`)."""

    @property
    def of(self) -> int:
        """Index of the section that it returns."""

    @property
    def slip(self) -> int:
        """Bar `b` of it is bar `b + slip` of that one."""

    @property
    def semitones(self) -> int:
        """To add to the earlier section's pitches."""

    @property
    def likeness(self) -> float:
        """Of all voices, 0..1."""

    @property
    def melody(self) -> tuple[float, ...]:
        """Likeness of the melody in each bar of the section."""


@dataclass(frozen=True)
class _Frame:
    """What holds for the whole piece."""

    home: Key
    meter: Meter
    pickup: int  # ticks


def with_themes(
    plan: Plan,
    *,
    letters: Sequence[str],
    returns: Sequence[ReturnFound | None],
    melody: Sequence[MelodyNote],
    pinned: bool,
) -> Plan:
    """Return the plan with the letters of its sections, its themes and its copies.

    Args:
        plan: of `plan_from_outline`.
        letters: of each section.
        returns: of each section, what it returns; None for something new.
        melody: of the piece, sorted.
        pinned: whether themes are given as tunes; else they are left to be composed over the same chords.
    """
    meter = parse_meter(plan.meter or "")
    frame = _Frame(parse_key(plan.key or ""), meter, round((plan.pickup or 0) * meter.beat_ticks))
    themes: dict[str, ThemeEntry] = {}
    sections: list[SectionEntry] = []
    first_bar = 0
    for index, (entry, letter, found) in enumerate(zip(plan.sections, letters, returns, strict=True)):
        section_id = default_id(letter, [section.id or "" for section in sections])
        entry = entry.model_copy(update={"label": letter, "id": section_id})
        if found is None:
            if letter not in letters[index + 1 :] and index > 0:
                entry = _without_theme(entry)
            else:
                theme = _theme(entry, melody, first_bar, frame, pinned=pinned)
                if theme is not None:
                    themes[letter] = theme
                    entry = _stating(entry, letter, theme)
                else:
                    entry = _without_theme(entry)
        else:
            entry = _returning(entry, sections[found.of], found, themes, frame)
        sections.append(entry)
        first_bar += sum(phrase.bars or 0 for phrase in plan.sections[index].phrases or ())
    return plan.model_copy(update={"themes": themes, "sections": tuple(sections)})


def _theme(
    entry: SectionEntry, melody: Sequence[MelodyNote], first_bar: int, frame: _Frame, *, pinned: bool
) -> ThemeEntry | None:
    """Return the theme that a section opens with, of fewer phrases where the tune of more of them spans too much."""
    phrases = entry.phrases or ()
    count, bars = 1, phrases[0].bars or 1
    while count < len(phrases) and bars + (phrases[count].bars or 0) <= THEME_BARS:
        bars += phrases[count].bars or 0
        count += 1
    for number in range(count, 0, -1):
        bars = min(sum(phrase.bars or 0 for phrase in phrases[:number]), LONG_THEME_BARS)
        tune = _tune(melody, first_bar, bars, frame)
        if tune is None:
            continue
        slots = _slots(phrases[:number], bars, frame)
        key = slots[0].key
        text = format_abc(tune, key=key, meter=frame.meter) + "\n" if pinned else None
        return ThemeEntry(
            bars=bars,
            key=phrases[0].key,
            pickup=frame.pickup / frame.meter.beat_ticks,
            type="chain",
            melody=text,
            harmony=format_harmony(slots, home=frame.home, meter=frame.meter, bars=bars, pickup_tick=frame.pickup),
            phrases=_theme_phrases(phrases[:number], bars, tune, frame),
        )
    return None


def _tune(melody: Sequence[MelodyNote], first_bar: int, bars: int, frame: _Frame) -> Melody | None:
    """Return the melody of some bars, their upbeat included; None where it is no tune that a part could have."""
    begin = first_bar * frame.meter.bar_ticks
    low, high = -frame.pickup, bars * frame.meter.bar_ticks - frame.pickup
    notes: list[MelodyNote] = []
    for note in melody:
        onset = _snapped(note.onset_tick - begin)
        end = min(high, max(onset + _TUNE_GRID, _snapped(note.end_tick - begin)))
        if not low <= onset < high or end <= onset:
            continue
        if notes and notes[-1].onset_tick == onset:
            continue
        if notes and notes[-1].end_tick > onset:
            notes[-1] = MelodyNote(notes[-1].onset_tick, onset - notes[-1].onset_tick, notes[-1].pitch)
        notes.append(MelodyNote(onset, end - onset, note.pitch))
    pitches = [note.pitch for note in notes]
    if len(notes) < MIN_NOTES or max(pitches) - min(pitches) > MAX_SPAN:
        return None
    return Melody(tuple(notes), high, frame.pickup)


def _snapped(tick: int) -> int:
    return round(tick / _TUNE_GRID) * _TUNE_GRID


def _slots_of(phrase: PhraseEntry, frame: _Frame) -> tuple[Slot, ...]:
    """Return the chords of a phrase, from its first bar line."""
    return parse_harmony(
        phrase.harmony or "",
        key=parse_key_path(phrase.key or "I", frame.home)[0],
        home=frame.home,
        meter=frame.meter,
        bars=phrase.bars or 0,
        pickup_tick=frame.pickup,
    )


def _slots(phrases: Sequence[PhraseEntry], bars: int, frame: _Frame) -> tuple[Slot, ...]:
    """Return the chords of the first bars of some phrases, from the first one's first bar line."""
    slots: list[Slot] = []
    offset = 0
    end = bars * frame.meter.bar_ticks - frame.pickup
    for phrase in phrases:
        own = _slots_of(phrase, frame)
        slots += [
            Slot(slot.start_tick, min(slot.end_tick, end), slot.key, slot.numeral)
            for slot in shifted(own, offset)
            if slot.start_tick < end
        ]
        offset += (phrase.bars or 0) * frame.meter.bar_ticks
    return _in_one_key(slots)


def _in_one_key(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Return chords as they are heard in the key of the first: a theme has one key, what leaves it is applied."""
    key = slots[0].key
    heard: list[Slot] = []
    for slot in slots:
        chord = slot.chord
        numeral = chord.numeral
        if slot.key != key:
            root = (chord.root(slot.key) - key.tonic_pitch_class) % 12
            quality = "major" if chord.quality in _AUGMENTED_SIXTHS else chord.quality
            numeral = name_chord(root, quality, min(chord.inversion, 2), key.mode).numeral
        if heard and heard[-1].numeral == numeral:
            heard[-1] = Slot(heard[-1].start_tick, slot.end_tick, key, numeral)
        else:
            heard.append(Slot(slot.start_tick, slot.end_tick, key, numeral))
    return tuple(heard)


def _theme_phrases(phrases: Sequence[PhraseEntry], bars: int, tune: Melody, frame: _Frame) -> tuple[ThemePhrase, ...]:
    """Return the phrases of a theme; a cadence that the tune's own end contradicts is none."""
    own: list[ThemePhrase] = []
    key = parse_key_path(phrases[0].key or "I", frame.home)[0]
    end = 0
    for phrase in phrases:
        length = min(phrase.bars or 0, bars - end)
        is_cut = length < (phrase.bars or 0)
        end += length
        stop = end * frame.meter.bar_ticks - frame.pickup
        last = [note for note in tune.notes if note.onset_tick < stop][-1:]
        cadence: CadenceName = "none" if is_cut or _last_key(phrase, frame) != key else phrase.cadence or "none"
        if last and tune_contradicts(cadence, last[0], key):
            cadence = "none"
        own.append(ThemePhrase(bars=length, cadence=cadence))
    return tuple(own)


def _last_key(phrase: PhraseEntry, frame: _Frame) -> Key:
    return _slots_of(phrase, frame)[-1].key


def _stating(entry: SectionEntry, name: str, theme: ThemeEntry) -> SectionEntry:
    """Return a section whose phrases state a theme from their first bar on, as far as it reaches."""
    phrases: list[PhraseEntry] = []
    bar = 0
    for phrase in entry.phrases or ():
        last = min(theme.bars or 0, bar + (phrase.bars or 0))
        said: dict[str, object] = {"theme": NO_THEME}
        if bar < last:
            said = {"theme": name, "theme_bars": _bars_text(bar, last), "fidelity": 1.0}
        phrases.append(phrase.model_copy(update=said))
        bar += phrase.bars or 0
    return entry.model_copy(update={"theme": name, "phrases": tuple(phrases)})


def _without_theme(entry: SectionEntry) -> SectionEntry:
    phrases = tuple(phrase.model_copy(update={"theme": NO_THEME}) for phrase in entry.phrases or ())
    return entry.model_copy(update={"theme": NO_THEME, "phrases": phrases})


def _returning(
    entry: SectionEntry, original: SectionEntry, found: ReturnFound, themes: Mapping[str, ThemeEntry], frame: _Frame
) -> SectionEntry:
    """Return a section that returns an earlier one: a copy of it, or phrases that state or follow its theme."""
    agrees = (entry.key, entry.cadence) == (original.key, original.cadence)
    in_place = entry.bars == original.bars and found.slip == found.semitones == 0
    if in_place and found.likeness >= (_EXACT_COPY if agrees else _EVERY_VOICE):
        recall: RecallName | None = "full" if found.likeness >= _EVERY_VOICE and original.theme != NO_THEME else None
        return SectionEntry(label=entry.label, id=entry.id, copy_of=original.id, bars=entry.bars, recall=recall)
    name = original.theme or NO_THEME
    theme = themes.get(name)
    if theme is None:
        return _without_theme(entry)
    own_key = parse_key_path(theme.key or "I", frame.home)[0]
    goal = (own_key.tonic_pitch_class + found.semitones) % 12
    phrases: list[PhraseEntry] = []
    bar = 0
    for phrase in entry.phrases or ():
        length = phrase.bars or 0
        first, last = bar + found.slip, min(theme.bars or 0, bar + found.slip + length)
        said: dict[str, object] = {"theme": NO_THEME}
        key = parse_key_path(phrase.key or "I", frame.home)[0]
        if 0 <= first < last and key.tonic_pitch_class == goal:
            shared = found.melody[bar : bar + last - first]
            likeness = sum(shared) / max(1, len(shared))
            fidelity = 1.0 if likeness >= _STATED and key.mode == own_key.mode else min(_MOST_FOLLOWED, likeness)
            if likeness >= _FOLLOWED:
                bars = _bars_text(first, last)
                said = {"theme": name, "theme_bars": bars, "fidelity": round(fidelity, 2)}
        phrases.append(phrase.model_copy(update=said))
        bar += length
    stated = any(phrase.theme == name for phrase in phrases)
    return entry.model_copy(update={"theme": name if stated else NO_THEME, "phrases": tuple(phrases)})


def _bars_text(first: int, end: int) -> str:
    """Return bars of a theme, counted from 0, end exclusive, as a plan says them."""
    return str(end) if end == first + 1 else f"{first + 1}-{end}"
