"""What the ledger would say to a whole document, before anything of it is recorded (docs/adr/0027-dry-runs.md)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from client.action_json import BadAction
from client.failures import NotAccepted
from client.journey.entry import known_registry
from client.partners import signed_record
from client.submit import dry_run, envelope_id
from gateway.epcis.capturing import Ahead, Capture, Captured
from standards.epcis.capture import Planned
from standards.epcis.mapping import Action

NOWHERE = "00" * 32
"""Where a document lies that is in no vault yet; no rule looks at it."""


class Trial:
    """Events of one document, one after the other, upon the ledger as it is.

    Requires that `bringing` has begun, and has the events' turn. `gate` is shared by trials under one organisation's
    keys, of which a node takes one at a time.
    """

    def __init__(self, bringing: Capture, gate: asyncio.Lock) -> None:
        self.bringing, self._gate = bringing, gate
        self._ahead = Ahead()
        self._offered: list[tuple[int, str, bytes]] = []
        """Place of the event, what is offered for it, and the envelope."""

    async def run(self, indices: Sequence[int]) -> list[Captured]:
        """What would become of the events at `indices`, in this order; each `failure` is what the ledger would say.

        Where a record cannot even be written, only that is told, and no rule is asked. Raises what is nobody's fault.
        """
        found = [await self._prepare(place, index) for place, index in enumerate(indices)]
        if not self._offered or any(event.failure is not None for event in found):
            return found
        envelopes = [envelope for _, _, envelope in self._offered]
        async with self._gate:
            refusals = await dry_run(self.bringing.connection, self.bringing.key, envelopes)
        for (place, what, _), refusal in zip(self._offered, refusals, strict=True):
            if refusal is not None and found[place].failure is None:
                found[place] = replace(found[place], failure=NotAccepted(what, refusal))
        return found

    async def _prepare(self, place: int, index: int) -> Captured:
        """Plan an event with what those before it would make known, and sign what would be offered for it."""
        planned = await self.bringing.plan(index, self._ahead)
        name = "" if planned.assertion is None else await self.bringing.name(index)
        if (twin := self._ahead.records.get(name)) is not None:
            return Captured(planned, None if planned.record is None else twin, before=True)
        if (before := await self.bringing.before(planned)) is not None:
            return before
        try:
            identity = self._offer(place, planned)
        except BadAction as failure:
            return Captured(planned, failure=failure)
        if name:
            self._ahead.records[name] = identity
        return Captured(planned)

    def _offer(self, place: int, planned: Planned) -> str:
        """The record of an event, else the note that it was captured; its id. Raises `BadAction`."""
        record = note = None
        if planned.record is not None:
            record = self._sign(place, planned.record)
            if planned.record["action"] == "trace.ship":
                lots = cast("list[dict[str, Any]]", planned.record["lots"])
                self._ahead.shipments[str(planned.record["shipment"])] = {
                    portion["lot"]: portion["quantity"] for portion in lots
                }
        if planned.assertion is not None:
            note = self._sign(place, self.bringing.noted(planned.assertion, NOWHERE, record))
        identity = record or note
        assert identity is not None, "an event becomes a record, or is noted"
        return identity

    def _sign(self, place: int, fields: Action) -> str:
        envelope = signed_record(self.bringing.connection, self.bringing.key, fields, known_registry())
        self._offered.append((place, str(fields["action"]), envelope))
        return envelope_id(envelope).hex()
