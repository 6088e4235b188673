"""Linearizable reads without a log entry (dissertation §6.4): the leader notes its commit index, proves with a round of
heartbeats that it still leads, and answers with the noted index.
"""

from msgspec import Struct

from consensus.raft.messages import Message


class _Request(Struct):
    message: Message
    index: int
    acknowledged: dict[str, bool]


class ReadRequests:
    """Read requests that await their round of heartbeats, oldest first; each has a distinct context."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, _Request] = {}

    def add(self, index: int, message: Message) -> None:
        """A request came while `index` was committed. A context that is waiting already stays as it is."""
        context = request_context(message)
        if context not in self._waiting:
            self._waiting[context] = _Request(message, index, {})

    def acknowledge(self, member: str, context: bytes) -> dict[str, bool]:
        """`member` answered the heartbeat that carried `context`; returns all who did."""
        request = self._waiting.get(context)
        if request is None:
            return {}
        request.acknowledged[member] = True
        return request.acknowledged

    def release(self, context: bytes) -> list[tuple[Message, int]]:
        """The request of `context` and all older ones are proven: they come out with their indexes."""
        if context not in self._waiting:
            return []
        released = []
        for waiting in list(self._waiting):
            request = self._waiting.pop(waiting)
            released.append((request.message, request.index))
            if waiting == context:
                break
        return released

    def newest_context(self) -> bytes:
        """The context that heartbeats carry along; empty when nothing waits."""
        return next(reversed(self._waiting), b"")


def request_context(message: Message) -> bytes:
    """The token of a read request."""
    return message.entries[0].payload
