"""The parts of a member, and the moves that several of its acts share."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from consensus.entry import Entry, Kind, Tip, envelope_message, next_entry
from consensus.errors import LogDiverged
from consensus.evidence import Evidence, Keys
from consensus.gate import Gate
from consensus.member.change import change_to, decode_change, steps
from consensus.member.incoming import AppendCheck
from consensus.member.outgoing import Translator
from consensus.member.ports import CheckPayload, EntryLog, Resume
from consensus.member.promises import Acknowledged
from consensus.member.releases import Releases
from consensus.member.store import CoreStorage, LogView, voters_of
from consensus.messages import PeerMessage
from consensus.raft.config import Config
from consensus.raft.configuration import ConfChange
from consensus.raft.messages import HardState
from consensus.raft.node import RawNode
from consensus.safety import Promises
from consensus.voters import Voters
from ledger.certificate import quorum
from ledger.crypto.signing import SigningKey

ELECTION_TICKS = 10
HEARTBEAT_TICKS = 2
MESSAGE_BYTES = 256 * 1024
"""Payload of one append, unless a single entry is larger."""

UNCOMMITTED_BYTES = 64 * 1024 * 1024
IN_FLIGHT_MESSAGES = 64
NOTES_MAX = 16
"""Certificates of refused votes that wait for the driver."""


class State:
    """Everything that a member is made of."""

    def __init__(
        self,
        me: str,
        key: SigningKey,
        chain_id: bytes,
        log: EntryLog,
        promises: Promises,
        resume: Resume,
        keys: Keys,
        check_payload: CheckPayload,
        draw: Callable[[int], int],
    ) -> None:
        assert log.base.index <= resume.tip.index <= log.tip.index, (log.base, resume.tip, log.tip)
        self.me = me
        self.keys = keys
        self._key = key
        self._chain_id = chain_id
        self._sealed = resume.tip
        self.storage = CoreStorage(log, resume, _hard_state(log, promises, resume))
        self.node = RawNode(self._config(resume, draw), self.storage)
        self.view = LogView(self.node.raft, log)
        self.check = AppendCheck(chain_id, self.view, keys, check_payload)
        self.gate = Gate(self.view.tip_at, resume.tip.index)
        self.releases = Releases(resume.tip.index)
        self.acknowledged = Acknowledged(promises.acknowledged)
        self.translator = Translator(me)
        self.translator.height, self.translator.note = resume.height, resume.note
        self.certified = resume.tip
        self.heights: dict[str, int] = {}
        self.announced = (0, 0)
        """The commit index that the leader of a term has announced, as (term, index)."""
        self.outbox: list[tuple[str, PeerMessage]] = []
        self.evidence: list[Evidence] = []
        self.notes: list[tuple[str, str]] = []
        self.behind = ""
        self.dropped: Counter[str] = Counter()
        self.update_hold()
        self._say_again()

    def _config(self, resume: Resume, draw: Callable[[int], int]) -> Config:
        return Config(
            id=self.me,
            draw=draw,
            election_tick=ELECTION_TICKS,
            heartbeat_tick=HEARTBEAT_TICKS,
            quorum=quorum,
            seal=self._seal,
            decode_change=self._decode_change,
            max_size_per_message=MESSAGE_BYTES,
            max_uncommitted_size=UNCOMMITTED_BYTES,
            max_inflight_messages=IN_FLIGHT_MESSAGES,
            max_inflight_bytes=UNCOMMITTED_BYTES,
            check_quorum=True,
            pre_vote=True,
            disable_proposal_forwarding=True,
            step_down_on_removal=True,
            applied=resume.tip.index,
        )

    def _seal(self, term: int, index: int, kind: Kind, payload: bytes) -> Entry:
        """The leader's entry: chained to the one before, and signed."""
        before = self.view.tip_at(index - 1) or self._sealed
        assert before.index == index - 1, (before, index)
        entry = next_entry(before, term, payload, kind, self.me)
        self._sealed = entry.tip
        return replace(entry, signature=self._key.sign(envelope_message(self._chain_id, entry.digest)))

    def _decode_change(self, payload: bytes) -> ConfChange:
        change = decode_change(payload)
        assert change is not None, "only a change that can be read is proposed"
        return change_to(self.node.raft.configuration.voters, change.targets)

    def _say_again(self) -> None:
        """What was acknowledged in this term before a restart counts on, and is said again like everything else."""
        term, mark = self.node.raft.term, self.acknowledged.mark
        tip = self.view.tip_at(mark.index)
        if tip is not None and tip.term == mark.term == term and not self.node.hold:
            self.acknowledged.say_again(term, tip)

    # What others ask of several parts.

    @property
    def voters(self) -> Voters:
        """Who decides, by the last applied change."""
        return voters_of(self.node.raft.configuration)

    @property
    def others(self) -> list[str]:
        """Everyone in the configuration but this member, sorted."""
        return [member for member in self.node.raft.configuration.members if member != self.me]

    def send(self, to: str, message: PeerMessage) -> None:
        """Send after the next durable write."""
        self.outbox.append((to, message))

    def update_hold(self) -> None:
        """Below its mark a node neither votes nor campaigns, and its acknowledgements do not count."""
        held = self.acknowledged.is_held(self.view.last)
        if held != self.node.hold:
            self.node.hold = held

    def count(self) -> None:
        """Count acknowledgements again; a follower then commits what is witnessed and announced.

        Without the announcement a read could be answered by a leader that knows of less than its followers.
        """
        self.gate.advance(self.voters)
        raft = self.node.raft
        if not raft.is_leader and self.announced[0] == raft.term:
            self.node.commit_to(min(self.announced[1], self.gate.witnessed))

    def announce(self, term: int, commit: int) -> int:
        """The leader of `term` says that this much is committed; returns how much of it is witnessed here."""
        known = self.announced[1] if self.announced[0] == term else 0
        self.announced = (term, max(known, commit))
        return min(commit, self.gate.witnessed)

    def put(self, entry: Entry) -> None:
        """Our entry here is one of two that its leader signed; a later leader holds the other. Take that one."""
        before = self.view.tip_at(entry.index - 1)
        assert before is not None
        self.view.put(entry)
        self.replaced(before)

    def begin_after(self, tip: Tip, voters: Voters) -> None:
        """A certified block stands where our log has something else or nothing: the log begins anew behind it."""
        if tip.index <= self.gate.witnessed:
            raise LogDiverged(tip.index)
        is_longer = self.view.last.index >= tip.index
        self.view.begin_after(tip, voters)
        self.releases.clear()
        if is_longer:
            self.replaced(tip)

    def replaced(self, before: Tip) -> None:
        """Our log no longer holds what it held behind `before`, and rightly so."""
        self.gate.cut(before.index)
        self.acknowledged.replaced(before, is_whole=not self.node.hold)

    def adopt(self, voters: Voters) -> None:
        """Go over to the voters that a certified block names."""
        for change in steps(self.node.raft.configuration, voters):
            self.node.apply_change(change)
        self.keep_members()

    def keep_members(self) -> None:
        """The configuration changed: acknowledgements of those who left are forgotten."""
        self.gate.keep((*self.node.raft.configuration.members, self.me))

    def apply(self) -> None:
        """Tell the core what has been released and decided: then it may campaign, and leave a joint configuration."""
        self.node.applied_to(min(self.releases.applied, self.node.raft.log.applying))


def _hard_state(log: EntryLog, promises: Promises, resume: Resume) -> HardState:
    """Term and vote to begin with. A log that ends in a later term than the safety file knows was written just before a
    crash, by a leader's append: no vote was given in that term, or it would be on file.
    """
    term = max(promises.term, log.tip.term, resume.tip.term)
    return HardState(term, promises.vote if term == promises.term else "", resume.tip.index)
