"""Meters heard in the notes."""

from __future__ import annotations

import pytest

from composer.corpus import read_bytes
from composer.corpus.meter_features import GROUPS, list_candidates, meter_features, steps_of
from composer.corpus.meter_finder import find_meter, kin
from composer.corpus.meter_weights import WEIGHTS
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter

Rows = list[tuple[float, float, int]]  # onset and length in quarters, pitch

# I IV V I in G: bass, chord.
HARMONY = [(43, (59, 62, 67)), (48, (60, 64, 67)), (50, (60, 62, 66)), (43, (59, 62, 67))]
WALTZ_TUNE = [[(0, 2, 74), (2, 1, 71)], [(0, 1, 72), (1, 1, 76), (2, 1, 79)], [(0, 2, 78), (2, 1, 74)], [(0, 3, 79)]]
JIG_TUNE = [
    [(0, 0.5, 74), (0.5, 0.5, 71), (1, 0.5, 67), (1.5, 1, 74), (2.5, 0.5, 71)],
    [(0, 0.5, 72), (0.5, 0.5, 76), (1, 0.5, 79), (1.5, 1, 76), (2.5, 0.5, 72)],
    [(0, 0.5, 74), (0.5, 0.5, 72), (1, 0.5, 69), (1.5, 0.5, 66), (2, 0.5, 69), (2.5, 0.5, 72)],
    [(0, 1, 71), (1, 0.5, 67), (1.5, 1.5, 67)],
]
MARCH_TUNE = [
    [(0, 1.5, 67), (1.5, 0.5, 71), (2, 1, 74), (3, 1, 74)],
    [(0, 1, 76), (1, 1, 72), (2, 2, 79)],
    [(0, 1.5, 78), (1.5, 0.5, 76), (2, 1, 74), (3, 1, 72)],
    [(0, 1, 71), (1, 1, 74), (2, 2, 67)],
]


def waltz(bars: int = 32) -> Rows:
    """Bass on one, chords on two and three."""
    rows: Rows = []
    for bar in range(bars):
        bass, chord = HARMONY[bar % 4]
        rows += [(bar * 3 + at, length, pitch) for at, length, pitch in WALTZ_TUNE[bar % 4]]
        rows.append((bar * 3, 1, bass))
        rows += [(bar * 3 + beat, 1, pitch) for beat in (1, 2) for pitch in chord]
    return rows


def jig(bars: int = 32) -> Rows:
    rows: Rows = []
    for bar in range(bars):
        bass, chord = HARMONY[bar % 4]
        rows += [(bar * 3 + at, length, pitch) for at, length, pitch in JIG_TUNE[bar % 4]]
        rows += [(bar * 3, 1.5, bass), (bar * 3 + 1.5, 1.5, chord[0] - 5)]
    return rows


def march(bars: int = 32) -> Rows:
    rows: Rows = []
    for bar in range(bars):
        bass, chord = HARMONY[bar % 4]
        rows += [(bar * 4 + at, length, pitch) for at, length, pitch in MARCH_TUNE[bar % 4]]
        rows += [(bar * 4, 1, bass), (bar * 4 + 2, 1, bass + 7)]
        rows += [(bar * 4 + beat, 1, pitch) for beat in (1, 3) for pitch in chord]
    return rows


def notes_of(rows: Rows, *, pickup: float = 0.0) -> list[Note]:
    early = [Note(0, 74, round(pickup * Q))] if pickup else []
    return early + [Note(round((pickup + at) * Q), pitch, round(length * Q)) for at, length, pitch in rows]


def end_of(notes: list[Note]) -> int:
    return max(note.end_tick for note in notes)


@pytest.mark.parametrize(("piece", "family"), [(waltz, Meter(3, 4)), (jig, Meter(6, 8)), (march, Meter(4, 4))])
def test_waltz_jig_and_march_are_told_apart(piece, family):
    notes = notes_of(piece())
    guess = find_meter(notes, end_tick=end_of(notes))
    assert kin(guess.meter) == kin(family)
    assert guess.pickup_tick == 0
    assert guess.kin_confidence > 0.9


