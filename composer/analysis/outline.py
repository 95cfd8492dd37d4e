"""Score to Outline: all facts that the analysis finds, on one timeline."""

from __future__ import annotations

from composer.analysis.hands import is_single_line
from composer.analysis.reading import read_harmony
from composer.analysis.sections import find_sections
from composer.analysis.texture import find_textures
from composer.outline import DynamicSpan, Outline, TempoSpan
from composer.score import LOWER_STAFF, Score

_STRINGS = range(40, 45)  # General MIDI: violin … tremolo strings
_ORGANS = range(16, 21)
_VOICE_WORDS = (
    "soprano",
    "alto",
    "tenor",
    "bass",
    "cantus",
    "discant",
    "altus",
    "bassus",
    "voice",
    "singstimme",
    "vocal",
)
_STRING_WORDS = ("violin", "viola", "cello")
_ORGAN_WORDS = ("organ", "pedal")


def outline_of(score: Score, *, ensemble: str | None = None) -> Outline:
    """Analyse a score.

    Args:
        score: any score.
        ensemble: as in `Outline`; guessed when None.

    Returns:
        Keys, chords, phrases with cadences, sections, textures, and the score's own tempos and dynamics; without a
        style.
    """
    reading = read_harmony(score)
    return Outline(
        bars=score.bars,
        keys=reading.keys,
        chords=reading.chords,
        phrases=reading.phrases,
        sections=find_sections(score, reading.phrases),
        textures=find_textures(score),
        dynamics=_dynamics(score),
        tempos=_tempos(score),
        ensemble=ensemble_of(score) if ensemble is None else ensemble,
    )


def ensemble_of(score: Score) -> str:
    """Guess who plays: `chorale`, `quartet`, `song`, `organ`, `line` or `keyboard`, from names, programs and parts.

    A chorale is four single lines in the ranges of voices, unless their names say otherwise.
    """
    parts = [part for part in score.parts if part.notes]
    names = " ".join(part.name.lower() for part in parts)
    single = [is_single_line(part) for part in parts]
    if any(word in names for word in _ORGAN_WORDS) or any(part.program in _ORGANS for part in parts):
        return "organ"
    strings = sum(part.program in _STRINGS for part in parts)
    if len(parts) >= 3 and (strings >= 3 or sum(word in names for word in _STRING_WORDS) >= 2):
        return "quartet"
    if (
        len(parts) == 4
        and all(single)
        and (sum(word in names for word in _VOICE_WORDS) >= 3 or _in_voice_ranges(score))
    ):
        return "chorale"
    if len(parts) == 1 and single[0] and all(note.staff < LOWER_STAFF for note in parts[0].notes):
        return "line"
    has_voice = bool(parts) and any(word in parts[0].name.lower() for word in _VOICE_WORDS)
    grand = any(part.staves >= LOWER_STAFF for part in parts[1:])
    return "song" if len(parts) in (2, 3) and single[0] and (has_voice or grand) else "keyboard"


def _in_voice_ranges(score: Score) -> bool:
    """Return whether four parts lie like soprano, alto, tenor and bass, from the top down."""
    means = [sum(note.pitch for note in part.notes) / len(part.notes) for part in score.parts if part.notes]
    ranges = ((64, 79), (58, 72), (50, 66), (40, 58))  # of the mean pitch
    return all(low <= mean <= high for mean, (low, high) in zip(means, ranges, strict=True))


def _tempos(score: Score) -> tuple[TempoSpan, ...]:
    marks = sorted(score.tempos, key=lambda mark: mark.tick)
    ends = [mark.tick for mark in marks[1:]] + [score.end_tick] * bool(marks)
    return tuple(
        TempoSpan(mark.tick, end, mark.beat_bpm) for mark, end in zip(marks, ends, strict=True) if end > mark.tick
    )


def _dynamics(score: Score) -> tuple[DynamicSpan, ...]:
    """Return the spans of the levels; a hairpin inside one becomes its shape."""
    levels = sorted((mark for mark in score.dynamics if mark.end_tick is None), key=lambda mark: mark.tick)
    ends = [mark.tick for mark in levels[1:]] + [score.end_tick] * bool(levels)
    spans: list[DynamicSpan] = []
    for mark, end in zip(levels, ends, strict=True):
        inside = [h.level for h in score.dynamics if h.end_tick is not None and mark.tick <= h.tick < end]
        shape = {(): "flat", ("cresc",): "cresc", ("dim",): "dim"}.get(tuple(inside), "arch")
        if end > mark.tick:
            spans.append(DynamicSpan(mark.tick, end, mark.level, shape))
    return tuple(spans)
