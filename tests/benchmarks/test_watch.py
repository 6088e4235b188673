"""What is sampled of a network's nodes, and what is said of the samples."""

import asyncio

import pytest

from benchmarks.watch import Sample, cores_used, queue_figures, scrape
from network.metrics.endpoint import MetricsEndpoint
from tests.metrics.test_metrics import make_events


def samples(waiting: list[int], resident_mb: list[int]) -> list[Sample]:
    return [
        Sample(2.0 * number, count, 0, (10_000_000, size * 1_000_000), 1.5 * number)
        for number, (count, size) in enumerate(zip(waiting, resident_mb, strict=True))
    ]


def test_growth_shows_between_the_first_and_the_last_fifth() -> None:
    flat = queue_figures(samples([5, 9, 5, 6, 5, 60, 5, 5, 6, 5], [200] * 10))
    assert (flat["waiting_first"], flat["waiting_last"], flat["waiting_max"]) == (7, 5.5, 60)
    grown = queue_figures(samples(list(range(10)), list(range(200, 300, 10))))
    assert (grown["waiting_first"], grown["waiting_last"]) == (0.5, 8.5)
    assert (grown["resident_mb_first"], grown["resident_mb_last"], grown["resident_mb_max"]) == (205, 285, 290)
    assert queue_figures(samples([3], [100]))["waiting_last"] == 3


def test_cores_are_cpu_over_time() -> None:
    assert cores_used(samples([0] * 5, [1] * 5)) == pytest.approx(0.75)


async def test_figures_are_read_from_a_node() -> None:
    endpoint = MetricsEndpoint(make_events().registry, "127.0.0.1:0")
    await endpoint.start()
    found = await asyncio.to_thread(scrape, f"http://127.0.0.1:{endpoint.port}/metrics")
    await endpoint.stop()
    assert (found["linxin_waiting_transactions"], found["linxin_timers_overdue"]) == (5, 9)
