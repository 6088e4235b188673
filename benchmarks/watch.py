"""What a network's nodes are like while a load runs: queues, memory, CPU, sampled beside it in a thread."""

import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

from benchmarks.load import cpu_s, node_pids, process_tree, resident_bytes
from cli.homes import HOST, free_ports
from client.network_directory import NetworkDirectory
from network.config import CONFIG_FILE

WAITING, OVERDUE = "linxin_waiting_transactions", "linxin_timers_overdue"
SCRAPE_S_MAX = 10.0


class Sample(NamedTuple):
    """All nodes at one moment. `waiting` and `overdue`: of the node that has most; `resident`: bytes of each."""

    at_s: float
    waiting: int
    overdue: int
    resident: tuple[int, ...]
    cpu_s: float


def publish_metrics(network: NetworkDirectory) -> list[str]:
    """Have every node of a folder that does not run yet serve its metrics; where, one URL each."""
    homes = network.node_homes()
    urls = []
    for home, port in zip(homes, free_ports(len(homes)), strict=True):
        with (home / CONFIG_FILE).open("a", encoding="utf-8") as file:
            file.write(f'\n[metrics]\nlisten = "{HOST}:{port}"\n')
        urls.append(f"http://{HOST}:{port}/metrics")
    return urls


def scrape(url: str) -> dict[str, float]:
    """The figures without labels of one node."""
    with urllib.request.urlopen(url, timeout=SCRAPE_S_MAX) as answer:  # noqa: S310  # a URL of ours, on loopback
        lines = answer.read().decode().splitlines()
    pairs = (line.split(" ") for line in lines if line and not line.startswith("#") and "{" not in line)
    return {name: float(value) for name, value in pairs}


class Watch:
    """Samples every `interval_s` from `begin` until the context ends. `at_s` counts from `begin`."""

    def __init__(self, network: NetworkDirectory, urls: Sequence[str], interval_s: float) -> None:
        self.samples: list[Sample] = []
        self._nodes = list(node_pids(network).values())
        self._urls = urls
        self._interval_s = interval_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch")
        self._began = 0.0

    def begin(self) -> None:
        """From now on."""
        self._began = time.perf_counter()
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self.samples.append(self._sample())
            due_s = self._began + len(self.samples) * self._interval_s
            if self._ended.wait(max(0.0, due_s - time.perf_counter())):
                return

    def _sample(self) -> Sample:
        at_s = time.perf_counter() - self._began
        figures = [scrape(url) for url in self._urls]
        trees = [process_tree(node) for node in self._nodes]
        return Sample(
            at_s,
            int(max(each[WAITING] for each in figures)),
            int(max(each[OVERDUE] for each in figures)),
            tuple(map(resident_bytes, trees)),
            cpu_s([process for tree in trees for process in tree]),
        )

    def within(self, from_s: float, to_s: float) -> list[Sample]:
        """The samples of a time."""
        return [sample for sample in self.samples if from_s <= sample.at_s <= to_s]


def queue_figures(samples: Sequence[Sample]) -> dict[str, Any]:
    """How long queues were and how memory grew over the samples, which must be some.

    `..._first` and `..._last`: medians of the first and the last fifth, which are alike where nothing piles up.
    """
    part = max(1, len(samples) // 5)
    figures: dict[str, Any] = {}
    largest: Callable[[Sample], float] = lambda sample: max(sample.resident) / 1e6  # noqa: E731  # named, as the others
    values: dict[str, Callable[[Sample], float]] = {
        "waiting": lambda sample: sample.waiting,
        "timers_overdue": lambda sample: sample.overdue,
        "resident_mb": largest,
    }
    for name, value in values.items():
        found = [value(sample) for sample in samples]
        figures[f"{name}_first"] = round(statistics.median(found[:part]), 1)
        figures[f"{name}_last"] = round(statistics.median(found[-part:]), 1)
        figures[f"{name}_max"] = round(max(found), 1)
    return figures


def cores_used(samples: Sequence[Sample]) -> float:
    """How many cores all nodes took between the first and the last sample."""
    first, last = samples[0], samples[-1]
    return (last.cpu_s - first.cpu_s) / (last.at_s - first.at_s) if last.at_s > first.at_s else 0.0
