"""The answer to a fugue's subject: the subject in the dominant, with its head mutated where it must be.

What it is: a *real* answer is the subject a fifth higher, note for note. A *tonal* one exchanges tonic and dominant at
the head: where the subject begins on the dominant, or leaps there from the tonic, the answer has the tonic, a fourth
above instead of a fifth; so the piece does not leave its key with the first note of the second voice. After the head
all is real. Source: E. Prout, *Fugue* (1891), the chapter on the answer; A. Gedalge, *Traité de la fugue* (1901),
likewise.

Not treated: subjects that modulate to the dominant, whose answer comes back in its second half. For those write the
answer out as a theme of its own.

Conventions: degrees count in the key in which the tune stands; only its pitches change, never its rhythm.

Contents: `tonal_answer`, `real_answer`, `mutated`, `head_dominants`.
"""

from __future__ import annotations

from dataclasses import replace

from composer.abc import Melody
from composer.theory.key import Key

FIFTH = 7  # semitones from the subject to a real answer
STEP = 2  # semitones by which a mutated note lies below the real answer: a fourth instead of a fifth
HEAD_NOTES = 6  # notes in which the head ends at the latest
_TONIC, _DOMINANT = 0, 7  # semitones above the tonic


def real_answer(subject: Melody) -> Melody:
    """Return the subject a perfect fifth higher."""
    return _raised(subject, FIFTH)


def tonal_answer(subject: Melody, key: Key) -> Melody:
    """Return the tonal answer to a subject, a fifth higher but for its head.

    A subject whose head does not touch the dominant has no other answer than the real one (C major, WTC I).

    Args:
        subject: the tune.
        key: in which it stands.
    """
    return _lowered(real_answer(subject), head_dominants(subject, key))


def mutated(subject: Melody, key: Key) -> Melody:
    """Return a subject that already stands in the key of the answer with its head mutated: 5 becomes 4 there."""
    return _lowered(subject, head_dominants(subject, key))


def head_dominants(subject: Melody, key: Key) -> tuple[int, ...]:
    """Return which notes of a subject are the dominant at its head, by index: those that the tonic answers.

    That is the first note, where it is the dominant (and its repetitions); else the first dominant, where it is reached
    by leap from the tonic within the head. A dominant that the line comes to by step is real (C major, WTC I).
    """
    degrees = [(note.pitch - key.tonic_pitch_class) % 12 for note in subject.notes[:HEAD_NOTES]]
    if not degrees:
        return ()
    first = 0 if degrees[0] == _DOMINANT else next((i for i, d in enumerate(degrees) if d == _DOMINANT), None)
    if first is None or (first > 0 and degrees[first - 1] != _TONIC):
        return ()
    last = first
    while last + 1 < len(degrees) and subject.notes[last + 1].pitch == subject.notes[first].pitch:
        last += 1
    return tuple(range(first, last + 1))


def _raised(tune: Melody, semitones: int) -> Melody:
    return replace(tune, notes=tuple(replace(note, pitch=note.pitch + semitones) for note in tune.notes))


def _lowered(tune: Melody, places: tuple[int, ...]) -> Melody:
    notes = tuple(
        replace(note, pitch=note.pitch - STEP) if index in places else note for index, note in enumerate(tune.notes)
    )
    return replace(tune, notes=notes)
