"""Titles: gained in the record that reaches the published thresholds, lost by rule, never without a reason."""

import pytest

from ledger.modules.archive import messages as a
from ledger.modules.rewards.rules.titles import LEADERS_MAX
from ledger.modules.rewards.state import points, points_key, titles, watches
from tests.groupbuy.market import CAMPAIGN
from tests.rewards.world import BERRY, DAY_MS, HOUR_MS, WORDS, Garden

LISTING = f"{BERRY}@garden"


def taster(garden: Garden) -> list[bytes]:
    """An reaches 金牌体验官: three reviews, one with photos; their ids."""
    found = [garden.review("an", 0, 1), garden.review("an", 1, 5)]
    assert not garden.has_title("taster", "an")
    found.append(garden.review("an", 2, 3, photos=1))
    assert garden.has_title("taster", "an")
    return found


# 金牌体验官


def test_reviews_and_photos_make_a_taster_whatever_they_say(garden: Garden) -> None:
    taster(garden)
    row = garden.title("taster", "an")
    assert row is not None
    assert (row.state, row.times, row.spells[0].from_ms) == ("held", 1, garden.now)
    for number in range(3, 6):
        garden.review("bo", number)
    assert not garden.has_title("taster", "bo"), "without a photo"


def test_the_communitys_board_shows_titles(garden: Garden) -> None:
    before = garden.journal_size("organisation:garden")
    taster(garden)
    assert garden.journal_size("organisation:garden") == before + 1


@pytest.mark.parametrize("how", ["upheld", "not appealed"])
def test_a_hiding_that_stands_takes_the_title(garden: Garden, how: str) -> None:
    review = taster(garden)[0]
    garden.hide(review)
    assert garden.has_title("taster", "an"), "to be accused takes nothing"
    if how == "upheld":
        garden.appeal("an", review)
        assert garden.has_title("taster", "an")
        garden.decide(review, uphold=True)
    else:
        garden.later(7 * DAY_MS)
    row = garden.title("taster", "an")
    assert row is not None
    spell = row.spells[-1]
    assert (row.state, spell.loss) == ("lost", "hidden")
    assert spell.to_ms is not None
    assert garden.head.time_ms - 5 <= spell.to_ms <= garden.head.time_ms
    assert garden.points("an").hidden == 1
    garden.later(20 * DAY_MS)
    assert garden.points("an").hidden == 1, "once, however often it is told"
    assert garden.points("an").earned == 35, "hiding takes no points"


def test_a_hiding_that_is_appealed_counts_when_it_is_decided(garden: Garden) -> None:
    review = taster(garden)[0]
    garden.hide(review)
    garden.appeal("an", review)
    garden.decide(review, uphold=False)
    garden.later(20 * DAY_MS)
    assert garden.has_title("taster", "an")
    assert garden.points("an").hidden == 0


def test_a_late_appeal_that_is_heard_gives_the_title_back(garden: Garden) -> None:
    review = taster(garden)[0]
    garden.hide(review)
    garden.later(8 * DAY_MS)
    assert not garden.has_title("taster", "an")
    garden.appeal("an", review)
    garden.decide(review, uphold=False)
    row = garden.title("taster", "an")
    assert row is not None
    assert (row.state, row.times, len(row.spells)) == ("held", 2, 2)
    assert row.spells[0].to_ms is not None
    assert row.spells[0].to_ms <= row.spells[1].from_ms


# 社区好物推荐官


def test_a_leader_whose_word_holds_up_is_a_recommender(garden: Garden) -> None:
    garden.review("an", 0, 5)
    garden.endorse()
    assert not garden.has_title("recommender", "mei"), "one review is not enough"
    assert (garden.record().endorsed, garden.record().sound) == (1, 0)
    garden.review("bo", 1, 4)
    assert not garden.has_title("recommender", "mei"), "looked at a while later"
    garden.later(HOUR_MS)
    assert garden.has_title("recommender", "mei")
    assert garden.record().sound == 1


def test_endorsing_what_holds_up_already_is_a_title_at_once(garden: Garden) -> None:
    garden.review("an", 0, 5)
    garden.review("bo", 1, 4)
    before = garden.journal_size("member:mei")
    garden.endorse()
    assert garden.has_title("recommender", "mei")
    assert garden.journal_size("member:mei") == before + 3, "visit, its confirmation, endorsement with title"


def test_bad_reviews_take_it_and_good_ones_give_it_back(garden: Garden) -> None:
    garden.review("an", 0, 5)
    garden.review("bo", 1, 4)
    garden.endorse()
    garden.review("cai", 2, 1)
    garden.review("dan", 3, 3)
    garden.later(HOUR_MS)
    row = garden.title("recommender", "mei")
    assert row is not None
    assert (row.state, row.spells[-1].loss) == ("lost", "listing")
    for number in range(4, 8):
        garden.review(f"n{number}", number, 4)
    garden.later(HOUR_MS)
    assert garden.has_title("recommender", "mei"), "6 of 8 are enough"


def test_withdrawing_loses_it(garden: Garden) -> None:
    garden.review("an", 0, 5)
    garden.review("bo", 1, 4)
    endorsement = garden.endorse()
    garden.accept("mei", a.WithdrawEndorsement(endorsement, WORDS))
    row = garden.title("recommender", "mei")
    assert row is not None
    assert (row.state, row.spells[-1].loss) == ("lost", "withdrawn")
    assert (garden.record().endorsements, garden.record().withdrawn, garden.record().endorsed) == (1, 1, 0)
    garden.review("cai", 2, 1)
    assert watches.get(garden.context(), LISTING) is not None
    garden.later(HOUR_MS)
    assert garden.record().sound == 0


def test_reviews_in_another_community_give_no_title(garden: Garden) -> None:
    """Wen of the orchard vouches for the same berries; those who review them live in the garden."""
    garden.review("an", 0, 5)
    garden.review("bo", 1, 4)
    garden.endorse("wen")
    garden.later(HOUR_MS)
    assert list(titles.every(garden.context())) == []


def test_many_reviews_ask_for_one_look(garden: Garden) -> None:
    garden.endorse()
    for number in range(4):
        garden.review("an", number)
    assert garden.timers("rewards.recheck") == 1
    garden.later(HOUR_MS)
    assert garden.timers("rewards.recheck") == 0
    garden.review("an", 4)
    assert garden.timers("rewards.recheck") == 1


def test_many_who_vouch_are_looked_at_a_few_at_a_time(garden: Garden) -> None:
    many = [f"leader-{number:02d}" for number in range(LEADERS_MAX + 8)]
    for leader in many:
        garden.register(leader, "garden", "leader")
        garden.endorse(leader)
    garden.review("an", 0, 5)
    garden.review("bo", 1, 5)
    height = garden.head.height
    garden.later(HOUR_MS)
    assert all(garden.has_title("recommender", leader) for leader in many)
    assert garden.head.height == height + 2, "the second page came a block later"


def test_what_rewards_say_of_a_key_names_no_order(garden: Garden) -> None:
    taster(garden)
    orders = {garden.order(f"{CAMPAIGN} {number}") for number in range(16)}
    rows = b"".join(key + value for key, value in garden.state_of("rewards").items())
    assert rows
    assert not any(order.encode() in rows or bytes.fromhex(order) in rows for order in orders)
    holder = points_key("garden", garden.neighbour("an").public_key.hex())
    assert points.has(garden.context(), holder)
