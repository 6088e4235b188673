"""Happenings as the transactions that people would send: who signs what, with which receipts, tickets and codes."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Protocol

from ledger.context import Context
from ledger.crypto.encoding import Message
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.genesis import Genesis
from ledger.module import Action
from ledger.modules.claims import messages as claims
from ledger.modules.groupbuy import messages as groupbuy
from ledger.modules.payments import messages as payments
from ledger.modules.payments.payouts import every_instruction
from ledger.modules.payments.ports import transfer_id
from ledger.modules.trace import messages as trace
from ledger.transaction import Transaction
from tests.economy.campaigns import LEADERS
from tests.economy.world import PRODUCTS
from tests.registry.chain import key_of

CODE, WRONG_CODE = "0123456789ABCDEF", "FEDCBA9876543210"
NORMAL, HOT, BROKEN = 400, 3_000, -12_700
"""Readings in hundredths of a degree: inside the band, far outside, and what no thermometer can mean."""

HOUR_MS = 3_600_000
Part = tuple[SigningKey, Action, Message | None]


def number_of(kind: str, name: str) -> bytes:
    """The number of a receipt or ticket by its name."""
    return sha256(f"{kind}:{name}".encode()).digest()[:16]


def order_key(order: str) -> SigningKey:
    """An order's own key."""
    return SigningKey(Algorithm.ED25519, sha256(f"order:{order}".encode()).digest())


def order_of(order: str) -> bytes:
    """An order's id."""
    key = order_key(order)
    return groupbuy.order_id(key.algorithm, key.public_key)


def subject_of(account: str) -> str:
    """Whose account it is: `org:farm` -> `organisation:farm`."""
    return account.replace("org:", "organisation:")


class Ledger(Protocol):
    """Where transactions are made for: the network they are signed for, and what of its state can be seen."""

    genesis: Genesis
    made: int
    """How many were made so far."""

    def context(self) -> Context:
        """A context that reads certified state."""

    def make(self, time_ms: int, key: SigningKey, action: Action, restricted: Message | None = None) -> Transaction:
        """A signed action."""


