import pytest

from composer.errors import StyleError
from composer.style import Source, StyleCard, load_statistics, load_style, read_style, styles, write_style

CARD = StyleCard(
    name="mine",
    description="my own waltzes",
    composer="me",
    forms=("ternary",),
    meters=("3/4",),
    tempo_bpm={"3/4": (90.0, 120.0, 150.5)},
    register=(40, 80),
    player="romantic",
    statistics="mine.json",
    sources=(Source("my drawer", "https://example.org", "CC0-1.0", pieces=3, bars=96),),
    figures={"polyphony": 2.5},
)


def test_a_card_survives_its_file(tmp_path):
    write_style(CARD, tmp_path / "mine.yaml")
    assert read_style(tmp_path / "mine.yaml") == CARD
    assert read_style(tmp_path / "mine.yaml").bars == 96


def test_the_styles_of_the_program_are_whole():
    names = [card.name for card in styles()]
    assert names == sorted(names)
    assert {"bach", "chorale"} <= set(names)
    for name in names:
        card = load_style(name)
        statistics = load_statistics(card)
        assert (statistics.pieces, statistics.bars) == (card.pieces, card.bars)
        assert card.sources[0].licence
        for kind in ("PAC", "IAC", "HC"):
            assert sum(formula.kind == kind for formula in statistics.cadence_formulas) >= 20


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
    ],
)
def test_a_damaged_card_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(StyleError, match=message) as caught:
        read_style(path)
    assert "x.yaml" in str(caught.value)


def test_a_style_without_statistics_says_so(tmp_path):
    (tmp_path / "bare.yaml").write_text("name: bare\ndescription: nothing counted\n")
    with pytest.raises(StyleError, match="has no statistics"):
        load_statistics(tmp_path / "bare.yaml")
    (tmp_path / "lost.yaml").write_text("name: lost\ndescription: x\nstatistics: lost.json\n")
    with pytest.raises(StyleError, match=r"lost\.json: cannot read"):
        load_statistics(tmp_path / "lost.yaml")
