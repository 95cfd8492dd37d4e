"""What a file states of its licence and its source comes with its score."""

from __future__ import annotations

from collections.abc import Callable

from composer.corpus.reader import read_bytes
from composer.corpus.statements import MAX_STATEMENT, joined, says_origin, says_rights

KERN = "**kern\n*M4/4\n=1\n1c\n=2\n1d\n==\n*-\n"


def test_musicxml_states_rights_source_and_the_edition_it_was_typed_from(
    musicxml: Callable[..., bytes], note: Callable[..., str]
) -> None:
    said = (
        b"<identification><creator type='composer'>F. Hensel</creator>"
        b"<creator type='arranger'>Transcribed from https://imslp.org/x</creator>"
        b"<rights>OpenScore (CC0)\n</rights><source>http://musescore.com/1</source>"
        b"<miscellaneous><miscellaneous-field name='Copyright'>2019 N. N.</miscellaneous-field>"
        b"<miscellaneous-field name='mood'>merry</miscellaneous-field></miscellaneous></identification><part-list>"
    )
    result = read_bytes(musicxml([note("C4", 16)]).replace(b"<part-list>", said, 1), "a.musicxml")
    assert result.rights == "OpenScore (CC0); 2019 N. N."
    assert result.origin == "http://musescore.com/1; Transcribed from https://imslp.org/x"


def test_kern_states_rights_and_sources_in_reference_records() -> None:
    text = (
        "!!!COM: Hensel, Fanny\n!!!YEC: Copyright 2022 Somebody\n!!!PPR: Kistner\n"
        + KERN
        + "!!!YEM: License CC-BY-4.0\n"
        "!!!PPP: Leipzig\n!!!URL-scan: https://example.org/1\n!!!URL-scan2: https://example.org/2\n!!!SMS-shelfmark:\n"
    )
    result = read_bytes(text.encode(), "a.krn")
    assert result.rights == "Copyright 2022 Somebody; License CC-BY-4.0"
    assert result.origin == "Kistner; Leipzig; https://example.org/1; https://example.org/2"


def test_midi_states_rights_in_copyright_and_text_events(midi: Callable[..., bytes]) -> None:
    def meta(kind: int, text: str) -> tuple[float, bytes]:
        return 0, bytes([0xFF, kind, len(text)]) + text.encode("latin-1")

    data = midi(
        [(0, 4, 60)],
        meta=[
            meta(2, "© 1999 N. N."),
            meta(1, "Creative Commons Attribution 2.5"),
            meta(1, "Source: Henle"),
            meta(1, "bar 3 is hard"),
        ],
    )
    result = read_bytes(data, "a.mid")
    assert result.rights == "© 1999 N. N.; Creative Commons Attribution 2.5"
    assert result.origin == "Source: Henle"


def test_a_file_that_states_nothing_has_no_rights_and_no_origin(midi: Callable[..., bytes]) -> None:
    result = read_bytes(midi([(0, 4, 60)]), "a.mid")
    assert (result.rights, result.origin) == ("", "")


def test_statements_are_one_line_without_doubles_and_not_endless() -> None:
    assert joined(["a\n b", None, "", "c", "a b"]) == "a b; c"
    assert len(joined(["long " * 1000])) == MAX_STATEMENT
    assert joined(["long " * 1000]).endswith("…")


def test_rights_and_origins_are_told_from_other_words() -> None:
    assert says_rights("Licence: CC BY 4.0")
    assert says_origin("www.example.org")
    assert not says_rights("Allegro con brio")
    assert not says_origin("License: https://creativecommons.org/licenses/by/4.0")  # that is its licence
