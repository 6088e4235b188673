"""A log whose leader changes: appended to, overwritten, begun anew, cut from the front; and what may be left of it.

`ChangingLog` does random things to a `DurableLog` and keeps, at every moment, the list of the logs that may be found
after a power cut at that moment. It is short: what was synced, and what was appended since. An overwriting or a new
beginning is there as a whole or not at all.
"""

import random
from contextlib import suppress
from dataclasses import dataclass, field

from consensus.entry import Entry, Kind, Tip, first_tip, next_entry
from consensus.safety import NOTHING, Mark
from consensus.storage.files import Directory
from consensus.storage.log import DurableLog
from tests.consensus.lossy_files import LossyDisk, Stopped

CHAIN_ID = bytes(range(32))
SEGMENT_SIZE = 3000


class Lost(Exception):
    """What is found is none of what may be left."""


@dataclass(frozen=True)
class State:
    """Entries after `base`, as if nothing had ever been cut from the front."""

    base: Tip
    entries: tuple[Entry, ...] = ()

    @property
    def tip(self) -> Tip:
        return self.entries[-1].tip if self.entries else self.base

    @property
    def mark(self) -> Mark:
        return Mark(self.tip.term, self.tip.index)

    def upto(self, index: int) -> "State":
        return State(self.base, self.entries[: index - self.base.index])

    def extended(self, entries: list[Entry]) -> "State":
        return State(self.base, (*self.entries, *entries))

    def is_in(self, log: DurableLog, covered: int) -> bool:
        """Whether this is what `log` holds; entries up to `covered` may be gone from its front."""
        base = log.base
        if log.tip != self.tip or not self.base.index <= base.index <= max(self.base.index, covered):
            return False
        after = self.entries[base.index - self.base.index :]
        terms = [log.term_at(entry.index) for entry in after]
        return (
            tuple(log.entries(base.index + 1, log.tip.index + 1)) == after
            and terms == [entry.term for entry in after]
            and base == self.upto(base.index).tip
        )


def open_log(directory: Directory, mark: Mark, *, repair: bool = False) -> DurableLog:
    """The log, with segments and a cache so small that both matter."""
    return DurableLog.open(directory, CHAIN_ID, mark, repair=repair, segment_size=SEGMENT_SIZE, cache_bytes=2000)


@dataclass
class ChangingLog:
    """Open it with `start`, let it `run`, and `start` it again after whatever happened."""

    draw: random.Random
    allowed: list[State] = field(default_factory=lambda: [State(first_tip(CHAIN_ID))])
    acknowledged: Mark = NOTHING
    covered: int = 0
    term: int = 1

    def start(self, directory: Directory) -> DurableLog:
        """Open the log. Raises `Lost`."""
        log = open_log(directory, self.acknowledged)
        found = [state for state in self.allowed if state.is_in(log, self.covered)]
        if not found:
            raise Lost(f"the log goes from {log.base} to {log.tip}")
        if found[0].mark < self.acknowledged:
            raise Lost(f"the log ends at {log.tip}, below {self.acknowledged}")
        self.allowed = found[:1]
        return log

    def run(self, log: DurableLog, turns: int) -> None:
        """Do so many things, each possible at any time."""
        for _ in range(turns):
            self.draw.choice([self.append, self.append, self.append, self.overwrite, self.forget, self.begin_anew])(log)
            assert self.now.is_in(log, self.covered)

    @property
    def now(self) -> State:
        """What the log holds."""
        return self.allowed[-1]

    def append(self, log: DurableLog) -> None:
        """Some groups of entries, and perhaps a sync."""
        for _ in range(self.draw.randint(1, 2)):
            made = self.make(self.now.tip)
            before = self.now
            self.allowed += [before.extended(made[:count]) for count in range(1, len(made) + 1)]
            log.append(made)
        if self.draw.random() < 0.7:
            log.sync()
            self.settle(self.now)

    def overwrite(self, log: DurableLog) -> None:
        """Another leader's entries in place of the last ones."""
        if log.base.index == log.tip.index:
            return
        index = self.draw.randint(log.base.index, log.tip.index - 1)
        self.term += 1
        made = self.make(self.now.upto(index).tip)
        after = self.now.upto(index).extended(made)
        log.truncate_suffix(index)
        log.append(made)
        self.replace_by(after, log)

    def begin_anew(self, log: DurableLog) -> None:
        """A certified place is adopted; further on or, after a wipe, further back than the log."""
        if self.draw.random() < 0.5:
            return
        self.term += 1
        tip = Tip(self.term, self.draw.randint(0, 2 * self.now.tip.index), self.draw.randbytes(32))
        made = self.make(tip) if self.draw.random() < 0.5 else []
        log.reset(tip)
        log.append(made)
        self.replace_by(State(tip).extended(made), log)
        self.covered = 0

    def forget(self, log: DurableLog) -> None:
        """A synced ledger covers some of it."""
        self.covered = max(self.covered, self.draw.randint(log.base.index, log.tip.index))
        log.truncate_prefix(self.covered)

    def replace_by(self, after: State, log: DurableLog) -> None:
        """Sync: from what was to `after`, with nothing in between."""
        self.allowed.append(after)
        log.sync()
        self.settle(after)

    def settle(self, state: State) -> None:
        """It is durable, and so acknowledged."""
        self.allowed = [state]
        self.acknowledged = max(self.acknowledged, state.mark)

    def make(self, tip: Tip) -> list[Entry]:
        """Entries that follow `tip`."""
        made: list[Entry] = []
        for _ in range(self.draw.randint(1, 3)):
            payload = self.draw.randbytes(self.draw.choice([0, 10, 300, 5000]))
            signature = self.draw.randbytes(64) if self.draw.random() < 0.5 else b""
            made.append(next_entry(tip, self.term, payload, self.draw.choice(list(Kind)), "farm", signature))
            tip = made[-1].tip
        return made


