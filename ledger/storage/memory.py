"""State in memory: what an audit re-executes on, and what tests and the simulator run on. Nothing of it survives."""

from collections.abc import Iterator

from sortedcontainers import SortedDict

from ledger.block import Block


class MemoryState:
    """A `Reader` over dictionaries that final blocks are applied to."""

    def __init__(self) -> None:
        self.values: SortedDict[bytes, bytes] = SortedDict()
        self.hidden: dict[bytes, bytes] = {}
        self.nodes: dict[bytes, bytes] = {}
        self.transactions: set[bytes] = set()
        self.leaves: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        """See `Reader.get`."""
        value: bytes | None = self.values.get(key)
        return value

    def private(self, key: bytes) -> bytes | None:
        """See `Reader.private`."""
        return self.hidden.get(key)

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See `Reader.scan`."""
        for key in self.values.irange(max(prefix, start)):
            if not key.startswith(prefix):
                return
            yield key, self.values[key]

    def node(self, path: bytes) -> bytes | None:
        """See `Reader.node`."""
        return self.nodes.get(path)

    def has_transaction(self, transaction_id: bytes) -> bool:
        """See `Reader.has_transaction`."""
        return transaction_id in self.transactions

    def apply(self, block: Block) -> None:
        """Make a block's changes part of the state."""
        changes = block.changes
        for target, source in (
            (self.values, changes.values),
            (self.hidden, changes.private),
            (self.nodes, changes.nodes),
        ):
            for key, value in source.items():
                if value is None:
                    target.pop(key, None)
                else:
                    target[key] = value
        self.transactions.update(changes.transactions)
        self.leaves.extend(block.leaves)
