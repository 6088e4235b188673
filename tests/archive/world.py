"""A community that remembers: all modules over the real `execute`, buyers who review, leaders who vouch; and a recount
of every listing from the leaves of its journal, written without the ledger's own.
"""

from collections import Counter
from typing import Any, NamedTuple

import msgspec

from ledger.block import Receipt as BlockReceipt
from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.crypto.signing import SigningKey
from ledger.errors import Refusal
from ledger.module import Action, Module
from ledger.modules.archive import ClaimsHeard, ExcursionsHeard, archive_module
from ledger.modules.archive import messages as a
from ledger.modules.archive.ports import ReviewListener
from ledger.modules.archive.state import (
    Endorsement,
    Listing,
    Review,
    Visit,
    endorsements,
    listings,
    named_lots,
    reviews,
    visits,
)
from ledger.modules.claims import Disputes, claims_module
from ledger.modules.groupbuy import Lines, Recalls, groupbuy_module
from ledger.modules.payments import Money, payments_module
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import Goods, trace_module
from ledger.modules.trace.evidence import Evidence
from tests.claims.world import Court
from tests.groupbuy.market import CAMPAIGN
from tests.groupbuy.world import BERRY, DAY_MS, HOUR_MS
from tests.registry.chain import key_of
from tests.trace.world import SITE

REASON = bytes(range(32))


def address(words: str) -> bytes:
    """What stands on the chain for words or a photo in the vault."""
    return digest("blob", bytes(32), words.encode())


class Heard(NamedTuple):
    """What a listener was told."""

    what: str
    identity: str
    row: Review | Visit | Endorsement


