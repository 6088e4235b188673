"""Rules for what buyers say: a review of a line that they collected, once; additions; erasure of their words.

Which line it is, the restricted part tells, and the rule holds it against the line. The public sees a key of that
community, what is said, and the campaign's product, seller and lots. That the line is used up is noted under a name
that only those can make who hold the ledger's restricted rows (docs/adr/0024).
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.crypto.hashing import digest
from ledger.crypto.signing import verify
from ledger.modules.archive.errors import (
    ErasedAlready,
    GoodsDiffer,
    MembershipInvalid,
    NotCollected,
    NothingSaid,
    OrderKeyMissing,
    OwnInterest,
    ReviewedAlready,
    ReviewErased,
    ReviewKeyElsewhere,
    ReviewKeyRegistered,
    SaidTwice,
    TooManyAdditions,
)
from ledger.modules.archive.messages import (
    ADDITIONS_MAX,
    AddToReview,
    EraseWords,
    Origin,
    WriteReview,
    membership_message,
    review_message,
)
from ledger.modules.archive.rules.common import RULES, alter_review, count, enter, need_own
from ledger.modules.archive.state import (
    Addition,
    Bought,
    Review,
    Reviewer,
    Source,
    bought,
    listings_of,
    named_lots,
    nullifier,
    nullifier_key,
    reviewers,
    reviews,
    sources,
    spent,
    vouched,
)
from ledger.modules.groupbuy.messages import order_id
from ledger.roles import OPEN
from ledger.state import SELF

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.archive.messages import Membership
    from ledger.modules.archive.ports import Ports
    from ledger.modules.groupbuy.ports import Campaign, OrderRow


@RULES.rule(WriteReview, by=OPEN)
def write_review(ports: "Ports", ctx: "Context", action: WriteReview) -> None:
    """A buyer's review counts at once, and for good, in the listings of what she bought."""
    said = ctx.need_restricted(Origin)
    check_once("tags", action.tags)
    check_once("photos", action.photos)
    reviewer = _reviewer(ports, ctx, action.community, said.order)
    line, campaign = _line(ports, ctx, action, said)
    _check_membership(ports, ctx, action.community, said.membership)
    serves = said.membership.serves
    if not interests(ports, ctx, campaign, line).isdisjoint(serves) or _vouched(ctx, action.product, serves):
        raise OwnInterest(action.product)
    _spend(ctx, action.product, said.order)
    new, again = _purchase(ctx, action.product, line.campaign)
    identity, key = ctx.transaction_id.hex(), ctx.signer.public_key
    row = Review.written(action, ctx.signer.algorithm, key, ctx.time_ms)
    pictured = int(bool(action.photos))
    reviews.put(ctx, identity, row)
    sources.put(ctx, identity, Source(said.order, line.campaign))
    counted = replace(reviewer, reviews=reviewer.reviews + 1, photos=reviewer.photos + pictured)
    reviewers.put(ctx, key.hex(), counted)
    tags = ",".join(action.tags)
    ctx.event("reviewed", row.rating, row.recommend, pictured, tags, int(new), int(again))
    count(ctx, listings_of(row), SELF)
    for listener in ports.listeners:
        listener.reviewed(ctx, identity, row)


def check_once(field: str, values: tuple[object, ...]) -> None:
    """Raise `SaidTwice` where something stands twice."""
    if len(set(values)) != len(values):
        raise SaidTwice(field)


def _reviewer(ports: "Ports", ctx: "Context", community: str, order: bytes) -> Reviewer:
    """What the signing key did so far. It is nobody's registered key, no other community's, and not the order's."""
    key = ctx.signer.public_key
    ctx.require(not ports.keys.known(ctx, key), ReviewKeyRegistered(key.hex()))
    row = reviewers.get(ctx, key.hex()) or Reviewer(community)
    foreign = row.community != community or order == order_id(ctx.signer.algorithm, key)
    ctx.require(not foreign, ReviewKeyElsewhere(key.hex()))
    return row


def _line(ports: "Ports", ctx: "Context", action: WriteReview, said: Origin) -> "tuple[OrderRow, Campaign]":
    """The line that is reviewed, with its campaign: collected, of these goods, and with its key's consent.

    A line that was paid back after it was collected can be reviewed: a recall silences nobody.
    """
    line = ports.lines.find(ctx, said.order.hex())
    if line is None or line.collected_ms is None:
        raise NotCollected(action.product)
    key = ctx.signer.public_key
    message = review_message(ctx.chain_id, said.order, ctx.signer.algorithm, key)
    ctx.require(verify(line.algorithm, line.public_key, said.signature, message), OrderKeyMissing(key.hex()))
    campaign = ports.lines.campaign(ctx, line.campaign)
    terms = campaign.terms
    lots = named_lots([portion.lot for portion in campaign.lots])
    said_and_so = {
        "product": (action.product, terms.product),
        "community": (action.community, terms.community),
        "seller": (action.seller, terms.seller),
        "lots": (action.lots, lots),
    }
    for field, (named, known) in said_and_so.items():
        if named != known:
            raise GoodsDiffer(field)
    return line, campaign


