"""Whole pieces without a network: a small rondo with its own tune, filled by the fake source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from composer import pipeline
from composer.fill.fill import FilledPiece
from composer.fill.particles import Stretch
from composer.outline import Outline, SectionSpan
from composer.plan.model import Plan, SectionEntry
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.roll.facts import StepFacts, facts_of
from composer.score import Note, make_bars
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

RONDO = """
plan: 1
form: rondo
style: bach
ensemble: keyboard
key: G major
meter: "3/4"
pickup: 0
tempo: 112
seed: 7
themes:
  refrain:
    bars: 4
    type: chain
    melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"
sections:
  - {label: A, theme: refrain, bars: 4, key: I, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: HC, density: 0.6}
  - {label: A, id: A2, theme: refrain, bars: 4, key: V, cadence: PAC}
  - {label: C, theme: none, bars: 4, key: vi, cadence: PAC}
  - {label: A, id: A3, theme: refrain, bars: 4, key: vi, cadence: PAC}
  - {label: A, id: A4, theme: refrain, bars: 4, key: I, cadence: PAC, recall: full}
  - {label: A, id: A5, theme: refrain, bars: 4, key: V, cadence: PAC, recall: full}
"""
REFRAIN = ((0, 67), (2, 71), (4, 74), (6, 72), (8, 69), (10, 66), (12, 67), (14, 71), (16, 69), (18, 67))  # eighths
EIGHTH = TICKS_PER_QUARTER // 2


@dataclass(frozen=True)
class Composed:
    """A filled piece with its outline, asked by section."""

    filled: FilledPiece
    outline: Outline

    def span(self, section_id: str) -> SectionSpan:
        return next(span for span in self.outline.sections if span.id == section_id)

    def notes(self, section_id: str) -> list[tuple[int, int, int, int, int]]:
        """(onset from the section's start, length, pitch, part, staff) of its notes."""
        span = self.span(section_id)
        return [
            (note.onset_tick - span.start_tick, note.duration_tick, note.pitch, part, note.staff)
            for part, note in self.filled.score.notes()
            if span.start_tick <= note.onset_tick < span.end_tick
        ]

    def pitches(self, section_id: str) -> set[tuple[int, int, int]]:
        return {note[:3] for note in self.notes(section_id)}

    def top(self, section_id: str) -> dict[int, int]:
        """The highest pitch struck at each onset."""
        top: dict[int, int] = {}
        for onset, _, pitch, _, _ in self.notes(section_id):
            top[onset] = max(pitch, top.get(onset, 0))
        return top

    def sounding(self, section_id: str, tick: int) -> set[int]:
        return {pitch for onset, length, pitch, _, _ in self.notes(section_id) if onset <= tick < onset + length}


@pytest.fixture(scope="session")
def fill_plan(make_fake_source) -> Callable[[Plan], Composed]:
    """Fill a resolved plan."""

    def filled(plan: Plan) -> Composed:
        piece, outline, _ = pipeline.fill_plan(plan, make_source=make_fake_source)
        return Composed(piece, outline)

    return filled


@pytest.fixture(scope="session")
def fill_text(fill_plan) -> Callable[..., Composed]:
    """Fill a plan's text, after changes of its resolved form."""

    def filled(text: str, change: Callable[[Plan], Plan] = lambda plan: plan) -> Composed:
        return fill_plan(change(resolve(parse_plan(text))))

    return filled


@pytest.fixture
def stretches_heard(make_fake_source) -> Callable[[Plan], list[Stretch]]:
    """Fill a plan, and tell what its source was asked for, in order."""

    def heard_in(plan: Plan) -> list[Stretch]:
        heard: list[Stretch] = []

        class Listening(type(make_fake_source())):
            def start(self, stretch: Stretch) -> Any:
                heard.append(stretch)
                return super().start(stretch)

        pipeline.fill_plan(plan, make_source=lambda _setting: Listening())
        return heard

    return heard_in


@pytest.fixture(scope="session")
def rondo(fill_text) -> Composed:
    return fill_text(RONDO)


def with_section(plan: Plan, entry: SectionEntry) -> Plan:
    """Put an entry in place of the one of its id and resolve it alone."""
    sections = tuple(entry if section.id == entry.id else section for section in plan.sections)
    return resolve(plan.model_copy(update={"sections": sections}))


@pytest.fixture(scope="session")
def replaced() -> Callable[[Plan, SectionEntry], Plan]:
    return with_section


@pytest.fixture
def facts_in() -> Callable[..., StepFacts]:
    """Facts of bars in a meter of which nothing else is known."""

    def facts(meter: str = "4/4", bars: int = 1, **spans: Any) -> StepFacts:
        return facts_of(Outline(bars=make_bars(parse_meter(meter), bars), **spans))

    return facts


@pytest.fixture
def cells() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """(play, articulate), bool [step, pitch] with 56 pitches from MIDI 33, of (onset step, steps, pitch) notes."""

    def make(*notes: tuple[int, int, int], steps: int = 16) -> tuple[np.ndarray, np.ndarray]:
        play = np.zeros((steps, 56), bool)
        articulate = np.zeros_like(play)
        for onset, length, pitch in notes:
            play[onset : onset + length, pitch - 33] = True
            articulate[onset, pitch - 33] = True
        return play, articulate

    return make


@pytest.fixture
def note() -> Callable[..., Note]:
    """A note in eighths."""
    return lambda onset, length, pitch, **more: Note(onset * EIGHTH, pitch, length * EIGHTH, **more)
