"""Sizes of the biaxial network and the named widths of what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from composer.errors import WeightsError

NUM_OUTPUTS = 3
"""Logits of a note: play, articulate, hand."""

HEARD_WIDTH = (2 * 12 + 1) * 2 + 12
"""Width of what a note hears of the previous step: 25 notes of two bits, 12 pitch classes (see `features`)."""

ECHO_WIDTH = 1 + 12
"""Width of one echo: the note's own, 12 pitch classes (see `features`)."""

FEEDBACK_WIDTH = 5
"""Width of what every note hears of the lower notes: two bits, notes so far, notes to come, is that known."""

CHORD_WIDTH = 12
"""Width of the chord below a note, by pitch class (see `features`)."""

MAX_SIZE = 4096
"""Of one layer or one part of the inputs: a card from a stranger must not ask for all memory."""

MAX_MEMORY_STEPS = 256
"""Of an echo's half-life and of a lag; what happened so long ago is carried along for each note."""

FeatureFields = tuple[tuple[str, int], ...]
"""Names and widths of the parts of an input vector, in order."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Everything that fixes the shapes of the weights, and the regularisation they are trained with.

    note_fields, step_fields, style_fields: (name, width) of the parts of `note_inputs`, `step_inputs`, `style_input`.
    time_units, note_units: sizes of the LSTM layers along time and along the notes (Johnson: 300, 300 and 100, 50).
    style_units: size of the shared linear style embedding (DeepJ: 64).
    gate_units: further units of the embedding that go straight to the gates of every layer, where style_units enter
        with the layer's input, bounded; 0 for none.
    echo_steps: half-lives, in steps, of the echoes that a note hears: what sounded before, fading; () for none.
    lag_steps: how many steps ago a note hears itself, play and strike, beside the last step; () for none.
    hears_chord: whether a note hears which pitch classes sound below it in its own step (see `features.chord_below`);
        Johnson's hears the next lower note, and remembers the others.
    dropout: share of the outputs of each LSTM layer that is dropped in training, 0 to below 1.
    input_dropout: the same for the inputs of the first time layer (DeepJ: .2).
    dropout_sharing: 'sequence' draws one mask for a row and keeps it along the layer's axis, as Johnson's code does
        (theano_lstm's MultiDropout); 'element' draws every value afresh.
    """

    note_fields: FeatureFields
    step_fields: FeatureFields
    style_fields: FeatureFields
    time_units: tuple[int, ...] = (128, 128)
    note_units: tuple[int, ...] = (64, 32)
    style_units: int = 32
    gate_units: int = 0
    echo_steps: tuple[int, ...] = ()
    lag_steps: tuple[int, ...] = ()
    hears_chord: bool = False
    dropout: float = 0.2
    input_dropout: float = 0.0
    dropout_sharing: str = "sequence"

    def __post_init__(self) -> None:
        for name in ("note_fields", "step_fields", "style_fields"):
            parts = tuple((str(part), int(width)) for part, width in getattr(self, name))
            object.__setattr__(self, name, parts)
            _check(all(0 < width <= MAX_SIZE for _, width in parts), name, f"widths of 1 to {MAX_SIZE}", parts)
            _check(len({part for part, _ in parts}) == len(parts), name, "names that differ", parts)
            _check(bool(parts), name, "at least one part", parts)
        for name in ("time_units", "note_units"):
            sizes = tuple(int(units) for units in getattr(self, name))
            object.__setattr__(self, name, sizes)
            right = bool(sizes) and all(0 < units <= MAX_SIZE for units in sizes)
            _check(right, name, f"one or more sizes of 1 to {MAX_SIZE}", sizes)
        for name in ("echo_steps", "lag_steps"):
            numbers = tuple(int(steps) for steps in getattr(self, name))
            object.__setattr__(self, name, numbers)
            right = len(numbers) <= MAX_MEMORY_STEPS and all(0 < steps <= MAX_MEMORY_STEPS for steps in numbers)
            _check(right, name, f"numbers of steps from 1 to {MAX_MEMORY_STEPS}", numbers)
        _check(isinstance(self.hears_chord, bool), "hears_chord", "true or false", self.hears_chord)
        _check(0 <= self.gate_units <= MAX_SIZE, "gate_units", f"a size of 0 to {MAX_SIZE}", self.gate_units)
        _check(0 < self.style_units <= MAX_SIZE, "style_units", f"a size of 1 to {MAX_SIZE}", self.style_units)
        for name in ("dropout", "input_dropout"):
            _check(0.0 <= getattr(self, name) < 1.0, name, "a share from 0 to below 1", getattr(self, name))
        _check(
            self.dropout_sharing in ("sequence", "element"),
            "dropout_sharing",
            "'sequence' or 'element'",
            self.dropout_sharing,
        )

    @property
    def heard_width(self) -> int:
        """Width of what a note hears of earlier steps."""
        return HEARD_WIDTH + ECHO_WIDTH * len(self.echo_steps) + 2 * len(self.lag_steps)

    @property
    def feedback_width(self) -> int:
        """Width of what a note hears of the lower notes of its step."""
        return FEEDBACK_WIDTH + (CHORD_WIDTH if self.hears_chord else 0)

    @property
    def memory_widths(self) -> tuple[int, ...]:
        """Widths of what a note keeps beside the states of its time layers: echoes, the last steps' bits."""
        past = 2 * max(self.lag_steps, default=0)
        return tuple(width for width in (len(self.echo_steps), past) if width)

    @property
    def embedding_width(self) -> int:
        """Width of the style embedding."""
        return self.style_units + self.gate_units

    @property
    def note_width(self) -> int:
        """Width of `note_inputs`."""
        return sum(width for _, width in self.note_fields)

    @property
    def step_width(self) -> int:
        """Width of `step_inputs`."""
        return sum(width for _, width in self.step_fields)

    @property
    def style_width(self) -> int:
        """Width of `style_input`."""
        return sum(width for _, width in self.style_fields)

    def to_dict(self) -> dict[str, Any]:
        """The configuration as plain lists, numbers and text, for YAML and JSON."""
        plain = asdict(self)
        for name in ("note_fields", "step_fields", "style_fields"):
            plain[name] = [[part, width] for part, width in plain[name]]
        for name in ("time_units", "note_units", "echo_steps", "lag_steps"):
            plain[name] = list(plain[name])
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> NetworkConfig:
        """The inverse of `to_dict`; raises WeightsError for unknown or missing keys and for impossible values."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(plain) - known)
        _check(not unknown, "network", f"only the keys {', '.join(sorted(known))}", unknown)
        missing = [name for name in ("note_fields", "step_fields", "style_fields") if name not in plain]
        _check(not missing, "network", "the keys note_fields, step_fields, style_fields", plain)
        try:
            return cls(**plain)
        except (TypeError, ValueError) as error:
            raise WeightsError(f"network: sizes must be numbers and lists of them; {error}") from error


def weight_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """The shape of every weight by its name, as `BiaxialNetwork.named_weights` has them, in the same order."""
    shapes: dict[str, tuple[int, ...]] = {"style_embedding": (config.style_width, config.embedding_width)}
    below = {
        "time": config.note_width + config.heard_width,
        "note": config.time_units[-1] + config.feedback_width + config.note_width,
    }
    for axis, sizes in (("time", config.time_units), ("note", config.note_units)):
        for number, (width, units) in enumerate(zip((below[axis], *sizes[:-1]), sizes, strict=True)):
            layer = f"{axis}_{number}"
            shapes[f"{layer}/kernel"] = (width, 4 * units)
            shapes[f"{layer}/recurrent"] = (units, 4 * units)
            shapes[f"{layer}/bias"] = (4 * units,)
            shapes[f"{layer}/style_kernel"] = (config.style_units, width)
            shapes[f"{layer}/style_bias"] = (width,)
            if config.gate_units:
                shapes[f"{layer}/gate_kernel"] = (config.gate_units, 4 * units)
            if number == 0:
                shapes[f"{layer}/step_kernel"] = (config.step_width, 4 * units)
    return shapes | {"head_kernel": (config.note_units[-1], NUM_OUTPUTS), "head_bias": (NUM_OUTPUTS,)}


def _check(holds: bool, name: str, rule: str, found: object) -> None:
    if not holds:
        raise WeightsError(f"network.{name}: must be {rule}; found {found!r}")
