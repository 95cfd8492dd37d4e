"""Whose style a piece is in, by its composer's name."""

from __future__ import annotations

import pytest

from composer.corpus.composers import composer_named

KNOWN = ("bach", "haydn", "mozart", "chopin", "schumann")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Johann Sebastian Bach", "bach"),
        ("Bach, J. S.", "bach"),
        ("JOSEPH HAYDN (1732-1809)", "haydn"),
        ("Haydn, Joseph", "haydn"),
        ("mozart_k545_1", "mozart"),
        ("Fr. Chopin", "chopin"),
        ("after Bach", "bach"),
    ],
)
def test_a_composer_of_ours_is_known_however_the_name_is_written(text, name):
    assert composer_named(text, KNOWN) == name


@pytest.mark.parametrize(
    "text",
    [
        "Carl Philipp Emanuel Bach",
        "C.P.E. Bach",
        "J. C. Bach",
        "Michael Haydn",
        "Leopold Mozart",
        "Clara Schumann",
        "Offenbach",
        "Bach, arranged after Haydn",
        "",
        "anonymous",
    ],
)
def test_namesakes_and_others_are_not(text):
    assert composer_named(text, KNOWN) is None
