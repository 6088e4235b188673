"""Reviews: of what was collected, once a line, by a member without an interest; additions; erasure; buying again."""

from typing import Any

import pytest
from msgspec.structs import replace

from ledger.errors import MalformedTransaction, RestrictedNeeded
from ledger.modules.archive import errors as e
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import (
    Review,
    altered,
    farm_listing,
    listing_of,
    lot_listing,
    product_listing,
    reviewers,
)
from ledger.modules.groupbuy.messages import Shares, Ship, Substitute
from ledger.modules.registry.messages import NewKey, RotateKey, possession_message
from ledger.modules.trace import messages as t
from tests.archive.world import BERRY, CAMPAIGN, DAY_MS, HOUR_MS, REASON, Memoir, address, check_recount
from tests.groupbuy.market import HALF
from tests.registry.chain import key_of

HERE, EVERYWHERE, FARM = listing_of(BERRY, "garden"), product_listing(BERRY), farm_listing("farm")


def test_a_review_counts_where_it_belongs(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    photos = (address("one"), address("two"))
    review = memoir.review(0, 4, tags=("fresh", "sweet"), words=address("good"), photos=photos)
    lot = f"{BERRY}/{CAMPAIGN}"
    for key in (HERE, EVERYWHERE, FARM, lot_listing(lot)):
        row = memoir.listing(key)
        assert (row.reviews, row.ratings, row.nps[8], row.photos) == (1, (0, 0, 0, 1, 0), 1, 1)
        assert [(tally.name, tally.count) for tally in row.tags] == [("fresh", 1), ("sweet", 1)]
        assert (row.reviewers, row.returning) == ((1, 0) if "@" in key else (0, 0))
    written = memoir.review_of(review)
    assert (written.community, written.seller, written.lots, written.state) == ("garden", "farm", (lot,), "shown")
    assert written.public_key == memoir.member("0").public_key
    (heard,) = memoir.recorder.heard
    assert heard == ("reviewed", review.hex(), written)
    check_recount(memoir)


def test_only_what_was_collected_is_reviewed(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    assert memoir.refuse_review(e.NotCollected) == [BERRY], "no order is named"
    memoir.hand(0, returned=6, reason="damaged")
    memoir.refuse_review(e.NotCollected)
    memoir.refuse_review(e.NotCollected, 0, order="77" * 16)
    memoir.acknowledge(1)
    memoir.review(1, 1)


def test_goods_nobody_came_for_are_not_reviewed_even_when_settled(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.nobody_comes()
    memoir.later(2 * DAY_MS)
    assert memoir.line(memoir.order("c1 0")).state == "settled"
    memoir.refuse_review(e.NotCollected)


def test_a_line_that_is_claimed_on_or_recalled_is_reviewed_all_the_same(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    memoir.hand(1)
    memoir.claim(0)
    memoir.review(0, 1)
    memoir.accept("farm", t.Recall((memoir.campaign().lots[0].lot,), "农残", "Residue"))
    memoir.drain()
    assert memoir.line(memoir.order("c1 1")).state == "refunded"
    memoir.review(1, 1)
    assert memoir.listing(HERE).ratings == (2, 0, 0, 0, 0)
    check_recount(memoir)


def test_one_review_a_line_under_whatever_key(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    memoir.review(0)
    assert memoir.refuse_review(e.ReviewedAlready) == [BERRY]
    memoir.refuse_review(e.ReviewedAlready, who="another key")


def test_who_buys_again_is_counted_once(memoir: Memoir) -> None:
    for campaign in ("c1", "c2", "c3"):
        memoir.arrived(6, 4, campaign=campaign)
        memoir.hand(0, campaign=campaign)
        memoir.hand(1, campaign=campaign)
    memoir.review(0, who="she")
    memoir.review(1, who="she")
    assert (memoir.listing(HERE).reviewers, memoir.listing(HERE).returning) == (1, 0), "two lines of one campaign"
    for number, campaign in ((0, "c2"), (1, "c2"), (0, "c3")):
        memoir.review(number, campaign=campaign, who="she")
        assert (memoir.listing(HERE).reviewers, memoir.listing(HERE).returning) == (1, 1)
    row = reviewers.get(memoir.context(), memoir.member("she").public_key.hex())
    assert row is not None
    assert (row.community, row.reviews) == ("garden", 5)
    check_recount(memoir)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("product", "09521234567801"), ("community", "orchard"), ("seller", "rival"), ("lots", (f"{BERRY}/X",))],
)
def test_a_review_is_about_what_was_ordered(memoir: Memoir, field: str, wrong: Any) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    action = replace(memoir.reviewing(), **{field: wrong})
    assert memoir.refuse_review(e.GoodsDiffer, action=action) == [field]


def test_the_orders_key_must_consent_to_this_reviewer(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    memoir.refuse_review(e.OrderKeyMissing, consent=memoir.buyer("c1 1"))
    meant_for_another = memoir.origin("c1 0", memoir.member("0"))
    thief = memoir.member("thief")
    stolen = replace(meant_for_another, membership=memoir.membership(thief))
    memoir.refuse_review(e.OrderKeyMissing, key=thief, origin=stolen)


def test_the_registrars_word_is_checked(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    assert memoir.refuse_review(e.MembershipInvalid, by="shop") == ["garden", "not the community's key"]
    assert memoir.refuse_review(e.MembershipInvalid, by="mei")[1] == "not the community's key"
    assert memoir.refuse_review(e.MembershipInvalid, community="orchard")[1] == "not signed so"
    assert memoir.refuse_review(e.MembershipInvalid, valid_to_ms=memoir.now + 1_000)[1] == "expired"
    key = memoir.member("0")
    of_another = memoir.membership(memoir.member("1"))
    assert memoir.refuse_review(e.MembershipInvalid, membership=of_another)[1] == "not signed so"
    hides_interest = replace(memoir.membership(key, ("organisation:farm",)), serves=())
    assert memoir.refuse_review(e.MembershipInvalid, membership=hides_interest)[1] == "not signed so"


@pytest.mark.parametrize(
    "served",
    ["organisation:farm", "organisation:platform", "organisation:hub", "member:mei", "organisation:garden"],
)
def test_nobody_reviews_her_own(memoir: Memoir, served: str) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    assert memoir.refuse_review(e.OwnInterest, serves=("organisation:shop", served)) == [BERRY], "not who she is"
    key = memoir.member("0")
    membership = memoir.membership(key, ("organisation:shop", "member:lan"))
    memoir.accept(key, memoir.reviewing(), memoir.origin("c1 0", key, membership=membership))


def test_the_substitute_and_the_silent_leader_have_an_interest(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.later(30 * HOUR_MS)
    memoir.accept("platform", Substitute(CAMPAIGN, "lan"))
    memoir.hand(0, "lan")
    for leader in ("mei", "lan"):
        memoir.refuse_review(e.OwnInterest, serves=(f"member:{leader}",))
    memoir.refuse_review(e.OwnInterest, serves=("organisation:garden",))
    memoir.register("wei", "garden", "leader")
    key = memoir.member("0")
    other = memoir.membership(key, ("member:wei",))
    memoir.accept(key, memoir.reviewing(), memoir.origin("c1 0", key, membership=other))


def test_a_leader_who_vouched_does_not_review_it_in_anothers_campaign(memoir: Memoir) -> None:
    """Nor when she took her word back: she could give it again after the review."""
    memoir.arrived(6, 4)
    memoir.hand(0)
    word = memoir.vouch(memoir.visit("lan"), "lan")
    assert memoir.refuse_review(e.OwnInterest, serves=("member:lan",)) == [BERRY]
    memoir.accept("lan", a.WithdrawEndorsement(word, REASON))
    memoir.refuse_review(e.OwnInterest, serves=("member:lan",))
    memoir.register("wei", "garden", "leader")
    key = memoir.member("0")
    memoir.accept(key, memoir.reviewing(), memoir.origin("c1 0", key, serves=("member:wei",)))


def test_a_registrars_key_that_was_rotated_vouches_for_nobody_and_frees_no_line(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    memoir.hand(1)
    memoir.review(0, rating=1)
    before = memoir.membership(memoir.member("1"))
    new = key_of("garden, later")
    message = possession_message(memoir.genesis.chain_id, "organisation:garden")
    brought = NewKey(new.algorithm, new.public_key, new.sign(message))
    memoir.accept("garden", RotateKey(key_of("garden").public_key, brought))
    assert memoir.refuse_review(e.MembershipInvalid, 1, membership=before)[1] == "not the community's key"
    again = memoir.membership(memoir.member("new"), by="garden, later")
    memoir.refuse_review(e.ReviewedAlready, 0, who="new", membership=again)
    key = memoir.member("1")
    memoir.accept(key, memoir.reviewing(), memoir.origin("c1 1", key, by="garden, later"))
    assert memoir.listing(HERE).ratings == (1, 0, 0, 0, 1)


def test_who_made_the_goods_for_the_seller_has_an_interest(memoir: Memoir) -> None:
    memoir.formed(10, logistics=None, shares=Shares(1_000, 500, 0))
    grown = (t.Portion(memoir.lot("L1", 10), 10 * HALF),)
    memoir.hand_over("s0", "farm", "hub", lots=grown)
    memoir.accept("hub", t.Transform(grown, (t.Output(BERRY, "P1", 10 * HALF),), 0, memoir.now))
    memoir.allocate({f"{BERRY}/P1": 10})
    packed = (t.Portion(f"{BERRY}/P1", 10 * HALF),)
    memoir.hand_over("s1", "hub", "farm", lots=packed)
    memoir.hand_over("s2", "farm", "shop", lots=packed)
    memoir.accept("farm", Ship(CAMPAIGN, ("s2",)))
    memoir.arrive()
    memoir.hand(0)
    memoir.refuse_review(e.OwnInterest, serves=("organisation:hub",))
    memoir.review(0)


def test_registered_foreign_and_order_keys_do_not_review(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    memoir.hand(1)
    assert memoir.refuse_review(e.ReviewKeyRegistered, key=key_of("mei")) == [key_of("mei").public_key.hex()]
    order_key = memoir.buyer("c1 0")
    assert memoir.refuse_review(e.ReviewKeyElsewhere, key=order_key) == [order_key.public_key.hex()]


def test_a_key_is_of_one_community(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    memoir.review(0, who="she")
    action = replace(memoir.reviewing(), community="orchard")
    memoir.refuse_review(e.ReviewKeyElsewhere, who="she", action=action)


def test_what_is_said_is_bounded_and_from_the_vocabulary(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    photo = address("one")
    assert memoir.refuse_review(e.SaidTwice, action=memoir.reviewing(tags=("fresh", "fresh"))) == ["tags"]
    assert memoir.refuse_review(e.SaidTwice, action=memoir.reviewing(photos=(photo, photo))) == ["photos"]
    key = memoir.member("0")
    for wrong in (
        {"rating": 0},
        {"rating": 6},
        {"recommend": 11},
        {"tags": ("frеsh",)},
        {"tags": ("\u202efresh",)},
        {"tags": ("fresh", "sweet", "juicy", "large", "clean", "tender", "sour")},
        {"photos": tuple(address(str(number)) for number in range(10))},
        {"words": b"the words themselves"},
        {"lots": tuple(f"{BERRY}/{number}" for number in range(9))},
    ):
        action = memoir.reviewing(**wrong)
        assert isinstance(memoir.check(memoir.envelope(key, action, memoir.origin("c1 0", key))), MalformedTransaction)
    memoir.refuse(key, memoir.reviewing(), RestrictedNeeded)


def test_of_many_lots_a_review_names_the_first_by_name(memoir: Memoir) -> None:
    memoir.formed(20)
    memoir.allocate({memoir.lot(f"L{number}", 2): 2 for number in reversed(range(10))})
    memoir.ship()
    memoir.arrive()
    memoir.hand(0)
    named = tuple(f"{BERRY}/L{number}" for number in range(8))
    memoir.refuse_review(e.GoodsDiffer, action=memoir.reviewing(lots=named[::-1]))
    review = memoir.review(0, lots=named)
    assert memoir.review_of(review).lots == named
    assert memoir.listing(lot_listing(named[7])).reviews == 1
    assert memoir.listing(lot_listing(f"{BERRY}/L8")).reviews == 0
    check_recount(memoir)


def test_additions_are_hers_bounded_and_change_no_count(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    review = memoir.review(0, 2)
    before = memoir.listing(HERE)
    for number in range(a.ADDITIONS_MAX):
        memoir.accept(memoir.member("0"), a.AddToReview(review, address(str(number))))
    row = memoir.review_of(review)
    assert (row.rating, [each.words for each in row.additions]) == (2, [address(str(each)) for each in range(5)])
    assert memoir.listing(HERE) == before
    assert len(memoir.leaves_of(f"listing:{HERE}")) == 6
    more = a.AddToReview(review, None, (address("six"),))
    memoir.refuse(memoir.member("0"), more, e.TooManyAdditions)
    memoir.refuse(memoir.member("1"), more, e.NotReviewer)
    memoir.refuse(memoir.member("0"), replace(more, review=bytes(32)), e.ReviewUnknown)


def test_a_review_is_what_its_leaf_says_until_it_is_marked_as_altered(memoir: Memoir) -> None:
    memoir.arrived(4, 3, 3)
    ids = []
    for number in range(3):
        memoir.hand(number)
        photos = (address("photo"),) * (number == 1)
        ids.append(memoir.review(number, number + 1, tags=("sour",), words=address(str(number)), photos=photos))
    assert altered.scan(memoir.context()) == []
    leaves = memoir.leaves_of(f"listing:{HERE}")
    for review, leaf in zip(ids, leaves, strict=True):
        body = memoir.registry.decode_body(leaf.body)
        said = Review.written(body.action, body.algorithm, body.public_key, leaf.outcome[1])
        assert said == memoir.review_of(review)
    memoir.accept(memoir.member("0"), a.AddToReview(ids[0], address("more")))
    memoir.accept(memoir.member("1"), a.EraseWords(ids[1]))
    assert sorted(altered.scan(memoir.context())) == sorted((review.hex(), True) for review in ids[:2])
    memoir.hide(ids[2])
    memoir.hide(ids[0])
    assert {name for name, _ in altered.scan(memoir.context())} == {review.hex() for review in ids}


def test_an_addition_says_something(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    review = memoir.review(0)
    memoir.refuse(memoir.member("0"), a.AddToReview(review), e.NothingSaid)
    twice = a.AddToReview(review, None, (address("x"), address("x")))
    memoir.refuse(memoir.member("0"), twice, e.SaidTwice)


def test_words_are_erased_part_by_part_and_the_rating_stays(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    review, key = memoir.review(0, 1, words=address("bad")), memoir.member("0")
    memoir.accept(key, a.AddToReview(review, address("worse")))
    memoir.refuse(memoir.member("1"), a.EraseWords(review), e.NotReviewer)
    memoir.refuse(key, a.EraseWords(review, 2), e.NothingSaid)
    memoir.accept(key, a.EraseWords(review, 1))
    row = memoir.review_of(review)
    assert (row.erased_ms, row.additions[0].erased_ms) == (None, memoir.now)
    assert memoir.refuse(key, a.EraseWords(review, 1), e.ErasedAlready) == [review.hex(), "1"]
    memoir.accept(key, a.EraseWords(review))
    assert memoir.review_of(review).erased_ms == memoir.now
    assert (memoir.listing(HERE).erased, memoir.listing(HERE).ratings) == (1, (1, 0, 0, 0, 0)), "one review, once"
    memoir.refuse(key, a.AddToReview(review, address("more")), e.ReviewErased)
    check_recount(memoir)


def test_a_review_without_words_has_none_to_erase(memoir: Memoir) -> None:
    memoir.arrived(10)
    memoir.hand(0)
    review = memoir.review(0)
    memoir.refuse(memoir.member("0"), a.EraseWords(review), e.NothingSaid)
