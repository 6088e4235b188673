"""Any well-formed message at any time: members drop it or live with it, none fails, and nothing is released by it."""

import random
from typing import get_args

import pytest

from consensus import messages as peer
from consensus.entry import Kind, Tip
from consensus.messages import PeerMessage
from tests.consensus.made import append, four, made
from tests.consensus.members import Cluster, Node, change_payload


class Liar:
    """Draws messages that come close to plausible ones."""

    def __init__(self, seed: int, cluster: Cluster) -> None:
        self.chance = random.Random(seed)
        self.cluster = cluster

    def number(self, near: int) -> int:
        return max(0, self.chance.choice([near, near, near, near + 1, near - 1, near + 7, 0, 10**6, peer.NUMBER_MAX]))

    def place(self, node: Node) -> Tip:
        found = node.log.tip_at(self.chance.randrange(node.log.tip.index + 1)) or node.log.tip
        return self.chance.choice([node.member.last, node.member.last, found, Tip(found.term, found.index, bytes(32))])

    def message(self, sender: str, node: Node) -> PeerMessage:
        """Something that `sender` could say to `node`; what it signs, it signs with its own key."""
        term = self.number(node.member.term)
        tip = self.place(node)
        index, flag = self.number(tip.index), self.chance.random() < 0.5
        height = self.number(node.height)
        match self.chance.randrange(12):
            case 0 | 1:
                return self.entries(sender, tip, max(1, min(term, tip.term + 3)))
            case 2:
                hint = self.number(index)
                return peer.AppendResponse(term, index, self.number(1), hint, flag, False, tip.digest, height)
            case 3:
                return peer.AppendResponse(term, index, 0, 0, False, flag, b"", height)
            case 4:
                return peer.Heartbeat(term, index, b"a/x" if flag else b"", height)
            case 5:
                return peer.HeartbeatResponse(term, b"a/x" if flag else b"", height)
            case 6:
                return peer.VoteRequest(term, index, self.number(tip.term), flag, self.chance.random() < 0.3, height)
            case 7:
                return peer.VoteResponse(term, flag, self.chance.random() < 0.5, "not a note")
            case 8:
                rare: list[PeerMessage] = [peer.TimeoutNow(term), peer.Behind(term, index), peer.Refill(term, index)]
                return self.chance.choice(rare)
            case 9:
                return peer.ReadRequest(term, b"%s/x" % sender.encode() if flag else b"?")
            case 10:
                return peer.ReadResponse(term, index, b"a/x")
            case _:
                return peer.Acknowledgement(term, index, tip.digest, height)

    def entries(self, sender: str, tip: Tip, term: int) -> peer.Append:
        """A few entries after `tip`, of its own making."""
        found, before = [], tip
        for _ in range(self.chance.randrange(4)):
            kind = self.chance.choice([Kind.PROPOSAL, Kind.PROPOSAL, Kind.CONFIGURATION])
            payload = self.chance.choice([b"", change_payload("a", "b"), b"lie"])
            later = max(before.term, term)
            entry = made(before, self.chance.randint(before.term, later), payload, sender, kind)
            found.append(entry)
            before = entry.tip
        return append(tip, term, *found, commit=self.number(tip.index))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_one_liar_and_strangers_say(seed: int) -> None:
    cluster = four()
    cluster.known.add("retired")
    liar = Liar(seed, cluster)
    voter = "bcd"[seed % 3]
    honest = [name for name in "abcd" if name != voter]
    order: dict[int, bytes] = {}
    for _ in range(1_500):
        sender = liar.chance.choice([voter, voter, "z", "retired"])
        node = cluster[liar.chance.choice(honest)]
        node.member.step(sender, liar.message(sender, node), cluster.now_ms)
        if liar.chance.random() < 0.3:
            node.work()
        if liar.chance.random() < 0.1:
            cluster.deliver()
        if liar.chance.random() < 0.05:
            cluster.tick()
        for name in honest:
            for entry in cluster[name].released:
                assert order.setdefault(entry.index, entry.digest) == entry.digest
    assert cluster["a"].member.term < 1 << 40, "no liar uses up the terms"


def test_the_liar_draws_every_kind() -> None:
    cluster = four()
    liar = Liar(1, cluster)
    kinds = {type(liar.message("b", cluster["a"])) for _ in range(500)}
    assert kinds == set(get_args(peer.PeerMessage))
