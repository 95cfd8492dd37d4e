"""The form report as tables that a person reads, from its plain values.

Contents: `report_html`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from composer.report.as_json import Json
from composer.report.voice_leading import FAULT_WORDS

Table = tuple[str, Sequence[str], list[list[str]]]
"""Caption, heads, rows."""


def report_html(told: Json) -> str:
    """Return a report as HTML: a few lines, then tables.

    Args:
        told: as `composer.report.as_json.report_json` gives it.
    """
    lines = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in _lines(told))
    return f"<dl>{lines}</dl>" + "".join(_table_html(*table) for table in _tables(told) if table[2])


def _lines(told: Json) -> Iterator[tuple[str, str]]:
    totals = told["totals"]
    agreed = totals["sections_as_planned"]
    heard = " ".join(row["heard_as"] for row in told["sections"])
    yield "Form", f"heard as {heard}" + (f"; {_of(agreed)} sections as planned" if agreed else "")
    if totals["theme_notes_on_top"] is not None:
        exact = totals["exact_returns"]
        returns = f"{exact} exact return{'s' * (exact != 1)}"
        yield "Themes", f"{_percent(totals['theme_notes_on_top'])} of their notes in place in {returns}"
    if totals["varied_likeness"]:
        low, high = min(totals["varied_likeness"]), max(totals["varied_likeness"])
        yield "Varied returns", f"{totals['varied_returns']}, {low:.2f} to {high:.2f} like their theme"
    for label, name in (("Keys", "keys_as_planned"), ("Phrases heard", "phrases_heard")):
        if told["planned"] and totals[name]:
            yield label, f"{_of(totals[name])}" + (" as planned" if label == "Keys" else "")
    cadences = [f"{name.split('_')[0]} {_of(value)}" for name, value in totals.items() if _is_cadence(name) and value]
    if cadences:
        yield "Cadences", ", ".join(cadences) + " as planned"
    if totals["chord_roots_as_planned"] is not None:
        yield "Chords", f"the planned root for {_percent(totals['chord_roots_as_planned'])} of the time"
    faults = told["voice_leading"]
    words = [f"{count} {FAULT_WORDS.get(kind, kind)}" for kind, count in faults["counts"].items() if count]
    yield "Voices", f"{faults['per_100_bars']:.1f} faults in 100 bars" + (f" ({', '.join(words)})" if words else "")
    copies = [row for row in told["copies"] if row["notes"] is not None]
    if copies:
        longest = max(copies, key=lambda row: row["notes"])
        style = longest["style"].rpartition("/")[2]
        usual = f"; one real piece in twenty shares over {longest['real_p95']:.0f}" if longest["real_p95"] else ""
        yield "Copies", f"{longest['notes']} notes in a row shared with a piece of {style} at most{usual}"


def _tables(told: Json) -> Iterator[Table]:
    sections = [
        [row["id"], _place(row), row["heard_as"], row["key"], _yes(row["agrees"]) if told["planned"] else ""]
        for row in told["sections"]
    ]
    yield "Sections", ("section", "bars", "heard as", "key found", "as planned"), sections
    if not told["planned"]:
        yield "Keys", ("bars", "key"), [[_place(row), row["found"]] for row in told["keys"]]
        return
    themes = [
        [
            row["section"],
            row["theme"],
            _place(row),
            row["key"],
            ", ".join(row["as"]) or ("exact" if row["exact"] else "varied"),
            _percent(row["on_top"]) if row["exact"] else "",
            f"{row['likeness']:.2f}",
        ]
        for row in told["themes"]
    ]
    yield "Themes", ("section", "theme", "bars", "key", "as", "notes in place", "likeness"), themes
    keys = [[_place(row), row["planned"], row["found"], _yes(row["agrees"])] for row in told["keys"]]
    yield "Keys", ("bars", "planned", "found", "as planned"), keys
    cadences = [
        [
            str(row["bar"]),
            row["section"],
            row["planned"],
            _yes(row["as_planned"]),
            row["heard"] or "–",
            ", ".join(row["missing"]),
        ]
        for row in told["cadences"]
    ]
    yield "Cadences", ("bar", "section", "cadence", "as planned", "heard without the plan", "missing"), cadences


def _table_html(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(word)}</th>' for word in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="table"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _is_cadence(name: str) -> bool:
    return name.endswith("_as_planned") and name.split("_")[0].isupper()


def _place(row: dict[str, Any]) -> str:
    return f"{row['first_bar']}–{row['last_bar']}"


def _of(pair: Sequence[int]) -> str:
    return f"{pair[0]} of {pair[1]}"


def _yes(agrees: bool) -> str:
    return "yes" if agrees else "no"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
