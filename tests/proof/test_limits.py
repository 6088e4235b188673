"""Proof files at and beyond their limits (docs/PROOF.md §9): what is refused, and that the largest journey holds."""

from functools import cache
from typing import Any

import msgpack
import pytest

from client.verify import verify_proof
from ledger.proof import ProofTooLarge, build, prove_journey, prove_value
from ledger.proof.format import LEAVES_MAX, NODES_MAX, PROOF_SIZE_MAX, SECTIONS_MAX, SET_CHANGES_MAX
from tests.proof.chain import Chain, Key, state_nodes
from tests.proof.journeys import CODE, PACK, strawberry
from tests.proof.test_mutations import client_verdict, standalone, standalone_verdict

SMALL = strawberry()
SUBJECTS_MAX = 1_023


class Wide(Chain):
    """A chain whose state tree is built once a block."""

    def node(self, path: bytes) -> bytes | None:
        return _nodes(self.height, self).get(path)

    __hash__ = object.__hash__


@cache
def _nodes(height: int, chain: Wide) -> dict[bytes, bytes]:
    assert height == chain.height
    return state_nodes(chain.values)


def mixture(inputs: int) -> Wide:
    """A lot that was made of as many others as asked, in as few records as can name them."""
    chain, farm = Wide(), Key("farm")
    for start in range(0, inputs, SUBJECTS_MAX):
        named = range(start, min(start + SUBJECTS_MAX, inputs))
        chain.record(farm, ["trace.mix", start], [[PACK, "self"], *([f"lot:in-{number}", "input"] for number in named)])
    chain.commit()
    return chain


def test_the_journey_with_most_sections_holds() -> None:
    chain = mixture(SECTIONS_MAX - 1)
    data = prove_journey(chain, subject=PACK)
    assert len(verify_proof(data, chain.genesis).sections) == SECTIONS_MAX
    assert standalone_verdict(data, chain.genesis) == ""


def test_one_section_more_is_refused_by_builder_and_verifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = mixture(SECTIONS_MAX)
    with pytest.raises(ProofTooLarge) as refused:
        prove_journey(chain, subject=PACK)
    assert refused.value.details[0] == "sections"
    monkeypatch.setattr(build, "SECTIONS_MAX", SECTIONS_MAX + 1)
    data = prove_journey(chain, subject=PACK)
    assert (client_verdict(data, chain.genesis), standalone_verdict(data, chain.genesis)) == ("limits", "limits")


@pytest.mark.parametrize(
    ("what", "name"), [("leaves", "LEAVES_MAX"), ("nodes", "NODES_MAX"), ("bytes", "PROOF_SIZE_MAX")]
)
def test_a_builder_gives_up_with_words(monkeypatch: pytest.MonkeyPatch, what: str, name: str) -> None:
    monkeypatch.setattr(build, name, 1)
    with pytest.raises(ProofTooLarge) as refused:
        prove_journey(SMALL, code=CODE)
    assert refused.value.details[0] == what


EMPTY: dict[str, tuple[int, int, Any]] = {
    "set-changes": (2, SET_CHANGES_MAX, [b"", []]),
    "nodes": (5, NODES_MAX, b""),
    "leaves": (6, LEAVES_MAX, b""),
    "sections": (7, SECTIONS_MAX, ["", b"", 0, [], []]),
}
"""Part -> (its place in the file, its limit, the smallest of its kind)."""


@pytest.mark.parametrize("part", EMPTY)
def test_more_parts_than_a_file_may_have(part: str) -> None:
    place, limit, smallest = EMPTY[part]
    file = msgpack.unpackb(prove_value(SMALL, "x/y/z"))
    for count, beyond in ((limit, False), (limit + 1, True)):
        file[place] = [smallest] * count
        data = msgpack.packb(file)
        verdicts = client_verdict(data, SMALL.genesis), standalone_verdict(data, SMALL.genesis)
        assert all(verdicts)
        assert [verdict == "limits" for verdict in verdicts] == [beyond, beyond]


def test_more_bytes_than_a_file_may_have() -> None:
    file = msgpack.unpackb(prove_value(SMALL, "x/y/z"))
    file[5] = [bytes(1 << 16)]
    file[5] = [bytes((1 << 16) + PROOF_SIZE_MAX - len(msgpack.packb(file)))]
    for more, beyond in ((0, False), (1, True)):
        data = msgpack.packb([*file[:5], [file[5][0] + bytes(more)], *file[6:]])
        assert len(data) == PROOF_SIZE_MAX + more
        verdicts = client_verdict(data, SMALL.genesis), standalone_verdict(data, SMALL.genesis)
        assert [verdict == "limits" for verdict in verdicts] == [beyond, beyond]


def test_a_leaf_beyond_its_size() -> None:
    file = msgpack.unpackb(prove_journey(SMALL, code=CODE))
    file[6][0] = bytes(65_536)
    data = msgpack.packb(file)
    assert (client_verdict(data, SMALL.genesis), standalone_verdict(data, SMALL.genesis)) == ("limits", "limits")


def test_both_verifiers_have_the_same_limits() -> None:
    ours = (PROOF_SIZE_MAX, SECTIONS_MAX, LEAVES_MAX, NODES_MAX, SET_CHANGES_MAX)
    theirs = standalone
    assert ours == (
        theirs.MAX_PROOF_BYTES,
        theirs.MAX_SECTIONS,
        theirs.MAX_LEAVES,
        theirs.MAX_NODES,
        theirs.MAX_SET_CHANGES,
    )
