"""Everybody acts at random on the archive of one product, sellers and leaders with all that they can sign.

Held against a plain model after every step: what stands in the archive is what uninterested buyers of collected lines
said, once each; nothing that a party does changes a rating, or adds one; every listing is its leaves' recount.
"""

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.module import Action
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import farm_listing, listing_of, lot_listing, product_listing
from ledger.modules.trace import messages as t
from tests.archive.world import BERRY, CAMPAIGN, DAY_MS, REASON, Memoir, address, check_recount, fresh
from tests.registry.chain import key_of

EFFORT = int(os.environ.get("LINXIN_EFFORT", "1"))
BUYERS = 4
BUYER = st.integers(min_value=0, max_value=BUYERS - 1)
PARTIES = ("farm", "mei", "lan", "hub", "platform")
EVERYBODY = (*PARTIES, "garden", "orchard", "court", "lab", "watch", "rival")
SHELVES = (
    listing_of(BERRY, "garden"),
    product_listing(BERRY),
    farm_listing("farm"),
    lot_listing(f"{BERRY}/{CAMPAIGN}"),
)
INTERESTS = ("organisation:farm", "member:mei", "organisation:hub", "organisation:platform", "organisation:garden")


class Archive(RuleBasedStateMachine):
    """Four lines of one campaign, of which the leader hands out some."""

    def __init__(self) -> None:
        super().__init__()
        self.memoir: Memoir = fresh()
        self.said: dict[int, int] = {}
        self.ids: dict[int, bytes] = {}
        self.words: list[bytes] = []
        self.seen: list[bytes] = []

    @initialize(handed=st.sets(BUYER, min_size=2))
    def begin(self, handed: set[int]) -> None:
        """Some buyers have their goods."""
        self.memoir.arrived(5, 4, 3, 2)
        for number in sorted(handed):
            self.memoir.hand(number)
        self.handed = handed

    def try_as(self, who: str, action: Action, restricted: a.Origin | None = None) -> bytes | None:
        """What somebody tries; the id if it was accepted."""
        key = self.memoir.member(who.removeprefix("key ")) if who.startswith("key ") else key_of(who)
        receipt = self.memoir.do(key, action, restricted)
        return receipt.transaction_id if receipt.code == 0 else None

    @rule(buyer=BUYER, rating=st.integers(min_value=1, max_value=5), twice=st.booleans())
    def review(self, buyer: int, rating: int, twice: bool) -> None:
        """A buyer reviews, under her key or another one of hers; accepted exactly once a collected line."""
        who = f"{buyer} again" if twice else str(buyer)
        key = self.memoir.member(who)
        action = self.memoir.reviewing(rating=rating, words=address(who))
        done = self.try_as(f"key {who}", action, self.memoir.origin(f"{CAMPAIGN} {buyer}", key))
        assert (done is not None) == (buyer in self.handed and buyer not in self.said)
        if done is not None:
            self.said[buyer], self.ids[buyer] = rating, done

    @rule(buyer=BUYER, party=st.sampled_from(INTERESTS), lies=st.booleans(), own=st.booleans())
    def lift(self, buyer: int, party: str, lies: bool, own: bool) -> None:
        """A party that holds an order reviews its own goods, says who it is or drops that from the registrar's word,
        under a fresh key or its registered one: never.
        """
        name = party.partition(":")[2]
        key = key_of(name) if own else self.memoir.member(f"of {name}")
        word = self.memoir.membership(key, (party,))
        if lies:
            word = a.Membership((), word.valid_to_ms, word.algorithm, word.public_key, word.signature)
        origin = self.memoir.origin(f"{CAMPAIGN} {buyer}", key, membership=word)
        assert self.memoir.do(key, self.memoir.reviewing(rating=5), origin).code != 0

    @precondition(lambda self: self.words)
    @rule(buyer=BUYER, data=st.data())
    def lift_ones_word(self, buyer: int, data: st.DataObject) -> None:
        """Who vouched for the goods, whether it stands or not, reviews them as somebody's buyer: never."""
        word = self.memoir.endorsement_of(data.draw(st.sampled_from(self.words)))
        key = self.memoir.member(f"of {word.leader}")
        origin = self.memoir.origin(f"{CAMPAIGN} {buyer}", key, serves=(f"member:{word.leader}",))
        assert self.memoir.do(key, self.memoir.reviewing(rating=5), origin).code != 0

    @rule(buyer=BUYER, party=st.sampled_from([*PARTIES, "court", "orchard"]))
    def vouch_for_itself(self, buyer: int, party: str) -> None:
        """Somebody who is not the registrar signs the registrar's word: never."""
        key = self.memoir.member(f"of {party}")
        origin = self.memoir.origin(f"{CAMPAIGN} {buyer}", key, by=party)
        assert self.memoir.do(key, self.memoir.reviewing(rating=5), origin).code != 0

    @precondition(lambda self: self.ids)
    @rule(who=st.sampled_from(EVERYBODY), number=st.integers(min_value=1, max_value=5), data=st.data())
    def hide(self, who: str, number: int, data: st.DataObject) -> None:
        """Anybody tries to hide: the community and the platform alone can."""
        done = self.try_as(who, a.Hide(self.pick(data), number, REASON))
        assert done is None or who in ("garden", "platform")

    @precondition(lambda self: self.ids)
    @rule(who=st.sampled_from([*EVERYBODY, "key 0", "key 1"]), data=st.data())
    def appeal(self, who: str, data: st.DataObject) -> None:
        """Anybody tries to appeal: the reviewer alone can."""
        review = self.pick(data)
        done = self.try_as(who, a.Appeal(review, REASON))
        assert done is None or self.memoir.review_of(review).public_key == self.memoir.member(who[4:]).public_key

    @precondition(lambda self: self.ids)
    @rule(who=st.sampled_from(EVERYBODY), uphold=st.booleans(), data=st.data())
    def decide(self, who: str, uphold: bool, data: st.DataObject) -> None:
        """Anybody tries to decide: no party can, nor who hid it."""
        review = self.pick(data)
        before = self.memoir.review_of(review)
        if self.try_as(who, a.Decide(review, uphold, REASON)) is not None:
            assert who not in PARTIES
            assert who != before.moderation[-1].by

    @precondition(lambda self: self.ids)
    @rule(who=st.sampled_from([*EVERYBODY, "key 0", "key 1", "key 2"]), part=st.integers(0, 5), data=st.data())
    def say_more_or_erase(self, who: str, part: int, data: st.DataObject) -> None:
        """Anybody tries to add or to erase: the reviewer alone can."""
        review = self.pick(data)
        hers = who.startswith("key ") and (
            self.memoir.review_of(review).public_key == self.memoir.member(who[4:]).public_key
        )
        for action in (a.AddToReview(review, address(f"more {part}")), a.EraseWords(review, part)):
            assert self.try_as(who, action) is None or hers

    @rule(who=st.sampled_from(EVERYBODY))
    def visit(self, who: str) -> None:
        """Anybody says that she visited: leaders can."""
        done = self.try_as(who, self.memoir.visiting())
        assert (done is not None) == (who in ("mei", "lan"))
        if done is not None:
            self.seen.append(done)

    @precondition(lambda self: self.seen)
    @rule(who=st.sampled_from(EVERYBODY), data=st.data())
    def confirm_or_vouch(self, who: str, data: st.DataObject) -> None:
        """Anybody tries to confirm, to vouch and to withdraw."""
        visit = data.draw(st.sampled_from(self.seen))
        assert self.try_as(who, a.ConfirmVisit(visit)) is None or who == "farm"
        done = self.try_as(who, self.memoir.vouching(visit))
        if done is not None:
            row = self.memoir.visit_of(visit)
            assert (row.leader, row.state) == (who, "cosigned")
            self.words.append(done)
        if self.words and self.try_as(who, a.WithdrawEndorsement(self.words[-1], REASON)) is not None:
            assert self.memoir.endorsement_of(self.words[-1]).leader == who

    @precondition(lambda self: self.ids)
    @rule(sure=st.integers(min_value=0, max_value=9))
    def recall(self, sure: int) -> None:
        """The seller takes its goods back: what was said of them stays."""
        if sure == 0:
            self.memoir.do("farm", t.Recall((self.memoir.campaign().lots[0].lot,), "农残", "Residue"))
            self.memoir.drain()

    @rule(days=st.sampled_from([1, 8]))
    def wait(self, days: int) -> None:
        """Time passes."""
        self.memoir.later(days * DAY_MS)

    def pick(self, data: st.DataObject) -> bytes:
        """One of the reviews."""
        return data.draw(st.sampled_from(list(self.ids.values())))

    @invariant()
    def the_archive_is_what_buyers_said(self) -> None:
        """Each shelf shows their ratings, hidden or not, and no other."""
        ratings = tuple(sum(said == number for said in self.said.values()) for number in range(1, 6))
        for key in SHELVES:
            row = self.memoir.listing(key)
            assert (row.reviews, row.ratings) == (len(self.said), ratings)
        for buyer, review in self.ids.items():
            assert self.memoir.review_of(review).rating == self.said[buyer]
        check_recount(self.memoir)


Archive.TestCase.settings = settings(max_examples=12 * EFFORT, stateful_step_count=25, deadline=None)
TestArchive = Archive.TestCase
