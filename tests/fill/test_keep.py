"""What is kept of an earlier plan while a phrase of it is composed anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer import pipeline
from composer.fill.fill import FilledPiece
from composer.fill.keep import aligned, carried_over
from composer.fill.particles import Chunk, Stretch
from composer.plan.model import Dynamics, PhraseEntry, Plan
from composer.plan.outline import phrase_places
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan

RONDO = """
plan: 1
form: rondo
style: bach
ensemble: keyboard
key: G major
meter: "3/4"
pickup: 0
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}
  couplet: {bars: 4}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
  - label: B
    theme: couplet
    fidelity: 0.4
    key: V
    cadence: HC
    phrases:
      - {bars: 4, cadence: IAC}
      - {bars: 4, cadence: HC, harmony: "I | IV | ii6 | V"}
      - {bars: 3, cadence: none}
      - {bars: 4, cadence: HC}
  - {label: C, theme: none, bars: 8, key: vi, cadence: PAC}
  - {label: A, id: A2, copy_of: A, recall: full}
"""
CHORALE = """
plan: 1
form: chorale
style: chorale
ensemble: chorale
key: A minor
meter: "4/4"
pickup: 1
seed: 6
"""

NoteFacts = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class Built:
    plan: Plan
    filled: FilledPiece

    def phrase(self, section: str, index: int) -> list[NoteFacts]:
        """The notes that begin in a phrase: onset from its start, length, pitch, part, staff, voice."""
        place = next(p for p in phrase_places(self.plan) if (p.section.id, p.index) == (section, index))
        return [
            (n.onset_tick - place.start_tick, n.duration_tick, n.pitch, part, n.staff, n.voice)
            for part, n in self.filled.score.notes()
            if place.start_tick <= n.onset_tick < place.end_tick
        ]

    def phrases(self) -> dict[tuple[str, int], list[NoteFacts]]:
        return {(p.section.id, p.index): self.phrase(p.section.id, p.index) for p in phrase_places(self.plan)}


class Hearing:
    """A source of notes whose every bar depends on what sounded before it, as the network's does."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.num_particles, self.num_pitches = source.num_particles, source.num_pitches
        self.start, self.gather = source.start, source.gather

    def run(self, state: Any, stretch: Stretch, first: int, end: int, uniforms: np.ndarray) -> tuple[Chunk, Any]:
        heard = int((state * np.arange(1, self.num_pitches + 1)).sum()) % self.num_pitches
        return self.source.run(state, stretch, first, end, np.roll(uniforms, heard, axis=2))


@pytest.fixture(scope="module")
def build(make_fake_source) -> Callable[..., Built]:
    """Build a resolved plan, keeping what is the same in earlier ones."""

    def built(plan: Plan, *earlier: Plan) -> Built:
        filled, _, _ = pipeline.fill_plan(
            plan, make_source=lambda _: Hearing(make_fake_source()), earlier=tuple((old, None) for old in earlier)
        )
        return Built(plan, filled)

    return built


@pytest.fixture(scope="module")
def old(build) -> Built:
    return build(resolve(parse_plan(RONDO)))


def with_phrase(plan: Plan, section: str, index: int, **changes: object) -> Plan:
    """Change a phrase of a resolved plan and nothing else."""

    def edited(phrases: tuple[PhraseEntry, ...]) -> tuple[PhraseEntry, ...]:
        return tuple(p.model_copy(update=changes) if i == index else p for i, p in enumerate(phrases))

    sections = tuple(
        s.model_copy(update={"phrases": edited(s.phrases)}) if s.id == section else s for s in plan.sections
    )
    return resolve(plan.model_copy(update={"sections": sections}))


def test_after_an_edit_of_one_phrase_s_chords_all_other_notes_are_as_they_were(build, old):
    new = with_phrase(old.plan, "B", 1, harmony="I | vi | IV | V", formula=None)
    kept, plain = build(new, old.plan).phrases(), build(new).phrases()
    before = old.phrases()
    assert kept[("B", 1)] != before[("B", 1)]
    assert {place: notes for place, notes in kept.items() if place != ("B", 1)} == {
        place: notes for place, notes in before.items() if place != ("B", 1)
    }
    assert all(plain[place] == before[place] for place in before if place[0] != "B")
    assert any(plain[("B", index)] != before[("B", index)] for index in (2, 3))


def test_keeping_tells_what_was_kept(build, old):
    new = with_phrase(old.plan, "B", 1, harmony="I | vi | IV | V", formula=None)
    assert [str(match) for match in build(new, old.plan).filled.kept] == [
        "3 of 4 phrases of B (phrase 2 is composed anew)"
    ]
    assert build(old.plan, old.plan).filled.kept == ()


