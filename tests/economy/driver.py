"""The same happenings through the reference and through the real modules, and where they differ.

Blocks come at the scenario's times, and in between whenever a timer is due, so that both keep time alike. What is
compared: whether each happening is accepted; at the end every account's balance and what is held in it, what each
receipt was paid back, debts, the states of campaigns, lines and claims. And by then all windows are over, whoever
fell silent on the way: so nobody's money may be stuck.
"""

from collections import Counter
from random import Random
from typing import Any, NamedTuple

from ledger.errors import describe
from ledger.modules.claims.state import claims
from ledger.modules.groupbuy.rules.common import line_state
from ledger.modules.groupbuy.state import campaigns, orders
from ledger.modules.payments.ports import receipt_account
from ledger.modules.payments.state import accounts, agreements, days, receivables
from tests.economy.campaigns import make_scenario
from tests.economy.checks import Rows, check_rows, stuck, untold
from tests.economy.leaving import take_all_out
from tests.economy.reference import Reference
from tests.economy.translate import Translator, number_of, order_of
from tests.economy.world import Chain, settled_chain

TABLE_MAX = 100_000
"""More rows than a scenario can make."""

View = dict[str, Any]
TIMERS_PER_BLOCK = 256
REST_MS = 1_000
"""In this time after a block all of its sweeps are through."""

LOOK = 0.05
"""How often the books are compared on the way."""

STATES = dict.fromkeys(("allotted", "packed", "ready"), "allotted")
"""`ready` is not written in a row, nor is `allotted` where lots fill all lines."""

FREE = ("placed", "cancelled", "failed", "refunded")
"""Lines that nobody is charged for (any more)."""


class Difference(NamedTuple):
    """Where reference and modules disagree: the happening (or what of the end), and what either says."""

    where: str
    reference: object
    modules: object


class Run:
    """One scenario on a copy of the settled world."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.scenario, self.epoch = scenario, scenario["epoch"]
        self.chain: Chain = settled_chain(TIMERS_PER_BLOCK, scenario["windows"])
        self.reference = Reference(scenario)
        self.translator = Translator(self.chain, scenario)
        self.refusals: Counter[str] = Counter()
        self.rng = Random(scenario["seed"])
        self.fund()

    def fund(self) -> None:
        """Bring in what the scenario begins with."""
        at = self.epoch - 100_000
        for number, (account, fen) in enumerate(self.scenario["funds"].items()):
            own = account.startswith(("org:", "member:"))
            happenings = [{"do": "deposit", "account": account if own else "org:platform", "fen": fen}]
            if not own:
                happenings.append({"do": "move", "source": "org:platform", "target": account, "fen": fen})
            codes = [self.send(at + 100 * number + place, [h])[0] for place, h in enumerate(happenings)]
            assert not any(codes), codes

    def send(self, time_ms: int, happenings: list[dict[str, Any]]) -> list[str]:
        """Everything in one block; for each happening "" or why it is refused."""
        counts, transactions = [], []
        for happening in happenings:
            made = self.translator.translate(time_ms, happening)
            counts.append(len(made))
            transactions += made
        block = self.chain.run(time_ms, transactions)
        found, place = [], 0
        for count in counts:
            receipts_of = block.receipts[place : place + count]
            place += count
            words = ""
            for receipt in receipts_of:
                assert receipt is not None
                if receipt.code:
                    words = words or f"{receipt.code}: {describe(receipt.code, receipt.details).en}"
                    self.refusals[str(receipt.code)] += 1
            found.append(words if count else "nothing to send")
        return found

    def pass_time(self, until_ms: int) -> None:
        """A block whenever something is due before `until_ms`, but in an outage."""
        outage = self.scenario["outage"]
        while (due := self.chain.next_due_ms()) is not None:
            at = max(due, self.chain.head.time_ms + 1)
            if outage and self.epoch + outage[0] < at < self.epoch + outage[1]:
                at = self.epoch + outage[1]
            if at >= until_ms:
                break
            self.chain.run(at, [])

    def play(self) -> Difference | None:
        """Both, to the end, comparing the books now and then. Returns the first difference, or None."""
        times = [time for time, _ in self.scenario["blocks"]]
        for (time, happenings), following in zip(self.scenario["blocks"], [*times[1:], None], strict=True):
            wanted = self.reference.block(time, happenings)
            self.pass_time(self.epoch + time)
            found = self.send(self.epoch + time, happenings)
            for happening, want, got in zip(happenings, wanted, found, strict=True):
                if bool(want) != bool(got):
                    return Difference(f"at {time}: {happening}", want or "accepted", got or "accepted")
            if following is not None and time + 2 * REST_MS < following and self.rng.random() < LOOK:
                self.reference.pass_time(time + REST_MS, including=False)
                self.pass_time(self.epoch + time + REST_MS)
                if difference := self.compare():
                    return difference._replace(where=f"after {time}: {difference.where}")
        self.pass_time(self.epoch + time + 1_000)
        return self.compare() or self.ended()

    def ended(self) -> Difference | None:
        """What is wrong with how it ended, by the rows alone: every window is over, so nothing may be left inside."""
        rows = Rows(self.chain)
        wrong = check_rows(rows) + stuck(rows) + self.chain.violations()
        wrong += take_all_out(self.chain, self.chain.head.time_ms + 1)
        rows = Rows(self.chain)
        wrong += check_rows(rows) + untold(rows)
        return Difference("in the end: the rows", "nothing is wrong", wrong) if wrong else None

    def compare(self) -> Difference | None:
        """The first thing on which the books and lines differ."""
        want, got = reference_view(self.reference), modules_view(self.chain, self.scenario)
        for part in want:
            if want[part] != got[part]:
                names = sorted(
                    name for name in want[part].keys() | got[part].keys() if want[part].get(name) != got[part].get(name)
                )
                return Difference(
                    f"the books: {part}",
                    {name: want[part].get(name) for name in names},
                    {name: got[part].get(name) for name in names},
                )
        return None


def reference_view(reference: Reference) -> View:
    """What the reference says of everybody."""
    books = reference.books
    owed: Counter[str] = Counter()
    debts: Counter[tuple[str, str]] = Counter()
    for debtor, creditor, fen in books.debts:
        debts[debtor, creditor] += fen
        if creditor.startswith("receipt:"):
            owed[creditor.removeprefix("receipt:")] += fen
    return {
        "lines": {
            name: (_coarse(order["state"]), 0 if order["state"] in FREE else order["charged"])
            for name, order in reference.orders.items()
        },
        "receipts": {
            name: books.refunded[name] + owed[name] for name in books.refunded if not name.startswith("proceeds-")
        },
        "balances": {name: fen for name, fen in books.balance.items() if fen},
        "held": {name: fen for name, fen in books.held.items() if fen},
        "debts": dict(debts),
        "claims": {
            f"{claim['order']}.{claim['number']}": (claim["state"], claim["paid"]) for claim in reference.claims
        },
        "campaigns": {name: campaign["state"] for name, campaign in reference.campaigns.items()},
        "issued": {"net": books.issued - books.redeemed},
        "days": dict(books.days),
        "stated": dict(books.stated),
    }


def account_name(account: str) -> str:
    """The reference's name of one of the ledger's accounts; "" for receipts and the custodian's own."""
    name = account.removeprefix("bank/")
    if name.startswith("campaign:"):
        campaign, _, kept = name.removeprefix("campaign:").partition("/")
        return f"{kept or 'escrow'}:{campaign}"
    if name == "organisation:platform/guarantee":
        return "guarantee"
    if name.startswith("receipt:") or name == "custodian":
        return ""
    return name.replace("organisation:", "org:")


