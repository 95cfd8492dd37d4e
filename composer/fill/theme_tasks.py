"""A theme of the plan → its own timeline, for composing its tune and its voices.

Conventions: a theme is filled as if it were a section alone: its upbeat at tick 0, its key, harmony and phrases as the
plan settles them, no lead-in, nothing after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.abc import Melody
from composer.fill.formulas import begun_tops, cadence_tops
from composer.fill.given import Sounding
from composer.fill.local import localize
from composer.fill.rhythm import usual_onsets
from composer.fill.setting import Setting
from composer.fill.soloist import breath_ticks, with_breath
from composer.fill.tune_stretch import ThemeTask
from composer.outline import ChordSpan, KeySpan, Outline, PhraseSpan, SectionSpan, TextureSpan
from composer.plan.model import ThemeEntry
from composer.plan.moving_hands import Lead, Pair, draw_lead, figures_at
from composer.plan.numerals import parse_harmony, parse_key_path
from composer.plan.phrase_ends import Closing, draw_closing, eased
from composer.plan.randomness import stream
from composer.roll.facts import line_facts
from composer.score import Bar, make_bars
from composer.style_statistics import StyleStatistics
from composer.theory.harmony import Cadence
from composer.theory.key import Key


def theme_key(entry: ThemeEntry, setting: Setting) -> Key:
    """Return the key that a theme is written in."""
    default = "I" if setting.home.mode == "major" else "i"
    return parse_key_path(entry.key or default, setting.home)[0]


def theme_outline(
    name: str, entry: ThemeEntry, setting: Setting, *, tune_onsets: float | None = None
) -> tuple[Outline, SectionSpan]:
    """Return a resolved theme's Outline, and the section that is all of it."""
    meter, pickup = setting.meter, setting.pickup_tick
    key = theme_key(entry, setting)
    bars = entry.bars or 0
    slots = parse_harmony(entry.harmony or "", key=key, home=setting.home, meter=meter, bars=bars, pickup_tick=pickup)
    chords = tuple(
        ChordSpan(slot.start_tick + pickup, slot.end_tick + pickup, slot.chord, slot.key)
        for slot in slots
        if slot.numeral is not None
    )
    end = bars * meter.bar_ticks
    span = SectionSpan(0, end, f"theme {name}", name, "theme", name)
    phrases = _phrases(entry, setting)
    lead = None if tune_onsets is None else draw_lead(stream(setting.seed, "theme", name, "hands"))
    textures = _textures(end, setting.statistics, lead=lead, tune_onsets=tune_onsets)
    for closing in theme_closings(name, phrases, setting):
        textures = eased(textures, closing)
    outline = Outline(
        bars=_bars(bars, setting),
        keys=(KeySpan(0, end, key),),
        chords=chords,
        phrases=phrases,
        sections=(span,),
        textures=setting.row.textured(tuple(textures)),
        ensemble=setting.ensemble,
        style=setting.outline.style,
    )
    return outline, span


def _bars(count: int, setting: Setting) -> tuple[Bar, ...]:
    bars = list(make_bars(setting.meter, count, pickup_tick=setting.pickup_tick))
    if setting.pickup_tick:
        last = bars[-1]
        bars[-1] = Bar(last.number, last.onset_tick, last.duration_tick - setting.pickup_tick, last.meter)
    return tuple(bars)


def _phrases(entry: ThemeEntry, setting: Setting) -> tuple[PhraseSpan, ...]:
    spans: list[PhraseSpan] = []
    start = 0
    for phrase in entry.phrases or ():
        end = start + phrase.bars * setting.meter.bar_ticks
        goal = None
        if phrase.formula is not None:
            goal = start + setting.pickup_tick + round(phrase.formula.onsets[-1] * setting.meter.beat_ticks)
        spans.append(PhraseSpan(start, end, Cadence(phrase.cadence), goal))
        start = end
    return tuple(spans)


