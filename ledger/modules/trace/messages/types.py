"""Bounded types shared by the trace messages. Units are in the names or said here; nothing is ever a float."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.crypto.encoding import Message

EventTime = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
"""When something happened in the world, ms since the Unix epoch, UTC; at most `clock_ahead_ms` after block time."""

Quantity = Annotated[int, Meta(gt=0, le=10**15)]
"""Micro-units (10⁻⁶ kg or 10⁻⁶ piece, as the product says), at most a million tonnes."""

Amount = Annotated[int, Meta(ge=0, le=10**15)]
"""Like `Quantity`, zero allowed."""

ProductKey = Annotated[str, Meta(pattern=r"^(?:[0-9]{14}|[A-Z][0-9A-Z]{4,23})\Z")]
"""GTIN-14 or network code; check digits are the rule's business."""

SiteKey = Annotated[str, Meta(pattern=r"^(?:[0-9]{13}|[A-Z][0-9A-Z]{4,23})\Z")]
"""GLN-13 or network code."""

UnitKey = Annotated[str, Meta(pattern=r"^(?:[0-9]{18}|[A-Z][0-9A-Z]{4,23})\Z")]
"""SSCC-18 or network code."""

LotNumber = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,19}\Z")]
"""Batch or lot number, GS1 AI (10), of the characters that need no escaping in a path."""

LotKey = Annotated[str, Meta(pattern=r"^(?:[0-9]{14}|[A-Z][0-9A-Z]{4,23})/[0-9A-Za-z][0-9A-Za-z._-]{0,19}\Z")]
"""`<product>/<lot number>`."""

Subject = Annotated[str, Meta(max_length=128, pattern=r"^[a-z]{3,12}:[0-9A-Za-z][0-9A-Za-z._/-]{0,100}\Z")]
"""`type:key` of any subject."""

ThingKey = Annotated[str, Meta(max_length=80, pattern=r"^(?:plot|vehicle|unit|site):[0-9A-Za-z][0-9A-Za-z._-]{0,63}\Z")]
"""`type:key` of what a device can be attached to."""

ContainerKey = Annotated[str, Meta(max_length=80, pattern=r"^(?:vehicle|site):[0-9A-Za-z][0-9A-Za-z._-]{0,63}\Z")]
"""`type:key` of what goods can be loaded into."""

MetricName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
"""The name of a measured quantity, as the device's registration declares it."""

Scaled = Annotated[int, Meta(ge=-(10**15), le=10**15)]
"""A reading or limit as a scaled integer; the device's registration (or the method) tells unit and power of ten."""

Code = Annotated[str, Meta(min_length=1, max_length=64)]
"""A short printed number or name: a registration number, a document number, a standard. Checked as text by the rule."""

BlobAddress = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""Salted address of an evidence file in the vault."""

TransactionId = Annotated[bytes, Meta(min_length=32, max_length=32)]

Latitude = Annotated[int, Meta(ge=-900_000_000, le=900_000_000)]
"""10⁻⁷ degrees north, WGS 84."""

Longitude = Annotated[int, Meta(ge=-1_800_000_000, le=1_800_000_000)]
"""10⁻⁷ degrees east, WGS 84."""

Measure = Literal["kg", "piece"]

Operation = Literal[
    "fertilise",
    "spray",
    "irrigate",
    "weed",
    "prune",
    "thin",
    "pollinate",
    "till",
    "mulch",
    "ventilate",
    "release_insects",
    "other",
]

UnitKind = Literal["crate", "box", "bag", "pallet", "container", "parcel"]

CertificateKind = Literal[
    "organic", "gap", "green", "geographical", "quarantine", "laboratory", "calibration", "licence", "other"
]

Verdict = Literal["pass", "fail", "inconclusive"]

ErrorReason = Literal["did_not_occur", "incorrect_data"]
"""EPCIS 2.0 §7.4.1.2, errorDeclaration reasons (CBV 2.0 §7.5)."""


class Band(Message):
    """The band of a metric in which a product must stay, and how much excursion it bears during one stay.

    `minimum`, `maximum` (inclusive) mean x 10^`exponent` of `unit` (UN/ECE Recommendation 20, such as CEL).
    `allowed_ms`: time outside the band, ms. `allowed_degree_ms`: distance outside the band times that time, in
    10^`exponent` units x ms; None = no such limit. Exceeding either is an excursion.
    """

    metric: MetricName
    unit: Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,3}\Z")]
    exponent: Annotated[int, Meta(ge=-9, le=9)]
    minimum: Scaled
    maximum: Scaled
    allowed_ms: Annotated[int, Meta(ge=0, le=366 * 86_400_000)]
    allowed_degree_ms: Annotated[int, Meta(ge=0, le=10**18)] | None = None


class Portion(Message):
    """Some of a lot."""

    lot: LotKey
    quantity: Quantity


class Output(Message):
    """A lot that comes into being: its product and number, and how much of it."""

    product: ProductKey
    number: LotNumber
    quantity: Quantity


Portions = Annotated[tuple[Portion, ...], Meta(max_length=64)]
Units = Annotated[tuple[UnitKey, ...], Meta(max_length=64)]
Certificates = Annotated[tuple[Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")], ...], Meta(max_length=8)]
