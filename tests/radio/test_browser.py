"""The radio's page in a real browser: it plays, goes on to the next piece by itself, and asks nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from composer.export.page import page_bytes
from composer.export.writers import Finished
from composer.performance import Performance, PlayedNote, TempoPoint
from composer.radio import PageChannel
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter

SEEN = "document.querySelector('iframe:not(.waiting)')"


@pytest.fixture(scope="module")
def short_page() -> bytes:
    """The page of four quarters, two seconds."""
    notes = tuple(Note(index * Q, 60 + 2 * index, Q) for index in range(4))
    score = Score(
        parts=(Part("Piano", sort_notes(notes), program=0, staves=1),),
        bars=make_bars(Meter(4, 4), 1),
        keys=((0, parse_key("C major")),),
        tempos=(TempoMark(0, 120.0),),
        title="Four notes",
    )
    played = tuple(PlayedNote(0, note, note.onset_tick / Q / 2, 0.4, 64) for note in notes)
    return page_bytes(Finished(Performance(score, played, (TempoPoint(0, 0.0, 0.5),))))


@pytest.fixture
def radio(aired, short_page) -> Iterator[PageChannel]:
    """Three pieces, offered as the radio does it."""

    def offer() -> None:
        for number in (1, 2, 3):
            channel.play(aired(number, page=short_page))
        channel.end()

    with PageChannel() as channel:
        threading.Thread(target=offer, daemon=True).start()
        yield channel


@pytest.fixture
def tab(browser, radio):
    context = browser.new_context(viewport={"width": 1100, "height": 700})
    page = context.new_page()
    page.requests, page.complaints = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(radio.address)
    yield page
    assert page.complaints == []
    assert all(url.startswith((radio.address, f"blob:{radio.address[:-1]}")) for url in page.requests)
    context.close()


def waits_for(tab, expression: str, seconds: float = 12.0) -> None:
    """Ask until it is true: the policy lets nobody evaluate texts within the page."""
    for _ in range(int(seconds * 20)):
        if tab.evaluate(expression):
            return
        tab.wait_for_timeout(50)
    pytest.fail(f"not within {seconds:g} s: {expression}")


def test_one_piece_follows_another_by_itself_and_the_last_is_told(tab):
    waits_for(tab, "document.getElementById('next').textContent === 'then Piece 2'")
    assert tab.locator("#now").text_content() == "1. Piece 1"
    inside = f"{SEEN}.contentDocument"
    waits_for(tab, f"{inside}?.getElementById('play') && {inside}.readyState === 'complete'")
    assert not tab.evaluate(f"{inside}.body.classList.contains('playing')"), "nothing sounds before it is asked for"
    tab.frame_locator("iframe:not(.waiting)").locator("#play").click()
    waits_for(tab, f"{inside}.body.classList.contains('playing')")
    waits_for(tab, "location.hash === '#2'")
    waits_for(tab, f"{inside}.body.classList.contains('playing')")  # without another click
    assert tab.locator("#now").text_content() == "2. Piece 2"
    waits_for(tab, "!document.getElementById('skip').disabled")
    tab.locator("#skip").click()
    waits_for(tab, "location.hash === '#3'")
    waits_for(tab, f"{inside}.body.classList.contains('playing')")
    waits_for(tab, "document.getElementById('next').textContent === 'This is the last piece.'")
    assert tab.locator("iframe").count() == 1
    tab.reload()
    waits_for(tab, "document.getElementById('now').textContent === '3. Piece 3'")


def test_the_end_of_the_radio_is_told(tab, radio):
    waits_for(tab, "document.getElementById('now').textContent === '1. Piece 1'")
    radio.__exit__()
    waits_for(tab, "document.getElementById('next').textContent === 'The radio has ended.'")
    assert all("ERR_CONNECTION_REFUSED" in one for one in tab.complaints)
    tab.complaints.clear()
