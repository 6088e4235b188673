"""`linxin demo`."""

import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cli.demo import cast, market
from cli.demo.books import document as money_document
from cli.demo.books import read_books, show_books, withdraw
from cli.demo.cast import DAY_MS, Calendar
from cli.demo.crisis import Crisis
from cli.demo.memory import RESIDENT_KEY, tell_memory
from cli.demo.presale import BUYER_KEY, tell_presale
from cli.demo.runner import VERIFIER, Telling
from cli.demo.trading import Trading
from cli.modules import standard_registry
from cli.network_files import init_network
from cli.network_status import listens_on
from cli.output import Output, reports
from cli.starting import bring_up, take_down
from cli.survival import Survival
from cli.timeline import show_journey
from client.names import ask_names
from client.network_directory import NODES, NetworkDirectory
from client.submit import Submitter
from ledger.modules.payments.ports import organisation_account

DEFAULT_VALIDATORS = 4
FARM_ACCOUNT = organisation_account(market.CUSTODIAN, cast.FARM)
PROOF_NAME, ARCHIVE_NAME, PUBLIC_NAME = "journey.proof", "chain.archive", "chain-public.archive"


@click.command()
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path, file_okay=False), help="An empty folder to use and keep."
)
@click.option("--validators", default=DEFAULT_VALIDATORS, show_default=True, help="How many validators run it.")
@click.option("--keep", is_flag=True, help="Leave the network running, and its folder where it is.")
@reports
def demo(out: Output, directory: Path | None, validators: int, keep: bool) -> None:
    """The life of a strawberry on a real network of this machine: recorded, sold, paid for, proven, tampered with.

    A presale is told to the last fen: forty orders, a short harvest, claims, refunds, and another group that fails. It
    ends with what the community remembers: reviews, a visit, an endorsement, points, titles, and words erased.

    With three validators or more the leader is killed in the middle of it, and the others go on.
    """
    root = directory if directory is not None else Path(tempfile.mkdtemp(prefix="linxin-demo-"))
    network: NetworkDirectory | None = None
    try:
        network = init_network(root, "demo", standard_registry(), validators=validators, parameters=market.PARAMETERS)
        document = _tell(out, network)
    except BaseException:
        out.note(f"files stay in {root}")
        raise
    finally:
        if network is not None and not keep:
            take_down(out, network)
    _close(out, network, document, keep=keep)
    out.finish(document | {"running": keep})
    if not document["ok"]:
        raise click.exceptions.Exit(1)


def _tell(out: Output, network: NetworkDirectory) -> dict[str, Any]:
    started = time.monotonic()
    now_ms = time.time_ns() // 1_000_000
    survival = Survival.of(len(network.node_homes()))
    crisis = Crisis(out, network) if survival.crashes else None
    telling = Telling(out, network, Calendar.before(now_ms), crisis)
    proof, archive, public = (network.root / name for name in (PROOF_NAME, ARCHIVE_NAME, PUBLIC_NAME))
    out.say(
        "[bold]邻信 · 一颗草莓的一生，和为它付的每一分钱[/]   "
        "[dim]Linxin: the life of a strawberry, and of every fen paid for it[/]"
    )
    with telling.part("start", *_opening(survival.validators)):
        _start(out, network, survival)
    with Submitter.to(network) as submitter:
        telling.tell(submitter)
        story = Trading(telling, submitter)
        tell_presale(story)
        with telling.part("books", "每一分钱去了哪里", "Where each fen went"):
            withdraw(story)
            books = read_books(story)
            show_books(story, books)
        memory = tell_memory(story)
        with telling.part("certificate", "谁为这些记录担保", "who vouches for all this"):
            certificate = telling.show_certificate(submitter)
            revived = crisis.killed if crisis is not None else network.node_homes()[0].name
            lost = telling.count_lost(submitter, network.root / NODES / revived)
        with telling.part("journey", f"溯源码 {cast.TRACE_CODE} 的完整旅程", "the whole journey of the trace code"):
            proof.write_bytes(telling.fetch_proof(submitter))
            verified = telling.check_proof(proof)
            genesis = network.genesis_bytes()
            more = submitter.run(lambda connection: ask_names(connection, genesis, verified))
            show_journey(out, verified, genesis, cast.CHINA, more)
    with telling.part("archive", "导出全链并审计", "the whole chain exported, verified and executed again"):
        audited = telling.check_archives(archive, public)
    with telling.part("lies", "三种篡改，全部被拒绝", "three lies, all refused"):
        lies = telling.show_lies(proof)
    refused = all(lie["refused"] for lie in lies)
    return {
        "ok": refused and lost == 0,
        "validators": [home.name for home in network.node_homes()],
        "quorum": survival.quorum,
        "failover": crisis.document() if crisis is not None else None,
        "certificate": certificate,
        "acknowledged": len(telling.acknowledged),
        "lost": lost,
        "home": network.root,
        "endpoints": network.endpoints,
        "genesis": network.genesis,
        "proof": proof,
        "archive": archive,
        "archive_public": public,
        "trace_code": cast.TRACE_CODE,
        "records": len(verified.records),
        "verified": refused,
        "subjects": len(verified.sections),
        "submitted": len(telling.acknowledged),
        "restricted": telling.restricted,
        "readings": telling.readings,
        "late_readings_ms": cast.PARAMETERS["late_readings_ms"],
        "as_of_ms": verified.time_ms,
        "audit": audited,
        "refusals": lies,
        "windows_ms": market.WINDOWS,
        "seconds": telling.seconds | {"total": round(time.monotonic() - started, 2)},
        "memory": memory.document(),
    } | money_document(books)


