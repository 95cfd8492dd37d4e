"""What is prepared of a file of music ⇄ bytes: an inverse pair.

Conventions: a `Prepared` knows nothing of the file's name, its folder or the style that it teaches, so that files can
be renamed and shared between styles. The bytes are a compressed `.npz`: the words in one JSON text, and the arrays of
each piece under its number (small integers, facts as columns of int16).
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.analysis.duplicates import Fingerprint
from composer.roll.codec import PackedRoll
from composer.roll.facts import StepFacts
from composer.roll.reference import BestReferences

_FACTS = tuple(field.name for field in fields(StepFacts))
_WIDE = tuple(name for name in _FACTS if name.endswith("_x8"))  # two columns: lower, upper
_MAX_BYTES = 2**30  # unpacked, of one array: more is not ours


@dataclass(frozen=True, eq=False)
class Prepared:
    """One piece of a file.

    Attributes:
        number: of the piece, where its file holds several; else "".
        title: as printed in the score.
        ensemble: as told from the score.
        told: what was read otherwise than it is written (`roll/values.py`).
        roll, facts, references: as in `dataset.Piece`.
        fingerprint: of the score as written.
    """

    number: str
    title: str
    ensemble: str
    told: tuple[str, ...]
    roll: PackedRoll
    facts: StepFacts
    references: BestReferences
    fingerprint: Fingerprint


@dataclass(frozen=True)
class Unfit:
    """A piece, or a whole file, that teaches nothing, and why."""

    number: str
    reason: str


def to_bytes(pieces: tuple[Prepared | Unfit, ...]) -> bytes:
    """Return what is kept of one file."""
    words: list[dict[str, object]] = []
    arrays: dict[str, NDArray[np.generic]] = {}
    for index, piece in enumerate(pieces):
        if isinstance(piece, Unfit):
            words.append({"number": piece.number, "reason": piece.reason})
            continue
        roll, prints = piece.roll, piece.fingerprint
        words.append(
            {
                "number": piece.number,
                "title": piece.title,
                "ensemble": piece.ensemble,
                "told": piece.told,
                "outside": roll.num_outside,
                "fingerprint": (prints.num_notes, prints.notes, prints.intervals),
            }
        )
        own = {
            "play": roll.play_bits,
            "articulate": roll.articulate_bits,
            "hands": roll.hands,
            "voices": roll.voices,
            "valid": np.packbits(roll.valid),
            "facts": np.concatenate([getattr(piece.facts, name).reshape(roll.num_steps, -1) for name in _FACTS], 1).T,
            "top": prints.top,
            "bass": prints.bass,
            **{f"reference_{field.name}": getattr(piece.references, field.name) for field in fields(BestReferences)},
        }
        arrays |= {f"{index}/{name}": array for name, array in own.items()}
    arrays["words"] = np.frombuffer(json.dumps(words).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def from_bytes(data: bytes) -> tuple[Prepared | Unfit, ...] | None:
    """Return what `to_bytes` kept, or None where the bytes are not whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if any(entry.file_size > _MAX_BYTES for entry in file.infolist()):
                return None
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        words = json.loads(arrays.pop("words").tobytes())
        own: list[dict[str, NDArray[Any]]] = [{} for _ in words]
        for name, array in arrays.items():
            index, _, short = name.partition("/")
            own[int(index)][short] = array
        return tuple(map(_piece, words, own))
    except (KeyError, IndexError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _piece(word: dict[str, Any], own: dict[str, NDArray[Any]]) -> Prepared | Unfit:
    if "reason" in word:
        return Unfit(str(word["number"]), str(word["reason"]))
    num_steps = len(own["play"])
    columns = iter(own["facts"])
    facts = {
        name: np.stack([next(columns), next(columns)], 1) if name in _WIDE else next(columns).copy() for name in _FACTS
    }
    num_notes, notes, intervals = word["fingerprint"]
    return Prepared(
        number=str(word["number"]),
        title=str(word["title"]),
        ensemble=str(word["ensemble"]),
        told=tuple(map(str, word["told"])),
        roll=PackedRoll(
            own["play"],
            own["articulate"],
            own["hands"],
            own["voices"],
            np.unpackbits(own["valid"], count=num_steps).astype(bool),
            int(word["outside"]),
        ),
        facts=StepFacts(**facts),
        references=BestReferences(**{f.name: own[f"reference_{f.name}"] for f in fields(BestReferences)}),
        fingerprint=Fingerprint(num_notes, notes, intervals, own["top"], own["bass"]),
    )
