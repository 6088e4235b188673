"""Records in a protobuf Struct: every value finds a form that loses nothing."""

from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from ledger.modules.trace.messages import Portion
from network.services.records import EXACT_MAX, fill


def filled(value: Any) -> Any:
    fields = Struct()
    fill(fields, value)
    return MessageToDict(fields)


def test_values_keep_their_meaning_in_a_protobuf_struct() -> None:
    assert filled(Portion("lot", 5)) == {"lot": "lot", "quantity": 5}
    assert filled({"all": (b"\x01\xff", None, True, "字", {}, [])}) == {"all": ["01ff", None, True, "字", {}, []]}
    assert filled({"exact": [EXACT_MAX, -EXACT_MAX]}) == {"exact": [EXACT_MAX, -EXACT_MAX]}
    large = [EXACT_MAX + 1, -EXACT_MAX - 1]
    assert filled({"large": large, "in": {"a": Portion("lot", 1)}}) == {
        "large": [str(EXACT_MAX + 1), str(-EXACT_MAX - 1)],
        "in": {"a": {"lot": "lot", "quantity": 1}},
    }
