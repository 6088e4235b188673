"""Answers to those who wait: each transaction of a final block, at whichever node it was offered."""

from collections.abc import Callable

from ledger.block import Receipt
from ledger.transaction import Transaction
from network.admission import ordered_result
from network.mempool import Mempool
from network.replica.finality import Final


def settle(mempool: Mempool, final: Final, first_receipt: Callable[[bytes], Receipt | None]) -> None:
    """Tell the waiting room what came of every transaction of a block."""
    for receipt in final.block.receipts:
        if receipt is not None:
            mempool.settle(receipt.transaction_id, receipt)
    for number, why in final.block.dropped.items():
        item = final.checked[number]
        if isinstance(item, Transaction) and mempool.find(item.id) is not None:
            mempool.settle(item.id, ordered_result(None, why, item.id, first_receipt))