class Translator:
    """Makes transactions of one scenario's happenings; each method `do_<happening>` gives (key, action, restricted)."""

    def __init__(self, chain: Ledger, scenario: dict[str, Any]) -> None:
        self.chain, self.epoch = chain, scenario["epoch"]
        self.terms: dict[str, dict[str, Any]] = {}
        self.lots: dict[str, str] = {}
        self.portions: dict[str, tuple[trace.Portion, ...]] = {}
        self.sequences: dict[str, int] = {}
        self.campaign_of: dict[str, str] = {}
        self.left_ms: dict[str, int] = {}
        self.now = 0

    def translate(self, time_ms: int, happening: dict[str, Any]) -> list[Transaction]:
        """What is sent at `time_ms`; whether the last of it is accepted is whether the happening is."""
        self.now = time_ms
        parts: Iterator[Part] = getattr(self, "do_" + happening["do"])(happening)
        return [self.chain.make(time_ms, *part) for part in parts]

    def receipt(self, number: bytes, fen: int, beneficiary: str) -> payments.Receipt:
        """The custodian's word for money."""
        key, valid_to = key_of("bank"), self.now + HOUR_MS
        chain_id = self.chain.genesis.chain_id
        message = payments.receipt_message(chain_id, "bank", number, fen, beneficiary, valid_to)
        return payments.Receipt(
            "bank", number, fen, beneficiary, valid_to, key.algorithm, key.public_key, key.sign(message)
        )

    def campaign_for(self, order: str) -> str:
        """The campaign that an order is, or would be, of."""
        return order.partition("-")[0]

    # Money

    def do_deposit(self, h: dict[str, Any]) -> Iterator[Part]:
        number = self.chain.made.to_bytes(16, "big")
        beneficiary = subject_of(h["account"])
        signer = key_of(h["account"].partition(":")[2])
        yield signer, payments.Deposit(), self.receipt(number, h["fen"], beneficiary)

    def do_withdraw(self, h: dict[str, Any]) -> Iterator[Part]:
        signer = key_of(h["account"].partition(":")[2])
        yield signer, payments.Withdraw(), payments.WithdrawTerms("bank", h["fen"])

    def do_move(self, h: dict[str, Any]) -> Iterator[Part]:
        source, target = (name.replace("org:platform", "") for name in (h["source"], h["target"]))
        yield key_of("platform"), payments.Move(), payments.MoveTerms("bank", source, target, h["fen"])

    def do_confirm(self, _: dict[str, Any]) -> Iterator[Part]:
        rows = every_instruction(self.chain.context())
        waiting = tuple(bytes.fromhex(key) for key, row in rows if row.state == "issued")
        for start in range(0, len(waiting), 256):
            yield key_of("bank"), payments.Confirm(), payments.Confirmed(waiting[start : start + 256])

    def do_reject(self, h: dict[str, Any]) -> Iterator[Part]:
        for identifier in self.instructed(h["order"], "issued"):
            yield key_of("bank"), payments.Reject(), payments.Rejected(identifier, "户名不符")

    def do_state_day(self, h: dict[str, Any]) -> Iterator[Part]:
        totals = payments.DayTotals(h["issued"], h["redeemed"], h["balance"])
        yield key_of("bank"), payments.StateDay(h["day"]), totals

    def do_expire(self, h: dict[str, Any]) -> Iterator[Part]:
        held = transfer_id(number_of("receipt", h["order"]), b"hold")
        yield order_key("anybody"), payments.Expire(), payments.Overdue(held)

    def do_reissue(self, h: dict[str, Any]) -> Iterator[Part]:
        for identifier in self.instructed(h["order"], "rejected"):
            yield order_key("anybody"), payments.Reissue(), payments.Again(identifier)

    def instructed(self, order: str, state: str) -> list[bytes]:
        """The instructions to pay an order's receipt back that are in this state and were not tried again."""
        rows = every_instruction(self.chain.context())
        number = number_of("receipt", order)
        return [
            bytes.fromhex(key)
            for key, row in rows
            if row.receipt == number and row.state == state and row.successor is None
        ]

    # Campaigns

    def do_commit(self, h: dict[str, Any]) -> Iterator[Part]:
        product = PRODUCTS[h["product"]]
        action = groupbuy.CommitSupply(h["source"], product, h["unit_quantity"], h["units"])
        yield key_of(h["by"]), action, None

    def do_draft(self, h: dict[str, Any]) -> Iterator[Part]:
        terms = self.terms[h["campaign"]] = h["terms"]
        shares = terms["shares"]
        action = groupbuy.Draft(
            campaign=h["campaign"],
            title="草莓",
            community=terms["community"],
            seller=terms["seller"],
            platform=terms["platform"],
            custodian="bank",
            logistics=terms["logistics"],
            adjudicator="lab",
            product=PRODUCTS[terms["product"]],
            sources=tuple(terms["sources"]),
            unit_quantity=terms["unit_quantity"],
            tolerance_bp=terms["tolerance_bp"],
            ladder=tuple(groupbuy.Tier(*tier) for tier in terms["ladder"]),
            minimum=terms["minimum"],
            maximum=terms["maximum"],
            per_order=terms["per_order"],
            cutoff_ms=self.epoch + terms["cutoff"],
            delivery_from_ms=self.epoch + terms["from"],
            delivery_to_ms=self.epoch + terms["to"],
            pickup="gate",
            pickup_address=bytes(32),
            shares=groupbuy.Shares(shares["leader"], shares["platform"], shares["logistics"]),
            deposit_fen=terms["deposit"],
            holdback_bp=terms["holdback_bp"],
            perishable=terms["perishable"],
            reading_gap_ms=terms["gap"],
        )
        yield key_of(terms["leader"]), action, None

    def do_open(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), groupbuy.Open(h["campaign"]), None

    def do_cancel(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), groupbuy.Cancel(h["campaign"], "不做了"), None

    def do_substitute(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), groupbuy.Substitute(h["campaign"], h["leader"]), None

    def do_place(self, h: dict[str, Any]) -> Iterator[Part]:
        identity, registrar = order_of(h["order"]), key_of("estate")
        ticket = number_of("ticket", h["ticket"])
        chain_id = self.chain.genesis.chain_id
        signature = registrar.sign(groupbuy.ticket_message(chain_id, "estate", h["campaign"], identity, ticket))
        place = groupbuy.Place(
            h["units"],
            self.receipt(number_of("receipt", h["receipt"]), h["fen"], f"order:{identity.hex()}"),
            groupbuy.Ticket(ticket, registrar.algorithm, registrar.public_key, signature),
            groupbuy.code_commitment(identity, CODE),
        )
        yield order_key(h["order"]), groupbuy.Order(h["campaign"]), place

    def do_cancel_order(self, h: dict[str, Any]) -> Iterator[Part]:
        yield order_key(h["order"]), groupbuy.Order(self.campaign_for(h["order"])), groupbuy.CancelOrder()

    def do_acknowledge(self, h: dict[str, Any]) -> Iterator[Part]:
        yield order_key(h["order"]), groupbuy.Order(self.campaign_for(h["order"])), groupbuy.Acknowledge()

    # Goods

    def do_harvest(self, h: dict[str, Any]) -> Iterator[Part]:
        product = PRODUCTS[h["product"]]
        self.lots[h["lot"]] = f"{product}/{h['lot']}"
        planting = h["source"].partition(":")[2]
        yield key_of(h["by"]), trace.Harvest(planting, product, h["lot"], h["quantity"], self.now), None

    def do_allocate(self, h: dict[str, Any]) -> Iterator[Part]:
        portions = tuple(trace.Portion(self.lots[lot], quantity) for lot, quantity in h["lots"])
        self.portions[h["campaign"]] = portions
        yield key_of(h["by"]), groupbuy.Allocate(h["campaign"], portions), None

    def do_recall(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), trace.Recall((self.lots[h["lot"]],), "坏了", "bad"), None

    def do_pack(self, h: dict[str, Any]) -> Iterator[Part]:
        parcels = tuple(groupbuy.Parcel(order_of(order), grams) for order, grams in h["parcels"])
        yield key_of(h["by"]), groupbuy.Handle(h["campaign"]), groupbuy.Pack(parcels)

    def do_ship(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), groupbuy.Ship(h["campaign"], (f"{h['campaign']}-{h['leg']}",)), None

    def do_carry(self, h: dict[str, Any]) -> Iterator[Part]:
        """The trace's side of a leg: loading, hand-over, readings on the way."""
        shipment = f"{h['campaign']}-{h['leg']}"
        giver, way, taker = self.terms[h["campaign"]]["evidence"][2 * h["leg"] : 2 * h["leg"] + 3]
        portions = self.portions[h["campaign"]]
        lots = tuple(portion.lot for portion in portions)
        van = f"{way['van']}-{h['campaign']}" if way["van"] else None
        if h["step"] == "ship":
            self.left_ms[shipment] = self.now
            if van is not None:
                yield key_of(giver["holder"]), trace.Load(f"vehicle:{van}", self.now, (), lots), None
            action = trace.Ship(shipment, taker["holder"], self.now, (), portions, van)
            yield key_of(giver["holder"]), action, None
            return
        if van is not None and not way["gap"] and shipment in self.left_ms:
            yield from self.readings(van, way, self.left_ms[shipment])
        yield key_of(taker["holder"]), trace.Receive(shipment, self.now), None
        if van is not None:
            yield key_of(taker["holder"]), trace.Unload(f"vehicle:{van}", self.now, (), lots), None

    def readings(self, van: str, way: dict[str, Any], start_ms: int) -> Iterator[Part]:
        """A minute in a van, as its thermometer saw it."""
        device = f"probe-{van}"
        sequence = self.sequences[device] = self.sequences.get(device, -1) + 1
        values = [NORMAL] * 6
        if way["hot"] in ("sound", "doubtful"):
            values[:4] = [HOT] * 4
        elif way["hot"] == "faulty":
            values[1] = BROKEN
        column = trace.Column("temperature", tuple(values))
        yield key_of(device), trace.RecordReadings(sequence, start_ms, 10_000, (column,)), None
        if way["hot"] == "doubtful":
            wrong = trace.DeclareReadingsError(device, sequence, sequence, "incorrect_data", "坏了")
            yield key_of(way["van"]), wrong, None

    # At the pickup point

    def do_arrive(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), groupbuy.Arrive(h["campaign"], self.now), None

    def do_attend(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), groupbuy.Attend(h["campaign"]), None

    def do_hand_over(self, h: dict[str, Any]) -> Iterator[Part]:
        code = WRONG_CODE if h["wrong"] else CODE
        reason: groupbuy.ReturnReason | None = "quality" if h["returned"] else None
        said = groupbuy.HandOver(order_of(h["order"]), code, h["returned"], reason)
        yield key_of(h["by"]), groupbuy.Handle(self.campaign_for(h["order"])), said

    def do_dispose(self, h: dict[str, Any]) -> Iterator[Part]:
        order = order_of(h["order"])
        proceeds = None
        if h["proceeds"]:
            number = number_of("proceeds", h["order"])
            proceeds = self.receipt(number, h["proceeds"], f"order:{order.hex()}")
        yield key_of(h["by"]), groupbuy.Handle(self.campaign_for(h["order"])), groupbuy.Dispose(order, proceeds)

    # Claims

    def do_claim(self, h: dict[str, Any]) -> Iterator[Part]:
        action = claims.OpenClaim(self.campaign_for(h["order"]), h["cause"])
        yield order_key(h["order"]), action, claims.ClaimTerms(h["fen"])

    def do_withdraw_claim(self, h: dict[str, Any]) -> Iterator[Part]:
        yield order_key(h["order"]), claims.WithdrawClaim(self.campaign_for(h["order"])), None

    def do_opt_in(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), claims.OptIn(h["own"]), None

    def do_pay(self, h: dict[str, Any]) -> Iterator[Part]:
        said = claims.Payment(order_of(h["order"]), h["fen"], h["own"])
        yield key_of(h["by"]), claims.Pay(self.campaign_for(h["order"])), said

    def do_contest(self, h: dict[str, Any]) -> Iterator[Part]:
        said = claims.Contested(order_of(h["order"]), bytes(32))
        yield key_of(h["by"]), claims.Contest(self.campaign_for(h["order"])), said

    def do_adjudicate(self, h: dict[str, Any]) -> Iterator[Part]:
        said = claims.Finding(order_of(h["order"]), h["award"], h["liable"], bytes(32))
        yield key_of("lab"), claims.Adjudicate(self.campaign_for(h["order"])), said


__all__ = ["LEADERS", "Translator", "number_of", "order_of"]
