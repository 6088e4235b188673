"""Who may talk to a validator, and for how long: keys, ids, chains, changes of the records while all are running."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import grpc
import pytest
from linxin.v1 import peer_pb2, peer_pb2_grpc

from ledger.crypto.signing import Algorithm, SigningKey
from network.config import ConfigError
from network.peers.identity import TARGET_NAME, is_issued_by, make_leaf, trust_anchor
from network.peers.records import Lane, Status
from network.replica.errors import PeerFault
from tests.peers.validators import CHAIN_ID, Group, Validator, eventually, key_of, pair, record_of

HELLO = peer_pb2.Hello(version=1, chain_id=CHAIN_ID, sender="hub", receiver="farm", lane=peer_pb2.LANE_VOTES)
HUB = key_of("hub")
WELCOME = (grpc.StatusCode.OK, "")


class Forger(SigningKey):
    """A key that puts another's name on what it signs."""

    def __init__(self, name: str, signer: str) -> None:
        own = key_of(signer)
        self.algorithm = Algorithm.ED25519
        self.public_key = key_of(name).public_key
        self._own = own

    def sign(self, message: bytes) -> bytes:
        """Sign with the key that it has."""
        return self._own.sign(message)


@pytest.fixture
async def farm() -> AsyncIterator[Validator]:
    """A validator that knows a hub, which does not run."""
    async with Group("farm", "hub") as group:
        yield await group.start("farm")


async def call(
    server: Validator, hello: peer_pb2.Hello, key: SigningKey | None, *frames: peer_pb2.Frame
) -> tuple[grpc.StatusCode, str]:
    """How a hand-made caller fares: the status of its stream, OK when it was welcomed."""
    anchor = trust_anchor(server.key.public_key)
    credentials = grpc.ssl_channel_credentials(anchor)
    if key is not None:
        leaf = make_leaf(key)
        credentials = grpc.ssl_channel_credentials(anchor, leaf.private_key, leaf.certificate)
    options = [("grpc.ssl_target_name_override", TARGET_NAME)]
    async with grpc.aio.secure_channel(f"127.0.0.1:{server.port}", credentials, options=options) as channel:
        return await _deliver(channel, hello, *frames)


async def _deliver(
    channel: grpc.aio.Channel, hello: peer_pb2.Hello, *frames: peer_pb2.Frame
) -> tuple[grpc.StatusCode, str]:
    stream = peer_pb2_grpc.PeerServiceStub(channel).Deliver()  # type: ignore[call-arg]  # frames are written
    try:
        await stream.write(peer_pb2.Frame(hello=hello))
        welcomed = isinstance(await stream.read(), peer_pb2.Welcome)
        for frame in frames:
            await stream.write(frame)
        if frames:
            await stream.read()
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        welcomed = False
    if welcomed and not frames:
        return WELCOME
    return await stream.code(), str(await stream.details())


async def test_a_known_key_is_welcome(farm: Validator) -> None:
    assert await call(farm, HELLO, key_of("hub")) == WELCOME


@dataclass(frozen=True)
class Lie:
    """A caller that is not what it says, and the status it gets."""

    status: grpc.StatusCode
    key: SigningKey | None = HUB
    sender: str = "hub"
    receiver: str = "farm"
    chain_id: bytes = CHAIN_ID
    version: int = 1
    lane: "peer_pb2.Lane.ValueType" = peer_pb2.LANE_VOTES


LIES = {
    "unknown-key": Lie(grpc.StatusCode.UNAVAILABLE, key_of("stranger")),
    "known-name-signed-by-another-key": Lie(grpc.StatusCode.UNAVAILABLE, Forger("hub", "stranger")),
    "no-certificate": Lie(grpc.StatusCode.UNAVAILABLE, None),
    "id-of-another": Lie(grpc.StatusCode.UNAUTHENTICATED, sender="platform"),
    "id-of-nobody": Lie(grpc.StatusCode.PERMISSION_DENIED, sender="nobody"),
    "id-of-the-callee": Lie(grpc.StatusCode.PERMISSION_DENIED, sender="farm"),
    "another-chain": Lie(grpc.StatusCode.FAILED_PRECONDITION, chain_id=bytes(32)),
    "another-receiver": Lie(grpc.StatusCode.FAILED_PRECONDITION, receiver="platform"),
    "another-version": Lie(grpc.StatusCode.FAILED_PRECONDITION, version=2),
    "no-lane": Lie(grpc.StatusCode.INVALID_ARGUMENT, lane=peer_pb2.LANE_UNSPECIFIED),
}


