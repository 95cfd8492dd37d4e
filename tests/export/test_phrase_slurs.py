import pytest

from composer.export.phrase_slurs import phrase_slurs
from composer.export.voices import divide
from composer.outline import Outline, PhraseSpan, TextureSpan
from composer.score import Slur
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def outline_of(score, phrases=(), *, pattern="chords", ensemble="keyboard", tempos=()):
    spans = tuple(PhraseSpan(start * Q, end * Q) for start, end in phrases)
    textures = (TextureSpan(0, score.end_tick, pattern),)
    return Outline(score.bars, phrases=spans, textures=textures, ensemble=ensemble, tempos=tempos)


def test_a_phrase_has_a_slur_from_its_first_note_to_its_last(keyboard):
    score = keyboard([(beat, 72 + beat, 1) for beat in range(8)], [(0, 48, 8)])
    assert phrase_slurs(score, outline_of(score, [(0, 4), (4, 8)])) == (Slur(0, 3 * Q), Slur(4 * Q, 7 * Q))


def test_a_rest_ends_a_slur_and_two_notes_have_none(keyboard):
    score = keyboard([(0, 72, 1), (1, 74, 1), (2, 76, 1), (4, 77, 1), (5, 76, 1)])
    assert phrase_slurs(score, outline_of(score, [(0, 8)])) == (Slur(0, 2 * Q),)


def test_no_slur_is_longer_than_four_bars(keyboard):
    score = keyboard([(beat, 60 + beat % 7, 1) for beat in range(32)], bars=8)
    slurs = phrase_slurs(score, outline_of(score, [(0, 32)]))
    assert slurs == (Slur(0, 15 * Q), Slur(16 * Q, 31 * Q))


def test_the_slur_is_over_the_tune_and_not_below_what_is_held(keyboard):
    score = keyboard([(0, 79, 2), (0, 60, 1), (1, 62, 1), (2, 77, 1), (3, 76, 1)])
    assert phrase_slurs(score, outline_of(score, [(0, 4)])) == (Slur(0, 3 * Q),)


@pytest.mark.parametrize("kind", [{"pattern": "imitation"}, {"pattern": "stride"}, {"ensemble": "quartet"}])
def test_imitation_rags_and_quartets_have_no_phrase_slurs(keyboard, kind):
    score = keyboard([(beat, 72 + beat, 1) for beat in range(8)])
    assert phrase_slurs(score, outline_of(score, [(0, 8)], **kind)) == ()


def test_a_slur_begins_and_ends_in_the_upper_voice(keyboard):
    rows = [(0, 76, 2), (0, 60, 1), (1, 62, 1), (2, 77, 1), (3, 76, 1), (2, 60, 4), (4, 72, 1)]
    score = keyboard(rows)
    upper = divide(score.parts[0].notes)[0]
    (slur,) = phrase_slurs(score, outline_of(score, [(0, 8)]))
    ends = [note for note in upper if note.onset_tick in (slur.onset_tick, slur.end_tick)]
    assert [note.pitch for note in ends] == [76, 72]
