"""What is to be sent to peers, in order, encoded once."""

from consensus.messages import PeerMessage
from ledger.crypto.encoding import encode
from network.replica.messages import ReplicaMessage, lane_of


class Outbox:
    """Messages for those who can be talked to; what is for others is not kept, since all of it is said again."""

    def __init__(self) -> None:
        self.peers: set[str] = set()
        self.messages: list[tuple[str, str, bytes]] = []

    def send(self, peer: str, message: PeerMessage | ReplicaMessage) -> None:
        """To one."""
        if peer in self.peers:
            self.messages.append((peer, lane_of(message), encode(message)))

    def broadcast(self, message: PeerMessage | ReplicaMessage) -> None:
        """To everyone."""
        data, lane = encode(message), lane_of(message)
        self.messages += [(peer, lane, data) for peer in sorted(self.peers)]

    def take(self) -> list[tuple[str, str, bytes]]:
        """(peer, lane, bytes) of all since the last call."""
        messages, self.messages = self.messages, []
        return messages
