"""Form templates: those that come along, and a user's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.errors import PlanError
from composer.plan.brief import Brief
from composer.plan.forms import PassageRow, form_names, joined_passages, list_forms, load_form, parse_form
from composer.plan.layout import repeats_of_form
from composer.plan.model import Plan
from composer.plan.numerals import parse_key_path
from composer.plan.outline import phrase_places
from composer.plan.planner import plan_piece, resolve
from composer.plan.playing import played_sections
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.style import style_names, styles_folder
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

OWN = """template: 1
name: lullaby
description: Two verses and a refrain.
repeats: [[V, R], V2]
da_capo: R
themes: {verse: {bars: 4}}
sections:
  - {label: V, function: theme, theme: verse, bars: 8, key: {major: I, minor: i}, cadence: HC}
  - {label: R, function: episode, bars: [8, 4], key: {major: [IV, V], minor: III}, cadence: PAC}
  - {label: V, function: theme, copy_of: V, theme: verse, bars: 8, key: {major: I, minor: i}, cadence: PAC}
  - {label: E, function: coda, bars: 2, optional: 0, key: {major: I, minor: i}, cadence: PAC}
"""
# A form, and its sections in the order of playing where everything optional is there.
PLAYED = {
    "binary": "A A B B",
    "rounded-binary": "A A B A2 B A2",
    "ternary": "A B R A2 Coda",
    "minuet": "A A B A2 B A2 Trio Trio D Trio2 D Trio2 A B A2",
    "rondo": "A B R A2 C R2 A3 Coda",
    "sonata-rondo": "A TR B R A2 C A3 B2 A4 Coda",
    "sonata": "P TR S K P TR S K Dev P2 TR2 S2 K2 Coda",
    "variations": "Theme Theme V1 V1 V2 V2 V3 V3 Minore Minore Adagio Finale Coda",
    "ritornello": "R S R2 S2 R3 S3 R4",
    "chorale": "A A B",
    "song": "Intro A A2 B A3 Coda",
    "strophic": "Intro Verse Refrain Link Verse Refrain Link Verse Refrain Coda",
    "ragtime": "Intro A A B B A2 C C Break D D",
}
FORMS = [name for name in form_names() if name in PLAYED]


def test_the_forms_are_there():
    assert set(PLAYED) <= set(form_names())
    assert [form.name for form in list_forms()] == list(form_names())


@pytest.mark.parametrize("name", PLAYED)
def test_a_form_is_played_as_musicians_know_it(name):
    form = load_form(name)
    ids = [row.section_id for row in form.sections]
    sections = [{"id": row.section_id, "label": row.label} for row in form.sections]
    plan = parse_plan(format_plan(_plan_of(sections, form)))
    assert [entry.id for entry in plan.sections] == ids
    assert " ".join(played_sections(plan)) == PLAYED[name]


def _plan_of(sections, form):
    entries = {"form": form.name, "style": "bach", "sections": sections, "da_capo": form.da_capo}
    return Plan.model_validate(entries).model_copy(update={"repeats": form.repeats})


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("name", FORMS)
def test_a_form_at_its_usual_length(name, mode, planned, library):
    _check(planned(form=name, key=f"D {mode}", seed=3), name, library)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_as_short_and_as_long_as_it_can_be(name, planned, library):
    for bars, mode in ((1, "major"), (10_000, "minor")):
        with pytest.raises(PlanError, match=rf"this form cannot have {bars} bars?") as caught:
            planned(form=name, key=f"A {mode}", bars=bars)
        _, least, _, most, _ = caught.value.problems[0].mend.split()
        wished = int(least) if bars == 1 else min(int(most), 120)
        plan = planned(form=name, key=f"A {mode}", bars=wished, seed=4)
        # Sections that are of one length with another move together.
        assert abs(plan.bars - wished) <= 2 + 2 * sum(entry.copy_of is not None for entry in plan.sections)
        _check(plan, name, library)


def _check(plan, name, library):
    """The bars add up, the chords can be read, the piece ends at home, and the file holds all of it."""
    home, form = parse_key(plan.key), load_form(name)
    assert plan.bars == sum(phrase.bars for entry in plan.sections for phrase in entry.phrases)
    places = phrase_places(plan)  # reads every chord
    assert places[-1].bar_tick > 0
    bar_tick = parse_meter(plan.meter).bar_ticks
    assert places[-1].end_tick == plan.bars * bar_tick
    assert all(slot.numeral for place in places for slot in place.slots if slot.start_tick < place.end_tick)
    last = plan.section(played_sections(plan)[-1])
    assert last.phrases[-1].cadence == "PAC"
    assert parse_key_path(last.key, home)[-1] == home
    closing = [place for place in places if place.section.id == last.id][-1].slots[-1]
    assert closing.key == home
    assert closing.numeral in ("I", "i")
    assert parse_plan(format_plan(plan), known_styles=["small"]) == plan
    assert resolve(plan, library=library) == plan
    assert plan.repeats == (repeats_of_form(form, plan.sections) or None)
    assert plan.da_capo == form.da_capo


def test_variations_are_as_long_as_their_theme(planned):
    for bars in (70, 120, 200):
        sections = planned(form="variations", bars=bars).sections
        assert len({entry.bars for entry in sections if entry.id != "Coda"}) == 1


def test_a_variation_has_more_notes_than_the_one_before_and_the_adagio_is_slow(planned):
    plan = planned(form="variations", bars=140)
    density = [plan.section(name).density for name in ("Theme", "V1", "V2", "V3")]
    assert density == sorted(density)
    assert plan.section("Adagio").tempo_factor == 0.55
    assert parse_key_path(plan.section("Minore").key, parse_key(plan.key))[0].mode != parse_key(plan.key).mode


def test_a_recapitulation_is_as_long_as_its_exposition(planned):
    for bars in (80, 140, 260):
        plan = planned(form="sonata", bars=bars)
        assert [plan.section(name).bars for name in "PSK"] == [plan.section(f"{name}2").bars for name in "PSK"]


@pytest.mark.parametrize("seed", range(4))
def test_a_recapitulation_has_the_phrases_and_chords_of_its_exposition(seed, planned):
    plan = planned(form="sonata", key="G major", bars=140, seed=seed)
    first, second = plan.section("S"), plan.section("S2")
    assert (first.key, second.key) == ("V", "I")
    told = [[(p.bars, p.cadence, p.theme_bars, p.harmony) for p in section.phrases] for section in (first, second)]
    if not any(sign in (phrase.harmony or "") for phrase in first.phrases for sign in ":="):
        assert told[0] == told[1]
    minor = planned(form="sonata-rondo", key="G minor", bars=140, seed=seed)
    told = [[(p.bars, p.cadence) for p in minor.section(name).phrases] for name in ("B", "B2")]
    assert told[0] == told[1]


@pytest.mark.parametrize("seed", range(6))
def test_a_second_part_begins_in_the_key_that_the_first_one_reached(seed, planned):
    binary = planned(form="binary", key="D minor", seed=seed)
    assert binary.section("A").key.split()[-1] == binary.section("B").key.split()[0]
    sonata = planned(form="sonata", key="D minor", seed=seed)
    assert sonata.section("TR").key.split()[-1] == sonata.section("S").key == sonata.section("K").key


@pytest.mark.parametrize("seed", range(6))
def test_the_trio_s_middle_leads_back_to_the_trio(seed, planned):
    plan = planned(form="minuet", key="G major", seed=seed)
    trio, middle, again = (plan.section(name).key for name in ("Trio", "D", "Trio2"))
    assert again == trio
    assert middle.split()[-1] == trio


def test_forms_have_their_meters_and_tempi(planned):
    minuet, rag = planned(form="minuet"), planned(form="ragtime")
    assert minuet.meter == "3/4"
    assert rag.meter == "2/4"
    assert 96 <= minuet.tempo <= 144
    assert 60 <= rag.tempo <= 92
    assert planned(form="minuet", meter="3/8", tempo=60.0).meter == "3/8"


def test_a_form_has_a_style_of_its_own_where_nobody_says_one():
    assert plan_piece(Brief(form="ragtime", bars=60, seed=1)).style == {"joplin": 1.0}
    assert plan_piece(Brief(form="binary", bars=16, seed=1)).style == {"bach": 1.0}
    assert plan_piece(Brief(form="ragtime", style="chopin", bars=60, seed=1)).style == {"chopin": 1.0}


@pytest.mark.parametrize("name", FORMS)
def test_the_style_of_a_form_is_one_of_the_program_s(name):
    assert load_form(name).style in (None, *style_names(folder=styles_folder()))


def test_songs_are_for_voice_and_piano(planned):
    assert planned(form="song").ensemble == planned(form="strophic").ensemble == "song"
    assert planned(form="song", ensemble="keyboard").ensemble == "keyboard"


def test_repeats_can_be_left_out(library):
    said = {"form": "minuet", "style": "small", "repeats": [], "da_capo": "none"}
    plan = resolve(Plan.model_validate(said), library=library)
    assert played_sections(plan) == tuple(entry.id for entry in plan.sections)
    assert parse_plan(format_plan(plan), known_styles=["small"]) == plan


def test_sections_that_are_stated_have_the_repeats_that_are_stated(library):
    said = {"form": "binary", "style": "small", "sections": [{"label": "A", "bars": 8}, {"label": "B", "bars": 8}]}
    assert resolve(Plan.model_validate(said), library=library).repeats is None


def test_ids_are_unique_and_numbered():
    assert [row.id for row in parse_form(OWN, source="own.yaml").sections] == ["V", "R", "V2", "E"]


def test_a_form_of_ones_own_is_planned(tmp_path, library):
    (tmp_path / "lullaby.yaml").write_text(OWN)
    plan = plan_piece(Brief(form="lullaby.yaml", style="small", seed=1), folder=tmp_path, library=library)
    assert [section.id for section in plan.sections] == ["V", "R", "V2"]
    assert plan.sections[0].phrases[0].theme == "verse"
    assert played_sections(plan) == ("V", "R", "V", "R", "V2", "V2", "V", "R")


ENTERING = """template: 1
name: entering
description: Voices enter, or nobody does.
themes: {subject: {bars: 2, type: subject}}
sections:
  - {label: A, function: theme, theme: subject, bars: 8, key: {major: I, minor: i}, cadence: PAC,
     voices: [soprano, bass], passages: [PASSAGES]}
