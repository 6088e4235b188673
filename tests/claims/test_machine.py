"""Random claims on one line, by everybody concerned, at any time: money is conserved and every claim comes to an end.

Invariants of all modules are checked after every block (`Chain.run`); here the ledger's outcome is held against a plain
count of what was paid to whom.
"""

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.modules.claims import messages as c
from ledger.modules.claims.messages import CLAIMS_MAX
from ledger.modules.claims.state import WAITING, Claim
from ledger.modules.payments.payouts import every_instruction
from ledger.modules.payments.state import accounts
from ledger.modules.trace import messages as t
from tests.claims.world import CAMPAIGN, DAY_MS, FLOAT, HOUR_MS, MINUTE_MS, Court, fresh
from tests.groupbuy.market import ESCROW, FARM, GUARANTEE, HUB, MEI

EFFORT = int(os.environ.get("LINXIN_EFFORT", "1"))
FEN = st.integers(min_value=1, max_value=9_500)
LIABLE = st.sampled_from(["", "farm", "hub", "shop"])
CHARGED = 9_000


class Claims(RuleBasedStateMachine):
    """One order over 9,000 fen, one over 3,600 beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.court: Court = fresh()
        self.order = ""
        self.recalled = False

    @initialize(warm=st.booleans(), money=st.tuples(*[st.sampled_from([0, 1_500, 20_000])] * 4))
    def begin(self, warm: bool, money: tuple[int, int, int, int]) -> None:
        """Goods are handed out; hub, guarantee, float and leader have some money or none."""
        court = self.court
        self.order, _ = (court.warm_ride if warm else court.cool_ride)(10, 4)
        hub, guarantee, floated, own = money
        if hub:
            court.fund("hub", hub)
        court.endow(guarantee, floated, own)

    def number(self) -> int:
        """How many claims there were."""
        return sum(
            any(key == f"claims/claim/{self.order}.{number}".encode() for key in self.court.memory.values)
            for number in range(1, CLAIMS_MAX + 1)
        )

    def waiting(self) -> Claim | None:
        """The claim that is undecided, if there is one."""
        number = self.number()
        claim = self.court.claim_of(self.order, number) if number else None
        return claim if claim is not None and claim.state in WAITING else None

    @rule(fen=FEN, cause=st.sampled_from(["spoiled", "quality"]))
    def claim(self, fen: int, cause: str) -> None:
        """The buyer claims; accepted exactly when it can be."""
        line, before = self.court.line(self.order), self.number()
        left = line.charged_fen - line.compensated_fen
        may = line.state == "collected" and before < CLAIMS_MAX and fen <= left
        may = may and line.settle_ms is not None and self.court.now + 1_000 < line.settle_ms
        action = c.OpenClaim(CAMPAIGN, "spoiled" if cause == "spoiled" else "quality")
        receipt = self.court.do(self.court.buyer("c1 0"), action, c.ClaimTerms(fen))
        assert (receipt.code == 0) == may, (receipt.code, receipt.details)

    @rule(fen=FEN, own=st.booleans())
    def pay(self, fen: int, own: bool) -> None:
        """The leader pays, or is refused; never twice, never more than is claimed or there."""
        claim, before = self.waiting(), self.court.refunded(self.order)
        source = MEI if own else FLOAT
        enough = self.court.available(source) >= fen and (not own or self.court.available(GUARANTEE) >= fen)
        may = claim is not None and not claim.paid_fen and fen <= claim.fen and enough
        if own and self.court.available(MEI) >= fen and not self.willing():
            may = False
        due = claim is not None and self.court.now + 1_000 >= claim.due_ms
        receipt = self.court.do("mei", c.Pay(CAMPAIGN), self.court.payment(self.order, fen, own))
        assert (receipt.code == 0) == may, (receipt.code, receipt.details)
        if may and not due:
            assert self.court.refunded(self.order) - before == fen

    def willing(self) -> bool:
        """Whether mei opted in: she did when she was given money of her own."""
        return b"claims/willing/mei" in self.court.memory.values

    @rule(award=st.integers(min_value=0, max_value=9_500), liable=LIABLE)
    def adjudicate(self, award: int, liable: str) -> None:
        """The court decides, where it may."""
        finding = self.court.finding(self.order, award, liable)
        before = self.waiting()
        receipt = self.court.do("court", c.Adjudicate(CAMPAIGN), finding)
        may = before is not None and before.state != "provisional" and award <= before.fen
        may = may and before is not None and self.court.now < before.due_ms
        assert (receipt.code == 0) == may, (receipt.code, receipt.details)

    @rule(by=st.sampled_from(["hub", "shop"]))
    def contest(self, by: str) -> None:
        """Somebody contests; only the hub is ever found liable here."""
        before = self.waiting()
        said = c.Contested(bytes.fromhex(self.order or "00" * 16), bytes(32))
        receipt = self.court.do(by, c.Contest(CAMPAIGN), said)
        may = before is not None and before.state == "provisional" and by == "hub"
        may = may and before is not None and self.court.now < before.due_ms
        assert (receipt.code == 0) == may, (receipt.code, receipt.details)

    @precondition(lambda self: self.waiting() is not None)
    @rule()
    def withdraw(self) -> None:
        """The buyer takes her claim back."""
        self.court.withdraw()

    @rule(wait_ms=st.sampled_from([MINUTE_MS, 5 * HOUR_MS, DAY_MS]))
    def wait(self, wait_ms: int) -> None:
        """Time passes."""
        self.court.later(wait_ms)

    @rule(fen=st.integers(min_value=1, max_value=5_000), who=st.sampled_from(["hub", "guarantee"]))
    def bring(self, fen: int, who: str) -> None:
        """Whoever may owe something gets money."""
        if who == "hub":
            self.court.fund("hub", fen, f"more {self.court.nonce}")
        else:
            self.court.endow(guarantee=fen)

    @precondition(lambda self: not self.recalled)
    @rule(sure=st.integers(min_value=0, max_value=9))
    def recall(self, sure: int) -> None:
        """Once in a while the goods are called back."""
        if sure == 0:
            self.recalled = True
            self.court.accept("farm", t.Recall((self.court.campaign().lots[0].lot,), "农残", "Residue"))
            self.court.drain()

    @invariant()
    def the_buyer_has_what_her_line_says(self) -> None:
        """What she got back, held against her line; never more than she paid."""
        if self.order:
            line = self.court.line(self.order)
            fell = line.paid_fen - CHARGED
            refunded = CHARGED - line.charged_fen if line.state == "refunded" else 0
            assert self.court.refunded(self.order) == fell + refunded + line.compensated_fen <= line.paid_fen

    def teardown(self) -> None:
        """Everybody falls silent: every claim ends, every line settles, and no fen stays in the escrow."""
        court = self.court
        if not self.order:
            return
        for _ in range(12):
            court.later(DAY_MS)
        number = self.number()
        assert all(court.claim_of(self.order, each + 1).state not in WAITING for each in range(number))
        assert court.line(self.order).state in ("settled", "refunded")
        assert court.balance(ESCROW) == 0
        rows = accounts.scan(court.context(), limit=10_000)
        assert sum(row.balance_fen for _, row in rows) == 0, "what is in the accounts is what the custodian holds"
        assert all(row.debits_pending == 0 for key, row in rows if "/receipt:" not in key)
        told = every_instruction(court.context())
        receipt = court.line(self.order).receipt
        owed = [fen for debtor in (HUB, FARM) for creditor, fen in court.debts(debtor) if "receipt" in creditor]
        assert sum(row.fen for _, row in told if row.receipt == receipt) + sum(owed) == court.refunded(self.order)


Claims.TestCase.settings = settings(max_examples=25 * EFFORT, stateful_step_count=20, deadline=None)
TestClaims = Claims.TestCase
