"""An append, checked before the core sees it: pure functions of bytes, and the sender's time against ours.

What fails here is dropped without a word: a refusal would only make the leader look for another place to begin. A time
that is ahead heals by itself, and the leader sends again.
"""

from consensus.entry import Entry, Kind, Tip, envelope_message, next_entry
from consensus.evidence import EquivocalEntries, Evidence, Keys, envelope, equivocal_entries
from consensus.member.change import is_change
from consensus.member.ports import CheckPayload
from consensus.member.room import Room
from consensus.member.store import LogView
from consensus.messages import Append, SentEntry
from ledger.crypto.signing import Algorithm, verify


class Unacceptable(Exception):
    """An append is dropped: `reason` in a word or two. `fork`: the place where our log has another entry of the same
    term; `replacement`: the one that was sent instead, good in itself.
    """

    def __init__(
        self,
        reason: str,
        *,
        evidence: Evidence | None = None,
        fork: Tip | None = None,
        replacement: Entry | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence
        self.fork = fork
        self.replacement = replacement


class AppendCheck:
    """Checks appends against our own log. `keys` gives validators' public keys, present and past."""

    def __init__(self, chain_id: bytes, log: LogView, keys: Keys, check_payload: CheckPayload) -> None:
        self._chain_id = chain_id
        self._log = log
        self._keys = keys
        self._check_payload = check_payload
        self.room = Room()

    def __call__(self, sender: str, message: Append, floor: int, now_ms: int) -> tuple[Entry, ...]:
        """The entries that may go to the core: all, or those before the first that is not acceptable; none if the core
        will ask for others anyway. `floor`: up to here our log is settled. Raises `Unacceptable` when it gets nothing.
        """
        before = self._link(message)
        if before is None:
            return ()
        found: list[Entry] = []
        for sent in message.entries:
            try:
                entry = self._entry(sender, message.term, before, sent, floor, now_ms)
            except Unacceptable as refusal:
                if refusal.evidence is not None or refusal.fork is not None or not found:
                    raise
                break
            found.append(entry)
            before = entry.tip
        return tuple(found)

    def _link(self, message: Append) -> Tip | None:
        """Where the entries join our log; None when they do not, so that the core answers from what it has."""
        if message.log_term > message.term:
            raise Unacceptable("term of the past")
        claimed = Tip(message.log_term, message.index, message.digest)
        if message.index < self._log.base.index:
            return None
        mine = self._log.tip_at(message.index)
        if mine is None or mine.term != claimed.term:
            return None
        if mine.digest != claimed.digest:
            raise Unacceptable("other digest", fork=mine)
        return mine

    def _entry(self, sender: str, term: int, before: Tip, sent: SentEntry, floor: int, now_ms: int) -> Entry:
        """The entry that follows `before`. Raises `Unacceptable`."""
        if not before.term <= sent.term <= term:
            raise Unacceptable("term of an entry")
        if sent.term == term and sent.leader != sender:
            raise Unacceptable("leader of an entry")
        entry = next_entry(before, sent.term, sent.payload, sent.kind, sent.leader, sent.signature)
        mine = self._log.tip_at(entry.index)
        if mine is not None and mine.digest == entry.digest:
            return entry
        key = self._keys(sent.leader)
        if key is None or not verify(
            Algorithm.ED25519, key, sent.signature, envelope_message(self._chain_id, entry.digest)
        ):
            raise Unacceptable("signature of an entry")
        if entry.index <= floor:
            raise Unacceptable("contradicts what is settled", evidence=self._evidence(entry, before))
        if sent.kind is Kind.CONFIGURATION and not is_change(sent.payload):
            raise Unacceptable("a change that is none")
        if sent.kind is Kind.PROPOSAL and sent.payload and self._check_payload(sent.payload, now_ms):
            raise Unacceptable("payload")
        if mine is not None and mine.term == entry.term:
            proof = self._evidence(entry, before)
            raise Unacceptable("other digest", evidence=proof, fork=mine, replacement=entry)
        if not self.room.take(entry.index, len(entry.payload)):
            raise Unacceptable("too much that is not certified")
        return entry

    def _evidence(self, other: Entry, before_other: Tip) -> EquivocalEntries | None:
        """Proof against a leader who signed both our entry and `other` for one place, if it did."""
        mine, before_mine = self._log.entry(other.index), self._log.tip_at(other.index - 1)
        if mine is None or before_mine is None or (mine.term, mine.leader) != (other.term, other.leader):
            return None
        return equivocal_entries(envelope(mine, before_mine.digest), envelope(other, before_other.digest))
