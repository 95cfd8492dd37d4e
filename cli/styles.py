"""`compose styles`: the styles there are, and the card of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from .completing import style_names
from .options import common_options
from .summary import Row, listed, print_rows

if TYPE_CHECKING:
    from composer.style import Source, StyleCard
    from composer.style_statistics import StyleStatistics

_CADENCES = {
    "PAC": "perfect authentic",
    "IAC": "imperfect authentic",
    "HC": "half",
    "DC": "deceptive",
    "EC": "evaded",
    "PC": "plagal",
    "none": "none heard",
}
_FIGURES = (  # figure, how it is told
    ("notes_per_bar", "{:.1f} notes a bar"),
    ("polyphony", "{:.1f} notes at once"),
    ("melodic_step_share", "{:.0%} of the melody in steps"),
    ("repeated_note_share", "{:.0%} repeated notes"),
    ("melodic_range", "a melody of {:.0f} semitones"),
)
_SHOWN = 8  # chords, progressions, keys
_FEW = 4  # meters, cadences, lengths


@click.command("styles", short_help="List the styles, or show one.")
@click.argument("name", required=False, shell_complete=style_names)
@common_options
def command(name: str | None) -> None:
    """List the styles that `--style` and a plan's `style` take, or show the card of the style NAME.

    Your own (`compose learn`) stand below the program's. NAME may also be the path of a card.
    """
    if name is None:
        from composer.style import own_styles_folder, readable_styles, styles

        folder = own_styles_folder()
        cards, errors = readable_styles(folder)
        own = [_line(card) for card in cards]
        print_rows([_HEAD, *map(_line, styles()), *([("", f"your own, in {folder}")] if own else []), *own])
        for problem in (problem for error in errors for problem in error.problems):
            click.echo(f"warning: {problem}", err=True)
        return

    from composer.style import load_statistics, load_style

    card = load_style(name)
    print_rows([*_card_rows(card), *(_counted_rows(load_statistics(card)) if card.statistics else [])])


def _columns(description: str, pieces: str, bars: str, ensembles: str) -> str:
    return f"{description:44}  {pieces:>6}  {bars:>6}  {ensembles}"


_HEAD: Row = ("style", _columns("", "pieces", "bars", "for"))


def _line(card: StyleCard) -> Row:
    ensembles = ", ".join(card.ensembles or (card.ensemble,))
    return card.name, _columns(card.description, str(card.pieces), str(card.bars), ensembles)


def _card_rows(card: StyleCard) -> list[Row]:
    """Return what stands in the card."""
    pieces = ", ".join(f"{ensemble} {count}" for ensemble, count in card.ensembles.items())
    return [
        ("style", f"{card.name}: {card.description}"),
        ("composer", card.composer or card.name),
        ("ensemble", card.ensemble),
        (
            "learned from",
            f"{_number(card.pieces, 'piece')}, {_number(card.bars, 'bar')}" + (f": {pieces}" if pieces else ""),
        ),
        *listed("", (line for source in card.sources for line in _source_lines(source))),
        *listed("textures from", filter(None, [card.textures_from])),
        ("forms", ", ".join(card.forms)),
        *listed("tempi", (_tempo(meter, card.tempo_bpm[meter]) for meter in card.meters if meter in card.tempo_bpm)),
        ("register", f"{_pitch(card.register[0])} to {_pitch(card.register[1])}"),
        ("player", card.player),
        ("figures", ", ".join(text.format(card.figures[name]) for name, text in _FIGURES if name in card.figures)),
    ]


def _source_lines(source: Source) -> list[str]:
    counted = f": {_number(source.pieces, 'piece')}, {_number(source.bars, 'bar')}" if source.pieces else ""
    return [
        f"{source.name} ({source.licence}){counted}",
        *(f"  {text}" for text in (source.credit, source.url) if text),
    ]


def _counted_rows(statistics: StyleStatistics) -> list[Row]:
    """Return what was counted, in musicians' words."""
    from composer.report.style import (
        cadence_shares,
        chord_shares,
        final_shares,
        key_shares,
        phrase_shares,
        progression_shares,
    )

    modes = [mode for mode in ("major", "minor") if statistics.home_keys.get(mode)]
    total = sum(statistics.home_keys.values()) or 1
    rows: list[Row] = [
        ("meters", _told(_shares(statistics.meters), _FEW)),
        ("modes", _told({mode: statistics.home_keys[mode] / total for mode in modes}, _FEW)),
        ("phrases", _told({f"{bars} bars": share for bars, share in phrase_shares(statistics).items()}, _FEW)),
        ("cadences", _told(_named(cadence_shares(statistics)), _FEW)),
        ("last cadence", _told(_named(final_shares(statistics)), _FEW)),
    ]
    for mode in modes:
        rows += [
            (f"in {mode}", f"chords {_told(chord_shares(statistics, mode), _SHOWN)}"),
            ("", f"moves {_told(progression_shares(statistics, mode), _SHOWN)}"),
            ("", f"keys visited {_told(key_shares(statistics, mode), _SHOWN)}"),
        ]
    return rows


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _named(shares: Mapping[str, float]) -> dict[str, float]:
    return {_CADENCES.get(kind, kind): share for kind, share in shares.items()}


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: count / total for name, count in sorted(counts.items(), key=lambda row: (-row[1], row[0]))}


def _told(shares: Mapping[str, float], most: int) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in list(shares.items())[:most]) or "none"


def _tempo(meter: str, beat_bpm: tuple[float, float, float]) -> str:
    slow, usual, fast = beat_bpm
    return f"{meter}: {slow:.0f} to {fast:.0f} beats a minute, most often {usual:.0f}"


def _pitch(pitch: int) -> str:
    from composer.theory.pitch import nearest_fifths, spell

    return str(spell(pitch, nearest_fifths(pitch % 12, 0)))
