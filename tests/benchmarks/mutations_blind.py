"""Blind damage: bits, bytes and blocks, whatever the format is."""

from __future__ import annotations

import random

from mutations_words import Change


def _place(data: bytes, rng: random.Random) -> int:
    return rng.randrange(len(data) + 1)


def _block(data: bytes, rng: random.Random, longest: int = 2000) -> tuple[int, int]:
    start = _place(data, rng)
    return start, min(len(data), start + rng.choice((1, 2, 4, 16, 100, longest)))


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 8))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, rng: random.Random) -> bytes:
    start, end = _block(data, rng, 64)
    return (
        data[:start]
        + rng.choice((bytes(end - start), b"\xff" * (end - start), rng.randbytes(end - start)))
        + data[end:]
    )


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + rng.randbytes(rng.choice((1, 2, 4, 40))) + data[at:]


def _delete(data: bytes, rng: random.Random) -> bytes:
    start, end = _block(data, rng)
    return data[:start] + data[end:]


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: _place(data, rng)]


def _behead(data: bytes, rng: random.Random) -> bytes:
    return data[_place(data, rng) :]


def _double(data: bytes, rng: random.Random) -> bytes:
    start, end = _block(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 2, 10, 300)) + data[end:]


def _move(data: bytes, rng: random.Random) -> bytes:
    start, end = _block(data, rng)
    rest = data[:start] + data[end:]
    at = _place(rest, rng)
    return rest[:at] + data[start:end] + rest[at:]


def splice(data: bytes, rng: random.Random, other: bytes) -> bytes:
    start, end = _block(other, rng, 5000)
    at = _place(data, rng)
    return data[:at] + other[start:end] + data[at + rng.choice((0, end - start)) :]


BLIND: tuple[Change, ...] = (_flip, _flip, _overwrite, _insert, _delete, _truncate, _behead, _double, _move)
