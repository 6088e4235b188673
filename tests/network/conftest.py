"""Fixtures of the network's tests: one running node for all of them, and a client of it; the same of a market.

Files that use one belong to its `xdist_group`, or each of several test processes starts a node of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from client.connection import Connection
from tests.network.growing import grow
from tests.network.market import ORGANISATIONS, Market, trade
from tests.network.nodes import Client, Network, make_network


@pytest.fixture(scope="package")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A running validator over real TLS."""
    home: Path = tmp_path_factory.mktemp("node")
    network = make_network(home, settings="[limits]\nwaiting_count = 1500\nstall_ms = 500\n", empty_block_ms=300)
    network.start()
    yield network
    status = network.stop()
    assert status == 0, network.log()


@pytest.fixture
async def client(node: Network) -> AsyncIterator[Client]:
    """A client of the running node."""
    made = Client.of(node)
    yield made
    await made.channel.close(None)


@pytest.fixture(scope="package")
def grown(node: Network) -> int:
    """A lot with a sensor on its plot; returns when its first reading was taken."""
    return grow(node)


@pytest.fixture(scope="package")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A running validator on which a presale has been handed out in part and another is open."""
    network = make_network(tmp_path_factory.mktemp("market"), more=ORGANISATIONS, empty_block_ms=300, publish_ms=1_000)
    network.start()
    try:
        yield asyncio.run(trade(network))
        assert network.stop() == 0, network.log()
    finally:
        network.kill()


@pytest.fixture
async def teller(market: Market) -> AsyncIterator[Client]:
    """A client of the market's node."""
    made = Client.of(market.network)
    yield made
    await made.channel.close(None)


@pytest.fixture
async def connection(market: Market) -> AsyncIterator[Connection]:
    """What the client's functions ask through."""
    network = market.network
    async with Connection([network.address], network.authority, network.chain_id) as made:
        yield made
