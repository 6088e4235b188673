"""What breaks between validators, and how soon they notice and come back."""

import asyncio

import pytest

from network.peers.outgoing import Backoff
from network.peers.records import Lane
from tests.peers.proxy import FaultyProxy
from tests.peers.validators import Group, Validator, eventually, pair, record_of

NOTICED_S_MAX = 6.0
"""Keep-alive: a ping after a second of silence, its answer within two; the rest is a slow machine's."""


async def behind_proxy(group: Group) -> tuple[Validator, Validator, FaultyProxy]:
    """A farm that reaches the hub through a proxy; the hub reaches the farm directly."""
    hub = await group.start("hub")
    proxy = FaultyProxy(hub.port)
    await proxy.start()
    farm = group.make("farm")
    farm.records["hub"] = record_of("hub", proxy.port)
    await group.run(farm)
    await eventually(lambda: farm.is_connected("hub") and hub.is_connected("farm"))
    return farm, hub, proxy


def test_waits_double_and_are_spread() -> None:
    longest = Backoff(lambda: 0.0)
    assert [longest.next_s() for _ in range(8)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    longest.reset()
    assert longest.next_s() == 0.05
    assert Backoff(lambda: 0.5).next_s() == pytest.approx(0.0375)
    endless = Backoff(lambda: 0.999)
    assert all(0.025 < endless.next_s() <= 1.01 for _ in range(2_000))


async def test_a_cut_is_noticed_and_mended() -> None:
    async with Group("farm", "hub") as group:
        farm, hub, proxy = await behind_proxy(group)
        proxy.cut()
        await eventually(lambda: farm.events == ["+hub", "-hub"])
        assert not farm.transport.send("hub", Lane.VOTES, b"lost")
        assert hub.transport.send("farm", Lane.VOTES, b"the other way is whole")
        await eventually(lambda: farm.got("hub"))
        proxy.mend()
        await eventually(lambda: farm.events == ["+hub", "-hub", "+hub"])
        farm.transport.send("hub", Lane.VOTES, b"again")
        await eventually(lambda: hub.got("farm") == [b"again"])
        await proxy.stop()


async def test_a_peer_that_starts_later_is_found() -> None:
    async with Group("farm", "hub") as group:
        farm = await group.start("farm")
        await eventually(lambda: farm.transport.counts.of("hub", Lane.VOTES).breaks >= 3)
        assert farm.events == []
        hub = await group.start("hub")
        await eventually(lambda: farm.is_connected("hub") and hub.is_connected("farm"))
        await group.stop(hub)
        await eventually(lambda: farm.events == ["+hub", "-hub"])


async def test_a_half_open_connection_is_noticed() -> None:
    async with Group("farm", "hub") as group:
        farm, hub, proxy = await behind_proxy(group)
        clock = asyncio.get_running_loop().time
        proxy.is_silent = True
        began = clock()
        await eventually(lambda: farm.events == ["+hub", "-hub"])
        assert clock() - began < NOTICED_S_MAX
        proxy.mend()
        await eventually(lambda: farm.is_connected("hub"))
        farm.transport.send("hub", Lane.VOTES, b"again")
        await eventually(lambda: hub.got("farm") == [b"again"])
        await proxy.stop()


async def test_a_slow_link_is_not_taken_for_a_dead_one() -> None:
    async with Group("farm", "hub") as group:
        farm, hub, proxy = await behind_proxy(group)
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"open"))
        await eventually(lambda: hub.received)
        proxy.bytes_per_s = 1_000_000
        for number in range(4):
            assert farm.transport.send("hub", Lane.LOG, bytes([number]) + bytes(1_000_000))
        await eventually(lambda: len(hub.received) == 5)
        assert [data[0] for data in hub.got("farm")[1:]] == list(range(4))
        assert farm.transport.counts.of("hub", Lane.LOG).breaks == 0
        assert farm.events == ["+hub"]
        await proxy.stop()


