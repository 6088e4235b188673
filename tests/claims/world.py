"""A market whose goods must stay cool on the way, and whose buyers claim: all modules over the real `execute`."""

from typing import Any

from ledger.errors import Refusal
from ledger.module import Module
from ledger.modules.claims import Disputes, claims_module
from ledger.modules.claims import messages as c
from ledger.modules.claims.state import Claim, claim_key, claims
from ledger.modules.groupbuy import Lines, Recalls, groupbuy_module
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments import Money, payments_module
from ledger.modules.payments import ports as p
from ledger.modules.payments.messages import Deposit, Move, MoveTerms
from ledger.modules.payments.state import receivables
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import Goods, trace_module
from ledger.modules.trace import messages as t
from ledger.modules.trace.evidence import Evidence
from ledger.modules.trace.identifiers import complete_network_code
from ledger.modules.trace.messages.types import Band
from tests.groupbuy.market import CAMPAIGN, HALF, Market
from tests.groupbuy.world import DAY_MS, HOUR_MS, KG, MINUTE_MS
from tests.trace.world import STORE, crate

CHILLED = complete_network_code("CHILLED1")
LIMIT_MS = 60 * 1_000 * MINUTE_MS
"""What CHILLED bears: an hour one degree too warm, in thousandths of a degree times ms."""

COOL, WARM = 500, 1_800
"""Readings of `cold`: 5 and 18 degrees; six minutes and a bit of the latter are too much."""

TRUCK = "vehicle:truck-1"
FLOAT = p.float_account("bank", "mei")
REASONS = bytes(32)


