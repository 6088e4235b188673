"""The second half of a campaign's life, step by step: from the lots that fill it to the last fen."""

from collections.abc import Callable
from typing import Any

import msgspec

from ledger.block import Receipt as BlockReceipt
from ledger.context import Context
from ledger.errors import Refusal
from ledger.module import Action, Module, Rule
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.common import FILLED
from ledger.modules.groupbuy.state import OrderRow
from ledger.modules.payments import ports as p
from ledger.modules.payments.payouts import every_instruction
from ledger.modules.payments.state import accounts
from ledger.modules.trace import messages as t
from ledger.modules.trace.messages import Portion
from ledger.roles import ANYONE
from tests.groupbuy.world import BERRY, DAY_MS, HOUR_MS, KG, World

HALF = KG // 2
"""Micro-units in one unit of the campaigns of `World.draft`."""

FARM = p.organisation_account("bank", "farm")
PLATFORM = p.organisation_account("bank", "platform")
HUB = p.organisation_account("bank", "hub")
MEI = p.member_account("bank", "mei")
LAN = p.member_account("bank", "lan")
GUARANTEE = p.guarantee_account("bank", "platform")
CAMPAIGN = "c1"
ESCROW = p.escrow_account("bank", CAMPAIGN)
DEPOSIT = p.deposit_account("bank", CAMPAIGN)
HOLDBACK = p.holdback_account("bank", CAMPAIGN)


_ACTS: list[Callable[[Context], Any]] = []


class Act(Action, tag="acting.act"):
    """Do what the test says next."""


def _act(ctx: Context, _action: Act) -> None:
    _ACTS.pop()(ctx)


