"""Signing actions and getting them onto the chain: the same bytes are offered again until their outcome is known.

A transaction's id depends on its body alone, so offering it twice never runs it twice: the second time is answered with
the first receipt, whichever validator is asked and whoever leads by then. What is retried: a busy or unreachable node,
and outcomes still pending (at the next endpoint: this one may be cut off). What is not: refusals.
"""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from linxin.v1 import ledger_pb2

from client.connection import Backoff, Connection, signed_request
from client.failures import NotAccepted, NotFinal, Remote, Unreachable
from client.network_directory import NetworkDirectory
from ledger.crypto.encoding import Message, decode
from ledger.crypto.hashing import HASH_SIZE
from ledger.crypto.signing import SigningKey
from ledger.errors import Expired
from ledger.module import Action, tag_of
from ledger.transaction import NONCE_SIZE, Envelope, make_transaction, transaction_id

BATCH_COUNT_MAX = 1_000
BATCH_BYTES_MAX = 4_000_000
"""Bounds of one Submit call (proto/linxin/v1/ledger.proto)."""

LIFETIME_MS = 3_600_000
WAIT_MS = 5_000
"""How long one Submit call waits for finality before the same bytes are offered again."""
ANSWER_S_MAX = 3.0
"""How much longer than that one of several endpoints may take to answer: one that hangs is passed over."""
BULK_COUNT = 100
"""From so many transactions on they are brought to the leader itself."""


_T = TypeVar("_T")


