"""A small market on a real validator: a presale that forms and is handed out, and another leader's that is open."""

import asyncio
import os
from dataclasses import dataclass, field

from linxin.v1 import ledger_pb2, trade_pb2

from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.crypto.signing import SigningKey
from ledger.module import Action
from ledger.modules.claims import messages as c
from ledger.modules.groupbuy import messages as g
from ledger.modules.payments import messages as p
from ledger.modules.registry.messages import Metric, NewKey, RegisterDevice, RegisterMember, possession_message
from ledger.modules.trace import messages as t
from ledger.transaction import make_transaction
from tests.network.nodes import FARM, PLATFORM, Client, Network, key_of, now_ms
from tests.trace.world import BERRY, KG

HOUR_MS = 3_600_000
CUT_OFF_MS = 8_000
"""From the draft to the cut-off of the presale that forms."""

ORGANISATIONS = (
    ("rival", "farm"),
    ("bank", "custodian"),
    ("bank-2", "custodian"),
    ("garden", "community"),
    ("court", "inspector"),
    ("bureau", "regulator"),
)
LEADERS, RESIDENTS, PROBE = ("lin", "mei"), ("wang",), "probe"
PLANTING, LOT = "planting:berry", f"{BERRY}/L1"
FORMED, OPEN = "berries-1", "berries-2"
UNITS = {"anna": 3, "bo": 2, "chen": 1}
"""Orders of the presale that forms, by buyer."""


def buyer_key(name: str) -> SigningKey:
    """The key under which a buyer orders."""
    return key_of(f"order of {name}")


def order_of(name: str) -> str:
    """Hex id of a buyer's order."""
    key = buyer_key(name)
    return g.order_id(key.algorithm, key.public_key).hex()


def code_of(name: str) -> str:
    """The pickup code of a buyer's order."""
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "".join(letters[byte % 32] for byte in digest("pickup-code", name.encode())[:16])


