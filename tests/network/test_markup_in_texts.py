"""Markup in every text of a life, natively and as EPCIS: the scan page of a running gateway shows it as text."""

import asyncio
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

from ledger.modules.trace import messages as m
from tests.network.growing import accept
from tests.network.nodes import FARM, Client, Network, now_ms
from tests.network.rest import Rest, document, epcis_gateway, event
from tests.trace.world import KG

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

MARK = "<img src=x onerror=alert(1)>"
BREAKING = "\"'></script><script>alert(2)</script>&lt;"
PRODUCT = "09521234000884"


class Seen(HTMLParser):
    """What a browser would make of a page: its elements with a handler or a source of their own, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: list[str] = []
        self.scripts: list[str] = []
        self.text = ""
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        self.handlers += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        self.handlers += [f"{tag} {value}" for name, value in attrs if name in ("src", "href") and value == "x"]

    def handle_data(self, data: str) -> None:
        if self._within == "script":
            self.scripts.append(data)
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


@pytest.fixture(scope="module")
def rest(node: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    folder: Path = tmp_path_factory.mktemp("markup") / "network"
    with epcis_gateway(node, folder, "--epcis-public") as url:
        yield Rest(url)


async def told(node: Network) -> None:
    """A life whose every text is markup."""
    client, began_ms = Client.of(node), now_ms() - 3_600_000
    await accept(
        client,
        FARM,
        m.RegisterProduct(PRODUCT, MARK, BREAKING, "kg", 0, 100_000),
        m.RegisterPlot("marked", MARK, BREAKING, 600),
        m.StartPlanting("marked", "marked", MARK, BREAKING, began_ms, MARK),
        m.RecordOperation("planting:marked", "spray", began_ms + 1, MARK, BREAKING, MARK, 0, BREAKING),
        m.Harvest("marked", PRODUCT, "M1", 10 * KG, began_ms + 2),
        m.Destroy(f"{PRODUCT}/M1", KG, began_ms + 4, MARK),
        m.Recall((f"{PRODUCT}/M1",), MARK, BREAKING),
    )
    await client.channel.close(None)


def test_markup_is_shown_as_text(node: Network, rest: Rest) -> None:
    asyncio.run(told(node))
    lot = [{"epcClass": f"https://id.gs1.org/01/{PRODUCT}/10/M1"}]
    said = event(1_100, epcList=[], quantityList=lot, bizStep="storing", **{"ex:note": MARK, "ex:more": BREAKING})
    assert rest.capture(document(said, ex="https://ns.example.com/"))["success"]
    with urlopen(urljoin(rest.url, f"/01/{PRODUCT}/10/M1"), timeout=60) as answer:
        page = answer.read().decode()
        assert "script-src 'self';" in answer.headers["content-security-policy"]
    seen = Seen()
    seen.feed(page)
    assert not seen.handlers
    assert not any("alert" in text for text in seen.scripts)
    assert MARK in seen.text
    assert BREAKING in seen.text
