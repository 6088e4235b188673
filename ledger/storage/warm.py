"""A snapshot read through what blocks need again: the values that lately were read or written.

Only the one writer uses it: what it remembers is of the newest state, and nobody else's snapshot is read through it.
Each read of LevelDB gives the interpreter away, and while other threads want it, getting it back costs more than the
read.
"""

from collections.abc import Callable, Mapping

from ledger.block import Block
from ledger.state import Reader

VALUES_BYTES_MAX = 8 << 20
"""Bytes of public values, with what keeps them, that are remembered at least, twice as many at most; and as many of
private ones."""

VALUE_OVERHEAD = 250
"""Bytes that a remembered value takes beside its own; that a key has none is remembered too."""


_UNKNOWN = b"unknown"
"""Itself, not its bytes, stands for what is not remembered."""


class Values:
    """Values of state keys lately read or written, in two generations: when the young one is full, the old one goes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._young: dict[bytes, bytes | None] = {}
        self._old: dict[bytes, bytes | None] = {}
        self._bytes = 0

    def get(self, key: bytes, read: Callable[[bytes], bytes | None]) -> bytes | None:
        """The value of a key; `read` gives it where it is not known."""
        value = self._young.get(key, _UNKNOWN)
        if value is _UNKNOWN:
            value = self._old.get(key, _UNKNOWN)
            if value is _UNKNOWN:
                value = read(key)
            self._young[key] = value
            self._bytes += VALUE_OVERHEAD + len(value or b"")
        return value

    def update(self, changed: Mapping[bytes, bytes | None]) -> None:
        """Take over new values; None: the key has none any more."""
        if self._bytes > self._bytes_max:
            self._old, self._young, self._bytes = self._young, {}, 0
        self._young.update(changed)
        self._bytes += VALUE_OVERHEAD * len(changed) + sum(map(len, filter(None, changed.values())))


class Newest:
    """What is remembered of the newest state; `values_bytes_max`: see `VALUES_BYTES_MAX`."""

    def __init__(self, values_bytes_max: int = VALUES_BYTES_MAX) -> None:
        self.values, self.private = Values(values_bytes_max), Values(values_bytes_max)

    def over(self, snapshot: Reader) -> "WarmReader":
        """`snapshot`, which must be that of the newest state, read through what is remembered."""
        return WarmReader(snapshot, self)

    def follow(self, block: Block) -> None:
        """Take over what a block has written; call it for every block, right after it was executed."""
        changes = block.changes
        self.values.update(changes.values)
        self.private.update(changes.private)


class WarmReader:
    """A `Reader` that asks its snapshot for what is not remembered; its other methods are the snapshot's."""

    def __init__(self, snapshot: Reader, newest: Newest) -> None:
        self._newest = newest
        self._snapshot = snapshot
        self.scan = snapshot.scan
        self.node = snapshot.node
        self.has_transaction = snapshot.has_transaction

    def get(self, key: bytes) -> bytes | None:
        """See `Reader.get`."""
        return self._newest.values.get(key, self._snapshot.get)

    def private(self, key: bytes) -> bytes | None:
        """See `Reader.private`."""
        return self._newest.private.get(key, self._snapshot.private)
