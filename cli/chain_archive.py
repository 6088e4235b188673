"""`linxin export ARCHIVE` and `linxin audit ARCHIVE|--home DIR`."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import click
from linxin.v1 import ledger_pb2
from rich.markup import escape

from cli.keys import open_key
from cli.modules import standard_registry
from cli.output import Output, Problem, network_option, reports
from cli.reexecution import AuditedBlock, AuditFailure, Findings, blocks_of, compare_rows, reexecute_chain
from client.connection import Connection, signed_request
from client.network_directory import NetworkDirectory, open_network
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import SigningKey
from ledger.genesis import Genesis, load_genesis
from ledger.replay import CertifiedBlock
from ledger.storage.archive import (
    ArchivedBlock,
    ArchivedState,
    ArchivedValidators,
    ArchiveItem,
    ArchiveStart,
    BadArchive,
    archived_values,
    read_archive,
)
from ledger.storage.errors import DirectoryLocked
from ledger.storage.level import LevelStore
from network.config import load_config
from network.home import LEDGER

PROOF_MARK = b"linxin-proof/"
EXPORT_METHOD = "/linxin.v1.LedgerService/Export"
ReportProgress = Callable[[int], None]


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--full", is_flag=True, help="With restricted parts; needs an auditor's, regulator's or validator's key.")
@click.option("--key", "key_name", metavar="KEYFILE", help="The key that asks for a full archive.")
@network_option
@reports
def export(out: Output, archive: Path, full: bool, key_name: str | None, network_root: Path) -> None:
    """Write the whole chain of a live network to the new file ARCHIVE."""
    if full and key_name is None:
        raise click.UsageError("--full needs --key: restricted parts are for auditors, regulators and validators")
    network = open_network(network_root)
    key = open_key(key_name, network) if key_name is not None else None
    height = export_to(out, archive, network, key if full else None)
    size = archive.stat().st_size
    kind = "完整 full" if full else "公开 public"
    out.say(f"[bold green]✓[/] {escape(str(archive))}  {kind}  height {height}  {size:,} bytes")
    if not full:
        out.say("  公开归档不含受限内容：可验证，不可重新执行 / a public archive can be verified, not executed again")
    out.finish({"ok": True, "archive": archive.resolve(), "full": full, "height": height, "bytes": size})


def export_to(out: Output, archive: Path, network: NetworkDirectory, key: SigningKey | None) -> int:
    """Stream the chain into a new file (whole or not at all); with a key, the full one. Returns the last height."""
    if archive.exists():
        raise Problem(f"{archive} 已存在", f"{archive} exists already", "请另选文件名", "choose another name")
    draft = archive.with_name(f".{archive.name}.part")
    request = ledger_pb2.ExportRequest(full=key is not None)

    async def fetch(file: BinaryIO, report: Callable[[int, int], None]) -> int:
        height = 0
        async with Connection.to(network) as connection:
            assert connection.chain_id is not None
            sign = None if key is None else signed_request(key, connection.chain_id, EXPORT_METHOD, request)
            chunks = connection.stream(lambda to: to.ledger.Export, request, ledger_pb2.ExportChunk, sign=sign)
            async for chunk in chunks:
                file.write(chunk.data)
                height = chunk.last_height
                report(chunk.height, chunk.last_height)
        file.flush()
        os.fsync(file.fileno())
        return height

    try:
        with draft.open("wb") as file, out.progress() as progress:
            task = progress.add_task("导出 exporting", total=None)
            height = asyncio.run(fetch(file, lambda done, total: progress.update(task, completed=done, total=total)))
        draft.rename(archive)
    finally:
        draft.unlink(missing_ok=True)
    return height


@click.command()
@click.argument("archive", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False, exists=True), help="The home of a stopped node."
)
@click.option(
    "--genesis",
    "genesis_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The genesis file you trust; without it, the archive's or home's own is taken.",
)
@reports
def audit(out: Output, archive: Path | None, home: Path | None, genesis_file: Path | None) -> None:
    """Execute the whole chain again from genesis and compare every block: of a full ARCHIVE, or of a stopped node."""
    if (archive is None) == (home is None):
        raise click.UsageError("name either an ARCHIVE or --home DIR")
    trusted = genesis_file.read_bytes() if genesis_file is not None else None
    if trusted is None:
        out.note(
            "未指定 --genesis：只能证明自洽，请与可信来源核对链编号 / without --genesis this shows only "
            "that the chain agrees with itself: compare the chain id with one you trust"
        )
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="linxin-audit-") as scratch:
        if archive is not None:
            genesis, findings = audit_archive(out, archive, trusted, Path(scratch) / "ledger")
        else:
            assert home is not None
            genesis, findings = audit_home(out, home, trusted, Path(scratch) / "ledger")
    seconds = round(time.monotonic() - started, 2)
    out.say("[bold green]✓[/] 审计通过，每个区块均已重新执行 / every block was executed again and agrees")
    out.say(f"  chain id      {genesis.chain_id.hex()}")
    for name, value in asdict(findings).items():
        if name != "checkpoint":
            out.say(f"  {name.replace('_', ' '):<13} {value:,}")
    out.say(f"  seconds       {seconds}")
    out.finish(
        {"ok": True, "chain_id": genesis.chain_id.hex(), "genesis_given": trusted is not None, "seconds": seconds}
        | asdict(findings)
    )


def audit_archive(out: Output, archive: Path, trusted: bytes | None, scratch: Path) -> tuple[Genesis, Findings]:
    """Audit a full archive. Raises `AuditFailure`, `BadGenesis`, or `Problem` when it is a public one or unsound."""
    try:
        return _audit_archive(out, archive, trusted, scratch)
    except BadArchive as wrong:
        raise _unsound(archive, wrong) from None


def _unsound(archive: Path, wrong: BadArchive) -> Problem:
    with archive.open("rb") as stream:
        is_proof = PROOF_MARK in stream.read(32)
    if is_proof:
        return Problem(
            f"{archive} 是证明文件，不是全链归档",
            f"{archive} is a proof file, not an archive of a chain",
            f"请执行 linxin verify {archive}",
            f"use `linxin verify {archive}`",
        )
    return Problem(
        f"{archive} 不是完好的归档：第 {wrong.item} 个对象：{wrong.zh}",
        f"{archive} is not a sound archive: object {wrong.item}: {wrong.en}",
        "文件不完整或被改动：请重新导出，或向他人索取",
        "it is incomplete or was changed: export it again, or get another copy",
    )


def _audit_archive(out: Output, archive: Path, trusted: bytes | None, scratch: Path) -> tuple[Genesis, Findings]:
    with archive.open("rb") as stream, out.progress() as progress:
        task = progress.add_task("重新执行 executing", total=archive.stat().st_size)
        items = read_archive(stream)
        start = next(items)
        assert isinstance(start, ArchiveStart)
        genesis = _genesis(start.genesis, trusted)
        if start.scope != "full":
            raise Problem(
                "公开归档不含受限内容，无法重新执行规则；除此之外的内容可以核对",
                "a public archive lacks the restricted parts, so its rules cannot be executed again; "
                "all else can be checked",
                f"执行 python verifier/verify_linxin.py {archive} --genesis genesis.json；或由审计方导出完整归档："
                "linxin export --full --key KEYFILE",
                f"run `python verifier/verify_linxin.py {archive} --genesis genesis.json`, or have an auditor export "
                "all of it: `linxin export --full --key KEYFILE`",
            )
        rest: list[ArchiveItem] = []
        blocks = _blocks(items, rest)
        store = LevelStore.open(scratch, genesis.chain_id, genesis.head())
        try:
            findings = reexecute_chain(
                blocks, genesis, standard_registry(), store, lambda _: progress.update(task, completed=stream.tell())
            )
            states = (item for item in chain(rest, items) if isinstance(item, ArchivedState))
            rows = ((one.key, one.value, one.hidden)[: 3 if one.hidden else 2] for it in states for one in it.entries)
            findings.state_keys = compare_rows("state", rows, archived_values(store.snapshot(), full=True))
        finally:
            store.close()
    return genesis, findings


def _blocks(items: Iterator[ArchiveItem], rest: list[ArchiveItem]) -> Iterator[AuditedBlock]:
    """The blocks of an archive; the first object that is none goes into `rest`."""
    for item in items:
        if isinstance(item, ArchivedValidators):
            continue  # as the certificate before it says, which is compared with what re-execution gives
        if not isinstance(item, ArchivedBlock):
            rest.append(item)
            return
        try:
            note = item.note.decode()
        except UnicodeDecodeError:
            raise AuditFailure(f"height {item.height}", "证书不是文本", "its certificate is not text") from None
        yield AuditedBlock(item.height, CertifiedBlock(note, item.leaves, item.restricted))


def audit_home(out: Output, home: Path, trusted: bytes | None, scratch: Path) -> tuple[Genesis, Findings]:
    """Audit the store of a stopped node. Raises `AuditFailure`, `ConfigError`, `StorageError` (it is running)."""
    config = load_config(home)
    genesis = _genesis((home / config.genesis).read_bytes(), trusted)
    try:
        audited = LevelStore.open(home / config.data / LEDGER, genesis.chain_id, genesis.head())
    except DirectoryLocked as locked:
        raise Problem(
            locked.zh,
            locked.en,
            "不能停止时，可在线导出后审计：linxin export ARCHIVE --full --key KEYFILE",
            "a node that must go on is audited by its archive: `linxin export ARCHIVE --full --key KEYFILE`",
        ) from None
    try:
        snapshot = audited.snapshot()
        store = LevelStore.open(scratch, genesis.chain_id, genesis.head())
        try:
            with out.progress() as progress:
                task = progress.add_task("重新执行 executing", total=snapshot.head.height)
                blocks = blocks_of(snapshot)
                findings = reexecute_chain(
                    blocks, genesis, standard_registry(), store, lambda height: progress.update(task, completed=height)
                )
            made = store.snapshot()
            findings.state_keys = compare_rows("state", snapshot.values(), made.values())
            compare_rows("restricted", snapshot.private_values(), made.private_values())
        finally:
            store.close()
    finally:
        audited.close()
    return genesis, findings


def _genesis(found: bytes, trusted: bytes | None) -> Genesis:
    """The genesis file found, which must be the trusted one if there is one."""
    if trusted is not None and found != trusted:
        ours, theirs = sha256(trusted).hex()[:16], sha256(found).hex()[:16]
        raise AuditFailure(
            "genesis",
            f"属于另一条链（{theirs}，可信链为 {ours}）",
            f"it is of another chain ({theirs}, trusted is {ours})",
        )
    return load_genesis(found, standard_registry())
