"""The vault over a real network: classes, holders, owners, receipts, mismatches."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from linxin.v1 import blob_pb2, ledger_pb2

from client.reviewing import make_membership
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import digest, sha256
from ledger.crypto.signing import SigningKey
from network.access import REQUEST_METADATA, request_message
from network.errors import RetentionBinds
from network.vault.erasure import verify_erasure
from tests.network.market import Market
from tests.network.nodes import AUDITOR, FARM, HUB, PLATFORM, STRANGER, Client, Network, key_of, now_ms, refusal_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]


def description(content: bytes, *, blob_class: int = blob_pb2.RESTRICTED) -> blob_pb2.BlobDescription:
    return blob_pb2.BlobDescription(
        blob_class=blob_pb2.BlobClass.ValueType(blob_class),
        media_type="image/jpeg",
        holders=["organisation:hub"],
        retention=blob_pb2.WORKING,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
    )


async def put(
    client: Client, content: bytes, *, key: SigningKey = FARM, described: blob_pb2.BlobDescription | None = None
) -> blob_pb2.PutResponse:
    first = blob_pb2.PutRequest(description=described or description(content))

    def parts() -> Iterator[blob_pb2.PutRequest]:
        yield first
        for start in range(0, len(content), 1 << 20):
            yield blob_pb2.PutRequest(chunk=content[start : start + (1 << 20)])

    return await client.blobs.Put(parts(), timeout=30, metadata=client.signature(key, "BlobService/Put", first))


async def get(client: Client, address: bytes, key: SigningKey | None) -> bytes:
    request = blob_pb2.GetBlobRequest(address=address)
    metadata = client.signature(key, "BlobService/Get", request) if key else None
    parts = [part async for part in client.blobs.Get(request, timeout=30, metadata=metadata)]
    assert parts[0].description.media_type == "image/jpeg"
    return b"".join(part.chunk for part in parts[1:])


async def status_of(call: object) -> tuple[str, int]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]  # any of the calls above
    return caught.value.code().name, refusal_of(caught.value).number


async def test_a_restricted_file_is_for_owner_holders_and_auditors(node: Network, client: Client) -> None:
    content = bytes(range(256)) * 9000
    stored = await put(client, content)
    assert stored.address == digest("blob", stored.salt, content)
    for key in (FARM, HUB, AUDITOR):
        assert await get(client, stored.address, key) == content
    assert await status_of(get(client, stored.address, PLATFORM)) == ("PERMISSION_DENIED", 123)
    assert await status_of(get(client, stored.address, None)) == ("UNAUTHENTICATED", 122)
    assert await status_of(get(client, stored.address, STRANGER)) == ("UNAUTHENTICATED", 20)
    assert await status_of(get(client, bytes(32), FARM)) == ("NOT_FOUND", 121)
    assert await status_of(get(client, b"short", FARM)) == ("INVALID_ARGUMENT", 120)


async def test_a_public_file_is_for_everyone(node: Network, client: Client) -> None:
    content = b"laboratory report"
    stored = await put(client, content, described=description(content, blob_class=blob_pb2.PUBLIC))
    assert await get(client, stored.address, None) == content


async def test_only_registered_keys_store_and_only_what_they_describe(node: Network, client: Client) -> None:
    content = b"hello"
    assert await status_of(put(client, content, key=STRANGER)) == ("UNAUTHENTICATED", 20)
    assert await status_of(put(client, b"other", described=description(content))) == ("DATA_LOSS", 131)
    assert await status_of(put(client, b"hell", described=description(content))) == ("DATA_LOSS", 131)
    assert await status_of(put(client, b"hello!", described=description(content))) == ("DATA_LOSS", 131)
    large = description(content)
    large.size = 32 * 1024 * 1024 + 1
    assert await status_of(put(client, content, described=large)) == ("INVALID_ARGUMENT", 120)
    face = description(content, blob_class=blob_pb2.PUBLIC)
    face.retention = blob_pb2.PERSONAL
    assert await status_of(put(client, content, described=face)) == ("INVALID_ARGUMENT", 120)


async def test_who_is_refused_while_still_sending_is_told_why(node: Network, client: Client) -> None:
    for number in range(500):
        assert await status_of(put(client, bytes(number % 7), key=STRANGER)) == ("UNAUTHENTICATED", 20)


async def test_an_upload_that_stalls_is_ended_and_leaves_nothing(node: Network, client: Client) -> None:
    first = blob_pb2.PutRequest(description=description(b"hello"))
    metadata = client.signature(FARM, "BlobService/Put", first)

    async def parts() -> AsyncIterator[blob_pb2.PutRequest]:
        yield first
        await asyncio.sleep(5)

    assert await status_of(client.blobs.Put(parts(), timeout=20, metadata=metadata)) == ("DEADLINE_EXCEEDED", 135)
    assert not list((node.home / "vault" / "incoming").iterdir())


async def test_a_signed_upload_cannot_be_replayed(node: Network, client: Client) -> None:
    first = blob_pb2.PutRequest(description=description(b"hello"))
    metadata = client.signature(FARM, "BlobService/Put", first)
    parts = [first, blob_pb2.PutRequest(chunk=b"hello")]
    await client.blobs.Put(iter(parts), timeout=10, metadata=metadata)
    assert await status_of(client.blobs.Put(iter(parts), timeout=10, metadata=metadata)) == ("UNAUTHENTICATED", 122)


async def test_erasure_is_the_owners_and_leaves_a_receipt_that_anyone_can_check(node: Network, client: Client) -> None:
    stored = await put(client, b"a face")
    request = blob_pb2.EraseRequest(address=stored.address)
    wanted = blob_pb2.GetReceiptRequest(address=stored.address)
    assert await status_of(client.blobs.GetReceipt(wanted, timeout=5)) == ("NOT_FOUND", 121)

    async def erase(key: SigningKey) -> blob_pb2.ErasureReceipt:
        metadata = client.signature(key, "BlobService/Erase", request)
        return await client.blobs.Erase(request, timeout=10, metadata=metadata)

    assert await status_of(erase(HUB)) == ("PERMISSION_DENIED", 123)
    receipt = await erase(FARM)
    assert verify_erasure(node.chain_id, stored.address, receipt.time_ms, receipt.public_key, receipt.signature)
    assert receipt.name == "linxin/test/v1"
    assert await client.blobs.GetReceipt(wanted, timeout=5) == receipt
    assert await status_of(get(client, stored.address, FARM)) == ("NOT_FOUND", 133)


def traces(home: Path, *wanted: bytes) -> list[str]:
    """The files under a home that hold one of some bytes, raw, in hex or in base64."""
    forms = {form for raw in wanted for form in (raw, raw.hex().encode(), base64.b64encode(raw))}
    files = [path for path in home.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]


async def test_evidence_is_not_erased_before_its_date(node: Network, client: Client) -> None:
    described = description(b"a finding")
    described.retention = blob_pb2.EVIDENCE
    stored = await put(client, b"a finding", described=described)
    request = blob_pb2.EraseRequest(address=stored.address)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await client.blobs.Erase(request, timeout=10, metadata=client.signature(FARM, "BlobService/Erase", request))
    told = refusal_of(refused.value)
    assert (refused.value.code().name, told.number) == ("FAILED_PRECONDITION", RetentionBinds.number)
    assert told.details[:2] == [stored.address.hex(), "EVIDENCE"]
    assert told.details[2].endswith("+08:00")
    assert await get(client, stored.address, FARM) == b"a finding", "nothing was erased"


async def test_a_vault_lists_what_is_for_the_asker_in_pages(node: Network, client: Client) -> None:
    stored = await put(client, b"for the hub")

    async def listed(key: SigningKey, page: bytes = b"") -> dict[bytes, blob_pb2.StoredBlob]:
        request = blob_pb2.ListBlobsRequest(page_token=page)
        answer = await client.blobs.List(
            request, timeout=10, metadata=client.signature(key, "BlobService/List", request)
        )
        return {each.address: each for each in answer.files}

    mine, named = (await listed(FARM))[stored.address], (await listed(HUB))[stored.address]
    assert (mine.own, mine.owner, mine.retained_until_ms) == (True, "organisation:farm", 0)
    assert (named.own, named.salt) == (False, stored.salt)
    assert stored.address not in await listed(PLATFORM)
    assert await listed(STRANGER) == {}
    assert stored.address not in await listed(FARM, stored.address), "the page after it"
    assert await status_of(listed(FARM, b"short")) == ("INVALID_ARGUMENT", 120)
    assert await status_of(client.blobs.List(blob_pb2.ListBlobsRequest(), timeout=5)) == ("UNAUTHENTICATED", 122)


async def test_nothing_under_the_home_holds_an_erased_file_or_its_key(node: Network, client: Client) -> None:
    content = b"canary 7f3a of a resident's face"
    stored = await put(client, content)
    name = stored.address.hex()
    key = (node.home / "vault-keys" / name[:2] / name).read_bytes()
    sealed = (node.home / "vault" / "files" / name[:2] / name).read_bytes()
    assert traces(node.home, key) == [str(node.home / "vault-keys" / name[:2] / name)], "the key lies in one place"
    assert not traces(node.home, content, stored.salt)
    request = blob_pb2.EraseRequest(address=stored.address)
    await client.blobs.Erase(request, timeout=10, metadata=client.signature(FARM, "BlobService/Erase", request))
    assert not traces(node.home, content, key, stored.salt, hashlib.sha256(content).digest(), sealed[-48:])


async def test_a_signed_request_is_good_for_its_method_request_chain_and_minute_only(
    node: Network, client: Client
) -> None:
    stored = await put(client, b"terms")
    get_it = blob_pb2.GetBlobRequest(address=stored.address)
    erase = blob_pb2.EraseRequest(address=stored.address)
    assert get_it.SerializeToString() == erase.SerializeToString(), "so that only the method tells them apart"

    def signed(
        method: str, *, ago_ms: int = 0, chain_id: bytes = node.chain_id, key: SigningKey = FARM, at_ms: int = 0
    ) -> Any:
        time_ms = at_ms or now_ms() - ago_ms
        message = request_message(chain_id, f"/linxin.v1.{method}", sha256(erase.SerializeToString()), time_ms)
        proof = ledger_pb2.RequestSignature(
            algorithm=1, public_key=key.public_key, time_ms=time_ms, signature=key.sign(message)
        )
        return ((REQUEST_METADATA, proof.SerializeToString()),)

    def ask(metadata: Any) -> Any:
        return client.blobs.Erase(erase, timeout=10, metadata=metadata)

    for metadata in (
        signed("BlobService/Get"),
        signed("BlobService/Erase", chain_id=bytes(32)),
        signed("BlobService/Erase", ago_ms=61_000),
        signed("BlobService/Erase", ago_ms=-62_000),
        ((REQUEST_METADATA, b"\xff\xff"),),
        None,
    ):
        assert await status_of(ask(metadata)) == ("UNAUTHENTICATED", 122)
    assert await get(client, stored.address, FARM) == b"terms", "nothing was erased"
    at_ms = now_ms() - 50_000
    others = signed("BlobService/Erase", key=HUB, at_ms=at_ms)
    assert await status_of(ask(others)) == ("PERMISSION_DENIED", 123)
    good = signed("BlobService/Erase", at_ms=at_ms)
    await ask(good)  # although another asked the same in the same millisecond
    assert await status_of(ask(good)) == ("UNAUTHENTICATED", 122), "once"


RESIDENT, NEIGHBOUR = key_of("anna's key in the garden"), key_of("bo's key in the garden")


def member(node: Network, key: SigningKey = RESIDENT, by: SigningKey | None = None, **changes: Any) -> bytes:
    """The garden's word that a key is a member's, MessagePack."""
    told: dict[str, Any] = {"serves": (), "valid_to_ms": now_ms() + 60_000} | changes
    return encode(make_membership(by or key_of("garden"), node.chain_id, "garden", key, **told))


def of_resident(content: bytes, membership: bytes) -> blob_pb2.BlobDescription:
    described = description(content, blob_class=blob_pb2.PUBLIC)
    described.retention = blob_pb2.WORKING
    described.membership = membership
    return described


async def test_a_resident_stores_under_a_key_nobody_registered_and_she_alone_erases(market: Market) -> None:
    node, client = market.network, Client.of(market.network)
    words = "很甜".encode()
    stored = await put(client, words, key=RESIDENT, described=of_resident(words, member(node)))
    assert await get(client, stored.address, None) == words
    request = blob_pb2.EraseRequest(address=stored.address)

    async def erase(key: SigningKey) -> blob_pb2.ErasureReceipt:
        metadata = client.signature(key, "BlobService/Erase", request)
        return await client.blobs.Erase(request, timeout=10, metadata=metadata)

    assert await status_of(erase(NEIGHBOUR)) == ("UNAUTHENTICATED", 20)
    for key in (key_of("garden"), FARM, AUDITOR):
        assert await status_of(erase(key)) == ("PERMISSION_DENIED", 123), "not even her community"
    receipt = await erase(RESIDENT)
    assert verify_erasure(node.chain_id, stored.address, receipt.time_ms, receipt.public_key, receipt.signature)
    assert await erase(RESIDENT) == receipt
    assert await status_of(get(client, stored.address, None)) == ("NOT_FOUND", 133)
    await client.channel.close(None)


async def test_a_residents_file_needs_her_registrars_word_for_that_key(market: Market) -> None:
    node, client = market.network, Client.of(market.network)
    words = b"words"
    good = member(node)
    for membership in (
        member(node, NEIGHBOUR),
        member(node, by=FARM),
        member(node, by=key_of("lin")),
        member(node, valid_to_ms=now_ms() - 1),
    ):
        described = of_resident(words, membership)
        assert await status_of(put(client, words, key=RESIDENT, described=described)) == ("PERMISSION_DENIED", 140)
    described = of_resident(words, member(node, by=STRANGER))
    assert await status_of(put(client, words, key=RESIDENT, described=described)) == ("UNAUTHENTICATED", 20)
    for wrong in (b"\xc1", good + b"\0", good[:-1], bytes(5_000)):
        described = of_resident(words, wrong)
        assert await status_of(put(client, words, key=RESIDENT, described=described)) == ("INVALID_ARGUMENT", 120)
    large = of_resident(words, good)
    large.size = 8 * 1024 * 1024 + 1
    assert await status_of(put(client, words, key=RESIDENT, described=large)) == ("INVALID_ARGUMENT", 120)
    await client.channel.close(None)
