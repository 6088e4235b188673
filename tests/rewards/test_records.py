"""A leader's record: counted when a campaign is settled, by nobody's word, with no order named."""

from ledger.modules.claims import messages as c
from ledger.modules.groupbuy import messages as m
from ledger.modules.rewards.state import LeaderRecord
from tests.groupbuy.market import CAMPAIGN
from tests.rewards.world import DAY_MS, HOUR_MS, Garden, fresh


def settled(garden: Garden) -> None:
    """Every window is over."""
    for _ in range(4):
        garden.later(DAY_MS)
    assert garden.state() == "ending"


def counted(record: LeaderRecord) -> dict[str, int]:
    """What of a record is not 0."""
    return {name: getattr(record, name) for name in record.__struct_fields__ if getattr(record, name)}


def test_lines_are_counted_when_all_are_settled() -> None:
    """On time, late, returned whole, and one that nobody fetched."""
    garden = fresh()
    garden.arrived(3, 3, 3, 3)
    garden.hand(0)
    garden.hand(1, returned=3, reason="spoiled")
    garden.later(8 * HOUR_MS + 60_000)
    garden.attend()
    garden.hand(2)
    assert counted(garden.record()) == {}, "nothing is told while it would tell of one line"
    settled(garden)
    assert counted(garden.record()) == {
        "campaigns": 1,
        "commission_bp_min": 1_000,
        "commission_bp_max": 1_000,
        "on_time": 1,
        "late": 1,
        "returned": 1,
        "no_shows": 1,
    }


def test_commission_is_told_by_its_range() -> None:
    garden = fresh()
    garden.fed(10)
    garden.fed(10, campaign="c2", shares=m.Shares(700, 500, 800))
    settled(garden)
    record = garden.record()
    assert (record.campaigns, record.commission_bp_min, record.commission_bp_max) == (2, 700, 1_000)


def test_a_leader_who_falls_silent_and_one_who_stands_in() -> None:
    garden = fresh()
    garden.arrived(10, 2)
    garden.later(DAY_MS + 60_000)
    garden.accept("garden", m.Substitute(CAMPAIGN, "lan"))
    garden.hand(0, "lan")
    garden.hand(1, "lan")
    settled(garden)
    assert counted(garden.record("mei")) == {"replaced": 1}
    assert counted(garden.record("lan")) == {
        "campaigns": 1,
        "commission_bp_min": 1_000,
        "commission_bp_max": 1_000,
        "on_time": 2,
        "stood_in": 1,
    }, "from when she was named"


def test_what_nobody_hands_out_is_held_against_the_leader() -> None:
    garden = fresh()
    garden.arrived(10, 2)
    garden.acknowledge(0)
    settled(garden)
    found = counted(garden.record())
    assert (found["unserved"], found["campaigns"]) == (2, 1)


def test_claims_are_counted_as_they_end(garden: Garden) -> None:
    garden.endow(guarantee=10_000)
    first, second = garden.claim(0, 100), garden.claim(1, 100)
    garden.claim(2, 100)
    garden.withdraw(2)
    garden.adjudicate(first, 50)
    garden.adjudicate(second, 0)
    garden.claim(3, 100)
    garden.later(4 * DAY_MS)
    found = counted(garden.record())
    ends = {name: found.get(f"claims_{name}", 0) for name in ("opened", "upheld", "rejected", "withdrawn", "lapsed")}
    assert ends == {"opened": 4, "upheld": 1, "rejected": 1, "withdrawn": 1, "lapsed": 1}


def test_what_the_leader_pays_at_once_is_counted(garden: Garden) -> None:
    garden.endow(floated=10_000)
    order = garden.claim(0, 100)
    garden.accept("mei", c.Pay(CAMPAIGN), garden.payment(order, 60))
    assert garden.record().claims_paid == 1


def test_visits_count_when_the_farm_says_so(garden: Garden) -> None:
    garden.visit()
    garden.visit()
    assert counted(garden.record()) == {"visits": 2}


def test_a_settled_campaign_is_told_of_once_and_with_many_lines_by_pages() -> None:
    garden = fresh()
    garden.fed(*[1] * 40)
    settled(garden)
    record = garden.record()
    assert (record.campaigns, record.on_time) == (1, 40)
    garden.later(10 * DAY_MS)
    assert garden.state() == "closed"
    assert garden.record() == record
