"""What people do for the community's memory: review, hide, appeal, visit, vouch, earn and spend points.

Transactions are made when they are sent; each person remembers what she did (`Market.begun`), as nothing public tells
which order a review belongs to.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from ledger.crypto.signing import Algorithm, SigningKey
from ledger.modules.archive import messages as archive
from ledger.modules.archive.state import named_lots
from ledger.modules.groupbuy.state import campaigns
from ledger.modules.rewards import messages as rewards
from tests.economy.translate import HOUR_MS, Part, Translator, order_key, order_of
from tests.economy.world import KG_PRODUCT
from tests.registry.chain import key_of
from tests.simulation.market.errand import Errand, Sight
from tests.simulation.market.people import COMMUNITY, SITE

OFFER, COST, STOCK = "apron", 10, 3
WORDS = sha256(b"words").digest()

Role = Callable[[Sight], Iterator[Errand]]


def resident_key(name: str) -> SigningKey:
    """A household's key of the community."""
    return SigningKey(Algorithm.ED25519, sha256(f"resident:{name}".encode()).digest())


class MarketTranslator(Translator):
    """The economy's happenings, and those of archive and rewards."""

    def do_review(self, h: dict[str, Any]) -> Iterator[Part]:
        key, buyer, order = resident_key(h["by"]), order_key(h["order"]), order_of(h["order"])
        chain_id, registrar, valid_to_ms = self.chain.genesis.chain_id, key_of(COMMUNITY), self.now + HOUR_MS
        row = campaigns.get(self.chain.context(), self.campaign_for(h["order"]))
        assert row is not None
        message = archive.membership_message(chain_id, COMMUNITY, key.algorithm, key.public_key, (), valid_to_ms)
        signature = registrar.sign(message)
        word = archive.Membership((), valid_to_ms, registrar.algorithm, registrar.public_key, signature)
        consent = buyer.sign(archive.review_message(chain_id, order, key.algorithm, key.public_key))
        photos = (WORDS,) if h["photo"] else ()
        lots = named_lots([portion.lot for portion in row.lots])
        action = archive.WriteReview(
            row.terms.product, COMMUNITY, row.terms.seller, lots, h["rating"], 2 * h["rating"], ("fresh",), None, photos
        )
        yield key, action, archive.Origin(order, consent, word)

    def do_hide(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(COMMUNITY), archive.Hide(bytes.fromhex(h["review"]), 1, WORDS), None

    def do_appeal(self, h: dict[str, Any]) -> Iterator[Part]:
        yield resident_key(h["by"]), archive.Appeal(bytes.fromhex(h["review"]), WORDS), None

    def do_decide(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of("lab"), archive.Decide(bytes.fromhex(h["review"]), h["uphold"], WORDS), None

    def do_visit(self, h: dict[str, Any]) -> Iterator[Part]:
        action = archive.RecordVisit("farm", SITE, (KG_PRODUCT,), self.now - 1_000, self.now)
        yield key_of(h["by"]), action, None

    def do_confirm_visit(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of("farm"), archive.ConfirmVisit(bytes.fromhex(h["visit"])), None

    def do_endorse(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), archive.Endorse(bytes.fromhex(h["visit"]), KG_PRODUCT, 500, WORDS), None

    def do_unsay(self, h: dict[str, Any]) -> Iterator[Part]:
        yield key_of(h["by"]), archive.WithdrawEndorsement(bytes.fromhex(h["endorsement"]), WORDS), None

    def do_offer(self, _: dict[str, Any]) -> Iterator[Part]:
        action = rewards.MakeOffer(OFFER, COMMUNITY, "围裙", COST, STOCK, self.now + 24 * HOUR_MS)
        yield key_of(COMMUNITY), action, None

    def do_spend(self, h: dict[str, Any]) -> Iterator[Part]:
        yield resident_key(h["by"]), rewards.Spend(OFFER), None

    def do_give(self, h: dict[str, Any]) -> Iterator[Part]:
        redemption = bytes.fromhex(h["redemption"])
        action = rewards.Honour(redemption) if h["honour"] else rewards.Void(redemption, "缺货")
        yield key_of(COMMUNITY), action, None


def together(*roles: Role) -> Role:
    """One person with several things to do, the first most urgent."""

    def act(sight: Sight) -> Iterator[Errand]:
        for role in roles:
            yield from role(sight)

    return act


def resident(name: str, share: int, of: int) -> Role:
    """A household that reviews what it collected, disagrees when it is hidden, and spends what it earned."""
    key = resident_key(name).public_key

    def act(sight: Sight) -> Iterator[Errand]:
        done = sight.market.begun[name]
        for number, (_, order) in enumerate(sight.market.planned()):
            what = f"review {order.name}"
            if number % of != share or not order.rating or what in done:
                continue
            row = sight.view.orders.get(order_of(order.name).hex())
            if row is not None and row.collected_ms is not None:
                saying = {"do": "review", "by": name, "order": order.name, "rating": order.rating}
                yield Errand(what, [saying | {"photo": number % 2 == 0}])
        for review, said in sight.view.reviews.items():
            if said.public_key == key and said.state == "hidden" and review[1] < "8" and f"appeal {review}" not in done:
                yield Errand(f"appeal {review}", [{"do": "appeal", "by": name, "review": review}])
        owned = sight.view.points.get(f"{COMMUNITY}/{key.hex()}")
        if owned is not None and owned.balance >= COST and "spend" not in done and sight.view.offers:
            yield Errand("spend", [{"do": "spend", "by": name}])

    return act


def moderator(sight: Sight) -> Iterator[Errand]:
    """The community hides a few reviews; makes an offer; gives what was asked for, cannot, or says nothing."""
    done = sight.market.begun[COMMUNITY]
    if not sight.view.offers and sight.view.reviews:
        yield Errand("offer", [{"do": "offer"}])
    for review, row in sight.view.reviews.items():
        if review[0] < "6" and row.state == "shown" and f"hide {review}" not in done:
            yield Errand(f"hide {review}", [{"do": "hide", "review": review}])
    for redemption, asked in sight.view.redemptions.items():
        if asked.state == "asked" and redemption[0] < "b" and f"give {redemption}" not in done:
            giving = {"do": "give", "redemption": redemption, "honour": redemption[0] < "8"}
            yield Errand(f"give {redemption}", [giving])


def judge(sight: Sight) -> Iterator[Errand]:
    """The laboratory decides some appeals; the others lapse."""
    for review, row in sight.view.reviews.items():
        if row.state == "appealed" and review[2] < "8":
            deciding = {"do": "decide", "review": review, "uphold": review[3] < "8"}
            yield Errand(f"decide {review}", [deciding])


def visitor(name: str) -> Role:
    """A leader who sees the farm, vouches for its fruit, and takes it back when somebody was served badly."""

    def act(sight: Sight) -> Iterator[Errand]:
        done = sight.market.begun[name]
        if "visit" not in done and sight.view.orders:
            yield Errand("visit", [{"do": "visit", "by": name}])
        for visit, row in sight.view.visits.items():
            if row.leader == name and row.state == "cosigned" and "endorse" not in done:
                yield Errand("endorse", [{"do": "endorse", "by": name, "visit": visit}])
        if any(said.rating == 1 for said in sight.view.reviews.values()) and "unsay" not in done:
            for endorsement, word in sight.view.endorsements.items():
                if word.leader == name:
                    yield Errand("unsay", [{"do": "unsay", "by": name, "endorsement": endorsement}])

    return act


def host(sight: Sight) -> Iterator[Errand]:
    """The farm says who was there."""
    for visit, row in sight.view.visits.items():
        if row.state == "claimed" and f"confirm {visit}" not in sight.market.begun["farm"]:
            yield Errand(f"confirm {visit}", [{"do": "confirm_visit", "visit": visit}])