def _opening(validators: int) -> tuple[str, str]:
    """The heading of the first part."""
    if validators == 1:
        return "启动一个真实的验证节点", "a real validator: own LevelDB, gRPC over TLS"
    return (
        f"启动 {validators} 个互不信任的验证节点",
        f"{validators} validators that do not trust each other: a process each, mutual TLS bound to ledger keys",
    )


def _start(out: Output, network: NetworkDirectory, survival: Survival) -> None:
    """Start all nodes, and say what they are."""
    days = cast.PARAMETERS["late_readings_ms"] // DAY_MS
    out.say(f"    {escape(str(network.root))}")
    out.say(f"    演示网络接受至多 {days} 天前的读数 / this network takes readings up to {days} days late (usual: 7)")
    windows = ", ".join(f"{name} {value // 1000} s" for name, value in market.WINDOWS.items())
    out.say(
        "    演示网络的团购时限写在创世文件中，以秒计而非天 / its genesis file declares windows of seconds, not days:"
    )
    out.say(f"      [dim]{windows}[/]")
    honours = ", ".join(f"{name} {value}" for name, value in market.HONOURS.items())
    out.say("    积分与荣誉门槛也小于通常 / so are points and the thresholds of titles, lower than usual:")
    out.say(f"      [dim]{honours}[/]")
    zh, en = survival.words()
    out.say(f"    {zh}\n    {en}")
    for process in bring_up(out, network):
        out.say(f"    [green]✓[/] {escape(process.home.name)}  pid {process.pid}  {listens_on(process.home)}")


def _close(out: Output, network: NetworkDirectory, document: Mapping[str, Any], *, keep: bool) -> None:
    """How long it took, where everything is, and what to try next."""
    root = _short(network.root)
    python, linxin = _short(Path(sys.executable)), _short(Path(sys.executable).with_name("linxin"))
    if shutil.which("linxin"):
        linxin = "linxin"
    genesis = f"--genesis {root}/genesis.json"
    out.say(
        f"\n[bold]用时 {document['seconds']['total']:.1f} 秒[/]：{document['submitted']} 条签名记录、"
        f"{document['readings']} 个读数，均已最终确认\n"
        f"took {document['seconds']['total']:.1f} s: {document['submitted']} signed records with "
        f"{document['readings']} readings, all final"
    )
    steps = [
        ("离线验证旅程", "verify the journey offline", f"{linxin} verify {root}/{PROOF_NAME} {genesis}"),
        (
            "不用邻信的代码验证",
            "verify without Linxin's code",
            f"{python} {_short(VERIFIER)} {root}/{PROOF_NAME} {genesis}",
        ),
        ("重新执行全链", "execute the whole chain again", f"{linxin} audit {root}/{ARCHIVE_NAME} {genesis}"),
        *([] if keep else [("再次启动各节点", "start the nodes again", f"{linxin} network up {root}")]),
        ("向网络查询旅程", "ask the network for the journey", f"{linxin} journey {cast.TRACE_CODE} --network {root}"),
        (
            "在浏览器里看扫码页，它会自己验证",
            "see the scan page in a browser: it verifies itself",
            f"{linxin} gateway start {root}   # http://127.0.0.1:8080/b/{cast.TRACE_CODE}",
        ),
        ("看这一团", "look at the campaign", f"{linxin} campaign show {market.PRESALE} --network {root}"),
        (
            "像买家一样看订单",
            "see an order as its buyer does",
            f"{linxin} order show --key {BUYER_KEY} --network {root}",
        ),
        (
            "第一位居民的积分",
            "the first resident's points",
            f"{linxin} points balance {market.COMMUNITY} --key {RESIDENT_KEY} --network {root}",
        ),
        ("团长的口碑", "the leader's record", f"{linxin} leader show {market.LEADER} --network {root}"),
        (
            "农场的对账单",
            "the farm's statement",
            f"{linxin} account statement {FARM_ACCOUNT} --key {cast.FARM} --network {root}",
        ),
        (
            "托管机构还要付什么",
            "what the custodian has still to pay",
            f"{linxin} account instructions {market.CUSTODIAN} --key {market.CUSTODIAN} --network {root}",
        ),
        ("停止各节点", "stop the nodes", f"{linxin} network down {root}"),
    ]
    out.say(f"\n文件在 / files are in {escape(root)}：")
    out.say(f"    {PROOF_NAME}  {ARCHIVE_NAME}  {PUBLIC_NAME}  genesis.json")
    out.say("\n[bold]接下来试试[/]  [dim]what to try next[/]")
    for zh, en, command in steps:
        out.say(f"    {zh}  [dim]{en}[/]\n      [cyan]{escape(command)}[/]")


def _short(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
