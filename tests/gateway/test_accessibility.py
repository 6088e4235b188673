"""For weak eyes, screen readers, one hand and paper: axe finds nothing, nothing runs off the side."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize

from tests.gateway.conftest import Phone

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("gateway")]

DESKTOP: ViewportSize = {"width": 1200, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(phone: Phone) -> str:
    """What axe finds, in words; "" = nothing."""
    found = Axe().run(phone.page, options=RULES)
    return str(found.generate_report()) if found.violations_count else ""


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_axe_finds_nothing_on_a_phone(phone: Phone, batch: str, query: str) -> None:
    phone.open(batch + query)
    for details in phone.page.locator("main details").all():
        details.evaluate("element => { element.open = true }")
    assert faults(phone) == ""


def test_axe_finds_nothing_when_it_is_red(phone: Phone, batch: str) -> None:
    phone.open(batch)
    phone.page.click("#tamper")
    phone.page.wait_for_selector("#trust[data-state=bad]")
    assert faults(phone) == ""


def test_axe_finds_nothing_on_a_desk(browser: Browser, batch: str) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="zh-CN")
    phone = Phone(context, context.new_page())
    phone.open(batch)
    assert faults(phone) == ""
    context.close()


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/verify.html"])
def test_axe_finds_nothing_on_the_other_pages(phone: Phone, gateway: str, path: str) -> None:
    phone.page.goto(gateway + path)
    assert faults(phone) == ""


@pytest.mark.parametrize("width", [320, 360, 768, 1200])
def test_nothing_runs_off_the_side(browser: Browser, batch: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740})
    phone = Phone(context, context.new_page())
    phone.open(batch)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_on_paper_all_of_it_is_there(phone: Phone, batch: str) -> None:
    phone.open(batch)
    phone.page.emulate_media(media="print")
    assert not phone.page.is_visible("#tamper")
    assert phone.page.is_visible("ol.life li >> nth=0")
    assert len(phone.page.pdf(format="A4")) > 10_000


def test_the_text_is_large_and_the_buttons_fit_a_thumb(phone: Phone, batch: str) -> None:
    phone.open(batch)
    size = phone.page.evaluate("parseFloat(getComputedStyle(document.querySelector('.says')).fontSize)")
    assert size >= 16
    box = phone.page.locator("#tamper").bounding_box()
    assert box is not None
    assert box["height"] >= 44
