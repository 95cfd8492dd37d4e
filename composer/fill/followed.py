"""What a phrase takes over from a theme without stating it: bars to be like, strong notes; and how it hears one stated.

What it is: the reference bars of a section (the theme's voices where a phrase states or follows it, the figure of an
oom-pah), and the strong notes of a tune that is followed closely, which are pinned where the phrase's chords have them.

Conventions: local ticks, as in `local.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from composer.fill.figures import BROKEN, FIGURE_LEVEL, cadence_tick, oom_pah
from composer.fill.given import Given, Sounding, give_melody, give_notes, nothing_given
from composer.fill.local import Local
from composer.fill.recall import ComposedTheme, stated_tune, stated_voices
from composer.fill.setting import WINDOW_PITCHES, Setting
from composer.plan.outline import PhrasePlace
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, SILENT, STRUCK
from composer.roll.reference import Reference, level_of, no_reference, place_reference

RECALLED_LEVEL = 4  # likeness class of the new voices round a returning tune: of the same kind, not the same
RHYTHM_FIDELITY = 0.3  # below it a phrase takes over its theme's rhythm alone,
STRONG_FIDELITY, BEATS_FIDELITY = 0.5, 0.8  # from which on a followed tune keeps its strong notes, its beats
RHYTHM_LEVEL = 4  # about as closely as the bars of a piece do


def tune_of_phrase(
    place: PhrasePlace, local: Local, themes: Mapping[str, ComposedTheme], setting: Setting
) -> list[Sounding]:
    """Return the tune that a phrase states, local ticks; empty where it states none."""
    theme = themes.get(place.entry.theme or "")
    if theme is None or not place.states_theme:
        return []
    return [(onset - local.origin_tick, length, pitch) for onset, length, pitch in stated_tune(theme, place, setting)]


def give_skeleton(
    given: Given, setting: Setting, place: PhrasePlace, local: Local, themes: Mapping[str, ComposedTheme]
) -> None:
    """Pin the onsets of a followed tune's strong notes where the phrase's chords have them; all else is free.

    From a fidelity of `BEATS_FIDELITY` on the notes of all beats count, from `STRONG_FIDELITY` on those of strong ones.
    """
    theme, fidelity = themes.get(place.entry.theme or ""), place.entry.fidelity or 0.0
    if theme is None or place.states_theme or fidelity < STRONG_FIDELITY or place.entry.voices is not None:
        return
    least = 2 if fidelity >= BEATS_FIDELITY else 3
    end = cadence_tick(place, setting)
    for onset, _, pitch in stated_tune(theme, place, setting):
        slot = next((s for s in place.slots if s.start_tick <= onset < s.end_tick and s.numeral is not None), None)
        strength = setting.meter.strength((onset - place.bar_tick) % setting.meter.bar_ticks)
        if slot is None or onset >= end or strength < least or onset % STEP_TICKS:
            continue
        step, index = (onset - local.origin_tick) // STEP_TICKS, pitch - given.low_pitch
        if pitch % 12 in slot.chord.pitch_classes(slot.key) and given.allowed[step, index]:
            give_melody(
                given,
                [(onset - local.origin_tick, STEP_TICKS, pitch)],
                start_tick=onset - local.origin_tick,
                end_tick=onset - local.origin_tick + STEP_TICKS,
            )
            after = given.code[step + 1 : step + 2, index]
            after[after == SILENT] = FREE  # how long it sounds is the network's


def references_of(
    setting: Setting, places: list[PhrasePlace], local: Local, themes: Mapping[str, ComposedTheme]
) -> Reference:
    """Return the reference: the theme's voices as each phrase states or follows them."""
    num_steps = local.facts.num_steps
    reference = no_reference(num_steps, WINDOW_PITCHES)
    for place in places:
        theme = themes.get(place.entry.theme or "")
        fidelity = place.entry.fidelity if place.entry.fidelity is not None else 1.0
        figure = oom_pah(place, local, setting) if not setting.is_line else []
        if figure and (theme is None or place.states_theme):
            heard = [*figure, *tune_of_phrase(place, local, themes, setting)]
            span = (figure[0][0], max(onset + length for onset, length, _ in figure))
            _refer(reference, heard, span, setting, level=FIGURE_LEVEL)
            continue
        if theme is None or theme.voices is None or fidelity == 0.0:
            continue
        if place.states_theme and place.entry.recall != "full" and place.entry.texture in BROKEN:
            continue  # the tune is given; likeness to the theme's other voices would cost the figure
        heard = [
            (onset - local.origin_tick, length, pitch) for onset, length, pitch in stated_voices(theme, place, setting)
        ]
        span = (place.start_tick - local.origin_tick, theme.covers(place, setting) - local.origin_tick)
        rhythm_only = fidelity < RHYTHM_FIDELITY
        level = RHYTHM_LEVEL if rhythm_only else RECALLED_LEVEL if place.states_theme else level_of(fidelity)
        _refer(reference, heard, span, setting, level=level, rhythm_only=rhythm_only)
    return reference


def _refer(
    reference: Reference,
    notes: Sequence[Sounding],
    span: tuple[int, int],
    setting: Setting,
    *,
    level: int,
    rhythm_only: bool = False,
) -> None:
    """Let a span (local ticks) be like these notes."""
    cells = nothing_given(len(reference.level), WINDOW_PITCHES, setting.low_pitch, compass=setting.compass)
    give_notes(cells, notes)
    steps = slice(span[0] // STEP_TICKS, span[1] // STEP_TICKS)
    play, articulate = cells.code[steps] >= STRUCK, cells.code[steps] == STRUCK
    place_reference(reference, steps, play, articulate, shift=0, level=level, rhythm_only=rhythm_only)
