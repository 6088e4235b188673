"""Blocks that await certificates: reading through them is reading the state that already holds them."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.block import Block, Changes, Head
from ledger.crypto.hashing import ZERO_HASH
from ledger.crypto.log_tree import Frontier
from ledger.state import Reader
from ledger.storage.memory import MemoryState
from ledger.storage.overlay import UNCERTIFIED_MAX, Overlay
from tests.ledger.toy import Drop, Put, ToyChain

KEYS = [b"a", b"a/", b"a/b", b"a/b/1", b"a/b/2", b"a/b/\xff", b"a/c", b"a0", b"b", b"b/1"]
key = st.sampled_from(KEYS)
written = st.dictionaries(key, st.none() | st.binary(min_size=1, max_size=2), max_size=6)
ids = st.sampled_from([bytes([number]) * 32 for number in range(6)])
block_changes = st.builds(
    Changes,
    values=written,
    private=written,
    nodes=written,
    transactions=st.dictionaries(ids, st.integers(0, 9), max_size=2),
)
step = st.one_of(block_changes, block_changes, st.just("certify"), st.just("clear"))


def made(height: int, changes: Changes) -> Block:
    """A block of which only the changes matter."""
    head = Head(height, height, ZERO_HASH, Frontier(), ())
    return Block(height, height, "", 0, [], [], {}, changes, head)


def agree(ours: Reader, expected: Reader) -> None:
    """Every question of the protocol has the same answer."""
    for wanted in [*KEYS, b"", b"zz"]:
        assert ours.get(wanted) == expected.get(wanted)
        assert ours.private(wanted) == expected.private(wanted)
        assert ours.node(wanted) == expected.node(wanted)
        for start in [b"", *KEYS, b"zz"]:
            assert list(ours.scan(wanted, start)) == list(expected.scan(wanted, start)), (wanted, start)
    for number in range(6):
        assert ours.has_transaction(bytes([number]) * 32) == expected.has_transaction(bytes([number]) * 32)


@settings(max_examples=60, deadline=None)
@given(st.lists(step, max_size=14))
def test_reading_through_waiting_blocks_is_reading_the_state_that_holds_them(steps: list[Changes | str]) -> None:
    certified, executed = MemoryState(), MemoryState()
    overlay, height = Overlay(certified), 0
    for item in steps:
        if item == "clear":
            height -= len(overlay.blocks)
            overlay.clear(certified)
            executed = copy_of(certified)
        elif isinstance(item, Changes) and len(overlay.blocks) < UNCERTIFIED_MAX:
            height += 1
            block = made(height, item)
            overlay.push(block)
            executed.apply(block)
        elif overlay.blocks:
            certified = copy_of(certified)
            certified.apply(overlay.pop_oldest())
            overlay.rebase(certified)
        agree(overlay.reader, executed)


def copy_of(state: MemoryState) -> MemoryState:
    """The same state, apart."""
    twin = MemoryState()
    twin.values, twin.hidden, twin.nodes = state.values.copy(), dict(state.hidden), dict(state.nodes)
    twin.transactions = set(state.transactions)
    return twin


def test_with_nothing_waiting_the_base_itself_is_read() -> None:
    base, other = MemoryState(), MemoryState()
    overlay = Overlay(base)
    assert overlay.reader is base
    overlay.push(made(1, Changes()))
    assert overlay.reader is not base
    overlay.pop_oldest()
    overlay.rebase(other)
    assert overlay.reader is other


def test_a_reader_stays_what_it_was() -> None:
    base = MemoryState()
    overlay = Overlay(base)
    overlay.push(made(1, Changes(values={b"a": b"1"})))
    before = overlay.reader
    overlay.push(made(2, Changes(values={b"a": b"2"})))
    assert (before.get(b"a"), overlay.reader.get(b"a")) == (b"1", b"2")


@pytest.mark.parametrize(
    "misuse",
    [
        lambda overlay: [overlay.push(made(number + 2, Changes())) for number in range(UNCERTIFIED_MAX)],
        lambda overlay: overlay.push(made(3, Changes())),
        lambda overlay: overlay.push(made(1, Changes())),
    ],
    ids=["too many", "a gap", "the same height"],
)
def test_only_the_next_few_blocks_are_taken(misuse: Callable[[Overlay], object]) -> None:
    overlay = Overlay(MemoryState())
    overlay.push(made(1, Changes()))
    with pytest.raises(AssertionError):
        misuse(overlay)


def test_blocks_executed_ahead_of_their_certificates_are_the_blocks_executed_one_by_one() -> None:
    plain, ahead = ToyChain(), ToyChain()
    certified = MemoryState()
    overlay = Overlay(certified)
    for number in range(3 * UNCERTIFIED_MAX):
        actions = [Put(f"k{number}-{place}", "x") for place in range(5)]
        drops = [Drop(f"k{number - 3}-{place}") for place in range(5)] if number > 2 else []
        ahead.reader = overlay.reader
        blocks = [chain.block(*[chain.sign(action) for action in (*actions, *drops)]) for chain in (plain, ahead)]
        assert blocks[0].text == blocks[1].text
        overlay.push(blocks[1])
        if len(overlay.blocks) == UNCERTIFIED_MAX:
            certified.apply(overlay.pop_oldest())
            overlay.rebase(certified)
