"""The way of a batch: through whose hands it went, past which places, along which positions."""

from dataclasses import dataclass
from typing import NamedTuple

from client.batch.evidence import Evidence
from client.journey.entry import READINGS, fields_of, instants
from client.journey.promises import as_signed, may_say_organic
from client.verified import VerifiedRecord
from ledger.modules.trace.state import Plot, Site
from ledger.words import Words

DEGREE = 10**7
"""Positions are integers of 10⁻⁷ degrees."""


class Place(NamedTuple):
    """A place with a position in degrees, north and east."""

    name: Words
    north: float
    east: float


class Fix(NamedTuple):
    """A position (degrees north and east) at a time (ms)."""

    time_ms: int
    north: float
    east: float


class Handover(NamedTuple):
    """Goods from one hand to the next: both sides have signed where `received_ms` is told; `leaves` are their records.

    `way`: the vehicle, origin and destination as far as they were recorded.
    """

    shipper: Words
    receiver: Words
    shipped_ms: int
    received_ms: int | None
    refused: bool
    vehicle: Words | None
    origin: Words | None
    destination: Words | None
    remark: Words
    leaves: tuple[bytes, ...]


@dataclass(frozen=True)
class Way:
    """`handovers` by time; `track`: where devices say they were; `places` that have a position."""

    handovers: tuple[Handover, ...]
    track: tuple[Fix, ...]
    places: tuple[Place, ...]


def way(evidence: Evidence) -> Way:
    """The way of the goods that the evidence is about."""
    known = evidence.known
    accepted = [record for record in evidence.verified.records if record.code == 0 and not known.is_aside(record)]
    answers = {
        fields_of(record)["shipment"]: record
        for record in accepted
        if record.tag in ("trace.receive", "trace.refuse_shipment")
    }
    shipped = [record for record in accepted if record.tag == "trace.ship"]
    handovers = [_handover(evidence, record, answers.get(fields_of(record)["shipment"])) for record in shipped]
    return Way(
        tuple(sorted(handovers, key=lambda each: each.shipped_ms)), tuple(_track(accepted)), tuple(_places(evidence))
    )


def _handover(evidence: Evidence, shipped: VerifiedRecord, answer: VerifiedRecord | None) -> Handover:
    known, fields = evidence.known, fields_of(shipped)
    answered = fields_of(answer) if answer is not None else {}
    remark = str(answered.get("remark") or answered.get("reason") or "")
    refused = answer is not None and answer.tag == "trace.refuse_shipment"

    def named(kind: str, key: str | None) -> Words | None:
        return known.name(f"{kind}:{key}") if key else None

    return Handover(
        known.signer(shipped),
        known.name(f"organisation:{fields['receiver']}"),
        fields["event_ms"],
        answered.get("event_ms"),
        refused,
        named("vehicle", fields["vehicle"]),
        named("site", fields["origin"]),
        named("site", fields["destination"]),
        as_signed((remark, remark), may_say_organic(evidence.verified, known)),
        (shipped.leaf_hash, *((answer.leaf_hash,) if answer is not None else ())),
    )


def _track(records: list[VerifiedRecord]) -> list[Fix]:
    """Positions of all devices that tell one, in order of time."""
    found: list[Fix] = []
    for record in records:
        if record.tag != READINGS:
            continue
        fields = fields_of(record)
        columns = dict(fields["columns"])
        pairs = zip(columns.get("latitude", ()), columns.get("longitude", ()), strict=False)
        for time_ms, (north, east) in zip(instants(fields), pairs, strict=False):
            if north is not None and east is not None:
                found.append(Fix(time_ms, north / DEGREE, east / DEGREE))
    return sorted(found)


def _places(evidence: Evidence) -> list[Place]:
    """Plots and sites of the journey whose position is public."""
    found = []
    subjects = dict.fromkeys((*evidence.verified.sections, *evidence.rows))
    for subject in subjects:
        row = evidence.row(subject)
        if isinstance(row, Plot | Site) and row.latitude is not None and row.longitude is not None:
            found.append(Place((row.name_zh, row.name_en), row.latitude / DEGREE, row.longitude / DEGREE))
    return found