def test_the_composed_phrase_has_the_new_chords_and_hears_what_is_kept(build, old):
    new = with_phrase(old.plan, "B", 1, harmony="I | vi | IV | V", formula=None)
    built = build(new, old.plan)
    again = build(new, old.plan)
    assert built.filled.score == again.filled.score
    assert built.filled.reports[1].misses == ()
    roots = []
    bar = 3 * 10080
    for index in range(3):
        sounding = [pitch for onset, length, pitch, *_ in built.phrase("B", 1) if onset <= index * bar < onset + length]
        roots.append((min(sounding) - 2) % 12)  # D is the tonic of B
    assert roots == [0, 9, 5]


def test_how_a_phrase_is_played_is_not_what_its_notes_depend_on(build, old):
    new = with_phrase(old.plan, "B", 0, dynamics=Dynamics(level="ff"), tempo_factor=0.8, ritard=1.0)
    assert build(new, old.plan).filled.kept == ()


def test_chords_of_a_section_stay_the_section_s():
    text = (
        RONDO[: RONDO.index("sections:")]
        + """sections:
  - {label: A, theme: none, harmony: "I | ii | V | I | I | IV | V | I", phrases: [{bars: 4}, {bars: 4}]}
"""
    )
    stated = parse_plan(text)
    done = resolve(stated)
    carried = carried_over(stated, stated, done)
    assert carried.sections[0].harmony == stated.sections[0].harmony
    before, now = (
        [(phrase.bars, phrase.cadence, phrase.harmony, phrase.formula) for phrase in plan.sections[0].phrases or ()]
        for plan in (done, resolve(carried))
    )
    assert now == before


def test_a_formula_that_is_stated_is_carried_over():
    formula = '{chords: V I, onsets: [6, 9], soprano: "2 1", bass: "5 1"}'
    text = (
        RONDO[: RONDO.index("sections:")]
        + f"""sections:
  - {{label: A, theme: none, harmony: "I | ii | V | I", phrases: [{{bars: 4, formula: {formula}}}]}}
"""
    )
    stated = parse_plan(text)
    carried = carried_over(stated, stated, resolve(stated))
    assert resolve(carried).sections[0].phrases[0].formula == stated.sections[0].phrases[0].formula


def test_an_upbeat_that_a_tune_gave_stays_with_what_was_drawn():
    text = """
plan: 1
form: rondo
style: bach
key: G major
meter: "4/4"
seed: 3
themes: {t: {melody: "D2 | G8 | A8 | B8 | G6"}}
sections: [{label: A, theme: t, phrases: [{bars: 4}]}, {label: B, theme: none, phrases: [{bars: 4}]}]
"""
    stated = parse_plan(text)
    done = resolve(stated)
    again = resolve(carried_over(stated, stated, done))
    assert done.pickup == again.pickup == 1
    for before, now in zip(done.sections, again.sections, strict=True):
        assert [phrase.harmony for phrase in now.phrases] == [phrase.harmony for phrase in before.phrases]


def test_a_phrase_that_was_put_in_moves_the_others_and_leaves_their_notes(build, old):
    section = old.plan.section("B")
    fresh = PhraseEntry(bars=2, cadence="none", harmony="I V65 | I", theme="none")
    phrases = (section.phrases[0], fresh, *section.phrases[1:])
    sections = tuple(
        s.model_copy(update={"phrases": phrases, "bars": s.bars + 2}) if s.id == "B" else s for s in old.plan.sections
    )
    stated = old.plan.model_copy(update={"sections": sections})
    new = build(resolve(carried_over(stated, old.plan, old.plan)), old.plan)
    assert str(new.filled.kept[0]) == ("4 of 5 phrases of B (15 bars before, 17 now; phrase 2 is composed anew)")
    before = old.phrases()
    for then, now in ((0, 0), (1, 2), (2, 3), (3, 4)):
        assert new.phrase("B", now) == before[("B", then)]
    assert new.phrase("B", 1)
    for place in before:
        if place[0] != "B":
            assert new.phrase(*place) == before[place]


def test_a_second_edit_keeps_the_first(build, old):
    first = with_phrase(old.plan, "B", 1, harmony="I | vi | IV | V", formula=None)
    second = with_phrase(first, "C", 0, density=0.9)
    one, two = build(first, old.plan), build(second, old.plan, first)
    changed = {place for place, notes in two.phrases().items() if notes != one.phrases()[place]}
    assert changed == {("C", 0)}


