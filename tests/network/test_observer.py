"""An observer beside a real validator: from genesis alone to every block, with and without what is restricted."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from linxin.v1 import ledger_pb2

from client import follow
from client.connection import Connection
from client.follow import FarBehind, Follower
from client.wallet import load_key
from ledger.crypto.signing import SigningKey
from ledger.genesis import load_genesis
from ledger.modules.catalogue import network_registry
from ledger.modules.registry.messages import RevokeKey
from ledger.modules.trace import messages as m
from ledger.replay import ReplayError
from ledger.storage.install import install
from ledger.storage.level import LevelStore
from ledger.transaction import make_transaction
from network.chain import Chain
from tests.network.growing import accept
from tests.network.nodes import (
    AUDITOR,
    FARM,
    HUB,
    PASSPHRASE,
    PLATFORM,
    STRANGER,
    Client,
    Network,
    free_port,
    make_network,
    now_ms,
    refusal_of,
)
from tests.trace.world import BERRY, KG

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("observer")]

WAIT_S = 20.0
REGISTRY = network_registry()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A validator of the tests of this file, restarted by some of them."""
    made = make_network(tmp_path_factory.mktemp("observed"), empty_block_ms=200)
    made.start()
    asyncio.run(ship(made))
    yield made
    assert made.stop() == 0, made.log()


async def ship(network: Network) -> None:
    """A lot, shipped under terms that only the parties may read."""
    client = Client.of(network)
    await accept(
        client,
        FARM,
        m.RegisterProduct(BERRY, "草莓", "Strawberry", "kg", 0, 100_000),
        m.RegisterPlot("tunnel", "一号棚", "Tunnel", 600),
        m.StartPlanting("berry", "tunnel", "草莓", "红颜", now_ms() - 60_000),
        m.Harvest("berry", BERRY, "L1", 100 * KG, now_ms()),
    )
    action = m.Ship("priced", "hub", now_ms(), lots=(m.Portion(f"{BERRY}/L1", 10 * KG),))
    terms, salt = m.ShippingTerms("ORDER-7", 12_300), os.urandom(32)
    raw = make_transaction(FARM, network.chain_id, action, os.urandom(16), now_ms() + 60_000, terms, salt)
    (outcome,) = await client.submit([raw])
    assert outcome.status == ledger_pb2.Outcome.ACCEPTED, outcome.refusal
    await client.channel.close(None)


class Observed:
    """An observer's ledger in a directory, following in the background."""

    def __init__(self, network: Network, path: Path, key: SigningKey | None, *endpoints: str) -> None:
        self.genesis = load_genesis(network.genesis, REGISTRY)
        self.path = path
        self.troubles: list[Exception] = []
        self.connection = Connection([*endpoints, network.address], network.authority, network.chain_id)
        self.follower = Follower(self.connection, self.genesis, REGISTRY, key, self.troubles.append)
        self.open()

    def open(self) -> None:
        self.store = LevelStore.open(self.path, self.genesis.chain_id, self.genesis.head())
        self.chain = Chain(self.store, "observer", 8)

    async def reach(self, height: int) -> None:
        """Follow until a height is final here."""
        following = asyncio.create_task(self.follower.follow(self.chain))
        reached = asyncio.create_task(self.chain.wait_beyond(height - 1))
        done, _ = await asyncio.wait({following, reached}, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED)
        for task in (following, reached):
            task.cancel()
        assert done, self.troubles
        if following in done:
            await following
        with contextlib.suppress(asyncio.CancelledError):
            await following

    async def rebuild(self) -> None:
        """Take an archive instead of what is there."""
        await asyncio.wait_for(self.follower.rebuild(self.path, self.chain.head), WAIT_S)
        self.store.close()
        install(self.path)
        self.open()

    async def close(self) -> None:
        await self.connection.close()
        self.store.close()


@pytest.fixture
async def client(network: Network) -> AsyncIterator[Client]:
    made = Client.of(network)
    yield made
    await made.channel.close(None)


async def agree(client: Client, observed: Observed) -> None:
    """The observer's certificate, blocks and rows are the validator's."""
    snapshot, height = observed.chain.snapshot, observed.chain.head.height
    block = await client.ledger.GetBlock(ledger_pb2.GetBlockRequest(height=height, include_leaves=True), timeout=10)
    stored = snapshot.block(height)
    assert stored is not None
    assert stored.note == block.note
    assert list(snapshot.leaves(stored.first_index, stored.first_index + stored.count)) == list(block.leaves)
    assert snapshot.get(f"trace/lot/{BERRY}/L1".encode()) is not None
    assert snapshot.journal_size(f"lot:{BERRY}/L1") == 2


def restart(network: Network) -> None:
    """Kill the validator and start it again."""
    network.kill()
    network.start()


async def height_of(client: Client) -> int:
    # Often a channel's first call: a connection that breaks while it is made is made again.
    request = ledger_pb2.GetStatusRequest()
    return int((await client.ledger.GetStatus(request, timeout=10, wait_for_ready=True)).height)


async def test_an_auditors_observer_runs_the_rules_again_from_genesis(
    network: Network, client: Client, tmp_path: Path
) -> None:
    observed = Observed(network, tmp_path / "ledger", AUDITOR)
    await observed.reach(await height_of(client))
    await agree(client, observed)
    assert [key for key, _ in observed.chain.snapshot.private_values()] == [
        b"ledger/secret/",
        b"trace/shipping_terms/priced",
    ]
    assert observed.troubles == []
    await accept(client, FARM, m.RegisterPlot("later", "二号棚", "Later", 5))
    height = await height_of(client)
    await observed.reach(height)
    assert observed.chain.snapshot.get(b"trace/plot/later") is not None
    await observed.close()


