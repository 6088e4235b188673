"""Each invariant of payments notices the damage it is there for."""

from collections.abc import Callable
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from ledger.context import Context
from ledger.crypto.hashing import digest
from ledger.errors import InvariantBroken
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.invariants import check_invariants
from ledger.modules.payments.messages import DayTotals
from ledger.state import Table
from ledger.timers import timers
from tests.payments.story import tell
from tests.payments.world import BANK, ESCROW, FARM, GUARANTEE, HUB, World, number_of, transfer


@pytest.fixture(scope="module")
def world() -> World:
    """A world in which every kind of row is there."""
    return tell(100)


def alter(ctx: Context, table: Table[Any], where: Callable[[Any], bool] | str, **changes: object) -> None:
    """Change fields of one row: the one under a key, or the first that fits."""
    if isinstance(where, str):
        row = table.get(ctx, where)
        assert row is not None, where
        table.put(ctx, where, replace(row, **changes))
        return
    key, row = next((key, row) for key, row in table.scan(ctx) if where(row))
    table.put(ctx, key, replace(row, **changes))


def drop(ctx: Context, table: Table[Any], where: Callable[[Any], bool] = lambda _row: True) -> None:
    """Remove the first row that fits."""
    table.delete(ctx, next(key for key, row in table.scan(ctx) if where(row)))


def alter_entry(ctx: Context, **changes: object) -> None:
    """Change fields of the first entry of some statement."""
    key, page = next(iter(s.pages.scan(ctx)))
    s.pages.put(ctx, key, (replace(page[0], **changes), *page[1:]))


def cut_page(ctx: Context, kept: slice) -> None:
    """Leave out entries of the escrow's statement."""
    page = s.pages.get(ctx, s.page_key(ESCROW, 1))
    assert page is not None
    s.pages.put(ctx, s.page_key(ESCROW, 1), page[kept])


def alter_split(ctx: Context, **changes: Any) -> None:
    """Change what the second of several receivers got."""
    key, row = next((key, row) for key, row in s.transfers.scan(ctx) if row.further)
    s.transfers.put(ctx, key, replace(row, further=(row.further[0]._replace(**changes),)))


def more(ctx: Context, name: str, field: str) -> None:
    """One fen more in a sum of an account."""
    row = s.accounts.get(ctx, name)
    assert row is not None
    alter(ctx, s.accounts, name, **{field: getattr(row, field) + 1})


def pending_beyond(ctx: Context) -> None:
    """A hold of more than there is, in its books as well."""
    order = transfer("beyond", FARM, HUB, 10**6)
    s.transfers.put(ctx, order.id.hex(), s.TransferRow(FARM, HUB, 10**6, "hold", 0, 1, "pending"))
    alter(ctx, s.accounts, FARM, debits_pending=10**6 + s.account_row(ctx, FARM).debits_pending)
    alter(ctx, s.accounts, HUB, credits_pending=10**6)


def payment(ctx: Context, debit: str, credit: str) -> None:
    """A transfer of 5 fen that somebody wrote down without its accounts."""
    row = s.TransferRow(debit, credit, 5, "move", 0, None, "posted", 5, 0)
    s.transfers.put(ctx, p.transfer_id(b"unasked").hex(), row)


def held(state: str) -> Callable[[Any], bool]:
    return lambda row: bool(row.state == state)


def told(state: str) -> Callable[[Any], bool]:
    """An instruction in this state of its transfer."""
    return lambda row: bool(row.payout is not None and row.state == state)


def alter_payout(ctx: Context, state: str, **changes: Any) -> None:
    """Change what the first instruction in this state says."""
    key, row = next((key, row) for key, row in s.transfers.scan(ctx) if told(state)(row))
    assert row.payout is not None
    s.transfers.put(ctx, key, replace(row, payout=replace(row.payout, **changes)))


ORDERS = p.receipt_account("bank", number_of("the order's"))


def alter_receipt(ctx: Context, **changes: Any) -> None:
    """Change what the order's receipt says."""
    receipt = s.account_row(ctx, ORDERS).receipt
    assert receipt is not None
    alter(ctx, s.accounts, ORDERS, receipt=replace(receipt, **changes))


