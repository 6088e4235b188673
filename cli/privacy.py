"""`linxin privacy export|erase`: what the vaults of a network hold of somebody, taken along or destroyed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from linxin.v1 import blob_pb2
from rich.markup import escape

from cli.acting import KEY_OPTION, Desk
from cli.output import Output, Problem, network_option, reports
from cli.typed import clock
from client import privacy as p
from client.blobs import EndpointSilent, tell_receipt
from client.connection import Connection
from client.failures import Failure

ADDRESS_SIZE = 32


@click.group("privacy")
def privacy() -> None:
    """What the network's vaults hold of oneself: take it along, have it erased."""


@privacy.command("export", short_help="All that the vaults hold of the key's holder, in a folder.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@KEY_OPTION
@network_option
@reports
def export(out: Output, folder: Path, key_name: str, network_root: Path) -> None:
    """Write all that the vaults hold of the holder of --key to the new FOLDER, with an index to read.

    Files, words and photos that she stored or that name her as a holder, proofs of the records that commit to them, and
    the receipts of what she had erased. Exit status 1 where a node is silent or a file cannot be had: both are named.
    """
    with Desk(out, network_root, key_name) as desk:
        genesis = desk.network.genesis_bytes()

        async def work(connection: Connection) -> p.Exported:
            found = await p.find_holdings(connection, desk.key)
            with out.progress() as bar:
                return await p.export(connection, desk.key, genesis, found, folder, _telling(bar, "导出 export"))

        made = desk.ask(work)
        document = {"folder": folder.resolve()} | made.document
        if made.silent:
            out.fail(EndpointSilent(made.silent), **document)
        if made.missing:
            _tell_missing(out, made, document)
        there = sum("file" in each for each in made.document["files"])
        desk.done(
            f"已导出 {there} 个文件、{len(made.document['records'])} 条记录：{folder / 'index.html'}",
            f"exported {there} files and {len(made.document['records'])} records; read {folder / 'index.html'}",
            document,
            f"linxin privacy erase --all --key {key_name} {desk.at}",
        )


def _telling(bar: Any, what: str) -> Callable[[int, int], None]:
    """Show how many of how many are done."""
    task = bar.add_task(what, total=None)

    def tell(done: int, of: int) -> None:
        bar.update(task, completed=done, total=of)

    return tell


def _tell_missing(out: Output, made: p.Exported, document: dict[str, Any]) -> None:
    for address, why in made.missing:
        out.note(f"{address.hex()}  {why.zh} / {why.en}")
    count = len(made.missing)
    problem = Problem(
        f"{count} 个文件未能取得，其余已导出",
        f"{count} files could not be had, the others are exported",
        "见 index.html；稍后导出到另一文件夹重试",
        "index.html names them; export to another folder later",
    )
    out.fail(problem, **document)


@privacy.command("erase", short_help="Destroy key and bytes of what one stored, everywhere.")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--all", "everything", is_flag=True, help="All that the holder of --key stored.")
@click.option("--about", default="", metavar="TYPE:ID", help="All of it that names this holder, such as member:wang.")
@KEY_OPTION
@network_option
@reports
def erase(
    out: Output, addresses: tuple[str, ...], everything: bool, about: str, key_name: str, network_root: Path
) -> None:
    """Destroy key and bytes of files that the holder of --key stored, in every vault, with signed receipts.

    ADDRESS: 64 hex digits each; a review's words go with the photos beside them. Where words of a review are erased,
    the ledger records it first. What is evidence is refused until its date (number 141), the rest is erased all the
    same. Can be repeated: what is erased already is told with its first receipt.
    """
    if sum((bool(addresses), everything, bool(about))) != 1:
        raise click.UsageError("name ADDRESSes, or --about, or --all")
    wanted = frozenset(_address(text) for text in addresses)
    with Desk(out, network_root, key_name) as desk:
        genesis = desk.network.genesis_bytes()

        async def work(connection: Connection) -> p.Done:
            found = await p.find_holdings(connection, desk.key)
            chosen = found.own(wanted, about)
            _check_found(wanted - {each.address for each in chosen}, found)
            with out.progress() as bar:
                return await p.erase(connection, desk.key, genesis, found, chosen, _telling(bar, "擦除 erase"))

        _tell(desk, desk.ask(work))


def _check_found(unknown: frozenset[bytes], found: p.Holdings) -> None:
    """Raise where addresses are not of files that the asker stored, or lie where nobody answers."""
    if not unknown:
        return
    if found.silent:
        raise EndpointSilent(found.silent)
    others = {each.address: each.file.owner for each in found.held}
    address = min(unknown)
    if address in others:
        raise Problem(
            f"{address.hex()} 由 {others[address]} 存入，只有存入者可以擦除",
            f"{address.hex()} was stored by {others[address]}, who alone can erase it",
            f"请向 {others[address]} 提出删除",
            f"ask {others[address]} to erase it",
        )
    raise Problem(
        f"没有节点存有该密钥存入的 {address.hex()}",
        f"no vault holds {address.hex()} of this key",
        "用 linxin privacy export 查看有哪些文件",
        "see what there is with `linxin privacy export`",
    )


def _tell(desk: Desk, done: p.Done) -> None:
    """What was erased, what stays and until when, who did not answer."""
    _show(desk.out, "已擦除 erased", done.receipts)
    _show(desk.out, "此前已擦除 erased before", done.before)
    for each in done.kept:
        desk.out.say(f"  [yellow]保留 kept[/]  {each.address.hex()}  {each.retention}  → {escape(each.until)}")
    document: dict[str, Any] = {
        "erased": _plain(done.receipts),
        "erased_before": _plain(done.before),
        "kept": [{"address": each.address, "retention": each.retention, "until": each.until} for each in done.kept],
        "records": list(done.records),
        "silent": list(done.silent),
    }
    failure: Failure | None = EndpointSilent(done.silent) if done.silent else None
    if failure is None and done.kept:
        failure = done.kept[0].refusal
    if failure is not None:
        desk.out.fail(failure, **document)
    if not done.receipts:
        again = ("没有可擦除的文件", "there is nothing to erase")
        if done.before:
            again = ("这些文件此前已擦除", "these files were erased before")
        desk.done(*again, document)
        return
    desk.done(
        f"{len(done.receipts)} 个文件的密钥与内容已销毁，附签名回执",
        f"key and bytes of {len(done.receipts)} files are destroyed, with signed receipts",
        document,
        f"linxin privacy export FOLDER --key {desk.key_name} {desk.at}",
    )


def _show(out: Output, what: str, receipts: dict[bytes, list[blob_pb2.ErasureReceipt]]) -> None:
    for address, given in receipts.items():
        for each in given:
            out.say(f"  {what}  {address.hex()}  {escape(each.name)}  {clock(each.time_ms)}")


def _plain(receipts: dict[bytes, list[blob_pb2.ErasureReceipt]]) -> list[dict[str, Any]]:
    return [tell_receipt(each) for given in receipts.values() for each in given]


def _address(text: str) -> bytes:
    try:
        address = bytes.fromhex(text)
    except ValueError:
        address = b""
    if len(address) != ADDRESS_SIZE:
        raise click.BadParameter("expected 64 hexadecimal digits", param_hint="ADDRESS")
    return address
