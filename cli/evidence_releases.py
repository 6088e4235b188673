"""Releases (`linxin node release`) as they bear upon evidence: read, and believed where a quorum signed of those who
certified the height. Who that was follows from genesis, and from the changes of the set that a proof file shows.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from client.network_directory import NetworkDirectory
from client.verify import verify_proof
from consensus.release import RELEASE_SIZE_MAX, BadRelease, CheckedRelease, check_release, decode_release, height_of
from ledger.block import Validator
from ledger.crypto.checkpoint import parse_checkpoint, parse_note
from ledger.genesis import Genesis
from ledger.proof.format import decode_proof
from network.home import release_files

Sets = Callable[[int], Sequence[Validator]]
"""Who certifies a height."""


def sets_of(genesis: Genesis, proof: bytes | None) -> Sets:
    """The sets of validators by height, as far as `proof` goes: any proof file of the chain, which is verified. Raises
    `InvalidProof`.
    """
    changes = [(1, genesis.validators())]
    if proof is not None:
        verify_proof(proof, genesis.raw)
        for change in decode_proof(proof).set_changes:
            height = parse_checkpoint(parse_note(change.note.decode()).text).height
            changes.append((height + 1, tuple(Validator(name, key) for name, key in change.validators)))
    return lambda height: [validators for first, validators in changes if first <= height][-1]


def whole_release(path: Path, genesis: Genesis, sets: Sets) -> CheckedRelease:
    """The release in a file, signed by a quorum of those who certified its height. Raises `BadRelease`."""
    with path.open("rb") as file:
        release = decode_release(file.read(RELEASE_SIZE_MAX + 1))
    checked = check_release(release, genesis.chain_id, sets(height_of(release)))
    checked.require_whole()
    return checked


def releases_of(opened: NetworkDirectory, genesis: Genesis, sets: Sets) -> dict[Path, CheckedRelease]:
    """The releases that the folder's nodes have applied, by file; what does not hold is passed over."""
    paths = [path for home in opened.node_homes() for path in release_files(home)]
    return {path: whole_release(path, genesis, sets) for path in paths if holds(path, genesis, sets)}


def holds(path: Path, genesis: Genesis, sets: Sets) -> bool:
    """Whether the release in a file does."""
    try:
        whole_release(path, genesis, sets)
    except BadRelease:
        return False
    return True


def has_releases(opened: NetworkDirectory) -> bool:
    """Whether any of the folder's nodes was ever released from something."""
    return any(release_files(home) for home in opened.node_homes())
