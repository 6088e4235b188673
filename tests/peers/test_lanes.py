"""Lanes: order, batching, bounds, and one that never waits for another."""

import time

from network.peers.queue import BOUNDS, FRAME_BYTES_AIM, FRAME_COUNT_MAX, Bounds, LaneQueue, Overflow
from network.peers.records import Lane
from tests.peers.proxy import FaultyProxy
from tests.peers.validators import Group, eventually, pair, record_of


async def test_messages_arrive_as_sent_in_each_lane_s_order() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        for number in range(200):
            for lane in Lane:
                assert farm.transport.send("hub", lane, f"{lane} {number}".encode())
        await eventually(lambda: len(hub.received) == 600, "all messages")
        for lane in Lane:
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


async def test_votes_pass_while_the_log_is_stuck() -> None:
    async with Group("farm", "hub") as group:
        hub = await group.start("hub")
        proxy = FaultyProxy(hub.port)
        await proxy.start()
        farm = group.make("farm")
        farm.records["hub"] = record_of("hub", proxy.port)
        await group.run(farm)
        await eventually(lambda: farm.is_connected("hub"))
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"open"))
        await eventually(lambda: hub.received)
        proxy.bytes_per_s = 200_000
        for _ in range(4):
            assert farm.transport.send("hub", Lane.LOG, bytes(10_000_000))
        delays = []
        for number in range(20):
            began = time.perf_counter()
            data = f"vote {number}".encode()
            assert farm.transport.send("hub", Lane.VOTES, data)
            await eventually(lambda data=data: hub.received[-1][1] == data)  # type: ignore[misc]  # bound at once
            delays.append(time.perf_counter() - began)
        assert sorted(delays)[10] < 0.1
        assert max(map(len, hub.got("farm"))) < 100, "not one large message has arrived"
        await proxy.stop()


async def test_a_full_votes_lane_drops_its_oldest() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        for number in range(2048 + 100):
            assert farm.transport.send("hub", Lane.VOTES, str(number).encode())
        await eventually(lambda: len(hub.received) == 2048)
        assert hub.got("farm") == [str(number).encode() for number in range(100, 2148)]
        assert farm.transport.counts.of("hub", Lane.VOTES).dropped_messages == 100
        assert farm.events == ["+hub"]


async def test_a_full_log_lane_starts_over() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"first"))
        await eventually(lambda: hub.received)
        sent = 0
        while farm.transport.send("hub", Lane.LOG, f"before {sent}".encode() + bytes(4_000_000)):
            sent += 1
        assert sent == 15
        counts = farm.transport.counts.of("hub", Lane.LOG)
        await eventually(lambda: counts.breaks == 1, "the connection is dropped")
        assert counts.dropped_messages == 16
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"after"))
        await eventually(lambda: hub.got("farm")[-1] == b"after")
        assert len(hub.received) == 2, "no message of before follows one that was lost"
        assert farm.events == ["+hub"], "the votes lane is untouched"


async def test_a_full_bulk_lane_takes_no_more() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        taken = [farm.transport.send("hub", Lane.BULK, bytes([n]) + bytes(9_000_000)) for n in range(8)]
        assert taken == [True] * 6 + [False] * 2
        assert farm.transport.waiting()["hub", Lane.BULK] == (6, 6 * 9_000_001)
        await eventually(lambda: len(hub.received) == 6)
        assert [data[0] for data in hub.got("farm")] == list(range(6))
        assert farm.transport.waiting()["hub", Lane.BULK] == (0, 0)


async def test_a_slow_receiver_holds_the_sender_back() -> None:
    """Without back-pressure, all of it would pile up in the sockets and in gRPC."""
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        hub.on_message = lambda _peer, _data: time.sleep(0.02)
        for _ in range(60):
            assert farm.transport.send("hub", Lane.LOG, bytes(1_000_000))
        await eventually(lambda: len(hub.received) >= 10)
        waiting, _ = farm.transport.waiting()["hub", Lane.LOG]
        assert waiting > 60 - len(hub.received) - 20
        await eventually(lambda: len(hub.received) == 60)


def test_a_queue_keeps_its_bounds() -> None:
    queue = LaneQueue(Bounds(3, 10, Overflow.DROP_OLDEST))
    assert queue.take() == []
    assert [queue.put(data) for data in (b"aaaa", b"bbbb", b"cccc")] == [0, 0, 1]
    assert (len(queue), queue.size) == (2, 8)
    assert queue.put(bytes(50)) == 2, "one message always fits"
    assert queue.put(b"") == 1
    assert queue.take() == [b""]
    assert [queue.put(b"") for _ in range(4)] == [0, 0, 0, 1]
    assert queue.clear() == 3
    assert (len(queue), queue.size) == (0, 0)


def test_a_frame_ends_at_its_aim() -> None:
    queue = LaneQueue(BOUNDS[Lane.LOG])
    sizes = (100, FRAME_BYTES_AIM - 100, 1, FRAME_BYTES_AIM + 1, 7)
    for size in sizes:
        queue.put(bytes(size))
    frames = [[len(data) for data in queue.take()] for _ in range(4)]
    assert frames == [[100, FRAME_BYTES_AIM - 100], [1], [FRAME_BYTES_AIM + 1], [7]]
    for _ in range(FRAME_COUNT_MAX + 1):
        queue.put(b"x")
    assert [len(queue.take()), len(queue.take())] == [FRAME_COUNT_MAX, 1]
