import re

import pytest

from composer.errors import Place, StyleError
from composer.network.checkpoint import check_network
from composer.perform.players import player_named
from composer.pipeline import plan_piece
from composer.plan.forms import form_names
from composer.roll.inputs import NOTE_LAYOUT, STEP_LAYOUT
from composer.style import (
    DEFAULT_NETWORK,
    Source,
    StyleCard,
    load_statistics,
    load_style,
    read_style,
    readable_styles,
    style_in,
    style_names,
    styles,
    styles_folder,
    write_style,
)
from composer.training.recipes import read_recipes

CARD = StyleCard(
    name="mine",
    description="my own waltzes",
    composer="me",
    forms=("ternary",),
    meters=("3/4",),
    tempo_bpm={"3/4": (90.0, 120.0, 150.5)},
    register=(40, 80),
    player="romantic",
    strengths={"swing": 1.0, "touch": 0.7},
    statistics="mine.json",
    sources=(Source("my drawer", "https://example.org", "CC0-1.0", pieces=3, bars=96),),
    ensembles={"keyboard": 2, "song": 1},
    textures_from="2 keyboard pieces and 1 song",
    figures={"polyphony": 2.5},
)


def test_a_card_survives_its_file(tmp_path):
    write_style(CARD, tmp_path / "mine.yaml")
    assert read_style(tmp_path / "mine.yaml") == CARD
    assert read_style(tmp_path / "mine.yaml").bars == 96


@pytest.mark.parametrize("name", style_names(folder=styles_folder()))
def test_every_style_of_the_program_is_whole(name):
    card = load_style(name)
    statistics = load_statistics(card)
    assert (statistics.pieces, statistics.bars) == (card.pieces, card.bars)
    assert sum(card.ensembles.values()) == card.pieces
    assert card.textures_from
    assert card.meters
    assert card.tempo_bpm
    assert all(slow <= usual <= fast for slow, usual, fast in card.tempo_bpm.values())
    assert card.register[0] < 60 < card.register[1], "middle C lies inside"
    assert card.figures
    for kind in ("PAC", "IAC", "HC"):
        assert sum(formula.kind == kind for formula in statistics.cadence_formulas) >= 3


@pytest.mark.parametrize("name", style_names(folder=styles_folder()))
def test_every_style_of_the_program_names_only_what_there_is(name):
    card = load_style(name)
    assert set(card.forms) <= set(form_names())
    assert card.forms
    assert player_named(card.player).name == card.player
    assert {card.ensemble, *card.ensembles} <= {"chorale", "keyboard", "line", "organ", "quartet", "song"}


def test_the_program_s_network_knows_every_style():
    """Its composers and ensembles, learned from the sources that the styles were counted from."""
    network = check_network(
        styles_folder() / "networks" / f"{DEFAULT_NETWORK}.yaml", note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT
    )
    book = read_recipes(styles_folder() / "recipes" / "shipped.yaml")
    for card in styles(folder=styles_folder()):
        assert card.network in ("", DEFAULT_NETWORK)
        assert card.composer in network.composers
        assert {card.ensemble, *card.ensembles} <= set(network.ensembles)
    assert [(one["path"], one["composer"], one.get("ensemble", "")) for one in network.sources] == [
        (one.path, one.composer, one.ensemble) for one in book.sources
    ]
    weights = styles_folder() / "networks" / f"{DEFAULT_NETWORK}.safetensors"
    assert weights.stat().st_size <= 25_000_000


@pytest.mark.parametrize("name", style_names(folder=styles_folder()))
def test_the_notice_credits_whoever_asks_for_it(name, repository):
    notice = (repository / "NOTICE").read_text(encoding="utf-8")
    sources = load_style(name).sources
    assert sources
    for source in sources:
        assert source.licence
        assert source.url.split("/")[2] in notice
        if "CC BY" in source.licence:
            holder = re.search(r"(?:: |^)(?:© [\d, ]+)?([^:;]+?)(?: \(|, engraved)", source.credit)
            assert holder, source.credit
            assert holder[1] in notice
            assert "/by/" + re.findall(r"[\d.]+", source.licence)[0] in notice


