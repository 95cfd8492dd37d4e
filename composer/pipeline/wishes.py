"""What is wished of composing and playing a piece, beside its plan: the usual values, the limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from composer.errors import OptionError, Problem, UserError
from composer.plan.mixes import card_path
from composer.plan.model import Performer, Plan
from composer.style import is_card_path

DEFAULT_TEMPERATURE = 1.0
DEFAULT_GUIDANCE = 2.0
DEFAULT_STYLE_GUIDANCE = 3.0
MAX_TEMPERATURE = 5.0  # inclusive; far above it every note is as likely as any other
MAX_GUIDANCE = 10.0  # inclusive; of the style's too
MAX_EXPRESSION = 3.0  # inclusive, as in a plan
MAX_TAKE = 2**63 - 1  # inclusive, as in a plan
_NO_TAKE = f"the take must be from 0 to {MAX_TAKE}; found {{}}"


class Sampling(TypedDict):
    """How notes are sampled, as `fill_plan` takes it."""

    temperature: float
    guidance: float
    style_guidance: float
    device: str


@dataclass(frozen=True)
class Wishes:
    """How a piece is to be composed and played; None: as usual (of the player, as the plan says).

    Attributes:
        temperature, guidance, style_guidance, device: see `compose`.
        player, take, expression, soundfont, more_takes: see `compose`.
    """

    temperature: float | None = None
    guidance: float | None = None
    style_guidance: float | None = None
    device: str = "auto"
    player: str | None = None
    take: int | None = None
    expression: float | None = None
    soundfont: Path | None = None
    more_takes: Sequence[int] = ()

    @property
    def sampling(self) -> Sampling:
        """How notes are sampled, the usual values filled in."""
        return {
            "temperature": DEFAULT_TEMPERATURE if self.temperature is None else self.temperature,
            "guidance": DEFAULT_GUIDANCE if self.guidance is None else self.guidance,
            "style_guidance": DEFAULT_STYLE_GUIDANCE if self.style_guidance is None else self.style_guidance,
            "device": self.device,
        }

    def performer(self, plan: Plan | None) -> Performer:
        """Return who plays: what was asked for, else what the plan says, else the usual.

        Raises:
            OptionError: an unknown player, an impossible take or expression; all that is wrong at once.
        """
        return performer_of(plan, self.player, self.take, self.expression)


def check_takes(more_takes: Sequence[int], paths: Iterable[Path], *, has_plot: bool = False) -> None:
    """Raise OptionError where nothing would show more than one take, or where a take is impossible."""
    if more_takes and not has_plot and not any(path.suffix.lower() == ".html" for path in paths):
        raise OptionError("several takes, but nothing that shows them", mend="a page does: -o piece.html")
    problems = [Problem(_NO_TAKE.format(take)) for take in more_takes if not 0 <= take <= MAX_TAKE]
    if problems:
        raise OptionError(problems)


def check_sampling(temperature: float, guidance: float, style_guidance: float) -> None:
    """Raise OptionError for a temperature or guidances with which no music comes about; all that is wrong at once."""
    problems = []
    if not 0 < temperature <= MAX_TEMPERATURE:  # NaN too
        message = f"the temperature must be above 0 and at most {MAX_TEMPERATURE:g}; found {temperature:g}"
        problems.append(Problem(message, mend="1 is as the network learned"))
    for word, value in (("guidance", guidance), ("style guidance", style_guidance)):
        if not 0 <= value <= MAX_GUIDANCE:
            message = f"the {word} must be from 0 to {MAX_GUIDANCE:g}; found {value:g}"
            problems.append(Problem(message, mend="1 is as the network learned"))
    if problems:
        raise OptionError(problems)


def performer_of(plan: Plan | None, player: str | None, take: int | None, expression: float | None) -> Performer:
    """Return who plays: what was asked for, else what the plan says, else the usual.

    Raises:
        OptionError: an unknown player, an impossible take or expression; all that is wrong at once.
    """
    from composer.perform.own_players import player_and_part
    from composer.perform.player import adjusted

    said = (plan and plan.performer) or Performer()
    if player and is_card_path(player):
        player = str(card_path(player, None))  # what is given here counts from here, what a plan says from the plan
    strengths = None if player else said.strengths  # they are those of the plan's player
    player = player or said.player or "baroque"
    take = next((number for number in (take, said.take) if number is not None), 1)
    expression = next((number for number in (expression, said.expression) if number is not None), 1.0)
    problems: list[Problem] = []
    try:
        adjusted(player_and_part(player)[0], strengths or {})
    except UserError as error:
        problems += error.problems
    if not 0 <= take <= MAX_TAKE:
        problems.append(Problem(_NO_TAKE.format(take)))
    if not 0 <= expression <= MAX_EXPRESSION:  # NaN too
        message = f"the expression must be from 0 to {MAX_EXPRESSION:g}; found {expression:g}"
        problems.append(Problem(message, mend="0 is as written, 1 the player's own"))
    if problems:
        raise OptionError(problems)
    return Performer(player=player, strengths=strengths, take=take, expression=expression)
