"""A certified block taken over without running its rules: what an observer without restricted parts does (DESIGN §4).

It is handed the leaves and the public values that the block changed. What a quorum has certified settles both: the log
root settles the leaves, the state root the values; and the journals that the leaves make must be those in the rows.
Transactions' signatures are not verified again: the quorum did, and `linxin audit` does.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from ledger.block import TRANSACTION, Block, Changes, Head, Leaf, Validator
from ledger.certificate import validators_hash
from ledger.crypto import state_tree
from ledger.crypto.checkpoint import Checkpoint, checkpoint_hash
from ledger.crypto.encoding import Decoder, Malformed, Message
from ledger.crypto.log_tree import STORED_LEVEL, Frontier, OnNode, append_joined, leaf_hash
from ledger.genesis import Genesis
from ledger.replay import ReplayError, check_certificate, decode_leaves
from ledger.state import SUBJECT_HOMES, VALUE_SIZE_MAX, Reader, home_key
from ledger.transaction import transaction_id

Journal = tuple[int, bytes]
"""Size and joined peaks."""

EMPTY_JOURNAL: Journal = (0, b"")

_KINDS = {f"{home}/".encode(): kind for kind, home in SUBJECT_HOMES.items()}
"""What the state keys of subjects' rows begin with -> the type of these subjects."""


class SubjectRow(Message):
    """A subject's row with its journal; what its module wrote (or the commitment to it) stays encoded."""

    value: msgspec.Raw
    size: int
    peaks: bytes

    @property
    def journal(self) -> Journal:
        """Size and peaks."""
        return self.size, self.peaks


_decode_row: Decoder[SubjectRow] = Decoder(SubjectRow, VALUE_SIZE_MAX)


class Journals(Protocol):
    """The journal of every subject, from `EMPTY_JOURNAL` on, as a mapping that lacks nobody."""

    def __getitem__(self, subject: str, /) -> Journal:
        """A subject's journal."""

    def __setitem__(self, subject: str, journal: Journal, /) -> None:
        """What it is from now on."""


def subject_of(key: bytes) -> str | None:
    """The subject whose row lies under a state key: `trace/lot/A1` -> `lot:A1`; None for rows of other tables."""
    end = key.find(b"/", key.find(b"/") + 1) + 1
    kind = _KINDS.get(key[:end])
    return None if kind is None else f"{kind}:{key[end:].decode('utf-8', 'replace')}"


def decode_subject_row(key: bytes, value: bytes) -> SubjectRow:
    """The row under a subject's state key. Raises `ReplayError`."""
    try:
        return _decode_row(value)
    except Malformed as error:
        raise ReplayError(row_name(key), f"行无法解码：{error}", f"the row does not decode: {error}") from None


def apply_public(
    head: Head,
    reader: Reader,
    note: str,
    leaves: Sequence[bytes],
    values: Mapping[bytes, bytes | None],
    genesis: Genesis,
    successors: Sequence[Validator] = (),
) -> Block:
    """The block that follows `head`, whose state is under `reader`, from its leaves and changed public values.

    `values`: None = deleted. `successors`: the set that certifies the next height, sorted by name, where the checkpoint
    names another than certified this one. Raises `ReplayError` unless all of it is what was certified. The block's
    receipts are empty and it writes no restricted rows.
    """
    where = f"height {head.height + 1}"
    checkpoint = check_certificate(note, head, genesis)
    decoded = decode_leaves(leaves, where)
    changes = Changes(values=dict(values))
    rows = _RowJournals(reader)
    log = enter_leaves(head, checkpoint, leaves, decoded, changes, rows)
    _check_journals(rows, values)
    hashed = {
        state_tree.key_hash(key): None if value is None else state_tree.value_hash(value)
        for key, value in values.items()
    }
    root, changes.nodes = state_tree.update(hashed, reader.node)
    if root != checkpoint.state:
        raise ReplayError(where, "公开状态与检查点不符", "its values do not make the certified state root")
    validators = next_validators(head, checkpoint, successors)
    text = checkpoint.text()
    after = Head(checkpoint.height, checkpoint.time_ms, checkpoint_hash(text), log, validators)
    return Block(after.height, after.time_ms, text, head.log.size, list(leaves), [], {}, changes, after)