class Recorder:
    """A `ReviewListener` that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def reviewed(self, _ctx: object, review: str, row: Review) -> None:
        self.heard.append(Heard("reviewed", review, row))

    def hidden(self, _ctx: object, review: str, row: Review) -> None:
        self.heard.append(Heard("hidden", review, row))

    def upheld(self, _ctx: object, review: str, row: Review) -> None:
        self.heard.append(Heard("upheld", review, row))

    def restored(self, _ctx: object, review: str, row: Review) -> None:
        self.heard.append(Heard("restored", review, row))

    def visited(self, _ctx: object, visit: str, row: Visit) -> None:
        self.heard.append(Heard("visited", visit, row))

    def endorsed(self, _ctx: object, endorsement: str, row: Endorsement) -> None:
        self.heard.append(Heard("endorsed", endorsement, row))

    def withdrawn(self, _ctx: object, endorsement: str, row: Endorsement) -> None:
        self.heard.append(Heard("withdrawn", endorsement, row))


class Memoir(Court):
    """Everybody of `Court`, and an archive."""

    def modules(self) -> tuple[Module, ...]:
        """All but the founding ones, joined as the catalogue joins them."""
        self.money = Money(OrganisationView(), KeyView())
        self.recorder = Recorder()
        listeners: tuple[ReviewListener, ...] = (self.recorder,)
        organisations, keys, goods, lines = OrganisationView(), KeyView(), Goods(), Lines()
        claims, excursions = (ClaimsHeard(lines),), ExcursionsHeard(goods)
        disputes = Disputes(self.money, lines, claims)
        return (
            trace_module(DeviceView(), organisations, (Recalls(),), (excursions,)),
            payments_module(self.money),
            groupbuy_module(self.money, organisations, keys, goods, disputes, fill_listeners=(excursions,)),
            claims_module(self.money, lines, Evidence(DeviceView()), claims),
            archive_module(organisations, keys, goods, lines, listeners),
        )

    # Reviews.

    def member(self, name: str) -> SigningKey:
        """The key that somebody uses in her community."""
        return key_of(f"in garden {name}")

    def membership(self, key: SigningKey, serves: tuple[str, ...] = (), **more: Any) -> a.Membership:
        """The registrar's word about a key; `by` signs it, for `community`, `valid_to_ms` an hour from now."""
        registrar = key_of(more.pop("by", "garden"))
        community = more.pop("community", "garden")
        valid_to_ms = more.pop("valid_to_ms", self.now + HOUR_MS)
        signed = a.membership_message(
            self.genesis.chain_id, community, key.algorithm, key.public_key, serves, valid_to_ms
        )
        return a.Membership(serves, valid_to_ms, registrar.algorithm, registrar.public_key, registrar.sign(signed))

    def origin(self, buyer: str, key: SigningKey, **more: Any) -> a.Origin:
        """What says that `key` reviews the order of `buyer`; `consent` is the key that signs in the order's place."""
        order = bytes.fromhex(more.pop("order", self.order(buyer)))
        consent = more.pop("consent", self.buyer(buyer))
        message = a.review_message(self.genesis.chain_id, order, key.algorithm, key.public_key)
        membership = more.pop("membership", None) or self.membership(key, **more)
        return a.Origin(order, consent.sign(message), membership)

    def reviewing(self, campaign: str = CAMPAIGN, rating: int = 5, **changes: Any) -> a.WriteReview:
        """What somebody says of a campaign's goods."""
        row = self.campaign(campaign)
        terms = row.terms
        said: dict[str, Any] = {
            "product": terms.product,
            "community": terms.community,
            "seller": terms.seller,
            "lots": named_lots([portion.lot for portion in row.lots]),
            "rating": rating,
            "recommend": 2 * rating,
        }
        return a.WriteReview(**(said | changes))

    def review(
        self, number: int = 0, rating: int = 5, campaign: str = CAMPAIGN, who: str = "", **changes: Any
    ) -> bytes:
        """Buyer `number` of a campaign reviews her line, as `who`; the review's id."""
        key = self.member(who or str(number))
        action = self.reviewing(campaign, rating, **changes)
        return self.accept(key, action, self.origin(f"{campaign} {number}", key)).transaction_id

    def refuse_review(self, refusal: type[Refusal], number: int = 0, who: str = "", **more: Any) -> list[str]:
        """As `review`; fails unless refused. `action` and `origin` replace what is said."""
        key = more.pop("key", None) or self.member(who or str(number))
        campaign = more.pop("campaign", CAMPAIGN)
        action = more.pop("action", None) or self.reviewing(campaign)
        origin = more.pop("origin", None) or self.origin(f"{campaign} {number}", key, **more)
        return self.refuse(key, action, refusal, origin)

    def review_of(self, review: bytes) -> Review:
        """The row of a review."""
        row = reviews.get(self.context(), review.hex())
        assert row is not None
        return row

    def listing(self, key: str) -> Listing:
        """The counts of a listing."""
        return listings.get(self.context(), key) or Listing()

    def refuse(
        self, key: SigningKey | str, action: Action, refusal: type[Refusal], restricted: Message | None = None
    ) -> list[str]:
        """As in `World`, with nothing of the archive changed either."""
        before = self.state_of("archive")
        details = super().refuse(key, action, refusal, restricted)
        assert before == self.state_of("archive")
        return details

    # Leaders.

    def visiting(self, **changes: Any) -> a.RecordVisit:
        """A visit of the farm this morning."""
        said: dict[str, Any] = {
            "farm": "farm",
            "site": SITE,
            "products": (BERRY,),
            "from_ms": self.now - 3 * HOUR_MS,
            "to_ms": self.now - HOUR_MS,
            "media": (address("field"),),
            "words": address("I saw"),
        }
        return a.RecordVisit(**(said | changes))

    def visit(self, leader: str = "mei", confirmed: bool = True, **changes: Any) -> bytes:
        """A leader's visit, which the farm confirms; its id."""
        identity = self.accept(leader, self.visiting(**changes)).transaction_id
        if confirmed:
            self.accept(changes.get("farm", "farm"), a.ConfirmVisit(identity))
        return identity

    def visit_of(self, visit: bytes) -> Visit:
        """The row of a visit."""
        row = visits.get(self.context(), visit.hex())
        assert row is not None
        return row

    def vouching(self, visit: bytes, product: str = BERRY) -> a.Endorse:
        """What a leader says who vouches."""
        return a.Endorse(visit, product, 1_000, address("good"))

    def vouch(self, visit: bytes, leader: str = "mei", product: str = BERRY) -> bytes:
        """A leader vouches; the endorsement's id."""
        return self.accept(leader, self.vouching(visit, product)).transaction_id

    def endorsement_of(self, endorsement: bytes) -> Endorsement:
        """The row of an endorsement."""
        row = endorsements.get(self.context(), endorsement.hex())
        assert row is not None
        return row

    # Moderation.

    def hide(self, review: bytes, by: str = "garden", rule: int = 2) -> BlockReceipt:
        """Somebody hides a review."""
        return self.accept(by, a.Hide(review, rule, REASON))

    def appeal(self, review: bytes, who: str = "0") -> BlockReceipt:
        """The reviewer appeals."""
        return self.accept(self.member(who), a.Appeal(review, REASON))


