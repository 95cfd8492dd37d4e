"""`compose analyse`: from a piece to the plan of its form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import common_options, json_option, seed_option, style_option

if TYPE_CHECKING:
    from composer.pieces import Analysed


@click.command("analyse", short_help="Turn a piece into a plan: its form, keys, cadences and themes.")
@click.argument("score_path", metavar="SCORE_OR_MIDI", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The plan's file. Without it: the input's name with .plan.yaml, here.",
)
@style_option("The style of the new piece. Without it: that of the file's composer, where it is one of ours.")
@click.option(
    "--themes/--no-themes",
    default=True,
    show_default=True,
    help="Pin what returns as it is, or leave the themes to be composed anew.",
)
@seed_option
@json_option
@common_options
def command(
    *,
    score_path: Path,
    output: Path | None,
    style: str | Mapping[str, Any] | None,
    themes: bool,
    seed: int | None,
    as_json: bool,
) -> None:
    """Find meter, keys, phrases, cadences, sections and themes of SCORE_OR_MIDI (.musicxml, .mxl, .mid, .krn, .abc)
    and write them as a plan.

    `compose build` makes a new piece of that form; edit the plan before as you like. -v tells what was mended in the
    file.
    """
    from composer.pieces import analyse_file

    from .options import is_verbose
    from .progress import progress_bar
    from .summary import print_warnings

    output = output or Path(f"{score_path.stem}.plan.yaml")
    with progress_bar() as on_progress:
        found = analyse_file(score_path, output=output, style=style, themes=themes, seed=seed, on_progress=on_progress)
    print_warnings(found.warnings)
    if is_verbose():
        print_warnings(found.mended)
    if as_json:
        from .as_json import analysed_facts, print_json

        print_json(analysed_facts(found))
    else:
        _print_found(found)


def _print_found(found: Analysed) -> None:
    from .summary import listed, print_rows, print_table

    plan = found.plan
    tempo = f", {plan.tempo:g} beats a minute" if plan.tempo is not None else ""
    themes = [f"{name}: {theme.bars} bars" for name, theme in plan.themes.items()]
    print_rows(
        [
            ("title", plan.title or ""),
            ("form", f"{' '.join(section.label for section in found.sections)}, {plan.meter}{tempo}"),
            ("key", plan.key or ""),
            ("written for", plan.ensemble or ""),
            *listed("themes", themes),
            *([("da capo", f"to the end of {plan.da_capo}")] if plan.da_capo else []),
            *listed("files", map(str, found.files)),
        ]
    )
    print_table(
        ("section", "bars", "played", "key", "cadence", "theme"),
        [(s.id, f"{s.first_bar}-{s.last_bar}", _times(s.times), s.key, s.cadence, s.theme) for s in found.sections],
    )


def _times(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times} times")
