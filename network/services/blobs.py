# ruff: noqa: N802  # the methods are named by the .proto
"""BlobService: the vault over the network (proto/linxin/v1/blob.proto). Classes and holders are enforced here."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from linxin.v1 import blob_pb2, blob_pb2_grpc

from ledger.context import Signer
from ledger.crypto.encoding import Malformed, decode
from ledger.crypto.hashing import HASH_SIZE
from ledger.errors import Refusal
from ledger.modules.archive.messages import MemberOf
from network.access import Access, is_overseer, names_of
from network.errors import BadField, NotAllowed, NotFound, RetentionBinds, UploadStalled
from network.services.calls import (
    STALL_MAX_S,
    Call,
    Slots,
    check_decoded,
    check_range,
    check_size,
    check_text,
    metadata_of,
    streaming,
    unary,
)
from network.vault.erasure import Erasure
from network.vault.retention import retained_until_ms, told
from network.vault.vault import FILE_SIZE_MAX, Description, Vault

CHUNK_SIZE_MAX = 1 << 20
HOLDERS_MAX = 100
MEDIA_TYPE_MAX = 120
SUBJECT_MAX = 128
MEMBERSHIP_MAX = 4_096
MEMBER_FILE_SIZE_MAX = 8 * 1024 * 1024
"""What one file of a resident may have: words, or a photo."""
LOOKED_AT_MAX = 500
"""Files that one page of a listing looks at."""
LISTINGS_MAX = 2
HEARD_OUT_PARTS, HEARD_OUT_S = 2, 1.0
"""How much of an upload is still read when it is refused, and for how long."""
_SERVICE = "/linxin.v1.BlobService"


class BlobService(blob_pb2_grpc.BlobServiceServicer):
    """Stores, hands out and erases files for those who may."""

    def __init__(
        self, vault: Vault, access: Access, now_ms: Callable[[], int], slots: Slots, stall_max_s: float = STALL_MAX_S
    ) -> None:
        self._vault = vault
        self._access = access
        self._now_ms = now_ms
        self._slots = slots
        self._listings = Slots("file listings", LISTINGS_MAX)
        self.stall_max_s = stall_max_s

    @unary
    async def Put(self, requests: AsyncIterator[blob_pb2.PutRequest], context: Call) -> blob_pb2.PutResponse:
        """Store a file for a registered key, or for a resident's that its registrar vouches for."""
        parts = aiter(requests)
        try:
            return await self._take(parts, context)
        except Refusal:
            await _hear_out(parts)
            raise

    async def _take(self, parts: AsyncIterator[blob_pb2.PutRequest], context: Call) -> blob_pb2.PutResponse:
        first = await self._next_part(parts)
        if first is None or not first.HasField("description"):
            raise BadField("$.description", "the first message of an upload is its description")
        signer = self._depositor(first.description, context)
        description = _checked_description(first.description, signer, self._now_ms())
        with self._slots, self._vault.begin(description) as upload:
            while (part := await self._next_part(parts)) is not None:
                if not part.HasField("chunk"):
                    raise BadField("$.chunk", "after the description come chunks only")
                check_range("$.chunk.length", len(part.chunk), 1, CHUNK_SIZE_MAX)
                upload.append(part.chunk)
            # Syncing megabytes would hold up the ordering of blocks.
            address = await asyncio.to_thread(upload.commit)
        return blob_pb2.PutResponse(address=address, salt=upload.salt)

    def _depositor(self, given: blob_pb2.BlobDescription, context: Call) -> Signer:
        """Who stores a file; a resident only so much at a time."""
        metadata, method = metadata_of(context), f"{_SERVICE}/Put"
        if not given.membership:
            return self._access.signer(metadata, method, once=True)
        check_range("$.description.membership.length", len(given.membership), 1, MEMBERSHIP_MAX)
        check_range("$.description.size", given.size, 1, MEMBER_FILE_SIZE_MAX)
        try:
            word = decode(given.membership, MemberOf)
        except Malformed as error:
            raise BadField("$.description.membership", str(error)) from None
        return self._access.member(metadata, method, word.community, word.membership, once=True)

    async def _next_part(self, parts: AsyncIterator[blob_pb2.PutRequest]) -> blob_pb2.PutRequest | None:
        try:
            # Not `wait_for`: the part must be read in this task, which remembers the hash of the first one.
            async with asyncio.timeout(self.stall_max_s):
                part = await anext(parts)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            raise UploadStalled(int(self.stall_max_s * 1000)) from None
        check_decoded(part)
        return part

    @streaming
    async def Get(self, request: blob_pb2.GetBlobRequest, context: Call) -> AsyncIterator[blob_pb2.GetBlobResponse]:
        """Stream a file to anyone (public) or to those who may read it (restricted)."""
        address = check_size("$.address", request.address, HASH_SIZE)
        description = self._vault.describe(address)
        if description.blob_class != blob_pb2.PUBLIC:
            signer = self._access.owner(metadata_of(context), f"{_SERVICE}/Get", description.owner)
            if not _may_read(signer, description):
                raise NotAllowed(signer.subject, f"file {address.hex()}")
        with self._slots:
            yield blob_pb2.GetBlobResponse(description=_description_message(description), salt=description.salt)
            for block in self._vault.read(address):
                yield blob_pb2.GetBlobResponse(chunk=block)

    @unary
    async def Erase(self, request: blob_pb2.EraseRequest, context: Call) -> blob_pb2.ErasureReceipt:
        """Destroy a file for its owner."""
        address = check_size("$.address", request.address, HASH_SIZE)
        known = self._vault.receipt(address)
        owner = self._vault.describe(address) if known is None else known
        signer = self._access.owner(metadata_of(context), f"{_SERVICE}/Erase", owner.owner, once=True)
        if not _owns(signer, owner.owner, owner.organisation):
            raise NotAllowed(signer.subject, f"the erasure of file {address.hex()}")
        if isinstance(owner, Description):
            until_ms = retained_until_ms(owner, self._access.parameters())
            if self._now_ms() < until_ms:
                name = blob_pb2.RetentionClass.Name(blob_pb2.RetentionClass.ValueType(owner.retention))
                raise RetentionBinds(address.hex(), name, told(until_ms))
        return _receipt_message(await asyncio.to_thread(self._vault.erase, address, self._now_ms()))

    @unary
    async def List(self, request: blob_pb2.ListBlobsRequest, context: Call) -> blob_pb2.ListBlobsResponse:
        """A page of what the vault holds for a signer, and of what it had erased."""
        after = check_size("$.page_token", request.page_token, HASH_SIZE) if request.page_token else b""
        signer = self._access.owner(metadata_of(context), f"{_SERVICE}/List")
        with self._listings:
            # Every file looked at is opened and deciphered, to read who may know of it.
            return await asyncio.to_thread(self._page, signer, after, self._access.parameters())

    def _page(self, signer: Signer, after: bytes, parameters: Mapping[str, int]) -> blob_pb2.ListBlobsResponse:
        looked_at = self._vault.addresses(after, LOOKED_AT_MAX)
        reply = blob_pb2.ListBlobsResponse()
        for address in looked_at:
            found = self._listed(signer, address, parameters)
            if found is not None:
                reply.files.append(found)
        if len(looked_at) == LOOKED_AT_MAX:
            reply.next_page_token = looked_at[-1]
        return reply

    def _listed(self, signer: Signer, address: bytes, parameters: Mapping[str, int]) -> blob_pb2.StoredBlob | None:
        """What a signer is told of a file; None where it is not hers. A damaged one does not tell whose it is."""
        erased = self._vault.receipt(address)
        if erased is not None:
            if not (erased.signature and _owns(signer, erased.owner, erased.organisation)):
                return None
            return blob_pb2.StoredBlob(address=address, own=True, owner=erased.owner, erased=_receipt_message(erased))
        try:
            description = self._vault.describe(address)
        except Refusal:
            return None
        own = _owns(signer, description.owner, description.organisation)
        if not own and names_of(signer).isdisjoint(description.holders):
            return None
        return blob_pb2.StoredBlob(
            address=address,
            description=_description_message(description),
            own=own,
            owner=description.owner,
            stored_ms=description.stored_ms,
            retained_until_ms=retained_until_ms(description, parameters),
            salt=description.salt,
        )

    @unary
    async def GetReceipt(self, request: blob_pb2.GetReceiptRequest, _context: Call) -> blob_pb2.ErasureReceipt:
        """The signed receipt of an erasure."""
        address = check_size("$.address", request.address, HASH_SIZE)
        erasure = self._vault.receipt(address)
        if erasure is None or not erasure.signature:
            raise NotFound("erasure receipt", address.hex())
        return _receipt_message(erasure)


