"""The state transition: what a block keeps, drops, refuses, and how it closes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ledger.block import EFFECT, HEADER, TRANSACTION, Block, decode_leaf
from ledger.crypto import state_tree
from ledger.crypto.checkpoint import parse_checkpoint
from ledger.crypto.encoding import Decoder
from ledger.crypto.hashing import digest, sha256
from ledger.crypto.log_tree import Frontier, leaf_hash
from ledger.errors import describe
from tests.ledger.toy import HUB, START_MS, STRANGER, Drop, Open, Price, Put, ToyChain


def codes(block: Block) -> list[int | None]:
    """Receipt codes in order; None = dropped."""
    return [None if receipt is None else receipt.code for receipt in block.receipts]


def full_root(chain: ToyChain) -> bytes:
    """The state root computed anew from all values."""
    changes = {sha256(key): state_tree.value_hash(value) for key, value in chain.state.values.items()}
    return state_tree.update(changes, lambda path: None)[0]


def test_a_block_ends_with_a_header_leaf_that_repeats_the_checkpoint() -> None:
    chain = ToyChain()
    block = chain.block(chain.sign(Put("a", "x")))
    checkpoint = parse_checkpoint(block.text)
    leaves = [decode_leaf(leaf) for leaf in block.leaves]
    assert [leaf.kind for leaf in leaves] == [EFFECT, TRANSACTION, HEADER]
    assert leaves[-1].body.decode() == "".join(line + "\n" for line in block.text.splitlines()[3:])
    assert checkpoint.previous == bytes(32)
    assert checkpoint.size == 3
    assert checkpoint.root == Frontier().extend([leaf_hash(leaf) for leaf in block.leaves]).root()
    assert checkpoint.state == full_root(chain)
    second = chain.block()
    assert parse_checkpoint(second.text).previous == sha256(block.text.encode())


def test_what_a_refused_or_crashing_rule_wrote_is_gone_but_its_leaf_says_why() -> None:
    chain = ToyChain()
    chain.block()
    block = chain.block(
        chain.sign(Put("a", "x", "refuse")), chain.sign(Put("b", "x", "crash")), chain.sign(Put("c", "x"))
    )
    assert codes(block) == [9001, 23, 0]
    assert [key for key, _ in chain.state.scan(b"toy/", b"")] == [b"toy/note/c"]
    refused = decode_leaf(block.leaves[0])
    assert refused.outcome[2:] == (9001, ["a"])
    assert refused.subjects == []
    assert describe(9001, ["a"]).zh == "拒绝 a"
    assert decode_leaf(block.leaves[1]).outcome[3] == ["ZeroDivisionError"]


def test_authority_is_decided_by_role_and_key() -> None:
    chain = ToyChain()
    chain.block()
    block = chain.block(
        chain.sign(Put("a", "x"), HUB), chain.sign(Put("a", "x"), STRANGER), chain.sign(Open(), STRANGER)
    )
    assert codes(block) == [22, 20, 0]


def test_bad_envelopes_and_repeats_are_dropped_without_a_leaf() -> None:
    chain = ToyChain()
    chain.block()
    good = chain.sign(Put("a", "x"))
    first = chain.block(
        good, good, b"rubbish", chain.sign(Put("z", "x"), ttl_ms=500), chain.sign(Put("z", "x"), ttl_ms=10**9)
    )
    assert codes(first) == [0, None, None, None, None]
    assert {number: code for number, (code, _) in first.dropped.items()} == {1: 9, 2: 1, 3: 7, 4: 8}
    assert len(first.leaves) == 2
    assert codes(chain.block(good)) == [None]


def test_expired_ids_are_forgotten_but_never_run_again() -> None:
    chain = ToyChain()
    chain.block(chain.sign(Put("a", "x"), ttl_ms=90_000))
    assert [key for key, _ in chain.state.scan(b"recent/", b"")]
    chain.block(after_ms=30 * 3_600_000)
    assert [key for key, _ in chain.state.scan(b"recent/", b"")] == []


def test_recent_row_counts_and_chains_ids() -> None:
    chain = ToyChain()
    block = chain.block(chain.sign(Put("a", "x")), chain.sign(Put("b", "x")))
    ids = [receipt.transaction_id for receipt in block.receipts if receipt]
    ((_, value),) = chain.state.scan(b"recent/", b"")
    expected = digest("recent", digest("recent", bytes(32), ids[0]), ids[1])
    assert value == b"\x92\x02\xc4\x20" + expected


def test_restricted_rows_show_only_a_commitment() -> None:
    chain = ToyChain()
    chain.block()
    block = chain.block(chain.sign(Put("a", "x"), price=Price(1234)))
    assert codes(block) == [0]
    hidden = chain.state.hidden[b"toy/price/a"]
    assert hidden[32:] == b"\x91\xcd\x04\xd2"
    assert chain.state.values[b"toy/price/a"] == b"\xc4\x20" + digest("restricted", hidden)
    assert all(b"\xcd\x04\xd2" not in leaf for leaf in block.leaves)
    assert list(block.changes.restricted) == [block.first_index]


def test_journals_hold_every_leaf_that_names_the_subject() -> None:
    chain = ToyChain()
    for number in range(40):
        chain.block(chain.sign(Put(f"k{number}", "x")), chain.sign(Put("bad", "x", "refuse")))
    named = [
        leaf for leaf in chain.state.leaves if any(s[0] == "organisation:platform" for s in decode_leaf(leaf).subjects)
    ]
    assert len(named) == 41
    expected = Frontier().extend([leaf_hash(leaf) for leaf in named])
    stored = chain.state.values[b"registry/organisation/platform"]
    assert stored.endswith(expected.joined())
    entries = [
        entry for block in chain.blocks for entry in block.changes.journal if entry[0] == "organisation:platform"
    ]
    assert [position for _, position, _ in entries] == list(range(41))
    assert [chain.state.leaves[index] for _, _, index in entries] == named
    assert [
        key for block in chain.blocks for key in block.changes.journal_nodes if key[0] == "organisation:platform"
    ] == [
        ("organisation:platform", 4, 0),
        ("organisation:platform", 4, 1),
        ("organisation:platform", 5, 0),
    ]


def test_timers_run_when_due_in_bounded_number_and_resume() -> None:
    chain = ToyChain(parameters={"timers_per_block": 2})
    chain.block(*[chain.sign(Put(f"k{number}", "x", remind_ms=5000)) for number in range(5)])
    ran_in = [len(chain.block(after_ms=delay).leaves) - 1 for delay in (1000, 3960, 40, 1, 1, 1)]
    assert ran_in == [0, 0, 2, 2, 1, 0]
    assert chain.state.values[b"toy/note/k4"] == b"\x91\xa8reminded"


_decode: Decoder[Any] = Decoder(Any, 1_000)


def ran(block: Block) -> list[str]:
    """The keys whose reminders ran in a block."""
    effects = (leaf for leaf in map(decode_leaf, block.leaves) if leaf.kind == EFFECT)
    return [_decode(leaf.body)[1] for leaf in effects if b"toy.remind" in leaf.body]


def test_a_late_block_has_room_for_what_fell_due_in_the_blocks_that_it_stands_for() -> None:
    for late_ms, room in ((50, 2), (75, 3), (149, 5), (150, 6), (390, 15), (400, 16), (60_000, 16)):
        chain = ToyChain(parameters={"timers_per_block": 2})
        chain.block(*[chain.sign(Put(f"k{number}", "x", remind_ms=1_000)) for number in range(20)])
        chain.block(after_ms=999)
        assert [len(ran(chain.block(after_ms=delay))) for delay in (late_ms, 1)] == [room, 2], late_ms


def test_a_crowd_of_timers_makes_room_for_records_and_for_what_falls_due_later() -> None:
    """Beside eight records, worth 64 rows, nothing is left for what waits; every second block has room for an eighth of
    sixteen rows all the same.
    """
    chain, interval_ms = ToyChain(parameters={"timers_per_block": 16}), 50
    crowd = [chain.sign(Put(f"crowd-{number}", "x", remind_ms=1_000)) for number in range(56)]
    chain.block(*crowd)
    chain.block(after_ms=1_000 - interval_ms)
    found = [ran(chain.block(after_ms=interval_ms))]
    for turn in range(10):
        busy = [chain.sign(Put(f"busy-{turn}-{each}", "x")) for each in range(7)]
        later = chain.sign(Put(f"later-{turn}", "x", remind_ms=interval_ms))
        found.append(ran(chain.block(*busy, later, after_ms=interval_ms)))
    assert [len(keys) for keys in found[:3]] == [16, 16, 16], "at first all of them fell due lately"
    following = [[key.partition("-")[0] for key in keys] for keys in found[4:]]
    assert [keys.count("later") for keys in following] == [1] * 7, "nobody else waits for the crowd"
    waited = [keys.count("crowd") for keys in following]
    assert waited == [0, 2, 0, 2, 0, 2, 0], "an eighth of the room in every second block"


def test_a_crowd_has_a_share_beside_few_records_and_all_room_beside_none() -> None:
    chain, interval_ms = ToyChain(parameters={"timers_per_block": 16}), 50
    chain.block(*[chain.sign(Put(f"crowd-{number}", "x", remind_ms=1_000)) for number in range(120)])
    chain.block(after_ms=1_000 - interval_ms)
    found = [
        len(ran(chain.block(*[chain.sign(Put(f"few-{turn}", "x"))] * (turn % 2), after_ms=interval_ms)))
        for turn in range(10)
    ]
    assert found[4:] == [16, 2, 16, 2, 16, 2]


def test_block_time_never_stands_still() -> None:
    chain = ToyChain()
    first = chain.block(after_ms=5)
    second = chain.block(after_ms=-100_000)
    assert second.time_ms == first.time_ms + 1


def test_deleted_rows_leave_the_tree_as_if_they_had_never_been() -> None:
    chain = ToyChain()
    chain.block()
    chain.block(*[chain.sign(Put(f"k{number}", "x")) for number in range(30)])
    block = chain.block(*[chain.sign(Drop(f"k{number}")) for number in range(30)])
    assert parse_checkpoint(block.text).state == full_root(chain)
    assert not list(chain.state.scan(b"toy/", b""))


def test_a_leaf_has_a_limit_and_nothing_of_a_larger_one_stays() -> None:
    chain = ToyChain()
    chain.block()
    assert codes(chain.block(chain.sign(Put("a", "x" * 54_000)))) == [0]
    wide = chain.sign(Put("b" * 60, "x" * 55_001))
    assert codes(chain.block(wide)) == [None]


_STORY = """
import json
from tests.ledger.toy import *
chain = ToyChain()
for n in range(6):
    chain.block(*[chain.sign(Put(f"k{n}-{m}", "x" * m, "refuse" * (m % 5 == 0), remind_ms=m * 900)) for m in range(20)])
print(json.dumps([block.text for block in chain.blocks]))
"""


def test_two_processes_with_other_hash_seeds_make_the_same_checkpoints() -> None:
    root = Path(__file__).parents[2]

    def run(seed: str) -> list[str]:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}:{root / 'proto'}"}
        done = subprocess.run(
            [sys.executable, "-c", _STORY], capture_output=True, check=True, env=environment, cwd=root
        )
        texts = json.loads(done.stdout)
        assert len(texts) == 6
        return list(texts)

    assert run("1") == run("4242")


def test_start_time_is_taken_from_the_proposal() -> None:
    assert ToyChain().block(after_ms=0).time_ms == START_MS