def next_validators(head: Head, checkpoint: Checkpoint, successors: Sequence[Validator]) -> tuple[Validator, ...]:
    """The set that certifies the height after `checkpoint`: the same, or `successors` if it names them."""
    if checkpoint.validators == validators_hash(head.validators):
        return head.validators
    names = [validator.name for validator in successors]
    if not names or names != sorted(set(names)) or validators_hash(successors) != checkpoint.validators:
        raise ReplayError(
            f"height {checkpoint.height}",
            "未给出检查点指定的新验证节点",
            "the validators that its checkpoint names are missing",
        )
    return tuple(successors)


def enter_leaves(
    head: Head, checkpoint: Checkpoint, raws: Sequence[bytes], leaves: Sequence[Leaf], changes: Changes, rows: Journals
) -> Frontier:
    """Enter a block's leaves into log, journals and index (in `changes`, but for its values); returns the log after it.

    Raises `ReplayError` unless the leaves are those under the certified log root, of this height and time.
    """
    where, first = f"height {checkpoint.height}", head.log.size
    moment = (checkpoint.height, checkpoint.time_ms)
    hashes = [leaf_hash(raw) for raw in raws]

    def keep_node(level: int, index: int, node: bytes) -> None:
        if level >= STORED_LEVEL:
            changes.log_nodes[level, index] = node

    log = head.log.extend(hashes, keep_node)
    if log.size != checkpoint.size or log.root() != checkpoint.root:
        raise ReplayError(where, "叶子与检查点的日志根不符", "its leaves are not those under the certified log root")
    if leaves[-1].body != checkpoint.lines_after_root().encode() or leaves[-1].subjects:
        raise ReplayError(where, "块头与检查点不符", "its header is not that of its checkpoint")
    transactions, journal = changes.transactions, changes.journal
    for index, (leaf, hashed) in enumerate(zip(leaves, hashes, strict=True), first):
        if leaf.outcome[:2] != moment:
            raise ReplayError(f"{where}, leaf {index - first}", "高度或时间不符", "it is of another height or time")
        if leaf.kind == TRANSACTION:
            transactions[transaction_id(leaf.body)] = index
        for entry in leaf.subjects:
            subject = entry[0] if entry else ""
            assert isinstance(subject, str), "validators write names"
            size, peaks = rows[subject]
            if size & 1:
                rows[subject] = size + 1, append_joined(size, peaks, hashed, _keeper(changes, subject, size))
            else:
                rows[subject] = size + 1, peaks + hashed
            journal.append((subject, size, index))
    return log


def _keeper(changes: Changes, subject: str, size: int) -> OnNode | None:
    """Keeps the inner nodes that the next entry completes in a journal of `size`, if there are any to be stored."""
    if (size + 1) % (1 << STORED_LEVEL) != 0:
        return None

    def keep(level: int, place: int, node: bytes) -> None:
        if level >= STORED_LEVEL:
            changes.journal_nodes[subject, level, place] = node

    return keep


class _RowJournals(dict[str, Journal]):
    """The journals that one block makes longer; what is not there yet is taken from the rows under a reader."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    def __missing__(self, subject: str) -> Journal:
        try:
            return self.before(home_key(subject))
        except KeyError:
            raise ReplayError(f"subject {subject}", "类型未知", "no subject is of this type") from None

    def before(self, key: bytes) -> Journal:
        """The journal in the row under a state key, before this block."""
        value = self._reader.get(key)
        return EMPTY_JOURNAL if value is None else decode_subject_row(key, value).journal


def _check_journals(rows: _RowJournals, values: Mapping[bytes, bytes | None]) -> None:
    """Every changed row of a subject holds the journal that the leaves make; every journal they make has its row."""
    due = {home_key(subject): journal for subject, journal in rows.items()}
    for key, value in values.items():
        if subject_of(key) is not None:
            expected = due.pop(key, None) or rows.before(key)
            if value is None or decode_subject_row(key, value).journal != expected:
                raise ReplayError(row_name(key), "档案与记录不符", "its journal is not that of its records")
    if due:
        raise ReplayError(row_name(min(due)), "有记录而无此行", "records name it, but its row was not changed")


def row_name(key: bytes) -> str:
    """How a state key is named to people."""
    return f"row {key.decode('utf-8', 'replace')}"
