"""Latency to final at a rate that does not wait for answers, so that a stall is counted for everyone it would hold up.

Each call has a time at which it is due, whatever became of the earlier ones, and its latency counts from that time: had
it been sent late, the lateness is part of it ("coordinated omission" is what a closed loop would hide).
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from linxin.v1 import ledger_pb2, provenance_pb2

from benchmarks.h2 import Answer, Caller
from benchmarks.load import cpu_s
from benchmarks.signers import READINGS_IN_REPORT, SENSORS, Signers
from client.network_directory import NetworkDirectory

SUBMIT = "/linxin.v1.LedgerService/Submit"
JOURNEY = "/linxin.v1.ProvenanceService/GetJourney"
GATEWAYS = 400
"""So that the same gateway reports again after 2.4 seconds at the soonest, its last record long final."""

ORDERS_PER_S, READINGS_PER_S, SCANS_PER_S = 116, 1_667, 87
"""The load to carry at its peak."""
DRAIN_S = 30.0


class Job(NamedTuple):
    """One call to come: when (seconds after the start), of which kind, through which channel, and what."""

    due_s: float
    kind: str
    channel: int
    path: str
    message: bytes


@dataclass(frozen=True)
class Offered:
    """What came of an open loop: seconds from due to answered and reads refused as too many, by kind, and how long it
    took.
    """

    latencies_s: dict[str, list[float]]
    refused: Counter[str]
    elapsed_s: float


def is_accepted(message: bytes | None) -> bool:
    """Whether all records of a Submit call are final and accepted."""
    if message is None:
        return False
    outcomes = ledger_pb2.SubmitResponse.FromString(message).outcomes
    return bool(outcomes) and all(outcome.status == ledger_pb2.Outcome.ACCEPTED for outcome in outcomes)


def submission(*envelopes: bytes, timeout_ms: int = 60_000) -> bytes:
    """A Submit call that is answered when its records are final."""
    request = ledger_pb2.SubmitRequest(transactions=envelopes, wait=True, timeout_ms=timeout_ms)
    return request.SerializeToString()


def offer(caller: Caller, jobs: Sequence[Job], begun: Callable[[], None] = lambda: None) -> Offered:
    """Make the calls when they are due. Every record must be accepted; a node may refuse reads when it is busy.

    `begun` is called when the first call is about to be made.
    """
    waiting = iter(sorted(jobs))
    latencies: dict[str, list[float]] = defaultdict(list)
    refused = Counter[str]()
    following: Job | None = next(waiting)
    last_s = max(jobs).due_s
    begun()
    started = time.perf_counter()

    def note(answer: Answer) -> None:
        job = answer.token
        assert isinstance(job, Job)
        if job.path == SUBMIT and not is_accepted(answer.message):
            raise SystemExit(f"a call of kind {job.kind} failed: {answer.message!r}")
        if answer.message is None:
            refused[job.kind] += 1
        else:
            latencies[job.kind].append(answer.at_s - started - job.due_s)

    while following is not None or caller.outstanding:
        now_s = time.perf_counter() - started
        while following is not None and following.due_s <= now_s:
            caller.channels[following.channel].call(following.path, following.message, following)
            following = next(waiting, None)
        if now_s > last_s + DRAIN_S:
            raise SystemExit(f"{caller.outstanding} calls are not answered {DRAIN_S:.0f} s after the last was due")
        for answer in caller.wait(following.due_s - now_s if following is not None else 1.0):
            note(answer)
    return Offered(latencies, refused, time.perf_counter() - started)


def spread(
    kind: str, path: str, messages: Sequence[bytes], per_s: float, channels: int, pinned: int | None = None
) -> list[Job]:
    """Calls at an even rate, through the channels in turn; `pinned`: call i takes channel i modulo this, modulo
    `channels`, so that one sender stays with one endpoint.
    """
    return [
        Job(number / per_s, kind, (number % pinned if pinned else number) % channels, path, message)
        for number, message in enumerate(messages)
    ]


def percentiles_ms(latencies_s: Sequence[float]) -> dict[str, float]:
    """Median, 99th and 99.9th percentile and maximum, in milliseconds."""
    ordered = sorted(latencies_s)

    def at(share: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

    return {"p50_ms": at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999), "max_ms": round(1000 * ordered[-1], 1)}


def measure_rate(signers: Signers, per_s: int, seconds: float) -> dict[str, Any]:
    """Records one by one at `per_s` through all endpoints."""
    envelopes = [signers.record() for _ in range(int(per_s * seconds))]
    with _caller(signers.network) as caller:
        messages = [submission(envelope) for envelope in envelopes]
        done = offer(caller, spread("record", SUBMIT, messages, per_s, len(caller.channels)))
    return {"calls": len(messages), **percentiles_ms(done.latencies_s["record"])}


def measure_platform(signers: Signers, processes: Sequence[int], seconds: float) -> dict[str, Any]:
    """The load to carry at its peak: orders (records stand in for them), reports of sensors, scans with proof."""
    metrics = [f"sensor_{number}" for number in range(SENSORS)]
    gateways = signers.enrol("gateway", GATEWAYS, metrics)
    code = signers.tell_story()
    reports_per_s = READINGS_PER_S / READINGS_IN_REPORT
    orders = [submission(signers.record()) for _ in range(int(ORDERS_PER_S * seconds))]
    readings = [submission(raw) for raw in signers.reports(gateways, metrics, int(reports_per_s * seconds))]
    scan = provenance_pb2.GetJourneyRequest(code=code, include_proof=True).SerializeToString()
    with _caller(signers.network) as caller:
        count = len(caller.channels)
        jobs = spread("orders", SUBMIT, orders, ORDERS_PER_S, count)
        jobs += spread("readings", SUBMIT, readings, reports_per_s, count, GATEWAYS)
        jobs += spread("scans", JOURNEY, [scan] * int(SCANS_PER_S * seconds), SCANS_PER_S, count)
        before_s = [0.0]
        done = offer(caller, jobs, lambda: before_s.append(cpu_s(processes)))
    used_s = cpu_s(processes) - before_s[-1]
    figures: dict[str, Any] = {"seconds": seconds, "network_cores_used": round(used_s / done.elapsed_s, 2)}
    for kind, latencies in done.latencies_s.items():
        figures |= {f"{kind}_{name}": value for name, value in percentiles_ms(latencies).items()}
        figures[f"{kind}_per_s"] = round(len(latencies) / seconds, 1)
    figures["scans_refused"] = done.refused["scans"]
    finals = percentiles_ms(done.latencies_s["orders"] + done.latencies_s["readings"])
    figures["readings_per_s"] = round(figures["readings_per_s"] * READINGS_IN_REPORT)
    return figures | {f"final_{name}": value for name, value in finals.items()}


def _caller(network: NetworkDirectory) -> Caller:
    authority = network.settings.certificate_authority
    return Caller(network.endpoints, str(network.root / authority) if authority else None)
