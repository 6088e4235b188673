"""Bulk signature checking beside the event loop: one message per batch to a worker process.

Never in threads: beside a busy Python thread libsodium calls starve to a few hundred a second. A worker that dies is
started again, and the batches it held are checked inline, so that no submission hangs on it; answers are the same
either way.
"""

import asyncio
import fcntl
import marshal
import os
import sys
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from network.verify_worker import HEADER, Item, verify_all

log = structlog.get_logger(__name__)

INLINE_SLICE = 50
"""Signatures checked inline between two turns of the event loop (about 3 ms)."""

PIPE_BYTES = 1 << 20
"""Of the pipe to a worker: what Linux allows every user, some 2,500 transactions."""

RESTART_DELAY_S = 1.0
"""Least time between two starts of one worker, so that a worker that cannot live does not become a fork loop."""


class VerifyPool:
    """Checks batches of signatures in `workers` processes; inline when there are none."""

    def __init__(self, workers: int) -> None:
        self._workers = [_Worker(number) for number in range(workers)]
        self.on_checked: Callable[[int, int], None] = lambda _good, _bad: None
        """Told how many signatures of a batch were good, and how many were not."""

    async def start(self) -> None:
        """Start the worker processes."""
        for worker in self._workers:
            await worker.start()

    async def stop(self) -> None:
        """End the worker processes and wait for them."""
        for worker in self._workers:
            await worker.stop()

    async def verify(self, items: Sequence[Item]) -> bytes:
        """One byte per item: 1 for a good signature, 0 for a bad one."""
        if not items:
            return b""
        verdicts = await self._verify(items)
        self.on_checked(sum(verdicts), len(verdicts) - sum(verdicts))
        return verdicts

    async def _verify(self, items: Sequence[Item]) -> bytes:
        living = [worker for worker in self._workers if worker.alive]
        if living:
            worker = min(living, key=lambda each: each.backlog)
            answer = await worker.verify(items)
            if answer is not None:
                return answer
        return await _verify_inline(items)

    @property
    def processes(self) -> list[int]:
        """Process ids of the living workers."""
        return [worker.process_id for worker in self._workers if worker.alive]


async def _verify_inline(items: Sequence[Item]) -> bytes:
    answer = bytearray()
    for start in range(0, len(items), INLINE_SLICE):
        answer += verify_all(items[start : start + INLINE_SLICE])
        await asyncio.sleep(0)
    return bytes(answer)


class _Worker:
    """One worker process and the batches it holds, answered in order."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: deque[tuple[asyncio.Future[bytes | None], int]] = deque()
        self._reader: asyncio.Task[None] | None = None
        self._stopping = False
        self.alive = False
        self.backlog = 0

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        await self._spawn()
        self._reader = asyncio.create_task(self._run(), name=f"verify-worker-{self._number}")

    async def stop(self) -> None:
        self._stopping = True
        self.alive = False
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        process = self._process
        if process is not None and process.returncode is None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._give_back()

    async def verify(self, items: Sequence[Item]) -> bytes | None:
        """The worker's answer, or None when it died with the batch in hand."""
        process = self._process
        assert process is not None and process.stdin is not None
        data = marshal.dumps(list(items))
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, len(items)))
        self.backlog += len(items)
        # One write per frame: it is buffered whole, so frames never interleave whoever waits for the pipe to drain.
        process.stdin.write(HEADER.pack(len(data)) + data)
        return await future

    async def _spawn(self) -> None:
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "network.verify_worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        self._widen_pipe()
        self.alive = True

    def _widen_pipe(self) -> None:
        """Let whole batches wait in the pipe: while the event loop executes a block nobody refills it."""
        assert self._process is not None and self._process.stdin is not None
        pipe = self._process.stdin.transport.get_extra_info("pipe")
        try:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        except OSError as error:
            log.info("the pipe to a signature worker keeps its size", worker=self._number, error=str(error))

    async def _run(self) -> None:
        """Read answers; when the worker dies, give its batches back and start another."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            started = loop.time()
            await self._read_answers()
            # Before anything is awaited: a batch handed to a dead worker would be answered by the next one's first
            # answer.
            self.alive = False
            self._give_back()
            assert self._process is not None
            log.warning("signature worker died", worker=self._number, status=await self._process.wait())
            await asyncio.sleep(max(0.0, started + RESTART_DELAY_S - loop.time()))
            try:
                await self._spawn()
            except OSError as error:
                log.warning("signature worker does not start, checking inline", worker=self._number, error=str(error))

    async def _read_answers(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        source = self._process.stdout
        try:
            while True:
                (size,) = HEADER.unpack(await source.readexactly(HEADER.size))
                answer = await source.readexactly(size)
                future, count = self._waiting.popleft()
                self.backlog -= count
                if not future.done():
                    future.set_result(answer if len(answer) == count else None)
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def _give_back(self) -> None:
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
        self.backlog = 0
