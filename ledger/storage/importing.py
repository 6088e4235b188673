"""What an archive says, verified and written into an empty database, block by block and row by row.

Memory is bounded whatever the length of the chain: journals' peaks that are not in use, and the hashes that the state
tree is made of in their order, lie in a second, temporary database.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ledger.adopt import (
    EMPTY_JOURNAL,
    Journal,
    SubjectRow,
    decode_subject_row,
    enter_leaves,
    next_validators,
    row_name,
    subject_of,
)
from ledger.block import LEAF_SIZE_MAX, TRANSACTION, Block, Changes, Head, Leaf, Validator
from ledger.certificate import validators_hash
from ledger.crypto import state_tree
from ledger.crypto.checkpoint import Checkpoint, checkpoint_hash
from ledger.crypto.encoding import Decoder, Malformed, encode
from ledger.crypto.hashing import HASH_SIZE, digest
from ledger.genesis import Genesis
from ledger.module import Body
from ledger.replay import ReplayError, check_certificate, decode_leaves
from ledger.state import restricted_tables
from ledger.storage import keys
from ledger.storage.archive import ArchivedBlock, ArchivedState, ArchivedValidators, ArchivedValue
from ledger.storage.level import fill
from ledger.storage.records import FORMAT, StoredHead, StoredMeta

BATCH_ENTRIES = 20_000
"""Puts that are gathered before they are written."""

TREE_BATCH = 16_384
"""Keys by which the state tree grows at once; consecutive ones, so that few nodes are written twice."""

JOURNALS_MAX = 200_000
"""Journals whose peaks are kept in memory: some 50 MB."""

_JOURNAL, _KEY_HASH = b"f", b"h"

_decode_body: Decoder[Body] = Decoder(Body, LEAF_SIZE_MAX)
_decode_bytes: Decoder[bytes] = Decoder(bytes, HASH_SIZE + 8)


class Importer:
    """Takes the objects of an archive in their order; `finish` says what head they lead to.

    `known`: a head that the archive's chain must contain and go beyond. Everything raises `ReplayError` for what does
    not hold. Nothing in `database` counts before `finish` returns.
    """

    def __init__(self, database: Any, scratch: Any, genesis: Genesis, *, full: bool, known: Head | None) -> None:
        self._database = database
        self._scratch = scratch
        self._genesis = genesis
        self._full = full
        self._known = known
        self._restricted = restricted_tables()
        self._journals = _Journals(scratch)
        self._batch = database.write_batch()
        self._pending = 0
        self._tree_batch = scratch.write_batch()
        self._last: Checkpoint | None = None
        self._named = validators_hash(genesis.validators())
        self._rows = 0
        self.head = genesis.head()

    def take_block(self, item: ArchivedBlock) -> None:
        """Verify and write the next block."""
        head, where = self.head, f"height {item.height}"
        self._check_successors_told()
        try:
            note = item.note.decode()
        except UnicodeDecodeError:
            raise ReplayError(where, "证书不是文本", "its certificate is not text") from None
        checkpoint = check_certificate(note, head, self._genesis)
        leaves = decode_leaves(item.leaves, where)
        changes = Changes()
        log = enter_leaves(head, checkpoint, item.leaves, leaves, changes, self._journals)
        if self._full:
            _check_restricted(leaves, item.restricted, where)
        changes.restricted = {head.log.size + place: part for place, part in item.restricted.items()}
        text = checkpoint.text()
        after = Head(checkpoint.height, checkpoint.time_ms, checkpoint_hash(text), log, head.validators)
        block = Block(after.height, after.time_ms, text, head.log.size, item.leaves, [], {}, changes, after)
        self._written(fill(self._batch.put, self._batch.delete, block, note, 0))
        self.head, self._last = after, checkpoint
        self._journals.trim()
        known = self._known
        if known is not None and known.height == after.height and known.checkpoint_hash != after.checkpoint_hash:
            raise ReplayError(where, "与本节点已确认的检查点不同", "not the checkpoint that is final here")

    def take_validators(self, item: ArchivedValidators) -> None:
        """The set that certifies the next height, as the last checkpoint names it."""
        assert self._last is not None, "an archive is read in its order"
        told = [Validator(name, key) for name, key in item.validators]
        validators = next_validators(self.head, self._last, told)
        head = self.head
        self.head = Head(head.height, head.time_ms, head.checkpoint_hash, head.log, validators)
        self._named = self._last.validators

    def take_state(self, item: ArchivedState) -> None:
        """Verify and write some of the state's rows."""
        put, tree_put, journals = self._batch.put, self._tree_batch.put, self._journals
        for entry in item.entries:
            key, value = entry.key, entry.value
            subject = subject_of(key)
            row = None if subject is None else decode_subject_row(key, value)
            if subject is not None and row is not None:
                if row.journal != journals[subject]:
                    raise ReplayError(row_name(key), "档案与记录不符", "its journal is not that of its records")
                self._rows += 1
            self._check_hidden(entry, row)
            put(keys.VALUE + key, value)
            if entry.hidden:
                put(keys.PRIVATE + key, entry.hidden)
            tree_put(_KEY_HASH + state_tree.key_hash(key), state_tree.value_hash(value))
        self._tree_batch.write()
        self._tree_batch = self._scratch.write_batch()
        self._written(2 * len(item.entries))

    def finish(self) -> Head:
        """Build the state tree, compare it, and make everything durable."""
        self._check_successors_told()
        head, last = self.head, self._last
        assert last is not None, "an archive has a block"
        where = f"height {head.height}"
        if self._known is not None and head.height <= self._known.height:
            said = f"it ends at height {head.height}, {self._known.height} is final here"
            raise ReplayError(
                where, f"归档已过时：本节点已到高度 {self._known.height}", f"the archive is stale: {said}"
            )
        if self._rows != self._journals.count:
            said = f"{self._journals.count} subjects have records, {self._rows} have rows"
            raise ReplayError(where, f"有记录的主体与状态行不符：{said}", said)
        if self._build_tree() != last.state:
            raise ReplayError(where, "状态与检查点不符", "its values do not make the certified state root")
        self._batch.put(keys.META, encode(StoredMeta(FORMAT, self._genesis.chain_id)))
        self._batch.write()
        self._database.put(keys.HEAD, encode(StoredHead.of(head, head.height)), sync=True)
        return head

    def _check_successors_told(self) -> None:
        if self._last is not None and self._last.validators != self._named:
            next_validators(self.head, self._last, ())

    def _check_hidden(self, entry: ArchivedValue, row: SubjectRow | None) -> None:
        """A full archive holds the row behind every commitment of a restricted table, and no other."""
        if not self._full:
            return
        if entry.key.startswith(self._restricted) != bool(entry.hidden):
            raise ReplayError(
                row_name(entry.key), "受限行缺失或多余", "its restricted row is missing, or there is none"
            )
        if entry.hidden:
            try:
                commitment = _decode_bytes(entry.value if row is None else bytes(row.value))
            except Malformed:
                commitment = b""
            if commitment != digest("restricted", entry.hidden):
                raise ReplayError(
                    row_name(entry.key), "受限行与承诺不符", "its restricted row is not the one committed to"
                )

    def _build_tree(self) -> bytes:
        """The state root over all rows, its nodes written."""
        nodes: dict[bytes, bytes | None] = {}

        def read(path: bytes) -> bytes | None:
            found = nodes.get(path)
            return self._database.get(keys.NODE + path) if found is None else found

        root, nodes = state_tree.update({}, read)
        with self._scratch.iterator(prefix=_KEY_HASH) as pairs:
            for batch in _chunks(pairs, TREE_BATCH):
                root, nodes = state_tree.update({key[1:]: value for key, value in batch}, read)
                for path, node in nodes.items():
                    assert node is not None, "nothing is deleted from a tree that grows"
                    self._batch.put(keys.NODE + path, node)
                self._written(BATCH_ENTRIES)
        return root

    def _written(self, entries: int) -> None:
        self._pending += entries
        if self._pending >= BATCH_ENTRIES:
            self._batch.write()
            self._batch, self._pending = self._database.write_batch(), 0