DAMAGE: dict[str, tuple[Callable[[Context], object], str]] = {
    "a-fen-from-nowhere": (lambda ctx: more(ctx, FARM, "credits_posted"), "its transfers come to"),
    "a-fen-lost": (lambda ctx: more(ctx, FARM, "debits_posted"), "its transfers come to"),
    "a-fen-held-by-nothing": (lambda ctx: more(ctx, HUB, "debits_pending"), "its transfers come to"),
    "a-fen-expected-of-nobody": (lambda ctx: more(ctx, HUB, "credits_pending"), "its transfers come to"),
    "more-held-than-there-is": (pending_beyond, "overdrawn"),
    "money-made-in-the-custodians-account": (lambda ctx: more(ctx, BANK, "debits_posted"), "another sum"),
    "a-transfer-nobody-booked": (lambda ctx: payment(ctx, FARM, HUB), "its transfers come to"),
    "a-transfer-to-an-account-without-row": (lambda ctx: payment(ctx, FARM, "bank/member:x"), "no row"),
    "a-transfer-to-itself": (lambda ctx: payment(ctx, FARM, FARM), f"from {FARM} to {FARM}"),
    "a-transfer-between-custodians": (lambda ctx: payment(ctx, FARM, "bank-2/member:x"), "to bank-2/member:x"),
    "a-transfer-past-instructions": (lambda ctx: payment(ctx, FARM, BANK), "is told None"),
    "an-instruction-that-stays-inside": (
        lambda ctx: alter(ctx, s.transfers, held("posted"), payout=s.Payout(None, 0)), "is told Payout",
    ),
    "more-posted-than-asked": (lambda ctx: alter(ctx, s.transfers, held("posted"), posted_fen=10**9), "10000000"),
    "less-than-nothing-posted": (lambda ctx: alter(ctx, s.transfers, held("posted"), posted_fen=-1), "-1 of"),
    "a-voided-transfer-that-moved": (lambda ctx: alter(ctx, s.transfers, held("voided"), posted_fen=1), "is voided"),
    "a-pending-transfer-that-is-closed": (
        lambda ctx: alter(ctx, s.transfers, held("pending"), closed_ms=1), "closed at 1",
    ),
    "a-part-that-moved-nothing": (lambda ctx: alter_split(ctx, fen=0), "further parts"),
    "a-part-that-says-another-sum": (lambda ctx: alter_split(ctx, fen=7), "its transfers come to"),
    "a-part-of-another-kind": (lambda ctx: alter_split(ctx, why="holdback"), "another transfer"),
    "a-part-for-another": (lambda ctx: alter_split(ctx, credit=HUB), "its transfers come to"),
    "a-part-for-the-payer": (lambda ctx: alter_split(ctx, credit=ESCROW), f"from {ESCROW} to {ESCROW}"),
    "a-transfer-forgotten": (lambda ctx: drop(ctx, s.transfers), "its transfers come to"),
    "a-statement-that-jumps": (lambda ctx: alter_entry(ctx, balance_fen=1), "does not follow"),
    "a-statement-that-lies": (lambda ctx: alter_entry(ctx, change_fen=1), "another transfer"),
    "an-entry-of-another-transfer": (lambda ctx: alter_entry(ctx, transfer=b"?" * 16), "another transfer"),
    "an-entry-left-out": (lambda ctx: cut_page(ctx, slice(1, None)), "does not follow"),
    "the-last-entry-left-out": (lambda ctx: cut_page(ctx, slice(None, -1)), f"the statement of {ESCROW}"),
    "a-page-left-out": (lambda ctx: drop(ctx, s.pages), "the statement of"),
    "entries-miscounted": (lambda ctx: alter(ctx, s.accounts, ESCROW, entries=2), f"the statement of {ESCROW}"),
    "a-receipt-paid-back-too-much": (lambda ctx: alter_receipt(ctx, fen=2_600), "of 2600 went back"),
    "a-receipt-that-forgets-a-refund": (lambda ctx: alter_receipt(ctx, refunded_fen=100), "says 100"),
    "a-receipt-in-anothers-account": (
        lambda ctx: alter_receipt(ctx, number=b"?" * 16), f"{ORDERS} has the receipt of",
    ),
    "a-receipts-account-without-it": (lambda ctx: alter(ctx, s.accounts, ORDERS, receipt=None), "account None"),
    "a-receipt-in-an-owners-account": (
        lambda ctx: alter(ctx, s.accounts, FARM, receipt=s.Accepted(b"?" * 16, 0)), f"{FARM} has the receipt of",
    ),
    "an-instruction-for-another-receipt": (
        lambda ctx: alter_payout(ctx, "pending", receipt=b"?" * 16), "another receipt back",
    ),
    "an-instruction-with-a-time-limit": (lambda ctx: alter(ctx, s.transfers, told("pending"), expires_ms=1), "limit 1"),
    "an-instruction-that-expired": (
        lambda ctx: alter(ctx, s.transfers, told("pending"), state="expired", closed_ms=1), "is expired",
    ),
    "an-instruction-paid-in-part": (lambda ctx: alter(ctx, s.transfers, told("posted"), posted_fen=1), "is 1 of"),
    "an-open-instruction-with-a-reason": (lambda ctx: alter_payout(ctx, "pending", reason="?"), "it was rejected"),
    "a-paid-instruction-that-was-tried-again": (
        lambda ctx: alter_payout(ctx, "posted", successor=b"?" * 16), "it was rejected",
    ),
    "a-successor-that-is-not-there": (
        lambda ctx: alter_payout(ctx, "voided", successor=b"?" * 16), "a successor that there is not",
    ),
    "an-open-instruction-unlisted": (lambda ctx: drop(ctx, s.due), "and their list differ"),
    "a-closed-instruction-listed": (
        lambda ctx: s.due.put(ctx, s.due_key("bank", 1), (s.Due(1, b"?" * 16),)), "list differ",
    ),
    "an-open-instruction-listed-twice": (
        lambda ctx: s.due.put(ctx, "bank/00000000", 2 * (s.due.get(ctx, "bank/00000000") or ())), "list differ",
    ),
    "a-page-of-nothing-to-do": (lambda ctx: s.due.put(ctx, s.due_key("bank", 1), ()), "00000001 of what is to do"),
    "an-instruction-on-another-page": (lambda ctx: alter_payout(ctx, "voided", page=1), "on the pages"),
    "instructions-miscounted": (lambda ctx: more(ctx, BANK, "instructions"), "on the pages"),
    "a-debt-forgiven-by-nobody": (
        lambda ctx: alter(ctx, s.receivables, lambda row: row.left_fen > 0, left_fen=0), "left",
    ),
    "a-debt-larger-than-it-was": (
        lambda ctx: alter(ctx, s.receivables, lambda row: row.left_fen > 0, left_fen=10**9), "left",
    ),
    "a-debt-miscounted": (lambda ctx: more(ctx, HUB, "owes_fen"), f"{HUB} says it owes"),
    "a-debt-unnumbered": (lambda ctx: more(ctx, HUB, "debts"), f"{HUB} says it owes"),
    "a-debt-passed-over": (lambda ctx: more(ctx, HUB, "debts_paid"), "left"),
    "a-day-miscounted": (lambda ctx: alter(ctx, s.days, lambda _: True, issued_fen=1), "the days of bank"),
    "a-day-with-another-balance": (
        lambda ctx: alter(ctx, s.days, lambda row: row.stated is not None, balance_fen=1), "ended with another balance",
    ),
    "a-statement-that-agrees-in-public-alone": (
        lambda ctx: alter(ctx, s.days, lambda row: row.stated is not None, stated=DayTotals(1, 1, 1)),
        "agrees in public",
    ),
    "a-statement-hidden": (lambda ctx: drop(ctx, s.agreements), "agrees in public"),
    "a-statement-of-no-day": (lambda ctx: s.agreements.put(ctx, "bank/0000001", True), "in public alone"),
    "a-notice-miscounted": (lambda ctx: s.noticed.put(ctx, GUARANTEE, 1), "under notice"),
    "a-notice-without-end": (lambda ctx: drop(ctx, timers), "nothing ends the notice"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_noticed(world: World, name: str) -> None:
    ctx = world.context()
    ctx.secret = digest("secret", b"of this test")
    assert check_invariants(ctx) == []
    change, word = DAMAGE[name]
    change(ctx)
    found = check_invariants(ctx)
    assert any(word in breach for breach in found), found


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda ctx: more(ctx, FARM, "credits_posted"), "came from nowhere or is gone"),
        (lambda ctx: more(ctx, FARM, "debits_posted"), "came from nowhere or is gone"),
        (lambda ctx: alter(ctx, s.accounts, FARM, debits_pending=501), "overdrawn"),
    ],
)
def test_a_node_stops_before_it_signs_a_block_that_does_not_balance(
    change: Callable[[Context], None], word: str
) -> None:
    world = World()
    world.fund("farm", 500)
    with pytest.raises(InvariantBroken, match=word):
        world.attempt(change)


@pytest.mark.parametrize(
    ("table", "states", "first", "ends"),
    [
        (s.TRANSFER_TRANSITIONS, s.TransferState, "pending", {"posted", "voided", "expired"}),
        (s.INSTRUCTION_TRANSITIONS, s.InstructionState, "issued", {"confirmed", "rejected"}),
    ],
)
def test_a_life_cycle_is_whole(table: dict[str, dict[str, str]], states: object, first: str, ends: set[str]) -> None:
    assert set(table) == set(get_args(states))
    assert {name for name, steps in table.items() if not steps} == ends
    assert set(table[first].values()) == ends


@pytest.mark.parametrize(("said", "event"), [("confirm", "post"), ("reject", "void")])
def test_what_a_custodian_says_is_what_becomes_of_the_money(said: str, event: str) -> None:
    for state, name in s.INSTRUCTION_STATES.items():
        held = s.TRANSFER_TRANSITIONS[state].get(event)
        assert s.INSTRUCTION_TRANSITIONS[name].get(said) == (held and s.INSTRUCTION_STATES[held])
