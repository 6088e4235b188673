"""From order to finality on one validator: log, execute, promise, cosign, store; and the same again after a crash.

The order of durable steps is the whole of its safety: the entry is synced in the log before it is executed; the
promise to sign exactly one checkpoint of a height is synced before the signature exists; the block is stored with its
certificate in one write. That write need not be synced, since the log is kept until a synced write covers it.
"""

from collections.abc import Callable, Sequence

import structlog

from consensus.entry import Entry, Tip
from consensus.port import Ordering
from consensus.recovery import Found, plan
from consensus.safety import COSIGNATURES_KEPT, Mark
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.block import Block, Position, Proposal, decode_proposal
from ledger.certificate import quorum
from ledger.crypto.checkpoint import assemble_note, checkpoint_hash, cosign
from ledger.crypto.encoding import encode
from ledger.crypto.signing import SigningKey, verify
from ledger.errors import BadSignature, Refusal
from ledger.execute import execute
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.storage.warm import TopNodes
from ledger.transaction import Transaction, decode_transaction
from network.chain import Chain

log = structlog.get_logger(__name__)

SYNC_EVERY = COSIGNATURES_KEPT // 2
"""Blocks between two synced ledger writes: replay after a power cut stays within the cosignatures remembered."""

Checked = Sequence[Transaction | Refusal]


class Finaliser:
    """The only writer of log, safety file and ledger. Every fault it raises stops the node."""

    def __init__(
        self,
        genesis: Genesis,
        registry: Registry,
        key: SigningKey,
        name: str,
        ordering: Ordering,
        durable: DurableLog,
        safety: SafetyFile,
        chain: Chain,
        now_ms: Callable[[], int],
    ) -> None:
        assert quorum(len(chain.head.validators)) == 1, "one validator alone certifies"
        self._genesis = genesis
        self._registry = registry
        self._key = key
        self._name = name
        self._ordering = ordering
        self._log = durable
        self._safety = safety
        self._chain = chain
        self._now_ms = now_ms
        self._top = TopNodes()

    def recover(self) -> None:
        """Replay what the log holds beyond the ledger; raises `ConsensusFault` when the parts do not fit together."""
        tip, base, at = self._log.tip, self._log.base, self._chain.snapshot.position
        place = Mark(at.term, at.index) if at is not None else Mark(0, 0)
        logged = self._log.tip_at(place.index)
        found = Found(
            base=Mark(base.term, base.index),
            last=Mark(tip.term, tip.index),
            promises=self._safety.promises,
            height=self._chain.head.height,
            position=Tip(place.term, place.index, logged.digest if logged is not None else b""),
            logged=logged,
        )
        steps = plan(found)
        for index in range(steps.first, steps.last + 1):
            entry = self._log.entry(index)
            proposal = decode_proposal(entry.payload)
            self._finalise(entry, proposal, [self._check(raw) for raw in proposal.transactions])
        steps.check_reached(self._chain.head.height)
        if steps.last >= steps.first:
            log.info("replayed the log", entries=steps.last - steps.first + 1, height=self._chain.head.height)
        if self._log.cut_bytes:
            log.warning("cut a torn tail off the log", bytes=self._log.cut_bytes)

    def order(self, raws: Sequence[bytes], checked: Checked) -> Block:
        """Order transactions as one proposal and make it final; `checked` is aligned with `raws`."""
        proposal = Proposal(self._now_ms(), list(raws))
        self._ordering.propose(encode(proposal))
        made: Block | None = None
        while ready := self._ordering.ready():
            self._log.append(ready.persist)
            self._log.sync()
            for entry in ready.committed:
                made = self._finalise(entry, proposal, checked)
            self._ordering.advance(ready)
        assert made is not None, "a sole voter commits what it proposes"
        return made

    def _finalise(self, entry: Entry, proposal: Proposal, checked: Checked) -> Block:
        """Execute one committed entry, promise and sign its checkpoint, store it with its certificate."""
        at = Position(entry.term, entry.index)
        reader = self._top.over(self._chain.snapshot)
        block = execute(self._chain.head, reader, proposal, at, checked, self._registry, self._genesis)
        self._top.follow(block)
        given = self._safety.cosign(
            block.height, checkpoint_hash(block.text), self._now_ms() // 1000, Mark(entry.term, entry.index)
        )
        line = cosign(self._key, self._name, block.text, given.timestamp_s)
        is_synced = block.height % SYNC_EVERY == 0
        self._chain.advance(block, assemble_note(block.text, [line]), sync=is_synced)
        if is_synced:
            self._log.truncate_prefix(entry.index)
        return block

    def _check(self, raw: bytes) -> Transaction | Refusal:
        """The stateless checks of a transaction that comes from the log instead of from admission."""
        try:
            transaction = decode_transaction(raw, self._registry, self._genesis.chain_id)
        except Refusal as refusal:
            return refusal
        if verify(transaction.algorithm, transaction.public_key, transaction.signature, transaction.signed_bytes):
            return transaction
        return BadSignature(transaction.public_key.hex())
