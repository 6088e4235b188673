"""When the rule decides alone, and when it does not: on records that devices and handlers made themselves."""

from typing import Any

import pytest

from ledger.modules.groupbuy import messages as m
from ledger.modules.registry.messages import Metric
from ledger.modules.trace import messages as t
from ledger.modules.trace.rules.excursions import EXPOSURES_MAX
from tests.claims.world import CAMPAIGN, CHILLED, COOL, DAY_MS, HOUR_MS, MINUTE_MS, TRUCK, WARM, Court
from tests.groupbuy.market import HALF
from tests.trace.world import STORE, crate


def found(court: Court, order: str) -> tuple[str, str]:
    """(state, liable) of an order's first claim."""
    claim = court.claim_of(order)
    return claim.state, claim.liable


REFERRED = ("adjudicating", "")


def test_too_warm_in_one_hand_alone(court: Court) -> None:
    (order,) = court.warm_ride(10)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "hub")
    assert court.claim_of(order).due_ms == court.now + DAY_MS


@pytest.mark.parametrize("cause", ["damaged", "short_weight", "wrong_item", "missing", "quality"])
def test_only_what_warmth_does_matches(court: Court, cause: Any) -> None:
    (order,) = court.warm_ride(10)
    court.claim(0, 9_000, cause)
    assert found(court, order) == REFERRED


def test_cool_all_the_way_convicts_no_one(court: Court) -> None:
    (order,) = court.cool_ride(10)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_exactly_what_the_product_bears_convicts_no_one(court: Court) -> None:
    court.formed_chilled(10)
    court.loaded()
    court.received()
    court.say(court.shipped_ms + 10 * MINUTE_MS, 900, 60)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_one_minute_more_does(court: Court) -> None:
    court.formed_chilled(10)
    court.loaded()
    court.received()
    court.say(court.shipped_ms + 10 * MINUTE_MS, 900, 61)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "hub")


def test_a_lost_wire_convicts_no_one(court: Court) -> None:
    (order,) = court.warm_ride(10)
    court.run([], HOUR_MS)
    court.say(court.shipped_ms + 2 * HOUR_MS + MINUTE_MS, -12_700, 3)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_minus_127_alone_convicts_no_one_even_in_a_wide_range(court: Court) -> None:
    court.add_device("hub", "wide", (Metric("temperature", "CEL", -2, -30_000, 30_000),))
    court.formed_chilled(10)
    court.loaded()
    court.accept("hub", t.AttachDevice("wide", TRUCK, court.shipped_ms))
    court.received()
    court.say(court.shipped_ms, -12_700, 60, "wide")
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_readings_declared_wrong_convict_no_one(court: Court) -> None:
    (order,) = court.warm_ride(10)
    court.accept("hub", t.DeclareReadingsError("cold", 1, 1, "incorrect_data", "校准漂移"))
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_too_warm_in_two_hands_is_for_the_adjudicator(court: Court) -> None:
    court.add_device("shop", "room", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
    court.formed_chilled(10)
    court.loaded()
    court.received()
    court.accept("shop", t.AttachDevice("room", f"site:{STORE}", court.received_ms))
    court.accept("shop", t.Load(f"site:{STORE}", court.now, (crate(1),)))
    at_ms = court.now
    court.say(court.shipped_ms + 10 * MINUTE_MS, WARM, 30)
    court.run([], HOUR_MS)
    court.read("room", 0, at_ms, *[WARM] * 30)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_too_warm_in_the_shop_is_the_shops(court: Court) -> None:
    court.add_device("shop", "room", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
    court.formed_chilled(10)
    court.loaded()
    court.received()
    court.accept("shop", t.AttachDevice("room", f"site:{STORE}", court.received_ms))
    court.accept("shop", t.Load(f"site:{STORE}", court.now, (crate(1),)))
    at_ms = court.now
    court.run([], HOUR_MS)
    court.read("room", 0, at_ms, *[WARM] * 30)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "shop")


def test_too_warm_at_the_farm_is_the_sellers(court: Court) -> None:
    court.formed_chilled(10)
    court.accept("hub", t.AttachDevice("cold", TRUCK, court.now))
    court.accept("farm", t.PackUnit(crate(1), "crate", court.now, court.campaign().lots))
    court.accept("farm", t.Load(TRUCK, court.now, (crate(1),)))
    at_ms = court.now
    court.run([], HOUR_MS)
    court.shipped_ms = court.now
    court.accept("farm", t.Ship("s1", "shop", court.now, (crate(1),), vehicle="truck-1", destination=STORE))
    court.accept("farm", m.Ship(CAMPAIGN, ("s1",)))
    court.received()
    court.say(at_ms, WARM, 30)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "farm"), "standing in the truck before it was handed over"