async def test_what_waited_for_a_broken_stream_is_dropped() -> None:
    async with Group("farm", "hub") as group:
        farm, hub, proxy = await behind_proxy(group)
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"first"))
        await eventually(lambda: hub.received)
        proxy.is_silent = True
        for _ in range(10):
            assert farm.transport.send("hub", Lane.LOG, bytes(4_000_000))
        await eventually(lambda: farm.transport.waiting()["hub", Lane.LOG][0] < 10, "one is under way")
        await asyncio.sleep(0.05)
        proxy.cut()
        await eventually(lambda: farm.events == ["+hub", "-hub"])
        await eventually(lambda: farm.transport.waiting()["hub", Lane.LOG] == (0, 0))
        proxy.mend()
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"after"))
        await eventually(lambda: hub.got("farm") == [b"first", b"after"])
        await proxy.stop()


async def test_a_log_lane_that_fills_in_the_middle_of_a_frame_starts_over() -> None:
    async with Group("farm", "hub") as group:
        farm, hub, proxy = await behind_proxy(group)
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"first"))
        await eventually(lambda: hub.received)
        proxy.bytes_per_s = 1_000
        assert farm.transport.send("hub", Lane.LOG, bytes(20_000_000))
        await eventually(lambda: farm.transport.waiting()["hub", Lane.LOG] == (0, 0), "it is under way")
        await asyncio.sleep(0.1)
        while farm.transport.send("hub", Lane.LOG, bytes(20_000_000)):
            pass
        counts = farm.transport.counts.of("hub", Lane.LOG)
        await eventually(lambda: counts.breaks == 1)
        proxy.mend()
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"after"))
        await eventually(lambda: hub.got("farm") == [b"first", b"after"])
        assert counts.dropped_messages >= 4
        assert farm.events == ["+hub"], "the votes lane is untouched"
        await proxy.stop()


async def test_what_arrives_late_on_a_replaced_stream_is_not_handled() -> None:
    """The old connection still holds messages when the new one is up: handling them would break the order."""
    async with Group("farm", "hub") as group:
        farm, hub, proxy = await behind_proxy(group)
        proxy.is_deaf = True
        for number in range(5):
            farm.transport.send("hub", Lane.VOTES, f"old {number}".encode())
            await asyncio.sleep(0.01)
        direct = record_of("hub", hub.port)
        farm.set("hub", direct)
        await eventually(lambda: farm.events == ["+hub", "-hub", "+hub"])
        farm.transport.send("hub", Lane.VOTES, b"new")
        await eventually(lambda: hub.got("farm") == [b"new"])
        proxy.mend()
        await asyncio.sleep(0.2)
        assert hub.got("farm") == [b"new"]
        await proxy.stop()


async def test_a_far_peer_costs_time_and_no_order() -> None:
    async with Group("farm", "hub") as group:
        farm, hub, proxy = await behind_proxy(group)
        proxy.delay_s = 0.15
        await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"0"))
        for number in range(1, 100):
            assert farm.transport.send("hub", Lane.LOG, str(number).encode())
        began = asyncio.get_running_loop().time()
        await eventually(lambda: len(hub.received) == 100)
        assert 0.1 < asyncio.get_running_loop().time() - began < 3
        assert hub.got("farm") == [str(number).encode() for number in range(100)]
        assert farm.events == ["+hub"]
        await proxy.stop()


async def test_three_validators_each_with_each() -> None:
    async with Group("farm", "hub", "platform") as group:
        running = {name: await group.start(name) for name in group.ports}
        await eventually(lambda: all(len(each.transport.connected()) == 2 for each in running.values()))
        for name, each in running.items():
            for peer in each.transport.connected():
                each.transport.send(peer, Lane.VOTES, f"{name} to {peer}".encode())
        await eventually(lambda: all(len(each.received) == 2 for each in running.values()))
        for name, each in running.items():
            assert sorted(each.received) == [
                (peer, f"{peer} to {name}".encode()) for peer in sorted(running) if peer != name
            ]


async def test_a_stopped_transport_says_nothing_more() -> None:
    async with Group("farm", "hub") as group:
        farm, hub = await pair(group)
        events = list(farm.events)
        await group.stop(farm)
        await eventually(lambda: hub.events == ["+farm", "-farm"])
        assert farm.events == events
        assert not farm.transport.send("hub", Lane.VOTES, b"x")
