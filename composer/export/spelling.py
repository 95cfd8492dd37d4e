"""Give each note of a Score its letter and accidental: the written one, else by local key, chord and the next note.

Conventions: the local key and chord come from the Outline where there is one; without it the key signature stands in
for both. A note that is spelled already is left alone.

A note outside key and chord that rises by a semitone is spelled as a raised note of the letter below (C, C sharp, D);
all others as `Key.spell` has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.outline import Outline, span_at
from composer.score import Note, Part, Score
from composer.theory.key import Key
from composer.theory.pitch import Spelling, fifths_letter, fifths_pitch_class, nearest_fifths, spell

_C_MAJOR = Key(0, "major")


def spelled(score: Score, outline: Outline | None = None) -> Score:
    """Return `score` with every note spelled.

    Args:
        score: its key signatures are used where the outline knows no key.
        outline: local keys and chords, or None.
    """
    return replace(score, parts=tuple(_spelled_part(part, score, outline) for part in score.parts))


def _spelled_part(part: Part, score: Score, outline: Outline | None) -> Part:
    return replace(
        part,
        notes=tuple(
            note if note.spelling else replace(note, spelling=_spelling(note, next_pitch, score, outline))
            for note, next_pitch in zip(part.notes, _rising_steps(part.notes), strict=True)
        ),
    )


def _spelling(note: Note, next_pitch: int | None, score: Score, outline: Outline | None) -> Spelling:
    key_span = span_at(outline.keys, note.onset_tick) if outline else None
    chord_span = span_at(outline.chords, note.onset_tick) if outline else None
    chord_fifths = chord_span.chord.fifths(chord_span.key) if chord_span else ()
    if key_span:
        key = key_span.key
    elif chord_span:
        key = chord_span.key
    else:
        key = score.key_at(note.onset_tick) or _C_MAJOR
    if next_pitch == note.pitch + 1 and _is_foreign(note.pitch, key, chord_fifths):
        leading = nearest_fifths(next_pitch % 12, key.fifths) + 5  # as B is to C on the line of fifths
        if abs(fifths_letter(leading)[1]) <= 1:  # no double sharps that nobody asked for
            return spell(note.pitch, leading)
    return key.spell(note.pitch, chord_fifths)


def _is_foreign(pitch: int, key: Key, chord_fifths: Sequence[int]) -> bool:
    pitch_class = pitch % 12
    return pitch_class not in key.scale and all(fifths_pitch_class(place) != pitch_class for place in chord_fifths)


def _rising_steps(notes: Sequence[Note]) -> list[int | None]:
    """Return for each note the pitch a semitone above, if its voice plays that when the note ends, else None."""
    begins = {(note.staff, note.voice, note.onset_tick, note.pitch) for note in notes if not note.is_grace}
    return [
        note.pitch + 1 if (note.staff, note.voice, note.end_tick, note.pitch + 1) in begins else None for note in notes
    ]
