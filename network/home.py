"""A node's home on disk: where its parts lie, and the one act that makes a validator's safety file.

node.toml        settings (network/config.py)
validator.key    the encrypted ledger key
safety/          the safety file: what the key has signed; never copied, never restored from a backup
data/ledger      blocks and state (LevelDB)
data/log         the consensus log
data/evidence    what validators did that proves them liars
divergence-<height>.txt   only after a divergence: the checkpoints that each side signed
unsigned-<height>.txt     a checkpoint that this node came to and does not sign, having signed another before
release-<height>-<round>.release   by which it was released from what it signed: goes with the evidence
vault/           encrypted files and receipts of erasure;  vault-keys/  their keys, which no backup may hold
"""

import os
from pathlib import Path

from consensus.storage.files import OsDirectory
from consensus.storage.safety import SafetyFile
from network.config import NodeConfig
from network.replica.errors import Diverged

LEDGER = "ledger"
LOG = "log"
EVIDENCE = "evidence"


def safety_directory(home: Path, config: NodeConfig) -> OsDirectory:
    """Open and lock the directory of the safety file."""
    return OsDirectory(home / config.safety)


def create_safety(home: Path, config: NodeConfig, chain_id: bytes, public_key: bytes) -> None:
    """Make the safety file of a key that has never signed: call this once, in the act that makes the key.

    A validator whose key has no safety file signs nothing, so deleting data never makes it sign a height twice.
    Raises `consensus.errors.SafetyExists` or `DiskFault`.
    """
    directory = safety_directory(home, config)
    try:
        SafetyFile.create(directory, chain_id, public_key).close()
    finally:
        directory.close()


def keep_divergence(home: Path, diverged: Diverged) -> Path:
    """Write down what each side signed, as signed notes one after the other, for those who are to decide."""
    path = home / f"divergence-{diverged.height}.txt"
    path.write_text("\n".join(diverged.notes), encoding="utf-8")
    return path


def keep_unsigned(home: Path, height: int, text: str) -> Path:
    """Write down a checkpoint that this node came to and does not sign, for those who are to decide."""
    path = home / f"unsigned-{height}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def release_files(home: Path) -> list[Path]:
    """The releases that were applied to a validator, oldest height first."""
    return sorted(home.glob("release-*.release"))


def keep_release(home: Path, height: int, round: int, release: bytes) -> Path:
    """Keep an applied release with all its signatures, durably: without it two signatures are evidence."""
    path = home / f"release-{height}-{round}.release"
    with path.open("wb") as file:
        file.write(release)
        file.flush()
        os.fsync(file.fileno())
    return path
