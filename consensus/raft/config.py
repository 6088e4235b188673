"""The parameters of one node."""

from collections.abc import Callable

from msgspec import Struct

from consensus.entry import Entry, Kind
from consensus.raft.configuration import ConfChange

NO_LIMIT = 1 << 62
"""Bytes or messages: as good as unlimited."""

ENTRY_OVERHEAD = 16
"""Bytes that an entry counts for beside its payload, in limits on entries."""


def majority(n: int) -> int:
    """The quorum of the Raft paper. Byzantine networks take `ledger.certificate.quorum` instead."""
    return n // 2 + 1


def bare_entry(term: int, index: int, kind: Kind, payload: bytes) -> Entry:
    """An entry without digest and signature."""
    return Entry(term, index, payload, kind=kind)


def only_leaves_joint(payload: bytes) -> ConfChange:
    """Knows the empty change alone, which leaves a joint configuration."""
    assert not payload, "this node was not told how to decode changes"
    return ConfChange()


class Config(Struct, frozen=True, kw_only=True):
    """The parameters of one node. Times are in ticks, sizes in bytes.

    `draw(n)` gives a number of [0, n): an election timeout lasts election_tick + draw(election_tick) ticks.
    `quorum(n)` is how many of n voters decide (elections, commits, check-quorum, reads): more than half of them.
    `seal` makes an entry when the leader appends it, in the order of indexes. `decode_change` reads the payload of a
    CONFIGURATION entry; the empty payload always leaves the joint configuration.
    `lease_reads`: answer reads without asking a quorum (requires `check_quorum` and clocks of bounded drift).
    `applied`: the last index applied before a restart.
    """

    id: str
    draw: Callable[[int], int]
    election_tick: int = 10
    heartbeat_tick: int = 1
    quorum: Callable[[int], int] = majority
    seal: Callable[[int, int, Kind, bytes], Entry] = bare_entry
    decode_change: Callable[[bytes], ConfChange] = only_leaves_joint
    max_size_per_message: int = NO_LIMIT
    max_committed_size_per_ready: int = NO_LIMIT
    max_uncommitted_size: int = NO_LIMIT
    max_inflight_messages: int = 256
    max_inflight_bytes: int = NO_LIMIT
    check_quorum: bool = False
    pre_vote: bool = False
    lease_reads: bool = False
    disable_proposal_forwarding: bool = False
    disable_conf_change_validation: bool = False
    step_down_on_removal: bool = False
    async_storage_writes: bool = False
    applied: int = 0

    def __post_init__(self) -> None:
        assert self.id, "the empty id means nobody"
        assert self.heartbeat_tick > 0
        assert self.election_tick > self.heartbeat_tick
        assert self.max_inflight_messages > 0
        assert not self.lease_reads or self.check_quorum, "lease reads need check-quorum"


def entry_size(entry: Entry) -> int:
    """What an entry counts for in limits on the size of messages and of committed entries."""
    return len(entry.payload) + ENTRY_OVERHEAD


def payload_size(entries: tuple[Entry, ...]) -> int:
    """Bytes of the payloads: what counts as uncommitted and in flight. Empty entries are never refused for it."""
    return sum(len(entry.payload) for entry in entries)
