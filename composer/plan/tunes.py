"""The pinned tune of a theme entry: from its ABC text or from a file beside the plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from composer.abc import Melody, parse_abc
from composer.errors import ThemeError
from composer.plan.model import ThemeEntry
from composer.theory.key import Key
from composer.theory.meter import Meter


@dataclass(frozen=True)
class Tune:
    """A pinned theme's voices, top first."""

    voices: tuple[Melody, ...]
    bars: int

    @property
    def melody(self) -> Melody:
        """The top voice."""
        return self.voices[0]


def pinned_tune(
    name: str, entry: ThemeEntry, *, key: Key, meter: Meter, folder: Path | None, source: str = "<plan>"
) -> Tune | None:
    """Return the tune that an entry pins, or None where it pins none.

    Args:
        name: of the theme, for errors.
        entry: as stated.
        key: that the ABC text is written in.
        meter: of the plan.
        folder: of the plan file; a theme's file must lie in it.
        source: the plan's name, for errors.

    Raises:
        ThemeError: text or file that cannot be read as a tune.
    """
    if entry.file is not None:
        voices = _read_file(name, entry.file, key=key, meter=meter, folder=folder)
    else:
        texts = entry.voices if entry.voices is not None else (entry.melody,) if entry.melody is not None else ()
        voices = tuple(parse_abc(text, key=key, meter=meter, source=source) for text in texts)
    if not voices:
        return None
    if len({voice.pickup_tick for voice in voices}) > 1:
        raise ThemeError(f'the voices of theme "{name}" have different upbeats', mend="fill the shorter ones with z")
    return Tune(voices, max(voice.bars(meter) for voice in voices))


def _read_file(name: str, file: str, *, key: Key, meter: Meter, folder: Path | None) -> tuple[Melody, ...]:
    path = theme_path(name, file, folder)
    if path.suffix.lower() != ".abc":
        raise ThemeError(f'theme "{name}": files are .abc', place=path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"cannot read the theme's file: {error}", place=path) from error
    return (parse_abc(text, key=key, meter=meter, source=str(path)),)


def theme_path(name: str, file: str, folder: Path | None) -> Path:
    """Return the path of a theme's file, which must lie in the plan's folder.

    Raises:
        ThemeError: outside the folder, missing, or not a plain file.
    """
    base = (folder or Path()).resolve()
    if file.startswith(("/", "~")) or "\\" in file or ":" in file:
        raise ThemeError(
            f'the file of theme "{name}" must lie beside the plan, not at {file}', mend="give its name only"
        )
    path = (base / file).resolve()
    if not path.is_relative_to(base):
        raise ThemeError(f'the file of theme "{name}" must lie beside the plan, not at {file}', mend="copy it there")
    if not path.is_file():
        raise ThemeError(f'theme "{name}": no file {file} beside the plan', place=base)
    return path
