"""The journey of a punnet: everything that concerns it is reached, by the closure's own rules and nothing else."""

from ledger.modules.trace import messages as m
from ledger.modules.trace.state import Flag, lots
from ledger.transaction import transaction_id
from tests.registry.chain import START_MS, key_of
from tests.trace.world import BERRY, DAY_MS, HOUR_MS, KG, MINUTE_MS, PUNNET, SITE, STORE, Closure, World, crate


def tell_story(world: World) -> str:
    """Plot, spraying, two harvests, a test, a certificate, packing, a warm ride, hand-over, storage. Returns the
    pack lot.
    """
    world.accept("farm", m.AttachDevice("soil", "plot:tunnel-1", world.now))
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now))
    world.accept("hub", m.AttachDevice("gps", "vehicle:truck-1", world.now))
    world.wait(HOUR_MS)
    assert world.read("soil", 0, world.now - HOUR_MS // 2, *[1500] * 10).code == 0
    spray = m.RecordOperation(
        "planting:berry-2026", "spray", START_MS - 20 * DAY_MS, "多杀霉素", "PD20101234", "20 ml", 3
    )
    world.accept("farm", spray)
    world.accept("farm", m.RecordOperation("plot:tunnel-1", "irrigate", world.now))
    scope = ("plot:tunnel-1", f"product:{BERRY}")
    end_ms = START_MS + 365 * DAY_MS
    world.accept(
        "lab", m.IssueCertificate("organic-1", "organic", "CN-ORG-1", "farm", scope, START_MS - DAY_MS, end_ms)
    )
    world.harvest("A1")
    world.accept("farm", m.Harvest("berry-2026", BERRY, "A2", 50 * KG, world.now, ("organic-1",)))
    result = m.TestResult("多杀霉素", "GB 23200.121", 3, -3, "mg/kg", 500, passed=True)
    world.accept("lab", m.Inspect(f"lot:{BERRY}/A1", "pass", world.now, (result,), b"\x07" * 32))
    portions = (m.Portion(f"{BERRY}/A1", 100 * KG), m.Portion(f"{BERRY}/A2", 50 * KG))
    world.hand_over("pick-1", "farm", "hub", lots=portions, origin=SITE)
    world.accept("hub", m.Transform(portions, (m.Output(PUNNET, "P1", 560 * KG),), 10 * KG, world.now))
    pack = f"{PUNNET}/P1"
    world.accept("hub", m.PackUnit(crate(1), "crate", world.now, (m.Portion(pack, 560 * KG),)))
    world.accept("hub", m.PackUnit(crate(9), "pallet", world.now, (), (crate(1),)))
    world.accept("hub", m.Load("vehicle:truck-1", world.now, (crate(9),)))
    left_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("cold", 0, left_ms, *[500] * 20, *[1200] * 40).code == 0
    here = m.Column("latitude", (310_000_000,) * 3), m.Column("longitude", (1_210_000_000,) * 3)
    assert world.do(key_of("gps"), m.RecordReadings(0, left_ms, MINUTE_MS, here)).code == 0
    world.hand_over("drop-1", "hub", "shop", units=(crate(9),), vehicle="truck-1", destination=STORE)
    world.accept("shop", m.Unload("vehicle:truck-1", world.now, (crate(9),)))
    world.accept("shop", m.Load(f"site:{STORE}", world.now, (crate(9),)))
    return pack


def test_the_journey_reaches_everything(world: World) -> None:
    pack = tell_story(world)
    closure = Closure(world).walk(f"lot:{pack}")
    assert set(closure.ranges) == {
        f"lot:{pack}",
        f"lot:{BERRY}/A1",
        f"lot:{BERRY}/A2",
        "planting:berry-2026",
        "plot:tunnel-1",
        "device:soil",
        "certificate:organic-1",
        f"unit:{crate(1)}",
        f"unit:{crate(9)}",
        "vehicle:truck-1",
        "device:cold",
        "device:gps",
        f"site:{STORE}",
    }
    for device in ("cold", "gps"):
        assert closure.tags(f"device:{device}") == ["trace.record_readings"], "its part of this ride, not its life"
    assert closure.tags("vehicle:truck-1").count("trace.record_readings") == 2
    assert "trace.record_readings" in closure.tags("plot:tunnel-1")
    assert {"trace.record_operation", "trace.harvest"} <= set(closure.tags("planting:berry-2026"))
    assert "trace.inspect" in closure.tags(f"lot:{BERRY}/A1")
    assert {"trace.ship", "trace.receive", "trace.load", "trace.unload"} <= set(closure.tags(f"unit:{crate(9)}"))


def test_the_warm_ride_is_on_the_lot(world: World) -> None:
    pack = tell_story(world)
    row = lots.get(world.context(), pack)
    assert row is not None
    assert row.flags == Flag.EXCURSION
    (leaf,) = [leaf for leaf in world.leaves_of(f"lot:{pack}") if leaf.tag == "trace.record_readings"]
    (event,) = [event for event in leaf.events if event[0] == "excursion"]
    assert event[1:3] == [f"lot:{pack}", "temperature"]
    assert event[5:] == [1200, -2, 40 * MINUTE_MS]


def test_a_ride_after_the_goods_left_is_not_in_the_journey(world: World) -> None:
    pack = tell_story(world)
    late_ms = world.genesis.parameters["late_readings_ms"]
    low, high = Closure(world).walk(f"lot:{pack}").ranges["vehicle:truck-1"]
    assert high is not None
    world.wait(late_ms + HOUR_MS)
    assert world.read("cold", 1, world.now - HOUR_MS // 2, 400, 400).code == 0
    closure = Closure(world).walk(f"lot:{pack}")
    assert closure.ranges["vehicle:truck-1"] == (low, high)
    assert closure.tags("vehicle:truck-1").count("trace.record_readings") == 2


def test_a_planting_that_ended_lets_go_of_its_plot(world: World) -> None:
    lot = world.harvest("A1")
    assert Closure(world).walk(f"lot:{lot}").ranges["plot:tunnel-1"][1] is None
    world.accept("farm", m.EndPlanting("berry-2026", world.now))
    ended_ms = Closure(world).walk(f"lot:{lot}").ranges["plot:tunnel-1"][1]
    assert ended_ms is not None
    assert ended_ms < world.now + world.genesis.parameters["late_readings_ms"]


def test_unpacking_part_of_a_lot_keeps_the_way_to_the_crate_open(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, 30 * KG),)))
    world.accept("farm", m.UnpackUnit(crate(1), world.now, (m.Portion(lot, 10 * KG),)))
    assert Closure(world).walk(f"lot:{lot}").ranges[f"unit:{crate(1)}"][1] is None
    world.accept("farm", m.UnpackUnit(crate(1), world.now, (m.Portion(lot, 20 * KG),)))
    assert Closure(world).walk(f"lot:{lot}").ranges[f"unit:{crate(1)}"][1] is not None