class _Journals(dict[str, Journal]):
    """The journals of all subjects (`ledger.adopt.Journals`): those in use in memory, the others in a database."""

    def __init__(self, database: Any) -> None:
        super().__init__()
        self._database = database
        self._has_stored = False
        self.count = 0

    def __missing__(self, subject: str) -> Journal:
        stored = self._database.get(_JOURNAL + subject.encode()) if self._has_stored else None
        if stored is not None:
            return keys.parse_number(stored[:8]), stored[8:]
        self.count += 1
        return EMPTY_JOURNAL

    def trim(self) -> None:
        """Keep memory bounded; call it between blocks."""
        if len(self) > JOURNALS_MAX:
            with self._database.write_batch() as batch:
                for subject, (size, peaks) in self.items():
                    batch.put(_JOURNAL + subject.encode(), keys.number(size) + peaks)
            self.clear()
            self._has_stored = True


def _check_restricted(leaves: list[Leaf], restricted: dict[int, bytes], where: str) -> None:
    """The restricted parts of a block are exactly those that its transactions commit to."""
    left = dict(restricted)
    for place, leaf in enumerate(leaves):
        if leaf.kind != TRANSACTION:
            continue
        at = f"{where}, leaf {place}"
        try:
            commitment = _decode_body(leaf.body).commitment
        except Malformed as error:
            raise ReplayError(at, f"交易无法解码：{error}", f"not a transaction: {error}") from None
        part = left.pop(place, None)
        if commitment != (None if part is None else digest("restricted", part)):
            raise ReplayError(at, "受限内容与承诺不符", "its restricted part is not the one committed to")
    if left:
        raise ReplayError(
            f"{where}, leaf {min(left)}", "多出受限内容", "a restricted part that belongs to no transaction"
        )


def _chunks(items: Iterator[tuple[bytes, bytes]], size: int) -> Iterator[list[tuple[bytes, bytes]]]:
    while chunk := list(islice(items, size)):
        yield chunk
