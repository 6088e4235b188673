"""Whom a client talks to: only nodes whose TLS certificate its own authority issued, and only of its own chain."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.modules import standard_registry
from cli.network_files import init_network
from cli.output import Output
from cli.starting import bring_up, take_down
from client.connection import Connection
from client.failures import Unreachable, WrongNetwork
from client.network_directory import NetworkDirectory, open_network
from network.tls import make_authority

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("trust")]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkDirectory]:
    for name in ("LINXIN_PASSPHRASE", "LINXIN_PASSPHRASE_FILE"):
        assert name not in os.environ
    made = init_network(tmp_path_factory.mktemp("trust") / "network", "trust", standard_registry())
    out = Output(as_json=True)
    bring_up(out, made)
    yield made
    take_down(out, made)


def copy_of(network: NetworkDirectory, folder: Path) -> Path:
    """What a participant without a node has."""
    for name in ("network.toml", "genesis.json", "ca.crt"):
        shutil.copy(network.root / name, folder / name)
    return folder


async def test_three_files_are_all_that_a_participant_needs(network: NetworkDirectory, tmp_path: Path) -> None:
    async with Connection.to(open_network(copy_of(network, tmp_path))) as connection:
        assert (await connection.status()).network == "trust"


async def test_a_certificate_of_another_authority_is_refused(network: NetworkDirectory, tmp_path: Path) -> None:
    folder = copy_of(network, tmp_path)
    (folder / "ca.crt").write_bytes(make_authority("trust")[0])
    opened = open_network(folder)
    async with Connection(opened.endpoints, opened.authority(), None) as connection:
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            await connection.status(timeout_s=1.5)
    assert not connection.reached


async def test_plain_text_gets_no_answer(network: NetworkDirectory) -> None:
    async with Connection(network.endpoints, None, None) as connection:
        with pytest.raises(Unreachable):
            await connection.status(timeout_s=1.5)


async def test_a_node_of_another_chain_is_refused(network: NetworkDirectory, tmp_path: Path) -> None:
    folder = copy_of(network, tmp_path)
    genesis = folder / "genesis.json"
    genesis.write_bytes(genesis.read_bytes() + b"\n")
    async with Connection.to(open_network(folder)) as connection:
        with pytest.raises(WrongNetwork):
            await connection.status()
