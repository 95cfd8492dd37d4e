"""Turn a piece into a plan, so that another one can be composed in its form.

What it is: the bridge from `analysis` to `plan`. The skeleton (`piece_skeleton.py`) gets sections, letters and themes
(`piece_themes.py`), tempo and dynamics (`piece_shape.py`), repeats (`piece_repeats.py`), and what a plan cannot hold is
told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.abc import MelodyNote
from composer.errors import PlanError
from composer.outline import Outline, SectionSpan, span_at
from composer.plan.brief import StyleWish
from composer.plan.layout import expanded
from composer.plan.links import name_pitch
from composer.plan.model import ARROW, MAX_BARS, MAX_SECTION_BARS, NO_THEME, Link, PhraseEntry, Plan, SectionEntry
from composer.plan.numerals import key_word, parse_harmony, parse_key_path
from composer.plan.piece_repeats import with_repeats
from composer.plan.piece_shape import with_shape
from composer.plan.piece_skeleton import bar_finder, plan_from_outline, section_of
from composer.plan.piece_themes import with_themes
from composer.score import Mark, Score
from composer.theory.key import Key, parse_key
from composer.theory.meter import parse_meter

STATED_WORDS = 0.95  # mean fidelity of a section from which its theme is told as it is
# Worth of what makes a key that of the piece, beside its share of the time, 0..1.
_SIGNED_WORTH, _FIRST_WORTH, _LAST_WORTH = 0.3, 0.1, 0.3
_APART_BARS = 4  # between a sign and a return of the opening beside it
_FINE = "Fine"
_NO_KEY_SHARE = 0.15  # of the sounding time outside the keys found (real pieces have up to .1), from which none holds


@dataclass(frozen=True)
class SectionFound:
    """A section of an analysed piece, as a table tells it.

    Attributes:
        id, label: as in the plan.
        first_bar, last_bar: on the page, inclusive.
        bars: of the plan.
        key: by name, a path where it moves.
        cadence: at its end.
        theme: what it states, in words; empty where it brings nothing back and nothing that comes back.
        times: how often it is played where it stands.
    """

    id: str
    label: str
    first_bar: int
    last_bar: int
    bars: int
    key: str
    cadence: str
    theme: str
    times: int


@dataclass(frozen=True)
class AnalysedPiece:
    """A piece as a plan.

    Attributes:
        plan: which `resolve` accepts.
        sections: a line for each.
        told: what the plan does not hold of the piece, and what is doubtful, in words.
    """

    plan: Plan
    sections: tuple[SectionFound, ...]
    told: tuple[str, ...]


def analyse_piece(
    score: Score,
    *,
    style: StyleWish,
    themes: bool = True,
    seed: int = 1,
    at_end: bool = False,
    fine_tick: int | None = None,
) -> AnalysedPiece:
    """Return the plan of a piece: its form, sections, keys, phrases, cadences, chords, textures and themes.

    Args:
        score: as written, with its repeats.
        style: in which a new piece of that form is to be composed.
        themes: whether themes are pinned as they are; else they are left to be composed.
        seed: of the plan.
        at_end: of a piece that changes its meter, take the stretch that it ends with; else the longest one.
        fine_tick: where the piece ends after a da capo; None where it has none.

    Raises:
        PlanError: nothing in it that a plan could hold.
    """
    from composer.analysis.even_bars import even_bars
    from composer.analysis.form import find_returns, letters_of, opening_returns, section_starts
    from composer.analysis.hands import melody_line
    from composer.analysis.outline import outline_of

    if not any(not note.is_grace for part in score.parts for note in part.notes):
        raise PlanError("a piece without notes makes no plan")
    if fine_tick is not None:
        score = replace(score, marks=tuple(sorted((*score.marks, Mark(fine_tick, _FINE)), key=lambda mark: mark.tick)))
    even = even_bars(score, at_end=at_end, most=MAX_BARS)
    told = list(even.told)
    outline = outline_of(even.score)
    signed = [tick for one in even.score.repeats for tick in (one.start_tick, one.end_tick)]
    signed += [mark.tick for mark in even.score.marks if mark.text == _FINE]
    apart = _APART_BARS * outline.bars[-1].meter.bar_ticks
    signed += [tick for tick in opening_returns(even.score) if all(abs(tick - sign) >= apart for sign in signed)]
    starts = _with_signed(section_starts(even.score, outline.phrases, outline.keys), signed, even.score)
    outline = replace(outline, sections=_numbered(starts, outline.end_tick))
    home = _home_of(even.score, outline)
    plan = plan_from_outline(outline, style=style, seed=seed, title=_title(score.title), home=home, ends=signed)
    plan = _with_key_paths(_short_enough(plan))
    plan = with_shape(plan, outline, fermata_ticks=even.score.fermata_ticks)
    first = next(index for index, bar in enumerate(outline.bars) if bar.number > 0)
    spans = _spans([section.bars or 0 for section in plan.sections], first)
    returns = find_returns(even.score, spans)
    letters = letters_of(returns)
    origin = outline.bars[first].onset_tick
    melody = [MelodyNote(n.onset_tick - origin, n.duration_tick, n.pitch) for n in melody_line(even.score)]
    plan = with_themes(plan, letters=letters, returns=returns, melody=melody, pinned=themes)
    bar_of = bar_finder(outline)
    passages = [(bar_of(one.start_tick), bar_of(one.end_tick), one.times) for one in even.score.repeats]
    fine = next((bar_of(mark.tick) for mark in even.score.marks if mark.text == _FINE), None)
    plan, lost = with_repeats(plan, repeats=passages, fine_bar=fine)
    told += lost
    plan = plan.model_copy(update={"form": _form_of(letters, plan.ensemble or "")})
    outside = _outside_share(even.score, outline)
    if outside >= _NO_KEY_SHARE:
        told.append(
            f"no key holds: {outside:.0%} of the notes lie outside of the keys found; keys and chords are a guess"
        )
    rows = _rows(plan, [(even.page_bars[start], even.page_bars[end - 1]) for start, end in spans])
    return AnalysedPiece(plan, rows, tuple(told))


def last_chord(score: Score) -> Link:
    """Return what sounds at the end of a piece: key, chord, lowest and highest note.

    Raises:
        PlanError: nothing does.
    """
    from composer.analysis.reading import find_chords

    chords = find_chords(score)
    if not chords:
        raise PlanError("a piece without chords does not go on")
    last = chords[-1]
    end = max(note.end_tick for _, note in score.notes())
    pitches = [note.pitch for _, note in score.notes() if note.end_tick == end]
    return Link(
        key=str(last.key.simplified()),
        chord=last.chord.numeral,
        bass=name_pitch(min(pitches), last.key),
        top=name_pitch(max(pitches), last.key),
    )


def _with_signed(starts: Sequence[int], signed: Sequence[int], score: Score) -> list[int]:
    """Return where sections begin, with the ends of repeats among them; what was found within a bar of one goes."""
    kept = [
        start
        for start in starts
        if start == 0 or all(abs(start - sign) > score.meter_at(sign).bar_ticks for sign in signed)
    ]
    inside = (sign for sign in signed if score.meter_at(0).bar_ticks <= sign < score.end_tick)
    return sorted({*kept, *inside})


def _numbered(starts: Sequence[int], end_tick: int) -> tuple[SectionSpan, ...]:
    """Return sections that begin at ticks; each has a label of its own until it is known what returns."""
    ends = [*starts[1:], end_tick]
    pairs = enumerate(zip(starts, ends, strict=True))
    return tuple(SectionSpan(start, end, f"S{index}", f"S{index}") for index, (start, end) in pairs if start < end)


def _spans(lengths: Sequence[int], first: int) -> list[tuple[int, int]]:
    """Return (first bar, end) of stretches of these lengths that follow each other."""
    spans = []
    for length in lengths:
        spans.append((first, first + length))
        first += length
    return spans


def _title(title: str) -> str:
    words = "".join(character if character.isprintable() else " " for character in title).split()
    return f"After {' '.join(words)}"[:200] if words else ""


def _short_enough(plan: Plan) -> Plan:
    """Return a plan none of whose sections is longer than one may be."""
    sections: list[SectionEntry] = []
    for entry in plan.sections:
        phrases: list[PhraseEntry] = []
        for phrase in entry.phrases or ():
            if phrases and sum(p.bars or 0 for p in phrases) + (phrase.bars or 0) > MAX_SECTION_BARS:
                sections.append(section_of(entry.label or "A", phrases, sections))
                phrases = []
            phrases.append(phrase)
        sections.append(section_of(entry.label or "A", phrases, sections))
    return plan.model_copy(update={"sections": tuple(sections)})


def _with_key_paths(plan: Plan) -> Plan:
    """Return a plan whose sections say in which key they begin and, where it is another one, end."""
    home, meter = parse_key(plan.key or ""), parse_meter(plan.meter or "")
    pickup = round((plan.pickup or 0) * meter.beat_ticks)
    sections = []
    for entry in plan.sections:
        first, last = (
            parse_harmony(
                phrase.harmony or "",
                key=parse_key_path(phrase.key or "I", home)[0],
                home=home,
                meter=meter,
                bars=phrase.bars or 0,
                pickup_tick=pickup,
            )
            for phrase in ((entry.phrases or ())[0], (entry.phrases or ())[-1])
        )
        times: Counter[Key] = Counter()
        for slot in first:
            times[slot.key] += slot.end_tick - slot.start_tick
        longest = max(times, key=lambda key: times[key])
        path = f" {ARROW} ".join(dict.fromkeys(key_word(key, home) for key in (longest, last[-1].key)))
        sections.append(entry.model_copy(update={"key": path}))
    return plan.model_copy(update={"sections": tuple(sections)})


def _form_of(letters: Sequence[str], ensemble: str) -> str:
    """Return the form whose name comes nearest to the letters; the plan itself says everything."""
    if ensemble == "chorale":
        return "chorale"
    if letters.count("A") >= 3 and len(set(letters)) >= 3:
        return "rondo"
    return "ternary" if len(letters) >= 3 and letters[-1] == "A" and len(set(letters)) > 1 else "binary"


def _outside_share(score: Score, outline: Outline) -> float:
    """Return the share of sounding time outside the scales of the local keys; both forms of 6 and 7 are in minor."""
    inside = outside = 0
    for _, note in score.notes():
        span = span_at(outline.keys, note.onset_tick)
        if span is None:
            continue
        tonic = span.key.tonic_pitch_class
        scale = {*span.key.scale, *({(tonic + 9) % 12, (tonic + 11) % 12} if span.key.mode == "minor" else ())}
        if note.pitch % 12 in scale:
            inside += note.duration_tick
        else:
            outside += note.duration_tick
    return outside / max(1, inside + outside)


def _rows(plan: Plan, pages: Sequence[tuple[int, int]]) -> tuple[SectionFound, ...]:
    home = parse_key(plan.key or "")
    times = {name: repeat.times for repeat in plan.repeats or () for name in repeat.sections}
    rows = []
    for own, entry, (first, last) in zip(plan.sections, expanded(plan.sections), pages, strict=True):
        keys = " -> ".join(str(key) for key in parse_key_path(entry.key or "I", home))
        rows.append(
            SectionFound(
                id=entry.id or "",
                label=entry.label or "",
                first_bar=first,
                last_bar=last,
                bars=entry.bars or 0,
                key=keys,
                cadence=entry.cadence or "none",
                theme=_theme_words(own, entry),
                times=times.get(entry.id or "", 1),
            )
        )
    return tuple(rows)


def _theme_words(own: SectionEntry, entry: SectionEntry) -> str:
    if own.copy_of is not None:
        return f"{own.copy_of} again" + (", every voice" if own.recall == "full" else "")
    said = [(phrase.fidelity or 0.0, phrase.bars or 0) for phrase in entry.phrases or () if phrase.theme == entry.theme]
    if entry.theme in (None, NO_THEME) or not said:
        return ""
    fidelity = sum(value * bars for value, bars in said) / sum(bars for _, bars in said)
    return f"theme {entry.theme}" + ("" if fidelity > STATED_WORDS else f", varied ({fidelity:.1f})")


def _home_of(score: Score, outline: Outline) -> Key | None:
    """Return the key that a piece is in: long, signed, begun and ended in; None where no chords were found."""
    if not outline.chords:
        return None
    times: Counter[Key] = Counter()
    for span in outline.chords:
        times[span.key.simplified()] += span.end_tick - span.start_tick
    total = times.total()
    signed = score.key_at(0)

    def worth(key: Key) -> float:
        value = times[key] / total
        value += _SIGNED_WORTH * (signed is not None and key.signature == signed.simplified().signature)
        value += _FIRST_WORTH * (outline.chords[0].key.simplified() == key)
        return value + _LAST_WORTH * (outline.chords[-1].key.simplified() == key)

    return max(times, key=worth)
