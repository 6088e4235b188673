"""Processes killed, stopped and held while clients submit: nothing acknowledged is lost, nothing is decided twice."""

import time

import pytest

from tests.faults.cluster import linxin
from tests.faults.conftest import Trial

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("faults")]

GOES_ON_S_MAX = 20.0
"""An election takes about a second; the rest is for busy cores, and for a client that asked the dead node first."""

PAUSE_S = 2.0
"""Longer than an election takes, so that others are terms ahead of one that stood still."""


def test_a_killed_leader(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        old = cluster.leader()
        cluster.kill(old)
        load.goes_on(GOES_ON_S_MAX)
        assert cluster.leader() != old
        cluster.start(old)
        cluster.caught_up(old)


def test_all_killed_at_once(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        cluster.kill(*cluster.ids)
        cluster.start(*cluster.ids)
        load.goes_on(GOES_ON_S_MAX)


def test_with_two_killed_it_waits_says_so_and_goes_on_when_one_is_back(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        leader, other, *up = [cluster.leader(), *cluster.followers()]
        cluster.kill(leader, other)
        time.sleep(0.2)  # what was on its way in the certificates of the dead
        load.stands_still(2.0)
        told = linxin("network", "status", str(cluster.root), status=3)
        assert (told["has_quorum"], sorted(told["waiting_for"])) == (False, sorted([leader, other]))
        assert sorted(node["name"] for node in told["nodes"] if node["healthy"]) == sorted(up)
        cluster.start(other)
        load.goes_on(GOES_ON_S_MAX)
        assert linxin("network", "status", str(cluster.root), status=1)["has_quorum"] is True


def test_a_leader_that_stood_still_is_deposed_and_does_no_harm(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        old = cluster.leader()
        before = cluster.status(old)
        assert before is not None
        cluster.pause(old)
        load.goes_on(GOES_ON_S_MAX)
        time.sleep(PAUSE_S)
        assert cluster.leader() != old
        cluster.resume(old)
        cluster.caught_up(old)
        after = cluster.status(old)
        assert after is not None
        assert after.term > before.term
        assert {each.evidence_count for each in cluster.statuses().values()} == {0}


def test_followers_killed_and_held(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        held, killed, _ = cluster.followers()
        cluster.pause(held)
        load.goes_on(GOES_ON_S_MAX)
        time.sleep(PAUSE_S)
        cluster.resume(held)
        cluster.caught_up(held)
        cluster.kill(killed)
        load.goes_on(GOES_ON_S_MAX)
        cluster.start(killed)
        cluster.caught_up(killed)


def test_a_rolling_restart_costs_no_submission(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        for node in cluster.ids:
            assert cluster.stop(node) == 0
            cluster.start(node)
            cluster.well()
            cluster.caught_up(node)
    assert not [record for record in load.records if record.times_unknown], "every submission came to its outcome"
