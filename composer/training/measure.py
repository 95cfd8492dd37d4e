"""Held-out likelihood: how many nats a step of unseen music costs a network that is told this or that.

Conventions: whole pieces as written, over all pitches of the grid, without pins and reference bars, from
silence on; bars off the grid are heard and not counted. The composer and the ensemble are always told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from composer.network.biaxial import BiaxialNetwork, State
from composer.roll.grid import NUM_PITCHES
from composer.training.compiled import compile_steps
from composer.training.dataset import Piece
from composer.training.window_config import WindowConfig, measuring
from composer.training.windows import Windows


@dataclass(frozen=True)
class Likelihood:
    """Sums over held-out steps.

    Attributes:
        play, articulate: nats of the plays, and of the articulations of what is played.
        steps: sixteenths that were counted.
    """

    play: float = 0.0
    articulate: float = 0.0
    steps: float = 0.0

    def __add__(self, other: Likelihood) -> Likelihood:
        return Likelihood(self.play + other.play, self.articulate + other.articulate, self.steps + other.steps)

    @property
    def play_per_step(self) -> float:
        """Nats of the plays a step."""
        return self.play / self.steps

    @property
    def articulate_per_step(self) -> float:
        """Nats of the articulations a step."""
        return self.articulate / self.steps

    @property
    def per_step(self) -> float:
        """Nats of plays and articulations a step."""
        return (self.play + self.articulate) / self.steps


class Measurer:
    """Measures one network; what is compiled for the first measurement serves all.

    Args:
        network: with its weights.
        config: names of its style vector, and rows and steps of the batches to measure with.
        lanes: cores to use, as in training.
    """

    def __init__(self, network: BiaxialNetwork, config: WindowConfig, *, lanes: int = 1) -> None:
        self._network = network
        self._config = replace(config, pitches=NUM_PITCHES)
        self._steps = compile_steps(network, None, averages=[], hand_weight=0.0, clip_norm=1.0, lanes=lanes)

    def likelihood(self, pieces: Sequence[Piece], *, told: Collection[str]) -> Likelihood:
        """Return the likelihood of the pieces when the network is told these groups of conditions (`roll.GROUPS`)."""
        return sum(self.by_piece(pieces, told=told), Likelihood())

    def by_piece(
        self,
        pieces: Sequence[Piece],
        *,
        told: Collection[str],
        style: Sequence[tuple[str, float]] | None = None,
        bars: int = 0,
    ) -> list[Likelihood]:
        """Return the likelihood of each piece.

        Args:
            told: as `likelihood`.
            style: (composer, weight) that is told in place of their own, () for nobody.
            bars: from their beginning; 0: all of them.
        """
        style = None if style is None else tuple(style)
        config = replace(measuring(self._config, tuple(told)), told_style=style, whole_bars=bars)
        # Rows of like length end together.
        order = sorted(range(len(pieces)), key=lambda index: -pieces[index].num_steps)
        windows = Windows(
            [pieces[index] for index in order],
            config,
            seed=0,
            labels=[str(index) for index in order],
        )
        found = [Likelihood()] * len(pieces)
        state: State | None = None
        for batch in windows.batches():
            if state is None:
                state = self._network.initial_state(batch.num_rows, batch.num_pitches)
            rows, state = self._steps.validate(batch, state)
            for row, label in enumerate(batch.labels):
                if label:
                    found[int(label)] += Likelihood(
                        float(rows.play[row]), float(rows.articulate[row]), float(rows.steps[row])
                    )
        return found
