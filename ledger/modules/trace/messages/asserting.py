"""What partners' systems say in EPCIS events: captured, and acted on by no rule."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.crypto.encoding import Message
from ledger.module import Action
from ledger.modules.trace.messages.types import BlobAddress, EventTime, Subject, TransactionId
from ledger.text import Identifier

EventHash = Annotated[bytes, Meta(min_length=32, max_length=32)]

EventType = Literal[
    "ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent", "other"
]
"""The five event types of EPCIS 2.0 section 7.4; `other`: one that an extension defines."""

EVENTS_MAX = 500
"""Events of one document."""


class PartnerSignature(Message):
    """Whose key signed the document's bytes (a JSON Web Signature, RFC 7515, which the vault keeps as the document)."""

    organisation: Identifier
    algorithm: Annotated[int, Meta(ge=1, le=2)]
    public_key: Annotated[bytes, Meta(min_length=32, max_length=33)]


class AssertEvent(Action, tag="trace.assert_event"):
    """An EPCIS event was captured. What it says changes nothing; `record` is the record that it became, if it did.

    `event`: its event hash (CBV 2.0 section 8.9); with `hashed` = `bytes` it cannot be made, and SHA-256 of the
    document's bytes stands for it. `document`: salted address in the vault of the document that holds it at `index`.
    `step`: the business step, bare where the CBV has it. `declares_error`: it says that an earlier event is wrong,
    whose hash it has. `subjects`: the things it names; those that exist hear of it. `signed` None: the signer vouches
    for the source alone.
    """

    event: EventHash
    hashed: Literal["event", "bytes"]
    document: BlobAddress
    index: Annotated[int, Meta(ge=0, lt=EVENTS_MAX)]
    kind: EventType
    step: Annotated[str, Meta(max_length=128)]
    event_ms: EventTime
    declares_error: bool = False
    subjects: Annotated[tuple[Subject, ...], Meta(max_length=64)] = ()
    record: TransactionId | None = None
    signed: PartnerSignature | None = None
