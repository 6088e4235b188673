"""Clients: they write and read registers of the toy module, and retry the same transaction wherever anyone listens.

A client is told nothing but answers. It repeats a write (the same bytes) at another validator when none comes in time,
so duplicates over changes of leader are the rule, not the exception.
"""

from collections.abc import Callable
from typing import Protocol

from ledger.block import ACCEPTED, Receipt
from ledger.crypto.signing import SigningKey
from ledger.transaction import make_transaction
from network.mempool import Dropped
from tests.ledger.toy import Put
from tests.simulation.history import History, Operation
from tests.simulation.kernel import MILLISECOND, SECOND, START_MS, Kernel

KEYS = ("a", "b", "c")
PATIENCE_US = 2 * SECOND
LIFE_MS = 3_600_000
READS = 0.3

Answer = Receipt | Dropped | None
"""None: the validator went away, or is busy."""


class Door(Protocol):
    """What a client can reach of the cluster."""

    def doors(self) -> list[str]:
        """Ids of validators that clients know of."""

    def submit(self, name: str, raw: bytes, answer: Callable[[Answer], None]) -> None:
        """Hand a transaction to a validator."""

    def read(self, name: str, key: str, answer: Callable[[str | None], None]) -> None:
        """Read a register with linearizability; None = no answer to be had there."""


class Client:
    """One operation at a time; thinks between them."""

    def __init__(self, kernel: Kernel, door: Door, name: str, key: SigningKey, chain_id: bytes, think_us: int) -> None:
        self.name = name
        self.think_us = (5 * MILLISECOND, think_us)
        self.history: History = History()
        self.receipts: dict[bytes, Receipt] = {}
        self.is_stopping = False
        self._kernel = kernel
        self._door = door
        self._key = key
        self._chain_id = chain_id
        self._chance = kernel.stream(f"client/{name}")
        self._made = 0
        self._asked = 0

    def start(self) -> None:
        """Begin after a moment."""
        self._rest()

    @property
    def is_idle(self) -> bool:
        """Nothing of this client is unanswered."""
        return all(operation.ended_us is not None for operation in self.history.operations[-1:])

    def _rest(self) -> None:
        self._kernel.after(self._chance.randint(*self.think_us), self._begin)

    def _begin(self) -> None:
        if self.is_stopping:
            return
        register = self._chance.choice(KEYS)
        if self._chance.random() < READS:
            operation = Operation(self.name, register, None, is_read=True, began_us=self._kernel.now)
            self.history.operations.append(operation)
            self._ask(operation, b"")
            return
        self._made += 1
        value = f"{self.name}-{self._made}"
        expires_ms = START_MS + self._kernel.now // MILLISECOND + LIFE_MS
        nonce = value.encode().rjust(16, b"\0")
        raw = make_transaction(self._key, self._chain_id, Put(register, value), nonce, expires_ms)
        operation = Operation(self.name, register, value, is_read=False, began_us=self._kernel.now)
        self.history.operations.append(operation)
        self._ask(operation, raw)

    def _ask(self, operation: Operation, raw: bytes) -> None:
        """Try anywhere; whoever does not answer in time is given up, though it may still act."""
        self._asked += 1
        attempt = self._asked
        where = self._chance.choice(self._door.doors())
        travel_us = self._chance.randint(100, 2_000)
        if raw:
            self._kernel.after(
                travel_us, self._door.submit, where, raw, lambda got: self._answered(attempt, operation, raw, got)
            )
        else:
            self._kernel.after(
                travel_us, self._door.read, where, operation.key, lambda got: self._told(attempt, operation, got)
            )
        self._kernel.after(PATIENCE_US, self._give_up, attempt, operation, raw)

    def _give_up(self, attempt: int, operation: Operation, raw: bytes) -> None:
        if attempt == self._asked and operation.ended_us is None:
            self._ask(operation, raw)

    def _again(self, attempt: int, operation: Operation, raw: bytes) -> None:
        """Nobody there, or busy: elsewhere, a little later."""
        if attempt == self._asked:
            self._asked += 1
            self._kernel.after(self._chance.randint(20, 200) * MILLISECOND, self._ask, operation, raw)

    def _answered(self, attempt: int, operation: Operation, raw: bytes, got: Answer) -> None:
        if operation.ended_us is not None:
            return
        if not isinstance(got, Receipt):
            self._again(attempt, operation, raw)
            return
        assert got.code == ACCEPTED, got
        operation.transaction_id = got.transaction_id
        self.receipts[got.transaction_id] = got
        self._done(operation)

    def _told(self, attempt: int, operation: Operation, got: str | None) -> None:
        if operation.ended_us is not None:
            return
        if got is None:
            self._again(attempt, operation, b"")
            return
        operation.value = got
        self._done(operation)

    def _done(self, operation: Operation) -> None:
        operation.ended_us = self._kernel.now
        self._asked += 1
        self._rest()
