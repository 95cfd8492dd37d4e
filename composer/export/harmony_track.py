"""A track of keys and chords below a picture: a coloured block for each, named where there is room.

Conventions: the hue of a key is its signature's place on the circle of fifths, so that near keys look alike; minor is
darker. Chords are coloured by function: at rest (tonic), leading on (subdominant), wanting to be resolved (dominant).
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import Any

from composer.outline import ChordSpan
from composer.theory.harmony import Chord
from composer.theory.key import Key

_FUNCTIONS = {"tonic": "#CFE3F1", "subdominant": "#D6ECDB", "dominant": "#F8D9BE"}
_TONIC_ROOTS, _DOMINANT_ROOTS = (0, 3, 4, 8, 9), (7, 11)  # semitones over the tonic
_KEY_CHAR, _CHORD_CHAR = 0.0068, 0.0056  # width of a letter as a share of the picture's
_INK = "#333333"
_GAP = 0.5  # points between blocks
_MANY = 150  # blocks, between which there is less room


def key_name(key: Key) -> str:
    """Return a key with signs in place of letters: E♭ major."""
    return str(key).replace("b ", "♭ ").replace("# ", "♯ ")


def draw_harmony(
    axes: Any, keys: Sequence[tuple[int, int, Key]], chords: Sequence[ChordSpan], *, end_tick: int
) -> None:
    """Draw keys in 1..2 and chords in 0..1 of the vertical axis; without chords keys fill both.

    Args:
        axes: whose horizontal axis is in ticks.
        keys: (start tick, end tick, key), sorted.
        chords: sorted; may be empty.
        end_tick: of the piece.
    """
    bottom = 1 if chords else 0
    axes.set_ylim(-0.04, 2.04)
    axes.set_yticks([0.5, 1.5] if chords else [1.0], ["chords", "keys"] if chords else ["keys"], fontsize=8)
    style = {"ha": "center", "va": "center", "color": _INK, "clip_on": True}
    _blocks(axes, [(start, end) for start, end, _ in keys], (bottom, 2), [_tint(key) for *_, key in keys])
    for start, end, key in keys:
        tonic, mode = key_name(key).split(" ")
        for text in (f"{tonic} {mode}", tonic if mode == "major" else tonic.lower()):
            if len(text) * _KEY_CHAR * end_tick <= end - start:
                axes.text((start + end) / 2, (bottom + 2) / 2, text, fontsize=8, **style)
                break
    spans = [(span.start_tick, span.end_tick) for span in chords]
    _blocks(axes, spans, (0, 1), [_FUNCTIONS[_function(span.chord)] for span in chords])
    for span in chords:
        text = str(span.chord).replace("b", "♭").replace("#", "♯")
        if len(text) * _CHORD_CHAR * end_tick <= span.end_tick - span.start_tick:
            axes.text((span.start_tick + span.end_tick) / 2, 0.5, text, fontsize=6.5, **style)


def _blocks(
    axes: Any, spans: Sequence[tuple[int, int]], rows: tuple[float, float], colors: Sequence[str | tuple[float, ...]]
) -> None:
    from matplotlib.collections import PolyCollection

    low, high = rows[0] + 0.04, rows[1] - 0.04
    corners = [[(start, low), (end, low), (end, high), (start, high)] for start, end in spans]
    axes.add_collection(
        PolyCollection(
            corners, facecolors=colors, edgecolors="white", linewidths=_GAP if len(spans) < _MANY else _GAP / 4
        )
    )


def _tint(key: Key) -> tuple[float, ...]:
    is_minor = key.mode == "minor"
    return colorsys.hsv_to_rgb((key.signature % 12) / 12 + 0.1, 0.28 if is_minor else 0.2, 0.87 if is_minor else 0.97)


def _function(chord: Chord) -> str:
    if chord.is_dominant or chord.relative_root in _DOMINANT_ROOTS:
        return "dominant"
    return "tonic" if chord.relative_root in _TONIC_ROOTS else "subdominant"
