"""Products with as many reviews as wanted, executed in this process into a store that a node can serve.

Reviews go through the real rules of the archive and of rewards, each with its signatures, voucher and nullifier, in
certified blocks of a thousand; every fiftieth is added to in the block after. Orders are stood in for: every order of
the made-up campaigns is there and collected.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from ledger.block import Position, Proposal
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import Registry
from ledger.modules.archive import Reviews, archive_module
from ledger.modules.archive import messages as a
from ledger.modules.archive.ports import Goods, Lines
from ledger.modules.archive.state import listing_of
from ledger.modules.governance import governance_module
from ledger.modules.groupbuy.messages import ORDER_ID_SIZE
from ledger.modules.registry import registry_module
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import OrganisationView
from ledger.modules.rewards import Merits, rewards_module
from ledger.storage.level import LevelStore
from ledger.transaction import NONCE_SIZE, Transaction, decode_transaction, make_transaction

START_MS = 1_790_000_000_000
BLOCK = 1_000
BLOCK_MS = 500
HOUR_MS = 3_600_000
FAR_MS = START_MS + 1_000 * HOUR_MS
COMMUNITY, SELLER, LOT_COUNT = "garden", "farm", 50
BUYS_EACH = 10
"""Reviews of each neighbour."""

ADDED_EACH = 50
"""Of so many reviews one is added to."""

TAGS = ("sweet", "fresh", "juicy", "sour", "bruised", "on_time", "good_value", "small")
RATINGS = (5, 5, 5, 5, 4, 4, 3, 2, 1)
ORGANISATIONS = {"platform": ["platform"], SELLER: ["farm"], COMMUNITY: ["community"]}


def key_of(name: str) -> SigningKey:
    """A key made from a name."""
    return SigningKey(Algorithm.ED25519, hashlib.sha256(name.encode()).digest())


ORDERS = key_of("orders")
"""The key of every order; what is signed is another message each time."""


class EveryLine:
    """Lines that are all collected; a campaign's lot is that of its number."""

    def find(self, _ctx: object, order: str) -> Any:
        """The line of any order; its first bytes are the numbers of product and campaign."""
        name = campaign_of(int(order[:2], 16), int(order[2:4], 16))
        collected = {"collected_ms": START_MS, "leader": "", "campaign": name}
        return SimpleNamespace(algorithm=ORDERS.algorithm, public_key=ORDERS.public_key, **collected)

    def campaign(self, _ctx: object, campaign: str) -> Any:
        """A campaign of its one lot."""
        parties = {"community": COMMUNITY, "seller": SELLER, "platform": "platform", "logistics": None}
        terms = SimpleNamespace(product=campaign.partition("-")[0], **parties)
        lots = [SimpleNamespace(lot=lot_of(campaign))]
        return SimpleNamespace(terms=terms, lots=lots, first_leader="", leader="")

    def lot(self, _ctx: object, _lot: str) -> Any:
        """Every lot is the seller's."""
        return SimpleNamespace(producer=SELLER)


def product_of(number: int) -> str:
    """The product of a number below 100."""
    return f"0952123456{number:02d}00"


def shelf_of(number: int) -> str:
    """The listing of a product in the community."""
    return listing_of(product_of(number), COMMUNITY)


def campaign_of(product: int, number: int) -> str:
    """A campaign that sells a product."""
    return f"{product_of(product)}-{number}"


def lot_of(campaign: str) -> str:
    """The lot that fills a campaign."""
    return campaign.replace("-", "/")


