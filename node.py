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
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import grpc
import structlog

from client.failures import Failure
from client.network_directory import environment_passphrase
from client.wallet import load_key
from consensus.errors import ConsensusFault
from consensus.safety import Mark
from consensus.single import SingleVoter
from consensus.storage.files import OsDirectory
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.block import Receipt
from ledger.crypto.signing import SigningKey
from ledger.errors import Fatal, Refusal, describe
from ledger.genesis import Genesis, load_genesis
from ledger.module import Registry
from ledger.modules.catalogue import network_registry
from ledger.storage.level import LevelStore
from network.access import Access
from network.admission import Admission, ordered_result
from network.chain import Chain
from network.config import ConfigError, NodeConfig, load_config
from network.finality import Finaliser
from network.home import LEDGER, LOG, safety_directory
from network.logs import configure_logs, last_words
from network.mempool import Dropped, Entry, Mempool
from network.reads import Reads
from network.server import Server, Services
from network.services.blobs import BlobService
from network.services.calls import Slots
from network.services.ledger import LedgerService, NodeFacts
from network.services.provenance import ProvenanceService
from network.status import NodeView
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
    finaliser: Finaliser
    mempool: Mempool
    pool: VerifyPool
    services: Services
    credentials: grpc.ServerCredentials | None

    def order(self, entries: list[Entry]) -> None:
        """Make one block of waiting transactions (or an empty one), and answer those who wait for them."""
        block = self.finaliser.order([entry.raw for entry in entries], [entry.transaction for entry in entries])
        results: list[Receipt | Dropped] = [
            ordered_result(receipt, block.dropped.get(number), entry.transaction.id, self.chain.receipt)
            for number, (entry, receipt) in enumerate(zip(entries, block.receipts, strict=True))
        ]
        self.mempool.finish(entries, results)

    async def run_loop(self, stopping: asyncio.Event) -> None:
        """Order what waits: at most one proposal each interval, the first after idleness at once, empty ones rarely."""
        interval_s = self.genesis.parameters["block_interval_ms"] / 1000
        empty_s = self.genesis.parameters["empty_block_ms"] / 1000
        limits, clock = self.config.limits, asyncio.get_running_loop().time
        last = clock() - max(0, now_ms() - self.chain.head.time_ms) / 1000
        while not stopping.is_set():
            has_work = await self.mempool.wait_for_work(last + empty_s - clock())
            if stopping.is_set() or (not has_work and clock() < last + empty_s):
                continue
            await asyncio.sleep(max(0.0, last + interval_s - clock()))
            last = clock()
            self.order(self.mempool.take(limits.block_count, limits.block_bytes))
            # A block holds up the event loop for its whole execution: others go first before the next one.
            await asyncio.sleep(0)

    async def serve(self) -> None:
        """Run until SIGTERM or SIGINT, then stop cleanly with everything synced. Raises what stops a node at once."""
        stopping = asyncio.Event()

        def stop() -> None:
            stopping.set()
            self.mempool.wake()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        limits = self.config.limits
        server = Server(self.services, self.config.listen.address, self.credentials, limits.calls)
        await self.pool.start()
        try:
            await server.start()
            log.info("serving", address=self.config.listen.address, port=server.port, height=self.chain.head.height)
            await self.run_loop(stopping)
            log.info("stopping")
        finally:
            await server.stop(STOP_GRACE_S, self.chain.close)
            await self.pool.stop()


@contextlib.contextmanager
def open_node(home: Path, config: NodeConfig) -> Iterator[Node]:
    """Build a node's parts, replay its log, and release everything at the end, the ledger synced."""
    registry = network_registry()
    genesis = _load_genesis(home / config.genesis, registry)
    key = _load_key(home / config.key)
    name = genesis.cosigner_name(config.name)
    _check_identity(genesis, name, key)
    with ExitStack() as stack:
        store = LevelStore.open(home / config.data / LEDGER, genesis.chain_id, genesis.head())
        stack.callback(store.close)
        chain = Chain(store, name, config.limits.stream_buffer)
        finaliser = _open_finaliser(home, config, genesis, registry, key, name, chain, stack)
        finaliser.recover()
        if chain.head.height == 0:
            finaliser.order([], [])
        mempool = Mempool(config.limits.waiting_count, config.limits.waiting_bytes)
        pool = VerifyPool(config.verify.workers)
        reads = Reads(config.limits.reads)
        stack.callback(reads.close)
        services = _build_services(home, config, genesis, registry, key, name, chain, mempool, pool, reads)
        credentials = server_credentials(home, config.listen)
        _warn_of_expiry(home, config)
        yield Node(config, genesis, store, chain, finaliser, mempool, pool, services, credentials)
        store.sync()


def _open_finaliser(
    home: Path,
    config: NodeConfig,
    genesis: Genesis,
    registry: Registry,
    key: SigningKey,
    name: str,
    chain: Chain,
    stack: ExitStack,
) -> Finaliser:
    directory = safety_directory(home, config)
    stack.callback(directory.close)
    safety = SafetyFile.open(directory, genesis.chain_id, key.public_key)
    stack.callback(safety.close)
    log_directory = OsDirectory(home / config.data / LOG)
    stack.callback(log_directory.close)
    durable = DurableLog.open(log_directory, genesis.chain_id, safety.promises.acknowledged)
    stack.callback(durable.close)
    safety.keep(safety.promises.term, safety.promises.vote, Mark(durable.tip.term, durable.tip.index))
    ordering = SingleVoter(name, durable.tip)
    return Finaliser(genesis, registry, key, name, ordering, durable, safety, chain, now_ms)


def _build_services(
    home: Path,
    config: NodeConfig,
    genesis: Genesis,
    registry: Registry,
    key: SigningKey,
    name: str,
    chain: Chain,
    mempool: Mempool,
    pool: VerifyPool,
    reads: Reads,
) -> Services:
    limits = config.limits
    admission = Admission(registry, genesis, pool, mempool, chain.receipt, now_ms)
    access = Access(registry, genesis, chain, now_ms)
    streams, exports = Slots("streams", limits.streams), Slots("exports", limits.exports)
    vault = Vault(
        home / config.vault.directory, home / config.vault.keys, config.vault.total_bytes, genesis.chain_id, name, key
    )
    facts = NodeFacts(name, _version(), now_ms())
    stall_s = limits.stall_ms / 1000
    return Services(
        LedgerService(
            facts, genesis, registry, chain, admission, mempool, access, now_ms, NodeView, reads, streams, exports, stall_s
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


def _check_identity(genesis: Genesis, name: str, key: SigningKey) -> None:
    validators = {validator.name: validator.public_key for validator in genesis.validators()}
    if validators.get(name) != key.public_key:
        public_key = key.public_key.hex()
        raise ConfigError(
            f"name：创世文件中没有使用此密钥（{public_key}）的验证节点 {name}；请核对 name、key 与 genesis 三项设置",
            f"name: the genesis file has no validator {name} with this key ({public_key}); check the settings name, "
            "key and genesis",
        )
    if len(validators) > 1:
        raise ConfigError(
            f"genesis：其中有 {len(validators)} 个验证节点；本版本只支持一个",
            f"genesis: it names {len(validators)} validators; this version runs networks of one",
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
