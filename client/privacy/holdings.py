"""What each vault of a network holds for the holder of a key.

A vault tells who asks: files that she stored, files of others that name her as a holder, and what she had erased. A
file lies in the vault that took it, so all are asked; one that does not answer is named, since it may hold more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import grpc
from linxin.v1 import blob_pb2

from client.connection import Connection, signed_request
from client.failures import Remote, Unreachable
from ledger.crypto.signing import SigningKey

LIST = "/linxin.v1.BlobService/List"
PAGE_S_MAX = 60.0


class Held(NamedTuple):
    """A file as the vault at `endpoint` tells of it."""

    endpoint: str
    file: blob_pb2.StoredBlob

    @property
    def address(self) -> bytes:
        """Its salted address."""
        return self.file.address

    @property
    def is_erased(self) -> bool:
        """Whether key and bytes are gone."""
        return self.file.HasField("erased")


@dataclass(frozen=True)
class Holdings:
    """What was found, by address; `silent` are the endpoints that did not answer."""

    held: tuple[Held, ...]
    silent: tuple[str, ...]

    def own(self, addresses: Collection[bytes] = (), about: str = "") -> tuple[Held, ...]:
        """What the asker stored herself: of these addresses, if any are given, and for this holder, if one is named."""
        return tuple(
            each
            for each in self.held
            if each.file.own
            and (not addresses or each.address in addresses)
            and (not about or about in each.file.description.holders)
        )


async def find_holdings(connection: Connection, key: SigningKey) -> Holdings:
    """Ask every endpoint. Raises `Remote` for what is not silence, such as a revoked key."""
    held: list[Held] = []
    silent: list[str] = []
    for endpoint in connection.endpoints:
        async with connection.only(endpoint) as alone:
            try:
                held += [Held(endpoint, file) for file in await _all_of(alone, key)]
            except Unreachable:
                silent.append(endpoint)
            except Remote as refusal:
                if refusal.status is not grpc.StatusCode.UNIMPLEMENTED:  # an observer has no vault
                    raise
    return Holdings(tuple(sorted(held, key=lambda each: each.address)), tuple(silent))


async def _all_of(alone: Connection, key: SigningKey) -> list[blob_pb2.StoredBlob]:
    """All pages of one vault."""
    chain_id = (await alone.status()).chain_id
    request, found = blob_pb2.ListBlobsRequest(), list[blob_pb2.StoredBlob]()
    while True:
        sign = signed_request(key, chain_id, LIST, request)
        page = await alone.call(
            lambda to: to.blobs.List, request, blob_pb2.ListBlobsResponse, timeout_s=PAGE_S_MAX, sign=sign
        )
        found += page.files
        if not page.next_page_token:
            return found
        request = blob_pb2.ListBlobsRequest(page_token=page.next_page_token)
