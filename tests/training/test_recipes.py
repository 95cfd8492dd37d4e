from pathlib import Path

import pytest

from composer.analysis.works import work_id
from composer.errors import TrainingError
from composer.perform.players import player_named
from composer.plan.forms import form_names
from composer.style import styles_folder
from composer.training.recipes import RecipeBook, read_recipes

SOURCES = "sources:\n  - {path: corpora/x, composer: bach}\n"
STYLES = "styles:\n  - {name: x, description: y, composer: bach}\n"


@pytest.fixture(scope="module")
def shipped() -> RecipeBook:
    return read_recipes(styles_folder() / "recipes" / "shipped.yaml")


def test_every_style_of_the_program_has_its_music(shipped: RecipeBook) -> None:
    for recipe in shipped.styles:
        own = [source for source in shipped.sources if source.composer == recipe.composer]
        assert own, recipe.name
        for source in own:
            assert source.name, source.path
            assert source.url.startswith("https://"), source.path
            assert source.licence, source.path
            assert ("CC BY" in source.licence) == bool(source.credit), "what CC BY asks for"
        assert set(recipe.forms) <= set(form_names())
        assert player_named(recipe.player).name == recipe.player


def test_mendelssohn_and_his_sister_are_in_no_style(shipped: RecipeBook) -> None:
    """They are held out of everything, so that learning a composer can be tried on them."""
    for source in shipped.sources:
        if source.composer != "nobody":
            told = f"{source.path} {source.include} {source.name}".lower()
            assert "mendelssohn" not in told
            assert "hensel" not in told
            assert source.path not in ("corpora/lieder", "corpora/quartets")
            assert source.path != "corpora/mutopia" or source.include != ("*",)


@pytest.mark.parametrize(
    ("name", "weight"),
    [
        ("BachJS__BWV816__french-suite-5__gigue.mid", 3),
        ("BachJS__BWV784__bach-invention-13.mid", 3),
        ("BachJS__BWV846__wtk1-prelude1.mid", 3),
        ("BachJS__BWV846__wtk1-fugue1.mid", 1),
        ("BachJS__BWV848__bwv848b__bwv848b.mid", 1),
        ("BachJS__BWVAnh114__anna-magdalena-04.mid", 3),
        ("BachJS__BWV582__bwv582__bwv582.mid", 1),
    ],
)
def test_suites_inventions_and_preludes_of_bach_weigh_more(shipped: RecipeBook, tmp_path, name, weight) -> None:
    from composer.training.sources import list_files

    folder = tmp_path / "corpora" / "mutopia" / "BachJS"
    folder.mkdir(parents=True)
    (folder / name).touch()
    (found,) = (
        source for source, files in zip(shipped.sources, list_files(shipped.sources, tmp_path), strict=True) if files
    )
    assert (found.composer, found.weight) == ("bach", weight)
    assert work_id(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SOURCES, "styles must be a list"),
        (STYLES, "sources must be a list"),
        (SOURCES + STYLES + "colour: red\n", 'no key "colour"'),
        (SOURCES + STYLES.replace("bach", "bahc"), 'x.yaml:4.*no source is of "bahc".*did you mean "bach"'),
        (SOURCES.replace("composer: bach", "composer: bach, weight: 0.5") + STYLES, "whole number of times"),
        (SOURCES + STYLES.replace("description", "descripton"), 'did you mean "description"'),
        ("[1]", "mapping"),
        ("a: [", "x.yaml"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(TrainingError, match=message):
        read_recipes(tmp_path / "x.yaml")
