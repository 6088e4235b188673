"""The whole chain executed again from genesis, and compared with what was certified: what `linxin audit` does.

Nothing of the audited store is believed: transactions come from its leaves, everything else is computed anew in a store
of our own, and each certificate, checkpoint text and leaf must equal what came out; at the end so must every public and
restricted row.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from client.failures import Failure
from ledger.block import EFFECT, HEADER, TRANSACTION, Head, Leaf, Position, Proposal, decode_leaf
from ledger.certificate import CertificateError, verify_certificate
from ledger.crypto.checkpoint import Checkpoint, parse_note
from ledger.crypto.encoding import Malformed, encode
from ledger.crypto.signing import verify
from ledger.errors import Refusal
from ledger.execute import execute
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.storage.port import Snapshot, Store
from ledger.transaction import Envelope, Transaction, decode_transaction

CLAUSE_MAX = 300
SHOWN_LENGTH_MAX = 300


class AuditedBlock(NamedTuple):
    """A block as a store or archive has it. `restricted`: position in `leaves` -> salt ‖ MessagePack."""

    height: int
    note: str
    leaves: list[bytes]
    restricted: dict[int, bytes]


class AuditFailure(Failure):
    """Re-execution found something that does not agree; `where` says at which height and leaf."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(
            f"审计未通过：{where}：{zh}"[:CLAUSE_MAX],
            f"the audit fails at {where}: {en}"[:CLAUSE_MAX],
            "请保留原文件作为证据，向其他验证节点索取同一高度的检查点核对，并通知监管方",
            "keep these files as evidence, compare that height's checkpoint with other validators', tell the regulator",
        )
        self.where = where


@dataclass
class Findings:
    """What an audit went through."""

    height: int = 0
    leaves: int = 0
    transactions: int = 0
    refused: int = 0
    effects: int = 0
    signatures: int = 0
    restricted: int = 0
    state_keys: int = 0
    checkpoint: str = field(default="", repr=False)


def reexecute(
    blocks: Iterable[AuditedBlock],
    genesis: Genesis,
    registry: Registry,
    store: Store,
    on_block: Callable[[int], None],
) -> Findings:
    """Execute all blocks into the empty `store`, comparing each; raises `AuditFailure` at the first that differs.

    `on_block` is told each height that holds.
    """
    findings = Findings()
    for block in blocks:
        _check_block(block, genesis, registry, store, findings)
        on_block(block.height)
    if findings.height == 0:
        raise AuditFailure("genesis", "链上没有任何区块", "there is no block at all")
    return findings


def _check_block(block: AuditedBlock, genesis: Genesis, registry: Registry, store: Store, findings: Findings) -> None:
    head = store.head
    where = f"height {head.height + 1}"
    if block.height != head.height + 1:
        raise AuditFailure(where, f"缺少区块，下一块为 {block.height}", f"the next block says it is {block.height}")
    checkpoint = _check_certificate(block, head, where)
    leaves = [_decode(raw, f"{where}, leaf {place}") for place, raw in enumerate(block.leaves)]
    if not leaves or leaves[-1].kind != HEADER:
        raise AuditFailure(where, "缺少块头叶子", "its last leaf is not a header")
    transactions = _transactions(block, leaves, genesis, registry, where)
    proposal = Proposal(checkpoint.time_ms, [transaction.envelope for transaction in transactions])
    position = _position(leaves[-1], where)
    made = execute(head, store.snapshot(), proposal, position, transactions, registry, genesis)
    if made.dropped:
        number, (code, details) = next(iter(made.dropped.items()))
        said = f"transaction {number} should have been dropped ({code}: {', '.join(details)})"
        raise AuditFailure(where, f"含不应上链的交易：{said}", said)
    _compare_leaves(block.leaves, made.leaves, where)
    if made.text != parse_note(block.note).text:
        raise AuditFailure(where, "重新执行得到不同的检查点", "re-execution gives another checkpoint")
    store.write(made, block.note)
    findings.height, findings.checkpoint = block.height, made.text
    findings.leaves += len(leaves)
    findings.transactions += len(transactions)
    findings.signatures += len(transactions)
    findings.refused += sum(1 for leaf in leaves if leaf.kind == TRANSACTION and leaf.outcome[2] != 0)
    findings.effects += sum(1 for leaf in leaves if leaf.kind == EFFECT)
    findings.restricted += len(block.restricted)


