"""The door: bounded decoding, stateless checks, deduplication and signatures, before anything may wait to be ordered.

Each transaction gets its own result. What is refused here leaves no trace on the chain. A transaction that is final
already is answered with its first receipt, whatever its age.
"""

from collections.abc import Callable, Sequence

from ledger.block import Receipt
from ledger.errors import BadSignature, Busy, Expired, ExpiresTooLate, Refusal, Repeated
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.transaction import Transaction, decode_transaction
from network.mempool import RETRY_AFTER_MS, Dropped, Entry, Mempool, Ticket
from network.replica.checks import decode_all, with_signatures
from network.verify_pool import VerifyPool

BATCH_MAX = 1_000
BATCH_BYTES_MAX = 4_000_000

CLOCK_SLACK_MS = 1_000
"""How far block time may be ahead of this node's clock when an expiry is judged at the door; execution judges it
finally.
"""


class Admission:
    """Takes submissions into the waiting room. `first_receipt` finds the receipt of a final transaction by its id."""

    def __init__(
        self,
        registry: Registry,
        genesis: Genesis,
        pool: VerifyPool,
        mempool: Mempool,
        first_receipt: Callable[[bytes], Receipt | None],
        now_ms: Callable[[], int],
    ) -> None:
        self._registry = registry
        self._genesis = genesis
        self._pool = pool
        self._mempool = mempool
        self._first_receipt = first_receipt
        self._now_ms = now_ms
        self._expiry_max_ms = genesis.parameters["expiry_max_ms"]
        self.on_refused: Callable[[int], None] = lambda _: None
        """Told the number of each refusal at the door."""

    async def submit(self, raws: Sequence[bytes]) -> Ticket:
        """Check every transaction and let the good ones wait; the ticket's open positions become settled when final."""
        ticket = Ticket(len(raws))
        entries: list[Entry] = []
        positions: list[int] = []
        now_ms = self._now_ms()
        for position, raw in enumerate(raws):
            try:
                transaction = decode_transaction(raw, self._registry, self._genesis.chain_id)
            except Refusal as refusal:
                self._refuse(ticket, position, Dropped.by(refusal))
                continue
            ticket.ids[position] = transaction.id
            if self._answer_known(ticket, position, transaction, now_ms):
                continue
            if not self._mempool.reserve(len(raw), transaction.public_key):
                self._refuse(ticket, position, self._busy_or_final(transaction))
                continue
            entries.append(Entry(raw, transaction, now_ms))
            positions.append(position)
        await self._check_signatures(ticket, entries, positions)
        return ticket

    async def check(self, raws: Sequence[bytes]) -> list[Transaction | Refusal]:
        """Each transaction decoded and its signature checked, as execution wants them; nothing is let in to wait."""
        decoded = decode_all(raws, self._registry, self._genesis)
        signed = [item for item in decoded if isinstance(item, Transaction)]
        good = await self._pool.verify([(t.algorithm, t.public_key, t.signature, t.signed_bytes) for t in signed])
        return with_signatures(decoded, good)

    def _answer_known(self, ticket: Ticket, position: int, transaction: Transaction, now_ms: int) -> bool:
        """Answer a transaction that waits already, or whose time is wrong; final ones are otherwise found when
        ordered.
        """
        waiting = self._mempool.find(transaction.id)
        if waiting is not None:
            waiting.tickets.append((ticket, position))
            return True
        refusal: Refusal
        if transaction.expires_at_ms <= now_ms:
            refusal = Expired(transaction.expires_at_ms, now_ms)
        elif transaction.expires_at_ms > now_ms + self._expiry_max_ms + CLOCK_SLACK_MS:
            refusal = ExpiresTooLate(transaction.expires_at_ms, now_ms + self._expiry_max_ms)
        else:
            return False
        self._refuse(ticket, position, self._first_receipt(transaction.id) or Dropped.by(refusal))
        return True

    def _refuse(self, ticket: Ticket, position: int, result: Receipt | Dropped) -> None:
        """Answer at the door, be it with the receipt of what is final already."""
        if isinstance(result, Dropped):
            self.on_refused(result.number)
        ticket.settle(position, result)

    def _busy_or_final(self, transaction: Transaction) -> Receipt | Dropped:
        return self._first_receipt(transaction.id) or Dropped.by(Busy(RETRY_AFTER_MS))

    async def _check_signatures(self, ticket: Ticket, entries: list[Entry], positions: list[int]) -> None:
        checked = [entry.transaction for entry in entries]
        try:
            good = await self._pool.verify([(t.algorithm, t.public_key, t.signature, t.signed_bytes) for t in checked])
        except BaseException:
            for entry in entries:
                self._mempool.release(len(entry.raw), entry.transaction.public_key)
            raise
        for entry, position, is_good in zip(entries, positions, good, strict=True):
            if not is_good:
                self._mempool.release(len(entry.raw), entry.transaction.public_key)
                self._refuse(ticket, position, Dropped.by(BadSignature(entry.transaction.public_key.hex())))
                continue
            self._enter(ticket, position, entry)

    def _enter(self, ticket: Ticket, position: int, entry: Entry) -> None:
        """Let a checked transaction wait, or join its twin that came while its signature was being checked."""
        twin = self._mempool.find(entry.transaction.id)
        if twin is not None:
            self._mempool.release(len(entry.raw), entry.transaction.public_key)
            twin.tickets.append((ticket, position))
            return
        entry.tickets.append((ticket, position))
        self._mempool.add(entry)


def ordered_result(
    receipt: Receipt | None,
    dropped: tuple[int, list[str]] | None,
    transaction_id: bytes,
    first_receipt: Callable[[bytes], Receipt | None],
) -> Receipt | Dropped:
    """The result of an ordered transaction: its receipt; for a repeated one the first receipt; else why it was
    dropped.
    """
    if receipt is not None:
        return receipt
    assert dropped is not None, "a transaction without a receipt was dropped for a reason"
    number, details = dropped
    if number == Repeated.number:
        first = first_receipt(transaction_id)
        assert first is not None, "a repeated transaction has a first receipt"
        return first
    return Dropped(number, details)
