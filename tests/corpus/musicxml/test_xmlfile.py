"""A stranger's XML is opened within bounds."""

from __future__ import annotations

import io
import zipfile

import pytest

from composer.corpus import read_bytes
from composer.corpus.musicxml import xmlfile
from composer.corpus.musicxml.xmlfile import open_mxl, parse_xml
from composer.errors import MusicFileError

CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'


def mxl(**members: bytes | str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


def test_an_entity_bomb_is_refused_at_its_declaration():
    bomb = b'<?xml version="1.0"?>\n<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<s>&b;</s>'
    with pytest.raises(MusicFileError, match="entity declarations") as caught:
        parse_xml(bomb, "x.xml")
    assert caught.value.problems[0].place.line == 2


def test_a_foreign_document_type_is_not_fetched():
    tree = parse_xml(b'<!DOCTYPE s SYSTEM "http://127.0.0.1:9/never.dtd"><s/>', "x.xml")
    assert tree.root.tag == "s"


def test_deep_nesting_is_refused():
    with pytest.raises(MusicFileError, match="nested deeper"):
        parse_xml(b"<a>" * 100 + b"</a>" * 100, "x.xml")


def test_broken_xml_names_line_and_column():
    with pytest.raises(MusicFileError, match=r"x\.xml:2:\d+: not well-formed"):
        parse_xml(b"<a>\n<b></a>", "x.xml")


def test_the_container_says_which_document_is_the_score():
    data = mxl(decoy_xml="<decoy/>", **{"META-INF__container_xml": CONTAINER.format("score.xml")}, score_xml="<score/>")
    assert open_mxl(data, "x.mxl") == b"<score/>"


def test_a_zip_bomb_is_refused_by_what_it_unpacks_to(monkeypatch):
    monkeypatch.setattr(xmlfile, "MAX_XML_BYTES", 10_000)
    data = mxl(**{"META-INF__container_xml": CONTAINER.format("score.xml")}, score_xml=b" " * 1_000_000)
    assert len(data) < 10_000
    with pytest.raises(MusicFileError, match="limit"):
        open_mxl(data, "x.mxl")


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_a_damaged_archive_is_one_error_of_ours(cut):
    data = mxl(**{"META-INF__container_xml": CONTAINER.format("score.xml")}, score_xml="<score/>" * 40)
    with pytest.raises(MusicFileError):
        read_bytes(b"PK" + data[2 + cut : -30], "x.mxl")


def test_a_container_that_names_nothing_is_refused():
    with pytest.raises(MusicFileError, match="not inside"):
        open_mxl(mxl(**{"META-INF__container_xml": CONTAINER.format("gone.xml")}), "x.mxl")
