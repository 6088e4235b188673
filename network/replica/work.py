"""What a replica asks of its driver, and what bounds it."""

from dataclasses import dataclass, field

from network.replica.finality import Final


@dataclass(frozen=True)
class Limits:
    """Of one proposal."""

    block_count: int = 1_000
    block_bytes: int = 4_000_000
    steps_at_once: int = 16
    """Records and timers executed before anything else gets its turn."""


@dataclass
class Work:
    """What the driver has to do. `more`: call `work` again before waiting for anything."""

    messages: list[tuple[str, str, bytes]] = field(default_factory=list)
    """(peer, lane, bytes), in order."""
    blocks: list[Final] = field(default_factory=list)
    to_check: list[tuple[bytes, list[bytes]]] = field(default_factory=list)
    """Transactions to decode and whose signatures to verify; answer with `checked`."""
    forwarded: list[tuple[str, list[bytes]]] = field(default_factory=list)
    """Transactions of other validators' clients, to be admitted as if they were offered here."""
    reads: list[bytes] = field(default_factory=list)
    """Tokens of reads that may now be answered from the ledger."""
    abstained: list[tuple[int, str]] = field(default_factory=list)
    """Heights, and their checkpoints, that this validator does not sign: it signed others there before it started."""
    proposed: int = 0
    """Proposals made as leader."""
    more: bool = False
