"""A book of tunes: where each begins and ends, and what the file says of it."""

from __future__ import annotations

import pytest

from composer.corpus import iter_folder, read_score
from composer.corpus.abc.reader import read_abc
from composer.corpus.reader import read_bytes, read_pieces, read_pieces_bytes, sniff
from composer.errors import MusicFileError

BOOK = """\
%abc-2.1
M:3/4
S:a manuscript of 1800

X:12
T:First
K:G
G2 B2 d2 |

Some words between the tunes, by nobody.

X:7
T:Second
C:Somebody
M:2/4
K:D
D4 | F4 |
% a comment
A4 |]

X:7
T:Third
K:C
c6 |
"""


def pitches(reading):
    return [note.pitch for part in reading.score.parts for note in part.notes]


def test_each_tune_is_a_piece(tmp_path):
    (tmp_path / "book.abc").write_text(BOOK)
    pieces = read_pieces(tmp_path / "book.abc")
    assert [one.piece for one in pieces] == ["12", "7", "7-2"]
    assert [one.score.title for one in pieces] == ["First", "Second", "Third"]
    assert [str(one.score.bars[0].meter) for one in pieces] == ["3/4", "2/4", "3/4"]  # the file's header holds for all
    assert [pitches(one) for one in pieces] == [[67, 71, 74], [62, 66, 69], [72]]
    assert {one.format for one in pieces} == {"abc"}
    assert pieces[1].score.composer == "Somebody"
    assert pieces[1].origin == "a manuscript of 1800"


def test_the_first_tune_stands_for_the_book(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK)  # the content decides, not the name
    result = read_score(tmp_path / "book.txt")
    assert result.score.title == "First"
    assert "the file holds 2 more pieces; this is the first" in result.mended
    (tmp_path / "book.txt").rename(tmp_path / "book.abc")
    assert len(list(iter_folder(tmp_path))) == 3


def test_a_broken_tune_does_not_lose_the_others():
    good, broken = "X:1\nK:C\nC D E\n\n", "X:2\nT:Broken\nK:C\nC,,,,,,,,,, D\n\n"
    first, second = read_abc((good + broken + "X:3\nK:C\nE F G\n").encode(), "a.abc")
    assert (first.piece, second.piece) == ("1", "3")
    assert any("line 8: tune 2 cannot be read and is left out" in line for line in first.mended)
    with pytest.raises(MusicFileError, match=r"a\.abc:4:1.*out of range"):
        read_abc(broken.encode(), "a.abc")


def test_music_after_an_empty_line_is_read_and_told():
    text = "X:1\nM:4/4\nL:1/4\nK:C\nC D E F |\n\nG A B c |\n\nwords | that are no music, at all\n"
    (tune,) = read_abc(text.encode(), "a.abc")
    assert pitches(tune) == [60, 62, 64, 65, 67, 69, 71, 72]
    assert "line 7: the tune goes on after an empty line; read on" in tune.mended


def test_tunes_without_a_number():
    (tune,) = read_abc(b"T:Mine\nM:3/4\nL:1/4\nK:G\nG A B |\n", "a.abc")
    assert (tune.piece, tune.score.title, pitches(tune)) == ("", "Mine", [67, 69, 71])
    first, second = read_abc(b"X:1\nK:C\nC\n\nT:Unnumbered\nK:C\nD\n", "a.abc")
    assert (pitches(first), pitches(second), second.piece) == ([60], [62], "")


def test_a_tune_without_a_key_is_read():
    (tune,) = read_abc(b"X:1\nT:No key\nM:4/4\nL:1/4\nC D E F | G4 |\n", "a.abc")
    assert pitches(tune) == [60, 62, 64, 65, 67]
    assert tune.score.keys == ()
    assert any("no K: field" in line or "before a K: field" in line for line in tune.mended)


def test_comments_continuations_and_blocks():
    text = (
        "X:1 % number\nT:Ti\n+:tle\nM:4/4\nL:1/4\nK:C % key\n%%begintext\nC D E F |\n%%endtext\n"
        "C D \\\n% between\nE F | % G G G G |\nw: not C D E\nW: nor this\n"
    )
    (tune,) = read_abc(text.encode(), "a.abc")
    assert tune.score.title == "Ti tle"
    assert pitches(tune) == [60, 62, 64, 65]
    assert tune.mended == ()


def test_rights_and_origin():
    text = (
        "%%abc-copyright (c) 2020 A. Person\nX:1\nT:Caf\\'e\nB:A book, p. 3\nS:her father\nF:http://example.org/a.abc\n"
        "Z:B. Scribe\nZ:License CC BY 4.0\nK:C\nC\n"
    )
    result = read_bytes(text.encode(), "a.abc")
    assert result.score.title == "Café"
    assert result.rights == "(c) 2020 A. Person; License CC BY 4.0"
    assert result.origin == "A book, p. 3; her father; http://example.org/a.abc; B. Scribe"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%abc-2.1\nT:x\nK:C\nC", "abc"),
        (b"words before\r\nX:1\r\nK:C\r\nC", "abc"),
        ("\ufeffX:1\nK:C\nC".encode(), "abc"),
        (b"X:1\nT:no key", ""),
        (b"K:C\nC", ""),
        (b"!!!OTL: X\n**kern\n4c\n*-", "kern"),
    ],
)
def test_sniffing(data, kind):
    assert sniff(data) == kind


def test_latin_1_and_old_line_ends_are_read():
    (result,) = read_pieces_bytes("X:1\rT:Grün\rM:none\rK:C\rC D\r".encode("latin-1"), "a.abc")
    assert result.score.title == "Grün"
    assert pitches(result) == [60, 62]
    assert "the text is not UTF-8; read as Latin-1" in result.mended


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"X:1\nK:C\nz4 |\n", "no note in this tune"),
        (b"X:1\nK:C\n" + b"a" * 70_000, "a line of 70,000 characters"),
        (b"X:1\nK:C\nC\n" * 5_001, "more than 5,000 tunes"),
        (b"X:1\nK:C\nc99999 |\n", "a bar of more than 4,096 quarters"),
        (b"X:1\nK:C\nZ99999 | c\n", "more than 20,000 bars"),
        (b"X:1\nK:C\n" + b"c&c" * 9, "more than 8 lines of notes"),
        (b"X:1\nK:C\n" + b"".join(b"[V:%d]c" % i for i in range(65)), "more than 64 voices"),
    ],
)
def test_bounds(data, words):
    with pytest.raises(MusicFileError, match=words):
        read_abc(data, "a.abc")


def test_a_book_beyond_the_bounds_loses_its_end_and_says_so(monkeypatch):
    monkeypatch.setattr("composer.corpus.abc.drafts.MAX_NOTES", 5)
    first, second = read_abc(b"".join(b"X:%d\nK:C\nabc\n\n" % i for i in range(2)).replace(b"abc", b"ab"), "a.abc")
    assert len(pitches(first) + pitches(second)) == 4
    (only,) = read_abc(b"X:1\nK:C\nabc\n\nX:2\nK:C\nabc\n", "a.abc")
    assert "line 7: tune 2 cannot be read and is left out: more than 5 notes in one file" in only.mended
