"""Entries of themes in the voices of a section, as notes that are given.

What it is: each entry sounds note for note, in the octave that suits its voice. What no voice is there for is silent:
above the highest voice and below the lowest one where they have an entry, and everything else where every voice that
sounds has one. The other voices are the network's.

Conventions: voices stand in the order of `plan.model.VOICES`, from the top; notes are (onset tick, duration ticks, MIDI
pitch) in ticks of the piece, unless they are said to be local.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.abc import Melody
from composer.errors import ThemeError
from composer.fill.given import Given, Sounding, close_above, close_below, give_notes, line_of
from composer.fill.local import Local
from composer.fill.recall import ComposedTheme, told_where
from composer.fill.setting import Setting
from composer.plan.entries import entered, entry_tick
from composer.plan.model import VOICES, VoiceName
from composer.plan.outline import PhrasePlace
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, HELD, SILENT, STRUCK
from composer.theme import Theme

# Lowest and highest MIDI pitch of a voice on a keyboard, inclusive; where every part is a line, its own compass.
COMPASSES: Mapping[str, tuple[int, int]] = {"soprano": (60, 84), "alto": (53, 76), "tenor": (47, 69), "bass": (36, 62)}

CROSSED = 6.0  # semitones beyond its compass that a voice would rather have, on average, than cross another one


@dataclass(frozen=True)
class EnteredVoice:
    """An entry with its notes.

    Attributes:
        voice: that has it.
        start_tick, end_tick: of its theme's bars.
        notes: as they sound.
    """

    voice: VoiceName
    start_tick: int
    end_tick: int
    notes: tuple[Sounding, ...]


def voice_compass(voice: str, setting: Setting) -> tuple[int, int]:
    """Return lowest and highest MIDI pitch of a voice."""
    if setting.row.has_single_lines and len(setting.row.parts) == len(VOICES):
        return setting.row.parts[VOICES.index(voice)].compass
    low, high = COMPASSES[voice]
    return max(low, setting.compass[0]), min(high, setting.compass[1])


def entered_voices(
    place: PhrasePlace, themes: Mapping[str, ComposedTheme], setting: Setting
) -> tuple[EnteredVoice, ...]:
    """Return the entries of a phrase in order of time, with their notes.

    Raises:
        ThemeError: a transformation is impossible.
    """
    found: list[EnteredVoice] = []
    # A countersubject makes room for its subject.
    themes_of = setting.plan.themes
    for entry in sorted(place.entry.entries or (), key=lambda one: themes_of[one.theme or ""].against is not None):
        names = (place.section.id or "", place.section.take or 1, place.index, entry.voice, entry.bar)
        theme = _whole(themes[entry.theme or ""], setting)
        try:
            part = entered(theme, entry, home=setting.home, seed=setting.seed, names=names)
        except ThemeError as error:
            raise told_where(error, place) from None
        bar_tick = place.bar_tick + entry_tick(entry, setting.meter)
        notes = [(note.onset_tick + bar_tick, note.duration_tick, note.pitch) for note in part.melody.notes]
        start = bar_tick - setting.pickup_tick
        end = min(bar_tick + part.bars * setting.meter.bar_ticks - setting.pickup_tick, place.end_tick)
        inside = [(max(onset, place.start_tick), length, pitch) for onset, length, pitch in notes if onset < end]
        own = EnteredVoice(entry.voice, max(start, place.start_tick), end, tuple(inside))
        found.append(_in_octave(own, found, voice_compass(entry.voice, setting), setting.compass))
    return tuple(sorted(found, key=lambda one: (one.start_tick, VOICES.index(one.voice))))


def _whole(theme: ComposedTheme, setting: Setting) -> Theme:
    end = theme.bars * setting.meter.bar_ticks - setting.pickup_tick
    tune = Melody(tuple(note for note in theme.melody.notes if note.onset_tick < end), end, setting.pickup_tick)
    return Theme(theme.name, (tune,), theme.key, setting.meter, theme.bars, theme.chords)


def _in_octave(
    entry: EnteredVoice, others: Sequence[EnteredVoice], voice: tuple[int, int], compass: tuple[int, int]
) -> EnteredVoice:
    """Return an entry in the octave that suits its voice: within its compass, and not across the other entries."""
    if not entry.notes:
        return entry
    middle = (voice[0] + voice[1]) / 2
    mean = sum(pitch for _, _, pitch in entry.notes) / len(entry.notes)

    def cost(octaves: int) -> tuple[int, float, float]:
        moved = [(onset, length, pitch + 12 * octaves) for onset, length, pitch in entry.notes]
        beyond = sum(max(0, compass[0] - pitch, pitch - compass[1]) for _, _, pitch in moved)
        outside = sum(max(0, voice[0] - pitch, pitch - voice[1]) for _, _, pitch in moved) / len(moved)
        crossed = sum(_crossed(entry.voice, moved, other) for other in others) / len(moved)
        return beyond, outside + CROSSED * crossed, abs(mean + 12 * octaves - middle)

    best = min(range(-8, 9), key=cost)
    return replace(entry, notes=tuple((onset, length, pitch + 12 * best) for onset, length, pitch in entry.notes))


def _crossed(voice: VoiceName, notes: Sequence[Sounding], other: EnteredVoice) -> int:
    """Return how many notes of a voice begin on the wrong side of another one's, or on the same key."""
    is_above = VOICES.index(voice) < VOICES.index(other.voice)
    count = 0
    for onset, _, pitch in notes:
        for begin, length, theirs in other.notes:
            if begin <= onset < begin + length:
                count += pitch <= theirs if is_above else pitch >= theirs
    return count


