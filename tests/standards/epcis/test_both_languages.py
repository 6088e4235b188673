"""A whole life, step by step: a partner's event is the very record that the native client signs."""

import json

import pytest

from cli.modules import standard_registry
from client.action_json import read_action
from standards.epcis.mapping import record_of
from standards.epcis.validation import validate
from standards.epcis.writing import document_of
from tests.standards.epcis.lives import STEPS, Life, Step
from tests.trace.world import KG

LIFE = Life("one1", 1_793_000_000_000)


class Known:
    """What the ledger knows when the step's turn comes."""

    def __init__(self, signer: str) -> None:
        self._signer = signer

    def signer(self) -> str:
        return self._signer

    def measure(self, product: str) -> str | None:
        return "kg" if product == LIFE.product else None

    def shipment(self, shipment: str) -> dict[str, int] | None:
        return {LIFE.lot("H"): 40 * KG} if shipment == f"note-{LIFE.name}" else None

    def metrics(self, device: str) -> dict[str, tuple[str, int]] | None:
        return {"temperature": ("CEL", -2)} if device == LIFE.probe else None

    def captured(self, _: str) -> None:
        return None

    def original(self, _: str) -> None:
        return None


@pytest.mark.parametrize("step", STEPS, ids=[type(step.record(LIFE)).__name__ for step in STEPS])
def test_the_event_is_the_record(step: Step) -> None:
    report = validate(document_of([step.event(LIFE)], LIFE.start_ms))
    assert (report.faults, report.remarks) == ((), ())
    assert report.document is not None
    found = record_of(report.document.events[0], Known(step.party(LIFE)))
    action, _ = read_action(json.dumps(found).encode(), standard_registry())
    assert action == step.record(LIFE)
