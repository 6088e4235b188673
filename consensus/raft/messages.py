"""What goes into the core and comes out of it: messages between nodes and with the own storage, and `Ready`.

The values of `MessageType` are the names that etcd's scenarios print.
"""

from enum import StrEnum

from msgspec import Struct

from consensus.entry import Entry
from consensus.raft.configuration import Configuration

NOBODY = ""
"""The id that means no node."""

APPEND_THREAD = "<append>"
"""Sender and receiver of messages with the storage that appends, when writes are asynchronous."""

APPLY_THREAD = "<apply>"
"""The same for who applies committed entries."""


class MessageType(StrEnum):
    """What a message asks or tells."""

    HUP = "MsgHup"
    BEAT = "MsgBeat"
    PROPOSE = "MsgProp"
    APPEND = "MsgApp"
    APPEND_RESPONSE = "MsgAppResp"
    VOTE = "MsgVote"
    VOTE_RESPONSE = "MsgVoteResp"
    SNAPSHOT = "MsgSnap"
    HEARTBEAT = "MsgHeartbeat"
    HEARTBEAT_RESPONSE = "MsgHeartbeatResp"
    UNREACHABLE = "MsgUnreachable"
    SNAPSHOT_STATUS = "MsgSnapStatus"
    CHECK_QUORUM = "MsgCheckQuorum"
    TRANSFER_LEADER = "MsgTransferLeader"
    TIMEOUT_NOW = "MsgTimeoutNow"
    READ_INDEX = "MsgReadIndex"
    READ_INDEX_RESPONSE = "MsgReadIndexResp"
    PRE_VOTE = "MsgPreVote"
    PRE_VOTE_RESPONSE = "MsgPreVoteResp"
    STORAGE_APPEND = "MsgStorageAppend"
    STORAGE_APPEND_RESPONSE = "MsgStorageAppendResp"
    STORAGE_APPLY = "MsgStorageApply"
    STORAGE_APPLY_RESPONSE = "MsgStorageApplyResp"
    FORGET_LEADER = "MsgForgetLeader"
    REFILL = "MsgRefill"
    """Not in etcd's Raft: the sender's log is shorter than the leader may believe."""


class SnapshotMetadata(Struct, frozen=True):
    """The place in the log that a snapshot stands for, and the configuration there. Index 0 = no snapshot."""

    index: int = 0
    term: int = 0
    configuration: Configuration = Configuration()


class Snapshot(Struct, frozen=True):
    """A state that replaces all entries up to its index. `data` is opaque to the core."""

    metadata: SnapshotMetadata = SnapshotMetadata()
    data: bytes = b""


class Message(Struct, frozen=True, kw_only=True):
    """One message. Term 0 = local, or not bound to a term (proposals and read requests).

    `index`, `log_term`: the entry before `entries` (APPEND), the candidate's last entry (VOTE, PRE_VOTE), the highest
    entry known to match (APPEND_RESPONSE), the read index (READ_INDEX_RESPONSE). A rejecting APPEND_RESPONSE repeats
    the refused index, and gives a `hint`, the index where the follower's log may match, of term `log_term`.
    `force`: a vote request on the leader's own wish (transfer), which does not wait for the lease.
    `refilling`: an APPEND_RESPONSE of a node that is held: it stores `index` and may not be counted for it.
    `context`: the token of a read request that a heartbeat carries along.
    `responses`: to be sent by the storage after the message is done.
    """

    type: MessageType
    to: str = NOBODY
    sender: str = NOBODY
    term: int = 0
    log_term: int = 0
    index: int = 0
    entries: tuple[Entry, ...] = ()
    commit: int = 0
    vote: str = NOBODY
    reject: bool = False
    hint: int = 0
    snapshot: Snapshot | None = None
    context: bytes = b""
    force: bool = False
    refilling: bool = False
    responses: tuple["Message", ...] = ()


LOCAL_TYPES = frozenset({
    MessageType.HUP,
    MessageType.BEAT,
    MessageType.UNREACHABLE,
    MessageType.SNAPSHOT_STATUS,
    MessageType.CHECK_QUORUM,
    MessageType.STORAGE_APPEND,
    MessageType.STORAGE_APPEND_RESPONSE,
    MessageType.STORAGE_APPLY,
    MessageType.STORAGE_APPLY_RESPONSE,
})  # fmt: skip
"""Types that must never come from the network."""

RESPONSE_TYPES = frozenset({
    MessageType.APPEND_RESPONSE,
    MessageType.VOTE_RESPONSE,
    MessageType.HEARTBEAT_RESPONSE,
    MessageType.UNREACHABLE,
    MessageType.READ_INDEX_RESPONSE,
    MessageType.PRE_VOTE_RESPONSE,
    MessageType.STORAGE_APPEND_RESPONSE,
    MessageType.STORAGE_APPLY_RESPONSE,
})  # fmt: skip
"""Types that only a member's answer can have."""


class Role(StrEnum):
    """What a node is in its term. The values are the names that etcd's scenarios print."""

    FOLLOWER = "StateFollower"
    CANDIDATE = "StateCandidate"
    LEADER = "StateLeader"
    PRE_CANDIDATE = "StatePreCandidate"


class HardState(Struct, frozen=True):
    """What must be durable (term and vote before anything that depends on them is sent; commit may be lost)."""

    term: int = 0
    vote: str = NOBODY
    commit: int = 0


class SoftState(Struct, frozen=True):
    """What need not be stored."""

    leader: str = NOBODY
    role: Role = Role.FOLLOWER


class ReadState(Struct, frozen=True):
    """Answer to a read request: what is applied up to `index` is fresh enough for the request with this `context`."""

    index: int
    context: bytes


class Ready(Struct, frozen=True):
    """Work for the driver, in this order: store `snapshot` (it replaces the log), `entries` (the first may overwrite a
    suffix) and `hard`, synced if `must_sync`; then send `messages`, apply `committed` (and `apply_change` for each
    change among them that is accepted), and `advance`.

    None = unchanged or none. `committed` entries may be applied only after `entries` are durable.
    """

    soft: SoftState | None = None
    hard: HardState | None = None
    must_sync: bool = False
    entries: tuple[Entry, ...] = ()
    snapshot: Snapshot | None = None
    committed: tuple[Entry, ...] = ()
    messages: tuple[Message, ...] = ()
    read_states: tuple[ReadState, ...] = ()
