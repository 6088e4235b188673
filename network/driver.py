"""The loop of a validator: tells the replica the time and what arrives, and does what it asks for.

One event loop, no threads: peers' messages come in by callbacks, signatures are checked by the pool, and a block is
executed some records at a time (docs/adr/0031). Ticks that were missed are not made up for: a node that was busy must
hear what has come meanwhile before it concludes that its leader is silent.
"""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from ledger.block import ACCEPTED
from network.admission import Admission
from network.mempool import Mempool
from network.metrics.events import Events
from network.peers.transport import PeerTransport
from network.replica.errors import PeerFault
from network.replica.finality import Final
from network.replica.replica import TICK_MS, Replica
from network.replica.work import Work
from network.verify_pool import VerifyPool

log = structlog.get_logger(__name__)

HAND_OVER_S_MAX = 1.0
"""How long a leader that is told to stop may take to let another lead: without that, all wait for an election."""

TURNS = 4
"""Of the event loop between two pieces of work: it takes several to read a call, check it and let it wait. With one,
calls that come while a block is executed stay behind it and the next proposal: blocks are small and large in turn.
"""

UPDATE_TICKS = 20
"""Ticks between two looks at whether the ledger knows other peers or addresses."""


class Driver:
    """Runs one replica until told to stop. Whatever `run` raises stops the node."""

    def __init__(
        self,
        replica: Replica,
        mempool: Mempool,
        admission: Admission,
        pool: VerifyPool,
        events: Events,
        now_ms: Callable[[], int],
        keep_unsigned: Callable[[int, str], object],
    ) -> None:
        self._replica = replica
        self._mempool = mempool
        self._admission = admission
        self._events = events
        self._now_ms = now_ms
        self._keep_unsigned = keep_unsigned
        self._transport: PeerTransport | None = None
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reads: dict[bytes, asyncio.Future[None]] = {}
        self._failure: BaseException | None = None
        self._is_over = False
        self._looks_ms = 0.0
        mempool.on_arrival = self._arrived
        admission.on_refused = events.refused
        pool.on_checked = events.signatures_checked

    def attach(self, transport: PeerTransport) -> None:
        """Where messages to peers go."""
        self._transport = transport

    def _arrived(self) -> None:
        """A transaction waits: look at it when it is due, which often is when the loop would have looked anyway."""
        due_ms = self._replica.deadline_ms()
        if due_ms is not None and due_ms < self._looks_ms:
            self._wake.set()

    def wake(self) -> None:
        """Let the loop look again."""
        self._wake.set()

    # What the transport calls.

    def receive(self, peer: str, data: bytes) -> None:
        """A message has come. After the loop's end the replica is not touched any more: it may have failed half-way."""
        if self._is_over:
            return
        try:
            self._replica.receive(peer, data, self._now_ms())
        except PeerFault as fault:
            log.warning("a peer said what no validator says", peer=peer, reason=fault.reason)
            raise
        self._wake.set()

    def connected(self, peer: str) -> None:
        """A peer can be reached."""
        if self._is_over:
            return
        log.info("peer connected", peer=peer)
        self._replica.connected(peer)
        self._wake.set()

    def disconnected(self, peer: str) -> None:
        """A peer cannot be reached."""
        if self._is_over:
            return
        log.info("peer disconnected", peer=peer)
        self._replica.disconnected(peer)
        self._wake.set()

    # The loop.

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping`, then let another lead."""
        try:
            await self._loop(stopping)
        finally:
            self._is_over = True
            for task in self._tasks:
                task.cancel()

    async def _loop(self, stopping: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        next_tick, ticks, leave_by = clock(), 0, 0.0
        while not stopping.is_set() or (self._replica.hand_over() and clock() < leave_by):
            await self._wait(next_tick - clock())
            if not stopping.is_set():
                leave_by = clock() + HAND_OVER_S_MAX
            if clock() >= next_tick:
                next_tick = clock() + TICK_MS / 1000
                ticks += 1
                self._replica.tick()
                self._events.saw_leader(self._replica.member.leader)
                if self._transport is not None and ticks % UPDATE_TICKS == 0:
                    self._transport.update()
            await self._work()

    async def _wait(self, timeout_s: float) -> None:
        due_ms, now_ms = self._replica.deadline_ms(), self._now_ms()
        if due_ms is not None:
            timeout_s = min(timeout_s, (due_ms - now_ms) / 1000)
        self._looks_ms = now_ms + timeout_s * 1000
        timer = asyncio.get_running_loop().call_later(max(0.0, timeout_s), self._wake.set)
        await self._wake.wait()
        timer.cancel()
        self._wake.clear()

    async def _work(self) -> None:
        while True:
            work = self._replica.work(self._now_ms())
            self._do(work)
            # Sending, and whatever else has come meanwhile, goes before more of a block is executed.
            for _ in range(TURNS):
                await asyncio.sleep(0)
            if self._failure is not None:
                raise self._failure
            if not work.more:
                return

    def _do(self, work: Work) -> None:
        if self._transport is not None:
            for peer, lane, data in work.messages:
                self._transport.send(peer, lane, data)
        for final in work.blocks:
            self._count(final)
        if work.blocks:
            now_ms = self._now_ms()
            self._events.transactions_final((now_ms - at_ms) / 1000 for at_ms in self._mempool.take_settled_ms())
        for _ in range(work.proposed):
            self._events.proposed()
        for height, text in work.abstained:
            self._keep_unsigned(height, text)
            log.error("does not sign: it signed another checkpoint of this height in an earlier run", height=height)
        for digest, raws in work.to_check:
            self._start(self._check(digest, raws))
        for _, raws in work.forwarded:
            self._start(self._admit(raws))
        for token in work.reads:
            future = self._reads.pop(token, None)
            if future is not None and not future.done():
                future.set_result(None)

    def _count(self, final: Final) -> None:
        block = final.block
        transactions = len(block.changes.transactions)
        self._events.block_final(transactions, sum(map(len, block.leaves)), is_caught_up=final.is_caught_up)
        for receipt in block.receipts:
            if receipt is not None and receipt.code != ACCEPTED:
                self._events.refused(receipt.code)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self._wake.set()

    async def _check(self, digest: bytes, raws: list[bytes]) -> None:
        self._replica.checked(digest, await self._admission.check(raws))
        self._wake.set()

    async def _admit(self, raws: list[bytes]) -> None:
        """Whoever forwarded them learns from the ledger what became of them."""
        await self._admission.submit([raw for raw in raws if self._mempool.checked(raw) is None])

    async def read_barrier(self, token: bytes, timeout_s: float) -> bool:
        """Wait until the ledger here holds all that was final anywhere when this was called; False = not in time."""
        if self._is_over:
            return False
        future = self._reads[token] = asyncio.get_running_loop().create_future()
        try:
            self._replica.read(token)
            self._wake.set()
            await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            return False
        finally:
            self._reads.pop(token, None)
        return True
