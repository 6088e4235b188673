"""The witnessed gate: what may be executed, decided from acknowledgements that this node has itself received.

An acknowledgement {leader term T, index, digest} says: following the leader of T, my log is durable up to here, and
this is its digest. Entry i is *witnessed* when, for one T, entry i is of term T and a quorum (during a change, of both
sets) has acknowledged in T an index at or after i with the digest that our own log has there. Two quorums share more
honest members than may lie, and an honest member acknowledges one digest in a place: so within a term no two nodes
witness different entries, whatever the leader told them. An entry of an older term is witnessed only through a later
one of the term that acknowledges it (Raft §5.4.2, Figure 8).

Forgetting is always safe here: it can only delay. So what is kept of each voter is small and bounded: its newest term,
and the one before. Whoever comes late needs that one, when what it misses was acknowledged in a term that ended
before it could compare, and one of those who acknowledged it has left since and takes no part in any later term.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from consensus.entry import Tip
from consensus.voters import Voters

AHEAD_MAX = 64
"""Places that are remembered of one voter in a term beyond what our own log confirms."""

TERMS_MAX = 2
"""Terms in which what a voter acknowledged is remembered."""


@dataclass
class _Record:
    """What one voter acknowledged in `term`: up to `matched` our log agrees; `ahead` is still to be compared."""

    term: int
    matched: int = 0
    ahead: list[tuple[int, bytes]] = field(default_factory=list)


class Gate:
    """Counts acknowledgements against our own log, which `tip_at` gives: None beyond its end or before its start.

    `witnessed` only ever grows.
    """

    def __init__(self, tip_at: Callable[[int], Tip | None], floor: int) -> None:
        self._tip_at = tip_at
        self._records: dict[str, list[_Record]] = {}
        """By voter, the newest term last."""

        self.witnessed = floor

    def acknowledge(self, voter: str, term: int, index: int, digest: bytes) -> None:
        """Take an acknowledgement of `voter`, checked to be its own. Older terms and places say nothing new."""
        records = self._records.setdefault(voter, [_Record(term)])
        record = records[-1]
        if term < record.term or index <= self.witnessed:
            return
        if term > record.term:
            record = _Record(term)
            records.append(record)
            del records[:-TERMS_MAX]
        if index <= (record.ahead[-1][0] if record.ahead else record.matched):
            return
        if len(record.ahead) == AHEAD_MAX:
            # The newest covers what lies between; only the moment at which it counts is later.
            record.ahead.pop()
        record.ahead.append((index, digest))

    def cut(self, index: int) -> None:
        """Our own log no longer holds what it held after `index`: agreement beyond it is void."""
        for record in self._all():
            if record.matched > index:
                record.matched = 0

    def keep(self, voters: Iterable[str]) -> None:
        """Forget everyone else."""
        kept = set(voters)
        for voter in [voter for voter in self._records if voter not in kept]:
            del self._records[voter]

    def raise_floor(self, index: int) -> None:
        """A certificate proves everything up to `index`."""
        self.witnessed = max(self.witnessed, index)

    def advance(self, voters: Voters) -> bool:
        """Count again. True when `witnessed` grew."""
        before = self.witnessed
        for record in self._all():
            self._compare(record)
        said = [(voter, record) for voter in self._records if voter in voters for record in self._records[voter]]
        for term in {record.term for _, record in said}:
            places = {voter: record.matched for voter, record in said if record.term == term}
            reached = voters.reached(places)
            # The last entry that all of a quorum hold: if it is not of this term, none before it is.
            if reached > self.witnessed and (tip := self._tip_at(reached)) is not None and tip.term == term:
                self.witnessed = reached
        return self.witnessed > before

    def _all(self) -> Iterator[_Record]:
        return chain.from_iterable(self._records.values())

    def _compare(self, record: _Record) -> None:
        """Move `matched` to the highest place where our log now has the acknowledged digest."""
        for position in range(len(record.ahead) - 1, -1, -1):
            index, digest = record.ahead[position]
            tip = self._tip_at(index)
            if tip is not None and tip.digest == digest:
                record.matched = index
                del record.ahead[: position + 1]
                return
