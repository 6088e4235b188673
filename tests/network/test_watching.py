"""A batch watched while its journey widens: what it is loaded into later, and what was recorded there before."""

import asyncio
from typing import Any

import pytest
from linxin.v1 import provenance_pb2

from ledger.modules.registry.messages import CalibrateDevice, Metric, NewKey, RegisterDevice, possession_message
from ledger.modules.trace import messages as m
from tests.network.growing import LOT, MINUTE_MS, accept, journey_of
from tests.network.nodes import FARM, Client, Network, key_of, now_ms

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

LOGGER = key_of("logger")


async def ride(client: Client, from_ms: int) -> None:
    """A truck with a logger that has reported once."""
    possession = LOGGER.sign(possession_message(client.network.chain_id, "device:logger"))
    key = NewKey(LOGGER.algorithm, LOGGER.public_key, possession)
    metrics = (Metric("temperature", "CEL", -2, -4_000, 8_500),)
    await accept(
        client,
        FARM,
        m.RegisterVehicle("truck", "冷链车", "Truck", True),
        RegisterDevice("logger", "记录仪", "Logger", metrics, MINUTE_MS, key),
        CalibrateDevice("logger", from_ms - MINUTE_MS, from_ms + 60 * MINUTE_MS, None),
        m.AttachDevice("logger", "vehicle:truck", from_ms),
    )
    await report(client, 0, from_ms)


async def report(client: Client, sequence: int, start_ms: int) -> None:
    """One record of the truck's logger."""
    await accept(client, LOGGER, m.RecordReadings(sequence, start_ms, 1000, (m.Column("temperature", (400, 410)),)))


async def test_a_truck_that_the_batch_enters_later_is_watched_with_what_it_saw_before(
    node: Network, client: Client, grown: int
) -> None:
    journey = await journey_of(client)
    code = str(journey.lot.state["code"])
    watch: Any = client.provenance.WatchBatch(provenance_pb2.WatchBatchRequest(code=code), timeout=60)
    await asyncio.sleep(0.5)
    await ride(client, now_ms() - 2_000)
    loaded_ms = now_ms()
    await accept(client, FARM, m.Load("vehicle:truck", loaded_ms, lots=(LOT,)))
    await report(client, 1, loaded_ms + 1)
    after = await journey_of(client)
    known = {record.index for record in journey.records}
    expected = {record.index for record in after.records if record.index not in known}
    assert {"vehicle:truck", "device:logger"} <= set(after.subjects)
    seen = [await asyncio.wait_for(watch.read(), 10) for _ in expected]
    assert {record.index for record in seen} == expected
    actions = [record.action for record in seen]
    assert actions[-1] == "trace.record_readings", "what the truck's logger reports after loading"
    assert actions.count("trace.record_readings") >= 2, "and what it had reported before"
    load = next(record.index for record in seen if record.action == "trace.load")
    assert any(record.index < load for record in seen)
    await accept(client, FARM, m.Unload("vehicle:truck", now_ms(), lots=(LOT,)))
    assert (await asyncio.wait_for(watch.read(), 10)).action == "trace.unload"
    watch.cancel()
    resumed: Any = client.provenance.WatchBatch(
        provenance_pb2.WatchBatchRequest(code=code, include_past=True, after_index=max(known)), timeout=60
    )
    again = {(await asyncio.wait_for(resumed.read(), 10)).index for _ in expected}
    assert again == expected, "a reader that resumes from before the loading gets the truck's earlier records too"
    resumed.cancel()
