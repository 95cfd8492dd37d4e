"""Quartets, songs and single lines: whole pieces from the fake source."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from composer import pipeline
from composer.analysis.outline import ensemble_of
from composer.errors import OptionError
from composer.fill.ensembles import ENSEMBLES, ensemble_named
from composer.network import checkpoint
from composer.outline import TextureSpan
from composer.perform import perform
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.score import LOWER_STAFF, UPPER_STAFF, Note
from composer.style import DEFAULT_NETWORK, styles_folder
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
PIECE = """
plan: 1
form: ternary
style: bach
ensemble: {ensemble}
key: F major
meter: "4/4"
pickup: 0
tempo: 90
seed: 3
themes:
  tune: {{bars: 4, type: chain, melody: "F2 G2 A2 c2 | B2 A2 G4 | A2 c2 d2 c2 | F6 z2"}}
sections:
  - {{label: I, function: introduction, theme: none, bars: 2, key: I, cadence: HC}}
  - {{label: A, theme: tune, bars: 4, key: I, cadence: PAC}}
  - label: B
    theme: none
    bars: 8
    key: V
    cadence: HC
    phrases: [{{bars: 4, cadence: IAC}}, {{bars: 4, cadence: HC}}]
  - {{label: A, id: A2, theme: tune, bars: 4, key: I, cadence: PAC, recall: full}}
