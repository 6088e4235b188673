"""Dry runs: the rules run over transactions upon the newest certified state, and all that they did is forgotten.

The executor is the one that makes blocks, over a snapshot and an overlay that nobody else sees, in the threads of heavy
reads, which blocks never wait for (docs/adr/0027-dry-runs.md).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from linxin.v1 import ledger_pb2

from ledger.block import ACCEPTED
from ledger.errors import ORDERED_FROM, Refusal
from ledger.execute import dry_run
from ledger.genesis import Genesis
from ledger.module import Registry, tag_of
from ledger.storage.port import Snapshot
from ledger.transaction import Transaction
from network.errors import NoDryRun, ReadsBusy, numbered_refusal
from network.mempool import RETRY_AFTER_MS
from network.reads import Reads

AT_ONCE_MAX = 2
"""Dry runs under way: half of the threads that reads have."""

MODULE = "trace"
"""Whose records may be tried. Others' rules count wrong pickup codes: tried here, nobody would count them."""


class DryRuns:
    """Runs them, a few at a time, and never two of one organisation."""

    def __init__(self, registry: Registry, genesis: Genesis, reads: Reads, now_ms: Callable[[], int]) -> None:
        self._registry = registry
        self._genesis = genesis
        self._reads = reads
        self._now_ms = now_ms
        self._under_way: set[str] = set()

    @contextmanager
    def turn(self, organisation: str) -> Iterator[None]:
        """An organisation's turn; raises `ReadsBusy` when it has one already, or too many others do."""
        if organisation in self._under_way or len(self._under_way) >= AT_ONCE_MAX:
            raise ReadsBusy(RETRY_AFTER_MS)
        self._under_way.add(organisation)
        try:
            yield
        finally:
            self._under_way.remove(organisation)

    async def run(self, snapshot: Snapshot, checked: Sequence[Transaction | Refusal]) -> ledger_pb2.DryRunResponse:
        """What would come of `checked` upon the state of `snapshot`, now. Raises `NoDryRun`, `ReadsBusy`."""
        for number, item in enumerate(checked):
            if isinstance(item, Transaction) and not (tag := tag_of(type(item.action))).startswith(f"{MODULE}."):
                raise NoDryRun(tag, f"$.transactions[{number}]")
        time_ms = max(self._now_ms(), snapshot.head.time_ms + 1)
        found = await self._reads.call(
            snapshot,
            lambda stepped: dry_run(stepped.head, stepped, time_ms, checked, self._registry, self._genesis),
        )
        answer = ledger_pb2.DryRunResponse(height=snapshot.head.height)
        for item, (code, details) in zip(checked, found, strict=True):
            answer.outcomes.append(_outcome(item, code, details))
        return answer


def _outcome(item: Transaction | Refusal, code: int, details: list[str]) -> ledger_pb2.Outcome:
    identity = item.id if isinstance(item, Transaction) else b""
    if code == ACCEPTED:
        return ledger_pb2.Outcome(status=ledger_pb2.Outcome.ACCEPTED, id=identity)
    status = ledger_pb2.Outcome.REFUSED if code >= ORDERED_FROM else ledger_pb2.Outcome.DROPPED
    path = str(getattr(item, "path", ""))  # of a transaction that does not decode
    return ledger_pb2.Outcome(status=status, id=identity, refusal=numbered_refusal(code, details, path))
