"""Real words through a real validator, each with a real order behind it: the archive is a plain recount of the file.

A slice of the corpus, or all of it: `LINXIN_REVIEWS=24020 pytest tests/reviews --timeout=0 --log-cli-level=INFO`.
"""

import asyncio
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from client.archive import walk
from client.blobs import get_blob
from client.failures import Failure
from client.reviewing import BadText, Opinion, check_text, get_row, read_text, tidy
from client.submit import envelope_id
from ledger.modules.archive.state import (
    Listing,
    farm_listing,
    listing_of,
    listings,
    lot_listing,
    product_listing,
    reviews,
)
from ledger.modules.rewards.state import Totals, totals
from tests.reviews.corpus import MEAL_REVIEWS, PRODUCT_REVIEWS, Written, read_corpus
from tests.reviews.market import PRODUCTS, Line, Market, build, on_market

LOG = logging.getLogger(__name__)
COUNT = int(os.environ.get("LINXIN_REVIEWS", "240"))
CAMPAIGN_MAX = 1_000
AT_ONCE = 16
REVIEWS_EACH = 8
"""Reviews of the slice that one resident writes, about."""

POINTS_DAY_MAX = 1_000
"""So high here that nobody's day is full: points are a recount as well."""


def test_all_of_the_corpus_can_be_stored_but_what_hides_characters() -> None:
    corpus = read_corpus()
    assert sum(each.kind != "meal" for each in corpus) == PRODUCT_REVIEWS
    assert sum(each.kind == "meal" for each in corpus) == MEAL_REVIEWS
    refused = {}
    for each in corpus:
        try:
            assert read_text(check_text(tidy(each.text)).encode()) == tidy(each.text)
        except BadText as bad:
            refused[each.number] = bad.en
    assert len(refused) == 2
    assert all("control character" in said for said in refused.values())


def typed(text: str) -> str:
    """What its author stores once she was told of control characters."""
    return tidy("".join(each for each in text if each.isprintable() or each == "\n"))


