"""What a node says of itself and of the others (`GetStatus`, docs/METRICS.md), gathered from its parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from ledger.block import Head
from ledger.certificate import quorum
from ledger.storage.port import Snapshot
from ledger.timers import timers
from network.metrics.standing import Standing


@dataclass(frozen=True)
class PeerView:
    """One of the others, as this node knows it. `behind`: entries of the log that it lacks, as a leader knows."""

    id: str
    address: str
    status: str
    connected: bool
    certified_height: int
    behind: int


@dataclass(frozen=True)
class NodeView:
    """How a node takes part in ordering; the defaults are an observer's."""

    role: str = "observer"
    term: int = 0
    leader: str = ""
    vote: str = ""
    executed_height: int = 0
    committed_index: int = 0
    last_index: int = 0
    peers: tuple[PeerView, ...] = ()
    waiting_for: tuple[str, ...] = ()
    """Validators of whom one or more must be reached before anything can be certified; empty: enough are."""
    evidence_count: int = 0
    held: bool = False
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Hostile or senseless messages by reason."""


TIMERS_COUNTED_MAX = 2_000
"""So many overdue timers are counted at most, in some milliseconds."""

ViewNode = Callable[[], NodeView]


def timers_overdue(snapshot: Snapshot) -> int:
    """Timers that were due by the last final block and did not fit into it, up to `TIMERS_COUNTED_MAX`."""
    last = timers.prefix + f"{snapshot.head.time_ms:016d}-".encode() + b"\xff"
    due = takewhile(lambda pair: pair[0] < last, snapshot.scan(timers.prefix, b""))
    counted = 0
    for _, page in due:
        counted += len(timers.decode(page, None).value)
        if counted >= TIMERS_COUNTED_MAX:
            return TIMERS_COUNTED_MAX
    return counted


def standing_of(view: NodeView, head: Head, now_ms: int) -> Standing:
    """The same for Prometheus."""
    known = max((peer.certified_height for peer in view.peers), default=0)
    return Standing(
        role="candidate" if view.role == "pre-candidate" else view.role,
        term=view.term,
        certified_height=head.height,
        executed_height=max(view.executed_height, head.height),
        known_height=max(known, head.height),
        certificate_age_s=max(0, now_ms - head.time_ms) / 1000,
        committed_index=view.committed_index,
        last_index=view.last_index,
        is_held=view.held,
    )


def waiting_for(me: str, validators: tuple[str, ...], connected: set[str], missing: list[str]) -> tuple[str, ...]:
    """Whom a validator waits for: `missing` have yet to greet it, or those it reaches are no quorum with it."""
    reached = connected | {me}
    if len(reached.intersection(validators)) < quorum(len(validators)):
        return tuple(sorted(set(validators) - reached))
    return tuple(missing)
