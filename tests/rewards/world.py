"""A community that buys, reviews and is rewarded: all modules over the real `execute`, with thresholds of one hand."""

from collections import Counter
from dataclasses import replace
from typing import Any

from ledger.crypto.encoding import decode
from ledger.crypto.hashing import digest
from ledger.crypto.signing import SigningKey
from ledger.errors import Refusal
from ledger.module import Module
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import Endorsement, endorsements, named_lots
from ledger.modules.catalogue import joined_modules
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments import Money
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import OrganisationView
from ledger.modules.rewards import messages as r
from ledger.modules.rewards.state import (
    LeaderRecord,
    Offer,
    Points,
    Redemption,
    TitleRow,
    leaders,
    offers,
    points,
    points_key,
    redemptions,
    title_key,
    titles,
)
from ledger.timers import scheduled
from tests.claims.world import Court
from tests.groupbuy.market import CAMPAIGN
from tests.groupbuy.world import BERRY, DAY_MS, HOUR_MS, KG
from tests.registry.chain import key_of
from tests.trace.world import SITE

SMALL = {
    "points_day_max": 40,
    "points_month_max": 70,
    "taster_reviews": 3,
    "taster_photos": 1,
    "recommender_endorsements": 1,
    "recommender_reviews": 2,
    "recommender_good_bp": 6_000,
}
"""Thresholds that a test can reach."""

WORDS = digest("transfer", b"words")


def photo(number: int) -> bytes:
    """The address of a photo in the vault."""
    return digest("transfer", b"photo", bytes([number]))


