"""Actions written as JSON: what fits becomes exactly the action, what does not is refused with the field's path."""

import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.modules import standard_registry
from client.action_json import BadAction, describe_action, plain, read_action
from ledger.crypto.encoding import encode
from ledger.module import tag_of
from ledger.modules.trace import messages as trace

EFFORT = int(os.environ.get("LINXIN_EFFORT", "1"))
REGISTRY = standard_registry()


def read(document: Any) -> Any:
    return read_action(json.dumps(document).encode(), REGISTRY)


def test_nested_structs_bytes_and_defaults() -> None:
    action, restricted = read(
        {
            "action": "trace.inspect",
            "target": "lot:09521234000013/A",
            "verdict": "pass",
            "event_ms": 5,
            "results": [
                {
                    "analyte": "Pb",
                    "method": "GB",
                    "value": 1,
                    "scale": -3,
                    "unit": "mg/kg",
                    "limit": None,
                    "passed": True,
                }
            ],
            "report": "ab" * 32,
        }
    )
    result = trace.TestResult("Pb", "GB", 1, -3, "mg/kg", None, passed=True)
    assert action == trace.Inspect("lot:09521234000013/A", "pass", 5, (result,), bytes.fromhex("ab" * 32), "")
    assert restricted is None


def test_the_restricted_part() -> None:
    action, restricted = read(
        {
            "action": "trace.ship",
            "shipment": "s1",
            "receiver": "hub",
            "event_ms": 1,
            "lots": [{"lot": "09521234000013/A", "quantity": 5}],
            "restricted": {"document": "D1", "price_fen": 100},
        }
    )
    assert restricted == trace.ShippingTerms("D1", 100)
    assert action.lots == (trace.Portion("09521234000013/A", 5),)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"action": "trace.nothing"}, "$.action"),
        ({"action": 7}, "$.action"),
        ({"quantity": -5}, "$.quantity"),
        ({"quantity": 1.5}, "$.quantity"),
        ({"quantity": 2**70}, "$"),
        ({"quantity": "12"}, "$.quantity"),
        ({"lot": "no slash"}, "$.lot"),
        ({"lots": []}, "$.lots"),
        ({"reason": None}, "$.reason"),
        ({"restricted": {}}, "$.restricted"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(change: dict[str, Any], path: str) -> None:
    good = {"action": "trace.destroy", "lot": "09521234000013/A", "quantity": 5, "event_ms": 1, "reason": "spoiled"}
    assert read(good)[0] == trace.Destroy("09521234000013/A", 5, 1, "spoiled")
    with pytest.raises(BadAction) as refused:
        read(good | change)
    assert refused.value.path == path
    assert refused.value.zh
    assert refused.value.en


def test_a_missing_field_and_a_bad_inner_field_are_named() -> None:
    with pytest.raises(BadAction) as refused:
        read({"action": "trace.destroy", "quantity": 5, "event_ms": 1, "reason": "x"})
    assert refused.value.path == "$.lot"
    inner = {"action": "trace.transform", "inputs": [{"lot": "09521234000013/A", "quantity": 0}]}
    outputs = [{"product": "09521234000013", "number": "B", "quantity": 1}]
    with pytest.raises(BadAction) as refused:
        read(inner | {"outputs": outputs, "loss": 0, "event_ms": 1})
    assert refused.value.path == "$.inputs[0].quantity"


@pytest.mark.parametrize("document", [b"", b"[]", b"null", b"{", b"\xff", b'{"action": {}}', b"[" * 100_000])
def test_what_is_no_object_is_refused(document: bytes) -> None:
    with pytest.raises(BadAction):
        read_action(document, REGISTRY)


def test_every_action_can_be_described() -> None:
    for tag, kind in REGISTRY.actions.items():
        facts = describe_action(kind)
        assert facts["meaning"], tag
        assert list(facts["fields"]) == list(kind.__struct_fields__)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("09521234000013/A")
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@pytest.mark.fuzz
@given(data=st.data())
@settings(max_examples=150 * EFFORT, deadline=None)
def test_any_json_is_read_and_said_again_or_refused(data: st.DataObject) -> None:
    tag = data.draw(st.sampled_from(sorted(REGISTRY.actions)))
    fields = {name: data.draw(values) for name in REGISTRY.actions[tag].__struct_fields__ if data.draw(st.booleans())}
    try:
        action, _ = read_action(json.dumps({"action": tag} | fields).encode(), REGISTRY)
    except BadAction:
        return
    assert tag_of(type(action)) == tag
    again, _ = read({"action": tag} | plain(action))
    assert encode(again) == encode(action)
