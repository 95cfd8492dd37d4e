"""Ornaments keep the tune where the ear holds on to it, and every manner has its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.abc import UNIT_TICKS, Melody, MelodyNote, format_abc, parse_abc
from composer.ornament import LEAST_LIKE, MANNERS, MOST_LIKE, likeness, manner_of, ornamented
from composer.outline import ChordSpan
from composer.theme import Theme, scale_step
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

WALTZ = parse_meter("3/4")


def theme_of(text: str, *, key: str = "G major", chord: str | None = None) -> Theme:
    home = parse_key(key)
    melody = parse_abc(text, key=home, meter=WALTZ)
    end = melody.bars(WALTZ) * WALTZ.bar_ticks
    chords = (ChordSpan(0, end, parse_chord(chord, home.mode), home),) if chord else ()
    return Theme("refrain", (melody,), home, WALTZ, melody.bars(WALTZ), chords)


def abc(theme: Theme) -> str:
    return format_abc(theme.melody, key=theme.key, meter=WALTZ)


def drawn(text: str, manner: str, *, count: int = 40, **wishes: str) -> set[str]:
    """All that comes of a tune when every place is taken."""
    theme = theme_of(text, **wishes)
    return {abc(ornamented(theme, 1.0, np.random.default_rng(seed), manner=manner)) for seed in range(count)}


def test_plain_ornaments_fill_thirds_and_lead_round_repetitions():
    assert drawn("G2 B2 B2 | d2 c2 A2 | G6", "plain") == {"G A B c B c | d2 c B A2 | G6"}


def test_compound_beats_are_not_halved():
    jig = parse_meter("6/8")
    melody = parse_abc("G3 B3 | d3 B3 | G6", key=parse_key("G major"), meter=jig)
    rich = ornamented(Theme("jig", (melody,), parse_key("G major"), jig, 3), 1.0, np.random.default_rng(1))
    assert format_abc(rich.melody, key=parse_key("G major"), meter=jig) == "G2 A B2 c | d2 c B3 | G6"


def test_nothing_is_ornamented_at_amount_zero():
    theme = theme_of("G2 B2 d2 | c4 A2 | G6")
    assert ornamented(theme, 0.0, np.random.default_rng(1), manner="baroque") == theme


@pytest.mark.parametrize("manner", MANNERS)
def test_a_small_amount_changes_something_and_a_large_one_not_everything(manner):
    theme = theme_of("G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 B2 | G2 B2 d2 | c2 A2 F2 | A4 F2 | G6")
    for seed in range(20):
        for amount in (0.05, 0.3, 1.0):
            rich = ornamented(theme, amount, np.random.default_rng(seed), manner=manner)
            assert LEAST_LIKE <= likeness(theme.melody.notes, rich.melody.notes) <= MOST_LIKE


def test_another_manner_helps_where_the_own_one_has_no_figure():
    theme = theme_of("G2 A2 B2 | c2 d2 e2 | d2 c2 B2 | G6")  # steps alone: plain ornaments fill thirds
    assert abc(ornamented(theme, 0.5, np.random.default_rng(1))) != abc(theme)


QUICK = "G/A/B/c/ d/c/B/A/ G/F/G/A/ | B/c/d/e/ d/B/G/B/ A/G/F/A/ | G/B/A/c/ B/d/c/e/ d/c/B/A/ | G6"


@pytest.mark.parametrize("manner", sorted(MANNERS))
def test_a_tune_too_quick_for_figures_is_changed_between_its_beats(manner):
    theme = theme_of(QUICK)
    for seed in range(5):
        rich = ornamented(theme, 0.2, np.random.default_rng(seed), manner=manner)
        assert LEAST_LIKE <= likeness(theme.melody.notes, rich.melody.notes) <= MOST_LIKE
        assert [note.onset_tick for note in rich.melody.notes] == [note.onset_tick for note in theme.melody.notes]


def test_a_changed_note_leads_to_the_next_by_step():
    theme = theme_of(QUICK)
    rich = ornamented(theme, 0.5, np.random.default_rng(1), manner="plain")
    for note, later, plain in zip(rich.melody.notes, rich.melody.notes[1:], theme.melody.notes, strict=False):
        if note.pitch != plain.pitch:
            assert 1 <= abs(scale_step(note.pitch, theme.key)[0] - scale_step(later.pitch, theme.key)[0]) <= 2


@pytest.mark.parametrize("manner", sorted(MANNERS))
def test_each_phrase_of_four_bars_is_another_tune(manner):
    slow, quick = "G2 B2 d2 | c4 G2 | A2 c2 B2 | G4 d2", QUICK
    for text in (f"{slow} | {quick}", f"{quick} | {slow}"):
        theme = theme_of(text)
        middle = 4 * theme.meter.bar_ticks
        for seed in range(5):
            rich = ornamented(theme, 0.1, np.random.default_rng(seed), manner=manner)
            for is_later in (False, True):
                parts = [[n for n in t.melody.notes if (n.onset_tick >= middle) == is_later] for t in (theme, rich)]
                assert likeness(*parts) <= MOST_LIKE


def test_likeness_is_the_share_of_common_notes():
    one, two = (theme_of(text).melody.notes for text in ("G2 A2 B2 | c6", "G2 A2 d2 | c6"))
    assert (likeness(one, one), likeness(one, two), likeness(one, ())) == (1.0, 0.75, 0.0)


def test_a_turn_ends_a_long_note_before_a_step_up():
    assert any(text.startswith("G5/2 A/ G/ F/ ") for text in drawn("G4 A2 | B4 A2 | G6", "classical", key="C major"))


def test_a_mordent_bites_from_below_on_the_beat_only():
    found = drawn("z G3 A2 | A4 B2 | B4 A2 | G6", "baroque")
    assert any("| A/ G/ A3 " in text for text in found)
    assert not any(text.startswith("z G/ F/ G") for text in found)


def test_a_leap_is_run_through_in_sixteenths():
    assert any(text.startswith("G5/2 A/ B/ c/ d") for text in drawn("G4 d2 | c4 A2 | G6", "baroque"))


def test_the_note_below_a_tonic_is_its_leading_note_in_minor_too():
    found = drawn("A4 B2 | c4 B2 | A6", "classical", key="A minor")
    assert any("^G/" in text for text in found)
    assert not any(" G/" in text.split("|")[0] for text in found)


def test_runs_over_the_dominant_of_a_minor_key_have_its_leading_note():
    assert any("^G/" in text for text in drawn("e4 A2 | B6 | A2 B2 c2", "baroque", key="A minor", chord="V"))


def test_the_last_notes_and_a_note_before_a_rest_stay():
    for manner in MANNERS:
        for text in drawn("G2 B2 z2 | d2 B2 d2 | B4 G2", manner):
            first, _, last = text.split(" | ")
            assert first.endswith("B2 z2")
            assert last.endswith("G2")
            if manner in ("plain", "romantic"):
                assert last == "B4 G2"


def test_the_last_note_but_one_may_be_shaken():
    assert any(text.endswith("A/ B/ A/ B/ A/ B/ A/ B/ G2") for text in drawn("G2 B2 d2 | A4 G2", "baroque"))


def test_every_player_has_a_manner():
    assert {manner_of(name) for name in ("baroque", "beethoven", "romantic", "ragtime", None)} <= set(MANNERS)
    assert [manner_of(name) for name in ("bach", "mozart", "chopin")] == ["baroque", "classical", "romantic"]


@st.composite
def tunes(draw: st.DrawFn) -> Theme:
    key = parse_key(draw(st.sampled_from(["C major", "E minor", "Ab major"])))
    notes, time = [], 0
    for _ in range(draw(st.integers(2, 14))):
        length = draw(st.sampled_from([1, 2, 3, 4])) * UNIT_TICKS
        if draw(st.integers(0, 4)):
            notes.append(MelodyNote(time, length, 60 + draw(st.integers(0, 20))))
        time += length
    end = -(-time // WALTZ.bar_ticks) * WALTZ.bar_ticks
    return Theme("tune", (Melody(tuple(notes), end),), key, WALTZ, end // WALTZ.bar_ticks)


@settings(max_examples=60, deadline=None)
@given(theme=tunes(), manner=st.sampled_from(sorted(MANNERS)), seed=st.integers(0, 99), amount=st.floats(0, 1))
def test_what_is_struck_on_a_beat_keeps_place_and_pitch_and_the_line_stays_a_line(theme, manner, seed, amount):
    rich = ornamented(theme, amount, np.random.default_rng(seed), manner=manner)
    struck = {note.onset_tick: note.pitch for note in rich.melody.notes}
    for note in theme.melody.notes:
        assert note.onset_tick in struck
        if WALTZ.strength(note.onset_tick % WALTZ.bar_ticks) >= 2:
            assert struck[note.onset_tick] == note.pitch
    ends = [note.end_tick for note in rich.melody.notes]
    assert all(end <= later.onset_tick for end, later in zip(ends, rich.melody.notes[1:], strict=False))
    assert ends[-1:] == [note.end_tick for note in theme.melody.notes][-1:]
    assert rich == ornamented(theme, amount, np.random.default_rng(seed), manner=manner)


@pytest.mark.parametrize("manner", sorted(MANNERS))
def test_more_is_more(manner):
    theme = theme_of("G2 B2 d2 | c4 G2 | A2 A2 B2 | G4 d2 | c2 A2 F2 | G6")
    counts = [
        np.mean(
            [len(ornamented(theme, amount, np.random.default_rng(s), manner=manner).melody.notes) for s in range(20)]
        )
        for amount in (0.0, 0.3, 0.6, 1.0)
    ]
    assert counts == sorted(counts)
    assert counts[0] == len(theme.melody.notes)
