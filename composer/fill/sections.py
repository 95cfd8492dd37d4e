"""A section of the plan → the stretch that the particle filter fills: facts, pins, reference bars.

What is given: the lead-in that `enters` describes, the theme where the section states it (the tune, or every voice),
the outer voices of each cadence formula where the theme does not cover them, and the notes of the last chord.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from composer.fill.entries import covered_until as covered_until_of
from composer.fill.entries import entered_voices, give_entries, outer_voices, voice_compass
from composer.fill.figures import give_unison
from composer.fill.followed import follows_closely, give_skeleton, references_of, tune_of_phrase
from composer.fill.formulas import cadence_basses, cadence_tops, give_cadence_basses, give_cadence_tops
from composer.fill.given import (
    Given,
    Sounding,
    free_onsets,
    give_everything,
    give_melody,
    lead_in_notes,
    line_of,
    moving_beats,
    nothing_given,
    open_ends,
)
from composer.fill.goals import last_chord, phrase_goals
from composer.fill.local import Enters, Local, localize
from composer.fill.particles import ComposerMix, Stretch
from composer.fill.pedals import give_pedal
from composer.fill.recall import ComposedTheme, stated_tune, stated_voices
from composer.fill.setting import WINDOW_PITCHES, Setting, critic_weights, weighed_spans
from composer.fill.soloist import close_round, fitted_pitch, keep_silent, paces, sings, with_breath
from composer.outline import Outline, SectionSpan
from composer.plan.links import read_pitch
from composer.plan.model import Link, SectionEntry
from composer.plan.outline import PhrasePlace, closing_of, textures_of
from composer.plan.phrase_ends import Closing
from composer.roll.codec import BoolArray
from composer.roll.facts import line_facts
from composer.roll.grid import STEP_TICKS
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key

CHOIR_BATCHES = 3  # of drafts: four lines go wrong more often than two hands, and their pieces are short


def section_stretch(
    setting: Setting,
    section: SectionEntry,
    span: SectionSpan,
    themes: Mapping[str, ComposedTheme],
    *,
    line: Sequence[Sounding] | None = None,
) -> tuple[Stretch, Local]:
    """Return what is to be filled of a section, and its timeline.

    Args:
        setting: of the piece; `as_line` for the soloist's line alone.
        section: its resolved entry.
        span: where it stands.
        themes: composed, by name.
        line: of the soloist, local ticks; None where there is none.
    """
    enters = _enters(section.enters)
    places = [place for place in setting.places if place.section.id == section.id]
    local = localize(_with_tunes(setting, places, span, themes), span, enters=enters)
    if setting.is_line:
        local = replace(local, facts=line_facts(local.facts, paces(places, local, setting)))
    num_steps = local.facts.num_steps
    given = nothing_given(num_steps, WINDOW_PITCHES, setting.low_pitch, compass=setting.compass)
    if local.lead_in_steps and section.enters is not None and enters is not None:
        notes = _lead_in(section.enters, enters, local, setting)
        give_everything(given, notes, start_tick=0, end_tick=local.start_tick)
    for place in places:
        _keep_register(given, setting, place, local)
        covered_until = tune_until = place.start_tick - local.origin_tick
        if not setting.is_line or sings(place, setting):
            sung = list(line) if line is not None and sings(place, setting) else None
            covered_until = tune_until = _give_theme(given, setting, place, local, themes, has_line=sung is not None)
            if sung is not None:
                tune_until = place.end_tick - local.origin_tick
                give_melody(given, sung, start_tick=covered_until, end_tick=tune_until)
            bass_until = covered_until
            if place.entry.voices is not None and not setting.is_line:
                entries = entered_voices(place, themes, setting)
                give_entries(given, place, local, entries, setting)
                top, bottom = outer_voices(place)
                tune_until = covered_until_of(entries, top, place.start_tick) - local.origin_tick
                bass_until = covered_until_of(entries, bottom, place.start_tick) - local.origin_tick
            leaves = section.leaves if place is places[-1] else None
            mine = setting.in_style(place.style)
            has_bass_entry = place.entry.voices is not None and bass_until > place.start_tick - local.origin_tick
            if not has_bass_entry and place.entry.recall != "full" and not setting.is_line:
                give_pedal(given, place, local, mine, tune=tune_of_phrase(place, local, themes, setting))
            _give_cadence(
                given,
                mine,
                place,
                local,
                leaves,
                covered_until=covered_until,
                tune_until=tune_until,
                bass_until=bass_until,
            )
            if setting.is_line or not setting.row.has_soloist:
                give_skeleton(given, setting, place, local, themes)
            if not setting.is_line:
                give_unison(given, place, local, mine, tune=tune_of_phrase(place, local, themes, setting))
        if setting.is_line:
            keep_silent(given, place, local, setting, covered_until=covered_until)
    if setting.is_line:
        close_round(given)
    bars = weighed_spans(local.bars, setting)
    phrase_ends = frozenset(
        index
        for index, (first, end) in enumerate(bars)
        if any(first < phrase.end_tick // STEP_TICKS <= end for phrase in local.phrases)
    )
    drawn = [] if setting.is_line else [(place, _closing(place, setting)) for place in places]
    free = [place for place, _ in drawn if place.entry.voices is None]
    closings = [closing for place, closing in drawn if place.entry.voices is None]
    tune = [*(line or ()), *(note for place in free for note in tune_of_phrase(place, local, themes, setting))]
    lowest = [setting.upper_voice_from(place.entry.tessitura) for place in free]
    style, *changes = _styles(setting, places, local)
    stretch = Stretch(
        facts=local.facts,
        pins=given.pins(),
        reference=references_of(setting, places, local, themes),
        allowed=given.allowed,
        bars=bars,
        lead_in_steps=local.lead_in_steps,
        phrase_ends=phrase_ends,
        ensemble=setting.ensemble,
        style=style[1],
        low_pitch=setting.low_pitch,
        plays_keyboard=setting.row.has_hands and not setting.is_line,
        solo=None if line is None else solo_cells(line, num_steps, setting),
        compasses=setting.single_compasses or _voice_compasses(section, setting),
        style_changes=tuple(changes),
        goals=phrase_goals(setting, places, local, given, themes),
        critic_weights=critic_weights(setting, has_voices=section.voices is not None),
        batches=CHOIR_BATCHES if setting.row.is_choir else 1,
        onsets=free_onsets(
            zip(closings, lowest, strict=True), local.facts, WINDOW_PITCHES, tune=tune, origin_tick=local.origin_tick
        ),
        moving=moving_beats((closing for _, closing in drawn), local.facts, origin_tick=local.origin_tick),
        open_ends=open_ends(closings, num_steps, origin_tick=local.origin_tick),
        runs=setting.runs,
    )
    return stretch, local


def _with_tunes(
    setting: Setting, places: list[PhrasePlace], span: SectionSpan, themes: Mapping[str, ComposedTheme]
) -> Outline:
    """Return the piece's outline with a section's textures as they suit the tunes that its phrases state."""
    if setting.is_line or setting.row.has_soloist:
        return setting.outline
    tunes = {place.start_tick: tune for place in places if (tune := _tune_of(place, themes, setting)) is not None}
    if not tunes:
        return setting.outline
    bars = [bar for bar in setting.outline.bars if bar.end_tick > span.start_tick and bar.onset_tick < span.end_tick]
    statistics = {name: own for name, (_, own) in setting.known.items()}
    textures = textures_of(places, bars, statistics, seed=setting.seed, tunes=tunes)
    stated = [(place.start_tick, place.end_tick) for place in places if place.entry.voices is not None]
    return replace(setting.outline, textures=setting.row.textured(textures, stated=stated))


def _tune_of(place: PhrasePlace, themes: Mapping[str, ComposedTheme], setting: Setting) -> tuple[float, int] | None:
    """Return the onsets a beat of the tune that a phrase states or follows closely, and where it ends; None: none."""
    theme = themes.get(place.entry.theme or "")
    has_tune = place.states_theme or follows_closely(place)
    if theme is None or not has_tune or place.entry.voices is not None or place.entry.recall == "full":
        return None
    end_tick = theme.covers(place, setting)
    beats = (end_tick - place.start_tick) / setting.meter.beat_ticks
    return len(stated_tune(theme, place, setting)) / max(1.0, beats), end_tick


def _closing(place: PhrasePlace, setting: Setting) -> Closing:
    """Return how a phrase ends; what holds its last chord, or is held back, may stand still in any case."""
    styles = setting.in_style(place.style).weighed
    closing = closing_of(place, styles=styles, meter=setting.meter, seed=setting.seed)
    comes_to_rest = place.entry.fermata or place.entry.ritard or place is setting.places[-1]
    return closing.at_rest() if comes_to_rest else closing


def _voice_compasses(section: SectionEntry, setting: Setting) -> tuple[tuple[int, int], ...]:
    """Return the compass of each voice of a section in which they are told apart; else nothing."""
    if setting.is_line or section.voices is None:
        return ()
    return tuple(voice_compass(voice, setting) for voice in section.voices)


def solo_cells(line: Sequence[Sounding], num_steps: int, setting: Setting) -> BoolArray:
    """Return the cells of a soloist's line: bool [step, pitch]."""
    pitches = line_of(line, num_steps, setting.low_pitch)
    return np.arange(WINDOW_PITCHES)[None, :] == pitches[:, None]


