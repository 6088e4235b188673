"""Validators cut off from each other while clients submit: who has no quorum certifies nothing; all heals by itself."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from network.config import load_config
from tests.faults.cluster import Cluster, eventually, linxin
from tests.faults.conftest import Trial, trial_of
from tests.peers.proxy import FaultyProxy, running

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("cuts")]

GOES_ON_S_MAX = 25.0
"""Silence is noticed after about six seconds; then others are elected."""


@dataclass
class Cuts:
    """A network each of whose ways from one validator to another leads through a proxy of its own."""

    trial: Trial
    ways: dict[tuple[str, str], FaultyProxy]

    def between(self, *groups: list[str]) -> list[FaultyProxy]:
        """All ways, in both directions, between nodes of different groups."""
        pairs = itertools.combinations(groups, 2)
        ends = [(one, other) for left, right in pairs for one in left for other in right]
        return [self.ways[way] for one, other in ends for way in ((one, other), (other, one))]

    def mend(self) -> None:
        """Everybody hears everybody."""
        for way in self.ways.values():
            way.mend()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Trial, dict[tuple[str, str], FaultyProxy]]]:
    """Four running validators, with a proxy before each for each of the others."""
    cluster = Cluster.make(tmp_path_factory.mktemp("cuts") / "network", empty_block_ms=500)
    ends = list(itertools.permutations(cluster.ids, 2))
    ports = {node: int(load_config(cluster.home(node)).peers.listen.rpartition(":")[2]) for node in cluster.ids}
    with running(*(ports[to] for _, to in ends)) as proxies:
        ways = dict(zip(ends, proxies, strict=True))
        for node in cluster.ids:
            lines = [f'{to} = "127.0.0.1:{way.port}"\n' for (sender, to), way in ways.items() if sender == node]
            with (cluster.home(node) / "node.toml").open("a") as settings:
                settings.write("\n[peers.addresses]\n" + "".join(lines))
        with trial_of(cluster) as trial:
            yield trial, ways
        assert all(way.accepted for way in proxies), "every message went through the proxies"


@pytest.fixture
def trial(proxied: tuple[Trial, dict[tuple[str, str], FaultyProxy]]) -> Trial:
    """The network; named so that the words of its nodes are shown when a test fails."""
    return proxied[0]


@pytest.fixture
def cuts(trial: Trial, proxied: tuple[Trial, dict[tuple[str, str], FaultyProxy]]) -> Iterator[Cuts]:
    """Its ways, mended in the end."""
    made = Cuts(trial, proxied[1])
    yield made
    made.mend()


def test_a_leader_that_nobody_hears_any_more_is_replaced(trial: Trial, cuts: Cuts) -> None:
    """As when a cable is pulled: connections stay open, and no byte passes."""
    cluster = trial.cluster
    with trial.under_load() as load:
        old, *others = [cluster.leader(), *cluster.followers()]
        for way in cuts.between([old], others):
            way.is_silent = True
        load.goes_on(GOES_ON_S_MAX)
        eventually(lambda: cluster.statuses()[old].role != "leader", 10, "it knows that it leads nobody")
        stale = cluster.statuses()[old].height
        load.goes_on(GOES_ON_S_MAX)
        assert cluster.statuses()[old].height <= stale
        cuts.mend()
        cluster.caught_up(old)


def test_a_leader_that_hears_and_is_not_heard_is_replaced(trial: Trial, cuts: Cuts) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        old, *others = [cluster.leader(), *cluster.followers()]
        for other in others:
            cuts.ways[old, other].is_deaf = True
        load.goes_on(GOES_ON_S_MAX)
        assert cluster.leader() != old
        cuts.mend()
        cluster.caught_up(old)


def test_a_follower_that_is_heard_and_hears_nothing_disturbs_nobody(trial: Trial, cuts: Cuts) -> None:
    """Pre-vote: it hears no leader, and its campaigns must not depose the one whom all others hear."""
    cluster = trial.cluster
    with trial.under_load() as load:
        leader, cut, *others = [cluster.leader(), *cluster.followers()]
        term = cluster.statuses()[leader].term
        for other in (leader, *others):
            cuts.ways[other, cut].is_deaf = True
        time.sleep(4)
        load.goes_on(GOES_ON_S_MAX)
        said = cluster.statuses()[leader]
        assert (said.role, said.term) == ("leader", term)
        cuts.mend()
        cluster.caught_up(cut)


def test_two_halves_certify_nothing_and_go_on_when_they_are_one_again(trial: Trial, cuts: Cuts) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        nodes = [cluster.leader(), *cluster.followers()]
        for way in cuts.between(nodes[:2], nodes[2:]):
            way.cut()
        eventually(
            lambda: not linxin("network", "status", str(cluster.root), status=None)["has_quorum"], 15, "it waits"
        )
        load.stands_still(3.0)
        heights = {said.height for said in cluster.statuses().values()}
        load.stands_still(1.0)
        assert {said.height for said in cluster.statuses().values()} == heights
        cuts.mend()
        load.goes_on(GOES_ON_S_MAX)


def told_to_wait(cluster: Cluster) -> bool:
    """Whether `linxin network status` says that there is no quorum, although every node answers."""
    told = linxin("network", "status", str(cluster.root), status=None)
    return bool(told["waiting_for"]) and not told["has_quorum"] and all(node["healthy"] for node in told["nodes"])
