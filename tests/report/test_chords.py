from __future__ import annotations

from composer.outline import ChordSpan
from composer.report.chords import judge_chords
from composer.score import make_bars
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

BAR = 4 * 10_080


def chords(key: str, *spans: tuple[str, int, int]) -> list[ChordSpan]:
    """Numerals with their first and last beat."""
    home = parse_key(key)
    return [ChordSpan(start * 10_080, end * 10_080, parse_chord(text, home.mode), home) for text, start, end in spans]


def judged(planned, found, *, bars=1):
    return judge_chords(make_bars(parse_meter("4/4"), bars), planned, found)


def test_agreement_is_the_time_with_the_planned_root():
    (bar,) = judged(chords("C major", ("I", 0, 2), ("V7", 2, 4)), chords("C major", ("I6", 0, 3), ("V", 3, 4)))
    assert (bar.planned, bar.found, bar.share) == (("I", "V7"), ("I6", "V"), 0.75)


def test_one_chord_in_two_keys_agrees():
    (bar,) = judged(chords("C major", ("V", 0, 4)), chords("G major", ("I", 0, 4)))
    assert bar.share == 1.0


def test_any_note_of_a_diminished_seventh_is_its_root():
    (bar,) = judged(chords("C minor", ("viio7", 0, 4)), chords("Eb minor", ("viio7", 0, 4)))
    assert bar.share == 1.0


def test_silence_is_not_counted():
    one, two = judged(chords("C major", ("I", 0, 8)), chords("C major", ("IV", 0, 4)), bars=2)
    assert (one.share, two.share, two.total_tick) == (0.0, 1.0, 0)
