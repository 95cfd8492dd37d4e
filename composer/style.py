"""StyleCard: what a style is, where it was learned, and the reader and writer of its card.

A card is a YAML file, `styles/NAME.yaml`; its statistics are the JSON file that it names, beside it
(`style_statistics.py`). A user's own styles lie in a folder of the user's (`own_styles_folder`), or anywhere else: then
their path is their name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from composer.errors import Place, StyleError, did_you_mean
from composer.files import write_atomic
from composer.style_statistics import StyleStatistics, statistics_from_json

DEFAULT_NETWORK = "composers"  # of styles whose card names none
OWN_STYLES_VARIABLE = "RITORNELLO_STYLES"


@dataclass(frozen=True)
class Source:
    """One collection that a style was learned from.

    Attributes:
        name: of the collection.
        url: where it is published.
        licence: as its publisher states it.
        credit: the line that the licence asks for, or "".
        pieces, bars: how many were counted.
    """

    name: str
    url: str
    licence: str
    credit: str = ""
    pieces: int = 0
    bars: int = 0


@dataclass(frozen=True)
class StyleCard:
    """A style.

    Attributes:
        name: as `--style` takes it.
        description: one line.
        composer: the composer of the network's style vector; the name where it is empty.
        ensemble: what it writes for when nothing is said.
        forms: preferred forms, best first.
        meters: preferred time signatures, commonest first.
        tempo_bpm: time signature → (slow, usual, fast) beats a minute.
        register: lowest and highest usual pitch (MIDI).
        player: the performer's default player.
        strengths: of that player's rules, where they are to be other than its own.
        statistics: file name of the statistics, beside the card.
        runs: file name of the index of the training pieces' runs of notes, beside the card; "" for none.
        network: name of the network that knows it; "" for the default one.
        vector: file name of the composer that the network was taught later, beside the card; "" where it knew them.
        vector_sha256: of that file.
        sources: what it was learned from, with the terms.
        ensembles: ensemble → pieces that were counted, most first.
        textures_from: in words, the pieces that textures, registers, phrase ends and figures were counted from.
        figures: further figures of the style, by name.
        folder: where the card was read; not part of the file.
    """

    name: str
    description: str
    composer: str = ""
    ensemble: str = "keyboard"
    forms: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    tempo_bpm: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    register: tuple[int, int] = (36, 84)
    player: str = ""
    strengths: Mapping[str, float] = field(default_factory=dict)
    statistics: str = ""
    runs: str = ""
    network: str = ""
    vector: str = ""
    vector_sha256: str = ""
    sources: tuple[Source, ...] = ()
    ensembles: Mapping[str, int] = field(default_factory=dict)
    textures_from: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    folder: Path | None = field(default=None, compare=False, repr=False)

    @property
    def pieces(self) -> int:
        """Pieces that were counted."""
        return sum(source.pieces for source in self.sources)

    @property
    def bars(self) -> int:
        """Bars that were counted."""
        return sum(source.bars for source in self.sources)


def styles_folder() -> Path:
    """Return the folder of the styles that come with the program."""
    return Path(str(resources.files("composer.styles")))


def own_styles_folder() -> Path:
    """Return the folder of the user's own styles; it need not exist."""
    if stated := os.environ.get(OWN_STYLES_VARIABLE):
        return Path(stated)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "ritornello" / "styles"


def styles(*, folder: Path | None = None) -> tuple[StyleCard, ...]:
    """Return the cards in `folder` (default: those that come with the program), by name."""
    return tuple(read_style(path) for path in _card_paths(folder or styles_folder()))


def readable_styles(folder: Path) -> tuple[tuple[StyleCard, ...], tuple[StyleError, ...]]:
    """Return the cards in `folder` that can be read, by name, and what is wrong with each of the others."""
    cards, errors = [], []
    for path in _card_paths(folder):
        try:
            cards.append(read_style(path))
        except StyleError as error:
            errors.append(error)
    return tuple(cards), tuple(errors)


