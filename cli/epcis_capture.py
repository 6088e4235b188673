"""`linxin epcis capture` and `sign`: a partner's document onto the ledger, under the partner's own key."""

import json
from pathlib import Path
from typing import Any

import click
from linxin.v1 import blob_pb2
from rich.markup import escape

from cli.acting import KEY_OPTION, Desk
from cli.blobs import CLASSES
from cli.epcis_reading import FILE, bytes_of, refuse
from cli.modules import standard_registry
from cli.output import Output, Problem, network_option, reports
from client.action_json import read_action
from client.blobs import put_blob
from client.connection import Connection
from client.failures import NotAccepted
from client.partners import Facts, ask_captured, ask_facts, ask_record, organisation_of
from ledger.crypto.encoding import Message
from ledger.module import Action
from standards.epcis.capture import Planned, named_in, plan
from standards.epcis.document import Document
from standards.epcis.faults import Malformed
from standards.epcis.hashing import event_hash
from standards.epcis.mapping import NotRuled, Recorded, event_of
from standards.epcis.signing import JWS_BYTES_MAX, Signed, compact, is_signed, signing_input, verified
from standards.epcis.validation import validate


@click.command()
@FILE
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@KEY_OPTION
@network_option
@reports
def sign(out: Output, file: Path, target: Path, key_name: str, network_root: Path) -> None:
    """Sign the bytes of FILE with an organisation's key and write the JSON Web Signature to the new file TARGET."""
    if target.exists():
        raise Problem(f"{target} 已存在", f"{target} exists already", "请另选文件名", "choose another name")
    with Desk(out, network_root, key_name) as desk:
        wanted = signing_input(bytes_of(file), int(desk.key.algorithm), desk.key.public_key)
        target.write_bytes(compact(wanted, desk.key.sign(wanted)))
    out.say(f"[bold green]✓[/] {escape(str(target))}")
    out.finish({"ok": True, "file": target.resolve(), "public_key": desk.key.public_key})


@click.command()
@FILE
@KEY_OPTION
@click.option("--class", "class_name", type=click.Choice(list(CLASSES)), default="restricted", show_default=True)
@click.option("--dry-run", is_flag=True, help="Tell what each event would become, and stop.")
@click.option("--proceed", is_flag=True, help="Go on with the next event when the ledger refuses one.")
@network_option
@reports
def capture(
    out: Output, file: Path, key_name: str, class_name: str, network_root: Path, *, dry_run: bool, proceed: bool
) -> None:
    """Bring the events of FILE (a document, or one signed by `linxin epcis sign`) onto the ledger.

    An event that says all that a record needs becomes that record, under the rules of any other; the rest is asserted:
    kept, and shown as verified by no rule. The document goes to the vault.
    """
    data = bytes_of(file, JWS_BYTES_MAX)
    signed = _signature(file, data)
    document = _document(out, data if signed is None else signed.payload)
    with Desk(out, network_root, key_name) as desk:
        work = _Capture(desk, document, signed)
        planned = work.plan()
        told = [describe(one) for one in planned]
        if not dry_run:
            work.store(data, CLASSES[class_name])
            told = []
            for one in planned:
                told.append(work.submit(one))
                if "error" in told[-1] and not proceed:
                    break
    for line in told:
        mark = "[bold red]✗[/]" if "error" in line else "[bold green]✓[/]"
        out.say(f"{mark} {line['index']}  {escape(line['said'])}")
    failed = any("error" in line for line in told)
    left = len(planned) - len(told)
    if left:
        out.note(f"未提交其余 {left} 个事件 / {left} events were not submitted")
    out.finish({"ok": not failed, "dry_run": dry_run, "document": work.address, "events": told, "left": left})
    if failed:
        raise click.exceptions.Exit(1)


def describe(planned: Planned) -> dict[str, Any]:
    """What becomes of an event, in words and for programs."""
    facts: dict[str, Any] = {"index": planned.index, "hash": planned.hash, "ruled": planned.record is not None}
    if planned.record is not None:
        return facts | {"action": planned.record["action"], "said": str(planned.record["action"])}
    assert planned.why is not None
    said = f"未经规则核验 / asserted: {planned.why.zh} / {planned.why.en}"
    return facts | {"said": said, "why_zh": planned.why.zh, "why_en": planned.why.en}


MEDIA_TYPES = {"json": "application/ld+json", "xml": "application/xml"}


