"""Lying validators: the real replica runs, but what it says and hears passes through somebody who cheats.

A liar has its own key and no other. It equivocates (another order of things for half of the others), withholds, claims
to hold what it does not, announces commits that never were, inflates terms, cosigns two texts, votes for everybody,
and sends rubbish.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from consensus.entry import Kind, entry_digest, envelope_message
from consensus.messages import (
    Acknowledgement,
    Append,
    AppendResponse,
    Heartbeat,
    SentEntry,
    VoteRequest,
    VoteResponse,
)
from ledger.block import decode_proposal
from ledger.crypto.checkpoint import assemble_note, cosign, parse_note
from ledger.crypto.encoding import Malformed, encode
from ledger.crypto.hashing import sha256
from network.peers.records import Lane
from network.replica.messages import BlocksGiven, Cosigned, Newest, decode_peer
from tests.simulation.kernel import SECOND, START_MS

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster
    from tests.simulation.machine import Machine

Sent = tuple[str, str, bytes]


class Liar:
    """What stands between one machine and the network."""

    def __init__(self, cluster: "Cluster", machine: "Machine", lies: tuple[str, ...]) -> None:
        self.cluster, self.machine, self.lies = cluster, machine, frozenset(lies)
        self.chance = cluster.kernel.stream(f"liar/{machine.name}")
        self.begins_us = self.chance.randint(8 * SECOND, 35 * SECOND)
        self.fork: dict[tuple[int, int], bytes] = {}
        """Digests of what the deceived half was told of this leader's entries."""
        self.truth: dict[tuple[int, int], bytes] = {}
        self.told: set[str] = set()
        """The lies that were really told."""

    @property
    def is_lying(self) -> bool:
        """Liars are honest for a while first."""
        return self.cluster.kernel.now >= self.begins_us

    def deceives(self, peer: str) -> bool:
        """Whether a peer is told the other story."""
        return sorted(self.cluster.machines).index(peer) % 2 == 0

    # What it says.

    def distort(self, messages: list[Sent]) -> list[Sent]:
        """What really leaves."""
        if not self.is_lying:
            return messages
        return [sent for message in messages for sent in self._distort(message)]

    def _distort(self, sent: Sent) -> list[Sent]:
        peer, lane, data = sent
        if "withhold" in self.lies and self.deceives(peer) and self.chance.random() < 0.7:
            self.told.add("withhold")
            return []
        if "garbage" in self.lies and self.chance.random() < 0.03:
            self.told.add("garbage")
            return [(peer, lane, self._garbage(data))]
        message = self._lie(decode_peer(data), peer)
        extra = [*self._second_text(message, peer), *self._campaign()]
        return [(peer, lane, encode(message)), *((peer, lane, encode(other)) for other in extra)]

    def _garbage(self, data: bytes) -> bytes:
        kind = self.chance.randrange(3)
        if kind == 0:
            return self.chance.randbytes(self.chance.randrange(200))
        if kind == 1:
            return data[: self.chance.randrange(len(data))]
        spoilt = bytearray(data)
        spoilt[self.chance.randrange(len(spoilt))] ^= 1 << self.chance.randrange(8)
        return bytes(spoilt)

    def _lie(self, message: Any, peer: str) -> Any:
        """The message, or another in its place."""
        lies, chance = self.lies, self.chance
        if "equivocate" in lies and self.deceives(peer):
            message = self._other_story(message)
        if "false-acknowledgement" in lies and isinstance(message, AppendResponse | Acknowledgement):
            if chance.random() < 0.3:
                self.told.add("false-acknowledgement")
                message = msgspec.structs.replace(message, index=message.index + chance.randint(1, 3))
            if isinstance(message, Acknowledgement) and chance.random() < 0.1:
                message = msgspec.structs.replace(message, digest=chance.randbytes(32))
        if "false-commit" in lies and isinstance(message, Append | Heartbeat):
            self.told.add("false-commit")
            message = msgspec.structs.replace(message, commit=message.commit + chance.randint(1, 4))
        if "inflate-term" in lies and isinstance(message, VoteRequest) and chance.random() < 0.5:
            self.told.add("inflate-term")
            higher = message.term + chance.randint(1, 50)
            longer = message.index + chance.randint(0, 5)
            message = msgspec.structs.replace(message, term=higher, log_term=higher - 1, index=longer)
        return message

    def _other_story(self, message: Any) -> Any:
        """Own entries with another time in them, and everything that follows from it."""
        if isinstance(message, Acknowledgement):
            return msgspec.structs.replace(message, digest=self.fork.get((message.term, message.index), message.digest))
        if not isinstance(message, Append):
            return message
        before = true = message.digest
        before = self.fork.get((message.log_term, message.index), before)
        entries: list[SentEntry] = []
        for index, entry in enumerate(message.entries, message.index + 1):
            true = entry_digest(true, entry.term, index, entry.kind, entry.leader, sha256(entry.payload))
            if entry.leader == self.machine.name:
                entry, before = self._retold(entry, index, before)
                self.fork[entry.term, index] = before
                self.truth[entry.term, index] = true
            else:
                before = entry_digest(before, entry.term, index, entry.kind, entry.leader, sha256(entry.payload))
            entries.append(entry)
        start = self.fork.get((message.log_term, message.index), message.digest)
        return msgspec.structs.replace(message, digest=start, entries=tuple(entries))

    def _retold(self, entry: SentEntry, index: int, before: bytes) -> tuple[SentEntry, bytes]:
        payload = entry.payload
        if entry.kind is Kind.PROPOSAL and payload:
            self.told.add("equivocate")
            proposal = decode_proposal(payload)
            payload = encode((proposal.time_ms + 1, list(reversed(proposal.transactions))))
        digest = entry_digest(before, entry.term, index, entry.kind, entry.leader, sha256(payload))
        signature = self.machine.key.sign(envelope_message(self.cluster.genesis.chain_id, digest))
        return msgspec.structs.replace(entry, payload=payload, signature=signature), digest

    def _second_text(self, message: Any, peer: str) -> list[Any]:
        """A cosignature over another checkpoint of the same height."""
        if "cosign-twice" not in self.lies or not isinstance(message, Cosigned) or not self.deceives(peer):
            return []
        self.told.add("cosign-twice")
        text = parse_note(message.note).text
        lines = text.split("\n")
        lines[5] = "state " + lines[2]
        other = "\n".join(lines)
        name = self.cluster.genesis.cosigner_name(self.machine.name)
        return [Cosigned(assemble_note(other, [cosign(self.machine.key, name, other, START_MS // 1000)]))]

    def _campaign(self) -> list[Any]:
        """Ask for a vote in some later term, as if the leader wished it and the own log were longer than it is."""
        replica = self.machine.replica
        if "inflate-term" not in self.lies or replica is None or self.chance.random() > 0.01:
            return []
        self.told.add("inflate-term")
        term, last = replica.member.term + self.chance.randint(1, 50), replica.member.last
        return [VoteRequest(term, last.index + 3, last.term, pre=False, transfer=True, certified_height=1 << 20)]

    # What it hears.

    def hear(self, sender: str, data: bytes) -> bytes:
        """What its own replica gets to see; it may answer by itself."""
        if not self.is_lying:
            return data
        try:
            message = decode_peer(data)
        except Malformed:
            return data
        if isinstance(message, VoteRequest) and "vote-twice" in self.lies:
            self.told.add("vote-twice")
            self._say(sender, Lane.VOTES, VoteResponse(message.term, message.pre, reject=False, note=""))
        if isinstance(message, Append) and "false-acknowledgement" in self.lies and message.entries:
            self._claim(sender, message)
        if isinstance(message, BlocksGiven | Newest):
            return data
        if isinstance(message, AppendResponse | Acknowledgement) and "equivocate" in self.lies:
            place = next((at for at, told in self.fork.items() if told == message.digest), None)
            if place is not None:
                return encode(msgspec.structs.replace(message, digest=self.truth[place]))
        return data

    def _claim(self, leader: str, message: Append) -> None:
        """Acknowledge before anything is on the disk."""
        digest = message.digest
        for index, entry in enumerate(message.entries, message.index + 1):
            digest = entry_digest(digest, entry.term, index, entry.kind, entry.leader, sha256(entry.payload))
        last = message.index + len(message.entries)
        self.told.add("false-acknowledgement")
        self._say(leader, Lane.LOG, AppendResponse(message.term, last, 0, 0, False, False, digest, 0))
        for peer in self.cluster.machines:
            if peer != self.machine.name:
                self._say(peer, Lane.VOTES, Acknowledgement(message.term, last, digest, 0))

    def _say(self, peer: str, lane: str, message: Any) -> None:
        self.cluster.network.send(self.machine.name, peer, lane, encode(message))
