"""Score to Outline: local keys, chords, phrases, cadences, sections, hands, texture; statistics of a style."""

from __future__ import annotations

from composer.analysis.figures import piece_figures
from composer.analysis.outline import ensemble_of, outline_of
from composer.analysis.similarity import bar_similarity
from composer.analysis.statistics import AnalysedPiece, style_statistics
from composer.analysis.works import split_of, work_id

__all__ = [
    "AnalysedPiece",
    "bar_similarity",
    "ensemble_of",
    "outline_of",
    "piece_figures",
    "split_of",
    "style_statistics",
    "work_id",
]
