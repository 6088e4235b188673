"""The newest entries of the log in memory, within a bound of bytes."""

from consensus.entry import Entry

ENTRY_BYTES = 400
"""What an entry takes in memory beside its payload, roughly."""


class EntryCache:
    """A run of entries without gaps, of which the newest always stays."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._held: dict[int, Entry] = {}
        self._first = 0

    def get(self, index: int) -> Entry | None:
        """The entry, if it is still here."""
        return self._held.get(index)

    def keep(self, entry: Entry) -> None:
        """Add the entry that follows; the oldest make room."""
        if not self._held:
            self._first = entry.index
        self._held[entry.index] = entry
        self._bytes += _size(entry)
        while self._bytes > self._bytes_max and len(self._held) > 1:
            self._bytes -= _size(self._held.pop(self._first))
            self._first += 1

    def limit(self, index: int) -> None:
        """Forget entries beyond `index`."""
        last = self._first + len(self._held) - 1
        for gone in range(max(index + 1, self._first), last + 1):
            self._bytes -= _size(self._held.pop(gone))

    def forget(self, index: int) -> None:
        """Forget entries up to `index`."""
        while self._held and self._first <= index:
            self._bytes -= _size(self._held.pop(self._first))
            self._first += 1


def _size(entry: Entry) -> int:
    return len(entry.payload) + ENTRY_BYTES