@pytest.mark.parametrize("name", style_names(folder=styles_folder()))
def test_every_style_plans_its_favourite_form_in_either_mode(name):
    """Few pieces, or none in minor, are enough."""
    form = load_style(name).forms[0]
    for key in ("D major", "D minor"):
        plan = plan_piece(form=form, style=name, key=key, seed=3)
        assert plan.sections[-1].phrases[-1].cadence == "PAC"


def test_as_many_styles_as_promised():
    promised = "bach beethoven brahms chopin chorale handel haydn joplin mozart renaissance romantic schubert schumann"
    assert style_names(folder=styles_folder()) == tuple(promised.split())


def test_all_styles_together_stay_small():
    """They are in every copy of the program."""
    assert sum(path.stat().st_size for path in styles_folder().glob("*.*")) < 6_500_000


def test_an_unknown_style_names_a_near_one():
    with pytest.raises(StyleError, match=r'no style "bch".*did you mean "bach"'):
        load_style("bch")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\ndescription: y\nplayr: z\n", 'unknown field "playr".*did you mean "player"'),
        ("name: x\n", 'the field "description" is missing'),
        ("- x\n", "a card is a mapping"),
        ("name: [x\n", "not YAML"),
        ("name: x\ndescription: y\ntempo_bpm: {3/4: [1, 2]}\n", "wrong kind"),
        ("name: x\ndescription: y\nsources: [{name: z}]\n", 'field "licence" is missing'),
        ("name: x\ndescription: y\nsources: 5\n", "wrong kind: 5 is no list"),
        ("name: x\ndescription: y\nmeters: 3/4\n", "wrong kind: '3/4' is no list"),
        ("name: x\ndescription: y\nregister: [40]\n", "wrong kind"),
        (
            "name: x\ndescription: y\nsources: [{name: z, url: u, licence: CC0, pieces: many}]\n",
            "\"pieces\" is a whole number; found 'many'",
        ),
        ("name: x\ndescription: 2026-13-45\n", "a value that cannot be read"),
        ("name: x\0\ndescription: y\n", "character 8: not YAML"),
    ],
)
def test_a_damaged_card_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(StyleError, match=message) as caught:
        read_style(path)
    assert "x.yaml" in str(caught.value)


def test_a_card_that_cannot_be_read_hides_no_other(tmp_path):
    write_style(StyleCard("waltzes", "my own waltzes"), tmp_path / "waltzes.yaml")
    (tmp_path / "broken.yaml").write_text("name: [x\n")
    (tmp_path / "latin.yaml").write_bytes("name: größe\n".encode("latin-1"))
    cards, errors = readable_styles(tmp_path)
    assert [card.name for card in cards] == ["waltzes"]
    assert [error.problems[0].place for error in errors] == [
        Place(str(tmp_path / "broken.yaml"), 2, 1),
        Place(str(tmp_path / "latin.yaml")),
    ]


def test_a_card_that_is_not_there_is_said_in_words(tmp_path):
    with pytest.raises(StyleError, match=r"mine\.yaml: cannot read the card: No such file or directory$"):
        read_style(tmp_path / "mine.yaml")


def test_a_style_without_statistics_says_so(tmp_path):
    (tmp_path / "bare.yaml").write_text("name: bare\ndescription: nothing counted\n")
    with pytest.raises(StyleError, match="has no statistics"):
        load_statistics(tmp_path / "bare.yaml")
    (tmp_path / "lost.yaml").write_text("name: lost\ndescription: x\nstatistics: lost.json\n")
    with pytest.raises(StyleError, match=r"lost\.json: cannot read"):
        load_statistics(tmp_path / "lost.yaml")


def test_bach_in_chorales_is_the_bach_of_the_chorales():
    assert style_in("bach", "chorale") == "chorale"
    assert style_in("bach", "keyboard") == style_in("bach", "quartet") == "bach"
    assert style_in("haydn", "quartet") == "haydn"  # counted in no other music
    assert style_in("romantic", "chorale") == "romantic"  # of nobody in particular
