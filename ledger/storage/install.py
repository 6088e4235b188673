"""A store made from an archive without running the rules: how one who is far behind gets to the present.

Everything is verified on the way (certificates across changes of validators, the log, every journal against its row,
the state tree, restricted parts and rows against what the chain commits to) except transactions' signatures, which the
certifying quorum verified; `linxin audit` verifies those too.

The store is built beside its place, under a name that says it is unfinished, and takes its place by renaming: what
breaks off is recognised and started over.
"""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import plyvel

from ledger.block import Head
from ledger.genesis import Genesis
from ledger.replay import ReplayError
from ledger.storage.archive import (
    ArchivedBlock,
    ArchivedState,
    ArchivedValidators,
    ArchiveEnd,
    ArchiveItem,
    ArchiveStart,
    Readable,
    read_archive,
)
from ledger.storage.directory import prepare_directory, sync_directory
from ledger.storage.errors import Unusable, reason_of
from ledger.storage.importing import Importer
from ledger.storage.level import WRITE_BUFFER_SIZE, LevelStore, open_database

UNFINISHED, READY, REPLACED = ".unfinished", ".imported", ".replaced"
"""What stands behind a store's name while it is built, when it is whole, and when another is taking its place."""

_SCRATCH = "scratch"
_SCRATCH_BUFFER_SIZE = 8 << 20


def import_archive(
    stream: Readable,
    path: Path,
    genesis: Genesis,
    *,
    full: bool,
    known: Head | None = None,
    on_block: Callable[[int], None] = lambda _height: None,
) -> Head:
    """Make the ledger in `path`, which nobody has open, that of an archive: `build_store`, then `install`."""
    head = build_store(stream, path, genesis, full=full, known=known, on_block=on_block)
    install(path)
    return head


def build_store(
    stream: Readable,
    path: Path,
    genesis: Genesis,
    *,
    full: bool,
    known: Head | None = None,
    on_block: Callable[[int], None] = lambda _height: None,
) -> Head:
    """Build a whole store beside `path`, where one may be in use meanwhile; `install` puts it there. Returns its head.

    `full`: the archive must hold what is restricted, as whoever executes blocks needs. `known`: a head that the archive
    must contain and go beyond (the one the node has). `on_block` is told each height. Raises `BadArchive` (not an
    archive), `ReplayError` (not of this chain, or not what was certified), `StorageError`; nothing is left behind then.
    """
    settle(path)
    draft = _beside(path, UNFINISHED)
    try:
        head = _build(stream, draft, genesis, full=full, known=known, on_block=on_block)
        # Opening checks what the importer has no reason to doubt: that the store holds what it was told to hold.
        LevelStore.open(draft, genesis.chain_id, genesis.head()).close()
        draft.rename(_beside(path, READY))
        sync_directory(path.parent)
    except plyvel.Error as error:
        raise Unusable(str(draft), reason_of(error)) from error
    except OSError as error:
        raise Unusable(str(draft), str(error)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return head


def install(path: Path) -> None:
    """Put the store that `build_store` has made into `path`, instead of what is there, which nobody may have open."""
    try:
        if path.exists():
            path.rename(_beside(path, REPLACED))
        _beside(path, READY).rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise Unusable(str(path), str(error)) from error
    shutil.rmtree(_beside(path, REPLACED), ignore_errors=True)


def settle(path: Path) -> None:
    """Clear away what an interrupted import left; call it before a store is opened. Raises `StorageError`.

    If the interruption came while one store took the place of another, the new one, which is whole, gets it.
    """
    draft, ready, replaced = (_beside(path, name) for name in (UNFINISHED, READY, REPLACED))
    try:
        if not path.exists() and replaced.exists():
            (ready if ready.exists() else replaced).rename(path)
            sync_directory(path.parent)
        for leftover in (draft, ready, replaced):
            if leftover.exists():
                shutil.rmtree(leftover)
    except OSError as error:
        raise Unusable(str(path), str(error)) from error


def _beside(path: Path, name: str) -> Path:
    return path.with_name(path.name + name)


def _build(
    stream: Readable, draft: Path, genesis: Genesis, *, full: bool, known: Head | None, on_block: Callable[[int], None]
) -> Head:
    items = read_archive(stream)
    _check_start(next(items), genesis, full=full)
    with ExitStack() as opened:
        database = open_database(draft, prepare_directory(draft, genesis.chain_id), WRITE_BUFFER_SIZE)
        opened.callback(database.close)
        (draft / _SCRATCH).mkdir()
        scratch = open_database(draft, draft / _SCRATCH, _SCRATCH_BUFFER_SIZE)
        opened.callback(scratch.close)
        importer = Importer(database, scratch, genesis, full=full, known=known)
        for item in items:
            match item:
                case ArchivedBlock():
                    importer.take_block(item)
                    on_block(item.height)
                case ArchivedValidators():
                    importer.take_validators(item)
                case ArchivedState():
                    importer.take_state(item)
                case ArchiveStart() | ArchiveEnd():
                    pass
        head = importer.finish()
    shutil.rmtree(draft / _SCRATCH)
    return head


def _check_start(start: ArchiveItem, genesis: Genesis, *, full: bool) -> None:
    assert isinstance(start, ArchiveStart), "an archive begins with its start"
    if start.genesis != genesis.raw:
        raise ReplayError("genesis", "归档属于另一条链", "the archive is of another chain")
    if full and start.scope != "full":
        raise ReplayError(
            "scope",
            "公开归档不含受限内容，无法据此执行区块",
            "a public archive lacks the restricted parts that execution needs",
        )
