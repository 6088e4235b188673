"""How much one reader may ask for: a token bucket an address, of a bounded number of addresses."""

import time
from collections import OrderedDict
from http import HTTPStatus

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.settings import Settings
from gateway.web.errors import tell, too_busy

FREE = ("/static/", "/sw.js")
"""What lies in memory and costs next to nothing: a first visit loads some fifty of these files at once."""


class Buckets:
    """Tokens by address; each request takes one. Times are seconds of any steady clock."""

    def __init__(self, per_s: float, burst: int, addresses_max: int) -> None:
        self.per_s, self.burst, self.addresses_max = per_s, burst, addresses_max
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now_s: float) -> float:
        """0 when the request may go on; else in how many seconds there is a token again."""
        left, since_s = self._left.pop(address, (float(self.burst), now_s))
        left = min(float(self.burst), left + (now_s - since_s) * self.per_s)
        allowed = left >= 1
        self._left[address] = (left - 1 if allowed else left, now_s)
        if len(self._left) > self.addresses_max:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.per_s


class Limits:
    """The middleware."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self.buckets = Buckets(settings.requests_per_s, settings.burst, settings.addresses_max)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say when to come again."""
        if scope["type"] == "http" and not scope["path"].startswith(FREE):
            request = Request(scope)
            address = address_of(request, behind_proxy=self.settings.behind_proxy)
            wait_s = self.buckets.take(address, time.monotonic())
            if wait_s > 0:
                busy = too_busy(
                    "请求太频繁，请稍后再试", "too many requests", int(wait_s) + 1, HTTPStatus.TOO_MANY_REQUESTS
                )
                await (await tell(request, busy))(scope, receive, send)
                return
        await self.app(scope, receive, send)


def address_of(request: Request, *, behind_proxy: bool) -> str:
    """Who asks. An IPv6 network of 64 bits is one reader."""
    address = request.client.host if request.client else ""
    if behind_proxy:
        address = request.headers.get("x-forwarded-for", address).rpartition(",")[2].strip()[:64]
    return ":".join(address.split(":")[:4]) if ":" in address else address
