"""Erasing one's words: the record that says so, then every vault that has the bytes, each with its signed receipt.

The record comes first, so that nobody shows the words any more while vaults are asked. Every step can be repeated: what
is recorded is not recorded again, and what is erased is answered with the receipt of the first time.
"""

from typing import NamedTuple

from linxin.v1 import blob_pb2, ledger_pb2

from client.blobs import erase_everywhere
from client.connection import Connection
from client.failures import Failure
from client.reviewing.reviewer import Reviewer
from client.reviewing.rows import get_row
from client.submit import submit
from ledger.modules.archive.state import Addition, Review, reviews


class NothingThere(Failure):
    """There is no such review, or no such part of it."""

    def __init__(self, review: str, part: int) -> None:
        super().__init__(
            f"评价 {review} 没有第 {part} 部分可删",
            f"the review {review} has no part {part} with words or photos",
            "用 linxin review show 查看：0 为评价本身，1 起为追评",
            "look at it with `linxin review show`: 0 is the review itself, additions count from 1",
        )


class StillHeld(Failure):
    """No vault had a file that was never erased before: it lies where this client does not reach."""

    def __init__(self, address: bytes) -> None:
        super().__init__(
            f"没有节点确认删除 {address.hex()}",
            f"no node confirms the erasure of {address.hex()}",
            "请在 endpoints 中补全所有验证节点的地址后重试",
            "name all validators among the network's endpoints and try again",
        )


class Erased(NamedTuple):
    """What was erased: by address, the receipts of those who held it. `record`: the ledger's receipt; None: it was
    recorded before.
    """

    receipts: dict[bytes, list[blob_pb2.ErasureReceipt]]
    record: ledger_pb2.Receipt | None


def part_of(review: str, row: Review | None, part: int) -> Review | Addition:
    """The review (0) or its nth addition. Raises `NothingThere`."""
    parts: tuple[Review | Addition, ...] = () if row is None else (row, *row.additions)
    if not 0 <= part < len(parts) or not addresses_of(parts[part]):
        raise NothingThere(review, part)
    return parts[part]


def addresses_of(part: Review | Addition) -> list[bytes]:
    """The addresses of what a part says and shows."""
    return [*((part.words,) if part.words is not None else ()), *part.photos]


async def erase_part(connection: Connection, reviewer: Reviewer, chain_id: bytes, review: bytes, part: int) -> Erased:
    """Erase a part of her review for good. Raises `NothingThere`, `NotAccepted`, `StillHeld`, as `erase_everywhere`."""
    identity = review.hex()
    found, record = part_of(identity, await get_row(connection, reviews, identity), part), None
    if found.erased_ms is None:
        (outcome,) = await submit(connection, [reviewer.erase(chain_id, review, part)])
        record = outcome.need("archive.erase")
    receipts = {}
    for address in addresses_of(found):
        receipts[address] = await erase_everywhere(connection, reviewer.key, address)
        if not receipts[address]:
            raise StillHeld(address)
    return Erased(receipts, record)