@dataclass(frozen=True)
class Outcome:
    """What came of one transaction; `status` is one of `ledger_pb2.Outcome.Status`, PENDING when not known in time.

    `waiting_for` of a pending one: ids of validators without which the network has no quorum; empty when it has one.
    """

    id: bytes
    status: int
    receipt: ledger_pb2.Receipt | None
    refusal: ledger_pb2.Refusal | None
    waiting_for: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether it is final and the rules accepted it."""
        return self.status == ledger_pb2.Outcome.ACCEPTED

    def need(self, what: str) -> ledger_pb2.Receipt:
        """The receipt of an accepted record; raises `NotAccepted` or `NotFinal`, which call the record `what`."""
        if self.accepted and self.receipt is not None:
            return self.receipt
        if self.refusal is not None:
            raise NotAccepted(what, self.refusal)
        raise NotFinal(what, self.id, self.waiting_for)


def sign_action(
    key: SigningKey,
    chain_id: bytes,
    action: Action,
    *,
    restricted: Message | None = None,
    lifetime_ms: int = LIFETIME_MS,
) -> bytes:
    """The envelope of an action: fresh nonce and salt, valid for `lifetime_ms` (at most 24 hours) from now."""
    expires_at_ms = time.time_ns() // 1_000_000 + lifetime_ms
    salt = os.urandom(HASH_SIZE) if restricted is not None else None
    return make_transaction(key, chain_id, action, os.urandom(NONCE_SIZE), expires_at_ms, restricted, salt)


def envelope_id(envelope: bytes) -> bytes:
    """The transaction id of an envelope of ours, 32 bytes."""
    return transaction_id(decode(envelope, Envelope).body)


async def submit(connection: Connection, envelopes: Sequence[bytes], *, timeout_s: float = 30.0) -> list[Outcome]:
    """Offer envelopes until all are final or `timeout_s` has passed; outcomes in the order given.

    Several in one call may be ordered in any way: submit what depends on a record after its outcome. Raises `Remote`
    when a node refuses the call itself, `WrongNetwork`, and `Unreachable` when no node was reached and so nothing was
    offered; a network lost on the way gives PENDING outcomes.
    """
    deadline = time.monotonic() + timeout_s
    found: list[Outcome | None] = [None] * len(envelopes)
    waiting = list(range(len(envelopes)))
    backoff = Backoff()
    if len(envelopes) >= BULK_COUNT:
        await connection.find_leader()
    while waiting and time.monotonic() < deadline:
        retry_after_ms = 0
        for batch in _batches(waiting, envelopes):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            try:
                response = await _offer(connection, [envelopes[number] for number in batch], left_s)
            except Unreachable:
                if not connection.reached:
                    raise
                break
            for number, outcome in zip(batch, response.outcomes, strict=True):
                retry_after_ms = max(retry_after_ms, outcome.refusal.retry_after_ms)
                found[number] = await _settled(connection, envelopes[number], outcome)
        waiting = [number for number in waiting if found[number] is None]
        if waiting and time.monotonic() < deadline:
            if not retry_after_ms:
                connection.move_on()
            pause_s = backoff.next_s(retry_after_ms)
            await asyncio.sleep(min(pause_s, max(0.0, deadline - time.monotonic())))
    unknown, missing = ledger_pb2.Outcome.PENDING, await _missing(connection) if waiting else ()
    pairs = zip(found, envelopes, strict=True)
    return [known or Outcome(envelope_id(raw), unknown, None, None, missing) for known, raw in pairs]


async def dry_run(
    connection: Connection, key: SigningKey, envelopes: Sequence[bytes], *, timeout_s: float = 30.0
) -> list[ledger_pb2.Refusal | None]:
    """Why each of `envelopes` would be refused if all were ordered now, in this order; None for what would be accepted.

    `key`, of any organisation, signs the request. Nothing is recorded, and nothing is promised (docs/adr/0027). Raises
    `Remote`, `Unreachable`, `WrongNetwork`.
    """
    assert connection.chain_id is not None, "connections to a network know its chain"
    request = ledger_pb2.DryRunRequest(transactions=envelopes, latest_timeout_ms=WAIT_MS)
    sign = signed_request(key, connection.chain_id, "/linxin.v1.LedgerService/DryRun", request)
    answer = await connection.call(
        lambda to: to.ledger.DryRun, request, ledger_pb2.DryRunResponse, timeout_s=timeout_s, sign=sign
    )
    return [outcome.refusal if outcome.HasField("refusal") else None for outcome in answer.outcomes]


async def _missing(connection: Connection) -> tuple[str, ...]:
    """For whom the network waits, as the endpoint whose turn it is says; empty too when it does not answer."""
    try:
        return tuple((await connection.status(ANSWER_S_MAX)).waiting_for)
    except (Unreachable, Remote):
        return ()


async def _offer(connection: Connection, envelopes: list[bytes], left_s: float) -> ledger_pb2.SubmitResponse:
    wait_ms = max(1, min(WAIT_MS, int(left_s * 1000)))
    request = ledger_pb2.SubmitRequest(transactions=envelopes, wait=True, timeout_ms=wait_ms)
    return await connection.call(
        lambda to: to.ledger.Submit,
        request,
        ledger_pb2.SubmitResponse,
        timeout_s=left_s + 1,
        attempt_s_max=wait_ms / 1000 + ANSWER_S_MAX,
    )


async def _settled(connection: Connection, envelope: bytes, outcome: ledger_pb2.Outcome) -> Outcome | None:
    """What an answer settles; None when the same bytes should be offered again.

    An expired transaction may be on the chain by an earlier offer that got no answer: that is looked up.
    """
    if outcome.status == ledger_pb2.Outcome.DROPPED and outcome.refusal.retry_after_ms > 0:
        return None
    if outcome.status in (ledger_pb2.Outcome.PENDING, ledger_pb2.Outcome.STATUS_UNSPECIFIED):
        return None
    if outcome.refusal.number == Expired.number:
        known = await find_receipt(connection, envelope_id(envelope))
        if known is not None and known.code == 0:
            return Outcome(known.transaction_id, ledger_pb2.Outcome.ACCEPTED, known, None)
    return Outcome(
        outcome.id or envelope_id(envelope),
        outcome.status,
        outcome.receipt if outcome.HasField("receipt") else None,
        outcome.refusal if outcome.HasField("refusal") else None,
    )


async def find_receipt(connection: Connection, transaction: bytes) -> ledger_pb2.Receipt | None:
    """The receipt of a final transaction, or None when no final block holds it."""
    request = ledger_pb2.GetTransactionRequest(id=transaction)
    try:
        found = await connection.call(lambda to: to.ledger.GetTransaction, request, ledger_pb2.GetTransactionResponse)
    except Remote as failure:
        if failure.status.name == "NOT_FOUND":
            return None
        raise
    return found.receipt


def _batches(numbers: Sequence[int], envelopes: Sequence[bytes]) -> list[list[int]]:
    """`numbers` in groups that one Submit call takes."""
    batches: list[list[int]] = []
    size = BATCH_BYTES_MAX
    for number in numbers:
        length = len(envelopes[number])
        if not batches or size + length > BATCH_BYTES_MAX or len(batches[-1]) >= BATCH_COUNT_MAX:
            batches.append([])
            size = 0
        batches[-1].append(number)
        size += length
    return batches


class Submitter:
    """The synchronous face, for scripts: `with Submitter.to(network) as submitter: submitter.record(key, action)`.

    Runs an event loop of its own; use it from one thread, and not inside a running loop (there, use `submit`).
    """

    def __init__(self, connection: Connection, chain_id: bytes) -> None:
        self.connection = connection
        self.chain_id = chain_id
        self._runner = asyncio.Runner()

    @classmethod
    def to(cls, network: NetworkDirectory) -> Self:
        """A submitter to the network of a folder."""
        connection = Connection.to(network)
        assert connection.chain_id is not None
        return cls(connection, connection.chain_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ignored: object) -> None:
        self._runner.run(self.connection.close())
        self._runner.close()

    def run(self, work: Callable[[Connection], Coroutine[Any, Any, _T]]) -> _T:
        """The result of any asynchronous use of the connection, waited for."""
        return self._runner.run(work(self.connection))

    def submit(self, envelopes: Sequence[bytes], *, timeout_s: float = 30.0) -> list[Outcome]:
        """`submit`, waiting."""
        return self._runner.run(submit(self.connection, envelopes, timeout_s=timeout_s))

    def record(
        self, key: SigningKey, action: Action, *, restricted: Message | None = None, timeout_s: float = 30.0
    ) -> ledger_pb2.Receipt:
        """Sign one action, submit it and wait until it is final.

        Raises `NotAccepted`, `NotFinal`, `Unreachable`, `Remote`.
        """
        envelope = sign_action(key, self.chain_id, action, restricted=restricted)
        return self.submit([envelope], timeout_s=timeout_s)[0].need(tag_of(type(action)))