def theme_closings(name: str, phrases: Sequence[PhraseSpan], setting: Setting) -> list[Closing]:
    """Return how each phrase of a theme ends; nothing is to move under the fermatas of a chorale's lines."""
    found = [
        draw_closing(
            phrase.start_tick,
            phrase.end_tick,
            phrase.cadence,
            styles=setting.weighed,
            meter=setting.meter,
            upbeat_tick=setting.pickup_tick,
            last_chord_tick=phrase.cadence_tick,
            generator=stream(setting.seed, "theme", name, "closing", index),
        )
        for index, phrase in enumerate(phrases)
    ]
    has_fermatas = any(place.entry.theme == name and place.entry.fermata for place in setting.places)
    return [closing.at_rest() if has_fermatas else closing for closing in found]


def _textures(
    end_tick: int, statistics: StyleStatistics, *, lead: Lead | None, tune_onsets: float | None
) -> list[TextureSpan]:
    """Return the style's commonest texture at its usual density: a theme belongs to no section yet.

    Before its tune is known (no lead) the hands move as each does in the middle: so does the tune.
    """
    if not statistics.textures:
        return []
    pattern = max(statistics.textures, key=lambda name: (statistics.textures[name].count, name))
    figures = statistics.textures[pattern]
    onsets: Pair | None = (figures.onsets_per_beat_lower[1], figures.onsets_per_beat_upper[1])
    if lead is not None:
        onsets, _ = figures_at([(1.0, figures)], 0.5, lead, tune_onsets=tune_onsets)
    return [
        TextureSpan(
            0,
            end_tick,
            pattern,
            onsets,
            (figures.polyphony_lower[1], figures.polyphony_upper[1]),
        )
    ]


def theme_task(name: str, entry: ThemeEntry, setting: Setting, pinned: Melody | None) -> ThemeTask:
    """Return what is known of a theme before its tune is composed.

    Args:
        name: in the plan.
        entry: resolved.
        setting: of the piece.
        pinned: the tune that the plan gives, with free stretches; None where all is free.
    """
    outline, span = theme_outline(name, entry, setting)
    key, pickup = theme_key(entry, setting), setting.pickup_tick
    tops: list[Sounding] = []
    for phrase, place in zip(entry.phrases or (), outline.phrases, strict=True):
        if phrase.formula is not None:
            closing = cadence_tops(phrase.formula, place.start_tick + pickup, place.end_tick, key, setting)
            if closing and (setting.row.has_soloist or setting.is_line):
                closing = with_breath(closing, place.end_tick, setting)
            tops += begun_tops(closing, setting)
    given: tuple[Sounding, ...] = ()
    free: tuple[tuple[int, int], ...] = ()
    if pinned is not None:
        given = tuple((note.onset_tick + pickup, note.duration_tick, note.pitch) for note in pinned.notes)
        free = tuple((start + pickup, end + pickup) for start, end in pinned.free)
        tops = [note for note in tops if any(start <= note[0] < end for start, end in free)]
    local = localize(outline, span, enters=None)
    if setting.row.has_soloist:  # the texture is that of the keyboard
        local = replace(local, facts=line_facts(local.facts, usual_onsets(setting.statistics, setting.meter)))
    elif outline.textures and (onsets := outline.textures[0].onsets_per_beat) is not None:
        local = replace(local, facts=line_facts(local.facts, onsets[1]))
    return ThemeTask(
        local=local,
        key=key,
        meter=setting.meter,
        pickup_tick=pickup,
        kind=entry.type or "chain",
        phrase_bars=tuple(phrase.bars for phrase in entry.phrases or ()),
        cadence_notes=tuple(tops),
        given=given,
        free=free,
        compass=setting.new_tune_compass,
        usual_pitch=setting.melody_goal,
        low_pitch=setting.low_pitch,
        style=setting.style,
        flowing=tuple(span for closing in theme_closings(name, outline.phrases, setting) for span in closing.flowing),
        breath_tick=breath_ticks(setting) if setting.row.has_soloist or setting.is_line else 0,
        runs=setting.runs,
    )
