"""One liar of four, one lie at a time: the network may halt, and never forks; what does not hurt must not halt it."""

import pytest

from consensus.evidence import verify_evidence
from tests.simulation.cluster import Cluster
from tests.simulation.conftest import Scene
from tests.simulation.ending import check_ending
from tests.simulation.setup import HARMLESS, LIES
from tests.simulation.world import key_of


def _depose(cluster: Cluster) -> None:
    leader = cluster.leader()
    if leader is not None:
        cluster.machines[leader].kill()
        cluster.run_for(1.5)
        cluster.machines[leader].start()
        cluster.run_for(0.5)


@pytest.mark.parametrize("lie", LIES)
def test_a_liar_never_forks_the_chain(scene: Scene, lie: str) -> None:
    liar = "v2"
    cluster = scene(4, seed=LIES.index(lie), clients=2, liars={liar: (lie,)})
    cluster.liars[liar].begins_us = cluster.kernel.now
    before = cluster.height
    # It leads if it can, for a while; then others do, and it is asked for its vote.
    for _ in range(8):
        if cluster.leader() in (None, liar):
            break
        _depose(cluster)
    cluster.run_for(4)
    _depose(cluster)
    _depose(cluster)
    cluster.run_for(4)
    assert cluster.liars[liar].told
    check_ending(cluster)
    if lie in HARMLESS:
        assert cluster.height > before + 20, cluster.oracle.stalled("a harmless lie halts the network")
    for machine in cluster.machines.values():
        for evidence in machine.evidence:
            keys = {name: key_of(name).public_key for name in cluster.machines}
            assert verify_evidence(evidence, cluster.genesis.chain_id, keys.get).id == liar
