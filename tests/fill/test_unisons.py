"""A choir's voices that the cells leave out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from composer.fill.ensembles import ensemble_named
from composer.fill.unisons import doubled
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
ROWS = ensemble_named("chorale").parts


def line(*pitches, quarters=1):
    """Notes of one length; None: a rest."""
    return tuple(
        Note(round(place * quarters * Q), pitch, round(quarters * Q)) for place, pitch in enumerate(pitches) if pitch
    )


def pitches_of(part):
    return [(note.onset_tick / Q, note.pitch, note.duration_tick / Q) for note in part]


def test_a_tenor_in_unison_with_the_bass_gets_the_note_back():
    soprano, alto, bass = line(72, 71, 72), line(64, 62, 60), line(55, 55, 48)
    tenor = line(55, None, 52)
    sung = doubled((soprano, alto, tenor, bass), ROWS)
    assert pitches_of(sung[2]) == [(0, 55, 1), (1, 55, 1), (2, 52, 1)]
    assert (sung[0], sung[1], sung[3]) == (soprano, alto, bass)


def test_a_voice_that_comes_late_sings_between_its_neighbours():
    sung = doubled((line(76, 74), line(None, None), line(60, 59), line(48, 55)), ROWS)
    assert [(onset, length) for onset, _, length in pitches_of(sung[1])] == [(0, 1), (1, 1)]
    for note, above, below in zip(sung[1], (76, 74), (60, 59), strict=True):
        assert below <= note.pitch <= above
        assert note.pitch % 12 in {pitch % 12 for pitch in (above, below, 48 if note.onset_tick == 0 else 55)}


def test_it_does_not_go_in_octaves_with_anybody():
    soprano, tenor, bass = line(72, 74), line(57, 57), line(53, 50)
    alto = doubled((soprano, line(None, None), tenor, bass), ROWS)[1]
    first, last = alto[0].pitch, alto[-1].pitch
    for one, other in ((72, 74), (53, 50)):
        assert first == last or (one - first) % 12 != (other - last) % 12 or (one - first) % 12 not in (0, 7)


def test_a_short_rest_is_bridged_by_a_note_that_agrees():
    alto = (Note(0, 64, Q // 2), Note(Q, 64, Q))
    sung = doubled((line(72, 72), alto, line(55, 55), line(48, 48)), ROWS)
    assert pitches_of(sung[1]) == [(0, 64, 1), (1, 64, 1)]


def test_where_nobody_sings_nobody_is_doubled():
    parts = tuple(line(pitch, None, pitch) for pitch in (72, 64, 55, 48))
    assert doubled(parts, ROWS) == parts


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 11) | st.none(), min_size=6, max_size=6), min_size=4, max_size=4))
def test_everybody_sings_whenever_somebody_does(degrees):
    parts = tuple(
        line(*(None if degree is None else low + degree for degree in own))
        for low, own in zip((64, 57, 52, 45), degrees, strict=True)
    )
    sung = doubled(parts, ROWS)
    for place in range(6):
        sounding = [any(note.onset_tick <= place * Q < note.end_tick for note in part) for part in sung]
        assert len(set(sounding)) == 1
    for before, after in zip(parts, sung, strict=True):
        assert {(note.onset_tick, note.pitch) for note in before} <= {(note.onset_tick, note.pitch) for note in after}
