"""Small clusters for scenarios: no faults but those that the test makes."""

from collections.abc import Callable, Iterator

import pytest

from tests.simulation.cluster import Cluster
from tests.simulation.network import Weather
from tests.simulation.setup import Setup
from tests.simulation.world import remembered_signatures

Scene = Callable[..., Cluster]


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Make a cluster that has begun and certified its first blocks."""

    def make(
        validators: int,
        *,
        clients: int = 2,
        seed: int = 1,
        liars: dict[str, tuple[str, ...]] | None = None,
        clocks: dict[str, tuple[int, int]] | None = None,
    ) -> Cluster:
        setup = Setup(seed, validators, (), (), Weather(), 0, clients, liars=liars or {}, clocks=clocks or {})
        cluster = Cluster(setup)
        cluster.begin()
        cluster.run_until(lambda: cluster.height >= 3, 10, "the first blocks")
        return cluster

    with remembered_signatures():
        yield make
