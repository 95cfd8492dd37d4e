"""Turn a piece into a plan: its keys, chords, phrases, cadences and textures; with or without its themes.

What it is for: to compose another piece in the form of a real one (`analyse_piece`), and to measure how well a skeleton
is obeyed (`plan_from_outline`, which leaves out everything that is a note).

What a plan cannot say is rounded: phrases to bar lines behind the last chord of their cadence, chords to half beats; a
last chord lasts as long as its root does, whatever its inversions. A cadence that its own chords do not make by the
planner's strict rules becomes `none`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from composer.abc import MelodyNote
from composer.errors import PlanError
from composer.outline import ChordSpan, Outline, PhraseSpan, SectionSpan, span_at
from composer.plan.brief import StyleWish
from composer.plan.cadences import closes
from composer.plan.chords import grid_ticks
from composer.plan.forms import default_id
from composer.plan.layout import expanded
from composer.plan.links import name_pitch
from composer.plan.model import ARROW, MAX_BARS, MAX_SECTION_BARS, NO_THEME, Link, PhraseEntry, Plan, SectionEntry
from composer.plan.numerals import Slot, format_harmony, key_word, parse_harmony, parse_key_path
from composer.plan.piece_shape import with_shape
from composer.plan.piece_themes import with_themes
from composer.score import Score
from composer.theory.key import Key, parse_key
from composer.theory.meter import Meter, parse_meter

MAX_PHRASE_BARS = 64  # a longer stretch without an end is divided
STATED_WORDS = 0.95  # mean fidelity of a section from which its theme is told as it is
# Worth of what makes a key that of the piece, beside its share of the time, 0..1.
_SIGNED_WORTH, _FIRST_WORTH, _LAST_WORTH = 0.3, 0.1, 0.3
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
    """

    id: str
    label: str
    first_bar: int
    last_bar: int
    bars: int
    key: str
    cadence: str
    theme: str


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
    score: Score, *, style: StyleWish, themes: bool = True, seed: int = 1, at_end: bool = False
) -> AnalysedPiece:
    """Return the plan of a piece: its form, sections, keys, phrases, cadences, chords, textures and themes.

    Args:
        score: as written, with its repeats.
        style: in which a new piece of that form is to be composed.
        themes: whether themes are pinned as they are; else they are left to be composed.
        seed: of the plan.
        at_end: of a piece that changes its meter, take the stretch that it ends with; else the longest one.

    Raises:
        PlanError: nothing in it that a plan could hold.
    """
    from composer.analysis.even_bars import even_bars
    from composer.analysis.form import find_returns, letters_of, section_starts
    from composer.analysis.hands import melody_line
    from composer.analysis.outline import outline_of

    if not any(not note.is_grace for part in score.parts for note in part.notes):
        raise PlanError("a piece without notes makes no plan")
    even = even_bars(score, at_end=at_end)
    told = list(even.told)
    outline = outline_of(even.score)
    starts = section_starts(even.score, outline.phrases)
    outline = replace(outline, sections=_numbered(starts, outline.end_tick))
    home = _home_of(even.score, outline)
    plan = plan_from_outline(outline, style=style, seed=seed, title=_title(score.title), home=home)
    plan, left_out = _short_enough(plan)
    told += left_out
    plan = _with_key_paths(plan)
    plan = with_shape(plan, outline, fermata_ticks=even.score.fermata_ticks)
    first = next(index for index, bar in enumerate(outline.bars) if bar.number > 0)
    spans = _spans([section.bars or 0 for section in plan.sections], first)
    returns = find_returns(even.score, spans)
    letters = letters_of(returns)
    origin = outline.bars[first].onset_tick
    melody = [MelodyNote(n.onset_tick - origin, n.duration_tick, n.pitch) for n in melody_line(even.score)]
    plan = with_themes(plan, letters=letters, returns=returns, melody=melody, pinned=themes)
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


