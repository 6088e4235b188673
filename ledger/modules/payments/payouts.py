"""Instructions as custodians, services and checks read them: each is a transfer to the world outside."""

from typing import TYPE_CHECKING, NamedTuple

from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.context import Context
    from ledger.modules.payments.ports import Why

PAGES_AT_ONCE = 8


class Instruction(NamedTuple):
    """What a custodian is to pay out: to where a receipt came from, or (`receipt` None) to the account's owner.

    Its money is held in `account` until the custodian confirms or rejects it. `reason`: why it could not be paid;
    `successor`: the instruction by which it was tried again. `page`: see `state.Payout`.
    """

    custodian: str
    account: str
    receipt: bytes | None
    fen: int
    why: "Why"
    issued_ms: int
    state: s.InstructionState
    closed_ms: int | None
    reason: str
    successor: bytes | None
    page: int


def instruction_in(row: s.TransferRow | None) -> Instruction | None:
    """The instruction that a transfer is; None for a transfer between accounts inside, and for none at all."""
    if row is None or row.payout is None:
        return None
    told = row.payout
    return Instruction(
        p.custodian_of(row.debit),
        row.debit,
        told.receipt,
        row.fen,
        row.why,
        row.made_ms,
        s.INSTRUCTION_STATES[row.state],
        row.closed_ms,
        told.reason,
        told.successor,
        told.page,
    )


def instruction_of(ctx: "Context", key: str) -> Instruction | None:
    """The instruction under a hex id, or None."""
    return instruction_in(s.transfers.get(ctx, key))


def every_instruction(ctx: "Context") -> "Iterator[tuple[str, Instruction]]":
    """All (hex id, instruction) pairs, ordered by id: unbounded, for checks, not for rules."""
    for key, row in s.transfers.every(ctx):
        instruction = instruction_in(row)
        if instruction is not None:
            yield key, instruction


def open_instructions(ctx: "Context", custodian: str, after: str = "") -> "Iterator[tuple[str, str]]":
    """(place, hex id) of what a custodian has to do, oldest first, behind the place `after`; "" = from the first.

    A place stays good when its instruction is no longer open.
    """
    at = after.rpartition("/")[0]
    pages = [(at, s.due.get(ctx, at) or ())] if at else []
    while True:
        for at, entries in pages:
            for issued_ms, instruction in sorted(entries):
                place = f"{at}/{issued_ms:015d}-{instruction.hex()}"
                if place > after:
                    yield place, instruction.hex()
        pages = s.due.scan(ctx, f"{custodian}/", after=at or None, limit=PAGES_AT_ONCE)
        if not pages:
            return
