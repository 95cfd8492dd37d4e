"""Damage to music files: mutants of sound ones, blind ones and ones that know the format.

A mutant is made from (format, seed, index) alone, so that it can be made again. `mutant` picks a sound file and makes
one to six changes from the format's table; every change takes bytes and gives bytes, and never fails.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from mutations_blind import BLIND, splice
from mutations_midi import MIDI
from mutations_text import ABC, KERN
from mutations_words import Change
from mutations_xml import MXL, XML

AWARE: Mapping[str, tuple[Change, ...]] = {"midi": MIDI, "musicxml": XML, "mxl": MXL, "kern": KERN, "abc": ABC}
FORMATS = tuple(AWARE)
MAX_BYTES = 400_000  # a mutant is cut there: doublings of doublings would only test the patience


def mutant(kind: str, sound: Mapping[str, Sequence[bytes]], *, seed: int, index: int) -> bytes:
    """Return the mutant number `index` of a format.

    Args:
        kind: one of FORMATS.
        sound: files of each format, those of other formats too: pieces of them are spliced in.
        seed: of all mutants.
        index: counted from 0.
    """
    rng = random.Random(f"{kind}/{seed}/{index}")
    data = rng.choice(sound[kind])
    others = sound[kind] if rng.random() < 0.8 else sound[rng.choice(sorted(sound))]
    changes = (*BLIND, *AWARE[kind], *AWARE[kind])
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3, 6))):
        data = splice(data, rng, rng.choice(others)) if rng.random() < 0.05 else rng.choice(changes)(data, rng)
        data = data[:MAX_BYTES]
    return data
