"""What a journey consists of: the closure over journals that a proof must hold and a verifier must demand.

Needed of the subject asked for: its whole journal. Then, for every record within what is needed of a subject X in which
X is `self` or `output`: of each other subject the record names as input, container, place, device or certificate, the
part of its journal within the bounds named there. Records of X that name the same (subject, role, from) are one edge,
which ends at the latest `to` among them and is open only if none has one. What is needed of a subject is the hull of
all edges to it. Rounds repeat until nothing is added; what is needed only grows, so builder and verifiers agree.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ledger.block import Leaf
from ledger.crypto.encoding import Malformed
from ledger.state import CERTIFICATE, CONTAINER, DEVICE, INPUT, OUTPUT, PLACE, ROLES, SELF

Bounds = tuple[int | None, int | None]
"""Block times in ms, both included; None = open."""

Run = tuple[int, int]
"""Positions in a journal: from the first, up to but without the second."""

WHOLE: Bounds = (None, None)
FOLLOWED_FROM = frozenset((SELF, OUTPUT))
FOLLOWED = frozenset((INPUT, CONTAINER, PLACE, DEVICE, CERTIFICATE))


class Naming(NamedTuple):
    """How a record names one subject."""

    role: str
    from_ms: int | None
    to_ms: int | None


class Named(NamedTuple):
    """A record as the closure sees it: its block time, and the subjects it names."""

    time_ms: int
    subjects: Mapping[str, Naming]


def named(leaf: Leaf) -> Named:
    """A leaf as the closure sees it. Raises `Malformed` when a subject is not named as docs/PROOF.md §8 says."""
    subjects: dict[str, Naming] = {}
    for place, entry in enumerate(leaf.subjects):
        match entry:
            case [str(subject), str(role)] if role in ROLES:
                naming = Naming(role, None, None)
            case [str(subject), str(role), int() | None as from_ms, int() | None as to_ms] if role in ROLES:
                naming = Naming(role, from_ms, to_ms)
            case _:
                raise Malformed(f"$.subjects[{place}]", "expected a subject, its role, and two times or none")
        if subject in subjects:
            raise Malformed(f"$.subjects[{place}]", "a subject stands twice")
        subjects[subject] = naming
    return Named(leaf.outcome[1], subjects)


def hull(one: Bounds, other: Bounds) -> Bounds:
    """The smallest bounds around both."""
    start = None if one[0] is None or other[0] is None else min(one[0], other[0])
    end = None if one[1] is None or other[1] is None else max(one[1], other[1])
    return start, end


def contains(bounds: Bounds, time_ms: int) -> bool:
    """Whether a block time lies within."""
    start, end = bounds
    return (start is None or start <= time_ms) and (end is None or time_ms <= end)


def edges(subject: str, records: Iterable[Named]) -> dict[str, Bounds]:
    """What the given records of `subject` call for of other subjects."""
    ends: dict[tuple[str, str, int | None], list[int]] = {}
    for record in records:
        if record.subjects[subject].role not in FOLLOWED_FROM:
            continue
        for other, naming in record.subjects.items():
            if other == subject or naming.role not in FOLLOWED:
                continue
            closed = ends.setdefault((other, naming.role, naming.from_ms), [])
            if naming.to_ms is not None:
                closed.append(naming.to_ms)
    found: dict[str, Bounds] = {}
    for (other, _, start), closed in ends.items():
        bounds = (start, max(closed, default=None))
        found[other] = hull(found.get(other, bounds), bounds)
    return found


def closure(subject: str, records_within: Callable[[str, Bounds], Iterable[Named]]) -> dict[str, Bounds]:
    """The bounds needed of every subject in the journey of `subject`, itself first.

    `records_within(subject, bounds)` gives the records of a subject within the bounds; it may raise to give up.
    """
    needed: dict[str, Bounds] = {subject: WHOLE}
    grown = [subject]
    while grown:
        before = dict(needed)
        for name in grown:
            for other, bounds in edges(name, records_within(name, before[name])).items():
                needed[other] = hull(needed.get(other, bounds), bounds)
        grown = [name for name, bounds in needed.items() if before.get(name) != bounds]
    return needed
