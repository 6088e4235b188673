"""Heavy reads beside the event loop: it keeps turning, they are bounded, and they end when nobody waits."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.storage.port import Snapshot
from network.errors import ReadsBusy, ReplyTooLarge
from network.reads import Reads
from network.services.calls import REPLY_SIZE_MAX, bounded
from tests.storage.made import Maker, open_store


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    """A chain of a thousand leaves."""
    store = open_store(tmp_path / "ledger")
    block, note = Maker().make(1000)
    store.write(block, note)
    yield store.snapshot()
    store.close()


@pytest.fixture
def reads() -> Iterator[Reads]:
    """Room for two."""
    made = Reads(2)
    yield made
    made.close()


def whole(snapshot: Snapshot) -> list[bytes]:
    return [snapshot.leaf(index) for _ in range(20) for index in range(snapshot.head.log.size)]


async def test_the_loop_goes_round_while_a_read_works_and_the_result_is_the_same(
    snapshot: Snapshot, reads: Reads
) -> None:
    reading = asyncio.ensure_future(reads.call(snapshot, whole))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert await reading == whole(snapshot)
    assert turns >= 10, "20,000 reads are many slices"


async def test_what_is_not_waited_for_stops(snapshot: Snapshot, reads: Reads) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(stepped: Snapshot) -> None:
        try:
            while True:
                stepped.leaf(0)
                begun.set()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reads.call(snapshot, endless)
    assert begun.is_set()
    assert await asyncio.to_thread(ended.wait, 5)
    assert len(await reads.call(snapshot, whole)) == 20 * snapshot.head.log.size, "its place is free again"


async def test_more_than_the_limit_are_told_when_to_come_again_and_streams_wait(
    snapshot: Snapshot, reads: Reads
) -> None:
    first, second = (asyncio.ensure_future(reads.call(snapshot, whole)) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(ReadsBusy) as caught:
        await reads.call(snapshot, whole)
    assert caught.value.retry_after_ms > 0
    assert await reads.turn(snapshot, lambda stepped: stepped.leaf(3)) == snapshot.leaf(3)
    assert [leaf async for leaf in reads.items(snapshot, lambda stepped: stepped.leaves(0, 9))] == list(
        snapshot.leaves(0, 9)
    )
    await asyncio.gather(first, second)


async def test_what_a_read_raises_reaches_the_caller(snapshot: Snapshot, reads: Reads) -> None:
    with pytest.raises(IndexError):
        await reads.call(snapshot, lambda stepped: stepped.leaf(10**9))


def test_a_reply_beyond_a_message_is_refused() -> None:
    assert bounded(bytes(10)) == bytes(10)
    with pytest.raises(ReplyTooLarge):
        bounded(bytes(REPLY_SIZE_MAX + 1))
