import re

import numpy as np

from composer.export.page.report_tables import report_html
from composer.export.page.timeline import sections_of, shown_numbers, timeline_rules
from composer.outline import KeySpan, Outline, SectionSpan
from composer.score import Mark
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER

BAR = 4 * TICKS_PER_QUARTER


def number_at(tick):
    return tick // BAR + 1


def test_a_theme_has_one_color_wherever_it_comes_back(keyboard):
    score = keyboard([(0, 60, 4)], bars=6)
    spans = tuple(
        SectionSpan(2 * index * BAR, 2 * (index + 1) * BAR, section_id, label, theme=theme)
        for index, (section_id, label, theme) in enumerate((("A", "A", "tune"), ("B", "B", ""), ("C", "C", "tune")))
    )
    keys = (KeySpan(0, 3 * BAR, parse_key("Bb major")), KeySpan(3 * BAR, 6 * BAR, parse_key("f# minor")))
    found = sections_of(score, Outline(score.bars, keys=keys, sections=spans), number_at)
    assert [section.color for section in found] == [0, 1, 0]
    assert [section.keys for section in found] == [("B♭ major",), ("B♭ major", "F♯ minor"), ("F♯ minor",)]
    assert found[1].told == "Section B, B♭ major to F♯ minor, bars 3 to 4"


def test_a_piece_without_an_outline_has_the_sections_of_its_marks(keyboard):
    score = keyboard([(0, 60, 4)], bars=4, marks=(Mark(0, "A"), Mark(2 * BAR, "Coda")))
    found = sections_of(score, None, number_at)
    assert [(section.label, section.first_bar, section.last_bar) for section in found] == [("A", 1, 2), ("Coda", 3, 4)]


def test_the_ribbon_is_as_long_as_the_piece(keyboard):
    score = keyboard([(0, 60, 4)], bars=3, marks=(Mark(0, "A"), Mark(2 * BAR, "B")))
    rules = timeline_rules(sections_of(score, None, number_at), [0, 1 / 3, 2 / 3], [(1, 2)], 3 * BAR)
    assert re.findall(r"\.s\d\{left:([\d.]+)%;width:([\d.]+)%\}", rules) == [("0.000", "66.667"), ("66.667", "33.333")]
    assert ".t1{left:33.333%}" in rules


def test_few_bars_are_numbered_however_many_there_are():
    for count in (1, 16, 200, 3000):
        shown = shown_numbers(list(range(1, count + 1)))
        assert 1 <= len(shown) <= 50
        assert np.all(np.diff([number for _, number in shown]) > 0)


TOLD = {
    "planned": True,
    "totals": {
        "sections_as_planned": [1, 2],
        "theme_notes_on_top": 0.97,
        "exact_returns": 1,
        "varied_returns": 0,
        "varied_likeness": None,
        "keys_as_planned": [1, 1],
        "phrases_heard": [2, 3],
        "chord_roots_as_planned": 0.825,
        "PAC_as_planned": [2, 3],
        "HC_as_planned": None,
    },
    "sections": [
        {"id": "A&B", "label": "A", "first_bar": 1, "last_bar": 8, "heard_as": "A", "agrees": False, "key": "G major"}
    ],
    "themes": [],
    "keys": [],
    "cadences": [{"bar": 4, "section": "A", "planned": "PAC", "as_planned": False, "missing": ["bass"], "heard": None}],
    "voice_leading": {"per_100_bars": 2.04, "counts": {"fifths": 1, "octaves": 0}},
    "copies": [{"style": "bach", "notes": 12, "real_p95": 31.0}, {"style": "joplin", "notes": None, "real_p95": 20}],
}


def test_the_report_is_told_in_lines_and_tables():
    text = report_html(TOLD)
    for words in (
        "heard as A; 1 of 2 sections as planned",
        "97 % of their notes in place in 1 exact return<",
        "PAC 2 of 3 as planned",
        "2.0 faults in 100 bars (1 parallel fifths)",
        "12 notes in a row shared with a piece of bach at most; one real piece in twenty shares over 31",
        "<td>A&amp;B</td><td>1–8</td><td>A</td><td>G major</td><td>no</td>",
        "<td>4</td><td>A</td><td>PAC</td><td>no</td><td>–</td><td>bass</td>",
    ):
        assert words in text
    assert text.count("<table>") == 2  # no empty ones
