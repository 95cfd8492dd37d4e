"""Files to Scores: a reader per format, each with its list of what it mended."""

from __future__ import annotations

from composer.corpus.builtin import builtin_paths, iter_builtin
from composer.corpus.reader import ReadResult, iter_folder, read_bytes, read_score
from composer.corpus.unfold import unfold_repeats

__all__ = [
    "ReadResult",
    "builtin_paths",
    "iter_builtin",
    "iter_folder",
    "read_bytes",
    "read_score",
    "unfold_repeats",
]
