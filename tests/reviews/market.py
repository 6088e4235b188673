"""A market for reviewers on a real validator, in large batches through the client: everybody orders, and collects.

An order has a key of its own, its receipt, its ticket and its code, as any other; a campaign takes so many at once that
its cut-off is what one waits for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linxin.v1 import trade_pb2

from client import trade
from client.connection import Connection
from client.reviewing import Reviewer, make_membership
from client.submit import envelope_id, sign_action, submit
from client.trading import NewOrder, make_receipt, make_ticket
from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.crypto.signing import SigningKey
from ledger.module import Action
from ledger.modules.groupbuy import messages as g
from ledger.modules.payments import messages as p
from ledger.modules.registry.messages import NewKey, RegisterMember, possession_message
from ledger.modules.trace import messages as t
from ledger.modules.trace.identifiers import gs1_check_digit, lot_key
from tests.network.nodes import Network, key_of, make_network, now_ms

ORGANISATIONS = (("bank", "custodian"), ("garden", "community"), ("court", "inspector"))
LEADER, KG, HOUR_MS, PRICE_FEN, WAIT_S = "lin", 1_000_000, 3_600_000, 1_000, 60.0
PRODUCTS = {
    kind: payload + gs1_check_digit(payload)
    for kind, payload in (("fruit", "0952123400101"), ("milk", "0952123400102"), ("meal", "0952123400103"))
}
PARCELS = 256


def build(root: Path, points_day_max: int = 60) -> Network:
    """The network's folder; `points_day_max`: as the ledger calls it."""
    return make_network(root, more=ORGANISATIONS, empty_block_ms=200, publish_ms=1_000, points_day_max=points_day_max)


@dataclass
class Line:
    """One order, collected, and whose."""

    campaign: str
    order: NewOrder


