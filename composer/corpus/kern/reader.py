"""Humdrum **kern to Score.

What it is: parts, bars and signs put together from the time line of `clock.py`. Repeats stay written; where the
file has an expansion list, the order of playing comes with the score.

Conventions for bars: as in `musicxml/reader.py`: a first bar shorter than its meter is a pickup (number 0), two
neighbours that together make one bar become one; other short or long bars are kept, since all voices agree on them,
and listed. Bar numbers are the printed ones where these rise by one from bar to bar, else counted.
"""

from __future__ import annotations

import bisect
import html
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from composer.corpus.kern.clock import MAX_BARS, KernDraft, lay_out
from composer.corpus.kern.order import read_order
from composer.corpus.kern.parts import make_parts
from composer.corpus.kern.signs import KernSigns, meter_of
from composer.corpus.kern.spines import SpineReader
from composer.corpus.musicxml.bars import join_bars, with_printed_numbers
from composer.corpus.statements import joined
from composer.errors import MusicFileError, Place
from composer.score import Bar, Mark, Score
from composer.theory.meter import TICKS_PER_QUARTER, Meter

_HEAD_BYTES = 1 << 16  # reference records may stand before the first spine
MAX_MENDED = 500  # lines that are listed
_DEFAULT_METER = Meter(4, 4)
_IS_METER = re.compile(r"^(?:yy)?M\d")
_RECORD = re.compile(r"^(OTL|OPR|OTP|COM)(?:@@?[A-Z]+)?\d*:(.*)$")
# Of the electronic edition: owner, message, country. Of what it was made from: document, manuscript, print, address.
_RIGHTS_RECORDS = ("YEC", "YEM", "YEN", "YER")
_ORIGIN_RECORDS = ("YOR", "YOO", "YOM", "SMS", "SMS-siglum", "SMS-shelfmark", "PPR", "PPP", "PDT", "URL", "URL-scan")
_REPEAT_SIGN = re.compile(r"[:!|]")
_BAR_NUMBER = re.compile(r"^=+(\d+)")


@dataclass(frozen=True)
class KernReading:
    """What a **kern file says.

    Attributes:
        score: the piece as written.
        mended: a line for each thing that was judged, moved or left out.
        played: spans [start_tick, end_tick) in the order of the expansion list; empty where the file has none.
        rights, origin: what its reference records say of its licence, and of its source and edition.
    """

    score: Score
    mended: tuple[str, ...]
    played: tuple[tuple[int, int], ...]
    rights: str = ""
    origin: str = ""


def is_kern(data: bytes) -> bool:
    """True where the first line that is no comment opens a **kern spine."""
    for line in data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if line.strip() and not line.startswith(b"!"):
            return line.startswith(b"**") and b"**kern" in line.rstrip(b"\r").split(b"\t")
    return False


def read_kern(data: bytes, source: str) -> KernReading:
    """Read a Humdrum file with **kern spines.

    Args:
        data: the file's bytes, UTF-8 or Latin-1.
        source: its name, for errors.

    Raises:
        MusicFileError: rows that do not fit their spines, a value that cannot be music, no note; with the line.
    """
    mended: list[str] = []
    spines = SpineReader(_decode(data, mended), source, mended)
    draft = lay_out(spines, source, mended, bar_ticks_of=_bar_ticks_of)
    if not any(not note.is_grace for note in draft.notes):
        raise MusicFileError("there is no note in this score", place=Place(source))
    parts, slurs, fermatas = make_parts(draft, mended)
    bars = _lay_bars(draft, source, mended)
    end_tick = bars[-1].end_tick
    signs = KernSigns(draft.signs, bars, mended)
    order = read_order(signs.labels(), end_tick, mended)
    score = Score(
        parts=parts,
        bars=bars,
        keys=signs.keys(parts),
        tempos=signs.tempos(),
        dynamics=signs.dynamics(),
        marks=tuple(Mark(tick, label) for label, tick in order.sections),
        slurs=slurs,
        repeats=order.repeats if order.spans else signs.repeats(end_tick),
        fermata_ticks=tuple(sorted(fermatas | signs.rest_fermatas())),
        title=_record(draft, "OTL", "OTP", "OPR"),
        composer=_composer(draft),
    )
    if len(mended) > MAX_MENDED:
        mended[MAX_MENDED:] = [f"and {len(mended) - MAX_MENDED} more"]
    return KernReading(
        score, tuple(mended), order.spans, _statement(draft, *_RIGHTS_RECORDS), _statement(draft, *_ORIGIN_RECORDS)
    )


