"""Observers as real processes beside a validator: they answer public reads, and with a key restricted ones."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from linxin.v1 import ledger_pb2, provenance_pb2

from tests.network.nodes import AUDITOR, FARM, Client, Network, free_port, make_network, refusal_of
from tests.network.test_observer import height_of, ship
from tests.trace.world import BERRY

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("observer")]

WAIT_S = 20.0


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A validator with a shipped lot."""
    made = make_network(tmp_path_factory.mktemp("validator"), empty_block_ms=200)
    made.start()
    asyncio.run(ship(made))
    yield made
    assert made.stop() == 0, made.log()


def make_observer(network: Network, home: Path, *, overseer: bool) -> Network:
    """The folder of an observer that knows genesis, authority and the validator's address alone."""
    assert network.authority is not None
    address = f"127.0.0.1:{free_port()}"
    for name in ("genesis.json", "tls"):
        source = network.home / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, home / name)
    (home / "ca.crt").write_bytes(network.authority)
    key = ""
    if overseer:
        shutil.copy(network.home / "validator.key", home / "overseer.key")
        key = 'key = "overseer.key"\n'
    follow = f'[follow]\nendpoints = ["{network.address}"]\n{key}'
    (home / "node.toml").write_text(f'name = "o1"\nrole = "observer"\n[listen]\naddress = "{address}"\n{follow}')
    return Network(home, network.genesis, network.authority, address)


async def reached(node: Client, height: int) -> None:
    """Wait until a node shows a height."""
    request = ledger_pb2.StreamBlocksRequest(from_height=height)
    async for _ in node.ledger.StreamBlocks(request, timeout=WAIT_S):
        return


async def go_on(network: Network) -> None:
    """Let the validator make a few more blocks."""
    validator = Client.of(network)
    await reached(validator, await height_of(validator) + 3)
    await validator.channel.close(None)


def wait_until_taken_over(observer: Network) -> None:
    """Wait until an observer has an archive's ledger, and serves again."""
    deadline = time.monotonic() + WAIT_S
    while "serving" not in observer.log().partition("took the ledger over")[2]:
        assert time.monotonic() < deadline, observer.log()
        time.sleep(0.05)


async def check_reads(validator: Client, observer: Client) -> None:
    """The observer shows what the validator shows."""
    height = await height_of(validator)
    await reached(observer, height)
    block = ledger_pb2.GetBlockRequest(height=height, include_leaves=True)
    assert await observer.ledger.GetBlock(block, timeout=10) == await validator.ledger.GetBlock(block, timeout=10)
    journey = provenance_pb2.GetJourneyRequest(subject=f"lot:{BERRY}/L1", include_proof=True)
    shown, expected = [await each.provenance.GetJourney(journey, timeout=10) for each in (observer, validator)]
    assert [record.index for record in shown.records] == [record.index for record in expected.records]
    assert shown.proof
    status = await observer.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=10)
    assert status.role == "observer"
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await observer.submit([observer.network.plot(FARM)], wait=False)
    assert refusal_of(failed.value).number == 137, "ObserverOnly"
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await observer.ledger.DryRun(ledger_pb2.DryRunRequest(transactions=[observer.network.plot(FARM)]), timeout=10)
    assert refusal_of(failed.value).number == 137, "it has no restricted rows for rules to read"


async def restricted_size(observer: Client) -> int:
    """Bytes of a full archive that an observer gives an auditor."""
    request = ledger_pb2.ExportRequest(full=True)
    metadata = observer.signature(AUDITOR, "LedgerService/Export", request)
    return sum([len(chunk.data) async for chunk in observer.ledger.Export(request, timeout=10, metadata=metadata)])


@pytest.mark.parametrize("overseer", [False, True], ids=["public", "overseer"])
def test_an_observer_starts_from_genesis_follows_and_serves(
    network: Network, tmp_path: Path, *, overseer: bool
) -> None:
    home = make_observer(network, tmp_path, overseer=overseer)
    home.start()

    async def check() -> None:
        validator, observer = Client.of(network), Client.of(home)
        await check_reads(validator, observer)
        if overseer:
            assert await restricted_size(observer) > 1000
        else:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await restricted_size(observer)
            assert refusal_of(failed.value).number == 139, "NothingRestricted"
        await validator.channel.close(None)
        await observer.channel.close(None)

    try:
        asyncio.run(check())
        home.kill()
        asyncio.run(go_on(network))
        network.kill()
        network.start()  # what earlier blocks changed is forgotten: an observer without a key needs an archive now
        home.start()
        if not overseer:
            wait_until_taken_over(home)
        asyncio.run(check())
        assert sorted(entry.name for entry in (tmp_path / "data").iterdir()) == ["ledger"]
        assert home.stop() == 0, home.log()
    finally:
        home.kill()
