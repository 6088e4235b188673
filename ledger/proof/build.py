"""Makes proof files from a snapshot: a value or its absence, a leaf, a journal or a part of it, a complete journey.

A proof is lean: each node of the state tree and each leaf stands once, and everything has one place, so that one claim
at one certificate, reached by the same handovers, has exactly one valid file. Cost: a journey reads each of its leaves,
and O(log n) more per section.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from ledger.block import LEAF_SIZE_MAX, TRANSACTION, Leaf, decode_leaf
from ledger.crypto.encoding import Decoder, decode, encode
from ledger.crypto.hashing import sha256
from ledger.crypto.log_tree import consistency_proof, range_proof
from ledger.crypto.state_tree import prove
from ledger.modules.governance.state import set_history
from ledger.proof.closure import Bounds, Named, Run, closure
from ledger.proof.errors import (
    BoundsReversed,
    CodeUnknown,
    EntriesUnknown,
    LeafUnknown,
    NothingFinal,
    ProofTooLarge,
    SubjectUnknown,
)
from ledger.proof.format import (
    CODE_PREFIX,
    FORMAT,
    LEAVES_MAX,
    NODES_MAX,
    PROOF_SIZE_MAX,
    SECTIONS_MAX,
    SET_CHANGES_MAX,
    Claim,
    JournalClaim,
    JourneyClaim,
    LeafClaim,
    ListingClaim,
    ProofFile,
    Section,
    SetChange,
    ValueClaim,
    decode_journal_head,
    made_key,
    subject_key,
)
from ledger.proof.leaves import KnownLeaf, Leaves
from ledger.proof.source import Source
from ledger.transaction import transaction_id

ACTION_PLACE = 5
"""Of the action in a transaction's body (docs/PROOF.md §7)."""

_decode_body: Decoder[list[Any]] = Decoder(list[Any], LEAF_SIZE_MAX)


def prove_value(snapshot: Source, key: str) -> bytes:
    """A proof file of what stands under a state key now, or that nothing does."""
    value = snapshot.get(key.encode())
    return _file(snapshot, ValueClaim(key, value), nodes=state_nodes(snapshot, [key.encode()]))


def prove_leaf(snapshot: Source, index: int) -> bytes:
    """A proof file that the log holds a certain leaf at `index`. Raises `LeafUnknown`."""
    size = snapshot.head.log.size
    if not 0 <= index < size:
        raise LeafUnknown(index, size)
    claim = LeafClaim(index, range_proof(index, index + 1, size, snapshot.log_node))
    return _file(snapshot, claim, leaves=[snapshot.leaf(index)])


def prove_consistency(snapshot: Source, old_size: int, new_size: int = 0) -> list[bytes]:
    """RFC 9162 consistency proof from `old_size` to `new_size` (0 = the certified size). Raises `LeafUnknown`."""
    size = snapshot.head.log.size
    new_size = new_size or size
    if not 0 <= old_size <= new_size <= size:
        raise LeafUnknown(max(old_size, new_size), size)
    return consistency_proof(old_size, new_size, snapshot.log_node)


def prove_journal(
    snapshot: Source,
    subject: str,
    from_ms: int | None = None,
    to_ms: int | None = None,
) -> bytes:
    """A proof file of all records of `subject` with from_ms <= block time <= to_ms; None = open.

    The claim's bounds are widened to what the neighbours prove. Raises `SubjectUnknown`, `BoundsReversed`,
    `ProofTooLarge`.
    """
    if from_ms is not None and to_ms is not None and from_ms > to_ms:
        raise BoundsReversed(from_ms, to_ms)
    gathered = _Gathered(snapshot, Leaves())
    start, end = gathered.run(subject, (from_ms, to_ms))
    section = gathered.section(subject, (start, end))
    before = None if from_ms is None or start == 0 else gathered.record(subject, start - 1).time_ms + 1
    after = None if to_ms is None or end == gathered.size(subject) else gathered.record(subject, end).time_ms - 1
    nodes = state_nodes(snapshot, [_row_key(subject)])
    claim = JournalClaim(subject, before, after)
    return _file(snapshot, claim, nodes=nodes, leaves=gathered.pool, sections=[section])


