"""Executing through remembered tree nodes gives the same blocks as reading every node anew."""

from ledger.storage.warm import DEPTH_MAX, TopNodes
from tests.ledger.toy import Drop, Put, ToyChain


def test_the_same_checkpoints_come_out_warm_and_cold() -> None:
    cold, warm = ToyChain(), ToyChain()
    top = TopNodes()
    bottom = warm.state
    for step in range(12):
        for chain in (cold, warm):
            actions = [Put(f"k{step}-{number}", "x") for number in range(40)]
            drops = [Drop(f"k{step - 2}-{number}") for number in range(40)] if step > 1 else []
            if chain is warm:
                chain.reader = top.over(bottom)
            block = chain.block(*[chain.sign(action) for action in (*actions, *drops)])
            if chain is warm:
                top.follow(block)
        assert cold.head == warm.head
    assert any(0 < len(path) <= DEPTH_MAX for path in bottom.nodes)


def test_nodes_near_the_root_are_read_once() -> None:
    chain, top = ToyChain(), TopNodes()
    asked: list[bytes] = []
    real = chain.state.node

    def counting(path: bytes) -> bytes | None:
        asked.append(path)
        return real(path)

    chain.state.node = counting  # type: ignore[method-assign]  # counts what reaches the state below
    for step in range(5):
        chain.reader = top.over(chain.state)
        top.follow(chain.block(*[chain.sign(Put(f"k{step}-{number}", "x")) for number in range(50)]))
    near = [path for path in asked if len(path) <= DEPTH_MAX]
    assert len(near) == len(set(near))
