"""What holds for a whole piece while it is filled: meter, compass, window, style; read once from the resolved plan.

Conventions: the window is the stretch of pitches that the network samples; it holds the compass and has the same size
for every piece, so that the sampler is compiled for one shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from composer.analysis.copying import RunIndex
from composer.fill.critics import LINE_WEIGHTS, VOICED_WEIGHTS
from composer.fill.ensembles import Ensemble, ensemble_named
from composer.fill.particles import LINE, ComposerMix
from composer.outline import Outline
from composer.plan.mixes import Mix, whole_mix
from composer.plan.model import Plan
from composer.plan.outline import PhrasePlace, phrase_places, pickup_tick
from composer.roll.grid import HIGHEST_PITCH, LOWEST_PITCH, STEP_TICKS, steps_per_bar
from composer.style_statistics import StyleStatistics
from composer.theory.key import Key, parse_key
from composer.theory.meter import Meter, parse_meter

WINDOW_PITCHES = 56  # as the network was trained; the compass of a keyboard and some
TUNE_ROOM = 5  # semitones by which the lowest note of a style's tunes lifts that of a new one, at most


@dataclass(frozen=True)
class Setting:
    """The common frame of all sections.

    Attributes:
        plan: resolved.
        outline: of the plan, its textures as the ensemble plays them.
        places: its phrases.
        home, meter, pickup_tick: of the piece.
        ensemble: that the network is told; `line` where only the soloist's line is composed.
        row: the ensemble for which the piece is written.
        style: (composer, weight); the piece's, in a setting `in_style` the section's or phrase's own.
        compass, melody_compass, bass_compass: lowest and highest MIDI pitch, inclusive.
        low_pitch: of the window.
        weighed: (weight, statistics) of the styles, heaviest first.
        known: composer and statistics of each style that the plan names.
        runs: of the styles' training pieces, which are not to be copied.
        heard: (onset, duration, pitch) of what sounds before the piece goes on where another ended; onsets are
            negative. Empty where it begins from nothing.
    """

    plan: Plan
    outline: Outline
    places: tuple[PhrasePlace, ...]
    home: Key
    meter: Meter
    pickup_tick: int
    ensemble: str
    row: Ensemble
    style: ComposerMix
    compass: tuple[int, int]
    melody_compass: tuple[int, int]
    bass_compass: tuple[int, int]
    low_pitch: int
    weighed: tuple[tuple[float, StyleStatistics], ...]
    known: Mapping[str, tuple[str, StyleStatistics]]
    runs: tuple[RunIndex, ...] = ()
    heard: tuple[tuple[int, int, int], ...] = ()

    def in_style(self, mix: Mix) -> Setting:
        """Return the same with other styles, names of `known`."""
        return replace(self, **_of_style(mix, self.known))

    def as_line(self) -> Setting:
        """Return the same for composing the soloist's line alone."""
        return replace(self, ensemble=LINE)

    @property
    def is_line(self) -> bool:
        """Whether a single line is composed."""
        return self.ensemble == LINE

    @property
    def single_compasses(self) -> tuple[tuple[int, int], ...]:
        """Lowest and highest pitch of each part where each is a single line; else empty."""
        return tuple(part.compass for part in self.row.parts) if self.row.has_single_lines else ()

    @property
    def statistics(self) -> StyleStatistics:
        """Those of the heaviest style."""
        return self.weighed[0][1]

    @property
    def seed(self) -> int:
        """Of all drawing."""
        return self.plan.seed or 0

    @property
    def melody_goal(self) -> float:
        """MIDI pitch round which tunes end."""
        low, high = self.row.melody_goals
        return min(max(self._usual("melody", 71.0), low), high)

    @property
    def new_tune_compass(self) -> tuple[int, int]:
        """Lowest and highest pitch of a tune that is composed: not below the style's own, where a hand plays it.

        What returns may lie anywhere in the compass of tunes: it has to fit in other keys.
        """
        low, high = self.melody_compass
        if not self.row.has_hands or self.is_line or self.row.has_soloist:
            return low, high
        return low + round(min(max(self._usual("melody", 0.0, place=0) - low, 0.0), TUNE_ROOM)), high

    def compass_in(self, register: str | None) -> tuple[int, int]:
        """Return lowest and highest MIDI pitch in a register: `low`, `middle` or `high`."""
        return self.melody_compass_in(register) if self.is_line else self._narrowed(self.compass, register)

    def melody_compass_in(self, register: str | None) -> tuple[int, int]:
        """Return the same of the tune."""
        low, high = self._narrowed(self.melody_compass, register)
        step = self.row.register_step
        return (low - step, high) if register == "low" else (low, high)

    def upper_voice_from(self, register: str | None) -> int | None:
        """Return the pitch index from which notes in a register are those of the upper hand; None without hands."""
        if self.row.has_single_lines or self.is_line:
            return None
        return self.melody_compass_in(register)[0] - self.low_pitch

    def melody_goal_in(self, register: str | None) -> float:
        """Return the MIDI pitch round which tunes end in a register."""
        step = self.row.register_step
        return self.melody_goal + {"low": -step, "high": step}.get(register or "middle", 0) / 2

    def _narrowed(self, compass: tuple[int, int], register: str | None) -> tuple[int, int]:
        low, high = compass
        step = self.row.register_step
        if register == "low":
            return low, high - step
        return (low + step, high) if register == "high" else (low, high)

    @property
    def bass_goal(self) -> float:
        """MIDI pitch round which basses end."""
        return self._usual("bass", 48.0)

    def _usual(self, register: str, otherwise: float, *, place: int = 1) -> float:
        """Return the bottom (0), middle (1) or top (2) of a register: the mean of the styles', by their weights."""
        middles = [
            (weight, own.registers[register][place]) for weight, own in self.weighed if register in own.registers
        ]
        total = sum(weight for weight, _ in middles)
        return sum(weight * middle for weight, middle in middles) / total if middles else otherwise

    @property
    def max_steps(self) -> int:
        """Steps of the longest chunk: a bar."""
        return steps_per_bar(self.meter)


