"""Read a plan file: strict YAML, then the model, then music; all problems at once, each with line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from composer.errors import Place, PlanError
from composer.plan.checks import check_plan
from composer.plan.locate import validate_plan
from composer.plan.mixes import with_absolute_cards
from composer.plan.model import PLAN_VERSION, Plan
from composer.plan.strict_yaml import Path as KeyPath
from composer.plan.strict_yaml import read_file, read_strict
from composer.style import style_names


def read_plan(
    path: Path,
    *,
    known_styles: Iterable[str] | None = None,
    known_players: Iterable[str] | None = None,
    known_strengths: Iterable[str] | None = None,
) -> Plan:
    """Read a plan file.

    Args:
        path: of the file; theme and form files count from its folder.
        known_styles: names that `style` may have; by default those that come with the program.
        known_players, known_strengths: names that `performer.player` and its `strengths` may have; None leaves that to
            whoever plays.

    Returns:
        The plan as stated; `planner.resolve` fills it in.

    Raises:
        PlanError: everything that is wrong with it.
    """
    return parse_plan(
        read_file(path),
        source=str(path),
        folder=path.parent,
        known_styles=known_styles,
        known_players=known_players,
        known_strengths=known_strengths,
    )


def parse_plan(
    text: str | bytes,
    *,
    source: str = "<plan>",
    folder: Path | None = None,
    known_styles: Iterable[str] | None = None,
    known_players: Iterable[str] | None = None,
    known_strengths: Iterable[str] | None = None,
) -> Plan:
    """Read a plan's text; arguments and errors as in `read_plan`."""
    document = read_strict(text, source=source)
    value = document.value
    if not isinstance(value, dict):
        raise PlanError("a plan is a mapping of fields", place=document.place(()), mend="it needs form, style and key")
    version = value.get("plan", PLAN_VERSION)
    if isinstance(version, int) and not isinstance(version, bool) and version > PLAN_VERSION:
        message = f"plan version {version}; this program reads version {PLAN_VERSION}"
        raise PlanError(message, place=document.place(("plan",)), mend="update the program")
    plan, problems = validate_plan(document)
    if plan is not None:
        problems += check_plan(
            plan,
            folder=folder,
            locate=document.place,
            known_styles=style_names() if known_styles is None else known_styles,
            known_players=known_players,
            known_strengths=known_strengths,
        )
    if problems or plan is None:
        # In the order of the file.
        raise PlanError(sorted(problems, key=lambda item: (((p := item.place) and p.line) or 0, (p and p.column) or 0)))
    return plan if folder is None else with_absolute_cards(plan, folder)


def lines_of(path: Path) -> Callable[[KeyPath], Place]:
    """Return what tells where in a plan file a field stands; the file is read again when it is asked."""
    return lambda wanted: read_strict(read_file(path), source=str(path)).place(wanted)
