"""What waits to be sent on one lane: first in, first out, bounded in messages and bytes."""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from consensus.messages import MESSAGE_SIZE_MAX
from network.peers.records import Lane

FRAME_BYTES_AIM = 1024 * 1024
"""Bytes after which a frame takes no further message: enough to spread the cost of a frame, little to wait for."""

FRAME_COUNT_MAX = 1024
"""Messages of one frame."""


class Overflow(Enum):
    """What a full queue does with one message more."""

    DROP_OLDEST = "the newest word of a vote or heartbeat replaces earlier ones"
    BREAK = "a gap in the log would be worse than starting over: the connection is dropped and the log probed anew"
    REFUSE = "who asked for blocks asks again"


@dataclass(frozen=True)
class Bounds:
    """Of a lane's queue."""

    count: int
    size: int
    overflow: Overflow


BOUNDS = {
    Lane.VOTES: Bounds(2048, 4 * 1024 * 1024, Overflow.DROP_OLDEST),
    Lane.LOG: Bounds(2048, 3 * MESSAGE_SIZE_MAX, Overflow.BREAK),
    Lane.BULK: Bounds(256, 3 * MESSAGE_SIZE_MAX, Overflow.REFUSE),
}


class LaneQueue:
    """The waiting messages of one lane to one peer."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._waiting: deque[bytes] = deque()
        self.size = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def fits(self, data: bytes) -> bool:
        """Whether one message more stays within the bounds."""
        return len(self._waiting) < self._bounds.count and self.size + len(data) <= self._bounds.size

    def put(self, data: bytes) -> int:
        """Append a message, dropping the oldest ones until it fits; returns how many were dropped."""
        dropped = 0
        while self._waiting and not self.fits(data):
            self.size -= len(self._waiting.popleft())
            dropped += 1
        self._waiting.append(data)
        self.size += len(data)
        return dropped

    def take(self) -> list[bytes]:
        """The next frame's messages, oldest first: as many as fit into `FRAME_BYTES_AIM`, at least one if any waits."""
        frame: list[bytes] = []
        size = 0
        while self._waiting and len(frame) < FRAME_COUNT_MAX:
            size += len(self._waiting[0])
            if frame and size > FRAME_BYTES_AIM:
                break
            frame.append(self._waiting.popleft())
            self.size -= len(frame[-1])
        return frame

    def clear(self) -> int:
        """Forget everything; returns how many messages that were."""
        count = len(self._waiting)
        self._waiting.clear()
        self.size = 0
        return count