class Shelf:
    """A growing store of reviews."""

    def __init__(self, path: Path) -> None:
        organisations, keys, reviews = OrganisationView(), KeyView(), Reviews()
        lines = EveryLine()
        archive = archive_module(organisations, keys, cast("Goods", lines), cast("Lines", lines), (Merits(reviews),))
        founding = (registry_module(), archive, rewards_module(organisations, reviews))
        self.registry = Registry([*founding, governance_module(organisations, keys, founding)])
        self.genesis: Genesis = load_genesis(_genesis(), self.registry)
        self.path = path
        self._random = Random(1)
        self._vouchers: dict[int, tuple[SigningKey, a.Membership]] = {}

    def grow(self, product: int, count: int, report: Callable[[int], object]) -> None:
        """So many reviews of a product that has none; the store is closed afterwards. `report`: told how many are."""
        store = LevelStore.open(self.path, self.genesis.chain_id, self.genesis.head())
        validator, name = key_of("validator"), self.genesis.cosigner_name("v")
        before: list[tuple[int, Transaction]] = []
        for start in range(0, count, BLOCK):
            snapshot = store.snapshot()
            height, time_ms = snapshot.head.height + 1, START_MS + (snapshot.head.height + 1) * BLOCK_MS
            numbers = range(start, min(count, start + BLOCK))
            reviews = [(number, self._review(product, number, time_ms)) for number in numbers]
            additions = [self._addition(number, review.id, time_ms) for number, review in before[::ADDED_EACH]]
            checked = [*additions, *(review for _, review in reviews)]
            proposal, at = Proposal(time_ms, []), Position(1, height)
            block = execute(snapshot.head, snapshot, proposal, at, checked, self.registry, self.genesis)
            assert all(receipt is not None and receipt.code == 0 for receipt in block.receipts), block.receipts[0]
            store.write(block, assemble_note(block.text, [cosign(validator, name, block.text, time_ms // 1000)]))
            before = reviews
            report(numbers.stop)
        store.sync()
        store.close()

    def _review(self, product: int, number: int, time_ms: int) -> Transaction:
        """A neighbour's review of one of her orders, decoded."""
        draw = self._random
        key, voucher = self._neighbour(number // BUYS_EACH)
        campaign = campaign_of(product, number % LOT_COUNT)
        order = bytes([product, number % LOT_COUNT]) + number.to_bytes(ORDER_ID_SIZE - 2, "big")
        rating = draw.choice(RATINGS)
        said = a.WriteReview(
            product=product_of(product),
            community=COMMUNITY,
            seller=SELLER,
            lots=(lot_of(campaign),),
            rating=rating,
            recommend=2 * rating,
            tags=tuple(draw.sample(TAGS, draw.randrange(4))),  # type: ignore[arg-type]  # of the vocabulary
            words=draw.randbytes(32),
            photos=(draw.randbytes(32),) if number % 4 == 0 else (),
        )
        consent = a.review_message(self.genesis.chain_id, order, key.algorithm, key.public_key)
        origin = a.Origin(order, ORDERS.sign(consent), voucher)
        nonce, expires_ms = order, time_ms + HOUR_MS
        raw = make_transaction(key, self.genesis.chain_id, said, nonce, expires_ms, origin, draw.randbytes(32))
        return decode_transaction(raw, self.registry, self.genesis.chain_id)

    def _addition(self, number: int, review: bytes, time_ms: int) -> Transaction:
        """More words of the neighbour who wrote a review, decoded."""
        key, draw = _key_of_neighbour(number // BUYS_EACH), self._random
        said = a.AddToReview(review, draw.randbytes(32))
        raw = make_transaction(key, self.genesis.chain_id, said, draw.randbytes(NONCE_SIZE), time_ms + HOUR_MS)
        return decode_transaction(raw, self.registry, self.genesis.chain_id)

    def _neighbour(self, number: int) -> tuple[SigningKey, a.Membership]:
        """A neighbour's key with its voucher; those before her write no more."""
        if number not in self._vouchers:
            key, registrar = _key_of_neighbour(number), key_of(COMMUNITY)
            told = (COMMUNITY, key.algorithm, key.public_key, (), FAR_MS)
            signed = registrar.sign(a.membership_message(self.genesis.chain_id, *told))
            voucher = a.Membership((), FAR_MS, registrar.algorithm, registrar.public_key, signed)
            self._vouchers = {number: (key, voucher)}
        return self._vouchers[number]


def _key_of_neighbour(number: int) -> SigningKey:
    return key_of(f"neighbour {number}")


def _genesis() -> bytes:
    """A network of one validator, with a platform, a farm and a community."""
    listed = [
        {
            "id": name,
            "name_zh": name,
            "name_en": name,
            "roles": roles,
            "keys": [{"algorithm": "ed25519", "public_key": key_of(name).public_key.hex()}],
        }
        for name, roles in ORGANISATIONS.items()
    ]
    document = {
        "format": "linxin-genesis/1",
        "name": "bench",
        "time": "2026-11-22T00:00:00Z",
        "organisations": listed,
        "validators": [{"id": "v", "organisation": "platform", "public_key": key_of("validator").public_key.hex()}],
    }
    return msgspec.json.encode(document)
