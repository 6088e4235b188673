"""Validators as processes: with clocks ten years wrong, and stopped as a debugger or a sick machine stops them."""

import asyncio
import datetime
import signal
from functools import partial

import pytest

from network.peers.records import Lane
from tests.peers.processes import clock_environment, start_member
from tests.peers.validators import Group, eventually, free_port

YEAR = datetime.datetime.now(datetime.UTC).year


@pytest.mark.process
async def test_no_date_keeps_validators_apart() -> None:
    ahead, behind = clock_environment(10), clock_environment(-10)
    if ahead is None or behind is None:
        pytest.skip("no libfaketime for this machine: apt-get install faketime")
    ports = {name: free_port() for name in ("early", "late", "right")}
    clocks = {"early": behind, "late": ahead, "right": {}}
    members = {name: await start_member(name, ports, clocks[name]) for name in ports}
    try:
        for name, member in members.items():
            for peer in ports.keys() - {name}:
                await eventually(partial(member.has_said, f"+{peer}"), f"{name} reaches {peer}")
                await eventually(partial(member.has_said, f"{peer}: hello from {peer}"), f"{name} hears {peer}")
        years = {name: int(member.lines[0]) for name, member in members.items()}
    finally:
        await asyncio.gather(*(member.kill() for member in members.values()))
    assert years["early"] <= YEAR - 9
    assert years["late"] >= YEAR + 9
    assert YEAR <= years["right"] <= YEAR + 1


@pytest.mark.process
async def test_a_stopped_process_is_noticed_and_found_again() -> None:
    async with Group("farm", "hub", "platform") as group:
        farm, platform = await group.start("farm"), await group.start("platform")
        hub = await start_member("hub", group.ports)
        try:
            await eventually(lambda: farm.is_connected("hub", "platform") and "+farm" in hub.lines)
            await eventually(lambda: farm.transport.send("hub", Lane.LOG, b"entries"))
            await eventually(lambda: b"echo entries" in farm.got("hub"))
            hub.signal(signal.SIGSTOP)
            for number in range(20):
                farm.transport.send("hub", Lane.VOTES, f"into the void {number}".encode())
                farm.transport.send("hub", Lane.LOG, bytes(1_000_000))
                assert farm.transport.send("platform", Lane.VOTES, str(number).encode())
            await eventually(lambda: len(platform.got("farm")) == 20, "others are served meanwhile")
            await eventually(lambda: farm.events.count("-hub") == 1, "the stopped process is noticed")
            await eventually(lambda: farm.transport.counts.of("hub", Lane.LOG).breaks > 0, "so is the log lane dropped")
            assert farm.transport.waiting()["hub", Lane.LOG] == (0, 0)
            hub.signal(signal.SIGCONT)
            await eventually(lambda: farm.is_connected("hub"))
            assert farm.transport.send("hub", Lane.VOTES, b"welcome back")
            await eventually(lambda: b"echo welcome back" in farm.got("hub"))
            assert farm.events.count("-platform") == 0
        finally:
            await hub.kill()
