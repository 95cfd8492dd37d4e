"""`learn_style` as a whole, with a network of a few units: a folder in, a style out that plans and fills name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from composer import pipeline
from composer.analysis.copying import load_runs
from composer.errors import ComposerError, MusicFileError, OptionError, OutputError, StyleError, TrainingError
from composer.network.biaxial import BiaxialNetwork
from composer.network.checkpoint import read_card, save_network
from composer.network.config import NetworkConfig
from composer.network.own_composer import read_own_composer
from composer.pipeline import filling
from composer.roll.inputs import NOTE_LAYOUT, STEP_LAYOUT
from composer.style import load_statistics, load_style, read_style, style_names
from composer.training.learn import LearnedStyle, learn_style
from composer.training.learn_fit import LearnConfig

NETWORK = NetworkConfig(
    note_fields=NOTE_LAYOUT,
    step_fields=STEP_LAYOUT,
    style_fields=(("composer", 2), ("ensemble", 3)),
    time_units=(4,),
    note_units=(3,),
    style_units=3,
)
SCALE = ["c", "d", "e", "f", "g", "a", "b", "cc", "dd", "ee"]


def song(seed: int) -> str:
    """Sixteen bars of quarters over a bass; another tune for each seed."""
    draw = np.random.default_rng(seed)
    lines = ["!!!YEM: CC0", "**kern\t**kern", "*M3/4\t*M3/4", "*k[]\t*k[]", "*C:\t*C:"]
    for bar in range(16):
        lines.append(f"={bar + 1}\t=")
        bass = ["CC", "GGG", "FF", "GGG"][draw.integers(4)] if bar < 15 else "CC"
        lines += [f"4{'c' if bar == 15 else SCALE[draw.integers(10)]}\t4{bass}" for _ in range(3)]
    return "\n".join([*lines, "*-\t*-", ""])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with six songs and a small network."""
    root = tmp_path_factory.mktemp("learn")
    (root / "songs").mkdir()
    for seed in range(6):
        (root / "songs" / f"song{seed}.krn").write_text(song(seed))
    (root / "styles" / "networks").mkdir(parents=True)
    save_small_network(root / "styles" / "networks", seed=1)
    return root


def save_small_network(folder: Path, *, seed: int) -> None:
    network = BiaxialNetwork(NETWORK, seed=seed)
    save_network(folder, network, name="small", composers=("bach", "joplin"), ensembles=("keyboard", "chorale", "line"))