def make_setting(
    plan: Plan,
    outline: Outline,
    *,
    known: Mapping[str, tuple[str, StyleStatistics]],
    runs: tuple[RunIndex, ...] = (),
    heard: tuple[tuple[int, int, int], ...] = (),
) -> Setting:
    """Return the setting of a resolved plan; `known`, `runs` and `heard` as in `Setting`."""
    row = ensemble_named(plan.ensemble or "keyboard")
    places = phrase_places(plan)
    with_voices = [(place.start_tick, place.end_tick) for place in places if place.entry.voices is not None]
    spare = WINDOW_PITCHES - (row.compass[1] - row.compass[0] + 1)
    low = max(LOWEST_PITCH, min(row.compass[0] - spare // 2, HIGHEST_PITCH - WINDOW_PITCHES + 1))
    return Setting(
        plan=plan,
        outline=replace(outline, textures=row.textured(outline.textures, stated=with_voices)),
        places=places,
        home=parse_key(plan.key or "C major"),
        meter=parse_meter(plan.meter or "4/4"),
        pickup_tick=pickup_tick(plan),
        ensemble=row.name,
        row=row,
        compass=row.compass,
        melody_compass=row.melody_compass,
        bass_compass=row.bass_compass,
        low_pitch=low,
        known=known,
        runs=runs,
        heard=heard,
        **_of_style(whole_mix(plan.style), known),
    )


def _of_style(mix: Mix, known: Mapping[str, tuple[str, StyleStatistics]]) -> dict[str, Any]:
    """Return the fields of a setting that depend on the styles."""
    ordered = sorted(mix.items(), key=lambda item: (-item[1], item[0]))
    return {
        "style": tuple((known[name][0], weight) for name, weight in mix.items()),
        "weighed": tuple((weight, known[name][1]) for name, weight in ordered),
    }


def critic_weights(setting: Setting, *, has_voices: bool = False) -> Mapping[str, float]:
    """Return the factor of each critic that does not count 1, of a piece or a section whose voices are told apart."""
    if setting.is_line:
        return LINE_WEIGHTS
    return VOICED_WEIGHTS if has_voices or setting.row.has_single_lines else {}


def weighed_spans(bars: Sequence[tuple[int, int]], setting: Setting) -> tuple[tuple[int, int], ...]:
    """Return the spans of steps after which drafts are weighed: bars, or beats where single lines sing together.

    Voices that are each a line of their own go wrong from beat to beat, and a choir's pieces are short.
    """
    if not setting.row.has_single_lines:
        return tuple(bars)
    steps = setting.meter.beat_ticks // STEP_TICKS
    return tuple((first, min(first + steps, end)) for start, end in bars for first in range(start, end, steps))
