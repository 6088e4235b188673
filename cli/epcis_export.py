"""`linxin epcis export`: a journey in the language of EPCIS, captured events as they came."""

import asyncio
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cli.keys import open_key
from cli.output import Output, Problem, network_option, reports
from cli.proofs import asked_for, fetch_journey
from client.blobs import get_blob
from client.connection import Connection
from client.failures import Failure
from client.journey import Known
from client.journey.entry import READINGS, device_of, known_registry
from client.network_directory import NetworkDirectory, open_network
from client.partners import Facts, action_of
from client.verified import VerifiedProof, VerifiedRecord
from standards.epcis.capture import hash_bytes
from standards.epcis.document import Document, read
from standards.epcis.exporting import Exported, documents_of, exported, made
from standards.epcis.faults import Malformed
from standards.epcis.hashing import event_hash
from standards.epcis.mapping import NotRuled, Recorded, event_of
from standards.epcis.signing import is_signed, verified

CAPTURED = "trace.assert_event"


@click.command()
@click.argument("code")
@click.option(
    "--out", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write here, not to the console."
)
@click.option("--key", "key_name", metavar="KEYFILE", help="Reads restricted documents of captured events.")
@network_option
@reports
def export(out: Output, code: str, target: Path | None, key_name: str | None, network_root: Path) -> None:
    """Write the journey of a trace CODE (or of a subject, such as lot:...) as an EPCIS document, verified first.

    Captured events stand as their partners wrote them; the other records of the journey in the form that they would
    have been captured in. Master data is no event and is left out.
    """
    if target is not None and target.exists():
        raise Problem(f"{target} 已存在", f"{target} exists already", "请另选文件名", "choose another name")
    network = open_network(network_root)
    proof, proven, _ = asyncio.run(fetch_journey(network, asked_for(code)))
    del proof
    work = _Export(out, network, proven, key_name)
    events = work.events()
    written = documents_of(events, proven.time_ms)
    if len(written) > 1:
        out.note(f"前缀冲突，写成 {len(written)} 个文档 / prefixes clash: {len(written)} documents")
    text = b"\n".join(written)
    if target is not None:
        target.write_bytes(text)
        out.say(f"[bold green]✓[/] {escape(str(target))}  {len(events)} 个事件 / events")
    else:
        out.say(text.decode(), markup=False)
    hashes = [each.hash for each in events]
    out.finish({"ok": True, "events": len(events), "hashes": hashes, "documents": [each.decode() for each in written]})


class _Export:
    """One journey on its way into EPCIS."""

    def __init__(self, out: Output, network: NetworkDirectory, proof: VerifiedProof, key_name: str | None) -> None:
        self.out = out
        self.network = network
        self.key = open_key(key_name, network) if key_name is not None else None
        self.known = Known(proof, network.genesis_bytes())
        self.records = [record for record in proof.records if record.transaction_id and record.code == 0]
        self.facts = _facts(self.known)
        self.documents: dict[str, Document | None] = {}

    def events(self) -> list[Exported]:
        """All events of the journey, by when they happened."""
        found: list[Exported] = []
        told: set[str] = set()
        actions = [(record, action_of(record.action, known_registry())) for record in self.records]
        for _, action in actions:
            if action is not None and action["action"] == CAPTURED:
                event = self._captured(action)
                if event is not None:
                    found.append(event)
                    told.add(str(action["record"]))
        for record, action in actions:
            identity = record.transaction_id.hex()
            if action is None or not record.tag.startswith("trace.") or action["action"] == CAPTURED:
                continue
            try:
                event_made = event_of(Recorded(identity, self._signer(record), record.time_ms, action), self.facts)
            except NotRuled:
                continue
            self.facts.originals[identity] = event_made
            if identity not in told:
                found.append(made(event_made))
        return sorted(found, key=lambda each: each.happened_ms)

    def _captured(self, action: dict[str, Any]) -> Exported | None:
        """A captured event as it came; None where its document cannot be read, or holds another event."""
        address, index = str(action["document"]), int(action["index"])
        if address not in self.documents:
            self.documents[address] = self._fetch(address)
        document = self.documents[address]
        if document is None or index >= len(document.events):
            return None
        value = event_hash(document, index) if action["hashed"] == "event" else None
        if hash_bytes(document, value).hex() != action["event"]:
            self.out.note(f"{address} 与账本上的事件哈希不符 / does not hold the event that the ledger names")
            return None
        return exported(document, index, int(action["event_ms"]))

    def _fetch(self, address: str) -> Document | None:
        async def get() -> bytes:
            async with Connection.to(self.network) as connection:
                return (await get_blob(connection, bytes.fromhex(address), self.key))[1]

        try:
            data = asyncio.run(get())
            return read(verified(data).payload if is_signed(data) else data)
        except (Failure, Malformed) as error:
            self.out.note(f"无法读取文档 {address} / the document cannot be read: {error}")
            return None

    def _signer(self, record: VerifiedRecord) -> str:
        """The organisation that signed, of readings the device."""
        if record.tag == READINGS:
            return device_of(record).removeprefix("device:")
        named = (subject for subject in record.subjects if subject.startswith("organisation:"))
        return next(named, "organisation:").removeprefix("organisation:")


def _facts(known: Known) -> Facts:
    """What the journey itself tells of measures and metrics."""
    facts = Facts(None)
    for subject, measure in known.measures.items():
        facts.learn_measure(subject.removeprefix("lot:").partition("/")[0], measure)
    for (device, metric), row in known.metrics.items():
        facts.learn_metric(device, metric, row.unit, row.exponent)
    return facts