def give_entries(
    given: Given, place: PhrasePlace, local: Local, entries: Sequence[EnteredVoice], setting: Setting
) -> None:
    """Pin the entries of a phrase and silence what no voice is there for.

    Args:
        given: of the section.
        place: the phrase; it says which voices sound.
        local: the section's timeline.
        entries: of the phrase.
        setting: of the piece.
    """
    voices = place.entry.voices
    if voices is None:
        return
    first, end = ((tick - local.origin_tick) // STEP_TICKS for tick in (place.start_tick, place.end_tick))
    lowest = min(voice_compass(voice, setting)[0] for voice in voices)
    highest = max(voice_compass(voice, setting)[1] for voice in voices)
    pitch = given.low_pitch + np.arange(given.num_pitches)
    given.allowed[first:end] &= (pitch >= lowest) & (pitch <= highest)
    covered = np.zeros((len(voices), len(given.code)), bool)
    order: list[str] = [voice for voice in VOICES if voice in voices]
    for entry in entries:
        notes = [(onset - local.origin_tick, length, pitch) for onset, length, pitch in entry.notes]
        give_notes(given, notes)
        begin, stop = ((tick - local.origin_tick) // STEP_TICKS for tick in (entry.start_tick, entry.end_tick))
        steps = slice(begin, stop)
        line = _carried(line_of(notes, len(given.code), given.low_pitch)[steps])
        if entry.voice == order[0]:
            close_above(given, steps, line)
        if entry.voice == order[-1]:
            close_below(given, steps, line)
        covered[order.index(entry.voice), steps] = True
        _let_go(given, notes)
    given.allowed |= np.isin(given.code, (STRUCK, HELD))
    alone = covered.all(axis=0)  # every voice that sounds has an entry
    region = given.code[alone]
    region[region == FREE] = SILENT
    given.code[alone] = region


def _carried(line: np.ndarray) -> np.ndarray:
    """Return a line whose rests have the pitch of the note before them (or, at its beginning, of its first note)."""
    sounding = np.flatnonzero(line >= 0)
    if not len(sounding):
        return line
    before = np.maximum.accumulate(np.where(line >= 0, np.arange(len(line)), -1))
    return line[np.where(before >= 0, before, sounding[0])]


def _let_go(given: Given, notes: Sequence[Sounding]) -> None:
    """Silence the cell after each note, or the note might be held on beyond its length."""
    for onset, duration, pitch in notes:
        step, index = max(onset // STEP_TICKS + 1, (onset + duration) // STEP_TICKS), pitch - given.low_pitch
        if step < len(given.code) and 0 <= index < given.num_pitches and given.code[step, index] == FREE:
            given.code[step, index] = SILENT


def covered_until(entries: Sequence[EnteredVoice], voice: str, otherwise: int) -> int:
    """Return the tick up to which a voice has entries, or `otherwise`."""
    return max((entry.end_tick for entry in entries if entry.voice == voice), default=otherwise)


def outer_voices(place: PhrasePlace) -> tuple[str, str]:
    """Return the highest and the lowest voice of a phrase that tells them apart."""
    order = [voice for voice in VOICES if voice in (place.entry.voices or ())]
    return order[0], order[-1]
