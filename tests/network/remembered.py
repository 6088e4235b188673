"""A community's trust archive, executed by the real rules into the real store, and an observer that serves it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tests.registry.chain as real
from ledger.block import Block
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.execute import execute
from ledger.module import Module
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import listing_of, lot_listing
from ledger.modules.catalogue import joined_modules
from ledger.modules.payments import Money
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import OrganisationView
from ledger.storage.level import LevelStore
from network.tls import make_authority
from tests.archive.world import BERRY, CAMPAIGN, REASON, Memoir, address
from tests.network.nodes import Network, free_port
from tests.registry.chain import key_of

HERE = listing_of(BERRY, "garden")
LOT = lot_listing(f"{BERRY}/{CAMPAIGN}")
RATINGS = (5, 1, 4, 5, 2)
NAME = "linxin/test/platform"


class Told(Memoir):
    """An archive with all modules of a network."""

    reviews: list[bytes]
    visit_id: bytes
    endorsement: bytes

    def modules(self) -> tuple[Module, ...]:
        """As the catalogue joins them."""
        self.money = Money(OrganisationView(), KeyView())
        return joined_modules(self.money)


def tell(path: Path, then: Callable[[Told], None] = lambda _: None) -> Told:
    """Five reviews of six lines: the second hidden, appealed and shown again, the third hidden, the fourth erased; one
    visit that the farm confirmed and one that it did not; an endorsement; and what happens `then`. Kept in a store at
    `path`.
    """
    blocks: list[Block] = []

    def keeping(*arguments: Any) -> Block:
        blocks.append(execute(*arguments))
        return blocks[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real, "execute", keeping)
        world = Told()
        _story(world)
        then(world)
    store = LevelStore.open(path, world.genesis.chain_id, world.genesis.head())
    for block in blocks:
        line = cosign(key_of("validator"), NAME, block.text, block.time_ms // 1000)
        store.write(block, assemble_note(block.text, [line]))
    store.sync()
    store.close()
    return world


def _story(world: Told) -> None:
    world.arrived(*[2] * 6)
    world.reviews = []
    for number, rating in enumerate(RATINGS):
        world.hand(number)
        said: dict[str, Any] = {"tags": ("sweet", "fresh") if rating > 3 else ("sour",), "words": address(f"w{number}")}
        photos = (address("photo"),) if number in (0, 3) else ()
        world.reviews.append(world.review(number, rating, photos=photos, **said))
    world.hide(world.reviews[1])
    world.appeal(world.reviews[1], "1")
    world.accept("court", a.Decide(world.reviews[1], False, REASON))
    world.hide(world.reviews[2], "platform", 3)
    world.accept(world.member("3"), a.EraseWords(world.reviews[3]))
    world.accept(world.member("0"), a.AddToReview(world.reviews[0], address("more")))
    world.visit_id = world.visit()
    world.visit(confirmed=False)
    world.endorsement = world.vouch(world.visit_id)


def serve(world: Told, home: Path) -> Network:
    """The home of an observer over a store at `home`/data/ledger; nobody is there to be followed."""
    (home / "genesis.json").write_bytes(world.genesis.raw)
    address_ = f"127.0.0.1:{free_port()}"
    (home / "ca.crt").write_bytes(make_authority("test")[0])
    follow = f'[follow]\nendpoints = ["127.0.0.1:{free_port()}"]\n'
    listen = f'[listen]\naddress = "{address_}"\nplaintext = true\n'
    (home / "node.toml").write_text(f'name = "o1"\nrole = "observer"\n{listen}{follow}')
    files = f'name = "test"\nendpoints = ["{address_}"]\ncertificate_authority = ""\n'
    (home / "network.toml").write_text(files)
    return Network(home, world.genesis.raw, None, address_)
