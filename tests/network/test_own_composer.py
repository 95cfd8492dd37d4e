"""A composer that a network was taught later: known ones stay as they were, mixes are means, damaged files are told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from composer.errors import StyleError, WeightsError
from composer.network.biaxial import BiaxialNetwork
from composer.network.checkpoint import WeightsCard
from composer.network.config import NetworkConfig
from composer.network.extended import extended, num_composers
from composer.network.own_composer import (
    OwnComposer,
    gate_widths,
    kernel_shapes,
    own_composer_to_bytes,
    read_own_composer,
)

COMPOSERS = (("composer", 2), ("ensemble", 2))


def make_network(config: NetworkConfig) -> BiaxialNetwork:
    """A network whose every weight matters."""
    made = BiaxialNetwork(config, seed=3)
    random = np.random.default_rng(3)
    for weight in made.named_weights().values():
        weight.assign(0.5 * random.normal(size=weight.shape).astype("float32"))
    return made


@pytest.fixture(scope="module", params=[0, 2], ids=["without gate units", "with gate units"])
def config(request: pytest.FixtureRequest, network: BiaxialNetwork) -> NetworkConfig:
    return replace(network.config, style_fields=COMPOSERS, gate_units=request.param)


@pytest.fixture(scope="module")
def known(config: NetworkConfig) -> BiaxialNetwork:
    return make_network(config)


def make_own(config: NetworkConfig, name: str = "mine", *, seed: int = 1, has_adapter: bool = True) -> OwnComposer:
    random = np.random.default_rng(seed)
    gates = {layer: random.normal(size=width).astype("float32") for layer, width in gate_widths(config).items()}
    row = random.normal(size=config.embedding_width).astype("float32")
    factors = {
        kernel: (random.normal(size=(inputs, 2)).astype("float32"), random.normal(size=(2, outputs)).astype("float32"))
        for kernel, (inputs, outputs) in kernel_shapes(config).items()
    }
    return OwnComposer(name, row, gates if has_adapter else {}, factors if has_adapter else {})


def logits(network: BiaxialNetwork, music: Any, style: list[float]) -> np.ndarray:
    rows = music.notes.shape[0]
    told = np.tile(np.array(style, "float32"), (rows, 1))
    state = network.initial_state(rows, music.notes.shape[2])
    return np.asarray(network(music.notes, music.note_inputs, music.step_inputs, told, music.voices_target, state)[0])


def test_known_composers_sound_as_they_did(known: BiaxialNetwork, random_music: Callable[..., Any]) -> None:
    music = random_music(2, 6, 14)
    config = known.config
    more = extended(known, [make_own(config, "a"), make_own(config, "b", seed=2, has_adapter=False)])
    for before in ([1, 0, 1, 0], [0, 1, 0, 0], [0.3, 0.7, 0, 1], [0, 0, 0, 0]):
        after = [*before[:2], 0, 0, *before[2:]]
        np.testing.assert_allclose(logits(more, music, after), logits(known, music, before), rtol=0, atol=2e-6)


def test_an_own_composer_with_a_known_one_s_row_is_that_one(
    known: BiaxialNetwork, random_music: Callable[..., Any]
) -> None:
    music = random_music(1, 5, 14)
    row = np.asarray(known.style_embedding)[1]
    twin = extended(known, [OwnComposer("twin", row, {})])
    np.testing.assert_allclose(
        logits(twin, music, [0, 0, 1, 0, 1]), logits(known, music, [0, 1, 0, 1]), rtol=0, atol=2e-6
    )


def test_an_adapter_sounds_by_its_composer_s_weight_in_a_mix(known: BiaxialNetwork) -> None:
    mine = make_own(known.config)
    more = extended(known, [mine])
    width = known.config.embedding_width
    embedded = np.asarray(more.embed_style(np.array([[0.25, 0, 0.75, 0, 0]], "float32")))[0]
    expected = 0.25 * np.asarray(known.style_embedding)[0] + 0.75 * mine.embedding
    np.testing.assert_allclose(embedded[:width], expected, atol=1e-6)
    assert embedded[width] == pytest.approx(0.75)
    np.testing.assert_array_equal(np.asarray(more.note_layers[1].gate_kernel)[-1], mine.gates["note_1"])


def test_own_composers_do_not_sound_each_other_s_adapters(
    known: BiaxialNetwork, random_music: Callable[..., Any]
) -> None:
    music = random_music(1, 5, 14)
    first, second = make_own(known.config, "a"), make_own(known.config, "b", seed=2)
    both, alone = extended(known, [first, second]), extended(known, [second])
    found = logits(both, music, [0, 0, 0, 1, 1, 0])
    np.testing.assert_allclose(found, logits(alone, music, [0, 0, 1, 1, 0]), rtol=0, atol=2e-6)
    assert np.abs(found - logits(both, music, [0, 0, 1, 0, 1, 0])).max() > 0.01


def test_a_network_whose_styles_are_no_composers_is_refused(network: BiaxialNetwork) -> None:
    with pytest.raises(WeightsError, match='"composer" must stand first; found "bach"'):
        num_composers(network.config)


# ---------------------------------------------------------------- the file

CARD = WeightsCard(
    name="small",
    network=NetworkConfig(
        note_fields=(("position", 1),),
        step_fields=(("beat", 3),),
        style_fields=COMPOSERS,
        time_units=(3,),
        note_units=(2,),
        style_units=4,
    ),
    sha256="5" * 64,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "mine.vector.safetensors"
    found.write_bytes(own_composer_to_bytes(make_own(CARD.network), CARD))
    return found


def read(path: Path, *, card: WeightsCard = CARD, sha256: str = "") -> OwnComposer:
    sha256 = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
    return read_own_composer(path, name="mine", sha256=sha256, network=card)


@pytest.mark.parametrize("has_adapter", [True, False])
def test_a_composer_comes_back_bit_for_bit(path: Path, has_adapter: bool) -> None:
    own = make_own(CARD.network, has_adapter=has_adapter)
    path.write_bytes(own_composer_to_bytes(own, CARD))
    back = read(path)
    np.testing.assert_array_equal(back.embedding, own.embedding)
    assert set(back.gates) == (set(gate_widths(CARD.network)) if has_adapter else set())
    for layer, gates in back.gates.items():
        np.testing.assert_array_equal(gates, own.gates[layer])
    assert set(back.factors) == (set(kernel_shapes(CARD.network)) if has_adapter else set())
    for kernel, pair in back.factors.items():
        np.testing.assert_array_equal(pair[0], own.factors[kernel][0])
        np.testing.assert_array_equal(pair[1], own.factors[kernel][1])


def test_a_composer_learned_before_kernels_were_adapted_can_still_be_read(path: Path) -> None:
    own = replace(make_own(CARD.network), factors={})
    path.write_bytes(own_composer_to_bytes(own, CARD))
    rewrite(path, lambda tensors: None, format=1)
    assert read(path).factors == {}
    assert read(path).has_adapter


def test_any_flipped_bit_is_noticed(path: Path) -> None:
    whole = path.read_bytes()
    sha256 = hashlib.sha256(whole).hexdigest()
    for place in np.random.default_rng(0).integers(0, len(whole), 20):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(StyleError, match="SHA-256"):
            read(path, sha256=sha256)


def test_with_other_weights_or_another_network_it_has_to_be_learned_again(path: Path) -> None:
    with pytest.raises(StyleError, match=r'other weights of the network "small".*`compose learn` again'):
        read(path, card=replace(CARD, sha256="6" * 64))
    with pytest.raises(StyleError, match=r'learned for the network "small"; this is "large".*`compose learn` again'):
        read(path, card=replace(CARD, name="large", sha256="6" * 64))


def rewrite(path: Path, change: Callable[[dict[str, np.ndarray]], None], **told: Any) -> None:
    """Change tensors or what the file says of itself, as somebody with a grudge would."""
    tensors = dict(load(path.read_bytes()))
    change(tensors)
    words = {"format": 2, "network": "small", "weights_sha256": CARD.sha256} | told
    path.write_bytes(save(tensors, metadata={"own_composer": json.dumps(words)}))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tensors: tensors.update(embedding=np.zeros(5, "float32")), "embedding: must be float32 .4.; found"),
        (lambda tensors: tensors.update(embedding=np.zeros(4, "float64")), "float64"),
        (lambda tensors: tensors["gates/time_0"].__setitem__(2, np.nan), "gates/time_0: must be finite"),
        (
            lambda tensors: tensors.pop("gates/note_0"),
            "embedding, gates/note_0, gates/time_0, up.*; found",
        ),
        (lambda tensors: tensors.pop("up/note_0/kernel"), "must hold .*up/note_0/kernel.*; found"),
        (lambda tensors: tensors.pop("down/note_0/kernel"), "must hold down/note_0/kernel.*; found"),
        (
            lambda tensors: tensors.update({"up/time_0/recurrent": np.zeros((3, 12), "float32")}),
            r"float32 .2, 12.; found",
        ),
        (lambda tensors: tensors.update({"down/note_0/kernel": np.zeros(2, "float32")}), r"must be float32 .*; found"),
        (lambda tensors: tensors["up/time_0/kernel"].__setitem__((0, 1), np.inf), "must be finite"),
        (lambda tensors: tensors.update(other=np.zeros(1, "float32")), "found .*embedding, .*other"),
        (lambda tensors: tensors.clear(), "found nothing"),
    ],
)
def test_tensors_of_other_names_shapes_and_values_are_refused(
    path: Path, change: Callable[[dict[str, np.ndarray]], None], told: str
) -> None:
    rewrite(path, change)
    with pytest.raises(StyleError, match=told):
        read(path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x02\x00\x00\x00\x00\x00\x00\x00[]"])
def test_what_is_no_safetensors_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StyleError, match="not a safetensors file"):
        read(path)


def test_a_file_of_another_format_a_giant_and_a_lost_one_are_told(path: Path) -> None:
    rewrite(path, lambda tensors: None, format=3)
    with pytest.raises(StyleError, match="a format up to 2"):
        read(path)
    with path.open("r+b") as stream:
        stream.truncate(2**30)  # a hole on the disk
    with pytest.raises(StyleError, match="must not be larger"):
        read(path, sha256="0")
    path.unlink()
    with pytest.raises(StyleError, match=r"cannot be read.*`compose learn` again"):
        read(path, sha256="0")
