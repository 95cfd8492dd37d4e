import re
import xml.etree.ElementTree as ET

from composer.export.musicxml import musicxml_bytes, musicxml_with_ids
from composer.export.page.systems import Glyphs, systems_of


def drawn(score, width_mm=120.0):
    musicxml, bars, heads = musicxml_with_ids(score)
    glyphs = Glyphs()
    return systems_of(musicxml, glyphs, width_mm=width_mm), glyphs, bars, heads


def indices(systems, letter):
    return [int(n) for system in systems for n in re.findall(rf'data-{letter}="(\d+)"', system.content)]


def test_every_bar_and_every_head_is_on_the_page_once_in_each_width(keyboard):
    score = keyboard([(beat, 60 + beat % 12, 1) for beat in range(64)], [(0, 48, 6)], bars=16)
    for width_mm in (90.0, 240.0):
        systems, _, bars, heads = drawn(score, width_mm)
        assert [bar for system in systems for bar in system.bars] == list(range(len(bars)))
        assert sorted(indices(systems, "b")) == list(range(len(bars)))
        assert sorted(indices(systems, "n")) == list(range(len(heads)))


def test_a_narrower_sheet_has_more_lines(keyboard):
    score = keyboard([(beat, 60, 1) for beat in range(64)], bars=16)
    assert len(drawn(score, 90.0)[0]) > len(drawn(score, 240.0)[0]) > 1


def test_each_bar_can_be_pointed_at(keyboard):
    (system, *_), _, _, _ = drawn(keyboard([(0, 60, 4), (4, 62, 4)]))
    for bar in (element for element in ET.fromstring(system.content).iter("g") if element.get("data-b")):
        area = bar[0]
        assert (area.tag, area.get("class")) == ("rect", "bar")
        assert 0 < int(area.attrib["width"]) <= system.width
        assert int(area.attrib["y"]) + int(area.attrib["height"]) <= system.height + 400


def test_all_glyphs_are_defined_and_nothing_names_anything_else(keyboard):
    systems, glyphs, _, _ = drawn(keyboard([(0, 61, 1), (1, 66, 0.5)], [(0, 48, 4)]))
    content = "".join(system.content for system in systems)
    used = set(re.findall(r'href="#([^"]+)"', content))
    assert used == set(re.findall(r' id="([^"]+)"', glyphs.definitions()))
    assert not re.search(r" (id|style|xmlns|on\w+)[=:]", content)


def test_only_who_asks_for_them_gets_ids(keyboard):
    score = keyboard([(0, 60, 4)])
    assert b' id="n0"' not in musicxml_bytes(score)
    with_ids, bars, heads = musicxml_with_ids(score)
    assert re.sub(rb' id="[nb]\d+"', b"", with_ids) == musicxml_bytes(score)
    assert (len(bars), [head.note.pitch for head in heads]) == (2, [60])
