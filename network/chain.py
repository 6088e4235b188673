"""What is final, as the services see it: the latest certificate, its snapshot, and word of each new block.

Everything a service shows comes from here, so nothing is shown before it is certified and stored.
"""

import asyncio
from collections import OrderedDict

from linxin.v1 import ledger_pb2

from ledger.block import ACCEPTED, TRANSACTION, Block, Head, Receipt, decode_leaf
from ledger.crypto.encoding import encode
from ledger.storage.port import Snapshot, Store
from ledger.transaction import transaction_id
from network.blocks import Parts, RecentBlock, RecentChanges, Values, stored_block
from network.errors import Stopping


class Chain:
    """The final chain. One writer calls `advance`; services read `snapshot`, which never changes under them.

    `recent_max` blocks are kept in memory, so that many live streams do not each read them from the disk.
    """

    def __init__(self, store: Store, name: str, recent_max: int) -> None:
        self._store = store
        self._name = name
        self._recent: OrderedDict[int, RecentBlock] = OrderedDict()
        self._changes = RecentChanges()
        self._recent_max = recent_max
        self._advanced = asyncio.Event()
        self._closed = False
        self.snapshot: Snapshot = store.snapshot()

    @property
    def head(self) -> Head:
        """The end of the final chain."""
        return self.snapshot.head

    def sync(self) -> None:
        """Make everything stored so far survive a power cut. Raises `StorageError`."""
        self._store.sync()

    def advance(self, block: Block, note: str, *, sync: bool) -> None:
        """Store the next final block (`sync`: durably) and let everyone see it. Raises `StorageError`."""
        before = self.head.validators
        self._store.write(block, note, sync=sync)
        self.snapshot = self._store.snapshot()
        after = block.head.validators
        self._recent[block.height] = RecentBlock(block, note, after if after != before else ())
        self._changes.add(block.height, block.changes.values)
        if len(self._recent) > self._recent_max:
            self._recent.popitem(last=False)
        self._wake()

    def touched(self, height: int) -> frozenset[str] | None:
        """The subjects that a recent block's records touch; None when the block is not remembered."""
        recent = self._recent.get(height)
        return None if recent is None else recent.touched

    def close(self) -> None:
        """End all waiting streams; what is final can still be read until the store closes."""
        self._closed = True
        self._wake()

    async def wait_beyond(self, height: int) -> None:
        """Return once there is a block above `height`. Raises `Stopping` when the node stops."""
        while self.head.height <= height:
            if self._closed:
                raise Stopping(self._name)
            await self._advanced.wait()
        if self._closed:
            raise Stopping(self._name)

    def recent(self, height: int, parts: Parts) -> ledger_pb2.Block | None:
        """The block of a height with these parts, if it is remembered; else `read_block` finds it."""
        recent = self._recent.get(height)
        values = self._changes.get(height) if parts.changes else {}
        return None if recent is None or values is None else recent.message(parts, values)

    def changes(self, height: int) -> Values | None:
        """The public values that a recent block changed (None: deleted); None when they are not remembered."""
        return self._changes.get(height)

    def receipt(self, wanted: bytes) -> Receipt | None:
        """The receipt of a final transaction by its id, or None."""
        index = self.snapshot.transaction(wanted)
        return None if index is None else self.receipt_at(index)

    def receipt_at(self, index: int) -> Receipt:
        """The receipt that the transaction leaf at a log index stands for."""
        leaf = decode_leaf(self.snapshot.leaf(index))
        assert leaf.kind == TRANSACTION, index
        height, time_ms, code, details = leaf.outcome
        return Receipt(transaction_id(leaf.body), height, index, time_ms, code, details)

    def _wake(self) -> None:
        self._advanced.set()
        self._advanced = asyncio.Event()


def note_of(snapshot: Snapshot, height: int) -> str:
    """The certificate of a height. Raises `NotFound`."""
    return stored_block(snapshot, height).note


def receipt_message(receipt: Receipt) -> ledger_pb2.Receipt:
    """A receipt as it crosses the network."""
    message = ledger_pb2.Receipt(
        transaction_id=receipt.transaction_id,
        height=receipt.height,
        index=receipt.index,
        time_ms=receipt.time_ms,
        code=receipt.code,
    )
    if receipt.code != ACCEPTED:
        message.details.extend(receipt.details)
    elif receipt.details:
        message.events = encode(receipt.details)
    return message
