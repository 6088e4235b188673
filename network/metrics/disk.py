"""A directory whose syncs are timed, around any other."""

import time
from collections.abc import Callable

from consensus.storage.files import Directory, File

OnSync = Callable[[float], None]
"""Told the seconds that a sync took."""


class TimedDirectory:
    """`Directory` that hands out files whose `sync` is timed. Its own `sync` (of names) is rare and counts likewise."""

    def __init__(self, inner: Directory, on_sync: OnSync) -> None:
        self._inner = inner
        self._on_sync = on_sync

    @property
    def path(self) -> str:
        """What to call it in messages."""
        return self._inner.path

    def names(self) -> list[str]:
        """The files in it, sorted."""
        return self._inner.names()

    def open(self, name: str) -> File:
        """Open an existing file; raises FileNotFoundError."""
        return _TimedFile(self._inner.open(name), self._on_sync)

    def create(self, name: str) -> File:
        """Make an empty file, in place of one of that name."""
        return _TimedFile(self._inner.create(name), self._on_sync)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, atomically replacing a file that has it."""
        self._inner.rename(old, new)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._inner.remove(name)

    def sync(self) -> None:
        """Return when all names survive a power cut."""
        _time(self._inner.sync, self._on_sync)

    def close(self) -> None:
        """Release the directory."""
        self._inner.close()


class _TimedFile:
    """`File` around another."""

    def __init__(self, inner: File, on_sync: OnSync) -> None:
        self._on_sync = on_sync
        self._sync = inner.sync
        self.size = inner.size
        self.read = inner.read
        self.write = inner.write
        self.truncate = inner.truncate
        self.close = inner.close

    def sync(self) -> None:
        """Return when contents and size survive a power cut."""
        _time(self._sync, self._on_sync)


def _time(sync: Callable[[], None], on_sync: OnSync) -> None:
    began = time.perf_counter()
    sync()
    on_sync(time.perf_counter() - began)