class Garden(Court):
    """Neighbours of the garden, each with a key of her own there."""

    def modules(self) -> tuple[Module, ...]:
        """All but the founding ones, joined as the catalogue joins them, with `SMALL` thresholds."""
        self.money = Money(OrganisationView(), KeyView())
        found = joined_modules(self.money)
        return tuple(
            replace(each, parameters={**each.parameters, **SMALL}) if each.name == "rewards" else each for each in found
        )

    # Lines to review.

    def fed(self, *units: int, campaign: str = CAMPAIGN, **terms: Any) -> list[str]:
        """A campaign of berries handed over to everybody; the order ids."""
        self.arrived(*units, campaign=campaign, **terms)
        return [self.hand(number, campaign=campaign) for number in range(len(units))]

    # Reviews.

    def neighbour(self, name: str) -> SigningKey:
        """A resident's key of the garden."""
        return key_of(f"neighbour {name}")

    def membership(self, key: SigningKey, *serves: str, community: str = "garden") -> a.Membership:
        """The registrar's word about a key."""
        valid_to_ms = self.now + DAY_MS
        message = a.membership_message(
            self.genesis.chain_id, community, key.algorithm, key.public_key, serves, valid_to_ms
        )
        registrar = key_of(community)
        return a.Membership(serves, valid_to_ms, registrar.algorithm, registrar.public_key, registrar.sign(message))

    def writing(
        self, name: str, number: int, rating: int = 5, photos: int = 0, campaign: str = CAMPAIGN, **more: Any
    ) -> tuple[SigningKey, a.WriteReview, a.Origin]:
        """What a neighbour sends who reviews the line of the campaign's buyer `number`."""
        key, buyer = self.neighbour(name), self.buyer(f"{campaign} {number}")
        order = m.order_id(buyer.algorithm, buyer.public_key)
        row = self.campaign(campaign)
        message = a.review_message(self.genesis.chain_id, order, key.algorithm, key.public_key)
        origin = a.Origin(order, buyer.sign(message), self.membership(key, *more.pop("serves", ())))
        action = a.WriteReview(
            product=row.terms.product,
            community=row.terms.community,
            seller=row.terms.seller,
            lots=named_lots([portion.lot for portion in row.lots]),
            rating=rating,
            recommend=more.pop("recommend", 2 * rating),
            words=WORDS,
            photos=tuple(photo(each) for each in range(photos)),
            **more,
        )
        return key, action, origin

    def review(self, name: str, number: int, rating: int = 5, photos: int = 0, **more: Any) -> bytes:
        """A neighbour reviews a line; the review's id."""
        return self.accept(*self.writing(name, number, rating, photos, **more)).transaction_id

    def hide(self, review: bytes, rule: int = 2, by: str = "garden") -> None:
        """A moderator hides a review."""
        self.accept(by, a.Hide(review, rule, WORDS))

    def appeal(self, name: str, review: bytes) -> None:
        """A neighbour does not agree."""
        self.accept(self.neighbour(name), a.Appeal(review, WORDS))

    def decide(self, review: bytes, *, uphold: bool) -> None:
        """The court decides an appeal."""
        self.accept("court", a.Decide(review, uphold, WORDS))

    # Leaders.

    def visit(self, leader: str = "mei", *products: str) -> bytes:
        """A leader is at the farm for a moment, and the farm says so; the visit's id."""
        times = self.now + 1, self.now + 500
        action = a.RecordVisit("farm", SITE, products or (BERRY,), *times)
        visit = self.accept(leader, action).transaction_id
        self.accept("farm", a.ConfirmVisit(visit))
        return visit

    def endorse(self, leader: str = "mei", product: str = BERRY) -> bytes:
        """A leader vouches for a product after a visit; the endorsement's id."""
        visit = self.visit(leader, product)
        return self.accept(leader, a.Endorse(visit, product, 500, WORDS)).transaction_id

    def every_endorsement(self) -> list[tuple[str, Endorsement]]:
        """(hex id, row) of all."""
        return list(endorsements.every(self.context()))

    # Points.

    def offered(self, offer: str = "apron", cost: int = 10, stock: int = 2, by: str = "garden", **more: Any) -> str:
        """An offer of the garden; its name."""
        self.accept(by, self.offering(offer, cost, stock, **more))
        return offer

    def offering(self, offer: str = "apron", cost: int = 10, stock: int = 2, **more: Any) -> r.MakeOffer:
        """What its maker says."""
        until_ms = more.pop("until_ms", self.now + 60 * DAY_MS)
        return r.MakeOffer(offer, more.pop("community", "garden"), "围裙", cost, stock, until_ms, **more)

    def spend(self, name: str, offer: str = "apron") -> bytes:
        """A neighbour asks for an offer; the redemption's id."""
        return self.accept(self.neighbour(name), r.Spend(offer)).transaction_id

    def refuse_spend(self, name: str, refusal: type[Refusal], offer: str = "apron") -> list[str]:
        """As `spend`; fails unless refused."""
        before = self.state_of("rewards")
        details = self.refuse(self.neighbour(name), r.Spend(offer), refusal)
        assert self.state_of("rewards") == before
        return details

    # What there is.

    def points(self, name: str) -> Points:
        """A neighbour's points."""
        found = points.get(self.context(), points_key("garden", self.neighbour(name).public_key.hex()))
        return Points() if found is None else found

    def title(self, kind: Any, holder: str) -> TitleRow | None:
        """A title in the garden, of a leader or a neighbour."""
        name = holder if kind == "recommender" else self.neighbour(holder).public_key.hex()
        return titles.get(self.context(), title_key(kind, "garden", name))

    def has_title(self, kind: Any, holder: str) -> bool:
        """Whether it is held now."""
        row = self.title(kind, holder)
        return row is not None and row.state == "held"

    def record(self, leader: str = "mei") -> LeaderRecord:
        """A leader's record."""
        return leaders.get(self.context(), leader) or LeaderRecord()

    def offer(self, name: str = "apron") -> Offer:
        """An offer."""
        row = offers.get(self.context(), name)
        assert row is not None
        return row

    def redemption(self, redemption: bytes) -> Redemption:
        """What points were spent on."""
        row = redemptions.get(self.context(), redemption.hex())
        assert row is not None
        return row

    def journal_size(self, subject: str) -> int:
        """How many records a subject's journal holds."""
        ctx = self.context()
        key, table = ctx.state.home(subject)
        row = ctx.state.row(table, key)
        assert row is not None
        return row.size

    def timers(self, tag: str) -> int:
        """How many timers of a kind are scheduled."""
        return sum(decode(raw, list[Any])[0] == tag for _, raw in scheduled(self.context()))

    def recount(self) -> dict[str, tuple[int, int]]:
        """(earned, spent) of each key by what the leaves say alone."""
        earned: Counter[str] = Counter()
        spent: Counter[str] = Counter()
        for _, key, given in self.events("points_earned"):
            earned[key] += given
        for _, key, cost, _ in self.events("points_spent"):
            spent[key] += cost
        for _, key, cost, _ in self.events("points_returned"):
            spent[key] -= cost
        return {key: (earned[key], spent[key]) for key in earned.keys() | spent.keys()}

    def check_points(self) -> None:
        """Every key's row says what the leaves add up to."""
        rows = {key.partition("/")[2]: (row.earned, row.spent) for key, row in points.every(self.context())}
        assert {key: both for key, both in rows.items() if any(both)} == {
            key: both for key, both in self.recount().items() if any(both)
        }


_FIRST: list[Garden] = []


def fresh() -> Garden:
    """A garden in which nothing has happened; made once and copied."""
    if not _FIRST:
        _FIRST.append(Garden())
    copy = _FIRST[0].fork()
    assert isinstance(copy, Garden)
    return copy


_FED: list[Garden] = []


def fed() -> Garden:
    """A garden in which mei handed sixteen orders of one campaign over: the lines 0 to 15 can be reviewed."""
    if not _FED:
        garden = fresh()
        garden.fed(*[1] * 16)
        _FED.append(garden)
    copy = _FED[0].fork()
    assert isinstance(copy, Garden)
    return copy


__all__ = ["BERRY", "CAMPAIGN", "DAY_MS", "HOUR_MS", "KG", "SMALL", "Garden", "fed", "fresh"]
