"""The tables of transitions are whole: every state has its row, every state is reached, and ends are ends."""

from collections.abc import Mapping
from typing import get_args

import pytest

from ledger.modules.trace import state

CYCLES = [
    (state.LOT_TRANSITIONS, state.LotState, "active", set()),
    (state.UNIT_TRANSITIONS, state.UnitState, "at_rest", set()),
    (state.SHIPMENT_TRANSITIONS, state.ShipmentState, "open", {"received", "refused", "withdrawn"}),
    (state.CERTIFICATE_TRANSITIONS, state.CertificateState, "valid", {"revoked"}),
]


@pytest.mark.parametrize(("table", "states", "first", "ends"), CYCLES)
def test_a_life_cycle_is_whole(
    table: Mapping[str, Mapping[str, str]], states: object, first: str, ends: set[str]
) -> None:
    assert set(table) == set(get_args(states))
    assert {name for name, steps in table.items() if not steps} == ends
    reached = {first}
    while found := {after for name in reached for after in table[name].values()} - reached:
        reached |= found
    assert reached == set(table)


def test_nothing_leads_out_of_a_recall() -> None:
    assert set(state.LOT_TRANSITIONS["recalled"].values()) == {"recalled"}
