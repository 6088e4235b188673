"""A TCP proxy that misbehaves on command: cuts, delays, throttles, falls silent. For tests in an event loop, and for
tests of real processes, from any thread (`running`).
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

CHUNK = 16_384


class FaultyProxy:
    """Forwards `127.0.0.1:port` to `127.0.0.1:target`. The faults may be set at any moment, by any thread:

    `delay_s` holds every byte back by so long; `bytes_per_s` limits each connection and direction by itself (0: no
    limit); `is_silent` closes nothing, but no byte passes any more, as on a half-open connection; `is_deaf` does so on
    the way to the target only. `cut` breaks all connections, and new ones at once, until `mend`.
    """

    def __init__(self, target: int, port: int = 0) -> None:
        self.target = target
        self.port = port
        self.delay_s = 0.0
        self.bytes_per_s = 0
        self.is_silent = False
        self.is_deaf = False
        self.accepted = 0
        self._is_cut = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; `port` is then the one bound."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Break everything and listen no more."""
        assert self._server is not None
        self._server.close()
        self._break()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """Break all connections; new ones are accepted and broken at once."""
        self._is_cut = True
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._break)

    def mend(self) -> None:
        """Let connections pass again, without any fault."""
        self._is_cut = self.is_silent = self.is_deaf = False
        self.delay_s, self.bytes_per_s = 0.0, 0

    def _break(self) -> None:
        for task in self._connections:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        writers = [writer]
        try:
            if not self._is_cut:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
                writers.append(far_writer)
                async with asyncio.TaskGroup() as pumps:
                    pumps.create_task(self._pump(reader, far_writer, is_outward=True))
                    pumps.create_task(self._pump(far_reader, writer, is_outward=False))
        except* (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            for each in writers:
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_outward: bool) -> None:
        """Forward one direction until it ends, which ends the other one too."""
        clock = asyncio.get_running_loop().time
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(4096)

        async def read() -> None:
            while data := await reader.read(CHUNK):
                await held.put((clock() + self.delay_s, data))
            await held.put((clock(), b""))

        reading = asyncio.create_task(read())
        try:
            while True:
                due, data = await held.get()
                if not data:
                    raise ConnectionResetError
                await asyncio.sleep(max(0.0, due - clock()))
                while self.is_silent or (self.is_deaf and is_outward):  # noqa: ASYNC110  # set from other threads
                    await asyncio.sleep(0.01)
                writer.write(data)
                await writer.drain()
                if self.bytes_per_s:
                    await asyncio.sleep(len(data) / self.bytes_per_s)
        finally:
            reading.cancel()


@contextlib.contextmanager
def running(*targets: int) -> Iterator[list[FaultyProxy]]:
    """One proxy before each target port, in a thread of their own, for tests without an event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxies")
    thread.start()
    proxies = [FaultyProxy(target) for target in targets]
    try:
        for proxy in proxies:
            asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(5)
        yield proxies
    finally:
        for proxy in proxies:
            asyncio.run_coroutine_threadsafe(proxy.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
