"""A partner's document onto the ledger: one event after the other, each judged by what the ledger knows just then.

What may be captured is decided by `standards.epcis`, what is true by the ledger; here they meet. The key signs every
record: its organisation is the submitter, and the author of what is ruled.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from linxin.v1 import blob_pb2

from client.blobs import put_blob
from client.connection import Connection
from client.failures import Failure
from client.journey.entry import known_registry
from client.partners import (
    Facts,
    Key,
    ask_captured,
    ask_facts,
    ask_record,
    device_of,
    find_captured,
    offer,
    organisation_of,
)
from standards.epcis.capture import Planned, hash_bytes, named_in, plan_event
from standards.epcis.document import Document
from standards.epcis.hashing import event_hash
from standards.epcis.mapping import Action, NotRuled, Recorded, event_of
from standards.epcis.signing import Signed

MEDIA_TYPES = {"json": "application/ld+json", "xml": "application/xml"}
SIGNED_TYPE = "application/jose"


Turns = WeakValueDictionary[str, asyncio.Lock]
"""Events that are being captured, by name: one at a time each."""


@dataclass(frozen=True)
class Ahead:
    """What events that are not on the ledger would make known there to those after them in the same document."""

    shipments: dict[str, dict[str, int]] = field(default_factory=dict)
    """Their loose lots, micro-units."""

    records: dict[str, str] = field(default_factory=dict)
    """Name of an event -> the record that it would become, or the note that it was captured, in hex."""


class CaptureFailure(Failure):
    """A document that cannot be captured at all."""


@dataclass(frozen=True)
class Captured:
    """What came of one event: the record that it became, the assertion that names it; or why neither.

    `before`: its source said it earlier, so nothing was done now; record and assertion are those of then.
    """

    planned: Planned
    record: str | None = None
    assertion: str | None = None
    failure: Failure | None = None
    before: bool = False


class Capture:
    """One valid document on its way, under `key`. `signed`: what a partner signed, where the document came signed.

    `data` are the bytes as they came; they may hold personal data, so in the vault only the submitter reads them unless
    `blob_class` says otherwise. `turns` are shared by documents that are captured at the same time.
    """

    def __init__(
        self,
        connection: Connection,
        key: Key,
        document: Document,
        data: bytes,
        signed: Signed | None = None,
        blob_class: blob_pb2.BlobClass.ValueType = blob_pb2.RESTRICTED,
        turns: Turns | None = None,
    ) -> None:
        self.connection = connection
        self.data, self.blob_class = data, blob_class
        self.key = key
        self.document = document
        self.signed = signed
        self.turns: Turns = WeakValueDictionary() if turns is None else turns
        self._hashes: dict[int, str | None] = {}
        self.submitter: str | None = None
        self.source: str | None = None
        """Who says it: the partner that signed, else the submitter, an organisation or a device."""

        self.address = ""
        """Of the document in the vault, hex; stored with its first event that was not captured before."""

    async def begin(self) -> None:
        """Learn whose keys these are; raises `CaptureFailure` for keys of nobody.

        A device's key speaks for the device: the ledger takes its readings, and nothing else.
        """
        who = self.connection, int(self.key.algorithm), self.key.public_key
        self.submitter = await organisation_of(*who) or await device_of(*who)
        self.source = self.submitter
        if self.signed is not None:
            self.source = await organisation_of(self.connection, self.signed.algorithm, self.signed.public_key)
        if self.source is None or self.submitter is None:
            raise CaptureFailure(
                "密钥不代表任何机构或设备",
                "the key speaks for no organisation and no device",
                "请用机构登记且未吊销的密钥",
                "use a key that an organisation registered and did not revoke",
            )

    async def plan(self, index: int, ahead: Ahead | None = None) -> Planned:
        """What becomes of the event at `index`, as things stand; or as they would, were `ahead` on the ledger."""
        facts = await ask_facts(self.connection, named_in(self.document.events[index : index + 1]), self.submitter)
        ahead = ahead or Ahead()
        for shipment, lots in ahead.shipments.items():
            facts.learn_shipment(shipment, lots)
        if "errorDeclaration" in self.document.events[index]:
            await self._learn_original(facts, index, ahead)
        foreign = self.source != self.submitter
        value = await self._hash(index)
        return await asyncio.to_thread(plan_event, self.document, index, value, facts, foreign=foreign)

    @asynccontextmanager
    async def turn(self, *indices: int) -> AsyncIterator[None]:
        """Nobody else who shares `turns` captures the events at `indices` meanwhile.

        Acted on twice, goods would be destroyed or transformed twice; seen between its record and the note that it was
        captured, an event would look like another of the same goods.
        """
        names = {await self.name(index) for index in indices}
        async with AsyncExitStack() as stack:
            for name in sorted(names):  # in one order for all documents, so that no two wait for each other
                await stack.enter_async_context(self.turns.setdefault(name, asyncio.Lock()))
            yield

    async def submit(self, index: int) -> Captured:
        """The record of an event, then the note that it was captured. What was captured before is not done again.

        Requires the event's `turn`. What the ledger refuses is told in the outcome; raises what is nobody's fault.
        """
        planned = await self.plan(index)
        return await self.before(planned) or await self._say(planned)

    async def _say(self, planned: Planned) -> Captured:
        if planned.assertion is not None:  # else no record would name the document, and nobody could ever erase it
            await self._store()
        record = assertion = None
        try:
            if planned.record is not None:
                record = await offer(self.connection, self.key, planned.record, known_registry())
            if planned.assertion is not None:
                noted = self.noted(planned.assertion, self.address, record)
                assertion = await offer(self.connection, self.key, noted, known_registry())
        except Failure as failure:
            return Captured(planned, record, assertion, failure)
        return Captured(planned, record, assertion)

    async def _store(self) -> None:
        if not self.address:
            kind = SIGNED_TYPE if self.signed is not None else MEDIA_TYPES[self.document.form]
            stored = await put_blob(self.connection, self.key, self.data, media_type=kind, blob_class=self.blob_class)
            self.address = stored.address.hex()

    async def before(self, planned: Planned) -> Captured | None:
        """What became of an event that its source said before; None of one that it did not, and of readings."""
        if planned.assertion is None:
            return None
        row = await find_captured(self.connection, await self.name(planned.index))
        if row is None:
            return None
        transaction = row.transaction.hex()
        noted = await ask_record(self.connection, transaction, known_registry())
        record = noted.action.get("record") if noted is not None else None
        return Captured(planned, record, transaction, before=True)

    def noted(self, assertion: Action, address: str, record: str | None) -> Action:
        """The note that an event was captured, which became `record`; the document is at `address`, in hex."""
        partner = None
        if self.signed is not None:
            key = {"algorithm": self.signed.algorithm, "public_key": self.signed.public_key.hex()}
            partner = {"organisation": self.source} | key
        return assertion | {"document": address, "record": record, "signed": partner}

    async def name(self, index: int) -> str:
        """Under which name the ledger lists the event, if it is noted. Requires `begin`."""
        value = await self._hash(index)
        what = "error" if "errorDeclaration" in self.document.events[index] else "event"
        if value is None:
            what = str(index)
        return f"{hash_bytes(self.document, value).hex()}:{what}:{self.source}"

    async def _hash(self, index: int) -> str | None:
        if index not in self._hashes:
            self._hashes[index] = await asyncio.to_thread(event_hash, self.document, index)  # takes up to seconds
        return self._hashes[index]

    async def _learn_original(self, facts: Facts, index: int, ahead: Ahead) -> None:
        """What an event that declares an error needs: the record it is about, and those that say it right."""
        event = self.document.events[index]
        identities = [event.get("eventID"), await self._hash(index)]
        declaration = event["errorDeclaration"]
        assert isinstance(declaration, dict)
        identities += declaration.get("correctiveEventIDs", [])
        for identity in map(str, identities):
            if identity.startswith("urn:linxin:record:"):
                await self._learn_record(facts, identity.rpartition(":")[2])
            elif identity.startswith("ni:///sha-256;"):
                digest = identity.partition(";")[2].partition("?")[0]
                found = ahead.records.get(f"{digest}:event:{self.submitter}")
                if found is None:
                    found = await ask_captured(self.connection, digest, str(self.submitter), known_registry())
                if found is not None:
                    facts.records[identity] = found

    async def _learn_record(self, facts: Facts, identity: str) -> None:
        found = await ask_record(self.connection, identity, known_registry())
        if found is None:
            return
        organisation = await organisation_of(self.connection, found.algorithm, found.public_key)
        try:
            facts.originals[identity] = event_of(
                Recorded(identity, organisation or "", found.time_ms, found.action), facts
            )
        except NotRuled:
            return
