"""What clients saw, and whether one order of writes explains it: per key, reads and writes must be linearizable.

The chain itself is the witness of the order: every write that took effect has a place in the log, every value is
written once. Given that order, a history is linearizable exactly when none of the rules of `check` is broken (a
register with a known order of writes: no search is needed).
"""

from dataclasses import dataclass, field

from tests.simulation.kernel import Violation


@dataclass
class Operation:
    """One operation of a client; `ended_us` None = nobody knows what came of it."""

    client: str
    key: str
    value: str | None
    """What was written, or what a read found ("" = nothing); None while a read has no answer."""
    is_read: bool
    began_us: int
    ended_us: int | None = None
    transaction_id: bytes = b""


@dataclass
class History:
    """All operations of a simulation, in the order in which they began."""

    operations: list[Operation] = field(default_factory=list)

    def check(self, written: dict[str, list[str]]) -> None:
        """`written`: per key the values in the order of the log. Raises `Violation`."""
        by_key: dict[str, list[Operation]] = {}
        for operation in self.operations:
            by_key.setdefault(operation.key, []).append(operation)
        for key, operations in by_key.items():
            _check_key(key, operations, {value: place for place, value in enumerate(written.get(key, ()), 1)})


def _check_key(key: str, operations: list[Operation], places: dict[str, int]) -> None:
    """Every operation sees at least what was over before it began, and nothing that began after it was over."""
    placed: list[tuple[int, Operation]] = []
    for operation in operations:
        if operation.ended_us is None:
            continue
        assert operation.value is not None
        place = places.get(operation.value, 0 if operation.is_read and not operation.value else None)
        if place is None:
            what = "read" if operation.is_read else "was told that its write took effect:"
            raise Violation(f"{operation.client} {what} {operation.value!r} of {key}, which the ledger does not hold")
        placed.append((place, operation))
    began = {operation.value: operation.began_us for operation in operations if not operation.is_read}
    for _, operation in placed:
        if operation.is_read and began.get(operation.value, 0) > (operation.ended_us or 0):
            raise Violation(f"{operation.client} read {operation.value!r} of {key} before anyone wrote it")
    _check_real_time(key, placed)


def _check_real_time(key: str, placed: list[tuple[int, Operation]]) -> None:
    """What begins after another operation ended stands at the same place or later."""
    by_end = sorted(placed, key=lambda item: item[1].ended_us or 0)
    newest, seen_by, over = 0, "nobody", 0
    for place, operation in sorted(placed, key=lambda item: item[1].began_us):
        while over < len(by_end) and (by_end[over][1].ended_us or 0) < operation.began_us:
            if by_end[over][0] > newest:
                newest, seen_by = by_end[over][0], by_end[over][1].client
            over += 1
        if place < newest:
            verb = "read" if operation.is_read else "wrote"
            raise Violation(
                f"stale: {operation.client} {verb} {operation.value!r} of {key} (place {place}) after {seen_by} had "
                f"seen place {newest}"
            )
