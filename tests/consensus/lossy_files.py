"""A disk in memory that keeps its word and nothing more: what was not synced may be lost, torn or reordered.

It implements `consensus.storage.files`. A power cut keeps of each file what was synced, and of later writes any choice
of pages, one of them torn; of each directory, what was synced and any choice of later changes of names. Every operation
is a point where the process can be killed or the power cut. The disk can be full, fail, be slow and rot; every sync can
be made to do nothing, by its place in the source. No operation costs more than the bytes it is about, so that a
simulated cluster can run on it.
"""

import errno
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

PAGE = 4096


class Stopped(BaseException):
    """The process ends here, in the middle of an operation."""


@dataclass(eq=False, slots=True)
class Inode:
    """A file's contents: as the process sees them, as the platter has them, and the writes in between."""

    seen: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def apply_pending(self) -> None:
        """The platter has it all."""
        for offset, data in self.pending:
            if data is None:
                del self.kept[offset:]
            else:
                _put(self.kept, offset, data)
        self.pending = []


class LossyDisk:
    """One directory's worth of disk; survives the processes that use it.

    `random`: decides what a power cut leaves. `on_sync`: called at every sync, for whoever keeps the time of a slow
    disk. `capacity`: bytes of contents it has room for, None = any number. `error`: the errno that every change and
    sync fails with, 0 = none. `stop_after`: the count of `operations` at which the process ends. `dropped_sync`: the
    place in the source of a sync that does nothing; the places asked from are in `syncs` once `tracing`.
    """

    def __init__(self, seed: int = 0, *, rng: Random | None = None) -> None:
        self.random = rng if rng is not None else Random(seed)
        self.names: dict[str, Inode] = {}
        self.kept_names: dict[str, Inode] = {}
        self.pending_names: list[tuple[str, Inode | None]] = []
        self.operations = 0
        self.stop_after: int | None = None
        self.capacity: int | None = None
        self.error = 0
        self.on_sync: Callable[[], None] | None = None
        self.tracing = False
        self.dropped_sync = ""
        self.syncs: set[str] = set()

    def directory(self) -> "LossyDirectory":
        """What the next process opens."""
        return LossyDirectory(self)

    def flip_bit(self, name: str, offset: int, bit: int = 0) -> None:
        """One bit of a file changes on the platter."""
        inode = self.names[name]
        for contents in (inode.seen, inode.kept):
            if offset < len(contents):
                contents[offset] ^= 1 << bit

    def cut_power(self, *, lose_all: bool = False) -> None:
        """What is on disk afterwards: all that was synced, and of the rest whatever chance (or nothing) leaves."""
        chance = 0.0 if lose_all else self.random.choice([0.2, 0.5, 0.9, 1.0])
        for inode in {id(inode): inode for inode in (*self.names.values(), *self.kept_names.values())}.values():
            self._settle(inode, chance)
        for name, target in self.pending_names:
            if self.random.random() < chance:
                _rename(self.kept_names, name, target)
        self.pending_names = []
        self.names = dict(self.kept_names)

    def step(self) -> None:
        """Count an operation; the process may end after it."""
        self.operations += 1
        if self.stop_after is not None and self.operations >= self.stop_after:
            self.stop_after = None
            raise Stopped

    def check(self) -> None:
        """Fail if the disk fails."""
        if self.error:
            raise OSError(self.error, "the disk fails")

    def room(self, growth: int) -> int:
        """How many of `growth` more bytes there is room for."""
        if self.capacity is None:
            return growth
        return max(0, min(growth, self.capacity - sum(len(inode.seen) for inode in self.names.values())))

    def dropping(self) -> bool:
        """Whether the sync that is being asked for is the one that does nothing."""
        if not self.tracing:
            return False
        frame = sys._getframe(2)
        place = f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}"
        self.syncs.add(place)
        return place == self.dropped_sync

    def sync(self) -> None:
        """What every sync begins with: it may fail, and take its time."""
        self.check()
        if self.on_sync is not None:
            self.on_sync()

    def _settle(self, inode: Inode, chance: float) -> None:
        torn = self.random.random() < 0.5
        for offset, data in inode.pending:
            if data is None:
                if self.random.random() < chance:
                    del inode.kept[offset:]
                continue
            for start in range(0, len(data), PAGE):
                page = data[start : start + PAGE]
                if self.random.random() >= chance:
                    if not torn or chance == 0.0:
                        continue
                    torn, page = False, page[: self.random.randrange(len(page) + 1)]
                _put(inode.kept, offset + start, page)
        inode.pending = []
        inode.seen = bytearray(inode.kept)


def _put(contents: bytearray, offset: int, data: bytes) -> None:
    if len(contents) < offset:
        contents.extend(bytes(offset - len(contents)))
    contents[offset : offset + len(data)] = data


def _rename(names: dict[str, Inode], name: str, target: Inode | None) -> None:
    """`target` gets `name` and loses any other; None removes the name."""
    if target is None:
        names.pop(name, None)
        return
    for old in [known for known, inode in names.items() if inode is target]:
        del names[old]
    names[name] = target


class LossyFile:
    """`File` on the lossy disk."""

    def __init__(self, disk: LossyDisk, inode: Inode) -> None:
        self._disk = disk
        self._inode = inode

    def size(self) -> int:
        return len(self._inode.seen)

    def read(self, offset: int, length: int) -> bytes:
        return bytes(memoryview(self._inode.seen)[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        self._disk.check()
        growth = max(0, offset + len(data) - len(self._inode.seen))
        room = self._disk.room(growth)
        fitting = bytes(data) if room == growth else bytes(data[: len(data) - (growth - room)])
        _put(self._inode.seen, offset, fitting)
        self._inode.pending.append((offset, fitting))
        self._disk.step()
        if room < growth:
            raise OSError(errno.ENOSPC, "No space left on device")

    def truncate(self, size: int) -> None:
        self._disk.check()
        del self._inode.seen[size:]
        self._inode.pending.append((size, None))
        self._disk.step()

    def sync(self) -> None:
        self._disk.sync()
        if not self._disk.dropping():
            self._inode.apply_pending()
        self._disk.step()

    def close(self) -> None:
        pass


class LossyDirectory:
    """`Directory` on the lossy disk."""

    path = "lossy"

    def __init__(self, disk: LossyDisk) -> None:
        self._disk = disk

    def names(self) -> list[str]:
        return sorted(self._disk.names)

    def open(self, name: str) -> LossyFile:
        if name not in self._disk.names:
            raise FileNotFoundError(name)
        return LossyFile(self._disk, self._disk.names[name])

    def create(self, name: str) -> LossyFile:
        self._change(name, Inode())
        return self.open(name)

    def rename(self, old: str, new: str) -> None:
        self._change(new, self._disk.names[old])

    def remove(self, name: str) -> None:
        self._change(name, None)

    def sync(self) -> None:
        self._disk.sync()
        if not self._disk.dropping():
            self._disk.kept_names = dict(self._disk.names)
            self._disk.pending_names = []
        self._disk.step()

    def close(self) -> None:
        pass

    def _change(self, name: str, target: Inode | None) -> None:
        self._disk.check()
        _rename(self._disk.names, name, target)
        self._disk.pending_names.append((name, target))
        self._disk.step()
