"""Latency to final at a rate that does not wait for answers, so that a stall is counted for everyone it would hold up.

Each call has a time at which it is due, whatever became of the earlier ones, and its latency counts from that time: had
it been sent late, the lateness is part of it ("coordinated omission" is what a closed loop would hide).
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
    parts: tuple[tuple[float, str], ...] = ()
    """When each record of a Submit call was due and of which kind; () = all when the call was, of its kind."""


@dataclass(frozen=True)
class Offered:
    """What came of an open loop, by kind: (due, seconds from due to answered) of each call, reads refused as too many,
    records that were not accepted with a few words on why, and how long it all took.
    """

    answered: dict[str, list[tuple[float, float]]]
    refused: Counter[str]
    failed: Counter[str]
    reasons: Counter[str]
    elapsed_s: float

    @property
    def latencies_s(self) -> dict[str, list[float]]:
        """Seconds from due to answered."""
        return self.within(0.0, float("inf"))

    def within(self, from_s: float, to_s: float) -> dict[str, list[float]]:
        """Those of the calls that were due within a time."""
        return {
            kind: found
            for kind, calls in self.answered.items()
            if (found := [took_s for due_s, took_s in calls if from_s <= due_s < to_s])
        }


def is_accepted(message: bytes | None) -> bool:
    """Whether all records of a Submit call are final and accepted."""
    return not any(reasons_of(message, 1))


def reasons_of(message: bytes | None, records: int) -> list[str]:
    """For each record of a Submit call why it is not final and accepted, in a few words; "" = it is."""
    if message is None:
        return ["no answer"] * records
    outcomes = ledger_pb2.SubmitResponse.FromString(message).outcomes
    found = [_reason_of(outcome) for outcome in outcomes]
    return found + ["no outcome"] * (records - len(found))


def _reason_of(outcome: ledger_pb2.Outcome) -> str:
    if outcome.status == ledger_pb2.Outcome.ACCEPTED:
        return ""
    return f"{outcome.refusal.number} {outcome.refusal.message_en}" if outcome.refusal.number else "not final"


def submission(*envelopes: bytes, timeout_ms: int = 60_000) -> bytes:
    """A Submit call that is answered when its records are final."""
    request = ledger_pb2.SubmitRequest(transactions=envelopes, wait=True, timeout_ms=timeout_ms)
    return request.SerializeToString()


def offer(
    caller: Caller, jobs: Sequence[Job], begun: Callable[[], None] = lambda: None, *, strict: bool = True
) -> Offered:
    """Make the calls when they are due. A node may refuse reads when it is busy; every record must be accepted, unless
    `strict` is False: then failures are counted, calls without an answer `DRAIN_S` after the last among them.

    `begun` is called when the first call is about to be made.
    """
    waiting = iter(sorted(jobs))
    done = Offered(defaultdict(list), Counter(), Counter(), Counter(), 0.0)
    following: Job | None = next(waiting)
    last_s = max(jobs).due_s
    begun()
    started = time.perf_counter()
    while following is not None or caller.outstanding:
        now_s = time.perf_counter() - started
        while following is not None and following.due_s <= now_s:
            caller.channels[following.channel].call(following.path, following.message, following)
            following = next(waiting, None)
        if now_s > last_s + DRAIN_S:
            if strict:
                raise SystemExit(f"{caller.outstanding} calls are not answered {DRAIN_S:.0f} s after the last was due")
            done.failed["not answered"] += caller.outstanding
            break
        for answer in caller.wait(following.due_s - now_s if following is not None else 1.0):
            _note(done, answer, started, strict=strict)
    return replace(done, elapsed_s=time.perf_counter() - started)


def _note(done: Offered, answer: Answer, started: float, *, strict: bool) -> None:
    """Count an answer."""
    job = answer.token
    assert isinstance(job, Job)
    if job.path != SUBMIT:
        if answer.message is None:
            done.refused[job.kind] += 1
        else:
            done.answered[job.kind].append((job.due_s, answer.at_s - started - job.due_s))
        return
    parts = job.parts or ((job.due_s, job.kind),)
    for (due_s, kind), reason in zip(parts, reasons_of(answer.message, len(parts)), strict=True):
        if not reason:
            done.answered[kind].append((due_s, answer.at_s - started - due_s))
            continue
        if strict:
            raise SystemExit(f"a call of kind {kind} failed: {reason}")
        done.failed[kind] += 1
        done.reasons[f"{kind}: {reason}"] += 1


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
    with open_caller(signers.network) as caller:
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
    with open_caller(signers.network) as caller:
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


def open_caller(network: NetworkDirectory) -> Caller:
    """A channel to each endpoint of a network."""
    authority = network.settings.certificate_authority
    return Caller(network.endpoints, str(network.root / authority) if authority else None)
