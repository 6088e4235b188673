"""Sensor readings by time: of a device, or of a thing through the devices that were tied to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from linxin.v1 import provenance_pb2

from ledger.block import ACCEPTED, TRANSACTION, Leaf
from ledger.context import Context
from ledger.module import Registry
from ledger.modules.registry.state import Device, devices
from ledger.modules.trace.messages.things import AttachDevice, DetachDevice
from ledger.modules.trace.messages.watching import RecordReadings
from ledger.proof.errors import SubjectUnknown
from ledger.storage.port import Snapshot
from network.errors import BadField
from network.journals import Journals

PAGE_MAX = 10_000
PAGE_DEFAULT = 1_000
TIME_MS_MAX = 253_402_300_799_999


@dataclass(frozen=True)
class Span:
    """A device's readings count for the question in [from_ms, to_ms), event time."""

    device: str
    from_ms: int
    to_ms: int


@dataclass
class Page:
    """Readings of one answer, and where the next page begins ("" = there is none)."""

    readings: list[provenance_pb2.Reading] = field(default_factory=list)
    next_token: str = ""


class Readings:
    """Readings under one snapshot."""

    def __init__(self, snapshot: Snapshot, registry: Registry, context: Context) -> None:
        self._snapshot = snapshot
        self._registry = registry
        self._context = context
        self._journals = Journals(snapshot)

    def page(self, request: provenance_pb2.ListReadingsRequest) -> Page:
        """A page of readings: device by device in the order they were tied, each record's readings by event time.

        The token is `<span>.<position in the device's journal>.<reading in that record>`. Raises `SubjectUnknown`,
        `BadField`.
        """
        to_ms = request.to_ms or TIME_MS_MAX
        spans = self._spans(request.subject, request.from_ms, to_ms)
        first_span, first_position, skip = _parse_token(request.page_token, len(spans))
        size = request.page_size or PAGE_DEFAULT
        page = Page()
        for number in range(first_span, len(spans)):
            start = first_position if number == first_span and request.page_token else self._start(spans[number])
            for position, index, found in self._records(spans[number], start):
                for place, reading in enumerate(self._readings(spans[number], request.metric, index, found)):
                    if place < skip:
                        continue
                    if len(page.readings) == size:
                        page.next_token = f"{number}.{position}.{place}"
                        return page
                    page.readings.append(reading)
                skip = 0
        return page

    def _spans(self, subject: str, from_ms: int, to_ms: int) -> list[Span]:
        if not self._snapshot.journal_size(subject):
            raise SubjectUnknown(subject)
        kind, _, key = subject.partition(":")
        if kind == "device":
            return [Span(key, from_ms, to_ms)]
        spans: list[Span] = []
        for _, _, leaf in self._journals.entries(subject, 0):
            action = self._accepted_action(leaf)
            if isinstance(action, AttachDevice) and action.thing == subject:
                spans.append(Span(action.device, max(from_ms, action.event_ms), to_ms))
            elif isinstance(action, DetachDevice) and action.thing == subject:
                last = max(number for number, span in enumerate(spans) if span.device == action.device)
                spans[last] = Span(action.device, spans[last].from_ms, min(to_ms, action.event_ms))
        return [span for span in spans if span.from_ms < span.to_ms]

    def _accepted_action(self, leaf: Leaf) -> object:
        if leaf.kind != TRANSACTION or leaf.outcome[2] != ACCEPTED:
            return None
        return self._registry.decode_body(leaf.body).action

    def _start(self, span: Span) -> int:
        """The first journal entry that can hold a reading of the span: events are at most `clock_ahead_ms` after
        block time.
        """
        ahead_ms = self._context.parameters["clock_ahead_ms"]
        return self._journals.first_from(f"device:{span.device}", span.from_ms - ahead_ms)

    def _records(self, span: Span, start: int) -> Iterator[tuple[int, int, RecordReadings]]:
        for position, index, leaf in self._journals.entries(f"device:{span.device}", start):
            action = self._accepted_action(leaf)
            if isinstance(action, RecordReadings) and action.start_ms < span.to_ms:
                yield position, index, action

    def _readings(
        self, span: Span, metric: str, index: int, record: RecordReadings
    ) -> Iterator[provenance_pb2.Reading]:
        device = devices.get(self._context, span.device)
        for column in record.columns:
            if metric and column.metric != metric:
                continue
            unit, scale = _unit_of(device, column.metric)
            for number, value in enumerate(column.values):
                offset_ms = record.offsets_ms[number] if record.offsets_ms else number * record.interval_ms
                time_ms = record.start_ms + offset_ms
                if value is not None and span.from_ms <= time_ms < span.to_ms:
                    yield provenance_pb2.Reading(
                        device=span.device,
                        metric=column.metric,
                        time_ms=time_ms,
                        value=value,
                        scale=scale,
                        unit=unit,
                        index=index,
                    )


def _unit_of(device: Device | None, name: str) -> tuple[str, int]:
    metric = device.metric(name) if device is not None else None
    return ("", 0) if metric is None else (metric.unit, metric.exponent)


def _parse_token(token: str, spans: int) -> tuple[int, int, int]:
    if not token:
        return 0, 0, 0
    parts = token.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts):
        raise BadField("$.page_token", "it is not one that this service gave")
    span, position, reading = (int(part) for part in parts)
    if span >= spans:
        raise BadField("$.page_token", "it is of another question")
    return span, position, reading