@pytest.mark.parametrize("pickup", [0.5, 1.0])
def test_the_pickup_of_a_waltz_is_heard_with_its_meter(pickup):
    notes = notes_of(waltz(), pickup=pickup)
    guess = find_meter(notes, end_tick=end_of(notes) - round(pickup * Q))
    assert (guess.meter, guess.pickup_tick) == (Meter(3, 4), pickup * Q)


def test_key_and_register_do_not_matter():
    low = notes_of(waltz())
    high = [Note(note.onset_tick, note.pitch + 7, note.duration_tick) for note in low]
    one, other = (find_meter(notes, end_tick=end_of(notes)) for notes in (low, high))
    assert one == other


def test_the_order_of_the_notes_does_not_matter():
    notes = notes_of(jig())
    one, other = (find_meter(order, end_tick=end_of(notes)) for order in (notes, notes[::-1]))
    assert one == other


def test_too_little_music_is_taken_for_common_time():
    notes = notes_of(waltz(1))
    guess = find_meter(notes, end_tick=end_of(notes))
    assert (guess.meter, guess.pickup_tick, guess.confidence) == (Meter(4, 4), 0, 0.0)


def test_kin_have_the_same_beats():
    assert kin(Meter(2, 4)) == kin(Meter(4, 4)) == kin(Meter(2, 2))
    assert kin(Meter(3, 8)) == kin(Meter(12, 8)) != kin(Meter(3, 4))
    assert len({kin(Meter(*one)) for one in ((3, 4), (9, 8), (3, 2), (6, 4), (4, 4), (6, 8))}) == 6


def test_every_feature_has_its_weight():
    notes = notes_of(march())
    piece = steps_of(notes, end_tick=end_of(notes))
    assert piece is not None
    candidates = list_candidates(piece)
    width = sum(map(len, GROUPS.values()))
    assert meter_features(piece, candidates).shape == (len(candidates), width)
    assert {name: len(columns) for name, columns in GROUPS.items()} == {
        name: len(weights) for name, weights in WEIGHTS.items()
    }


def test_a_waltz_without_a_time_signature_is_read_in_3_4(midi):
    result = read_bytes(midi(waltz(), meters=[]), "waltz.mid")
    assert {str(bar.meter) for bar in result.score.bars} == {"3/4"}
    assert any("no time signature: 3/4 was heard" in line for line in result.mended)


def test_a_pickup_without_a_time_signature_is_a_bar_of_its_own(midi):
    rows = [(0.0, 1.0, 74), *((at + 1, length, pitch) for at, length, pitch in waltz())][:-1]
    first, second = read_bytes(midi(rows, meters=[]), "waltz.mid").score.bars[:2]
    assert (first.number, first.duration_tick, second.number) == (0, Q, 1)


def test_a_waltz_that_a_program_marked_4_4_stays_so_and_is_told(midi):
    result = read_bytes(midi(waltz(), meters=[(0, 4, 2)]), "waltz.mid")
    assert {str(bar.meter) for bar in result.score.bars} == {"4/4"}
    assert any("the file says 4/4; the notes sound like 3/4" in line for line in result.mended)


def test_a_march_in_4_4_is_not_doubted(midi):
    result = read_bytes(midi(march(), meters=[(0, 4, 2)]), "march.mid")
    assert not any("sound like" in line for line in result.mended)


def test_a_performance_without_a_time_signature_is_not_judged(midi):
    free = [(at * 1.0371 + 0.31 * (index % 7) / 7, length, pitch) for index, (at, length, pitch) in enumerate(waltz())]
    result = read_bytes(midi(free, meters=[]), "free.mid")
    assert result.is_live
    assert "no time signature: 4/4 is taken" in result.mended