@pytest.mark.parametrize("name", LIES)
async def test_who_lies_is_refused(name: str) -> None:
    lie = LIES[name]
    hello = peer_pb2.Hello(
        version=lie.version, chain_id=lie.chain_id, sender=lie.sender, receiver=lie.receiver, lane=lie.lane
    )
    async with Group("farm", "hub", "platform") as group:
        farm = await group.start("farm")
        status, words = await call(farm, hello, lie.key)
        assert status is lie.status, words
        assert farm.received == []
        assert await call(farm, HELLO, key_of("hub")) == WELCOME, "others are served as before"


async def test_plain_text_is_refused(farm: Validator) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{farm.port}") as channel:
        status, _ = await _deliver(channel, HELLO)
    assert status is grpc.StatusCode.UNAVAILABLE


async def test_a_malformed_frame_ends_the_stream(farm: Validator) -> None:
    status, _ = await call(farm, HELLO, key_of("hub"), peer_pb2.Frame())
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    status, _ = await call(farm, HELLO, key_of("hub"), peer_pb2.Frame(hello=HELLO, messages=[b"x"]))
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    status, _ = await call(farm, HELLO, key_of("hub"), peer_pb2.Frame(messages=[bytes(25 * 1024 * 1024)]))
    assert status is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert farm.received == []
    assert farm.transport.counts.refused == {"INVALID_ARGUMENT": 2}


def test_a_certificate_is_only_what_its_key_signed() -> None:
    leaf = make_leaf(key_of("hub")).certificate
    assert is_issued_by(leaf, key_of("hub").public_key)
    assert not is_issued_by(leaf, key_of("farm").public_key)
    assert not is_issued_by(make_leaf(Forger("hub", "stranger")).certificate, key_of("hub").public_key)
    assert not is_issued_by(trust_anchor(key_of("hub").public_key), key_of("hub").public_key)
    assert not is_issued_by(b"", key_of("hub").public_key)
    assert not is_issued_by(leaf[:200], key_of("hub").public_key)
    assert trust_anchor(key_of("hub").public_key) == trust_anchor.__wrapped__(key_of("hub").public_key)


async def test_a_server_without_the_peer_s_key_gets_nothing() -> None:
    async with Group("farm", "hub", "platform") as group:
        hub = await group.start("hub")
        farm = group.make("farm")
        farm.records["platform"] = replace(farm.records["platform"], address=farm.records["hub"].address)
        await group.run(farm)
        await eventually(lambda: farm.transport.counts.of("platform", Lane.VOTES).breaks >= 3, "several attempts")
        assert farm.transport.connected() == ["hub"]
        assert not farm.transport.send("platform", Lane.VOTES, b"secret")
        assert hub.received == []


async def test_a_new_peer_is_let_in_while_running() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        group.records["platform"] = record_of("platform", 0)
        platform = await group.start("platform", id="platform")
        record = record_of("platform", platform.port)
        hub.set("lab", record_of("lab", 1))
        hub.set("platform", record)
        await eventually(lambda: hub.is_connected("platform") and platform.is_connected("hub"))
        assert not platform.is_connected("farm"), "the farm has not heard of it yet"
        farm.set("platform", record)
        await eventually(lambda: farm.is_connected("platform") and platform.is_connected("farm"))
        assert farm.events.count("-hub") == 0, "others are not disturbed"


async def test_a_removed_peer_is_cut_off() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        farm.remove("hub")
        await eventually(lambda: farm.events[-1] == "-hub" and hub.events[-1] == "-farm")
        assert not farm.transport.send("hub", Lane.VOTES, b"x")
        await eventually(lambda: hub.transport.counts.of("farm", Lane.VOTES).breaks >= 3, "it tries in vain")
        assert not hub.is_connected("farm")


