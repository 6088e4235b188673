"""Random neighbours, reviews, hides, appeals, visits, endorsements and spending, at any time, over archive and rewards.

Every module's invariants are checked after every block (`Chain.run`); here the outcome is held against a plain model:
one review a line, counts as a recount of the listing's own journal, points by caps, titles by their definitions.
"""

import os
from collections import defaultdict
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger.modules.archive import messages as a
from ledger.modules.archive.ports import Reviews, listing_of
from ledger.modules.archive.state import CONCEALED
from ledger.modules.rewards import messages as r
from ledger.modules.rewards.state import redemptions
from tests.rewards.world import BERRY, DAY_MS, HOUR_MS, SMALL, WORDS, Garden, fed

EFFORT = int(os.environ.get("LINXIN_EFFORT", "1"))
NAMES = ("an", "bo", "cai")
LINES = 16
CHINA_MS = 8 * HOUR_MS

NAME = st.sampled_from(NAMES)
LINE = st.integers(0, LINES - 1)
LEADER = st.sampled_from(["mei", "lan", "wen"])


class Said(NamedTuple):
    """A review as the model remembers it."""

    identity: bytes
    name: str
    rating: int
    photos: bool


class Life(RuleBasedStateMachine):
    """One campaign's sixteen lines, three neighbours, three leaders, one offer."""

    def __init__(self) -> None:
        super().__init__()
        self.garden: Garden = fed()
        self.said: list[Said] = []
        self.lines: set[int] = set()
        self.earned: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.spent: defaultdict[str, int] = defaultdict(int)
        self.stock = 3
        self.garden.offered(cost=12, stock=3)
        self.reviews = Reviews()

    # What people do.

    @rule(
        name=NAME, line=LINE, rating=st.integers(1, 5), photos=st.integers(0, 2), serves=st.sampled_from(["", "farm"])
    )
    def review(self, name: str, line: int, rating: int, photos: int, serves: str) -> None:
        """Accepted exactly once a line, and not from whoever serves the seller."""
        garden = self.garden
        own = (f"organisation:{serves}",) if serves else ()
        receipt = garden.do(*garden.writing(name, line, rating, photos, serves=own))
        assert (receipt.code == 0) == (line not in self.lines and not serves), (receipt.code, receipt.details)
        if receipt.code == 0:
            self.lines.add(line)
            self.said.append(Said(receipt.transaction_id, name, rating, bool(photos)))
            self._earn(name, 15 if photos else 10)

    def _earn(self, name: str, worth: int) -> None:
        day = (self.garden.head.time_ms + CHINA_MS) // DAY_MS
        of_day = SMALL["points_day_max"] - self.earned[name, day]
        # All of it happens in January and February 2026; the first of February is day 20485.
        month = [fen for (who, when), fen in self.earned.items() if who == name and (when < 20485) == (day < 20485)]
        self.earned[name, day] += max(0, min(worth, of_day, SMALL["points_month_max"] - sum(month)))

    @rule(which=st.integers(0, LINES), number=st.integers(1, 5), by=st.sampled_from(["garden", "platform", "farm"]))
    def hide(self, which: int, number: int, by: str) -> None:
        """By the community or the platform, while it is shown, once under each rule; never by the seller."""
        if which < len(self.said):
            row = self._row(self.said[which])
            receipt = self.garden.do(by, a.Hide(self.said[which].identity, number, WORDS))
            may = by != "farm" and row.state in ("shown", "restored")
            assert (receipt.code == 0) == (may and all(past.rule != number for past in row.moderation))

    @rule(which=st.integers(0, LINES), name=NAME)
    def appeal(self, which: int, name: str) -> None:
        """By whoever wrote it, while it is hidden."""
        if which < len(self.said):
            said, state = self.said[which], self._row(self.said[which]).state
            receipt = self.garden.do(self.garden.neighbour(name), a.Appeal(said.identity, WORDS))
            assert (receipt.code == 0) == (name == said.name and state == "hidden")

    @rule(which=st.integers(0, LINES), uphold=st.booleans(), by=st.sampled_from(["court", "garden", "orchard"]))
    def decide(self, which: int, uphold: bool, by: str) -> None:
        """By somebody else than who hid it, while it is appealed."""
        if which < len(self.said):
            row = self._row(self.said[which])
            receipt = self.garden.do(by, a.Decide(self.said[which].identity, uphold, WORDS))
            over = self._row(self.said[which]).moderation[-1:] != row.moderation[-1:] and receipt.code != 0
            may = row.state == "appealed" and row.moderation[-1].by != by
            assert over or (receipt.code == 0) == may, (receipt.code, receipt.details)

    @rule(which=st.integers(0, LINES))
    def erase(self, which: int) -> None:
        """Her words go; neither counts nor points do."""
        if which < len(self.said):
            said = self.said[which]
            before = self.garden.points(said.name)
            self.garden.do(self.garden.neighbour(said.name), a.EraseWords(said.identity))
            assert self.garden.points(said.name) == before

    @rule(leader=LEADER, withdraw=st.booleans())
    def vouch(self, leader: str, withdraw: bool) -> None:
        """A leader endorses the berries after a visit, or takes it back."""
        standing = self._standing(leader)
        if standing is None:
            self.garden.endorse(leader)
        elif withdraw:
            self.garden.accept(leader, a.WithdrawEndorsement(standing, WORDS))

    def _standing(self, leader: str) -> bytes | None:
        found = self.garden.every_endorsement()
        mine = [identity for identity, row in found if row.leader == leader and row.state == "standing"]
        return bytes.fromhex(mine[0]) if mine else None

    @rule(name=NAME)
    def spend(self, name: str) -> None:
        """Accepted exactly when there are points and stock."""
        may = self._balance(name) >= 12 and self.stock > 0
        receipt = self.garden.do(self.garden.neighbour(name), r.Spend("apron"))
        assert (receipt.code == 0) == may, (receipt.code, receipt.details)
        if may:
            self.spent[name] += 12
            self.stock -= 1

    @rule(honour=st.booleans(), which=st.integers(0, 3))
    def close(self, honour: bool, which: int) -> None:
        """The community gives what was asked for, or cannot."""
        open_ones = [key for key, row in redemptions.every(self.garden.context()) if row.state == "asked"]
        if which < len(open_ones):
            redemption = bytes.fromhex(open_ones[which])
            owner = self._owner(open_ones[which])
            self.garden.accept("garden", r.Honour(redemption) if honour else r.Void(redemption, ""))
            if not honour:
                self._returned(owner)

    def _owner(self, redemption: str) -> str:
        row = redemptions.get(self.garden.context(), redemption)
        assert row is not None
        return next(name for name in NAMES if self.garden.neighbour(name).public_key.hex() == row.key)

    def _returned(self, name: str) -> None:
        self.spent[name] -= 12
        self.stock += 1

    @rule(ms=st.sampled_from([HOUR_MS, DAY_MS, 8 * DAY_MS, 31 * DAY_MS]))
    def wait(self, ms: int) -> None:
        """Time passes; what was not honoured in time comes back."""
        before = {key for key, row in redemptions.every(self.garden.context()) if row.state == "asked"}
        if self.garden.now + ms < 1_772_000_000_000:  # 2026-02-25: two months are enough for the model, and the offer
            self.garden.later(ms)
        for key, row in redemptions.every(self.garden.context()):
            if key in before and row.state == "voided":
                self._returned(self._owner(key))

    # What must hold.

    def _row(self, said: Said) -> Any:
        row = self.reviews.review(self.garden.context(), said.identity.hex())
        assert row is not None
        return row

    def _balance(self, name: str) -> int:
        return sum(given for (who, _), given in self.earned.items() if who == name) - self.spent[name]

    @invariant()
    def points_are_what_was_earned_and_spent(self) -> None:
        """By the plain model, and by the leaves alone."""
        for name in NAMES:
            row = self.garden.points(name)
            assert (row.balance, row.spent) == (self._balance(name), self.spent[name])
        self.garden.check_points()

    @invariant()
    def counts_are_a_recount(self) -> None:
        """The listing counts every review that was accepted, hidden or erased ones as well."""
        row = self.reviews.listing(self.garden.context(), listing_of(BERRY, "garden"))
        assert row.reviews == len(self.said) == len(self.lines)
        assert row.ratings == tuple(sum(said.rating == each for said in self.said) for each in range(1, 6))
        assert row.photos == sum(said.photos for said in self.said)
        assert row.hidden == sum(self._row(said).state in CONCEALED for said in self.said)
        assert row.endorsements - row.withdrawn == sum(
            each.state == "standing" and each.community == "garden" for _, each in self.garden.every_endorsement()
        )

    @invariant()
    def tasters_are_those_who_reach_the_thresholds(self) -> None:
        """Whatever they said; and hidden reviews count against them once nobody can doubt it."""
        for name in NAMES:
            own = [said for said in self.said if said.name == name]
            upheld = sum(self._row(said).state == "upheld" for said in own)
            assert upheld <= self.garden.points(name).hidden <= sum(self._row(said).state in CONCEALED for said in own)
            deserved = len(own) >= 3 and any(said.photos for said in own) and not self.garden.points(name).hidden
            assert self.garden.has_title("taster", name) == deserved

    @invariant()
    def recommenders_hold_up_once_they_are_looked_at(self) -> None:
        """Between a review and the look at those who vouch, what they had stands."""
        row = self.reviews.listing(self.garden.context(), listing_of(BERRY, "garden"))
        sound = row.reviews >= 2 and sum(row.ratings[3:]) * 10 >= row.reviews * 6
        for leader in ("mei", "lan"):
            held = self.garden.has_title("recommender", leader)
            if self._standing(leader) is None:
                assert not held
            elif not self.garden.timers("rewards.recheck"):
                assert held == sound
        assert not self.garden.has_title("recommender", "wen"), "nobody of the orchard reviewed them"

    def teardown(self) -> None:
        """What rewards say and keep names no order."""
        orders = {self.garden.order(f"c1 {number}") for number in range(LINES)}
        kept = b"".join(key + value for key, value in self.garden.state_of("rewards").items())
        assert not any(order.encode() in kept or bytes.fromhex(order) in kept for order in orders)
        for name in ("points_earned", "points_spent", "points_returned", "title_gained", "title_lost"):
            assert not any(field in orders for event in self.garden.events(name) for field in event)


Life.TestCase.settings = settings(max_examples=20 * EFFORT, stateful_step_count=20, deadline=None)
TestLife = Life.TestCase
