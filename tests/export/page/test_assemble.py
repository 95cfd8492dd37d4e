import base64
import hashlib
import html
import io
import json
import re
from dataclasses import replace

import mido
import numpy as np
import pytest

from composer.corpus.reader import read_bytes
from composer.export.finished import Finished
from composer.export.page import page_bytes
from composer.export.page.assemble import MAX_PAGE_BYTES
from composer.score import Mark
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def block(text, tag, **attributes):
    """The content of an element, found by its attributes."""
    words = "".join(rf'(?=[^>]*\b{name}="{value}")' for name, value in attributes.items())
    return re.search(rf"<{tag}\b{words}[^>]*>(.*?)</{tag}>", text, re.DOTALL)[1]


def times(text):
    return json.loads(block(text, "script", id="times"))


def test_nothing_is_fetched_from_anywhere(page):
    outside = re.sub(r"(?s)<(pre|script)\b.*?</\1>", "", page.text)
    outside = re.sub(r"base64,[\w+/=]+", "base64,", outside)
    assert not re.search(r"https?:|//[a-z]|url\(|@import", outside)
    assert all(link.startswith(("data:", "#")) for link in re.findall(r'(?:href|src)="([^"]*)"', outside))
    assert "http" not in block(page.text, "style")


def test_the_policy_allows_this_script_and_this_style_and_nothing_else(page):
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page.text)[1])
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    for name, content in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert (rules["img-src"], rules["media-src"]) == ("data:", "data: blob:")
    assert not re.search(r"<[^>]* (style|on\w+)=", re.sub(r"(?s)<(pre|script)\b.*?</\1>", "", page.text))


def test_what_a_title_holds_is_text_wherever_it_stands(page):
    title = 'A </script><img src=x onerror="alert(1)"> & <b>minuet</b>'
    assert html.unescape(block(page.text, "title")) == html.unescape(block(page.text, "h1")) == title
    assert title not in page.text
    assert "<img" not in page.text
    assert "<b>minuet" not in page.text


def test_the_same_piece_gives_the_same_bytes(keyboard, deadpan):
    performance = deadpan(keyboard([(0, 60, 1), (1, 64, 1)], [(0, 48, 4)]))
    assert page_bytes(Finished(performance)) == page_bytes(Finished(performance))


def test_the_ribbon_is_the_plan_as_it_is_played(page):
    told = re.findall(r'<button type="button" class="section s(\d+) c(\d+)"[^>]*aria-label="([^"]*)"', page.text)
    names = [words.split(",")[0] for _, _, words in told]
    again = ["Section A", "Section B", "Section A (A2)"]
    assert names == ["Section A", *again, "Section C", *again]
    assert "refrain, G major, bars 1 to 4" in told[0][2]
    assert "bars 5 to 8" in told[2][2]
    colors = [color for _, color, _ in told]
    assert colors[0] == colors[1] == colors[3] == colors[5] == colors[7]  # the refrain's, wherever it comes back
    assert len({colors[0], colors[2], colors[4]}) >= 2


def test_times_rise_and_end_with_the_sound(page):
    told = times(page.text)
    assert len(told["takes"]) == 2
    for take in told["takes"]:
        begins = np.cumsum(take["lit"][::3])
        lengths = np.array(take["lit"][1::3])
        assert (np.diff(begins) >= 0).all()
        assert (lengths > 0).all()
        assert (begins + lengths).max() <= take["end"]
        assert np.all(np.diff(take["bars"]) > 0)
        assert len(take["bars"]) == len(told["bars"]) == len(told["places"])
        assert np.all(np.diff(take["sections"]) > 0)
    assert told["bars"] == [*range(4), *range(16), *range(12)]  # A is repeated; then all to the end of A2
    assert told["takes"][0]["lit"] != told["takes"][1]["lit"]


def test_plan_and_report_can_be_read_and_the_files_are_the_piece(page):
    plan = html.unescape(block(page.text, "pre", tabindex="0"))
    assert "da_capo: A2" in plan
    report = block(page.text, "details", id="report")
    assert "<caption>Cadences</caption>" in report
    links = dict(re.findall(r'<a download="[^"]*(\.\w+)" href="data:[^;]*;base64,([^"]*)"', page.text))
    assert set(links) == {".mid", ".mxl", ".yaml"}
    assert base64.b64decode(links[".yaml"]).decode() == plan
    assert mido.MidiFile(file=io.BytesIO(base64.b64decode(links[".mid"]))).length > 20
    sheet = read_bytes(base64.b64decode(links[".mxl"]), "sheet.mxl").score
    assert len(sheet.bars) == 16
    assert sheet.repeats


def test_each_take_has_its_sound_and_its_curves(page):
    for index in range(2):
        mp3 = base64.b64decode(block(page.text, "script", id=f"take{index}"))
        assert mp3[0] == 0xFF
        assert len(mp3) > 100_000
    assert page.text.count('<polyline class="take1"') == 2
    assert len(page.text) < MAX_PAGE_BYTES


def test_what_was_not_planned_here_has_neither_plan_nor_report(keyboard, deadpan):
    score = keyboard([(0, 60, 4), (4, 62, 4)], marks=(Mark(0, "A"), Mark(4 * Q, "<B>")))
    text = page_bytes(Finished(deadpan(score))).decode()
    assert "<details" not in text
    assert 'name="take"' not in text
    assert "<b>&lt;B&gt;</b>" in text
    assert ".yaml" not in text


def test_a_score_whose_signs_mislead_is_shown_as_it_is_played(keyboard, deadpan):
    heard = keyboard([(0, 60, 4), (4, 62, 4), (8, 64, 4)], bars=3)
    written = keyboard([(0, 60, 4), (4, 62, 4)])
    text = page_bytes(Finished(replace(deadpan(heard)), sheet=(written, None))).decode()
    assert times(text)["bars"] == [0, 1, 2]


@pytest.mark.parametrize("piece", [[], [(0, 60, 0.25)]])
def test_next_to_nothing_is_a_page_too(keyboard, deadpan, piece):
    text = page_bytes(Finished(deadpan(keyboard(piece, marks=(), bars=1)))).decode()
    assert times(text)["bars"] == [0]