@dataclass
class Market:
    """Who does what on a running network; see `trade`.

    `receipts`: number of the last one by whom it was made out to; `placed`, `packed`: ids of these records.
    """

    network: Network
    client: Client
    receipts: dict[str, bytes] = field(default_factory=dict)
    placed: dict[str, bytes] = field(default_factory=dict)
    packed: bytes = b""

    async def do(self, key: SigningKey, action: Action, restricted: Message | None = None) -> bytes:
        """One record, which must be accepted; its id."""
        salt = None if restricted is None else os.urandom(32)
        expires_ms = now_ms() + 600_000
        raw = make_transaction(key, self.network.chain_id, action, os.urandom(16), expires_ms, restricted, salt)
        (outcome,) = await self.client.submit([raw])
        assert outcome.status == ledger_pb2.Outcome.ACCEPTED, (action, outcome.refusal)
        return outcome.id

    def new_key(self, key: SigningKey, subject: str) -> NewKey:
        """A key for a subject, with its proof of possession."""
        return NewKey(key.algorithm, key.public_key, key.sign(possession_message(self.network.chain_id, subject)))

    def receipt(self, beneficiary: str, fen: int) -> p.Receipt:
        """The bank's receipt."""
        number, valid_to_ms, key = os.urandom(16), now_ms() + HOUR_MS, key_of("bank")
        signed = p.receipt_message(self.network.chain_id, "bank", number, fen, beneficiary, valid_to_ms)
        self.receipts[beneficiary] = number
        return p.Receipt("bank", number, fen, beneficiary, valid_to_ms, key.algorithm, key.public_key, key.sign(signed))

    def ticket(self, name: str, campaign: str) -> g.Ticket:
        """The garden's ticket for a buyer's order."""
        number, key = os.urandom(16), key_of("garden")
        order = bytes.fromhex(order_of(name))
        signed = g.ticket_message(self.network.chain_id, "garden", campaign, order, number)
        return g.Ticket(number, key.algorithm, key.public_key, key.sign(signed))

    async def place(self, name: str, units: int, campaign: str) -> None:
        """A buyer orders at ten yuan a unit."""
        order = order_of(name)
        receipt, ticket = self.receipt(f"order:{order}", units * 1_000), self.ticket(name, campaign)
        said = g.Place(units, receipt, ticket, g.code_commitment(bytes.fromhex(order), code_of(name)))
        self.placed[name] = await self.do(buyer_key(name), g.Order(campaign), said)

    def draft(self, campaign: str, seller: str, source: str, cutoff_ms: int) -> g.Draft:
        """Berries in units of half a kilogram: ten yuan each, nine from five units on."""
        return g.Draft(
            campaign=campaign,
            title="周末草莓",
            community="garden",
            seller=seller,
            platform="platform",
            custodian="bank",
            logistics="hub",
            adjudicator="court",
            product=BERRY,
            sources=(source,),
            unit_quantity=KG // 2,
            tolerance_bp=500,
            ladder=(g.Tier(1, 1_000), g.Tier(5, 900)),
            minimum=5,
            maximum=100,
            per_order=20,
            cutoff_ms=cutoff_ms,
            delivery_from_ms=cutoff_ms + 1_000,
            delivery_to_ms=cutoff_ms + 10 * HOUR_MS,
            pickup="gate-3",
            pickup_address=digest("ticket", b"address"),
            shares=g.Shares(1_000, 500, 800),
            deposit_fen=5_000,
            holdback_bp=1_000,
            perishable=True,
        )

    async def settle_in(self) -> None:
        """People, goods and money."""
        for member in LEADERS:
            await self.do(key_of("garden"), RegisterMember(member, "leader", True, self.member_key(member)))
        for member in RESIDENTS:
            await self.do(key_of("garden"), RegisterMember(member, "resident", True, self.member_key(member)))
        metrics = (Metric("temperature", "CEL", -2, -4_000, 8_500),)
        probe = self.new_key(key_of(PROBE), f"device:{PROBE}")
        await self.do(FARM, RegisterDevice(PROBE, "探头", "Probe", metrics, 60_000, probe))
        await self.do(FARM, t.RegisterProduct(BERRY, "草莓", "Strawberry", "kg", 0, 100_000))
        await self.do(PLATFORM, p.Deposit(), self.receipt("organisation:platform", 900_000))
        for farm, bed in (("farm", "berry"), ("rival", "rival-berry")):
            key = key_of(farm)
            await self.do(key, t.RegisterPlot(f"{farm}-plot", "一号棚", "Tunnel", 600))
            await self.do(key, t.StartPlanting(bed, f"{farm}-plot", "草莓", "红颜", now_ms() - 60_000))
            await self.do(key, g.CommitSupply(f"planting:{bed}", BERRY, KG // 2, 200))
            await self.do(key, p.Deposit(), self.receipt(f"organisation:{farm}", 100_000))
        await self.do(key_of("lin"), p.Deposit(), self.receipt("member:lin", 7_000))
        await self.do(FARM, p.Withdraw(), p.WithdrawTerms("bank", 2_500))
        for target, fen in (("guarantee", 100_000), ("float:lin", 20_000)):
            await self.do(PLATFORM, p.Move(), p.MoveTerms("bank", "", target, fen))

    def member_key(self, member: str) -> NewKey:
        """The key of a leader or resident."""
        return self.new_key(key_of(member), f"member:{member}")

    async def open(self, campaign: str, leader: str, farm: str, source: str, cutoff_ms: int) -> None:
        """A campaign that takes orders."""
        await self.do(key_of(leader), self.draft(campaign, farm, source, cutoff_ms))
        await self.do(key_of(farm), g.Open(campaign))

    async def until(self, campaign: str, state: str) -> trade_pb2.Campaign:
        """Watch a campaign until it is in a state."""
        async with asyncio.timeout(30):
            async for shown in self.client.trade.WatchCampaign(trade_pb2.WatchCampaignRequest(campaign=campaign)):
                if shown.state == state:
                    return shown
        raise AssertionError(f"{campaign} ended before it was {state}")

    async def hand_out(self) -> None:
        """Harvest, allocate, pack (one parcel lighter), ship, arrive."""
        await self.do(FARM, t.Harvest("berry", BERRY, "L1", 100 * KG, now_ms()))
        await self.do(FARM, g.Allocate(FORMED, (t.Portion(LOT, sum(UNITS.values()) * KG // 2),)))
        await self.until(FORMED, "allocated")
        grams = {"anna": 1_500, "bo": 960, "chen": 500}
        parcels = tuple(g.Parcel(bytes.fromhex(order_of(name)), weight) for name, weight in grams.items())
        self.packed = await self.do(FARM, g.Handle(FORMED), g.Pack(parcels))
        await self.do(FARM, t.Ship("truck-1", "hub", now_ms(), lots=(t.Portion(LOT, 3 * KG),)))
        await self.do(FARM, g.Ship(FORMED, ("truck-1",)))
        await self.do(key_of("lin"), g.Arrive(FORMED, now_ms()))

    async def claim(self) -> None:
        """anna and chen collect and claim; the leader pays chen a part, the adjudicator finds the carrier liable to
        her. anna's claim waits for the adjudicator.
        """
        lin, reasons = key_of("lin"), digest("ticket", b"reasons")
        for name, fen in (("anna", 700), ("chen", 500)):
            await self.do(lin, g.Handle(FORMED), g.HandOver(bytes.fromhex(order_of(name)), code_of(name)))
            await self.do(buyer_key(name), c.OpenClaim(FORMED, "damaged", (reasons,)), c.ClaimTerms(fen))
        order = bytes.fromhex(order_of("chen"))
        await self.do(lin, c.Pay(FORMED), c.Payment(order, 200))
        await self.do(key_of("court"), c.Adjudicate(FORMED), c.Finding(order, 500, "hub", reasons))


async def trade(network: Network) -> Market:
    """Both presales: `FORMED` has been handed out to two of its three buyers, who claim; `OPEN` has one order."""
    client = Client.of(network)
    market = Market(network, client)
    await market.settle_in()
    cutoff_ms = now_ms() + CUT_OFF_MS
    await market.open(FORMED, "lin", "farm", PLANTING, cutoff_ms)
    for name, units in UNITS.items():
        await market.place(name, units, FORMED)
    assert now_ms() < cutoff_ms, "this machine is too slow for the cut-off of this test"
    await market.open(OPEN, "mei", "rival", "planting:rival-berry", now_ms() + 10 * HOUR_MS)
    await market.place("dora", 1, OPEN)
    await market.until(FORMED, "formed")
    await market.hand_out()
    await market.claim()
    await client.channel.close(None)
    return market
