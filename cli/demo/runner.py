"""Tells the story on a running network: who signs what, when; then everything that is done with the journey."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linxin.v1 import ledger_pb2, provenance_pb2
from rich.markup import escape

from cli.chain_archive import audit_archive, export_to
from cli.demo import cast, goods, market, story, tamper
from cli.demo.cast import Calendar
from cli.demo.crisis import Crisis
from cli.demo.story import Chapter, PossessedKey
from cli.network_status import listens_on, wait_for_height
from cli.output import Output, Problem
from client.blobs import put_blob
from client.connection import Connection
from client.network_directory import NetworkDirectory
from client.submit import Outcome, Submitter, find_receipt, sign_action
from client.verified import InvalidProof, VerifiedProof
from client.verify import verify_proof
from client.wallet import Cost, create_key, load_key
from ledger.block import validator_id
from ledger.certificate import quorum
from ledger.crypto.checkpoint import parse_note
from ledger.crypto.encoding import decode
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.modules.registry.messages import NewKey, possession_message
from ledger.transaction import Envelope

VERIFIER = Path(__file__).resolve().parents[2] / "verifier" / "verify_linxin.py"
REPORT = """检验报告 LABORATORY REPORT (demonstration)
样品 sample: 红颜草莓 strawberries, lot GH3-A, 2 kg
嘧菌酯 azoxystrobin  0.032 mg/kg  (limit 10)   GB 23200.121
铅 Pb               0.018 mg/kg  (limit 0.1)  GB 5009.12
可溶性固形物 SSC     11.8 %
结论 verdict: 合格 PASS
"""
REACH_S_MAX = 20.0
SIGNERS = (
    *(cast.FARM, cast.HUB, cast.WAREHOUSE, cast.PLATFORM, cast.INSPECTOR),
    *("auditor", market.COMMUNITY, market.CUSTODIAN),
)
"""Organisations that sign in the story."""

STRIKE_CHAPTER, STRIKE_WAVE, REVIVAL_CHAPTER = 3, 3, 6
"""The leader is killed in the week of readings, and is started again when the harvest has been packed."""

LIES: tuple[tuple[str, str, str, Callable[[bytes], bytes]], ...] = (
    ("one_byte_changed", "改动一个字节", "one byte changed", tamper.change_one_byte),
    ("one_reading_left_out", "删去一条传感器记录", "one record of readings left out", tamper.leave_out_reading),
    ("harvest_edge_hidden", "隐去通往一个采收批次的关联", "the edge to one harvest lot hidden", tamper.hide_harvest),
)


@dataclass
class Telling:
    """One telling of the story: what it has made so far."""

    out: Output
    network: NetworkDirectory
    calendar: Calendar
    crisis: Crisis | None = None
    """The killing of a leader, where enough validators are left without it."""
    keys: dict[str, SigningKey] = field(default_factory=dict)
    acknowledged: list[bytes] = field(default_factory=list)
    """Ids of the transactions whose receipts came, in that order."""
    restricted: int = 0
    """How many of them have a restricted part."""

    last_height: int = 0
    """The highest block that a receipt named."""
    readings: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    step: int = 0

    @contextmanager
    def part(self, name: str, zh: str, en: str) -> Iterator[None]:
        """A part of the demonstration, with its heading and its time."""
        self.step += 1
        self.out.say(f"\n[bold]{self.step:>2}. {escape(zh)}[/]  [dim]{escape(en)}[/]")
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)

    def tell(self, submitter: Submitter) -> None:
        """Record the whole story: every chapter, wave by wave, each record final before what depends on it."""
        with self.part("keys", "各签名者的密钥", "the signers' keys"):
            self._open_keys()
            self.out.say(f"    {len(self.keys)} 个密钥 / keys: {', '.join(self.keys)}")
            chapters = self.chapters(submitter)
        for number, chapter in enumerate(chapters, 1):
            with self.part(f"chapter_{number}", chapter.zh, chapter.en):
                self.record(submitter, chapter, strike_at=STRIKE_WAVE if number == STRIKE_CHAPTER else None)
                if self.crisis is not None and number == REVIVAL_CHAPTER:
                    self.crisis.revive(submitter)

    def chapters(self, submitter: Submitter) -> list[Chapter]:
        """What is told, in this order; another story is another telling's."""
        calendar = self.calendar
        report = submitter.run(
            lambda connection: put_blob(
                connection, self.keys[cast.INSPECTOR], REPORT.encode(), media_type="text/plain; charset=utf-8"
            )
        )

        return [
            story.opening(calendar, self.possessed_key(submitter)),
            story.growing(calendar),
            story.week(calendar),
            story.harvests(calendar),
            story.laboratory(calendar, report.address),
            story.packing(calendar),
            story.journey(calendar),
        ]

    def possessed_key(self, submitter: Submitter) -> PossessedKey:
        """Tells the key of a device or member for its registration."""

        def new_key(subject: str) -> NewKey:
            key = self.keys[subject.partition(":")[2]]
            return NewKey(key.algorithm, key.public_key, key.sign(possession_message(submitter.chain_id, subject)))

        return new_key

    def _open_keys(self) -> None:
        passphrase = self.network.passphrase()
        for organisation in SIGNERS:
            self.keys[organisation] = load_key(self.network.key_file(organisation), passphrase)
        for device in (*cast.DEVICES, goods.DEVICE):
            self.make_key(device.id, device.algorithm)
        self.make_key(market.LEADER)

    def make_key(self, name: str, algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
        """A fresh key in a file of the network's folder."""
        made = create_key(self.network.key_file(name), algorithm, self.network.passphrase(), Cost.INTERACTIVE)
        self.keys[name] = made
        return made

    def record(self, submitter: Submitter, chapter: Chapter, strike_at: int | None = None) -> None:
        """Record a chapter, wave by wave, and say that it is final."""
        with self.out.progress() as progress:
            task = progress.add_task(chapter.en, total=sum(map(len, chapter.waves)))
            for number, wave in enumerate(chapter.waves):
                envelopes = [
                    sign_action(self.keys[each.signer], submitter.chain_id, each.action, restricted=each.restricted)
                    for each in wave
                ]
                striking = self.crisis is not None and number == strike_at
                outcomes = self._submit(submitter, envelopes, striking=striking)
                for each, envelope, outcome in zip(wave, envelopes, outcomes, strict=True):
                    self._acknowledge(outcome, envelope, f"{type(each.action).__name__} ({each.signer})")
                    self.readings += story.count_readings(each.action)
                progress.update(task, advance=len(wave))
        signers = dict.fromkeys(each.signer for wave in chapter.waves for each in wave)
        count = sum(map(len, chapter.waves))
        self.out.say(f"    {count} 条记录已最终确认 / records final, signed by {', '.join(signers)}")

    def submit(self, submitter: Submitter, what: str, envelopes: Sequence[bytes]) -> None:
        """Have envelopes of one kind made final; raises what `Outcome.need` raises, of records called `what`."""
        for envelope, outcome in zip(envelopes, submitter.submit(envelopes), strict=True):
            self._acknowledge(outcome, envelope, what)

    def _acknowledge(self, outcome: Outcome, envelope: bytes, what: str) -> None:
        self.count(outcome.need(what))
        self.restricted += decode(envelope, Envelope).restricted is not None

    def count(self, receipt: ledger_pb2.Receipt) -> None:
        """One more record is final, of those that must never be lost."""
        self.acknowledged.append(receipt.transaction_id)
        self.last_height = max(self.last_height, receipt.height)

    def _submit(self, submitter: Submitter, envelopes: list[bytes], *, striking: bool) -> list[Outcome]:
        if self.crisis is None:
            return submitter.submit(envelopes)
        outcomes = self.crisis.strike(submitter, envelopes) if striking else submitter.submit(envelopes)
        if self.crisis.is_under_way:
            self.crisis.note_final(submitter)
        return outcomes

    def show_certificate(self, submitter: Submitter) -> dict[str, Any]:
        """The newest certificate, with who signed it."""
        found = submitter.run(
            lambda connection: connection.call(
                lambda to: to.ledger.GetCheckpoint, ledger_pb2.GetCheckpointRequest(), ledger_pb2.Checkpoint
            )
        )
        note = parse_note(found.note)
        signers = [validator_id(signature.name) for signature in note.signatures]
        for line in found.note.splitlines():
            self.out.say(f"    [dim]{escape(line)}[/]" if line else "")
        count, ids = len(self.network.node_homes()), ", ".join(signers)
        self.out.say(
            f"    [green]✓[/] 高度 {found.height}：{count} 个验证节点中的 {len(signers)} 个签署了同一检查点"
            f"（法定数 {quorum(count)}）：{ids}\n"
            f"      height {found.height}: {len(signers)} of {count} validators signed the same checkpoint (quorum "
            f"{quorum(count)}): {ids}"
        )
        return {"height": found.height, "signers": signers, "note": found.note}

    def count_lost(self, submitter: Submitter, node: Path) -> int:
        """How many acknowledged records the node of a home does not have: asked of it alone, one by one.

        First it is waited for until it has the block of the last one: the others made that final without it.
        """
        wait_for_height(self.network, node, self.last_height, REACH_S_MAX)

        async def ask(_: Connection) -> int:
            async with Connection([listens_on(node)], self.network.authority(), submitter.chain_id) as alone:
                found = [await find_receipt(alone, each) for each in self.acknowledged]
                return sum(receipt is None for receipt in found)

        lost = submitter.run(ask)
        mark = "[green]✓[/]" if lost == 0 else "[bold red]✗[/]"
        name, count = escape(node.name), len(self.acknowledged)
        self.out.say(f"    {mark} 已确认的 {count} 条记录逐一向 {name} 查询，丢失 {lost} 条")
        self.out.say(f"      {name} was asked for each of the {count} acknowledged records: {lost} are lost")
        return lost

    def fetch_proof(self, submitter: Submitter) -> bytes:
        """The journey of the pack lot's trace code, with its proof, as the node gives it."""
        request = provenance_pb2.GetJourneyRequest(code=cast.TRACE_CODE, include_proof=True)
        answer = submitter.run(
            lambda connection: connection.call(
                lambda to: to.provenance.GetJourney, request, provenance_pb2.GetJourneyResponse, timeout_s=60
            )
        )
        return answer.proof

    def check_proof(self, proof: Path) -> VerifiedProof:
        """Verify the proof file twice, by two programs that share no code. Raises `InvalidProof` or `Problem`."""
        verified = verify_proof(proof.read_bytes(), self.network.genesis_bytes())
        self.out.say("    [green]✓[/] 命令行验证通过 / `linxin verify` agrees")
        self._check_standalone(proof)
        return verified

    def check_archives(self, archive: Path, public: Path) -> dict[str, Any]:
        """Export the chain twice, verify both with the stand-alone verifier, execute the full one again."""
        export_to(self.out, public, self.network, None)
        export_to(self.out, archive, self.network, self.keys["auditor"])
        for each in (public, archive):
            self._check_standalone(each)
        with tempfile.TemporaryDirectory(prefix="linxin-audit-") as scratch:
            _, findings = audit_archive(self.out, archive, self.network.genesis_bytes(), Path(scratch) / "ledger")
        self.out.say(
            f"    [green]✓[/] 从创世重新执行 {findings.height} 个区块 / executed {findings.height} blocks again "
            f"from genesis: {findings.transactions} transactions agree"
        )
        return {"height": findings.height, "transactions": findings.transactions, "leaves": findings.leaves}

    def _check_standalone(self, file: Path) -> None:
        said = self.ask_standalone(file)
        if not said["valid"]:
            raise Problem(
                f"独立验证程序拒绝 {file}：{said.get('reason')}",
                f"the stand-alone verifier refuses {file}: {said.get('reason')}",
                "请报告开发者",
                "report this to the developers",
            )
        self.out.say(f"    [green]✓[/] 独立验证程序通过 / verify_linxin.py agrees: {escape(file.name)}")

    def ask_standalone(self, file: Path) -> dict[str, Any]:
        """What the stand-alone verifier says of a file, run as anyone would run it."""
        command = [sys.executable, str(VERIFIER), str(file), "--genesis", str(self.network.genesis), "--json"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if not ran.stdout:
            raise Problem("独立验证程序出错", f"the stand-alone verifier failed: {ran.stderr[-500:]}", "", "")
        found: dict[str, Any] = json.loads(ran.stdout)
        assert found["valid"] == (ran.returncode == 0)
        return found

    def show_lies(self, proof: Path) -> list[dict[str, Any]]:
        """Tamper with the proof in three ways; both verifiers must refuse each. Returns what they say."""
        genesis, whole = self.network.genesis_bytes(), proof.read_bytes()
        told = []
        for name, zh, en, lie in LIES:
            forged = proof.with_name(f"{proof.stem}.{name}.proof")
            forged.write_bytes(lie(whole))
            reason: InvalidProof | None = None
            try:
                verify_proof(forged.read_bytes(), genesis)
            except InvalidProof as refusal:
                reason = refusal
            said = self.ask_standalone(forged)
            refused = reason is not None and not said["valid"]
            mark = "[green]✓[/] 被拒绝 refused" if refused else "[bold red]✗ 未被发现 NOT REFUSED[/]"
            self.out.say(f"    {mark}  {escape(zh)} / {escape(en)}")
            if reason is not None:
                self.out.say(f"        {escape(reason.zh)}\n        {escape(reason.en)}")
            words = (
                {} if reason is None else {"kind": reason.kind, "where": reason.where, "zh": reason.zh, "en": reason.en}
            )
            standalone = {part: said.get(part) for part in ("kind", "where", "reason")}
            told.append({"name": name, "refused": refused, "file": forged, "standalone": standalone} | words)
        return told
