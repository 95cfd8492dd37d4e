"""The words in which people state licences have one name each."""

from __future__ import annotations

import pytest

from composer.corpus.licences import licence_named


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Public Domain", "public domain"),
        ("OpenScore (CC0)", "CC0-1.0"),
        ("released under Creative Commons Zero (CC0)", "CC0-1.0"),
        ("Creative Commons CC0 1.0 Universal (public domain)", "CC0-1.0"),
        ("Creative Commons Attribution 2.5", "CC-BY-2.5"),
        ("License CC-BY-4.0 (https://creativecommons.org/licenses/by/4.0)", "CC-BY-4.0"),
        ("CC BY", "CC-BY"),
        ("Creative Commons Attribution-ShareAlike 3.0", "CC-BY-SA-3.0"),
        ("Licensed with Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0"),
        ("Attribution-NonCommercial-NoDerivatives 4.0", "CC-BY-NC-ND-4.0"),
        ("cc by-nc-sa 4.0", "CC-BY-NC-SA-4.0"),
        ("released under the GNU GPLv3 license", "GPL-3.0"),
        ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007", "GPL-3.0"),
        ("GNU Lesser General Public License", "LGPL"),
        ("MIT", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("Copyright 2018 E. R., All Rights Reserved", "all rights reserved"),
    ],
)
def test_words_have_a_name(words: str, name: str) -> None:
    assert licence_named(words) == name


@pytest.mark.parametrize(
    "words", ["", "Copyright 2001 by X", "with attribution to the permit office", "for personal use only", "submitted"]
)
def test_other_words_name_no_licence(words: str) -> None:
    assert licence_named(words) == ""


def test_a_contradiction_stands_as_it_is() -> None:
    assert licence_named("CC-BY-SA 4.0 https://creativecommons.org/licenses/by-nc/4.0") == "CC-BY-SA-4.0 / CC-BY-NC-4.0"


def test_of_a_licence_text_the_first_name_counts() -> None:
    text = "MIT License\n\nThis is not the GNU General Public License."
    assert licence_named(text, first=True) == "MIT"
