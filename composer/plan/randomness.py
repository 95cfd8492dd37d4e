"""Random streams: one generator for each purpose, made from the plan's seed and names.

A stream depends on nothing but its own names, so that drawing more for one section never changes another.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of a purpose.

    Args:
        seed: the plan's seed.
        *names: what it is for, from the outside in: `stream(7, "A2", 1, "harmony")`.

    Returns:
        A fresh generator (PCG64 seeded with SHA-256 of seed and names); equal arguments give equal numbers everywhere.
    """
    # Each name is written with its kind and length, so that ("ab", "c") and ("a", "bc"), 1 and "1" differ.
    text = "".join(f"{type(name).__name__}{len(str(name))}:{name};" for name in (int(seed), *names))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")))