"""
TUNE = [(0, 65), (1, 67), (2, 69), (3, 72), (4, 70), (5, 69), (6, 67), (8, 69), (9, 72), (10, 74), (11, 72), (12, 65)]


@pytest.fixture(scope="module")
def pieces(fill_text):
    return {name: fill_text(PIECE.format(ensemble=name)) for name in ("quartet", "song", "line")}


@pytest.mark.parametrize(
    ("ensemble", "parts"),
    [
        ("quartet", [("Violin I", 40, 1), ("Violin II", 40, 1), ("Viola", 41, 1), ("Violoncello", 42, 1)]),
        ("song", [("Voice", 53, 1), ("Piano", 0, 2)]),
        ("line", [("Melody", 73, 1)]),
    ],
)
def test_each_ensemble_has_its_parts_and_they_play(pieces, ensemble, parts):
    score = pieces[ensemble].filled.score
    assert [(part.name, part.program, part.staves) for part in score.parts] == parts
    assert all(part.notes for part in score.parts)
    assert {note.voice for part in score.parts for note in part.notes} == {1}
    assert ensemble_of(score) == ensemble


@pytest.mark.parametrize("ensemble", ["quartet", "song", "line"])
def test_every_note_lies_in_its_part_s_compass(pieces, ensemble):
    for part, row in zip(pieces[ensemble].filled.score.parts, ENSEMBLES[ensemble].parts, strict=True):
        lowest, highest = row.compass
        assert all(lowest <= note.pitch <= highest for note in part.notes)


def test_the_pinned_tune_is_the_first_violin_s(pieces):
    violin = {(onset, pitch) for onset, _, pitch, part, _ in pieces["quartet"].notes("A") if part == 0}
    shift = 12 if (0, 77) in violin else 0
    assert {(beat * Q, pitch + shift) for beat, pitch in TUNE} <= violin


@pytest.mark.parametrize("section", ["A", "A2"])
def test_the_voice_sings_the_pinned_tune_and_nothing_else(pieces, section):
    sung = [(onset, pitch) for onset, _, pitch, part, _ in pieces["song"].notes(section) if part == 0]
    assert sung == [(beat * Q, pitch) for beat, pitch in TUNE]


def test_nothing_sounds_above_the_voice_while_it_sings(pieces):
    song = pieces["song"].filled.score
    voice, piano = (part.notes for part in song.parts)
    for sung in voice:
        assert all(
            note.pitch < sung.pitch
            for note in piano
            if note.onset_tick < sung.end_tick and note.end_tick > sung.onset_tick
        )


def test_a_line_is_composed_for_the_voice_where_no_theme_is(pieces):
    song = pieces["song"]
    sung = [(onset, length, pitch) for onset, length, pitch, part, _ in song.notes("B") if part == 0]
    assert len(sung) >= 8
    assert all(before[0] + before[1] <= after[0] for before, after in itertools.pairwise(sung))
    low, high = ENSEMBLES["song"].melody_compass
    assert all(low <= pitch <= high for _, _, pitch in sung)


@pytest.mark.parametrize("ensemble", ["song", "line"])
def test_a_singer_breathes_before_each_phrase(pieces, ensemble):
    sung = [note for note in pieces[ensemble].notes("B") if note[3] == 0]
    for end in (16 * Q, 32 * Q):
        assert not any(onset < end and onset + length > end - Q // 2 for onset, length, *_ in sung)


@pytest.mark.parametrize("meter", ["4/4", "6/8"])
def test_a_composed_theme_of_a_song_breathes_between_its_phrases(fill_text, meter):
    text = PIECE.format(ensemble="song").replace('"4/4"', f'"{meter}"').replace("pickup: 0", "pickup: 1")
    head, _, tail = text.partition('{bars: 4, type: chain, melody: "')
    composed = fill_text(head + "{bars: 4, type: period}" + tail.partition('"}')[2])
    bar = 4 * Q if meter == "4/4" else 3 * Q
    span, part = composed.span("A"), composed.filled.score.parts[0]
    assert composed.filled.plan.themes["tune"].phrases[0].bars == 2
    for end in (span.start_tick + 2 * bar, span.start_tick + 4 * bar):
        assert not any(note.onset_tick < end and note.end_tick > end - Q // 2 for note in part.notes)


def test_an_introduction_is_the_piano_s(pieces):
    assert {part for _, _, _, part, _ in pieces["song"].notes("I")} == {1}
    assert pieces["line"].notes("I")  # where there is nobody else, the line begins


def test_the_singer_waits_while_the_piano_takes_up_the_tune_and_sings_where_it_is_stated(fill_text):
    entry = "theme: tune, bars: 4, key: I, cadence: PAC"
    text = PIECE.format(ensemble="song").replace("theme: none, bars: 2, key: I, cadence: HC", entry)
    stated = fill_text(text)
    followed = fill_text(text.replace("theme: tune, bars: 4", "theme: tune, fidelity: 0.4, bars: 4", 1))
    assert {part for _, _, _, part, _ in followed.notes("I")} == {1}
    assert {part for _, _, _, part, _ in stated.notes("I")} == {0, 1}


def test_the_piano_of_a_song_has_two_hands(pieces):
    assert {note.staff for note in pieces["song"].filled.score.parts[1].notes} == {UPPER_STAFF, LOWER_STAFF}


def test_a_line_is_one_note_at_a_time(pieces):
    (part,) = pieces["line"].filled.score.parts
    assert all(before.end_tick <= after.onset_tick for before, after in itertools.pairwise(part.notes))


def test_only_the_piano_of_a_song_is_pedalled(pieces):
    for ensemble, parts in (("song", {1}), ("quartet", set()), ("line", set())):
        composed = pieces[ensemble]
        played = perform(composed.filled.score, composed.outline, player="romantic", take=1, expression=1.0)
        assert {event.part for event in played.pedal} == parts


def test_another_take_of_the_introduction_changes_nothing_that_is_sung(fill_text, pieces):
    text = PIECE.format(ensemble="song")
    changed = fill_text(
        text.replace("{label: I, function: introduction,", "{label: I, function: introduction, take: 2,")
    )
    before, after = pieces["song"], changed
    assert before.notes("I") != after.notes("I")
    assert before.notes("B") == after.notes("B")


def test_phrases_of_a_song_are_kept_with_their_voice(make_fake_source):
    earlier = resolve(parse_plan(PIECE.format(ensemble="song")))
    (section,) = [entry for entry in earlier.sections if entry.id == "B"]
    first, second = section.phrases
    other = second.model_copy(update={"texture": "arpeggio"})
    entry = section.model_copy(update={"phrases": (first, other)})
    later = earlier.model_copy(update={"sections": tuple(entry if own.id == "B" else own for own in earlier.sections)})
    before, outline, _ = pipeline.fill_plan(earlier, make_source=make_fake_source)
    after, _, _ = pipeline.fill_plan(later, earlier=((earlier, None),), make_source=make_fake_source)
    start = next(span.start_tick for span in outline.sections if span.id == "B")

    def phrase(piece, part: int) -> list[Note]:
        return [n for n in piece.score.parts[part].notes if start <= n.onset_tick < start + 16 * Q]

    for part in (0, 1):
        assert phrase(after, part) == phrase(before, part)
        assert phrase(after, part)


def test_an_unknown_ensemble_names_a_near_one():
    with pytest.raises(OptionError, match='did you mean "quartet"'):
        ensemble_named("quartett")


def test_what_the_network_was_not_taught_is_told_before_it_is_loaded(monkeypatch):
    plan = resolve(parse_plan(PIECE.format(ensemble="quartet")))
    card = checkpoint.read_card(styles_folder() / "networks" / f"{DEFAULT_NETWORK}.yaml")
    poorer = replace(card, ensembles=("chorale", "keyboard", "organ", "line"))
    monkeypatch.setattr(checkpoint, "read_card", lambda _path: poorer)
    with pytest.raises(OptionError, match=r'no ensemble "quartet" \(it knows chorale, keyboard, organ, line\)'):
        pipeline.fill_plan(plan)


def test_a_quartet_is_planned_for_four_whatever_the_style_was_counted_in(stretches_heard):
    """Of Bach's keyboard music a half bar of imitation has two voices."""
    heard = stretches_heard(resolve(parse_plan(PIECE.format(ensemble="quartet"))))
    told = [int(notes) for stretch in heard if not stretch.is_line for notes in stretch.facts.polyphony_x8.sum(axis=1)]
    assert {notes for notes in told if notes >= 0} <= set(range(25, 33))  # in eighths
    assert max(told) > 0


def test_a_choir_is_planned_for_four_but_where_the_plan_says_who_sings():
    spans = tuple(TextureSpan(bar, bar + 1, "chorale", (1.0, 1.0), (1.0, 2.0)) for bar in range(3))
    textured = ensemble_named("chorale").textured(spans, stated=[(1, 2)])
    assert [span.polyphony for span in textured] == [(2.0, 2.0), (1.0, 2.0), (2.0, 2.0)]


def test_a_chorale_asked_of_bach_is_harmonised_from_his_chorales():
    plan = resolve(parse_plan("plan: 1\nform: chorale\nstyle: bach\nkey: G major\nseed: 2\n"))
    same = resolve(parse_plan("plan: 1\nform: chorale\nstyle: chorale\nkey: G major\nseed: 2\n"))
    assert plan.style == {"bach": 1.0}
    assert [entry.phrases for entry in plan.sections] == [entry.phrases for entry in same.sections]
