"""One network for all faults that need no network of their own, and the words of its nodes when a test fails."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.chains import Chains
from tests.faults.cluster import Cluster, linxin
from tests.faults.load import Load
from tests.support import quick_keys


class Trial:
    """A network and what is known of its chain."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.chains = Chains(cluster)

    @contextmanager
    def under_load(self, *, settles: bool = True) -> Iterator[Load]:
        """Submit all the while. Afterwards all nodes are well again, and their chains hold what clients were told."""
        self.cluster.heal()
        load = Load(self.cluster.opened)
        with load.running():
            load.goes_on(20)
            yield load
        if settles:
            self.cluster.heal()
        self.chains.check(load.records)

    def close(self) -> None:
        """Stop everything; every node ends well, and executing one's whole chain again comes to the same state."""
        try:
            statuses = self.cluster.end()
            assert set(statuses.values()) <= {0}, statuses
            if not self.chains.history:
                return
            home = self.cluster.home(self.cluster.ids[0])
            found = linxin("audit", "--home", str(home), "--genesis", str(self.cluster.opened.genesis))
            assert found["transactions"] >= len(self.chains.history)
        finally:
            self.cluster.kill_all()


@contextmanager
def trial_of(cluster: Cluster) -> Iterator[Trial]:
    """Start a network's nodes, and end it with a last look at everything."""
    try:
        cluster.start(*cluster.ids)
        trial = Trial(cluster)
        yield trial
        trial.close()
    finally:
        cluster.kill_all()


@pytest.fixture(scope="package", autouse=True)
def quick() -> Iterator[None]:
    """Keys that tests of this room make open at once."""
    with quick_keys():
        yield


@pytest.fixture(scope="package")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The network that most faults are done to, one after the other. Each test finds it well."""
    root = tmp_path_factory.mktemp("faults") / "network"
    with trial_of(Cluster.make(root, empty_block_ms=500)) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the nodes said last goes into the report of a test that failed."""
    report = yield
    if report.failed:
        values: list[Any] = list(getattr(item, "funcargs", {}).values())
        for cluster in [value.cluster for value in values if isinstance(value, Trial)]:
            for node in [home.name for home in cluster.opened.node_homes()]:
                report.sections.append((f"log of {node}", cluster.log_tail(node)))
    return report
