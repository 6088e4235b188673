"""A block is executed in steps, and anything may come between them."""

from network.replica.work import Work
from tests.simulation.conftest import Scene
from tests.simulation.machine import STEP_US


def test_one_slow_at_executing_takes_blocks_over_and_keeps_up(scene: Scene) -> None:
    """What others give it may be the very block that it is executing."""
    cluster = scene(4, clients=8)
    cluster.run_until(lambda: cluster.height >= 10, 20, "a chain")
    machine = cluster.machines["v4"]
    assert machine.replica is not None
    finality, carry_out = machine.replica.finality, machine._carry_out
    given = 0

    def carry_out_and_look(work: Work) -> None:
        nonlocal given
        assert machine.replica is not None
        given += finality.is_executing and bool(machine.replica.catch_up.blocks)
        carry_out(work)

    machine._carry_out = carry_out_and_look  # type: ignore[method-assign]
    machine.step_us = 400_000
    cluster.run_until(lambda: given > 0, 30, "blocks come while one is executed")
    machine.step_us = STEP_US
    cluster.run_until(lambda: machine.store.head.height >= cluster.height - 1, 10, "it keeps up again")
    cluster.finish()
