"""What a Score says, as counted facts of each kind, so that two scores can be compared kind by kind.

Conventions: what a format cannot hold is not a fact. Not told apart, because neither MusicXML nor the page can hold it:

- the signs of one chord (staccato, accent …) stand once and hold for all its notes; an ornament is its own note's;
- the number of a voice: a fact is its rank among the voices of its staff (1, 3 and 4 are the first, second and third);
- which voice of a staff a slur belongs to;
- which notes at a fermata's tick bear the sign: a fermata is a tick;
- a tempo finer than a thousandth;
- blanks in titles and names beyond the first.

Of MIDI only what its events say is a fact: struck notes (a key sounds once on a channel, so one that is struck while it
sounds begins anew, and of two that are struck at once the longer counts), the part of each, bar lines, the meters of
whole bars (a shorter or longer one has a signature of its own length), key signatures, tempos in tenths of a quarter a
minute (the first holds from the beginning, as a player has it), markers, the title. It holds no grace notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from composer.score import Note, Score

ORNAMENTS = frozenset({"trill", "mordent", "inverted-mordent", "turn", "inverted-turn"})
Facts = dict[str, Counter[Any]]


def page_facts(score: Score, *, is_spelled: bool = True) -> Facts:
    """Return the facts of the written page, by kind; a score that spells no note says nothing of spelling."""
    notes, staves, spellings, voices, signs = (Counter[Any]() for _ in range(5))
    graces: dict[tuple[int, ...], list[int]] = {}
    for index, part in enumerate(score.parts):
        ranks = _voice_ranks(part.notes)
        for note in part.notes:
            one = (index, note.onset_tick, note.pitch, note.duration_tick, note.is_grace)
            notes[one] += 1
            staves[one, note.staff] += 1
            if is_spelled:
                spellings[one, str(note.spelling)] += 1
            if is_spelled or not note.is_grace:
                voices[one, note.staff, ranks[note.staff, note.voice]] += 1
            if note.is_grace:
                graces.setdefault((index, note.staff, ranks[note.staff, note.voice], note.onset_tick), []).append(
                    note.pitch
                )
            chord = (index, note.onset_tick, note.staff, ranks[note.staff, note.voice], note.is_grace)
            for sign in note.articulations:
                if sign != "fermata":
                    signs[(one if sign in ORNAMENTS else chord), sign] = 1
    return {
        "notes": notes,
        "staves": staves,
        "voices": voices,
        "spellings": spellings,
        "signs": signs,
        "grace order": Counter((*place, *pitches) for place, pitches in graces.items() if is_spelled),
        "slurs": Counter((one.onset_tick, one.end_tick, one.part, one.staff) for one in score.slurs),
        "parts": Counter((i, _plain(p.name), p.program, p.staves) for i, p in enumerate(score.parts)),
        "bars": Counter((bar.number, bar.onset_tick, bar.duration_tick) for bar in score.bars),
        "meters": Counter((bar.onset_tick, str(bar.meter)) for bar in score.bars),
        "keys": Counter((tick, str(key)) for tick, key in score.keys),
        "tempos": Counter((mark.tick, f"{mark.beat_bpm:.3f}", mark.text) for mark in score.tempos),
        "dynamics": Counter(score.dynamics),
        "fermatas": Counter(set(score.fermata_ticks)),
        "marks": Counter(score.marks),
        "repeats": Counter(score.repeats),
        "head": Counter([_plain(score.title), _plain(score.composer), *score.credits]),
    }


def struck_facts(score: Score) -> Facts:
    """Return the facts that MIDI holds, by kind."""
    struck = [(index, one) for index, part in enumerate(score.parts) for one in _struck(part.notes)]
    tempos: list[tuple[int, str]] = []
    for mark in score.tempos:
        shown = f"{mark.beat_bpm * score.meter_at(mark.tick).beat_quarters:.1f}"
        if not tempos or tempos[-1][1] != shown:
            tempos.append((mark.tick if tempos else 0, shown))
    return {
        "notes": Counter((onset, pitch, end - onset) for _, (onset, pitch, end) in struck),
        "parts": Counter((index, onset, pitch) for index, (onset, pitch, _) in struck),
        "bars": Counter(bar.onset_tick for bar in score.bars),
        "meters": Counter(
            (bar.onset_tick, str(bar.meter)) for bar in score.bars if bar.duration_tick == bar.meter.bar_ticks
        ),
        "keys": Counter((place, key.signature, key.mode) for place, key in score.keys),
        "tempos": Counter(tempos),
        "marks": Counter((mark.tick, mark.text) for mark in score.marks),
        "title": Counter([_plain(score.title)]),
    }


def _voice_ranks(notes: Iterable[Note]) -> dict[tuple[int, int], int]:
    """Return the rank of each (staff, voice) within its staff, from 1."""
    found = sorted({(note.staff, note.voice) for note in notes})
    return {one: sum(other[0] == one[0] and other <= one for other in found) for one in found}


def _struck(notes: Iterable[Note]) -> list[tuple[int, int, int]]:
    """Return (onset, pitch, end) of the keys of each staff: a key that is struck while it sounds begins anew."""
    kept: list[list[int]] = []  # staff, onset, pitch, end
    last: dict[tuple[int, int], list[int]] = {}
    for note in sorted((n for n in notes if not n.is_grace), key=lambda n: (n.onset_tick, n.pitch, n.duration_tick)):
        one = [note.staff, note.onset_tick, note.pitch, note.end_tick]
        before = last.get((note.staff, note.pitch))
        if before is not None and before[3] > one[1]:
            end = max(before[3], one[3])
            if before[1] == one[1]:
                before[3] = end
                continue
            before[3], one[3] = one[1], end
        last[note.staff, note.pitch] = one
        kept.append(one)
    return [(onset, pitch, end) for _, onset, pitch, end in kept]


def _plain(text: str) -> str:
    return " ".join(text.split())