class Market(World):
    """A world whose campaigns go on after they formed. Methods that say no campaign mean "c1"."""

    def modules(self) -> tuple[Module, ...]:
        """Those of `World`, and one that acts for modules which use the ports of others."""
        return (*super().modules(), Module("acting", (Rule(Act, ANYONE, _act),)))

    def lot(self, number: str, units: int) -> str:
        """A lot of the farm of so many half kilograms; its key."""
        self.accept("farm", t.Harvest("berry-2026", BERRY, number, units * HALF, self.now))
        return f"{BERRY}/{number}"

    def allocate(self, lots: dict[str, int], campaign: str = CAMPAIGN) -> None:
        """Fill a campaign from units of lots, and let the sweeps end."""
        self.accept("farm", m.Allocate(campaign, portions(lots)))
        self.drain()

    def allocated(self, *units: int, fill: int | None = None, campaign: str = CAMPAIGN, **terms: Any) -> list[str]:
        """A campaign that formed by orders of so many units, filled with `fill` of them (all) by one lot, `campaign`;
        the order ids.
        """
        placed = self.formed(*units, campaign=campaign, **terms)
        count = sum(units) if fill is None else fill
        self.allocate({self.lot(campaign, count): count}, campaign)
        return placed

    def pack(self, key: str, *parcels: m.Parcel, campaign: str = CAMPAIGN) -> BlockReceipt:
        """Parcels are packed."""
        return self.accept(key, m.Handle(campaign), m.Pack(parcels))

    def trace_ship(self, name: str, giver: str = "farm", taker: str = "hub", campaign: str = CAMPAIGN) -> str:
        """A shipment of some of the campaign's first lot, received at once; its id."""
        portion = self.campaign(campaign).lots[0]
        self.hand_over(name, giver, taker, lots=(Portion(portion.lot, HALF),))
        return name

    def ship(self, campaign: str = CAMPAIGN) -> None:
        """The goods go from farm to hub."""
        self.accept("farm", m.Ship(campaign, (self.trace_ship(f"{campaign}-1", campaign=campaign),)))

    def arrive(self, campaign: str = CAMPAIGN, leader: str = "mei") -> None:
        """The leader has the goods."""
        self.accept(leader, m.Arrive(campaign, self.now))

    def arrived(self, *units: int, campaign: str = CAMPAIGN, **more: Any) -> list[str]:
        """As `allocated`, and the goods are at the pickup point."""
        placed = self.allocated(*units, campaign=campaign, **more)
        self.ship(campaign)
        self.arrive(campaign)
        return placed

    def handing(self, number: int, campaign: str = CAMPAIGN, **more: Any) -> m.HandOver:
        """What the leader says who hands the order of buyer `number` over."""
        name = f"{campaign} {number}"
        code = more.pop("code", self.code(name))
        return m.HandOver(bytes.fromhex(self.order(name)), code, **more)

    def hand(self, number: int, leader: str = "mei", campaign: str = CAMPAIGN, **more: Any) -> str:
        """The leader hands the order of buyer `number` over; its hex id."""
        self.accept(leader, m.Handle(campaign), self.handing(number, campaign, **more))
        return self.order(f"{campaign} {number}")

    def attend(self, leader: str = "mei", campaign: str = CAMPAIGN) -> None:
        """The leader says that she is there with what is left."""
        self.accept(leader, m.Attend(campaign))

    def nobody_comes(self, leader: str = "mei", campaign: str = CAMPAIGN) -> None:
        """Buyers are reminded, the leader is there for them, and still nobody comes until the grace is over."""
        self.later(8 * HOUR_MS)
        self.attend(leader, campaign)
        self.later(DAY_MS)

    def refuse_hand(self, number: int, refusal: type[Refusal], leader: str = "mei", **more: Any) -> list[str]:
        """As `hand`; fails unless refused."""
        return self.refuse(leader, m.Handle(CAMPAIGN), refusal, self.handing(number, **more))

    def acknowledge(self, number: int, campaign: str = CAMPAIGN) -> str:
        """Buyer `number` says that she has the goods; the hex id of her order."""
        name = f"{campaign} {number}"
        self.accept(self.buyer(name), m.Order(campaign), m.Acknowledge())
        return self.order(name)

    def instructed(self, order: str) -> int:
        """What the custodian was told to pay back to an order's receipt, fen: `refunded` but for what is only owed."""
        rows = every_instruction(self.context())
        return sum(row.fen for _, row in rows if row.receipt == self.line(order).receipt)

    def write(self, rule: Callable[[Context], Any]) -> None:
        """What another module would do by a port, in a block of its own."""
        _ACTS.append(rule)
        self.accept("farm", Act())

    def later(self, ms: int) -> None:
        """Time passes, and all that is due runs."""
        self.until(self.now + ms)

    def state(self, campaign: str = CAMPAIGN) -> str:
        """Where a campaign stands."""
        return self.campaign(campaign).state

    def states(self, orders: list[str]) -> list[str]:
        """Where lines stand by their rows; those of a campaign that lots filled whole are allotted without a record."""
        return [self._state(self.line(order)) for order in orders]

    def _state(self, row: OrderRow) -> str:
        is_filled = self.campaign(row.campaign).state in FILLED
        return "allotted" if row.state == "owed" and is_filled else row.state

    def split(self, order: str) -> tuple[int, int, int, int, int]:
        """(seller, leader, platform, logistics, of the seller's held back) of a settled line."""
        row = self.line(order).split
        assert row is not None
        return row.seller_fen, row.leader_fen, row.platform_fen, row.logistics_fen, row.holdback_fen

    def balances(self) -> dict[str, int]:
        """What is in every account that is no receipt's and no custodian's, without those that are empty."""
        rows = accounts.scan(self.context(), limit=10_000)
        own = {key: row.balance_fen for key, row in rows if "/receipt:" not in key and not key.endswith("/custodian")}
        return {key: fen for key, fen in own.items() if fen}

    def events(self, name: str) -> list[list[Any]]:
        """The fields of all events of that name, in order."""
        outcomes = [msgspec.msgpack.decode(leaf)[3] for leaf in self.leaves]
        found = [event for outcome in outcomes for event in outcome[3] if isinstance(event, list)]
        return [event[1:] for event in found if event[:1] == [name]]


def portions(lots: dict[str, int]) -> tuple[Portion, ...]:
    """Units of lots as the messages want them."""
    return tuple(Portion(lot, units * HALF) for lot, units in lots.items())


_FIRST: list[Market] = []


def fresh() -> Market:
    """A market in which nothing has happened; made once and copied."""
    if not _FIRST:
        _FIRST.append(Market())
    copy = _FIRST[0].fork()
    assert isinstance(copy, Market)
    return copy
