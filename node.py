"""A validator: builds its parts from its configuration and runs the one loop. `python node.py --home DIR`.

One process and one event loop: admission fills the waiting room, the loop below turns what waits into one block after
another, and the services answer from what is final. Only signatures are checked elsewhere, in a worker process.
"""

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol, TypeVar

import grpc
import structlog

from client.connection import Connection
from client.failures import Failure
from client.follow import FarBehind, Follower
from client.network_directory import environment_passphrase
from client.wallet import load_key
from consensus.errors import ConsensusFault
from ledger.crypto.signing import SigningKey
from ledger.errors import Fatal, Refusal, describe
from ledger.genesis import Genesis, load_genesis
from ledger.module import Registry
from ledger.modules.catalogue import network_registry
from ledger.modules.governance.state import validator_records
from ledger.storage.install import install, settle
from ledger.storage.level import LevelStore
from network.access import Access
from network.admission import Admission
from network.chain import Chain
from network.config import ConfigError, NodeConfig, load_config
from network.home import LEDGER, keep_divergence
from network.logs import configure_logs, last_words
from network.mempool import Mempool
from network.metrics.endpoint import MetricsEndpoint
from network.metrics.events import Events
from network.metrics.standing import Sources, add_standing
from network.reads import Reads
from network.replica.errors import Diverged, Retired
from network.server import Server, Services
from network.services.archive import ArchiveService
from network.services.blobs import BlobService
from network.services.calls import Slots
from network.services.ledger import LedgerService, NodeFacts, Order
from network.services.provenance import ProvenanceService
from network.services.trade import TradeService
from network.status import NodeView, standing_of, timers_overdue
from network.tls import RENEWAL, days_left, server_credentials
from network.validator import Validator, open_validator
from network.vault.vault import Vault
from network.verify_pool import VerifyPool

log = structlog.get_logger("node")

STOP_GRACE_S = 5.0
"""How long running calls may take to finish when the node stops."""

CERTIFICATE_WARNING_DAYS = 60

_Result = TypeVar("_Result")


def now_ms() -> int:
    """The node's clock: milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


async def unless(stopping: asyncio.Event, work: Coroutine[Any, Any, _Result]) -> _Result | None:
    """What `work` comes to, or None when the node is told to stop before: then it is cancelled."""
    doing, waiting = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait((doing, waiting), return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        for task in (doing, waiting):
            task.cancel()
        await asyncio.gather(doing, waiting, return_exceptions=True)


class Participant(Protocol):
    """What a node does besides answering: it certifies, or it follows."""

    def view(self) -> NodeView:
        """How it takes part."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; raises what stops a node, or `FarBehind`."""


@dataclass(frozen=True)
class Observer:
    """Follows by certificates and orders nothing."""

    follower: Follower
    chain: Chain

    def view(self) -> NodeView:
        """It takes no part."""
        return NodeView()

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow until `stopping`."""
        await unless(stopping, self.follower.follow(self.chain))


@dataclass(frozen=True)
class Node:
    """The parts of one running node."""

    home: Path
    config: NodeConfig
    chain: Chain
    mempool: Mempool
    participant: Participant
    follower: Follower | None
    pool: VerifyPool
    services: Services
    credentials: grpc.ServerCredentials | None
    metrics: MetricsEndpoint | None

    async def serve(self) -> bool:
        """Run until SIGTERM or SIGINT, then stop cleanly. Raises what stops a node at once.

        Returns True when a ledger was built beside the old one, for the node to be opened again on it.
        """
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        server = Server(self.services, self.config.listen.address, self.credentials, self.config.limits.calls)
        await self.pool.start()
        try:
            if self.metrics is not None:
                await self.metrics.start()
            await server.start()
            log.info("serving", address=self.config.listen.address, port=server.port, height=self.chain.head.height)
            is_rebuilt = await self._take_part(stopping)
        finally:
            log.info("stopping")
            await server.stop(STOP_GRACE_S, self._end_waits)
            if self.metrics is not None:
                await self.metrics.stop()
            if self.follower is not None:
                await self.follower.connection.close()
            await self.pool.stop()
        return is_rebuilt and not stopping.is_set()

    def _end_waits(self) -> None:
        self.mempool.close()
        self.chain.close()

    async def _take_part(self, stopping: asyncio.Event) -> bool:
        try:
            await self._check_distance()
            await self.participant.run(stopping)
        except FarBehind as far:
            assert self.follower is not None, "only who follows can be far behind"
            log.info("far behind: taking the ledger over as an archive, verified on the way", height=far.height)
            path = self.home / self.config.data / LEDGER
            head = await unless(stopping, self.follower.rebuild(path, self.chain.head))
            if head is not None:
                log.info("took the ledger over", height=head.height)
                return True
        return False

    async def _check_distance(self) -> None:
        """Before it takes part. Nobody needs to answer: whoever is reached later has all the blocks, too."""
        if self.follower is None:
            return
        try:
            await self.follower.check_distance(self.chain.head)
        except Failure as failure:
            log.info("nobody to ask how far the network is", reason=failure.en)


@contextlib.contextmanager
def open_node(home: Path, config: NodeConfig) -> Iterator[Node]:
    """Build a node's parts from what its disk holds, and release everything at the end, the ledger synced."""
    registry = network_registry()
    genesis = _load_genesis(home / config.genesis, registry)
    is_observer = config.role == "observer"
    key_file = config.follow.key if is_observer else config.key
    key = _load_key(home / key_file) if key_file else None
    limits, events = config.limits, Events()
    with ExitStack() as stack:
        store = _open_store(home, config, genesis, stack)
        chain = Chain(store, genesis.cosigner_name(config.name), limits.stream_buffer)
        mempool, pool = Mempool(limits.waiting_count, limits.waiting_bytes), VerifyPool(config.verify.workers)
        admission = Admission(registry, genesis, pool, mempool, chain.receipt, now_ms)
        follower = _follower(home, config, genesis, registry, key)
        participant: Observer | Validator
        if is_observer:
            assert follower is not None, "the configuration is checked"
            participant = Observer(follower, chain)
        else:
            assert key is not None, "a validator's key file has a default"
            _check_identity(genesis, store, config.name, key)
            participant = open_validator(
                home, config, genesis, registry, key, chain, mempool, admission, pool, events, now_ms, stack
            )
        vault = None if is_observer or key is None else _open_vault(home, config, genesis, key)
        services = _build_services(config, genesis, registry, chain, mempool, admission, participant, vault, stack)
        metrics = _build_metrics(config, events, chain, mempool, participant, vault)
        credentials = server_credentials(home, config.listen)
        _warn_of_expiry(home, config)
        yield Node(home, config, chain, mempool, participant, follower, pool, services, credentials, metrics)
        store.sync()


