"""Executed blocks that await their certificates, as a state to execute the next one on.

Nothing of them is on the disk: the store holds certified state alone (DESIGN §3), and after a crash these blocks are
executed again from the Raft log. Several heights may wait because execution goes on while cosignatures travel.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from functools import cached_property

from ledger.block import Block
from ledger.state import Reader

UNCERTIFIED_MAX = 8
"""Executed heights that may await certificates at once."""


class Overlay:
    """A base state and the blocks executed on it since, oldest first.

    When the oldest is certified and stored: `pop_oldest()`, then `rebase` onto the state that now holds it.
    """

    def __init__(self, base: Reader) -> None:
        self._base = base
        self._layers: deque[_Layer] = deque()

    @property
    def reader(self) -> Reader:
        """The state after the newest block, unaffected by later calls; the base itself when no block waits."""
        return _LayeredReader(self._base, tuple(reversed(self._layers))) if self._layers else self._base

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The waiting blocks, oldest first."""
        return tuple(layer.block for layer in self._layers)

    def push(self, block: Block) -> None:
        """Add the next block, executed on `reader`. Requires fewer than `UNCERTIFIED_MAX` waiting ones."""
        assert len(self._layers) < UNCERTIFIED_MAX, "too many heights await certificates"
        assert not self._layers or block.height == self._layers[-1].block.height + 1, "blocks follow one another"
        self._layers.append(_Layer(block))

    def pop_oldest(self) -> Block:
        """Take out the oldest block. Requires that one waits; until `rebase`, `reader` lacks what it wrote."""
        return self._layers.popleft().block

    def rebase(self, base: Reader) -> None:
        """Read on from `base`, which holds every block popped so far and none that still waits."""
        self._base = base

    def clear(self, base: Reader) -> None:
        """Forget all waiting blocks and begin again from `base`: another block of such a height was certified."""
        self._layers.clear()
        self._base = base


class _Layer:
    """One block's changes; its keys are put in order when the first scan asks."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.values = block.changes.values
        self.private = block.changes.private
        self.nodes = block.changes.nodes
        self.transactions = block.changes.transactions

    @cached_property
    def keys(self) -> list[bytes]:
        return sorted(self.values)


class _LayeredReader:
    """A `Reader` over a base and layers, newest first."""

    def __init__(self, base: Reader, layers: tuple[_Layer, ...]) -> None:
        self._base = base
        self._layers = layers

    def get(self, key: bytes) -> bytes | None:
        """See `Reader.get`."""
        for layer in self._layers:
            if key in layer.values:
                return layer.values[key]
        return self._base.get(key)

    def private(self, key: bytes) -> bytes | None:
        """See `Reader.private`."""
        for layer in self._layers:
            if key in layer.private:
                return layer.private[key]
        return self._base.private(key)

    def node(self, path: bytes) -> bytes | None:
        """See `Reader.node`."""
        for layer in self._layers:
            if path in layer.nodes:
                return layer.nodes[path]
        return self._base.node(path)

    def has_transaction(self, transaction_id: bytes) -> bool:
        """See `Reader.has_transaction`."""
        if any(transaction_id in layer.transactions for layer in self._layers):
            return True
        return self._base.has_transaction(transaction_id)

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See `Reader.scan`."""
        changed: dict[bytes, bytes | None] = {}
        first = max(prefix, start)
        for layer in reversed(self._layers):
            for key in _under(layer.keys, prefix, first):
                changed[key] = layer.values[key]
        stored = self._base.scan(prefix, start)
        return _merged(stored, changed) if changed else stored


def _under(keys: list[bytes], prefix: bytes, first: bytes) -> Iterator[bytes]:
    """The keys from `first` on that begin with `prefix`; `first` does, or lies before or after all that do."""
    for place in range(bisect_left(keys, first), len(keys)):
        if not keys[place].startswith(prefix):
            return
        yield keys[place]


def _merged(stored: Iterator[tuple[bytes, bytes]], changed: dict[bytes, bytes | None]) -> Iterator[tuple[bytes, bytes]]:
    """Stored pairs with changes applied, ordered by key."""
    ahead = sorted(changed, reverse=True)
    for key, value in stored:
        while ahead and ahead[-1] < key:
            yield from _present(ahead[-1], changed[ahead.pop()])
        if ahead and ahead[-1] == key:
            yield from _present(key, changed[ahead.pop()])
        else:
            yield key, value
    while ahead:
        yield from _present(ahead[-1], changed[ahead.pop()])


def _present(key: bytes, value: bytes | None) -> Iterator[tuple[bytes, bytes]]:
    if value is not None:
        yield key, value
