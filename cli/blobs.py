"""`linxin blob put|get|erase`: evidence files in the vault."""

import asyncio
import mimetypes
from pathlib import Path

import click
from linxin.v1 import blob_pb2
from rich.markup import escape

from cli.keys import open_key
from cli.output import Output, Problem, network_option, reports
from cli.records import clock
from client.blobs import erase_blob, get_blob, put_blob, tell_receipt
from client.connection import Connection
from client.network_directory import open_network

CLASSES = {"public": blob_pb2.PUBLIC, "restricted": blob_pb2.RESTRICTED}
RETENTIONS = {"evidence": blob_pb2.EVIDENCE, "personal": blob_pb2.PERSONAL, "working": blob_pb2.WORKING}


@click.group()
def blob() -> None:
    """Evidence files in the vault: erasable, never on the chain; records name their salted address."""


@blob.command(short_help="Store a file and print its address.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--key", "key_name", required=True, metavar="KEYFILE", help="Whose file it is.")
@click.option("--class", "class_name", type=click.Choice(list(CLASSES)), default="public", show_default=True)
@click.option("--retention", type=click.Choice(list(RETENTIONS)), default="evidence", show_default=True)
@click.option("--holder", "holders", multiple=True, metavar="TYPE:ID", help="Who else may read it; may be repeated.")
@click.option("--media-type", help="Such as application/pdf; guessed from the name when left out.")
@network_option
@reports
def put(
    out: Output,
    file: Path,
    key_name: str,
    class_name: str,
    retention: str,
    holders: tuple[str, ...],
    media_type: str | None,
    network_root: Path,
) -> None:
    """Store FILE (at most 32 MiB) and print its address."""
    network = open_network(network_root)
    key, content = open_key(key_name, network), file.read_bytes()
    kind = media_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"

    async def store() -> blob_pb2.PutResponse:
        async with Connection.to(network) as connection:
            return await put_blob(
                connection,
                key,
                content,
                media_type=kind,
                blob_class=CLASSES[class_name],
                retention=RETENTIONS[retention],
                holders=holders,
            )

    stored = asyncio.run(store())
    out.say(f"[bold green]✓[/] {escape(str(file))}  {kind}  {class_name}")
    out.say(f"  address  {stored.address.hex()}")
    out.say(f"  salt     {stored.salt.hex()}")
    out.say("  请保存 salt：与内容一起可证明地址 / keep the salt: with the content it proves the address")
    out.finish({"ok": True, "address": stored.address, "salt": stored.salt, "bytes": len(content), "media_type": kind})


@blob.command(short_help="Fetch the file at an address.")
@click.argument("address")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", "key_name", metavar="KEYFILE", help="Signs the request; needed for restricted files.")
@network_option
@reports
def get(out: Output, address: str, file: Path, key_name: str | None, network_root: Path) -> None:
    """Fetch the file at ADDRESS (64 hex digits) into the new file FILE."""
    network = open_network(network_root)
    if file.exists():
        raise Problem(f"{file} 已存在", f"{file} exists already", "请另选文件名", "choose another name")
    key = open_key(key_name, network) if key_name is not None else None

    async def fetch() -> tuple[blob_pb2.BlobDescription, bytes]:
        async with Connection.to(network) as connection:
            return await get_blob(connection, _address(address), key)

    description, content = asyncio.run(fetch())
    file.write_bytes(content)
    out.say(f"[bold green]✓[/] {escape(str(file))}  {description.media_type}  {len(content):,} bytes")
    out.finish({"ok": True, "file": file.resolve(), "bytes": len(content), "media_type": description.media_type})


@blob.command(short_help="Destroy the file at an address for good.")
@click.argument("address")
@click.option(
    "--key", "key_name", required=True, metavar="KEYFILE", help="Of the organisation or member that stored it."
)
@network_option
@reports
def erase(out: Output, address: str, key_name: str, network_root: Path) -> None:
    """Destroy the file at ADDRESS for good; prints the node's signed receipt."""
    network = open_network(network_root)
    key = open_key(key_name, network)

    async def destroy() -> blob_pb2.ErasureReceipt:
        async with Connection.to(network) as connection:
            return await erase_blob(connection, key, _address(address))

    receipt = asyncio.run(destroy())
    out.say(f"[bold green]✓[/] 已擦除 / erased  {clock(receipt.time_ms)}  {escape(receipt.name)}")
    out.finish({"ok": True} | tell_receipt(receipt))


def _address(text: str) -> bytes:
    try:
        address = bytes.fromhex(text)
    except ValueError:
        address = b""
    if len(address) != 32:
        raise click.BadParameter("expected 64 hexadecimal digits", param_hint="ADDRESS")
    return address
