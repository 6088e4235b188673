"""Readers of pages over HTTP: one connection each, the next request when the answer before is whole."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

ANSWER_S_MAX = 60.0
TAKES = {"Accept-Encoding": "gzip", "Accept-Language": "zh-CN", "Accept": "text/html,*/*"}


@dataclass
class Reader:
    """One reader of a gateway on this machine."""

    port: int
    bytes: int = 0
    """Of the bodies it got, as sent."""

    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S_MAX)

    def read(self, paths: Sequence[str]) -> float:
        """Ask for the paths one after the other; seconds that took. Fails unless all are answered."""
        started = time.perf_counter()
        for path in paths:
            self.connection.request("GET", path, headers=TAKES)
            answer = self.connection.getresponse()
            self.bytes += len(answer.read())
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status}")
        return time.perf_counter() - started


def closed_loop(port: int, paths: Sequence[str], readers: int, seconds: float) -> tuple[list[float], float]:
    """So many readers read the paths again and again; seconds of each time, and of all together."""
    started = time.perf_counter()

    def one(_: int) -> list[float]:
        reader, found = Reader(port), list[float]()
        while time.perf_counter() - started < seconds:
            found.append(reader.read(paths))
        return found

    with ThreadPoolExecutor(readers) as pool:
        found = [took for each in pool.map(one, range(readers)) for took in each]
    return found, time.perf_counter() - started


def latencies(took_s: Sequence[float]) -> dict[str, Any]:
    """What a row of latencies comes to, in milliseconds; of few, the p99 is the longest."""
    ordered = sorted(1000 * each for each in took_s)
    p50, p99 = (round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) for share in (0.5, 0.99))
    return {"p50_ms": p50, "p99_ms": p99, "times": len(ordered)}