def _heard(local: Local, setting: Setting) -> list[Sounding]:
    """Return what sounded before the piece in its lead-in, local ticks; of a single line the top notes."""
    sounding = []
    for onset, length, pitch in sorted(setting.heard):
        start, end = max(0, onset - local.origin_tick), min(local.start_tick, onset + length - local.origin_tick)
        if start < end:
            sounding.append((start, end - start, pitch))
    if not setting.is_line:
        return sounding
    tops = {onset: (onset, length, fitted_pitch(pitch, setting.melody_compass)) for onset, length, pitch in sounding}
    ends = [*list(tops)[1:], local.start_tick]
    return [(at, min(length, end - at), pitch) for (at, length, pitch), end in zip(tops.values(), ends, strict=True)]


def _lead_in(link: Link, enters: Enters, local: Local, setting: Setting) -> list[Sounding]:
    """Return the notes that sound before a section; of a single line the top one, where it lies."""
    if setting.heard and local.origin_tick < 0:
        return _heard(local, setting)
    notes = lead_in_notes(
        enters.key,
        enters.chord,
        bass=None if link.bass is None else read_pitch(link.bass),
        top=None if link.top is None else read_pitch(link.top),
        end_tick=local.start_tick,
    )
    if not setting.is_line:
        return notes
    onset, length, pitch = notes[-1]
    return [(onset, length, fitted_pitch(pitch, setting.melody_compass))]