async def test_an_observer_without_a_key_follows_by_what_changed_and_holds_nothing_restricted(
    network: Network, client: Client, tmp_path: Path
) -> None:
    observed = Observed(network, tmp_path / "ledger", None)
    await observed.reach(await height_of(client) + 2)
    await agree(client, observed)
    assert list(observed.chain.snapshot.private_values()) == []
    assert observed.troubles == []
    await observed.close()


@pytest.mark.parametrize("key", [None, AUDITOR], ids=["public", "auditor"])
async def test_one_far_behind_takes_an_archive_and_goes_on_from_its_end(
    network: Network, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: SigningKey | None
) -> None:
    if key is None:
        await asyncio.to_thread(restart, network)  # the values that earlier blocks changed are forgotten
    else:
        monkeypatch.setattr(follow, "FAR_BEHIND_BLOCKS", 3)
    observed = Observed(network, tmp_path / "ledger", key)
    with pytest.raises(FarBehind):
        await observed.reach(2)
    await observed.rebuild()
    imported = observed.chain.head.height
    assert imported > 5
    monkeypatch.setattr(follow, "FAR_BEHIND_BLOCKS", 2_000)
    await observed.reach(imported + 2)
    await agree(client, observed)
    assert len(list(observed.chain.snapshot.private_values())) == (2 if key is not None else 0)
    assert observed.troubles == []
    await observed.close()
    assert os.listdir(tmp_path) == ["ledger"]  # noqa: PTH208  # a short read in a test


async def test_an_observer_that_gets_a_key_later_takes_what_is_restricted_then(
    network: Network, client: Client, tmp_path: Path
) -> None:
    observed = Observed(network, tmp_path / "ledger", None)
    with contextlib.suppress(FarBehind):
        await observed.reach(await height_of(client))
    await observed.rebuild()
    await observed.close()
    overseer = Observed(network, tmp_path / "ledger", AUDITOR)
    with pytest.raises(FarBehind):
        await overseer.reach(await height_of(client) + 1)
    await overseer.rebuild()
    await overseer.reach(await height_of(client) + 1)
    assert len(list(overseer.chain.snapshot.private_values())) == 2
    await overseer.close()


async def test_an_observer_passes_over_endpoints_that_do_not_answer(
    network: Network, client: Client, tmp_path: Path
) -> None:
    observed = Observed(network, tmp_path / "ledger", AUDITOR, f"127.0.0.1:{free_port()}")
    await observed.reach(await height_of(client))
    await agree(client, observed)
    await observed.close()


async def test_what_is_not_certified_is_not_stored_and_reported(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = Observed(network, tmp_path / "ledger", AUDITOR)
    real, lies = observed.connection.stream, [True]

    async def lying(*asked: Any, **more: Any) -> AsyncIterator[Any]:
        async for given in real(*asked, **more):
            block: Any = given
            if block.height == 3 and lies:
                lies.clear()
                block.leaves[0] = block.leaves[0][:-1] + b"\0"
            yield block

    monkeypatch.setattr(observed.connection, "stream", lying)
    await observed.reach(5)
    assert [type(trouble) for trouble in observed.troubles] == [ReplayError]
    assert "height 3, leaf 0" in str(observed.troubles[0])
    await observed.close()


async def first_block(client: Client, key: SigningKey | None) -> ledger_pb2.Block:
    """What a stream with restricted parts gives first."""
    request = ledger_pb2.StreamBlocksRequest(include_leaves=True, include_restricted=True)
    metadata = client.signature(key, "LedgerService/StreamBlocks", request) if key else None
    call = client.ledger.StreamBlocks(request, timeout=10, metadata=metadata)
    try:
        async for block in call:
            return block
    finally:
        call.cancel()
    raise AssertionError("no block")


async def test_restricted_parts_are_streamed_to_overseers_and_validators_alone(
    network: Network, client: Client
) -> None:
    validator = load_key(network.home / "validator.key", PASSPHRASE)
    for key in (AUDITOR, validator):
        assert (await first_block(client, key)).height == 1
    for refused, status in (
        (None, grpc.StatusCode.UNAUTHENTICATED),
        (FARM, grpc.StatusCode.PERMISSION_DENIED),
        (HUB, grpc.StatusCode.PERMISSION_DENIED),
        (STRANGER, None),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await first_block(client, refused)
        assert status in (None, failed.value.code())
        assert refusal_of(failed.value).message_zh


async def test_a_full_export_is_for_validators_too(network: Network, client: Client) -> None:
    request = ledger_pb2.ExportRequest(full=True)
    key = load_key(network.home / "validator.key", PASSPHRASE)
    metadata = client.signature(key, "LedgerService/Export", request)
    size = 0
    async for chunk in client.ledger.Export(request, timeout=10, metadata=metadata):
        size += len(chunk.data)
    assert size > 1000


async def test_a_key_that_is_revoked_ends_the_stream(network: Network, client: Client) -> None:
    request = ledger_pb2.StreamBlocksRequest(include_restricted=True)
    metadata = client.signature(AUDITOR, "LedgerService/StreamBlocks", request)
    call = client.ledger.StreamBlocks(request, timeout=20, metadata=metadata)
    await accept(client, PLATFORM, RevokeKey(AUDITOR.public_key, "compromised"))
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        async for _ in call:
            pass
    assert refusal_of(failed.value).number == 21, "revoked"
