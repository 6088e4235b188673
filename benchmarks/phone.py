"""A phone in headless Chromium, its processor slowed down: when its page says it is verified, and what it weighs."""

import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from benchmarks.load import process_tree

CHROMIUM = os.environ.get("LINXIN_CHROMIUM", "/usr/bin/chromium")
NO_OMNIBOX = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"
"""Else Chromium loads the window of its address bar, a page of its own, beside the first one of each fresh context, on
the same cores; phones have no such window.
"""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-zygote", NO_OMNIBOX)
VIEWPORT: ViewportSize = {"width": 360, "height": 740}
VERDICT_MS_MAX = 120_000
RENICED_S = 0.02
REST_MS = 1000
"""Before each visit: what a browser does when it starts, or to install a service worker, is no part of the next one."""
LOOKED_MS = 100
"""How often we look for the verdict: seldom, since looking takes the page's own time."""

WATCH = """document.addEventListener('DOMContentLoaded', () => {
  const trust = document.querySelector('#trust');
  const note = () => {
    if (globalThis.settledMs || ['busy', 'idle'].includes(trust.dataset.state)) return;
    globalThis.settledMs = performance.now();
  };
  new MutationObserver(note).observe(trust, { attributes: true, attributeFilter: ['data-state'] });
});
globalThis.longestMs = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) globalThis.longestMs = Math.max(globalThis.longestMs, task.duration);
}).observe({ type: 'longtask', buffered: true });"""
"""Runs before the page's own scripts: when the verdict came (ms after the address was opened), the longest task."""

ONE_THREAD = "delete globalThis.Worker;"
"""Chromium slows down the page's thread alone. Without another, all of the work is slowed down, and waits for itself:
slower than on a phone, whose cores are all slow.
"""

INSTALLED = """navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller || new Promise(
  (done) => navigator.serviceWorker.addEventListener('controllerchange', done))).then(() => 1)"""

LOADED = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter((one) => !one.name.endsWith('/sw.js'))
  .map((one) => [new URL(one.name).pathname, one.transferSize > 300 ? one.encodedBodySize : 0, one.decodedBodySize])"""
"""What came, with its size as sent: none where the browser had it already (a transfer then counts 300 for the headers:
Resource Timing §4.3, the verifier's thread asks again for what the page has).
"""


def measure(url: str, phones: int, slowed: int) -> dict[str, Any]:
    """Open a page on so many fresh phones, each first without and then with its service worker; and on as many that
    verify on the page's own thread.
    """
    visits: dict[str, list[dict[str, float]]] = {}
    sizes: list[tuple[str, int, int]] = []
    with sync_playwright() as playwright, urgent():
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for _ in range(phones):
            for where, script in (("one_thread", ONE_THREAD), ("", "")):
                first, later, sizes = _visits(browser, url, slowed, script)
                visits.setdefault(f"first{where and '_'}{where}", []).append(first)
                visits.setdefault(f"later{where and '_'}{where}", []).append(later)
        found: dict[str, Any] = {name: _summary(each) for name, each in visits.items()}
        found |= {"weight": _weight(sizes), "chromium": browser.version}
        browser.close()
    return found


@contextmanager
def urgent() -> Iterator[None]:
    """Threads of Chromium choose their own niceness: keep them at ours where we go before all other work."""
    own, done = os.getpriority(os.PRIO_PROCESS, 0), threading.Event()

    def renice() -> None:
        while not done.wait(RENICED_S):
            with suppress(OSError):  # some have ended meanwhile: the next round is for the others
                for process in process_tree(os.getpid())[1:]:
                    for task in Path(f"/proc/{process}/task").iterdir():
                        if os.getpriority(os.PRIO_PROCESS, int(task.name)) != own:
                            os.setpriority(os.PRIO_PROCESS, int(task.name), own)

    beside = threading.Thread(target=renice, daemon=True)
    if own < 0:
        beside.start()
    try:
        yield
    finally:
        done.set()


def _visits(
    browser: Browser, url: str, slowed: int, script: str
) -> tuple[dict[str, float], dict[str, float], list[tuple[str, int, int]]]:
    """One phone's first and second visit, and what the first one loaded, as (path, bytes sent, bytes)."""
    context = browser.new_context(
        viewport=VIEWPORT, device_scale_factor=2, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.add_init_script(script + WATCH)
    first = _visit(page, url)
    sizes: list[tuple[str, int, int]] = page.evaluate(LOADED)
    page.evaluate(INSTALLED)
    later = _visit(page, url)
    context.close()
    return first, later, sizes


def _visit(page: Page, url: str) -> dict[str, float]:
    """Open the page and wait for its verdict, which must be good (or old, where the ledger stood still)."""
    page.wait_for_timeout(REST_MS)
    page.goto(url)
    deadline_s = time.monotonic() + VERDICT_MS_MAX / 1000
    while not page.evaluate("globalThis.settledMs"):
        if time.monotonic() > deadline_s:
            raise SystemExit(f"{url} comes to no verdict: {page.inner_text('#trust')}")
        page.wait_for_timeout(LOOKED_MS)
    state = page.get_attribute("#trust", "data-state")
    if state not in ("good", "old"):
        raise SystemExit(f"{url} is {state}: {page.inner_text('#trust')}")
    told: dict[str, float] = page.evaluate("({ settledMs, longestMs })")
    return told


def _summary(visits: Sequence[dict[str, float]]) -> dict[str, float]:
    """Times to verified: the middle, the best and the worst; and the longest that the page did not answer a finger."""
    times = sorted(each["settledMs"] for each in visits)
    return {
        "verified_median_ms": round(statistics.median(times)),
        "verified_least_ms": round(times[0]),
        "verified_most_ms": round(times[-1]),
        "longest_task_median_ms": round(statistics.median(each["longestMs"] for each in visits)),
        "visits": len(visits),
    }


def _weight(sizes: Sequence[tuple[str, int, int]]) -> dict[str, float]:
    """Bytes of a first visit without photographs, by what they are; headers are not counted."""

    def kind(path: str) -> str:
        if path.endswith("/bundle"):
            return "bundle"
        return "page" if path.startswith("/b/") else "shared"

    sent = {each: sum(size for path, size, _ in sizes if kind(path) == each) for each in ("page", "bundle", "shared")}
    whole = {"sent": sum(sent.values()), "unpacked": sum(size for _, _, size in sizes)}
    return {f"{name}_kb": round(size / 1000, 1) for name, size in (whole | sent).items()}
