"""The command `compose`: its entry point and the group of its subcommands.

Start-up is kept to a few hundredths of a second: the modules of this folder import only click, the standard library
and the two light modules `composer` and `composer.errors` at their top; what a command needs it imports when it runs.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import composer
from composer.errors import did_you_mean

from .completing import VARIABLE, form_names
from .errors import ending_in_words
from .options import brief_options, common_options, made_options, outputs_option, performing_options, sampling_options

COMMANDS = (
    "plan",
    "build",
    "perform",
    "check",
    "analyse",
    "plot",
    "extend",
    "radio",
    "corpus",
    "learn",
    "forms",
    "styles",
    "schema",
    "completion",
    "train",
    "train-player",
    "evaluate",
)
"""The subcommands; `NAME.py` (`_` for `-`) beside this file defines each as `command`; help keeps their order."""


class ComposeGroup(click.Group):
    """A group that imports a subcommand when it is asked for, and ends every error in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the subcommands without importing them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand's module; None when there is no such subcommand."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f".{cmd_name.replace('-', '_')}", __package__).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; an unknown one is answered with the nearest known one.

        Raises:
            click.UsageError: there is no such subcommand.
        """
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            is_form = args[0] in form_names(ctx, ctx.command.params[0], "")
            guess = f"a form is asked for by --form {args[0]}" if is_form else did_you_mean(args[0], COMMANDS)
            guess = guess or f"there are {', '.join(COMMANDS)}"
            raise click.UsageError(f'no such command "{args[0]}" ({guess})', ctx)
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, *more: Any, **options: Any) -> Any:
        """Run the command line; whatever goes wrong ends as lines on stderr and an exit code."""
        options["standalone_mode"] = False  # click would print errors in a form of its own
        if VARIABLE in os.environ:
            importlib.import_module(".completion", __package__)  # how bash's words are put together
        with ending_in_words(args):
            status = super().main(args, *more, **options)
        raise SystemExit(status if isinstance(status, int) else 0)


EPILOG = """\b
compose --form rondo --style bach                       a piece: MIDI, score, plan
compose plan --form rondo --style bach -o my.yaml       only the plan, to edit
compose build my.yaml -o my.mid -o my.musicxml          the piece that the plan describes"""


@click.group(
    cls=ComposeGroup,
    name="compose",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@brief_options(form_required=False)
@outputs_option(
    "Write this file (repeatable): .mid, .musicxml, .yaml, .json (the report), sheets as .pdf, .svg or .png "
    "(.parts.pdf: one for each player), sound as .wav, .ogg, .mp3 or .flac, "
    "a page with all of it as .html, or .roll.png (a picture). "
    "Without it: the first four, here."
)
@sampling_options
@performing_options
@made_options
@click.version_option(composer.__version__, "--version", prog_name="ritornello")
@common_options
@click.pass_context
def cli(
    ctx: click.Context, /, *, form: str | None, outputs: tuple[Path, ...], as_json: bool, opens: bool, **options: Any
) -> None:
    """Compose a piece whose themes come back, in a form and a style.

    Without a subcommand, plan the piece, compose it, perform it and write the files.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options_before(ctx, ctx.invoked_subcommand)
        return
    if form is None:
        if not _given(ctx):
            click.echo(ctx.get_help())
            return
        raise click.UsageError("--form is missing (`compose forms` lists the forms)", ctx)

    from composer.pipeline import compose

    from .progress import progress_bar
    from .summary import tell_of

    with progress_bar() as on_progress:
        piece = compose(form=form, outputs=outputs, folder=Path(), on_progress=on_progress, **options)
    tell_of(piece, seed_was_drawn=options["seed"] is None, as_json=as_json, opens=opens)


def _given(ctx: click.Context) -> list[str]:
    """Return the options of `compose` itself that stand on the command line, as they are written."""
    names = {option.name: option.opts[-1] for option in ctx.command.params}
    source = click.core.ParameterSource.COMMANDLINE
    return [names[name] for name in ctx.params if ctx.get_parameter_source(name) == source]


def _refuse_options_before(ctx: click.Context, subcommand: str) -> None:
    # `compose --seed 3 build x.yaml` would otherwise pass over the seed in silence.
    given = _given(ctx)
    if given:
        raise click.UsageError(f"{given[0]} stands before `{subcommand}`; put it behind, if it has it", ctx)


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    cli()
