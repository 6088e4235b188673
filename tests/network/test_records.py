"""Records in words: every kind has a title, every value finds a form that loses nothing."""

from ledger.execute import GENESIS_EFFECT
from ledger.module import tag_of
from ledger.modules.catalogue import network_registry
from ledger.modules.trace.messages import Portion
from network.services.records import EXACT_MAX, plain
from network.services.titles import TITLES, title_of


def test_every_action_and_timer_has_a_title_in_both_languages() -> None:
    registry = network_registry()
    tags = {tag_of(action) for action in registry.rules} | {tag_of(timer) for timer in registry.timers}
    assert TITLES.keys() == tags | {GENESIS_EFFECT}
    assert all(chinese and english for chinese, english in TITLES.values())
    assert title_of("future.kind") == ("future.kind", "future.kind")


def test_values_keep_their_meaning_in_a_protobuf_struct() -> None:
    assert plain(Portion("lot", 5)) == {"lot": "lot", "quantity": 5}
    assert plain((b"\x01\xff", None, True, "字")) == ["01ff", None, True, "字"]
    assert plain([EXACT_MAX, -EXACT_MAX]) == [EXACT_MAX, -EXACT_MAX]
    assert plain([EXACT_MAX + 1, -EXACT_MAX - 1]) == [str(EXACT_MAX + 1), str(-EXACT_MAX - 1)]
