"""Whole lives of orders as signed envelopes with times: drafted, opened, ordered, cut off, allocated, packed, shipped,
arrived, handed over, settled, and what goes back to buyers paid by the custodian.

A life is an open loop: each step has its time, whatever became of the one before. `Pace.gap_s` lies between steps that
need each other, so a network that takes longer than that to make a step final refuses the next, which counts as a
failure. Settlement is the ledger's own work (timers).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.groups import UNITS_MAX, Group
from client.submit import sign_action
from client.trading import NewOrder, make_receipt, make_ticket
from ledger.crypto.encoding import Message
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.module import Action
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.handling import packed_worth
from ledger.modules.payments import messages as money
from ledger.modules.payments.ports import instruction_id, transfer_id
from ledger.modules.registry.messages import NewKey, RegisterMember, possession_message
from ledger.modules.trace import messages as trace
from ledger.modules.trace.identifiers import complete_network_code

PARAMETERS = {
    "block_interval_ms": 400,
    "timers_per_block": 1_024,
    "publish_ms": 5_000,
    "perishable_window_ms": 5_000,
    "holdback_ms": 5_000,
}
"""What the benchmark's network declares in its genesis file.

Windows are so short that lives end while it is measured. Blocks are made at most every 400 ms (50 by default): each
costs all nodes CPU whatever is in it, and a second is allowed. A block has room for four times as many due timers as by
default: with twice as many, steady load left some to each next block (the run of 19:46 in benchmarks/README.md).
"""

SETTLED_S = 32.0
"""After its last hand-over a campaign is closed within this: the window and the holdback, each ended by a timer that
waits for the next block (ten seconds at most, once the load is over), and two seconds.
"""

LIFETIME_MS = 3_600_000
KG = 1_000_000
UNIT_QUANTITY = KG // 2
UNIT_GRAMS = 500
LIGHT_GRAMS = 483
LIGHT_EVERY = 5
"""Every fifth parcel is packed so light; the difference goes back to its buyer."""

CAMPAIGNS_A_LOT = 20
SUPPLY_UNITS = 1_000_000
FUNDS_FEN = 10**9
DEPOSIT_FEN = 10_000
PLANTING, PLOT = "capacity-berries", "capacity-plot"
PRODUCT = complete_network_code("CAPACITYBERRY")


@dataclass(frozen=True)
class Cast:
    """The organisations of a market by their part: ids and keys."""

    chain_id: bytes
    ids: Mapping[str, str]
    keys: Mapping[str, SigningKey]

    def envelope(self, key: str | SigningKey, action: Action, restricted: Message | None = None) -> bytes:
        """Signed by a part's key, or by another."""
        signer = self.keys[key] if isinstance(key, str) else key
        return sign_action(signer, self.chain_id, action, restricted=restricted, lifetime_ms=LIFETIME_MS)


@dataclass(frozen=True)
class Pace:
    """How fast lives go by, seconds. `order_s`: while orders come, and while they are handed over; `gap_s`: above."""

    order_s: float = 20.0
    gap_s: float = 2.0

    @property
    def cutoff_s(self) -> float:
        """From a life's begin to its cut-off."""
        return 3 * self.gap_s + self.order_s

    @property
    def handing_s(self) -> float:
        """From its begin to the first hand-over."""
        return self.cutoff_s + 6 * self.gap_s

    @property
    def life_s(self) -> float:
        """From its begin to the last hand-over."""
        return self.handing_s + self.order_s


class Step(NamedTuple):
    """One record of a life: when it is due (seconds from the market's zero), what kind it is, its envelope."""

    due_s: float
    kind: str
    envelope: bytes


