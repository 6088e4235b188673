"""A machine's disk: the lossy disk of the storage tests, with a price for each sync, an end of space, and bit rot.

Two ways to lose a process: killed, what it wrote stays (the operating system has it); without power, only what was
synced stays for certain.
"""

from tests.consensus.lossy_files import Inode, LossyDisk, Stopped
from tests.simulation.kernel import Kernel

__all__ = ["Disk", "Stopped"]

SYNC_US = (200, 2_000)
SLOW_SYNC_US = (20_000, 300_000)


class Disk(LossyDisk):
    """One directory of a machine."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        super().__init__(rng=kernel.stream(f"disk/{name}"))
        self.name = name
        self.sync_us = SYNC_US
        self.spent_us = 0
        """What the syncs since the last `settle_time` took."""
        self.on_sync = self._take_time

    def _take_time(self) -> None:
        self.spent_us += self.random.randint(*self.sync_us)

    def settle_time(self) -> int:
        """The microseconds that the syncs since the last call took."""
        spent, self.spent_us = self.spent_us, 0
        return spent

    @property
    def is_full(self) -> bool:
        """Whether nothing more can be written."""
        return self.capacity is not None

    def fill(self) -> None:
        """Something else has taken all space that was left."""
        self.capacity = sum(len(inode.seen) for inode in self.names.values())

    def make_room(self) -> None:
        """There is space again."""
        self.capacity = None

    def stop_after_more(self, operations: int) -> None:
        """The power goes right after that many more operations."""
        self.stop_after = self.operations + operations

    def keeps(self, contents: bytes, *, without: str = "damaged-") -> bool:
        """Whether some file holds these bytes in what would survive a power cut now."""
        return any(contents in inode.kept for name, inode in self.kept_names.items() if not name.startswith(without))

    def flip(self, suffix: str, at_least: int) -> bool:
        """Flip one bit of a file, `at_least` bytes from its start; False when no file is that long."""
        long = [name for name in sorted(self.names) if name.endswith(suffix) and len(self.names[name].kept) > at_least]
        if not long:
            return False
        name = self.random.choice(long)
        self.flip_bit(name, self.random.randrange(at_least, len(self.names[name].kept)), self.random.randrange(8))
        return True

    def copy_files(self) -> dict[str, bytes]:
        """A backup of what the disk holds."""
        return {name: bytes(inode.seen) for name, inode in self.names.items()}

    def put_files(self, files: dict[str, bytes]) -> None:
        """The disk now holds these files and no others, durably."""
        self.names = {name: Inode(bytearray(data), bytearray(data)) for name, data in files.items()}
        self.kept_names = dict(self.names)
        self.pending_names = []
