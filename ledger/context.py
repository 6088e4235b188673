"""All that a rule may see and do: state, block time, signer, journals, events and timers. Nothing else exists for
it.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ledger.crypto.encoding import encode
from ledger.crypto.hashing import digests
from ledger.errors import Refusal, RestrictedNeeded, TooManyEffects
from ledger.module import Timer
from ledger.roles import Role
from ledger.state import OUTPUT, ROLES, SELF, BlockState
from ledger.timers import TIMERS_PER_PAGE, timer_key, timers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.crypto.encoding import Message

_M = TypeVar("_M")

SUBJECTS_MAX = 1_024
EVENTS_MAX = 1_024


@dataclass(frozen=True)
class Signer:
    """Whose key signed: the organisation it answers for, the subject that holds the key, the organisation's roles."""

    organisation: str
    subject: str
    roles: frozenset[Role]
    public_key: bytes
    algorithm: int

    def has(self, *roles: Role) -> bool:
        """Whether the signer's organisation holds one of `roles`."""
        return not self.roles.isdisjoint(roles)


NOBODY = Signer("", "", frozenset(), b"", 0)
"""The signer of timers. Of an action whose authority is a credential inside, the key is known and nothing else."""


@dataclass(slots=True)
class Context:
    """What one transaction or timer sees. Changes are kept only if its rule returns; a refusal leaves nothing
    behind.
    """

    state: BlockState
    height: int
    time_ms: int
    parameters: "Mapping[str, int]"
    chain_id: bytes
    rules_version: int = 1
    position: int = 0
    signer: Signer = NOBODY
    transaction_id: bytes = b""
    restricted: "Message | None" = None
    secret: bytes = b""
    events: list[list[str | int | bytes]] = field(default_factory=list)
    subjects: dict[str, list[str | int | None]] = field(default_factory=dict)
    work: int = 0
    """Rows' worth of work that a timer has done; a block runs timers until `timers_per_block` is used up."""
    _salt: "Callable[[bytes], bytes] | None" = None

    def require(self, condition: bool, otherwise: Refusal) -> None:
        """Raise `otherwise` unless `condition` holds. For refusals that are costly to build, use an `if`."""
        if not condition:
            raise otherwise

    def event(self, name: str, *fields: str | int | bytes) -> None:
        """State something that came of this record; it stands on the leaf."""
        if len(self.events) >= EVENTS_MAX:
            raise TooManyEffects(len(self.events), EVENTS_MAX)
        self.events.append([name, *fields])

    def journal(self, subject: str, role: str, from_ms: int | None = None, to_ms: int | None = None) -> None:
        """Enter this record into a subject's journal without changing its row. Requires a subject that has a row.

        `from_ms`, `to_ms` bound (in block time) how much of that subject's journal belongs to a journey that comes this
        way. The first role and bounds given for a subject stand, but `self` and `output` override the others.
        """
        if subject not in self.subjects:
            key, table = self.state.home(subject)
            assert self.state.row(table, key) is not None, f"{subject} has no row to journal to"
        self.enter(subject, role, from_ms, to_ms)

    def enter(self, subject: str, role: str, from_ms: int | None, to_ms: int | None) -> None:
        """`journal` for a subject whose row is known to be there; tables call it when they write one."""
        assert role in ROLES, role
        known = self.subjects.get(subject)
        if known is not None and (role not in (SELF, OUTPUT) or known[1] in (SELF, OUTPUT)):
            return
        if known is None and len(self.subjects) >= SUBJECTS_MAX:
            raise TooManyEffects(len(self.subjects), SUBJECTS_MAX)
        bounded = from_ms is not None or to_ms is not None
        self.subjects[subject] = [subject, role, from_ms, to_ms] if bounded else [subject, role]

    def subject_exists(self, subject: str) -> bool:
        """Whether a subject has a row; False for types that no module of this network declares."""
        try:
            key, table = self.state.home(subject)
        except KeyError:
            return False
        return self.state.row(table, key) is not None

    def schedule(self, due_ms: int, timer: Timer) -> None:
        """Let `timer` run in the first block whose time is at least `due_ms` and that has room (`ledger/timers.py`)."""
        pages = self.state.timer_pages
        page = pages.get(due_ms, 0)
        key = timer_key(due_ms, self.height, page)
        waiting = timers.get(self, key) or ()
        if len(waiting) >= TIMERS_PER_PAGE:
            pages[due_ms] = page + 1
            key, waiting = timer_key(due_ms, self.height, page + 1), ()
        timers.put(self, key, (*waiting, encode(timer)))

    def need_restricted(self, kind: "type[_M]") -> "_M":
        """The restricted part of this transaction; raises `RestrictedNeeded` when it came without one, or another."""
        if not isinstance(self.restricted, kind):
            raise RestrictedNeeded(kind.__name__)
        return self.restricted

    def next_salt(self, key: bytes) -> bytes:
        """A fresh salt for a restricted row, which only those can know who know every restricted part so far
        (docs/adr/0020).
        """
        if self._salt is None:
            assert self.secret, "a restricted row is written before any transaction had a restricted part"
            place = self.height.to_bytes(8, "big") + self.position.to_bytes(4, "big")
            self._salt = digests("salt", self.secret, place)
        return self._salt(key)
