"""Records in a protobuf Struct: every value finds a form that loses nothing."""

from ledger.modules.trace.messages import Portion
from network.services.records import EXACT_MAX, plain


def test_values_keep_their_meaning_in_a_protobuf_struct() -> None:
    assert plain(Portion("lot", 5)) == {"lot": "lot", "quantity": 5}
    assert plain((b"\x01\xff", None, True, "字")) == ["01ff", None, True, "字"]
    assert plain([EXACT_MAX, -EXACT_MAX]) == [EXACT_MAX, -EXACT_MAX]
    assert plain([EXACT_MAX + 1, -EXACT_MAX - 1]) == [str(EXACT_MAX + 1), str(-EXACT_MAX - 1)]
