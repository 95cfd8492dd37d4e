from dataclasses import replace

import numpy as np
import pytest

from composer.outline import Outline
from composer.perform import Refinement, perform, seconds_at
from composer.perform.any_score import breaths, file_loudness, not_slowed_twice, usual_player, with_instruments
from composer.perform.reading import read
from composer.score import Note, Part, Score, Slur, TempoMark, make_bars
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
BARS = make_bars(Meter(4, 4), 8)


def line(name, pitch, *, program=0):
    return Part(name, tuple(Note(tick * Q, pitch + tick % 5, Q) for tick in range(32)), program)


def duo(*names):
    return Score(tuple(line(name, 60 - 12 * i) for i, name in enumerate(names)), BARS)


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("Violin I", 40),
        ("Vln. 2", 40),
        ("Viola", 41),
        ("Violoncello", 42),
        ("Soprano", 52),
        ("Bass", 52),
        ("Bassoon", 70),
        ("Bass Guitar", 33),
        ("Flauto", 73),
        ("Corno in F", 60),
        ("Piano", 0),
        ("Piano right hand", 0),
        ("Staff 3", 0),
    ],
)
def test_a_part_sounds_as_it_is_called_where_it_states_no_sound(name, program):
    assert with_instruments(duo(name)).parts[0].program == program


def test_a_stated_sound_is_kept():
    assert with_instruments(Score((line("Violin", 60, program=73),), BARS)).parts[0].program == 73


def test_strings_that_state_no_sound_are_played_without_pedal_and_held():
    score = duo("Violin", "Cello")
    as_piano = perform(score, Outline(BARS), player="romantic")
    as_strings = perform(with_instruments(score), Outline(BARS), player="romantic")
    held, let_go = (np.mean([note.duration_sec for note in one.notes]) for one in (as_strings, as_piano))
    assert held > 1.2 * let_go
    assert not as_strings.pedal


@pytest.mark.parametrize(
    ("composer", "ensemble", "file_name", "player"),
    [
        ("Frédéric Chopin", "keyboard", "", "chopin"),
        ("", "keyboard", "Mozart_KV331", "mozart"),
        ("J. S. Bach", "organ", "", "organ"),
        ("J. S. Bach", "chorale", "", "chorale"),
        ("", "quartet", "", "classical"),
        ("", "keyboard", "untitled", "baroque"),
    ],
)
def test_the_usual_player_is_the_composers_or_the_ensembles(composer, ensemble, file_name, player):
    score = replace(duo("Piano"), composer=composer)
    assert usual_player(score, Outline(BARS, ensemble=ensemble), file_name=file_name) == player


def test_voices_are_a_choir_however_many_there_are():
    score = with_instruments(duo("Cantus", "Altus", "Tenor", "Quintus", "Bassus"))
    score = replace(score, composer="Johann Sebastian Bach")
    assert usual_player(score, Outline(BARS, ensemble="keyboard")) == "chorale"


def loudness(score, velocity_of, **options):
    """dB of each note of the first part."""
    velocities = {(part, note): (velocity_of(part, note),) for part, note in score.notes()}
    reading = read(score, Outline(BARS))
    zero = np.zeros(reading.num_notes)
    from composer.perform.effect import Curves

    refined = file_loudness(velocities, **options)(reading, Curves(np.zeros(reading.num_points), zero, zero, zero))
    return refined.level_db, reading


def test_one_velocity_throughout_says_nothing():
    level_db, _ = loudness(duo("A", "B"), lambda part, note: 100)
    assert not level_db.any()


def test_a_refinement_says_what_the_rules_do_not_know():
    def louder(reading, curves):
        return replace(curves, level_db=curves.level_db + 5)

    refinement: Refinement = louder
    score = duo("Piano")
    plain, loud = (perform(score, Outline(BARS), refinements=refinements) for refinements in ((), (refinement,)))
    assert {b.velocity - a.velocity for a, b in zip(plain.notes, loud.notes, strict=True)} <= {14, 15, 16}


def test_a_louder_track_stays_louder():
    level_db, reading = loudness(duo("A", "B"), lambda part, note: 90 - 30 * part)
    assert 3 * (level_db[reading.part == 0].mean() - level_db[reading.part == 1].mean()) == pytest.approx(30)


def test_a_change_of_level_stands_where_it_is_and_a_jitter_does_not():
    def velocity(part, note):
        return (50 if note.onset_tick < 16 * Q else 80) + note.onset_tick // Q % 3 - 1

    level_db, reading = loudness(duo("A"), velocity)
    units = 3 * (level_db - level_db[0])
    before = reading.onset_tick < 16 * Q
    assert np.abs(units[before]).max() <= 1
    assert np.abs(units[~before] - 30).max() <= 2


def test_an_accent_keeps_what_it_stands_out_by():
    level_db, _ = loudness(duo("A"), lambda part, note: 85 if note.onset_tick == 9 * Q else 60)
    assert 3 * (level_db[9] - level_db[8]) == pytest.approx(25)
    assert level_db[8] == level_db[10]


def test_of_a_performance_only_the_balance_is_kept():
    level_db, reading = loudness(duo("A", "B"), lambda part, note: 60 + 20 * part + note.pitch % 9, balance_only=True)
    assert len(set(level_db[reading.part == 0])) == 1


def test_a_written_ritardando_is_not_slowed_twice():
    marks = [(0, 100.0), (24 * Q, 90.0), (26 * Q, 80.0), (28 * Q, 70.0), (30 * Q, 60.0)]
    score = replace(duo("Piano"), tempos=tuple(TempoMark(tick, bpm) for tick, bpm in marks))
    plain, once = (
        perform(score, Outline(BARS), player="romantic", refinements=refinements)
        for refinements in ((), (not_slowed_twice,))
    )
    before, after = (seconds_at(one.tempo_curve, [0, 20 * Q, 31 * Q]) for one in (plain, once))
    assert after[1] - after[0] == pytest.approx(before[1] - before[0])
    assert after[2] - after[1] < before[2] - before[1]
    steps = replace(score, tempos=(TempoMark(0, 100.0), TempoMark(16 * Q, 60.0)))
    plain, once = (
        perform(steps, Outline(BARS), player="romantic", refinements=refinements)
        for refinements in ((), (not_slowed_twice,))
    )
    assert plain.tempo_curve == once.tempo_curve


def test_one_breathes_after_a_slur_and_longer_at_a_breath_mark():
    notes = list(line("Violin", 60, program=40).notes)
    notes[12] = replace(notes[12], articulations=("breath",))
    score = Score((Part("Violin", tuple(notes), 40),), BARS, slurs=(Slur(0, 3 * Q),))
    plain, breathing = (
        perform(score, Outline(BARS), player="chorale", refinements=refinements) for refinements in ((), (breaths,))
    )
    shorter = np.array(
        [one.duration_sec - other.duration_sec for one, other in zip(plain.notes, breathing.notes, strict=True)]
    )
    assert shorter[3] == pytest.approx(0.06, abs=0.02)
    assert shorter[12] > shorter[3]
    assert not shorter[[0, 1, 2, 4, 5]].any()