@pytest.fixture(autouse=True)
def own_folders(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    monkeypatch.setenv("RITORNELLO_STYLES", str(place / "styles"))
    monkeypatch.setattr(
        "composer.training.learn_fit.LearnConfig",
        lambda **told: LearnConfig(rows=2, steps=16, pitches=40, row_updates=3, validate_every=2, **told),
    )


def learn(place: Path, name: str, *, folder: str = "songs", **options: object) -> LearnedStyle:
    network = place / "styles" / "networks" / "small.safetensors"
    return learn_style(place / folder, name, network=network, device="cpu", **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def learned(place: Path) -> LearnedStyle:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        patch.setenv("RITORNELLO_STYLES", str(place / "styles"))
        patch.setattr(
            "composer.training.learn_fit.LearnConfig",
            lambda **told: LearnConfig(rows=2, steps=16, pitches=40, row_updates=3, validate_every=2, **told),
        )
        return learn(place, "mine")


def test_a_style_is_four_files_and_found_by_its_name(place: Path, learned: LearnedStyle) -> None:
    names = ["mine.yaml", "mine.json", "mine.runs.safetensors", "mine.vector.safetensors"]
    assert learned.files == tuple(place / "styles" / name for name in names)
    card = load_style("mine")
    assert card == learned.card
    assert (card.network, card.composer, card.vector) == ("small", "", "mine.vector.safetensors")
    assert load_statistics("mine").pieces == card.pieces == 4
    assert load_runs(card) is not None
    assert "mine" in style_names()
    assert learned.called == "mine"
    assert card.description == "The music of songs; in minor harmony of bach"
    assert any("no harmony in minor" in line for line in learned.told)


def test_what_was_learned_is_told(learned: LearnedStyle) -> None:
    assert learned.figures["pieces"] == "4 learned from, 2 held out, 0 pieces left out"
    assert "nats a step" in learned.figures["told average"]
    assert learned.figures["licences"] == "CC0-1.0 4"
    assert set(learned.card.figures) >= {"nats_as_average_style", "nats_as_learned"}


def test_a_learned_style_is_planned_and_its_composer_joins_the_network(place: Path, learned: LearnedStyle) -> None:
    plan = pipeline.plan_piece(form="binary", style={"mine": 0.5, "bach": 0.5}, seed=3)
    assert dict(plan.style) == {"bach": 0.5, "mine": 0.5}
    path = filling.one_network([learned.card])
    assert path == place / "styles" / "networks" / "small.safetensors"
    (own,) = filling.own_composers([learned.card], path)
    assert own.name == filling.composer_of(learned.card) == str(place / "styles" / "mine.vector.safetensors")
    known = read_card(path.with_suffix(".yaml"))
    again = read_own_composer(Path(own.name), name="x", sha256=learned.card.vector_sha256, network=known)
    np.testing.assert_array_equal(own.embedding, again.embedding)


def test_a_piece_of_an_own_style_is_composed(learned: LearnedStyle, tmp_path: Path) -> None:
    piece = pipeline.compose(form="binary", style="mine", bars=16, seed=3, device="cpu", outputs=(tmp_path / "a.yaml",))
    assert piece.style.startswith("mine (")
    assert "style: mine" in (tmp_path / "a.yaml").read_text()


def test_with_other_weights_the_style_has_to_be_learned_again(
    place: Path, learned: LearnedStyle, tmp_path: Path
) -> None:
    for path in learned.files:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    card = read_style(tmp_path / "mine.yaml")
    with pytest.raises(StyleError, match=r'network "small", which is not here \(run `compose learn` again\)'):
        filling.own_composers([card], filling.one_network([card]))
    (tmp_path / "networks").mkdir()
    save_small_network(tmp_path / "networks", seed=2)
    with pytest.raises(StyleError, match=r"other weights .*`compose learn` again"):
        filling.own_composers([card], filling.one_network([card]))
    with pytest.raises(OptionError, match="or run `compose learn` again"):
        filling.one_network([card, load_style("bach")])


@pytest.mark.parametrize("name", ["../mine", "", "my style", "no", "2", "1812", "from", "a.yaml"])
def test_an_impossible_name_is_refused_before_anything_is_read(place: Path, name: str) -> None:
    with pytest.raises(StyleError, match="is no name of a style"):
        learn(place, name, folder="nowhere")


@pytest.mark.parametrize("name", ["bach", "Chorale"])
def test_a_name_of_the_program_s_is_refused(place: Path, name: str) -> None:
    with pytest.raises(StyleError, match=f"is a style of the program .*my-{name.lower()}"):
        learn(place, name, folder="nowhere", force=True)


def test_an_own_style_is_replaced_only_when_that_is_said(place: Path, learned: LearnedStyle) -> None:
    before = learned.files[0].read_bytes()
    with pytest.raises(StyleError, match=r"mine\.yaml: .*--force replaces it"):
        learn(place, "mine")
    assert learned.files[0].read_bytes() == before
    learn(place, "mine", force=True)
    assert learned.files[0].read_bytes() == before, "the same seed, the same style"


@pytest.mark.parametrize(("folder", "kind"), [("nowhere", MusicFileError), ("two", TrainingError)])
def test_where_nothing_can_be_learned_nothing_is_written(place: Path, folder: str, kind: type[ComposerError]) -> None:
    (place / "two").mkdir(exist_ok=True)
    for seed in (0, 1):
        (place / "two" / f"song{seed}.krn").write_text(song(seed))
    with pytest.raises(kind, match=folder):
        learn(place, "none", folder=folder)
    assert not list((place / "styles").glob("none*"))


def test_a_place_that_cannot_be_written_is_told_first(place: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        learn(place, "mine", folder="nowhere", output=tmp_path / "nowhere")


def test_elsewhere_a_style_is_called_by_its_path(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("song0.krn", "song1.krn", "song2.krn"):
        (place / "three").mkdir(exist_ok=True)
        (place / "three" / name).write_bytes((place / "songs" / name).read_bytes())
    monkeypatch.setattr("composer.training.learn_fit._BLIND_UPDATES", 2)
    found = learn(place, "few", folder="three", output=tmp_path)
    assert found.called == str(tmp_path / "few.yaml")
    assert load_style(found.called).pieces == 3
    assert load_runs(found.card) is None
    assert any("too few pieces to hold some out" in line for line in found.told)
