"""What must hold of the whole economy after every block, by an independent pass over the rows; and at the very end.

Sums are made anew from transfers and lines, the life cycles are followed from one block to the next. Each breach is
told in words.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ledger.context import Context
from ledger.modules.groupbuy.rules.common import FILLED
from ledger.modules.groupbuy.state import (
    CAMPAIGN_TRANSITIONS,
    LINE_TRANSITIONS,
    Campaign,
    OrderRow,
    campaigns,
    orders,
    supplies,
)
from ledger.modules.payments.payouts import every_instruction
from ledger.modules.payments.state import (
    INSTRUCTION_TRANSITIONS,
    TRANSFER_TRANSITIONS,
    accounts,
    receivables,
    transfers,
)

ROWS_MAX = 1_000_000
SOLD = ("placed", "owed", "allotted", "packed", "ready", "collected", "unclaimed", "disputed", "settled")
CHARGED = ("owed", "allotted", "packed", "collected", "unclaimed", "disputed")
"""Lines whose money is in the escrow (`ready` is not written in a row)."""


class Certified(Protocol):
    """Anything whose certified state can be read."""

    def context(self) -> Context:
        """A context that reads it."""


class Rows:
    """Everything that is certified about money and orders."""

    def __init__(self, chain: Certified) -> None:
        ctx = chain.context()
        self.accounts = dict(accounts.scan(ctx, limit=ROWS_MAX))
        self.transfers = dict(transfers.scan(ctx, limit=ROWS_MAX))
        self.receipts = {name: row.receipt for name, row in self.accounts.items() if row.receipt is not None}
        self.instructions = dict(every_instruction(ctx))
        self.receivables = dict(receivables.scan(ctx, limit=ROWS_MAX))
        self.campaigns: dict[str, Campaign] = dict(campaigns.scan(ctx, limit=ROWS_MAX))
        self.orders: dict[str, OrderRow] = dict(orders.scan(ctx, limit=ROWS_MAX))
        self.supplies = dict(supplies.scan(ctx, limit=ROWS_MAX))

    def balances(self) -> tuple[Counter[str], Counter[str]]:
        """(what each account has, what of it is held), made of transfers alone."""
        posted: Counter[str] = Counter()
        held: Counter[str] = Counter()
        for row in self.transfers.values():
            if row.state == "pending":
                held[row.debit] += row.fen
            elif row.state == "posted":
                for credit, fen in ((row.credit, row.posted_fen), *(part[:2] for part in row.further)):
                    posted[row.debit] -= fen
                    posted[credit] += fen
        return posted, held


def check_rows(rows: Rows) -> list[str]:
    """Every breach of what must hold after each block."""
    return [*conserved(rows), *not_oversold(rows), *not_paid_twice(rows), *escrows_cover(rows)]


def conserved(rows: Rows) -> Iterator[str]:
    """No fen comes or goes but at the custodian's gate; nobody spends what is not there."""
    posted, held = rows.balances()
    if sum(posted.values()):
        yield "transfers do not add up to nothing"
    for name, account in rows.accounts.items():
        if posted[name] != account.balance_fen or held[name] != account.debits_pending:
            yield f"{name}: its transfers say {posted[name]} ({held[name]} held), its row {account}"
        if name != "bank/custodian" and posted[name] < held[name]:
            yield f"{name} has {posted[name]} and holds {held[name]}"
    inside = sum(fen for name, fen in posted.items() if name != "bank/custodian")
    brought = sum(row.posted_fen for row in rows.transfers.values() if row.debit == "bank/custodian")
    left = sum(row.fen for row in rows.instructions.values() if row.state == "confirmed")
    if inside != brought - left:
        yield f"{brought} came in, {left} went out, and {inside} are there"


def not_oversold(rows: Rows) -> Iterator[str]:
    """No campaign and no source is sold beyond what was said."""
    by_source: Counter[str] = Counter()
    by_campaign: Counter[str] = Counter()
    for row in rows.orders.values():
        terms = rows.campaigns[row.campaign].terms
        if row.state in SOLD:
            by_source[f"{terms.sources[row.source]}/{terms.product}"] += row.units
            by_campaign[row.campaign] += row.units
    for source, units in by_source.items():
        if units > rows.supplies[source].units:
            yield f"{units} units of {source} are sold, {rows.supplies[source].units} are committed"
    given: Counter[str] = Counter()
    for row in rows.orders.values():
        given[row.campaign] += row.allotted or 0
    for name, units in by_campaign.items():
        campaign = rows.campaigns[name]
        if units > campaign.terms.maximum:
            yield f"{units} units of {name} are sold, {campaign.terms.maximum} at most"
        if campaign.state in FILLED and given[name] != campaign.allocated:
            yield f"{name} gives {given[name]} units out of {campaign.allocated}"


