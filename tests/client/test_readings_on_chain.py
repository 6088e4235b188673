"""An imported file goes onto the ledger as the device's own records: what the report says is what the chain holds."""

import io
from datetime import UTC, datetime

from client.readings import ImportOptions, import_readings, parse_column
from client.readings.record import decode_device, make_record
from ledger.block import decode_leaf
from ledger.crypto.signing import Algorithm
from ledger.modules.registry import messages as m
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import trace_module
from ledger.modules.trace.messages import AttachDevice, RegisterPlot
from tests.registry.chain import START_MS, Chain, key_of

DAY_MS = 86_400_000
PROBE = key_of("probe", Algorithm.P256)


def prepare() -> Chain:
    """A farm with a plot and a calibrated probe tied to it, one day later."""
    trace = trace_module(devices=DeviceView(), organisations=OrganisationView())
    chain = Chain({"platform": ["platform"], "farm": ["farm"]}, (trace,))
    metrics = (m.Metric("soil_temperature", "CEL", -2, -2_000, 6_000), m.Metric("soil_moisture", "P1", -2, 0, 10_000))
    chain.accept("farm", RegisterPlot("p-1", "一号棚", "Greenhouse 1", 667))
    key = chain.new_key(PROBE, "device:probe")
    chain.accept("farm", m.RegisterDevice("probe", "探头", "Probe", metrics, 600_000, key))
    chain.accept("farm", m.CalibrateDevice("probe", START_MS, START_MS + 365 * DAY_MS, None))
    chain.accept("farm", AttachDevice("probe", "plot:p-1", chain.head.time_ms))
    chain.run([], later_ms=DAY_MS)
    return chain


def sensor_file(start_ms: int) -> bytes:
    """100 rows ten minutes apart, newest first, with a -127, an inf and an hour of 254."""
    rows = []
    for number in reversed(range(100)):
        moment = datetime.fromtimestamp((start_ms + number * 600_000) / 1000, UTC)
        value = {7: "-127.0", 9: "inf"}.get(number, f"{18 + number % 5}.25")
        rows.append(f"{moment:%Y-%m-%d %H:%M:%S};{value};31.5")
    return ("time;t1;moisture\n" + "\n".join([*rows, "2026-01-01 254:00:00;18.0;31.0"])).encode()


def test_a_file_becomes_accepted_records() -> None:
    chain = prepare()
    device = decode_device(chain.memory.values[b"registry/device/probe"])
    options = ImportOptions(
        time_columns=("time",),
        time_format="%Y-%m-%d %H:%M:%S",
        timezone="UTC",
        delimiter=";",
        columns=(parse_column("soil_temperature=t1"), parse_column("soil_moisture=moisture:P1")),
    )
    imported = import_readings(io.BytesIO(sensor_file(START_MS + 60_000)), device, options, chain.head.time_ms)
    assert (imported.report.rows_accepted, imported.report.rows_refused, imported.report.moved) == (100, 1, 99)
    records = [make_record(batch, number) for number, batch in enumerate(imported.batches)]
    assert [record.interval_ms for record in records] == [600_000, 600_000]
    receipts = chain.run([chain.sign(PROBE, record) for record in records])
    assert [receipt.code for receipt in receipts] == [0, 0], receipts
    events = [event for receipt in receipts for event in receipt.details]
    assert ["missing", "soil_temperature", 1] in events
    outlier = next(event for event in events if event[0] == "outlier")
    assert outlier[1:4] == ["soil_temperature", 1, -12_700]
    leaf = decode_leaf(chain.leaves[receipts[0].index])
    assert {each[0]: each[1] for each in leaf.subjects} == {"plot:p-1": "self", "device:probe": "device"}


def test_irregular_and_single_readings_become_records_too() -> None:
    chain = prepare()
    device = decode_device(chain.memory.values[b"registry/device/probe"])
    options = ImportOptions(("time",), "unix_ms", "UTC", (parse_column("soil_moisture=moisture"),), batch_size=3)
    times = [START_MS + 60_000 + each for each in (0, 1_000, 5_000, 900_000)]
    text = "time,moisture\n" + "".join(f"{each},30\n" for each in times)
    imported = import_readings(io.BytesIO(text.encode()), device, options, chain.head.time_ms)
    assert [batch.offsets_ms for batch in imported.batches] == [(0, 1_000, 5_000), (0,)]
    for number, batch in enumerate(imported.batches):
        chain.accept(PROBE, make_record(batch, number))
