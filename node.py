"""A validator: builds its parts from its configuration and runs the one loop. `python node.py --home DIR`.

One process and one event loop: admission fills the waiting room, the loop below turns what waits into one block after
another, and the services answer from what is final. Only signatures are checked elsewhere, in a worker process.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from random import randrange

import grpc
import structlog

from client.failures import Failure
from client.network_directory import environment_passphrase
from client.wallet import load_key
from consensus.errors import ConsensusFault
from consensus.storage.evidence import EvidenceBook
from consensus.storage.files import OsDirectory
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.crypto.signing import SigningKey
from ledger.errors import Fatal, Refusal, describe
from ledger.genesis import Genesis, load_genesis
from ledger.module import Registry
from ledger.modules.catalogue import network_registry
from ledger.modules.governance.state import validator_records
from ledger.storage.level import LevelStore
from network.access import Access
from network.admission import Admission
from network.chain import Chain
from network.config import ConfigError, NodeConfig, load_config
from network.driver import Driver
from network.home import EVIDENCE, LEDGER, LOG, safety_directory
from network.logs import configure_logs, last_words
from network.mempool import Mempool
from network.peers.transport import PeerTransport
from network.reads import Reads
from network.replica.errors import Retired
from network.replica.replica import Limits, Replica
from network.server import Server, Services
from network.services.blobs import BlobService
from network.services.calls import Slots
from network.services.ledger import LedgerService, NodeFacts
from network.services.provenance import ProvenanceService
from network.status import NodeView, ViewNode
from network.tls import RENEWAL, days_left, server_credentials
from network.vault.vault import Vault
from network.verify_pool import VerifyPool

log = structlog.get_logger("node")

STOP_GRACE_S = 5.0
"""How long running calls may take to finish when the node stops."""

CERTIFICATE_WARNING_DAYS = 60


def now_ms() -> int:
    """The node's clock: milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Node:
    """The parts of one running validator."""

    config: NodeConfig
    genesis: Genesis
    store: LevelStore
    chain: Chain
    replica: Replica
    driver: Driver
    mempool: Mempool
    pool: VerifyPool
    services: Services
    credentials: grpc.ServerCredentials | None
    key: SigningKey

    async def serve(self) -> None:
        """Run until SIGTERM or SIGINT, then stop cleanly with everything synced. Raises what stops a node at once."""
        stopping = asyncio.Event()

        def stop() -> None:
            stopping.set()
            self.driver.wake()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        limits = self.config.limits
        server = Server(self.services, self.config.listen.address, self.credentials, limits.calls)
        transport = self._transport()
        await self.pool.start()
        try:
            if transport is not None:
                await transport.start()
                self.driver.attach(transport)
            await server.start()
            log.info("serving", address=self.config.listen.address, port=server.port, height=self.chain.head.height)
            await self._run(transport, stopping)
            log.info("stopping")
        finally:
            await server.stop(STOP_GRACE_S, self.chain.close)
            if transport is not None:
                await transport.stop()
            await self.pool.stop()

    def _transport(self) -> PeerTransport | None:
        """The way to the other validators; None when this node is configured to have none."""
        settings, driver = self.config.peers, self.driver
        if not settings.listen:
            return None
        return PeerTransport(
            self.replica.id,
            self.key,
            self.genesis.chain_id,
            settings.listen,
            self.replica.peer_records,
            driver.receive,
            driver.connected,
            driver.disconnected,
            addresses=settings.addresses,
        )

    async def _run(self, transport: PeerTransport | None, stopping: asyncio.Event) -> None:
        """Run driver and transport until the driver ends; whatever either raises ends both."""
        running = [asyncio.ensure_future(self.driver.run(stopping))]
        if transport is not None:
            running.append(asyncio.ensure_future(transport.run()))
        done, rest = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        for task in done:
            task.result()


@contextlib.contextmanager
def open_node(home: Path, config: NodeConfig) -> Iterator[Node]:
    """Build a node's parts from what its disk holds, and release everything at the end, the ledger synced."""
    registry = network_registry()
    genesis = _load_genesis(home / config.genesis, registry)
    key = _load_key(home / config.key)
    with ExitStack() as stack:
        store = LevelStore.open(home / config.data / LEDGER, genesis.chain_id, genesis.head())
        stack.callback(store.close)
        _check_identity(genesis, store, config.name, key)
        chain = Chain(store, genesis.cosigner_name(config.name), config.limits.stream_buffer)
        mempool = Mempool(config.limits.waiting_count, config.limits.waiting_bytes)
        pool = VerifyPool(config.verify.workers)
        evidence = _open_evidence(home, config, stack)
        replica = _open_replica(home, config, genesis, registry, key, chain, mempool, evidence, stack)
        reads = Reads(config.limits.reads)
        stack.callback(reads.close)
        admission = Admission(registry, genesis, pool, mempool, chain.receipt, now_ms)
        driver = Driver(replica, genesis, registry, mempool, admission, pool, now_ms, lambda _: None)
        view = partial(_view, replica, evidence)
        services = _build_services(home, config, genesis, registry, key, chain, mempool, admission, reads, view)
        credentials = server_credentials(home, config.listen)
        _warn_of_expiry(home, config)
        yield Node(config, genesis, store, chain, replica, driver, mempool, pool, services, credentials, key)
        store.sync()


def _view(replica: Replica, evidence: EvidenceBook) -> NodeView:
    return replica.view(len(evidence))


def _open_evidence(home: Path, config: NodeConfig, stack: ExitStack) -> EvidenceBook:
    directory = OsDirectory(home / config.data / EVIDENCE)
    stack.callback(directory.close)
    return EvidenceBook(directory)


