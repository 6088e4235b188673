"""What all services share: refusals become statuses, request fields are checked, replies are bounded, stalled readers
are let go.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar, cast

from ledger.errors import Refusal
from network.access import Undecodable
from network.errors import BadField, ReplyTooLarge, TooManyCalls, TooSlow, abort

_Request = TypeVar("_Request")
_Reply = TypeVar("_Reply")
Call = Any
"""grpc.aio.ServicerContext; its stubs and the generated servicers disagree on its type parameters."""

NOT_A_MESSAGE = "the bytes are not a message of this request's type"

STALL_MAX_S = 30.0
"""How long a reader of a stream may take nothing before the stream is ended, to be resumed."""


REPLY_SIZE_MAX = 64 * 1024 * 1024
"""Bytes of one reply message: what `client.connection` accepts."""


def unary(
    method: Callable[[Any, _Request, Call], Awaitable[_Reply]],
) -> Callable[[Any, _Request, Call], Awaitable[_Reply]]:
    """Let a method of one reply raise refusals; its reply, a message or the bytes of one, is bounded."""

    @functools.wraps(method)
    async def answer(self: Any, request: _Request, context: Call) -> bytes:
        try:
            check_decoded(request)
            return bounded(await method(self, request, context))
        except Refusal as refusal:
            await abort(context, refusal)

    # Bytes are what the server sends on (`network.access.RequestHashes`); the generated servicers know only messages.
    return cast("Callable[[Any, _Request, Call], Awaitable[_Reply]]", answer)


def bounded(reply: object) -> bytes:
    """The bytes of a reply; raises `ReplyTooLarge`."""
    raw = reply if isinstance(reply, bytes) else cast("bytes", reply.SerializeToString())  # type: ignore[attr-defined]  # a message
    if len(raw) > REPLY_SIZE_MAX:
        raise ReplyTooLarge(len(raw), REPLY_SIZE_MAX)
    return raw


def streaming(
    method: Callable[[Any, _Request, Call], AsyncIterator[_Reply]],
) -> Callable[[Any, _Request, Call], AsyncIterator[_Reply]]:
    """Let a method of many replies raise refusals. Its replies are written one by one, so that a reader that takes
    nothing for `STALL_MAX_S` is ended with `TooSlow`.
    """

    @functools.wraps(method)
    async def answer(self: Any, request: _Request, context: Call) -> None:
        stall_s = getattr(self, "stall_max_s", STALL_MAX_S)
        if isinstance(request, Undecodable):
            await abort(context, BadField("$", NOT_A_MESSAGE))
        sent = 0
        replies = method(self, request, context)
        try:
            async for reply in replies:
                resume_from = position_of(reply, sent)
                raw = bounded(reply)
                async with asyncio.timeout(stall_s):
                    await context.write(raw)
                sent = max(sent, resume_from + 1)
        except TimeoutError:
            await abort(context, TooSlow(sent))
        except Refusal as refusal:
            await abort(context, refusal)
        finally:
            await replies.aclose()  # type: ignore[attr-defined]  # methods are async generators

    # grpc.aio takes a coroutine that writes as well as an iterator; the generated servicers know only of the latter.
    return cast("Callable[[Any, _Request, Call], AsyncIterator[_Reply]]", answer)


def check_decoded(request: object) -> None:
    """Raise `BadField` when a request's bytes were not a message of its type."""
    if isinstance(request, Undecodable):
        raise BadField("$", NOT_A_MESSAGE)


def position_of(reply: object, default: int) -> int:
    """Where a stream stands with this reply: a block's height or a record's log index."""
    for name in ("index", "height"):
        value = getattr(reply, name, None)
        if isinstance(value, int):
            return value
    return default


class Slots:
    """A bound on calls of one kind at once. Use as a context manager; raises `TooManyCalls` when there are no more."""

    def __init__(self, what: str, limit: int) -> None:
        self._what = what
        self._limit = limit
        self._used = 0

    def __enter__(self) -> None:
        if self._used >= self._limit:
            raise TooManyCalls(self._what, self._limit)
        self._used += 1

    def __exit__(self, *_: object) -> None:
        self._used -= 1


def check_size(path: str, value: bytes, size: int) -> bytes:
    """`value` if it has exactly `size` bytes; raises `BadField`."""
    if len(value) != size:
        raise BadField(path, f"expected {size} bytes, got {len(value)}")
    return value


def check_range(path: str, value: int, low: int, high: int) -> int:
    """`value` if low <= value <= high; raises `BadField`."""
    if not low <= value <= high:
        raise BadField(path, f"expected {low} to {high}, got {value}")
    return value


def check_text(path: str, value: str, size_max: int) -> str:
    """`value` if it has 1 to `size_max` characters; raises `BadField`."""
    if not 1 <= len(value) <= size_max:
        raise BadField(path, f"expected 1 to {size_max} characters, got {len(value)}")
    return value


def metadata_of(context: Call) -> list[tuple[str, str | bytes]]:
    """The metadata that came with a call."""
    return list(context.invocation_metadata() or ())


def time_left_s(context: Call) -> float | None:
    """Seconds until the caller's deadline, or None when it set none."""
    left: float | None = context.time_remaining()
    return left
