"""The platform's whole load at its peak: lives of orders beside scans and sensors, a burst of cut-offs, the breaking
point.

    .venv/bin/python -m benchmarks.capacity [--seconds S] [--rate R] [--burst] [--campaigns N] [--break] [--json]

Four validators of one machine, with every sync and TLS; the load generator runs on the same cores. `--seconds` of
steady load: orders placed at 116/s, each handed over and settled some forty seconds later, all steps of their
campaigns between, 87 journeys with proof/s, 1,667 readings/s in batches of devices. `--burst`: so many campaigns of
fifty orders cut off in one second beside that load. `--break`: the load raised by steps until p99 to final exceeds a
second or a record fails. Groups are real, prices and quantities made up: see benchmarks/groups.py. Figures are appended
to benchmarks/results.jsonl.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.groups import MEMBERS, Group
from benchmarks.lives import SETTLED_S, Market, Pace
from benchmarks.load import BATCH, drive
from benchmarks.open_loop import ORDERS_PER_S, Job, Offered, offer, open_caller, percentiles_ms
from benchmarks.record import record
from benchmarks.rig import Rig, running_rig
from benchmarks.tables import show
from benchmarks.watch import OVERDUE, Watch, cores_used, queue_figures, scrape
from client.submit import Submitter

FINAL_P99_MS_MAX = 1_000
SIGN_S_AN_ORDER = 0.002
SIGN_S_LEAST = 5.0
"""Time allowed for signing a load before it begins: its times are in what is signed."""

WATCH_S, WATCH_BURST_S = 2.0, 1.0
BURST_ORDERS_PER_S = 400
"""At which rate the burst's orders are allowed to be placed beforehand, in batches."""
BURST_BEFORE_S = 60.0
"""How long the other load is measured on the same ledger before the cut-off: what the burst is compared with."""
BURST_LOAD_S = 300.0
"""How long the other load goes on beside the burst; what is left of the burst then drains alone."""
BURST_DRAIN_S_MAX = 900.0
BURST_LEFT = 20
"""Overdue timers that are no burst's any more: other campaigns have some too."""

BREAK_PACE, BREAK_SECONDS = Pace(order_s=8.0), 20.0
BREAK_FIRST, BREAK_FACTOR, BREAK_STAGES_MAX = 0.5, 1.25, 10

REASONS_MAX = 8

say = Console(stderr=True)


def now_ms() -> int:
    """Milliseconds since the epoch by the machine's clock."""
    return time.time_ns() // 1_000_000


def play(rig: Rig, jobs: Sequence[Job], zero_ms: int, interval_s: float) -> tuple[Offered, Watch]:
    """Offer the jobs from `zero_ms` on, watching the nodes."""
    wait_s = (zero_ms - now_ms()) / 1000
    if wait_s < 0:
        raise SystemExit(f"signing took {-wait_s:.1f} s longer than was allowed for: use a quieter machine")
    time.sleep(wait_s)
    with open_caller(rig.network) as caller, Watch(rig.network, rig.urls, interval_s) as watch:
        done = offer(caller, jobs, watch.begin, strict=False)
    return done, watch


def latency_figures(done: Offered, from_s: float, to_s: float) -> dict[str, Any]:
    """To final by kind of record, of all records, and of scans, for what was due within a time."""
    found = done.within(from_s, to_s)
    figures: dict[str, Any] = {}
    for kind, latencies in sorted(found.items()):
        figures |= {f"{kind}_{name}": value for name, value in percentiles_ms(latencies).items()}
        figures[f"{kind}_per_s"] = round(len(latencies) / (to_s - from_s), 1)
    records = [each for kind, latencies in found.items() if kind != "scans" for each in latencies]
    return figures | {f"final_{name}": value for name, value in percentiles_ms(records or [0.0]).items()}


def failure_figures(done: Offered) -> dict[str, Any]:
    """What failed in all, with the most frequent reasons: those of one number together, told by the first of them."""
    told: dict[tuple[str, ...], str] = {}
    times: Counter[str] = Counter()
    for reason, count in done.reasons.items():
        times[told.setdefault(tuple(reason.split(" ")[:2]), reason)] += count
    return {
        "failed": sum(done.failed.values()),
        "scans_refused": sum(done.refused.values()),
        "reasons": dict(times.most_common(REASONS_MAX)),
    }