async def test_membership_is_looked_up_for_every_message() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)

        def remove_after_second(_: str, data: bytes) -> None:
            if data == b"2":
                del farm.records["hub"]

        farm.on_message = remove_after_second
        for data in (b"1", b"2", b"3", b"4"):
            assert hub.transport.send("farm", Lane.LOG, data)
        await eventually(lambda: "PERMISSION_DENIED" in farm.transport.counts.refused)
        await asyncio.sleep(0.1)
        assert farm.got("hub") == [b"1", b"2"]


async def test_a_rotated_key_replaces_the_old_one() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        farm.set("hub", record_of("hub", hub.port, key="hub's second key"))
        await eventually(lambda: farm.events[-1] == "-hub" and hub.events[-1] == "-farm")
        status, _ = await call(farm, HELLO, key_of("hub"))
        assert status is grpc.StatusCode.UNAVAILABLE
        await group.stop(hub)
        renewed = await group.start("hub", key="hub's second key")
        await eventually(lambda: farm.is_connected("hub") and renewed.is_connected("farm"))
        renewed.transport.send("farm", Lane.VOTES, b"with the new key")
        await eventually(lambda: farm.got("hub") == [b"with the new key"])


async def test_a_moved_peer_is_found_at_its_new_address() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        await group.stop(hub)
        group.ports["hub"] = 0
        moved = group.make("hub")
        moved.port = 0
        moved.build()
        await group.run(moved)
        assert moved.transport.port
        farm.set("hub", record_of("hub", moved.transport.port))
        await eventually(lambda: farm.is_connected("hub"))


async def test_a_retired_validator_may_only_fetch_blocks() -> None:
    async with Group("farm", "hub") as group:
        farm = group.make("farm")
        farm.records["hub"] = replace(farm.records["hub"], status=Status.RETIRED)
        await group.run(farm)
        await asyncio.sleep(0.2)
        assert farm.transport.counts.of("hub", Lane.VOTES).breaks == 0, "the retired are not dialled"
        hub = await group.start("hub")
        await eventually(lambda: hub.is_connected("farm") and farm.is_connected("hub"))
        hub.transport.send("farm", Lane.VOTES, b"my vote")
        assert hub.transport.send("farm", Lane.BULK, b"blocks, please")
        await eventually(lambda: farm.got("hub") == [b"blocks, please"])
        await eventually(lambda: farm.transport.send("hub", Lane.BULK, b"here they are"))
        await eventually(lambda: hub.got("farm")[-1:] == [b"here they are"])
        assert farm.got("hub") == [b"blocks, please"]
        await group.stop(hub)
        await eventually(lambda: not farm.is_connected("hub"))
        breaks = farm.transport.counts.of("hub", Lane.VOTES).breaks
        await asyncio.sleep(0.3)
        assert farm.transport.counts.of("hub", Lane.VOTES).breaks <= breaks + 1, "not dialled any more"


async def test_a_faulty_peer_is_cut_off_and_may_come_back() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)

        def judge(peer: str, data: bytes) -> None:
            if data == b"nonsense":
                raise PeerFault(peer, "no such message")

        farm.on_message = judge
        assert hub.transport.send("farm", Lane.VOTES, b"nonsense")
        assert hub.transport.send("farm", Lane.VOTES, b"never seen")
        await eventually(lambda: hub.events == ["+farm", "-farm", "+farm"])
        assert hub.transport.send("farm", Lane.VOTES, b"sense")
        await eventually(lambda: farm.got("hub") == [b"nonsense", b"sense"])


async def test_what_must_stop_the_node_comes_out_of_run() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)

        def break_down(_peer: str, _data: bytes) -> None:
            raise OSError("the disk is gone")

        farm.on_message = break_down
        hub.transport.send("farm", Lane.VOTES, b"x")
        with pytest.raises(OSError, match="the disk is gone"):
            await asyncio.wait_for(farm.transport.run(), 5)


async def test_a_taken_port_is_told() -> None:
    async with Group("farm") as group:
        await group.start("farm")
        second = group.make("farm")
        with pytest.raises(ConfigError, match=r"peers\.listen: cannot listen"):
            await second.transport.start()
        await second.transport.stop()
