"""The skeleton of a piece as a plan: its keys, chords, phrases, cadences and textures, without its notes.

What it is for: to measure how well a plan is obeyed, and as the ground of `from_piece.analyse_piece`.

What a plan cannot say is rounded: phrases to bar lines behind the last chord of their cadence, chords to half beats; a
last chord lasts as long as its root does, whatever its inversions. A cadence that its own chords do not make by the
planner's strict rules becomes `none`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from composer.errors import PlanError
from composer.outline import ChordSpan, Outline, PhraseSpan, span_at
from composer.plan.brief import StyleWish
from composer.plan.cadences import closes, has_room
from composer.plan.chords import grid_ticks
from composer.plan.forms import default_id
from composer.plan.model import NO_THEME, PhraseEntry, Plan, SectionEntry
from composer.plan.numerals import Slot, format_harmony, key_word
from composer.theory.key import Key
from composer.theory.meter import Meter

MAX_PHRASE_BARS = 64  # a longer stretch without an end is divided


def plan_from_outline(
    outline: Outline,
    *,
    style: StyleWish,
    form: str = "binary",
    seed: int = 1,
    title: str = "",
    home: Key | None = None,
    ends: Sequence[int] = (),
) -> Plan:
    """Return a plan with the sections, phrases, keys and chords of an analysed piece.

    Args:
        outline: with bars, keys, chords and phrases.
        style: in which the new piece is to be composed.
        form: a name that the plan carries; its template adds nothing to what is stated.
        seed: of the plan.
        title: of the plan; none when empty.
        home: key of the piece; None: the one with the longest time.
        ends: ticks at whose bar lines phrases end besides.

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
    if ends:
        fixed = {bar for bar in map(bar_finder(outline), ends) if 0 < bar < len(whole)}
        apart = [bar for bar in bounds if all(abs(bar - end) > 1 for end in fixed)]
        bounds = sorted({0, len(whole), *apart, *fixed})
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


def bar_finder(outline: Outline) -> Callable[[int], int]:
    """Return what gives the bar, counted from the first whole one, that begins at a tick, or with an upbeat there."""
    first = next(bar for bar in outline.bars if bar.number > 0)
    count, length = sum(bar.number > 0 for bar in outline.bars), first.meter.bar_ticks

    def bar_at(tick: int) -> int:
        after = tick - first.onset_tick
        if after % length and (after + first.onset_tick) % length == 0:
            after += first.onset_tick  # the first bar's onset is the length of the upbeat
        return min(count, max(0, round(after / length)))

    return bar_at


def _home(outline: Outline) -> Key:
    """Return the key with the longest time, the last one on a tie."""
    times: Counter[Key] = Counter()
    for span in outline.chords:
        times[span.key] += span.end_tick - span.start_tick
    longest = max(times.values())
    return next(span.key for span in reversed(outline.chords) if times[span.key] == longest).simplified()


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
            sections.append(section_of(label, phrases, sections))
            phrases = []
        label = here
        phrases.append(_phrase(outline, start, end, first_bar, meter, pickup, home))
    sections.append(section_of(label, phrases, sections))
    return tuple(sections)


def section_of(name: str, phrases: Sequence[PhraseEntry], before: Sequence[SectionEntry]) -> SectionEntry:
    """Return a section of these phrases; `before` are those before it, whose ids are taken."""
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
        if has_room(str(span.cadence), bars, meter) and _is_made(str(span.cadence), held, meter):
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
