"""A load generator that costs next to nothing: unary gRPC calls over HTTP/2 (RFC 9113) from one plain loop.

A call through grpcio costs its caller some 200 microseconds, which on a machine shared with what is measured would be
most of the measurement; here it is about twenty. It speaks just what a client needs: requests of one frame, answers
judged by whether a message came (errors of gRPC carry none), flow control respected both ways. The same loop drives our
validators and etcd.
"""

import selectors
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Self

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GO_AWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
INITIAL_WINDOW_SETTING = 4
WINDOW_MAX = 2**31 - 1
WINDOW_DEFAULT = 65_535
FRAME_BYTES_MAX = 16_384
CONNECT_S = 5.0


class Answer(NamedTuple):
    """What came of one call: its token, the message (None: it failed), and when, as `time.perf_counter` has it."""

    token: object
    message: bytes | None
    at_s: float


class Channel:
    """One connection. `authority`: file of the certificate its server is issued by, None for plain text."""

    def __init__(self, endpoint: str, authority: str | None) -> None:
        host, _, port = endpoint.rpartition(":")
        raw: socket.socket = socket.create_connection((host, int(port)), CONNECT_S)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if authority is not None:
            context = ssl.create_default_context(cafile=authority)
            context.set_alpn_protocols(["h2"])
            raw = context.wrap_socket(raw, server_hostname=host)
        raw.setblocking(False)
        self.endpoint = endpoint
        self.socket = raw
        self.is_open = True
        self.outstanding: dict[int, tuple[object, list[bytes]]] = {}
        self._scheme = b"\x87" if authority is not None else b"\x86"
        self._next = 1
        self._window = WINDOW_DEFAULT
        self._received = 0
        self._inbound, self._outbound = bytearray(), bytearray(PREFACE)
        self._held: deque[tuple[bytes, int]] = deque()
        self._outbound += _frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SETTING, WINDOW_MAX))
        self._outbound += _frame(WINDOW, 0, 0, struct.pack(">I", WINDOW_MAX - WINDOW_DEFAULT))

    def call(self, path: str, message: bytes, token: object) -> None:
        """Begin a call; its answer carries `token`. Requires a message that fits one frame."""
        assert len(message) + 5 <= FRAME_BYTES_MAX
        stream, self._next = self._next, self._next + 2
        self.outstanding[stream] = token, []
        block = b"\x83" + self._scheme + b"\x04" + _text(path) + b"\x01" + _text(self.endpoint)
        block += b"\x0f\x10" + _text("application/grpc") + b"\x00" + _text("te") + _text("trailers")
        data = struct.pack(">BI", 0, len(message)) + message
        frames = _frame(HEADERS, END_HEADERS, stream, block) + _frame(DATA, END_STREAM, stream, data)
        self._held.append((frames, len(data)))
        self.flush()

    def flush(self) -> None:
        """Send what the server's window and the socket take now."""
        while self._held and self._held[0][1] <= self._window:
            frames, size = self._held.popleft()
            self._window -= size
            self._outbound += frames
        try:
            while self._outbound:
                del self._outbound[: self.socket.send(self._outbound)]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError:
            self.is_open = False

    @property
    def wants_to_send(self) -> bool:
        """Whether the socket has not taken all yet."""
        return bool(self._outbound) and self.is_open

    def receive(self) -> list[Answer]:
        """The answers that have come; all outstanding calls fail when the connection has ended."""
        try:
            while data := self.socket.recv(1 << 18):
                self._inbound += data
            self.is_open = False
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError:
            self.is_open = False
        answers = self._read_frames()
        if not self.is_open:
            at_s = time.perf_counter()
            answers += [Answer(token, None, at_s) for token, _ in self.outstanding.values()]
            self.outstanding.clear()
        return answers

    def _read_frames(self) -> list[Answer]:
        answers: list[Answer] = []
        buffer, start = self._inbound, 0
        while len(buffer) - start >= 9:
            size = int.from_bytes(buffer[start : start + 3], "big")
            if len(buffer) - start < 9 + size:
                break
            kind, flags = buffer[start + 3], buffer[start + 4]
            stream = int.from_bytes(buffer[start + 5 : start + 9], "big") & WINDOW_MAX
            body = bytes(buffer[start + 9 : start + 9 + size])
            start += 9 + size
            self._take(kind, flags, stream, body, answers)
        del buffer[:start]
        self.flush()
        return answers

    def _take(self, kind: int, flags: int, stream: int, body: bytes, answers: list[Answer]) -> None:
        if kind in (DATA, HEADERS, RESET):
            token, parts = self.outstanding.get(stream, (None, []))
            if kind == DATA:
                parts.append(body)
                self._replenish(len(body))
            if stream in self.outstanding and (kind == RESET or flags & END_STREAM):
                del self.outstanding[stream]
                whole = b"".join(parts)
                answers.append(Answer(token, whole[5:] if whole and kind != RESET else None, time.perf_counter()))
        elif kind == SETTINGS and not flags & ACK:
            self._outbound += _frame(SETTINGS, ACK, 0, b"")
        elif kind == PING and not flags & ACK:
            self._outbound += _frame(PING, ACK, 0, body)
        elif kind == WINDOW and stream == 0:
            self._window += int.from_bytes(body, "big") & WINDOW_MAX
        elif kind == GO_AWAY:
            self.is_open = False

    def _replenish(self, size: int) -> None:
        self._received += size
        if self._received > WINDOW_MAX // 4:
            self._outbound += _frame(WINDOW, 0, 0, struct.pack(">I", self._received))
            self._received = 0


class Caller:
    """Many calls under way over several channels; use as a context."""

    def __init__(self, endpoints: Sequence[str], authority: str | None) -> None:
        self.channels = [Channel(endpoint, authority) for endpoint in endpoints]
        self._selector = selectors.DefaultSelector()
        for channel in self.channels:
            self._selector.register(channel.socket, selectors.EVENT_READ, channel)
            channel.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for channel in self.channels:
            channel.socket.close()

    @property
    def outstanding(self) -> int:
        """Calls under way."""
        return sum(len(channel.outstanding) for channel in self.channels)

    def wait(self, timeout_s: float) -> list[Answer]:
        """The answers that have come, waiting for the first one at most so long."""
        for channel in self.channels:
            if channel.wants_to_send:
                channel.flush()
                timeout_s = min(timeout_s, 0.001)
        answers: list[Answer] = []
        for key, _ in self._selector.select(max(0.0, timeout_s)):
            ready: Channel = key.data
            answers += ready.receive()
            if not ready.is_open:
                self._selector.unregister(ready.socket)
        return answers


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + body


def _text(text: str) -> bytes:
    """A string of HPACK without compression. Requires fewer than 127 bytes."""
    assert len(text) < 127
    return bytes([len(text)]) + text.encode()
