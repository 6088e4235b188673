"""How much of a leader's log a member stores before a certificate says that it leads anywhere.

An honest leader has a handful of proposals under way. One that sends entries and lets none of them become final would
fill the disks of all others.
"""

AHEAD_BYTES_MAX = 256 * 1024 * 1024
"""Of entries beyond the certified place: twice what leaders that follow one another have under way."""

EMPTY_BYTES_MAX = AHEAD_BYTES_MAX + 64 * 1024 * 1024
"""The same for entries without payload: the first of a later leader must fit, for it decides all that came before."""

ENTRY_BYTES = 512
"""What an entry takes beside its payload, roughly."""


class Room:
    """The sizes of the entries taken since the start that are not certified, by index and ascending."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self.used = 0

    def take(self, index: int, payload_size: int) -> bool:
        """Store an entry in place of whatever was at and behind its index; False when there is no room for it."""
        while self._sizes and (last := next(reversed(self._sizes))) >= index:
            self.used -= self._sizes.pop(last)
        if self.used + payload_size + ENTRY_BYTES > (AHEAD_BYTES_MAX if payload_size else EMPTY_BYTES_MAX):
            return False
        self._sizes[index] = payload_size + ENTRY_BYTES
        self.used += payload_size + ENTRY_BYTES
        return True

    def settle(self, index: int) -> None:
        """Everything up to `index` is certified."""
        while self._sizes and (first := next(iter(self._sizes))) <= index:
            self.used -= self._sizes.pop(first)
