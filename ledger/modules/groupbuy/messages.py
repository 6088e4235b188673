"""What group buying is asked to do: campaigns in public, orders in restricted parts.

A campaign sells one product of one seller to one community, through one leader. An order is one line of it, made under
a fresh key; its id is `order_id` of that key. A record about an order tells the public its campaign and the order's
journal, nothing else: what it says is in its restricted part.
"""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.crypto.encoding import Message, encode
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm
from ledger.module import Action, Timer
from ledger.modules.payments.messages import Fen, FenOrZero, Number, PublicKey, Receipt, Signature
from ledger.modules.trace.messages.types import EventTime, Portion, ProductKey, Quantity, Subject
from ledger.text import Identifier, Name, Remark

ORDER_ID_SIZE = 16
UNITS_MAX = 1_000_000
BASIS_POINTS = 10_000
TIERS_MAX = 8
PARCELS_MAX = 256
GRAMS_MAX = 10**9

OrderId = Annotated[bytes, Meta(min_length=ORDER_ID_SIZE, max_length=ORDER_ID_SIZE)]
Units = Annotated[int, Meta(gt=0, le=UNITS_MAX)]
UnitsOrZero = Annotated[int, Meta(ge=0, le=UNITS_MAX)]
BasisPoints = Annotated[int, Meta(ge=0, le=BASIS_POINTS)]
Commitment = Annotated[bytes, Meta(min_length=32, max_length=32)]


def order_id(algorithm: int, public_key: bytes) -> bytes:
    """The id of the order made under a key; its subject is `order:<hex>`."""
    return digest("order", bytes([algorithm]), public_key)[:ORDER_ID_SIZE]


class Tier(Message):
    """From `units` sold in all, one unit costs `price_fen`, for everybody."""

    units: Units
    price_fen: Fen


class Shares(Message):
    """Who gets what of a settled line, in basis points; the seller gets the rest. Shown to buyers before they order."""

    leader: BasisPoints
    platform: BasisPoints
    logistics: BasisPoints


class Draft(Action, tag="groupbuy.draft"):
    """A leader drafts a campaign; it opens when the seller agrees.

    `sources`: the plantings and lots it is sold from. `unit_quantity`: micro-units of the product in one unit (份).
    `tolerance_bp`: how much less than nominal a weighed parcel may be packed; None = sold by the piece, not weighed.
    `ladder`: prices by units sold in all, the first from one unit on. `per_order`: units that one order may have.
    `pickup`: the point's id; where it is, is in the vault under `pickup_address`. `logistics`: who gets that share.
    `deposit_fen`: the seller's, put up when it opens; `holdback_bp`: of the seller's share, kept back after settlement.
    `reading_gap_ms`: the longest time without a temperature reading that a holder may leave (0: none is owed).
    `adjudicator`: an organisation that decides claims the rule cannot; neither seller, platform nor logistics.
    """

    campaign: Identifier
    title: Name
    community: Identifier
    seller: Identifier
    platform: Identifier
    custodian: Identifier
    logistics: Identifier | None
    adjudicator: Identifier
    product: ProductKey
    sources: Annotated[tuple[Subject, ...], Meta(min_length=1, max_length=8)]
    unit_quantity: Quantity
    tolerance_bp: BasisPoints | None
    ladder: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=TIERS_MAX)]
    minimum: Units
    maximum: Units
    per_order: Units
    cutoff_ms: EventTime
    delivery_from_ms: EventTime
    delivery_to_ms: EventTime
    pickup: Identifier
    pickup_address: Commitment
    shares: Shares
    deposit_fen: FenOrZero
    holdback_bp: BasisPoints
    perishable: bool
    reading_gap_ms: Annotated[int, Meta(ge=0, le=366 * 86_400_000)] = 0


class CommitSupply(Action, tag="groupbuy.commit_supply"):
    """The seller says how many units of a product a source of its own will give at most, over all campaigns.

    May be raised later; lowered only to what is sold already.
    """

    source: Subject
    product: ProductKey
    unit_quantity: Quantity
    units: UnitsOrZero


class Open(Action, tag="groupbuy.open"):
    """The seller agrees to the terms: orders are taken until the cut-off."""

    campaign: Identifier


class Cancel(Action, tag="groupbuy.cancel"):
    """Call a campaign off before it is shipped: leader or seller before it forms, the seller or the platform after.

    Every fen goes back.
    """

    campaign: Identifier
    reason: Remark


class Allocate(Action, tag="groupbuy.allocate"):
    """The seller names the lots that fill a formed campaign. Fewer units than sold: whole units pro rata, the rest by
    order time, refunds at once.
    """

    campaign: Identifier
    portions: Annotated[tuple[Portion, ...], Meta(min_length=1, max_length=32)]