def _styles(setting: Setting, places: list[PhrasePlace], local: Local) -> list[tuple[int, ComposerMix]]:
    """Return (first step, style) of each style of a section: a bar is in that of the phrase which has its middle."""
    found: list[tuple[int, ComposerMix]] = []
    for first, end in local.bars:
        middle = local.origin_tick + (first + end) * STEP_TICKS // 2
        place = next((place for place in places if middle < place.end_tick), places[-1])
        style = setting.in_style(place.style).style
        if not found or found[-1][1] != style:
            found.append((first, style))
    return found


def _keep_register(given: Given, setting: Setting, place: PhrasePlace, local: Local) -> None:
    """Let free notes of a phrase sound only in its register."""
    low, high = setting.compass_in(place.entry.tessitura)
    pitch = setting.low_pitch + np.arange(given.num_pitches)
    first, end = (tick - local.origin_tick for tick in (place.start_tick, place.end_tick))
    given.allowed[first // STEP_TICKS : end // STEP_TICKS] &= (pitch >= low) & (pitch <= high)


def _enters(link: Link | None) -> Enters | None:
    if link is None:
        return None
    key = parse_key(link.key)
    return Enters(key, parse_chord(link.chord, key.mode))


def _give_theme(
    given: Given,
    setting: Setting,
    place: PhrasePlace,
    local: Local,
    themes: Mapping[str, ComposedTheme],
    *,
    has_line: bool,
) -> int:
    """Pin the theme where the phrase states it; return the local tick up to which it is given.

    A tune that a soloist has is not pinned here: it stands in the soloist's line.
    """
    theme = themes.get(place.entry.theme or "")
    start = place.start_tick - local.origin_tick
    tune = tune_of_phrase(place, local, themes, setting)
    if theme is None or not tune:
        return start
    end = min(place.end_tick - local.origin_tick, local.end_tick)
    if theme.covers(place, setting) < place.end_tick:
        end = theme.covers(place, setting) - local.origin_tick
    is_full = place.entry.recall == "full" and not setting.is_line
    voices = stated_voices(theme, place, setting) if is_full else []
    if voices:
        moved = [(onset - local.origin_tick, length, pitch) for onset, length, pitch in voices]
        give_everything(given, moved, start_tick=start, end_tick=end)
    elif has_line:
        return start
    else:
        give_melody(given, tune, start_tick=start, end_tick=end)
    return end


def _give_cadence(
    given: Given,
    setting: Setting,
    place: PhrasePlace,
    local: Local,
    leaves: Link | None,
    *,
    covered_until: int,
    tune_until: int,
    bass_until: int,
) -> None:
    """Pin the outer voices of the phrase's cadence, ending as `leaves` says; only chord notes have its last onset.

    Up to `covered_until` (local tick) the theme stands, up to `tune_until` some tune does, up to `bass_until` the
    lowest voice has an entry.
    """
    goal_chord = last_chord(place, setting)
    if goal_chord is None:
        return
    tick, chord, key = goal_chord
    index = (setting.low_pitch + np.arange(given.num_pitches)) % 12
    given.allowed[(tick - local.origin_tick) // STEP_TICKS] &= np.isin(index, chord.pitch_classes(key))
    formula = place.entry.formula
    if formula is None:
        return
    end = place.end_tick - local.origin_tick
    bar_tick = place.bar_tick - local.origin_tick
    onsets = [bar_tick + round(beat * setting.meter.beat_ticks) for beat in formula.onsets]
    has_entry = place.entry.voices is not None and bass_until > onsets[0]
    is_whole = place.entry.recall == "full"  # every voice is given: none moves on
    if not setting.is_line and not has_entry and (place.entry.recall != "full" or covered_until < end):
        goal = read_pitch(leaves.bass) if leaves is not None and leaves.bass is not None else None
        bass = cadence_basses(formula, bar_tick, end, key, setting, goal=goal)
        give_cadence_basses(given, bass, setting, is_whole=is_whole)
    if tune_until <= onsets[0]:
        goal = read_pitch(leaves.top) if leaves is not None and leaves.top is not None else None
        tops = cadence_tops(formula, bar_tick, end, key, setting, goal=goal, register=place.entry.tessitura)
        if setting.is_line and tops:
            tops = with_breath(tops, end, setting)
        give_cadence_tops(given, tops, setting, is_whole=is_whole)
