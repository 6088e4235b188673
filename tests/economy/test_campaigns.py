"""Random campaigns: reference and modules agree to the fen, and nobody's money is stuck, whoever falls silent."""

import pytest

from tests.conftest import EFFORT
from tests.economy.campaigns import SILENT, make_scenario
from tests.economy.driver import play_seed

CAMPAIGNS = 20 * EFFORT
"""Seeds a test."""


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_the_modules_pay_what_the_rules_say(first: int) -> None:
    for seed in range(first * EFFORT, first * EFFORT + CAMPAIGNS):
        difference = play_seed(seed)
        assert difference is None, f"seed {seed}: {difference}"


@pytest.mark.parametrize("party", SILENT)
def test_whoever_falls_silent_no_money_is_stuck(party: str) -> None:
    for seed in range(100_000, 100_000 + CAMPAIGNS):
        difference = play_seed(seed, party)
        assert difference is None, f"seed {seed}, {party} silent: {difference}"


def test_a_scenario_is_its_seed() -> None:
    assert make_scenario(7) == make_scenario(7)
    assert make_scenario(7) != make_scenario(8)
