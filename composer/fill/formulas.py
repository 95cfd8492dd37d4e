"""Cadence formulas of a plan → the outer voices of a cadence as placed notes."""

from __future__ import annotations

from collections.abc import Callable

from composer.fill.given import Given, Sounding, give_bass, give_begun, give_melody, place_degrees
from composer.fill.setting import Setting
from composer.plan.model import Formula
from composer.roll.grid import STEP_TICKS
from composer.style_statistics import parse_degree
from composer.theory.key import Key


def cadence_tops(
    formula: Formula,
    bar_tick: int,
    end_tick: int,
    key: Key,
    setting: Setting,
    *,
    goal: float | None = None,
    register: str | None = None,
) -> list[Sounding]:
    """Return the top voice of a cadence formula as placed notes.

    Args:
        formula: of the phrase.
        bar_tick: the phrase's first bar line.
        end_tick: where the phrase ends.
        key: in which the formula's degrees count.
        setting: of the piece.
        goal: MIDI pitch that the last note is nearest to; None: where tunes of the style end.
        register: `low`, `middle` or `high`.
    """
    beats = float(setting.meter.beats) if setting.row.is_choir else max(1.0, setting.meter.beats / 2)
    onsets, lengths = _rhythm(formula, bar_tick, end_tick, setting, beats=beats)
    usual, compass = setting.melody_goal_in(register), setting.melody_compass_in(register)
    found = usual if goal is None else goal
    return _voice(formula.soprano, onsets, lengths, key, goal=found, compass=compass, reach=setting.compass)


def cadence_basses(
    formula: Formula, bar_tick: int, end_tick: int, key: Key, setting: Setting, *, goal: float | None = None
) -> list[Sounding]:
    """Return the bass of a cadence formula as placed notes; arguments as `cadence_tops`."""
    # A choir rests on its last chord together; a left hand moves on.
    beats = float(setting.meter.beats) if setting.row.is_choir else 1.0
    onsets, lengths = _rhythm(formula, bar_tick, end_tick, setting, beats=beats)
    usual, compass = setting.bass_goal, setting.bass_compass
    found = usual if goal is None else goal
    return _voice(formula.bass, onsets, lengths, key, goal=found, compass=compass, reach=setting.compass)


def give_cadence_tops(given: Given, notes: list[Sounding], setting: Setting, *, is_whole: bool = False) -> None:
    """Pin the top voice of a cadence (local ticks): its last note, and where those before it begin.

    Between them an instrument moves on as it did before. Singers, and who plays a line alone, sing the notes as they
    are.

    Args:
        given: what they are added to.
        notes: of `cadence_tops`, in local ticks; may be empty.
        setting: of the piece.
        is_whole: all notes are given as they are.
    """
    _give_line(give_melody, given, notes, held=len(notes) if is_whole or not _moves_on(setting) else 1)


def give_cadence_basses(given: Given, notes: list[Sounding], setting: Setting, *, is_whole: bool = False) -> None:
    """Pin the bass of a cadence as `give_cadence_tops` does its top.

    But the note before the last is held until its last beat begins (all of it, where it is shorter than a beat, or a
    rest follows), and nothing goes below it: V stands in root position before I, whatever leads on from it.
    """
    if is_whole or not _moves_on(setting) or len(notes) < 2:
        _give_line(give_bass, given, notes, held=len(notes))
        return
    (onset, length, pitch), arrival = notes[-2], notes[-1][0]
    beat = setting.meter.beat_ticks
    if length < beat or onset + length < arrival:
        _give_line(give_bass, given, notes, held=2)
        return
    _give_line(give_bass, given, notes[:-2], held=0)
    give_begun(give_bass, given, (onset, arrival - beat + STEP_TICKS - onset, pitch))
    given.allowed[onset // STEP_TICKS : arrival // STEP_TICKS, : max(0, pitch - given.low_pitch)] = False
    _give_line(give_bass, given, notes[-1:], held=1)


def begun_tops(notes: list[Sounding], setting: Setting) -> list[Sounding]:
    """Return the top voice of a cadence as a new tune is given it: its last note, and where those before it begin.

    A tune that stood on each of its chords would slow down before every cadence, where real ones run on. Sung ones have
    the notes as they are.
    """
    if not _moves_on(setting) or setting.row.has_soloist:
        return notes
    return [*((onset, min(length, STEP_TICKS), pitch) for onset, length, pitch in notes[:-1]), *notes[-1:]]


def _moves_on(setting: Setting) -> bool:
    return not (setting.row.is_choir or setting.is_line)


def _give_line(give: Callable[..., None], given: Given, notes: list[Sounding], *, held: int) -> None:
    """Pin the last `held` notes as they are, and where those before begin."""
    first_held = max(0, len(notes) - held)
    begun, last = notes[:first_held], notes[first_held:]
    for onset, _, pitch in begun:
        give_begun(give, given, (onset, STEP_TICKS, pitch))
    if last:
        give(given, last, start_tick=last[0][0], end_tick=last[-1][0] + last[-1][1])


def _rhythm(
    formula: Formula, bar_tick: int, end_tick: int, setting: Setting, *, beats: float
) -> tuple[list[int], list[int]]:
    """Return onsets and lengths of a formula's chords; the last one is given for so many beats at most.

    What comes after that in the phrase is the network's: an answer, a link, an upbeat.
    """
    onsets = [bar_tick + round(beat * setting.meter.beat_ticks) for beat in formula.onsets]
    lengths = [later - onset for onset, later in zip(onsets, [*onsets[1:], end_tick], strict=True)]
    lengths[-1] = min(lengths[-1], round(beats * setting.meter.beat_ticks))
    return onsets, lengths


def _voice(
    degrees: tuple[str, ...],
    onsets: list[int],
    lengths: list[int],
    key: Key,
    *,
    goal: float,
    compass: tuple[int, int],
    reach: tuple[int, int],
) -> list[Sounding]:
    """Return one voice of a formula as notes; a degree `-` is a rest."""
    classes = [None if degree == "-" else parse_degree(degree, key.mode) for degree in degrees]
    pitches = place_degrees(classes, key, goal=goal, compass=compass, reach=reach)
    return [
        (onset, length, pitch)
        for onset, length, pitch in zip(onsets, lengths, pitches, strict=True)
        if pitch is not None
    ]