def _checked_description(given: blob_pb2.BlobDescription, signer: Signer, now_ms: int) -> Description:
    if given.blob_class not in (blob_pb2.PUBLIC, blob_pb2.RESTRICTED):
        raise BadField("$.description.blob_class", "expected PUBLIC or RESTRICTED")
    if given.retention not in (blob_pb2.EVIDENCE, blob_pb2.PERSONAL, blob_pb2.WORKING):
        raise BadField("$.description.retention", "expected EVIDENCE, PERSONAL or WORKING")
    if given.blob_class == blob_pb2.PUBLIC and given.retention == blob_pb2.PERSONAL:
        raise BadField("$.description.retention", "personal data is never PUBLIC")
    check_text("$.description.media_type", given.media_type, MEDIA_TYPE_MAX)
    check_range("$.description.holders.length", len(given.holders), 0, HOLDERS_MAX)
    for number, holder in enumerate(given.holders):
        check_text(f"$.description.holders[{number}]", holder, SUBJECT_MAX)
    check_range("$.description.size", given.size, 1, FILE_SIZE_MAX)
    check_size("$.description.sha256", given.sha256, HASH_SIZE)
    return Description(
        given.blob_class,
        given.media_type,
        tuple(given.holders),
        given.retention,
        given.size,
        given.sha256,
        signer.subject,
        signer.organisation,
        b"",
        now_ms,
    )


