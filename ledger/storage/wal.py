"""No holes after a power cut, although most writes are not synced.

LevelDB moves to a new write-ahead file when its memory table is full and never syncs the file it leaves. A power cut
soon after could keep the new file and lose the end of the old one: a later block without an earlier one. So before a
write that may move to a new file, whatever is unsynced in the present one is synced here.
"""

import os
from pathlib import Path

from ledger.storage.directory import sync_directory

_ENTRY_OVERHEAD = 64
"""Upper bound in bytes of what LevelDB's skip list adds to a key and its value, on average."""


class WalGuard:
    """Watches the write-ahead files of one LevelDB directory. Used by the writer alone. Methods raise OSError."""

    def __init__(self, database: Path, write_buffer_size: int) -> None:
        self._database = database
        self._write_buffer_size = write_buffer_size
        self._current = self._newest()
        self._memory_bound = 0
        self._dirty = False
        sync_directory(database)

    def before_write(self) -> None:
        """Sync what is unsynced if the next write may begin a new file."""
        if self._dirty and self._memory_bound > self._write_buffer_size:
            self.sync()

    def after_write(self, size: int, entries: int, *, synced: bool) -> None:
        """Account for a write of `size` bytes in `entries` puts and deletes."""
        grown = (size + entries * _ENTRY_OVERHEAD) * 3 // 2
        newest = self._newest()
        started = newest != self._current
        self._memory_bound = grown + (0 if started else self._memory_bound)
        self._current = newest
        self._dirty = not synced
        if started:
            sync_directory(self._database)

    def sync(self) -> None:
        """Make everything written so far survive a power cut."""
        if self._current:
            handle = os.open(self._database / self._current, os.O_RDONLY)
            try:
                os.fdatasync(handle)
            finally:
                os.close(handle)
        self._dirty = False

    def _newest(self) -> str:
        return max((file.name for file in self._database.glob("*.log")), default="")
