"""What the core wants to say, on its way to others: acknowledgements go to everyone, and only while they are true."""

from collections.abc import Iterable

from consensus.entry import Tip
from consensus.member.state import State
from consensus.raft.messages import Message, MessageType


class Outbox:
    """Sends for a member."""

    def __init__(self, state: State) -> None:
        self._state = state

    def take(self, messages: Iterable[Message]) -> None:
        """Send what the core has to say, once what it appended is durable. A leader acknowledges like anyone else."""
        state = self._state
        if state.node.raft.is_leader:
            self._acknowledge(state.view.last, exempt="")
        for message in messages:
            self._send(message)

    def _send(self, message: Message) -> None:
        state, translator = self._state, self._state.translator
        to = message.to
        match message.type:
            case MessageType.APPEND:
                before = state.view.tip_at(message.index)
                # Before the log began anew this leader had entries that it cannot vouch for now; and it leads no more.
                if before is not None and before.term == message.log_term:
                    state.send(to, translator.entries(message, before))
            case MessageType.APPEND_RESPONSE:
                self._answer(message)
            case MessageType.READ_INDEX:
                state.send(to, translator.read_request(message, state.node.raft.term))
            case MessageType.READ_INDEX_RESPONSE:
                state.send(to, translator.read_response(message))
            case _:
                other = translator.other(message, state.heights)
                if other is not None:
                    state.send(to, other)
                if message.type is MessageType.SNAPSHOT:
                    # It is fetching blocks from whomever it likes: try again where its log ends, at heartbeats.
                    state.node.report_snapshot(to, ok=False)

    def _answer(self, message: Message) -> None:
        """An answer to an append. It acknowledges what is named only while our log and term are what they were."""
        state = self._state
        if message.reject or message.refilling or not message.index:
            state.send(message.to, state.translator.stored(message, b""))
            return
        tip = state.view.tip_at(message.index)
        if tip is not None and message.term == state.node.raft.term:
            self._acknowledge(tip, exempt=message.to)
            state.send(message.to, state.translator.stored(message, tip.digest))

    def _acknowledge(self, tip: Tip, exempt: str) -> None:
        """Tell everyone but `exempt`, who hears it otherwise."""
        state = self._state
        if not state.acknowledged.give(state.node.raft.term, tip):
            return
        height, certified = state.translator.height, state.certified.index
        news = state.acknowledged.message(state.node.raft.term, height, certified)
        for other in state.others if news is not None else ():
            if other != exempt and news is not None:
                state.send(other, news)
