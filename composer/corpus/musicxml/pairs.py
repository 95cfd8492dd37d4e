"""The two ends of ties and of slurs in a MusicXML part find each other."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from composer.corpus.musicxml.drafts import NoteDraft, PartDraft
from composer.score import LOWER_STAFF, UPPER_STAFF, Slur
from composer.theory.meter import TICKS_PER_QUARTER

MAX_EARLIER_ENDS = 16  # of one pitch, that a tie over other notes may come from
MAX_TIE_GAP_TICKS = 4 * TICKS_PER_QUARTER  # inclusive; over other notes of a broken chord

NotePlace = tuple[int, int]  # (staff, place) in the merged notes


class Ties:
    """Notes that are tied on, until their continuation comes.

    Attributes:
        count: how many still wait.
    """

    def __init__(self) -> None:
        # pitch -> end tick -> staff -> voice -> places in the merged notes; nothing is searched through, however many.
        self._waiting: dict[int, dict[int, dict[int, dict[int, list[NotePlace]]]]] = {}
        self.count = 0

    def hold(self, pitch: int, end_tick: int, staff: int, voice: int, place: NotePlace) -> None:
        """Let a note wait for what it is tied to."""
        by_staff = self._waiting.setdefault(pitch, {}).setdefault(end_tick, {})
        by_staff.setdefault(staff, {}).setdefault(voice, []).append(place)
        self.count += 1

    def take(self, pitch: int, onset_tick: int, staff: int, voice: int) -> NotePlace | None:
        """Take the note that is continued here: of the same voice, of its staff, or of another (a voice crosses).

        Where none ends here, one of the same voice that ended a little earlier is held on: so the notes of a broken
        chord are tied to the chord that they build.
        """
        by_end = self._waiting.get(pitch, {})
        if onset_tick in by_end:
            by_staff = by_end[onset_tick]
            staff = staff if staff in by_staff else next(iter(by_staff))
            voice = voice if voice in by_staff[staff] else next(iter(by_staff[staff]))
            return self._pop(pitch, onset_tick, staff, voice)
        for end_tick in itertools.islice(reversed(by_end), MAX_EARLIER_ENDS):
            if 0 < onset_tick - end_tick <= MAX_TIE_GAP_TICKS and voice in by_end[end_tick].get(staff, {}):
                return self._pop(pitch, end_tick, staff, voice)
        return None

    def _pop(self, pitch: int, end_tick: int, staff: int, voice: int) -> NotePlace:
        by_end = self._waiting[pitch]
        by_staff = by_end[end_tick]
        place = by_staff[staff][voice].pop()
        self.count -= 1
        if not by_staff[staff][voice]:
            del by_staff[staff][voice]
        if not by_staff[staff]:
            del by_staff[staff]
        if not by_staff:
            del by_end[end_tick]
        return place


def pair_slurs(
    draft: PartDraft,
    measure_ticks: Sequence[int],
    voices: Mapping[tuple[int, int], tuple[int, int]],
    part_of_staff: Mapping[int, int],
) -> Iterator[Slur]:
    """Pair the ends of slurs.

    Their numbers differ in the order of the file, in which the voices of a bar follow each other.
    """
    waiting: dict[str, NoteDraft] = {}
    ends: dict[str, NoteDraft] = {}  # that came before their beginning: in an upper voice of the same bar

    def tick_of(note: NoteDraft) -> int:
        return measure_ticks[note.measure] + note.local_tick

    def pair(first: NoteDraft, last: NoteDraft) -> Iterator[Slur]:
        of_grace = tick_of(last) == tick_of(first) and first.is_grace and not last.is_grace
        if tick_of(last) <= tick_of(first) and not of_grace:
            draft.left_out["slurs within one moment"] += 1
            return
        staff = first.staff if first.staff <= LOWER_STAFF else UPPER_STAFF
        part = part_of_staff[first.staff]
        yield Slur(tick_of(first), tick_of(last), part, staff, voices[first.staff, first.voice][1])

    for note in draft.notes:
        for number, kind in note.slurs:
            if kind == "start":
                last = ends.get(number)
                if last is not None and last.measure == note.measure and tick_of(last) >= tick_of(note):
                    yield from pair(note, ends.pop(number))
                    continue
                draft.left_out["slurs without an end"] += number in waiting
                waiting[number] = note
            elif kind == "stop" and number in waiting:
                yield from pair(waiting.pop(number), note)
            elif kind == "stop":
                draft.left_out["slurs without a beginning"] += number in ends
                ends[number] = note
    for what, count in (("an end", len(waiting)), ("a beginning", len(ends))):
        if count:
            draft.left_out[f"slurs without {what}"] += count
    draft.left_out += Counter()  # drops what was counted nought times
