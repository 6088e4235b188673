"""Points for reviews: the same for every rating, capped by day and month, conserved."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.modules.archive import messages as a
from ledger.modules.archive.errors import OwnInterest
from ledger.modules.rewards.rules.earning import day_of
from ledger.modules.rewards.state import totals
from tests.rewards.world import DAY_MS, Garden, fed

CHINA = datetime.timezone(datetime.timedelta(hours=8))


@pytest.mark.parametrize("photos", [0, 1, 9])
def test_every_rating_earns_the_same(photos: int) -> None:
    earned = set()
    for rating in range(1, 6):
        for recommend in (0, 10):
            garden = fed()
            garden.review("an", 0, rating, photos, recommend=recommend)
            earned.add(garden.points("an").earned)
    assert earned == {15 if photos else 10}


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 10), st.integers(0, 2)), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_no_rating_earns_more_whatever_came_before(said: list[tuple[int, int, int]]) -> None:
    """The same reviews with all ratings turned round come to the same points, day by day."""
    gardens = fed(), fed()
    for number, (rating, recommend, photos) in enumerate(said):
        gardens[0].review("an", number, rating, photos, recommend=recommend)
        gardens[1].review("an", number, 6 - rating, photos, recommend=10 - recommend)
        assert gardens[0].points("an") == gardens[1].points("an")
    for garden in gardens:
        garden.check_points()


def test_photos_earn_more_once_a_review_and_additions_and_erasure_change_nothing(garden: Garden) -> None:
    review = garden.review("an", 0, photos=2)
    before = garden.points("an")
    assert (before.earned, before.balance, before.spent) == (15, 15, 0)
    garden.accept(garden.neighbour("an"), a.AddToReview(review, None, (a_photo(),)))
    garden.accept(garden.neighbour("an"), a.EraseWords(review))
    assert garden.points("an") == before


def a_photo() -> bytes:
    return bytes(range(32))


def test_the_day_is_capped_and_the_next_one_is_new(garden: Garden) -> None:
    for number in range(5):
        garden.review("an", number, photos=1)
    assert garden.points("an").earned == 40, "15 + 15 + what is left of 40"
    garden.review("an", 5, photos=1)
    assert garden.points("an").earned == 40
    garden.later(DAY_MS)
    garden.review("an", 6)
    assert (garden.points("an").earned, garden.points("an").day_earned) == (50, 10)
    assert garden.points("bo").earned == 0
    garden.check_points()


def test_the_month_is_capped_in_chinese_time(garden: Garden) -> None:
    """Until midnight UTC+8 of the last day of January, which is 16:00 UTC."""
    month_end = int(datetime.datetime(2026, 2, 1, tzinfo=CHINA).timestamp() * 1000)
    garden.until(month_end - DAY_MS - 3_600_000)
    for number in range(3):
        garden.review("an", number, photos=1)
    garden.until(month_end - 3_600_000)
    for number in range(3, 6):
        garden.review("an", number, photos=1)
    assert garden.points("an").earned == 70, "40 on one day, 30 are left of the month"
    garden.until(month_end - 60_000)
    garden.review("an", 6)
    assert garden.points("an").earned == 70
    garden.until(month_end)
    garden.review("an", 7)
    row = garden.points("an")
    assert (row.earned, row.day, row.month_earned) == (80, "2026-02-01", 10)
    garden.check_points()


@given(st.datetimes(datetime.datetime(1970, 1, 2), datetime.datetime(9998, 12, 31)))  # noqa: DTZ001  # both are made UTC
def test_days_are_those_of_the_calendar_in_china(naive: datetime.datetime) -> None:
    moment = naive.replace(tzinfo=datetime.UTC, microsecond=0)
    assert day_of(int(moment.timestamp()) * 1000) == moment.astimezone(CHINA).date().isoformat()


def test_whoever_has_an_interest_earns_nothing(garden: Garden) -> None:
    for serves in ("organisation:farm", "member:mei"):
        key, action, origin = garden.writing("an", 0, serves=(serves,))
        garden.refuse(key, action, OwnInterest, origin)
    assert garden.points("an").earned == 0


def test_keys_of_one_community_are_added_up(garden: Garden) -> None:
    garden.review("an", 0)
    garden.review("bo", 1, photos=1)
    row = totals.get(garden.context(), "garden")
    assert row is not None
    assert (row.earned, row.spent, row.balance) == (25, 0, 25)
