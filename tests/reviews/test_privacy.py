"""A resident takes along what vaults hold of her and has it erased: reviews with photos, as the ledger records it."""

import base64
import json
from pathlib import Path

import pytest

from client.privacy import erase, export, find_holdings
from client.reviewing import Opinion, Reviewer, get_row, read_photo
from client.submit import envelope_id
from client.verify import verify_proof
from ledger.modules.archive.state import reviews
from tests.reviews.market import Market, build, on_market
from tests.reviews.searching import found_behind_keys, found_raw

CANARY = "金丝雀2d77：我住三号楼，苹果很脆。"
LATER = "金丝雀2d78：放了三天还新鲜。"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("reviews")]


def test_what_is_hers_is_found_taken_along_and_gone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    network = build(home)
    network.start()
    try:
        on_market(network, lambda market: live(market, tmp_path))
        assert network.stop() == 0, network.log()
    finally:
        network.kill()


async def live(market: Market, folder: Path) -> None:
    """Anna reviews with words and a photo, adds words, exports, erases the photo (and so the part), then all."""
    await market.settle_in(2)
    (line,) = await market.sell("fruit", 0, 1)
    anna = market.resident("anna")
    words = await anna.keep_words(market.connection, CANARY)
    photo = await anna.keep_photo(market.connection, read_photo(PIXEL))
    said = Opinion(4, 8, words=words, photos=(photo,))
    raw = anna.review(market.chain_id, market.campaigns[line.campaign], line.order.key, said)
    await market.all_final([raw], "archive.review")
    review = envelope_id(raw)
    later = await anna.keep_words(market.connection, LATER)
    await market.all_final([anna.add(market.chain_id, review, later)], "archive.add")
    assert found_behind_keys(CANARY, market.network.home), "the search finds it before"
    await check_export(market, anna, folder / "anna", {words, photo, later}, review)

    records = await have_erased(market, anna, {photo})
    row = await get_row(market.connection, reviews, review.hex())
    assert row is not None
    assert len(records) == 1
    assert row.erased_ms is not None
    assert row.additions[0].erased_ms is None, "only the part that the photo belongs to"
    assert found_behind_keys(CANARY, market.network.home) == [], "its words go with it"
    assert found_behind_keys(LATER, market.network.home)
    assert len(await have_erased(market, anna, set())) == 1
    assert await have_erased(market, anna, set()) == (), "nothing is recorded twice"
    for gone in (CANARY, LATER):
        assert found_behind_keys(gone, market.network.home) == []
        assert found_raw(gone, market.network.home) == []


async def have_erased(market: Market, who: Reviewer, addresses: set[bytes]) -> tuple[bytes, ...]:
    """Erase some or (none given) all that is hers; the ids of the ledger's records of it."""
    found = await find_holdings(market.connection, who.key)
    chosen = found.own(addresses)
    done = await erase(market.connection, who.key, market.network.genesis, found, chosen, lambda _done, _of: None)
    assert (done.kept, done.silent) == ((), ())
    assert {each.address for each in chosen} <= done.receipts.keys() | done.before.keys()
    return done.records


async def check_export(market: Market, who: Reviewer, folder: Path, addresses: set[bytes], review: bytes) -> None:
    """Files, parts and proofs are in the folder; each proof holds alone and names what it should."""
    found = await find_holdings(market.connection, who.key)
    made = await export(market.connection, who.key, market.network.genesis, found, folder, lambda _done, _of: None)
    assert (made.missing, made.silent) == ((), ())
    index = json.loads((folder / "index.json").read_text("utf-8"))
    told = {bytes.fromhex(each["address"]): each for each in index["files"]}
    assert told.keys() == addresses
    assert {each["review"] for each in told.values()} == {review.hex()}
    assert sorted(each["part"] for each in told.values()) == [0, 0, 1]
    assert sorted(each["action"] for each in index["records"]) == ["archive.add", "archive.review"]
    for address, each in told.items():
        assert (folder / each["file"]).is_file()
        (identity,) = each["records"]
        proof = verify_proof((folder / "records" / f"{identity}.proof").read_bytes(), market.network.genesis)
        assert address in str_of(proof.records[0].action)
    page = (folder / "index.html").read_text("utf-8")
    assert CANARY in page
    assert LATER in page


def str_of(action: list[object]) -> list[object]:
    """The fields of an action, with those of its lists."""
    return [one for field in action for one in (field if isinstance(field, list) else [field])]
