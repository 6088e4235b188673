"""The signed envelope: making, decoding, stateless checks, id.

Envelope = MessagePack `[body, signature, restricted | nil]`; body = `[chain id, algorithm, public key, nonce,
expires_at_ms,
action, commitment | nil]`. Bytes are signed and hashed as they came. Checking needs no state: authority comes later.
"""

from typing import NamedTuple

from ledger.crypto.encoding import Decoder, Malformed, Message, encode
from ledger.crypto.hashing import HASH_SIZE, digest, domain_prefix
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.errors import BadSignature, CommitmentMismatch, MalformedTransaction, TooLarge, UnknownAlgorithm, WrongChain
from ledger.module import RESTRICTED_SIZE_MAX, TRANSACTION_SIZE_MAX, Action, Body, Registry

NONCE_SIZE = 16
_SIGNATURE_PREFIX = domain_prefix("transaction-signature")
_KEY_SIZES = {Algorithm.ED25519.value: 32, Algorithm.P256.value: 33}
_SIGNATURE_SIZE = 64


class Envelope(Message):
    """What crosses the network: the signed body, its signature, and the part only parties and auditors may read."""

    body: bytes
    signature: bytes
    restricted: bytes | None


_decode_envelope: Decoder[Envelope] = Decoder(Envelope, TRANSACTION_SIZE_MAX)


class Transaction(NamedTuple):
    """A decoded transaction. Whether its signature verifies is checked apart, in bulk (`signature_of`)."""

    id: bytes
    body: bytes
    signature: bytes
    restricted: bytes | None
    algorithm: int
    public_key: bytes
    expires_at_ms: int
    action: Action
    restricted_value: Message | None

    @property
    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return _SIGNATURE_PREFIX + self.body

    @property
    def envelope(self) -> bytes:
        """The envelope as it was made."""
        return encode(Envelope(self.body, self.signature, self.restricted))


def signing_message(body: bytes) -> bytes:
    """The message that the signature of a transaction with this body covers."""
    return _SIGNATURE_PREFIX + body


def transaction_id(body: bytes) -> bytes:
    """The id of the transaction with this body, 32 bytes."""
    return digest("transaction-id", body)


def decode_transaction(raw: bytes, registry: Registry, chain_id: bytes) -> Transaction:
    """Decode an envelope and make every check that needs neither state nor the signature.

    Raises `MalformedTransaction` (with the field's path), `TooLarge`, `WrongChain`, `UnknownAlgorithm`,
    `CommitmentMismatch`.
    """
    if len(raw) > TRANSACTION_SIZE_MAX:
        raise TooLarge(len(raw), TRANSACTION_SIZE_MAX)
    try:
        envelope = _decode_envelope(raw)
        body = registry.decode_body(envelope.body)
    except Malformed as error:
        raise MalformedTransaction(error.path, error.reason) from None
    check_body(body, chain_id)
    if len(envelope.signature) != _SIGNATURE_SIZE:
        raise BadSignature(body.public_key.hex())
    value = _restricted_value(envelope.restricted, body, registry)
    return Transaction(
        transaction_id(envelope.body),
        envelope.body,
        envelope.signature,
        envelope.restricted,
        body.algorithm,
        body.public_key,
        body.expires_at_ms,
        body.action,
        value,
    )


def check_body(body: Body, chain_id: bytes) -> None:
    """The checks of a body that are the same for every action."""
    if body.chain_id != chain_id:
        raise WrongChain(body.chain_id.hex()[:16], chain_id.hex()[:16])
    if _KEY_SIZES.get(body.algorithm) != len(body.public_key):
        raise UnknownAlgorithm(body.algorithm)
    if len(body.nonce) != NONCE_SIZE:
        raise MalformedTransaction("$.nonce", f"expected {NONCE_SIZE} bytes, got {len(body.nonce)}")
    if not 0 < body.expires_at_ms < 2**53:
        raise MalformedTransaction("$.expires_at_ms", "expected milliseconds since 1970, below 2^53")


def _restricted_value(restricted: bytes | None, body: Body, registry: Registry) -> Message | None:
    if restricted is None and body.commitment is None:
        return None
    if restricted is None or body.commitment is None:
        raise CommitmentMismatch("commitment and restricted part go together")
    decoder = registry.decode_restricted.get(type(body.action))
    if decoder is None:
        raise CommitmentMismatch("this action has no restricted part")
    if len(restricted) <= HASH_SIZE or len(restricted) > RESTRICTED_SIZE_MAX:
        raise CommitmentMismatch(f"expected a 32-byte salt and at most {RESTRICTED_SIZE_MAX} bytes in all")
    if digest("restricted", restricted) != body.commitment:
        raise CommitmentMismatch("its digest is another")
    try:
        return decoder(restricted[HASH_SIZE:])
    except Malformed as error:
        raise MalformedTransaction(error.path.replace("$", "$.restricted", 1), error.reason) from None


def make_transaction(
    key: SigningKey,
    chain_id: bytes,
    action: Action,
    nonce: bytes,
    expires_at_ms: int,
    restricted: Message | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Sign an action into an envelope. `nonce` is 16 random bytes; `salt`, 32 random bytes, goes with a restricted
    part.
    """
    assert len(nonce) == NONCE_SIZE
    assert (restricted is None) == (salt is None)
    hidden = None if restricted is None or salt is None else salt + encode(restricted)
    commitment = None if hidden is None else digest("restricted", hidden)
    body = encode(Body(chain_id, key.algorithm, key.public_key, nonce, expires_at_ms, action, commitment))
    return encode(Envelope(body, key.sign(signing_message(body)), hidden))
