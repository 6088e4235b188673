"""What the core wants to say, in the words of `consensus.messages`, with digests, heights and certificates added."""

from collections.abc import Mapping

from consensus import messages as peer
from consensus.entry import Tip
from consensus.raft.messages import Message, MessageType

_T = MessageType


class Translator:
    """Core messages into peer messages. `height` and `note`: of the newest certificate here."""

    def __init__(self, me: str) -> None:
        self._me = me
        self.height = 0
        self.note = ""

    def entries(self, message: Message, before: Tip) -> peer.Append:
        """An append; `before` is the place in our log after which its entries stand."""
        sent = tuple(peer.sent(entry) for entry in message.entries)
        return peer.Append(message.term, before.index, before.term, before.digest, message.commit, sent)

    def stored(self, message: Message, digest: bytes) -> peer.AppendResponse:
        """The answer to an append. `digest`: of our log at its index, when it acknowledges; else empty."""
        return peer.AppendResponse(
            message.term,
            message.index,
            message.log_term,
            message.hint,
            message.reject,
            message.refilling,
            digest,
            self.height,
        )

    def other(self, message: Message, heights: Mapping[str, int]) -> peer.PeerMessage | None:
        """All other kinds; None for one that does not travel. `heights`: certified heights that others named."""
        term = message.term
        match message.type:
            case _T.HEARTBEAT:
                return peer.Heartbeat(term, message.commit, message.context, self.height)
            case _T.HEARTBEAT_RESPONSE:
                return peer.HeartbeatResponse(term, message.context, self.height)
            case _T.VOTE | _T.PRE_VOTE:
                is_pre = message.type is _T.PRE_VOTE
                return peer.VoteRequest(term, message.index, message.log_term, is_pre, message.force, self.height)
            case _T.VOTE_RESPONSE | _T.PRE_VOTE_RESPONSE:
                is_behind = message.reject and heights.get(message.to, self.height) < self.height
                is_pre = message.type is _T.PRE_VOTE_RESPONSE
                return peer.VoteResponse(term, is_pre, message.reject, self.note if is_behind else "")
            case _T.TIMEOUT_NOW:
                return peer.TimeoutNow(term)
            case _T.REFILL:
                return peer.Refill(term, message.index)
            case _T.SNAPSHOT:
                assert message.snapshot is not None
                return peer.Behind(term, message.snapshot.metadata.index)
            case _:
                return None

    def read_request(self, message: Message, term: int) -> peer.ReadRequest:
        """A read of our own, for the leader: our id keeps its token apart from others'."""
        return peer.ReadRequest(term, message.entries[0].payload)

    def read_response(self, message: Message) -> peer.ReadResponse:
        """The leader's answer to another's read."""
        return peer.ReadResponse(message.term, message.index, message.entries[0].payload)
