"""Evidence files: laboratory reports, certificates, photographs, by their salted address; with range requests."""

import re
from collections import OrderedDict
from typing import NamedTuple

from linxin.v1 import blob_pb2
from starlette.requests import Request
from starlette.responses import Response

from client.blobs import get_blob
from client.connection import Connection
from gateway.web.errors import not_found

ADDRESS = re.compile(r"[0-9a-f]{64}\Z")
RANGE = re.compile(r"bytes=(\d{1,12})?-(\d{1,12})?\Z")
INLINE = ("text/plain", "application/pdf", "image/jpeg", "image/png", "image/webp")
"""Shown in the browser; everything else is downloaded. What anybody uploaded must never run as a page of ours."""
KEPT_BYTES_MAX = 64 * 1024 * 1024
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox; frame-ancestors 'none'"


class File(NamedTuple):
    """A public file of the vault."""

    media_type: str
    content: bytes
    is_evidence: bool


class Files:
    """Files as the gateway has them. Evidence never changes under its address and is kept until room is needed; words
    and photos of residents are asked for each time, so that what they had erased is gone here too.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._kept: OrderedDict[str, File] = OrderedDict()
        self._kept_bytes = 0

    async def get(self, address: str) -> File:
        """A file by its address (hex). Raises `Remote`, `BlobFailure` and `Unreachable`."""
        if address in self._kept:
            self._kept.move_to_end(address)
            return self._kept[address]
        described, content = await get_blob(self.connection, bytes.fromhex(address))
        kind = described.media_type.partition(";")[0].strip().lower()
        found = File(kind, content, described.retention == blob_pb2.EVIDENCE)
        if found.is_evidence and len(content) <= KEPT_BYTES_MAX // 4:
            self._kept[address] = found
            self._kept_bytes += len(content)
        while self._kept_bytes > KEPT_BYTES_MAX:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1].content)
        return found

    async def endpoint(self, request: Request) -> Response:
        """`GET /file/{address}` (RFC 9110 §14: one range, else the whole)."""
        address = request.path_params["address"]
        if not ADDRESS.match(address):
            raise not_found("这不是存证文件的地址", "this is no address of an evidence file", "address")
        found = await self.get(address)
        tag = f'"{address[:32]}"'
        inline = found.media_type in INLINE
        headers = {
            "ETag": tag,
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=3600" if found.is_evidence else "no-store",
            "Content-Security-Policy": SANDBOX,
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{address[:12]}"',
        }
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        kind = "text/plain; charset=utf-8" if found.media_type == "text/plain" else found.media_type
        return _ranged(request, found.content, headers, tag, kind if inline else "application/octet-stream")


def _ranged(request: Request, content: bytes, headers: dict[str, str], tag: str, kind: str) -> Response:
    asked = RANGE.match(request.headers.get("range", ""))
    if asked is None or not any(asked.groups()) or request.headers.get("if-range", tag) != tag:
        return Response(content, headers=headers, media_type=kind)
    first, last = asked.groups()
    start = int(first) if first else max(0, len(content) - int(last))
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    if start > end:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Response(content[start : end + 1], 206, headers, kind)
