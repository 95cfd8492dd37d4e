"""The Outline of a resolved plan, and the place of each of its phrases on the timeline.

Conventions: phrases run from upbeat to upbeat: with a pickup, a phrase begins that much before its first bar line and
ends that much before the next one's; so do sections. The piece's last bar is short by the pickup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from composer.outline import (
    ChordSpan,
    DynamicSpan,
    KeySpan,
    Outline,
    PhraseSpan,
    SectionSpan,
    TempoSpan,
    TextureSpan,
)
from composer.plan.chords import Styles
from composer.plan.mixes import normal, section_mix, whole_mix
from composer.plan.model import DYNAMIC_LEVELS, NO_THEME, Dynamics, PhraseEntry, Plan, SectionEntry
from composer.plan.moving_hands import draw_lead, figures_at
from composer.plan.numerals import Slot, parse_harmony, parse_key_path
from composer.plan.phrase_ends import Closing, draw_closing, eased
from composer.plan.randomness import stream
from composer.score import Bar, make_bars
from composer.style_statistics import StyleStatistics, TextureFigures
from composer.theory.harmony import Cadence
from composer.theory.key import Key, parse_key
from composer.theory.meter import Meter, parse_meter

RITARD = 0.35  # share of the tempo that a ritard of 1 has lost at its end
RUNNING = "running"  # the texture
DENSITY_ARC = 0.08  # how much a phrase's middle is denser than its ends


@dataclass(frozen=True)
class PhrasePlace:
    """A phrase of a resolved plan where it stands in the piece.

    Attributes:
        section: its section's entry.
        index: its place among the section's phrases.
        entry: itself, with what it inherits from its section filled in.
        keys: the path of its keys.
        start_tick: where it begins, upbeat included.
        bar_tick: its first bar line.
        end_tick: where the next one begins.
        slots: its harmony, in ticks of the piece.
    """

    section: SectionEntry
    index: int
    entry: PhraseEntry
    keys: tuple[Key, ...]
    start_tick: int
    bar_tick: int
    end_tick: int
    slots: tuple[Slot, ...]

    @property
    def style(self) -> Mapping[str, float]:
        """The mix that it is composed in; the weights sum to 1."""
        assert self.entry.style is not None
        return self.entry.style

    @property
    def states_theme(self) -> bool:
        """Whether it sounds bars of its theme note for note."""
        return self.entry.theme not in (None, NO_THEME) and self.entry.fidelity == 1.0


def plan_bars(plan: Plan) -> tuple[Bar, ...]:
    """Return the bars of a resolved plan; with a pickup the first and the last are incomplete."""
    meter, pickup = _meter(plan), pickup_tick(plan)
    bars = list(make_bars(meter, plan.bars, pickup_tick=pickup))
    if pickup:
        last = bars[-1]
        bars[-1] = Bar(last.number, last.onset_tick, last.duration_tick - pickup, meter)
    return tuple(bars)


def pickup_tick(plan: Plan) -> int:
    """Return the length of the piece's upbeat."""
    return round((plan.pickup or 0) * _meter(plan).beat_ticks)


def phrase_places(plan: Plan) -> tuple[PhrasePlace, ...]:
    """Return the phrases of a resolved plan in order, in ticks of the piece.

    Raises:
        PlanError: the plan is not resolved, or its harmony cannot be read.
    """
    meter, home, pickup = _meter(plan), _home(plan), pickup_tick(plan)
    places = []
    bar_tick = pickup  # the upbeat bar comes first
    for section in plan.sections:
        section_keys = parse_key_path(section.key or "I", home)
        for index, phrase in enumerate(section.phrases or ()):
            keys = parse_key_path(phrase.key, home) if phrase.key else section_keys
            bars = phrase.bars or 0
            slots = parse_harmony(
                phrase.harmony or "", key=keys[0], home=home, meter=meter, bars=bars, pickup_tick=pickup
            )
            places.append(
                PhrasePlace(
                    section=section,
                    index=index,
                    entry=inherited(phrase, section, plan),
                    keys=keys,
                    start_tick=bar_tick - pickup,
                    bar_tick=bar_tick,
                    end_tick=bar_tick + bars * meter.bar_ticks - pickup,
                    slots=tuple(
                        Slot(slot.start_tick + bar_tick, slot.end_tick + bar_tick, slot.key, slot.numeral)
                        for slot in slots
                    ),
                )
            )
            bar_tick += bars * meter.bar_ticks
    return tuple(places)


