"""The directory of a store: made once, recognised before anything in it is opened, never taken over by mistake."""

import fcntl
import os
from pathlib import Path

from ledger.storage.errors import Corrupt, DirectoryLocked, ForeignDirectory, NewerFormat, OtherChain, Unusable
from ledger.storage.records import FORMAT

MARKER = "LINXIN-LEDGER"
DATABASE = "leveldb"
_TEMPORARY = MARKER + ".new"


def prepare_directory(path: Path, chain_id: bytes) -> Path:
    """The LevelDB directory under `path`, which becomes (or is found to be) the ledger of `chain_id`.

    Raises `ForeignDirectory`, `OtherChain`, `NewerFormat`, `Corrupt` or `Unusable`;
    a refused directory is left as it was.
    """
    try:
        if path.exists():
            _check_directory(path, chain_id)
        path.mkdir(parents=True, exist_ok=True)
        if not (path / MARKER).exists():
            _write_marker(path, chain_id)
        database = path / DATABASE
        database.mkdir(exist_ok=True)
        if not os.access(database, os.W_OK | os.X_OK):  # LevelDB would blame its lock
            raise Unusable(str(database), "it cannot be written to")
        _check_database(database)
        sync_directory(path)
    except OSError as error:
        raise Unusable(str(path), str(error)) from error
    return database


def lock_directory(path: Path) -> int:
    """Take the directory for this store alone; returns the descriptor whose closing gives it back.

    LevelDB's own lock is not enough: a second attempt from the same process is refused, yet gives the first one's lock
    away (POSIX record locks end when any descriptor of the file is closed). Raises `DirectoryLocked` or `Unusable`.
    """
    try:
        descriptor = os.open(path / MARKER, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise DirectoryLocked(str(path)) from None
    except OSError as error:
        raise Unusable(str(path), str(error)) from error
    return descriptor


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_directory(path: Path, chain_id: bytes) -> None:
    if not path.is_dir():
        raise ForeignDirectory(str(path))
    marker = path / MARKER
    if not marker.exists():
        if any(entry.name != _TEMPORARY for entry in path.iterdir()):
            raise ForeignDirectory(str(path))
        return
    words = marker.read_bytes()[:1024].decode("ascii", "replace").split()
    if len(words) != 4 or words[0] != "linxin-ledger" or words[2] != "chain":
        raise Corrupt(str(path), f"{MARKER} is unreadable")
    if not words[1].isdigit() or int(words[1]) > FORMAT:
        raise NewerFormat(str(path), words[1], FORMAT)
    if words[3] != chain_id.hex():
        raise OtherChain(str(path), words[3][:16], chain_id.hex()[:16])


def _write_marker(path: Path, chain_id: bytes) -> None:
    temporary = path / _TEMPORARY
    with temporary.open("wb") as file:
        file.write(f"linxin-ledger {FORMAT}\nchain {chain_id.hex()}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path / MARKER)
    sync_directory(path)


def _check_database(database: Path) -> None:
    """LevelDB would start afresh, over the old data, if its CURRENT file were gone: not here."""
    if (database / "CURRENT").exists():
        return
    if any(entry.suffix in (".ldb", ".sst", ".log") for entry in database.iterdir()):
        raise Corrupt(str(database), "the file CURRENT is missing")
