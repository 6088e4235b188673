"""A real network with the strawberry's journey on it, a real gateway before it, and one that lies."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.demo import market
from cli.demo.cast import Calendar
from cli.demo.runner import Telling
from cli.modules import standard_registry
from cli.network_files import init_network
from cli.output import Output
from cli.processes import own_environment
from cli.starting import bring_up, take_down
from client.network_directory import NetworkDirectory
from client.submit import Submitter

START_S_MAX = 60.0


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def get(url: str, **headers: str) -> Answer:
    """One request, without following what it is redirected to; header names with underscores."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    opener = urllib.request.build_opener(_NoRedirect())
    try:
        with opener.open(request, timeout=60) as answer:
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def told_network(root: Path) -> Iterator[NetworkDirectory]:
    """A network of one validator on which the demonstration's journey has been recorded."""
    out = Output(as_json=True)
    network = init_network(root, "page", standard_registry(), validators=1, parameters=market.PARAMETERS)

    def tell() -> None:
        bring_up(out, network)
        with Submitter.to(network) as submitter:
            Telling(out, network, Calendar.before(time.time_ns() // 1_000_000)).tell(submitter)

    with ThreadPoolExecutor(1) as beside:  # Playwright keeps an event loop in the main thread
        try:
            beside.submit(tell).result()
            yield network
        finally:
            beside.submit(take_down, out, network).result()


@contextmanager
def running_gateway(network: NetworkDirectory, *options: str) -> Iterator[str]:
    """A gateway of its own process; its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gateway", str(network.root), "--port", str(port), *options]
    process = subprocess.Popen(command, env=own_environment(), cwd=network.root)
    try:
        deadline = time.monotonic() + START_S_MAX
        while True:
            assert process.poll() is None, "the gateway ended by itself"
            assert time.monotonic() < deadline, "the gateway does not answer"
            try:
                if get(f"{url}/healthz").status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


Lie = Callable[[str, Answer], Answer]
"""(path asked for, the honest answer) -> what the liar says."""


class LyingGateway:
    """A server that hands on what an honest gateway says, but for what `lie` makes of it."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.lie: Lie | None = None
        self.port = free_port()
        app = Starlette(routes=[Route("/{path:path}", self._answer)])
        settings = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error", lifespan="off")
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _answer(self, request: Request) -> Response:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        passed = {name: request.headers[name] for name in ("accept", "accept-language") if name in request.headers}
        honest = await asyncio.to_thread(get, self.upstream + path, **passed)
        said = honest if self.lie is None else self.lie(request.url.path, honest)
        dropped = ("content-length", "transfer-encoding", "connection", "date", "etag")
        headers = {name: value for name, value in said.headers.items() if name not in dropped}
        return Response(said.body, said.status, headers)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + START_S_MAX
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(30)


def chromium() -> str:
    """The browser's path: Debian's, or the one that LINXIN_CHROMIUM names. Without one its tests are skipped: CI, which
    installs it, runs them.
    """
    path = os.environ.get("LINXIN_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.skip(f"{path} is not there: apt-get install chromium, or set LINXIN_CHROMIUM")
    return path


NO_OMNIBOX = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"
"""Else each fresh context loads the window of the address bar, which takes longer than most tests."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-zygote", NO_OMNIBOX)


SETTLED = "#trust:not([data-state=busy]):not([data-state=idle])"
"""The verdict, once there is one."""
