"""Which pieces follow each other: forms, keys and seeds, all drawn from one seed.

Conventions: the forms come in rounds, each once in a round, shuffled; no form follows itself where there are two or
more. Keys walk: each is related to the one before (its dominant, its subdominant, its relative or parallel, or a
relative of these), is neither of the last two, and has four sharps or flats at most, so that the walk does not stray.
Tempo, meter and length are drawn from form and style by the seed of the piece.

Contents: `Item`, `programme`, `usable_forms`, `related_keys`, `MAX_SIGNATURE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from composer.errors import PlanError
from composer.plan.brief import Brief, StyleWish
from composer.plan.forms import form_names
from composer.plan.planner import plan_piece
from composer.plan.randomness import stream
from composer.theory.key import Key

MAX_SIGNATURE = 4  # sharps or flats of a piece's key, inclusive
_FIRST_SIGNATURE = 3  # inclusive
_WEIGHTS = {"major": 2.0, "minor": 1.0}  # about as often as in the collections that the styles were counted in
_PARALLEL = 3  # places on the line of fifths between the signatures of a major key and its parallel
_MAX_SEED = 2**31


@dataclass(frozen=True)
class Item:
    """A piece that is to come.

    Attributes:
        number: from 1.
        form: a form's name, or a template file.
        key: the home key.
        seed: of the piece.
    """

    number: int
    form: str
    key: Key
    seed: int


def programme(*, seed: int, forms: Sequence[str], first_key: Key | None = None) -> Iterator[Item]:
    """Yield the pieces without an end; equal arguments give equal pieces.

    Args:
        seed: of all drawing.
        forms: one or more; one that stands twice comes twice in each round.
        first_key: of the first piece; None: drawn.
    """
    rng = stream(seed, "radio")
    before: list[Key] = []
    for number, form in zip(count(1), _rounds(forms, rng)):
        key = first_key or _drawn(_first_keys(), rng) if not before else _next_key(before, rng)
        before = [*before, key][-2:]
        yield Item(number, form, key, int(stream(seed, "radio", number).integers(_MAX_SEED)))


def usable_forms(
    stated: Sequence[str] = (),
    *,
    style: StyleWish | None = None,
    ensemble: str | None = None,
    bars: int | None = None,
) -> tuple[str, ...]:
    """Return the forms of a programme: those that are stated, or all that can be planned as wished.

    Raises:
        PlanError, StyleError: a stated one cannot be planned, or none can.
    """
    usable: list[str] = []
    told: PlanError | None = None
    for form in stated or form_names():
        try:
            plan_piece(Brief(form=form, style=style, ensemble=ensemble, bars=bars, seed=1))
        except PlanError as error:
            told = error
        else:
            usable.append(form)
    if told is not None and (stated or not usable):
        raise told
    return tuple(usable)


def related_keys(key: Key) -> tuple[Key, ...]:
    """Return the keys that may follow, those of more than `MAX_SIGNATURE` accidentals left out."""
    found = []
    for other in _all_keys():
        steps = abs(other.signature - key.signature)
        is_parallel = steps == _PARALLEL and other.tonic_pitch_class == key.tonic_pitch_class
        if other != key and (steps <= 1 or is_parallel):
            found.append(other)
    return tuple(found)


def _rounds(forms: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    last = ""
    while True:
        order = [forms[index] for index in rng.permutation(len(forms))]
        while order:
            form = next((form for form in order if form != last), order[0])
            order.remove(form)
            yield form
            last = form


def _next_key(before: Sequence[Key], rng: np.random.Generator) -> Key:
    near = related_keys(before[-1]) or _first_keys()  # a stated key far from all others leads home
    return _drawn([key for key in near if key not in before], rng)


def _drawn(keys: Sequence[Key], rng: np.random.Generator) -> Key:
    weights = np.array([_WEIGHTS[key.mode] for key in keys])
    return keys[rng.choice(len(keys), p=weights / weights.sum())]


def _first_keys() -> tuple[Key, ...]:
    return tuple(key for key in _all_keys() if abs(key.signature) <= _FIRST_SIGNATURE)


def _all_keys() -> tuple[Key, ...]:
    signatures = range(-MAX_SIGNATURE, MAX_SIGNATURE + 1)
    majors = tuple(Key(signature, "major") for signature in signatures)
    return (*majors, *(Key(signature + _PARALLEL, "minor") for signature in signatures))