"""


def test_a_section_whose_passages_are_all_left_out_has_phrases_like_others(tmp_path, library):
    passage = "{themes: 4, optional: 0.0, entries: [{voice: bass, bar: 1}]}"
    (tmp_path / "entering.yaml").write_text(ENTERING.replace("PASSAGES", passage))
    (section,) = plan_piece(
        Brief(form="entering.yaml", style="small", seed=1), folder=tmp_path, library=library
    ).sections
    assert section.bars == 8
    assert not any(phrase.entries for phrase in section.phrases)


@pytest.mark.parametrize(
    ("passages", "lengths", "joined"),
    [
        ([{}, {}, {}, {}], [2, 2, 2, 2], [[0, 1], [2, 3]]),
        ([{}, {}, {}], [2, 1, 3], [[0, 1, 2]]),
        ([{}, {}, {}], [2, 2, 3], [[0, 1], [2]]),
        ([{}, {}], [3, 4], [[0], [1]]),
        ([{}, {}], [4, 2], [[0], [1]]),
        ([{"cadence": "HC"}, {}], [2, 2], [[0], [1]]),
        ([{"fermata": True}, {}], [2, 2], [[0], [1]]),
        ([{}, {"pedal": "V"}, {}], [2, 2, 2], [[0], [1], [2]]),
        ([{"voices": ("alto",)}, {}], [2, 2], [[0], [1]]),
        ([{"voices": ("alto",)}, {"voices": ("alto",)}], [2, 2], [[0, 1]]),
        ([{}, {"keys": "1-2"}], [2, 2], [[0], [1]]),
        ([{"keys": "1"}, {"keys": "1-2"}], [2, 2], [[0, 1]]),
        ([], [], []),
    ],
)
def test_passages_that_lead_on_are_one_phrase_until_it_is_long_enough(passages, lengths, joined):
    assert joined_passages([PassageRow(**passage) for passage in passages], lengths) == joined


def test_what_is_not_there_is_not_repeated(planned):
    form = parse_form(OWN.replace("[[V, R], V2]", "[[V, R], [V2, E]]"), source="own.yaml")
    sections = list(planned(form="binary").sections)
    there = [entry.model_copy(update={"id": name}) for entry, name in zip(sections, ("V", "V2"), strict=True)]
    assert [repeat.sections for repeat in repeats_of_form(form, there)] == [("V",), ("V2",)]


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("bars: 8, key: {major: I,", "bars: 8, key: {major: H,", 'no key "H"'),
        (
            "theme: verse, bars: 8, key: {major: I, minor: i}, cadence: HC",
            "theme: vers, bars: 8, key: {major: I, minor: i}, cadence: HC",
            'no theme "vers"',
        ),
        ("copy_of: V", "copy_of: X", 'no section "X"'),
        ("copy_of: V", "keys_as: E", 'keys_as: no section "E" before this one'),
        ("function: episode", "function: bridge", '"bridge" is not known'),
        ("template: 1\n", "", '"template" is missing'),
        ("da_capo: R", "da_capo: Q", 'no section "Q"'),
        ("[[V, R], V2]", "[[V, V2]]", "V, V2 do not follow each other"),
        ("bars: [8, 4]", "bars: 8, least: 9", "from 9 to 8 bars"),
        ("name: lullaby", "name: lullaby\nmeters: [3/5]", "3/5"),
        ("label: E,", "label: E, id: R,", 'the id "R" appears twice'),
        ("bars: [8, 4]", "bars: 8, least: 0", "least must be at least 1"),
        ("bars: [8, 4]", "bars: 8, loose: 4", "loose must be at most 3"),
        ("bars: [8, 4]", "bars: 8, voices: [soprano, bass], passages: [{voices: [bass]}]", "a passage of no bars"),
        ("bars: [8, 4]", "bars: 8, voices: [bass, soprano]", "from the top, each once: soprano, bass"),
        (
            "bars: [8, 4]",
            "bars: 8, phrases: [{bars: 8, cadence: HC, key: {major: V, minor: H}}]",
            'no key "H" in minor',
        ),
        (
            "bars: [8, 4]",
            "bars: 8, theme: verse, voices: [bass], passages: [{bars: 8, entries: [{voice: alto, bar: 1}]}]",
            "the alto does not sound here",
        ),
    ],
)
def test_a_template_that_is_wrong_names_the_line(wrong, right, words):
    with pytest.raises(PlanError, match=words) as caught:
        parse_form(OWN.replace(wrong, right, 1), source="own.yaml")
    assert caught.value.problems[0].place.line is not None


def test_all_that_is_wrong_in_a_template_is_told_at_once():
    text = OWN.replace("da_capo: R", "da_capo: Q").replace("copy_of: V", "copy_of: X")
    with pytest.raises(PlanError) as caught:
        parse_form(text, source="own.yaml")
    assert len(caught.value.problems) == 2


RARE = """template: 1
name: rare
description: Nothing of it need be there.
sections:
  - {label: E, function: episode, bars: 4, optional: 0, key: {major: I, minor: i}, cadence: PAC}
  - {label: F, function: episode, bars: 8, least: 2, optional: 0.01, key: {major: I, minor: i}, cadence: PAC}
