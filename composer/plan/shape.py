"""The shape of a piece: texture, density, register, dynamics and tempo of each section and phrase.

What is said at a section holds for its phrases; a phrase says only what differs (its dynamic shape; sometimes a level
or a texture of its own). Nothing stays constant through a piece: each section has its level, each phrase its shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.plan.forms import SectionRow
from composer.plan.model import DYNAMIC_LEVELS, NO_THEME, Dynamics, PhraseEntry, SectionEntry
from composer.plan.phrases import PhraseDraft
from composer.plan.setting import Setting

# Function → level, shape, density, textures that suit it (those of the style come first by their counts).
_FUNCTIONS: dict[str, tuple[str, str, float]] = {
    "introduction": ("p", "cresc", 0.35),
    "theme": ("mf", "flat", 0.5),
    "transition": ("mf", "cresc", 0.6),
    "episode": ("p", "flat", 0.5),
    "development": ("f", "flat", 0.65),
    "retransition": ("mp", "cresc", 0.6),
    "recapitulation": ("mf", "flat", 0.55),
    "closing": ("f", "flat", 0.55),
    "coda": ("f", "dim", 0.5),
}
_ENSEMBLE_TEXTURES: dict[str, tuple[str, ...]] = {
    "chorale": ("chorale",),
    "line": ("melody",),
    "quartet": ("chorale", "chords", "imitation"),
    "organ": ("imitation", "running", "chorale", "walking"),
    "song": ("chords", "arpeggio", "alberti"),
    "keyboard": ("imitation", "walking", "running", "chords", "alberti", "arpeggio", "stride", "chorale"),
}
_TEXTURE_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "development": ("imitation", "running"),
    "transition": ("running", "arpeggio"),
    "retransition": ("running", "arpeggio", "walking"),
    "coda": ("chords", "chorale", "arpeggio"),
}


# Function → share of sections that lie low, that lie high, and by how much the tempo may differ, either way. Themes
# stay where they are; so do voices that are told apart, and singers. More lie high than low: what is composed lies
# lower than its styles' own pieces do (their tunes' top tenth by 4 to 10 semitones), and low chords are muddy. An
# episode with a theme of its own does not lie low: hardly any room is left below a tune an octave down.
_AWAY: dict[str, tuple[float, float, float]] = {
    "transition": (0.0, 0.15, 0.02),
    "episode": (0.1, 0.3, 0.03),
    "development": (0.1, 0.25, 0.03),
    "retransition": (0.05, 0.15, 0.02),
    "coda": (0.1, 0.2, 0.02),
}
_MOVABLE = ("keyboard", "organ", "quartet")  # ensembles with room for another register
UNUSUAL = 0.01  # weight of a texture that no style counts


def shape_section(
    entry: SectionEntry, row: SectionRow | None, setting: Setting, rng: np.random.Generator
) -> dict[str, Any]:
    """Return texture, density, tessitura, dynamics, tempo factor and ritard of a section, stated values kept."""
    defaults = setting.defaults
    function = entry.function or "theme"
    level, shape, density = _FUNCTIONS[function]
    texture = _draw_texture(function, setting, rng)
    drawn_density = round(float(np.clip(density + rng.uniform(-0.1, 0.1), 0.1, 0.9)), 2)
    tessitura, tempo_factor = _away(entry, setting, rng)
    row_dynamics = row.dynamics if row and row.dynamics else Dynamics()
    default_dynamics = defaults.dynamics or Dynamics()
    own = entry.dynamics or Dynamics()
    return {
        "texture": entry.texture or defaults.texture or _fitting(row, setting) or texture,
        "density": _first(entry.density, row.density if row else None, defaults.density, drawn_density),
        "tessitura": _first(entry.tessitura, row.tessitura if row else None, defaults.tessitura, tessitura),
        "dynamics": Dynamics(
            level=_first(own.level, row_dynamics.level, default_dynamics.level, level),
            shape=_first(own.shape, row_dynamics.shape, default_dynamics.shape, shape),
        ),
        "tempo_factor": _first(entry.tempo_factor, row.tempo_factor if row else None, tempo_factor),
        "ritard": _first(entry.ritard, row.ritard if row else None, 0.0),
    }


def _away(entry: SectionEntry, setting: Setting, rng: np.random.Generator) -> tuple[str, float]:
    """Return register and tempo factor of a section of which nothing else is said."""
    low, high, span = _AWAY.get(entry.function or "theme", (0.0, 0.0, 0.0))
    place, turn = rng.random(), rng.uniform(-1.0, 1.0)
    if setting.ensemble not in _MOVABLE or entry.voices is not None or entry.entries is not None:
        return "middle", 1.0
    if entry.function == "episode" and entry.theme not in (None, NO_THEME):
        low = 0.0
    return "low" if place < low else "high" if place > 1 - high else "middle", round(1.0 + span * turn, 2)


def shape_phrase(
    draft: PhraseDraft, stated: PhraseEntry, *, index: int, count: int, section: SectionEntry, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the dynamics, and where it differs from its section the texture, of a phrase; stated values kept.

    Args:
        draft: the phrase.
        stated: what its entry says.
        index, count: its place among the section's phrases.
        section: its section, shaped.
        rng: the section's stream.
    """
    assert section.dynamics is not None
    level, shape = _phrase_dynamics(section.dynamics, draft, index=index, count=count)
    turn, choice = rng.random(), rng.random()
    texture = stated.texture
    is_varied = stated.voices is None and section.voices is None and section.texture != "chorale"
    if texture is None and not draft.states_theme and index > 0 and turn < 0.35 and is_varied:
        near = [name for name in _NEIGHBOURS.get(section.texture or "", ()) if name != section.texture]
        texture = near[int(choice * len(near))] if near else None  # type: ignore[assignment]
    own = stated.dynamics or Dynamics()
    return {
        "texture": texture,
        "dynamics": Dynamics(level=own.level or level, shape=own.shape or shape),  # type: ignore[arg-type]
    }