async def _hear_out(parts: AsyncIterator[blob_pb2.PutRequest]) -> None:
    """Read what a small upload still sends: gRPC's client that is writing when it is refused may miss why."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEARD_OUT_S):
            for _ in range(HEARD_OUT_PARTS):
                if await anext(parts, None) is None:
                    return


def _may_read(signer: Signer, description: Description) -> bool:
    if is_overseer(signer) or _owns(signer, description.owner, description.organisation):
        return True
    return not names_of(signer).isdisjoint(description.holders)


def _owns(signer: Signer, owner: str, organisation: str) -> bool:
    """Whether the signer stored the file, or speaks for the organisation that did or whose device did.

    What a leader or resident stored, or the key of one, is theirs alone: their organisation only attests that they
    exist.
    """
    if signer.subject == owner:
        return True
    return not owner.startswith(("member:", "key:")) and f"organisation:{organisation}" in names_of(signer)


def _description_message(description: Description) -> blob_pb2.BlobDescription:
    return blob_pb2.BlobDescription(
        blob_class=blob_pb2.BlobClass.ValueType(description.blob_class),
        media_type=description.media_type,
        holders=description.holders,
        retention=blob_pb2.RetentionClass.ValueType(description.retention),
        size=description.size,
        sha256=description.sha256,
    )


def _receipt_message(erasure: Erasure) -> blob_pb2.ErasureReceipt:
    return blob_pb2.ErasureReceipt(
        address=erasure.address,
        time_ms=erasure.time_ms,
        name=erasure.name,
        public_key=erasure.public_key,
        signature=erasure.signature,
    )
