"""Put a page together: template, style, script, score, timeline, sound, texts, files to take away; all in one file.

Conventions: every text that comes from a piece is escaped where it enters; values for the script are JSON in a block
that is no script. The content policy names script and style by their hashes and allows nothing from outside: no style
stands in an attribute, and sound and files are `data:` or `blob:`. The same piece gives the same bytes.

Contents: `page_bytes`, `MAX_PAGE_BYTES`.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import composer
from composer.corpus.jumps import JumpSign
from composer.export.engraving import SCORE_STAFF_MM, STAFF_MM
from composer.export.finished import Finished
from composer.export.midi import midi_bytes
from composer.export.midi_in_place import performed_file_bytes
from composer.export.musicxml import musicxml_with_ids, mxl_bytes
from composer.export.page.clock import Passage, Playing, TakeTimes, passages_of, playing_of
from composer.export.page.recording import recordings_of
from composer.export.page.report_tables import report_html
from composer.export.page.systems import Glyphs, System, systems_of
from composer.export.page.timeline import (
    Section,
    axis_html,
    curves_html,
    ribbon_html,
    sections_of,
    shown_numbers,
    timeline_rules,
)
from composer.outline import Outline
from composer.perform.tempo_map import seconds_at
from composer.performance import Performance
from composer.score import Bar, Score
from composer.sound import render

MAX_PAGE_BYTES = 6_000_000  # the sound takes what the rest leaves
LAYOUTS = (("wide", 235.0), ("narrow", 100.0))  # class in page.css, width of a system in millimetres
_MAX_LARGE_STAVES = 2  # a score of more has smaller ones
_POLICY = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
    "img-src data:; media-src data: blob:; base-uri 'none'; form-action 'none'"
)
_ACCIDENTAL = re.compile(r"\b([A-Ha-h])(#|b)(?=\s|$|,)")


@dataclass(frozen=True)
class _Sheet:
    """What the page shows of the score.

    Attributes:
        score, outline, jumps: as they are written.
        passages: in the order in which they are heard.
    """

    score: Score
    outline: Outline | None
    jumps: tuple[JumpSign, ...]
    passages: tuple[Passage, ...]


def page_bytes(finished: Finished) -> bytes:
    """Return a piece as a page; the takes of `finished` share the score and have each its own sound.

    Raises:
        OptionError: the score cannot be engraved, or the sound would be too long or cannot be encoded.
        SoundFontError, OutputError: as `composer.sound.render`.
    """
    performances = (finished.performance, *finished.more_takes)
    sheet = _sheet(finished)
    musicxml, bars, heads = musicxml_with_ids(sheet.score, outline=sheet.outline, jumps=sheet.jumps)
    playing = playing_of(performances, bars, heads, sheet.passages)
    glyphs = Glyphs()
    num_staves = sum(part.staves for part in sheet.score.parts)
    staff_mm = STAFF_MM if num_staves <= _MAX_LARGE_STAVES else SCORE_STAFF_MM
    layouts = [(name, systems_of(musicxml, glyphs, width_mm=width_mm, staff_mm=staff_mm)) for name, width_mm in LAYOUTS]
    sections = sections_of(finished.performance.score, finished.outline, _NumberAt(playing, bars))
    places = [round(bar.heard_tick / playing.end_tick, 5) for bar in playing.bars]
    shown = shown_numbers([bars[played.bar].number for played in playing.bars])
    style = _file("page.css") + timeline_rules(sections, places, shown, playing.end_tick)
    script = _file("page.js")
    values = {
        "policy": escape(_POLICY.format(script=_sha256(script), style=_sha256(style))),
        "generator": f"Ritornello {composer.__version__}",
        "title": escape(_with_signs(sheet.score.title) or "Untitled"),
        "byline": escape(sheet.score.composer),
        "facts": escape(_facts(sheet.score, playing, performances)),
        "style": style,
        "script": script,
        "end_ms": str(playing.takes[0].end_ms),
        "length": _minutes(playing.takes[0].end_ms),
        "takes": _takes_html(performances),
        "ribbon": ribbon_html(sections),
        "curves": curves_html(performances, playing.end_tick),
        "axis": axis_html(shown),
        "glyphs": glyphs.definitions(),
        "sheets": "\n".join(_sheet_html(name, systems, bars) for name, systems in layouts),
        "downloads": _downloads_html(finished, sheet),
        "report": _report_html(finished.report_text),
        "plan": _plan_html(finished.plan_text),
        "small_print": escape(" · ".join(sheet.score.credits)),
    }
    times = _times(playing, bars, sections, performances)
    so_far = sum(len(value.encode()) for value in values.values()) + len(_json(times))
    sounds = [finished.sound, *(render(take, soundfont=finished.soundfont) for take in finished.more_takes)]
    recordings = recordings_of(sounds, max_bytes=(MAX_PAGE_BYTES - so_far) * 3 // 4 - 20_000)
    for take, recording in zip(times["takes"], recordings, strict=True):
        take["lead"] = recording.lead_ms
    values["times"] = _json(times)
    values["recordings"] = "\n".join(
        f'<script type="text/plain" id="take{index}">{base64.b64encode(one.mp3).decode()}</script>'
        for index, one in enumerate(recordings)
    )
    return Template(_file("template.html")).substitute(values).encode()


class _NumberAt:
    """The number of the page's bar that is heard at a tick."""

    def __init__(self, playing: Playing, bars: Sequence[Bar]) -> None:
        self._ticks = [bar.heard_tick for bar in playing.bars]
        self._numbers = [bars[bar.bar].number for bar in playing.bars]

    def __call__(self, tick: int) -> int:
        return self._numbers[max(bisect.bisect_right(self._ticks, tick) - 1, 0)]


