"""The endpoint, every metric of it documented, and the figures true."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consensus.storage.files import OsDirectory
from network.config import ConfigError
from network.metrics.disk import TimedDirectory
from network.metrics.endpoint import MetricsEndpoint
from network.metrics.events import Events
from network.metrics.standing import Sources, Standing, add_standing
from network.peers.counts import Counts
from network.peers.records import Lane

PAGE = Path(__file__).resolve().parents[2] / "docs" / "METRICS.md"
ROW = re.compile(r"^\| `([a-z_]+)` \| (gauge|counter|histogram) \| ([a-z, ]*) ?\| (.+) \| (.*)\|$", re.MULTILINE)


class SomePeers:
    """A transport's figures, made up."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.counts.of("hub", Lane.VOTES).sent_messages = 7
        self.counts.refuse("UNAUTHENTICATED")

    def connected(self) -> list[str]:
        """The hub only."""
        return ["hub"]

    def waiting(self) -> dict[tuple[str, Lane], tuple[int, int]]:
        """Something for the farm."""
        return {("hub", Lane.VOTES): (0, 0), ("farm", Lane.LOG): (3, 4_000)}


def make_events() -> Events:
    """A node's events, one of each kind."""
    events = Events()
    standing = Standing("leader", 4, 90, 93, 100, 0.25, 120, 121, is_held=False)
    sources = Sources(
        lambda: standing, lambda: (5, 600), lambda: 9, lambda: {"bad signature": 2}, lambda: 1, lambda: 77, SomePeers()
    )
    add_standing(events.registry, sources)
    for leader in ("", "farm", "farm", "", "farm", "hub"):
        events.saw_leader(leader)
    events.proposed()
    events.block_final(40, 9_000, is_caught_up=True)
    events.block_final(0, 200, is_caught_up=False)
    events.transactions_final([0.12, 0.4])
    events.signatures_checked(10, 1)
    events.refused(12)
    events.synced("log", 0.002)
    return events


@pytest.fixture
async def endpoint() -> AsyncIterator[MetricsEndpoint]:
    """A running endpoint."""
    made = MetricsEndpoint(make_events().registry, "127.0.0.1:0")
    await made.start()
    yield made
    await made.stop()


async def ask(endpoint: MetricsEndpoint, request: bytes) -> tuple[bytes, str]:
    """The status line and the body that a request gets."""
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    writer.write(request)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return head.split(b"\r\n")[0], body.decode()


async def scrape(endpoint: MetricsEndpoint) -> dict[str, float]:
    """Every sample by its name and labels."""
    _, text = await ask(endpoint, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    return {
        sample.name + "".join(f" {key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_page_lists_every_metric_and_no_other(endpoint: MetricsEndpoint) -> None:
    rows = {name: (kind, labels.strip()) for name, kind, labels, _, _ in ROW.findall(PAGE.read_text("utf-8"))}
    _, text = await ask(endpoint, b"GET /metrics HTTP/1.1\r\n\r\n")
    served: dict[str, tuple[str, str]] = {}
    for family in text_string_to_metric_families(text):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        served[family.name] = (
            family.type,
            ", ".join(sorted(labels, key=["peer", "lane"].index) if len(labels) > 1 else labels),
        )
    assert rows == served
    assert all(name.startswith(("linxin_", "process_")) for name in served)


async def test_the_figures_are_those_of_the_node(endpoint: MetricsEndpoint) -> None:
    figures = await scrape(endpoint)
    assert figures["linxin_role role=leader"] == 1
    assert figures["linxin_role role=follower"] == 0
    assert figures["linxin_lag_blocks"] == 10
    assert figures["linxin_leader_changes_total"] == 2
    assert figures["linxin_timers_overdue"] == 9
    assert figures["linxin_proposals_total"] == 1
    assert figures["linxin_caught_up_blocks_total"] == 1
    assert figures["linxin_block_transactions_count"] == 2
    assert figures["linxin_block_transactions_sum"] == 40
    assert figures["linxin_time_to_final_seconds_bucket le=0.15"] == 1
    assert figures["linxin_time_to_final_seconds_bucket le=0.5"] == 2
    assert figures["linxin_signature_checks_total result=invalid"] == 1
    assert figures["linxin_refused_transactions_total number=12"] == 1
    assert figures["linxin_peer_connected peer=hub"] == 1
    assert figures["linxin_peer_connected peer=farm"] == 0
    assert figures["linxin_peer_queue_bytes lane=log peer=farm"] == 4_000
    assert figures["linxin_peer_sent_messages_total lane=votes peer=hub"] == 7
    assert figures["linxin_peer_refused_streams_total status=UNAUTHENTICATED"] == 1
    assert figures["linxin_hostile_messages_total reason=bad signature"] == 2
    assert figures["process_resident_memory_bytes"] > 1_000_000


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET / HTTP/1.1", b"HTTP/1.1 404 Not Found"),
        (b"POST /metrics HTTP/1.1", b"HTTP/1.1 405 Method Not Allowed"),
        (b"GET /metrics?name=x HTTP/1.1", b"HTTP/1.1 200 OK"),
        (b"\x16\x03\x01", b"HTTP/1.1 404 Not Found"),
        (b"GET " + b"a" * 20_000, b""),
    ],
)
async def test_other_requests(endpoint: MetricsEndpoint, request_line: bytes, status: bytes) -> None:
    got, _ = await ask(endpoint, request_line + b"\r\n\r\n")
    assert got == status
    assert (await scrape(endpoint))["linxin_term"] == 4, "it still answers"


async def test_silent_callers_keep_nobody_else_away(endpoint: MetricsEndpoint) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", endpoint.port) for _ in range(15)]
    assert (await scrape(endpoint))["linxin_term"] == 4
    for _, writer in silent:
        writer.close()


async def test_a_taken_port_is_told(endpoint: MetricsEndpoint) -> None:
    second = MetricsEndpoint(make_events().registry, f"127.0.0.1:{endpoint.port}")
    with pytest.raises(ConfigError, match=r"metrics\.listen: cannot listen"):
        await second.start()


def test_syncs_of_a_directory_are_timed(tmp_path: Path) -> None:
    seconds: list[float] = []
    directory = TimedDirectory(OsDirectory(tmp_path / "log"), seconds.append)
    file = directory.create("a")
    file.write(0, b"abc")
    assert file.size() == 3
    assert seconds == []
    file.sync()
    directory.sync()
    assert len(seconds) == 2
    assert all(0 < each < 1 for each in seconds)
    directory.rename("a", "b")
    assert directory.names() == ["b"]
    assert directory.open("b").read(0, 9) == b"abc"
    file.close()
    directory.close()