def _check_certificate(block: AuditedBlock, head: Head, where: str) -> Checkpoint:
    try:
        checkpoint = verify_certificate(block.note, head.validators)
    except CertificateError as error:
        raise AuditFailure(where, f"证书无效：{error}", f"its certificate is not valid: {error}") from None
    if (checkpoint.height, checkpoint.previous) != (head.height + 1, head.checkpoint_hash):
        raise AuditFailure(where, "与上一检查点不相连", "its checkpoint does not follow the one before it")
    return checkpoint


def _decode(raw: bytes, where: str) -> Leaf:
    try:
        return decode_leaf(raw)
    except Malformed as error:
        raise AuditFailure(where, f"叶子无法解码：{error}", f"the leaf does not decode: {error}") from None


def _position(header: Leaf, where: str) -> Position:
    """The place in the consensus log that the header leaf names."""
    details = header.outcome[3]
    if len(details) != 2 or not all(isinstance(part, int) and part >= 0 for part in details):
        raise AuditFailure(where, "块头未写明共识位置", "the header leaf does not name its place in the consensus log")
    return Position(*details)


def _transactions(
    block: AuditedBlock, leaves: list[Leaf], genesis: Genesis, registry: Registry, where: str
) -> list[Transaction]:
    """The transactions of a block, decoded from their leaves and with valid signatures."""
    found = []
    hidden = dict(block.restricted)
    for place, leaf in enumerate(leaves):
        if leaf.kind != TRANSACTION:
            continue
        raw = encode(Envelope(leaf.body, leaf.signature, hidden.pop(place, None)))
        try:
            transaction = decode_transaction(raw, registry, genesis.chain_id)
        except Refusal as refusal:
            said = str(refusal)
            raise AuditFailure(f"{where}, leaf {place}", f"交易不合格：{said}", f"not a transaction: {said}") from None
        if not verify(transaction.algorithm, transaction.public_key, leaf.signature, transaction.signed_bytes):
            raise AuditFailure(f"{where}, leaf {place}", "交易签名无效", "the transaction's signature does not verify")
        found.append(transaction)
    if hidden:
        place = min(hidden)
        raise AuditFailure(f"{where}, leaf {place}", "多出受限内容", "a restricted part that belongs to no transaction")
    return found


def _compare_leaves(stored: list[bytes], made: list[bytes], where: str) -> None:
    for place, (ours, theirs) in enumerate(zip_longest(made, stored)):
        if ours == theirs:
            continue
        at = f"{where}, leaf {place}"
        if ours is None or theirs is None:
            counts = f"{len(stored)} / {len(made)}"
            raise AuditFailure(
                at, f"叶子数量不符（{counts}）", f"{len(stored)} leaves are stored, {len(made)} come out"
            )
        one, other = _decode(theirs, at), _decode(ours, at)
        part = next(name for name in Leaf.__struct_fields__ if getattr(one, name) != getattr(other, name))
        said, found = (str(getattr(leaf, part))[:SHOWN_LENGTH_MAX] for leaf in (one, other))
        raise AuditFailure(
            at, f"{part} 记录为 {said}，重新执行为 {found}", f"its {part} is {said}, re-execution gives {found}"
        )


def compare_rows(kind: str, audited: Iterable[tuple[bytes, bytes]], made: Iterable[tuple[bytes, bytes]]) -> int:
    """Compare two ordered streams of (state key, value); returns their length.

    Raises `AuditFailure` at the first difference.
    """
    count = 0
    for theirs, ours in zip_longest(audited, made):
        if theirs != ours:
            key = min(pair[0] for pair in (theirs, ours) if pair is not None).decode("utf-8", "replace")
            where = f"{kind} row {key}"
            raise AuditFailure(where, "与重新执行的结果不符", "it is not what re-execution gives")
        count += 1
    return count


def blocks_of(snapshot: Snapshot) -> Iterator[AuditedBlock]:
    """All blocks of a store, as it has them."""
    for height in range(1, snapshot.head.height + 1):
        stored = snapshot.block(height)
        if stored is None:
            raise AuditFailure(f"height {height}", "账本缺少该区块", "the store does not have this block")
        first, end = stored.first_index, stored.first_index + stored.count
        parts = ((place, snapshot.restricted(first + place)) for place in range(stored.count))
        restricted = {place: part for place, part in parts if part is not None}
        yield AuditedBlock(height, stored.note, list(snapshot.leaves(first, end)), restricted)