def _open_store(home: Path, config: NodeConfig, genesis: Genesis, stack: ExitStack) -> LevelStore:
    """The ledger, or the one that was built to take its place."""
    path = home / config.data / LEDGER
    settle(path)
    store = LevelStore.open(path, genesis.chain_id, genesis.head(), place=genesis.place_of(config.name))
    stack.callback(store.close)
    return store


def _follower(
    home: Path, config: NodeConfig, genesis: Genesis, registry: Registry, key: SigningKey | None
) -> Follower | None:
    settings = config.follow
    if not settings.endpoints:
        return None
    authority = (home / settings.certificate_authority).read_bytes() if settings.certificate_authority else None
    connection = Connection(settings.endpoints, authority, genesis.chain_id)

    def report(error: Exception) -> None:
        log.warning("following", trouble=str(error))

    return Follower(connection, genesis, registry, key, report)


def _open_vault(home: Path, config: NodeConfig, genesis: Genesis, key: SigningKey) -> Vault:
    settings, name = config.vault, genesis.cosigner_name(config.name)
    return Vault(home / settings.directory, home / settings.keys, settings.total_bytes, genesis.chain_id, name, key)


def _build_services(
    config: NodeConfig,
    genesis: Genesis,
    registry: Registry,
    chain: Chain,
    mempool: Mempool,
    admission: Admission,
    participant: Observer | Validator,
    vault: Vault | None,
    stack: ExitStack,
) -> Services:
    limits = config.limits
    reads = Reads(limits.reads)
    stack.callback(reads.close)
    access = Access(registry, genesis, chain, now_ms)
    streams, exports = Slots("streams", limits.streams), Slots("exports", limits.exports)
    is_public = isinstance(participant, Observer) and participant.follower.key is None
    facts = NodeFacts(genesis.cosigner_name(config.name), _version(), now_ms(), holds_restricted=not is_public)
    stall_s = limits.stall_ms / 1000
    validator = participant if isinstance(participant, Validator) else None
    order = Order(admission, validator.driver.read_barrier) if validator is not None else None
    view = participant.view
    transfers = Slots("file transfers", limits.transfers)
    return Services(
        LedgerService(
            facts, genesis, registry, chain, order, mempool, access, now_ms, view, reads, streams, exports, stall_s
        ),
        ProvenanceService(genesis, registry, chain, reads, streams, stall_s),
        TradeService(genesis, chain, access, reads, streams, facts.name if is_public else "", stall_s),
        ArchiveService(genesis, registry, chain, reads),
        None if vault is None else BlobService(vault, access, now_ms, transfers, stall_s),
    )


def _build_metrics(
    config: NodeConfig,
    events: Events,
    chain: Chain,
    mempool: Mempool,
    participant: Observer | Validator,
    vault: Vault | None,
) -> MetricsEndpoint | None:
    """The endpoint, if the configuration names one."""
    if not config.metrics.listen:
        return None
    sources = Sources(
        standing=lambda: standing_of(participant.view(), chain.head, now_ms()),
        waiting=lambda: (mempool.count, mempool.size),
        overdue=lambda: timers_overdue(chain.snapshot),
        hostile=lambda: participant.view().dropped,
        evidence=lambda: participant.view().evidence_count,
        vault_bytes=lambda: 0 if vault is None else vault.total_bytes,
        peers=participant.transport if isinstance(participant, Validator) else None,
    )
    add_standing(events.registry, sources)
    return MetricsEndpoint(events.registry, config.metrics.listen)


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
    """Run a home's node until it is told to stop; returns the exit status: 0, or 1 with the reason logged."""
    home, config = home.resolve(), None
    try:
        config = load_config(home)
        configure_logs(config.log)
        is_open_again = True
        while is_open_again:
            with open_node(home, config) as node:
                # Garbage in cycles is rare, and looking for it goes through all that a node keeps.
                gc.freeze()
                gc.set_threshold(50_000, 10, 20)
                is_open_again = asyncio.run(node.serve())
            if is_open_again:
                install(home / config.data / LEDGER)
    except Retired as retired:
        log.warning("the node stops for good", reason=last_words(retired))
        return 0
    except (ConfigError, ConsensusFault, Failure, Fatal, OSError) as error:
        if config is not None and config.log.form == "json":
            log.critical("the node stops", reason=last_words(error))
        else:
            sys.stderr.write(f"linxin node: {last_words(error)}\n")
        if isinstance(error, Diverged):
            log.critical("what each side signed is kept", file=str(keep_divergence(home, error)))
        return 1
    log.info("stopped")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run one Linxin validator in the foreground until SIGTERM.")
    parser.add_argument("--home", type=Path, required=True, help="directory of the node: node.toml and its files")
    sys.exit(run(parser.parse_args().home))
