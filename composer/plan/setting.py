"""What all sections of a piece share while it is planned: home key, meter, styles, template, seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from composer.plan.cadence_balance import shares_inside
from composer.plan.chords import ChordModels, Styles
from composer.plan.forms import FormTemplate
from composer.plan.mixes import Mix, names_in_plan, normal, whole_mix
from composer.plan.model import CadenceName, Defaults, Performer, Plan
from composer.plan.randomness import stream
from composer.style import StyleCard, load_statistics, load_style, style_in, styles_folder
from composer.style_statistics import StyleStatistics, meter_class
from composer.theory.key import Key, parse_key
from composer.theory.meter import Meter, parse_meter

Library = Callable[[str], tuple[StyleCard, StyleStatistics]]
Known = Mapping[str, tuple[StyleCard, StyleStatistics]]

DEFAULT_SEED = 1  # of a plan file that states none: building it twice gives the same piece
DEFAULT_TEMPO_BPM = 96.0
PLANNED_METERS = ("2/4", "3/4", "4/4", "6/8")  # those that are drawn; others may be stated


@dataclass(frozen=True)
class Setting:
    """See the module; `styles`, `cards` and `models` are the piece's, in a setting `in_style` the section's own."""

    seed: int
    home: Key
    meter: Meter
    pickup_tick: int
    ensemble: str
    styles: Styles
    cards: tuple[StyleCard, ...]
    template: FormTemplate
    defaults: Defaults
    models: ChordModels = field(compare=False, repr=False)
    known: Known = field(compare=False, repr=False)
    _made: dict[tuple[tuple[str, float], ...], Setting] = field(compare=False, repr=False, default_factory=dict)

    def stream(self, *names: str | int) -> np.random.Generator:
        """Return the random stream of a purpose."""
        return stream(self.seed, *names)

    @property
    def card(self) -> StyleCard:
        """The card of the heaviest style."""
        return self.cards[0]

    def shares_inside(self) -> dict[CadenceName, float]:
        """Return the share of each cadence among the phrases inside sections; see `cadence_balance.py`."""
        return shares_inside(self.template, self.styles, self.meter, self.home.mode)

    def in_style(self, mix: Mix) -> Setting:
        """Return the same with other styles, names of `known`."""
        key = tuple(normal(mix).items())
        if key not in self._made:
            weighed = weighed_styles(mix, self.known)
            models = ChordModels(weighed.styles, self.meter)
            self._made[key] = replace(self, styles=weighed.styles, cards=weighed.cards, models=models)
        return self._made[key]


def installed_style(name: str) -> tuple[StyleCard, StyleStatistics]:
    """Return card and statistics of a style that comes with the program, or of a card's path.

    Raises:
        StyleError: unknown, or not well formed.
    """
    card = load_style(name)
    path = (card.folder or styles_folder()) / card.statistics
    return card, _counted(name, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=8)
def _counted(name: str, stamp: int) -> StyleStatistics:
    """Read a style's statistics once; `stamp`, the file's time, makes a changed file be read again."""
    del stamp
    return load_statistics(name)


@dataclass(frozen=True)
class WeighedStyles:
    """Styles, heaviest first, with weights that sum to 1."""

    cards: tuple[StyleCard, ...]
    styles: Styles


def known_styles(plan: Plan, library: Library, *, ensemble: str | None) -> Known:
    """Return card and statistics of every style that a plan names, as it is in an ensemble (None: its own).

    Raises:
        StyleError: unknown style.
    """
    return {name: library(style_in(name, ensemble) if ensemble else name) for name in names_in_plan(plan)}


def weighed_styles(mix: Mix, known: Known) -> WeighedStyles:
    """Return the styles of a mix."""
    total = sum(mix.values())
    ordered = sorted(mix.items(), key=lambda item: (-item[1], item[0]))
    return WeighedStyles(
        cards=tuple(known[name][0] for name, _ in ordered),
        styles=tuple((weight / total, known[name][1]) for name, weight in ordered),
    )


def with_meter(plan: Plan, template: FormTemplate, weighed: WeighedStyles) -> Plan:
    """Return the plan with its seed and its meter, drawn where it states none."""
    seed = DEFAULT_SEED if plan.seed is None else plan.seed
    statistics = weighed.styles[0][1]
    meter = plan.meter or _draw_meter(template, weighed.cards[0], statistics, stream(seed, "meter"))
    return plan.model_copy(update={"seed": seed, "meter": str(parse_meter(meter))})


def draw_header(plan: Plan, template: FormTemplate, weighed: WeighedStyles, *, pickup_beats: float | None) -> Plan:
    """Return the plan with title, ensemble, key, pickup, tempo, defaults and performer filled in.

    Args:
        plan: `with_meter`.
        template: its form.
        weighed: its styles.
        pickup_beats: the longest upbeat of its themes, or None where they have none to say.
    """
    assert plan.meter is not None
    assert plan.seed is not None
    card, statistics = weighed.cards[0], weighed.styles[0][1]
    seed, meter = plan.seed, plan.meter
    key = plan.key or _draw_key(statistics, stream(seed, "key"))
    home = parse_key(key)
    tempo = plan.tempo or _usual_tempo(template, card, statistics, parse_meter(meter), stream(seed, "tempo"))
    pickup = plan.pickup
    if pickup is None:
        pickup = pickup_beats if pickup_beats is not None else 0.0
        if pickup_beats is None and not plan.sections and not any(_is_pinned(theme) for theme in plan.themes.values()):
            pickup = _draw_pickup(statistics, parse_meter(meter), stream(seed, "pickup"))
    performer = plan.performer
    return plan.model_copy(
        update={
            "title": plan.title or f"{template.name.replace('-', ' ').capitalize()} in {home}",
            "ensemble": plan.ensemble or template.ensemble or card.ensemble or "keyboard",
            "key": str(home),
            "pickup": pickup,
            "tempo": tempo,
            "defaults": plan.defaults or Defaults(),
            "performer": Performer(
                player=(performer and performer.player) or card.player or card.name,
                strengths=_strengths(performer, card),
                expression=1.0 if performer is None or performer.expression is None else performer.expression,
                take=seed if performer is None or performer.take is None else performer.take,
            ),
        }
    )


def _strengths(performer: Performer | None, card: StyleCard) -> dict[str, float] | None:
    """Return the strengths that are not the player's own: those of the plan over those of the style's card."""
    cards = {} if performer is not None and performer.player is not None else card.strengths
    return {**cards, **((performer and performer.strengths) or {})} or None


def setting_of(plan: Plan, template: FormTemplate, weighed: WeighedStyles, known: Known) -> Setting:
    """Return the setting of a plan whose header is filled in."""
    assert plan.key is not None
    assert plan.meter is not None
    assert plan.ensemble is not None
    meter = parse_meter(plan.meter)
    setting = Setting(
        seed=plan.seed or 0,
        home=parse_key(plan.key),
        meter=meter,
        pickup_tick=round((plan.pickup or 0) * meter.beat_ticks),
        ensemble=plan.ensemble,
        styles=weighed.styles,
        cards=weighed.cards,
        template=template,
        defaults=plan.defaults or Defaults(),
        models=ChordModels(weighed.styles, meter),
        known=known,
    )
    setting._made[tuple(whole_mix(plan.style).items())] = setting
    return setting


def _is_pinned(theme: object) -> bool:
    return any(getattr(theme, name) is not None for name in ("melody", "voices", "file"))


def _draw_meter(template: FormTemplate, card: StyleCard, statistics: StyleStatistics, rng: np.random.Generator) -> str:
    usual = [meter for meter in (template.meters or card.meters or PLANNED_METERS) if meter in PLANNED_METERS]
    usual = usual or [(template.meters or ("4/4",))[0]]
    counts = np.array([statistics.meters.get(meter, 0) + 1.0 for meter in usual])
    return usual[int(rng.choice(len(usual), p=counts / counts.sum()))]


def _draw_key(statistics: StyleStatistics, rng: np.random.Generator) -> str:
    counts: dict[str, int] = {}
    for text, count in statistics.keys.items():
        key = parse_key(text).simplified()
        if abs(key.signature) <= 4:
            counts[str(key)] = counts.get(str(key), 0) + count
    if not counts:
        return "C major"
    names = sorted(counts)
    shares = np.array([counts[name] for name in names], dtype=float)
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def _usual_tempo(
    template: FormTemplate, card: StyleCard, statistics: StyleStatistics, meter: Meter, rng: np.random.Generator
) -> float:
    stated = template.tempo_bpm.get(str(meter)) or card.tempo_bpm.get(str(meter))
    low, usual, high = stated or statistics.tempo_bpm.get(meter_class(meter)) or (0.0, 0.0, 0.0)
    if usual <= 0:
        return DEFAULT_TEMPO_BPM
    place = rng.triangular(-1.0, 0.0, 1.0)
    return float(round(usual + place * 0.5 * ((high - usual) if place > 0 else (usual - low))))


def _draw_pickup(statistics: StyleStatistics, meter: Meter, rng: np.random.Generator) -> float:
    """Draw the upbeat from the style's pieces: none, or up to half a bar on the harmonic grid."""
    grid = 3 if meter.is_compound else 2
    counts: dict[float, int] = {0.0: 1}
    for text, count in statistics.pickups.get(meter_class(meter), {}).items():
        beats = round(float(text) * grid) / grid
        if abs(beats - float(text)) < 0.01 and beats <= meter.beats / 2:
            counts[beats] = counts.get(beats, 0) + count
    values = sorted(counts)
    shares = np.array([counts[value] for value in values], dtype=float)
    return values[int(rng.choice(len(values), p=shares / shares.sum()))]