def prove_journey(
    snapshot: Source,
    *,
    subject: str = "",
    code: str = "",
    runs: Mapping[str, Run] | None = None,
    leaves: Leaves | None = None,
) -> bytes:
    """A proof file of the whole journey of a subject, or of what a trace code stands for (give one of the two).

    Who has both already gives the runs of journals that the closure comes to under this snapshot, and a memory of the
    log's leaves. Raises `CodeUnknown`, `SubjectUnknown`, `ProofTooLarge`.
    """
    subject = subject_of_code(snapshot, code) if code else subject
    gathered = _Gathered(snapshot, leaves or Leaves())
    if runs is None:
        bounds = closure(subject, gathered.within)
        runs = {name: gathered.run(name, known) for name, known in bounds.items()}
    ordered = [subject, *sorted(runs.keys() - {subject})]
    sections = [gathered.section(name, runs[name]) for name in ordered]
    values: list[tuple[str, bytes | None]] = [(CODE_PREFIX + code, encode(subject))] if code else []
    keys = [key.encode() for key, _ in values] + [_row_key(name) for name in ordered]
    return _file(
        snapshot,
        JourneyClaim(code, subject),
        values=values,
        nodes=state_nodes(snapshot, keys),
        leaves=gathered.pool,
        sections=sections,
    )


def prove_listing(
    snapshot: Source,
    listing: str,
    start: int,
    end: int,
    leaves: Leaves | None = None,
    row: Callable[[str, Leaf], bytes | None] | None = None,
) -> bytes:
    """A proof file of entries [start, end) of a listing's journal, of its counts, and of the present rows of what the
    entries made. `row` gives what stands under a state key that a leaf made, where that is known without reading it.
    Raises `SubjectUnknown`, `EntriesUnknown`, `ProofTooLarge`.
    """
    claim = ListingClaim(listing, start, end)
    gathered = _Gathered(snapshot, leaves or Leaves())
    size = gathered.size(claim.subject)
    if not 0 <= start < end <= size:
        raise EntriesUnknown(claim.subject, start, end, size)
    section = gathered.entries(claim.subject, start, end)
    made = [(key, leaf) for leaf in map(decode_leaf, gathered.pool) if (key := _made(leaf)) is not None]
    return _file(
        snapshot,
        claim,
        values=[(key, row(key, leaf) if row else snapshot.get(key.encode())) for key, leaf in made],
        nodes=state_nodes(snapshot, [*(key.encode() for key, _ in made), _row_key(claim.subject)]),
        leaves=gathered.pool,
        sections=[section],
    )


def _made(leaf: Leaf) -> str | None:
    """The state key of the row that a leaf's record made, or None."""
    if leaf.kind != TRANSACTION:
        return None
    action = _decode_body(leaf.body)[ACTION_PLACE]
    return made_key(action[0], transaction_id(leaf.body))


def subject_of_code(snapshot: Source, code: str) -> str:
    """The subject a trace code stands for. Raises `CodeUnknown`."""
    value = snapshot.get((CODE_PREFIX + code).encode())
    if value is None:
        raise CodeUnknown(code)
    return decode(value, str)


def state_nodes(snapshot: Source, keys: Iterable[bytes]) -> list[bytes]:
    """The nodes of the state tree that prove the values of `keys`, in the order in which looking them up needs them."""
    found: dict[bytes, None] = {}
    read = cache(snapshot.node)  # paths to different keys begin alike
    for key in keys:
        found |= dict.fromkeys(prove([sha256(key)], read))
    return list(found)


def _row_key(subject: str) -> bytes:
    key = subject_key(subject)
    if key is None:
        raise SubjectUnknown(subject)
    return key.encode()


def _file(
    snapshot: Source,
    claim: Claim,
    values: list[tuple[str, bytes | None]] | None = None,
    nodes: list[bytes] | None = None,
    leaves: list[bytes] | None = None,
    sections: list[Section] | None = None,
) -> bytes:
    """The encoded file under the snapshot's certificate, with every handover that leads to it from genesis."""
    block = snapshot.block(snapshot.head.height)
    if block is None:
        raise NothingFinal
    changes = handovers(snapshot)
    parts = ProofFile(
        FORMAT, block.note.encode(), changes, claim, values or [], nodes or [], leaves or [], sections or []
    )
    _check_limit("nodes", len(parts.nodes), NODES_MAX)
    data = encode(parts)
    _check_limit("bytes", len(data), PROOF_SIZE_MAX)
    return data


