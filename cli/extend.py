"""`compose extend`: go on from the end of a piece."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import (
    WholeNumber,
    common_options,
    made_options,
    outputs_option,
    performing_options,
    sampling_options,
    seed_option,
    style_option,
)

if TYPE_CHECKING:
    from composer.pieces import Extended


@click.command("extend", short_help="Go on from the last bar of a piece, with its themes.")
@click.argument("score_path", metavar="SCORE_OR_MIDI", type=click.Path(path_type=Path))
@click.option("--bars", type=WholeNumber(min=1), metavar="N", help="How many bars to compose; 16 when left out.")
@style_option("The style of what is composed. Without it: that of the file's composer, where it is one of ours.")
@seed_option
@outputs_option(
    "Write this file (repeatable): .mid, .musicxml, .yaml, sheets as .pdf, .svg or .png, sound as .wav, .ogg, .mp3 or "
    ".flac, a page with all of it as .html, or .roll.png (a picture). "
    "Without it: the input's name with .extended.mid, .extended.musicxml and .extended.yaml, here."
)
@sampling_options
@performing_options
@made_options
@common_options
def command(*, score_path: Path, outputs: tuple[Path, ...], as_json: bool, opens: bool, **options: Any) -> None:
    """Compose what follows SCORE_OR_MIDI (.musicxml, .mxl, .mid, .krn, .abc): its theme is developed, returns, and the
    piece closes in its home key.

    Its own bars stay note for note. The plan that is written is that of the whole.
    """
    from composer.pieces import extend_file

    from .progress import progress_bar
    from .summary import print_warnings

    with progress_bar() as on_progress:
        extended = extend_file(score_path, outputs=outputs, folder=Path(), on_progress=on_progress, **options)
    print_warnings(extended.warnings)
    if as_json:
        from .as_json import extended_facts, print_json

        print_json(extended_facts(extended))
    else:
        _print_words(extended)
    if opens:
        from .opening import open_made

        open_made(extended.files)


def _print_words(extended: Extended) -> None:
    from .summary import listed, print_rows, print_table

    print_rows(
        [
            ("title", extended.score.title),
            ("bars", f"{extended.bars_before} of the piece, {sum(s.bars for s in extended.sections)} new"),
            ("seed", str(extended.seed)),
            ("device", extended.device),
            ("time", f"{extended.seconds:.1f} s"),
            *listed("files", map(str, extended.files)),
        ]
    )
    print_table(
        ("new section", "bars", "key"),
        [(section.label, str(section.bars), section.key) for section in extended.sections],
    )
