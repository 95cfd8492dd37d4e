"""Ornaments in time: trills, mordents and turns played out as notes, so that the beat under them goes on.

What it is: `with_ornaments` returns a score in which a note with an ornament's sign is the notes that it stands for.

Conventions: an ornament begins on its note's beat and ends with it. Its tones are neighbours in the scale of the local
key. How fast it goes is the player's: notes a second, at the marked tempo; at least so many as the figure has, in at
most the whole note, the rest of which is its main note.

Source: C. P. E. Bach 1753 and the tables of his father for the figures; pianists' trills go at 10 to 14 notes a second
(Palmer 1996 and others).

Contents: `with_ornaments`, `figure`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from composer.outline import Outline, span_at
from composer.perform.reading import marked_quarter_secs
from composer.score import Note, Score, sort_notes
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER

# Steps above the main note; a trill repeats its two.
FIGURES = {
    "mordent": (0, -1, 0),
    "inverted-mordent": (0, 1, 0),
    "turn": (1, 0, -1, 0),
    "inverted-turn": (-1, 0, 1, 0),
}
SHORTEST_TRILL = 4  # notes


def with_ornaments(score: Score, outline: Outline, *, notes_per_sec: float, trills_from_above: bool) -> Score:
    """Return the score with its signs played out; the same score where it has none.

    Args:
        score: with `trill`, `mordent`, `inverted-mordent`, `turn` and `inverted-turn` among its articulations.
        outline: whose keys say what a neighbour is; without them the signature does.
        notes_per_sec: of an ornament, > 0.
        trills_from_above: whether a trill begins with its upper note, as until about 1800.
    """
    parts = []
    for part in score.parts:
        notes: list[Note] = []
        for note in part.notes:
            sign = next((sign for sign in note.articulations if sign in FIGURES or sign == "trill"), None)
            if sign is None or note.is_grace:
                notes.append(note)
                continue
            span = span_at(outline.keys, note.onset_tick)
            key = span.key if span else score.key_at(note.onset_tick) or Key(0, "major")
            quarter_sec = float(marked_quarter_secs(score, outline, np.array([note.onset_tick]))[0])
            unit_tick = max(round(TICKS_PER_QUARTER / quarter_sec / notes_per_sec), 1)
            notes += figure(note, sign, key, unit_tick=unit_tick, from_above=trills_from_above)
        parts.append(part if len(notes) == len(part.notes) else replace(part, notes=sort_notes(notes)))
    return score if parts == list(score.parts) else replace(score, parts=tuple(parts))


def figure(note: Note, sign: str, key: Key, *, unit_tick: int, from_above: bool) -> list[Note]:
    """Return the notes that a note with an ornament's sign stands for; the note itself where it is too short for them.

    Args:
        note: the main note. sign: the ornament. key: the local key.
        unit_tick: how long one of its notes lasts; shorter where the note has no room.
        from_above: of trills.
    """
    if sign == "trill":
        steps = _trill(note.duration_tick // max(unit_tick, 1), from_above=from_above)
        unit_tick = note.duration_tick // len(steps)
    else:
        steps = FIGURES[sign]
        unit_tick = min(unit_tick, note.duration_tick // (len(steps) + 1))
    if unit_tick < 1:
        return [note]
    signs = tuple(other for other in note.articulations if other != sign)
    played = []
    for place, step in enumerate(steps):
        onset_tick = note.onset_tick + place * unit_tick
        end_tick = note.end_tick if place == len(steps) - 1 else onset_tick + unit_tick
        played.append(
            replace(
                note,
                onset_tick=onset_tick,
                duration_tick=end_tick - onset_tick,
                pitch=_neighbour(note.pitch, step, key),
                articulations=signs if place == len(steps) - 1 else (),
                spelling=note.spelling if step == 0 else None,
            )
        )
    return played


def _trill(count: int, *, from_above: bool) -> tuple[int, ...]:
    """Return the steps of a trill of about so many notes; it ends on its main note."""
    count = max(count, SHORTEST_TRILL)
    if from_above:
        return (1, 0) * (count // 2)
    return (0, 1) * ((count - 1) // 2) + (0,)


def _neighbour(pitch: int, step: int, key: Key) -> int:
    """Return the next tone of the scale above (1) or below (-1) a pitch, which may itself be outside of it."""
    if step == 0:
        return pitch
    tones = {(key.tonic_pitch_class + tone) % 12 for tone in _scale(key)}
    near = next((interval for interval in (1, 2) if (pitch + step * interval) % 12 in tones), 2)
    return min(max(pitch + step * near, 0), 127)


def _scale(key: Key) -> tuple[int, ...]:
    """Return the scale from the tonic on; a minor one with both its sevenths, of which the nearer one counts."""
    return (0, 2, 4, 5, 7, 9, 11) if key.mode == "major" else (0, 2, 3, 5, 7, 8, 10, 11)
