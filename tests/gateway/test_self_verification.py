"""The page in a phone's browser: it verifies itself, natively and by the library; says how old it is; works offline."""

import pytest
from playwright.sync_api import Browser, Route

from tests.gateway.conftest import PHONE, Phone
from tests.gateway.serving import LyingGateway

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("gateway")]

NO_WEBCRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })"
NO_ED25519 = """const own = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (form, key, kind, ...rest) {
  if ((kind.name ?? kind) === 'Ed25519') return Promise.reject(new DOMException('no', 'NotSupportedError'));
  return own.call(this, form, key, kind, ...rest);
};"""
NO_THREADS = "; globalThis.Worker = undefined;"


def test_it_verifies_itself(phone: Phone, batch: str) -> None:
    assert phone.open(batch) == "good"
    records = phone.page.locator("ol.life li[data-proven=yes]").count()
    assert records > 20
    said = phone.text("#verdict")
    shown, _, proven = said.partition(" 条记录")[0].partition("/")
    assert shown == proven != "0"
    assert "1/1 验证者签名，无一遗漏" in said
    assert phone.text("#first-visit").startswith("第一次在这台设备上打开")
    assert phone.complaints == []
    assert all(url.startswith(batch.rpartition("/b/")[0]) for url in phone.requests)


def test_a_second_visit_stands_on_the_pinned_genesis_file(phone: Phone, batch: str) -> None:
    phone.open(batch)
    assert phone.open(batch) == "good"
    assert not phone.page.is_visible("#first-visit")
    phone.page.click("#checked summary")
    assert "本机早先固定" in phone.text("#checks")


def test_english(phone: Phone, batch: str) -> None:
    assert phone.open(f"{batch}?lang=en") == "good"
    assert "nothing left out" in phone.text("#verdict")


def test_trying_to_tamper_turns_it_red_and_back(phone: Phone, batch: str) -> None:
    phone.open(batch)
    phone.page.click("#tamper")
    phone.page.wait_for_selector("#trust[data-state=bad]")
    assert "露馅" in phone.text("#verdict")
    phone.page.click("#tamper")
    phone.page.wait_for_selector("#trust[data-state=good]")


def test_each_line_shows_what_it_stands_on(phone: Phone, batch: str) -> None:
    phone.open(batch)
    line = phone.page.locator("ol.life li.kind-harvest").first
    line.locator(".stands-on summary").click()
    assert "trace.harvest" in line.locator("pre").first.inner_text()


def test_offline_it_is_amber_and_still_verified(phone: Phone, batch: str) -> None:
    phone.open(batch)
    phone.install()
    phone.open(batch)
    phone.context.set_offline(True)
    phone.page.reload()
    assert phone.verdict() == "old"
    assert "离线" in phone.text("#verdict-more")
    assert "召回未知" in phone.text("#verdict-more")
    assert "无一遗漏" in phone.text("#verdict")


def test_a_head_older_than_ten_minutes_is_amber(phone: Phone, batch: str) -> None:
    phone.page.clock.install()
    phone.page.clock.fast_forward("11:00")
    assert phone.open(batch) == "old"
    assert "召回" in phone.text("#verdict-more")


def test_it_verifies_in_a_thread_beside_the_page(phone: Phone, batch: str) -> None:
    phone.open(batch)
    (worker,) = phone.page.workers
    assert worker.url.endswith("/static/worker.js")


@pytest.mark.parametrize(
    "lacking",
    [NO_WEBCRYPTO, NO_ED25519, NO_WEBCRYPTO + NO_THREADS],
    ids=["no WebCrypto", "no Ed25519", "no WebCrypto, no threads"],
)
def test_older_browsers_verify_by_the_library(phone: Phone, batch: str, lacking: str) -> None:
    phone.lack(lacking)
    assert phone.open(batch) == "good"
    assert any("/vendor/noble/ed25519/" in url for url in phone.requests)
    phone.page.click("#tamper")
    phone.page.wait_for_selector("#trust[data-state=bad]")


@pytest.mark.parametrize("broken", ["worker.js", "verifier/trees.js"])
def test_where_modules_do_not_load_in_a_thread_the_page_verifies_by_itself(
    phone: Phone, batch: str, broken: str
) -> None:
    """As in a browser that takes the verifier's thread for a script of the old kind."""
    asked: list[str] = []

    def once(route: Route) -> None:
        asked.append(broken)
        if len(asked) == 1:
            route.fulfill(body="import of old", content_type="text/javascript")
        else:
            route.continue_()

    phone.context.route(f"**/static/{broken}", once)
    assert phone.open(batch) == "good"
    assert asked
    assert phone.page.workers == []


def test_without_any_means_there_is_no_verdict(phone: Phone, liar: LyingGateway, batch: str) -> None:
    """Never green for want of a check: an old browser, and a gateway whose set-up had no npm."""
    phone.lack(NO_WEBCRYPTO)
    liar.lie = lambda path, answer: answer._replace(status=404) if "/vendor/" in path else answer
    try:
        assert phone.open(liar.url + batch[batch.index("/b/") :]) == "unable"
    finally:
        liar.lie = None
    assert "无法核对签名" in phone.text("#verdict")


def test_on_a_slow_phone_within_two_seconds(browser: Browser, batch: str) -> None:
    """Not a measurement (benchmarks/scan.py is one): that it holds on a CPU four times slower."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(batch)
    page.wait_for_selector("#trust[data-state=good]", timeout=60_000)
    context.close()
