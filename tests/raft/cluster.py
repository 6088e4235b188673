"""A few cores that run until nothing is left to do: for tests that ask about an outcome, not about each message."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from consensus.entry import Entry, Kind
from consensus.raft.config import Config
from consensus.raft.configuration import Change, ConfChange, Configuration, Operation, Transition
from consensus.raft.messages import HardState, Message, MessageType, Ready, Role, Snapshot, SnapshotMetadata
from consensus.raft.node import RawNode
from tests.raft.memory import MemoryStorage

IDS = "abcdefg"


def draw_least(_n: int) -> int:
    return 0


def encode(changes: Iterable[tuple[str, str]], transition: str = "auto") -> bytes:
    """`[("v", "d"), ("r", "a")]` as the payload of a change."""
    words = ",".join(operation + member for operation, member in changes)
    return f"{transition}:{words}".encode() if words else b""


def decode(payload: bytes) -> ConfChange:
    transition, _, words = payload.decode().partition(":")
    changes = tuple(Change(Operation(word[0]), word[1:]) for word in words.split(",") if word)
    return ConfChange(changes, Transition(transition))


def entries(*terms: int, start: int = 1) -> list[Entry]:
    """Entries of these terms from `start` on; the payload says where they came from."""
    return [Entry(term, start + place, f"{term}/{start + place}".encode()) for place, term in enumerate(terms)]


def terms_of(node: RawNode) -> list[int]:
    log = node.raft.log
    return [log.term(index) for index in range(1, log.last_index + 1)]


class Cluster:
    """`size` voters a, b, c ... The network loses what `lost` says, and everything to and from members of `cut`."""

    def __init__(
        self,
        size: int = 3,
        *,
        learners: str = "",
        logs: dict[str, list[int]] | None = None,
        term: int = 0,
        **options: Any,
    ) -> None:
        self.configuration = Configuration(frozenset(IDS[:size]), learners=frozenset(learners))
        self.options = options
        self.nodes: dict[str, RawNode] = {}
        self.storages: dict[str, MemoryStorage] = {}
        self.applied: dict[str, list[bytes]] = {}
        self.sent: list[Message] = []
        self.queue: list[Message] = []
        self.cut: set[str] = set()
        self.lost: Callable[[Message], bool] = lambda _message: False
        for member in self.configuration.members:
            storage = MemoryStorage(self.configuration)
            storage.append(entries(*(logs or {}).get(member, [])))
            storage.hard = HardState(term)
            self.start(member, storage)

    def start(self, member: str, storage: MemoryStorage | None = None) -> RawNode:
        """A node with this storage; a new one knows the configuration that the cluster began with."""
        self.storages[member] = storage or MemoryStorage(self.configuration)
        config = Config(id=member, draw=draw_least, decode_change=decode)
        self.nodes[member] = RawNode(replace(config, **self.options), self.storages[member])
        self.applied.setdefault(member, [])
        return self.nodes[member]

    def __getitem__(self, member: str) -> RawNode:
        return self.nodes[member]

    def ready(self, member: str, *, apply: bool = True) -> Ready:
        """Do one batch of a node's work, or all but the application; its messages go into the queue."""
        node, storage = self.nodes[member], self.storages[member]
        ready = node.ready()
        if ready.snapshot is not None:
            storage.apply_snapshot(ready.snapshot)
        storage.append(ready.entries)
        if ready.hard is not None:
            storage.hard = ready.hard
        for entry in ready.committed if apply else ():
            configuration = storage.latest.metadata.configuration
            if entry.kind is Kind.CONFIGURATION:
                configuration = node.apply_change(decode(entry.payload) if entry.payload else ConfChange())
            elif entry.payload:
                self.applied[member].append(entry.payload)
            storage.latest = Snapshot(SnapshotMetadata(entry.index, entry.term, configuration))
        self.sent += ready.messages
        self.queue += ready.messages
        node.advance(applied=apply)
        return ready

    def run(self) -> None:
        """Until nothing is left to do."""
        for _ in range(1000):
            busy = [member for member in sorted(self.nodes) if self.nodes[member].has_ready]
            for member in busy:
                self.ready(member)
            queue, self.queue = self.queue, []
            for message in queue:
                self.deliver(message)
            if not busy and not queue:
                return
        raise AssertionError("the cluster never comes to rest")

    def deliver(self, message: Message) -> None:
        if message.to in self.nodes and not {message.to, message.sender} & self.cut and not self.lost(message):
            self.nodes[message.to].step(message)

    def tick(self, count: int = 1, *, only: str = "") -> None:
        for _ in range(count):
            for member in sorted(only or self.nodes):
                self.nodes[member].tick()
            self.run()

    def elect(self, member: str) -> RawNode:
        self.nodes[member].campaign()
        self.run()
        assert self.nodes[member].raft.is_leader
        return self.nodes[member]

    def propose(self, member: str, *payloads: str) -> None:
        for payload in payloads:
            self.nodes[member].propose(payload.encode())
        self.run()

    def change(self, member: str, *changes: tuple[str, str], transition: str = "auto") -> None:
        self.nodes[member].propose_change(encode(changes, transition))
        self.run()

    def leaders(self) -> list[str]:
        return [member for member in sorted(self.nodes) if self.nodes[member].raft.is_leader]

    def role(self, member: str) -> Role:
        return self.nodes[member].raft.role

    def commits(self) -> dict[str, int]:
        return {member: self.nodes[member].raft.log.committed for member in sorted(self.nodes)}

    def messages(self, kind: MessageType) -> list[Message]:
        """All of a kind sent so far."""
        return [message for message in self.sent if message.type is kind]


def single(member: str = "a", size: int = 3, *, log: list[int] | None = None, term: int = 0, **options: Any) -> RawNode:
    """One node among silent others, with a log of these terms."""
    cluster = Cluster(size, logs={member: log or []}, term=term, **options)
    return cluster[member]


def outbox(node: RawNode) -> list[Message]:
    """What a node sends now, promises too: without storing, so that it can be looked at between steps."""
    raft = node.raft
    messages = [*raft.messages, *(message for message in raft.messages_after_append if message.to != raft.id)]
    raft.messages, raft.messages_after_append = [], [m for m in raft.messages_after_append if m.to == raft.id]
    return messages