def handovers(snapshot: Source) -> list[SetChange]:
    """Every certificate that handed over to other validators, from genesis to who certified the snapshot's head.

    A set that begins at height h is named by the checkpoint of h-1, which the set before it certified. Raises
    `ProofTooLarge`.
    """
    found = []
    for first, validators in set_history(snapshot):
        if not 1 < first <= snapshot.head.height:
            continue
        block = snapshot.block(first - 1)
        assert block is not None, f"block {first - 1} lies before the head"
        found.append(SetChange(block.note.encode(), [(one.name, one.public_key) for one in validators]))
    _check_limit("set changes", len(found), SET_CHANGES_MAX)
    return found


def _check_limit(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise ProofTooLarge(what, count, limit)


class _Gathered:
    """Records read from a snapshot for one proof: each leaf once, pooled in the order of first use by a section."""

    def __init__(self, snapshot: Source, leaves: Leaves) -> None:
        self.pool: list[bytes] = []
        self._snapshot = snapshot
        self._leaves = leaves
        self._places: dict[bytes, int] = {}
        self._values: dict[str, tuple[bytes, int]] = {}
        self._records: dict[int, KnownLeaf] = {}
        self._bytes = 0

    def size(self, subject: str) -> int:
        """How many records the subject's journal has."""
        return self._row(subject)[1]

    def record(self, subject: str, position: int) -> Named:
        """A record of a journal by its position."""
        return self._leaf(self._snapshot.journal_entry(subject, position)).named

    def run(self, subject: str, bounds: Bounds) -> Run:
        """The positions of the records within the bounds."""
        start, end = 0, self.size(subject)
        if bounds[0] is not None:
            start = self._first_from(subject, bounds[0])
        if bounds[1] is not None:
            end = self._first_from(subject, bounds[1] + 1)
        return start, max(start, end)

    def within(self, subject: str, bounds: Bounds) -> list[Named]:
        """The records within the bounds."""
        start, end = self.run(subject, bounds)
        _check_limit("leaves", end - start, LEAVES_MAX)
        return [self._leaf(index).named for index in self._snapshot.journal_entries(subject, start, end)]

    def section(self, subject: str, run: Run) -> Section:
        """The section of a run of records, with one neighbour on each side where there is one."""
        return self.entries(subject, max(run[0] - 1, 0), min(run[1] + 1, self.size(subject)))

    def entries(self, subject: str, start: int, end: int) -> Section:
        """The section of exactly the entries [start, end) of a journal that has them."""
        value, size = self._row(subject)
        _check_limit("leaves", end - start, LEAVES_MAX)
        known = self._leaves.run(self._snapshot, subject, value, (start, end), size)
        places = [self._place(index) for index in known.indices]
        return Section(subject, value, start, places, known.hashes)

    def _row(self, subject: str) -> tuple[bytes, int]:
        """State value and journal size of a subject."""
        if subject not in self._values:
            value = self._snapshot.get(_row_key(subject))
            if value is None:
                raise SubjectUnknown(subject)
            self._values[subject] = (value, decode_journal_head(value).size)
            _check_limit("sections", len(self._values), SECTIONS_MAX)
        return self._values[subject]

    def _first_from(self, subject: str, time_ms: int) -> int:
        """The first position whose block time is at least `time_ms`; block time never falls along a journal."""
        low, high = 0, self.size(subject)
        while low < high:
            middle = (low + high) // 2
            if self.record(subject, middle).time_ms >= time_ms:
                high = middle
            else:
                low = middle + 1
        return low

    def _leaf(self, index: int) -> KnownLeaf:
        """A leaf; each is read once."""
        known = self._records.get(index)
        if known is None:
            known = self._records[index] = self._leaves.at(self._snapshot, index)
            _check_limit("leaves", len(self._records), LEAVES_MAX)
        return known

    def _place(self, index: int) -> int:
        """The place of a leaf in the pool; equal leaves share one."""
        leaf = self._leaf(index).raw
        place = self._places.setdefault(leaf, len(self.pool))
        if place == len(self.pool):
            self.pool.append(leaf)
            self._bytes += len(leaf)
            _check_limit("leaves", len(self.pool), LEAVES_MAX)
            _check_limit("bytes", self._bytes, PROOF_SIZE_MAX)
        return place