"""


@pytest.mark.parametrize("bars", [None, 2, 8])
def test_of_a_form_of_rare_sections_the_least_rare_is_there(tmp_path, library, bars):
    (tmp_path / "rare.yaml").write_text(RARE, encoding="utf-8")
    brief = Brief(form="rare.yaml", style="small", key="C major", meter="3/4", seed=1, bars=bars)
    plan = plan_piece(brief, folder=tmp_path, library=library)
    assert [(section.id, section.bars) for section in plan.sections] == [("F", bars or 8)]


LOOSE = """template: 1
name: loose
description: A theme and an episode.
themes: {verse: {bars: 8}}
sections:
  - {label: V, function: theme, theme: verse, bars: 8, least: 8, most: 12, loose: 3,
     key: {major: I, minor: i}, cadence: PAC}
  - {label: E, function: episode, bars: 8, least: 4, most: 16, loose: 3, imperfect: 0.5,
     key: {major: V, minor: III}, cadence: PAC}
  - {label: V, function: theme, copy_of: V, theme: verse, bars: 8, least: 8, most: 12, loose: 3,
     key: {major: I, minor: i}, cadence: PAC}
"""


def test_a_loose_section_is_longer_or_shorter_now_and_then_and_its_copy_too(tmp_path, library, small):
    (tmp_path / "loose.yaml").write_text(LOOSE, encoding="utf-8")
    uneven = replace(small, phrase_lengths={"triple": {"4": 8, "5": 4, "6": 4, "2": 4}})
    plans = [
        plan_piece(
            Brief(form="loose.yaml", style="small", key="C major", meter="3/4", seed=seed),
            folder=tmp_path,
            library=lambda name: (library(name)[0], uneven),
        )
        for seed in range(24)
    ]
    lengths = [[section.bars for section in plan.sections] for plan in plans]
    assert {first for first, _, _ in lengths} == {8, 10}  # a theme's section has a codetta or none
    assert all(first == last for first, _, last in lengths)
    assert {middle for _, middle, _ in lengths} == {6, 8, 9, 10}
    assert {plan.section("E").cadence for plan in plans} == {"PAC", "IAC"}
    assert {plan.section("V2").cadence for plan in plans} == {"PAC"}


def test_a_wished_length_is_in_whole_phrases_where_sections_are_loose(tmp_path, library):
    (tmp_path / "loose.yaml").write_text(LOOSE, encoding="utf-8")
    brief = Brief(form="loose.yaml", style="small", key="C major", seed=2, bars=28)
    plan = plan_piece(brief, folder=tmp_path, library=library)
    assert all(section.bars % 2 == 0 for section in plan.sections)
    assert plan.bars == 28


def test_lines_of_a_hymn_close_in_one_of_the_ways_that_the_form_leaves_open(planned):
    ways = set()
    for seed in range(12):
        plan = planned(form="chorale", key="G major", seed=seed)
        line = plan.section("A").phrases[0].cadence
        assert plan.themes["stollen"].phrases[0].cadence == line
        ways.add(line)
    assert {"IAC", "HC"} <= ways <= {"IAC", "HC", "none"}


def test_a_theme_that_is_through_is_not_begun_again_in_the_middle_of_a_prescribed_section(planned):
    """Four lines over a theme of two: the third and the fourth are new."""
    plans = (planned(form="chorale", key="C minor", bars=24, seed=seed) for seed in range(20))
    lines = next(found for plan in plans if len(found := plan.section("A").phrases) == 4)
    assert [line.theme_bars for line in lines] == ["1-2", "3-4", None, None]
    assert lines[-1].cadence == "PAC"


PRESCRIBED = """template: 1
name: prescribed
description: A verse in four lines over a theme of half its length, then a shorter one.
themes: {{verse: {{bars: {theme}, type: period}}}}
sections:
  - {{label: V, function: theme, theme: verse, bars: 8, {limits} key: {{major: I, minor: i}}, cadence: PAC,
     phrases: [{{bars: {lines}, cadence: HC}}, {{bars: {lines}, cadence: IAC}}, {{bars: {lines}, cadence: HC}},
               {{bars: {lines}, cadence: PAC}}]}}
  - {{label: W, function: theme, theme: verse, bars: {other}, key: {{major: I, minor: i}}, cadence: PAC}}
