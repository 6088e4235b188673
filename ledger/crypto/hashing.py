"""Domain-separated SHA-256: a digest made for one purpose can never be presented for another."""

import hashlib
from collections.abc import Callable

HASH_SIZE = 32
ZERO_HASH = bytes(HASH_SIZE)

_sha256 = hashlib.sha256

DOMAINS = (
    "transaction-id",
    "transaction-signature",
    "restricted",
    "validators",
    "recent",
    "blob",
    "request",
    "erasure",
    "trace-code",
    "entry",
    "envelope",
    "release",
    "key-possession",
    "salt",
    "secret",
    "transfer",
    "receipt",
    "ticket",
    "order",
    "pickup-code",
    "membership",
    "review",
    "review-key",
    "review-nullifier",
)
"""Every domain in use; docs/PROOF.md lists what each one covers."""


def domain_prefix(domain: str) -> bytes:
    """The bytes put before whatever is hashed or signed for `domain`; requires a name from `DOMAINS`."""
    assert domain in DOMAINS, domain
    return b"linxin/v1/" + domain.encode() + b"\0"


_PREFIXED = {domain: _sha256(domain_prefix(domain)) for domain in DOMAINS}


def digest(domain: str, *parts: bytes) -> bytes:
    """SHA-256(domain prefix ‖ parts), 32 bytes. The caller makes sure that the parts can be told apart."""
    state = _PREFIXED[domain].copy()
    for part in parts:
        state.update(part)
    return state.digest()


def digests(domain: str, *parts: bytes) -> Callable[[bytes], bytes]:
    """`digest(domain, *parts, last)` as a function of the last part, for many that begin alike."""
    begun = _PREFIXED[domain].copy()
    begun.update(b"".join(parts))

    def finish(last: bytes) -> bytes:
        state = begun.copy()
        state.update(last)
        return state.digest()

    return finish


def sha256(data: bytes) -> bytes:
    """Plain SHA-256, for the formats of others (RFC 9162, C2SP) that bring their own separation."""
    return _sha256(data).digest()
