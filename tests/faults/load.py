"""Clients that submit individually signed records through any endpoint, and the history of what they were told."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from linxin.v1 import ledger_pb2

from client.connection import Connection
from client.failures import Failure
from client.network_directory import NetworkDirectory
from client.submit import envelope_id, sign_action, submit
from client.wallet import load_key
from ledger.crypto.signing import SigningKey
from ledger.modules.trace.messages.things import RegisterPlot

CLIENTS = 3
RECORDS_A_CALL = 4
PAUSE_S = 0.2
"""Between the calls of one client: on two cores, several nodes and their faults need some of the time themselves."""
OFFER_S_MAX = 30.0
"""For so long `client.submit` tries by itself; after it a record counts as unknown, and its bytes are offered again."""


@dataclass
class Record:
    """One record: what was offered, and what its client was told. Times by the monotonic clock."""

    id: bytes
    envelope: bytes
    submitted_s: float
    receipt: ledger_pb2.Receipt | None = None
    acknowledged_s: float = 0.0
    times_unknown: int = 0
    """How often its client gave up waiting, and did not know what had become of it."""


@dataclass
class Load:
    """Clients in a thread of their own, each with one call under way at any moment."""

    network: NetworkDirectory
    records: list[Record] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._key = load_key(self.network.key_file("farm"), self.network.passphrase())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load")

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Submit until the block ends, then until every record is acknowledged."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stopping.set()
            self._thread.join()
        if self.faults:
            raise self.faults[0]

    @property
    def acknowledged(self) -> list[Record]:
        """Those whose receipts came."""
        return [record for record in self.records if record.receipt is not None]

    def goes_on(self, within_s: float) -> float:
        """Wait until a record is final that was submitted after this call; the seconds it took."""
        started = time.monotonic()
        while not any(record.submitted_s > started for record in reversed(self.acknowledged)):
            assert not self.faults, self.faults[0]
            assert time.monotonic() - started < within_s, f"no new record became final within {within_s:.0f} s"
            time.sleep(0.05)
        return time.monotonic() - started

    def stands_still(self, for_s: float) -> None:
        """Check that no record offered from now on becomes final for a while."""
        started = time.monotonic()
        time.sleep(for_s)
        late = [record for record in self.acknowledged if record.submitted_s > started]
        assert not late, f"{len(late)} records became final, and no quorum could have certified them"

    def _run(self) -> None:
        async def clients() -> None:
            await asyncio.gather(*(self._client(number) for number in range(CLIENTS)))

        try:
            asyncio.run(clients())
        except Exception as error:  # noqa: BLE001  # told in the test's own thread
            self.faults.append(error)

    async def _client(self, number: int) -> None:
        network, chain_id = self.network, Connection.to(self.network).chain_id
        assert chain_id is not None
        turn = number % len(network.endpoints)
        endpoints = network.endpoints[turn:] + network.endpoints[:turn]
        async with Connection(endpoints, network.authority(), chain_id) as connection:
            while not self._stopping.is_set():
                records = [make_record(self._key, chain_id) for _ in range(RECORDS_A_CALL)]
                self.records += records
                await self._settle(connection, records)
                await asyncio.sleep(PAUSE_S)

    async def _settle(self, connection: Connection, records: list[Record]) -> None:
        """Offer the same bytes until all are acknowledged; records once registered are always accepted."""
        while waiting := [record for record in records if record.receipt is None]:
            try:
                outcomes = await submit(connection, [each.envelope for each in waiting], timeout_s=OFFER_S_MAX)
            except Failure:
                for record in waiting:
                    record.times_unknown += 1
                await asyncio.sleep(0.2)
                continue
            at = time.monotonic()
            for record, outcome in zip(waiting, outcomes, strict=True):
                assert outcome.id == record.id
                assert outcome.refusal is None, outcome.refusal
                if outcome.accepted and outcome.receipt is not None:
                    record.receipt, record.acknowledged_s = outcome.receipt, at
                else:
                    record.times_unknown += 1
            connection.move_on()


def make_record(key: SigningKey, chain_id: bytes) -> Record:
    """A plot that nobody has registered before."""
    name = f"plot-{os.urandom(12).hex()}"
    envelope = sign_action(key, chain_id, RegisterPlot(plot=name, name_zh="一号地", name_en="Plot one", area_m2=10))
    return Record(envelope_id(envelope), envelope, time.monotonic())
