"""Anything in any order: the ledger agrees with a plain model; an independent pass accounts for every fen."""

from collections import Counter
from typing import cast

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.crypto.encoding import Message
from ledger.crypto.signing import SigningKey
from ledger.module import Action
from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from tests.payments.model import Hold, Model, Paid
from tests.payments.world import ESCROW, FARM, GUARANTEE, HOUR_MS, HUB, LEADER, PLATFORM, World, transfer, using
from tests.registry.chain import key_of

OWNERS = {"farm": FARM, "hub": HUB, "mei": LEADER, "platform": PLATFORM}
FEN = st.integers(1, 300)
PLACE = st.integers(0, 10**6)
SOURCES = st.sampled_from([FARM, HUB, ESCROW, PLATFORM])
STRANGER = key_of("a stranger")


def rows_of(world: World, table: str) -> dict[str, list[object]]:
    """The raw fields of all rows of a restricted table, read without our types."""
    prefix = f"payments/{table}/".encode()
    return {
        key[len(prefix) :].decode(): msgspec.msgpack.decode(value[32:])
        for key, value in world.memory.hidden.items()
        if key.startswith(prefix)
    }


class Payments(RuleBasedStateMachine):
    """Deposits, holds, refunds, debts and instructions at random; every outcome is foretold by the model."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.model = Model()
        self.numbers: list[bytes] = []
        self.orders: list[bytes] = []
        self.words = 0

    def word(self) -> str:
        """One never used before."""
        self.words += 1
        return f"word {self.words}"

    def check(self, code: int, method: str, *arguments: object) -> None:
        """A call of `Money` comes to what the model says: 0, or the number of a refusal."""
        receipt = self.world.attempt(lambda ctx: using(method, *arguments)(ctx, self.world.money))
        assert receipt.code == code, (receipt.code, receipt.details, method, arguments)

    def said(self, code: int, signer: SigningKey | str, action: Action, terms: Message) -> None:
        """As `check`, for an action."""
        (receipt,) = self.world.run([self.world.envelope(signer, action, terms)])
        assert receipt.code == code, (receipt.code, receipt.details, action)

    @initialize(guarantee=st.integers(0, 200))
    def begin(self, guarantee: int) -> None:
        """The guarantee may be empty."""
        self.deposit("platform", 300)
        if guarantee:
            self.said(0, "platform", m.Move(), m.MoveTerms("bank", "", "guarantee", guarantee))
            self.model.give(PLATFORM, GUARANTEE, guarantee)

    @rule(who=st.sampled_from(sorted(OWNERS)), fen=FEN)
    def deposit(self, who: str, fen: int) -> None:
        """Whoever may hold money brings some."""
        self.world.fund(who, fen)
        self.model.bring(f"deposit {len(self.model.brought)}", fen)
        self.numbers.append(b"")
        assert self.model.earn(self.model.brought[-1][0], OWNERS[who], fen) == 0

    @rule(fen=FEN)
    def bring(self, fen: int) -> None:
        """A buyer pays."""
        number, account = self.world.bring(fen)
        self.model.bring(account, fen)
        self.numbers.append(number)

    def buyers(self) -> list[int]:
        """Receipts that are buyers'."""
        return [place for place, number in enumerate(self.numbers) if number]

    @precondition(lambda self: self.buyers())
    @rule(place=PLACE, fen=FEN, hours=st.integers(1, 3))
    def hold(self, place: int, fen: int, hours: int) -> None:
        """An order."""
        account = self.model.brought[self.buyers()[place % len(self.buyers())]][0]
        order = transfer(self.word(), account, ESCROW, fen, "hold")
        until_ms = self.world.now + hours * HOUR_MS
        enough = self.model.free(account) >= fen
        self.check(0 if enough else e.NotEnough.number, "hold", order, until_ms)
        if enough:
            self.model.holds.append(Hold(account, ESCROW, fen, until_ms))
            self.orders.append(order.id)

    @precondition(lambda self: self.orders)
    @rule(place=PLACE, fen=st.integers(0, 300))
    def post(self, place: int, fen: int) -> None:
        """The group forms, at this price or that."""
        hold, order = self.model.holds[place % len(self.orders)], self.orders[place % len(self.orders)]
        if fen > hold.fen:
            self.check(e.PostedTooMuch.number, "post", order, fen)
        elif hold.state != "pending":
            self.check(0 if hold.state == f"posted {fen}" else e.TransferClosed.number, "post", order, fen)
        else:
            self.check(0, "post", order, fen)
            hold.state = f"posted {fen}"
            self.model.give(hold.debit, hold.credit, fen)

    @precondition(lambda self: self.orders)
    @rule(place=PLACE)
    def void(self, place: int) -> None:
        """The group fails, or the buyer cancels."""
        hold, order = self.model.holds[place % len(self.orders)], self.orders[place % len(self.orders)]
        self.check(e.TransferClosed.number if hold.state.startswith("posted") else 0, "void", order)
        if hold.state == "pending":
            hold.state = "voided"

    @precondition(lambda self: self.orders)
    @rule(place=PLACE, wait=st.booleans())
    def expire(self, place: int, wait: bool) -> None:
        """Somebody asks for a hold's end."""
        if wait:
            self.world.run([], HOUR_MS)
        hold, order = self.model.holds[place % len(self.orders)], self.orders[place % len(self.orders)]
        overdue = hold.until_ms <= self.world.now + 1_000
        code = e.TransferClosed.number if hold.state != "pending" else 0 if overdue else e.NotOverdue.number
        self.said(code, STRANGER, m.Expire(), m.Overdue(order))
        if not code:
            hold.state = "expired"

    @precondition(lambda self: self.buyers())
    @rule(place=PLACE, source=SOURCES | st.none(), fen=FEN)
    def refund(self, place: int, source: str | None, fen: int) -> None:
        """Money goes back to a buyer, out of her own receipt's account or another; asked for twice, it goes once."""
        receipt = self.buyers()[place % len(self.buyers())]
        account = self.model.brought[receipt][0]
        asked = transfer(self.word(), source or account, account, fen, "cancelled")
        code = self.model.refund(source or account, receipt, fen)
        for _ in range(2):
            self.check(code, "refund", asked, self.numbers[receipt])

    @rule(debtor=st.sampled_from([FARM, HUB]), place=PLACE, to_buyer=st.booleans(), fen=FEN)
    def charge(self, debtor: str, place: int, to_buyer: bool, fen: int) -> None:
        """Somebody is liable, whether it has the money or not."""
        buyers = self.buyers()
        creditor = self.model.brought[buyers[place % len(buyers)]][0] if to_buyer and buyers else ESCROW
        asked = transfer(self.word(), debtor, creditor, fen, "recall")
        code = self.model.charge(debtor, creditor, GUARANTEE, fen)
        for _ in range(2):
            self.check(code, "charge", asked, GUARANTEE)

    @rule(source=SOURCES, who=st.sampled_from([FARM, HUB, LEADER]), fen=FEN)
    def income(self, source: str, who: str, fen: int) -> None:
        """Somebody earns; asked for twice, once."""
        if source == who:
            return
        earned = transfer(self.word(), source, who, fen, "settlement")
        code = self.model.earn(source, who, fen)
        for _ in range(2):
            self.check(code, "income", [earned])

    @rule(who=st.sampled_from(sorted(OWNERS)), fen=FEN)
    def withdraw(self, who: str, fen: int) -> None:
        """Somebody wants her money."""
        self.said(self.model.withdraw(OWNERS[who], fen), who, m.Withdraw(), m.WithdrawTerms("bank", fen))

    def listed(self) -> list[bytes]:
        """What the bank has to do, in the order of the model's own list as far as that tells them apart."""
        return self.world.due()

    def paid(self, identifier: bytes) -> Paid:
        """The model's instruction for one of the ledger's: alike ones are interchangeable."""
        row = self.world.instruction(identifier)
        receipt = None if row.receipt is None else self.numbers.index(row.receipt)
        return next(
            paid
            for paid in self.model.paid
            if (paid.account, paid.receipt, paid.fen, paid.state) == (row.account, receipt, row.fen, row.state)
            and not paid.again
        )

    @precondition(lambda self: self.listed())
    @rule(count=st.integers(1, 5), stranger=st.booleans())
    def confirm(self, count: int, stranger: bool) -> None:
        """The bank has paid some, and sometimes claims one that is not there."""
        batch = tuple(self.listed()[:count])
        if stranger:
            self.said(e.InstructionUnknown.number, "bank", m.Confirm(), m.Confirmed((*batch, b"?" * 16)))
            return
        for one in batch:
            paid = self.paid(one)
            paid.state = "confirmed"
            self.model.purses[paid.account] -= paid.fen
            self.model.redeemed += paid.fen
        self.said(0, "bank", m.Confirm(), m.Confirmed(batch))

    @precondition(lambda self: self.listed())
    @rule(place=PLACE)
    def reject(self, place: int) -> None:
        """The bank could not pay."""
        one = self.listed()[place % len(self.listed())]
        paid = self.paid(one)
        paid.state = "rejected"
        if paid.receipt is None:
            self.model.settle(paid.account)
        self.said(0, "bank", m.Reject(), m.Rejected(one, ""))

    def rejected(self) -> list[bytes]:
        """Refunds that wait to be issued again."""
        found = []
        for key, row in rows_of(self.world, "transfer").items():
            receipt, *_, successor = cast("list[object]", row[10] or [None, None])
            if row[6] == "voided" and receipt and successor is None:
                found.append(bytes.fromhex(key))
        return found

    @precondition(lambda self: self.rejected())
    @rule(place=PLACE)
    def reissue(self, place: int) -> None:
        """Somebody asks for a rejected refund."""
        one = self.rejected()[place % len(self.rejected())]
        paid = self.paid(one)
        spent = self.model.free(paid.account) < paid.fen
        if not spent:
            paid.again = True
            self.model.paid.append(Paid(paid.account, paid.receipt, paid.fen))
        self.said(e.NotEnough.number if spent else 0, STRANGER, m.Reissue(), m.Again(one))

    @invariant()
    def the_model_agrees(self) -> None:
        """Every purse, and what is free of it."""
        names = {name for name, fen in self.model.purses.items() if not name.startswith("deposit ")}
        for name in names | {FARM, HUB, LEADER, PLATFORM, ESCROW, GUARANTEE}:
            account = self.world.account(name)
            assert (account.balance_fen, account.available_fen) == (self.model.has(name), self.model.free(name)), name
            assert account.owes_fen == self.model.owes(name), name

    @invariant()
    def every_fen_is_accounted_for(self) -> None:
        """From receipts, transfers out, debts and entries alone; accounts' own sums are only compared."""
        rows = rows_of(self.world, "account")
        brought = sum(cast("list[int]", row[10])[1] for row in rows.values() if row[10] is not None)
        outward = [row for row in rows_of(self.world, "transfer").values() if row[1] == p.custodian_account("bank")]
        left = sum(int(str(row[2])) for row in outward if row[6] == "posted")
        assert (brought, left) == (self.model.issued, self.model.redeemed)
        balances = {name: int(str(row[4])) - int(str(row[2])) for name, row in rows.items()}
        assert sum(balances.values()) == 0
        assert balances.get(p.custodian_account("bank"), 0) == left - brought
        lines: Counter[str] = Counter()
        for key, page in rows_of(self.world, "page").items():
            lines[key.rpartition("/")[0]] += sum(int(str(entry[1])) for entry in cast("list[list[object]]", page))
        for name, fen in balances.items():
            if "/receipt:" not in name and not name.endswith("/custodian"):
                assert fen == lines[name] >= 0, name

    def teardown(self) -> None:
        """No dead end: holds end, refunds are tried until they succeed, owners take what nobody has a claim to."""
        for order, hold in zip(self.orders, self.model.holds, strict=True):
            if hold.state == "pending":
                self.check(0, "void", order)
        for number, (account, _) in zip(self.numbers, self.model.brought, strict=True):
            if not number:
                continue
            free = min(self.world.available(account), self.world.to_give_back(account))
            if free:
                self.check(0, "refund", transfer(self.word(), account, account, free, "failed"), number)
        for one in self.rejected():
            if self.world.available(self.world.instruction(one).account) >= self.world.instruction(one).fen:
                self.said(0, STRANGER, m.Reissue(), m.Again(one))
        for who, name in OWNERS.items():
            fen = self.world.available(name) - self.world.account(name).owes_fen
            if fen > 0:
                self.said(0, who, m.Withdraw(), m.WithdrawTerms("bank", fen))
        while batch := tuple(self.listed()[:256]):
            self.said(0, "bank", m.Confirm(), m.Confirmed(batch))
        for name in OWNERS.values():
            assert self.world.balance(name) <= self.world.account(name).owes_fen


Payments.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestPayments = Payments.TestCase
