"""Faults at random on a network under load, one or two at a time; `make soak` makes many times as many."""

import os
import random
import time

import pytest

from tests.faults.conftest import Trial

pytestmark = [pytest.mark.process, pytest.mark.soak, pytest.mark.xdist_group("faults")]

ROUNDS = 2
GOES_ON_S_MAX = 30.0


@pytest.mark.timeout(0)
def test_faults_at_random(trial: Trial, effort: int) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)  # noqa: T201  # which faults, and when; what came of them depends on the machine, too
    dice = random.Random(seed)
    for _ in range(ROUNDS * effort):
        with trial.under_load() as load:
            strike(trial, dice)
            trial.cluster.heal()
            load.goes_on(GOES_ON_S_MAX)


def strike(trial: Trial, dice: random.Random) -> None:
    """One to four nodes are killed, held or told to stop, a moment apart, and come back in any order."""
    cluster = trial.cluster
    struck = dice.sample(cluster.ids, dice.choice((1, 1, 2, 4)))
    for node in struck:
        what = dice.choice(("kill", "pause", "stop"))
        print(what, node)  # noqa: T201
        if what == "kill":
            cluster.kill(node)
        elif what == "pause":
            cluster.pause(node)
        else:
            assert cluster.stop(node) == 0
        time.sleep(dice.choice((0.0, 0.05, 0.5)))
    time.sleep(dice.uniform(0.1, 4.0))
    dice.shuffle(struck)
    for node in struck:
        if cluster.runs(node):
            cluster.resume(node)
        else:
            cluster.launch(node)
        time.sleep(dice.choice((0.0, 0.3)))
