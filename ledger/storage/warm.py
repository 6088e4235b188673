"""A snapshot read through the state-tree nodes near the root, which every block needs again.

Only the one writer uses it: the nodes it remembers are those of the newest state, and nobody else's snapshot is read
through them.
"""

from ledger.block import Block
from ledger.state import Reader

DEPTH_MAX = 3
"""Nodes whose path is at most this long are remembered: 1 + 16 + 256 + 4,096 of them, some 4 MB."""


class TopNodes:
    """The nodes near the root of the newest state."""

    def __init__(self) -> None:
        self._nodes: dict[bytes, bytes | None] = {}

    def over(self, snapshot: Reader) -> "WarmReader":
        """`snapshot`, which must be that of the newest state, read through the remembered nodes."""
        return WarmReader(snapshot, self._nodes)

    def follow(self, block: Block) -> None:
        """Take over what a block has written; call it for every block, right after it was executed."""
        self._nodes.update((path, node) for path, node in block.changes.nodes.items() if len(path) <= DEPTH_MAX)


class WarmReader:
    """A `Reader` that asks its snapshot for everything but the nodes near the root; its other methods are the
    snapshot's.
    """

    def __init__(self, snapshot: Reader, nodes: dict[bytes, bytes | None]) -> None:
        self._nodes = nodes
        self._read_node = snapshot.node
        self.get = snapshot.get
        self.private = snapshot.private
        self.scan = snapshot.scan
        self.has_transaction = snapshot.has_transaction

    def node(self, path: bytes) -> bytes | None:
        """See `Reader.node`."""
        if len(path) > DEPTH_MAX:
            return self._read_node(path)
        try:
            return self._nodes[path]
        except KeyError:
            node = self._nodes[path] = self._read_node(path)
            return node
