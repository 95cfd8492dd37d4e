import io
import struct

import pytest

from composer.sound.riff import MAX_CHUNKS, RiffError, chunks_in, form_of


def chunk(name, content, *, padded=True):
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2 * padded)


def names(content):
    return [found.name for found in chunks_in(io.BytesIO(content), 0, len(content))]


@pytest.mark.parametrize("padded", [True, False])
def test_a_pad_byte_may_be_missing(padded):
    assert names(chunk(b"odd ", b"abc", padded=padded) + chunk(b"next", b"ab")) == [b"odd ", b"next"]


def test_a_list_says_of_what():
    content = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"x\0"))
    (found,) = chunks_in(io.BytesIO(content), 0, len(content))
    assert (found.form, found.start, found.end) == (b"INFO", 12, len(content))


def test_a_chunk_that_claims_more_than_there_is_is_refused():
    with pytest.raises(RiffError, match=r"smpl.*cut off"):
        names(b"smpl" + struct.pack("<I", 2**32 - 1) + b"sound")


def test_a_file_that_is_cut_off_is_refused():
    whole = chunk(b"RIFF", b"sfbk" + bytes(100))
    assert form_of(io.BytesIO(whole), len(whole))[0] == b"sfbk"
    with pytest.raises(RiffError, match="ends after"):
        form_of(io.BytesIO(whole[:50]), 50)


def test_what_is_no_riff_is_refused():
    for content in (b"", b"RIFF", b"MThd\0\0\0\6\0\1\0\2\1\xe0"):
        with pytest.raises(RiffError, match="does not begin"):
            form_of(io.BytesIO(content), len(content))


def test_chunks_without_end_are_refused():
    with pytest.raises(RiffError, match="more than"):
        names(chunk(b"none", b"") * (MAX_CHUNKS + 1))
