"""A network comes back from its files bit for bit, and a damaged or foreign file never comes back at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from keras import ops

from composer.errors import WeightsError
from composer.network.biaxial import BiaxialNetwork
from composer.network.checkpoint import check_network, load_network, read_card, save_network
from composer.network.config import weight_shapes

MARGINAL = np.linspace(-4, 3, 20).reshape(10, 2)


@pytest.fixture(scope="module")
def saved(network: BiaxialNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    save_network(
        folder,
        network,
        name="bach",
        tables={"marginal_log_odds": MARGINAL},
        composers=("bach", "joplin"),
        sources=({"name": "chorales", "licence": "CC0 1.0"},),
        figures={"held_out_nats_per_step": 2.5},
    )
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """A copy of the two files that a test may damage."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def change_card(folder: Path, **changes: Any) -> None:
    path = folder / "bach.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def rewrite(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Change tensors and make the hash agree, as somebody with a grudge would."""
    import hashlib

    from safetensors.numpy import load, save

    tensors = dict(load((folder / "bach.safetensors").read_bytes()))
    change(tensors)
    content = save(tensors)
    (folder / "bach.safetensors").write_bytes(content)
    change_card(folder, sha256=hashlib.sha256(content).hexdigest())


def test_a_network_comes_back_bit_for_bit(network: BiaxialNetwork, saved: Path) -> None:
    for name in ("bach.safetensors", "bach.yaml"):
        loaded = load_network(saved / name)
        for weight_name, weight in loaded.network.named_weights().items():
            right = ops.convert_to_numpy(network.named_weights()[weight_name])
            np.testing.assert_array_equal(ops.convert_to_numpy(weight), right)
        np.testing.assert_array_equal(loaded.tables["marginal_log_odds"], MARGINAL.astype("float32"))
        assert loaded.card.composers == ("bach", "joplin")
        assert loaded.card.sources[0]["licence"] == "CC0 1.0"


def test_the_shapes_of_a_configuration_are_those_of_its_network(network: BiaxialNetwork) -> None:
    found = [(name, tuple(weight.shape)) for name, weight in network.named_weights().items()]
    assert found == list(weight_shapes(network.config).items())


def test_half_precision_halves_the_file_and_moves_the_weights_little(
    network: BiaxialNetwork, saved: Path, tmp_path: Path
) -> None:
    path, _ = save_network(tmp_path, network, name="bach", storage="float16")
    assert path.stat().st_size < 0.75 * (saved / "bach.safetensors").stat().st_size
    kernel = load_network(path).network.named_weights()["time_0/kernel"]
    np.testing.assert_allclose(kernel, network.named_weights()["time_0/kernel"], rtol=1e-3, atol=1e-6)


def test_any_flipped_bit_is_noticed(copy: Path) -> None:
    path = copy / "bach.safetensors"
    whole = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(whole), 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << int(place) % 8)]) + whole[place + 1 :])
        with pytest.raises(WeightsError, match="SHA-256"):
            load_network(path)
    path.write_bytes(whole[:-100])
    with pytest.raises(WeightsError, match="SHA-256"):
        load_network(path)


def test_a_network_can_be_checked_whole_without_being_built(copy: Path) -> None:
    path = copy / "bach.safetensors"
    assert check_network(path) == read_card(copy / "bach.yaml")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="SHA-256"):
        check_network(path)


def test_values_that_are_not_finite_are_refused_by_name(network: BiaxialNetwork, copy: Path, tmp_path: Path) -> None:
    rewrite(copy, lambda tensors: tensors["note_0/bias"].__setitem__(3, np.nan))
    with pytest.raises(WeightsError, match="note_0/bias: must be finite"):
        load_network(copy / "bach.yaml")
    spoiled = BiaxialNetwork(network.config)
    spoiled.head_bias.assign(np.full(3, np.inf, "float32"))
    with pytest.raises(WeightsError, match="head_bias"):
        save_network(tmp_path, spoiled, name="spoiled")
    assert not list(tmp_path.glob("spoiled*"))


def test_tensors_of_other_names_shapes_and_types_are_refused(copy: Path, saved: Path) -> None:
    rewrite(copy, lambda tensors: tensors.update(other=tensors.pop("head_bias")))
    with pytest.raises(WeightsError, match="missing: head_bias, unknown: other"):
        load_network(copy / "bach.yaml")
    shutil.copytree(saved, copy, dirs_exist_ok=True)
    rewrite(copy, lambda tensors: tensors.update(head_bias=np.zeros(4, "float32")))
    with pytest.raises(WeightsError, match=r"head_bias: must have the shape \(3,\); found \(4,\)"):
        load_network(copy / "bach.yaml")
    shutil.copytree(saved, copy, dirs_exist_ok=True)
    rewrite(copy, lambda tensors: tensors.update(head_bias=np.zeros(3, "float64")))
    with pytest.raises(WeightsError, match="head_bias: must be float32; found float64"):
        load_network(copy / "bach.yaml")


def test_a_network_for_other_inputs_or_another_grid_is_refused(network: BiaxialNetwork, copy: Path) -> None:
    with pytest.raises(WeightsError, match="note_fields: made for other inputs") as caught:
        load_network(copy / "bach.yaml", note_fields=(("position", 1), ("chord", 5)))
    assert "chord 5" in str(caught.value)
    load_network(copy / "bach.yaml", note_fields=network.config.note_fields)
    change_card(copy, grid={"step_ticks": 2520, "lowest_pitch": 21, "num_pitches": 78})
    with pytest.raises(WeightsError, match="grid: made for lowest_pitch 21, num_pitches 78"):
        load_network(copy / "bach.yaml")


def test_a_card_is_refused_with_its_place_and_rule(copy: Path) -> None:
    def refuses(match: str, **changes: Any) -> None:
        change_card(copy, **changes)
        with pytest.raises(WeightsError, match=match):
            read_card(copy / "bach.yaml")

    good = (copy / "bach.yaml").read_text()
    refuses("unknown keys wieghts", wieghts=3)
    (copy / "bach.yaml").write_text(good)
    refuses("format: this program reads 1; found 2", format=2)
    (copy / "bach.yaml").write_text(good)
    refuses("time_units: must be one or more sizes", network={**yaml.safe_load(good)["network"], "time_units": [10**9]})
    (copy / "bach.yaml").write_text(good + "name: again\n")
    with pytest.raises(WeightsError, match=r"bach\.yaml:\d+:\d+"):
        read_card(copy / "bach.yaml")
    (copy / "bach.yaml").unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        load_network(copy / "bach.safetensors")


@pytest.mark.parametrize("name", ["bach.keras", "bach.h5", "bach.pkl", "bach"])
def test_files_that_can_hold_programs_are_never_opened(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / "bach.safetensors").read_bytes())
    with pytest.raises(WeightsError, match="is not opened"):
        load_network(copy / name)


def test_a_card_needs_no_weights_to_be_read(network: BiaxialNetwork, copy: Path) -> None:
    (copy / "bach.safetensors").unlink()
    assert read_card(copy / "bach.yaml").network == replace(network.config)
