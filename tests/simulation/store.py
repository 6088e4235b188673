"""A ledger store in memory, behind the real `network.chain.Chain`: what was not synced is lost when the power goes."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from ledger.block import Block, Head, Position
from ledger.crypto.encoding import Decoder
from ledger.crypto.log_tree import STORED_LEVEL, NodeReader, leaf_hash, node_hash
from ledger.storage.errors import Unusable
from ledger.storage.memory import MemoryState
from ledger.storage.port import StoredBlock
from tests.simulation.disk import Disk

POSITION_KEY = b"consensus/position/"

_decode_position: Decoder[Position] = Decoder(Position, 65_536)


class Contents(MemoryState):
    """What a store holds: blocks with their certificates, and the state that came of them."""

    def __init__(self, first_head: Head) -> None:
        super().__init__()
        self.head = first_head
        self.blocks: list[Block] = []
        self.notes: list[str] = []
        self.indices: dict[bytes, int] = {}
        self.restricted: dict[int, bytes] = {}
        self.log_nodes: dict[tuple[int, int], bytes] = {}
        self.journals: dict[str, list[int]] = {}
        self.journal_nodes: dict[tuple[str, int, int], bytes] = {}

    def add(self, block: Block, note: str) -> None:
        """Append the next block. Raises AssertionError when it does not follow."""
        assert (block.height, block.first_index) == (self.head.height + 1, self.head.log.size), block.height
        assert block.head.log.size == block.first_index + len(block.leaves), block.height
        self.apply(block)
        changes = block.changes
        self.indices.update(changes.transactions)
        self.restricted.update(changes.restricted)
        self.log_nodes.update(changes.log_nodes)
        self.journal_nodes.update(changes.journal_nodes)
        for subject, position, index in changes.journal:
            journal = self.journals.setdefault(subject, [])
            assert len(journal) == position, (subject, position)
            journal.append(index)
        self.blocks.append(block)
        self.notes.append(note)
        self.head = block.head


class MemoryStore:
    """`ledger.storage.port.Store`. It outlives the processes that use it, as a disk does."""

    def __init__(self, first_head: Head, disk: Disk) -> None:
        self._first_head = first_head
        self._disk = disk
        self.contents = Contents(first_head)
        self._synced_height = 0

    @property
    def head(self) -> Head:
        return self.contents.head

    @property
    def synced_height(self) -> int:
        return self._synced_height

    def write(self, block: Block, note: str, *, sync: bool = False) -> None:
        """One atomic write; it takes a disk operation, at which the machine may stop."""
        if self._disk.is_full:
            raise Unusable(self._disk.name, "No space left on device")
        self._disk.step()
        self.contents.add(block, note)
        if sync:
            self.sync()

    def sync(self) -> None:
        self._disk.sync()
        self._disk.step()
        self._synced_height = self.head.height

    def snapshot(self) -> "MemorySnapshot":
        return MemorySnapshot(self.contents)

    def close(self) -> None:
        """Nothing to release."""

    def cut_power(self) -> None:
        """Some of what was not synced is gone: the newest blocks, any number of them."""
        left = self._disk.random.randint(self._synced_height, self.head.height)
        self.rewind(left)

    def rewind(self, height: int) -> None:
        """Only the blocks up to `height` are left, durably."""
        old, self.contents = self.contents, Contents(self._first_head)
        for block, note in zip(old.blocks[:height], old.notes[:height], strict=True):
            self.contents.add(block, note)
        self._synced_height = height


class MemorySnapshot:
    """`ledger.storage.port.Snapshot` of what the store holds, for as long as nothing more is written."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.head = contents.head
        self.get = contents.get
        self.private = contents.private
        self.scan = contents.scan
        self.node = contents.node
        self.has_transaction = contents.has_transaction

    @property
    def position(self) -> Position | None:
        raw = self._contents.get(POSITION_KEY)
        return None if raw is None else _decode_position(raw)

    def stepped(self, step: Callable[[], None]) -> "MemorySnapshot":
        """Nobody waits in the middle of a read here."""
        return self

    def leaf(self, index: int) -> bytes:
        return self._contents.leaves[index]

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        return iter(self._contents.leaves[start:end])

    def log_node(self, level: int, index: int) -> bytes:
        if level >= STORED_LEVEL:
            return self._contents.log_nodes[level, index]
        return _join([leaf_hash(leaf) for leaf in self.leaves(index << level, (index + 1) << level)])

    def block(self, height: int) -> StoredBlock | None:
        if not 1 <= height <= self.head.height:
            return None
        block = self._contents.blocks[height - 1]
        return StoredBlock(height, block.first_index, len(block.leaves), self._contents.notes[height - 1])

    def height_of(self, index: int) -> int:
        return next(block.height for block in self._contents.blocks if index < block.first_index + len(block.leaves))

    def transaction(self, transaction_id: bytes) -> int | None:
        return self._contents.indices.get(transaction_id)

    def restricted(self, index: int) -> bytes | None:
        return self._contents.restricted.get(index)

    def journal_size(self, subject: str) -> int:
        return len(self._contents.journals.get(subject, ()))

    def journal_entry(self, subject: str, position: int) -> int:
        return self._contents.journals[subject][position]

    def journal_entries(self, subject: str, start: int, end: int) -> Iterator[int]:
        return iter(self._contents.journals.get(subject, [])[start:end])

    def journal_nodes(self, subject: str) -> NodeReader:
        def read(level: int, index: int) -> bytes:
            if level >= STORED_LEVEL:
                return self._contents.journal_nodes[subject, level, index]
            found = self.journal_entries(subject, index << level, (index + 1) << level)
            return _join([leaf_hash(self.leaf(entry)) for entry in found])

        return read

    def values(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._contents.values.items())

    def private_values(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted(self._contents.hidden.items()))


def _join(hashes: list[bytes]) -> bytes:
    """The root of a full subtree."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in list(pairwise(hashes))[::2]]
    return hashes[0]
