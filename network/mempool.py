"""The waiting room: verified transactions that no final block holds yet, bounded by count and bytes, first in first
out.

An entry stays known (`find`) while it waits and while it is being ordered, so that a second submission joins the first
instead of being ordered twice. What was taken to be ordered comes back (`restore`) when whoever was to order it no
longer leads.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from ledger.block import Receipt
from ledger.errors import Refusal
from ledger.transaction import Transaction

RETRY_AFTER_MS = 200
"""What a busy node asks for: about the time in which a full waiting room is ordered by half on two cores."""


class Dropped(NamedTuple):
    """Why a transaction was not ordered: the refusal's number and details, and the field at fault if one is."""

    number: int
    details: list[str]
    path: str = ""
    retry_after_ms: int = 0

    @classmethod
    def by(cls, refusal: Refusal) -> "Dropped":
        """From a raised refusal."""
        return cls(
            refusal.number,
            refusal.details,
            str(getattr(refusal, "path", "")),
            int(getattr(refusal, "retry_after_ms", 0)),
        )


Result = Receipt | Dropped | None
"""What came of one submitted transaction; None: not final yet."""


class Ticket:
    """One submission: its transactions' ids and results, in the order given, and a future for those not final yet."""

    def __init__(self, size: int) -> None:
        self.ids: list[bytes] = [b""] * size
        self.results: list[Result] = [None] * size
        self.open = size
        self._done: asyncio.Future[None] | None = None
        self._is_given_up = False

    def settle(self, position: int, result: Receipt | Dropped) -> None:
        """Give the transaction at `position` its result, once."""
        if self.results[position] is not None:
            return
        self.results[position] = result
        self.open -= 1
        if self.open == 0:
            self._end_wait()

    def give_up(self) -> None:
        """No more results will come: whoever waits goes on without them."""
        self._is_given_up = True
        self._end_wait()

    async def wait(self, timeout_s: float) -> None:
        """Return when every transaction has its result, when none will come any more, or when the time is up."""
        if self.open == 0 or self._is_given_up:
            return
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._done], timeout=timeout_s)

    def _end_wait(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)


class Entry:
    """One transaction in the waiting room, and the submissions that wait for it."""

    __slots__ = ("admitted_ms", "is_settled", "raw", "tickets", "transaction")

    def __init__(self, raw: bytes, transaction: Transaction, admitted_ms: int = 0) -> None:
        self.raw = raw
        self.transaction = transaction
        self.admitted_ms = admitted_ms
        self.is_settled = False
        self.tickets: list[tuple[Ticket, int]] = []

    def settle(self, result: Receipt | Dropped) -> None:
        """Answer every submission that waits for this transaction."""
        for ticket, position in self.tickets:
            ticket.settle(position, result)

    def give_up(self) -> None:
        """Let nobody wait for this transaction here any more."""
        for ticket, _ in self.tickets:
            ticket.give_up()


class Mempool:
    """Bounded by `count_max` transactions and `bytes_max` bytes, those being ordered and those being checked
    included. No one key may take more than half of either: whoever floods a node leaves room for others.
    """

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._queue: deque[Entry] = deque()
        self._known: dict[bytes, Entry] = {}
        self._by_raw: dict[bytes, Entry] = {}
        self._taken: dict[bytes, Entry] = {}
        self._count = 0
        self._bytes = 0
        self._counts: Counter[bytes] = Counter()
        self._sizes: Counter[bytes] = Counter()
        self._settled_ms: list[int] = []
        self._is_closed = False
        self.on_arrival: Callable[[], None] = lambda: None
        """Called whenever something new waits to be ordered."""

    @property
    def count(self) -> int:
        """Transactions that no final block holds yet."""
        return self._count

    @property
    def size(self) -> int:
        """Their bytes."""
        return self._bytes

    @property
    def waiting(self) -> int:
        """Transactions ready to be ordered."""
        return len(self._queue)

    @property
    def taken(self) -> int:
        """Transactions taken to be ordered and not final yet."""
        return len(self._taken)

    def reserve(self, size: int, public_key: bytes) -> bool:
        """Make room for one transaction of `size` bytes before its signature is checked; False when there is none."""
        if self._count >= self._count_max or self._bytes + size > self._bytes_max:
            return False
        # What claims to be of a key counts against it until its signature is found to be bad, which is soon.
        count, taken = self._counts[public_key], self._sizes[public_key]
        if 2 * count >= self._count_max or (count and 2 * (taken + size) > self._bytes_max):
            return False
        self._count += 1
        self._bytes += size
        self._counts[public_key] += 1
        self._sizes[public_key] += size
        return True

    def release(self, size: int, public_key: bytes) -> None:
        """Give back the room of one transaction."""
        self._count -= 1
        self._bytes -= size
        self._counts[public_key] -= 1
        self._sizes[public_key] -= size
        if not self._counts[public_key]:
            del self._counts[public_key], self._sizes[public_key]

    def find(self, transaction_id: bytes) -> Entry | None:
        """The entry of a transaction that waits or is being ordered."""
        return self._known.get(transaction_id)

    def add(self, entry: Entry) -> None:
        """Let a checked transaction wait to be ordered. Requires room reserved for it, and an id that is not known."""
        assert entry.transaction.id not in self._known
        self._known[entry.transaction.id] = self._by_raw[entry.raw] = entry
        self._queue.append(entry)
        if self._is_closed:
            entry.give_up()
        self.on_arrival()

    def close(self) -> None:
        """The node stops: all who wait are told that their outcome is not known, and offer the same bytes elsewhere."""
        self._is_closed = True
        for entry in self._known.values():
            entry.give_up()

    def checked(self, raw: bytes) -> Transaction | None:
        """The transaction of these very bytes, its signature checked at the door, or None."""
        entry = self._by_raw.get(raw)
        return None if entry is None else entry.transaction

    def take(self, count_max: int, bytes_max: int) -> list[Entry]:
        """The longest-waiting transactions, within both bounds (at least one if any waits); they stay known until
        they are settled.
        """
        taken: list[Entry] = []
        size = 0
        while self._queue and len(taken) < count_max:
            entry = self._queue[0]
            size += 0 if entry.is_settled else len(entry.raw)
            if taken and size > bytes_max:
                break
            self._queue.popleft()
            if not entry.is_settled:
                taken.append(entry)
                self._taken[entry.transaction.id] = entry
        return taken

    def restore(self) -> None:
        """Let everything that was taken and is not final wait again, before what came later."""
        self._queue.extendleft(reversed(self._taken.values()))
        self._taken.clear()

    def settle(self, transaction_id: bytes, result: Receipt | Dropped) -> None:
        """Forget a transaction that was decided, if it is known here, and answer those who wait for it."""
        entry = self._known.pop(transaction_id, None)
        if entry is None:
            return
        entry.is_settled = True
        self._settled_ms.append(entry.admitted_ms)
        self._taken.pop(transaction_id, None)
        del self._by_raw[entry.raw]
        self.release(len(entry.raw), entry.transaction.public_key)
        entry.settle(result)

    def take_settled_ms(self) -> list[int]:
        """When each of those was admitted that have been decided since the last call."""
        settled, self._settled_ms = self._settled_ms, []
        return settled
