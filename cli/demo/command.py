"""`linxin demo`."""

import tempfile
import time
from pathlib import Path

import click
from rich.markup import escape

from cli.demo import cast
from cli.demo.cast import DAY_MS, Calendar
from cli.demo.runner import Telling
from cli.modules import standard_registry
from cli.network import bring_up, take_down
from cli.network_files import discard_network, init_network
from cli.output import Output, reports
from cli.proofs import show_journey
from client.network_directory import NetworkDirectory
from client.submit import Submitter

PROOF_NAME, ARCHIVE_NAME, PUBLIC_NAME = "strawberry.proof", "strawberry.archive", "strawberry-public.archive"


@click.command()
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path, file_okay=False), help="An empty folder to use and keep."
)
@click.option("--keep", is_flag=True, help="Leave the network running, and its folder where it is.")
@reports
def demo(out: Output, directory: Path | None, keep: bool) -> None:
    """The life of a strawberry on a real network of this machine: recorded, proven, verified, tampered with."""
    root = directory if directory is not None else Path(tempfile.mkdtemp(prefix="linxin-demo-"))
    stays = keep or directory is not None or out.as_json
    network: NetworkDirectory | None = None
    try:
        network = init_network(root, "demo", standard_registry(), parameters=cast.PARAMETERS)
        document = _tell(out, network)
    finally:
        if network is not None and not keep:
            take_down(out, network)
        if not stays:
            discard_network(root)
    _close(out, network, keep=keep, stays=stays)
    out.finish(document | {"running": keep})
    if not document["ok"]:
        raise click.exceptions.Exit(1)


def _tell(out: Output, network: NetworkDirectory) -> dict[str, object]:
    started = time.monotonic()
    now_ms = time.time_ns() // 1_000_000
    telling = Telling(out, network, Calendar.before(now_ms))
    proof, archive, public = (network.root / name for name in (PROOF_NAME, ARCHIVE_NAME, PUBLIC_NAME))
    out.say("[bold]邻信 · 一颗草莓的一生[/]   [dim]Linxin: the life of a strawberry[/]")
    with telling.part("start", "启动一个真实的验证节点", "a real validator: own LevelDB, gRPC over TLS"):
        out.say(f"    {escape(str(network.root))}")
        out.say(
            f"    演示网络接受至多 {cast.PARAMETERS['late_readings_ms'] // DAY_MS} 天前的读数 / "
            f"this network takes readings up to {cast.PARAMETERS['late_readings_ms'] // DAY_MS} days late (usual: 7)"
        )
        bring_up(out, network)
        out.say(f"    [green]✓[/] {', '.join(network.endpoints)}")
    with Submitter.to(network) as submitter:
        telling.tell(submitter)
        with telling.part("journey", f"溯源码 {cast.TRACE_CODE} 的完整旅程", "the whole journey of the trace code"):
            proof.write_bytes(telling.fetch_proof(submitter))
            verified = telling.check_proof(proof)
            show_journey(out, verified)
    with telling.part("archive", "导出全链并审计", "the whole chain exported, verified and executed again"):
        audited = telling.check_archives(archive, public)
    with telling.part("lies", "三种篡改，全部被拒绝", "three lies, all refused"):
        lies = telling.show_lies(proof)
    refused = all(lie["refused"] for lie in lies)
    return {
        "ok": refused,
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
        "submitted": telling.submitted,
        "readings": telling.readings,
        "late_readings_ms": cast.PARAMETERS["late_readings_ms"],
        "as_of_ms": verified.time_ms,
        "audit": audited,
        "refusals": lies,
        "seconds": telling.seconds | {"total": round(time.monotonic() - started, 2)},
    }


def _close(out: Output, network: NetworkDirectory, *, keep: bool, stays: bool) -> None:
    root = escape(str(network.root))
    if keep:
        out.say(f"\n网络仍在运行 / still running: {root}\n  停止 / stop it: linxin network down {root}")
    elif stays:
        out.say(f"\n节点已停止，文件保留在 / the node is stopped, its files are in {root}")
    else:
        out.say("\n节点已停止，临时文件已清除 / the node is stopped, its files are gone (--keep or --dir keeps them)")
    if stays:
        out.note(f"files: {network.root}")
