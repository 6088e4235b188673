"""What a node is when somebody asks: read from its parts at that moment, kept nowhere."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from network.peers.counts import Counts
from network.peers.records import Lane

ROLES = ("leader", "follower", "candidate", "learner", "observer")


@dataclass(frozen=True)
class Standing:
    """A node's place in the network. `role` is one of `ROLES` (a pre-candidate is a candidate)."""

    role: str
    term: int
    certified_height: int
    executed_height: int
    known_height: int
    """The highest certified height that any peer has spoken of, or this node's own."""
    certificate_age_s: float
    """Since the last block became final here."""
    committed_index: int
    last_index: int
    is_held: bool


class Peers(Protocol):
    """What the peer transport tells."""

    @property
    def counts(self) -> Counts:
        """Its counters."""

    def connected(self) -> list[str]:
        """Peers that can be reached now."""

    def waiting(self) -> dict[tuple[str, Lane], tuple[int, int]]:
        """Messages and bytes queued, by peer and lane."""


@dataclass(frozen=True)
class Sources:
    """Where the answers come from; each is called on the event loop, once a scrape, and must not wait."""

    standing: Callable[[], Standing]
    waiting: Callable[[], tuple[int, int]]
    """Transactions admitted and not final yet, and their bytes."""
    overdue: Callable[[], int]
    """Timers that are due and did not fit into the blocks so far."""
    hostile: Callable[[], Mapping[str, int]]
    """Messages of peers dropped as no honest validator sends them, by reason."""
    evidence: Callable[[], int]
    vault_bytes: Callable[[], int]
    peers: Peers | None = None


class StandingCollector(Collector):
    """Turns the sources into metrics."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """All of them, as they are now."""
        yield from self._standing()
        yield from self._room()
        if self._sources.peers is not None:
            yield from _links(self._sources.peers)
            yield from _traffic(self._sources.peers.counts)

    def _standing(self) -> Iterator[Metric]:
        now = self._sources.standing()
        role = _gauge("role", "1 for the role that this node has, 0 for the others.", "role")
        for each in ROLES:
            role.add_metric([each], int(each == now.role))
        yield role
        lag = max(0, now.known_height - now.certified_height)
        for name, words, value in (
            ("term", "The term of the ordering that this node is in.", now.term),
            ("certified_height", "The newest final block here.", now.certified_height),
            ("executed_height", "The newest block executed here, up to 8 above the final one.", now.executed_height),
            ("lag_blocks", "Final blocks that peers have spoken of and this node lacks.", lag),
            ("certificate_age_seconds", "Since a block last became final here.", now.certificate_age_s),
            ("committed_index", "The end of what a quorum has in its log, as this node knows.", now.committed_index),
            ("last_index", "The end of this node's own log.", now.last_index),
            ("held", "1 while the log lacks what this node once acknowledged, so that it does not vote.", now.is_held),
        ):
            yield _gauge(name, words, value=value)

    def _room(self) -> Iterator[Metric]:
        count, size = self._sources.waiting()
        yield _gauge("waiting_transactions", "Transactions admitted and not final yet.", value=count)
        yield _gauge("waiting_bytes", "Bytes of those.", value=size)
        yield _gauge("timers_overdue", "Timers due that no block had room for yet.", value=self._sources.overdue())
        yield _gauge(
            "evidence", "Proofs kept of validators that contradicted themselves.", value=self._sources.evidence()
        )
        yield _gauge("vault_bytes", "Bytes of files in the vault.", value=self._sources.vault_bytes())
        hostile = _counter("hostile_messages", "Messages dropped that no honest validator sends.", "reason")
        for reason, number in sorted(self._sources.hostile().items()):
            hostile.add_metric([reason], number)
        yield hostile


def add_standing(registry: CollectorRegistry, sources: Sources) -> None:
    """Let a registry tell what the sources say at each scrape."""
    registry.register(StandingCollector(sources))


def _links(peers: Peers) -> Iterator[Metric]:
    connected = _gauge("peer_connected", "1 for a peer that can be reached now.", "peer")
    messages = _gauge("peer_queue_messages", "Messages that wait to be sent.", "peer", "lane")
    size = _gauge("peer_queue_bytes", "Bytes of those.", "peer", "lane")
    reached = set(peers.connected())
    waiting = peers.waiting()
    for peer in sorted({peer for peer, _ in waiting}):
        connected.add_metric([peer], int(peer in reached))
    for (peer, lane), (count, length) in waiting.items():
        messages.add_metric([peer, lane], count)
        size.add_metric([peer, lane], length)
    yield from (connected, messages, size)


def _traffic(counts: Counts) -> Iterator[Metric]:
    for name, words, field in (
        ("peer_sent_messages", "Messages sent.", "sent_messages"),
        ("peer_sent_bytes", "Bytes of those.", "sent_bytes"),
        ("peer_received_messages", "Messages received.", "received_messages"),
        ("peer_received_bytes", "Bytes of those.", "received_bytes"),
        ("peer_dropped_messages", "Not sent: the queue was full, or the stream broke.", "dropped_messages"),
        ("peer_breaks", "Streams to a peer that ended or could not be opened.", "breaks"),
    ):
        family = _counter(name, words, "peer", "lane")
        for (peer, lane), lane_counts in counts.lanes.items():
            family.add_metric([peer, lane], getattr(lane_counts, field))
        yield family
    refused = _counter("peer_refused_streams", "Streams of others refused or ended, by gRPC status.", "status")
    for status, number in sorted(counts.refused.items()):
        refused.add_metric([status], number)
    yield refused


def _gauge(name: str, words: str, *labels: str, value: float | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"linxin_{name}", words, value, labels or None)


def _counter(name: str, words: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"linxin_{name}", words, None, labels)
