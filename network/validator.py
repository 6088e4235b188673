"""A validator put together from what lies in its home: log, safety file, evidence, replica, loop, way to the others."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import randrange

import structlog

from consensus.storage.evidence import EvidenceBook
from consensus.storage.files import Directory, OsDirectory
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.crypto.signing import SigningKey
from ledger.genesis import Genesis
from ledger.module import Registry
from network.admission import Admission
from network.chain import Chain
from network.config import NodeConfig
from network.driver import Driver
from network.home import EVIDENCE, LOG, keep_unsigned, safety_directory
from network.mempool import Mempool
from network.metrics.disk import TimedDirectory
from network.metrics.events import Events
from network.peers.transport import PeerTransport
from network.replica.replica import Replica
from network.replica.work import Limits
from network.status import NodeView
from network.verify_pool import VerifyPool

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Validator:
    """The parts that order and certify. `transport` is None where the configuration names no port for validators."""

    replica: Replica
    driver: Driver
    evidence: EvidenceBook
    transport: PeerTransport | None

    def view(self) -> NodeView:
        """How it takes part."""
        return self.replica.view(len(self.evidence))

    async def run(self, stopping: asyncio.Event) -> None:
        """Take part until `stopping`; raises what stops a node at once."""
        running = [asyncio.ensure_future(self.driver.run(stopping))]
        transport = self.transport
        try:
            if transport is not None:
                await transport.start()
                self.driver.attach(transport)
                running.append(asyncio.ensure_future(transport.run()))
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in running:
                task.cancel()
            if transport is not None:
                await transport.stop()


def open_validator(
    home: Path,
    config: NodeConfig,
    genesis: Genesis,
    registry: Registry,
    key: SigningKey,
    chain: Chain,
    mempool: Mempool,
    admission: Admission,
    pool: VerifyPool,
    events: Events,
    now_ms: Callable[[], int],
    stack: ExitStack,
) -> Validator:
    """Open what the disk holds and bring it into agreement; `stack` releases it. Raises `ConsensusFault`."""
    evidence = EvidenceBook(_opened(OsDirectory(home / config.data / EVIDENCE), stack))
    safety_files = _opened(safety_directory(home, config), stack)
    safety = SafetyFile.open(
        TimedDirectory(safety_files, lambda s: events.synced("safety", s)), genesis.chain_id, key.public_key
    )
    stack.callback(safety.close)
    log_files = TimedDirectory(_opened(OsDirectory(home / config.data / LOG), stack), lambda s: events.synced("log", s))
    # A sole validator has nobody to refill what is lost: it must not go on without it.
    is_sole = len(chain.head.validators) == 1
    durable = DurableLog.open(log_files, genesis.chain_id, safety.promises.acknowledged, repair=not is_sole)
    stack.callback(durable.close)
    _report(durable)
    limits = Limits(config.limits.block_count, config.limits.block_bytes)
    replica = Replica(
        genesis, registry, key, config.name, durable, safety, chain, mempool, evidence.keep, randrange, limits
    )
    keep = partial(keep_unsigned, home)
    driver = Driver(replica, mempool, admission, pool, events, now_ms, keep)
    return Validator(replica, driver, evidence, _transport(config, genesis, key, replica, driver))


def _opened(directory: OsDirectory, stack: ExitStack) -> Directory:
    stack.callback(directory.close)
    return directory


def _report(durable: DurableLog) -> None:
    if durable.cut_bytes:
        log.warning("cut a torn tail off the log", bytes=durable.cut_bytes)
    if durable.lost is not None:
        log.error("the log is damaged: check the disk; other validators refill what is lost", lost=str(durable.lost))


def _transport(
    config: NodeConfig, genesis: Genesis, key: SigningKey, replica: Replica, driver: Driver
) -> PeerTransport | None:
    settings = config.peers
    if not settings.listen:
        return None
    return PeerTransport(
        config.name,
        key,
        genesis.chain_id,
        settings.listen,
        replica.peer_records,
        driver.receive,
        driver.connected,
        driver.disconnected,
        addresses=settings.addresses,
    )