def _card_paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def style_names(*, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the styles in `folder` (default: the program's, then the user's own), each in order."""
    folders = (folder,) if folder else (styles_folder(), own_styles_folder())
    return tuple(dict.fromkeys(path.stem for where in folders for path in _card_paths(where)))


def is_card_path(name: str) -> bool:
    """Return whether what names a style is the path of its card."""
    return name.endswith((".yaml", ".yml"))


def load_style(name: str | Path, *, folder: Path | None = None) -> StyleCard:
    """Return the style of that name, or the one on a card's path (anything that ends in `.yaml`).

    Args:
        name: of the style, or the path.
        folder: where names are looked for; default: the program's own styles first, then the user's.

    Raises:
        StyleError: no such style, or its card is not well formed.
    """
    if isinstance(name, Path) or is_card_path(name):
        return read_style(Path(name).expanduser())
    known = style_names(folder=folder)
    if name not in known:
        raise StyleError(
            f'no style "{name}"', mend=did_you_mean(name, known) or f"the styles here: {', '.join(known) or 'none'}"
        )
    where = folder or next(one for one in (styles_folder(), own_styles_folder()) if (one / f"{name}.yaml").exists())
    return read_style(where / f"{name}.yaml")


def style_in(name: str, ensemble: str) -> str:
    """Return the name of what a composer's style is in an ensemble: of `bach` in chorales `chorale`.

    A style that was counted in the composer's music for this ensemble, if one comes with the program; else the same.
    """
    path = styles_folder() / f"{name}.yaml"
    if is_card_path(name) or not path.is_file():
        return name
    card = read_style(path)
    if card.ensemble == ensemble or card.composer != name:
        return name
    others = (other for other in styles() if other.composer == name and other.ensemble == ensemble)
    return next((other.name for other in others), name)


def load_statistics(card: StyleCard | str | Path) -> StyleStatistics:
    """Return the statistics of a style (a card, a name or a card's path).

    Raises:
        StyleError: unknown style, or no statistics that can be read.
    """
    card = card if isinstance(card, StyleCard) else load_style(card)
    if not card.statistics:
        raise StyleError(f'the style "{card.name}" has no statistics', place=card.folder, mend="count them first")
    path = (card.folder or styles_folder()) / card.statistics
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StyleError(f"cannot read the statistics: {error}", place=path) from error
    return statistics_from_json(text, source=str(path))


def read_style(path: Path) -> StyleCard:
    """Read a card.

    Raises:
        StyleError: no such file, not YAML, an unknown or missing field, or a value of the wrong kind.
    """
    import yaml

    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StyleError(f"cannot read the card: {error.strerror or error}", place=path) from error
    except UnicodeDecodeError as error:
        raise StyleError(f"cannot read the card: it is not text in UTF-8 ({error.reason})", place=path) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(str(path), mark.line + 1, mark.column + 1) if mark else Place(str(path))
        raise StyleError(f"not YAML: {error.problem}", place=place) from error
    except yaml.reader.ReaderError as error:
        place = Place(str(path), detail=f"character {error.position + 1}")
        raise StyleError(f"not YAML: {error.reason}", place=place) from error
    except (ValueError, RecursionError) as error:  # a date of the 32nd; lists in lists without end
        raise StyleError(f"a value that cannot be read: {error}", place=path) from error
    if not isinstance(plain, dict):
        raise StyleError("a card is a mapping of fields", place=path)
    _check_fields(plain, StyleCard, {"name", "description"}, path, omit={"folder"})
    try:
        sources = _items(plain.get("sources"))
        for source in sources:
            if not isinstance(source, dict):
                raise StyleError("a source is a mapping of fields", place=path, mend="name, url, licence")
            _check_fields(source, Source, {"name", "url", "licence"}, path)
        lowest, highest = (int(pitch) for pitch in plain.get("register") or (36, 84))
        return StyleCard(
            **{
                **plain,
                "forms": tuple(map(str, _items(plain.get("forms")))),
                "meters": tuple(map(str, _items(plain.get("meters")))),
                "tempo_bpm": {str(meter): _triple(value) for meter, value in (plain.get("tempo_bpm") or {}).items()},
                "register": (lowest, highest),
                "sources": tuple(Source(**source) for source in sources),
                "ensembles": {str(key): int(value) for key, value in (plain.get("ensembles") or {}).items()},
                "strengths": {str(key): float(value) for key, value in (plain.get("strengths") or {}).items()},
                "figures": {str(key): float(value) for key, value in (plain.get("figures") or {}).items()},
                "folder": path.parent,
            }
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise StyleError(f"a value of the wrong kind: {error}", place=path) from error


def write_style(card: StyleCard, path: Path) -> None:
    """Write a card; `read_style` reads an equal one back.

    Raises:
        OutputError: the place cannot be written.
    """
    write_atomic(path, style_to_yaml(card).encode())


def style_to_yaml(card: StyleCard) -> str:
    """Return the text of a card."""
    import yaml

    lines: list[str] = []
    for column in fields(StyleCard):
        value = getattr(card, column.name)
        if column.name == "folder" or value in ("", (), {}):
            continue
        # Short lists on one line; everything else a line for each entry.
        style = None if column.name in ("forms", "meters", "register", "tempo_bpm", "ensembles") else False
        lines.append(
            yaml.safe_dump(
                {column.name: _plain(value)}, sort_keys=False, allow_unicode=True, width=120, default_flow_style=style
            )
        )
    return "".join(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, Source):
        return {column.name: getattr(value, column.name) for column in fields(Source) if getattr(value, column.name)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _items(value: Any) -> list[Any]:
    """Return the items of a list, none of an empty field."""
    if not isinstance(value, (list, tuple, type(None))):
        raise TypeError(f"{value!r} is no list")
    return list(value or ())


def _triple(value: Any) -> tuple[float, float, float]:
    slow, usual, fast = (float(number) for number in value)
    return slow, usual, fast


def _check_fields(
    plain: dict[Any, Any], kind: type, needed: set[str], path: Path, *, omit: set[str] | None = None
) -> None:
    known = {column.name for column in fields(kind)} - (omit or set())
    for key in plain:
        if key not in known:
            mend = did_you_mean(str(key), known) or f"fields: {', '.join(sorted(known))}"
            raise StyleError(f'unknown field "{key}"', place=path, mend=mend)
    for column in fields(kind):
        if column.type == "str" and not isinstance(plain.get(column.name, ""), str):
            raise StyleError(f'the field "{column.name}" is text; found {plain[column.name]!r}', place=path)
        if column.type == "int" and not isinstance(plain.get(column.name, 0), int):
            raise StyleError(f'the field "{column.name}" is a whole number; found {plain[column.name]!r}', place=path)
    for key in sorted(needed - set(plain)):
        raise StyleError(f'the field "{key}" is missing', place=path)