class _Capture:
    """One document on its way to the ledger, submitted with the desk's key."""

    def __init__(self, desk: Desk, document: Document, signed: Signed | None) -> None:
        self.desk = desk
        self.document = document
        self.signed = signed
        self.registry = standard_registry()
        self.address = ""
        self.partner: str | None = None

    def plan(self) -> list[Planned]:
        """What each event becomes."""
        facts, self.partner = self.desk.ask(self._ask)
        foreign = self.partner is not None and self.partner != facts.signer()
        return plan(self.document, facts, foreign=foreign)

    async def _ask(self, connection: Connection) -> tuple[Facts, str | None]:
        key = self.desk.key
        mine = await organisation_of(connection, int(key.algorithm), key.public_key)
        partner = None
        if self.signed is not None:
            partner = await organisation_of(connection, self.signed.algorithm, self.signed.public_key)
            if partner is None:
                raise Problem(
                    "签名密钥未登记",
                    "the key that signed is not registered",
                    "请先登记该密钥",
                    "register the key first",
                )
        facts = await ask_facts(connection, named_in(self.document.events), mine)
        for index, event in enumerate(self.document.events):
            if "errorDeclaration" in event:
                await self._learn_original(connection, facts, index)
        return facts, partner

    async def _learn_original(self, connection: Connection, facts: Facts, index: int) -> None:
        """What an event that declares an error needs: the record it is about, and those that say it right."""
        event = self.document.events[index]
        identities = [event.get("eventID"), event_hash(self.document, index)]
        declaration = event["errorDeclaration"]
        assert isinstance(declaration, dict)
        identities += declaration.get("correctiveEventIDs", [])
        for identity in map(str, identities):
            if identity.startswith("urn:linxin:record:"):
                await self._learn_record(connection, facts, identity.rpartition(":")[2])
            elif identity.startswith("ni:///sha-256;") and facts.signer() is not None:
                digest = identity.partition(";")[2].partition("?")[0]
                found = await ask_captured(connection, digest, str(facts.signer()), self.registry)
                if found is not None:
                    facts.records[identity] = found

    async def _learn_record(self, connection: Connection, facts: Facts, identity: str) -> None:
        found = await ask_record(connection, identity, self.registry) if len(identity) == 64 else None
        if found is None:
            return
        organisation = await organisation_of(connection, found.algorithm, found.public_key)
        try:
            event = event_of(Recorded(identity, organisation or "", found.time_ms, found.action), facts)
        except NotRuled:
            return
        facts.originals[identity] = event

    def store(self, data: bytes, blob_class: blob_pb2.BlobClass.ValueType) -> None:
        """Put the bytes, as they came, into the vault."""
        kind = "application/jose" if self.signed is not None else MEDIA_TYPES[self.document.form]
        stored = self.desk.ask(
            lambda connection: put_blob(connection, self.desk.key, data, media_type=kind, blob_class=blob_class)
        )
        self.address = stored.address.hex()

    def submit(self, planned: Planned) -> dict[str, Any]:
        """The record of an event, then the note that it was captured; what came of them."""
        told = describe(planned)
        record = None
        try:
            if planned.record is not None:
                record = self._offer(planned.record)
                told["record"] = record
            if planned.assertion is not None:
                signed = self.signed and {
                    "organisation": self.partner,
                    "algorithm": self.signed.algorithm,
                    "public_key": self.signed.public_key.hex(),
                }
                fields = planned.assertion | {"document": self.address, "record": record, "signed": signed}
                told["transaction"] = self._offer(fields)
        except NotAccepted as refusal:
            return told | {"said": f"{told['said']}: {refusal.zh} / {refusal.en}", "error": refusal.en}
        return told

    def _offer(self, fields: dict[str, object]) -> str:
        """Sign and submit a record written as JSON; its transaction id."""
        action, restricted = read_action(json.dumps(fields).encode(), self.registry)
        return self._record(action, restricted)

    def _record(self, action: Action, restricted: Message | None) -> str:
        return str(self.desk.act(action, restricted)["transaction_id"])


def _signature(file: Path, data: bytes) -> Signed | None:
    if not is_signed(data):
        return None
    try:
        return verified(data)
    except Malformed as error:
        told = error.faults[0]
        raise Problem(f"{file}：{told.zh}", f"{file}: {told.en}", "请重新签名", "sign it again") from None


def _document(out: Output, data: bytes) -> Document:
    report = validate(data)
    if report.document is None or not report.valid:
        refuse(out, report)
    return report.document
