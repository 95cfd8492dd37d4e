"""What the shell's Tab offers for the values of options: names of forms, styles, ensembles and players, file suffixes.

Conventions: a completer takes what is typed so far and returns whole values; none imports more than numpy, so that Tab
answers at once. `compose completion bash|zsh|fish` prints the script that asks them; the protocol is click's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PROGRAM = "compose"
VARIABLE = "_COMPOSE_COMPLETE"  # what the shell's script sets, as click names it

SUFFIXES = (
    ".mid", ".musicxml", ".mxl", ".yaml", ".json", ".pdf", ".svg", ".png", ".wav", ".flac", ".ogg", ".mp3", ".html",
    ".roll.png", ".roll.svg", ".parts.pdf", ".parts.svg", ".parts.png", ".parts.musicxml",
)  # fmt: skip
"""What `-o` writes, without second spellings (.midi): the writers' own table would take a second to import."""
_UNWRITTEN = {"perform": (".yaml", ".json"), "extend": (".json",), "radio": ()}  # by command; see the writers

_MIX = re.compile(r"(?P<before>.*(?:,|->)\s*)?(?P<name>[^,>:]*)", re.DOTALL)


def form_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the forms whose names begin so."""
    names = (path.name for path in files("composer.plans").iterdir() if path.name.endswith(".yaml"))
    return _beginning(incomplete, sorted(name.removesuffix(".yaml") for name in names))


def style_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the styles that a name, the last name of a mix (`bach:0.7,jop`) or of a glide (`bach->jop`) begins."""
    from composer.style import style_names

    typed = _MIX.fullmatch(incomplete)
    if typed is None:
        return []  # in the middle of a weight
    before = typed["before"] or ""
    station = before.rpartition("->")[2]
    named = re.findall(r"[^,:\s]+(?=:)", station)
    end = ":" if ":" in station else ""  # in a mix a weight follows
    return [f"{before}{name}{end}" for name in _beginning(typed["name"], style_names()) if name not in named]


def ensemble_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the ensembles whose names begin so."""
    from composer.fill.ensembles import ENSEMBLES

    return _beginning(incomplete, ENSEMBLES)


def player_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the players whose names begin so."""
    from composer.perform.own_players import player_names

    return _beginning(incomplete, player_names())


def output_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str | CompletionItem]:
    """Return a file's name with each suffix that it may get; before there is a dot in it, the files there are."""
    from click.shell_completion import CompletionItem

    name = Path(incomplete).name
    folder = incomplete.removesuffix(name)
    suffixes = [suffix for suffix in SUFFIXES if suffix not in _UNWRITTEN.get(ctx.info_name or "", ())]
    for dot in (match.start() for match in re.finditer(r"(?<=.)\.", name)):
        found = [name[:dot] + suffix for suffix in suffixes if suffix.startswith(name[dot:].lower())]
        if found:
            return [folder + one for one in found]
    return [CompletionItem(incomplete, type="file")]


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