def live(seed: int, lives: int = 5, dropped_sync: str = "") -> LossyDisk:
    """A few lives of a log on a failing, sometimes full disk. Raises `Lost` or `ConsensusFault`; returns the disk."""
    disk, log = LossyDisk(seed), ChangingLog(random.Random(seed))
    disk.tracing, disk.dropped_sync = True, dropped_sync
    for _ in range(lives):
        live_once(disk, log)
    log.start(disk.directory())
    return disk


def rot(disk: LossyDisk, log: ChangingLog) -> set[bytes]:
    """Some bits flip in a log of which all is acknowledged; returns the contents of the files they are in."""
    opened = log.start(disk.directory())
    log.run(opened, 14)
    opened.sync()
    log.settle(log.now)
    was = {name: bytes(inode.seen) for name, inode in disk.names.items()}
    for _ in range(log.draw.randint(1, 3)):
        name = log.draw.choice(sorted(was))
        disk.flip_bit(name, log.draw.randrange(len(was[name])), log.draw.randrange(8))
    return {bytes(inode.seen) for inode in disk.names.values()} - set(was.values())


def rot_and_die(seed: int, dropped_sync: str = "") -> LossyDisk:
    """A log rots, and its repair is cut short. Raises `Lost` if no proof of the damage is left; returns the disk."""
    disk, log = LossyDisk(seed), ChangingLog(random.Random(seed))
    rotten = rot(disk, log)
    disk.tracing, disk.dropped_sync = True, dropped_sync
    disk.stop_after = disk.operations + 1 + log.draw.randrange(12)
    with suppress(Stopped):
        open_log(disk.directory(), log.acknowledged, repair=True)
    disk.stop_after = None
    disk.cut_power(lose_all=log.draw.random() < 0.5)
    if not rotten <= {bytes(inode.seen) for inode in disk.names.values()}:
        raise Lost("a damaged file is gone")
    tip = open_log(disk.directory(), log.acknowledged, repair=True).tip
    if tip != log.now.tip and Mark(tip.term, tip.index) >= log.acknowledged:
        raise Lost(f"the log ends at {tip}")
    return disk


def live_once(disk: LossyDisk, log: ChangingLog) -> None:
    """Until killed, perhaps with the power cut."""
    disk.stop_after = disk.operations + 1 + log.draw.randrange(80)
    with suppress(Stopped):
        log.run(log.start(disk.directory()), 1000)
    if log.draw.random() < 0.7:
        disk.cut_power(lose_all=log.draw.random() < 0.4)
