"""A network of four validators with all that the platform's load needs: people, sensors, a story to scan, campaigns."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from linxin.v1 import provenance_pb2

from benchmarks.groups import Group, data_folder, groups
from benchmarks.lives import PARAMETERS, Cast, Market, Pace, Step
from benchmarks.load import BATCH, running_network
from benchmarks.open_loop import (
    GATEWAYS,
    JOURNEY,
    ORDERS_PER_S,
    READINGS_PER_S,
    SCANS_PER_S,
    SUBMIT,
    Job,
    spread,
    submission,
)
from benchmarks.signers import READINGS_IN_REPORT, SENSORS, Signers
from benchmarks.watch import publish_metrics
from client.connection import Connection
from client.failures import Remote
from client.network_directory import NetworkDirectory
from client.submit import Submitter
from client.trade import get_campaign
from client.wallet import load_key

VALIDATORS = 4
PARTS = {
    "seller": "farm",
    "community": "community",
    "custodian": "custodian",
    "platform": "platform",
    "logistics": "hub",
    "adjudicator": "inspector",
}
SUBMIT_S_MAX = 120.0
RECORD_TIMEOUT_MS = 20_000
GATHERED_S = 0.05
"""The platform's backend submits what its apps have signed within this time in one call; latencies count from when each
record was due."""


class Rig:
    """One running network and the loads for it."""

    def __init__(self, network: NetworkDirectory, urls: Sequence[str]) -> None:
        self.network, self.urls = network, urls
        self.signers = Signers(network)
        self._metrics = [f"sensor_{number}" for number in range(SENSORS)]
        self._gateways = self.signers.enrol("gateway", GATEWAYS, self._metrics)
        self._reports = 0
        code = self.signers.tell_story()
        self._scan = provenance_pb2.GetJourneyRequest(code=code, include_proof=True).SerializeToString()
        keys = {part: load_key(network.key_file(name), network.passphrase()) for part, name in PARTS.items()}
        self.cast = Cast(self.signers.chain_id, PARTS, keys)
        self._groups = groups(data_folder())
        self._markets = 0

    def take(self, wanted: int) -> list[Group]:
        """The next groups of the data."""
        return list(islice(self._groups, wanted))

    def market(self, name: str, pace: Pace, some: Sequence[Group]) -> Market:
        """A market whose leaders, lots and shipments are on the ledger."""
        made = Market(self.cast, pace, name)
        with Submitter.to(self.network) as submitter:
            for wave in made.setup(some, first=not self._markets):
                self.submit(submitter, wave)
        self._markets += 1
        return made

    def submit(self, submitter: Submitter, envelopes: Sequence[bytes]) -> None:
        """Have records accepted that do not depend on each other."""
        for start in range(0, len(envelopes), BATCH):
            for outcome in submitter.submit(envelopes[start : start + BATCH], timeout_s=SUBMIT_S_MAX):
                outcome.need("what the benchmark needs first")

    def beside(self, from_s: float, to_s: float, rate: float) -> list[Job]:
        """Readings in device batches and scans with proof, at `rate` times the platform's peak."""
        per_s = rate * READINGS_PER_S / READINGS_IN_REPORT
        wanted, count = int(per_s * (to_s - from_s)), len(self.network.endpoints)
        reports = self.signers.reports(self._gateways, self._metrics, wanted, self._reports)
        self._reports += wanted
        messages = [submission(raw, timeout_ms=RECORD_TIMEOUT_MS) for raw in reports]
        scans = [self._scan] * int(rate * SCANS_PER_S * (to_s - from_s))
        jobs = spread("readings", SUBMIT, messages, per_s, count, GATEWAYS)
        jobs += spread("scans", JOURNEY, scans, rate * SCANS_PER_S, count)
        return [job._replace(due_s=job.due_s + from_s) for job in jobs]

    def orders(self, market: Market, some: Sequence[Group], rate: float) -> list[Job]:
        """The lives of the groups, begun one after the other so that `rate` times the platform's orders are placed."""
        steps: list[Step] = []
        start_s = 0.0
        for group in some:
            steps += market.life(group, start_s)
            start_s += len(group.buyers) / (rate * ORDERS_PER_S)
        return self.jobs(steps)

    def jobs(self, steps: Sequence[Step]) -> list[Job]:
        """Steps as calls, gathered, through all endpoints in turn."""
        count = len(self.network.endpoints)
        gathered: dict[int, list[Step]] = {}
        for step in sorted(steps):
            gathered.setdefault(int(step.due_s // GATHERED_S), []).append(step)
        return [
            Job(
                (slot + 1) * GATHERED_S,
                "steps",
                number % count,
                SUBMIT,
                submission(*[step.envelope for step in found], timeout_ms=RECORD_TIMEOUT_MS),
                tuple((step.due_s, step.kind) for step in found),
            )
            for number, (slot, found) in enumerate(gathered.items())
        ]

    def take_for(self, seconds: float, rate: float) -> list[Group]:
        """As many of the next groups as have orders for so many seconds."""
        left, found = seconds * rate * ORDERS_PER_S, list[Group]()
        while left > 0:
            found += self.take(1)
            left -= len(found[-1].buyers)
        return found

    def states(self, market: Market, some: Sequence[Group]) -> dict[str, int]:
        """How many of the groups' campaigns stand where; `never`: their draft was not accepted in time."""

        async def state(connection: Connection, group: Group) -> str:
            try:
                return (await get_campaign(connection, market.campaign(group))).state
            except Remote:
                return "never"

        async def read() -> Counter[str]:
            async with Connection.to(self.network) as connection:
                return Counter([await state(connection, group) for group in some])

        return dict(asyncio.run(read()))


@contextmanager
def running_rig(root: Path) -> Iterator[Rig]:
    """A fresh network with everything set up."""
    urls: list[str] = []

    def prepare(network: NetworkDirectory) -> None:
        urls.extend(publish_metrics(network))

    with running_network(root, VALIDATORS, PARAMETERS, prepare) as network:
        yield Rig(network, urls)
