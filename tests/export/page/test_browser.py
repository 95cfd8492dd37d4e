"""The page in a real browser: what is lit is what sounds, wherever one goes; nothing else is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from composer.export.edition import edited
from composer.export.musicxml import musicxml_with_ids
from composer.plan.playing import jumps_of

LIT = "[...new Set([...document.querySelectorAll('.lit')].map(head => Number(head.dataset.n)))]"
STATE = f"(() => [Number(document.getElementById('seek').value), {LIT}])()"


class Tab:
    """The page in a tab, with all that it asked for and complained of."""

    def __init__(self, context, path: Path) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.tab = context.new_page()
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        self.tab.goto(path.as_uri())

    def seek(self, ms: int) -> None:
        self.tab.locator("#seek").evaluate(
            "(slider, ms) => { slider.value = ms; slider.dispatchEvent(new Event('input')); }", ms
        )

    @property
    def state(self) -> tuple[int, set[int]]:
        """(milliseconds, heads that are lit)."""
        ms, lit = self.tab.evaluate(STATE)
        return ms, set(lit)

    @property
    def bar(self) -> int:
        """Which bar of the page is marked."""
        return int(self.tab.locator(".wide .now").get_attribute("data-b"))

    def waits_for(self, expression: str) -> None:
        """Ask until it is true: the policy lets nobody evaluate texts within the page."""
        for _ in range(100):
            if self.tab.evaluate(expression):
                return
            self.tab.wait_for_timeout(50)
        pytest.fail(f"not within 5 s: {expression}")

    def plays(self, expected: bool = True) -> bool:
        """Wait until it plays, or stands still: a browser tells of it a moment later."""
        self.waits_for(f"document.getElementById('play').ariaLabel === '{'Pause' if expected else 'Play'}'")
        return expected


@pytest.fixture
def tab(browser, page) -> Iterator[Tab]:
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    opened = Tab(context, page.path)
    yield opened
    assert opened.complaints == []
    assert all(url == page.path.as_uri() or url.startswith("blob:") for url in opened.requests)
    context.close()


@pytest.fixture(scope="module")
def pitches(page):
    """Of each head of the page: (part, pitch)."""
    piece = page.piece
    edges = [section.start_tick for section in piece.outline.sections] + [piece.outline.end_tick]
    score = edited(piece.report.score, piece.outline)
    _, _, heads = musicxml_with_ids(score, outline=piece.outline, jumps=jumps_of(piece.plan, edges))
    return [(head.part, head.note.pitch) for head in heads]


def sounding(performance, ms: float) -> set[tuple[int, int]]:
    return {
        (note.part, note.note.pitch)
        for note in performance.notes
        if note.onset_sec <= ms / 1000 < note.onset_sec + note.duration_sec
    }


def quiet_places(performance, count: int) -> list[int]:
    """Return milliseconds, spread over a performance, at which notes sound and near which none begins or ends."""
    edges = np.sort([at for note in performance.notes for at in (note.onset_sec, note.onset_sec + note.duration_sec)])
    middles = ((edges[1:] + edges[:-1]) / 2)[np.diff(edges) > 0.03]
    middles = np.array([middle for middle in middles if sounding(performance, 1000 * middle)])
    return [round(100 * middles[index]) * 10 for index in np.linspace(0, len(middles) - 1, count).astype(int)]


def test_what_is_lit_is_what_sounds(tab, page, pitches):
    performance = page.piece.performance
    places = quiet_places(performance, 20)
    assert places[-1] - places[0] > 20_000
    for place in places:
        tab.seek(place)
        ms, lit = tab.state
        assert ms == place
        assert lit
        assert {pitches[head] for head in lit} == sounding(performance, ms)


def test_a_section_plays_from_its_beginning_and_the_light_goes_with_the_sound(tab, page, pitches):
    performance = page.piece.performance
    assert not tab.plays(False)
    tab.tab.locator(".section").nth(2).click()  # B, behind the repeat
    assert tab.plays()
    assert tab.bar == 4
    begins, _ = tab.state
    seen = 0
    for _ in range(12):
        tab.tab.wait_for_timeout(150)
        ms, lit = tab.state
        around = [sounding(performance, ms + shift) for shift in (-15, 0, 15)]
        if around[0] == around[1] == around[2]:
            assert {pitches[head] for head in lit} == around[1]
            seen += bool(lit)
    assert ms > begins + 900
    assert seen
    assert tab.tab.locator(".section").nth(2).get_attribute("aria-current") == "true"


def test_the_light_goes_with_the_clock_of_the_sound(tab):
    tab.tab.locator(".section").nth(0).click()
    tab.waits_for("document.getElementById('seek').value > 300")
    values = tab.tab.evaluate(
        """async () => {
          const seen = [];
          for (let i = 0; i < 16; i++) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            seen.push([performance.now(), Number(document.getElementById('seek').value)]);
          }
          return seen;
        }"""
    )
    (first_now, first), (last_now, last) = values[0], values[-1]
    assert last - first == pytest.approx(last_now - first_now, abs=400)  # a busy machine's frames are late


def test_keys_do_what_the_page_says(tab):
    press = tab.tab.keyboard.press
    tab.tab.locator("#score").focus()
    press("End")
    assert tab.bar == 11  # of the da capo
    press("Home")
    assert (tab.state[0], tab.bar) == (0, 0)
    press("ArrowRight")
    assert tab.bar == 1
    press("ArrowLeft")
    assert tab.bar == 0
    for _ in range(2):
        press("Shift+ArrowRight")
    assert tab.bar == 4  # A is repeated, then comes B
    press(" ")
    assert tab.plays()
    press(" ")
    assert not tab.plays(False)
    press("Tab")
    assert tab.tab.evaluate("document.activeElement.matches('a, button, input, summary, select, pre')")


def test_everything_that_does_something_can_be_reached_and_has_a_name(tab):
    named = tab.tab.evaluate(
        """[...document.querySelectorAll('button, input, select, a[href], summary')].map((element) => {
          const name = element.ariaLabel || element.innerText || element.labels?.[0]?.innerText || '';
          return [element.tabIndex, name.trim()];
        })"""
    )
    assert len(named) > 12
    assert all(index >= 0 and name for index, name in named)


def test_a_click_on_a_note_or_a_bar_goes_there(tab, page, pitches):
    head = tab.tab.locator(".wide .system").nth(0).locator("[data-n]").nth(8)
    index = int(head.get_attribute("data-n"))
    head.locator("use").first.click(force=True)
    assert index in tab.state[1]
    tab.tab.locator(".wide [data-b='6'] .bar").click(position={"x": 3, "y": 3})
    assert tab.bar == 6
    assert not tab.plays(False)


def test_a_repeated_bar_is_played_where_one_is(tab):
    tab.tab.locator(".section").nth(5).click()  # A after the da capo
    after = tab.state[0]
    tab.tab.keyboard.press(" ")
    tab.tab.locator(".wide [data-b='2'] .bar").click(position={"x": 3, "y": 3})
    assert tab.bar == 2
    assert tab.state[0] > after - 200


def test_the_other_take_goes_on_in_the_same_bar(tab):
    tab.tab.locator(".section").nth(4).click()
    tab.tab.wait_for_timeout(400)
    bar = tab.bar
    tab.tab.locator("input[name=take]").nth(1).check()
    assert abs(tab.bar - bar) <= 1
    assert tab.plays()
    tab.tab.wait_for_timeout(300)
    assert sum(tab.tab.evaluate("[...document.querySelectorAll('[aria-current]')].map(() => 1)")) == 1


def test_the_view_follows(tab):
    tab.tab.set_viewport_size({"width": 1100, "height": 420})
    tab.tab.locator("#score").focus()
    tab.tab.keyboard.press("End")
    tab.waits_for(
        """(() => {
          const box = document.querySelector('.wide .now').closest('.system').getBoundingClientRect();
          return box.top >= 0 && box.top < innerHeight;
        })()"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_its_own_sheet_and_nothing_sticks_out(browser, page, scheme):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True
    )
    phone = Tab(context, page.path)
    assert phone.tab.locator(".narrow").is_visible()
    assert not phone.tab.locator(".wide").is_visible()
    assert phone.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.tab.evaluate("timeline.scrollWidth >= timeline.clientWidth")
    ink, paper = phone.tab.evaluate("['color', 'backgroundColor'].map((name) => getComputedStyle(document.body)[name])")
    brightness = [sum(map(int, re.findall(r"\d+", color)[:3])) for color in (ink, paper)]
    assert (brightness[0] > brightness[1]) == (scheme == "dark")
    assert abs(brightness[0] - brightness[1]) > 450
    phone.tab.locator(".section").nth(1).tap()
    assert phone.plays()
    assert phone.complaints == []
    context.close()
