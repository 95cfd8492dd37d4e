"""The recipes of the program's own styles: which music each is counted from, and what it cannot tell by itself.

The file is `styles/recipes/shipped.yaml`. Its `sources` are written as in a training configuration; a file belongs to
the first source that includes it, and each source to one composer. A style takes the sources of its composer, or some
of them by their ensemble. A source whose composer is of no style keeps its files out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from composer.errors import PlanError, Problem, TrainingError, did_you_mean
from composer.plan.strict_yaml import Document, read_strict
from composer.style import Source
from composer.training.config import SourceConfig
from composer.training.typed_yaml import build, check_keys

_BLOCKS = ("sources", "styles")
T = TypeVar("T")


@dataclass(frozen=True)
class StyleRecipe:
    """What a style is made from; what is empty is told from the pieces.

    Attributes:
        name, description, composer, ensemble, forms, player: of the card.
        sources: what the card says of the collections.
        ensembles: the sources that are counted, by the ensemble of their pieces; () for all of the composer's.
        usual_tempo_bpm: where the scores state no tempo: (meter, (slow, usual, fast)).
    """

    name: str
    description: str
    composer: str
    ensemble: str = ""
    forms: tuple[str, ...] = ()
    player: str = ""
    sources: tuple[Source, ...] = ()
    ensembles: tuple[str, ...] = ()
    usual_tempo_bpm: tuple[tuple[str, tuple[float, float, float]], ...] = ()


@dataclass(frozen=True)
class RecipeBook:
    """All sources and the styles that are made from them."""

    sources: tuple[SourceConfig, ...]
    styles: tuple[StyleRecipe, ...]


def read_recipes(path: Path) -> RecipeBook:
    """Read a file of recipes.

    Raises:
        TrainingError: no such file, or all its problems, each with line and column.
    """
    try:
        document = read_strict(path.read_bytes(), source=str(path))
    except OSError as error:
        raise TrainingError(f"cannot read the recipes: {error.strerror or error}", place=path) from error
    except PlanError as error:
        raise TrainingError(error.problems) from error
    if not isinstance(document.value, dict):
        raise TrainingError("a file of recipes is a mapping", place=document.place(()), mend="sources, styles")
    problems: list[Problem] = []
    check_keys(document.value, _BLOCKS, document, (), problems)
    sources = _built(SourceConfig, "sources", document, problems)
    styles = _built(StyleRecipe, "styles", document, problems, hidden=("sources",))
    composers = {source.composer for source in sources.values()}
    for index, source in sources.items():
        if source.weight < 1 or source.weight != int(source.weight):
            problems.append(
                Problem("a source of a style counts a whole number of times", document.place(("sources", index)))
            )
    for index, style in styles.items():
        if style.composer not in composers:
            mend = did_you_mean(style.composer, composers) or f"composers here: {', '.join(sorted(composers))}"
            problems.append(Problem(f'no source is of "{style.composer}"', document.place(("styles", index)), mend))
    if problems:
        raise TrainingError(problems)
    return RecipeBook(tuple(sources.values()), tuple(styles.values()))


def _built(
    kind: type[T], block: str, document: Document, problems: list[Problem], *, hidden: tuple[str, ...] = ()
) -> Mapping[int, T]:
    """Return what could be made of the entries of a block, by their places."""
    listed = document.value.get(block)
    if not isinstance(listed, list) or not listed:
        problems.append(Problem(f"{block} must be a list of one or more", document.place(())))
        return {}
    made = {index: build(kind, document, (block, index), problems, hidden=hidden) for index in range(len(listed))}
    return {index: one for index, one in made.items() if one is not None}