@dataclass
class Market:
    """What is sold on a network, by whom; `ms_each`: how long this machine took for a record, in the beginning."""

    network: Network
    connection: Connection
    ms_each: float = 0.0
    campaigns: dict[str, trade_pb2.Campaign] = field(default_factory=dict)

    async def settle_in(self, units: int) -> None:
        """People, goods and money for so many orders of each product."""
        started = time.monotonic()
        lin = key_of(LEADER)
        new_key = NewKey(lin.algorithm, lin.public_key, lin.sign(possession_message(self.chain_id, f"member:{LEADER}")))
        await self.do("garden", RegisterMember(LEADER, "leader", True, new_key))
        await self.do("platform", p.Deposit(), self._receipt("organisation:platform", 900_000))
        await self.do("farm", p.Deposit(), self._receipt("organisation:farm", 10_000_000))
        await self.do("platform", p.Move(), p.MoveTerms("bank", "", "guarantee", 100_000))
        await self.do("farm", t.RegisterPlot("plot", "一号棚", "Tunnel", 600))
        for kind, product in PRODUCTS.items():
            await self.do("farm", t.RegisterProduct(product, kind, kind, "kg", 0, 0))
            await self.do("farm", t.StartPlanting(kind, "plot", kind, kind, now_ms() - 60_000))
            await self.do("farm", g.CommitSupply(f"planting:{kind}", product, KG // 2, units))
        self.ms_each = (time.monotonic() - started) * 1_000 / 14

    @property
    def chain_id(self) -> bytes:
        """Of the network."""
        return self.network.chain_id

    def _receipt(self, beneficiary: str, fen: int) -> p.Receipt:
        return make_receipt(
            key_of("bank"), self.chain_id, "bank", fen=fen, beneficiary=beneficiary, valid_to_ms=now_ms() + HOUR_MS
        )

    async def do(self, signer: str, action: Action, restricted: Message | None = None) -> bytes:
        """One record; its id."""
        envelope = sign_action(key_of(signer), self.chain_id, action, restricted=restricted)
        await self.all_final([envelope], str(type(action)))
        return envelope_id(envelope)

    async def all_final(self, envelopes: Sequence[bytes], what: str) -> None:
        """Have many made final; each must be accepted."""
        for outcome in await submit(self.connection, envelopes, timeout_s=WAIT_S + len(envelopes) / 5):
            outcome.need(what)

    async def sell(self, kind: str, number: int, count: int) -> list[Line]:
        """One campaign of a product, in which `count` buyers order one unit each, and collect it."""
        campaign, lin = f"{kind}-{number}", key_of(LEADER)
        orders = [NewOrder(campaign) for _ in range(count)]
        placed = [self._place(each) for each in orders]
        cutoff_ms = now_ms() + 3_000 + int(count * max(12.0, self.ms_each / 8))
        await self.do(LEADER, self._draft(campaign, kind, count, cutoff_ms))
        await self.do("farm", g.Open(campaign))
        await self.all_final(placed, "groupbuy.order")
        await self._until(campaign, "formed", "an order came too late: this machine is too slow")
        await self._bring(campaign, kind, orders)
        handed = [sign_action(lin, self.chain_id, g.Handle(campaign), restricted=each.hand_over()) for each in orders]
        await self.all_final(handed, "groupbuy.handle")
        self.campaigns[campaign] = await trade.get_campaign(self.connection, campaign)
        return [Line(campaign, each) for each in orders]

    def _place(self, order: NewOrder) -> bytes:
        receipt = self._receipt(order.subject, PRICE_FEN)
        ticket = make_ticket(key_of("garden"), self.chain_id, "garden", order.campaign, order.id)
        return order.place(self.chain_id, 1, receipt, ticket)

    async def _bring(self, campaign: str, kind: str, orders: Sequence[NewOrder]) -> None:
        """Harvested, allocated, packed, shipped, at the pickup point."""
        lot, quantity = lot_key(PRODUCTS[kind], campaign.upper()), len(orders) * KG // 2
        await self.do("farm", t.Harvest(kind, PRODUCTS[kind], campaign.upper(), quantity, now_ms()))
        await self.do("farm", g.Allocate(campaign, (t.Portion(lot, quantity),)))
        await self._until(campaign, "allocated", "it is not allocated")
        parcels = [g.Parcel(each.id, 500) for each in orders]
        packed = [g.Pack(tuple(parcels[start : start + PARCELS])) for start in range(0, len(parcels), PARCELS)]
        farm = key_of("farm")
        await self.all_final(
            [sign_action(farm, self.chain_id, g.Handle(campaign), restricted=part) for part in packed], "pack"
        )
        await self.do("farm", t.Ship(f"to-{campaign}", "hub", now_ms(), lots=(t.Portion(lot, quantity),)))
        await self.do("farm", g.Ship(campaign, (f"to-{campaign}",)))
        await self.do(LEADER, g.Arrive(campaign, now_ms()))

    async def _until(self, campaign: str, state: str, otherwise: str) -> None:
        async with asyncio.timeout(10 * WAIT_S):
            async for found in trade.watch_campaign(self.connection, campaign):
                if found.state == state:
                    return
        raise AssertionError(otherwise)

    def _draft(self, campaign: str, kind: str, count: int, cutoff_ms: int) -> g.Draft:
        return g.Draft(
            campaign=campaign,
            title=campaign,
            community="garden",
            seller="farm",
            platform="platform",
            custodian="bank",
            logistics="hub",
            adjudicator="court",
            product=PRODUCTS[kind],
            sources=(f"planting:{kind}",),
            unit_quantity=KG // 2,
            tolerance_bp=500,
            ladder=(g.Tier(1, PRICE_FEN),),
            minimum=1,
            maximum=count,
            per_order=1,
            cutoff_ms=cutoff_ms,
            delivery_from_ms=cutoff_ms + 1_000,
            delivery_to_ms=cutoff_ms + 10 * HOUR_MS,
            pickup="gate-3",
            pickup_address=digest("blob", b"address"),
            shares=g.Shares(1_000, 500, 800),
            deposit_fen=5_000,
            holdback_bp=1_000,
            perishable=True,
        )

    def resident(self, name: str) -> Reviewer:
        """A member of the community with a key of that name."""
        key: SigningKey = key_of(f"{name} in the garden")
        valid_to_ms = now_ms() + 24 * HOUR_MS
        return Reviewer(
            key, make_membership(key_of("garden"), self.chain_id, "garden", key, serves=(), valid_to_ms=valid_to_ms)
        )


def on_market(network: Network, work: Callable[[Market], Awaitable[None]]) -> None:
    """Run what is done on a market, over a connection of its own."""

    async def run() -> None:
        async with Connection([network.address], network.authority, network.chain_id) as connection:
            await work(Market(network, connection))

    asyncio.run(run())
