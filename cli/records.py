"""`linxin submit`, `actions`, `transaction`, `block`: records in and records shown."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from linxin.v1 import ledger_pb2
from rich.markup import escape

from cli.keys import open_key
from cli.modules import standard_registry
from cli.output import Output, Problem, network_option, reports
from client.action_json import DOCUMENT_SIZE_MAX, describe_action, plain, read_action
from client.connection import Connection
from client.network_directory import open_network
from client.submit import Submitter, envelope_id, sign_action
from ledger.block import HEADER, TRANSACTION, Leaf, decode_leaf
from ledger.crypto.encoding import decode
from ledger.errors import describe
from ledger.module import Body, tag_of

KIND_NAMES = {TRANSACTION: "transaction", HEADER: "header"}


@click.command("submit")
@click.argument("document", type=click.File("rb"), metavar="ACTION.json")
@click.option(
    "--key", "key_name", required=True, metavar="KEYFILE", help="A key file, or the name of one in the network's keys."
)
@click.option("--timeout", "timeout_s", default=30.0, show_default=True, help="Seconds to wait until it is final.")
@click.option("--check", "only_check", is_flag=True, help="Check the JSON against the action's types and stop.")
@network_option
@reports
def submit_action(
    out: Output, document: BinaryIO, key_name: str, timeout_s: float, only_check: bool, network_root: Path
) -> None:
    """Sign the action in ACTION.json ("-": standard input) and wait until it is final."""
    registry = standard_registry()
    action, restricted = read_action(document.read(DOCUMENT_SIZE_MAX + 1), registry)
    tag = tag_of(type(action))
    if only_check:
        out.say(f"[bold green]✓[/] {tag}")
        out.finish({"ok": True, "action": tag, "fields": plain(action), "restricted": plain(restricted)})
        return
    network = open_network(network_root)
    key = open_key(key_name, network)
    with Submitter.to(network) as submitter:
        envelope = sign_action(key, submitter.chain_id, action, restricted=restricted)
        out.note(f"已签名，等待最终确认 / signed, waiting until it is final: {envelope_id(envelope).hex()}")
        receipt = submitter.submit([envelope], timeout_s=timeout_s)[0].need(tag)
    out.say(f"[bold green]✓[/] {tag}  {receipt.transaction_id.hex()}")
    out.say(f"  height {receipt.height}, leaf {receipt.index}, {clock(receipt.time_ms)}")
    out.finish({"ok": True, "action": tag} | describe_receipt(receipt))


@click.command()
@click.argument("tag", required=False)
@reports
def actions(out: Output, tag: str | None) -> None:
    """List the actions that can be submitted; with TAG, the fields of one."""
    registry = standard_registry()
    known = registry.actions
    if tag is not None and tag not in known:
        raise Problem(f"没有动作 {tag}", f"there is no action {tag}", "不带参数可列出全部", "leave it out to list all")
    found = {name: describe_action(kind) for name, kind in sorted(known.items()) if tag in (None, name)}
    for name, facts in found.items():
        title_zh, title_en = registry.words.title(name)
        out.say(f"[bold]{name}[/]  {escape(title_zh)}  {escape(title_en)}")
        if tag is not None:
            out.say(escape(facts["meaning"]))
            for field, fact in facts["fields"].items():
                default = "" if fact["required"] else f"  (default {plain(fact['default'])!r})"
                out.say(f"  {field}: {escape(fact['type'] + default)}")
            if "restricted" in facts:
                out.say(f"  restricted: {escape(facts['restricted'])}")
    out.finish({"ok": True, "actions": plain_actions(found)})


def plain_actions(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """`describe_action` of several, with defaults as JSON holds them."""
    for facts in found.values():
        for fact in facts["fields"].values():
            if "default" in fact:
                fact["default"] = plain(fact["default"])
    return found


@click.command()
@click.argument("transaction_id")
@network_option
@reports
def transaction(out: Output, transaction_id: str, network_root: Path) -> None:
    """Show the final transaction with this id (64 hex digits)."""
    try:
        wanted = bytes.fromhex(transaction_id)
    except ValueError:
        raise click.BadParameter("expected 64 hexadecimal digits", param_hint="TRANSACTION_ID") from None
    request = ledger_pb2.GetTransactionRequest(id=wanted)

    async def ask() -> ledger_pb2.GetTransactionResponse:
        async with Connection.to(open_network(network_root)) as connection:
            return await connection.call(
                lambda to: to.ledger.GetTransaction, request, ledger_pb2.GetTransactionResponse
            )

    found = asyncio.run(ask())
    leaf = describe_leaf(decode_leaf(found.leaf))
    receipt = describe_receipt(found.receipt)
    out.say(f"[bold]{escape(str(leaf.get('action')))}[/]  {wanted.hex()}")
    out.say(f"  height {found.receipt.height}, leaf {found.receipt.index}, {clock(found.receipt.time_ms)}")
    for name, value in leaf.get("fields", {}).items():
        out.say(f"  {name}: {escape(str(value))}")
    for subject in leaf["subjects"]:
        out.say(f"  → {escape(subject['subject'])}  ({subject['role']})")
    if receipt["code"]:
        out.say(f"  [red]{escape(receipt['message_zh'])} / {escape(receipt['message_en'])}[/]")
    out.finish({"ok": True} | receipt | leaf)


@click.command()
@click.argument("height", type=click.IntRange(min=0), default=0)
@click.option("--leaves", "with_leaves", is_flag=True, help="Show its leaves too.")
@network_option
@reports
def block(out: Output, height: int, with_leaves: bool, network_root: Path) -> None:
    """Show the final block of HEIGHT (0: the latest)."""
    request = ledger_pb2.GetBlockRequest(height=height, include_leaves=with_leaves)

    async def ask() -> ledger_pb2.Block:
        async with Connection.to(open_network(network_root)) as connection:
            return await connection.call(lambda to: to.ledger.GetBlock, request, ledger_pb2.Block)

    found = asyncio.run(ask())
    leaves = [describe_leaf(decode_leaf(raw)) for raw in found.leaves]
    out.say(f"[bold]height {found.height}[/]  {clock(found.time_ms)}  leaves {found.first_index}+{found.leaf_count}")
    out.say(escape(found.note))
    for place, leaf in enumerate(leaves):
        out.say(
            f"  {found.first_index + place}  {leaf['kind']}  {escape(str(leaf.get('action', '')))}  code {leaf['code']}"
        )
    facts = ("height", "time_ms", "note", "first_index", "leaf_count")
    out.finish({"ok": True} | {fact: getattr(found, fact) for fact in facts} | {"leaves": leaves})


def describe_receipt(receipt: ledger_pb2.Receipt) -> dict[str, Any]:
    """A receipt as JSON holds it, a refusal in words."""
    known: dict[str, Any] = {
        "transaction_id": receipt.transaction_id.hex(),
        "height": receipt.height,
        "index": receipt.index,
        "time_ms": receipt.time_ms,
        "code": receipt.code,
    }
    if receipt.code:
        words = describe(receipt.code, list(receipt.details))
        return known | {"message_zh": words.zh, "message_en": words.en}
    return known | {"events": plain(decode(receipt.events, list)) if receipt.events else []}


def describe_leaf(leaf: Leaf) -> dict[str, Any]:
    """A leaf of the log as JSON holds it."""
    known: dict[str, Any] = {
        "kind": KIND_NAMES.get(leaf.kind, "effect"),
        "code": leaf.outcome[2],
        "subjects": [dict(zip(("subject", "role", "from_ms", "to_ms"), each, strict=False)) for each in leaf.subjects],
    }
    if leaf.kind != TRANSACTION:
        return known
    body = decode(leaf.body, Body)
    tag, *values = body.action
    kind = standard_registry().actions.get(tag)
    names = kind.__struct_fields__ if kind is not None else tuple(str(place) for place in range(len(values)))
    return known | {"action": tag, "key": body.public_key.hex(), "fields": plain_fields(names, values)}


def plain_fields(names: tuple[str, ...], values: list[Any]) -> dict[str, Any]:
    """Field values of an undecoded action by name."""
    return {name: plain(value) for name, value in zip(names, values, strict=False)}


def clock(time_ms: int) -> str:
    """A time for people, UTC."""
    return (
        datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")
    )
