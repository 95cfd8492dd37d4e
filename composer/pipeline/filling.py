"""The notes of a resolved plan: the network that knows its styles, the tunes that it gives, what is kept of others.

Contents: `fill_plan`; `network_source`, `one_network`, `own_composers`, `composer_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import OptionError, StyleError
from composer.pipeline.wishes import DEFAULT_GUIDANCE, DEFAULT_STYLE_GUIDANCE, DEFAULT_TEMPERATURE, check_sampling
from composer.plan.mixes import names_in_plan
from composer.plan.model import Plan
from composer.plan.numerals import parse_key_path
from composer.progress import OnProgress, part_of, silent
from composer.style import DEFAULT_NETWORK, StyleCard, load_statistics, load_style, style_in, styles_folder
from composer.theory.key import parse_key

if TYPE_CHECKING:
    from composer.fill.fill import FilledPiece, SourceMaker
    from composer.network.adapters import Adapters
    from composer.network.biaxial import BiaxialNetwork
    from composer.network.checkpoint import LoadedNetwork
    from composer.network.own_composer import OwnComposer
    from composer.outline import Outline
    from composer.plan.tunes import Tune

NUM_PARTICLES = 8
LOADING_SHARE = 0.2  # of the time that filling takes: the network's start


def fill_plan(
    plan: Plan,
    *,
    plan_folder: Path | None = None,
    earlier: tuple[tuple[Plan, Path | None], ...] = (),
    temperature: float = DEFAULT_TEMPERATURE,
    guidance: float = DEFAULT_GUIDANCE,
    style_guidance: float = DEFAULT_STYLE_GUIDANCE,
    device: str = "auto",
    make_source: SourceMaker | None = None,
    heard: tuple[tuple[int, int, int], ...] = (),
    on_progress: OnProgress | None = None,
) -> tuple[FilledPiece, Outline, str]:
    """Compose the notes of a resolved plan.

    Args:
        plan: resolved.
        plan_folder: where theme files lie.
        earlier: resolved plans with their folders, oldest first, of whose notes is kept what is the same; see
            `build_plan`.
        temperature, guidance, style_guidance, device, on_progress: as `compose`.
        make_source: gives what samples notes in place of the network.
        heard: (onset tick, duration, pitch) of what sounds before the piece, onsets negative, where it goes on from
            another.

    Returns:
        The filled piece, the outline of its plan, and the device in words.
    """
    from composer.analysis.copying import load_runs
    from composer.fill.fill import fill
    from composer.fill.keep import Version
    from composer.plan.outline import plan_outline

    check_sampling(temperature, guidance, style_guidance)
    names = dict.fromkeys(name for each in (plan, *(old for old, _ in earlier)) for name in names_in_plan(each))
    cards = {name: load_style(style_in(name, plan.ensemble or "keyboard")) for name in names}
    statistics = {name: load_statistics(card) for name, card in cards.items()}
    outline = plan_outline(plan, statistics=statistics)
    words = "no network"
    if make_source is None:
        (on_progress or silent)("loading the network", 0.0)
        make_source, words = network_source(
            list(cards.values()),
            ensemble=plan.ensemble or "keyboard",
            temperature=temperature,
            guidance=guidance,
            style_guidance=style_guidance,
            device=device,
        )
    filled = fill(
        plan,
        outline,
        known={name: (composer_of(card), statistics[name]) for name, card in cards.items()},
        make_source=make_source,
        pinned=_pinned_tunes(plan, plan_folder),
        runs=tuple(index for index in map(load_runs, cards.values()) if index is not None),
        earlier=[
            Version(old, plan_outline(old, statistics=statistics), _pinned_tunes(old, where)) for old, where in earlier
        ],
        heard=heard,
        small_print=(f"Ritornello: {plan.form}, seed {plan.seed}",),
        on_progress=part_of(on_progress, LOADING_SHARE, 1.0),
    )
    return filled, outline, words


def network_source(
    cards: list[StyleCard], *, ensemble: str, temperature: float, guidance: float, style_guidance: float, device: str
) -> tuple[SourceMaker, str]:
    """Return what makes the network's source of notes, and the device in words.

    Raises:
        OptionError: the network does not know the ensemble; told before it is loaded.
    """
    from composer.fill.network_source import NetworkSource, place_of
    from composer.fill.setting import WINDOW_PITCHES, Setting
    from composer.network.checkpoint import read_card
    from composer.network.startup import backend_words

    path = one_network(cards)
    if path.with_suffix(".yaml").exists():
        place_of(ensemble, read_card(path.with_suffix(".yaml")).ensembles, "ensemble")
    own = own_composers(cards, path)
    loaded, network, adapters = _ready(path, own)
    from composer.network.device import device_name  # imports Keras, which `load_network` has started in silence

    def make(setting: Setting) -> NetworkSource:
        return NetworkSource(
            network,
            composers=(*loaded.card.composers, *(one.name for one in own)),
            ensembles=loaded.card.ensembles,
            marginal_log_odds=loaded.tables.get("marginal_log_odds"),
            num_particles=NUM_PARTICLES,
            num_pitches=WINDOW_PITCHES,
            max_steps=setting.max_steps,
            temperature=temperature,
            guidance=guidance,
            style_guidance=style_guidance,
            adapters=adapters,
            device=device,
        )

    return make, backend_words(device_name(device))


_READY: dict[tuple[object, ...], tuple[LoadedNetwork, BiaxialNetwork, Adapters]] = {}  # the last ones of this process
_MOST_READY = 2


def _ready(path: Path, own: Sequence[OwnComposer]) -> tuple[LoadedNetwork, BiaxialNetwork, Adapters]:
    """Return a network as it was loaded, the same with the composers that it was taught later, and their adapters.

    Loaded once as long as its files stay as they are: what is compiled for it serves all pieces of a process.
    """
    from composer.network.adapters import Adapters
    from composer.network.checkpoint import load_network
    from composer.network.extended import extended
    from composer.roll.inputs import NOTE_LAYOUT, STEP_LAYOUT

    files = [path, path.with_suffix(".yaml"), *(Path(one.name) for one in own)]
    stamps = [file.stat() if file.exists() else None for file in files]
    key = (*files, *(stamp and (stamp.st_mtime_ns, stamp.st_size, stamp.st_ino) for stamp in stamps))
    if key not in _READY:
        loaded = load_network(path, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)
        while len(_READY) >= _MOST_READY:
            del _READY[next(iter(_READY))]
        network = extended(loaded.network, own) if own else loaded.network
        _READY[key] = loaded, network, Adapters(network, own)
    return _READY[key]


def composer_of(card: StyleCard) -> str:
    """Return the name of a style's composer in the style vector: of a learned style its file, since names may meet."""
    return str((card.folder or styles_folder()) / card.vector) if card.vector else card.composer or card.name


