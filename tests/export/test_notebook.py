"""What a notebook shows of a score or a performance: pictures that keep to themselves, and a player."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace

import composer
from composer.export import notebook
from composer.export.notebook import shown_performance, shown_piece, shown_score
from composer.export.writers import Finished
from composer.score import Repeat


def data(html: str, kind: str) -> list[bytes]:
    return [base64.b64decode(text) for text in re.findall(rf'src="data:{re.escape(kind)};base64,([^"]*)"', html)]


def scale(count: int) -> list[tuple[int, int, int]]:
    return [(index, 60 + index % 8, 1) for index in range(count)]


def test_a_score_is_a_sheet_and_a_player(keyboard):
    shown = shown_score(keyboard(scale(8)))
    assert shown["text/plain"] == "A small piece (2 bars · 0:05)"
    html = shown["text/html"]
    (page,) = data(html, "image/svg+xml")
    assert b"A small piece" in page
    (mp3,) = data(html, "audio/mpeg")
    assert 10_000 < len(mp3) < 100_000
    assert "controls" in html
    assert "autoplay" not in html


def test_nothing_in_it_is_a_script_or_fetched(keyboard):
    html = shown_score(keyboard(scale(8), title='<script>alert(1)</script> & "B"'))["text/html"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert all(source.startswith("data:") for source in re.findall(r'(?:src|href)="([^"]*)"', html))


def test_later_pages_are_folded_away(keyboard, deadpan, monkeypatch):
    monkeypatch.setattr(notebook, "MAX_SOUND_SEC", 0.0)
    html = shown_performance(deadpan(keyboard(scale(400), bars=100)))["text/html"]
    first, _, others = html.partition("<details>")
    assert len(data(first, "image/svg+xml")) == 1
    assert re.search(r"<summary>\d more pages?</summary>", others)
    assert len(data(others, "image/svg+xml")) >= 1


def test_repeats_are_signs_on_the_sheet_and_played(keyboard):
    once = keyboard(scale(8))
    assert "2 bars · 0:05" in shown_score(once)["text/plain"], "with its last ritardando"
    repeated = keyboard(scale(8), repeats=(Repeat(0, once.end_tick),))
    assert "2 bars · 0:09" in shown_score(repeated)["text/plain"]


def test_a_performance_sounds_as_it_is_played(keyboard, deadpan):
    slow = deadpan(keyboard(scale(8)), quarter_sec=1.0)
    assert shown_performance(slow)["text/plain"] == "A small piece (2 bars · 0:08)"


def test_a_finished_piece_has_its_facts_below_its_title(keyboard, deadpan):
    finished = Finished(deadpan(keyboard(scale(8))))
    shown = shown_piece(finished, facts=("rondo A B A", "G major"))
    assert shown["text/plain"] == "A small piece (rondo A B A · G major · 0:04)"
    assert "rondo A B A · G major" in shown["text/html"]


def test_a_very_long_piece_is_shown_and_not_played(keyboard, deadpan, monkeypatch):
    monkeypatch.setattr(notebook, "MAX_SOUND_SEC", 3.0)
    html = shown_performance(deadpan(keyboard(scale(8))))["text/html"]
    assert "<audio" not in html
    assert "write it as .mp3" in html


def test_silence_is_shown_without_a_player(keyboard):
    assert "<audio" not in shown_score(keyboard([]))["text/html"]


def test_ipython_is_told_names_and_nothing_is_imported_for_it():
    told = []
    formatter = SimpleNamespace(for_type_by_name=lambda module, name, function: told.append((module, name, function)))
    composer.load_ipython_extension(SimpleNamespace(display_formatter=SimpleNamespace(mimebundle_formatter=formatter)))
    assert [row[:2] for row in told] == [("composer.score", "Score"), ("composer.performance", "Performance")]
