"""The form report as plain values for a machine: what `NAME.report.json` holds.

Conventions: places are bars as a musician counts (a pickup is bar 0); pitches are MIDI numbers; shares 0..1, rounded to
four digits; kinds, keys and numerals are texts. `FORMAT` goes up when a field changes its meaning.

Contents: `report_json`, `report_text`, `totals`.
"""

from __future__ import annotations

import json
from typing import Any

from composer.outline import Span
from composer.report.cadences import JUDGED, CadenceFound
from composer.report.form import CopyFound, FormReport, SectionFound
from composer.report.keys import FoundKey, as_found
from composer.report.themes import StatementFound
from composer.report.voice_leading import KINDS
from composer.score import Score
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER

FORMAT = 1

Json = dict[str, Any]


def report_text(report: FormReport) -> str:
    """Return the content of a report's file."""
    return json.dumps(report_json(report), indent=1, ensure_ascii=False) + "\n"


def report_json(report: FormReport) -> Json:
    """Return all findings as plain values."""
    score = report.score
    told: Json = {
        "report": FORMAT,
        "title": score.title,
        "bars": len(score.bars),
        "notes": sum(len(part.notes) for part in score.parts),
        "planned": report.is_planned,
        "totals": totals(report),
        "sections": [_section(row, report) for row in report.sections],
    }
    if report.is_planned:
        told |= {
            "themes": [_statement(found, score) for found in report.statements],
            "strays": [
                {"section": stray.section.id, "theme": stray.theme, "likeness": _share(stray.match.share)}
                for stray in report.strays
            ],
            "keys": [
                {
                    **_bars(score, span.planned),
                    "planned": str(span.planned.key),
                    "found": _key_name(span.found, span.planned.key),
                    "agrees": span.agrees,
                }
                for span in report.keys
            ],
            "cadences": [_cadence(found, score) for found in report.cadences],
            "phrases": [
                {**_bars(score, phrase.planned), "bars": phrase.bars, "found_bars": phrase.found_bars}
                for phrase in report.phrases
            ],
            "chords": [
                {
                    "bar": bar.bar.number,
                    "planned": " ".join(bar.planned),
                    "found": " ".join(bar.found),
                    "agreement": _share(bar.share),
                }
                for bar in report.chords
            ],
        }
    else:
        told |= {
            "keys": [{**_bars(score, span), "found": str(span.key)} for span in report.found.keys],
            "cadences": [
                {"bar": score.bar_at(phrase.cadence_tick).number, "found": str(phrase.cadence)}
                for phrase in report.found.phrases
                if phrase.cadence_tick is not None and phrase.cadence is not None
            ],
            "phrases": [
                {**_bars(score, phrase), "found_bars": (phrase.end_tick - phrase.start_tick) / _bar(score, phrase)}
                for phrase in report.found.phrases
            ],
        }
    faults = report.voice_leading
    return told | {
        "ranges": [
            {"part": row.part, "lowest": row.lowest, "highest": row.highest, "compass": row.compass}
            for row in report.ranges
        ],
        "voice_leading": {
            "per_100_bars": round(faults.per_100_bars, 2),
            "counts": {kind: faults.count(kind) for kind in KINDS},
            "faults": [
                {"bar": score.bar_at(fault.tick).number, "kind": fault.kind, "voices": fault.voices}
                for fault in faults.faults
            ],
            "styles": {
                style: {"per_100_bars": rate.per_100_bars, "p95": rate.p95, "pieces": rate.pieces}
                for style, rate in report.rates.items()
            },
        },
        "silences": [{**_bars(score, row), "bars": row.bars} for row in report.silences],
        "standing_chords": [{**_bars(score, row), "bars": row.bars} for row in report.standing],
        "copies": [_copy(found, score) for found in report.copies],
        "kept_off_plan": [
            {"section": one.section, "phrase": one.phrase, "goals": list(one.goals)} for one in report.unmet
        ],
    }


