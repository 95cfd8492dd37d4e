"""Keys, tempos, dynamics, marks and repeats of a MusicXML score, from the drafts of its parts."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from composer.corpus.jumps import JumpSign, played_with_jumps
from composer.corpus.mode import key_from_signature
from composer.corpus.musicxml.drafts import EventDraft, PartDraft
from composer.score import Bar, Dynamic, Mark, Part, Repeat, Score, TempoMark
from composer.theory.key import Key

LEVELS = frozenset(
    {letter * count for letter in "pf" for count in range(1, 7)}
    | {"mp", "mf", "pf", "n", "sf", "sff", "sfp", "sfpp", "fp", "fpp", "rf", "rfz", "sfz", "sffz", "sfzp", "fz", "ffz"}
)
MAX_ENDINGS = 16  # of one repeat


class Signs:
    """The signs of all parts on one timeline, without doubles."""

    def __init__(
        self, drafts: Sequence[PartDraft], measure_ticks: Sequence[int], bars: Sequence[Bar], mended: list[str]
    ) -> None:
        self._frame = Score((), tuple(bars))  # finds the meter of a tick
        self._drafts = drafts
        self._measure_ticks = measure_ticks
        self._mended = mended
        self._movement_ticks = _movements(drafts, measure_ticks)

    def _of(self, *kinds: str, draft: PartDraft | None = None) -> list[tuple[int, EventDraft]]:
        found = [
            (self._tick(event), event)
            for one in ([draft] if draft else self._drafts)
            for event in one.events
            if event.kind in kinds
        ]
        return sorted(found, key=lambda row: row[0])

    def _tick(self, event: EventDraft) -> int:
        if event.local_tick < 0:
            return self._measure_ticks[event.measure + 1]
        return min(self._measure_ticks[event.measure] + event.local_tick, self._measure_ticks[-1])

    def keys(self, parts: Sequence[Part]) -> tuple[tuple[int, Key], ...]:
        """Return the key signatures of the first part that sounds as it is written; the notes tell an unstated mode."""
        plain = [draft for draft in self._drafts if draft.transpose == 0] or list(self._drafts)
        rows: dict[int, tuple[int, str]] = {}
        for draft in plain[:1]:
            for tick, event in self._of("key", draft=draft):
                fifths, mode = event.value
                rows[tick] = (_sounding_signature(fifths, draft.transpose), mode)
        others = [{tick: e.value[0] for tick, e in self._of("key", draft=one)} for one in plain[1:]]
        if any(other != {tick: fifths for tick, (fifths, _) in rows.items()} for other in others):
            self._mended.append("the parts have different key signatures; those of the first hold")
        found: list[tuple[int, Key]] = []
        starts = sorted(rows)
        notes = sorted((note for part in parts for note in part.notes), key=lambda note: note.onset_tick)
        for start, end in zip(starts, [*starts, self._measure_ticks[-1]][1:], strict=True):
            signature, mode = rows[start]
            low, high = (bisect.bisect_left(notes, tick, key=lambda note: note.onset_tick) for tick in (start, end))
            key = key_from_signature(signature, mode, notes[low:high])
            if not found or found[-1][1] != key:
                found.append((start if found else 0, key))
        return tuple(found)

    def tempos(self) -> tuple[TempoMark, ...]:
        """Return the tempo marks, counted in the beat of their meter."""
        marks: list[TempoMark] = []
        for tick, event in self._of("tempo"):
            if marks and marks[-1].tick == tick:
                continue
            marks.append(TempoMark(tick, event.value / self._frame.meter_at(tick).beat_quarters, event.text))
        return tuple(marks)

    def dynamics(self) -> tuple[Dynamic, ...]:
        """Return levels and hairpins of all parts, each once."""
        of_parts = [self._dynamics_of(draft) for draft in self._drafts]
        found = set().union(*of_parts)
        if any(one != found for one in of_parts if len(of_parts) > 1):
            self._mended.append("the parts have different dynamics; in the score they hold for all parts")
        return tuple(sorted(found, key=lambda d: (d.tick, d.end_tick or 0, d.level)))

    def _dynamics_of(self, draft: PartDraft) -> set[Dynamic]:
        found: set[Dynamic] = set()
        started: dict[str, tuple[int, str]] = {}
        for tick, event in self._of("dynamics", "wedge", draft=draft):
            if event.kind == "dynamics":
                if event.value in LEVELS:
                    found.add(Dynamic(tick, event.value))
                else:
                    draft.left_out["dynamics in words"] += 1
                continue
            kind, number = event.value
            if kind in ("crescendo", "diminuendo"):
                draft.left_out["hairpins without an end"] += number in started
                started[number] = (tick, "cresc" if kind == "crescendo" else "dim")
            elif kind == "stop" and number in started:
                start, level = started.pop(number)
                if tick > start:
                    found.add(Dynamic(start, level, tick))
                else:
                    draft.left_out["hairpins without a length"] += 1
            elif kind == "stop":
                draft.left_out["hairpins without a beginning"] += 1
        draft.left_out["hairpins without an end"] += len(started)
        return found

    def marks(self) -> tuple[Mark, ...]:
        """Return the rehearsal marks."""
        return tuple(sorted({Mark(t, e.value) for t, e in self._of("rehearsal")}, key=lambda m: (m.tick, m.text)))

    def rest_fermatas(self) -> set[int]:
        """Return the ticks of fermatas over rests."""
        return {tick for tick, _ in self._of("fermata")}

    def repeats(self) -> tuple[Repeat, ...]:
        """Return the repeats of the first part that has any (the others say the same)."""
        for draft in self._drafts:
            said: list[str] = []
            found = pair_repeats(
                self._of("repeat", "ending", draft=draft), self._measure_ticks[-1], said, self._movement_ticks
            )
            if found or draft is self._drafts[-1]:
                self._mended += said
                return found
        return ()

    def played(self, repeats: Sequence[Repeat]) -> list[tuple[int, int]]:
        """Return the order of playing where the page has a da capo or a dal segno, else nothing."""
        signs = [
            JumpSign(event.value[0], self._measure_ticks[event.measure], self._measure_ticks[event.measure + 1], name)
            for _, event in self._of("jump")
            for name in [event.value[1] if event.value[0] not in ("dacapo", "fine") else ""]
        ]
        spans = played_with_jumps(repeats, signs, self._movement_ticks, self._measure_ticks[-1])
        if spans:
            self._mended.append("a da capo or dal segno is followed where repeats are written out")
        elif signs:
            self._mended.append("a segno, coda or fine to which nothing leads was left out")
        return spans


def _movements(drafts: Sequence[PartDraft], measure_ticks: Sequence[int]) -> list[int]:
    """Return where a further movement begins: the printed numbers start again."""
    longest = max(drafts, key=lambda draft: len(draft.measures))
    found: list[int] = []
    last = 0
    for index, measure in enumerate(longest.measures):
        if not measure.number.isdecimal():
            continue
        number = int(measure.number)
        if number <= 1 and number < last:
            before = longest.measures[index - 1]
            is_pickup = not before.number.isdecimal() and before.length_tick < measure.length_tick
            found.append(measure_ticks[index - is_pickup])
        last = number
    return found


def _sounding_signature(fifths: int, semitones: int) -> int:
    """Return the signature at sounding pitch of a part that is written so many semitones lower."""
    return fifths if semitones % 12 == 0 else (fifths + 7 * semitones + 6) % 12 - 6


def pair_repeats(
    events: Sequence[tuple[int, EventDraft]],
    piece_end_tick: int,
    mended: list[str],
    movement_ticks: Sequence[int] = (),
) -> tuple[Repeat, ...]:
    """Pair repeat signs and endings; a passage without an opening sign starts where the last one ended.

    Args:
        events: repeats and endings.
        piece_end_tick: where an ending without an end stops.
        mended: takes a line for opening signs and endings that no closing sign answers, as in a repeat within another.
        movement_ticks: where a movement begins; no passage goes over it.
    """
    events = [*events, *((tick, EventDraft(0, 0, "repeat", ("movement", 0))) for tick in movement_ticks)]
    repeats: list[Repeat] = []
    start_tick = 0
    endings: list[tuple[int, int, tuple[int, ...]]] = []
    ending_start: tuple[int, tuple[int, ...]] | None = None
    back: tuple[int, int] | None = None  # (tick of the backward sign, times), waiting for a further ending
    is_open = False  # an opening sign waits for its closing one
    unanswered = 0

    def close(next_start: int) -> None:
        nonlocal back, endings, start_tick, is_open, unanswered
        unanswered += is_open or (bool(endings) and back is None)
        is_open = False
        if back is not None and max(back[0], *(e[1] for e in endings), 0) > start_tick:
            end_tick = max(back[0], *(ending[1] for ending in endings)) if endings else back[0]
            times, numbered = _count_times(back[1], endings, mended)
            repeats.append(Repeat(start_tick, end_tick, times, numbered))
        back, endings, start_tick = None, [], next_start

    order = {"stop": 0, "discontinue": 0, "backward": 1, "movement": 2, "forward": 3, "start": 4}
    for tick, event in sorted(events, key=lambda row: (row[0], order.get(row[1].value[0], 5))):
        kind, value = event.value
        if event.kind == "ending":
            if kind == "start":
                ending_start = (tick, value)
            elif ending_start is not None and is_open and ending_start[0] == start_tick and 1 not in ending_start[1]:
                # The second time of what came before, whose bracket stands over the next passage.
                mended.append(f"an ending ({ending_start[1][0]}.) over the beginning of a repeat was left out")
                ending_start = None
            elif ending_start is not None and len(endings) < MAX_ENDINGS:
                endings.append((ending_start[0], tick, ending_start[1]))
                ending_start = None
        elif kind == "movement":
            close(tick)
        elif kind == "forward":
            close(tick)
            start_tick = tick
            is_open = True
        elif kind == "backward":
            is_open = False
            if back is not None and not (endings and endings[-1][1] == tick):
                close(max(back[0], *(e[1] for e in endings)) if endings else back[0])
            back = (tick, max(value, back[1] if back else 2))
    if ending_start is not None and back is not None:
        endings.append((ending_start[0], piece_end_tick, ending_start[1]))
    close(0)
    if unanswered:
        mended.append(f"{unanswered} repeats that are not closed were left out")
    return tuple(repeats)


def _count_times(
    stated: int, endings: Sequence[tuple[int, int, tuple[int, ...]]], mended: list[str]
) -> tuple[int, tuple[tuple[int, int, tuple[int, ...]], ...]]:
    """Return how often a passage is played, and its endings with passes that come.

    Numbers beyond the times that follow each other (`1, 5` of a minuet whose da capo is the fifth time; `11`) do not
    count; an ending that has no others takes its rank.
    """
    passes = {number for ending in endings for number in ending[2]}
    covered = 0
    while covered + 1 in passes:
        covered += 1
    times = max(stated, covered)
    numbered = tuple(
        (start, end, tuple(number for number in own if number <= times) or (rank,))
        for rank, (start, end, own) in enumerate(endings, 1)
    )
    if numbered != tuple(endings):
        mended.append("endings of times that do not come were numbered anew")
    return max(times, *(max(own) for _, _, own in numbered)) if numbered else times, numbered