# What a pattern may turn into inside a section without becoming another piece.
_NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "chords": ("walking", "alberti"),
    "alberti": ("arpeggio", "chords"),
    "arpeggio": ("alberti", "chords"),
    "walking": ("chords", "running"),
    "stride": ("chords", "walking"),
    "imitation": ("running", "walking"),
    "running": ("imitation", "arpeggio"),
}


def _phrase_dynamics(dynamics: Dynamics, draft: PhraseDraft, *, index: int, count: int) -> tuple[str | None, str]:
    """Return (level where it differs from the section's, shape) of a phrase."""
    step = 0
    if dynamics.shape == "cresc":
        step = -1 if index < count / 2 and count > 1 else 0
        shape = "cresc"
    elif dynamics.shape == "dim":
        step = -1 if index >= count / 2 and count > 1 else 0
        shape = "dim"
    else:
        # A phrase that stays open leads on; one that closes rises and falls; the third of four or more is the climax.
        shape = "cresc" if draft.cadence in ("HC", "none", "DC", "EC") else "arch"
        step = 1 if count >= 3 and index == (2 * count) // 3 else 0
    if step == 0:
        return None, shape
    place = DYNAMIC_LEVELS.index(dynamics.level or "mf") + step
    return DYNAMIC_LEVELS[min(max(place, 0), len(DYNAMIC_LEVELS) - 1)], shape


def _draw_texture(function: str, setting: Setting, rng: np.random.Generator) -> str:
    suited = _ENSEMBLE_TEXTURES[setting.ensemble]
    weights = np.full(len(suited), UNUSUAL)
    for share, statistics in setting.styles:
        counts = np.array(
            [float(statistics.textures[name].count) if name in statistics.textures else 0 for name in suited]
        )
        if counts.sum() > 0:
            weights += share * counts / counts.sum()
    favoured = _TEXTURE_FUNCTIONS.get(function, ())
    weights *= np.array([2.0 if name in favoured else 1.0 for name in suited])
    return suited[int(rng.choice(len(suited), p=weights / weights.sum()))]


def _fitting(row: SectionRow | None, setting: Setting) -> str | None:
    """Return the form's texture where the ensemble can play it and the style knows it."""
    if row is None or row.texture is None or row.texture not in _ENSEMBLE_TEXTURES[setting.ensemble]:
        return None
    known = any(
        statistics.textures[row.texture].count > 0
        for _, statistics in setting.styles
        if row.texture in statistics.textures
    )
    return row.texture if known or setting.ensemble == "chorale" else None


def _first(*values: Any) -> Any:
    """Return the first value that is not None."""
    return next(value for value in values if value is not None)
