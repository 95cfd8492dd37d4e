"""What a phrase takes over from a theme without stating it: bars to be like, notes; and how it hears one stated.

What it is: the reference bars of a section (the theme's voices where a phrase states or follows it, the figure of an
oom-pah), and the share of a tune's notes that is kept where it is followed closely, as far as the phrase's chords bear
them.

Conventions: local ticks, as in `local.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from composer.fill.figures import BROKEN, FIGURE_LEVEL, cadence_tick, oom_pah
from composer.fill.given import Given, Sounding, give_begun, give_melody, give_notes, nothing_given
from composer.fill.local import Local
from composer.fill.recall import ComposedTheme, stated_tune, stated_voices
from composer.fill.setting import WINDOW_PITCHES, Setting
from composer.plan.outline import PhrasePlace
from composer.plan.phrases import CLOSE
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import STRUCK
from composer.roll.reference import Reference, level_of, no_reference, place_reference
from composer.theory.key import Key

RECALLED_LEVEL = 4  # likeness class of the new voices round a returning tune: of the same kind, not the same
RHYTHM_FIDELITY = 0.3  # below it a phrase takes over its theme's rhythm alone,
TUNE_FIDELITY = 0.5  # from which on a followed tune keeps notes, that share of them
NEARLY_STATED = 0.9  # from here on so few notes are free that it may sound like the theme itself
WEAK_STRENGTH = 2  # below it a place may have a note that is not the chord's
RHYTHM_LEVEL = 4  # about as closely as the bars of a piece do


def tune_of_phrase(
    place: PhrasePlace, local: Local, themes: Mapping[str, ComposedTheme], setting: Setting
) -> list[Sounding]:
    """Return the tune that a phrase states, local ticks; empty where it states none."""
    theme = themes.get(place.entry.theme or "")
    if theme is None or not place.states_theme:
        return []
    return [(onset - local.origin_tick, length, pitch) for onset, length, pitch in stated_tune(theme, place, setting)]


def follows_closely(place: PhrasePlace) -> bool:
    """Return whether a phrase follows its theme so closely that one should hear it, without stating it."""
    fidelity = place.entry.fidelity or 0.0
    return CLOSE <= fidelity < NEARLY_STATED and not place.states_theme and place.entry.voices is None


def give_skeleton(
    given: Given, setting: Setting, place: PhrasePlace, local: Local, themes: Mapping[str, ComposedTheme]
) -> None:
    """Pin the onsets of the notes that a followed tune keeps; what lies between, and how long they last, is free.

    At a fidelity of .7 it keeps seven notes in ten, those of the strongest places, as far as the chords allow; those
    that its cadence gives anyway are among the seven.
    """
    theme, fidelity = themes.get(place.entry.theme or ""), place.entry.fidelity or 0.0
    if theme is None or place.states_theme or fidelity < TUNE_FIDELITY or place.entry.voices is not None:
        return
    tune = stated_tune(theme, place, setting)
    pairs = zip_longest(tune, tune[1:])
    kept = [note for note, after in pairs if _can_stay(note, after, place, setting)]
    kept.sort(key=lambda note: (-_strength(note[0], place, setting), -note[1], note[0]))
    anyway = sum(
        onset >= cadence_tick(place, setting) and _is_given(given, onset, pitch, local) for onset, _, pitch in tune
    )
    most = round(fidelity * len(tune))
    if follows_closely(place):
        most = min(most, int(NEARLY_STATED * len(tune)))
    for onset, _, pitch in sorted(kept[: max(0, most - anyway)]):
        step, index = (onset - local.origin_tick) // STEP_TICKS, pitch - given.low_pitch
        if 0 <= index < given.num_pitches and given.allowed[step, index]:
            give_begun(give_melody, given, (onset - local.origin_tick, STEP_TICKS, pitch))


def _is_given(given: Given, onset: int, pitch: int, local: Local) -> bool:
    """Return whether a note (in ticks of the piece) is struck in what is given."""
    step, index = (onset - local.origin_tick) // STEP_TICKS, pitch - given.low_pitch
    is_inside = 0 <= step < len(given.code) and 0 <= index < given.num_pitches
    return is_inside and bool(given.code[step, index] == STRUCK)


def _can_stay(note: Sounding, after: Sounding | None, place: PhrasePlace, setting: Setting) -> bool:
    """Return whether a tune's note suits the phrase's own chords: as one of theirs, or as a weak step to the next."""
    onset, _, pitch = note
    slot = next((s for s in place.slots if s.start_tick <= onset < s.end_tick and s.numeral is not None), None)
    if slot is None or onset >= cadence_tick(place, setting) or onset % STEP_TICKS:
        return False
    if pitch % 12 in slot.chord.pitch_classes(slot.key):
        return True
    leads_on = after is not None and abs(after[2] - pitch) <= 2
    return leads_on and pitch % 12 in _scale(slot.key) and _strength(onset, place, setting) < WEAK_STRENGTH


def _scale(key: Key) -> set[int]:
    """Return the pitch classes of a key; in minor with both sixths and sevenths."""
    raised = (9, 11) if key.mode == "minor" else ()
    return {*key.scale, *((key.tonic_pitch_class + degree) % 12 for degree in raised)}


def _strength(onset: int, place: PhrasePlace, setting: Setting) -> int:
    return setting.meter.strength((onset - place.bar_tick) % setting.meter.bar_ticks)


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
        if follows_closely(place):
            # What it keeps is given; told "the same", the network would copy the rest as well.
            level = min(level, RECALLED_LEVEL)
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
