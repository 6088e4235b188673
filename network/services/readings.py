"""Sensor readings by time: of a device, or of a thing through the devices that were tied to it."""

from collections.abc import Iterator

from linxin.v1 import provenance_pb2

from ledger.block import ACCEPTED, TRANSACTION, Leaf
from ledger.context import Context
from ledger.module import Registry
from ledger.modules.registry.state import Device, devices
from ledger.modules.trace.messages.watching import RecordReadings
from ledger.proof.errors import SubjectUnknown
from ledger.state import DEVICE
from ledger.storage.port import Snapshot
from network.errors import BadField
from network.journals import Journals

PAGE_MAX = 10_000
PAGE_DEFAULT = 1_000
LOOKED_AT_MAX = 5_000
"""Journal entries looked at for one page: a question with few answers gets short pages, not a long wait."""

TIME_MS_MAX = 253_402_300_799_999


class Readings:
    """Readings under one snapshot. A record of readings stands in the journals of its device and of what the device was
    tied to, so either journal alone answers.
    """

    def __init__(self, snapshot: Snapshot, registry: Registry, context: Context) -> None:
        self._head = snapshot.head
        self._registry = registry
        self._context = context
        self._journals = Journals(snapshot)
        self._devices: dict[str, Device | None] = {}

    def page(self, request: provenance_pb2.ListReadingsRequest) -> provenance_pb2.ListReadingsResponse:
        """A page of readings in the order of their records, within a record by event time.

        Only the part of the journal that can hold the time asked for is read: a record's events are at most
        `clock_ahead_ms` after its block and at most `late_readings_ms` before it. The token is `<position in the
        journal>.<reading in that record>`. Raises `SubjectUnknown`, `BadField`.
        """
        size = self._journals.size(request.subject)
        if not size:
            raise SubjectUnknown(request.subject)
        start, skip = _parse_token(request.page_token, size)
        parameters = self._context.parameters
        if not request.page_token:
            start = self._journals.first_from(request.subject, request.from_ms - parameters["clock_ahead_ms"])
        to_ms = request.to_ms or TIME_MS_MAX
        last_ms = to_ms + parameters["late_readings_ms"]
        page = provenance_pb2.ListReadingsResponse(height=self._head.height)
        count_max = request.page_size or PAGE_DEFAULT
        for position, index, leaf in self._journals.entries(request.subject, start):
            if leaf.outcome[1] > last_ms:
                break
            if position - start == LOOKED_AT_MAX:
                page.next_page_token = f"{position}.0"
                break
            for place, reading in enumerate(self._readings(request, to_ms, index, leaf)):
                if position == start and place < skip:
                    continue
                if len(page.readings) == count_max:
                    page.next_page_token = f"{position}.{place}"
                    return page
                page.readings.append(reading)
        return page

    def _readings(
        self, request: provenance_pb2.ListReadingsRequest, to_ms: int, index: int, leaf: Leaf
    ) -> Iterator[provenance_pb2.Reading]:
        if leaf.kind != TRANSACTION or leaf.outcome[2] != ACCEPTED:
            return
        record = self._registry.decode_body(leaf.body).action
        if not isinstance(record, RecordReadings) or record.start_ms >= to_ms:
            return
        name = next(str(entry[0]) for entry in leaf.subjects if entry[1] == DEVICE).removeprefix("device:")
        device = self._device(name)
        columns = [column for column in record.columns if request.metric in ("", column.metric)]
        units = [_unit_of(device, column.metric) for column in columns]
        for number in range(len(record.columns[0].values)):
            time_ms = record.start_ms + (
                record.offsets_ms[number] if record.offsets_ms else number * record.interval_ms
            )
            if not request.from_ms <= time_ms < to_ms:
                continue
            for column, (unit, scale) in zip(columns, units, strict=True):
                value = column.values[number]
                if value is not None:
                    yield provenance_pb2.Reading(
                        device=name,
                        metric=column.metric,
                        time_ms=time_ms,
                        value=value,
                        scale=scale,
                        unit=unit,
                        index=index,
                    )

    def _device(self, name: str) -> Device | None:
        if name not in self._devices:
            self._devices[name] = devices.get(self._context, name)
        return self._devices[name]


def _unit_of(device: Device | None, name: str) -> tuple[str, int]:
    metric = device.metric(name) if device is not None else None
    return ("", 0) if metric is None else (metric.unit, metric.exponent)


def _parse_token(token: str, size: int) -> tuple[int, int]:
    if not token:
        return 0, 0
    parts = token.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts):
        raise BadField("$.page_token", "it is not one that this service gave")
    position, reading = (int(part) for part in parts)
    if position >= size:
        raise BadField("$.page_token", "it is of another question")
    return position, reading
