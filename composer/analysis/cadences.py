"""The kind of a cadence, from the chords that end a phrase and its outer voices.

Conventions: kinds are those of `theory.harmony.Cadence` (Caplin): authentic V-I (perfect with both chords in root
position and the tonic on top), half on V, deceptive V-vi, plagal IV-I; `none` for anything else. Cadential six-fours
belong to V.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.outline import ChordSpan
from composer.score import Note
from composer.theory.harmony import Cadence, Chord

_DOMINANT_QUALITIES = ("major", "dominant7")
_LEADING_QUALITIES = ("diminished", "diminished7", "halfdiminished7")


def cadence_at(chords: Sequence[ChordSpan], index: int, melody: Sequence[Note]) -> tuple[Cadence, int]:
    """Return the kind of cadence that ends on `chords[index]`, and the onset of its last chord.

    Args:
        chords: of the piece, sorted.
        index: of the chord that sounds at the end of the phrase.
        melody: of the piece, sorted by onset.
    """
    last = index
    while last > 0 and _same_harmony(chords[last - 1], chords[last]) and _touch(chords[last - 1], chords[last]):
        last -= 1
    # The last chord begins where its harmony does; its bass is the lowest-placed inversion, the root where it is
    # reached.
    final = min(chords[last : index + 1], key=lambda span: span.chord.inversion)
    tick = final.start_tick
    before = _before(chords, last)
    if before is None:
        return Cadence.NONE, tick
    return _kind(before, final, _sounding(melody, tick, chords[index].end_tick)), tick


def is_tonic(chord: Chord) -> bool:
    """Return whether a chord is the tonic triad (or the Picardy third)."""
    return chord.root_fifths == 0 and chord.quality in ("major", "minor")


def is_plain_dominant(chord: Chord) -> bool:
    """Return whether a chord is V or V7 of its key."""
    return chord.relative_root == 7 and chord.quality in _DOMINANT_QUALITIES


def _kind(before: ChordSpan, final: ChordSpan, top: Note | None) -> Cadence:
    chord, same_key = final.chord, before.key == final.key
    root = (before.chord.root(before.key) - final.key.tonic_pitch_class) % 12  # of the chord before, in the last key
    dominant = root == 7 and before.chord.quality in _DOMINANT_QUALITIES
    leading = root == 11 and before.chord.quality in _LEADING_QUALITIES
    if is_tonic(chord):
        if dominant or leading:
            on_tonic = top is not None and top.pitch % 12 == final.key.tonic_pitch_class
            in_root = chord.inversion == 0 and before.chord.inversion == 0 and dominant
            return Cadence.PAC if in_root and on_tonic else Cadence.IAC
        plagal = root == 5 and before.chord.quality in ("major", "minor", "major7", "minor7")
        return Cadence.PC if plagal and chord.inversion == 0 else Cadence.NONE
    if is_plain_dominant(chord) and chord.quality == "major":
        return Cadence.HC if chord.inversion == 0 else Cadence.NONE
    if (dominant or leading) and same_key and chord.relative_root in (8, 9):
        return Cadence.DC
    return Cadence.NONE


def _before(chords: Sequence[ChordSpan], index: int) -> ChordSpan | None:
    """Return the chord before, its root-position form where the same harmony also sounds in another one."""
    if index == 0 or not _touch(chords[index - 1], chords[index]):
        return None
    before = index - 1
    found = chords[before]
    while (
        before > 0 and _same_harmony(chords[before - 1], chords[before]) and _touch(chords[before - 1], chords[before])
    ):
        before -= 1
    # V7 in last inversion after V in root position is still the bass that is heard last: only a fifth in the bass is
    # passed over.
    return found if found.chord.inversion != 2 else min(chords[before:index], key=lambda span: span.chord.inversion)


def _same_harmony(left: ChordSpan, right: ChordSpan) -> bool:
    if left.chord.root(left.key) != right.chord.root(right.key):
        return False
    both = {left.chord.quality, right.chord.quality}
    return len(both) == 1 or both == {"major", "dominant7"}


def _touch(left: ChordSpan, right: ChordSpan) -> bool:
    return left.end_tick >= right.start_tick


def _sounding(melody: Sequence[Note], tick: int, end_tick: int) -> Note | None:
    """Return the melody's last note under the chord: a suspension over it has resolved by then."""
    under = [note for note in melody if note.onset_tick < end_tick and note.end_tick > tick]
    return under[-1] if under else None
