"""What is final, as the services see it: the latest certificate, its snapshot, and word of each new block.

Everything a service shows comes from here, so nothing is shown before it is certified and stored.
"""

import asyncio
from collections import OrderedDict
from functools import cached_property

from linxin.v1 import ledger_pb2

from ledger.block import ACCEPTED, TRANSACTION, Block, Head, Receipt, decode_leaf
from ledger.crypto.encoding import encode
from ledger.storage.port import Snapshot, Store, StoredBlock
from ledger.transaction import transaction_id
from network.errors import NotFound, Stopping


class _Recent:
    """A block that live streams may ask for: what they need of it is made when the first of them asks."""

    def __init__(self, block: Block, note: str) -> None:
        self._height, self._time_ms, self._first_index = block.height, block.time_ms, block.first_index
        self._leaves, self._journal, self._note = block.leaves, block.changes.journal, note

    @cached_property
    def message(self) -> ledger_pb2.Block:
        """The block as it crosses the network, leaves included."""
        return ledger_pb2.Block(
            height=self._height,
            time_ms=self._time_ms,
            note=self._note,
            first_index=self._first_index,
            leaf_count=len(self._leaves),
            leaves=self._leaves,
        )

    @cached_property
    def touched(self) -> frozenset[str]:
        """The subjects that its records touch."""
        return frozenset(subject for subject, _, _ in self._journal)


class Chain:
    """The final chain. One writer calls `advance`; services read `snapshot`, which never changes under them.

    `recent_max` blocks are kept in memory, so that many live streams do not each read them from the disk.
    """

    def __init__(self, store: Store, name: str, recent_max: int) -> None:
        self._store = store
        self._name = name
        self._recent: OrderedDict[int, _Recent] = OrderedDict()
        self._recent_max = recent_max
        self._advanced = asyncio.Event()
        self._closed = False
        self.snapshot: Snapshot = store.snapshot()

    @property
    def head(self) -> Head:
        """The end of the final chain."""
        return self.snapshot.head

    def advance(self, block: Block, note: str, *, sync: bool) -> None:
        """Store the next final block (`sync`: durably) and let everyone see it. Raises `StorageError`."""
        self._store.write(block, note, sync=sync)
        self.snapshot = self._store.snapshot()
        self._recent[block.height] = _Recent(block, note)
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

    def recent(self, height: int) -> ledger_pb2.Block | None:
        """The block of a height, leaves included, if it is remembered; else `read_block` finds it."""
        recent = self._recent.get(height)
        return None if recent is None else recent.message

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
    return _stored(snapshot, height).note


def read_block(snapshot: Snapshot, height: int, *, include_leaves: bool) -> ledger_pb2.Block:
    """The block of a height. Raises `NotFound`."""
    stored = _stored(snapshot, height)
    end = stored.first_index + stored.count
    leaves = list(snapshot.leaves(stored.first_index if include_leaves else end - 1, end))
    return ledger_pb2.Block(
        height=height,
        time_ms=decode_leaf(leaves[-1]).outcome[1],
        note=stored.note,
        first_index=stored.first_index,
        leaf_count=stored.count,
        leaves=leaves if include_leaves else (),
    )


def _stored(snapshot: Snapshot, height: int) -> StoredBlock:
    stored = snapshot.block(height)
    if stored is None:
        raise NotFound("block", str(height))
    return stored


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
