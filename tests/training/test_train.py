"""A whole training run in small: music in, a network with its card out, and gone on with after a stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from composer.analysis.works import split_of, work_id
from composer.errors import TrainingError
from composer.network.checkpoint import load_network
from composer.roll.inputs import GROUPS, NOTE_LAYOUT, STEP_LAYOUT
from composer.training import TrainingResult, train_from_config
from composer.training.batch import Batch
from composer.training.config import SourceConfig, parse_config
from composer.training.measure import Likelihood, Measurer
from composer.training.run_folder import read_log
from composer.training.sources import collect, locate_sources, source_from_card
from composer.training.train import TOLD, UNTOLD, cache_folder, make_windows, validation_batches
from composer.training.windows import Windows

CONFIG = """\
name: small
composers: [bach]
ensembles: [chorale, line]
sources: [{path: tunes, composer: bach, ensemble: chorale, licence: ours}]
network: {time_units: [6], note_units: [4], style_units: 2, dropout: 0.0}
windows: {rows: 2, steps: 16, pitches: 40}
fit: {num_updates: UPDATES, validate_every: 2, checkpoint_every: 2, log_every: 1, lanes: 1}
validate_steps: 300
"""


def tune(seed: int) -> str:
    """Six bars of quarters in two voices, MusicXML; another melody for each seed."""
    draw = np.random.default_rng(seed)
    parts = []
    for octave in (5, 3):
        bars = []
        for bar in range(6):
            head = (
                "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
            )
            notes = "".join(
                f"<note><pitch><step>{'CDEFGA'[draw.integers(6)]}</step><octave>{octave}</octave></pitch>"
                "<duration>1</duration></note>"
                for _ in range(4)
            )
            bars.append(f'<measure number="{bar + 1}">{head if bar == 0 else ""}{notes}</measure>')
        parts.append("".join(bars))
    names = "".join(f'<score-part id="P{index}"><part-name>{index}</part-name></score-part>' for index in (0, 1))
    bodies = "".join(f'<part id="P{index}">{body}</part>' for index, body in enumerate(parts))
    return f'<?xml version="1.0"?><score-partwise><part-list>{names}</part-list>{bodies}</score-partwise>'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten tunes of works on the three sides, and a file that is none."""
    folder = tmp_path_factory.mktemp("data") / "tunes"
    folder.mkdir()
    wanted = {"train": 6, "valid": 2, "test": 2}
    for seed in range(200):
        path = folder / f"tune {seed:03}.musicxml"
        side = split_of(work_id(path))
        if wanted[side]:
            wanted[side] -= 1
            path.write_text(tune(seed))
    assert not any(wanted.values())
    (folder / "torn.mid").write_bytes(b"MThd")
    return folder.parent


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def train(folder: Path, data: Path, *, updates: int, resume: bool = False) -> TrainingResult:
    path = folder / "small.train.yaml"
    path.write_text(CONFIG.replace("UPDATES", str(updates)))
    return train_from_config(path, data=(str(data),), output=folder / "run", resume=resume, device="cpu")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingResult]:
    folder = tmp_path_factory.mktemp("once")
    return folder / "run", train(folder, data, updates=4)


def test_a_run_leaves_the_network_its_card_and_its_log(run: tuple[Path, TrainingResult]) -> None:
    folder, result = run
    assert {path.name for path in result.files} == {"small.safetensors", "small.yaml", "log.jsonl"}
    assert all(path.is_file() for path in result.files)
    assert "nats a step" in result.figures["held out"]
    loaded = load_network(folder / "small.safetensors", note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)
    (source,) = loaded.card.sources
    assert source["licence"] == "ours"
    assert source["pieces"] == 10
    assert source_from_card(source) == SourceConfig(
        path="tunes", composer="bach", ensemble="chorale", licence="ours", name="tunes"
    )


def test_the_log_shows_held_out_music_told_everything_and_told_nothing(run: tuple[Path, TrainingResult]) -> None:
    streams = [event["validation_streams"] for event in read_log(run[0]) if "validation_streams" in event]
    assert len(streams) == 2
    assert set(streams[0]) == {f"{TOLD}, bach chorale", f"{UNTOLD}, bach chorale"}


def test_what_taught_nothing_is_listed(run: tuple[Path, TrainingResult]) -> None:
    left_out = json.loads((run[0] / "left_out.json").read_text())
    assert [Path(entry["file"]).name for entry in left_out] == ["torn.mid"]
    assert left_out[0]["reason"]
    assert any("left_out.json" in warning for warning in run[1].warnings)


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(
    data: Path, run: tuple[Path, TrainingResult], tmp_path: Path
) -> None:
    # The cosine ends with the run, so the stop is a kill: the first checkpoint is all that is left.
    whole = (run[0] / "small.safetensors").read_bytes()
    train(tmp_path, data, updates=4)
    for path in (tmp_path / "run").glob("*-0000000[34]"):
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    with pytest.raises(TrainingError, match="resume"):
        train(tmp_path, data, updates=4)
    train(tmp_path, data, updates=4, resume=True)
    assert (tmp_path / "run" / "small.safetensors").read_bytes() == whole


def test_taught_and_held_out_pieces_are_apart(data: Path) -> None:
    config = parse_config(CONFIG.replace("UPDATES", "1"))
    sources, root = locate_sources(config.sources, data=(str(data),), config_folder=data)
    collection = collect(sources, root, cache=cache_folder())
    windows, held_out = make_windows(config, collection)
    assert not {piece.work for piece in windows.pieces} & {piece.work for piece in held_out}
    assert len(windows.pieces) == 6
    batches: list[Batch] = list(validation_batches(held_out, config.windows, seed=1))
    assert {batch.stream for batch in batches} == {TOLD, UNTOLD}
    assert batches[0].reset.any(), "each stream begins afresh"
    told = sum(batch.valid.sum() for batch in batches if batch.stream == TOLD)
    assert told == sum(piece.num_steps for piece in held_out)


@pytest.mark.parametrize(("told", "stream"), [("[]", UNTOLD), ("[key]", TOLD)])
def test_a_network_that_is_always_told_the_same_is_judged_by_that(data: Path, told: str, stream: str) -> None:
    config = parse_config(CONFIG.replace("UPDATES", "1").replace("pitches: 40", f"pitches: 40, told: {told}"))
    sources, root = locate_sources(config.sources, data=(str(data),), config_folder=data)
    _, held_out = make_windows(config, collect(sources, root, cache=cache_folder()))
    assert {batch.stream for batch in validation_batches(held_out, config.windows, seed=1)} == {stream}


def test_likelihood_adds_up_over_pieces(data: Path) -> None:
    from composer.network.biaxial import BiaxialNetwork

    config = parse_config(CONFIG.replace("UPDATES", "1"))
    sources, root = locate_sources(config.sources, data=(str(data),), config_folder=data)
    pieces = collect(sources, root, cache=cache_folder()).pieces[:3]
    measurer = Measurer(BiaxialNetwork(config.network, seed=1), config.windows)
    together = measurer.likelihood(pieces, told=GROUPS)
    apart = sum((measurer.likelihood([piece], told=GROUPS) for piece in pieces), Likelihood())
    assert together.steps == apart.steps == sum(piece.num_steps for piece in pieces)
    assert together.per_step == pytest.approx(apart.per_step, rel=1e-5)
    assert together.per_step == pytest.approx(together.play_per_step + together.articulate_per_step)
    assert together.per_step != pytest.approx(measurer.likelihood(pieces, told=()).per_step, rel=1e-6)
    assert Windows(pieces, config.windows, seed=0).pieces == list(pieces)
