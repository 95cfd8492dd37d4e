"""Options that several commands share, so that they are the same words with the same meaning everywhere.

Conventions: an option that was not given is passed to the library as None, which means "the plan's, the style's or the
player's own"; the library alone knows those defaults and checks the values of music (keys, meters, names).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from .completing import ensemble_names, form_names, output_names, player_names, style_names

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

MAX_NUMBER = 2**63 - 1  # inclusive; of seeds and takes, as in a plan
ARROW = "->"  # between the stations of a glide, as in a plan
QUIET = "composer.cli.quiet"  # key in click's meta dictionary, which all contexts of one run share


class WholeNumber(click.IntRange):
    """A whole number in a range, called so in errors."""

    name = "whole number"


def brief_options(*, form_required: bool) -> Callable[[Decorated], Decorated]:
    """Add what a piece is planned from: form, style, key, meter, tempo, bars, ensemble, title, seed."""

    def add(function: Decorated) -> Decorated:
        return _stack(
            function,
            click.option(
                "--form",
                metavar="NAME",
                required=form_required,
                shell_complete=form_names,
                help="The form; see `compose forms`.",
            ),
            click.option(
                "--style",
                callback=_style_wish,
                shell_complete=style_names,
                metavar="NAME",
                help="The style (`compose styles` lists them), a mix as in bach:0.7,joplin:0.3, a glide along the "
                'piece as in "bach->joplin", or the path of a card: ./mine.yaml. Without it: the form\'s own, or bach.',
            ),
            click.option("--key", metavar="KEY", help='The home key: "G major", "e minor", "Bb major".'),
            click.option("--meter", metavar="N/N", help="The meter: 2/4, 3/4, 4/4, 6/8."),
            click.option(
                "--tempo",
                type=click.FloatRange(min=0, min_open=True),
                metavar="BPM",
                help="Beats per minute; the beat is the meter's.",
            ),
            click.option(
                "--bars",
                type=WholeNumber(min=1),
                metavar="N",
                help="About how long the piece shall be, in written bars: what is repeated counts once.",
            ),
            click.option(
                "--ensemble",
                metavar="NAME",
                shell_complete=ensemble_names,
                help="keyboard, organ, chorale, quartet, song …",
            ),
            click.option("--title", metavar="TEXT", help="The title in the files."),
            click.option(
                "--seed",
                type=WholeNumber(min=0, max=MAX_NUMBER),
                metavar="N",
                help="The same seed, the same piece. Drawn, and printed, when left out.",
            ),
        )

    return add


def seed_option(function: Decorated) -> Decorated:
    """Add the `--seed` of a plan that is made of a piece."""
    option = click.option(
        "--seed", type=WholeNumber(min=0, max=MAX_NUMBER), metavar="N", help="Of the plan; 1 when left out."
    )
    return option(function)


def style_option(help_text: str) -> Callable[[Decorated], Decorated]:
    """Add `--style`, which may be left out."""
    return click.option("--style", callback=_style_or_none, metavar="NAME", shell_complete=style_names, help=help_text)


def sampling_options(function: Decorated) -> Decorated:
    """Add how notes are drawn from the network: temperature, both guidances, device."""
    return _stack(
        function,
        click.option(
            "--temperature",
            type=click.FloatRange(min=0, min_open=True),
            metavar="X",
            help="Below 1 the likelier notes, above 1 the bolder ones.",
        ),
        click.option(
            "--guidance",
            type=click.FloatRange(min=0),
            metavar="X",
            help="How strictly the notes obey the plan; 1 is as trained, more is stricter.",
        ),
        click.option(
            "--style-guidance",
            type=click.FloatRange(min=0),
            metavar="X",
            help="How strongly the notes are in the style; 1 is as trained, more is stronger.",
        ),
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "gpu"]),
            default="auto",
            show_default=True,
            help="Where the network runs; auto takes a GPU when TensorFlow sees one.",
        ),
    )


def performing_options(function: Decorated, *, takes_for: str = "a page (.html)") -> Decorated:
    """Add how the piece is played: expression, player, take, sound font; of several takes, the others as `more_takes`.

    Args:
        function: the command.
        takes_for: what can show several takes.
    """
    number = WholeNumber(min=0, max=MAX_NUMBER)
    told = f"Another number, another performance of the same notes. Repeatable for {takes_for}: the first is written."
    return _stack(
        function,
        click.option(
            "--expression",
            type=click.FloatRange(min=0),
            metavar="X",
            help="0 plays as written, 1 as the player does, more exaggerates.",
        ),
        click.option("--player", metavar="NAME", shell_complete=player_names, help="Whose habits the performance has."),
        click.option("--take", type=number, metavar="N", multiple=True, callback=_first_take, help=told),
        click.option(
            "--soundfont",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="An .sf2 or .sf3 file that plays in the sound files, through FluidSynth where that is installed.",
        ),
    )


def outputs_option(help_text: str) -> Callable[[Decorated], Decorated]:
    """Add `-o/--output PATH`, repeatable; the function gets `outputs`, a tuple of paths."""
    return click.option(
        "-o",
        "--output",
        "outputs",
        type=click.Path(path_type=Path),
        multiple=True,
        shell_complete=output_names,
        help=help_text,
    )


def json_option(function: Decorated) -> Decorated:
    """Add `--json`, which gives `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, for programs.")(function)


def open_option(function: Decorated) -> Decorated:
    """Add `--open`, which gives `opens`."""
    told = "Open what was made: the page if there is one, else the sheet, the sound or the MIDI file."
    return click.option("--open", "opens", is_flag=True, help=told)(function)


def made_options(function: Decorated) -> Decorated:
    """Add what is done with what was made: `--json` (`as_json`) and `--open` (`opens`)."""
    return json_option(open_option(function))


def plan_option(function: Decorated) -> Decorated:
    """Add `--plan`, which gives `plan_path`: the plan of a piece."""
    return click.option(
        "--plan",
        "plan_path",
        metavar="PLAN",
        type=click.Path(path_type=Path),
        help="The plan of the piece. Without it: PIECE's name with .resolved.yaml or .yaml, beside it, "
        "if there is one.",
    )(function)


def common_options(function: Decorated) -> Decorated:
    """Add `-v`, `-q` and `--debug`; the function does not see them."""
    return _stack(
        function,
        click.option(
            "-v",
            "--verbose",
            count=True,
            expose_value=False,
            callback=_set_verbosity,
            help="Tell what is drawn and why it is kept; -vv tells more.",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            expose_value=False,
            callback=_set_quiet,
            help="Print nothing but errors.",
        ),
        click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."),
    )


def is_quiet() -> bool:
    """Whether `-q` was given in the running command."""
    return bool(click.get_current_context().meta.get(QUIET, False))


def is_verbose() -> bool:
    """Whether `-v` was given in the running command."""
    return logging.getLogger("composer").isEnabledFor(logging.INFO)


def _first_take(ctx: click.Context, _param: click.Parameter, value: tuple[int, ...]) -> int | None:
    ctx.params["more_takes"] = value[1:]
    return value[0] if value else None


def _style_or_none(ctx: click.Context, param: click.Parameter, value: str | None) -> str | Mapping[str, Any] | None:
    return None if value is None else _style_wish(ctx, param, value)


def _style_wish(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | Mapping[str, Any] | None:
    """Return a style as `composer.plan.brief.StyleWish`: a name as it stands, the weights of a mix, or a glide."""
    if value is None:
        return None
    first, *rest = (_name_or_mix(station.strip()) for station in value.split(ARROW))
    if not rest:
        return first
    return {"from": first, "via": rest[:-1], "to": rest[-1]} if rest[:-1] else {"from": first, "to": rest[-1]}


def _name_or_mix(text: str) -> str | Mapping[str, float]:
    """Return a style's name as it stands, or the weight of each name in a mix."""
    if not text:
        raise click.BadParameter(f'a glide has a style on each side of each "{ARROW}", as in "bach->joplin"')
    if ":" not in text:
        return text
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.partition(":")
        name = name.strip()
        if name in weights:
            raise click.BadParameter(f'"{name}" stands twice in the mix')
        try:
            weights[name] = float(weight)
        except ValueError:
            raise click.BadParameter(f'"{part}" needs a weight, as in bach:0.7,joplin:0.3') from None
    return weights


def _set_verbosity(ctx: click.Context, _param: click.Parameter, value: int) -> None:
    if value:
        logger = _logger_until_closed(ctx)
        logger.setLevel(logging.INFO if value == 1 else logging.DEBUG)
        if not any(isinstance(handler, _ToStderr) for handler in logger.handlers):
            logger.addHandler(_ToStderr())


def _logger_until_closed(ctx: click.Context) -> logging.Logger:
    """Return our logger, which will be as it was when the command has ended: others may go on in this process."""
    logger = logging.getLogger("composer")
    level, handlers = logger.level, list(logger.handlers)

    def restore() -> None:
        logger.setLevel(level)
        logger.handlers[:] = handlers

    ctx.call_on_close(restore)
    return logger


class _ToStderr(logging.Handler):
    """Prints what is logged: plain lines, of warnings with the word; at DEBUG with the module that says it.

    stderr is looked up anew each time: while a progress bar is shown, it is one that prints above the bar.
    """

    def emit(self, record: logging.LogRecord) -> None:
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        module = f"{record.name}: " if record.levelno < logging.INFO else ""
        click.echo(f"{level}{module}{record.getMessage()}", err=True)


def _set_quiet(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[QUIET] = True
        _logger_until_closed(ctx).setLevel(logging.ERROR)


def _stack(function: Decorated, *decorators: Callable[[Decorated], Decorated]) -> Decorated:
    """Apply decorators so that help lists them in the order given here."""
    for decorator in reversed(decorators):
        function = decorator(function)
    return function
