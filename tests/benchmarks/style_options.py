"""The options that the benchmarks of style have in common, so that one word means one thing in all of them.

A benchmark makes its parser with `style_parser`, adds what it shares with some of the others (`add_composing`,
`add_results`) and what is its own, and reads the command line with `parsed`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from composer.pipeline import DEFAULT_GUIDANCE, DEFAULT_STYLE_GUIDANCE
from composer.style import DEFAULT_NETWORK, styles_folder
from composer.training.config import DATA_VARIABLE

CONFIG = styles_folder() / "networks" / f"{DEFAULT_NETWORK}.train.yaml"
NETWORK = styles_folder() / "networks" / f"{DEFAULT_NETWORK}.safetensors"


def style_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that knows where the music and the training's configuration are."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get(DATA_VARIABLE), help=f"default: what {DATA_VARIABLE} says"
    )
    parser.add_argument("--config", type=Path, default=CONFIG, help="training configuration of the network")
    return parser


def add_composing(
    parser: argparse.ArgumentParser, *, bars: int, is_needed: bool = False, with_guidances: bool = True
) -> None:
    """Add what pieces are composed with.

    Args:
        parser: to be added to.
        bars: of a piece, where the command line says nothing.
        is_needed: whether there is nothing to do without composed pieces.
        with_guidances: whether one guidance by plan and one by style hold for all of them.
    """
    words = "folder of the composed pieces" + ("" if is_needed else "; without it the real side alone")
    parser.add_argument("--output", type=Path, required=is_needed, help=words)
    parser.add_argument("--bars", type=int, default=bars, help="of a composed piece, about")
    if with_guidances:
        parser.add_argument("--guidance", type=float, default=DEFAULT_GUIDANCE)
        parser.add_argument("--style-guidance", type=float, default=DEFAULT_STYLE_GUIDANCE)
    parser.add_argument("--network", type=Path, default=NETWORK)
    parser.add_argument("--jobs", type=int, default=1, help="processes that compose side by side")


def add_results(parser: argparse.ArgumentParser, *, picture: str = "") -> None:
    """Add where the results go; `picture` says of what there is one, if there is."""
    parser.add_argument("--json", type=Path, help="write everything there")
    if picture:
        parser.add_argument("--picture", type=Path, help=f"FILE.png and FILE.svg of {picture}")


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the options of the command line."""
    options = parser.parse_args()
    if options.data is None:
        parser.error(f"name the data folder with --data or {DATA_VARIABLE}")
    return options
