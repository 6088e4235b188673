"""A few members on disks in memory, and a network that does what a test wants: hold, drop, tamper, deliver.

Blocks are as simple as they can be: every released proposal that is not empty is one, its height counts them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from consensus.entry import Entry, Kind, Tip, first_tip
from consensus.evidence import Evidence
from consensus.member import Member, MemberReady, Resume, Voters
from consensus.member.change import decode_change
from consensus.messages import PeerMessage, decode_message
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, SigningKey
from tests.consensus.lossy_files import LossyDisk

CHAIN_ID = sha256(b"members")
NOW_MS = 1_795_334_400_000


def key_of(name: str) -> SigningKey:
    """Every test's key of a name."""
    return SigningKey(Algorithm.ED25519, sha256(name.encode()))


def change_payload(*names: str, height: int = 1) -> bytes:
    """An entry that makes `names` the voters."""
    return encode((height, [[f"linxin/test/{name}", key_of(name).public_key] for name in sorted(names)]))


@dataclass
class Node:
    """A member with its disks and what came of it."""

    name: str
    cluster: "Cluster"
    voters: Voters
    disk: LossyDisk = field(default_factory=LossyDisk)
    released: list[Entry] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    reads: list[tuple[bytes, int]] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    height: int = 0
    certified: Tip = field(default_factory=lambda: first_tip(CHAIN_ID))
    decides: bool = True

    def __post_init__(self) -> None:
        SafetyFile.create(self.disk.directory(), CHAIN_ID, key_of(self.name).public_key)
        self.start()

    def start(self) -> None:
        """Start on what the disk holds."""
        directory = self.disk.directory()
        self.safety = SafetyFile.open(directory, CHAIN_ID, key_of(self.name).public_key)
        self.log = DurableLog.open(directory, CHAIN_ID, self.safety.promises.acknowledged, repair=True)
        if self.log.tip_at(self.certified.index) != self.certified:
            self.log.reset(self.certified)
            self.log.sync()
        draws = iter(range(self.cluster.seed, 1 << 30))
        self.member = Member(
            self.name,
            key_of(self.name),
            CHAIN_ID,
            self.log,
            self.safety.promises,
            Resume(self.height, self.certified, self.voters, f"note {self.height}" if self.height else ""),
            lambda wanted: key_of(wanted).public_key if wanted in self.cluster.known else None,
            self.cluster.judge,
            lambda n: (next(draws) * 7 + sum(self.name.encode())) % n,
        )
        self.released = [entry for entry in self.released if entry.index <= self.certified.index]

    def work(self) -> MemberReady | None:
        """One batch: durable first, then messages, then the rest."""
        ready = self.member.ready()
        if ready is None:
            return None
        if ready.void is not None:
            self.safety.void(ready.void)
        if ready.reset is not None:
            self.log.reset(ready.reset)
        if ready.persist:
            self.log.truncate_suffix(ready.persist[0].index - 1)
            self.log.append(ready.persist)
        self.log.sync()
        self.safety.keep(ready.term, ready.vote, ready.acknowledged)
        self.member.advance()
        for to, message in ready.messages:
            self.cluster.send(self.name, to, message)
        self.released += ready.released
        self.evidence += ready.evidence
        self.notes += ready.notes
        self.reads += ready.reads
        self.behind += [ready.behind] if ready.behind else []
        if self.decides and ready.released and ready.released[-1].kind is Kind.CONFIGURATION:
            self.decide(ready.released[-1])
        return ready

    def decide(self, entry: Entry) -> None:
        """Accept a change."""
        change = decode_change(entry.payload) if entry.payload else None
        self.member.change_applied(change.targets if change else frozenset())

    def certify(self, count: int | None = None) -> None:
        """Certificates come for the next `count` released proposals."""
        blocks = [entry for entry in self.released if entry.payload and entry.index > self.certified.index]
        for entry in [entry for entry in blocks if entry.kind is Kind.PROPOSAL][:count]:
            self.adopt(self.height + 1, entry.tip, self.member.voters)

    def adopt(self, height: int, tip: Tip, voters: Voters) -> None:
        """A certified block is stored."""
        self.height, self.certified, self.voters = height, tip, voters
        self.member.certified(height, tip, voters, f"note {height}")

    @property
    def payloads(self) -> list[bytes]:
        """Of the released proposals."""
        return [entry.payload for entry in self.released if entry.kind is Kind.PROPOSAL and entry.payload]


class Cluster:
    """Nodes by name; messages wait in `queue` until delivered."""

    def __init__(self, *names: str, seed: int = 0, voters: Iterable[str] | None = None) -> None:
        self.seed = seed
        self.now_ms = NOW_MS
        self.known = set(names)
        self.queue: list[tuple[str, str, bytes]] = []
        self.cut: set[tuple[str, str]] = set()
        self.tamper: Callable[[str, str, PeerMessage], PeerMessage | None] = lambda _sender, _to, message: message
        self.sent: list[tuple[str, str, PeerMessage]] = []
        self.check_payload: Callable[[bytes, int], str] = lambda _payload, _now: ""
        first = Voters(tuple(sorted(voters if voters is not None else names)))
        self.nodes = {name: Node(name, self, first) for name in names}
        self.down: set[str] = set()

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def judge(self, payload: bytes, now_ms: int) -> str:
        """What a test thinks of a payload at the moment."""
        return self.check_payload(payload, now_ms)

    def send(self, sender: str, to: str, message: PeerMessage) -> None:
        """Put a message on its way, as the tampering hand and the cuts leave it."""
        self.sent.append((sender, to, message))
        changed = self.tamper(sender, to, message)
        if changed is not None and (sender, to) not in self.cut and to in self.nodes:
            self.queue.append((sender, to, encode(changed)))

    def isolate(self, *names: str) -> None:
        """Nothing passes between `names` and the others."""
        self.cut |= {(a, b) for a in self.nodes for b in self.nodes if (a in names) != (b in names)}

    def deliver(self) -> bool:
        """Everything that is under way arrives."""
        queue, self.queue = self.queue, []
        for sender, to, data in queue:
            if to not in self.down and sender not in self.down:
                self.nodes[to].member.step(sender, decode_message(data), self.now_ms)
        return bool(queue)

    def settle(self) -> None:
        """Work and deliver until nothing happens any more."""
        for _ in range(1000):
            worked = False
            for name, node in self.nodes.items():
                while name not in self.down and node.work() is not None:
                    worked = True
            if not self.deliver() and not worked:
                return
        raise AssertionError("it never settles")

    def tick(self, count: int = 1) -> None:
        """Time passes for all."""
        for _ in range(count):
            for name, node in self.nodes.items():
                if name not in self.down:
                    node.member.tick()
            self.settle()

    def elect(self, name: str) -> Node:
        """Make a member leader."""
        for _ in range(100):
            if self[name].member.is_leader:
                return self[name]
            self[name].member.campaign()
            self.settle()
            self.tick()
        raise AssertionError(f"{name} is not elected")

    def leader(self, ticks: int = 200) -> Node:
        """Whoever leads, after waiting for it."""
        for _ in range(ticks):
            leaders = [node for name, node in self.nodes.items() if name not in self.down and node.member.is_leader]
            if leaders:
                return max(leaders, key=lambda node: node.member.term)
            self.tick()
        raise AssertionError("nobody leads")
