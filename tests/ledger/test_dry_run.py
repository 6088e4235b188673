"""`dry_run`: the rules run as in a block, each record after those before it, and the ledger is as it was."""

from copy import deepcopy
from typing import Any

from ledger.errors import BadSignature, Expired, Refusal, Repeated, UnknownKey
from ledger.execute import dry_run
from ledger.modules.trace import messages as m
from ledger.modules.trace.errors import AlreadyRegistered, QuantityOverdrawn
from ledger.transaction import Transaction
from tests.registry.chain import key_of
from tests.trace.world import BERRY, KG, MINUTE_MS, World


def tried(world: World, checked: list[Transaction | Refusal], later_ms: int = 1000) -> list[tuple[int, list[Any]]]:
    time_ms = world.now + later_ms
    return dry_run(world.head, world.memory, time_ms, checked, world.registry, world.genesis)


def harvest(world: World, number: str, kilograms: int = 10) -> bytes:
    return world.sign(key_of("farm"), m.Harvest("berry-2026", BERRY, number, kilograms * KG, world.now))


def mixing(world: World, lot: str, kilograms: int, number: str) -> bytes:
    inputs, outputs = (m.Portion(f"{BERRY}/{lot}", kilograms * KG),), (m.Output(BERRY, number, kilograms * KG),)
    return world.sign(key_of("farm"), m.Transform(inputs, outputs, 0, world.now))


def a_life(world: World) -> list[bytes]:
    """Records of which each but the strangers' needs one before it, or is refused for what one before it did."""
    shipment = m.Ship("note", "hub", world.now, (), (m.Portion(f"{BERRY}/M", 4 * KG),))
    column = m.Column("temperature", (2000, 2100))
    return [
        harvest(world, "H"),
        mixing(world, "H", 6, "M"),
        mixing(world, "H", 6, "N"),
        harvest(world, "H"),
        world.sign(key_of("nobody"), shipment),
        world.sign(key_of("farm"), shipment),
        world.sign(key_of("hub"), m.Receive("note", world.now)),
        world.sign(key_of("farm"), m.AttachDevice("soil", "plot:tunnel-1", world.now - 6 * MINUTE_MS)),
        world.sign(key_of("soil"), m.RecordReadings(0, world.now - 5 * MINUTE_MS, MINUTE_MS, (column,))),
    ]


def test_it_says_what_a_block_of_the_same_records_says() -> None:
    world = World()
    raws = a_life(world)
    said = tried(world, [world.check(raw) for raw in raws])
    refused = [QuantityOverdrawn.number, AlreadyRegistered.number, UnknownKey.number]
    assert [code for code, _ in said] == [0, 0, *refused, 0, 0, 0, 0]
    assert said == [(receipt.code, receipt.details) for receipt in world.run(raws)]


def test_what_is_dropped_is_said_and_the_rest_goes_on() -> None:
    world = World()
    done = harvest(world, "H")
    world.run([done])
    spoilt = harvest(world, "F")[:-2] + b"\0\xc0"  # the last byte of the signature; what follows says: not restricted
    forged, late = world.check(spoilt), world.check(harvest(world, "L"))
    checked = [world.check(done), forged, world.check(harvest(world, "I")), late]
    assert isinstance(forged, BadSignature)
    assert [code for code, _ in tried(world, checked)] == [Repeated.number, BadSignature.number, 0, 0]
    assert [code for code, _ in tried(world, [late], 61_000)] == [Expired.number]


def test_the_ledger_is_as_it_was() -> None:
    tried_on, twin = World(), World()
    for kept in (False, True):  # first nothing of what was tried is recorded, then all of it
        raws = a_life(tried_on)
        checked = [tried_on.check(raw) for raw in raws]
        before = deepcopy((tried_on.memory, tried_on.head, tried_on.leaves))
        said = tried(tried_on, checked)
        assert tried(tried_on, checked) == said
        assert (tried_on.memory, tried_on.head, tried_on.leaves) == before
        twin.nonce = tried_on.nonce - len(raws)
        assert a_life(twin) == raws
        assert tried_on.run(raws if kept else []) == twin.run(raws if kept else [])
        assert tried_on.head == twin.head  # the roots of log and state, and by them every row and every journal
        assert (tried_on.memory, tried_on.leaves) == (twin.memory, twin.leaves)