def not_paid_twice(rows: Rows) -> Iterator[str]:
    """No receipt is paid back more than it brought, by its instructions; each paid one is the custodian's word."""
    told: Counter[bytes] = Counter()
    for row in rows.instructions.values():
        if row.receipt is not None and row.state != "rejected":
            told[row.receipt] += row.fen
    for name, receipt in rows.receipts.items():
        if told[receipt.number] > receipt.fen or receipt.refunded_fen > receipt.fen:
            yield f"{name} brought {receipt.fen} and is paid back {told[receipt.number]}"


def escrows_cover(rows: Rows) -> Iterator[str]:
    """An escrow has what its lines are charged and have not borne yet: to the fen, and nothing else."""
    wanted: Counter[str] = Counter()
    for order in rows.orders.values():
        if order.state in CHARGED:
            wanted[order.campaign] += order.charged_fen - order.borne_fen
    posted, _ = rows.balances()
    for name in rows.campaigns:
        if posted[f"bank/campaign:{name}"] != wanted[name]:
            yield f"{name} has {posted[f'bank/campaign:{name}']} in escrow, its lines are worth {wanted[name]}"


def reachable(table: Mapping[str, Mapping[str, str]], start: str) -> set[str]:
    """The states that a life cycle leads to from one, itself included."""
    found, todo = {start}, [start]
    while todo:
        for state in table[todo.pop()].values():
            if state not in found:
                found.add(state)
                todo.append(state)
    return found


class Lives:
    """Follows every row's state from block to block; a step no table has is a breach."""

    def __init__(self, tables: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        self.ways = {kind: {state: reachable(table, state) for state in table} for kind, table in tables.items()}
        self.known: dict[tuple[str, str], str] = {}

    def follow(self, kind: str, rows: Mapping[str, Any]) -> Iterator[str]:
        """Compare the states of one kind of rows with those of the last block."""
        for key, row in rows.items():
            before = self.known.get((kind, key), row.state)
            if row.state not in self.ways[kind][before]:
                yield f"{kind} {key} went from {before} to {row.state}"
            self.known[kind, key] = row.state
        gone = {key for of, key in self.known if of == kind} - rows.keys()
        if gone:
            yield f"{kind} {min(gone)} is gone"


LIVES = {
    "campaign": CAMPAIGN_TRANSITIONS,
    "line": LINE_TRANSITIONS,
    "transfer": TRANSFER_TRANSITIONS,
    "instruction": INSTRUCTION_TRANSITIONS,
}


def check_lives(lives: Lives, rows: Rows) -> list[str]:
    """Every life that left its table since the last block."""
    return [
        *lives.follow("campaign", rows.campaigns),
        *lives.follow("line", rows.orders),
        *lives.follow("transfer", rows.transfers),
        *lives.follow("instruction", rows.instructions),
    ]


def stuck(rows: Rows) -> list[str]:
    """What is still inside when all windows are over: money in escrow, deposit or holdback, or in a receipt and not
    told to be paid back; lines and campaigns that are not at an end.
    """
    posted, held = rows.balances()
    found = [
        f"{name} still has {posted[name] - (held[name] if '/receipt:' in name else 0)}"
        for name in rows.accounts
        if (name.startswith("bank/campaign:") and posted[name]) or ("/receipt:" in name and posted[name] != held[name])
    ]
    found += [
        f"line {key} is {row.state}"
        for key, row in rows.orders.items()
        if LINE_TRANSITIONS[row.state] and row.state != "settled"
    ]
    ends = ("closed", "failed", "cancelled", "recalled")
    found += [f"{name} is {row.state}" for name, row in rows.campaigns.items() if row.state not in ends]
    for key, row in rows.transfers.items():
        if row.state == "pending" and "/receipt:" in row.debit and key not in rows.instructions:
            found.append(f"transfer {key} still holds {row.fen} of {row.debit}, and nobody is told")
    return found


def untold(rows: Rows) -> list[str]:
    """Money that no instruction to the custodian tells to pay out, once all owners have asked for what is theirs: none
    but in the platform's own guarantee and floats. And what is told is there, to the fen.
    """
    told: Counter[str] = Counter()
    for key, row in rows.instructions.items():
        if row.state == "issued":
            told[rows.transfers[key].debit] += row.fen
    posted, _ = rows.balances()
    own = {"bank/custodian"} | {name for name in rows.accounts if name.endswith("/guarantee") or "/float:" in name}
    return [
        f"{name} has {posted[name]}, of which {told[name]} are to be paid out"
        for name in rows.accounts
        if (told[name] if name in own else posted[name] - told[name])
    ]