def modules_view(chain: Chain, scenario: dict[str, Any]) -> View:
    """The same out of the certified rows."""
    ctx = chain.context()
    names = {happening["order"] for _, block in scenario["blocks"] for happening in block if "order" in happening}
    by_id = {order_of(name).hex(): name for name in names}
    by_receipt = {receipt_account("bank", number_of("receipt", name)): name for name in names}
    rows = dict(accounts.scan(ctx, limit=TABLE_MAX))
    named = {account: account_name(account) for account in rows}
    debts: Counter[tuple[str, str]] = Counter()
    for key, debt in receivables.scan(ctx, limit=TABLE_MAX):
        creditor = account_name(debt.creditor) or "receipt:" + by_receipt[debt.creditor]
        if debt.left_fen:
            debts[account_name(key.rpartition("/")[0]), creditor] += debt.left_fen
    known = dict(campaigns.scan(ctx, limit=TABLE_MAX))
    return {
        "lines": {
            by_id[key]: (_coarse(line_state(known[row.campaign], row)), 0 if row.state in FREE else row.charged_fen)
            for key, row in orders.scan(ctx, limit=TABLE_MAX)
        },
        "receipts": {
            by_receipt[key]: row.receipt.refunded_fen for key, row in rows.items() if row.receipt and key in by_receipt
        },
        "balances": {named[key]: row.balance_fen for key, row in rows.items() if named[key] and row.balance_fen},
        "held": {named[key]: row.debits_pending for key, row in rows.items() if named[key] and row.debits_pending},
        "debts": dict(debts),
        "claims": {
            by_id[key[:32]] + key[32:]: ("decided" if row.state == "lapsed" else row.state, row.paid_fen)
            for key, row in claims.scan(ctx, limit=TABLE_MAX)
        },
        "campaigns": {name: row.state for name, row in known.items()},
        "issued": {"net": -rows["bank/custodian"].balance_fen},
        "days": {
            int(key.partition("/")[2]): (row.issued_fen, row.redeemed_fen)
            for key, row in days.scan(ctx, limit=TABLE_MAX)
            if row.issued_fen or row.redeemed_fen
        },
        "stated": {int(key.partition("/")[2]): agrees for key, agrees in agreements.scan(ctx, limit=TABLE_MAX)},
    }


def _coarse(state: str) -> str:
    return STATES.get(state, state)


def play_seed(seed: int, silent: str | None = None) -> Difference | None:
    """One scenario (in which `silent` falls silent); the first difference, or None."""
    return Run(make_scenario(seed, silent)).play()
