"""Many short random lives of a few members: lost, doubled and reordered messages, crashes, wiped logs, a lying one.

Always: no two honest members release different entries for one place, nothing certified is contradicted, a leader's
term is its own. After healing everyone comes to the same end. With one that lies: no two certificates for one place;
an honest member may have to stop (it crashed after it signed, and the liar's other entry won the next election).
"""

import random

import pytest

from consensus.entry import Kind, Tip, envelope_message, next_entry
from consensus.errors import LogDiverged
from consensus.evidence import verify_evidence
from consensus.member import Voters
from consensus.messages import Acknowledgement, Append, AppendResponse, Heartbeat, PeerMessage, decode_message, sent
from ledger.certificate import quorum
from tests.consensus.members import CHAIN_ID, Cluster, Node, key_of


class Life(Cluster):
    """A cluster with chance, and what must hold of it."""

    def __init__(self, seed: int, liar: str = "") -> None:
        self.chance = random.Random(seed)
        names = "abcdefg"[: self.chance.choice([1, 2, 3, 4, 4, 4, 5, 7]) if not liar else 4]
        super().__init__(*names, seed=seed)
        self.liar = liar
        self.order: dict[int, bytes] = {}
        self.signed: dict[tuple[str, int], bytes] = {}
        self.stopped: set[str] = set()
        self.chain: list[tuple[Tip, Voters]] = []
        self.leaders: dict[int, str] = {}
        self.counter = 0
        self.loss = self.chance.choice([0.0, 0.02, 0.2])
        self.is_healed = False
        if liar:
            self.tamper = self.lie

    @property
    def honest(self) -> list[Node]:
        return [node for name, node in self.nodes.items() if name != self.liar]

    def lie(self, sender: str, to: str, message: PeerMessage) -> PeerMessage | None:
        """The liar tells everyone something else, or nothing, signs what it likes, and commits what it likes."""
        if sender != self.liar or self.is_healed or self.chance.random() < 0.5:
            return message
        if isinstance(message, Append) and message.entries:
            before = Tip(message.log_term, message.index, message.digest)
            entries = []
            for old in message.entries:
                own = old.leader == sender
                payload = old.payload + to.encode() * own
                entry = next_entry(before, old.term, payload, old.kind, old.leader, old.signature)
                if own and old.kind is Kind.PROPOSAL:
                    signature = key_of(sender).sign(envelope_message(CHAIN_ID, entry.digest))
                    entry = next_entry(before, old.term, entry.payload, old.kind, old.leader, signature)
                entries.append(sent(entry))
                before = entry.tip
            commit = message.commit + self.chance.choice([0, 0, 5])
            return Append(message.term, message.index, message.log_term, message.digest, commit, tuple(entries))
        if isinstance(message, Heartbeat):
            return Heartbeat(message.term, message.commit + 9, message.context, 0)
        if isinstance(message, AppendResponse | Acknowledgement) and self.chance.random() < 0.5:
            heard = self.nodes[to].member
            if isinstance(message, Acknowledgement):
                return Acknowledgement(message.term, heard.last.index, heard.last.digest, 0)
        return None if self.chance.random() < 0.2 else message

    def act(self) -> None:
        """One thing happens."""
        name = self.chance.choice(list(self.nodes))
        node = self[name]
        dice = self.chance.random()
        if dice < 0.45 and self.queue:
            self.arrive()
        elif name in self.down:
            if name not in self.stopped and dice > 0.8:
                self.down.discard(name)
                node.start()
        elif dice < 0.6:
            node.member.tick()
        elif dice < 0.85:
            node.work()
        elif dice < 0.93:
            self.counter += 1
            if node.member.is_leader:
                node.member.propose(b"%d" % self.counter)
        elif dice < 0.96:
            self.certify(node)
        elif dice < 0.97 and len(self.nodes) > 1 and name != self.liar:
            self.crash(node)
        elif dice < 0.972:
            node.member.transfer(self.chance.choice(list(self.nodes)))
        elif dice < 0.975:
            self.part()
        self.check()

    def part(self) -> None:
        """Some no longer hear the others, or all do again."""
        self.cut = set()
        if self.chance.random() < 0.5:
            self.isolate(*self.chance.sample(list(self.nodes), len(self.nodes) // 2))

    def arrive(self) -> None:
        """Some message, mostly the oldest, arrives, is lost, or arrives twice."""
        place = 0 if self.chance.random() < 0.8 else self.chance.randrange(len(self.queue))
        sender, to, data = self.queue.pop(place)
        if self.chance.random() < self.loss:
            return
        if self.chance.random() < 0.02:
            self.queue.append((sender, to, data))
        if to not in self.down:
            self[to].member.step(sender, decode_message(data), self.now_ms)

    def crash(self, node: Node) -> None:
        """The power goes; rarely the log goes with it, if the others can still refill it."""
        self.down.add(node.name)
        node.disk.cut_power()
        alone = not self.liar and not any(other.member.is_held for other in self.nodes.values())
        if alone and len(self.nodes) > 2 and len(self.down) == 1 and self.chance.random() < 0.3:
            for name in [name for name in node.disk.names if name.endswith(".log")]:
                del node.disk.names[name], node.disk.kept_names[name]

    def certify(self, node: Node) -> None:
        """The node learns of the next certificate, as soon as a quorum has signed the next block."""
        if node.height == len(self.chain):
            for entry in node.released:
                if entry.payload and (not self.chain or entry.index > self.chain[-1][0].index):
                    if self.is_final(entry.index, entry.digest):
                        self.chain.append((entry.tip, Voters(tuple(self.nodes))))
                    break
        if node.height < len(self.chain):
            try:
                node.adopt(node.height + 1, *self.chain[node.height])
            except LogDiverged:
                assert self.liar, "without a liar nothing diverges"
                self.stop(node)

    def is_final(self, index: int, digest: bytes) -> bool:
        """Whether a quorum has signed; the liar signs anything."""
        signers = [node.name for node in self.honest if self.signed.get((node.name, index)) == digest]
        return len(signers) + bool(self.liar) >= quorum(len(self.nodes))

    def stop(self, node: Node) -> None:
        """A validator that would have to contradict itself, or what is final, stops for good."""
        self.stopped.add(node.name)
        self.down.add(node.name)

    def check(self) -> None:
        for node in self.honest:
            for entry in node.released:
                if self.signed.setdefault((node.name, entry.index), entry.digest) != entry.digest:
                    assert self.liar, "without a liar nobody contradicts itself"
                    self.stop(node)
                elif not self.liar or self.is_final(entry.index, entry.digest):
                    assert self.order.setdefault(entry.index, entry.digest) == entry.digest, f"{node.name} {entry.tip}"
            if node.name not in self.down and node.member.is_leader:
                assert self.leaders.setdefault(node.member.term, node.name) in {node.name, self.liar}
            if node.name not in self.down:
                held = node.member
                assert held.released <= max(held.witnessed, node.certified.index)
                assert held.committed <= max(held.witnessed, node.certified.index)
        for tip, _ in self.chain:
            assert self.order.get(tip.index, tip.digest) == tip.digest

    def heal(self) -> None:
        """No more faults; wait until all have released the same last entry, or one has to stop."""
        self.is_healed, self.loss, self.cut = True, 0.0, set()
        for name in sorted(self.down - self.stopped):
            self.down.discard(name)
            self[name].start()
        self.now_ms += 10_000
        for round_number in range(400):
            self.tick(2)
            if self.stopped:
                return
            for node in self.nodes.values():
                for _ in range(5):
                    self.certify(node)
            self.check()
            leaders = [node for node in self.nodes.values() if node.member.is_leader]
            if round_number % 10 == 5 and leaders:
                leaders[0].member.propose(b"healed %d" % round_number)
            ends = {node.member.released for node in self.nodes.values()}
            if (
                round_number > 40
                and len(ends) == 1
                and all(b"healed" in repr(x.payloads).encode() for x in self.honest)
            ):
                return
        raise AssertionError("\n".join(["no progress", *map(self.story, self.nodes.values())]))

    @staticmethod
    def story(node: Node) -> str:
        """How a node stands."""
        held = node.member
        places = (held.term, held.last.index, held.committed, held.witnessed, held.released, node.height)
        return f"{node.name} {held.role} {places} held={held.is_held} {dict(held.dropped)}"


@pytest.mark.parametrize("seed", range(12))
def test_honest_members_agree_and_go_on(seed: int) -> None:
    life = Life(seed)
    for _ in range(4_000):
        life.act()
    life.heal()


@pytest.mark.parametrize("seed", range(12))
def test_one_liar_of_four_makes_no_two_members_differ(seed: int) -> None:
    life = Life(seed, liar="abcd"[seed % 4])
    for _ in range(4_000):
        life.act()
    life.heal()
    for node in life.honest:
        for evidence in node.evidence:
            assert verify_evidence(evidence, CHAIN_ID, lambda name: key_of(name).public_key).id == life.liar
