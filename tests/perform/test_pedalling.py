from dataclasses import replace

import pytest

from composer.outline import ChordSpan
from composer.perform import perform
from composer.performance import PedalEvent
from composer.score import Note
from composer.theory.harmony import parse_chord
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q
C_MAJOR = Key(0, "major")


@pytest.fixture
def pedalling(silent):
    """A player who does nothing but pedal: once in 2 s, down all the time, 0.2 s after the chord."""
    return replace(silent, pedal_presses_per_sec=0.5, pedal_hold_sec=1.9, pedal_delay_sec=0.2)


def times(performance, *, down):
    return [event.time_sec for event in performance.pedal if event.is_down is down]


def test_the_pedal_is_changed_after_each_chord_and_up_at_the_end(piano, tune, outlined, pedalling):
    score = piano(tune(4), bars=4)
    performance = perform(score, outlined(score), player=pedalling)
    # A chord a bar of 2 s: up when it ends, or when the style has held it long enough; the last to the end.
    assert times(performance, down=True) == pytest.approx([0.2, 2.2, 4.2, 6.2])
    assert times(performance, down=False) == pytest.approx([2.0, 4.0, 6.0, 8.0])
    assert performance.duration_sec == pytest.approx(8.0)


def test_a_light_foot_holds_for_a_part_of_the_chord(piano, tune, outlined, pedalling):
    score = piano(tune(4), bars=4)
    performance = perform(score, outlined(score), player=replace(pedalling, pedal_hold_sec=0.5))
    assert times(performance, down=False)[:3] == pytest.approx([0.7, 2.7, 4.7])


def test_no_chord_known_no_pedal(piano, tune, outlined, pedalling):
    score = piano(tune(4), bars=4)
    assert perform(score, replace(outlined(score), chords=()), player=pedalling).pedal == ()


def test_the_harpsichord_has_none(piano, tune, outlined, pedalling):
    score = piano(tune(4), bars=4, program=6)
    assert perform(score, outlined(score), player=pedalling).pedal == ()


def test_a_dominant_that_gains_its_seventh_is_held_through(piano, outlined, pedalling):
    score = piano([Note(0, 67, BAR), Note(BAR, 60, BAR)], bars=2)
    chords = tuple(
        ChordSpan(start * Q, end * Q, parse_chord(numeral, "major"), C_MAJOR)
        for start, end, numeral in ((0, 2, "V"), (2, 4, "V7"), (4, 8, "I"))
    )
    performance = perform(score, replace(outlined(score), chords=chords), player=pedalling)
    assert times(performance, down=True) == pytest.approx([0.2, 2.2])


def test_the_pedal_is_up_in_a_rest(piano, outlined, pedalling):
    score = piano([Note(0, 60, 2 * Q), Note(BAR, 60, BAR)], bars=2)
    assert times(perform(score, outlined(score), player=pedalling), down=False)[0] == pytest.approx(1.0)


def test_each_piano_has_its_own_pedal(piano, tune, outlined, pedalling):
    score = piano(tune(2), bars=2)
    score = replace(score, parts=(score.parts[0], replace(score.parts[0], name="Violin", program=40), score.parts[0]))
    performance = perform(score, outlined(score), player=pedalling)
    assert {event.part for event in performance.pedal} == {0, 2}
    assert performance.pedal[0] == PedalEvent(pytest.approx(0.2), True, 0)


def test_a_harmony_that_stays_is_pressed_again_on_a_beat(piano, tune, outlined, pedalling):
    score = piano(tune(4), bars=4)
    performance = perform(score, outlined(score), player=replace(pedalling, pedal_presses_per_sec=1.0))
    assert times(performance, down=True)[:4] == pytest.approx([0.2, 1.2, 2.2, 3.2])
    assert times(performance, down=False)[:2] == pytest.approx([1.0, 2.0])


def test_passing_chords_stay_in_the_pedal_of_who_presses_seldom_and_long(piano, outlined, pedalling):
    score = piano([Note(beat * Q, 60 + beat, Q) for beat in range(16)], bars=4)
    chords = tuple(
        ChordSpan(beat * Q, (beat + 1) * Q, parse_chord(("I", "V", "IV", "vi")[beat % 4], "major"), C_MAJOR)
        for beat in range(16)
    )
    outline = replace(outlined(score), chords=chords)
    seldom = replace(pedalling, pedal_presses_per_sec=0.4, pedal_hold_sec=1.2)
    held = [
        up - down
        for down, up in zip(
            *(times(perform(score, outline, player=seldom), down=d) for d in (True, False)), strict=True
        )
    ]
    assert max(held) == pytest.approx(1.2)
    light = replace(seldom, pedal_hold_sec=0.3)
    held = [
        up - down
        for down, up in zip(*(times(perform(score, outline, player=light), down=d) for d in (True, False)), strict=True)
    ]
    assert max(held[:-1]) == pytest.approx(0.3)
