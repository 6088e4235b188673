"""Hidden, appealed, decided: by nobody with an interest, under each rule once, and always counted."""

import pytest

from ledger.errors import MalformedTransaction, WrongRole
from ledger.modules.archive import errors as e
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import listing_of, moderated, reviewers
from tests.archive.world import BERRY, DAY_MS, REASON, Memoir, check_recount

HERE = listing_of(BERRY, "garden")


@pytest.fixture
def review(memoir: Memoir) -> bytes:
    """A bad review of a line of the farm's berries."""
    memoir.arrived(10)
    memoir.hand(0)
    return memoir.review(0, 1)


def decision(review: bytes, uphold: bool = True) -> a.Decide:
    return a.Decide(review, uphold, REASON)


def test_what_is_hidden_still_counts_and_shows_by_whom(memoir: Memoir, review: bytes) -> None:
    memoir.hide(review, rule=3)
    row, counts = memoir.review_of(review), memoir.listing(HERE)
    assert (row.state, row.moderation[0].by, row.moderation[0].rule) == ("hidden", "garden", 3)
    assert (counts.reviews, counts.ratings, counts.hidden) == (1, (1, 0, 0, 0, 0), 1)
    ((name, logged),) = moderated.scan(memoir.context())
    assert name.startswith("garden/")
    assert logged == review.hex()
    check_recount(memoir)


@pytest.mark.parametrize("other", ["farm", "hub", "lab", "orchard", "watch", "mei", "bank"])
def test_who_has_no_part_in_it_or_too_much_does_not_hide(memoir: Memoir, review: bytes, other: str) -> None:
    refusal = e.NotModerator if other == "orchard" else WrongRole
    memoir.refuse(other, a.Hide(review, 1, REASON), refusal)


@pytest.mark.parametrize("party", ["farm", "hub"])
def test_no_party_hides_whatever_roles_it_has(memoir: Memoir, review: bytes, party: str) -> None:
    memoir.roles(party, "farm", "logistics", "platform")
    assert memoir.refuse(party, a.Hide(review, 1, REASON), e.PartyToSale) == [review.hex(), party]


def test_the_platform_hides_and_does_not_decide(memoir: Memoir, review: bytes) -> None:
    memoir.hide(review, "platform")
    memoir.appeal(review)
    memoir.roles("hub", "logistics", "auditor")
    memoir.refuse("hub", decision(review), e.PartyToSale)
    memoir.refuse("platform", decision(review), WrongRole)
    memoir.accept("garden", decision(review))


def test_the_platform_of_a_sale_does_not_decide_about_it(memoir: Memoir) -> None:
    memoir.roles("rival", "platform", "auditor")
    memoir.arrived(10, platform="rival")
    memoir.hand(0)
    review = memoir.review(0, 1)
    memoir.hide(review)
    memoir.appeal(review)
    assert memoir.refuse("rival", decision(review), e.PartyToSale) == [review.hex(), "rival"]
    memoir.accept("court", decision(review, uphold=False))


def test_another_decides(memoir: Memoir, review: bytes) -> None:
    memoir.hide(review)
    assert memoir.refuse("court", decision(review), e.ReviewStateRefused) == [review.hex(), "hidden", "uphold"]
    memoir.refuse(memoir.member("1"), a.Appeal(review, REASON), e.NotReviewer)
    memoir.appeal(review)
    memoir.refuse(memoir.member("0"), a.Appeal(review, REASON), e.ReviewStateRefused)
    assert memoir.refuse("garden", decision(review), e.NotModerator) == [review.hex(), "garden"]
    memoir.refuse("farm", decision(review), WrongRole)
    memoir.accept("court", decision(review))
    row = memoir.review_of(review)
    assert (row.state, row.moderation[0].decided_by, row.moderation[0].upheld) == ("upheld", "court", True)
    reviewer = reviewers.get(memoir.context(), memoir.member("0").public_key.hex())
    assert reviewer is not None
    assert reviewer.upheld == 1
    for refused in (a.Hide(review, 5, REASON), decision(review, False)):
        memoir.refuse("garden" if isinstance(refused, a.Hide) else "lab", refused, e.ReviewStateRefused)
    assert [heard.what for heard in memoir.recorder.heard] == ["reviewed", "hidden", "upheld"]
    check_recount(memoir)


def test_what_is_restored_is_hidden_under_another_rule_at_most(memoir: Memoir, review: bytes) -> None:
    for rule in range(1, 6):
        memoir.hide(review, rule=rule)
        memoir.appeal(review)
        memoir.accept("lab", decision(review, uphold=False))
        assert (memoir.review_of(review).state, memoir.listing(HERE).hidden) == ("restored", 0)
        refused = memoir.refuse("platform", a.Hide(review, rule, REASON), e.HiddenUnderRule)
        assert refused == [review.hex(), str(rule)]
    assert len(memoir.review_of(review).moderation) == 5
    unlisted = memoir.envelope("platform", a.Hide(review, 6, REASON))
    assert isinstance(memoir.check(unlisted), MalformedTransaction)
    memoir.refuse("platform", a.Hide(bytes(32), 1, REASON), e.ReviewUnknown)
    check_recount(memoir)


def test_an_appeal_that_nobody_decides_succeeds(memoir: Memoir, review: bytes) -> None:
    memoir.hide(review)
    memoir.appeal(review)
    memoir.later(7 * DAY_MS - 1)
    assert memoir.review_of(review).state == "appealed"
    memoir.later(1)
    row = memoir.review_of(review)
    assert (row.state, row.moderation[0].decided_by, row.moderation[0].upheld) == ("restored", "", False)
    assert memoir.recorder.heard[-1].what == "restored"
    check_recount(memoir)


def test_the_timer_of_a_decided_appeal_does_nothing_to_the_next(memoir: Memoir, review: bytes) -> None:
    memoir.hide(review, rule=1)
    memoir.appeal(review)
    memoir.accept("lab", decision(review, uphold=False))
    memoir.later(6 * DAY_MS)
    memoir.hide(review, rule=2)
    memoir.appeal(review)
    memoir.later(2 * DAY_MS)
    assert memoir.review_of(review).state == "appealed"
    memoir.later(5 * DAY_MS)
    assert memoir.review_of(review).state == "restored"


def test_a_hidden_reviewer_may_still_add_and_erase(memoir: Memoir, review: bytes) -> None:
    memoir.hide(review)
    memoir.accept(memoir.member("0"), a.AddToReview(review, REASON))
    memoir.accept(memoir.member("0"), a.EraseWords(review, 1))
    row = memoir.listing(HERE)
    assert (row.hidden, row.erased) == (1, 1)
    check_recount(memoir)
