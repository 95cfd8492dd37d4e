"""The trained network as a source of notes for the particle filter.

Conventions: with guidance up to three branches run side by side. FULL is told what the source may tell (everything,
unless it is made otherwise), OF_STYLE nothing of the plan, OF_NOBODY neither the plan nor the composer; pins, reference
bars and the ensemble are heard by all. With `guidance` g and `style_guidance` s the log-odds of play are
nobody + s (style - nobody) + g (full - style). The sampler is compiled once for the longest bar and one number of
pitches.

Source: classifier-free guidance, Ho and Salimans (2022), with a factor for each of two conditions as in Brooks et al.,
"InstructPix2Pix" (2023), equation 3.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from composer.errors import OptionError
from composer.fill.particles import Chunk, ComposerMix, FloatArray, Stretch
from composer.roll.inputs import GROUPS, note_inputs, step_inputs, voices_target

if TYPE_CHECKING:
    from composer.network.adapters import Adapters
    from composer.network.biaxial import BiaxialNetwork
    from composer.network.sampler import SamplerState


@dataclass(frozen=True)
class Branch:
    """What one copy of the network hears beside pins, reference bars and ensemble."""

    hears_plan: bool
    hears_composer: bool


FULL, OF_STYLE, OF_NOBODY = Branch(True, True), Branch(False, True), Branch(False, False)


def branches_for(guidance: float, style_guidance: float) -> tuple[Branch, ...]:
    """Return the branches that are needed: the formula of the module has no place for the others."""
    if guidance == 1.0 and style_guidance == 1.0:
        return (FULL,)
    if style_guidance == 1.0:
        return (FULL, OF_STYLE)
    if style_guidance == guidance:
        return (FULL, OF_NOBODY)
    return (FULL, OF_STYLE, OF_NOBODY)


@dataclass(frozen=True)
class _Told:
    """The inputs of one stretch, all branches first: [branch, step, …]."""

    note: FloatArray
    step: FloatArray
    voices: FloatArray


class NetworkSource:
    """Samples notes from a network; see `particles.NoteSource`.

    Args:
        network: with its weights.
        composers, ensembles: names of its style vector, in order.
        marginal_log_odds: float32 [MIDI pitch, 2] (after silence, while sounding), round which the temperature
            acts; None: round even odds.
        num_particles: drafts side by side.
        num_pitches: of the window.
        max_steps: of the longest chunk.
        temperature: 1 as learned; below it bolder in what is likely, above it freer.
        guidance: 1 as learned; above it the plan is obeyed more.
        style_guidance: 1 as learned; above it the notes are more in their style, less in everybody's.
        told: names of `GROUPS`, the conditions that the network is told.
        adapters: of the network's own composers; they sound as the style of each stretch has them.
        device: `auto`, `cpu` or `gpu`.

    Raises:
        OptionError: a condition that there is not.
    """

    def __init__(
        self,
        network: BiaxialNetwork,
        *,
        composers: Sequence[str],
        ensembles: Sequence[str],
        marginal_log_odds: FloatArray | None,
        num_particles: int,
        num_pitches: int,
        max_steps: int,
        temperature: float = 1.0,
        guidance: float = 1.0,
        style_guidance: float = 1.0,
        told: Collection[str] = GROUPS,
        adapters: Adapters | None = None,
        device: str = "auto",
    ) -> None:
        from composer.network.sampler import Sampler

        for name in told:
            place_of(name, GROUPS, "condition")
        self._dropped = tuple(name for name in GROUPS if name not in told)
        self.num_particles = num_particles
        self.num_pitches = num_pitches
        self._branches = branches_for(guidance, style_guidance)
        self._sampler = Sampler(
            network,
            num_particles=num_particles,
            max_steps=max_steps,
            num_pitches=num_pitches,
            num_branches=len(self._branches),
            device=device,
        )
        self._composers, self._ensembles = tuple(composers), tuple(ensembles)
        self._marginal = marginal_log_odds
        self._temperature, self._guidance = temperature, guidance
        self._style_guidance = style_guidance if len(self._branches) == 3 else 1.0
        self._adapters = adapters
        self._told: tuple[Stretch, _Told] | None = None

    def start(self, stretch: Stretch) -> SamplerState:
        """Return the state in which nothing has been heard."""
        for style in (stretch.style, *(style for _, style in stretch.style_changes)):
            self._style_input(style, stretch.ensemble)  # a name that the network does not know is told at once
        self._told = (stretch, self._tell(stretch))
        return self._sampler.initial_state()

    def run(
        self, state: Any, stretch: Stretch, first: int, end: int, uniforms: FloatArray
    ) -> tuple[Chunk, SamplerState]:
        """Sample the steps [first, end) of all particles, in the style of the first of them."""
        if self._told is None or not _is_told_alike(self._told[0], stretch):
            self._told = (stretch, self._tell(stretch))
        told = self._told[1]
        if self._adapters is not None:
            self._adapters.sound(stretch.style_at(first))
        marginal = None
        if self._marginal is not None:
            marginal = self._marginal[stretch.low_pitch : stretch.low_pitch + self.num_pitches]
        sample, state = self._sampler.run(
            state,
            note_inputs=told.note[:, first:end],
            step_inputs=told.step[:, first:end],
            style_input=self._style_input(stretch.style_at(first), stretch.ensemble),
            voices_target=told.voices[:, first:end],
            uniforms=uniforms,
            pins=stretch.pins.code[first:end],
            allowed=stretch.allowed[first:end],
            strike_allowed=stretch.strike_allowed[first:end],
            marginal_log_odds=marginal,
            temperature=self._temperature,
            guidance=1.0 + stretch.guidance_factor * (self._guidance - 1.0),
            style_guidance=self._style_guidance,
        )
        return Chunk(sample.play, sample.articulate, sample.upper_hand, sample.forced_log_probability), state

    def gather(self, states: Sequence[Any], indices: NDArray[np.int_]) -> SamplerState:
        """Return the state whose particle p is particle `indices[p]` of the states, counted one after another."""
        from composer.network.sampler import SamplerState

        return SamplerState.joined(states).gather(indices)

    def _tell(self, stretch: Stretch) -> _Told:
        """Work out the inputs of a stretch for each branch."""
        dropped = [self._dropped if branch.hears_plan else GROUPS for branch in self._branches]
        facts, pins, reference = stretch.facts, stretch.pins, stretch.reference
        low, count = stretch.low_pitch, self.num_pitches
        voices = [voices_target(facts, dropped=names) for names in dropped]
        if stretch.is_line:
            voices = [np.ones_like(told) for told in voices]
        return _Told(
            np.stack(
                [note_inputs(facts, pins, reference, low_pitch=low, num_pitches=count, dropped=d) for d in dropped]
            ),
            np.stack([step_inputs(facts, pins, reference, dropped=names) for names in dropped]),
            np.stack(voices),
        )

    def _style_input(self, style: ComposerMix, ensemble: str) -> FloatArray:
        """Return the style vector of each branch: composer weights (1 in all, or 0), the ensemble as one hot."""
        vector = np.zeros(len(self._composers) + len(self._ensembles), np.float32)
        total = sum(weight for _, weight in style)
        for name, weight in style:
            vector[place_of(name, self._composers, "composer")] += weight / total  # two styles may be one composer's
        vector[len(self._composers) + place_of(ensemble, self._ensembles, "ensemble")] = 1
        told = np.stack([vector] * len(self._branches))
        for row, branch in zip(told, self._branches, strict=True):
            if not branch.hears_composer:
                row[: len(self._composers)] = 0
        return told


def _is_told_alike(one: Stretch, other: Stretch) -> bool:
    """Whether the network hears the same of both."""
    return one.facts is other.facts and one.pins is other.pins and one.reference is other.reference


def place_of(name: str, known: tuple[str, ...], what: str) -> int:
    """Return where a name stands in the style vector.

    Raises:
        OptionError: the network knows no such composer, ensemble or condition.
    """
    if name not in known:
        raise OptionError(f'the network knows no {what} "{name}"', mend=f"it knows {', '.join(known)}")
    return known.index(name)
