"""A certified block made again from its leaves: by a validator that lags, by an observer, by an audit.

`reexecute` runs the rules and needs the restricted parts; `ledger.adopt.apply_public` does without both. Neither
believes the node that hands a block over: its certificate must be of the set that must certify this height, and what
comes out must be, byte for byte, what was certified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ledger.block import HEADER, TRANSACTION, Block, Head, Leaf, Proposal, decode_leaf, position_of
from ledger.certificate import CertificateError, verify_certificate
from ledger.crypto.checkpoint import Checkpoint
from ledger.crypto.encoding import Malformed, encode
from ledger.crypto.signing import verify
from ledger.errors import Refusal
from ledger.execute import execute
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.state import Reader
from ledger.transaction import Envelope, Transaction, decode_transaction

SHOWN_LENGTH_MAX = 300


class ReplayError(ValueError):
    """What was handed over is not the certified block; `where` names height and leaf, `zh` and `en` say what is wrong.

    Nothing is written. Whoever handed it over is at fault, or (with a valid certificate) the rules or the state here.
    """

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"{where}: {en}\n{where}：{zh}")
        self.where = where
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class CertifiedBlock:
    """A block as it was handed over. `restricted`: place among `leaves` -> salt ‖ MessagePack."""

    note: str
    leaves: Sequence[bytes]
    restricted: Mapping[int, bytes]


def reexecute(
    head: Head,
    reader: Reader,
    given: CertifiedBlock,
    registry: Registry,
    genesis: Genesis,
    checked: Sequence[Transaction] | None = None,
) -> Block:
    """Execute the block that follows `head` on the state under `reader`, from its leaves and restricted parts.

    `checked`: its transactions in order, when their signatures have been verified already; otherwise they are here.
    Raises `ReplayError` when anything differs from what was certified, and `Fatal` as execution does.
    """
    where = f"height {head.height + 1}"
    checkpoint = check_certificate(given.note, head, genesis)
    leaves = decode_leaves(given.leaves, where)
    try:
        position = position_of(leaves[-1])
    except Malformed as error:
        raise ReplayError(
            where, f"块头未写明共识位置：{error}", f"its header names no place in the log: {error}"
        ) from None
    transactions = transactions_of(given, leaves, registry, genesis, where) if checked is None else checked
    proposal = Proposal(checkpoint.time_ms, [])
    made = execute(head, reader, proposal, position, transactions, registry, genesis)
    if made.dropped:
        number, (code, details) = next(iter(made.dropped.items()))
        said = f"transaction {number} should have been dropped ({code}: {', '.join(map(str, details))})"
        raise ReplayError(where, f"含不应上链的交易：{said}", said)
    _compare_leaves(given.leaves, made.leaves, where)
    if made.text != checkpoint.text():
        raise ReplayError(where, "重新执行得到不同的检查点", "re-execution gives another checkpoint")
    return made


def check_certificate(note: str, head: Head, genesis: Genesis) -> Checkpoint:
    """The checkpoint of a note that certifies the height after `head`, on this chain and following that head.

    Raises `ReplayError`.
    """
    where = f"height {head.height + 1}"
    try:
        checkpoint = verify_certificate(note, head.validators)
    except CertificateError as error:
        raise ReplayError(where, f"证书无效：{error}", f"its certificate is not valid: {error}") from None
    if checkpoint.origin != genesis.origin:
        raise ReplayError(where, "属于另一条链", f"its checkpoint is of {checkpoint.origin}")
    follows = (checkpoint.height, checkpoint.previous) == (head.height + 1, head.checkpoint_hash)
    if not follows or checkpoint.time_ms <= head.time_ms:
        raise ReplayError(where, "与上一检查点不相连", "its checkpoint does not follow the one before it")
    return checkpoint


def decode_leaves(raws: Sequence[bytes], where: str) -> list[Leaf]:
    """The leaves of a block, of which the last, and only it, is a header. Raises `ReplayError`."""
    leaves = []
    for place, raw in enumerate(raws):
        try:
            leaves.append(decode_leaf(raw))
        except Malformed as error:
            at = f"{where}, leaf {place}"
            raise ReplayError(at, f"叶子无法解码：{error}", f"the leaf does not decode: {error}") from None
    kinds = [leaf.kind for leaf in leaves]
    if kinds[-1:] != [HEADER] or kinds.count(HEADER) > 1:
        raise ReplayError(where, "缺少块头叶子", "its last leaf is not a header")
    return leaves


def transactions_of(
    given: CertifiedBlock, leaves: Sequence[Leaf], registry: Registry, genesis: Genesis, where: str
) -> list[Transaction]:
    """The transactions of a block from its leaves, whole and with valid signatures. Raises `ReplayError`."""
    found = []
    hidden = dict(given.restricted)
    for place, leaf in enumerate(leaves):
        if leaf.kind != TRANSACTION:
            continue
        at = f"{where}, leaf {place}"
        raw = encode(Envelope(leaf.body, leaf.signature, hidden.pop(place, None)))
        try:
            transaction = decode_transaction(raw, registry, genesis.chain_id)
        except Refusal as refusal:
            raise ReplayError(at, f"交易不合格：{refusal}", f"not a transaction: {refusal}") from None
        if not verify(transaction.algorithm, transaction.public_key, leaf.signature, transaction.signed_bytes):
            raise ReplayError(at, "交易签名无效", "the transaction's signature does not verify")
        found.append(transaction)
    if hidden:
        at = f"{where}, leaf {min(hidden)}"
        raise ReplayError(at, "多出受限内容", "a restricted part that belongs to no transaction")
    return found


def _compare_leaves(given: Sequence[bytes], made: Sequence[bytes], where: str) -> None:
    for place, (ours, theirs) in enumerate(zip_longest(made, given)):
        if ours == theirs:
            continue
        at = f"{where}, leaf {place}"
        if ours is None or theirs is None:
            counts = f"{len(given)} / {len(made)}"
            raise ReplayError(at, f"叶子数量不符（{counts}）", f"{len(given)} leaves are stored, {len(made)} come out")
        one, other = decode_leaf(theirs), decode_leaf(ours)
        parts = (name for name in Leaf.__struct_fields__ if getattr(one, name) != getattr(other, name))
        part = next(parts, "encoding")
        said, found = (str(getattr(leaf, part, leaf))[:SHOWN_LENGTH_MAX] for leaf in (one, other))
        raise ReplayError(
            at, f"{part} 记录为 {said}，重新执行为 {found}", f"its {part} is {said}, re-execution gives {found}"
        )
