"""What a node counts while it works. Counting costs about a microsecond, so it goes on whether anybody asks or not."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # they would say when the process began, for each counter

FINAL_S = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
SYNC_S = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
TRANSACTIONS = (0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
BYTES = (1_000, 10_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)


class Events:
    """The counters and histograms of one node, in a registry of its own: nothing is shared between nodes or tests."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._leader = ""
        self._leader_changes = self._counter("leader_changes", "Times that this node came to know of another leader.")
        self._proposals = self._counter("proposals", "Proposals that this node made as leader, empty ones included.")
        self._caught_up = self._counter("caught_up_blocks", "Final blocks taken whole from other validators.")
        self._signatures = self._counter("signature_checks", "Transaction signatures verified.", "result")
        self._refused = self._counter("refused_transactions", "Transactions refused, by refusal number.", "number")
        self._final = self._histogram("time_to_final_seconds", "From admission here to the certificate.", FINAL_S)
        self._transactions = self._histogram("block_transactions", "Transactions in a final block.", TRANSACTIONS)
        self._bytes = self._histogram("block_bytes", "Bytes of the leaves of a final block.", BYTES)
        self._sync = self._histogram("sync_seconds", "Waiting for the disk to have what was written.", SYNC_S, "file")

    def saw_leader(self, leader: str) -> None:
        """Who leads now, as this node knows ("": nobody); to be told often, repeats cost nothing."""
        if leader and leader != self._leader:
            self._leader = leader
            self._leader_changes.inc()

    def proposed(self) -> None:
        """A proposal was made by this node."""
        self._proposals.inc()

    def block_final(self, transactions: int, size: int, *, is_caught_up: bool) -> None:
        """A block of so many transactions and bytes of leaves is final; `is_caught_up`: taken whole from a peer."""
        self._transactions.observe(transactions)
        self._bytes.observe(size)
        if is_caught_up:
            self._caught_up.inc()

    def transactions_final(self, seconds: Iterable[float]) -> None:
        """Transactions that were admitted here are final, each after so long."""
        for duration in seconds:
            self._final.observe(duration)

    def signatures_checked(self, valid: int, invalid: int) -> None:
        """So many signatures verified, and so many did not."""
        self._signatures.labels("valid").inc(valid)
        self._signatures.labels("invalid").inc(invalid)

    def refused(self, number: int) -> None:
        """A transaction was refused, at the door or by a rule, with this number."""
        self._refused.labels(str(number)).inc()

    def synced(self, file: str, seconds: float) -> None:
        """Syncing a file of this kind ("log", "safety") took so long."""
        self._sync.labels(file).observe(seconds)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"linxin_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"linxin_{name}", words, labels, registry=self.registry, buckets=buckets)