def _check_membership(ports: "Ports", ctx: "Context", community: str, word: "Membership") -> None:
    """Raise `MembershipInvalid` unless the community's registrar vouches for the signing key now."""
    if ctx.time_ms >= word.valid_to_ms:
        raise MembershipInvalid(community, "expired")
    if not ports.keys.speaks_for(ctx, community, word.algorithm, word.public_key):
        raise MembershipInvalid(community, "not the community's key")
    signer = ctx.signer
    message = membership_message(
        ctx.chain_id, community, signer.algorithm, signer.public_key, word.serves, word.valid_to_ms
    )
    if not verify(word.algorithm, word.public_key, word.signature, message):
        raise MembershipInvalid(community, "not signed so")


def interests(ports: "Ports", ctx: "Context", campaign: "Campaign", line: "OrderRow") -> frozenset[str]:
    """Who has an interest in a sale: seller, platform, carrier, makers of its lots, leaders, who attested those."""
    terms = campaign.terms
    organisations = {terms.seller, terms.platform, terms.logistics or "", *makers(ports, ctx, campaign)} - {""}
    leaders = {campaign.first_leader, campaign.leader, line.leader} - {""}
    for leader in leaders:
        member = ports.organisations.member(ctx, leader)
        if member is not None:
            organisations.add(member.organisation)
    return frozenset((*(f"organisation:{each}" for each in organisations), *(f"member:{each}" for each in leaders)))


def _vouched(ctx: "Context", product: str, serves: tuple[str, ...]) -> bool:
    """Whether a leader among `serves` ever vouched for the product: reviews of it tell how good her word is, whoever
    led the campaign that she bought it in.
    """
    leaders = (each.removeprefix("member:") for each in serves if each.startswith("member:"))
    return any(vouched.has(ctx, f"{leader}/{product}") for leader in leaders)


def makers(ports: "Ports", ctx: "Context", campaign: "Campaign") -> frozenset[str]:
    """Who made the lots that fill a campaign."""
    lots = (ports.goods.lot(ctx, portion.lot) for portion in campaign.lots)
    return frozenset(lot.producer for lot in lots if lot is not None)


def _spend(ctx: "Context", product: str, order: bytes) -> None:
    """Note that a line is reviewed; raises `ReviewedAlready`."""
    secret = nullifier_key.get(ctx, "")
    if secret is None:
        secret = digest("review-key", ctx.secret)
        nullifier_key.put(ctx, "", secret)
    name = nullifier(secret, order)
    ctx.require(not spent.has(ctx, name), ReviewedAlready(product))
    spent.put(ctx, name, True)


def _purchase(ctx: "Context", product: str, campaign: str) -> tuple[bool, bool]:
    """(whether the key reviews this product for the first time, whether it shows now that it bought it again)."""
    name = f"{ctx.signer.public_key.hex()}/{product}"
    first = bought.get(ctx, name)
    again = first is not None and not first.returned and first.campaign != campaign
    if first is None or again:
        bought.put(ctx, name, Bought(campaign if first is None else first.campaign, again))
    return first is None, again


@RULES.rule(AddToReview, by=OPEN)
def add_to_review(_ports: "Ports", ctx: "Context", action: AddToReview) -> None:
    """More of her words; they change no count."""
    identity, row = need_own(ctx, action.review)
    ctx.require(not row.has_erased, ReviewErased(identity))
    ctx.require(len(row.additions) < ADDITIONS_MAX, TooManyAdditions(identity, ADDITIONS_MAX))
    ctx.require(action.words is not None or bool(action.photos), NothingSaid(identity))
    check_once("photos", action.photos)
    added = Addition(ctx.time_ms, action.words, action.photos)
    alter_review(ctx, identity, replace(row, additions=(*row.additions, added)))
    enter(ctx, listings_of(row), SELF)


@RULES.rule(EraseWords, by=OPEN)
def erase_words(_ports: "Ports", ctx: "Context", action: EraseWords) -> None:
    """Her words and photos of a part are to be erased by all who hold them; that she had any, and when, stays known."""
    identity, row = need_own(ctx, action.review)
    part = row if action.part == 0 else next(iter(row.additions[action.part - 1 : action.part]), None)
    if part is None or (part.words is None and not part.photos):
        raise NothingSaid(identity)
    ctx.require(part.erased_ms is None, ErasedAlready(identity, action.part))
    if action.part == 0:
        after = replace(row, erased_ms=ctx.time_ms)
    else:
        additions = list(row.additions)
        additions[action.part - 1] = replace(additions[action.part - 1], erased_ms=ctx.time_ms)
        after = replace(row, additions=tuple(additions))
    alter_review(ctx, identity, after)
    if row.has_erased:
        enter(ctx, listings_of(row), SELF)
    else:
        ctx.event("words_erased", identity)
        count(ctx, listings_of(row), SELF)
