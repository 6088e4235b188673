"""A page of the archive with its words: shown is what was committed to; what cannot be had is told in its place."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner
from linxin.v1 import blob_pb2, blob_pb2_grpc, ledger_pb2_grpc

from cli.main import main
from client.blobs import BlobFailure, get_blob
from client.connection import Connection, open_channel
from client.failures import Remote
from client.reviewing import Opinion, Reviewer, erase_part, read_photo
from client.submit import envelope_id
from client.vaults import read_files
from gateway.files import Files
from ledger.crypto.hashing import digest
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import listing_of
from network.errors import BlobErased
from tests.network.nodes import Network, free_port
from tests.reviews.market import PRODUCTS, Market, build, on_market
from tests.reviews.test_texts import EXIF, JPEG, PNG_END, PNG_HEAD

HERE = listing_of(PRODUCTS["fruit"], "garden")
WORDS = ("很甜，下次还买。", "广告：加微信领券", "酸的 sour", "放坏了 gone off", "包装好")
KEPT, HIDDEN, ERASED, ALTERED, GONE = range(5)

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("reviews")]


class Told:
    """Addresses of words by their place in `WORDS`; ids of reviews."""

    def __init__(self) -> None:
        self.words: list[bytes] = []
        self.ids: list[bytes] = []

    async def reviews(self, market: Market) -> None:
        """Five reviews, the first with two photos, one hidden and appealed, one erased."""
        await market.settle_in(len(WORDS))
        lines = await market.sell("fruit", 0, len(WORDS))
        anna = market.resident("anna")
        photos = [
            await anna.keep_photo(market.connection, read_photo(raw))
            for raw in (JPEG[:2] + EXIF + JPEG[2:], PNG_HEAD + PNG_END)
        ]
        for number, (text, line) in enumerate(zip(WORDS, lines, strict=True)):
            self.words.append(await anna.keep_words(market.connection, text))
            said = Opinion(5 - number, 10, words=self.words[-1], photos=() if number else tuple(photos))
            raw = anna.review(market.chain_id, market.campaigns[line.campaign], line.order.key, said)
            await market.all_final([raw], "archive.review")
            self.ids.append(envelope_id(raw))
        await market.do("platform", a.Hide(self.ids[HIDDEN], 3, digest("blob", b"why")))
        appeal = anna.appeal(market.chain_id, self.ids[HIDDEN], digest("blob", b"no"))
        await market.all_final([appeal], "archive.appeal")
        await self.erase(market, anna)
        await check_lies(market, self.words[KEPT])

    async def erase(self, market: Market, anna: Reviewer) -> None:
        """Have one's words erased; a gateway that has shown them does not go on doing so."""
        pages, address = Files(market.connection), self.words[ERASED].hex()
        assert (await pages.get(address)).content == WORDS[ERASED].encode()
        await erase_part(market.connection, anna, market.chain_id, self.ids[ERASED], 0)
        with pytest.raises(Remote) as gone:
            await pages.get(address)
        assert gone.value.number == BlobErased.number


class Lying(blob_pb2_grpc.BlobServiceServicer):
    """A vault that passes on what another one says, the words changed, or their start called a part of the salt."""

    def __init__(self, network: Network, shift: int) -> None:
        self._network = network
        self._shift = shift

    async def Get(self, request: blob_pb2.GetBlobRequest, _context: Any) -> AsyncIterator[blob_pb2.GetBlobResponse]:  # noqa: N802
        """The file, changed."""
        async with open_channel(self._network.address, self._network.authority) as channel:
            parts = [part async for part in blob_pb2_grpc.BlobServiceStub(channel).Get(request, timeout=10)]
        content = b"".join(part.chunk for part in parts[1:])
        yield blob_pb2.GetBlobResponse(description=parts[0].description, salt=parts[0].salt + content[: self._shift])
        yield blob_pb2.GetBlobResponse(chunk=content[self._shift :] if self._shift else "不".encode() + content)