def measure_steady(rig: Rig, name: str, seconds: float, rate: float, pace: Pace, *, to_end: bool) -> dict[str, Any]:
    """A load at `rate`, measured for `seconds` once all stages of lives go on side by side; `to_end`: every life is
    lived to its end and the campaigns are looked at.
    """
    warm_s = pace.life_s
    some = rig.take_for(warm_s + seconds, rate)
    with say.status(f"signing {sum(len(group.buyers) for group in some)} lives of orders"):
        market = rig.market(name, pace, some)
        market.zero_ms = now_ms() + round(1000 * (SIGN_S_LEAST + SIGN_S_AN_ORDER * sum(len(g.buyers) for g in some)))
        jobs = rig.orders(market, some, rate)
        jobs += rig.beside(0.0, warm_s + seconds, rate)
    if not to_end:
        jobs = [job for job in jobs if job.due_s < warm_s + seconds]
    with say.status(f"{rate:g} x the peak: {warm_s:.0f} s to warm up, {seconds:.0f} s measured"):
        done, watch = play(rig, jobs, market.zero_ms, WATCH_S)
    measured = watch.within(warm_s, warm_s + seconds)
    cores = cores_used(measured)
    figures: dict[str, Any] = {"rate": rate, "seconds": seconds, "order_s": pace.order_s, "campaigns": len(some)}
    figures |= latency_figures(done, warm_s, warm_s + seconds) | failure_figures(done) | queue_figures(measured)
    figures["network_cores_used"] = round(cores, 2)
    figures["network_cpu_ms_per_order_with_all_else"] = round(1000 * cores / (rate * ORDERS_PER_S), 2)
    if to_end:
        time.sleep(SETTLED_S)
        figures["campaigns_ended"] = rig.states(market, some)
    return figures


def burst_groups(rig: Rig, wanted: int) -> list[Group]:
    """So many groups of fifty."""
    found: list[Group] = []
    while len(found) < wanted:
        found += [group for group in rig.take(wanted) if group.succeeds]
    return found[:wanted]


def prepare_burst(rig: Rig, market: Market, some: Sequence[Group], cutoff_ms: int, placed: Sequence[bytes]) -> None:
    """Campaigns that all cut off at `cutoff_ms`, with their orders placed."""
    market.zero_ms = cutoff_ms
    steps = [market.opening(group, 0.0, 0.0) for group in some]
    with Submitter.to(rig.network) as submitter:
        rig.submit(submitter, [draft.envelope for draft, _ in steps])
        rig.submit(submitter, [agreed.envelope for _, agreed in steps])
    batches = [placed[start : start + BATCH] for start in range(0, len(placed), BATCH)]
    asyncio.run(drive(rig.network, batches, 4))


def wait_until_drained(rig: Rig, cutoff_ms: int) -> float:
    """Wait until no node has timers of the burst left: seconds since the cut-off, or since then in vain."""
    gave_up_ms = now_ms() + round(1000 * BURST_DRAIN_S_MAX)
    with say.status("the load has ended; the rest of the burst drains"):
        while max(scrape(url)[OVERDUE] for url in rig.urls) > BURST_LEFT and now_ms() < gave_up_ms:
            time.sleep(WATCH_BURST_S)
    return (now_ms() - cutoff_ms) / 1000


