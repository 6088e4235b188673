"""A canary: words that are there before they are erased, and after that in no file of anybody, nor behind any key kept.

The search must find the canary before, and its neighbour's words after, or it proves nothing.
"""

import asyncio
import shutil
from pathlib import Path

import pytest
from linxin.v1 import ledger_pb2

from client.blobs import EndpointSilent, erase_everywhere, get_blob
from client.connection import Connection, signed_request
from client.failures import Remote
from client.reviewing import Opinion, Reviewer, erase_part, get_row
from client.submit import envelope_id
from ledger.modules.archive.state import Listing, listing_of, listings, reviews
from network.errors import BlobErased
from tests.network.nodes import AUDITOR, Network, free_port
from tests.reviews.market import PRODUCTS, Line, Market, build, on_market
from tests.reviews.searching import found_behind_keys, found_raw

CANARY = "金丝雀7f3a：这家的苹果又脆又甜，我住三号楼。"
NEIGHBOUR = "邻居9b1c：这箱牛奶临期了。"
EXPORT = "/linxin.v1.LedgerService/Export"

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("reviews")]


async def export(network: Network, connection: Connection, path: Path, *, full: bool) -> None:
    """The chain's archive in a file."""
    request = ledger_pb2.ExportRequest(full=full)
    sign = signed_request(AUDITOR, network.chain_id, EXPORT, request) if full else None
    chunks = connection.stream(lambda to: to.ledger.Export, request, ledger_pb2.ExportChunk, sign=sign)
    content = b"".join([chunk.data async for chunk in chunks])
    await asyncio.to_thread(path.write_bytes, content)


async def review(market: Market, who: Reviewer, line: Line, words: bytes) -> bytes:
    """A review of a line in these words; its id."""
    said = Opinion(2, 3, words=words)
    raw = who.review(market.chain_id, market.campaigns[line.campaign], line.order.key, said)
    await market.all_final([raw], "archive.review")
    return envelope_id(raw)


def test_erased_words_are_nowhere_any_more(tmp_path: Path) -> None:
    home, kept = tmp_path / "home", tmp_path / "kept"
    home.mkdir()
    kept.mkdir()
    network = build(home)
    network.start()
    try:
        on_market(network, lambda market: tell(market, kept))
        assert network.stop() == 0, network.log()
        network.start()
        on_market(network, look_again)
        assert network.stop() == 0, network.log()
    finally:
        network.kill()
    assert found_raw(CANARY, tmp_path) == []
    assert found_behind_keys(CANARY, tmp_path) == []
    assert found_behind_keys(NEIGHBOUR, tmp_path), "the search finds what is still there"


async def tell(market: Market, kept: Path) -> None:
    """Two residents review; one has her words erased. Backups and archives are taken before and after."""
    await market.settle_in(4)
    mine, other = await market.sell("fruit", 0, 2)
    anna, bo = market.resident("anna"), market.resident("bo")
    words = await anna.keep_words(market.connection, CANARY)
    identity = await review(market, anna, mine, words)
    await review(market, bo, other, await bo.keep_words(market.connection, NEIGHBOUR))
    _, content = await get_blob(market.connection, words)
    assert content.decode() == CANARY, "readable before"
    home = market.network.home
    assert found_behind_keys(CANARY, home), "the search finds it before"
    back_up(home, kept / "before")
    for full in (False, True):
        await export(market.network, market.connection, kept / f"before-{full}.archive", full=full)
    erased = await erase_part(market.connection, anna, market.chain_id, identity, 0)
    assert [len(receipts) for receipts in erased.receipts.values()] == [1]
    again = await erase_part(market.connection, anna, market.chain_id, identity, 0)
    assert again.receipts == erased.receipts
    assert erased.record is not None
    assert again.record is None, "what is recorded is not recorded again"
    await check_silence(market, anna, words)
    back_up(home, kept / "after")
    for full in (False, True):
        await export(market.network, market.connection, kept / f"after-{full}.archive", full=full)
    await check_gone(market, words, identity)


async def check_silence(market: Market, who: Reviewer, words: bytes) -> None:
    """Where a node does not answer, nobody says that everything is erased; nor where nobody has ever had it."""
    network, nowhere = market.network, f"127.0.0.1:{free_port()}"
    async with Connection([network.address, nowhere], network.authority, network.chain_id) as both:
        with pytest.raises(EndpointSilent, match=nowhere):
            await erase_everywhere(both, who.key, words)
    assert await erase_everywhere(market.connection, who.key, bytes(32)) == []


def back_up(home: Path, target: Path) -> None:
    """What docs/OPERATORS.md has copied: all but the vault's keys."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("vault-keys", "*.sock", "LOCK"))


async def check_gone(market: Market, words: bytes, identity: bytes) -> None:
    """Nobody is told the words any more; the review, its stars and its erasure are told."""
    with pytest.raises(Remote) as gone:
        await get_blob(market.connection, words)
    assert gone.value.number == BlobErased.number
    row = await get_row(market.connection, reviews, identity.hex())
    assert row is not None
    assert row.erased_ms is not None
    assert (row.rating, row.words) == (2, words), "its address stays: without the salt it tells nothing"


async def look_again(market: Market) -> None:
    """After a restart it is as gone as before, and counted as before."""
    row = await get_row(market.connection, listings, listing_of(PRODUCTS["fruit"], "garden"))
    assert isinstance(row, Listing)
    assert (row.reviews, row.ratings, row.erased) == (2, (0, 2, 0, 0, 0), 1)