def own_composers(cards: Sequence[StyleCard], path: Path) -> list[OwnComposer]:
    """Return the composers that the network in `path` was taught later, each once.

    Raises:
        StyleError: the network is gone or another one, or a file is damaged.
    """
    from composer.network.own_composer import LEARN_AGAIN, read_own_composer

    learned = {composer_of(card): card for card in cards if card.vector}
    if not learned:
        return []
    if not path.exists():
        told = f'learned for the network "{path.stem}", which is not here'
        raise StyleError(f'the style "{next(iter(learned.values())).name}": {told}', mend=LEARN_AGAIN)
    from composer.network.checkpoint import read_card

    network = read_card(path.with_suffix(".yaml"))
    return [
        read_own_composer(Path(name), name=name, sha256=card.vector_sha256, network=network)
        for name, card in learned.items()
    ]


def one_network(cards: Sequence[StyleCard]) -> Path:
    """Return the weights that know all these styles.

    Raises:
        OptionError: they are of several networks.
    """
    paths: dict[Path, list[str]] = {}
    for card in cards:
        file = f"{card.network or DEFAULT_NETWORK}.safetensors"
        own = (card.folder or styles_folder()) / "networks" / file
        paths.setdefault(own if own.exists() else styles_folder() / "networks" / file, []).append(card.name)
    if len(paths) > 1:
        are_named_apart = len({path.stem for path in paths}) == len(paths)
        found = ", ".join(
            f"{path.stem if are_named_apart else path} ({', '.join(names)})" for path, names in paths.items()
        )
        mend = "take styles of one of them"
        if any(card.vector for card in cards):
            mend += ", or run `compose learn` again for a style of your own"
        raise OptionError(f"the styles of a piece must be of one network; found {found}", mend=mend)
    return next(iter(paths))


def _pinned_tunes(plan: Plan, folder: Path | None) -> dict[str, Tune]:
    """Return the tunes that the plan gives, by theme."""
    from composer.plan.tunes import pinned_tune
    from composer.theory.meter import parse_meter

    home, meter = parse_key(plan.key or "C major"), parse_meter(plan.meter or "4/4")
    tunes = {}
    for name, entry in plan.themes.items():
        default = "I" if home.mode == "major" else "i"
        key = parse_key_path(entry.key or default, home)[0]
        tune = pinned_tune(name, entry, key=key, meter=meter, folder=folder)
        if tune is not None:
            tunes[name] = tune
    return tunes
