"""Meters, keys, tempos, dynamics and repeats of a Humdrum file, from the signs on its time line."""

from __future__ import annotations

import bisect
import math
import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from composer.corpus.kern.clock import SignDraft
from composer.corpus.mode import key_from_signature
from composer.corpus.musicxml.drafts import EventDraft
from composer.corpus.musicxml.signs import LEVELS, pair_repeats
from composer.errors import PlanError
from composer.score import Bar, Dynamic, Part, Repeat, Score, TempoMark
from composer.theory.key import Key, parse_key
from composer.theory.meter import Meter

_METER = re.compile(r"^(?:yy)?M(\d+(?:\+\d+)*)[/\\](\d+)(?:%(\d+))?$")  # yy: in force, but not printed
_TEMPO = re.compile(r"^MM(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$")
_SIGNATURE = re.compile(r"^k\[((?:[a-gA-G](?:#|-|n))*)\]$")
_KEY = re.compile(r"^([A-Ga-g])(#|-)?:(?P<mode>[a-z]*)$")
_REPEAT = re.compile(r"[:|!]*[|!][:|!]*")
_METRONOME = re.compile(
    r"\[(?P<unit>whole|half|quarter|eighth|sixteenth)(?P<dot>-dot)?\]\s*=\s*(?:c\w*\.?\s*)?(?P<number>\d{2,3})(?!\d)"
)
_UNIT_QUARTERS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "sixteenth": 0.25}
_LEVEL = re.compile(r"[mpfsrz]+")
_SHARPS = "fcgdaeb"
_UNITS = (1, 2, 4, 8, 16, 32)


@lru_cache(maxsize=256)
def meter_of(text: str) -> Meter | None:
    """Return the meter that an interpretation (without its star) states: `M3/4`, `M3/0` (breves), `M2+3/8`; or None."""
    found = _METER.match(text)
    if found is None or any(len(number) > 4 for number in re.findall(r"\d+", text)):
        return None
    upper = sum(int(number) for number in found[1].split("+"))
    if found[2].strip("0") == "":
        unit = Fraction(2 ** len(found[2]))  # in wholes: a breve, a long
    else:
        unit = Fraction(int(found[3] or 1), int(found[2]))
    for lower in _UNITS:
        exact = upper * unit * lower
        if exact.denominator == 1 and exact >= upper and 1 <= exact <= 32:
            return Meter(int(exact), lower)
    return None


