"""The small records that the store keeps for itself."""

from ledger.block import Head, Validator
from ledger.crypto.encoding import Decoder, Message
from ledger.crypto.log_tree import Frontier

FORMAT = 2
"""Number of this layout of keys and records; a store of a higher one is refused."""


class StoredMeta(Message):
    """What the store is: its format and the chain it belongs to."""

    format: int
    chain_id: bytes


class StoredHead(Message):
    """The head, and up to which height everything was known to survive a power cut when it was written."""

    height: int
    time_ms: int
    checkpoint_hash: bytes
    log_size: int
    log_peaks: bytes
    validators: tuple[tuple[str, bytes], ...]
    synced_height: int

    @classmethod
    def of(cls, head: Head, synced_height: int) -> "StoredHead":
        """The record of a head."""
        validators = tuple((validator.name, validator.public_key) for validator in head.validators)
        log = head.log
        return cls(head.height, head.time_ms, head.checkpoint_hash, log.size, log.joined(), validators, synced_height)

    def head(self) -> Head:
        """The head as execution wants it; raises `ProofError` if the peaks do not fit the size."""
        validators = tuple(Validator(name, key) for name, key in self.validators)
        log = Frontier.from_joined(self.log_size, self.log_peaks)
        return Head(self.height, self.time_ms, self.checkpoint_hash, log, validators)


class BlockRecord(Message):
    """Which leaves a block has, and its certificate."""

    first_index: int
    count: int
    note: str


_RECORD_SIZE_MAX = 262_144
decode_meta: Decoder[StoredMeta] = Decoder(StoredMeta, _RECORD_SIZE_MAX)
decode_head: Decoder[StoredHead] = Decoder(StoredHead, _RECORD_SIZE_MAX)
decode_block: Decoder[BlockRecord] = Decoder(BlockRecord, _RECORD_SIZE_MAX)
