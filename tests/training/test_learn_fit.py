"""Fitting one composer of a frozen network: the gradient is right, held-out pieces decide, nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from composer.network.biaxial import BiaxialNetwork
from composer.network.checkpoint import LoadedNetwork, WeightsCard
from composer.network.config import NetworkConfig
from composer.network.extended import extended
from composer.network.own_composer import OwnComposer, gate_widths, kernel_shapes
from composer.outline import ChordSpan, KeySpan, Outline, PhraseSpan, SectionSpan
from composer.roll.codec import encode
from composer.roll.facts import facts_of
from composer.roll.grid import STEP_TICKS
from composer.roll.inputs import GROUPS, NOTE_LAYOUT, STEP_LAYOUT
from composer.roll.reference import best_references
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter
from composer.training.dataset import Piece
from composer.training.learn_fit import AVERAGE, NOBODY, FittedComposer, LearnConfig, fit_composer
from composer.training.learn_steps import EMBEDDING, ComposerSteps, is_factor
from composer.training.measure import Measurer
from composer.training.own_style import OWN
from composer.training.window_config import WindowConfig
from composer.training.windows import Windows

BAR = 16 * STEP_TICKS
NETWORK = NetworkConfig(
    note_fields=NOTE_LAYOUT,
    step_fields=STEP_LAYOUT,
    style_fields=(("composer", 2), ("ensemble", 2)),
    time_units=(4,),
    note_units=(3,),
    style_units=3,
    gate_units=1,
)
CARD = WeightsCard(name="small", network=NETWORK, composers=("bach", "joplin"), ensembles=("keyboard", "line"))
FIT = LearnConfig(
    rows=3, steps=16, pitches=40, row_updates=6, adapter_updates=8, validate_every=3, row_rate=0.05, adapter_rate=0.05
)


def make_piece(seed: int, *, bars: int = 8) -> Piece:
    """Repeated eighths in the treble over nothing: unlike anything that random weights expect."""
    pitches = np.random.default_rng(seed).integers(70, 76, bars * 8)
    notes = [Note(i * 2 * STEP_TICKS, int(pitch), 2 * STEP_TICKS) for i, pitch in enumerate(pitches)]
    meter, key, end = parse_meter("4/4"), parse_key("C major"), bars * BAR
    score = Score((Part("Piano", sort_notes(notes), staves=2),), make_bars(meter, bars))
    outline = Outline(
        score.bars,
        keys=(KeySpan(0, end, key),),
        chords=(ChordSpan(0, end, parse_chord("I", "major"), key),),
        phrases=(PhraseSpan(0, end, Cadence.PAC, end - BAR),),
        sections=(SectionSpan(0, end, "A", "A"),),
    )
    roll, facts = encode(score), facts_of(outline)
    references = best_references(roll.articulate, facts.bar)
    return Piece(f"piece {seed}", f"work {seed}", "", OWN, "keyboard", roll, facts, references)


PIECES = [make_piece(seed) for seed in range(4)]


@pytest.fixture(scope="module")
def loaded() -> LoadedNetwork:
    network = BiaxialNetwork(NETWORK, seed=4)
    random = np.random.default_rng(4)
    for weight in network.named_weights().values():
        weight.assign(np.asarray(weight) + 0.1 * random.normal(size=weight.shape).astype("float32"))
    return LoadedNetwork(network, CARD, {})


def test_the_gradient_is_that_of_the_loss(loaded: LoadedNetwork) -> None:
    random = np.random.default_rng(1)
    gates = {layer: random.normal(size=width).astype("float32") for layer, width in gate_widths(NETWORK).items()}
    own = OwnComposer(OWN, random.normal(size=NETWORK.embedding_width).astype("float32"), gates)
    steps = ComposerSteps(extended(loaded.network, [own]), lanes=2)
    factors = {name for name in steps.vector() if is_factor(name)}
    steps.set_vector(steps.vector() | {name: steps.vector()[name] + np.float32(0.05) for name in factors})
    config = WindowConfig(
        rows=3, steps=16, pitches=40, composers=(*CARD.composers, OWN), ensembles=CARD.ensembles, style_dropout=0.0
    )
    batch = next(islice(Windows(PIECES, config, seed=2).batches(), 1, None))
    state = steps.initial_state(batch)
    vector = steps.vector()
    _, slopes, _ = steps.gradient(batch, state)
    for name in (EMBEDDING, "time_0", "note_0", "down/time_0/kernel", "up/note_0/recurrent", "up/time_0/recurrent"):
        place = np.unravel_index(int(np.abs(slopes[name]).argmax()), slopes[name].shape)
        losses = []
        for move in (0.02, -0.02):
            moved = vector[name].copy()
            moved[place] += move
            steps.set_vector(vector | {name: moved})
            losses.append(steps.gradient(batch, state)[0])
        assert slopes[name][place] == pytest.approx((losses[0] - losses[1]) / 0.04, rel=0.02), name


def fit(loaded: LoadedNetwork, config: LearnConfig = FIT, *, num_held_out: int = 1) -> FittedComposer:
    split = len(PIECES) - num_held_out
    return fit_composer(loaded, PIECES[:split], PIECES[split:], config=config)


def test_held_out_pieces_become_likelier_and_the_network_stays(
    loaded: LoadedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("composer.training.learn_fit.MIN_ADAPTER_STEPS", 100)
    before = {name: np.asarray(weight).copy() for name, weight in loaded.network.named_weights().items()}
    shares: list[float] = []
    found = fit_composer(
        loaded, PIECES[:3], PIECES[3:], config=FIT, on_progress=lambda _doing, share: shares.append(share)
    )
    assert found.after < found.before - 0.01
    assert found.nearest_name in CARD.composers
    assert set(found.vector.gates) == set(gate_widths(NETWORK)), "the adapter helped, so it is kept"
    assert set(found.vector.factors) == set(kernel_shapes(NETWORK))
    assert found.num_updates == 14
    assert not found.ran_out
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for name, weight in loaded.network.named_weights().items():
        np.testing.assert_array_equal(np.asarray(weight), before[name])


@pytest.fixture(scope="module")
def found(loaded: LoadedNetwork) -> FittedComposer:
    return fit(loaded)


def test_with_little_music_the_row_alone_is_fitted(loaded: LoadedNetwork, found: FittedComposer) -> None:
    again = fit(loaded)
    assert not found.vector.has_adapter
    assert found.num_updates == FIT.row_updates
    np.testing.assert_array_equal(found.vector.embedding, again.vector.embedding)


def test_what_does_not_help_is_given_up(loaded: LoadedNetwork) -> None:
    found = fit(loaded, replace(FIT, row_rate=0.0))
    assert found.after == found.before
    rows = np.asarray(loaded.network.style_embedding)[: len(CARD.composers)]
    known = dict(zip(CARD.composers, rows, strict=True))
    starts = known | {AVERAGE: rows.mean(axis=0), NOBODY: np.zeros_like(rows[0])}
    np.testing.assert_allclose(found.vector.embedding, starts[found.began_with], rtol=1e-6)


def test_the_fit_begins_with_what_the_held_out_pieces_like_best(loaded: LoadedNetwork, found: FittedComposer) -> None:
    assert found.before <= min(found.average, found.nearest)
    assert found.began_with in (found.nearest_name, AVERAGE, NOBODY)
    hearing = WindowConfig(
        rows=1, steps=16, pitches=40, composers=CARD.composers, ensembles=CARD.ensembles, style_dropout=0.0
    )
    measurer = Measurer(loaded.network, hearing)
    blank = [measurer.by_piece(PIECES[3:], told=told, style=(), bars=8)[0].per_step for told in (GROUPS, ())]
    assert found.before == pytest.approx(min(found.average, found.nearest, sum(blank) / 2), abs=1e-4)


def test_without_held_out_pieces_the_row_is_moved_a_little(
    loaded: LoadedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("composer.training.learn_fit._BLIND_UPDATES", 4)
    found = fit(loaded, num_held_out=0)
    assert found.num_updates == 4
    assert not found.vector.has_adapter
    assert np.isfinite(found.after)


def test_when_the_time_runs_out_the_best_so_far_is_kept(loaded: LoadedNetwork) -> None:
    found = fit(loaded, replace(FIT, max_seconds=1e-6))
    assert found.ran_out
    assert found.num_updates == 1
    assert found.after <= found.before
