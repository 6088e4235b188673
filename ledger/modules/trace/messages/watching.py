"""Readings signed by devices, recalls, and the correction of records."""

from typing import Annotated

from msgspec import Meta

from ledger.crypto.encoding import Message
from ledger.module import Action, Timer
from ledger.modules.trace.messages.types import ErrorReason, EventTime, LotKey, MetricName, Scaled, TransactionId
from ledger.text import Identifier, Remark

READINGS_MAX = 240
"""Readings of one metric in one record."""

METRICS_MAX = 8

Sequence = Annotated[int, Meta(ge=0, le=2**48)]


class Column(Message):
    """The readings of one metric, oldest first; None where the device has none for that instant.

    Positions are the metrics `latitude` and `longitude` in 10⁻⁷ degrees.
    """

    metric: MetricName
    values: Annotated[tuple[Scaled | None, ...], Meta(min_length=1, max_length=READINGS_MAX)]


class RecordReadings(Action, tag="trace.record_readings"):
    """What a device measured, signed by the device (EPCIS ObjectEvent with sensorElementList, CBV sensor_reporting).

    `sequence` counts a device's records from 0. Reading i was taken at `start_ms` + i x `interval_ms`, or at
    `start_ms` + `offsets_ms`[i] (offsets begin with 0 and rise) when offsets are given; then `interval_ms` is 0. All
    columns share these instants. `clock_step_ms`: by how much the device's clock was set since its preceding record
    (negative: back); 0 if not.
    """

    sequence: Sequence
    start_ms: EventTime
    interval_ms: Annotated[int, Meta(ge=0, le=86_400_000)]
    columns: Annotated[tuple[Column, ...], Meta(min_length=1, max_length=METRICS_MAX)]
    offsets_ms: Annotated[tuple[Annotated[int, Meta(ge=0, le=86_400_000)], ...], Meta(max_length=READINGS_MAX)] = ()
    clock_step_ms: Annotated[int, Meta(ge=-(10**12), le=10**12)] = 0


class Recall(Action, tag="trace.recall"):
    """Call back lots and all that was made of them (EPCIS ObjectEvent, OBSERVE, CBV disposition recalled)."""

    lots: Annotated[tuple[LotKey, ...], Meta(min_length=1, max_length=16)]
    reason_zh: Remark
    reason_en: Remark


class RecallSpread(Timer, tag="trace.recall_spread"):
    """Goes on with a recall whose descent was too large for one transaction. `recall`: hex id of the recalling
    transaction.
    """

    recall: str


class InheritFlag(Timer, tag="trace.inherit_flag"):
    """Passes a flag (a bit of the lot's flags) that was found late on to what was made of `lot` meanwhile."""

    lot: str
    flag: int


class TellExcursion(Timer, tag="trace.tell_excursion"):
    """Tells other modules that a lot became too warm, in a record of its own: one of readings may find many."""

    lot: str


class DeclareRecordError(Action, tag="trace.declare_error"):
    """An organisation declares a record of its own wrong (EPCIS errorDeclaration): nothing is overwritten.

    `corrections`: ids of the records that say it right.
    """

    record: TransactionId
    reason: ErrorReason
    remark: Remark
    corrections: Annotated[tuple[TransactionId, ...], Meta(max_length=8)] = ()


class DeclareReadingsError(Action, tag="trace.declare_readings_error"):
    """The device's organisation declares readings wrong: all records of `device` numbered `first` to `last`."""

    device: Identifier
    first: Sequence
    last: Sequence
    reason: ErrorReason
    remark: Remark
    corrections: Annotated[tuple[TransactionId, ...], Meta(max_length=8)] = ()
