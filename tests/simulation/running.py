"""Running seeds: one, many on all cores, and finding the few faults of a failing one that matter."""

import gc
import os
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import count

from tests.simulation.cluster import Cluster, Outcome
from tests.simulation.kernel import SECOND, Violation
from tests.simulation.setup import Setup, draw_setup

STORY_LINES = 60


@dataclass(frozen=True)
class Failure:
    """A seed that showed something wrong."""

    seed: int
    what: str
    story: str

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.what}\n{self.story}\nagain: python -m tests.simulation --seed {self.seed}"


def run_setup(setup: Setup) -> Outcome | Failure:
    """One simulation."""
    cluster = None
    try:
        cluster = Cluster(setup)
        return cluster.run()
    except Violation as violation:
        assert cluster is not None
        return Failure(setup.seed, str(violation), story(cluster))
    except Exception:  # noqa: BLE001 - whatever production code raises is a finding, with its traceback
        told = story(cluster) if cluster is not None else ""
        return Failure(setup.seed, traceback.format_exc(limit=-12), told)


def run_seed(seed: int) -> Outcome | Failure:
    """The simulation of a seed."""
    return run_setup(draw_setup(seed))


def story(cluster: Cluster, lines: int = STORY_LINES) -> str:
    """The last events that matter, for people."""
    told = cluster.kernel.notes
    left = [f"  ({len(told) - lines} earlier events)"] if len(told) > lines else []
    shown = (f"  {at_us / SECOND:8.3f} s  {who:9} {what}" for at_us, who, what in told[-lines:])
    return "\n".join([f"  {cluster.setup.describe()}", *left, *shown])


def _run_then_collect(seed: int) -> Outcome | Failure:
    """One simulation in a worker, which collects garbage between two: a tenth faster than during them."""
    result = run_seed(seed)
    gc.collect()
    return result


QUEUED_PER_WORKER = 2


def run_many(first: int, wanted: int, workers: int | None = None) -> Iterator[Outcome | Failure]:
    """Seeds from `first` on, on all cores, as they end, until `wanted` of them count or have failed.

    One that does not count is judged all the same, and another is run in its place.
    """
    workers = workers or os.cpu_count() or 1
    seeds, counted = count(first), 0
    with ProcessPoolExecutor(workers, initializer=gc.disable) as pool:
        running: set[Future[Outcome | Failure]] = set()
        while counted < wanted:
            room = min(workers * QUEUED_PER_WORKER, wanted - counted)
            running |= {pool.submit(_run_then_collect, next(seeds)) for _ in range(room - len(running))}
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for result in (each.result() for each in done):
                counted += isinstance(result, Failure) or result.counts
                yield result


@dataclass
class Totals:
    """What many seeds came to."""

    seeds: int = 0
    blocks: int = 0
    simulated_us: int = 0
    events: int = 0
    short: int = 0
    """Further seeds, in which too little happened for them to count."""
    live: int = 0
    began_s: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self.seeds += outcome.counts
        self.blocks += outcome.blocks
        self.simulated_us += outcome.simulated_us
        self.events += outcome.events
        self.live += outcome.is_live
        self.short += not outcome.counts

    def __str__(self) -> str:
        wall_s = max(time.monotonic() - self.began_s, 0.001)
        hours = self.simulated_us / SECOND / 3600
        return (
            f"{self.seeds} seeds: {hours:.1f} simulated hours in {wall_s:.0f} s ({hours * 3600 / wall_s:.0f} times as "
            f"fast), {self.events:,} events, {self.blocks:,} certified blocks; {self.live} owed progress and made it; "
            f"besides, {self.short} in which too little happened to count"
        )


def shrink(setup: Setup, tell: Callable[[str], None]) -> tuple[Setup, Failure]:
    """Leave out faults for as long as it still fails (ddmin). Requires a setup that fails."""
    failure = run_setup(setup)
    assert isinstance(failure, Failure), "it does not fail"
    kept = [fault.number for fault in setup.faults if fault.number not in setup.without]
    everything = frozenset(fault.number for fault in setup.faults)
    parts = 2
    while kept:
        size = max(1, len(kept) // parts)
        for start in range(0, len(kept), size):
            fewer = kept[:start] + kept[start + size :]
            again = run_setup(setup.leaving_out(everything - frozenset(fewer)))
            if isinstance(again, Failure):
                kept, failure, parts = fewer, again, max(parts - 1, 2)
                tell(f"{len(kept)} faults left")
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), parts * 2)
    return setup.leaving_out(everything - frozenset(kept)), failure
