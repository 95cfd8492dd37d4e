"""A map of what is alike: returns are stripes, blue as they were, orange transposed."""

import io

import matplotlib.image
import numpy as np
import pytest

from composer.export.similarity_picture import similarity_picture_bytes
from composer.score import Mark

BLUE, ORANGE = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)


def count(content, color):
    """Return how many dots of the middle of a picture have a colour; sections and words are outside of it."""
    picture = np.rint(matplotlib.image.imread(io.BytesIO(content), format="png")[..., :3] * 255).astype(int)
    height, width, _ = picture.shape
    inside = picture[height // 8 : -height // 8, width // 12 : -width // 20]
    return int((np.abs(inside - color).max(axis=2) <= 2).sum())


@pytest.fixture
def repeated(keyboard):
    """Two bars of which the second is the first, so much higher."""

    def make(semitones):
        first = [(beat, pitch, 1) for beat, pitch in enumerate((60, 64, 67, 65))]
        return keyboard([*first, *((4 + at, pitch + semitones, length) for at, pitch, length in first)])

    return make


def test_what_comes_back_transposed_has_another_colour(repeated):
    as_it_was, moved = (similarity_picture_bytes(repeated(semitones)) for semitones in (0, 5))
    assert count(as_it_was, ORANGE) == 0 < count(moved, ORANGE)
    assert count(moved, BLUE) == pytest.approx(count(as_it_was, BLUE) / 2, rel=0.1), "a bar is always like itself"


def test_the_same_piece_has_the_same_map_in_vectors_too(repeated):
    for as_svg in (False, True):
        content = similarity_picture_bytes(repeated(2), as_svg=as_svg)
        assert similarity_picture_bytes(repeated(2), as_svg=as_svg) == content
    assert b"<image" not in content


def test_a_silent_piece_has_an_empty_map(keyboard):
    assert similarity_picture_bytes(keyboard([], marks=(Mark(0, "A $"),), title="$ and _"))
