"""A life that is half EPCIS and half native leaves the ledger as the native one does, by the real rules."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from client.action_json import read_action
from client.partners import Facts
from ledger.modules.registry.messages import CalibrateDevice, Metric, RegisterDevice
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import messages as m
from ledger.modules.trace import trace_module
from standards.epcis.capture import plan_event
from standards.epcis.document import read
from standards.epcis.hashing import event_hash
from standards.epcis.writing import document_of
from tests.registry.chain import START_MS, Chain, key_of
from tests.standards.epcis.lives import APART, MINUTE_MS, STEPS, WITH_JOURNALS, Life, Step, certified, plain

ORGANISATIONS = {"platform": ["platform"], "farm": ["farm"], "hub": ["logistics"], "lab": ["inspector"]}
EVERYTHING = frozenset(range(len(STEPS)))
EVEN = frozenset(place for place in EVERYTHING if place % 2 == 0)


class Ledger(Chain):
    """Registry and trace, with what each life needs before it begins."""

    def __init__(self) -> None:
        super().__init__(ORGANISATIONS, (trace_module(devices=DeviceView(), organisations=OrganisationView()),))
        self.run([], 3 * 60 * MINUTE_MS)

    def prepare(self, life: Life) -> None:
        """A product, a plot, a calibrated device."""
        new = self.new_key(key_of(life.probe), f"device:{life.probe}")
        metrics = (Metric("temperature", "CEL", -2, -4_000, 8_500),)
        self.accept("farm", m.RegisterProduct(life.product, "草莓", "Strawberry", "kg", 0, 100_000))
        self.accept("farm", m.RegisterPlot(f"tunnel-{life.name}", "棚", "Tunnel", 600))
        self.accept("farm", RegisterDevice(life.probe, "探头", "Probe", metrics, MINUTE_MS, new))
        self.accept("farm", CalibrateDevice(life.probe, life.at(-1), life.at(10_000), None))
        self.accept("lab", certified(life))

    def capture(self, life: Life, step: Step) -> None:
        """The step as its party's own document: the record, which must be ruled, and the note that it was captured."""
        data = document_of([step.event(life)], self.head.time_ms)
        document, party = read(data), step.party(life)
        facts = Facts(party)
        for key, value in self.memory.values.items():
            facts.learn(key.decode(), value)
        planned = plan_event(document, 0, event_hash(document, 0), facts)
        assert planned.record is not None, planned.why
        record = self.say(party, planned.record)
        if planned.assertion is not None:
            noted = {"document": sha256(data).hexdigest(), "record": record.hex(), "signed": None}
            self.say(party, planned.assertion | noted)

    def say(self, party: str, fields: Mapping[str, object]) -> bytes:
        """An action written as JSON."""
        action, _ = read_action(json.dumps(fields).encode(), self.registry)
        return self.accept(party, action).transaction_id

    def live(self, life: Life, captured: frozenset[int]) -> None:
        """All steps: those at the places `captured` as events, the others as records."""
        self.prepare(life)
        for place, step in enumerate(STEPS):
            if place in captured:
                self.capture(life, step)
            else:
                self.accept(step.party(life), step.record(life))

    def left_by(self, life: Life) -> dict[str, Any]:
        """The rows of a life, with its own names, transactions and times of blocks made plain."""
        rows = {key.decode(): value for key, value in self.memory.values.items() if key.startswith(b"trace/")}
        names = dict(life.names)
        for key, value in rows.items():
            if key.startswith("trace/code/") and life.name in str(msgspec.msgpack.decode(value)):
                names[key.rpartition("/")[2]] = "CODE OF " + plain(msgspec.msgpack.decode(value), life.names, life)
        left: dict[str, Any] = {}
        for key, raw in rows.items():
            value = msgspec.msgpack.decode(raw)
            if not key.startswith(APART) and any(name in key or name in str(value) for name in names):
                row = value[0] if key.split("/")[1] in WITH_JOURNALS else value
                left[plain(key, names, life)] = plain(row, names, life)
        return left


@pytest.mark.parametrize("captured", [EVEN, EVERYTHING - EVEN, EVERYTHING], ids=["even", "odd", "all"])
def test_a_mixed_life_leaves_what_the_native_one_leaves(captured: frozenset[int]) -> None:
    ledger = Ledger()
    native, mixed = Life("nat4", START_MS + MINUTE_MS), Life("mix4", START_MS + MINUTE_MS)
    ledger.live(native, frozenset())
    ledger.live(mixed, captured)
    left = ledger.left_by(native)
    tables = {key.split("/")[1] for key in left}
    assert {"planting", "lot", "unit", "holding", "shipment", "series", "harvest", "stay"} <= tables
    assert ledger.left_by(mixed) == left