def _short_enough(plan: Plan) -> tuple[Plan, list[str]]:
    """Return a plan whose sections, and which itself, is no longer than plans may be; and what was left out."""
    sections: list[SectionEntry] = []
    for entry in plan.sections:
        phrases: list[PhraseEntry] = []
        for phrase in entry.phrases or ():
            if phrases and sum(p.bars or 0 for p in phrases) + (phrase.bars or 0) > MAX_SECTION_BARS:
                sections.append(_section(entry.label or "A", phrases, sections))
                phrases = []
            phrases.append(phrase)
        sections.append(_section(entry.label or "A", phrases, sections))
    kept: list[SectionEntry] = []
    bars = 0
    for entry in sections:
        bars += entry.bars or 0
        if bars > MAX_BARS:
            break
        kept.append(entry)
    told = []
    if len(kept) < len(sections):
        whole, held = sum(e.bars or 0 for e in sections), sum(e.bars or 0 for e in kept)
        told.append(f"the piece has {whole} bars, a plan {MAX_BARS} at most: the first {held} are taken")
    return plan.model_copy(update={"sections": tuple(kept)}), told


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


def plan_from_score(score: Score, *, style: StyleWish, form: str = "binary", seed: int = 1) -> Plan:
    """Analyse a score and return its plan; see `plan_from_outline`."""
    from composer.analysis.outline import outline_of

    return plan_from_outline(outline_of(score), style=style, form=form, seed=seed, title=score.title)


def plan_from_outline(
    outline: Outline,
    *,
    style: StyleWish,
    form: str = "binary",
    seed: int = 1,
    title: str = "",
    home: Key | None = None,
) -> Plan:
    """Return a plan with the sections, phrases, keys and chords of an analysed piece.

    Args:
        outline: with bars, keys, chords and phrases.
        style: in which the new piece is to be composed.
        form: a name that the plan carries; its template adds nothing to what is stated.
        seed: of the plan.
        title: of the plan; none when empty.
        home: key of the piece; None: the one with the longest time.

    Returns:
        A plan with all harmony stated and no themes; `resolve` fills in the rest.

    Raises:
        PlanError: no chords, or a change of meter, which a plan cannot say.
    """
    whole = [bar for bar in outline.bars if bar.number > 0]
    meters = Counter(str(bar.meter) for bar in whole)
    if not whole or not outline.chords:
        raise PlanError("a piece without bars or chords makes no plan")
    if len(meters) > 1:
        raise PlanError(f"the piece changes its meter ({', '.join(meters)})", mend="a plan has one meter")
    meter = whole[0].meter
    grid = grid_ticks(meter)
    pickup = min(round(whole[0].onset_tick / grid) * grid, meter.bar_ticks - grid)
    home = home or _home(outline)
    bounds = _bounds(outline, whole[0].onset_tick, len(whole), meter, pickup)
    sections = _sections(outline, bounds, whole[0].onset_tick, meter, pickup, home)
    plan = Plan.model_validate(
        {
            "title": title or None,
            "form": form,
            "style": style if isinstance(style, str) else dict(style),
            "ensemble": outline.ensemble or None,
            "key": str(home),
            "meter": str(meter),
            "pickup": pickup / meter.beat_ticks,
            "tempo": min(400.0, max(20.0, outline.tempos[0].beat_bpm)) if outline.tempos else None,
            "seed": seed,
        }
    )
    return plan.model_copy(update={"sections": sections})


def _home(outline: Outline) -> Key:
    """Return the key with the longest time, the last one on a tie."""
    times: Counter[Key] = Counter()
    for span in outline.chords:
        times[span.key] += span.end_tick - span.start_tick
    longest = max(times.values())
    return next(span.key for span in reversed(outline.chords) if times[span.key] == longest).simplified()


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


def _bounds(outline: Outline, first_bar: int, count: int, meter: Meter, pickup: int) -> list[int]:
    """Return the bars (from 0) at which phrases begin, and the number of bars at the end."""
    found = {0, count}
    for phrase in outline.phrases:
        bar = round((phrase.end_tick + pickup - first_bar) / meter.bar_ticks)
        goal = phrase.cadence_tick
        if goal is not None and goal >= first_bar + bar * meter.bar_ticks - pickup:
            bar += 1  # a phrase holds its own cadence
        if 0 < bar < count:
            found.add(bar)
    bounds = sorted(found)
    return sorted(
        {*bounds, *(bar for a, b in pairwise(bounds) for bar in range(a + MAX_PHRASE_BARS, b, MAX_PHRASE_BARS))}
    )