def part_of(corpus: Sequence[Written]) -> list[Written]:
    """`COUNT` reviews from all over the corpus."""
    assert 0 < COUNT <= len(corpus)
    return [corpus[place * len(corpus) // COUNT] for place in range(COUNT)]


@pytest.mark.process
def test_the_archive_is_a_plain_recount_of_what_buyers_wrote(tmp_path: Path) -> None:
    network = build(tmp_path, points_day_max=POINTS_DAY_MAX)
    network.start()
    try:
        on_market(network, buy_and_review)
        assert network.stop() == 0, network.log()
    finally:
        network.kill()


async def buy_and_review(market: Market) -> None:
    """Everybody orders, collects, reviews; then everything is compared."""
    written, started = part_of(read_corpus()), time.monotonic()
    await market.settle_in(len(written))
    lines = await buy(market, written)
    bought_s = time.monotonic() - started
    ids = await write(market, written, lines)
    written_s = time.monotonic() - started - bought_s
    await compare_counts(market, written, lines)
    await compare_words(market, written, ids)
    LOG.info("%d reviews: bought in %.0f s, written in %.0f s", len(written), bought_s, written_s)


async def buy(market: Market, written: Sequence[Written]) -> dict[int, Line]:
    """A line for each review, in campaigns of its kind of goods: at least two of each kind."""
    lines: dict[int, Line] = {}
    for kind in PRODUCTS:
        numbers = [each.number for each in written if each.kind == kind]
        size = min(CAMPAIGN_MAX, -(-len(numbers) // 2))
        for place, start in enumerate(range(0, len(numbers), size)):
            part = numbers[start : start + size]
            lines |= dict(zip(part, await market.sell(kind, place, len(part)), strict=True))
    return lines


def author_of(each: Written) -> str:
    """Which resident wrote it: her reviews lie all over the corpus."""
    return f"resident-{each.number % max(1, COUNT // REVIEWS_EACH)}"


async def write(market: Market, written: Sequence[Written], lines: dict[int, Line]) -> dict[int, bytes]:
    """Words into the vault, some at once; then the reviews. Their ids by number."""
    residents = {name: market.resident(name) for name in sorted({author_of(each) for each in written})}
    slots = asyncio.Semaphore(AT_ONCE)

    async def keep(each: Written) -> bytes:
        async with slots:
            return await residents[author_of(each)].keep_words(market.connection, typed(each.text))

    addresses = await asyncio.gather(*(keep(each) for each in written))
    envelopes = []
    for each, address in zip(written, addresses, strict=True):
        line = lines[each.number]
        said = Opinion(5 if each.good else 1, 10 if each.good else 0, ("fresh",) if each.good else (), address)
        who, campaign = residents[author_of(each)], market.campaigns[line.campaign]
        envelopes.append(who.review(market.chain_id, campaign, line.order.key, said))
    await market.all_final(envelopes, "archive.review")
    return {each.number: envelope_id(raw) for each, raw in zip(written, envelopes, strict=True)}


async def compare_counts(market: Market, written: Sequence[Written], lines: dict[int, Line]) -> None:
    """Every listing against a recount of the file, and the points of all."""
    by_listing: defaultdict[str, list[Written]] = defaultdict(list)
    for each in written:
        product, campaign = PRODUCTS[each.kind], lines[each.number].campaign
        (lot,) = {portion.lot for portion in market.campaigns[campaign].lots}
        for key in (listing_of(product, "garden"), product_listing(product), farm_listing("farm"), lot_listing(lot)):
            by_listing[key].append(each)
    for key, found in by_listing.items():
        row = await get_row(market.connection, listings, key)
        assert row is not None, key
        assert counted(row) == recounted(key, found, lines), key
        proven = [
            entry async for part in walk(market.connection, market.network.genesis, key) for entry in part.entries
        ]
        said = [entry for entry in proven if entry.record.tag == "archive.review"]
        assert len(said) == len(found), "no review is left out of the proven journal"
    sums = await get_row(market.connection, totals, "garden")
    assert sums == Totals(10 * len(written), 0, 10 * len(written)), "as many points for a bad review as for a good one"


def counted(row: Listing) -> dict[str, object]:
    """What a listing shows."""
    return {
        "reviews": row.reviews,
        "ratings": list(row.ratings),
        "nps": list(row.nps),
        "reviewers": row.reviewers,
        "returning": row.returning,
        "tags": {each.name: each.count for each in row.tags},
        "photos": row.photos,
    }


def recounted(key: str, found: Sequence[Written], lines: dict[int, Line]) -> dict[str, object]:
    """What it must show: by the file, and by who bought where."""
    good = sum(each.good for each in found)
    bad = len(found) - good
    authors: defaultdict[str, set[str]] = defaultdict(set)
    for each in found:
        authors[author_of(each)].add(lines[each.number].campaign)
    buyers = Counter(min(2, len(campaigns)) for campaigns in authors.values()) if "@" in key else Counter[int]()
    return {
        "reviews": len(found),
        "ratings": [bad, 0, 0, 0, good],
        "nps": [bad, *[0] * 9, good],
        "reviewers": buyers.total(),
        "returning": buyers[2],
        "tags": {"fresh": good} if good else {},
        "photos": 0,
    }


async def compare_words(market: Market, written: Sequence[Written], ids: dict[int, bytes]) -> None:
    """Every review stands as it was written, and its words come back."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def compare(each: Written) -> None:
        async with slots:
            row = await get_row(market.connection, reviews, ids[each.number].hex())
            assert row is not None
            assert (row.product, row.rating) == (PRODUCTS[each.kind], 5 if each.good else 1)
            assert row.words is not None
            try:
                _, content = await get_blob(market.connection, row.words)
            except Failure as failure:
                raise AssertionError(f"review {each.number}: {failure}") from failure
            assert read_text(content) == typed(each.text)

    await asyncio.gather(*(compare(each) for each in written))
