"""Signed receipts of erasure: a validator's word that key and bytes of a file are gone."""

from typing import Protocol

from ledger.crypto.encoding import Message, encode
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm, verify


class Signer(Protocol):
    """What signs receipts: the node's Ed25519 key."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature."""


class Erasure(Message):
    """What is kept of an erased file. `signature` is empty between the decision to erase and its completion."""

    address: bytes
    time_ms: int
    owner: str
    organisation: str
    name: str
    public_key: bytes
    signature: bytes


def erasure_message(chain_id: bytes, address: bytes, time_ms: int) -> bytes:
    """The bytes that a receipt's signature covers."""
    return digest("erasure", encode([chain_id, address, time_ms]))


def verify_erasure(chain_id: bytes, address: bytes, time_ms: int, public_key: bytes, signature: bytes) -> bool:
    """Whether a receipt is good; that `public_key` is a validator's is for the caller to know."""
    return verify(Algorithm.ED25519, public_key, signature, erasure_message(chain_id, address, time_ms))