class Ship(Action, tag="groupbuy.ship"):
    """The seller, or the campaign's logistics, says by which trace shipments the goods travel, in order of travel."""

    campaign: Identifier
    shipments: Annotated[tuple[Identifier, ...], Meta(min_length=1, max_length=8)]


class Arrive(Action, tag="groupbuy.arrive"):
    """The leader (or her substitute) has the goods at the pickup point."""

    campaign: Identifier
    event_ms: EventTime


class Attend(Action, tag="groupbuy.attend"):
    """The leader (or her substitute) still holds what nobody has collected, and hands it out.

    Parcels left after the reminder count as not collected only if she was heard of since.
    """

    campaign: Identifier


class Substitute(Action, tag="groupbuy.substitute"):
    """The platform or the community names another leader of the community, for a leader that fell silent."""

    campaign: Identifier
    leader: Identifier


class Ticket(Message):
    """The community registrar's word that whoever holds the order's key is a member: one ticket a member a campaign.

    Signed over `ticket_message`; who holds it is in the registrar's vault alone, where auditors sample.
    """

    number: Number
    algorithm: Algorithm
    public_key: PublicKey
    signature: Signature


def ticket_message(chain_id: bytes, community: str, campaign: str, order: bytes, number: bytes) -> bytes:
    """What a registrar signs."""
    return digest("ticket", encode([chain_id, community, campaign, order, number]))


class Place(Message, tag="place"):
    """Order `units`, paid by a receipt of the custodian over `units` x the first tier's price, made out to the order.

    `code`: `code_commitment` of the pickup code that the buyer alone knows.
    """

    units: Units
    receipt: Receipt
    ticket: Ticket
    code: Commitment


class CancelOrder(Message, tag="cancel"):
    """Take an order back before the cut-off."""


class Acknowledge(Message, tag="acknowledge"):
    """The buyer says herself that she has the goods, where the code is lost, used up, or the leader does not record."""


class Order(Action, tag="groupbuy.order"):
    """What a buyer does with an order, under the order's own key."""

    restricted = Place | CancelOrder | Acknowledge

    campaign: Identifier


PickupCode = Annotated[str, Meta(pattern=r"^[0-9A-HJKMNP-TV-Z]{16}\Z")]
"""80 random bits in Crockford's base 32 (no I, L, O, U): shown as a QR code, written in four groups of four."""


def code_commitment(order: bytes, code: str) -> bytes:
    """What a pickup code is committed to by."""
    return digest("pickup-code", order, code.encode())


class Parcel(Message):
    """What is packed for an order. `grams`: weighed, all units together; None where the campaign does not weigh."""

    order: OrderId
    grams: Annotated[int, Meta(gt=0, le=GRAMS_MAX)] | None


class Pack(Message, tag="pack"):
    """Parcels that are packed, with their weights."""

    parcels: Annotated[tuple[Parcel, ...], Meta(min_length=1, max_length=PARCELS_MAX)]


ReturnReason = Literal["spoiled", "damaged", "wrong_item", "quality", "other"]


class HandOver(Message, tag="hand_over"):
    """The buyer is at the pickup point and shows her code. `returned`: units she hands back on the spot."""

    order: OrderId
    code: PickupCode
    returned: UnitsOrZero = 0
    reason: ReturnReason | None = None


class Dispose(Message, tag="dispose"):
    """What became of goods that nobody collected; `proceeds`: a receipt made out to the order, whose money is the
    buyer's.
    """

    order: OrderId
    proceeds: Receipt | None
    remark: Remark = ""


class Handle(Action, tag="groupbuy.handle"):
    """What seller, logistics or leader do with orders: pack (seller, logistics), hand over and dispose (leader)."""

    restricted = Pack | HandOver | Dispose

    campaign: Identifier


class CutOff(Timer, tag="groupbuy.cut_off"):
    """Orders end."""

    campaign: str


SweepStep = Literal["form", "refund", "share", "fill", "strand", "no_show", "recall", "tell"]


class Sweep(Timer, tag="groupbuy.sweep"):
    """Go on with a campaign's lines after line `after`; `step` says what is done to each (see `rules/sweeps.py`)."""

    campaign: str
    step: SweepStep
    after: int


Stage = Literal["allocate", "arrive", "silence", "substitute", "remind", "no_show", "release"]


class Deadline(Timer, tag="groupbuy.deadline"):
    """What should have happened by now: if it has not, the buyers get their money back."""

    campaign: str
    stage: Stage


class Recalled(Timer, tag="groupbuy.recalled"):
    """A lot was recalled: call back the campaigns that it helped to fill, from the one after `after` on."""

    lot: str
    after: str


class SettleLine(Timer, tag="groupbuy.settle_line"):
    """The window of a collected line is over."""

    campaign: str
    line: int


class Publish(Timer, tag="groupbuy.publish"):
    """Show how many units are ordered, once a while, so that no single order can be read off."""

    campaign: str
