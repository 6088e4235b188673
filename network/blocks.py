"""Blocks as they cross the network: with the parts that were asked for, made once for all live streams."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from linxin.v1 import ledger_pb2

from ledger.block import Block, Validator, decode_leaf
from ledger.modules.governance.state import set_history
from ledger.storage.port import Snapshot, StoredBlock
from network.errors import NotFound

CHANGES_BYTES_MAX = 32 << 20
"""Bytes of recent blocks' public values that are kept for observers, which hold no restricted parts and so cannot
compute them: some 20 seconds of the heaviest load, hours of a village's. Who is further behind takes an archive.
"""

Values = Mapping[bytes, bytes | None]


class Parts(NamedTuple):
    """What a block is wanted with, besides its certificate."""

    leaves: bool = False
    restricted: bool = False
    changes: bool = False


class RecentBlock:
    """A block that live streams may ask for: what they need of it is made when the first of them asks."""

    def __init__(self, block: Block, note: str, successors: Sequence[Validator]) -> None:
        self._height, self._time_ms, self._first_index = block.height, block.time_ms, block.first_index
        self._leaves, self._restricted = block.leaves, block.changes.restricted
        self._journal, self._note, self._successors = block.changes.journal, note, successors
        self._messages: dict[Parts, ledger_pb2.Block] = {}

    def message(self, parts: Parts, values: Values) -> ledger_pb2.Block:
        """The block with these parts; `values` are the public ones it changed, if they are wanted."""
        made = self._messages.get(parts)
        if made is None:
            made = self._messages[parts] = ledger_pb2.Block(
                height=self._height,
                time_ms=self._time_ms,
                note=self._note,
                first_index=self._first_index,
                leaf_count=len(self._leaves),
                leaves=self._leaves if parts.leaves else (),
                validators=_validators(self._successors),
            )
            if parts.restricted:
                made.restricted.update({index - self._first_index: one for index, one in self._restricted.items()})
            if parts.changes:
                add_changes(made, values)
        return made

    @cached_property
    def touched(self) -> frozenset[str]:
        """The subjects that its records touch."""
        return frozenset(subject for subject, _, _ in self._journal)


class RecentChanges:
    """The public values that recent blocks changed, at most `CHANGES_BYTES_MAX` bytes of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Values, int]] = OrderedDict()
        self._bytes = 0

    def add(self, height: int, values: Values) -> None:
        """Remember those of the newest block; the oldest are forgotten."""
        size = sum(len(key) + len(value or b"") for key, value in values.items())
        self._kept[height] = values, size
        self._bytes += size
        while self._bytes > CHANGES_BYTES_MAX:
            _, (_, size) = self._kept.popitem(last=False)
            self._bytes -= size

    def get(self, height: int) -> Values | None:
        """Those of a height, or None when they are forgotten."""
        kept = self._kept.get(height)
        return None if kept is None else kept[0]


def read_block(snapshot: Snapshot, height: int, parts: Parts, values: Values | None = None) -> ledger_pb2.Block:
    """The block of a height from the store. Raises `NotFound`."""
    stored = stored_block(snapshot, height)
    first, end = stored.first_index, stored.first_index + stored.count
    leaves = list(snapshot.leaves(first if parts.leaves else end - 1, end))
    made = ledger_pb2.Block(
        height=height,
        time_ms=decode_leaf(leaves[-1]).outcome[1],
        note=stored.note,
        first_index=first,
        leaf_count=stored.count,
        leaves=leaves if parts.leaves else (),
        validators=_validators(dict(set_history(snapshot)).get(height + 1, ()) if height else ()),
    )
    if parts.restricted:
        found = ((index - first, snapshot.restricted(index)) for index in range(first, end))
        made.restricted.update({place: part for place, part in found if part is not None})
    if values is not None:
        add_changes(made, values)
    return made


def add_changes(block: ledger_pb2.Block, values: Values) -> None:
    """Say in a block which public values it changed."""
    block.changes.extend(ledger_pb2.Value(key=key.decode(), value=value) for key, value in values.items())


def stored_block(snapshot: Snapshot, height: int) -> StoredBlock:
    """The block of a height as the store has it. Raises `NotFound`."""
    stored = snapshot.block(height)
    if stored is None:
        raise NotFound("block", str(height))
    return stored


def _validators(found: Sequence[Validator]) -> list[ledger_pb2.ValidatorKey]:
    return [ledger_pb2.ValidatorKey(name=one.name, public_key=one.public_key) for one in found]
