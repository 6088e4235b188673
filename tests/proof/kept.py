"""A told story of the small world, its blocks certified and written to the real store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tests.registry.chain as real
from ledger.block import Block
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.execute import execute
from ledger.modules.trace import messages as m
from ledger.storage.level import LevelStore
from ledger.transaction import make_transaction
from tests.registry.chain import key_of
from tests.trace.test_journey import tell_story
from tests.trace.world import HOUR_MS, KG, World

NAME = "linxin/test/platform"


class Kept(World):
    """The small world, its blocks certified and written to a store."""

    def __init__(self, path: Path) -> None:
        self.blocks: list[Block] = []
        super().__init__()
        self.store = LevelStore.open(path, self.genesis.chain_id, self.genesis.head())
        self.key = key_of("validator")

    def keep(self) -> Any:
        """Write what is new; a snapshot of it."""
        for block in self.blocks[self.store.head.height :]:
            line = cosign(self.key, NAME, block.text, block.time_ms // 1000)
            self.store.write(block, assemble_note(block.text, [line]))
        return self.store.snapshot()


@contextmanager
def kept_world(path: Path) -> Iterator[Kept]:
    """The small world, kept at `path` as long as the context lasts."""
    blocks: list[Block] = []

    def keeping(*arguments: Any) -> Block:
        blocks.append(execute(*arguments))
        return blocks[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real, "execute", keeping)
        world = Kept(path)
        world.blocks = blocks
        yield world
        world.store.close()


def tell_kept_story(world: Kept) -> str:
    """The story, and a shipment with restricted terms; the key of its pack lot."""
    pack = tell_story(world)
    lot = world.harvest("A3", 5)
    goods = (m.Portion(lot, 2 * KG),)
    action, terms = m.Ship("priced", "hub", world.now, lots=goods), m.ShippingTerms("DOC-7", 12_300)
    expires_ms = world.now + HOUR_MS
    raw = make_transaction(key_of("farm"), world.genesis.chain_id, action, b"r" * 16, expires_ms, terms, b"s" * 32)
    assert world.run([raw])[0].code == 0
    world.keep()
    return pack