def test_a_warm_truck_while_unloading_does_not_hide_who_drove_it(court: Court) -> None:
    """Warm from an hour before the shop received until it had unloaded ten minutes later: too much in the hub's hands,
    not too much in the shop's.
    """
    court.formed_chilled(10)
    court.loaded()
    court.run([], court.shipped_ms + 2 * HOUR_MS - court.now)
    court.received_ms = court.now
    court.accept("shop", t.Receive("s1", court.now))
    court.run([], 10 * MINUTE_MS)
    court.accept("shop", t.Unload(TRUCK, court.now, (crate(1),)))
    court.arrive()
    court.say(court.shipped_ms + HOUR_MS, 1_200, 70)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "hub")


def test_warmth_that_may_be_anothers_is_for_the_adjudicator(court: Court) -> None:
    """Ten minutes on either side of the hand-over, each as much as the product bears together only."""
    court.formed_chilled(10)
    court.loaded()
    court.run([], court.shipped_ms + 2 * HOUR_MS - court.now)
    court.received_ms = court.now
    court.accept("shop", t.Receive("s1", court.now))
    court.run([], 20 * MINUTE_MS)
    court.accept("shop", t.Unload(TRUCK, court.now, (crate(1),)))
    court.arrive()
    court.say(court.received_ms - 10 * MINUTE_MS, 1_250, 20)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_another_truck_with_the_same_lot_convicts_no_one(court: Court) -> None:
    """The rest of the lot rides elsewhere and gets warm: not this campaign's goods, as far as the records tell."""
    court.formed_chilled(10)
    lot = court.campaign().lots[0].lot
    court.accept("farm", t.Harvest("berry-2026", CHILLED, "X1", 10 * HALF, court.now))
    court.accept("hub", t.RegisterVehicle("truck-2", "二号车", "Truck 2", refrigerated=True))
    court.add_device("hub", "other", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
    court.accept("hub", t.AttachDevice("other", "vehicle:truck-2", court.now))
    court.accept("farm", t.PackUnit(crate(2), "crate", court.now, (t.Portion(lot, HALF),)))
    court.accept("farm", t.Load("vehicle:truck-2", court.now, (crate(2),)))
    court.accept("hub", t.AttachDevice("cold", TRUCK, court.now))
    court.accept("farm", t.PackUnit(crate(1), "crate", court.now, (t.Portion(lot, 9 * HALF),)))
    court.accept("farm", t.Load(TRUCK, court.now, (crate(1),)))
    court.shipped_ms = court.now
    court.accept("farm", t.Ship("s1", "shop", court.now, (crate(1),), vehicle="truck-1", destination=STORE))
    court.accept("farm", m.Ship(CAMPAIGN, ("s1",)))
    court.received()
    court.say(court.shipped_ms, COOL, 120)
    court.read("other", 0, court.shipped_ms, *[WARM] * 60)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_one_of_two_lots_too_warm_is_for_the_adjudicator(court: Court) -> None:
    """Which buyer got which lot is not recorded."""
    court.formed_chilled(10, lots=2)
    one, _ = court.campaign().lots
    court.accept("hub", t.AttachDevice("cold", TRUCK, court.now))
    court.accept("farm", t.PackUnit(crate(1), "crate", court.now, (one,)))
    court.accept("farm", t.Load(TRUCK, court.now, (crate(1),)))
    court.shipped_ms = court.now
    court.accept("farm", t.Ship("s1", "shop", court.now, (crate(1),), vehicle="truck-1", destination=STORE))
    court.accept("farm", m.Ship(CAMPAIGN, ("s1",)))
    court.received()
    court.say(court.shipped_ms, WARM, 60)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_two_lots_in_one_warm_truck(court: Court) -> None:
    court.formed_chilled(10, lots=2)
    court.loaded()
    court.received()
    court.say(court.shipped_ms + 10 * MINUTE_MS, WARM, 60)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "hub")


