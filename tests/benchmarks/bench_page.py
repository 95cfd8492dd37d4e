"""How large pages are and how soon a browser shows them, without a request or a complaint.

    python tests/benchmarks/bench_page.py PIECE.html …

Each page (`compose … -o PIECE.html`) is opened `RUNS` times in headless Chromium, each time in a new profile; told are
the median times until it is painted first and until all of it is loaded, and whether it asked for anything besides.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

RUNS = 5
TIMES = """(() => {
  const [page] = performance.getEntriesByType('navigation'), [paint] = performance.getEntriesByType('paint');
  return [paint.startTime, page.loadEventEnd, JSON.parse(document.getElementById('times').textContent).bars.length];
})()"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    pages = parser.parse_args().pages
    print(f"{'page':32} {'bars played':>11} {'MB':>6} {'painted ms':>10} {'loaded ms':>10}  besides")
    with sync_playwright() as driver:
        path = shutil.which("chromium") or shutil.which("google-chrome") or driver.chromium.executable_path
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for page in pages:
            print(measured(browser, page.resolve()))
        browser.close()


def measured(browser: Browser, path: Path) -> str:
    rows, besides = [], set()
    for _ in range(RUNS):
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        tab = context.new_page()
        tab.on("request", lambda request: besides.add(request.url))
        tab.on("console", lambda message: besides.add(message.text))
        tab.goto(path.as_uri(), wait_until="load")
        tab.wait_for_timeout(200)
        rows.append(tab.evaluate(TIMES))
        context.close()
    painted, loaded, bars = (statistics.median(column) for column in zip(*rows, strict=True))
    foreign = ", ".join(one for one in besides if one != path.as_uri() and not one.startswith("blob:")) or "nothing"
    return f"{path.name:32} {bars:11.0f} {path.stat().st_size / 1e6:6.2f} {painted:10.0f} {loaded:10.0f}  {foreign}"


if __name__ == "__main__":
    main()
