"""What tests of members begin with: four members, made-up entries and appends, and a hand in the network."""

from collections.abc import Callable

from consensus import messages as peer
from consensus.entry import Entry, Kind, Tip, envelope_message, next_entry
from consensus.messages import PeerMessage
from tests.consensus.members import CHAIN_ID, Cluster, key_of

Tamper = Callable[[str, str, PeerMessage], PeerMessage | None]


def four() -> Cluster:
    """Four members, led by a, who have released the first entry and one proposal."""
    cluster = Cluster("a", "b", "c", "d")
    leader = cluster.elect("a")
    assert leader.member.propose(b"first")
    cluster.settle()
    cluster.sent.clear()
    return cluster


def dropping(*kinds: type) -> Tamper:
    return lambda _sender, _to, message: None if isinstance(message, kinds) else message


def made(tip: Tip, term: int, payload: bytes, leader: str, kind: Kind = Kind.PROPOSAL) -> Entry:
    """An entry that `leader` signs after `tip`."""
    digest = next_entry(tip, term, payload, kind, leader).digest
    return next_entry(tip, term, payload, kind, leader, key_of(leader).sign(envelope_message(CHAIN_ID, digest)))


def append(tip: Tip, term: int, *entries: Entry, commit: int = 0) -> peer.Append:
    return peer.Append(term, tip.index, tip.term, tip.digest, commit, tuple(map(peer.sent, entries)))


def step(cluster: Cluster, to: str, sender: str, message: PeerMessage) -> None:
    cluster[to].member.step(sender, message, cluster.now_ms)
    while cluster[to].work() is not None:
        pass