def test_goods_without_a_limit_of_degree_minutes_are_for_the_adjudicator(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_missing_mandatory_readings_count_against_the_holder(court: Court) -> None:
    court.formed_chilled(10, reading_gap_ms=30 * MINUTE_MS)
    court.loaded()
    court.received()
    court.say(court.shipped_ms, COOL, 60)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "hub"), "silent in its second hour"


def test_readings_without_a_gap_owe_nothing_more(court: Court) -> None:
    (order,) = court.cool_ride(10, reading_gap_ms=30 * MINUTE_MS)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_a_campaign_that_asks_for_no_readings_misses_none(court: Court) -> None:
    court.formed_chilled(10)
    court.loaded()
    court.received()
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_a_faulty_sensor_is_not_silence(court: Court) -> None:
    court.formed_chilled(10, reading_gap_ms=30 * MINUTE_MS)
    court.loaded()
    court.received()
    court.say(court.shipped_ms, -12_700, 10)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_nobody_knows_who_had_goods_that_another_than_their_producer_ships_first(court: Court) -> None:
    """The farm's own shipment to the hub is not named; what happened before the hub shipped is nobody's interval."""
    court.formed_chilled(10)
    portions = court.campaign().lots
    court.accept("hub", t.AttachDevice("cold", TRUCK, court.now))
    court.hand_over("s0", "farm", "hub", lots=portions)
    court.accept("hub", t.PackUnit(crate(1), "crate", court.now, portions))
    court.accept("hub", t.Load(TRUCK, court.now, (crate(1),)))
    at_ms = court.now
    court.run([], HOUR_MS)
    court.shipped_ms = court.now
    court.accept("hub", t.Ship("s1", "shop", court.now, (crate(1),), vehicle="truck-1", destination=STORE))
    court.accept("hub", m.Ship(CAMPAIGN, ("s1",)))
    court.received()
    court.say(at_ms, WARM, 30)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def by_two_trucks(court: Court) -> None:
    """The farm's goods go by truck-1 to the shop, two hours, and by truck-2 to the platform, two more."""
    court.accept("hub", t.RegisterVehicle("truck-2", "二号车", "Truck 2", refrigerated=True))
    court.add_device("hub", "other", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
    court.formed_chilled(10, reading_gap_ms=30 * MINUTE_MS)
    court.loaded()
    court.run([], court.shipped_ms + 2 * HOUR_MS - court.now)
    court.accept("shop", t.Receive("s1", court.now))
    court.accept("shop", t.Unload(TRUCK, court.now, (crate(1),)))
    court.accept("hub", t.AttachDevice("other", "vehicle:truck-2", court.now))
    court.accept("shop", t.Load("vehicle:truck-2", court.now, (crate(1),)))
    court.sent_ms = court.now
    court.accept("shop", t.Ship("s2", "platform", court.now, (crate(1),), vehicle="truck-2"))
    court.accept("hub", m.Ship(CAMPAIGN, ("s2",)))
    court.run([], 2 * HOUR_MS)
    court.accept("platform", t.Receive("s2", court.now))
    court.arrive()


def test_silence_in_one_truck_leaves_a_doubt_about_warmth_in_the_other(court: Court) -> None:
    by_two_trucks(court)
    court.read("other", 0, court.sent_ms, *[WARM] * 120)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED
    court.withdraw()
    court.say(court.shipped_ms, COOL, 120)
    court.claim(0, 9_000, "spoiled")
    assert court.claim_of(order, 2).liable == "hub", "the first truck was cool, as it now tells"


def test_silence_in_one_truck_with_a_faulty_sensor_in_the_other(court: Court) -> None:
    by_two_trucks(court)
    court.read("other", 0, court.sent_ms, *[COOL] * 119, -12_700)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED
    court.withdraw()


def test_silence_in_both_trucks_is_for_the_adjudicator(court: Court) -> None:
    by_two_trucks(court)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED


def test_goods_whose_harm_is_not_all_known_any_more_are_for_the_adjudicator(court: Court) -> None:
    court.formed_chilled(10)
    court.loaded()
    court.received()
    for number in range(EXPOSURES_MAX):
        name = f"probe-{number}"
        court.add_device("hub", name, (Metric("temperature", "CEL", -2, -4_000, 8_500),))
        court.accept("hub", t.AttachDevice(name, TRUCK, court.shipped_ms))
        court.read(name, 0, court.shipped_ms + 10 * MINUTE_MS, *[WARM] * 30)
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == REFERRED
