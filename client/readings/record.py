"""From a batch to the record that the device signs, and from the ledger's row of a device to what the import needs."""

from typing import TYPE_CHECKING

from ledger.modules.registry.state import Device, devices
from ledger.modules.trace.messages import Column, RecordReadings

if TYPE_CHECKING:
    from client.readings.options import Batch


def make_record(batch: "Batch", sequence: int, clock_step_ms: int = 0) -> RecordReadings:
    """The action for a batch, the device's record number `sequence` (from 0); regular instants need no offsets."""
    interval_ms = batch.interval_ms
    columns = tuple(Column(metric, values) for metric, values in batch.columns.items())
    offsets_ms = () if interval_ms else batch.offsets_ms
    return RecordReadings(sequence, batch.start_ms, interval_ms or 0, columns, offsets_ms, clock_step_ms)


def decode_device(value: bytes) -> Device:
    """The device in the state value of `registry/device/<id>`. Raises `ledger.crypto.encoding.Malformed`."""
    device = devices.decode(value, None).value
    assert isinstance(device, Device)
    return device
