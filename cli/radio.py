"""`compose radio`: planned pieces without an end, on a MIDI port, as files, or on a page on this machine."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .completing import ensemble_names, form_names, player_names
from .opening import open_address
from .options import MAX_NUMBER, WholeNumber, common_options, is_quiet, outputs_option, sampling_options, style_option

if TYPE_CHECKING:
    from composer.radio import Aired, Item, RadioWishes

_SOME_PORT = ""  # --midi without a name
_MAX_DRAWN_SEED = 2**31  # exclusive


@click.command("radio", short_help="Piece after piece, without an end: on a page, a MIDI port, or as files.")
@style_option("As for `compose`. Without it: each form's own, or bach.")
@click.option(
    "--form",
    "forms",
    metavar="NAME",
    multiple=True,
    shell_complete=form_names,
    help="A form to choose from (repeatable); all of them.",
)
@click.option("--key", metavar="KEY", help="The key of the first piece; each of the next ones is related to it.")
@click.option(
    "--ensemble", metavar="NAME", shell_complete=ensemble_names, help="keyboard, organ, chorale, quartet, song …"
)
@click.option("--bars", type=WholeNumber(min=1), metavar="N", help="About how long each piece shall be.")
@click.option(
    "--seed",
    type=WholeNumber(min=0, max=MAX_NUMBER),
    metavar="N",
    help="The same seed, the same programme. Drawn, and printed, when left out.",
)
@click.option("--pieces", type=WholeNumber(min=1), metavar="N", help="End after so many.")
@click.option("--page", "on_page", is_flag=True, help="Play on a page in a browser: so without --midi and -o.")
@click.option("--port", type=WholeNumber(min=0, max=65535), metavar="N", help="Of the page; a free one if left out.")
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--midi",
    "midi_port",
    metavar="[NAME]",
    is_flag=False,
    flag_value=_SOME_PORT,
    help="Play on a MIDI port: this one, or the first; needs pip install 'ritornello[radio]'.",
)
@outputs_option(
    "Write each piece as such files (repeatable), with its number: piece.mid is written as piece-001.mid, "
    "piece-002.mid … All that `compose` writes."
)
@sampling_options
@click.option("--expression", type=click.FloatRange(min=0), metavar="X", help="As for `compose`.")
@click.option("--player", metavar="NAME", shell_complete=player_names, help="Whose habits the performances have.")
@click.option("--soundfont", type=click.Path(path_type=Path), metavar="FILE", help="As for `compose`.")
@common_options
def command(
    *,
    forms: tuple[str, ...],
    key: str | None,
    seed: int | None,
    pieces: int | None,
    on_page: bool,
    port: int | None,
    opens: bool,
    midi_port: str | None,
    outputs: tuple[Path, ...],
    **options: Any,
) -> None:
    """Compose planned pieces one after another, each with its ending, and let them be heard.

    Forms, keys, tempi and lengths follow from the seed; no piece has the form or the key of the one before it, and its
    key is related to that one's. The next piece is composed while one is heard. Ctrl-C ends it.
    """
    is_midi = midi_port is not None
    on_page = on_page or opens or port is not None or not (is_midi or outputs)
    if on_page and is_midi:
        raise click.UsageError("--midi and --page would play at once: choose one")

    import secrets

    from composer.export.writers import check_outputs
    from composer.radio import RadioWishes, numbered, programme, usable_forms
    from composer.theory.key import parse_key

    first_key = None if key is None else parse_key(key)
    check_outputs([numbered(path, 1) for path in outputs], soundfont=options["soundfont"])
    forms = usable_forms(forms, style=options["style"], ensemble=options["ensemble"], bars=options["bars"])
    wishes = RadioWishes(outputs=outputs, as_midi=is_midi, as_page=on_page, **options)
    number = secrets.randbelow(_MAX_DRAWN_SEED) if seed is None else seed
    items = islice(programme(seed=number, forms=forms, first_key=first_key), pieces)
    try:
        with _stopped_like_ctrl_c():
            told = f"seed {number}" + " (drawn)" * (seed is None)
            _play(items, wishes, midi_port=midi_port or None, port=port or 0, opens=opens, told=told)
    except KeyboardInterrupt:
        _say("stopped")


def _play(
    items: Iterable[Item], wishes: RadioWishes, *, midi_port: str | None, port: int, opens: bool, told: str
) -> None:
    from composer.radio import MidiChannel, PageChannel, Workshop, air, broadcast, open_port

    # The channel is left before the workshop, which may need a moment to end: nothing sounds meanwhile.
    with Workshop(partial(air, wishes=wishes)) as workshop, ExitStack() as opened:
        page = opened.enter_context(PageChannel(port=port)) if wishes.as_page else None
        midi = opened.enter_context(MidiChannel(open_port(midi_port))) if wishes.as_midi else None
        _say(f"{told}; the first piece is being composed; Ctrl-C ends the radio")
        if page is not None:
            _say(f"listen at {page.address}")
            if opens:
                open_address(page.address)
        broadcast(items, workshop, channel=page or midi, on_piece=_tell)
        if page is not None:
            page.end()
            workshop.close()
            threading.Event().wait()  # for Ctrl-C: what was composed can still be heard


@contextmanager
def _stopped_like_ctrl_c() -> Iterator[None]:
    """Let the other ways in which a program is told to end, a closed terminal too, be another Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(piece: Aired) -> None:
    """Print a line of the programme."""
    seconds = round(piece.length_sec)
    length = f"{piece.num_bars} bars, {seconds // 60}:{seconds % 60:02}"
    made = f"composed in {piece.composing_sec:.0f} s"
    _say(f"{piece.number:>3}  {piece.title} · {piece.form} · {piece.key} · {length} ({made})")


def _say(text: str) -> None:
    if not is_quiet():
        click.echo(text)
