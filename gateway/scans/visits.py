"""What counts as a scan: a page that a person's browser opens, once within some minutes.

Whether it is the same reader again is known for those minutes alone, in memory alone, by a digest under a key that
nobody else has and that is thrown away with it. A bot that says it is a person is counted as one.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable

from starlette.requests import Request

AGAIN_S = 600.0
"""A reload within this time is the same scan; at most twice as long."""

REMEMBERED_MAX = 100_000
"""Readers remembered in one such time; more of them end it early."""

PREFETCHES = ("purpose", "sec-purpose", "x-purpose", "x-moz")
ROBOTS = re.compile(
    r"bot\b|crawl|spider|slurp|headless|lighthouse|preview|monitor|uptime|probe|scrap"
    r"|^$|^(?:curl|wget|python|go-http|java|okhttp|apache|libwww|axios|node|httpie|prometheus|kube)",
    re.IGNORECASE,
)
"""User agents that say they are no person's browser, or nothing at all."""


def is_visit(request: Request) -> bool:
    """Whether a request looks like a person's opening a page: no bot that says so, no prefetch, no script's fetch."""
    headers = request.headers
    if request.method != "GET" or ROBOTS.search(headers.get("user-agent", "")):
        return False
    if any("prefetch" in headers.get(name, "").lower() or "preview" in headers.get(name, "") for name in PREFETCHES):
        return False
    # Browsers that send it say `document` for what stands in the address bar; older ones send nothing.
    return headers.get("sec-fetch-dest", "document") == "document"


class Readers:
    """Who looked at what in the last minutes, as digests in two generations. Times are seconds of any steady clock."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._begun_s = now_s()
        self._keys = (secrets.token_bytes(32), secrets.token_bytes(32))
        self._seen: tuple[set[bytes], set[bytes]] = (set(), set())

    def is_new(self, *what: str) -> bool:
        """Whether this was not seen before in the last minutes; from now on it was."""
        self._turn()
        young, old = (_digest(key, what) for key in self._keys)
        if young in self._seen[0] or old in self._seen[1]:
            return False
        self._seen[0].add(young)
        return True

    def _turn(self) -> None:
        """Forget the older generation, with its key, when the younger is complete."""
        if self._now_s() - self._begun_s < AGAIN_S and len(self._seen[0]) < REMEMBERED_MAX:
            return
        stale = self._now_s() - self._begun_s >= 2 * AGAIN_S
        kept = (secrets.token_bytes(32), set[bytes]()) if stale else (self._keys[0], self._seen[0])
        self._keys = secrets.token_bytes(32), kept[0]
        self._seen = set(), kept[1]
        self._begun_s = self._now_s()


def _digest(key: bytes, what: tuple[str, ...]) -> bytes:
    return hashlib.blake2b("\0".join(what).encode(), key=key, digest_size=16).digest()
