"""A machine whose disk is slow: what it owes others must not wait for more syncs than it needs."""

from tests.simulation.conftest import Scene
from tests.simulation.disk import SLOW_SYNC_US

BLOCKS = 150


def test_one_with_a_slow_ledger_disk_takes_many_blocks_with_few_syncs(scene: Scene) -> None:
    """Each of the blocks behind which its log begins anew costs a sync: one by one that is half a minute of them."""
    cluster = scene(4)
    machine = cluster.machines["v4"]
    machine.kill()
    machine.log_disk.put_files({})
    machine.store.rewind(0)
    cluster.damaged.add("v4")
    cluster.run_until(lambda: cluster.height >= BLOCKS, 60, "a long chain without it")
    machine.store_disk.sync_us = SLOW_SYNC_US
    machine.start()
    cluster.run_until(lambda: machine.store.head.height >= BLOCKS, 5, "it took the chain over")
    cluster.run_until(lambda: machine.store.head.height >= cluster.height - 1, 10, "it keeps up")
    cluster.finish()
