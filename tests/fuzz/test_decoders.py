"""Some rounds of the fuzz target in every test run, and many under `make fuzz`."""

import pytest

from tests.fuzz.decoders import TARGETS, Target, one_round


@pytest.mark.fuzz
def test_decoders_refuse_hostile_bytes_with_their_own_errors(effort: int) -> None:
    for number in range(9_000 * effort):
        one_round(number, seed=20261122)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_each_target_takes_what_mutations_begin_with(target: Target) -> None:
    target.call(target.seeds[0])
