"""Validators come, go and change their keys by vote while clients submit; who was removed stops by itself."""

import time
from typing import Any

import pytest

from tests.faults.cluster import Cluster, eventually, linxin
from tests.faults.conftest import Trial

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("faults")]

TAKES_EFFECT_S_MAX = 60.0
GOES_ON_S_MAX = 20.0


def governance(cluster: Cluster, *words: str, key: str = "farm") -> dict[str, Any]:
    """A `linxin governance` command."""
    return linxin("governance", *words, "--key", key, "--network", str(cluster.root))


def vote(cluster: Cluster, number: int, *organisations: str) -> None:
    """All of them agree, and that is enough."""
    told = [governance(cluster, "vote", str(number), "yes", key=organisation) for organisation in organisations]
    assert told[-1]["status"] == "passed"


def members(cluster: Cluster) -> list[str]:
    """Who certifies the next height."""
    found = linxin("network", "status", str(cluster.root), status=None)["validators"]
    assert isinstance(found, list)
    return found


@pytest.mark.timeout(300)  # three changes of the set, two newcomers that fetch the chain, all under load
def test_a_validator_joins_another_changes_its_key_and_one_leaves(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        join(cluster)
        load.goes_on(GOES_ON_S_MAX)
        rotate(cluster, "inspector")
        load.goes_on(GOES_ON_S_MAX)
        remove(cluster)
        load.goes_on(GOES_ON_S_MAX)
    assert not [record for record in load.records if record.times_unknown], "no submission noticed any of it"


def join(cluster: Cluster) -> None:
    made = linxin("network", "add-validator", str(cluster.root), "--organisation", "warehouse", "--id", "warehouse")
    keys = ("--public-key", made["public_key"], "--possession", made["possession"], "--address", made["address"])
    added = governance(cluster, "propose", "add", "warehouse", "--organisation", "warehouse", *keys)
    vote(cluster, added["number"], "hub", "platform")
    cluster.start("warehouse")
    cluster.caught_up("warehouse")
    promoted = governance(cluster, "propose", "promote", "warehouse")
    vote(cluster, promoted["number"], "hub", "platform")
    eventually(lambda: "warehouse" in members(cluster), TAKES_EFFECT_S_MAX, "the newcomer certifies")


def rotate(cluster: Cluster, old: str) -> None:
    told: dict[str, Any] = {"step": ""}
    deadline = time.monotonic() + TAKES_EFFECT_S_MAX
    while told["step"] != "done":
        assert time.monotonic() < deadline, told
        told = linxin("network", "rotate", str(cluster.root), old)
        if told["step"] == "voting":
            silent = [each for each in told["silent"] if each in ("farm", "hub", "platform")]
            for organisation in silent:
                governance(cluster, "vote", str(told["proposal"]), "yes", key=organisation)
            if not cluster.runs(told["new"]):
                cluster.start(told["new"])
    assert cluster.ended(old) == 0, "it stopped by itself, and nothing was wrong"
    assert told["new"] in members(cluster)
    assert old not in members(cluster)


def remove(cluster: Cluster) -> None:
    removal = governance(cluster, "propose", "remove", "warehouse")
    vote(cluster, removal["number"], "hub", "platform", "inspector")
    assert cluster.ended("warehouse") == 0
    assert "removed by governance" in cluster.said("warehouse")
    assert "治理决议移除" in cluster.said("warehouse")
    cluster.gone.add("warehouse")
    told = linxin("network", "status", str(cluster.root), status=None)
    states = {node["name"]: node["state"] for node in told["nodes"]}
    assert states["warehouse"] == "retired"
    assert told["has_quorum"]
    assert "warehouse" not in told["validators"]