def inherited(phrase: PhraseEntry, section: SectionEntry, plan: Plan) -> PhraseEntry:
    """Return a resolved phrase with what it shares with its section and the piece filled in."""
    own, shared = phrase.dynamics or Dynamics(), section.dynamics or Dynamics()
    is_last = bool(section.phrases) and phrase is section.phrases[-1]  # type: ignore[index]
    both = (*(section.transformations or ()), *(phrase.transformations or ()))
    return phrase.model_copy(
        update={
            "key": phrase.key or section.key,
            "style": section_mix(section, plan) if phrase.style is None else normal(phrase.style),
            "theme": phrase.theme or section.theme or NO_THEME,
            "fidelity": phrase.fidelity if phrase.fidelity is not None else section.fidelity,
            "transformations": both,
            "recall": phrase.recall or section.recall,
            "voices": phrase.voices or section.voices,
            "texture": phrase.texture or section.texture,
            "density": phrase.density if phrase.density is not None else section.density,
            "tessitura": phrase.tessitura or section.tessitura,
            "dynamics": Dynamics(level=own.level or shared.level or "mf", shape=own.shape or shared.shape or "flat"),
            "tempo_factor": phrase.tempo_factor or section.tempo_factor or 1.0,
            "ritard": phrase.ritard if phrase.ritard is not None else (section.ritard or 0.0) if is_last else 0.0,
            "fermata": bool(phrase.fermata),
        }
    )


def plan_outline(plan: Plan, *, statistics: Mapping[str, StyleStatistics] | None = None) -> Outline:
    """Return the Outline of a resolved plan.

    Args:
        plan: resolved.
        statistics: of each of its styles; gives textures their onsets and polyphony. None: those stay unknown.

    Raises:
        PlanError: the plan is not resolved, or its harmony cannot be read.
    """
    bars = plan_bars(plan)
    places = phrase_places(plan)
    chords = tuple(
        ChordSpan(slot.start_tick, slot.end_tick, slot.chord, slot.key)
        for place in places
        for slot in place.slots
        if slot.numeral is not None
    )
    return Outline(
        bars=bars,
        keys=_keys(chords),
        chords=chords,
        phrases=tuple(_phrase_span(place) for place in places),
        sections=_sections(places),
        textures=textures_of(places, bars, statistics, seed=plan.seed or 0),
        dynamics=tuple(_dynamic_span(place) for place in places),
        tempos=_tempos(plan, places, bars),
        ensemble=plan.ensemble or "",
        style=tuple(whole_mix(plan.style).items()),
    )


def _meter(plan: Plan) -> Meter:
    return parse_meter(plan.meter or "4/4")


def _home(plan: Plan) -> Key:
    return parse_key(plan.key or "C major")


def _keys(chords: tuple[ChordSpan, ...]) -> tuple[KeySpan, ...]:
    spans: list[KeySpan] = []
    for chord in chords:
        if spans and spans[-1].key == chord.key and spans[-1].end_tick == chord.start_tick:
            spans[-1] = KeySpan(spans[-1].start_tick, chord.end_tick, chord.key)
        else:
            spans.append(KeySpan(chord.start_tick, chord.end_tick, chord.key))
    return tuple(spans)


def _phrase_span(place: PhrasePlace) -> PhraseSpan:
    cadence = Cadence(place.entry.cadence or "none")
    last = place.slots[-1].start_tick if cadence is not Cadence.NONE and place.slots else None
    return PhraseSpan(place.start_tick, place.end_tick, cadence, last, place.section.id or "")


def _sections(places: tuple[PhrasePlace, ...]) -> tuple[SectionSpan, ...]:
    spans: list[SectionSpan] = []
    for place in places:
        section = place.section
        if spans and spans[-1].id == section.id:
            first = spans.pop()
            start = first.start_tick
        else:
            start = place.start_tick
        theme = "" if section.theme in (None, NO_THEME) else section.theme
        spans.append(
            SectionSpan(
                start, place.end_tick, section.id or "", section.label or "", section.function or "", theme or ""
            )
        )
    return tuple(spans)


def textures_of(
    places: Sequence[PhrasePlace],
    bars: Sequence[Bar],
    statistics: Mapping[str, StyleStatistics] | None,
    *,
    seed: int,
    tunes: Mapping[int, tuple[float, int]] | None = None,
) -> tuple[TextureSpan, ...]:
    """Return the texture of each bar: the phrase's pattern, a little denser towards its middle, eased at its end.

    Args:
        places: of the phrases.
        bars: in which they stand, at least.
        statistics: of their styles; None: only the patterns are known.
        seed: of the plan.
        tunes: start tick of a phrase that has a given tune on top → the tune's onsets a beat, and the tick of its end.
    """
    found: list[TextureSpan] = []
    for place in places:
        spans: list[TextureSpan] = []
        pattern = place.entry.texture or "unknown"
        figures = _figures(place, pattern, statistics)
        length = place.end_tick - place.start_tick
        tune = (tunes or {}).get(place.start_tick)
        names = (place.section.id or "", place.section.take or 1, "hands")
        lead = draw_lead(stream(seed, *names))
        for bar in bars:
            start, end = max(bar.onset_tick, place.start_tick), min(bar.end_tick, place.end_tick)
            if start >= end:
                continue
            middle = ((start + end) / 2 - place.start_tick) / length
            arc = DENSITY_ARC * (4 * middle * (1 - middle) - 0.5)
            density = min(1.0, max(0.0, (place.entry.density or 0.5) + arc))
            given = tune[0] if tune is not None and start < tune[1] else None
            if place.entry.voices is not None:  # an entry goes through both hands: they lead in turn
                lead = replace(lead, upper=draw_lead(stream(seed, *names, place.index, len(spans))).upper)
            onsets, polyphony = figures_at(figures, density, lead, tune_onsets=given)
            if place.entry.voices is not None:
                onsets, polyphony = _of_voices(place.entry.voices, onsets)
            spans.append(TextureSpan(start, end, pattern, onsets, polyphony, round(density, 4)))
        styles = [] if statistics is None else [(weight, statistics[name]) for name, weight in place.style.items()]
        found += eased(spans, closing_of(place, styles=styles, meter=bars[0].meter, seed=seed))
    return tuple(found)


