"""Random interleavings of commitments, orders, withdrawals and time: nothing is sold twice, nobody's money is lost.

`World.run` checks the invariants of all modules after every block; beside them runs a count of its own, made from what
was accepted and nothing else.
"""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.errors import Internal
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments.ports import escrow_account
from tests.groupbuy.market import fresh
from tests.groupbuy.world import BERRY, HOUR_MS, KG, LADDER, PLANTING

CAMPAIGNS = st.sampled_from(["c1", "c2", "c3"])
UNITS = st.integers(1, 9)
MAXIMUM = 24
MINIMUM = 8
MOST = 40


@dataclass
class Sale:
    """What a campaign should have sold: the hex ids of its orders and their units."""

    cutoff_ms: int
    over: bool = False
    orders: dict[str, int] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """In all."""
        return sum(self.orders.values())


class Buying(RuleBasedStateMachine):
    """A farm sells one planting to three groups whose buyers come and go; several records share a block."""

    def __init__(self) -> None:
        super().__init__()
        self.world = fresh()
        self.sales: dict[str, Sale] = {}
        self.names: dict[str, str] = {}
        self.paid: dict[str, int] = {}
        self.committed = 0
        self.number = 0

    @initialize(units=st.integers(10, MOST))
    def begin(self, units: int) -> None:
        self.commit(units)
        for number, campaign in enumerate(("c1", "c2", "c3"), 1):
            cutoff_ms = self.world.now + number * 6 * HOUR_MS
            limits = {"maximum": MAXIMUM, "minimum": MINIMUM, "per_order": 9, "cutoff_ms": cutoff_ms}
            terms = self.world.draft(campaign, **limits, delivery_from_ms=cutoff_ms + HOUR_MS)
            self.world.accept("mei", terms)
            self.world.accept("farm", m.Open(campaign))
            self.sales[campaign] = Sale(cutoff_ms)

    @property
    def sold(self) -> int:
        """Units of open and formed groups."""
        return sum(sale.units for sale in self.sales.values())

    @rule(units=st.integers(0, MOST))
    def commit(self, units: int) -> None:
        receipt = self.world.do("farm", m.CommitSupply(PLANTING, BERRY, KG // 2, units))
        assert (receipt.code == 0) == (units >= self.sold)
        if receipt.code == 0:
            self.committed = units

    @rule(campaign=CAMPAIGNS, wanted=st.lists(UNITS, min_size=1, max_size=4))
    def order(self, campaign: str, wanted: list[int]) -> None:
        """Several buyers in one block."""
        names = [self.fresh() for _ in wanted]
        raw = []
        for name, units in zip(names, wanted, strict=True):
            said = self.world.placing(name, units, campaign)
            raw.append(self.world.envelope(self.world.buyer(name), m.Order(campaign), said))
        sale = self.sales[campaign]
        for name, units, receipt in zip(names, wanted, self.world.run(raw), strict=True):
            fits = self.sold + units <= self.committed and sale.units + units <= MAXIMUM
            assert receipt.code != Internal.number
            assert (receipt.code == 0) == (fits and not sale.over), receipt
            if receipt.code == 0:
                order = self.world.order(name)
                sale.orders[order] = units
                self.names[order], self.paid[order] = name, units * LADDER[0].price_fen

    @precondition(lambda self: self.paid)
    @rule(pick=st.integers(0, 50))
    def take_back(self, pick: int) -> None:
        order = list(self.names)[pick % len(self.names)]
        campaign = self.world.line(order).campaign
        sale = self.sales[campaign]
        receipt = self.world.do(self.world.buyer(self.names[order]), m.Order(campaign), m.CancelOrder())
        assert (receipt.code == 0) == (order in sale.orders and not sale.over)
        if receipt.code == 0:
            del sale.orders[order]

    @rule(campaign=CAMPAIGNS, who=st.sampled_from(["mei", "farm", "platform"]))
    def call_off(self, campaign: str, who: str) -> None:
        state = self.world.state(campaign)
        may = {"open": ("mei", "farm"), "formed": ("farm", "platform")}.get(state, ())
        receipt = self.world.do(who, m.Cancel(campaign, ""))
        assert (receipt.code == 0) == (who in may)
        if receipt.code == 0:
            self.world.drain()
            self.sales[campaign] = Sale(0, over=True)

    @rule(hours=st.integers(1, 7))
    def wait(self, hours: int) -> None:
        self.world.until(self.world.now + hours * HOUR_MS)
        for campaign, sale in self.sales.items():
            if not sale.over and self.world.now >= sale.cutoff_ms:
                sale.over = True
                if sale.units < MINIMUM:
                    assert self.world.state(campaign) == "failed"
                    sale.orders = {}
                else:
                    assert self.world.campaign(campaign).units == sale.units
        overdue = [each for each in self.sales if self.world.state(each) == "cancelled"]
        for campaign in overdue:
            self.sales[campaign].orders = {}

    def fresh(self) -> str:
        self.number += 1
        return f"buyer {self.number}"

    @invariant()
    def nothing_is_sold_twice(self) -> None:
        assert self.sold <= self.committed or not self.sales

    @invariant()
    def every_fen_is_held_in_escrow_or_on_its_way_back(self) -> None:
        held = {order: units for sale in self.sales.values() for order, units in sale.orders.items()}
        for order, paid in self.paid.items():
            line = self.world.line(order)
            price = self.world.campaign(line.campaign).price_fen
            left = held.get(order, 0) * (LADDER[0].price_fen if price is None else price)
            assert self.world.refunded(order) == paid - left
        for campaign, sale in self.sales.items():
            price = self.world.campaign(campaign).price_fen or 0
            assert self.world.available(escrow_account("bank", campaign)) == sale.units * price


TestBuying = Buying.TestCase
TestBuying.settings = settings(max_examples=max(20, settings().max_examples // 5), stateful_step_count=30)