def totals(report: FormReport) -> Json:
    """Return the figures that a glance asks for; None where there was nothing to judge."""
    exact = [found for found in report.statements if found.statement.is_exact]
    varied = [found for found in report.statements if not found.statement.is_exact]
    onsets = sum(len(found.statement.notes) for found in exact)
    on_top = sum(found.on_top * len(found.statement.notes) for found in exact)
    time = sum(bar.total_tick for bar in report.chords)
    told: Json = {
        "sections_as_planned": _of([row.agrees for row in report.sections]) if report.is_planned else None,
        "theme_notes_on_top": _share(on_top / onsets) if onsets else None,
        "exact_returns": len(exact),
        "varied_returns": len(varied),
        "least_exact_return": _share(min(found.on_top for found in exact)) if exact else None,
        "varied_likeness": [_share(found.likeness) for found in varied] or None,
        "highest_stray": _share(max(stray.match.share for stray in report.strays)) if report.strays else None,
        "keys_as_planned": _of([span.agrees for span in report.keys]),
        "phrases_heard": _of([phrase.found_bars is not None for phrase in report.phrases]),
        "chord_roots_as_planned": _share(sum(bar.agree_tick for bar in report.chords) / time) if time else None,
    }
    for kind in JUDGED:
        rows = [found.is_as_planned for found in report.cadences if found.planned.cadence is kind]
        told[f"{kind}_as_planned"] = _of(rows)
    return told


def _section(row: SectionFound, report: FormReport) -> Json:
    span = row.span
    return {
        "id": span.id,
        "label": span.label,
        **_bars(report.score, span),
        "heard_as": row.heard_as,
        "agrees": row.agrees,
        "key": _key_name(row.key),
    }


def _statement(found: StatementFound, score: Score) -> Json:
    stated = found.statement
    return {
        "section": stated.section,
        "theme": stated.theme,
        **_bars(score, stated),
        "key": stated.key,
        "exact": stated.is_exact,
        "fidelity": stated.fidelity,
        "as": list(stated.changes),
        "voice": stated.voice or "top",
        "notes": len(stated.notes),
        "on_top": _share(found.on_top),
        "octave": found.octave,
        "likeness": _share(found.likeness),
        "semitones_off": found.semitones,
        "quarters_late": found.offset_tick / TICKS_PER_QUARTER,
    }


def _cadence(found: CadenceFound, score: Score) -> Json:
    return {
        "bar": score.bar_at(found.planned.cadence_tick or 0).number,
        "section": found.planned.section,
        "planned": str(found.planned.cadence),
        "as_planned": found.is_as_planned,
        "missing": list(found.missing),
        "bare": found.bare,
        "heard": found.heard,
    }


def _copy(found: CopyFound, score: Score) -> Json:
    run = found.run
    place = {} if run is None else {**_bars(score, run), "line": run.line}
    return {
        "style": found.style,
        "notes": None if run is None else run.notes,
        **place,
        "least_notes_told": found.least_notes,
        "real_median": found.real_median,
        "real_p95": found.real_p95,
    }


def _bars(score: Score, span: Span) -> Json:
    """Return the first and the last bar of a span; an upbeat belongs to the bar behind it."""
    bar = score.bar_at(span.start_tick)
    is_upbeat = bar.number == 0 or 2 * (span.start_tick - bar.onset_tick) > bar.meter.bar_ticks
    last = score.bar_at(max(span.start_tick, span.end_tick - 1)).number
    return {"first_bar": min(bar.number + is_upbeat, max(last, 1)), "last_bar": max(last, 1)}


def _bar(score: Score, span: Span) -> int:
    return score.meter_at(span.start_tick).bar_ticks


def _key_name(found: FoundKey, planned: Key | None = None) -> str:
    """Return a found key by name: as the plan spells it where it is that, else as sharps and flats are fewest."""
    if planned is not None and found == as_found(planned):
        return str(planned)
    return str(next(key for key in _ALL_KEYS if as_found(key) == found))


def _of(rows: list[bool]) -> list[int] | None:
    """Return [how many, of how many], or None of nothing."""
    return [sum(rows), len(rows)] if rows else None


def _share(value: float) -> float:
    return round(value, 4)


_ALL_KEYS = [Key(fifths, "major") for fifths in range(-5, 7)] + [Key(fifths, "minor") for fifths in range(-2, 10)]
