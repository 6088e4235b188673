"""When a removed validator may stop: not before the others have shown that they can do without it.

Whoever has not applied the change yet still counts the acknowledgements of the old voters, and may need those of the
one that leaves. So it stays, and says again what it acknowledged, until more is certified than it can have helped to
order: whoever signed that has passed the change, or others make up a quorum of the old voters. No time that passes
shows as much: where those who stay cannot reach each other, or have lost one of theirs for good, it is waited for.
"""

from collections.abc import Mapping, Sequence

from consensus.entry import Kind
from consensus.member import Member
from consensus.member.ports import EntryLog
from network.replica.errors import Retired
from network.replica.finality import Finality, Ledger
from network.replica.network_state import NetworkState

LEADERLESS_TICKS = 100
"""Ticks without a leader after which a removed validator that is still a voter, as far as it knows, was left out."""


class Retirement:
    """Asked once a tick."""

    def __init__(
        self, id: str, state: NetworkState, member: Member, log: EntryLog, finality: Finality, ledger: Ledger
    ) -> None:
        self._id = id
        self._state = state
        self._member = member
        self._log = log
        self._finality = finality
        self._ledger = ledger
        self._leaderless_ticks = 0

    def check(self, processed: int, heights: Mapping[str, int]) -> None:
        """Raise `Retired` when the ledger says so and it is time to stop. `processed`: the newest entry that has its
        effect; `heights`: certified at others, as they say.
        """
        record = self._state.records.get(self._id)
        if record is None or record.status != "retired":
            return
        self._leaderless_ticks = 0 if self._member.leader else self._leaderless_ticks + 1
        if self._id in self._member.voters and self._leaderless_ticks < LEADERLESS_TICKS:
            return
        head = self._ledger.head
        ordered = self._finality.head.height + self._count_proposals(processed)
        if can_do_without([each.id for each in head.validators], ordered, heights):
            raise Retired(self._id, head.height)

    def _count_proposals(self, processed: int) -> int:
        """Blocks that may still come of entries in the log."""
        first, end = max(processed, self._log.base.index) + 1, self._log.tip.index + 1
        entries = self._log.entries(first, end) if first < end else ()
        return sum(entry.kind is Kind.PROPOSAL and bool(entry.payload) for entry in entries)


def can_do_without(validators: Sequence[str], ordered: int, heights: Mapping[str, int]) -> bool:
    """Whether one honest of those who certify now, at least, holds a certificate of a height above `ordered`."""
    further = [each for each in validators if heights.get(each, 0) > ordered]
    return len(further) > (len(validators) - 1) // 3
