"""The settings of a stream of windows: how pieces are cut, and what the network is told of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

LINE = "line"  # the ensemble of a single melody


@dataclass(frozen=True, kw_only=True)
class WindowConfig:
    """How pieces are cut and what the network is told of them.

    Attributes:
        rows: windows in a batch.
        rival_rows: of these, so many are in pairs: the second row of a pair is the first one once more, told another
            composer of the same ensemble, so that the network learns to tell styles apart (`compiled.Measures`).
        rivals_from: number of the first batch with such pairs.
        steps: sixteenths in a window.
        pitches: semitones in a window; steps of a visit that go beyond them are heard in part and not scored.
        balance: how the visits of a style (composer and ensemble) grow with its steps: 1 every step is as likely as any
            other of its weight, 0 every style is as likely, .5 between them (its share grows with their square root).
        composers, ensembles: names of the style vector, in order.
        max_transposition: semitones either way.
        visit_windows: (fewest, most) windows of a visit.
        line_share: share of the visits that see the top line alone.
        told: "random" (design: all 50 %, none 15 %, a random subset 35 %), or the groups that are always told.
        style_dropout: share of the visits that are not told the composer.
        pins, references: draw them; False for measuring.
        whole: visit every piece once from its first to its last step, and end.
        whole_bars: of such a visit, at most; 0: all of the piece.
        told_style: (composer, weight) that is told in place of the piece's own, () for nobody; None: the own.
        style_weights: how often a style is visited beside the others: (a composer, an ensemble, or both as in
            `bach organ`, weight); all that fit it are multiplied.
    """

    rows: int
    steps: int
    pitches: int
    composers: tuple[str, ...]
    ensembles: tuple[str, ...]
    rival_rows: int = 0
    rivals_from: int = 0
    balance: float = 1.0
    max_transposition: int = 6
    visit_windows: tuple[int, int] = (2, 8)
    line_share: float = 0.12
    told: str | tuple[str, ...] = "random"
    style_dropout: float = 0.1
    pins: bool = True
    references: bool = True
    style_weights: tuple[tuple[str, float], ...] = ()
    whole: bool = False
    whole_bars: int = 0
    told_style: tuple[tuple[str, float], ...] | None = None

    @property
    def style_fields(self) -> tuple[tuple[str, int], ...]:
        """Names and widths of the style vector."""
        return (("composer", len(self.composers)), ("ensemble", len(self.ensembles)))


def measuring(config: WindowConfig, told: tuple[str, ...]) -> WindowConfig:
    """Return the configuration for held-out likelihood: whole pieces as written, no pins, no references."""
    return replace(
        config,
        told=told,
        pins=False,
        references=False,
        line_share=0.0,
        max_transposition=0,
        style_dropout=0.0,
        whole=True,
        rival_rows=0,
        rivals_from=0,
    )