def _decode(data: bytes, mended: list[str]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        mended.append("the text is not UTF-8; read as Latin-1")
        return data.decode("latin-1")


# ---------------------------------------------------------------- bars


def _bar_ticks_of(text: str) -> int | None:
    meter = meter_of(text)
    return meter.bar_ticks if meter else None


def _lay_bars(draft: KernDraft, source: str, mended: list[str]) -> tuple[Bar, ...]:
    """Lay the bars from line to line; a piece without bar lines is cut by its meter."""
    meters = _meters(draft, mended)
    lines = [sign for sign in draft.signs if sign.kind == "bar"]
    end_tick = round(draft.end_tick)
    edges: list[tuple[int, str]] = [(0, "")]  # (where a bar begins, the line before it)
    for sign in lines:
        tick = round(sign.tick)
        if tick > edges[-1][0]:
            edges.append((tick, sign.text))
        elif not _BAR_NUMBER.match(edges[-1][1]):
            edges[-1] = (tick, sign.text)  # a double bar and a bar line in one place
    if edges[-1][0] < end_tick:
        edges.append((end_tick, ""))
    if not any(0 < round(sign.tick) < end_tick for sign in lines):
        if end_tick > MAX_BARS * min(meter.bar_ticks for _, meter in meters):
            raise MusicFileError(f"more than {MAX_BARS:,} bars", place=Place(source))
        edges = _edges_by_meter(meters, end_tick)
        if len(edges) > 2:
            mended.append("no bar lines: they were set by the meter")
    edges = _under_held_notes(edges, meters, draft)
    rows: list[tuple[int, Meter, bool]] = []
    for (start, _), (stop, _) in itertools.pairwise(edges):
        meter = _meter_at(meters, start)
        rows.append((stop - start, meter, stop - start < meter.bar_ticks))
    numbers = {tick: int(found[1][:6]) for tick, text in edges if (found := _BAR_NUMBER.match(text))}
    bars = with_printed_numbers(join_bars([tick for tick, _ in edges], rows), numbers)
    _check_lengths(bars, dict(edges), mended)
    return bars


def _under_held_notes(
    edges: Sequence[tuple[int, str]], meters: Sequence[tuple[int, Meter]], draft: KernDraft
) -> list[tuple[int, str]]:
    """Move a bar line back under notes that all voices hold over it: its row only came when one of them ended."""
    onsets = sorted({round(note.onset_tick) for note in draft.notes})
    changes = {tick for tick, _ in meters}
    moved = list(edges)
    for place in range(1, len(edges) - 1):
        (start, _), (tick, text), (stop, _) = moved[place - 1], moved[place], moved[place + 1]
        length = _meter_at(meters, start).bar_ticks
        full = start + length
        if not full < tick < stop or stop - tick >= length or tick in changes or _REPEAT_SIGN.search(text):
            continue
        if bisect.bisect_left(onsets, full) == bisect.bisect_left(onsets, tick):
            moved[place] = (full, text)
    return moved


def _meter_at(meters: Sequence[tuple[int, Meter]], tick: int) -> Meter:
    return meters[bisect.bisect_right(meters, tick, key=lambda row: row[0]) - 1][1]


def _check_lengths(bars: Sequence[Bar], lines: dict[int, str], mended: list[str]) -> None:
    """Tell of bars that do not fill their meter, unless the page shows why."""
    for place, bar in enumerate(bars):
        excess = bar.duration_tick - bar.meter.bar_ticks
        if excess > 0:
            mended.append(f"bar {bar.number}: {_quarters(excess)} too long for {bar.meter}; kept as it is")
        elif excess < 0 and 0 < place < len(bars) - 1:
            around = lines.get(bar.onset_tick, "") + lines.get(bar.end_tick, "")
            if not any(sign in around for sign in ("|", "!", ":", "==")):
                mended.append(f"bar {bar.number}: {_quarters(-excess)} too short for {bar.meter}; kept as it is")


def _meters(draft: KernDraft, mended: list[str]) -> list[tuple[int, Meter]]:
    """Return (tick, meter), the first at 0; the meter of most columns where they differ."""
    by_tick: dict[int, Counter[Meter]] = {}
    lines: dict[int, int] = {}
    for sign in draft.signs:
        if sign.kind == "sign" and _IS_METER.match(sign.text):
            if (meter := meter_of(sign.text)) is not None:
                by_tick.setdefault(round(sign.tick), Counter())[meter] += 1
                lines.setdefault(round(sign.tick), sign.line)
            else:
                mended.append(f"line {sign.line}: the time signature *{sign.text[:20]} cannot be read; left out")
    meters: list[tuple[int, Meter]] = []
    for tick, votes in sorted(by_tick.items()):
        if len({meter.bar_ticks for meter in votes}) > 1:
            mended.append(f"line {lines[tick]}: the parts have different meters; the most frequent rules")
        meters.append((tick, votes.most_common(1)[0][0]))
    if not meters:
        meters = [(0, _meter_of_bars(draft))]
        mended.append(f"no time signature: {meters[0][1]} is taken")
    return [(0, meters[0][1]), *meters[1:]]


def _meter_of_bars(draft: KernDraft) -> Meter:
    """Return the meter in quarters that most bars have, else 4/4."""
    ticks = [sign.tick for sign in draft.signs if sign.kind == "bar"]
    lengths = Counter(Fraction(b - a, TICKS_PER_QUARTER) for a, b in itertools.pairwise(ticks) if b > a)
    for length, _ in lengths.most_common(1):
        for lower in (4, 8, 16, 32):
            upper = length * lower / 4
            if upper.denominator == 1 and 1 <= upper <= 32:
                return Meter(int(upper), lower)
    return _DEFAULT_METER


def _edges_by_meter(meters: Sequence[tuple[int, Meter]], end_tick: int) -> list[tuple[int, str]]:
    edges: list[tuple[int, str]] = []
    for (start, meter), stop in zip(meters, [*(tick for tick, _ in meters[1:]), end_tick], strict=True):
        edges += [(tick, "") for tick in range(start, stop, meter.bar_ticks)]
    return [*edges, (end_tick, "")]


def _quarters(ticks: int) -> str:
    return f"{ticks / TICKS_PER_QUARTER:g} quarters"


# ---------------------------------------------------------------- reference records


def _record(draft: KernDraft, *names: str) -> str:
    """Return the first record of the first of `names` that has a text."""
    found: dict[str, str] = {}
    for sign in draft.signs:
        if sign.kind == "record" and (match := _RECORD.match(sign.text)):
            text = " ".join(html.unescape(match[2]).split())[:200]
            if text:
                found.setdefault(match[1], text)
    return next((found[name] for name in names if name in found), "")


def _statement(draft: KernDraft, *names: str) -> str:
    """Return what the records of these names say, in the order of the names."""
    said: dict[str, list[str]] = {name: [] for name in names}
    for sign in draft.signs:
        if sign.kind == "record":
            name, _, text = sign.text.partition(":")
            said.get(name.rstrip("0123456789"), []).append(html.unescape(text))
    return joined(text for texts in said.values() for text in texts)


def _composer(draft: KernDraft) -> str:
    """Return the composer as printed on a sheet: `Chopin, Fryderyk` is Fryderyk Chopin."""
    name = _record(draft, "COM")
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma and ", " not in given else name
