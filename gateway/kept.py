"""Answers made of a batch's evidence, kept compressed: hundreds read within seconds what takes long to make once.

What is made of an evidence depends on nothing else but the language, so it holds for as long as the shelf gives out
this very evidence.
"""

import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from client.batch import Evidence

KEPT_BYTES_MAX = 64 * 1024 * 1024


class Made(NamedTuple):
    """An answer's body, compressed; `evidence` is held with it, so that no other one can have its identity."""

    evidence: Evidence
    packed: bytes


class Kept:
    """The answers of one gateway; those not asked for longest go when there are too many bytes."""

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self.bytes_max = bytes_max
        self._made: OrderedDict[tuple[int, str], Made] = OrderedDict()
        self._bytes = 0

    async def get(self, evidence: Evidence, kind: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """What `make` gives of this evidence, gzipped; it is called once a `kind`."""
        name = (id(evidence), kind)
        if name in self._made:
            self._made.move_to_end(name)
            return self._made[name].packed
        made = Made(evidence, gzip.compress(await make(), mtime=0))
        if name not in self._made:
            self._made[name] = made
            self._bytes += len(made.packed)
        while self._bytes > self.bytes_max:
            self._bytes -= len(self._made.popitem(last=False)[1].packed)
        return made.packed


def sent(request: Request, packed: bytes, headers: Mapping[str, str], media_type: str) -> Response:
    """A gzipped body as the reader takes it (RFC 9110 §12.5.3)."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(packed), headers=headers, media_type=media_type)
    vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
    return Response(packed, headers={**headers, "Vary": vary, "Content-Encoding": "gzip"}, media_type=media_type)