"""


@pytest.fixture
def prescribed(tmp_path, library):
    def plan(seed=1, *, theme=4, lines="2", limits="", other=8):
        text = PRESCRIBED.format(theme=theme, lines=lines, limits=limits, other=other)
        (tmp_path / "prescribed.yaml").write_text(text, encoding="utf-8")
        brief = Brief(form="prescribed.yaml", style="small", key="C major", meter="4/4", seed=seed)
        return plan_piece(brief, folder=tmp_path, library=library)

    return plan


@pytest.mark.parametrize("other", [4, 8])
def test_a_theme_shorter_than_its_prescribed_section_stays_so(prescribed, other):
    for seed in range(4):
        plan = prescribed(seed, other=other)
        assert plan.themes["verse"].bars == 4
        assert [phrase.theme_bars for phrase in plan.section("V").phrases][2:] == [None, None]


def test_a_theme_that_fills_a_prescribed_section_is_as_long_but_not_longer_than_another(prescribed):
    lengths = {
        prescribed(seed, theme=8, lines="[2, 3, 4]", limits="most: 16,", other=16).themes["verse"].bars
        for seed in range(8)
    }
    assert len(lengths) > 2
    assert all(prescribed(seed, theme=8, lines="[2, 3, 4]", other=8).themes["verse"].bars == 8 for seed in range(4))


def test_drawn_lines_keep_to_the_limits_of_their_section(prescribed):
    free = {prescribed(seed, lines="[2, 3, 4]").section("V").bars for seed in range(12)}
    assert max(free) > 10
    held = {prescribed(seed, lines="[2, 3, 4]", limits="most: 10,").section("V").bars for seed in range(12)}
    assert max(held) <= 10


def test_stated_sections_of_a_chorale_may_have_any_length(library):
    """The stollen is as long as its lines, unless another section that states it is shorter."""
    for seed in range(12):
        for bars in (5, 6, 7):
            sections = [{"label": "A", "bars": bars}, {"label": "A", "copy_of": "A", "bars": 4}, {"label": "B"}]
            plan = Plan.model_validate(
                {
                    "plan": 1,
                    "form": "chorale",
                    "style": "small",
                    "key": "G major",
                    "meter": "4/4",
                    "seed": seed,
                    "sections": sections,
                }
            )
            assert resolve(plan, library=library).themes["stollen"].bars <= 4
