"""Answers kept for an evidence: made once, never another one's, within bounds, as the reader takes them."""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from starlette.requests import Request

from client.batch import Evidence
from gateway.kept import Kept, sent


class Anything:
    """Stands where an evidence stands: only its identity is looked at."""


def evidence() -> Evidence:
    return cast(Evidence, Anything())


class Maker:
    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self) -> bytes:
        self.calls += 1
        return f"body {self.calls}".encode()


def get(kept: Kept, one: Evidence, kind: str, make: Maker) -> bytes:
    with ThreadPoolExecutor(1) as beside:  # Playwright may keep an event loop in this thread
        return gzip.decompress(beside.submit(lambda: asyncio.run(kept.get(one, kind, make))).result())


def test_it_is_made_once_for_an_evidence_and_a_kind() -> None:
    kept, make, first, second = Kept(), Maker(), evidence(), evidence()
    assert [get(kept, first, "page-zh", make) for _ in range(3)] == [b"body 1"] * 3
    assert get(kept, first, "page-en", make) == b"body 2"
    assert get(kept, second, "page-zh", make) == b"body 3"
    assert get(kept, first, "page-zh", make) == b"body 1"


def test_what_was_not_asked_for_longest_goes() -> None:
    make, first, second, third = Maker(), evidence(), evidence(), evidence()
    size = len(gzip.compress(b"body 1", mtime=0))
    kept = Kept(bytes_max=2 * size)
    for one in (first, second, first, third):
        get(kept, one, "page", make)
    assert make.calls == 3
    assert get(kept, first, "page", make) == b"body 1"
    assert get(kept, second, "page", make) == b"body 4"


def test_a_reader_gets_what_it_takes() -> None:
    packed = gzip.compress(b"body", mtime=0)

    def ask(accepts: bytes) -> Request:
        return Request({"type": "http", "headers": [(b"accept-encoding", accepts)]})

    zipped = sent(ask(b"br, gzip"), packed, {"Vary": "Accept-Language"}, "text/html")
    assert (zipped.body, zipped.headers["content-encoding"]) == (packed, "gzip")
    assert zipped.headers["vary"] == "Accept-Language, Accept-Encoding"
    plain = sent(ask(b"identity"), packed, {"Vary": "Accept-Language"}, "text/html")
    assert (plain.body, plain.headers.get("content-encoding")) == (b"body", None)