def _sheet(finished: Finished) -> _Sheet:
    """Return the sheet: with its repeats where they tell how it is heard, else as it is heard."""
    score, outline = finished.printed
    heard = finished.performance.score
    passages = passages_of(score, finished.jumps, heard)
    if passages is not None:
        return _Sheet(score, outline, finished.jumps, passages)
    return _Sheet(heard, finished.outline, (), ((0, heard.end_tick, 0),))


def _times(
    playing: Playing, bars: Sequence[Bar], sections: Sequence[Section], performances: Sequence[Performance]
) -> dict[str, Any]:
    """Return the tables of the script; what they hold stands at its top."""
    takes = []
    for times, performance in zip(playing.takes, performances, strict=True):
        starts = seconds_at(performance.tempo_curve, [section.start_tick for section in sections])
        starts_ms = [max(0, round(1000 * second)) for second in starts.tolist()]
        takes.append({"end": times.end_ms, "lit": _packed(times), "bars": times.bars_ms, "sections": starts_ms})
    return {
        "takes": takes,
        "bars": [bar.bar for bar in playing.bars],
        "places": [round(bar.heard_tick / playing.end_tick, 5) for bar in playing.bars],
        "numbers": [bar.number for bar in bars],
    }


def _packed(times: TakeTimes) -> list[int]:
    numbers, before_ms = [], 0
    for begins, ends, head in times.lit:
        numbers += [begins - before_ms, ends - begins, head]
        before_ms = begins
    return numbers


def _json(value: object) -> str:
    """Return JSON for a block in HTML, where only `</` and `<!--` would be more than text."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


# ---------------------------------------------------------------- what is seen


def _sheet_html(name: str, systems: Sequence[System], bars: Sequence[Bar]) -> str:
    lines = "\n".join(
        f'<svg class="system" viewBox="0 0 {system.width} {system.height}" role="img" '
        f'aria-label="{_bars_told([bars[index].number for index in system.bars])}">{system.content}</svg>'
        for system in systems
    )
    return f'<div class="{name}">\n{lines}\n</div>'


def _bars_told(numbers: Sequence[int]) -> str:
    return f"bar {numbers[0]}" if len(numbers) == 1 else f"bars {numbers[0]} to {numbers[-1]}"


def _facts(score: Score, playing: Playing, performances: Sequence[Performance]) -> str:
    """Return what the piece is in a line: key, meter, bars, length, who plays."""
    num_bars = len({bar.number for bar in score.bars if bar.number > 0})
    facts = [_with_signs(str(score.keys[0][1]))] if score.keys else []
    facts += [str(score.bars[0].meter), f"{num_bars} bars", f"{_minutes(playing.takes[0].end_ms)} minutes"]
    if performances[0].player:
        takes = " and ".join(str(one.take) for one in performances)
        facts.append(f"player {performances[0].player}, take{'s' * (len(performances) > 1)} {takes}")
    return " · ".join(facts)


def _takes_html(performances: Sequence[Performance]) -> str:
    if len(performances) == 1:
        return ""
    radios = "".join(
        f'<label><input type="radio" name="take" value="{index}"{" checked" * (index == 0)}> take {one.take}</label>'
        for index, one in enumerate(performances)
    )
    return f'<fieldset class="takes" aria-label="Take">{radios}</fieldset>'


def _report_html(report_text: str | None) -> str:
    if report_text is None:
        return ""
    inside = report_html(json.loads(report_text))
    return _folded("report", "Form report: what was asked for, and what is found in the notes", inside)


def _plan_html(plan_text: str | None) -> str:
    if plan_text is None:
        return ""
    inside = f'<pre tabindex="0">{escape(plan_text)}</pre>'
    return _folded("plan", "Plan: the source of this piece", inside)


def _folded(name: str, summary: str, inside: str) -> str:
    return f'<details id="{name}"><summary>{summary}</summary><div class="inside">{inside}</div></details>'


# ---------------------------------------------------------------- what is taken away


def _downloads_html(finished: Finished, sheet: _Sheet) -> str:
    stem = "-".join(re.findall(r"\w+", sheet.score.title.lower()))[:60] or "piece"
    kept = performed_file_bytes(*finished.midi_file, finished.performance) if finished.midi_file else None
    rows = [
        ("MIDI", ".mid", "audio/midi", midi_bytes(finished.performance) if kept is None else kept),
        (
            "MusicXML",
            ".mxl",
            "application/vnd.recordare.musicxml",
            mxl_bytes(sheet.score, outline=sheet.outline, jumps=sheet.jumps),
        ),
    ]
    if finished.plan_text is not None:
        rows.append(("Plan", ".yaml", "application/yaml", finished.plan_text.encode()))
    return "\n".join(
        f'<a download="{escape(stem)}{extension}" '
        f'href="data:{kind};base64,{base64.b64encode(content).decode()}">{name} ({extension})</a>'
        for name, extension, kind, content in rows
    )


# ---------------------------------------------------------------- small things


def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _minutes(ms: int) -> str:
    seconds = ms // 1000
    return f"{seconds // 60}:{seconds % 60:02}"


def _with_signs(text: str) -> str:
    return _ACCIDENTAL.sub(lambda found: found[1] + {"#": "♯", "b": "♭"}[found[2]], text)
