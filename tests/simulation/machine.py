"""A validator's machine: disks, ledger store and clock that outlive processes, and the process that runs a `Replica`.

The driver does what node.py does: hands over what arrives, lets time pass in ticks, does the replica's work, checks
signatures, answers clients. Disk time and steps of execution keep the process busy; a pause (SIGSTOP) keeps it from
everything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consensus.errors import ConsensusFault
from consensus.evidence import Evidence
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.crypto.signing import SigningKey
from ledger.errors import Fatal, Refusal
from ledger.transaction import decode_transaction
from network.chain import Chain
from network.mempool import Dropped, Entry, Mempool, Ticket
from network.replica.checks import check_all
from network.replica.errors import PeerFault, Retired
from network.replica.replica import Replica
from network.replica.work import Limits, Work
from tests.simulation.disk import Disk, Stopped
from tests.simulation.kernel import MILLISECOND, START_MS, Violation
from tests.simulation.store import MemoryStore
from tests.simulation.workload import Answer

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster

TICK_US = 50 * MILLISECOND
SEGMENT_SIZE = 5_000
"""Small, so that the log rolls over, and is cut at its beginning, between any two synced writes of the ledger."""

STEP_US = 750
"""Blocks are small here, so each record of one is a step of its own; it takes twice this time at most."""


@dataclass
class Waiting:
    """A client that waits for its transaction."""

    ticket: Ticket
    answer: Callable[[Answer], None]


class Machine:
    """One validator's hardware, clock and, while it is up, its process."""

    def __init__(self, cluster: "Cluster", name: str, key: SigningKey, clock: tuple[int, int] = (0, 1_000_000)) -> None:
        kernel = cluster.kernel
        self.cluster, self.kernel, self.name, self.key = cluster, kernel, name, key
        self.chance = kernel.stream(f"machine/{name}")
        self.log_disk = Disk(kernel, f"{name}/log")
        self.safety_disk = Disk(kernel, f"{name}/safety")
        self.store_disk = Disk(kernel, f"{name}/ledger")
        self.disks = (self.log_disk, self.safety_disk, self.store_disk)
        self.store = MemoryStore(cluster.genesis.head(), self.store_disk)
        SafetyFile.create(self.safety_disk.directory(), cluster.genesis.chain_id, key.public_key)
        self.offset_us, self.rate_ppm = clock[0] * MILLISECOND, clock[1]
        self._clock_at, self._clock_us = 0, 0
        self.replica: Replica | None = None
        self.generation = 0
        self.step_us = STEP_US
        self.paused_until = 0
        self.busy_until = 0
        self.stopped_by: Exception | None = None
        self.excuses: tuple[type[Exception], ...] = ()
        """What a scenario gives it reason to stop for."""
        self.is_gone = False
        """For good: it lost what made it a validator, or was removed."""
        self.evidence: list[Evidence] = []
        self.waiting: list[Waiting] = []
        self.reads: dict[bytes, tuple[str, Callable[[str | None], None]]] = {}
        self._turn_at: int | None = None

    # Clock.

    def now_ms(self) -> int:
        """What the machine's clock shows, in milliseconds since 1970."""
        local_us = self._clock_us + (self.kernel.now - self._clock_at) * self.rate_ppm // 1_000_000
        return START_MS + (local_us + self.offset_us) // MILLISECOND

    def set_clock(self, *, offset_ms: int | None = None, rate_ppm: int | None = None) -> None:
        """Let the clock jump, or go at another rate from now on."""
        self._clock_us += (self.kernel.now - self._clock_at) * self.rate_ppm // 1_000_000
        self._clock_at = self.kernel.now
        if rate_ppm is not None:
            self.rate_ppm = rate_ppm
        if offset_ms is not None:
            self.offset_us = offset_ms * MILLISECOND
            self._clock_us = self.kernel.now

    # Life and death.

    @property
    def is_up(self) -> bool:
        """Whether a process runs."""
        return self.replica is not None

    def start(self) -> None:
        """Start a process on what the disks hold."""
        if self.replica is not None or self.is_gone:
            return
        self.generation += 1
        self.stopped_by = None
        self.busy_until = self.kernel.now
        generation = self.generation
        try:
            self._build()
        except Stopped:
            self.cut_power()
            return
        except (ConsensusFault, Fatal) as error:
            self._stop(error)
            return
        self.kernel.note(self.name, f"starts at height {self.store.head.height}")
        self.cluster.oracle.started(self)
        self.cluster.came_up(self)
        self.kernel.after(self.chance.randrange(TICK_US), self._guarded, generation, self._tick, generation)
        self._wake()

    def _build(self) -> None:
        genesis = self.cluster.genesis
        self.mempool = Mempool(2_000, 1 << 22)
        self.safety = SafetyFile.open(self.safety_disk.directory(), genesis.chain_id, self.key.public_key)
        mark = self.safety.promises.acknowledged
        self.log = DurableLog.open(
            self.log_disk.directory(), genesis.chain_id, mark, segment_size=SEGMENT_SIZE, repair=True
        )
        chain = Chain(self.store, genesis.cosigner_name(self.name), 4)
        key = self.cluster.oracle.watched_key(self)
        draw = self.kernel.stream(f"draw/{self.name}").randrange
        self.chain = chain
        replica = Replica(
            genesis,
            self.cluster.registry,
            key,
            self.name,
            self.log,
            self.safety,
            chain,
            self.mempool,
            self.evidence.append,
            draw,
            Limits(steps_at_once=1),
        )
        self.replica = replica

    def kill(self) -> None:
        """SIGKILL: what was written stays, synced or not."""
        if self.replica is None:
            return
        self.kernel.note(self.name, "is killed")
        self._die()

    def cut_power(self) -> None:
        """The machine loses power: of what was not synced, chance decides what is left."""
        self.kernel.note(self.name, "loses power")
        for disk in self.disks:
            disk.stop_after = None
            disk.cut_power()
        self.store.cut_power()
        self._die()

    def cut_power_within(self, operations: int) -> None:
        """The power goes in the middle of one of the next disk operations."""
        self.chance.choice(self.disks[:2]).stop_after_more(operations)

    def _stop(self, error: Exception) -> None:
        """The process ends itself, as node.py does."""
        self.stopped_by = error
        self.kernel.note(self.name, f"stops: {type(error).__name__}: {str(error).splitlines()[0]}")
        self._die()
        self.cluster.oracle.stopped(self, error)

    def _die(self) -> None:
        was_up, self.replica = self.replica is not None, None
        self.generation += 1
        self._turn_at = None
        waiting, self.waiting = self.waiting, []
        reads, self.reads = self.reads, {}
        for one in waiting:
            self.kernel.after(MILLISECOND, one.answer, None)
        for _, answer in reads.values():
            self.kernel.after(MILLISECOND, answer, None)
        if was_up:
            self.cluster.went_down(self)

    # The process.

    def _guarded(self, generation: int, call: Callable[..., None], *arguments: Any) -> None:
        """Run something of the process, when it is neither dead, paused nor waiting for its disk."""
        if generation != self.generation or self.replica is None:
            return
        wait = max(self.paused_until, self.busy_until) - self.kernel.now
        if wait > 0:
            self.kernel.after(wait, self._guarded, generation, call, *arguments)
            return
        try:
            call(*arguments)
        except Stopped:
            self.cut_power()
        except Violation:
            raise
        except (ConsensusFault, Fatal, Retired) as error:
            self._stop(error)
        else:
            for disk in self.disks:
                if disk.spent_us:
                    self.busy_until = max(self.busy_until, self.kernel.now) + disk.settle_time()

    def receive(self, sender: str, data: bytes) -> None:
        """Bytes of a peer arrive."""
        self._guarded(self.generation, self._receive, sender, data)

    def _receive(self, sender: str, data: bytes) -> None:
        assert self.replica is not None
        try:
            self.replica.receive(sender, data, self.now_ms())
        except PeerFault as fault:
            self.cluster.lose_connection(self, sender, fault)
        self._wake()

    def connected(self, peer: str) -> None:
        """A stream to a peer is open."""
        self._guarded(self.generation, self._connected, peer)

    def _connected(self, peer: str) -> None:
        assert self.replica is not None
        self.replica.connected(peer)
        self._wake()

    def disconnected(self, peer: str) -> None:
        """The stream to a peer is gone."""
        if self.replica is not None:
            self._guarded(self.generation, self.replica.disconnected, peer)

    def _tick(self, generation: int) -> None:
        assert self.replica is not None
        self.kernel.after(TICK_US * 1_000_000 // self.rate_ppm, self._guarded, generation, self._tick, generation)
        self.replica.tick()
        self._turn()

    def _wake(self) -> None:
        """Work soon: what arrives within a millisecond or so is handled together."""
        self._turn_by(self.kernel.now + self.chance.randrange(1_500))

    def _turn_by(self, at_us: int) -> None:
        if self._turn_at is None or at_us < self._turn_at:
            self._turn_at = at_us
            self.kernel.after(at_us - self.kernel.now, self._guarded, self.generation, self._turn_if_due, at_us)

    def _turn_if_due(self, at_us: int) -> None:
        if self._turn_at == at_us:
            self._turn()

    def _turn(self) -> None:
        """Do the replica's work until there is none; while a block is executed, soon go on."""
        assert self.replica is not None
        self._turn_at = None
        more = True
        while more:
            work = self.replica.work(self.now_ms())
            self._carry_out(work)
            more = work.more and not self.replica.finality.is_executing
        self._answer_clients()
        if self.replica.finality.is_executing:
            self.busy_until = self.kernel.now + self.chance.randint(1, 2 * self.step_us)
            self._turn_by(self.busy_until)
            return
        due_ms = self.replica.deadline_ms()
        if due_ms is not None:
            wait_us = max(0, due_ms - self.now_ms()) * MILLISECOND * 1_000_000 // self.rate_ppm
            self._turn_by(self.kernel.now + max(wait_us, MILLISECOND))

    def _carry_out(self, work: Work) -> None:
        spent_us = sum(disk.spent_us for disk in self.disks)
        for digest, raws in work.to_check:
            delay_us = spent_us + self.chance.randint(50, 2_000)
            self.kernel.after(delay_us, self._guarded, self.generation, self._checked, digest, raws)
        for _, raws in work.forwarded:
            for raw in raws:
                self._admit(raw, None)
        self.cluster.oracle.worked(self)
        for final in work.blocks:
            self.cluster.oracle.certified(self, final.block.height, final.note)
        for receiver, lane, data in self.cluster.as_sent(self, work.messages):
            self.cluster.network.send(self.name, receiver, lane, data, spent_us)
        for token in work.reads:
            self._answer_read(token)

    def _checked(self, digest: bytes, raws: list[bytes]) -> None:
        assert self.replica is not None
        self.replica.checked(digest, check_all(raws, self.cluster.registry, self.cluster.genesis))
        self._wake()

    # Clients.

    def submit(self, raw: bytes, answer: Callable[[Answer], None]) -> None:
        """A client hands in a transaction; a machine that is down answers nobody."""
        if self.replica is None:
            answer(None)
            return
        self._guarded(self.generation, self._submit, raw, answer)

    def _submit(self, raw: bytes, answer: Callable[[Answer], None]) -> None:
        self._admit(raw, answer)
        self._wake()

    def _admit(self, raw: bytes, answer: Callable[[Answer], None] | None) -> None:
        """What `network.admission` does, without its workers."""
        checked = check_all([raw], self.cluster.registry, self.cluster.genesis)[0]
        if isinstance(checked, Refusal):
            if answer is not None:
                answer(Dropped.by(checked))
            return
        transaction = decode_transaction(raw, self.cluster.registry, self.cluster.genesis.chain_id)
        receipt = self.chain.receipt(transaction.id)
        if receipt is not None:
            if answer is not None:
                answer(receipt)
            return
        entry = self.mempool.find(transaction.id)
        if entry is None:
            if not self.mempool.reserve(len(raw), transaction.public_key):
                if answer is not None:
                    answer(None)
                return
            entry = Entry(raw, transaction)
            self.mempool.add(entry)
        if answer is not None:
            ticket = Ticket(1)
            entry.tickets.append((ticket, 0))
            self.waiting.append(Waiting(ticket, answer))

    def _answer_clients(self) -> None:
        done = [one for one in self.waiting if one.ticket.open == 0]
        if done:
            self.waiting = [one for one in self.waiting if one.ticket.open]
            for one in done:
                self.kernel.after(self.chance.randint(100, 2_000), one.answer, one.ticket.results[0])

    def read(self, key: str, answer: Callable[[str | None], None]) -> None:
        """A client reads a register, linearizably."""
        if self.replica is None:
            answer(None)
            return
        self._guarded(self.generation, self._read, key, answer)

    def _read(self, key: str, answer: Callable[[str | None], None]) -> None:
        assert self.replica is not None
        token = b"%d" % len(self.cluster.tokens)
        self.cluster.tokens.append(token)
        self.reads[token] = (key, answer)
        self.replica.read(token)
        self._wake()

    def _answer_read(self, token: bytes) -> None:
        found = self.reads.pop(token, None)
        if found is not None:
            key, answer = found
            self.kernel.after(self.chance.randint(100, 2_000), answer, self.cluster.register(self, key))
