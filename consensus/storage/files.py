"""The file port, and the real files behind it.

Log and safety file do everything through these two protocols, so that a simulated disk can lose, tear and reorder what
was not synced. Every method may raise OSError; after that nothing is known about what the disk holds.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol

from consensus.errors import DirectoryInUse

LOCK = "LOCK"


class File(Protocol):
    """An open file. Writes reach the disk for certain only at `sync`."""

    def size(self) -> int:
        """Length in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end of the file."""

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` at `offset`."""

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes."""

    def sync(self) -> None:
        """Return when contents and size survive a power cut (fdatasync)."""

    def close(self) -> None:
        """Release the file; syncs nothing."""


class Directory(Protocol):
    """A directory that this process alone uses. Names reach the disk for certain only at `sync`."""

    @property
    def path(self) -> str:
        """What to call it in messages."""

    def names(self) -> list[str]:
        """The files in it, sorted."""

    def open(self, name: str) -> File:
        """Open an existing file; raises FileNotFoundError."""

    def create(self, name: str) -> File:
        """Make an empty file, in place of one of that name."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, atomically replacing a file that has it."""

    def remove(self, name: str) -> None:
        """Remove a file."""

    def sync(self) -> None:
        """Return when all names survive a power cut."""

    def close(self) -> None:
        """Release the directory."""


class OsFile:
    """`File` over a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def size(self) -> int:
        """Length in bytes."""
        return os.fstat(self._descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end of the file."""
        data = os.pread(self._descriptor, length, offset)
        while len(data) < length:
            more = os.pread(self._descriptor, length - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` at `offset`."""
        rest = memoryview(data)
        while rest:
            written = os.pwrite(self._descriptor, rest, offset)
            rest, offset = rest[written:], offset + written

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(self._descriptor, size)

    def sync(self) -> None:
        """Return when contents and size survive a power cut."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Release the file; syncs nothing."""
        os.close(self._descriptor)


class OsDirectory:
    """`Directory` on a real disk, made if need be and locked against other processes."""

    def __init__(self, path: Path) -> None:
        """Open the directory. Raises `DirectoryInUse` if another process has it, OSError if it cannot be used."""
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise DirectoryInUse(str(path)) from None
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    @property
    def path(self) -> str:
        """What to call it in messages."""
        return str(self._path)

    def names(self) -> list[str]:
        """The files in it, sorted."""
        return sorted(entry.name for entry in self._path.iterdir() if entry.name != LOCK)

    def open(self, name: str) -> OsFile:
        """Open an existing file; raises FileNotFoundError."""
        return OsFile(os.open(self._path / name, os.O_RDWR))

    def create(self, name: str) -> OsFile:
        """Make an empty file, in place of one of that name."""
        return OsFile(os.open(self._path / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, atomically replacing a file that has it."""
        (self._path / old).rename(self._path / new)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._path / name).unlink()

    def sync(self) -> None:
        """Return when all names survive a power cut."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Release the directory."""
        os.close(self._descriptor)
        os.close(self._lock)
