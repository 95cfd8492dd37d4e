"""Checkpoints of a fit: a directory written aside, synced, then renamed.

A checkpoint is `ckpt-00001200/` with `tensors.safetensors` (weights, averages, optimiser, carried state) and
`position.json` (where the fit stands, and the SHA-256 of the tensors). A kill at any time leaves the older one
whole; half-written ones are ignored and cleaned away. Weights worth keeping stand beside them as
`best-00001200/`, of the same form.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from composer.errors import OutputError, TrainingError

_NAME = re.compile(r"(ckpt|best)-(\d{8})")
_ASIDE = ".tmp-"
_TENSORS = "tensors.safetensors"
_POSITION = "position.json"
_HEAD_BYTES = 8  # of the number that says how long the head is


@dataclass(frozen=True)
class Checkpoint:
    """What was saved: tensors by name, and the position as plain values."""

    tensors: dict[str, np.ndarray]
    position: dict[str, Any]
    path: Path

    def to_bytes(self) -> bytes:
        """Everything in one run of bytes, for another machine."""
        from safetensors.numpy import save

        head = json.dumps({"position": self.position, "path": str(self.path)}).encode()
        tensors = save({name: np.asarray(tensor, order="C") for name, tensor in self.tensors.items()})
        return b"".join((len(head).to_bytes(_HEAD_BYTES, "little"), head, tensors))

    @classmethod
    def from_bytes(cls, content: bytes) -> Checkpoint:
        """The inverse of `to_bytes`."""
        from safetensors.numpy import load

        end = _HEAD_BYTES + int.from_bytes(content[:_HEAD_BYTES], "little")
        head = json.loads(content[_HEAD_BYTES:end])
        return cls(load(content[end:]), head["position"], Path(head["path"]))


def write_checkpoint(
    folder: Path,
    *,
    update: int,
    tensors: dict[str, np.ndarray],
    position: dict[str, Any],
    kind: str = "ckpt",
    keep: int = 2,
) -> Path:
    """Write `folder/KIND-UPDATE/` and then remove all but the newest `keep` of its kind.

    Raises TrainingError for values that are not finite (a checkpoint that cannot be gone on from is none),
    OutputError when the disk refuses.
    """
    from safetensors.numpy import save

    for name, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise TrainingError(f"{name}: must be finite to be saved; found NaN or infinity", place=folder)
    target = folder / f"{kind}-{update:08d}"
    aside = folder / f"{_ASIDE}{target.name}-{os.getpid()}"
    content = save({name: np.asarray(tensor, order="C") for name, tensor in tensors.items()})
    told = position | {"update": update, "sha256": hashlib.sha256(content).hexdigest()}
    try:
        aside.mkdir(parents=True)
        _write_synced(aside / _TENSORS, content)
        _write_synced(aside / _POSITION, json.dumps(told, indent=1, sort_keys=True).encode())
        _sync_folder(aside)
        if target.exists():  # the same update saved again after a resume: equal bytes, so either will do
            shutil.rmtree(aside)
        else:
            aside.rename(target)
        _sync_folder(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise OutputError(
            f"cannot write the checkpoint: {error.strerror or error}",
            place=target,
            mend="free some space, then resume; the last checkpoint is whole",
        ) from error
    for old in list_checkpoints(folder, kind=kind)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def list_checkpoints(folder: Path, *, kind: str = "ckpt") -> list[Path]:
    """The checkpoints of a folder, oldest first."""
    if not folder.is_dir():
        return []
    found = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return [path for match, path in sorted(found, key=lambda pair: pair[1].name) if match[1] == kind]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint; raises TrainingError where it is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        position = json.loads((path / _POSITION).read_text())
        content = (path / _TENSORS).read_bytes()
    except (OSError, ValueError) as error:
        raise TrainingError(f"not a whole checkpoint: {error}", place=path) from error
    found = hashlib.sha256(content).hexdigest()
    if not isinstance(position, dict) or position.get("sha256") != found:
        raise TrainingError("the tensors do not match their SHA-256: the checkpoint is damaged", place=path)
    try:
        return Checkpoint(load(content), position, path)
    except (SafetensorError, ValueError) as error:
        raise TrainingError(f"not a file of tensors: {error}", place=path) from error


def newest_checkpoint(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole checkpoint, and a line for each that had to be passed over."""
    passed: list[str] = []
    for path in reversed(list_checkpoints(folder)):
        try:
            return read_checkpoint(path), passed
        except TrainingError as error:
            passed.append(str(error))
    return None, passed


def clean_leftovers(folder: Path) -> list[Path]:
    """Remove what a killed run left half-written; returns what was removed."""
    leftovers = sorted(folder.glob(f"{_ASIDE}*")) if folder.is_dir() else []
    for path in leftovers:
        shutil.rmtree(path, ignore_errors=True)
    return leftovers


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
