"""Durable file steps of the vault: a crash leaves the old or the new, never half of either."""

import os
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Put `data` under `path` atomically and synced, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def move_durably(source: Path, target: Path) -> None:
    """Rename a synced file and sync the directory it arrives in."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    sync_directory(target.parent)
    sync_directory(target.parent.parent)


def destroy(path: Path) -> None:
    """Overwrite a file's bytes, sync, and unlink it; a missing file is already destroyed.

    Overwriting reaches the same blocks only on file systems that write in place; on others the loss of the key is
    what erases.
    """
    try:
        size = path.stat().st_size
        with path.open("r+b") as file:
            for start in range(0, size, 1 << 20):
                file.write(bytes(min(1 << 20, size - start)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames and removals in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
