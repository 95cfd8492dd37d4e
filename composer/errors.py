"""The one family of errors that the library raises.

The tree (exit code of the command in brackets)::

    ComposerError                 anything this program says by itself
    ├── UserError          [2]    the user can mend it
    │   ├── PlanError             a plan file or a brief
    │   ├── ThemeError            a theme: ABC text or a file that a plan pins
    │   ├── StyleError            a style's name, card or mixture
    │   ├── MusicFileError        a MIDI, MusicXML, **kern or ABC file that cannot be read
    │   ├── SoundFontError        a sound font that cannot be read
    │   ├── WeightsError          a network's weights or card
    │   ├── TrainingError         training data or a training configuration
    │   ├── OptionError           an option or argument of a command or function
    │   └── OutputError           a place that cannot be written
    └── FillError          [1]    the program failed at its own work (no acceptable music found)

An error carries one or more `Problem`s, each with its place, what was found and what would be right;
`str(error)` is one line per problem, ready to be printed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Where a problem is.

    Attributes:
        source: a file's path or another name of the text (`"<plan>"`).
        line: 1-based line, or None.
        column: 1-based column, or None.
        detail: a place inside that is not a line: `"bar 12"`, `"byte 22"`, `"sections[2].key"`.
    """

    source: str
    line: int | None = None
    column: int | None = None
    detail: str | None = None

    def __str__(self) -> str:
        numbers = "".join(f":{number}" for number in (self.line, self.column) if number is not None)
        return f"{self.source}{numbers}" + (f" {self.detail}" if self.detail else "")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the rule that was broken, what was found, and what would be right.

    Attributes:
        message: the rule, and what was found.
        place: where.
        mend: what would be right.
        path: of a place that only who knows the file can tell: keys and indices, `("sections", 2)`; empty for none.
    """

    message: str
    place: Place | None = None
    mend: str | None = None
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return printable(f"{where}{self.message}" + (f" ({self.mend})" if self.mend else ""))


class ComposerError(Exception):
    """Base of all errors of this library.

    Args:
        message: the rule and what was found, or the list of all problems found at once.
        place: where (a `Place`, or a path).
        mend: what would be right, as a short phrase.
    """

    exit_code = 1

    def __init__(
        self,
        message: str | Sequence[Problem],
        *,
        place: Place | Path | str | None = None,
        mend: str | None = None,
    ) -> None:
        if isinstance(message, str):
            where = place if isinstance(place, Place) or place is None else Place(str(place))
            self.problems: tuple[Problem, ...] = (Problem(message, where, mend),)
        else:
            self.problems = tuple(message)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UserError(ComposerError):
    """Something the user can mend; the command ends with exit code 2."""

    exit_code = 2


class PlanError(UserError):
    """A plan or a brief that is not well formed or impossible in music."""


class ThemeError(UserError):
    """A theme's text or file that cannot be used."""


class StyleError(UserError):
    """An unknown style, or a card that is not well formed."""


class MusicFileError(UserError):
    """A MIDI, MusicXML, Humdrum **kern or ABC file that cannot be read."""


class SoundFontError(UserError):
    """A sound font that cannot be read."""


class WeightsError(UserError):
    """Weights or their card that are missing, damaged or made for another network."""


class TrainingError(UserError):
    """A training configuration or data set that cannot be used."""


class OptionError(UserError):
    """An option or argument whose value is impossible."""


class OutputError(UserError):
    """A file that cannot be written."""


class FillError(ComposerError):
    """No acceptable music was found for a section; our failure, not the user's."""

    exit_code = 1


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return `did you mean "…"?` for the nearest of `known`, or None when none is near."""
    near = difflib.get_close_matches(word.lower(), {name.lower(): name for name in known}, n=1, cutoff=0.6)
    names = {name.lower(): name for name in known} if near else {}
    return f'did you mean "{names.get(near[0], near[0])}"?' if near else None


def printable(text: str) -> str:
    """Return `text` with control characters (a stranger's file may hold them) written as escapes."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
