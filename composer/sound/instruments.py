"""Which preset of a sound font plays a General MIDI program, and how much of it goes into the hall; a row each.

Conventions: programs are counted from 0, as in a Part; presets are (bank, program).

Contents: `Choice`, `instrument_of`, `is_keyboard`, `bundled_soundfont`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

# First and last program, the hall's share, and what stands in for the program where a font does not have it; the
# bundled font has all that stand here.
_FAMILIES: tuple[tuple[int, int, float, tuple[int, ...]], ...] = (
    (0, 5, 0.22, (0,)),  # pianos
    (6, 7, 0.25, (6, 0)),  # harpsichord, clavinet
    (8, 15, 0.25, (0,)),  # celesta, bells, mallets
    (16, 20, 0.5, (19,)),  # organs
    (21, 23, 0.3, (19,)),  # accordions, harmonica
    (24, 31, 0.25, (46, 0)),  # guitars
    (32, 39, 0.22, (43, 0)),  # basses
    (40, 40, 0.35, (40, 48)),  # violin
    (41, 41, 0.35, (41, 40, 48)),  # viola
    (42, 42, 0.35, (42, 41, 48)),  # violoncello
    (43, 43, 0.35, (43, 42, 48)),  # double bass
    (44, 44, 0.35, (48,)),  # tremolo
    (45, 46, 0.35, (46, 0)),  # pizzicato, harp
    (47, 47, 0.35, (0,)),  # timpani
    (48, 51, 0.4, (48,)),  # string ensembles
    (52, 52, 0.5, (52, 53)),  # choir
    (53, 54, 0.4, (53, 52)),  # voice
    (55, 55, 0.4, (48,)),
    (56, 56, 0.35, (56, 60)),  # trumpet
    (57, 63, 0.35, (60, 56, 48)),  # brass
    (64, 67, 0.35, (71, 68, 73)),  # saxophones
    (68, 69, 0.35, (68, 71, 73)),  # oboe, English horn
    (70, 70, 0.35, (70, 71)),  # bassoon
    (71, 71, 0.35, (71, 68, 73)),  # clarinet
    (72, 79, 0.35, (73,)),  # flutes
    (80, 103, 0.35, (48,)),  # synthesizers
    (104, 127, 0.25, (0,)),  # the rest
)


@dataclass(frozen=True)
class Choice:
    """What plays a program: a preset, and the share of it that is sent into the hall."""

    preset: tuple[int, int]
    hall: float


def instrument_of(program: int, presets: Collection[tuple[int, int]]) -> Choice:
    """Return what plays a program: its own preset, its family's, or the first that there is.

    Args:
        program: General MIDI, 0..127.
        presets: of the font; at least one.
    """
    hall, family = next((hall, family) for first, last, hall, family in _FAMILIES if first <= program <= last)
    for wanted in (program, *family):
        if (0, wanted) in presets:
            return Choice((0, wanted), hall)
    return Choice(min(presets), hall)


def is_keyboard(program: int) -> bool:
    """Whether one player sits in the middle of the sound: keyboards, organs, guitars, harp."""
    return program < 32 or program == 46


def bundled_soundfont() -> Path:
    """Return the sound font that comes with the program."""
    return Path(str(files("composer.sound"))) / "chamber.sf3"
