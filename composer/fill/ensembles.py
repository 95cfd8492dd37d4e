"""Who plays: the parts of each ensemble, how far they reach, and where tunes and basses lie in it; a row each.

Conventions: pitches are MIDI numbers, inclusive; parts stand in the order of the score, highest first. While a piece is
filled, a note's `voice` is the number of its part, from 1.

Sources: compasses of strings as orchestration books give them for chamber music (the fourth position and a little more,
the first violin further); a singer's is that of a medium voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.errors import OptionError, did_you_mean
from composer.fill.particles import LINE
from composer.outline import TextureSpan

Compass = tuple[int, int]


@dataclass(frozen=True)
class PartRow:
    """A part of an ensemble.

    Attributes:
        name: on the sheet.
        program: General MIDI, counted from 0.
        compass: its lowest and highest pitch.
        staves: 2 for a keyboard.
        strings: pitches of the open strings, lowest first, of a part that can stop two of them; else empty.
    """

    name: str
    program: int
    compass: Compass
    staves: int = 1
    strings: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ensemble:
    """An ensemble as the filling of sections needs it.

    Attributes:
        name: in plans.
        parts: of the score.
        compass, melody_compass, bass_compass: of everything, of tunes, of cadences' basses.
        register_step: semitones that a low or high register takes from the other end of the compass.
        lower_polyphony, upper_polyphony: least and most notes at once that are planned of the lower and the upper hand
            (or half of the parts): a style's textures may have been counted in music for other ensembles.
        melody_goals: lowest and highest pitch round which tunes end; a style's own is moved between them.
        is_choir: everybody sings all the time, and rests on a phrase's last chord.
        has_hands: two hands must reach everything but the soloist's notes.
        has_soloist: the first part's line is composed before the others, for all of a section.
    """

    name: str
    parts: tuple[PartRow, ...]
    compass: Compass
    melody_compass: Compass
    bass_compass: Compass
    register_step: int
    lower_polyphony: tuple[float, float] = (0.0, 10.0)
    upper_polyphony: tuple[float, float] = (0.0, 10.0)
    melody_goals: Compass = (0, 127)
    is_choir: bool = False
    has_hands: bool = False
    has_soloist: bool = False

    def textured(
        self, textures: tuple[TextureSpan, ...], *, stated: Sequence[tuple[int, int]] = ()
    ) -> tuple[TextureSpan, ...]:
        """Return textures as thick as the ensemble plays them, but those in ticks [start, end) that are stated."""
        return tuple(
            span
            if span.polyphony is None or any(start <= span.start_tick < end for start, end in stated)
            else replace(
                span,
                polyphony=(
                    _between(span.polyphony[0], self.lower_polyphony),
                    _between(span.polyphony[1], self.upper_polyphony),
                ),
            )
            for span in textures
        )

    @property
    def has_single_lines(self) -> bool:
        """Whether each part is one line."""
        return all(part.staves == 1 for part in self.parts)


def _between(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])


_VIOLIN_STRINGS, _VIOLA_STRINGS, _CELLO_STRINGS = (55, 62, 69, 76), (48, 55, 62, 69), (36, 43, 50, 57)
_KEYBOARD: Compass = (36, 84)
_ROWS = (
    Ensemble(
        "keyboard",
        (PartRow("Piano", 0, _KEYBOARD, staves=2),),
        compass=_KEYBOARD,
        melody_compass=(62, 84),
        bass_compass=(38, 60),
        register_step=9,
        has_hands=True,
    ),
    Ensemble(
        "organ",
        (PartRow("Organ", 19, _KEYBOARD, staves=2),),
        compass=_KEYBOARD,
        melody_compass=(62, 84),
        bass_compass=(36, 60),
        register_step=9,
    ),
    Ensemble(
        "chorale",
        (
            PartRow("Soprano", 52, (60, 81)),
            PartRow("Alto", 52, (53, 74)),
            PartRow("Tenor", 52, (48, 69)),
            PartRow("Bass", 52, (40, 64)),
        ),
        compass=(40, 81),
        melody_compass=(60, 79),
        bass_compass=(40, 60),
        register_step=3,
        lower_polyphony=(2.0, 2.0),  # all four sing all the time, but where a plan says who does
        upper_polyphony=(2.0, 2.0),
        is_choir=True,
    ),
    Ensemble(
        "quartet",
        (
            PartRow("Violin I", 40, (55, 88), strings=_VIOLIN_STRINGS),
            PartRow("Violin II", 40, (55, 81), strings=_VIOLIN_STRINGS),
            PartRow("Viola", 41, (48, 76), strings=_VIOLA_STRINGS),
            PartRow("Violoncello", 42, (36, 69), strings=_CELLO_STRINGS),
        ),
        compass=(36, 88),
        melody_compass=(65, 86),
        bass_compass=(36, 57),
        register_step=7,
        lower_polyphony=(1.5, 1.9),
        upper_polyphony=(1.7, 1.9),
        melody_goals=(72, 79),
    ),
    Ensemble(
        "song",
        (PartRow("Voice", 53, (57, 81)), PartRow("Piano", 0, _KEYBOARD, staves=2)),
        compass=_KEYBOARD,
        melody_compass=(60, 79),
        bass_compass=(36, 55),
        register_step=3,
        lower_polyphony=(0.9, 3.0),
        upper_polyphony=(2.0, 4.0),  # the voice is one of them
        melody_goals=(65, 72),
        has_hands=True,
        has_soloist=True,
    ),
    Ensemble(
        LINE,
        (PartRow("Melody", 73, (55, 88)),),
        compass=(55, 88),  # an octave more than most tunes have, so that every one fits somewhere
        melody_compass=(62, 83),
        bass_compass=(60, 74),  # asked for by nobody: a line has no bass
        register_step=5,
        melody_goals=(67, 76),
    ),
)
ENSEMBLES = {row.name: row for row in _ROWS}


def ensemble_named(name: str) -> Ensemble:
    """Return the ensemble of that name.

    Raises:
        OptionError: there is none.
    """
    if name not in ENSEMBLES:
        near = did_you_mean(name, ENSEMBLES)
        raise OptionError(f'there is no ensemble "{name}"', mend=near or f"there are {', '.join(ENSEMBLES)}")
    return ENSEMBLES[name]
