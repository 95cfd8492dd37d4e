"""A theme of the plan, composed whole: its tune, where the plan leaves it open, and the voices round it.

Conventions: a theme's own ticks count from its first bar line, those of the filter from its first step.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from composer.fill.countersubjects import compose_countersubject
from composer.fill.formulas import cadence_basses, give_cadence_basses
from composer.fill.given import (
    Given,
    Sounding,
    free_onsets,
    give_melody,
    give_notes,
    moving_beats,
    nothing_given,
    open_ends,
)
from composer.fill.lengths import legible_tune
from composer.fill.local import localize
from composer.fill.particles import NoteSource, Stretch, run_filter
from composer.fill.recall import ComposedTheme, cells_to_sounding
from composer.fill.sections import solo_cells
from composer.fill.setting import WINDOW_PITCHES, Setting, critic_weights
from composer.fill.subjects import compose_subject
from composer.fill.theme_tasks import theme_closings, theme_key, theme_outline, theme_task
from composer.fill.themes import compose_theme
from composer.plan.model import ThemeEntry
from composer.plan.randomness import stream
from composer.plan.themes import SUBJECT
from composer.plan.tunes import Tune
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, SILENT
from composer.roll.reference import no_reference


def compose_whole(
    name: str,
    entry: ThemeEntry,
    setting: Setting,
    source: NoteSource,
    pinned: Tune | None,
    subject: ComposedTheme | None,
) -> ComposedTheme:
    """Return a theme with its tune and its voices.

    Args:
        name, entry: as the plan has it.
        setting: of the piece, in the theme's style.
        source: what samples notes.
        pinned: its tune as far as the plan gives it, or None.
        subject: the theme that this one is to go against, or None.

    The voices are always written, whether or not some section asks for them: one section's wishes must not change what
    another hears.
    """
    melody = pinned.melody if pinned is not None else None
    if melody is None or melody.free:
        task = theme_task(name, entry, setting, melody)
        generator = stream(setting.seed, "theme", name, "tune")
        if melody is None and subject is not None:
            melody = compose_countersubject(subject.melody, task, source, setting, generator)
        elif melody is None and task.kind == SUBJECT:
            melody = compose_subject(task, source, setting.statistics, generator)
        else:
            melody = compose_theme(task, source, setting.statistics, generator)
        given = {(note.onset_tick, note.pitch) for note in (pinned.melody.notes if pinned is not None else ())}
        melody = legible_tune(melody, exact=given)
    outline, _ = theme_outline(name, entry, setting)
    pickup = setting.pickup_tick
    chords = tuple(
        replace(span, start_tick=span.start_tick - pickup, end_tick=span.end_tick - pickup) for span in outline.chords
    )
    theme = ComposedTheme(name, melody, theme_key(entry, setting), entry.bars or 0, chords)
    if entry.type == SUBJECT and name not in {place.entry.theme for place in setting.places}:
        return theme  # it only enters in single voices
    return replace(theme, voices=_compose_voices(theme, entry, setting, source, pinned))


def _compose_voices(
    theme: ComposedTheme, entry: ThemeEntry, setting: Setting, source: NoteSource, pinned: Tune | None
) -> tuple[Sounding, ...]:
    """Write the other voices round a theme's tune, once, for `recall: full` and as reference of its returns."""
    if setting.is_line:
        return ()  # the tune is all of it
    beats = theme.bars * setting.meter.bar_ticks / setting.meter.beat_ticks
    onsets = len(theme.melody.notes) / max(1.0, beats)
    outline, span = theme_outline(theme.name, entry, setting, tune_onsets=onsets)
    local = localize(outline, span, enters=None)
    given = nothing_given(local.facts.num_steps, WINDOW_PITCHES, setting.low_pitch, compass=setting.compass)
    tune = [(note.onset_tick + setting.pickup_tick, note.duration_tick, note.pitch) for note in theme.melody.notes]
    give_melody(given, tune, start_tick=0, end_tick=local.end_tick)
    has_voices = pinned is not None and len(pinned.voices) > 1
    if pinned is not None and has_voices:
        _give_voices(given, pinned, setting)
    for phrase, place in zip(entry.phrases or (), outline.phrases, strict=True):
        if phrase.formula is not None and not has_voices:
            bar_tick = place.start_tick + setting.pickup_tick
            bass = cadence_basses(phrase.formula, bar_tick, place.end_tick, theme.key, setting)
            give_cadence_basses(given, bass, setting)
    num_steps = local.facts.num_steps
    closings = theme_closings(theme.name, outline.phrases, setting)
    upper = [(closing, setting.upper_voice_from(None)) for closing in closings]
    stretch = Stretch(
        facts=local.facts,
        pins=given.pins(),
        reference=no_reference(num_steps, WINDOW_PITCHES),
        allowed=given.allowed,
        bars=local.bars,
        lead_in_steps=0,
        phrase_ends=frozenset(
            index
            for index, (first, end) in enumerate(local.bars)
            if any(first < phrase.end_tick // STEP_TICKS <= end for phrase in local.phrases)
        ),
        ensemble=setting.ensemble,
        style=setting.style,
        low_pitch=setting.low_pitch,
        plays_keyboard=setting.row.has_hands,
        solo=solo_cells(tune, num_steps, setting) if setting.row.has_soloist else None,
        compasses=setting.single_compasses,
        critic_weights=critic_weights(setting),
        onsets=free_onsets(upper, local.facts, WINDOW_PITCHES, tune=tune),
        moving=moving_beats(closings, local.facts),
        open_ends=open_ends(closings, num_steps),
        runs=setting.runs,
    )
    filled = run_filter(source, stretch, stream(setting.seed, "theme", theme.name, "voices"))
    return cells_to_sounding(
        filled.play, filled.articulate, low_pitch=setting.low_pitch, start_tick=-setting.pickup_tick
    )


def _give_voices(given: Given, pinned: Tune, setting: Setting) -> None:
    """Pin a theme's other voices as the plan has them; nothing else sounds but where it leaves one of them free."""
    is_free = np.zeros(len(given.code), bool)
    for voice in pinned.voices:
        give_notes(
            given, [(note.onset_tick + setting.pickup_tick, note.duration_tick, note.pitch) for note in voice.notes]
        )
        for start, end in voice.free:
            is_free[(start + setting.pickup_tick) // STEP_TICKS : (end + setting.pickup_tick) // STEP_TICKS] = True
    given.code[(given.code == FREE) & ~is_free[:, None]] = SILENT
