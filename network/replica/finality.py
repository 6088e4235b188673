"""From order to finality: execute, promise, cosign, gather cosignatures, store.

The order of durable steps is the whole of its safety: an entry is released only when a quorum holds it; the promise to
sign exactly one checkpoint of a height is synced before the signature exists; the block is stored together with its
certificate in one write, and nobody sees it earlier. That write need not be synced: the log is kept until a synced
write covers it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from consensus.ballot import Ballots
from consensus.entry import Entry, Tip
from consensus.evidence import Evidence
from consensus.member import Voters
from consensus.safety import COSIGNATURES_KEPT
from consensus.storage.safety import SafetyFile
from ledger.block import Block, Head, Position, Proposal, Receipt, Validator, decode_leaf, position_of
from ledger.certificate import quorum
from ledger.crypto.checkpoint import assemble_note, checkpoint_hash, cosign, parse_note
from ledger.crypto.signing import SigningKey
from ledger.execute import execute_in_steps
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.replay import CertifiedBlock as Given
from ledger.replay import check_certificate, reexecute
from ledger.storage.overlay import UNCERTIFIED_MAX, Overlay
from ledger.storage.port import Snapshot
from ledger.storage.warm import Newest
from network.replica.checks import Checked
from network.replica.errors import Diverged
from network.replica.messages import CertifiedBlock

SYNC_EVERY = COSIGNATURES_KEPT // 2
"""Blocks at most between two synced ledger writes: replay after a power cut stays within the cosignatures remembered.
"""


class Ledger(Protocol):
    """What is final, and the one way to add to it (`network.chain.Chain`, or the simulator's)."""

    snapshot: Snapshot

    @property
    def head(self) -> Head:
        """The end of the final chain."""

    def advance(self, block: Block, note: str, *, sync: bool) -> None:
        """Store the next final block (`sync`: durably) and let everyone see it."""

    def sync(self) -> None:
        """Make everything stored so far survive a power cut."""

    def receipt(self, wanted: bytes) -> Receipt | None:
        """The receipt of a final transaction by its id, or None."""


@dataclass(frozen=True)
class Executed:
    """A block that awaits its certificate. `tip`: its entry in the log; `validators` must certify it."""

    block: Block
    tip: Tip
    voters: Voters
    validators: tuple[Validator, ...]
    checked: Sequence[Checked]
    cosigned: str
    """The checkpoint with this validator's own cosignature; "" when it is not one of `validators`, executes again what
    it may have signed long ago, or does not sign this height, or one before that others have yet to certify."""


@dataclass(frozen=True)
class Final:
    """A block that is stored with its certificate. `is_synced`: it, and all before it, survive a power cut."""

    block: Block
    note: str
    tip: Tip
    voters: Voters
    checked: Sequence[Checked]
    is_synced: bool
    is_caught_up: bool
    """Taken whole from another validator."""


class Finality:
    """The only writer of the ledger. What it raises stops the node."""

    def __init__(
        self,
        genesis: Genesis,
        registry: Registry,
        key: SigningKey,
        id: str,
        ledger: Ledger,
        safety: SafetyFile,
        steps_at_once: int,
    ) -> None:
        self._steps_at_once = steps_at_once
        self._genesis = genesis
        self._registry = registry
        self._key = key
        self._me = Validator(genesis.cosigner_name(id), key.public_key)
        self._ledger = ledger
        self._safety = safety
        self._ballots = Ballots(genesis.origin)
        self._newest = Newest()
        self._overlay = Overlay(ledger.snapshot)
        self._executed: deque[Executed] = deque()
        self._running: Iterator[Block | None] | None = None
        at = ledger.snapshot.position
        self._voters = None if at is None else Voters(tuple(at.voters), tuple(at.outgoing))
        self._signed_at_start = safety.promises.height
        self._abstained_height = 0
        self._now_ms = 0
        self.abstained: list[tuple[int, str]] = []
        """Heights, and their checkpoints, that this validator cannot sign, having signed another before it started."""

    @property
    def head(self) -> Head:
        """What the next block builds on: the newest executed one, certified or not."""
        return self._executed[-1].block.head if self._executed else self._ledger.head

    @property
    def awaiting(self) -> Sequence[Executed]:
        """Blocks that await their certificates, oldest first."""
        return self._executed

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be executed before a certificate comes."""
        return len(self._executed) >= UNCERTIFIED_MAX

    @property
    def is_executing(self) -> bool:
        """Whether a proposal is executed in part."""
        return self._running is not None

    def execute(
        self, entry: Entry, proposal: Proposal, checked: Sequence[Checked], voters: Voters, now_ms: int
    ) -> Executed | None:
        """Execute some of a released proposal, and cosign its checkpoint in the end, if this validator is one of those
        who certify it. None = more is left: call again with the same entry.
        """
        head = self.head
        if self._running is None:
            at = Position(entry.term, entry.index, entry.digest, voters.incoming, voters.outgoing)
            reader = self._newest.over(self._overlay.reader)
            self._running = execute_in_steps(head, reader, proposal, at, checked, self._registry, self._genesis)
        block = next(filter(None, islice(self._running, self._steps_at_once)), None)
        if block is None:
            return None
        self._running = None
        assert block.height == head.height + 1, "nothing else was executed meanwhile"
        self._newest.follow(block)
        self._now_ms = now_ms
        executed = Executed(block, entry.tip, voters, head.validators, checked, "")
        self._overlay.push(block)
        self._executed.append(executed)
        return self._cosign(len(self._executed) - 1)

    def _cosign(self, place: int) -> Executed:
        """Sign the checkpoint of an executed block, if this validator certifies it and may sign it."""
        executed = self._executed[place]
        block = executed.block
        if self._me not in executed.validators:
            return executed
        hashed = checkpoint_hash(block.text)
        before = self._safety.promises.find(block.height)
        if block.height <= self._signed_at_start and before is not None and before.checkpoint_hash != hashed:
            # It diverged and stopped; since then it was mended. It never signs that height again, and goes on with it
            # once others certify it. Within one run a second text stops the node (`PromiseBroken`).
            self.abstained.append((block.height, block.text))
            self._abstained_height = block.height
            return executed
        if self._ledger.head.height < self._abstained_height:
            # To sign what follows from a checkpoint is to vouch for it: not before others have certified it.
            return executed
        given = self._safety.cosign(block.height, hashed, self._now_ms // 1000)
        if given is None:
            return executed
        note = assemble_note(block.text, [cosign(self._key, self._me.name, block.text, given.timestamp_s)])
        self._executed[place] = executed = replace(executed, cosigned=note)
        self.take(note)
        return executed

    def take(self, note: str) -> Evidence | None:
        """Cosignatures that somebody sent; returns proof if one of the signers contradicts itself."""
        return self._ballots.add(note, self._ledger.head.height, self._validators())

    @property
    def bad_notes(self) -> int:
        """Notes taken so far that no honest validator would have sent."""
        return self._ballots.dropped

    def newest_of(self, name: str) -> str:
        """The newest checkpoint without a certificate that a cosigner is known to have signed; "" = none."""
        return self._ballots.newest_of(name)

    def _validators(self) -> dict[str, Validator]:
        """Who may sign any of the next heights, as far as is known here."""
        known = (self._ledger.head, *(executed.block.head for executed in self._executed))
        return {validator.name: validator for head in known for validator in head.validators}

    def certify(self) -> Final | None:
        """Make the oldest executed block final, if a quorum has cosigned it."""
        if not self._executed:
            return None
        oldest = self._executed[0]
        height, text = oldest.block.height, oldest.block.text
        note = self._ballots.certificate(height, text, oldest.validators)
        if note is None:
            self._check_agreement(oldest)
            return None
        return self._finish(self._executed.popleft(), note)

    def _check_agreement(self, oldest: Executed) -> None:
        """Stop when so many have signed something else that this block can never be certified."""
        height, n = oldest.block.height, len(oldest.validators)
        agreeing = self._ballots.signers(height, oldest.block.text)
        # Whoever certifies later heights has no say in this one.
        certifying = {validator.name for validator in oldest.validators}.difference(agreeing)
        others = [name for name in self._ballots.conflicting(height, oldest.block.text) if name in certifying]
        if len(others) > n - quorum(n):
            raise Diverged(height, others, self._ballots.notes_from(height))

    def adopt(self, certified: CertifiedBlock) -> Final:
        """Make the next certified block final that a peer gave, executing it again unless that is done already.

        Not while `is_executing`: it may be this one. Its certificate is verified by the replay. Raises `ReplayError`
        for a block that is not what its certificate says, `Diverged` when this node has executed something else at that
        height.
        """
        assert self._running is None
        head = self._ledger.head
        if self._executed:
            return self._adopt_executed(certified, head)
        given = Given(certified.note, certified.leaves, certified.restricted)
        block = reexecute(head, self._newest.over(self._ledger.snapshot), given, self._registry, self._genesis)
        self._newest.follow(block)
        at = position_of(decode_leaf(block.leaves[-1]))
        voters = Voters(tuple(at.voters), tuple(at.outgoing))
        executed = Executed(block, Tip(at.term, at.index, at.digest), voters, head.validators, (), "")
        self._overlay.push(block)
        return self._finish(executed, certified.note, is_caught_up=True)

    def _adopt_executed(self, certified: CertifiedBlock, head: Head) -> Final:
        text = check_certificate(certified.note, head, self._genesis).text()
        oldest = self._executed[0]
        if text != oldest.block.text:
            height, (_, signatures) = oldest.block.height, parse_note(certified.note)
            notes = dict.fromkeys((certified.note, *self._ballots.notes_from(height)))
            raise Diverged(height, [signature.name for signature in signatures], list(notes))
        return self._finish(self._executed.popleft(), certified.note)

    def _finish(self, executed: Executed, note: str, *, is_caught_up: bool = False) -> Final:
        block = executed.block
        # After a power cut nobody may need those for what is ordered again who were voters no more when it was final.
        is_synced = block.height % SYNC_EVERY == 0 or executed.voters != self._voters
        self._voters = executed.voters
        self._ledger.advance(block, note, sync=is_synced)
        self._overlay.pop_oldest()
        self._overlay.rebase(self._ledger.snapshot)
        self._ballots.forget(block.height)
        if block.height == self._abstained_height:
            for place in range(len(self._executed)):
                self._cosign(place)
        return Final(block, note, executed.tip, executed.voters, executed.checked, is_synced, is_caught_up)
