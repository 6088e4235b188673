"""What went over each lane, for the metrics: plain counters that only grow."""

from dataclasses import dataclass, field

from network.peers.records import Lane


@dataclass
class LaneCounts:
    """Of one lane with one peer, both directions."""

    sent_messages: int = 0
    sent_bytes: int = 0
    sent_frames: int = 0
    received_messages: int = 0
    received_bytes: int = 0
    received_frames: int = 0
    dropped_messages: int = 0
    """Not sent: the queue was full, or the stream broke while they waited."""

    breaks: int = 0
    """Streams of ours that ended, and attempts to open one that failed."""


@dataclass
class Counts:
    """Of a transport, from its start on; peers that have left keep theirs."""

    lanes: dict[tuple[str, Lane], LaneCounts] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    """Streams of others that were refused or ended by us, by gRPC status."""

    def of(self, peer: str, lane: Lane) -> LaneCounts:
        """The counters of one lane, made on first use."""
        return self.lanes.setdefault((peer, lane), LaneCounts())

    def refuse(self, status: str) -> None:
        """Count one refused or ended stream."""
        self.refused[status] = self.refused.get(status, 0) + 1
