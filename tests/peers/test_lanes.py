"""Lanes: order, batching, bounds, and one that never waits for another."""

import asyncio

from network.peers.records import Lane
from tests.peers.validators import LANES, Group, eventually, pair


async def test_messages_arrive_as_sent_in_each_lane_s_order() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        for number in range(200):
            for lane in LANES:
                assert farm.transport.send("hub", lane, f"{lane} {number}".encode())
        await eventually(lambda: len(hub.received) == 600, "all messages")
        for lane in LANES:
            own = [data for data in hub.got("farm") if data.startswith(lane.encode())]
            assert own == [f"{lane} {number}".encode() for number in range(200)]
        assert farm.received == []
        counts = hub.transport.counts.of("farm", Lane.VOTES)
        assert counts.received_messages == 200
        assert counts.received_frames < 30, "messages that wait travel together"
        assert counts.received_bytes == sum(len(f"votes {number}") for number in range(200))


async def test_a_message_of_full_size_passes() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        data = bytes(20 * 1024 * 1024)
        assert farm.transport.send("hub", "log", data)
        assert farm.transport.send("hub", "log", b"after")
        await eventually(lambda: len(hub.received) == 2, "both messages")
        assert hub.got("farm") == [data, b"after"]
        await asyncio.sleep(0)
