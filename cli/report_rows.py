"""What a form report looks like on the screen: a few lines after each composition, tables from `compose check`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .summary import Row, listed, print_rows, print_table

if TYPE_CHECKING:
    from composer.report.check import Checked
    from composer.report.form import FormReport

FEW = 8  # places that are named one by one; of more only the number is told
LOW_AGREEMENT = 0.5  # of a bar's chords with the planned ones, below which it is named


def short_lines(report: FormReport) -> list[str]:
    """Return the report in a few lines, without their label."""
    return [f"{label} {text}" if label else text for label, text in report_rows(report)]


def report_rows(report: FormReport) -> list[Row]:
    """Return the report as labels and texts."""
    planned = [*_form(report), *_themes(report), *_keys(report), *_cadences(report), *_chords(report)]
    what = planned if report.is_planned else _found_alone(report)
    return [*what, *_voices(report), *_copies(report), *_rare(report)]


def print_report(checked: Checked) -> None:
    """Print the whole report: its rows, then tables of sections, themes, keys and cadences."""
    report = checked.report
    plan = str(checked.plan_path) if checked.plan_path else "none: what is found is told alone"
    bars = sum(bar.number > 0 for bar in report.score.bars)
    print_rows([("plan", plan), ("bars", str(bars)), *report_rows(report)])
    for heads, rows in tables(report):
        if rows:
            print_rows([("", "")])
            print_table(heads, rows)


def tables(report: FormReport) -> list[tuple[Sequence[str], list[list[str]]]]:
    """Return heads and rows of each table."""
    from composer.report.as_json import report_json

    told = report_json(report)
    sections = [
        [row["id"], _place(row), row["heard_as"], row["key"], "" if row["agrees"] else "no"] for row in told["sections"]
    ]
    if not report.is_planned:
        keys = [[_place(row), row["found"]] for row in told["keys"]]
        return [(("section", "bars", "heard as", "key"), [row[:4] for row in sections]), (("bars", "key"), keys)]
    themes = [
        [
            row["section"],
            row["theme"],
            _place(row),
            row["key"],
            row["voice"],
            ", ".join(row["as"]),
            _percent(row["on_top"]) if row["exact"] else "",
            f"{row['likeness']:.2f}",
        ]
        for row in told["themes"]
    ]
    keys = [[_place(row), row["planned"], row["found"], "" if row["agrees"] else "no"] for row in told["keys"]]
    cadences = [
        [str(row["bar"]), row["planned"], row["heard"] or "-", ", ".join(row["missing"])] for row in told["cadences"]
    ]
    return [
        (("section", "bars", "heard as", "key found", "as planned"), sections),
        (("section", "theme", "bars", "key", "voice", "as", "found", "likeness"), themes),
        (("bars", "key planned", "key found", "as planned"), keys),
        (("bar", "cadence", "heard without the plan", "missing"), cadences),
    ]


def _form(report: FormReport) -> Iterable[Row]:
    heard = " ".join(row.heard_as for row in report.sections)
    wrong = [row.span.id for row in report.sections if not row.agrees]
    yield "form", f"heard as {heard}" + (f"; not as planned: {', '.join(wrong)}" if wrong else ", as planned")


def _themes(report: FormReport) -> Iterable[Row]:
    exact = [found for found in report.statements if found.statement.is_exact]
    varied = [found for found in report.statements if not found.statement.is_exact]
    texts = []
    if exact:
        notes = sum(len(found.statement.notes) for found in exact)
        on_top = sum(round(found.on_top * len(found.statement.notes)) for found in exact)
        texts.append(f"{on_top} of {notes} notes in place in {_count(len(exact), 'exact return')}")
    if varied:
        low, high = (choose(found.likeness for found in varied) for choose in (min, max))
        spread = f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
        texts.append(f"{_count(len(varied), 'varied return')} {spread} like it")
    if report.strays:
        stray = max(report.strays, key=lambda row: row.match.share)
        texts.append(f"elsewhere at most {stray.match.share:.2f} ({stray.theme} in {stray.section.id})")
    if texts:
        yield "themes", "; ".join(texts)


def _keys(report: FormReport) -> Iterable[Row]:
    if report.keys:
        right = sum(span.agrees for span in report.keys)
        yield (
            "keys",
            f"{right} of {_count(len(report.keys), 'span')} in the planned key"
            + _places(report, [span.planned.start_tick for span in report.keys if not span.agrees]),
        )


def _cadences(report: FormReport) -> Iterable[Row]:
    texts = []
    for kind in dict.fromkeys(found.planned.cadence for found in report.cadences):
        rows = [found for found in report.cadences if found.planned.cadence is kind]
        missing = [found.planned.cadence_tick or 0 for found in rows if not found.is_as_planned]
        texts.append(f"{kind} {len(rows) - len(missing)} of {len(rows)}" + _places(report, missing))
    if texts:
        yield "cadences", ", ".join(texts)


def _chords(report: FormReport) -> Iterable[Row]:
    total = sum(bar.total_tick for bar in report.chords)
    if total:
        agree = sum(bar.agree_tick for bar in report.chords)
        low = [bar.bar.onset_tick for bar in report.chords if bar.share < LOW_AGREEMENT]
        yield "chords", f"the planned root for {_percent(agree / total)} of the time" + _places(report, low)


def _found_alone(report: FormReport) -> Iterable[Row]:
    yield "form", "heard as " + " ".join(row.heard_as for row in report.sections)
    runs = list(dict.fromkeys(str(span.key) for span in report.found.keys))
    yield "keys", ", ".join(runs) or "none"
    counts: dict[str, int] = {}
    for phrase in report.found.phrases:
        if phrase.cadence is not None and phrase.cadence != "none":
            counts[str(phrase.cadence)] = counts.get(str(phrase.cadence), 0) + 1
    ends = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items(), key=lambda row: -row[1]))
    yield "phrases", f"{len(report.found.phrases)}" + (f"; {ends}" if ends else "")


def _voices(report: FormReport) -> Iterable[Row]:
    from composer.report.voice_leading import FAULT_WORDS

    rates = ", ".join(
        f"{style.rpartition('/')[2]} {rate.per_100_bars:.1f}, one piece in twenty over {rate.p95:.0f}"
        for style, rate in report.rates.items()
    )
    faults = report.voice_leading
    words = ", ".join(f"{faults.count(kind)} {word}" for kind, word in FAULT_WORDS.items() if faults.count(kind))
    text = f"{faults.per_100_bars:.1f} faults in 100 bars" + (f" ({words})" if words else "")
    yield "voices", text + (f"; {rates}" if rates else "")


def _copies(report: FormReport) -> Iterable[Row]:
    """Tell of the style that shares the longest run beyond what is usual, and of the first one."""
    rows = [found for found in report.copies if found.run is not None]
    if not rows:
        if report.copies:
            least = max(found.least_notes for found in report.copies)
            yield "copies", f"no run of {least} notes is shared with a training piece"
        return
    first = max(rows, key=lambda found: (not found.is_usual, found.run.notes if found.run else 0))
    run = first.run
    assert run is not None  # only those that have one
    bar = report.score.bar_at(run.start_tick).number
    median = f"{first.real_median:.0f}" if first.real_median else f"under {first.least_notes}"
    usual = f"held-out ones {median}, one in twenty over {first.real_p95:.0f}"
    style = first.style.rpartition("/")[2]
    yield "copies", f"{run.notes} notes shared with a piece of {style}, {run.line} from bar {bar} ({usual})"


def _rare(report: FormReport) -> Iterable[Row]:
    outside = [row for row in report.ranges if not row.is_inside]
    texts = [f"{row.part} leaves its compass ({row.lowest} to {row.highest})" for row in outside]
    for words, rows in (("silence", report.silences), ("standing chord", report.standing)):
        if rows:
            bars = _places(report, [row.start_tick for row in rows], "")
            texts.append(f"{_count(len(rows), words)}{bars}")
    yield from listed("faults", texts)


def _places(report: FormReport, ticks: Sequence[int], word: str = "not ") -> str:
    """Return the bars in brackets: where something is not as it should be, or (without the word) where it is."""
    if not ticks:
        return ""
    bars = list(dict.fromkeys(report.score.bar_at(tick).number for tick in ticks))
    if len(bars) > FEW:
        return f" ({word}in {len(bars)} bars)"
    return f" ({word}in bar {', '.join(map(str, bars))})"


def _place(row: dict[str, object]) -> str:
    return f"{row['first_bar']}-{row['last_bar']}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