class Court(Market):
    """Farm sells, hub drives, shop keeps the cold room; mei leads with a float, court adjudicates."""

    def __init__(self) -> None:
        super().__init__()
        band = Band("temperature", "CEL", -3, 0, 8_000, 300 * DAY_MS, LIMIT_MS)
        self.accept("farm", t.RegisterProduct(CHILLED, "冷藏莓", "Chilled", "kg", 0, 0, band))
        self.supply(200, product=CHILLED)
        self.done = ("supply",)
        self.sequence = self.shipped_ms = self.received_ms = self.sent_ms = 0

    def modules(self) -> tuple[Module, ...]:
        """All but the founding ones, joined as the catalogue joins them."""
        self.money = Money(OrganisationView(), KeyView())
        lines = Lines()
        disputes = Disputes(self.money, lines)
        return (
            trace_module(DeviceView(), OrganisationView(), (Recalls(),)),
            payments_module(self.money),
            groupbuy_module(self.money, OrganisationView(), KeyView(), Goods(), disputes),
            claims_module(self.money, lines, Evidence(DeviceView())),
        )

    # Money that claims are paid with.

    def endow(self, guarantee: int = 0, floated: int = 0, own: int = 0) -> None:
        """The platform puts so much into its guarantee and mei's float; mei has `own` at the bank and is willing."""
        if guarantee + floated:
            self.fund("platform", guarantee + floated, f"endow {self.nonce}")
        for target, fen in (("guarantee", guarantee), ("float:mei", floated)):
            if fen:
                self.accept("platform", Move(), MoveTerms("bank", "", target, fen))
        if own:
            self.accept("mei", Deposit(), self.receipt("member:mei", own, f"own {self.nonce}"))
            self.accept("mei", c.OptIn(True))

    def debts(self, debtor: str) -> list[tuple[str, int]]:
        """(creditor, fen left) of what an account owes."""
        found = receivables.scan(self.context(), f"{debtor}/")
        return [(row.creditor, row.left_fen) for _, row in found if row.left_fen]

    # Goods on their way.

    def read(self, device: str, sequence: int, start_ms: int, *values: int | None, **more: Any) -> Any:
        """As in `trace`, and accepted."""
        receipt = super().read(device, sequence, start_ms, *values, **more)
        assert receipt.code == 0, receipt.details
        return receipt

    def say(self, start_ms: int, value: int | None, minutes: int, device: str = "cold") -> None:
        """The device's next record: the same reading each minute."""
        self.read(device, self.sequence, start_ms, *[value] * minutes)
        self.sequence += 1

    def formed_chilled(self, *units: int, lots: int = 1, **terms: Any) -> None:
        """A formed campaign of CHILLED, filled from `lots` lots, C1 and on, alike in size; the goods are still at the
        farm.
        """
        self.formed(*units, product=CHILLED, **terms)
        whole = sum(units)
        shares = {f"C{number + 1}": whole // lots + (number < whole % lots) for number in range(lots)}
        for number, share in shares.items():
            self.accept("farm", t.Harvest("berry-2026", CHILLED, number, share * HALF, self.now))
        portions = tuple(t.Portion(f"{CHILLED}/{number}", share * HALF) for number, share in shares.items())
        self.accept("farm", m.Allocate(CAMPAIGN, portions))
        self.drain()

    def loaded(self) -> None:
        """All lots in crate 1, crate 1 on the truck with `cold`, shipped to the shop: by the farm, carried by the
        hub.
        """
        portions = self.campaign().lots
        self.accept("hub", t.AttachDevice("cold", TRUCK, self.now))
        self.accept("farm", t.PackUnit(crate(1), "crate", self.now, portions))
        self.accept("farm", t.Load(TRUCK, self.now, (crate(1),)))
        self.shipped_ms = self.now
        self.accept("farm", t.Ship("s1", "shop", self.now, (crate(1),), vehicle="truck-1", destination=STORE))
        self.accept("farm", m.Ship(CAMPAIGN, ("s1",)))

    def received(self, after_ms: int = 2 * HOUR_MS) -> None:
        """The shop has the goods, so long after they were shipped, and mei hands them out."""
        self.run([], self.shipped_ms + after_ms - self.now)
        self.received_ms = self.now
        self.accept("shop", t.Receive("s1", self.now))
        self.accept("shop", t.Unload(TRUCK, self.now, (crate(1),)))
        self.arrive()

    def cool_ride(self, *units: int, **terms: Any) -> list[str]:
        """A campaign whose goods were cool all the way, handed over to everybody; the order ids."""
        self.formed_chilled(*units, **terms)
        self.loaded()
        self.received()
        self.say(self.shipped_ms, COOL, 120)
        return [self.hand(number) for number in range(len(units))]

    def warm_ride(self, *units: int, **terms: Any) -> list[str]:
        """As `cool_ride`, but half an hour of it far too warm in the hub's truck."""
        self.formed_chilled(*units, **terms)
        self.loaded()
        self.received()
        self.say(self.shipped_ms, COOL, 60)
        self.say(self.shipped_ms + HOUR_MS, WARM, 30)
        self.say(self.shipped_ms + 90 * MINUTE_MS, COOL, 30)
        return [self.hand(number) for number in range(len(units))]

    # Claims.

    def claim(self, number: int = 0, fen: int = 1_000, cause: Any = "quality") -> str:
        """Buyer `number` claims; the hex id of her order."""
        self.accept(self.buyer(f"c1 {number}"), c.OpenClaim(CAMPAIGN, cause, (REASONS,)), c.ClaimTerms(fen))
        return self.order(f"c1 {number}")

    def refuse_claim(self, refusal: type[Refusal], number: int = 0, fen: int = 1_000, **more: Any) -> list[str]:
        """As `claim`; fails unless refused."""
        action = c.OpenClaim(more.get("campaign", CAMPAIGN), "quality")
        return self.refuse(self.buyer(f"c1 {number}"), action, refusal, c.ClaimTerms(fen))

    def withdraw(self, number: int = 0) -> None:
        """Buyer `number` takes her claim back."""
        self.accept(self.buyer(f"c1 {number}"), c.WithdrawClaim(CAMPAIGN))

    def payment(self, order: str, fen: int, own: bool = False) -> c.Payment:
        """What a leader says who pays."""
        return c.Payment(bytes.fromhex(order), fen, own)

    def pay(self, order: str, fen: int, own: bool = False, leader: str = "mei") -> None:
        """The leader pays an order's claim."""
        self.accept(leader, c.Pay(CAMPAIGN), self.payment(order, fen, own))

    def refuse_pay(
        self, order: str, fen: int, refusal: type[Refusal], own: bool = False, leader: str = "mei"
    ) -> list[str]:
        """As `pay`; fails unless refused."""
        return self.refuse(leader, c.Pay(CAMPAIGN), refusal, self.payment(order, fen, own))

    def contest(self, order: str, by: str = "hub") -> None:
        """Whoever is found liable contests."""
        self.accept(by, c.Contest(CAMPAIGN), c.Contested(bytes.fromhex(order), b"\x01" * 32))

    def finding(self, order: str, award: int, liable: str = "") -> c.Finding:
        """What an adjudicator says."""
        return c.Finding(bytes.fromhex(order), award, liable, b"\x02" * 32)

    def adjudicate(self, order: str, award: int, liable: str = "", by: str = "court") -> None:
        """The adjudicator decides."""
        self.accept(by, c.Adjudicate(CAMPAIGN), self.finding(order, award, liable))

    def refuse_verdict(
        self, order: str, award: int, liable: str, refusal: type[Refusal], by: str = "court"
    ) -> list[str]:
        """As `adjudicate`; fails unless refused."""
        return self.refuse(by, c.Adjudicate(CAMPAIGN), refusal, self.finding(order, award, liable))

    def claim_of(self, order: str, number: int = 1) -> Claim:
        """The row of an order's claim."""
        row = claims.get(self.context(), claim_key(order, number))
        assert row is not None
        return row


_FIRST: list[Court] = []


def fresh() -> Court:
    """A court before which nothing has come; made once and copied."""
    if not _FIRST:
        _FIRST.append(Court())
    copy = _FIRST[0].fork()
    assert isinstance(copy, Court)
    return copy


__all__ = ["CAMPAIGN", "CHILLED", "COOL", "DAY_MS", "HOUR_MS", "KG", "MINUTE_MS", "TRUCK", "WARM", "Court", "fresh"]
