"""What a member is given, and the work it gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from consensus.entry import Entry, Tip
from consensus.evidence import Evidence
from consensus.messages import PeerMessage
from consensus.safety import Mark
from consensus.voters import Voters

CheckPayload = Callable[[bytes, int], str]
"""(payload, now in Unix milliseconds) -> "" or why a proposal is not acknowledged. Time may heal it."""


class EntryLog(Protocol):
    """The durable log as a member reads it (`consensus.storage.log.DurableLog`)."""

    @property
    def base(self) -> Tip:
        """The place before the first entry that is still here."""

    @property
    def tip(self) -> Tip:
        """The last entry; the base when there is none."""

    def entries(self, lo: int, hi: int, bytes_max: int | None = None) -> Sequence[Entry]:
        """Entries lo <= index < hi, at least one, and no more than `bytes_max` of payload."""

    def tip_at(self, index: int) -> Tip | None:
        """The place of the entry at `index`, also at the base; None outside."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The ledger's certified end: its height, its place in the log, the voters there, and the certificate."""

    height: int
    tip: Tip
    voters: Voters
    note: str = ""


@dataclass(frozen=True, slots=True)
class MemberReady:
    """Work for the driver, in this order.

    0. `void` (unless None): `SafetyFile.void`, for what was acknowledged beyond this mark is about to be replaced.
    1. `reset`: forget the whole log and begin it anew after this place. `persist`: cut the log before the first of
       them, append, sync.
    2. Make `term`, `vote` and `acknowledged` durable: one write of the safety file, if one of them changed.
    3. `Member.advance()`.
    4. Send `messages` to (id, message), in order. None may leave before 1 and 2 are durable.
    5. Take the rest over. `released` entries may be executed: each comes once and in order. After a CONFIGURATION entry
       nothing is released until `Member.change_applied`. `reads`: (token, index), the read may be answered when the
       index is executed. `notes`: (sender, certificate) attached to refused votes, not yet verified. `behind`: a leader
       that no longer has the entries this node needs ("" = none): fetch certified blocks.
    """

    term: int
    vote: str
    acknowledged: Mark
    void: Mark | None = None
    reset: Tip | None = None
    persist: tuple[Entry, ...] = ()
    messages: tuple[tuple[str, PeerMessage], ...] = ()
    released: tuple[Entry, ...] = ()
    reads: tuple[tuple[bytes, int], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    behind: str = ""