def test_what_comes_back_into_the_same_truck_is_followed_again(world: World) -> None:
    """The first ride's end must not end the second, though both began in a truck that was never empty."""
    for number in (1, 2):
        lot = world.harvest(f"A{number}")
        world.accept("farm", m.PackUnit(crate(number), "crate", world.now, (m.Portion(lot, KG),)))
    world.accept("farm", m.Load("vehicle:truck-1", world.now, (crate(1), crate(2))))
    world.accept("farm", m.Unload("vehicle:truck-1", world.now, (crate(1),)))
    truck = "vehicle:truck-1"
    assert Closure(world).walk(f"lot:{BERRY}/A1").ranges[truck][1] is not None
    world.wait(MINUTE_MS)
    world.accept("farm", m.Load(truck, world.now, (crate(1),)))
    assert Closure(world).walk(f"lot:{BERRY}/A1").ranges[truck][1] is None
    world.accept("farm", m.Unload(truck, world.now, (crate(1),)))
    assert Closure(world).walk(f"lot:{BERRY}/A1").ranges[truck][1] is not None
    assert Closure(world).walk(f"lot:{BERRY}/A2").ranges[truck][1] is None


def test_what_comes_back_into_the_same_crate_is_followed_again(world: World) -> None:
    first, second = world.harvest("A1"), world.harvest("A2")
    unit = f"unit:{crate(1)}"
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(first, KG), m.Portion(second, KG))))
    world.accept("farm", m.UnpackUnit(crate(1), world.now, (m.Portion(first, KG),)))
    assert Closure(world).walk(f"lot:{first}").ranges[unit][1] is not None
    again_ms = world.now
    world.accept("farm", m.PackUnit(crate(1), "crate", again_ms, (m.Portion(first, KG),)))
    assert Closure(world).walk(f"lot:{first}").ranges[unit][1] is None
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(first, KG),)))
    assert (
        world.do("farm", m.UnpackUnit(crate(1), world.now, (m.Portion(first, 2 * KG), m.Portion(second, KG)))).code
        == 2207
    )
    world.accept("farm", m.UnpackUnit(crate(1), world.now, (m.Portion(first, 2 * KG),)))
    assert Closure(world).walk(f"lot:{first}").ranges[unit][1] is not None


def test_an_end_cannot_be_laid_over_a_second_beginning(world: World) -> None:
    """Entering again at the very instant of the first entry would make the second stay count as ended: refused."""
    lot = world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, KG),)))
    at_ms = world.now
    truck = "vehicle:truck-1"
    world.accept("farm", m.Load(truck, at_ms, (crate(1),), (lot,)))
    world.accept("farm", m.Unload(truck, at_ms, (crate(1),), (lot,)))
    assert world.do("farm", m.Load(truck, at_ms, (crate(1),))).code == 2102
    assert world.do("farm", m.Load(truck, at_ms, (), (lot,))).code == 2102
    world.wait(8 * DAY_MS)
    other = world.harvest("A2")
    world.accept("farm", m.Load(truck, world.now, (), (other,)))
    assert world.do("farm", m.Load(truck, at_ms, (), (lot,))).code == 2102
    world.accept("farm", m.Load(truck, at_ms + MINUTE_MS, (crate(1),)))


def test_what_is_said_later_of_what_the_goods_came_from_is_in_the_journey(world: World) -> None:
    """Months later: a certificate withdrawn, a harvest declared wrong, a field failed, an ancestor recalled."""
    pack = tell_story(world)
    (harvest,) = [leaf for leaf in world.leaves_of(f"lot:{BERRY}/A1") if leaf.tag == "trace.harvest"]
    world.wait(60 * DAY_MS)
    world.accept("lab", m.RevokeCertificate("organic-1", "抽检不合格"))
    world.accept("lab", m.Inspect("plot:tunnel-1", "fail", world.now))
    world.accept("farm", m.DeclareRecordError(transaction_id(harvest.body), "incorrect_data", ""))
    world.accept("farm", m.Recall((f"{BERRY}/A1",), "农残", "residues"))
    closure = Closure(world).walk(f"lot:{pack}")
    told = {tag for subject in closure.ranges for tag in closure.tags(subject)}
    assert {"trace.revoke_certificate", "trace.inspect", "trace.declare_error", "trace.recall"} <= told
    assert "trace.recall" in closure.tags(f"lot:{pack}")
