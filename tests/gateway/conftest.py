"""One network, one gateway and one browser for all tests of a run; a fresh phone for each test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, sync_playwright

from cli.demo import cast
from client.network_directory import NetworkDirectory
from tests.gateway.neighbours import neighbours
from tests.gateway.serving import FLAGS, SETTLED, LyingGateway, chromium, running_gateway, told_network

PHONE: ViewportSize = {"width": 360, "height": 740}
SCRIPT = "text/javascript"
LIMITS = ("--requests-per-s", "1000", "--burst", "5000")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser: in a run of its own, as Playwright keeps an event loop in its thread."""
    for item in items:
        if isinstance(item, pytest.Function) and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkDirectory]:
    with told_network(tmp_path_factory.mktemp("page")) as made:
        yield made


@pytest.fixture(scope="session")
def gateway(network: NetworkDirectory) -> Iterator[str]:
    with running_gateway(network, *LIMITS) as url:
        yield url


@pytest.fixture(scope="session")
def known_food(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway before food that has reviews, promises and certificates; see `neighbours`."""
    with neighbours(tmp_path_factory.mktemp("neighbours")) as url:
        yield url


@pytest.fixture(scope="session")
def batch(gateway: str) -> str:
    """The page of the demonstration's batch."""
    return f"{gateway}/b/{cast.TRACE_CODE}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield opened
        opened.close()


@dataclass
class Phone:
    """A browser with a page: what it complained of, and what it asked for."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note complaints and requests from now on."""
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.on("request", lambda request: self.requests.append(request.url))

    def open(self, url: str, **options: Any) -> str:
        """Go somewhere and wait for the verdict; its state."""
        self.page.goto(url, **options)
        return self.verdict()

    def verdict(self) -> str:
        """The state of the verdict once there is one: good, old, bad or unable."""
        found = self.page.wait_for_selector(SETTLED, timeout=60_000)
        assert found is not None
        return str(found.get_attribute("data-state"))

    def lack(self, script: str) -> None:
        """A browser in which a script runs before all others, in pages and in the verifier's thread."""

        def before(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body='import "/static/lacking.js";\n' + answer.text())

        self.context.add_init_script(script)
        self.context.route("**/static/worker.js", before)
        self.context.route("**/static/lacking.js", lambda route: route.fulfill(body=script, content_type=SCRIPT))

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def install(self) -> None:
        """Wait until the service worker stands between the page and the server."""
        self.page.evaluate(
            "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller || new Promise("
            "(done) => navigator.serviceWorker.addEventListener('controllerchange', done))).then(() => 1)"
        )


@pytest.fixture
def phone(browser: Browser) -> Iterator[Phone]:
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, locale="zh-CN", is_mobile=True, has_touch=True)
    made = Phone(context, context.new_page())
    made.watch()
    yield made
    context.unroute_all(behavior="ignoreErrors")  # a thread may be asking for its scripts still
    context.close()


@pytest.fixture(scope="module")
def liar(gateway: str) -> Iterator[LyingGateway]:
    with LyingGateway(gateway) as server:
        yield server