def test_a_section_with_another_take_is_drawn_afresh(build, old):
    sections = tuple(s.model_copy(update={"take": 2}) if s.id == "C" else s for s in old.plan.sections)
    new = build(resolve(old.plan.model_copy(update={"sections": sections})), old.plan)
    assert [str(match) for match in new.filled.kept] == ["nothing of C (it has another take)"]
    assert new.phrases() != old.phrases()


def test_a_new_tune_composes_the_phrases_that_state_it_anew(build, old):
    refrain = old.plan.themes["refrain"].model_copy(update={"melody": "G2 A2 B2 | c2 A2 F2 | G2 B2 A2 | G4 z2"})
    new = build(resolve(old.plan.model_copy(update={"themes": {**old.plan.themes, "refrain": refrain}})), old.plan)
    assert [str(match) for match in new.filled.kept] == ["0 of 1 phrases of A", "0 of 1 phrases of A2"]


def test_a_composed_tune_that_was_written_into_the_plan_is_the_same_tune(build, old):
    assert build(resolve(old.filled.plan), old.plan).filled.kept == ()


def test_a_phrase_in_another_style_is_composed_anew_between_the_others(build, old):
    new = build(with_phrase(old.plan, "B", 1, style={"bach": 1.0, "chorale": 1.0}), old.plan)
    assert [str(match) for match in new.filled.kept] == ["3 of 4 phrases of B (phrase 2 is composed anew)"]
    before = old.phrases()
    assert all(notes == before[place] for place, notes in new.phrases().items() if place != ("B", 1))


def test_a_section_in_another_style_keeps_nothing_of_itself(build, old):
    sections = tuple(s.model_copy(update={"style": {"chorale": 1.0}}) if s.id == "C" else s for s in old.plan.sections)
    new = build(resolve(old.plan.model_copy(update={"sections": sections})), old.plan)
    (match,) = new.filled.kept
    assert (match.id, match.pairs) == ("C", ())


def test_a_choir_keeps_its_voices(build):
    before = build(resolve(parse_plan(CHORALE)))
    new = build(with_phrase(before.plan, "B", 1, harmony="v | III6 . VII . iv . V . | i", formula=None), before.plan)
    changed = {place for place, notes in new.phrases().items() if notes != before.phrases()[place]}
    assert changed == {("B", 1)}


def test_a_fugue_keeps_its_other_phrases(build):
    text = 'plan: 1\nform: fugue\nstyle: bach\nkey: C minor\nmeter: "4/4"\npickup: 0\nseed: 5\n'
    subject = 'themes: {subject: {bars: 2, melody: "z c/=B/ c G A c/=B/ c d | G c/=B/ c d F/G/ A2 G/F/"}}\n'
    old = build(resolve(parse_plan(text + subject)))
    new = with_phrase(old.plan, "Exposition", 2, harmony="? | ? | iv V V i", formula=None)
    kept, before = build(new, old.plan).phrases(), old.phrases()
    assert kept[("Exposition", 2)] != before[("Exposition", 2)]
    del kept[("Exposition", 2)], before[("Exposition", 2)]
    assert kept == before


def test_no_key_is_struck_while_it_sounds(build, old):
    for index in (0, 2):
        new = build(with_phrase(old.plan, "B", index, density=0.9), old.plan)
        notes = sorted(new.filled.score.parts[0].notes, key=lambda n: (n.pitch, n.onset_tick))
        clashes = [(a, b) for a, b in pairwise(notes) if a.pitch == b.pitch and a.end_tick > b.onset_tick]
        assert clashes == []


class TestAlignment:
    def test_equal_items_keep_their_places(self):
        assert aligned("abab", "axab") == [(0, 0), (2, 2), (3, 3)]

    def test_what_follows_an_insertion_is_found(self):
        assert aligned("abcd", "axbcd") == [(0, 0), (1, 2), (2, 3), (3, 4)]

    def test_of_two_equal_phrases_the_one_in_its_place_is_kept(self):
        assert aligned("aab", "xab") == [(1, 1), (2, 2)]
        assert aligned("aab", "ab") == [(1, 0), (2, 1)] or aligned("aab", "ab") == [(0, 0), (2, 1)]

    @given(st.text("abc", max_size=7), st.text("abc", max_size=7))
    def test_pairs_are_equal_and_in_order(self, before, now):
        pairs = aligned(before, now)
        assert all(before[i] == now[j] for i, j in pairs)
        assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))

    @given(st.text("abc", max_size=7))
    def test_everything_is_equal_to_itself(self, text):
        assert aligned(text, text) == [(i, i) for i in range(len(text))]
