"""Following a network by its certificates: what an observer does, from the genesis file alone.

Final blocks come from any endpoint, and none is believed: each certificate must be of the validators that the one
before it named, and what a block leads to must be what they certified. With an auditor's (or regulator's, or
validator's) key an observer gets the restricted parts and runs the rules again; without one it takes over the public
values that each block changed, which the certified state root settles (`ledger.adopt`). Who is far behind takes a whole
archive first, verified on the way in (`ledger.storage.install`). An observer signs nothing, and nothing waits for it.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from linxin.v1 import ledger_pb2

from client.connection import Backoff, Connection, signed_request
from client.failures import Failure, Remote
from ledger.adopt import apply_public
from ledger.block import Block, Head, Validator
from ledger.crypto.signing import SigningKey
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.replay import CertifiedBlock, ReplayError, reexecute
from ledger.state import Reader, restricted_tables
from ledger.storage.archive import BadArchive
from ledger.storage.install import build_store

CHANGES_FORGOTTEN = 136
"""The node's refusal (docs/REFUSALS.md) of values that are no longer in its memory."""

FAR_BEHIND_BLOCKS = 2_000
"""From here on an archive is faster than block by block, even for those who could execute them all."""

SYNC_BLOCKS = 256
"""At most so many blocks are lost by a power cut; they are fetched again."""

SILENCE_S_MIN = 30.0

LEDGER = "/linxin.v1.LedgerService/"

Report = Callable[[Exception], None]
Trouble = (Failure, ReplayError, BadArchive, TimeoutError)
"""What makes a follower ask the next endpoint: it is unreachable, silent, or tells what is not certified."""


class Ledger(Protocol):
    """Where an observer keeps the chain (`network.chain.Chain`); what is in it is shown to readers."""

    @property
    def head(self) -> Head:
        """The end of the chain."""

    @property
    def snapshot(self) -> Reader:
        """The state there."""

    def advance(self, block: Block, note: str, *, sync: bool) -> None:
        """Add the next final block. Raises `StorageError`."""


class FarBehind(Exception):
    """The network is so far ahead of `height` that the store must be made anew from an archive (`Follower.rebuild`)."""

    def __init__(self, height: int) -> None:
        super().__init__(f"too far behind at height {height}")
        self.height = height


@dataclass(frozen=True)
class Follower:
    """Follows the network of `genesis` over `connection`. `key`: an overseer's, to hold what is restricted too.

    `report` is told of each trouble with an endpoint; the next one is asked then, after a while when all were.
    """

    connection: Connection
    genesis: Genesis
    registry: Registry
    key: SigningKey | None
    report: Report

    async def follow(self, ledger: Ledger) -> None:
        """Add every block that becomes final to `ledger`, until cancelled.

        Raises `FarBehind`, and what must stop a node: `StorageError` and other `Fatal`s of execution.
        """
        if self.key is not None and _lacks_restricted(ledger.snapshot):
            raise FarBehind(ledger.head.height)  # it followed without the key until now
        backoff = Backoff()
        while True:
            before = ledger.head.height
            try:
                await self.check_distance(ledger.head)
                await self._stream(ledger)
            except Trouble as trouble:
                if isinstance(trouble, Remote) and trouble.number == CHANGES_FORGOTTEN:
                    raise FarBehind(ledger.head.height) from None
                self.report(trouble)
            self.connection.move_on()
            if ledger.head.height > before:
                backoff = Backoff()
            await asyncio.sleep(backoff.next_s())

    async def rebuild(self, path: Path, known: Head) -> Head:
        """Build a store beside the one in `path`, which may be in use, from an archive that goes beyond `known`.

        Asks one endpoint after another until one gives an archive that holds, or until cancelled. Returns the head it
        ends with; the caller then closes the store in `path` and calls `ledger.storage.install.install(path)`. Raises
        `StorageError`.
        """
        backoff, abandoned = Backoff(), threading.Event()
        file = path.with_name(f"{path.name}.archive")
        while True:
            try:
                await self._fetch_archive(file)
                return await asyncio.to_thread(self._build, file, path, known, abandoned)
            except Trouble as trouble:
                self.report(trouble)
            except asyncio.CancelledError:
                abandoned.set()
                raise
            finally:
                file.unlink(missing_ok=True)
            self.connection.move_on()
            await asyncio.sleep(backoff.next_s())

    async def check_distance(self, head: Head) -> None:
        """Raise `FarBehind` if the endpoint whose turn it is says that an archive is the faster way."""
        status = await self.connection.status()
        if status.height > head.height + FAR_BEHIND_BLOCKS:
            raise FarBehind(head.height)

    async def _stream(self, ledger: Ledger) -> None:
        """Add blocks from the endpoint whose turn it is, for as long as it gives any."""
        overseer = self.key is not None
        request = ledger_pb2.StreamBlocksRequest(
            from_height=ledger.head.height + 1,
            include_leaves=True,
            include_restricted=overseer,
            include_changes=not overseer,
        )
        sign = signed_request(self.key, self.genesis.chain_id, f"{LEDGER}StreamBlocks", request) if self.key else None
        silence_s = max(SILENCE_S_MIN, 3 * self.genesis.parameters["empty_block_ms"] / 1000)
        blocks = self.connection.stream(lambda to: to.ledger.StreamBlocks, request, ledger_pb2.Block, sign=sign)
        async with aclosing(blocks):  # type: ignore[type-var]  # an async generator, declared as an iterator
            while True:
                async with asyncio.timeout(silence_s):
                    given = await anext(blocks, None)
                if given is None:
                    return
                block = self._verified(ledger, given)
                ledger.advance(block, given.note, sync=block.height % SYNC_BLOCKS == 0)

    def _verified(self, ledger: Ledger, given: ledger_pb2.Block) -> Block:
        """The block that follows the ledger's head, if what was given is what was certified. Raises `ReplayError`."""
        head, leaves = ledger.head, list(given.leaves)
        if self.key is not None:
            certified = CertifiedBlock(given.note, leaves, dict(given.restricted))
            return reexecute(head, ledger.snapshot, certified, self.registry, self.genesis)
        values = {one.key.encode(): one.value if one.HasField("value") else None for one in given.changes}
        successors = tuple(Validator(one.name, one.public_key) for one in given.validators)
        return apply_public(head, ledger.snapshot, given.note, leaves, values, self.genesis, successors)

    async def _fetch_archive(self, file: Path) -> None:
        request = ledger_pb2.ExportRequest(full=self.key is not None)
        sign = signed_request(self.key, self.genesis.chain_id, f"{LEDGER}Export", request) if self.key else None
        chunks = self.connection.stream(lambda to: to.ledger.Export, request, ledger_pb2.ExportChunk, sign=sign)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as target:
            async with aclosing(chunks):  # type: ignore[type-var]  # an async generator, declared as an iterator
                async for chunk in chunks:
                    target.write(chunk.data)

    def _build(self, file: Path, path: Path, known: Head, abandoned: threading.Event) -> Head:
        def go_on(_height: int) -> None:
            if abandoned.is_set():
                raise _Abandoned

        with file.open("rb") as stream:
            full, known_head = self.key is not None, known if known.height else None
            return build_store(stream, path, self.genesis, full=full, known=known_head, on_block=go_on)


class _Abandoned(Exception):
    """Nobody waits for this store any more."""


def _lacks_restricted(state: Reader) -> bool:
    """Whether some restricted row is known by its commitment alone, so that no rule can be executed on this state."""
    rows = (key for prefix in restricted_tables() for key, _ in state.scan(prefix, b""))
    return any(state.private(key) is None for key in rows)
