"""The captured events of the network, as far as this gateway may read them.

The ledger lists what was captured, whoever captured it; the vault has the documents. Each event is compared with the
hash that the ledger names before it is shown. All that is kept here is kept in memory and can be thrown away.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from linxin.v1 import ledger_pb2

from client.blobs import BlobFailure, get_blob
from client.connection import Connection
from client.failures import AGAIN, Remote
from client.partners import Captured, captured_of
from gateway.epcis.problems import busy
from gateway.epcis.settings import EpcisSettings
from standards.epcis.capture import hash_bytes
from standards.epcis.document import Document, Event, read
from standards.epcis.faults import Malformed
from standards.epcis.hashing import event_hash
from standards.epcis.master_data import MasterData, master_data
from standards.epcis.names import moment_of
from standards.epcis.signing import is_signed, verified

PAGE_SIZE = 1_000
FETCHED_AT_ONCE = 8
PREFIX = "trace/captured/"


@dataclass(frozen=True)
class Held:
    """An event as it was captured, the JSON-LD context it stands in, and where the ledger has it.

    `event` is as its partner wrote it. `judged` is what queries look at: the same with the `recordTime` of the ledger,
    which is the time of its block, and what stands around it in its document.
    """

    name: str
    event: Event
    context: tuple[object, ...]
    master: MasterData
    hash: str
    transaction: str
    source: str
    time_ms: int

    @property
    def judged(self) -> Event:
        """The event with its true record time, what its prefixes mean, and the master data of its document."""
        more = {"recordTime": moment_of(self.time_ms), "@context": list(self.context), "masterData": self.master}
        return self.event | more

    @property
    def identities(self) -> tuple[str, ...]:
        """All names under which it is found: its own, the ledger's, its hash."""
        own = self.event.get("eventID")
        return (*((str(own),) if own else ()), f"urn:linxin:record:{self.transaction}", self.hash)


class Store:
    """The events of one gateway, in the order in which the ledger has them."""

    def __init__(
        self, connection: Connection, settings: EpcisSettings, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.connection, self.settings, self._now_s = connection, settings, now_s
        self._held: dict[str, Held] = {}
        self._closed: set[str] = set()
        self._ordered: tuple[Held, ...] = ()
        self._fresh_s = self._begun_s = float("-inf")
        self._lock = asyncio.Lock()

    def touch(self) -> None:
        """Something was captured: what comes next asks the ledger again."""
        self._fresh_s = float("-inf")

    async def events(self) -> tuple[Held, ...]:
        """Every event that may be read, oldest first. Raises `Remote`, `Unreachable`, EpcisProblem when too many."""
        async with self._lock:
            if self._now_s() - self._fresh_s >= self.settings.fresh_s:
                asked_s = self._now_s()
                await self._refresh()
                self._fresh_s = asked_s
        return self._ordered

    async def _refresh(self) -> None:
        if self._now_s() - self._begun_s > self.settings.kept_s:
            self._begun_s = self._now_s()
            self._held, self._closed = {}, set()
        rows = await self._rows()
        self._held = {name: held for name, held in self._held.items() if name in rows}
        wanted: dict[bytes, dict[str, Captured]] = {}
        for name, row in rows.items():
            if name not in self._held and name not in self._closed:
                wanted.setdefault(row.document, {})[name] = row
        gate = asyncio.Semaphore(FETCHED_AT_ONCE)
        found = await asyncio.gather(*(self._read(gate, address, rows) for address, rows in wanted.items()))
        for document in found:
            self._held |= document
        self._closed |= {name for rows in wanted.values() for name in rows if name not in self._held}
        self._ordered = tuple(sorted(self._held.values(), key=lambda held: (held.time_ms, held.name)))

    async def _rows(self) -> dict[str, Captured]:
        """What the ledger lists as captured."""
        rows: dict[str, Captured] = {}
        token = ""
        while True:
            request = ledger_pb2.ListValuesRequest(prefix=PREFIX, page_size=PAGE_SIZE, page_token=token)
            answer = await self.connection.call(lambda to: to.ledger.ListValues, request, ledger_pb2.ListValuesResponse)
            rows |= {value.key.removeprefix(PREFIX): captured_of(value.value) for value in answer.values}
            token = answer.next_page_token
            if len(rows) > self.settings.events_max:
                raise busy(
                    f"本网关最多保存 {self.settings.events_max} 个事件，账本上更多",
                    f"the ledger has more events than the {self.settings.events_max} that this gateway holds",
                    3_600,
                )
            if not token:
                return rows

    async def _read(self, gate: asyncio.Semaphore, address: bytes, rows: Mapping[str, Captured]) -> dict[str, Held]:
        """The events of one document; none where it was erased or is not for this gateway to read."""
        async with gate:
            document = await self._document(address)
            if document is None:
                return {}
            found: dict[str, Held] = {}
            master = await asyncio.to_thread(master_data, document.content)
            for name, row in rows.items():
                held = await self._event(document, master, name, row)
                if held is not None:
                    found[name] = held
            return found

    async def _document(self, address: bytes) -> Document | None:
        try:
            _, data = await get_blob(self.connection, address, self.settings.key)
            return await asyncio.to_thread(_opened, data)
        except Remote as refusal:
            if refusal.status in AGAIN:
                raise
            return None
        except (BlobFailure, Malformed):
            return None

    async def _event(self, document: Document, master: MasterData, name: str, row: Captured) -> Held | None:
        digest, _, rest = name.partition(":")
        what, _, source = rest.partition(":")
        if row.index >= len(document.events):
            return None
        value = None
        if not what.isdecimal():  # else it has no hash, and the name says its place
            value = await asyncio.to_thread(event_hash, document, row.index)
        if (await asyncio.to_thread(hash_bytes, document, value)).hex() != digest:
            return None
        transaction = row.transaction.hex()
        request = ledger_pb2.GetTransactionRequest(id=row.transaction)
        answer = await self.connection.call(
            lambda to: to.ledger.GetTransaction, request, ledger_pb2.GetTransactionResponse
        )
        context = document.context
        event = dict(document.events[row.index])
        if not document.events_at:
            event.pop("@context", None)  # of a single event it is the document's
        contexts = tuple(context) if isinstance(context, list) else (context,)
        known = value if value is not None else f"ni:///sha-256;{digest}"
        return Held(name, event, contexts, master, known, transaction, source, answer.receipt.time_ms)


def _opened(data: bytes) -> Document:
    return read(verified(data).payload if is_signed(data) else data)
