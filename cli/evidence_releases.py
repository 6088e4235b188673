"""Releases (`linxin node release`) as they bear upon evidence: read, and believed only where a quorum has signed."""

from collections.abc import Sequence
from pathlib import Path

from cli.modules import standard_registry
from client.network_directory import NetworkDirectory
from consensus.release import RELEASE_SIZE_MAX, BadRelease, CheckedRelease, check_release, decode_release
from ledger.block import Validator
from ledger.genesis import load_genesis
from network.home import release_files


def whole_release(path: Path, chain_id: bytes, validators: Sequence[Validator]) -> CheckedRelease:
    """The release in a file, signed by a quorum of `validators`. Raises `BadRelease`."""
    with path.open("rb") as file:
        checked = check_release(decode_release(file.read(RELEASE_SIZE_MAX + 1)), chain_id, validators)
    checked.require_whole()
    return checked


def releases_of(opened: NetworkDirectory) -> list[CheckedRelease]:
    """The releases that the folder's nodes have applied. Each did so only because those who certified the height had
    signed it; here the ones are taken that the validators of genesis signed.
    """
    genesis = load_genesis(opened.genesis_bytes(), standard_registry())
    found = []
    for path in [path for home in opened.node_homes() for path in release_files(home)]:
        try:
            found.append(whole_release(path, genesis.chain_id, genesis.validators()))
        except BadRelease:
            continue
    return found