def measure_burst(rig: Rig, campaigns: int, rate: float, pace: Pace) -> dict[str, Any]:
    """`campaigns` of fifty orders cut off in the same second, while the load at `rate` goes on; then what is left of
    them without it.
    """
    some = burst_groups(rig, campaigns)
    lead_s = pace.life_s + BURST_BEFORE_S
    end_s = lead_s + BURST_LOAD_S
    others = rig.take_for(end_s, rate)
    market, beside = rig.market("burst", pace, some), rig.market("beside", pace, others)
    with say.status(f"signing {MEMBERS * campaigns} orders of the burst"):
        placed = [envelope for group in some for _, _, envelope in market.orders(group)]
    sign_s = SIGN_S_LEAST + SIGN_S_AN_ORDER * sum(len(group.buyers) for group in others)
    prepare_s = 15.0 + len(placed) / BURST_ORDERS_PER_S + sign_s
    cutoff_ms = now_ms() + round(1000 * (prepare_s + lead_s))
    with say.status(f"placing {len(placed)} orders that cut off in the same second"):
        prepare_burst(rig, market, some, cutoff_ms, placed)
    beside.zero_ms = cutoff_ms - round(1000 * lead_s)
    with say.status("signing what goes on beside"):
        jobs = [job for job in rig.orders(beside, others, rate) if job.due_s < end_s]
        jobs += rig.beside(0.0, end_s, rate)
    with say.status(f"the cut-off comes in {(cutoff_ms - now_ms()) / 1000:.0f} s"):
        done, watch = play(rig, jobs, beside.zero_ms, WATCH_BURST_S)
    draining = [each.at_s for each in watch.within(lead_s, end_s) if each.overdue > BURST_LEFT]
    drain_s = max(draining, default=lead_s) - lead_s
    beside_s = max(drain_s, 1.0)
    states = rig.states(market, some)
    if watch.samples[-1].overdue > BURST_LEFT:
        drain_s = wait_until_drained(rig, cutoff_ms)
    figures: dict[str, Any] = {
        "campaigns": campaigns,
        "orders": len(placed),
        "rate": rate,
        "drain_s": round(drain_s, 2),
    }
    for name, from_s, to_s in (("before", lead_s - BURST_BEFORE_S, lead_s), ("during", lead_s, lead_s + beside_s)):
        figures |= {f"{name}_{each}": value for each, value in latency_figures(done, from_s, to_s).items()}
    figures["timers_overdue_max"] = max((each.overdue for each in watch.samples), default=0)
    figures |= {"campaigns_beside": states, "campaigns_drained": rig.states(market, some)}
    return figures | failure_figures(done)


def measure_break(rig: Rig) -> dict[str, Any]:
    """The load raised by steps until it breaks: the last rate that held, the first that did not, and how."""
    figures: dict[str, Any] = {"held_rate": 0.0}
    rate = BREAK_FIRST
    for stage in range(BREAK_STAGES_MAX):
        found = measure_steady(rig, f"x{stage}", BREAK_SECONDS, rate, BREAK_PACE, to_end=False)
        kept = ("final_p50_ms", "final_p99_ms", "failed", "reasons", "scans_refused", "scans_p99_ms", "waiting_max")
        figures[f"rate_{rate:.2f}"] = {name: found[name] for name in (*kept, "network_cores_used") if name in found}
        if found["final_p99_ms"] > FINAL_P99_MS_MAX or found["failed"]:
            figures |= {"broke_rate": round(rate, 2), "broke_orders_per_s": round(rate * ORDERS_PER_S)}
            break
        figures |= {"held_rate": round(rate, 2), "held_orders_per_s": round(rate * ORDERS_PER_S)}
        rate *= BREAK_FACTOR
    return figures


@click.command()
@click.option("--seconds", default=300.0, show_default=True, help="Steady load is measured for so long; 0: not at all.")
@click.option("--rate", default=1.0, show_default=True, help="Of the platform's peak.")
@click.option("--order-seconds", default=20.0, show_default=True, help="How long each campaign takes orders.")
@click.option("--burst", is_flag=True, help="Then many campaigns cut off in the same second.")
@click.option("--campaigns", default=1_000, show_default=True, help="Of the burst; fifty orders each.")
@click.option("--break", "is_broken", is_flag=True, help="Then the load is raised until it breaks.")
@click.option("--json", "as_json", is_flag=True, help="Print the recorded line instead of tables.")
def main(
    seconds: float, rate: float, order_seconds: float, burst: bool, campaigns: int, is_broken: bool, as_json: bool
) -> None:
    """Measure the platform's load on four validators of this machine."""
    figures: dict[str, Any] = {}
    pace = Pace(order_s=order_seconds)
    with tempfile.TemporaryDirectory(prefix="linxin-capacity-") as folder, running_rig(Path(folder, "n")) as rig:
        if seconds:
            figures["steady"] = measure_steady(rig, "s", seconds, rate, pace, to_end=True)
        if burst:
            figures["burst"] = measure_burst(rig, campaigns, rate, pace)
        if is_broken:
            figures["break"] = measure_break(rig)
    line = record("capacity", figures)
    if as_json:
        click.echo(line)
    else:
        show(figures)


if __name__ == "__main__":
    main()
