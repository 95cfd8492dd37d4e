"""Bach's chorales, which every user has."""

from __future__ import annotations

import pytest

from composer.corpus import builtin_paths, iter_builtin, read_score
from composer.errors import TrainingError


def test_the_chorales_are_there():
    paths = builtin_paths("music21:bach")
    assert len(paths) > 300
    result = read_score(next(path for path in paths if path.name.startswith("bwv269")))
    assert len(result.score.parts) == 4
    assert result.score.bars[0].number == 0  # Aus meines Herzens Grunde begins with an upbeat
    assert str(result.score.bars[1].meter) == "3/4"
    assert len(result.score.fermata_ticks) >= 5


def test_iterating_yields_scores():
    assert next(iter(iter_builtin("music21:bach"))).format in ("mxl", "musicxml")


def test_an_unknown_corpus_is_named():
    with pytest.raises(TrainingError, match="music21:bach"):
        builtin_paths("music21:chopin")
