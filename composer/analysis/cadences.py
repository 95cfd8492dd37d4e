"""The kind of a cadence, from the chords that end a phrase and its outer voices.

Conventions: kinds are those of `theory.harmony.Cadence` (Caplin): authentic V-I (perfect with both chords in root
position and the tonic on top), half on V (or the V of a key that is only touched), deceptive V-vi, plagal IV-I; `none`
for anything else. Cadential six-fours belong to V.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from composer.outline import ChordSpan
from composer.score import Note
from composer.theory.harmony import Cadence, Chord

_DOMINANT_QUALITIES = ("major", "dominant7")
_LEADING_QUALITIES = ("diminished", "diminished7", "halfdiminished7")


def cadence_at(
    chords: Sequence[ChordSpan], index: int, melody: Sequence[Note], *, end_tick: int | None = None
) -> tuple[Cadence, int]:
    """Return the kind of cadence that ends on `chords[index]`, and the onset of its last chord.

    Args:
        chords: of the piece, sorted.
        index: of the chord that sounds at the end of the phrase.
        melody: of the piece, sorted by onset.
        end_tick: where the phrase ends, when the chord goes on in the next one.
    """
    own: tuple[Cadence, int] | None = None
    place: int | None = index
    while place is not None:
        last = _arrival(chords, place)
        # The last chord begins where its harmony does; its bass is the lowest-placed inversion, the root where it is
        # reached.
        final = min(chords[last : place + 1], key=lambda span: span.chord.inversion)
        before = _before(chords, last)
        kind = Cadence.NONE
        if before is not None:
            end = chords[place].end_tick if end_tick is None else min(end_tick, chords[place].end_tick)
            kind = _kind(before, final, _top(melody, final, end))
        if own is None or kind in (Cadence.PAC, Cadence.IAC):
            own = kind, final.start_tick
        # What sways over the tonic after an authentic cadence (IV over a pedal) does not undo it.
        sways = before is not None and kind in (Cadence.PC, Cadence.NONE) and is_tonic(final.chord)
        place, end_tick = _before_pedal(chords, last) if sways else None, None
    assert own is not None
    return own


def _arrival(chords: Sequence[ChordSpan], index: int) -> int:
    """Return the index at which the harmony of `chords[index]` begins."""
    first = index
    while first > 0 and _same_harmony(chords[first - 1], chords[first]) and _touch(chords[first - 1], chords[first]):
        first -= 1
    return first


def _before_pedal(chords: Sequence[ChordSpan], last: int) -> int | None:
    """Return the index of the tonic chord from which a pedal leads to `chords[last]`, or None without a pedal."""
    final = chords[last]
    place = last - 1
    while place > 0 and chords[place].chord.bass(chords[place].key) == final.chord.root(final.key):
        if _same_harmony(chords[place], final):
            return place
        place -= 1
    return None


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
    pedal = chord.root_fifths == 0 and chord.quality == "dominant7"  # the tonic on its way to IV over a pedal
    if _deceives(before, final):
        return Cadence.DC
    if is_tonic(chord) or pedal:
        if dominant or leading:
            on_tonic = top is not None and top.pitch % 12 == final.key.tonic_pitch_class
            in_root = chord.inversion == 0 and before.chord.inversion == 0 and dominant
            return Cadence.PAC if in_root and on_tonic else Cadence.IAC
        plagal = root == 5 and before.chord.quality in ("major", "minor", "major7", "minor7")
        return Cadence.PC if plagal and chord.inversion == before.chord.inversion == 0 else Cadence.NONE
    if is_plain_dominant(chord) and chord.quality == "major":
        return Cadence.HC if chord.inversion == 0 else Cadence.NONE
    if chord.inversion == 0 and chord.quality == "major" and "/" in chord.numeral:
        return Cadence.HC  # V/vi and its like: a half cadence in a key that is only touched
    if (dominant or leading) and same_key and chord.relative_root in (8, 9):
        return Cadence.DC
    return Cadence.NONE


def _deceives(before: ChordSpan, final: ChordSpan) -> bool:
    """Return whether a dominant seventh of whatever key rises by step to the chord above: V7-vi, V7-VI."""
    rise = (final.chord.root(final.key) - before.chord.root(before.key)) % 12
    triad = {1: "major", 2: "minor"}.get(rise)
    return before.chord.quality == "dominant7" and final.chord.quality == triad and final.chord.inversion == 0


def _before(chords: Sequence[ChordSpan], index: int) -> ChordSpan | None:
    """Return the chord before, its root-position form where the same harmony also sounds in another one."""
    if index == 0 or not _touch(chords[index - 1], chords[index]):
        return None
    found, before = chords[index - 1], _arrival(chords, index - 1)
    # A bass that leaves the root of V by way of its fifth or seventh has been heard on the root; the leading tone is
    # another bass.
    return found if found.chord.inversion <= 1 else min(chords[before:index], key=lambda span: span.chord.inversion)


def _same_harmony(left: ChordSpan, right: ChordSpan) -> bool:
    if left.chord.root(left.key) != right.chord.root(right.key):
        return False
    both = {left.chord.quality, right.chord.quality}
    return len(both) == 1 or both == {"major", "dominant7"}


def _touch(left: ChordSpan, right: ChordSpan) -> bool:
    return left.end_tick >= right.start_tick


def _top(melody: Sequence[Note], final: ChordSpan, end_tick: int) -> Note | None:
    """Return the melody's note over the last chord: where it arrives, or what a suspension there resolves to."""
    place = bisect.bisect_right(melody, final.start_tick, key=lambda note: note.onset_tick) - 1
    members = final.chord.pitch_classes(final.key)
    for note in melody[max(0, place) :]:
        if note.onset_tick >= end_tick:
            break
        if note.end_tick > final.start_tick and note.pitch % 12 in members:
            return note
    return None
