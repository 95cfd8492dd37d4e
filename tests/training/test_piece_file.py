"""What is prepared of a file comes back from its bytes as it was; bytes that are not whole are refused."""

from __future__ import annotations

import numpy as np
import pytest

from composer.training.making import Task, make_pieces
from composer.training.piece_file import Prepared, Unfit, from_bytes, to_bytes

KERN = "**kern\t**kern\n*M4/4\t*M4/4\n" + "=\t=\n4CC\t4cc\n4EE\t8cc\n.\t8dd\n4GG\t2ee\n4E\t.\n" * 5 + "*-\t*-\n"


@pytest.fixture(scope="module")
def piece() -> Prepared:
    (made,) = make_pieces(Task(KERN.encode(), "auto"))
    assert isinstance(made, Prepared)
    return made


def same(one: object, other: object) -> None:
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)
            assert value.dtype == getattr(other, name).dtype, name
        elif not hasattr(value, "__dataclass_fields__"):
            assert value == getattr(other, name), name


def test_pieces_come_back_as_they_were(piece: Prepared) -> None:
    back = from_bytes(to_bytes((piece, Unfit("2", "only 3 bars"), piece)))
    assert back is not None
    first, unfit, last = back
    assert unfit == Unfit("2", "only 3 bars")
    for other in (first, last):
        assert isinstance(other, Prepared)
        same(piece, other)
        for part in ("roll", "facts", "references", "fingerprint"):
            same(getattr(piece, part), getattr(other, part))


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "words"])
def test_bytes_that_are_not_whole_are_refused(piece: Prepared, damage: str) -> None:
    data = to_bytes((piece,))
    torn = {
        "cut": data[: len(data) // 2],
        "flipped": data[:300] + bytes(byte ^ 0xFF for byte in data[300:400]) + data[400:],
        "empty": b"",
        "words": b"PK\x05\x06" + bytes(18),
    }[damage]
    assert from_bytes(torn) is None
