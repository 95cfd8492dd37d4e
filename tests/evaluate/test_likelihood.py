"""`compose evaluate`: a table and a file of held-out likelihoods, from a network and its card alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from composer.analysis.works import split_of, work_id
from composer.errors import OutputError, TrainingError, WeightsError
from composer.evaluate import Evaluation, evaluate_network
from composer.evaluate.likelihood import CONDITIONS, network_path
from composer.network.biaxial import BiaxialNetwork
from composer.network.checkpoint import save_network
from composer.network.config import NetworkConfig
from composer.roll.inputs import GROUPS, NOTE_LAYOUT, STEP_LAYOUT
from composer.training.config import SourceConfig
from composer.training.sources import source_to_card

BARS = 5


def tune(seed: int, voices: int) -> str:
    """Bars of quarters in some voices, MusicXML; another melody for each seed."""
    draw = np.random.default_rng(seed)
    bodies, names = "", ""
    for voice in range(voices):
        names += f'<score-part id="P{voice}"><part-name>{voice}</part-name></score-part>'
        bars = ""
        for bar in range(BARS):
            head = (
                "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
            )
            notes = "".join(
                f"<note><pitch><step>{'CDEFGA'[draw.integers(6)]}</step><octave>{5 - voice}</octave></pitch>"
                "<duration>1</duration></note>"
                for _ in range(4)
            )
            bars += f'<measure number="{bar + 1}">{head if bar == 0 else ""}{notes}</measure>'
        bodies += f'<part id="P{voice}">{bars}</part>'
    return f'<?xml version="1.0"?><score-partwise><part-list>{names}</part-list>{bodies}</score-partwise>'


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tunes for testing and two for training, of each of two kinds."""
    root = tmp_path_factory.mktemp("data")
    for kind, voices in (("duets", 2), ("trios", 3)):
        (root / kind).mkdir()
        wanted = {"test": 2, "train": 2}
        for seed in range(300):
            path = root / kind / f"{kind} {seed:03}.musicxml"
            side = split_of(work_id(path))
            if wanted.get(side):
                wanted[side] -= 1
                path.write_text(tune(1000 * voices + seed, voices))
        assert not any(wanted.values())
    return root


@pytest.fixture(scope="module")
def network(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned nothing, with a card that says where its music is."""
    config = NetworkConfig(
        note_fields=NOTE_LAYOUT,
        step_fields=STEP_LAYOUT,
        style_fields=(("composer", 1), ("ensemble", 2)),
        time_units=(6,),
        note_units=(4,),
        style_units=2,
    )
    sources = (
        SourceConfig(path="duets", composer="bach", ensemble="keyboard"),
        SourceConfig(path="trios", composer="bach", ensemble="chorale"),
    )
    weights, _ = save_network(
        tmp_path_factory.mktemp("network"),
        BiaxialNetwork(config, seed=3),
        name="small",
        composers=("bach",),
        ensembles=("chorale", "keyboard"),
        sources=tuple(source_to_card(source, 2) for source in sources),
    )
    return weights


@pytest.fixture(scope="module")
def evaluated(network: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Evaluation, Path]:
    output = tmp_path_factory.mktemp("figures") / "figures.json"
    return evaluate_network(str(network), data=(str(data),), output=output, device="cpu"), output


def test_only_held_out_works_are_measured(evaluated: tuple[Evaluation, Path]) -> None:
    evaluation, _ = evaluated
    assert evaluation.pieces == {"chorale": 2, "keyboard": 2, "all": 4}
    assert evaluation.steps == {"chorale": 2 * BARS * 16, "keyboard": 2 * BARS * 16, "all": 4 * BARS * 16}


def test_each_condition_is_left_out_in_turn(evaluated: tuple[Evaluation, Path]) -> None:
    evaluation, _ = evaluated
    assert set(evaluation.nats_per_step) == {
        "nothing",
        "key only",
        "everything",
        *(f"all but {name}" for name in GROUPS),
    }
    assert set(CONDITIONS["all but key"]) == set(GROUPS) - {"key"}
    sums = [row["all"]["sum"] for row in evaluation.nats_per_step.values()]
    assert len(set(sums)) > 2, "the network hears its conditions"
    assert all(math.isfinite(value) and value > 0 for value in sums)


def test_sums_are_of_plays_and_articulations_over_all_steps(evaluated: tuple[Evaluation, Path]) -> None:
    evaluation, _ = evaluated
    for row in evaluation.nats_per_step.values():
        for cell in row.values():
            assert cell["sum"] == pytest.approx(cell["plays"] + cell["articulations"])
        mean = (row["chorale"]["sum"] + row["keyboard"]["sum"]) / 2  # as many steps of each
        assert row["all"]["sum"] == pytest.approx(mean)
    nothing, everything = (evaluation.nats_per_step[told]["all"]["sum"] for told in ("nothing", "everything"))
    assert evaluation.gain_percent() == pytest.approx(100 * (nothing - everything) / nothing)


def test_the_file_says_what_the_table_shows(evaluated: tuple[Evaluation, Path]) -> None:
    evaluation, output = evaluated
    written = json.loads(output.read_text())
    assert written["network"] == "small"
    assert written["split"] == "test"
    value = written["nats_per_step"]["key only"]["chorale"]["sum"]
    assert value == evaluation.nats_per_step["key only"]["chorale"]["sum"]
    assert f"{value:.3f}" in evaluation.figures["key only"]
    assert "chorale" in evaluation.figures["nats a step, told"]


def test_music_that_is_not_held_out_is_refused(network: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "taught").mkdir()
    for path in (data / "duets").iterdir():
        if split_of(work_id(path)) == "train":
            (tmp_path / "taught" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "duets").mkdir()
    for path in (tmp_path / "taught").iterdir():
        path.rename(tmp_path / "duets" / path.name)
    with pytest.raises(TrainingError, match="test"):
        evaluate_network(str(network), data=(str(tmp_path / "duets"),), device="cpu")


def test_a_network_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        evaluate_network(str(tmp_path / "no.safetensors"))
    with pytest.raises(OutputError, match="does not exist"):
        evaluate_network("bach", output=tmp_path / "no" / "figures.json")


def test_a_path_may_name_the_card_or_the_weights(network: Path) -> None:
    assert network_path(str(network)) == network_path(str(network.with_suffix(".yaml"))) == network