@dataclass
class Market:
    """All campaigns of one run on one network. `zero_ms`: the epoch time that steps count from."""

    cast: Cast
    pace: Pace
    name: str
    zero_ms: int = 0
    leaders: dict[int, SigningKey] = field(default_factory=dict)

    def campaign(self, group: Group) -> str:
        """Its id."""
        return f"{self.name}-{group.number}"

    def setup(self, groups: Sequence[Group], *, first: bool = True) -> Iterator[list[bytes]]:
        """Waves of envelopes that must be final before any life begins; those of the goods only for the `first` market
        of a network.
        """
        cast, now_ms = self.cast, time.time_ns() // 1_000_000
        seller = "seller"
        if first:
            product = trace.RegisterProduct(PRODUCT, "草莓", "Strawberries", "kg", 0, 0)
            plot = trace.RegisterPlot(PLOT, "一号棚", "Greenhouse 1", 100_000)
            yield [cast.envelope(seller, product), cast.envelope(seller, plot)]
            planting = trace.StartPlanting(PLANTING, PLOT, "草莓", "红颜", now_ms - 1000)
            receipt = make_receipt(
                cast.keys["custodian"],
                cast.chain_id,
                cast.ids["custodian"],
                fen=FUNDS_FEN,
                beneficiary=f"organisation:{cast.ids[seller]}",
                valid_to_ms=now_ms + LIFETIME_MS,
            )
            yield [cast.envelope(seller, planting), cast.envelope(seller, money.Deposit(), receipt)]
            supply = m.CommitSupply(f"planting:{PLANTING}", PRODUCT, UNIT_QUANTITY, SUPPLY_UNITS)
            yield [cast.envelope(seller, supply)]
        yield [self._leader(leader) for leader in dict.fromkeys(group.leader for group in groups)]
        lots = [groups[start : start + CAMPAIGNS_A_LOT] for start in range(0, len(groups), CAMPAIGNS_A_LOT)]
        quantities = [UNIT_QUANTITY * sum(group.units for group in each) for each in lots]
        numbers = [self._lot(each[0]) for each in lots]
        yield [
            cast.envelope(seller, trace.Harvest(PLANTING, PRODUCT, number, quantity, now_ms))
            for number, quantity in zip(numbers, quantities, strict=True)
        ]
        hub = cast.ids["logistics"]
        yield [
            cast.envelope(
                seller,
                trace.Ship(number.lower(), hub, now_ms, lots=(trace.Portion(f"{PRODUCT}/{number}", quantity),)),
            )
            for number, quantity in zip(numbers, quantities, strict=True)
        ]
        yield [cast.envelope("logistics", trace.Receive(number.lower(), now_ms)) for number in numbers]
        self._lots = {group.number: number for each, number in zip(lots, numbers, strict=True) for group in each}

    def terms(self, group: Group, cutoff_ms: int) -> m.Draft:
        """What the leader drafts. The price falls twice before all have ordered; a failing group lacks one unit."""
        ids, price = self.cast.ids, group.price_fen
        tiers = {1: price, 2 + group.units // 3: price * 95 // 100, 3 + group.units * 2 // 3: price * 90 // 100}
        return m.Draft(
            campaign=self.campaign(group),
            title=f"拼团 {group.item}",
            community=ids["community"],
            seller=ids["seller"],
            platform=ids["platform"],
            custodian=ids["custodian"],
            logistics=ids["logistics"],
            adjudicator=ids["adjudicator"],
            product=PRODUCT,
            sources=(f"planting:{PLANTING}",),
            unit_quantity=UNIT_QUANTITY,
            tolerance_bp=500,
            ladder=tuple(m.Tier(units, fen) for units, fen in tiers.items()),
            minimum=group.units if group.succeeds else group.units + 1,
            maximum=group.units + 1,
            per_order=UNITS_MAX,
            cutoff_ms=cutoff_ms,
            delivery_from_ms=cutoff_ms + 1_000,
            delivery_to_ms=cutoff_ms + LIFETIME_MS,
            pickup=f"gate-{group.number % 50}",
            pickup_address=sha256(b"address"),
            shares=m.Shares(800, 300, 500),
            deposit_fen=DEPOSIT_FEN,
            holdback_bp=500,
            perishable=True,
        )

    def opening(self, group: Group, start_s: float, cutoff_s: float) -> list[Step]:
        """Drafted and opened."""
        draft = self.terms(group, self._at(cutoff_s))
        agreed = self.cast.envelope("seller", m.Open(draft.campaign))
        return [
            Step(start_s, "leader", self.cast.envelope(self.leaders[group.leader], draft)),
            Step(start_s + self.pace.gap_s, "seller", agreed),
        ]

    def orders(self, group: Group) -> list[tuple[NewOrder, money.Receipt, bytes]]:
        """Each buyer's order, its receipt, and the envelope that places it."""
        cast, campaign, found = self.cast, self.campaign(group), []
        valid_to_ms = time.time_ns() // 1_000_000 + LIFETIME_MS
        for buyer in group.buyers:
            order = NewOrder(campaign)
            receipt = make_receipt(
                cast.keys["custodian"],
                cast.chain_id,
                cast.ids["custodian"],
                fen=buyer.units * group.price_fen,
                beneficiary=order.subject,
                valid_to_ms=valid_to_ms,
            )
            ticket = make_ticket(cast.keys["community"], cast.chain_id, cast.ids["community"], campaign, order.id)
            placed = order.place(cast.chain_id, buyer.units, receipt, ticket, lifetime_ms=LIFETIME_MS)
            found.append((order, receipt, placed))
        return found

    def life(self, group: Group, start_s: float) -> list[Step]:
        """All steps of one campaign and its orders."""
        pace = self.pace
        cutoff_s = start_s + pace.cutoff_s
        steps = self.opening(group, start_s, cutoff_s)
        made = self.orders(group)
        each_s = pace.order_s / len(made)
        first_s = start_s + 2 * pace.gap_s
        steps += [Step(first_s + number * each_s, "place", placed) for number, (_, _, placed) in enumerate(made)]
        if not group.succeeds:
            ids = [_refund(receipt, b"failed") for _, receipt, _ in made]
            return [*steps, Step(cutoff_s + 2 * pace.gap_s, "custodian", self._confirm(ids))]
        return steps + self._delivery(group, cutoff_s, made)

    def _delivery(
        self, group: Group, cutoff_s: float, made: Sequence[tuple[NewOrder, money.Receipt, bytes]]
    ) -> list[Step]:
        """From the lots to the last hand-over."""
        cast, gap_s, campaign = self.cast, self.pace.gap_s, self.campaign(group)
        leader = self.leaders[group.leader]
        lot = self._lots[group.number]
        portions = (trace.Portion(f"{PRODUCT}/{lot}", group.units * UNIT_QUANTITY),)
        parcels = m.Pack(
            tuple(
                m.Parcel(order.id, _grams(number, buyer.units))
                for number, (buyer, (order, _, _)) in enumerate(zip(group.buyers, made, strict=True))
            )
        )
        arrive_s = cutoff_s + 5 * gap_s
        steps = [
            Step(cutoff_s + 2 * gap_s, "seller", cast.envelope("seller", m.Allocate(campaign, portions))),
            Step(cutoff_s + 3 * gap_s, "seller", cast.envelope("seller", m.Handle(campaign), parcels)),
            Step(cutoff_s + 4 * gap_s, "seller", cast.envelope("seller", m.Ship(campaign, (lot.lower(),)))),
            Step(arrive_s, "leader", cast.envelope(leader, m.Arrive(campaign, self._at(arrive_s)))),
            Step(arrive_s, "custodian", self._confirm(list(self._paid_back(group, made)))),
        ]
        each_s = self.pace.order_s / len(made)
        for number, (order, _, _) in enumerate(made):
            given = cast.envelope(leader, m.Handle(campaign), order.hand_over())
            steps.append(Step(arrive_s + gap_s + number * each_s, "hand_over", given))
        return steps

    def _paid_back(self, group: Group, made: Sequence[tuple[NewOrder, money.Receipt, bytes]]) -> Iterator[bytes]:
        """Instructions that the ledger gives the custodian: what the price fell by, and what light parcels lacked."""
        price_fen = self.terms(group, 0).ladder[-1].price_fen
        for number, (buyer, (_, receipt, _)) in enumerate(zip(group.buyers, made, strict=True)):
            yield _refund(receipt, b"price_fell")
            nominal, packed = buyer.units * UNIT_GRAMS, _grams(number, buyer.units)
            if packed < nominal:
                charged_fen = packed_worth(buyer.units * price_fen, nominal, packed)
                yield _refund(receipt, b"weight", charged_fen.to_bytes(8, "big"))

    def _confirm(self, ids: list[bytes]) -> bytes:
        return self.cast.envelope("custodian", money.Confirm(), money.Confirmed(tuple(ids)))

    def _leader(self, leader: int) -> bytes:
        """The registration of a leader under the member's number."""
        member = f"{self.name}-m{leader}"
        key = self.leaders[leader] = SigningKey(Algorithm.ED25519, sha256(member.encode()))
        possession = key.sign(possession_message(self.cast.chain_id, f"member:{member}"))
        new_key = NewKey(key.algorithm, key.public_key, possession)
        return self.cast.envelope("community", RegisterMember(member, "leader", True, new_key))

    def _lot(self, first: Group) -> str:
        return f"{self.name}-{first.number}".upper()

    def _at(self, due_s: float) -> int:
        return self.zero_ms + round(due_s * 1000)


def _grams(number: int, units: int) -> int:
    """What a parcel weighs."""
    return units * (LIGHT_GRAMS if number % LIGHT_EVERY == 0 else UNIT_GRAMS)


def _refund(receipt: money.Receipt, why: bytes, step: bytes = b"") -> bytes:
    """The id of the instruction by which an order's buyer is paid back."""
    return instruction_id(transfer_id(receipt.number, b"refund:" + why + b":" + step))
