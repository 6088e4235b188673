"""State-tree nodes of the newest blocks: in memory until those of many blocks are written at once.

Consecutive blocks rewrite much the same nodes, and written block by block these were most of what a node put on its
disk. So a block leaves there only the state keys that it changed; a store that is opened finds the nodes again from
their values and the tree as it was last written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ledger.crypto.encoding import Decoder
from ledger.crypto.state_tree import NodeAt, key_hash, update, value_hash

BLOCKS_MAX = 64
BYTES_MAX = 32 << 20
"""Nodes of at most so many blocks, and so many bytes of them (rewritten ones count again), wait to be written."""

LAYERS_MAX = 4
"""Blocks whose nodes lie apart, so that the next block's are taken without copying any; the older ones are merged."""

Nodes = Mapping[bytes, bytes | None]
"""Path -> node, None = removed."""

decode_changed: Decoder[tuple[bytes, ...]] = Decoder(tuple[bytes, ...], BYTES_MAX)
"""The state keys that a block changed."""


@dataclass(frozen=True, slots=True)
class RecentNodes:
    """The nodes of the `blocks` newest blocks, in layers, newest first; never changed, so snapshots share it.

    `written` are those on the disk since lately: the next blocks want many of them again.
    """

    layers: tuple[Nodes, ...] = ()
    blocks: int = 0
    size: int = 0
    written: Nodes = field(default_factory=dict)

    def after(self, nodes: Nodes) -> "RecentNodes":
        """With those of the next block."""
        older = self.layers if len(self.layers) < LAYERS_MAX else (self.merged(),)
        size = sum(map(len, nodes)) + sum(map(len, filter(None, nodes.values())))
        return RecentNodes((nodes, *older), self.blocks + 1, self.size + size, self.written)

    def fill(self, sixteenths: int) -> bool:
        """Whether they fill so much of what may wait: then it is time to write them."""
        return 16 * self.blocks >= BLOCKS_MAX * sixteenths or 16 * self.size > BYTES_MAX * sixteenths

    def merged(self) -> dict[bytes, bytes | None]:
        """The newest of each path."""
        found: dict[bytes, bytes | None] = {}
        for layer in reversed(self.layers):
            found |= layer
        return found

    def over(self, read: NodeAt, path: bytes) -> bytes | None:
        """The node of a path; `read` gives those on the disk."""
        for layer in (*self.layers, self.written):
            if path in layer:
                return layer[path]
        return read(path)


def find_again(
    changed: Sequence[tuple[bytes, ...]], value: Callable[[bytes], bytes | None], read: NodeAt
) -> RecentNodes:
    """The nodes of blocks that changed these state keys; `value` gives what a key holds now, `read` nodes on the disk.

    Raises `MissingNode` when `read` lacks one that its parent names.
    """
    if not changed:
        return RecentNodes()
    hashed = {}
    for key in set().union(*changed):
        held = value(key)
        hashed[key_hash(key)] = None if held is None else value_hash(held)
    _, nodes = update(hashed, read)
    return replace(RecentNodes().after(nodes), blocks=len(changed))
