"""The stateless checks of ordered transactions: what came in at this node's own door is known to be good, the rest is
checked once, in bulk, while ordering goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consensus.entry import Entry, Kind
from ledger.block import Proposal, decode_proposal
from ledger.crypto.encoding import Malformed
from ledger.crypto.signing import verify
from ledger.errors import BadSignature, Refusal
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.transaction import Transaction, decode_transaction
from network.mempool import Mempool

Checked = Transaction | Refusal

AHEAD_MAX = 16
"""Proposals whose transactions are checked before their turn."""


@dataclass
class Pending:
    """A proposal; `results` are aligned with its transactions, None where the check is under way."""

    index: int
    proposal: Proposal | None
    results: list[Checked | None]
    missing: list[int]


class Checks:
    """Proposals by the digest of their entry, with what is known of their transactions."""

    def __init__(self, mempool: Mempool) -> None:
        self._mempool = mempool
        self._pending: dict[bytes, Pending] = {}
        self.wanted: list[tuple[bytes, list[bytes]]] = []
        """(digest, transactions) for the driver to check; it takes them away."""

    def begin(self, entry: Entry, *, ahead: bool) -> None:
        """Start checking a proposal, unless that has begun; `ahead`: only if few are held."""
        if entry.kind is not Kind.PROPOSAL or not entry.payload or entry.digest in self._pending:
            return
        if ahead and len(self._pending) >= AHEAD_MAX:
            return
        try:
            proposal = decode_proposal(entry.payload)
        except Malformed:
            self._pending[entry.digest] = Pending(entry.index, None, [], [])
            return
        results: list[Checked | None] = [self._mempool.checked(raw) for raw in proposal.transactions]
        missing = [number for number, result in enumerate(results) if result is None]
        self._pending[entry.digest] = Pending(entry.index, proposal, results, missing)
        if missing:
            self.wanted.append((entry.digest, [proposal.transactions[number] for number in missing]))

    def done(self, digest: bytes, results: Sequence[Checked]) -> None:
        """The results for a wanted list, in its order."""
        pending = self._pending.get(digest)
        if pending is None or not pending.missing:
            return
        for number, result in zip(pending.missing, results, strict=True):
            pending.results[number] = result
        pending.missing = []

    def find(self, entry: Entry) -> Pending | None:
        """A proposal all of whose transactions are checked; None = not yet."""
        pending = self._pending.get(entry.digest)
        return None if pending is None or pending.missing else pending

    def forget(self, index: int) -> None:
        """Proposals up to a log index are done with."""
        for digest in [digest for digest, pending in self._pending.items() if pending.index <= index]:
            del self._pending[digest]


def decode_all(raws: Sequence[bytes], registry: Registry, genesis: Genesis) -> list[Checked]:
    """Each transaction decoded, or why it is none; signatures are still to be verified."""
    found: list[Checked] = []
    for raw in raws:
        try:
            found.append(decode_transaction(raw, registry, genesis.chain_id))
        except Refusal as refusal:
            found.append(refusal)
    return found


def with_signatures(decoded: Sequence[Checked], good: Sequence[int]) -> list[Checked]:
    """`decoded` with a refusal for each transaction whose signature is bad; `good`: 1 or 0 for each `Transaction`."""
    verdicts = iter(good)
    return [
        item if isinstance(item, Refusal) or next(verdicts) else BadSignature(item.public_key.hex()) for item in decoded
    ]


def check_all(raws: Sequence[bytes], registry: Registry, genesis: Genesis) -> list[Checked]:
    """All stateless checks of transactions, signatures included, here and now."""
    decoded = decode_all(raws, registry, genesis)
    good = [
        verify(item.algorithm, item.public_key, item.signature, item.signed_bytes)
        for item in decoded
        if isinstance(item, Transaction)
    ]
    return with_signatures(decoded, good)
