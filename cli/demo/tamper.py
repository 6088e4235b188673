"""Three ways to lie with a proof file, made as well as a forger can: each must be refused.

A forger who leaves something out also mends what gives him away at once (places of leaves, unused parts), so that what
refuses him is the proof itself.
"""

from collections.abc import Callable, Iterable

import msgspec

from cli.demo import cast
from ledger.block import decode_leaf
from ledger.crypto.encoding import encode
from ledger.proof.format import ProofFile, Section, decode_proof


class NothingToHide(ValueError):
    """The proof does not hold what the story should have put into it."""


def change_one_byte(proof: bytes) -> bytes:
    """The file with one bit of one byte in the middle of its records turned."""
    file = decode_proof(proof)
    leaf = max(file.leaves, key=len)
    place = proof.index(leaf) + len(leaf) // 2
    return proof[:place] + bytes([proof[place] ^ 1]) + proof[place + 1 :]


def leave_out_reading(proof: bytes) -> bytes:
    """The file without the second record of the cold-chain logger: the one that shows the excursion."""
    return _without_leaves(decode_proof(proof), _second_reading)


def hide_harvest(proof: bytes) -> bytes:
    """The file with the edge to the second harvest lot taken out of the packing record, and that lot's journal gone."""
    file = decode_proof(proof)
    hidden = f"lot:{cast.BULK}/{cast.SECOND_LOT}"
    place = next((place for place, raw in enumerate(file.leaves) if _role(raw, hidden) == "input"), None)
    if place is None:
        raise NothingToHide(f"no record has {hidden} as its input")
    leaf = decode_leaf(file.leaves[place])
    shorter = msgspec.structs.replace(leaf, subjects=[each for each in leaf.subjects if each[0] != hidden])
    leaves = [*file.leaves[:place], encode(shorter), *file.leaves[place + 1 :]]
    sections = [section for section in file.sections if section.subject != hidden]
    return encode(_repacked(msgspec.structs.replace(file, leaves=leaves, sections=sections)))


def _second_reading(leaves: list[bytes]) -> set[int]:
    """The place of the record in which the logger saw the goods too warm."""
    logger = f"device:{cast.LOGGER}"
    found = [place for place, raw in enumerate(leaves) if _role(raw, logger) and b"trace.record_readings" in raw]
    if len(found) < 2:
        raise NothingToHide("the journey holds fewer than two records of the logger")
    return {found[1]}


def _role(raw: bytes, subject: str) -> str | None:
    return next((str(each[1]) for each in decode_leaf(raw).subjects if each[0] == subject), None)


def _without_leaves(file: ProofFile, choose: Callable[[list[bytes]], set[int]]) -> bytes:
    left_out = choose(file.leaves)
    sections = [
        msgspec.structs.replace(section, leaves=[place for place in section.leaves if place not in left_out])
        for section in file.sections
    ]
    return encode(_repacked(msgspec.structs.replace(file, sections=sections)))


def _repacked(file: ProofFile) -> ProofFile:
    """The file with leaves that no section uses removed, the others in the order of their first use."""
    used = list(dict.fromkeys(_places(file.sections)))
    renamed = {old: new for new, old in enumerate(used)}
    sections = [
        msgspec.structs.replace(section, leaves=[renamed[place] for place in section.leaves])
        for section in file.sections
    ]
    return msgspec.structs.replace(file, leaves=[file.leaves[place] for place in used], sections=sections)


def _places(sections: Iterable[Section]) -> Iterable[int]:
    return (place for section in sections for place in section.leaves)
