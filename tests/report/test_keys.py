from __future__ import annotations

from dataclasses import replace

from composer.analysis.frames import note_array
from composer.outline import KeySpan
from composer.report.keys import find_by_profile, judge_keys, one_key_spans
from composer.report.sounding import pitch_class_quarters
from composer.theory.key import parse_key

G_MAJOR = "G4 A4 B4 C5 | D5 B4 G4 D5 | E5 C5 A4 F#4 | G4:4 |"


def test_eight_bars_of_a_scale_are_heard_in_its_key(keyboard, planned):
    score = keyboard(G_MAJOR * 2, "G3:4 | G3:4 | D3:4 | G3:4 |" * 2)
    (found,) = judge_keys(score, planned(score, key="G major"))
    assert found.agrees
    (found,) = judge_keys(score, planned(score, key="A minor"))
    assert not found.agrees


def test_short_spans_are_left_out(keyboard, planned):
    score = keyboard(G_MAJOR)
    assert judge_keys(score, planned(score, key="G major")) == ()


def test_a_key_that_goes_on_in_the_next_section_is_two_spans(keyboard, planned):
    score = keyboard(G_MAJOR * 4)
    outline = planned(score, key="G major")
    (section,), middle = outline.sections, score.end_tick // 2
    halves = (replace(section, end_tick=middle), replace(section, id="B", start_tick=middle))
    assert len(one_key_spans(replace(outline, sections=halves))) == 2


def test_a_modulating_section_has_a_span_for_each_key(keyboard, planned):
    score = keyboard(G_MAJOR * 4)
    outline, middle = planned(score), score.end_tick // 2
    keys = (KeySpan(0, middle, parse_key("G major")), KeySpan(middle, score.end_tick, parse_key("E minor")))
    assert [str(span.key) for span in one_key_spans(replace(outline, keys=keys))] == ["G major", "E minor"]


def test_another_finder_can_be_handed_in(keyboard, planned):
    score = keyboard(G_MAJOR * 2)
    (found,) = judge_keys(score, planned(score, key="E minor"), finder=lambda weights: (4, "minor"))
    assert found.agrees


def test_weights_are_the_time_inside_the_span(keyboard):
    weights = pitch_class_quarters(note_array(keyboard("C4:2 D4:2")), 10_080, 30_240)
    assert weights.tolist() == [1.0, 0.0, 1.0, *[0.0] * 9]


def test_minor_is_told_from_its_relative_major(keyboard):
    notes = note_array(keyboard("A4 B4 C5 E5 | E5 D5 C5 B4 | C5 B4 G#4 B4 | A4:4", "A3:4 | E3:4 | E3:4 | A3:4"))
    assert find_by_profile(pitch_class_quarters(notes, 0, 161_280)) == (9, "minor")
