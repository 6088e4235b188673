"""The public gRPC server: all services of a node on one port, with reflection and health checking."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from linxin.v1 import (
    archive_pb2,
    archive_pb2_grpc,
    blob_pb2,
    blob_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    provenance_pb2,
    provenance_pb2_grpc,
    trade_pb2,
    trade_pb2_grpc,
)

from network.access import RequestHashes
from network.listening import cannot_listen, check_address
from network.services.archive import ArchiveService
from network.services.blobs import BlobService
from network.services.calls import REPLY_SIZE_MAX
from network.services.ledger import LedgerService
from network.services.provenance import ProvenanceService
from network.services.trade import TradeService

REQUEST_SIZE_MAX = 4_194_304
"""Bytes of one request message: 4,000,000 bytes of transactions and their framing, or a chunk of a file."""

SERVICE_NAMES = (
    ledger_pb2.DESCRIPTOR.services_by_name["LedgerService"].full_name,
    provenance_pb2.DESCRIPTOR.services_by_name["ProvenanceService"].full_name,
    trade_pb2.DESCRIPTOR.services_by_name["TradeService"].full_name,
    archive_pb2.DESCRIPTOR.services_by_name["ArchiveService"].full_name,
    blob_pb2.DESCRIPTOR.services_by_name["BlobService"].full_name,
)


@dataclass(frozen=True)
class Services:
    """The services of one node. `blobs` is None where there is no vault: at an observer."""

    ledger: LedgerService
    provenance: ProvenanceService
    trade: TradeService
    archive: ArchiveService
    blobs: BlobService | None


class Server:
    """Listens from `start` to `stop`; `port` is the one bound (of interest when the configuration says 0)."""

    def __init__(
        self, services: Services, address: str, credentials: grpc.ServerCredentials | None, calls_max: int
    ) -> None:
        self._address = address
        self._server = grpc.aio.server(
            interceptors=[RequestHashes()],
            maximum_concurrent_rpcs=calls_max,
            options=[
                ("grpc.max_receive_message_length", REQUEST_SIZE_MAX),
                ("grpc.max_send_message_length", REPLY_SIZE_MAX),
                ("grpc.so_reuseport", 0),
                ("grpc.max_metadata_size", 16_384),
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
                ("grpc.keepalive_time_ms", 60_000),
                ("grpc.keepalive_timeout_ms", 20_000),
            ],
        )
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server(services.ledger, self._server)
        provenance_pb2_grpc.add_ProvenanceServiceServicer_to_server(services.provenance, self._server)
        trade_pb2_grpc.add_TradeServiceServicer_to_server(services.trade, self._server)
        archive_pb2_grpc.add_ArchiveServiceServicer_to_server(services.archive, self._server)
        if services.blobs is not None:
            blob_pb2_grpc.add_BlobServiceServicer_to_server(services.blobs, self._server)
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # the stubs know only the synchronous one
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            (*SERVICE_NAMES, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
        )
        self.port = self._bind(credentials)

    def _bind(self, credentials: grpc.ServerCredentials | None) -> int:
        check_address(self._address, "listen.address")
        try:
            if credentials is None:
                return self._server.add_insecure_port(self._address)
            return self._server.add_secure_port(self._address, credentials)
        except RuntimeError:
            raise cannot_listen(self._address, "listen.address", "gRPC: bind failed") from None

    async def start(self) -> None:
        """Begin to answer, and say so to health checks."""
        await self._server.start()
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float, end_waits: Callable[[], None]) -> None:
        """Say so to health checks, let no call wait for what will not come, and give all `grace_s` to finish."""
        await self._health.enter_graceful_shutdown()
        end_waits()
        await self._server.stop(grace_s)

    async def _set_health(self, status: "health_pb2.HealthCheckResponse.ServingStatus.ValueType") -> None:
        for name in ("", *SERVICE_NAMES):
            await self._health.set(name, status)