def recount(leaves: list[bytes]) -> dict[str, Counter[str]]:
    """What every listing should show: counted from the leaves that name it, by what stands on them alone."""
    found: dict[str, Counter[str]] = {}
    for leaf in leaves:
        _, _, _, outcome, subjects = msgspec.msgpack.decode(leaf)
        shelves = [name.removeprefix("listing:") for name, *_ in subjects if name.startswith("listing:")]
        for shelf in shelves:
            counts = found.setdefault(shelf, Counter())
            for event in outcome[3]:
                _count(counts, shelf, event)
    return found


_PLAIN = {
    "words_erased": "erased",
    "visit_confirmed": "visits",
    "endorsed": "endorsements",
    "endorsement_withdrawn": "withdrawn",
    "excursion_counted": "excursions",
    "review_hidden": "hidden",
}


def _count(counts: Counter[str], shelf: str, event: list[Any]) -> None:
    match event:
        case ["reviewed", rating, recommend, photos, tags, new, again]:
            counts.update(["reviews", f"rating {rating}", f"nps {recommend}"])
            counts.update(f"tag {tag}" for tag in tags.split(",") if tag)
            counts["photos"] += photos
            if "@" in shelf:
                counts["reviewers"] += new
                counts["returning"] += again
        case ["review_restored", _]:
            counts["hidden"] -= 1
        case ["claim_counted", end]:
            counts[f"claim {end}"] += 1
        case [name, *_] if name in _PLAIN:
            counts[_PLAIN[name]] += 1


def shown(row: Listing) -> dict[str, int]:
    """What a listing shows, by the names of `recount`, without what is 0."""
    names = ("reviews", "photos", "reviewers", "returning", "hidden", "erased", "visits", "endorsements")
    plain = {name: getattr(row, name) for name in (*names, "withdrawn", "excursions")}
    plain |= {f"rating {number}": count for number, count in enumerate(row.ratings, 1)}
    plain |= {f"nps {number}": count for number, count in enumerate(row.nps)}
    plain |= {f"tag {tally.name}": tally.count for tally in row.tags}
    plain |= {f"claim {tally.name}": tally.count for tally in row.claims}
    return {name: count for name, count in plain.items() if count}


def check_recount(world: Memoir) -> None:
    """Every listing shows what its journal's leaves make, and nothing else is shown."""
    counted = {key: dict(+counts) for key, counts in recount(world.leaves).items()}
    assert {key: shown(row) for key, row in listings.every(world.context())} == counted


_FIRST: list[Memoir] = []


def fresh() -> Memoir:
    """An archive in which nothing stands; made once and copied."""
    if not _FIRST:
        _FIRST.append(Memoir())
    copy = _FIRST[0].fork()
    assert isinstance(copy, Memoir)
    copy.recorder.heard.clear()
    return copy


__all__ = ["BERRY", "CAMPAIGN", "DAY_MS", "HOUR_MS", "REASON", "Memoir", "address", "check_recount", "fresh"]
