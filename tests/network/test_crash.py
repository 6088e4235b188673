"""Kill a real validator under load, again and again: nothing acknowledged is ever missing or different."""

import asyncio
import random
from pathlib import Path

import grpc
import pytest
from linxin.v1 import ledger_pb2

from ledger.block import decode_leaf
from ledger.certificate import verify_certificate
from ledger.crypto.log_tree import Frontier, leaf_hash
from ledger.genesis import load_genesis
from ledger.modules.catalogue import network_registry
from ledger.transaction import transaction_id
from tests.network.nodes import Client, Network, make_network

pytestmark = [pytest.mark.process, pytest.mark.soak]

ROUNDS = 4


@pytest.mark.timeout(600)
def test_no_acknowledged_transaction_is_lost_over_kills(tmp_path: Path, effort: int) -> None:
    network = make_network(tmp_path, empty_block_ms=200)
    dice = random.Random(3)
    acknowledged: dict[bytes, ledger_pb2.Receipt] = {}
    try:
        for _ in range(ROUNDS * effort):
            network.start()
            asyncio.run(_load_until_killed(network, dice.uniform(0.2, 1.5), acknowledged))
        network.start()
        asyncio.run(_audit(network, acknowledged))
        assert network.stop() == 0, network.log()
    finally:
        network.kill()
    assert len(acknowledged) > 100, "the load was no load"


async def _load_until_killed(network: Network, after_s: float, acknowledged: dict[bytes, ledger_pb2.Receipt]) -> None:
    client = Client.of(network)

    async def keep_submitting() -> None:
        while True:
            try:
                for outcome in await client.submit([network.plot() for _ in range(40)]):
                    if outcome.status == ledger_pb2.Outcome.ACCEPTED:
                        acknowledged[outcome.id] = outcome.receipt
            except grpc.aio.AioRpcError:
                return

    tasks = [asyncio.create_task(keep_submitting()) for _ in range(3)]
    await asyncio.sleep(after_s)
    network.kill()
    await asyncio.gather(*tasks)
    await client.channel.close(None)


async def _audit(network: Network, acknowledged: dict[bytes, ledger_pb2.Receipt]) -> None:
    """Read the whole chain back: every certificate, the log root of each height, every acknowledged receipt."""
    client = Client.of(network)
    validators = load_genesis(network.genesis, network_registry()).validators()
    head = (await client.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=10)).height
    found: dict[bytes, tuple[int, int, int]] = {}
    log = Frontier()
    request = ledger_pb2.StreamBlocksRequest(from_height=1, include_leaves=True)
    call = client.ledger.StreamBlocks(request, timeout=120)
    async for block in call:
        checkpoint = verify_certificate(block.note, validators)
        for index, raw in enumerate(block.leaves, block.first_index):
            leaf = decode_leaf(raw)
            found[transaction_id(leaf.body)] = (leaf.outcome[0], index, leaf.outcome[2])
        log = log.extend([leaf_hash(raw) for raw in block.leaves])
        assert (log.size, log.root()) == (checkpoint.size, checkpoint.root)
        if block.height == head:
            call.cancel()
            break
    await client.channel.close(None)
    for wanted, receipt in acknowledged.items():
        assert found[wanted] == (receipt.height, receipt.index, receipt.code)


def test_a_key_without_its_safety_file_signs_nothing(tmp_path: Path) -> None:
    network = make_network(tmp_path)
    (tmp_path / "safety" / "safety").unlink()
    network.launch()
    assert network.process is not None
    assert network.process.wait(40) == 1
    assert "safety file" in network.log()
    assert "Traceback" not in network.log()


def test_plain_text_on_loopback_by_explicit_setting(tmp_path: Path) -> None:
    network = make_network(tmp_path, plaintext=True)
    network.start()
    assert network.stop() == 0


def test_two_processes_never_share_a_home(tmp_path: Path) -> None:
    network = make_network(tmp_path)
    network.start()
    twin = Network(tmp_path, network.genesis, network.authority, network.address)
    try:
        twin.launch()
        assert twin.process is not None
        assert twin.process.wait(40) == 1
        assert "another process" in network.log()
    finally:
        network.kill()