class KernSigns:
    """The signs of all columns on one timeline, without doubles.

    Args:
        signs: of the whole file.
        bars: for the beat of a tempo.
        mended: takes a line for each sign that was left out.
    """

    def __init__(self, signs: Sequence[SignDraft], bars: Sequence[Bar], mended: list[str]) -> None:
        self._signs = sorted(signs, key=lambda sign: sign.tick)
        self._frame = Score((), tuple(bars))  # finds the meter of a tick
        self._mended = mended

    def _texts(self, kind: str) -> list[tuple[int, str]]:
        """Return (tick, text) of one kind, each once at its tick."""
        return list(dict.fromkeys((round(sign.tick), sign.text) for sign in self._signs if sign.kind == kind))

    def labels(self) -> list[tuple[int, str]]:
        """Return the labels of sections and the expansion lists."""
        return [(tick, text) for tick, text in self._texts("sign") if text.startswith(">")]

    def keys(self, parts: Sequence[Part]) -> tuple[tuple[int, Key], ...]:
        """Return the key signatures; a stated key (`G:`) tells the mode where it fits, else the notes do."""
        signatures: dict[int, int] = {}
        stated: dict[int, Key] = {}
        for tick, text in self._texts("sign"):
            if text.startswith("k["):
                signature = _signature(text)
                if signature is None:
                    self._mended.append(f"the key signature *{text[:30]} was left out")
                else:
                    signatures.setdefault(tick, signature)
            elif (key := _stated_key(text)) is not None:
                stated.setdefault(tick, key)
        if not signatures:
            signatures = {tick: key.signature for tick, key in stated.items()}
        starts = sorted(signatures.keys() | stated.keys())
        notes = sorted((note for part in parts for note in part.notes), key=lambda note: note.onset_tick)
        found: list[tuple[int, Key]] = []
        signature = passages = 0
        for start, end in zip(starts, [*starts, math.inf][1:], strict=True):
            signature = signatures.get(start, signature)
            key = stated.get(start)
            if key is None or key.signature != signature:
                if start not in signatures:
                    passages += 1  # a key without its signature: a passage, not a change of sign
                    continue
                low, high = (bisect.bisect_left(notes, tick, key=lambda note: note.onset_tick) for tick in (start, end))
                key = key_from_signature(signature, "", notes[low:high])
            if not found or found[-1][1] != key:
                found.append((start if found else 0, key))
        church = {text for _, text in self._texts("sign") if (one := _KEY.match(text)) and one["mode"]}
        if church:
            self._mended.append(f"the church mode {', '.join(sorted(church))[:40]} was left out; its signature is kept")
        if passages:
            self._mended.append(f"{passages} keys of passages without a signature left out")
        return tuple(found)

    def tempos(self) -> tuple[TempoMark, ...]:
        """Return the tempos with the words (OMD records) that stand beside them."""
        words: dict[int, str] = {}
        for tick, text in self._texts("record"):
            if text.startswith("OMD"):
                words[tick] = " ".join([words.get(tick, ""), *text.partition(":")[2].split()]).strip()[:80]
        marks: list[TempoMark] = []
        for tick, text in self._texts("sign"):
            found = _TEMPO.match(text)
            if found is None or (marks and marks[-1].tick == tick):
                continue
            per_minute = float(found[1])
            per_minute = (per_minute + float(found[2])) / 2 if found[2] else per_minute
            if not 5 <= per_minute <= 1000:
                self._mended.append(f"a tempo of {found[1][:12]} was left out")
                continue
            marks.append(TempoMark(tick, per_minute / self._frame.meter_at(tick).beat_quarters, words.pop(tick, "")))
        unsaid = 0
        for tick, said in words.items():
            metronome = _METRONOME.search(said)
            if metronome is None or any(mark.tick == tick for mark in marks):
                unsaid += 1
                continue
            quarters = _UNIT_QUARTERS[metronome["unit"]] * (1.5 if metronome["dot"] else 1.0)
            beat_bpm = int(metronome["number"]) * quarters / self._frame.meter_at(tick).beat_quarters
            marks.append(TempoMark(tick, beat_bpm, said))
        if unsaid:
            self._mended.append(f"{unsaid} tempo words without a number left out")
        return tuple(sorted(marks, key=lambda mark: mark.tick))

    def dynamics(self) -> tuple[Dynamic, ...]:
        """Return the levels and hairpins of the **dynam columns."""
        found: set[Dynamic] = set()
        hairpins: dict[tuple[int, str], int] = {}  # (column, `<` or `>`) -> where it began
        left_out: Counter[str] = Counter()
        for sign in self._signs:
            if sign.kind != "dynam" or sign.track is None:
                continue
            tick = round(sign.tick)
            said = {level: level in LEVELS for level in _LEVEL.findall(sign.text)}
            found.update(Dynamic(tick, level) for level, is_known in said.items() if is_known)
            left_out["dynamics in words"] += not all(said.values())
            # What ends here comes first: `[<` closes one hairpin and opens the next.
            for opening, closing, level in (("<", "[", "cresc"), (">", "]", "dim")):
                column = (sign.track.index, opening)
                if closing in sign.text and hairpins.get(column, tick) < tick:
                    found.add(Dynamic(hairpins.pop(column), level, tick))
                elif closing in sign.text:
                    hairpins.pop(column, None)
                    is_short = 0 <= sign.text.find(opening) < sign.text.find(closing)
                    left_out["hairpins over one note" if is_short else "hairpins without a beginning"] += 1
                    if is_short:
                        continue
                if opening in sign.text:
                    left_out["hairpins without an end"] += column in hairpins
                    hairpins[column] = tick
        left_out["hairpins without an end"] += len(hairpins)
        self._mended += [f"{count} {what} left out" for what, count in left_out.items() if count]
        return tuple(sorted(found, key=lambda d: (d.tick, d.end_tick or 0, d.level)))

    def rest_fermatas(self) -> set[int]:
        """Return the ticks of fermatas over rests."""
        return {tick for tick, _ in self._texts("fermata")}

    def repeats(self, end_tick: int) -> tuple[Repeat, ...]:
        """Return what the repeat signs of the bar lines say."""
        events: list[tuple[int, EventDraft]] = []
        for tick, text in self._texts("bar"):
            found = _REPEAT.search(text)
            if found is None:
                continue
            for kind, is_there in (("backward", found[0].startswith(":")), ("forward", found[0].endswith(":"))):
                if is_there:
                    events.append((min(tick, end_tick), EventDraft(0, 0, "repeat", (kind, 2))))
        return pair_repeats(events, end_tick, self._mended)


def _signature(text: str) -> int | None:
    """Return the sharps (positive) or flats of `k[f#c#]`, or None where it is no common signature."""
    found = _SIGNATURE.match(text.replace("cancel", ""))  # k[cancel]: naturals only
    if found is None:
        return None
    text = found[1].lower()  # old signatures may have one flat in two octaves
    rows = {letter: sign for letter, sign in zip(text[::2], text[1::2], strict=True) if sign != "n"}
    letters, signs = "".join(rows), set(rows.values())
    if not letters:
        return 0
    order = _SHARPS if signs == {"#"} else _SHARPS[::-1]
    if len(signs) > 1 or set(letters) != set(order[: len(letters)]):
        return None
    return len(letters) if signs == {"#"} else -len(letters)


def _stated_key(text: str) -> Key | None:
    """Return the key of `G:` or `f#:`; None for a church mode, whose signature says more."""
    found = _KEY.match(text)
    if found is None or found["mode"]:
        return None
    name = found[1] + (found[2] or "").replace("-", "b")
    try:
        return parse_key(name)
    except PlanError:
        return None
