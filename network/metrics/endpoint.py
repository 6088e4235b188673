"""The metrics over HTTP, on the node's own event loop: a scrape in a thread would read what the loop is changing."""

import asyncio

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from network.listening import cannot_listen, check_address

HEAD_SIZE_MAX = 8_192
REQUEST_S_MAX = 5.0
CONNECTIONS_MAX = 16


class MetricsEndpoint:
    """Answers `GET /metrics` from `start` to `stop`, one request a connection; `port` is the one bound."""

    def __init__(self, registry: CollectorRegistry, listen: str) -> None:
        self._registry = registry
        self._listen = listen
        self._server: asyncio.Server | None = None
        self._connections = 0
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises `ConfigError` when the address cannot be listened on."""
        check_address(self._listen, "metrics.listen")
        host, _, port = self._listen.rpartition(":")
        try:
            self._server = await asyncio.start_server(self._serve, host.strip("[]"), int(port), limit=HEAD_SIZE_MAX)
        except OSError as error:
            raise cannot_listen(self._listen, "metrics.listen", error.strerror or str(error)) from None
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections >= CONNECTIONS_MAX:
            writer.close()
            return
        self._connections += 1
        try:
            async with asyncio.timeout(REQUEST_S_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.split(b"\r\n", 1)[0]))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            self._connections -= 1

    def _answer(self, request: bytes) -> bytes:
        """The reply to a request line."""
        method, _, rest = request.partition(b" ")
        if rest.split(b" ")[0].split(b"?")[0] != b"/metrics":
            return _reply(
                "404 Not Found", "text/plain; charset=utf-8", "指标在 /metrics / metrics are at /metrics\n".encode()
            )
        if method != b"GET":
            return _reply("405 Method Not Allowed", "text/plain; charset=utf-8", b"GET only\n")
        return _reply("200 OK", CONTENT_TYPE_LATEST, generate_latest(self._registry))


def _reply(status: str, media_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