def _sections(
    outline: Outline, bounds: Sequence[int], first_bar: int, meter: Meter, pickup: int, home: Key
) -> tuple[SectionEntry, ...]:
    sections: list[SectionEntry] = []
    phrases: list[PhraseEntry] = []
    label = ""
    for start, end in pairwise(bounds):
        middle = first_bar + (start + end) * meter.bar_ticks // 2
        span = span_at(outline.sections, middle)
        here = (span.id or span.label) if span else "A"
        if phrases and here != label:
            sections.append(_section(label, phrases, sections))
            phrases = []
        label = here
        phrases.append(_phrase(outline, start, end, first_bar, meter, pickup, home))
    sections.append(_section(label, phrases, sections))
    return tuple(sections)


def _section(name: str, phrases: Sequence[PhraseEntry], before: Sequence[SectionEntry]) -> SectionEntry:
    label = "".join(character for character in name if character.isalnum())[:8] or "A"
    return SectionEntry(
        label=label,
        id=default_id(label, [section.id for section in before]),
        theme=NO_THEME,
        key=phrases[0].key,
        bars=sum(phrase.bars or 0 for phrase in phrases),
        cadence=phrases[-1].cadence,
        phrases=tuple(phrases),
    )


def _phrase(
    outline: Outline, start: int, end: int, first_bar: int, meter: Meter, pickup: int, home: Key
) -> PhraseEntry:
    bar_tick = first_bar + start * meter.bar_ticks
    bars = end - start
    slots = _slots(outline.chords, bar_tick, bars, meter, pickup)
    cadence = "none"
    span = _phrase_of(outline, bar_tick - pickup, bar_tick + bars * meter.bar_ticks - pickup)
    if span is not None and span.cadence_tick is not None:
        held = _with_last_held(slots, span.cadence_tick - bar_tick)
        if _is_made(str(span.cadence), held, meter):
            slots, cadence = held, str(span.cadence)
    texture = span_at(outline.textures, bar_tick + bars * meter.bar_ticks // 2)
    return PhraseEntry.model_validate(
        {
            "bars": bars,
            "cadence": cadence,
            "key": key_word(slots[0].key, home),
            "harmony": format_harmony(slots, home=home, meter=meter, bars=bars, pickup_tick=pickup),
            "texture": texture.pattern if texture is not None else None,
            "density": texture.density if texture is not None else None,
        }
    )


def _phrase_of(outline: Outline, start_tick: int, end_tick: int) -> PhraseSpan | None:
    """Return the analysed phrase whose cadence lies in a span, the last one of several."""
    goals = [p for p in outline.phrases if p.cadence_tick is not None and start_tick <= p.cadence_tick < end_tick]
    return goals[-1] if goals else None


def _with_last_held(slots: Sequence[Slot], tick: int) -> tuple[Slot, ...]:
    """Return the chords of a phrase with the one at a tick held to the end, where its root lasts as long."""
    index = max((index for index, slot in enumerate(slots) if slot.start_tick <= tick), default=0)
    last, after = slots[index], slots[index + 1 :]
    if any(slot.chord.root(slot.key) != last.chord.root(last.key) for slot in after):
        return tuple(slots)
    return (*slots[:index], Slot(last.start_tick, slots[-1].end_tick, last.key, last.numeral))


def _is_made(cadence: str, slots: Sequence[Slot], meter: Meter) -> bool:
    """Whether a phrase's last chords make its cadence by the planner's rules."""
    if cadence == "none" or len(slots) < 2:
        return False
    beat = (slots[-1].start_tick % meter.bar_ticks) / meter.beat_ticks
    return closes(cadence, [slot.chord for slot in slots[-2:]], None, beat, meter)


def _slots(chords: Sequence[ChordSpan], bar_tick: int, bars: int, meter: Meter, pickup: int) -> tuple[Slot, ...]:
    """Return the chords of a phrase on the harmonic grid, without gaps, from its own first bar line."""
    grid = grid_ticks(meter)
    slots: list[Slot] = []
    for step in range((bars * meter.bar_ticks) // grid):
        tick = step * grid - pickup
        # The chord that sounds in the middle of the step; where none does, the one before goes on.
        span = span_at(chords, bar_tick + tick + grid // 2)
        if span is None:
            span = max((s for s in chords if s.start_tick <= bar_tick + tick), default=None, key=lambda s: s.start_tick)
            span = span or chords[0]
        if slots and (slots[-1].numeral, slots[-1].key) == (span.chord.numeral, span.key):
            slots[-1] = Slot(slots[-1].start_tick, tick + grid, span.key, span.chord.numeral)
        else:
            slots.append(Slot(tick, tick + grid, span.key, span.chord.numeral))
    return tuple(slots)
