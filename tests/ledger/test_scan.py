"""Scans of a table: what is written in the block and by the running transaction shows, and no row beyond is read."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from ledger.context import Context
from ledger.crypto.encoding import encode
from ledger.state import BlockState, Table
from tests.registry.chain import Memory

NUMBERS: Table[int] = Table("test-scan", "number", int)
KEYS = st.sampled_from([f"{number:02d}" for number in range(20)])
CHANGES = st.dictionaries(KEYS, st.one_of(st.none(), st.integers(0, 99)))


class Counting(Memory):
    """Counts what is read."""

    gets = 0
    scanned = 0

    def get(self, key: bytes) -> bytes | None:
        self.gets += 1
        return super().get(key)

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        for pair in super().scan(prefix, start):
            self.scanned += 1
            yield pair


def reader(stored: dict[str, int]) -> Counting:
    return Counting({NUMBERS.prefix + key.encode(): encode(value) for key, value in stored.items()})


def apply(state: BlockState, ctx: Context, changes: dict[str, int | None]) -> None:
    for key, value in changes.items():
        if value is None:
            NUMBERS.delete(ctx, key)
        else:
            NUMBERS.put(ctx, key, value)


@given(
    st.dictionaries(KEYS, st.integers(0, 99)),
    CHANGES,
    CHANGES,
    st.none() | KEYS,
    st.none() | KEYS,
    st.sampled_from(["", "0", "1"]),
    st.integers(0, 25),
)
def test_a_scan_is_what_a_dictionary_would_give(
    stored: dict[str, int],
    in_block: dict[str, int | None],
    in_transaction: dict[str, int | None],
    after: str | None,
    until: str | None,
    prefix: str,
    limit: int,
) -> None:
    state = BlockState(reader(stored))
    ctx = Context(state, 1, 1, {}, b"")
    apply(state, ctx, in_block)
    state.keep()
    apply(state, ctx, in_transaction)
    whole = {key: value for key, value in (stored | in_block | in_transaction).items() if value is not None}
    expected = [
        (key, value)
        for key, value in sorted(whole.items())
        if key.startswith(prefix) and (after is None or key > after) and (until is None or key < until)
    ]
    assert NUMBERS.scan(ctx, prefix, after, limit, until) == expected[:limit]
    state.drop()
    kept = {key: value for key, value in (stored | in_block).items() if value is not None}
    assert NUMBERS.scan(ctx, limit=100) == sorted(kept.items())


def test_rows_beyond_the_end_are_not_read_and_none_is_read_twice() -> None:
    memory = reader({f"{number:04d}": number for number in range(1_000)})
    ctx = Context(BlockState(memory), 1, 1, {}, b"")
    assert NUMBERS.scan(ctx, until="0003") == [("0000", 0), ("0001", 1), ("0002", 2)]
    assert memory.gets == 0
    assert memory.scanned <= 5, "one or two rows ahead"
