"""Fixtures of the network's tests: one running node for a whole module, and a client of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.network.nodes import Client, Network, make_network


@pytest.fixture(scope="module")
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
