"""`linxin journey CODE` and `linxin verify FILE`: a food's whole life, and its proof checked offline."""

import asyncio
import time
from pathlib import Path
from typing import Any

import click
from linxin.v1 import provenance_pb2
from rich.markup import escape

from cli.output import Output, Problem, network_option, reports
from cli.records import clock
from cli.timeline import show_journey
from client.connection import Connection
from client.journey import More
from client.names import ask_names
from client.network_directory import GENESIS_FILE, NETWORK_VARIABLE, NetworkDirectory, open_network
from client.verified import InvalidProof, VerifiedProof, printable
from client.verify import verify_journey, verify_proof
from ledger.modules.trace.identifiers import BadIdentifier, read_trace_code
from ledger.proof.format import PROOF_SIZE_MAX, JournalClaim, JourneyClaim, LeafClaim, ListingClaim

STALE_MS = 600_000
"""Age from which on a node's answer is called old: a node with no traffic still certifies every few seconds."""

ARCHIVE_MARK = b"linxin-archive/"


@click.command()
@click.argument("code")
@click.option(
    "--proof", "proof_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the proof file here."
)
@network_option
@reports
def journey(out: Output, code: str, proof_file: Path | None, network_root: Path) -> None:
    """Show the whole journey of a trace CODE (or of a subject, such as lot:...), checked against the genesis file.

    What the node sends is believed only as far as its proof holds.
    """
    network = open_network(network_root)
    if proof_file is not None and proof_file.exists():
        raise Problem(f"{proof_file} 已存在", f"{proof_file} exists already", "请另选文件名", "choose another name")
    asked = asked_for(code)
    genesis = network.genesis_bytes()
    proof, verified, more = asyncio.run(fetch_journey(network, asked))
    if proof_file is not None:
        proof_file.write_bytes(proof)
    document = describe_proof(verified) | {"timeline": show_journey(out, verified, genesis, more=more)}
    out.say(f"[bold green]✓[/] 完整且已验证 / complete and verified, as of {clock(verified.time_ms)}")
    if time.time() * 1000 - verified.time_ms > STALE_MS:
        out.note(
            "[yellow]![/] 此证明已超过十分钟，之后的记录（如召回）不在其中 / older than ten minutes: "
            "it knows nothing of what came later, such as a recall"
        )
    out.finish({"ok": True, "proof": proof_file.resolve() if proof_file else None, "bytes": len(proof)} | document)


def asked_for(code: str) -> dict[str, str]:
    """What a person means by CODE: {"code": a trace code} or {"subject": type:key}. Raises `Problem`."""
    if ":" in code:
        return {"subject": code}
    try:
        return {"code": read_trace_code(code)}
    except BadIdentifier as error:
        raise Problem(
            f"溯源码 {code} 有误：{error.reason_zh}",
            f"the trace code {code} is wrong: {error.reason_en}",
            "请核对包装上的 13 位溯源码",
            "check the 13 characters printed on the pack",
        ) from None


