"""Bulk signature checks: right answers, in order, whatever happens to the worker."""

import asyncio
import os
import signal

import pytest

from network.verify_pool import VerifyPool
from network.verify_worker import Item, verify_all
from tests.network.nodes import FARM, HUB


def batch(size: int, bad: set[int]) -> list[Item]:
    items: list[Item] = []
    for number in range(size):
        message = b"message %d" % number
        signature = FARM.sign(message)
        key = HUB.public_key if number in bad else FARM.public_key
        items.append((1, key, signature, message))
    return items


def expected(size: int, bad: set[int]) -> bytes:
    return bytes(number not in bad for number in range(size))


@pytest.mark.parametrize("workers", [0, 1, 2])
async def test_answers_stand_in_the_order_asked(workers: int) -> None:
    pool = VerifyPool(workers)
    await pool.start()
    try:
        asked = [(size, {0, size // 2}) for size in (1, 2, 75, 10, 130)]
        answers = await asyncio.gather(*(pool.verify(batch(size, bad)) for size, bad in asked))
        assert answers == [expected(size, bad) for size, bad in asked]
        assert await pool.verify([]) == b""
        assert len(pool.processes) == workers
    finally:
        await pool.stop()
    assert pool.processes == []


async def test_a_worker_outlives_the_signals_that_a_supervisor_sends_to_all() -> None:
    pool = VerifyPool(1)
    await pool.start()
    try:
        [worker] = pool.processes
        assert await pool.verify(batch(3, {1})) == expected(3, {1})
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(worker, number)
        assert await pool.verify(batch(3, {1})) == expected(3, {1})
        assert pool.processes == [worker]
    finally:
        await pool.stop()


async def test_a_killed_worker_costs_no_answer_and_is_replaced() -> None:
    pool = VerifyPool(1)
    await pool.start()
    try:
        (first,) = pool.processes
        items = batch(200, {7})
        asked = [asyncio.create_task(pool.verify(items)) for _ in range(5)]
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        assert await asyncio.wait_for(asyncio.gather(*asked), 20) == [expected(200, {7})] * 5
        assert await pool.verify(items) == expected(200, {7})
        async with asyncio.timeout(10):
            while not pool.processes or pool.processes == [first]:  # noqa: ASYNC110  # the operating system tells no event
                await asyncio.sleep(0.05)
        assert await pool.verify(items) == expected(200, {7})
    finally:
        await pool.stop()


def test_hostile_items_are_bad_signatures_not_faults() -> None:
    hostile: list[Item] = [(0, b"", b"", b""), (9, b"x" * 32, b"y" * 64, b""), (1, b"\xff" * 32, b"\xff" * 64, b"m")]
    hostile += [(2, b"\x02" + b"\xff" * 32, b"\xff" * 64, b"m")]
    assert verify_all(hostile) == bytes(4)