def _open_replica(
    home: Path,
    config: NodeConfig,
    genesis: Genesis,
    registry: Registry,
    key: SigningKey,
    chain: Chain,
    mempool: Mempool,
    evidence: EvidenceBook,
    stack: ExitStack,
) -> Replica:
    directory = safety_directory(home, config)
    stack.callback(directory.close)
    safety = SafetyFile.open(directory, genesis.chain_id, key.public_key)
    stack.callback(safety.close)
    log_directory = OsDirectory(home / config.data / LOG)
    stack.callback(log_directory.close)
    is_sole = len(chain.head.validators) == 1
    durable = DurableLog.open(log_directory, genesis.chain_id, safety.promises.acknowledged, repair=not is_sole)
    stack.callback(durable.close)
    _report_log(durable)
    limits = Limits(config.limits.block_count, config.limits.block_bytes)
    return Replica(
        genesis, registry, key, config.name, durable, safety, chain, mempool, evidence.keep, randrange, limits
    )


def _report_log(durable: DurableLog) -> None:
    if durable.cut_bytes:
        log.warning("cut a torn tail off the log", bytes=durable.cut_bytes)
    if durable.lost is not None:
        log.error("the log is damaged; what is lost will be refilled by other validators", lost=str(durable.lost))


def _build_services(
    home: Path,
    config: NodeConfig,
    genesis: Genesis,
    registry: Registry,
    key: SigningKey,
    chain: Chain,
    mempool: Mempool,
    admission: Admission,
    reads: Reads,
    view: ViewNode,
) -> Services:
    limits = config.limits
    name = genesis.cosigner_name(config.name)
    access = Access(registry, genesis, chain, now_ms)
    streams, exports = Slots("streams", limits.streams), Slots("exports", limits.exports)
    vault = Vault(
        home / config.vault.directory, home / config.vault.keys, config.vault.total_bytes, genesis.chain_id, name, key
    )
    facts = NodeFacts(name, _version(), now_ms())
    stall_s = limits.stall_ms / 1000
    return Services(
        LedgerService(
            facts, genesis, registry, chain, admission, mempool, access, now_ms, view, reads, streams, exports, stall_s
        ),
        ProvenanceService(genesis, registry, chain, reads, streams, stall_s),
        BlobService(vault, access, now_ms, Slots("file transfers", limits.transfers), stall_s),
    )


def _load_genesis(path: Path, registry: Registry) -> Genesis:
    try:
        return load_genesis(path.read_bytes(), registry)
    except OSError as error:
        raise ConfigError(
            f"{path}：{error.strerror}；请把本网络的 genesis.json 放在这里",
            f"{path}: {error.strerror}; put the network's genesis.json there",
        ) from None
    except Refusal as refusal:
        words = describe(refusal.number, refusal.details)
        raise ConfigError(f"{path}：{words.zh}；{words.remedy_zh}", f"{path}: {words.en}; {words.remedy_en}") from None


def _load_key(path: Path) -> SigningKey:
    passphrase = environment_passphrase()
    if passphrase is None:
        raise ConfigError(
            f"{path}：请设置 LINXIN_PASSPHRASE 或 LINXIN_PASSPHRASE_FILE，以打开验证节点的密钥",
            f"{path}: set LINXIN_PASSPHRASE or LINXIN_PASSPHRASE_FILE to open the validator's key",
        )
    return load_key(path, passphrase)


def _check_identity(genesis: Genesis, store: LevelStore, id: str, key: SigningKey) -> None:
    """The key must be the one that the ledger, or before its first block genesis, pins to this id, if they know it.

    An id they do not know may be one that the ledger elsewhere has admitted since: it will be found out.
    """
    records = validator_records(store.snapshot())
    known = {each.id: bytes.fromhex(each.public_key) for each in genesis.file.validators}
    known |= {each: record.public_key for each, record in records.items()}
    pinned = known.get(id)
    if pinned is None:
        log.info("joining: the ledger here does not know this validator yet", id=id, public_key=key.public_key.hex())
    elif pinned != key.public_key:
        raise ConfigError(
            f"name：验证节点 {id} 登记的公钥是 {pinned.hex()}，而 key 指定的是 {key.public_key.hex()}；"
            "请核对 name、key 与 genesis 三项设置",
            f"name: the validator {id} has the public key {pinned.hex()}, but the one of the setting key is "
            f"{key.public_key.hex()}; check the settings name, key and genesis",
        )


def _warn_of_expiry(home: Path, config: NodeConfig) -> None:
    left = days_left(home, config.listen)
    if left is not None and left < CERTIFICATE_WARNING_DAYS:
        log.warning(
            "TLS certificate expired: clients refuse it" if left < 0 else "TLS certificate expires soon",
            days=left,
            remedy=RENEWAL,
        )


def _version() -> str:
    try:
        return version("linxin")
    except PackageNotFoundError:
        return "unpackaged"


def run(home: Path) -> int:
    """Run the validator of a home directory until it is told to stop; returns the exit status: 0, or 1 with the
    reason logged.
    """
    home, config = home.resolve(), None
    try:
        config = load_config(home)
        configure_logs(config.log)
        with open_node(home, config) as node:
            asyncio.run(node.serve())
    except Retired as retired:
        log.warning("the node stops for good", reason=last_words(retired))
        return 0
    except (ConfigError, ConsensusFault, Failure, Fatal, OSError) as error:
        if config is not None and config.log.form == "json":
            log.critical("the node stops", reason=last_words(error))
        else:
            sys.stderr.write(f"linxin node: {last_words(error)}\n")
        return 1
    log.info("stopped")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run one Linxin validator in the foreground until SIGTERM.")
    parser.add_argument("--home", type=Path, required=True, help="directory of the node: node.toml and its files")
    sys.exit(run(parser.parse_args().home))