async def fetch_journey(network: NetworkDirectory, asked: dict[str, str]) -> tuple[bytes, VerifiedProof, More]:
    """The proof file of a journey (`asked_for`) as a node gives it, what it proves, and names that it does not hold.

    Raises `Remote`, `Unreachable`, `InvalidProof`.
    """
    request = provenance_pb2.GetJourneyRequest(include_proof=True, **asked)
    genesis = network.genesis_bytes()
    async with Connection.to(network) as connection:
        answer = await connection.call(
            lambda to: to.provenance.GetJourney, request, provenance_pb2.GetJourneyResponse, timeout_s=60
        )
        verified = verify_journey(answer.proof, genesis, **asked)
        return answer.proof, verified, await ask_names(connection, genesis, verified)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--genesis",
    "genesis_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The genesis file you trust; else that of the folder in {NETWORK_VARIABLE} or ./network.",
)
@click.option("--about", metavar="CODE", help="What the proof must be the journey of: a trace code, or a subject.")
@click.option("--timeline", is_flag=True, help="Also print the journey that the proof holds.")
@network_option
@reports
def verify(
    out: Output, file: Path, genesis_file: Path | None, about: str | None, timeline: bool, network_root: Path
) -> None:
    """Check a proof FILE offline, with nothing but the genesis file; exit status 0: all of it holds, 1: it does not.

    A proof holds for what it claims, which is printed first: compare it with what you asked, or say --about.
    """
    asked = None if about is None else asked_for(about)
    genesis = _trusted(genesis_file or network_root / GENESIS_FILE)
    with file.open("rb") as stream:
        data = stream.read(PROOF_SIZE_MAX + 1)
    if ARCHIVE_MARK in data[:32]:
        raise Problem(
            f"{file} 是全链归档，不是证明文件",
            f"{file} is an archive of a chain, not a proof file",
            f"完整归档用 linxin audit {file}；公开归档用 python verifier/verify_linxin.py",
            f"use `linxin audit {file}` for a full archive, `python verifier/verify_linxin.py` for a public one",
        )
    try:
        verified = verify_proof(data, genesis) if asked is None else verify_journey(data, genesis, **asked)
    except InvalidProof as wrong:
        out.fail(
            Problem(
                f"证明无效：{wrong.zh}",
                f"the proof does not hold: {wrong.en}",
                "不要采信其内容；请向他人索取，或直接向节点查询",
                "do not believe what it says; get another copy, or ask a node",
            ),
            valid=False,
            kind=wrong.kind,
            where=wrong.where,
            reason=wrong.reason,
        )
    out.say("[bold green]✓[/] 有效 / valid")
    out.say(f"  内容 / claim   [bold]{escape(printable(claim_of(verified)))}[/]")
    out.say(f"  截至 / as of   {clock(verified.time_ms)}  (height {verified.checkpoint.height})")
    out.say(f"  签署 / signed  {', '.join(map(escape, verified.signers))}")
    out.say(f"  记录 / records {len(verified.records)} in {len(verified.sections)} journals")
    document = describe_proof(verified)
    if timeline:
        document["timeline"] = show_journey(out, verified, genesis)
    out.finish({"ok": True, "valid": True} | document)


def _trusted(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(
            f"创世文件 {path}：{error.strerror}",
            f"the genesis file {path}: {error.strerror}",
            "请用 --genesis 指定您信任的创世文件",
            "name the genesis file that you trust with --genesis",
        ) from None


def claim_of(verified: VerifiedProof) -> str:
    """What a proof claims, in a line."""
    claim = verified.claim
    if isinstance(claim, JourneyClaim):
        name = claim.subject + (f" ({claim.code})" if claim.code else "")
        return f"{name} 的完整旅程 / the whole journey of {name}"
    if isinstance(claim, JournalClaim):
        start, end = (None if bound is None else clock(bound) for bound in (claim.from_ms, claim.to_ms))
        zh = f"{claim.subject} 自{start or '首条'}至{end or '末条'}的全部记录"
        return f"{zh} / all records of {claim.subject} from {start or 'the first'} to {end or 'the last'}"
    if isinstance(claim, ListingClaim):
        size = verified.sections[claim.subject].size
        zh = f"信任档案 {claim.listing} 的第 {claim.start + 1} 至 {claim.end} 条记录，共 {size} 条"
        return f"{zh} / records {claim.start + 1} to {claim.end} of {size} in the trust archive of {claim.listing}"
    if isinstance(claim, LeafClaim):
        return f"日志第 {claim.index} 条 / leaf {claim.index} of the log"
    if claim.value is None:
        return f"{claim.key} 不存在 / {claim.key} has no value"
    return f"{claim.key} 的值 / the value of {claim.key}: {claim.value.hex()}"


def describe_proof(verified: VerifiedProof) -> dict[str, Any]:
    """What a proof shows, as JSON holds it."""
    sections = [
        {"subject": each.subject, "size": each.size, "start": each.start, "records": len(each.records)}
        for each in verified.sections.values()
    ]
    return {
        "claim": claim_of(verified),
        "as_of_ms": verified.time_ms,
        "height": verified.checkpoint.height,
        "signers": verified.signers,
        "records": len(verified.records),
        "sections": sections,
    }
