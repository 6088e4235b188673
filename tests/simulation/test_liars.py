"""One liar of four, one lie at a time: the network may halt, and never forks; what does not hurt must not halt it."""

import pytest

from consensus.evidence import verify_evidence
from tests.simulation.conftest import Scene
from tests.simulation.ending import check_ending
from tests.simulation.setup import LIES
from tests.simulation.world import key_of

HARMLESS = ("garbage", "vote-twice", "cosign-twice")
"""Whatever these do, the three others go on."""


@pytest.mark.parametrize("lie", LIES)
def test_a_liar_never_forks_the_chain(scene: Scene, lie: str) -> None:
    told = False
    for number, liar in enumerate(("v1", "v2", "v3")):
        cluster = scene(4, seed=number, clients=3, liars={liar: (lie,)})
        cluster.liars[liar].begins_us = cluster.kernel.now
        before = cluster.height
        cluster.run_for(12)
        # Let the liar lead for a while, if it can.
        leader = cluster.leader()
        if leader is not None and leader != liar:
            cluster.machines[leader].kill()
            cluster.run_for(3)
            cluster.machines[leader].start()
        cluster.run_for(8)
        told |= bool(cluster.liars[liar].told)
        check_ending(cluster)
        if lie in HARMLESS:
            assert cluster.height > before + 40, cluster.oracle.stalled("a harmless lie halts the network")
        for machine in cluster.machines.values():
            for evidence in machine.evidence:
                keys = {name: key_of(name).public_key for name in cluster.machines}
                assert verify_evidence(evidence, cluster.genesis.chain_id, keys.get).id == liar
    assert told
