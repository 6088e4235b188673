"""Captured EPCIS events: who said it and where it is found are certain, and nothing changes by what they say."""

import pytest
from msgspec.structs import replace

from ledger.modules.trace import errors as e
from ledger.modules.trace import messages as m
from ledger.modules.trace.state import captured, captured_key, lots
from tests.registry.chain import key_of
from tests.trace.world import BERRY, HOUR_MS, KG, World

HASH, DOCUMENT = b"\1" * 32, b"\2" * 32


@pytest.fixture
def event(world: World) -> m.AssertEvent:
    return m.AssertEvent(HASH, "event", DOCUMENT, 3, "ObjectEvent", "shipping", world.now)


def test_it_joins_the_journals_of_what_it_names_and_changes_nothing(world: World, event: m.AssertEvent) -> None:
    lot = world.harvest("A1")
    rows = world.rows("")
    subjects = (f"lot:{lot}", "lot:NOLOT/1", "organisation:hub", "device:cold", "site:nowhere")
    receipt = world.accept("rival", replace(event, subjects=subjects))
    for subject in (f"lot:{lot}", "organisation:hub", "organisation:rival", "device:cold"):
        leaf = world.leaves_of(subject)[-1]
        assert leaf.tag == "trace.assert_event", subject
        named = leaf.named(subject)
        assert named is not None
        assert named[1] == "other"
        assert ["not_ruled"] in leaf.events
    assert lots.get(world.context(), lot) is not None
    changed = {key for key, value in world.rows("").items() if rows.get(key) != value}
    key = captured_key(event, "rival")
    kinds = {key.split(b"/")[1] for key in changed}
    assert kinds == {b"captured", b"record", b"lot"}  # the lot's row says how long its journal is, and is else the same
    row = captured.get(world.context(), key)
    assert row is not None
    assert (row.transaction, row.submitter, row.document, row.index) == (receipt.transaction_id, "rival", DOCUMENT, 3)


def test_nobody_can_name_orders_or_people(world: World, event: m.AssertEvent) -> None:
    world.accept("farm", replace(event, subjects=("order:o-1", "member:m-1", "campaign:c-1", "ledger:x")))
    assert [named[0] for named in world.leaves_of("organisation:farm")[-1].subjects] == ["organisation:farm"]


def test_a_partner_is_named_as_signer_only_with_a_key_of_its_own(world: World, event: m.AssertEvent) -> None:
    signed = m.PartnerSignature("farm", 1, key_of("farm").public_key)
    world.accept("hub", replace(event, signed=signed))
    leaf = world.leaves_of("organisation:farm")[-1]
    assert [named[0] for named in leaf.subjects[:2]] == ["organisation:hub", "organisation:farm"]
    assert captured.get(world.context(), captured_key(event, "farm")) is not None
    assert captured.get(world.context(), captured_key(event, "hub")) is None
    other = replace(event, event=b"\3" * 32)
    for wrong in (
        m.PartnerSignature("farm", 1, key_of("cold").public_key),
        m.PartnerSignature("hub", 1, key_of("farm").public_key),
        m.PartnerSignature("farm", 2, key_of("farm").public_key),
        m.PartnerSignature("farm", 1, key_of("stranger").public_key),
    ):
        world.refuse("hub", replace(other, signed=wrong), e.PartnerKeyUnknown)
    nobody = m.PartnerSignature("nobody", 1, key_of("farm").public_key)
    assert world.do("hub", replace(other, signed=nobody)).code != 0


def test_each_source_says_an_event_once_and_may_declare_its_error(world: World, event: m.AssertEvent) -> None:
    world.accept("farm", event)
    world.refuse("farm", event, e.EventCaptured)
    world.accept("hub", event)
    wrong = replace(event, declares_error=True)
    world.accept("farm", wrong)
    world.refuse("farm", wrong, e.EventCaptured)


def test_events_without_a_hash_of_their_own_are_told_apart_by_their_place(world: World, event: m.AssertEvent) -> None:
    unhashed = replace(event, hashed="bytes")
    world.accept("farm", unhashed)
    world.accept("farm", replace(unhashed, index=4))
    world.refuse("farm", unhashed, e.EventCaptured)


def test_it_may_name_the_record_that_it_became(world: World, event: m.AssertEvent) -> None:
    harvested = world.accept("farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now))
    world.refuse("hub", replace(event, record=harvested.transaction_id), e.NotRecorder)
    world.refuse("farm", replace(event, record=b"\7" * 32), e.RecordUnknown)
    noted = world.accept("farm", replace(event, record=harvested.transaction_id))
    assert world.leaves_of("organisation:farm")[-1].events == []
    again = replace(event, event=b"\4" * 32, record=noted.transaction_id)
    world.refuse("farm", again, e.RecordUnknown)


def test_time_and_text_are_checked(world: World, event: m.AssertEvent) -> None:
    world.refuse("farm", replace(event, event_ms=world.now + HOUR_MS), e.EventInFuture)
    assert world.do("farm", replace(event, step="ship\u202eping")).code == 25
    assert world.do(key_of("cold"), event).code != 0