def _figures(
    place: PhrasePlace, pattern: str, statistics: Mapping[str, StyleStatistics] | None
) -> list[tuple[float, TextureFigures]]:
    """Return (weight, figures) of the texture of a phrase in each of its styles that has it.

    Where voices are told apart they move as in running music, as those of fugues do: imitation was counted wherever
    one hand takes up what the other had.
    """
    patterns = (pattern,) if place.entry.voices is None else (RUNNING, pattern)
    found = []
    for name, weight in place.style.items():
        textures = statistics[name].textures if statistics is not None else {}
        counted = next((textures[one] for one in patterns if one in textures and textures[one].count > 0), None)
        if counted is not None:
            found.append((weight, counted))
    return found


def closing_of(place: PhrasePlace, *, styles: Styles, meter: Meter, seed: int) -> Closing:
    """Return how a phrase of a plan with that seed ends, in its styles (weight, statistics)."""
    generator = stream(seed, place.section.id or "", place.section.take or 1, "closing", place.index)
    cadence = Cadence(place.entry.cadence or "none")
    upbeat = place.bar_tick - place.start_tick
    last = place.slots[-1].start_tick if place.slots and cadence is not Cadence.NONE else None
    return draw_closing(
        place.start_tick,
        place.end_tick,
        cadence,
        styles=styles,
        meter=meter,
        upbeat_tick=upbeat,
        last_chord_tick=last,
        generator=generator,
    )


def _of_voices(
    voices: Sequence[str], onsets: tuple[float, float] | None
) -> tuple[tuple[float, float] | None, tuple[float, float]]:
    """Return (onsets per beat, polyphony) of both hands where voices are told apart: tenor and bass are the lower."""
    lower = sum(voice in ("tenor", "bass") for voice in voices)
    upper = len(voices) - lower
    if onsets is not None:
        onsets = (onsets[0] if lower else 0.0, onsets[1] if upper else 0.0)
    return onsets, (float(lower), float(upper))


def _dynamic_span(place: PhrasePlace) -> DynamicSpan:
    dynamics = place.entry.dynamics or Dynamics()
    assert dynamics.level in (None, *DYNAMIC_LEVELS)
    return DynamicSpan(place.start_tick, place.end_tick, dynamics.level or "mf", dynamics.shape or "flat")


def _tempos(plan: Plan, places: tuple[PhrasePlace, ...], bars: tuple[Bar, ...]) -> tuple[TempoSpan, ...]:
    """Return the tempo of each phrase, beat by beat in a bar that is held back; equal neighbours are joined."""
    meter = _meter(plan)
    spans: list[TempoSpan] = []
    for place in places:
        tempo = (plan.tempo or 96.0) * (place.entry.tempo_factor or 1.0)
        held = max(place.start_tick, place.end_tick - meter.bar_ticks) if place.entry.ritard else place.end_tick
        _add_tempo(spans, TempoSpan(place.start_tick, held, tempo))
        count = max(1, round((place.end_tick - held) / meter.beat_ticks)) if held < place.end_tick else 0
        for beat in range(count):
            start = held + beat * (place.end_tick - held) // count
            end = held + (beat + 1) * (place.end_tick - held) // count
            share = RITARD * (place.entry.ritard or 0.0) * (beat + 1) / count
            _add_tempo(spans, TempoSpan(start, end, round(tempo * (1 - share), 3)))
    assert not spans or spans[-1].end_tick == bars[-1].end_tick
    return tuple(spans)


def _add_tempo(spans: list[TempoSpan], span: TempoSpan) -> None:
    if span.start_tick >= span.end_tick:
        return
    if spans and spans[-1].beat_bpm == span.beat_bpm:
        span = TempoSpan(spans.pop().start_tick, span.end_tick, span.beat_bpm)
    spans.append(span)
