"""The files that browsers load: styles, the verifier, the service worker; and the version they make together."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from client.journey.vocabulary import vocabulary
from gateway.kept import sent
from gateway.web.errors import not_found
from gateway.words import WORDS

ROOT = Path(__file__).resolve().parent / "static"
TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
}


def listed() -> dict[str, Path]:
    """Every asset by its path under /static/, libraries that set-up fetched included."""
    return {
        path.relative_to(ROOT).as_posix(): path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file() and path.suffix[1:] in TYPES
    }


IMPORTED = re.compile(rb'^import [^;"]*"(\./[^"]+)";$', re.MULTILINE)


def modules_of(files: Mapping[str, bytes], name: str) -> list[str]:
    """All modules that a module imports, directly or not, by name; not those that it asks for when it needs them."""
    todo, found = [name], set[str]()
    while todo:
        module = todo.pop()
        named = [normpath(join(dirname(module), path.decode())) for path in IMPORTED.findall(files[module])]
        todo += [each for each in named if each not in found]
        found.update(named)
    return sorted(found)


class Modules(NamedTuple):
    """What a page loads, in the order of need: to ask for its proofs, then to compare itself with them."""

    asking: list[str]
    comparing: list[str]


class Assets:
    """The assets as they were when the gateway started; nothing that is laid beside them later is served."""

    def __init__(self) -> None:
        self.files = {name: path.read_bytes() for name, path in listed().items()}
        asking, page = (modules_of(self.files, name) for name in ("asking.js", "page.js"))
        self.modules = Modules(asking, [name for name in page if name not in ("asking.js", *asking)])
        comparing = b"".join(self.files[name] for name in self.modules.comparing)
        compared = {name: said for name, said in WORDS.items() if f'"{name}"'.encode() in comparing}
        words = json.dumps(vocabulary() | {"page": compared}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        self.files["words.json"] = words.encode()
        self.packed = {name: gzip.compress(content, mtime=0) for name, content in self.files.items()}
        self.hashes = {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}
        self.version = hashlib.sha256(json.dumps(self.hashes, sort_keys=True).encode()).hexdigest()[:16]

    async def endpoint(self, request: Request) -> Response:
        """`GET /static/{path}`."""
        name = request.path_params["path"]
        if name not in self.files:
            raise not_found("没有这个文件", "there is no such file", "path")
        tag = f'"{self.hashes[name][:32]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        return sent(request, self.packed[name], headers, kind)

    async def worker(self, _: Request) -> Response:
        """`GET /sw.js`: the service worker, which keeps these very files."""
        names = [f"/static/{name}" for name in self.files if name != "sw.js"]
        head = f"const VERSION = {json.dumps(self.version)};\nconst FILES = {json.dumps(names)};\n"
        body = head + self.files["sw.js"].decode()
        headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
        return Response(body, headers=headers, media_type="text/javascript")
