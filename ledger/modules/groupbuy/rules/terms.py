"""What the terms of a campaign must be like before anybody can order on them."""

from typing import TYPE_CHECKING

from ledger.modules.groupbuy.errors import (
    LadderRises,
    LadderStart,
    LimitsContradict,
    LotOfOtherProduct,
    PartyConflict,
    PartyWrong,
    ProductUnknown,
    SharesTooLarge,
    ShareWithoutParty,
    SourceNotOwned,
    SourceRecalled,
    SourceRepeats,
    SourceUnknown,
    TimesOutOfOrder,
    TimesTooFar,
    UnitWrong,
    WorthTooMuch,
)
from ledger.modules.groupbuy.messages import BASIS_POINTS, GRAMS_MAX
from ledger.modules.payments.messages import FEN_MAX
from ledger.roles import PRODUCERS, Role

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Draft
    from ledger.modules.groupbuy.ports import Ports, ProductFacts

DELIVERY_MAX_MS = 90 * 86_400_000
"""From the draft to the end of delivery at most."""

PIECE = 1_000_000
MICRO_KG_IN_GRAM = 1_000

SELLERS = (*PRODUCERS, Role.PROCESSOR)
CARRIERS = (Role.LOGISTICS, Role.WAREHOUSE)
ADJUDICATORS = (Role.INSPECTOR, Role.REGULATOR, Role.AUDITOR, Role.COMMUNITY)

CONFLICTS = (
    ("custodian", "seller"),
    ("custodian", "platform"),
    ("custodian", "logistics"),
    ("community", "seller"),
    ("community", "platform"),
    ("community", "logistics"),
    ("adjudicator", "seller"),
    ("adjudicator", "platform"),
    ("adjudicator", "logistics"),
)
"""Parts that one organisation must not play at once: who holds the money, who says who is a member, who judges. Nor is
the community a maker of the lots (`allocate`): it says which reviewers have no interest in the goods.
"""


def unit_micro_kg(product: "ProductFacts", unit_quantity: int) -> int:
    """What one unit weighs by the product's declaration, micro-kg."""
    return unit_quantity if product.measure == "kg" else unit_quantity * product.net_content // PIECE


def check_terms(ports: "Ports", ctx: "Context", terms: "Draft") -> None:
    """Raise what is wrong with a draft; but for the signer and the id, which the rule looks at."""
    _check_parties(ports, ctx, terms)
    product = ports.goods.product(ctx, terms.product)
    if product is None:
        raise ProductUnknown(terms.product)
    for number, source in enumerate(terms.sources):
        if source in terms.sources[:number]:
            raise SourceRepeats(source)
        check_source(ports, ctx, source, terms.product, terms.seller)
    _check_ladder(terms)
    _check_unit(terms, product)
    _check_times(ctx, terms)
    shares = terms.shares
    total_bp = shares.leader + shares.platform + shares.logistics
    ctx.require(total_bp <= BASIS_POINTS, SharesTooLarge(total_bp))
    ctx.require(terms.logistics is not None or not shares.logistics, ShareWithoutParty(shares.logistics))


def check_source(ports: "Ports", ctx: "Context", source: str, product: str, seller: str) -> None:
    """Raise unless the seller grew the planting, or made the lot, which must be of the product and not recalled."""
    kind, _, key = source.partition(":")
    if kind == "planting":
        planting = ports.goods.planting(ctx, key)
        if planting is None:
            raise SourceUnknown(source)
        ctx.require(planting.owner == seller, SourceNotOwned(source, seller))
        return
    lot = ports.goods.lot(ctx, key) if kind == "lot" else None
    if lot is None:
        raise SourceUnknown(source)
    ctx.require(lot.producer == seller, SourceNotOwned(source, seller))
    ctx.require(lot.product == product, LotOfOtherProduct(source, product))
    ctx.require(lot.state != "recalled", SourceRecalled(source))


def _check_parties(ports: "Ports", ctx: "Context", terms: "Draft") -> None:
    named = {
        "community": (terms.community, (Role.COMMUNITY,)),
        "seller": (terms.seller, SELLERS),
        "platform": (terms.platform, (Role.PLATFORM,)),
        "custodian": (terms.custodian, (Role.CUSTODIAN,)),
        "adjudicator": (terms.adjudicator, ADJUDICATORS),
    }
    if terms.logistics is not None:
        named["logistics"] = (terms.logistics, CARRIERS)
    for field, (organisation, roles) in named.items():
        if not ports.organisations.has_role(ctx, organisation, *roles):
            raise PartyWrong(field, organisation, ", ".join(roles))
    for one, other in CONFLICTS:
        if other in named and named[one][0] == named[other][0]:
            raise PartyConflict(one, other, named[one][0])


def _check_ladder(terms: "Draft") -> None:
    first = terms.ladder[0]
    if first.units != 1:
        raise LadderStart(first.units)
    for number, (before, tier) in enumerate(zip(terms.ladder, terms.ladder[1:], strict=False), 2):
        if tier.units <= before.units or tier.price_fen >= before.price_fen:
            raise LadderRises(number)
    for field, value in (("minimum", terms.minimum), ("per_order", terms.per_order)):
        if value > terms.maximum:
            raise LimitsContradict(field, value, terms.maximum)
    if terms.maximum * first.price_fen > FEN_MAX:
        raise WorthTooMuch(FEN_MAX)


def _check_unit(terms: "Draft", product: "ProductFacts") -> None:
    """Pieces are whole; weighed goods are whole grams, and a parcel of them can be weighed."""
    if product.measure == "piece" and terms.unit_quantity % PIECE:
        raise UnitWrong(terms.unit_quantity)
    if terms.tolerance_bp is None:
        return
    grams, rest = divmod(unit_micro_kg(product, terms.unit_quantity), MICRO_KG_IN_GRAM)
    if rest or not 0 < grams * terms.per_order <= GRAMS_MAX:
        raise UnitWrong(terms.unit_quantity)


def _check_times(ctx: "Context", terms: "Draft") -> None:
    after_ms, latest_ms = ctx.time_ms, ctx.time_ms + DELIVERY_MAX_MS
    for field in ("cutoff_ms", "delivery_from_ms", "delivery_to_ms"):
        value_ms: int = getattr(terms, field)
        if value_ms <= after_ms:
            raise TimesOutOfOrder(field, value_ms, after_ms)
        if value_ms > latest_ms:
            raise TimesTooFar(field, value_ms, latest_ms)
        after_ms = value_ms
