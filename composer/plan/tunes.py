"""The pinned tune of a theme entry: from its ABC text or from a file beside the plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from composer.abc import Melody, parse_abc
from composer.errors import ThemeError
from composer.plan.model import ThemeEntry
from composer.plan.tune_files import read_tune_file
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
        voices = read_tune_file(name, entry.file, key=key, meter=meter, folder=folder)
    else:
        texts = entry.voices if entry.voices is not None else (entry.melody,) if entry.melody is not None else ()
        voices = tuple(parse_abc(text, key=key, meter=meter, source=source) for text in texts)
    if not voices:
        return None
    if len({voice.pickup_tick for voice in voices}) > 1:
        raise ThemeError(f'the voices of theme "{name}" have different upbeats', mend="fill the shorter ones with z")
    return Tune(voices, max(voice.bars(meter) for voice in voices))
