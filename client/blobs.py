"""Evidence files to and from the vault, checked on the way: what comes back is what the address commits to."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import grpc
from linxin.v1 import blob_pb2

from client.connection import Connection, signed_request
from client.failures import Failure, Remote, Unreachable, remote_failure
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm, SigningKey, verify

FILE_SIZE_MAX = 32 * 1024 * 1024
SALT_SIZE = 32
CHUNK_BYTES = 256 * 1024
TRANSFER_S_MAX = 120.0
_SERVICE = "/linxin.v1.BlobService/"

_T = TypeVar("_T")


class BlobFailure(Failure):
    """A file that cannot be stored, or that did not come back as what it was."""


class EndpointSilent(Failure):
    """Vaults that could not be asked to erase, and so may still hold a file; `receipts`: of those that erased it."""

    def __init__(self, endpoints: Sequence[str], receipts: Sequence[blob_pb2.ErasureReceipt] = ()) -> None:
        names = ", ".join(endpoints)
        super().__init__(
            f"节点 {names} 没有应答，可能仍存有文件",
            f"no answer from {names}, where files may still lie",
            "待其恢复后重试：已擦除的部分会给出同一回执",
            "try again when it is back: what is erased is answered with the same receipt",
        )
        self.endpoints = tuple(endpoints)
        self.receipts = list(receipts)


async def put_blob(
    connection: Connection,
    key: SigningKey,
    content: bytes,
    *,
    media_type: str,
    blob_class: blob_pb2.BlobClass.ValueType = blob_pb2.PUBLIC,
    retention: blob_pb2.RetentionClass.ValueType = blob_pb2.EVIDENCE,
    holders: Sequence[str] = (),
    membership: bytes = b"",
) -> blob_pb2.PutResponse:
    """Store a file of 1 byte to 32 MiB; the answer's address is what a record may name, its salt proves the address.

    `membership`: MessagePack of the voucher for a resident's key that nobody registered (`client.reviewing`).
    Raises `BlobFailure`, `Remote`, `Unreachable`.
    """
    if not 1 <= len(content) <= FILE_SIZE_MAX:
        raise BlobFailure(
            f"文件为 {len(content)} 字节，须为 1 至 {FILE_SIZE_MAX}",
            f"the file has {len(content)} bytes, 1 to {FILE_SIZE_MAX} can be stored",
            "请压缩或拆分后上传",
            "compress or split it",
        )
    description = blob_pb2.BlobDescription(
        blob_class=blob_class,
        media_type=media_type,
        holders=holders,
        retention=retention,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        membership=membership,
    )
    first = blob_pb2.PutRequest(description=description)

    def parts() -> Iterator[blob_pb2.PutRequest]:
        yield first
        for start in range(0, len(content), CHUNK_BYTES):
            yield blob_pb2.PutRequest(chunk=content[start : start + CHUNK_BYTES])

    status = await connection.status()
    for _ in connection.endpoints:
        if status.role != "observer":
            break
        connection.move_on()  # an observer has no vault
        status = await connection.status()
    sign = signed_request(key, status.chain_id, f"{_SERVICE}Put", first)
    try:
        stored = await connection.here().blobs.Put(parts(), timeout=TRANSFER_S_MAX, metadata=sign())
    except grpc.aio.AioRpcError as error:
        raise remote_failure(error) from None
    if digest("blob", stored.salt, content) != stored.address:
        raise _mismatch("地址与内容不符", "its address is not that of the content")
    return stored


async def get_blob(
    connection: Connection, address: bytes, key: SigningKey | None = None
) -> tuple[blob_pb2.BlobDescription, bytes]:
    """A stored file and its description; `key` signs the request where the file is restricted. Raises as `put_blob`.

    A file lies in the vault that took it: endpoints that have none of that address are passed over. What comes back is
    what the address commits to, whoever serves it.
    """
    return await _where_it_lies(connection, lambda: get_here(connection, address, key))


async def get_here(
    connection: Connection,
    address: bytes,
    key: SigningKey | None = None,
    *,
    size_max: int = FILE_SIZE_MAX,
    timeout_s: float = TRANSFER_S_MAX,
) -> tuple[blob_pb2.BlobDescription, bytes]:
    """As `get_blob`, of the first endpoint that answers, and of at most `size_max` bytes."""
    request = blob_pb2.GetBlobRequest(address=address)
    sign = None
    if key is not None:
        sign = signed_request(key, (await connection.status()).chain_id, f"{_SERVICE}Get", request)
    answers: AsyncIterator[blob_pb2.GetBlobResponse] = connection.stream(
        lambda to: to.blobs.Get, request, blob_pb2.GetBlobResponse, timeout_s=timeout_s, sign=sign
    )
    description, salt, content = blob_pb2.BlobDescription(), b"", bytearray()
    async for part in answers:
        if part.HasField("description"):
            description, salt = part.description, part.salt
        else:
            content += part.chunk
        if len(content) > size_max:
            raise _mismatch(f"超过 {size_max} 字节", f"it is larger than {size_max} bytes")
    # A salt of another size would let the start of the content pass for a part of it.
    if len(salt) != SALT_SIZE or digest("blob", salt, bytes(content)) != address:
        raise _mismatch("内容与其地址不符", "it is not what its address commits to")
    return description, bytes(content)


async def erase_blob(connection: Connection, key: SigningKey, address: bytes) -> blob_pb2.ErasureReceipt:
    """Erase a file that the key's holder stored; the receipt's signature has been checked. Raises as `put_blob`."""
    request = blob_pb2.EraseRequest(address=address)
    status = await connection.status()
    sign = signed_request(key, status.chain_id, f"{_SERVICE}Erase", request)
    receipt = await _where_it_lies(
        connection,
        lambda: connection.call(
            lambda to: to.blobs.Erase, request, blob_pb2.ErasureReceipt, timeout_s=TRANSFER_S_MAX, sign=sign
        ),
    )
    message = digest("erasure", encode([status.chain_id, address, receipt.time_ms]))
    if not verify(Algorithm.ED25519, receipt.public_key, receipt.signature, message):
        raise _mismatch("擦除回执签名无效", "the signature of its erasure receipt does not verify")
    return receipt


async def _where_it_lies(connection: Connection, ask: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """The answer of the first endpoint that has the file; else the fullest refusal, such as that it was erased."""
    refusals: list[Remote] = []
    for _ in connection.endpoints:
        try:
            return await ask()
        except Remote as refusal:
            if refusal.status is not grpc.StatusCode.NOT_FOUND:
                raise
            refusals.append(refusal)
            connection.move_on()
    raise max(refusals, key=lambda refusal: refusal.number)


def tell_receipt(receipt: blob_pb2.ErasureReceipt) -> dict[str, Any]:
    """A signed receipt of erasure as JSON has it."""
    told = {name: getattr(receipt, name).hex() for name in ("address", "public_key", "signature")}
    return told | {"name": receipt.name, "time_ms": receipt.time_ms}


async def erase_everywhere(connection: Connection, key: SigningKey, address: bytes) -> list[blob_pb2.ErasureReceipt]:
    """Erase a file in every vault of the connection's endpoints that has it; their receipts, checked. Empty where none
    ever had it. Raises `EndpointSilent` when all were asked, where one does not answer: it may still hold the file;
    `Remote`.
    """
    receipts: list[blob_pb2.ErasureReceipt] = []
    silent: list[str] = []
    for endpoint in connection.endpoints:
        async with connection.only(endpoint) as alone:
            try:
                receipts.append(await erase_blob(alone, key, address))
            except Unreachable:
                silent.append(endpoint)
            except Remote as refusal:
                if refusal.status not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED):
                    raise
    if silent:
        raise EndpointSilent(silent, receipts)
    return receipts


async def read_file(path: Path) -> bytes:
    """The bytes of a local file, read beside the event loop. Raises OSError."""
    return await asyncio.to_thread(path.read_bytes)


def _mismatch(zh: str, en: str) -> BlobFailure:
    return BlobFailure(
        f"存证文件：{zh}",
        f"the vault's file: {en}",
        "请换一个节点重试，并通知其运维",
        "try another node, tell this one's operator",
    )
