"""The Outline of a plan: every tick of the piece has its key, chord, phrase, section, texture, dynamics and tempo."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from composer.outline import span_at
from composer.plan.outline import closing_of, phrase_places, plan_bars, plan_outline
from composer.style_statistics import HandPair
from composer.theory.meter import TICKS_PER_QUARTER as Q


@pytest.mark.parametrize("meter", ["2/4", "3/4", "4/4", "6/8"])
@pytest.mark.parametrize("form", ["rondo", "chorale", "sonata"])
def test_every_fact_covers_the_piece(form, meter, planned, small):
    plan = planned(form=form, meter=meter, key="D minor")
    outline = plan_outline(plan, statistics={"small": small})
    for spans in (
        outline.keys,
        outline.chords,
        outline.phrases,
        outline.sections,
        outline.textures,
        outline.dynamics,
        outline.tempos,
    ):
        assert spans[0].start_tick == 0
        assert all(a.end_tick == b.start_tick for a, b in pairwise(spans))
        assert spans[-1].end_tick == outline.end_tick


def test_an_upbeat_shortens_the_last_bar(planned):
    plan = planned(form="chorale", meter="4/4").model_copy(update={"pickup": 0.0})
    with_upbeat = next(p for p in (planned(form="chorale", meter="4/4", seed=s) for s in range(20)) if p.pickup == 1)
    bars = plan_bars(with_upbeat)
    assert (bars[0].number, bars[0].duration_tick) == (0, Q)
    assert bars[-1].duration_tick == 3 * Q
    assert plan_bars(plan)[0].number == 1


def test_phrases_run_from_upbeat_to_upbeat(planned):
    plan = next(p for p in (planned(form="chorale", meter="4/4", seed=s) for s in range(20)) if p.pickup == 1)
    places = phrase_places(plan)
    assert all(place.bar_tick - place.start_tick == Q for place in places)
    assert all(a.end_tick == b.start_tick for a, b in pairwise(places))


def test_the_cadence_tick_is_the_onset_of_the_last_chord(planned):
    outline = plan_outline(planned(form="rondo"))
    for phrase in outline.phrases:
        if phrase.cadence_tick is not None:
            chord = span_at(outline.chords, phrase.cadence_tick)
            assert chord.start_tick == phrase.cadence_tick
            assert chord.end_tick == phrase.end_tick


def test_a_phrase_inherits_what_it_does_not_say(planned):
    for place in phrase_places(planned(form="rondo")):
        entry = place.entry
        assert None not in (entry.texture, entry.density, entry.tessitura, entry.tempo_factor, entry.ritard)
        assert entry.dynamics.level is not None
        assert entry.dynamics.shape is not None
        assert place.slots[0].key == place.keys[0]


def test_the_last_bar_of_a_coda_slows_down(planned):
    plan = next(p for p in (planned(form="rondo", seed=s) for s in range(9)) if p.sections[-1].label == "Coda")
    tempos = plan_outline(plan).tempos
    assert tempos[-1].beat_bpm < 0.8 * tempos[0].beat_bpm


def test_textures_have_the_styles_onsets_at_their_density(planned, small):
    plan = planned(form="ternary")
    with_style, without = plan_outline(plan, statistics={"small": small}), plan_outline(plan)
    assert {span.onsets_per_beat for span in without.textures} == {None}
    ends = {phrase.end_tick for phrase in with_style.phrases}  # there they are eased
    known = [span for span in with_style.textures if span.pattern in small.textures and span.end_tick not in ends]
    assert all(0.5 <= span.onsets_per_beat[0] <= 2.0 for span in known)
    denser = sorted(known, key=lambda span: span.density)
    assert [s.onsets_per_beat[1] for s in denser] == sorted(s.onsets_per_beat[1] for s in denser)


def test_sections_name_their_theme_and_function(planned):
    outline = plan_outline(planned(form="sonata", key="C major"))
    assert [(s.label, s.function) for s in outline.sections[:4]] == [
        ("P", "theme"),
        ("TR", "transition"),
        ("S", "theme"),
        ("K", "closing"),
    ]
    assert outline.sections[0].theme == "first"


def test_the_end_of_a_phrase_has_its_share_of_the_onsets_before(planned, small):
    plan = planned(form="ternary", meter="4/4")
    outline = plan_outline(plan, statistics={"small": small})
    eased = 0
    for place in phrase_places(plan):
        closing = closing_of(place, styles=[(1.0, small)], meter=outline.bars[1].meter, seed=plan.seed)
        last, before = (span_at(outline.textures, closing.start_tick - ago) for ago in (0, 1))
        if last.onsets_per_beat is None or place.entry.bars < 2:
            continue
        expected = [
            round(count * share, 3) for count, share in zip(before.onsets_per_beat, closing.shares, strict=True)
        ]
        assert (last.start_tick, last.end_tick) == (closing.start_tick, closing.end_tick)
        assert list(last.onsets_per_beat) == expected
        eased += closing.shares != (1.0, 1.0)
    assert eased > 3


def test_the_same_hand_leads_through_a_section(planned, small):
    """Over pairs of one busyness, so that density does not choose."""
    hands = (HandPair(1.0, 2.0, 50), HandPair(2.0, 1.0, 50))
    textures = {name: replace(own, hands=hands) for name, own in small.textures.items()}
    style = replace(small, textures=textures, phrase_ends={})
    plan = planned(form="rondo")
    outline = plan_outline(plan, statistics={"small": style})
    leads = []
    for section in outline.sections:
        spans = [
            span
            for span in outline.textures
            if section.start_tick <= span.start_tick < section.end_tick
            and span.onsets_per_beat in ((1.0, 2.0), (2.0, 1.0))
        ]
        found = {span.onsets_per_beat for span in spans}
        assert len(found) <= 1
        leads += found
    assert len(set(leads)) == 2


def test_where_voices_are_told_apart_both_hands_run_in_turn(planned, small):
    """As in fugues: whatever was counted of imitation, where hands take turns at any pace."""
    hands = (HandPair(2.0, 4.0, 50), HandPair(4.0, 2.0, 50))
    running = replace(next(iter(small.textures.values())), hands=hands)
    style = replace(small, textures={**small.textures, "running": running}, phrase_ends={})
    plan = planned(form="invention")
    outline = plan_outline(plan, statistics={"small": style})
    voiced = [place for place in phrase_places(plan) if place.entry.voices is not None and len(place.entry.voices) == 2]
    told = {
        span.onsets_per_beat
        for place in voiced
        for span in outline.textures
        if place.start_tick <= span.start_tick < place.end_tick - 2 * outline.bars[0].meter.bar_ticks
    }
    assert {(2.0, 4.0), (4.0, 2.0)} <= told
    again = plan_outline(plan, statistics={"small": style})
    assert again.textures == outline.textures
