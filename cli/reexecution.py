"""The whole chain executed again from genesis, and compared with what was certified: what `linxin audit` does.

Nothing of the audited store is believed: transactions come from its leaves, everything else is computed anew in a store
of our own (`ledger.replay`), and each certificate, checkpoint text and leaf must equal what came out; at the end so
must every public and restricted row.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from client.failures import Failure
from ledger.block import ACCEPTED, Block
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.replay import CertifiedBlock, ReplayError, reexecute
from ledger.storage.port import Snapshot, Store

CLAUSE_MAX = 300


class AuditedBlock(NamedTuple):
    """A block as a store or archive has it, under the height it is said to have."""

    height: int
    given: CertifiedBlock


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

    def add(self, made: Block) -> None:
        """Count a block that agrees. Every leaf but the header is a transaction or an effect."""
        transactions = len(made.receipts)
        self.height, self.checkpoint = made.height, made.text
        self.leaves += len(made.leaves)
        self.transactions += transactions
        self.signatures += transactions
        self.refused += sum(1 for receipt in made.receipts if receipt is not None and receipt.code != ACCEPTED)
        self.effects += len(made.leaves) - 1 - transactions
        self.restricted += len(made.changes.restricted)


def reexecute_chain(
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
        head = store.head
        if block.height != head.height + 1:
            where = f"height {head.height + 1}"
            raise AuditFailure(where, f"缺少区块，下一块为 {block.height}", f"the next block says it is {block.height}")
        try:
            made = reexecute(head, store.snapshot(), block.given, registry, genesis)
        except ReplayError as error:
            raise AuditFailure(error.where, error.zh, error.en) from None
        store.write(made, block.given.note)
        findings.add(made)
        on_block(block.height)
    if findings.height == 0:
        raise AuditFailure("genesis", "链上没有任何区块", "there is no block at all")
    return findings


def compare_rows(kind: str, audited: Iterable[tuple[bytes, ...]], made: Iterable[tuple[bytes, ...]]) -> int:
    """Compare two ordered streams of (state key, value, ...); returns their length.

    Raises `AuditFailure` at the first difference.
    """
    count = 0
    for theirs, ours in zip_longest(audited, made):
        if theirs != ours:
            key = min(row[0] for row in (theirs, ours) if row is not None).decode("utf-8", "replace")
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
        yield AuditedBlock(height, CertifiedBlock(stored.note, list(snapshot.leaves(first, end)), restricted))
