"""What a gateway tells Prometheus. No address, no code and no reader stands in a figure."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The figures of one gateway."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.answers = Counter(
            "linxin_gateway_answers_total", "Answers by route and status", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "linxin_gateway_answer_seconds",
            "Time to an answer's head",
            ["route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.journeys = Counter(
            "linxin_gateway_journeys_total", "Journeys by where they came from", ["source"], registry=self.registry
        )
        self.invalid = Counter(
            "linxin_gateway_invalid_proofs_total", "Proofs of a node that did not hold", registry=self.registry
        )
        self.height = Gauge(
            "linxin_gateway_certified_height", "Highest certified height seen in a proof", registry=self.registry
        )

    async def endpoint(self, _: Request) -> Response:
        """`GET /metrics`."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """The middleware that counts and times answers by the pattern of their route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note when its answer begins."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began_s = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self.metrics.answers.labels(route, str(message["status"])).inc()
                self.metrics.seconds.labels(route).observe(time.perf_counter() - began_s)
            await send(message)

        await self.app(scope, receive, noted)
