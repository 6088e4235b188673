"""A validator is removed while those who stay are few, or cannot reach each other: it leaves nobody in need of it."""

import pytest

from tests.simulation.cluster import Cluster
from tests.simulation.conftest import Scene
from tests.simulation.network import between

LONG_S = 20
"""Longer than any patience that a removed validator might have."""

SEEDS = pytest.mark.parametrize("seed", range(1, 9))


def _others(cluster: Cluster, *names: str) -> list[str]:
    return [other for other in cluster.machines if other not in names]


def _is_in_force(cluster: Cluster, name: str) -> bool:
    record = cluster.governor.records().get(name)
    return record is not None and record.status == "validator"


def _replace_with_none_to_spare(cluster: Cluster) -> tuple[str, str, str, str]:
    """Three validators, of whom one is down, replace another: (replaced, in its place, down, left). The change
    is certified; the voters have not followed it yet.
    """
    cluster.governor.want("replace")
    cluster.run_until(lambda: cluster.governor.is_handing_over, 30, "the replacement is decided")
    (replaced,) = cluster.governor.leaving
    (new,) = cluster.governor.sets()[-1] - cluster.governor.sets()[0]
    down, left = sorted(cluster.governor.sets()[0] - {replaced}, key=lambda name: name == cluster.leader())
    cluster.machines[down].kill()
    cluster.run_until(lambda: _is_in_force(cluster, new), 20, "the change is certified")
    return replaced, new, down, left


@SEEDS
def test_a_replaced_validator_stays_while_the_new_one_is_out_of_reach(scene: Scene, seed: int) -> None:
    """With one down for good, those who stay need what the replaced one acknowledges to get past the change."""
    cluster = scene(3, seed=seed)
    replaced, new, down, _ = _replace_with_none_to_spare(cluster)
    cluster.network.cut(1, between([new], _others(cluster, new)))
    cluster.run_for(LONG_S)
    height = cluster.height
    cluster.network.mend(1)
    cluster.run_until(lambda: cluster.machines[new].store.head.height > height + 5, 10, "it goes on")
    cluster.run_until(lambda: cluster.machines[replaced].is_gone, 15, "the replaced one stops itself")
    assert not cluster.machines[down].is_up
    cluster.finish()


@SEEDS
def test_a_replaced_validator_stays_while_it_is_out_of_reach_itself(scene: Scene, seed: int) -> None:
    cluster = scene(3, seed=seed)
    replaced, new, *_ = _replace_with_none_to_spare(cluster)
    cluster.network.cut(1, between([replaced], _others(cluster, replaced)))
    cluster.run_for(LONG_S)
    height = cluster.height
    cluster.network.mend(1)
    cluster.run_until(lambda: cluster.machines[new].store.head.height > height + 5, 10, "it goes on")
    cluster.run_until(lambda: cluster.machines[replaced].is_gone, 15, "the replaced one stops itself")
    cluster.finish()


@SEEDS
def test_the_power_fails_everywhere_just_when_the_replaced_one_has_stopped(scene: Scene, seed: int) -> None:
    """What is ordered again from the log then would need the replaced one: so the change must not be forgotten."""
    cluster = scene(3, seed=seed)
    replaced, new, _, left = _replace_with_none_to_spare(cluster)
    cluster.run_until(lambda: cluster.machines[replaced].is_gone, 30, "the replaced one stops itself")
    for name in (left, new):
        cluster.machines[name].cut_power()
    for name in (left, new):
        cluster.machines[name].start()
    height = cluster.height
    cluster.run_until(lambda: cluster.machines[new].store.head.height > height + 5, 15, "it goes on")
    cluster.finish()