class Passing(ledger_pb2_grpc.LedgerServiceServicer):
    """Says of itself what another node says."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def GetStatus(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """As the other node."""
        async with open_channel(self._network.address, self._network.authority) as channel:
            return await ledger_pb2_grpc.LedgerServiceStub(channel).GetStatus(request, timeout=10)


async def check_lies(market: Market, words: bytes) -> None:
    """What is not what its address commits to is not taken, and an honest vault behind a liar or a silent one is."""
    network = market.network
    for shift in (0, 3):
        server = grpc.aio.server()
        blob_pb2_grpc.add_BlobServiceServicer_to_server(Lying(network, shift), server)  # type: ignore[abstract]  # asked with Get alone
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server(Passing(network), server)  # type: ignore[abstract]  # and with GetStatus
        liar = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            async with Connection([liar], None, network.chain_id) as alone:
                with pytest.raises(BlobFailure, match="commits to"):
                    await get_blob(alone, words)
                lacking = await read_files(alone, [words], 8_000, lambda *_: pytest.fail("taken"))
                assert lacking[words].lack == "altered"
        finally:
            await server.stop(None)
    taken: dict[bytes, bytes] = {}
    silent = f"127.0.0.1:{free_port()}"
    async with Connection([silent, network.address], network.authority, network.chain_id) as both:
        lacking = await read_files(both, [words, bytes(32)], 8_000, taken.__setitem__)
        assert {address: each.lack for address, each in lacking.items()} == {bytes(32): "unavailable"}
        assert taken == {words: WORDS[KEPT].encode()}
        assert (await read_files(both, [words], 5, taken.__setitem__))[words].lack == "altered", "larger than words are"


def linxin(network: Network, *arguments: str) -> Any:
    files = f'name = "test"\nendpoints = ["{network.address}"]\ncertificate_authority = "ca.crt"\n'
    assert network.authority is not None
    (network.home / "ca.crt").write_bytes(network.authority)
    (network.home / "network.toml").write_text(files)
    return CliRunner().invoke(main, [*arguments, "--network", str(network.home)])


def page(network: Network, *arguments: str) -> list[dict[str, Any]]:
    """The entries shown, oldest first."""
    done = linxin(network, "archive", "show", HERE, "--json", *arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    found: list[dict[str, Any]] = json.loads(done.stdout)["found"]
    return found[::-1]


def vault_file(network: Network, address: bytes) -> Path:
    return network.home / "vault" / "files" / address.hex()[:2] / address.hex()


def test_a_page_shows_words_and_saves_photos(tmp_path: Path) -> None:
    home, told = tmp_path / "home", Told()
    home.mkdir()
    network = build(home)
    try:
        network.start()
        on_market(network, told.reviews)
        assert network.stop() == 0, network.log()
        damaged = vault_file(network, told.words[ALTERED])
        raw = damaged.read_bytes()
        damaged.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        vault_file(network, told.words[GONE]).unlink()
        network.start()
        look_at_page(network, told, tmp_path / "photos")
        look_as_people_do(network)
        assert network.stop() == 0, network.log()
    finally:
        network.kill()


def look_at_page(network: Network, told: Told, folder: Path) -> None:
    shown = page(network)
    assert [each["id"] for each in shown] == [each.hex() for each in told.ids]
    assert [each["row"]["rating"] for each in shown] == [5, 4, 3, 2, 1]
    kept, hidden, erased, altered, gone = shown
    (part,) = kept["parts"]
    assert (part["words"], part["problem"]) == (WORDS[KEPT], None)
    assert [(photo["file"], photo["problem"]) for photo in part["photos"]] == [(None, None)] * 2, "not asked for"
    assert hidden["parts"] == []
    hiding = hidden["hiding"]
    assert (hiding["by"], hiding["rule"], hiding["rule_en"]) == ("platform", 3, "advertising")
    assert hiding["appealed_ms"] >= hiding["hidden_ms"]
    assert (hiding["decided_ms"], hiding["upheld"]) == (None, None)
    assert [(each["words"], each["problem"]) for each in erased["parts"]] == [(None, None)]
    assert erased["parts"][0]["erased_ms"] is not None
    for entry, kind in ((altered, "altered"), (gone, "missing")):
        (part,) = entry["parts"]
        assert (part["words"], part["problem"]["kind"]) == (None, kind)
    (part,) = page(network, "--photos", str(folder))[KEPT]["parts"]
    files = [Path(photo["file"]) for photo in part["photos"]]
    assert [path.read_bytes() for path in files] == [JPEG, PNG_HEAD + PNG_END], "without what the phone wrote"
    assert sorted(folder.iterdir()) == sorted(files)
    assert page(network, "--photos", str(folder))[KEPT]["parts"] == [part], "again, into the same files"
    files[0].write_bytes(b"mine")
    done = linxin(network, "archive", "show", HERE, "--photos", str(folder))
    assert done.exit_code == 1
    assert files[0].read_bytes() == b"mine", "nobody's file is written over"


def look_as_people_do(network: Network) -> None:
    done = linxin(network, "archive", "show", HERE)
    assert done.exit_code == 0, done.output
    said = done.stdout
    for words in (
        WORDS[KEPT],
        "规则 3（广告 advertising）",
        "买家已申诉",
        "有内容已删除",
        "与链上承诺不符",
        "没有节点向公众提供",
    ):
        assert words in said
    for number in (HIDDEN, ERASED, ALTERED, GONE):
        assert WORDS[number] not in said
