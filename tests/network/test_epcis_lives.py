"""A life that is half EPCIS and half native on a real node, from planting to disposal, beside its all-native twin.

Each party's gateway has a key of that party; the probe's has the probe's. What the mixed life brings as EPCIS is what
the native one is exported as, so that both must be the same in every respect but times of blocks and ids of records.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from google.protobuf.json_format import MessageToDict
from linxin.v1 import ledger_pb2, provenance_pb2

from ledger.crypto.signing import SigningKey
from ledger.module import Action
from ledger.modules.registry.messages import CalibrateDevice, Metric, NewKey, RegisterDevice, possession_message
from ledger.modules.trace import messages as m
from ledger.modules.trace import state
from ledger.state import Table
from standards.epcis.document import read
from tests.cli.trading import runner
from tests.network.growing import accept
from tests.network.nodes import FARM, HUB, Client, Network, key_of, make_network, now_ms
from tests.network.rest import Rest, document, epcis_gateway, network_folder
from tests.standards.epcis.lives import APART, MINUTE_MS, STEPS, WITH_JOURNALS, Life, certified, plain

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("epcis-lives")]

LIFE = Life("twin", now_ms() // MINUTE_MS * MINUTE_MS - 180 * MINUTE_MS)
LAB, PROBE = key_of("lab"), key_of("probe")
KEYS = {"farm": FARM, "hub": HUB, "lab": LAB, LIFE.probe: PROBE}
ASSERTION = "trace.assert_event"
HARVESTED, MIXED = LIFE.lot("H"), LIFE.lot("S")
INSPECTION = 5
"""Place of the step whose record the certificate of conformity names."""
WHOLE = {
    ("trace.issue_certificate", "organisation:lab"),
    ("trace.record_readings", f"device:{LIFE.probe}"),
    ("trace.harvest", "organisation:farm"),
    ("trace.inspect", "organisation:lab"),
    ("trace.issue_conformity", "organisation:farm"),
    ("trace.transform", "organisation:farm"),
    ("trace.pack_unit", "organisation:farm"),
    ("trace.ship", "organisation:farm"),
    ("trace.receive", "organisation:hub"),
    ("trace.destroy", "organisation:hub"),
}
FIRST = frozenset(range(0, len(STEPS), 2))


@dataclass
class Lived:
    """A life on its node: the folder to ask it from, and the record of each step."""

    node: Network
    folder: Path
    records: list[bytes] = field(default_factory=list)

    def ask(self, work: Callable[[Client], Awaitable[Any]]) -> Any:
        async def asking() -> Any:
            client = Client.of(self.node)
            try:
                return await work(client)
            finally:
                await client.channel.close(None)

        return asyncio.run(asking())

    def say(self, key: SigningKey, *actions: Action) -> bytes:
        """The id of the last one's record."""
        outcomes = self.ask(lambda client: accept(client, key, *actions))
        return bytes(outcomes[-1].id)

    def prepare(self) -> None:
        """A listed product under a certificate, a plot, a calibrated device."""
        possession = PROBE.sign(possession_message(self.node.chain_id, f"device:{LIFE.probe}"))
        key = NewKey(PROBE.algorithm, PROBE.public_key, possession)
        metrics = (Metric("temperature", "CEL", -2, -4_000, 8_500),)
        self.say(
            FARM,
            m.RegisterProduct(LIFE.product, "草莓", "Strawberry", "kg", 0, 100_000),
            m.ClassifyProduct(LIFE.product, "fruit"),
            m.RegisterPlot(f"tunnel-{LIFE.name}", "棚", "Tunnel", 600),
            RegisterDevice(LIFE.probe, "探头", "Probe", metrics, MINUTE_MS, key),
            CalibrateDevice(LIFE.probe, LIFE.at(-1), LIFE.at(10_000), None),
        )
        self.say(LAB, certified(LIFE))

    def follow(self, place: int) -> None:
        """What stands between two steps: the 承诺达标合格证 of what was harvested, and of what was made of it."""
        tested = (self.records[INSPECTION],)
        if place == INSPECTION:
            at_ms = LIFE.at(7)
            self.say(FARM, m.IssueConformity(HARVESTED, "order_2025_4", "test_result", "青浦", at_ms, tested))
        if place == INSPECTION + 1:
            at_ms, replaced = LIFE.at(8), (HARVESTED,)
            promise = m.IssueConformity(MIXED, "order_2025_4", "quality_control", "青浦", at_ms, lots=replaced)
            self.say(FARM, promise)

    def exported(self) -> dict[str, Any]:
        return runner(self.folder)("epcis", "export", f"lot:{MIXED}")


@contextmanager
def living(folder: Path) -> Iterator[Lived]:
    (folder / "node").mkdir(parents=True)
    node = make_network(folder / "node", more=[("lab", "inspector")], empty_block_ms=300)
    node.start()
    try:
        lived = Lived(node, folder / "asking")
        network_folder(node, lived.folder)
        lived.prepare()
        yield lived
        assert node.stop() == 0, node.log()
    finally:
        node.kill()


@dataclass(frozen=True)
class Native:
    """The twin that lived without EPCIS, as told by its node."""

    events: dict[str, dict[str, Any]]
    """Record -> the event that it is exported as."""
    records: list[str]
    hashes: list[str]
    left: dict[str, Any]


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Native:
    with living(tmp_path_factory.mktemp("native")) as lived:
        for place, step in enumerate(STEPS):
            lived.records.append(lived.say(KEYS[step.party(LIFE)], step.record(LIFE)))
            if place >= INSPECTION:
                lived.follow(place)
        found = lived.exported()
        (text,) = found["documents"]
        events = {str(event["eventID"]).rpartition(":")[2]: dict(event) for event in read(text.encode()).events}
        left = left_by(lived)
        told = {(action, signer) for action, signer, *_ in left["journey"][0]}
        assert told >= WHOLE, WHOLE - told
        assert len(left["readings"]) == 3
        return Native(events, [record.hex() for record in lived.records], found["hashes"], left)


def left_by(lived: Lived) -> dict[str, Any]:
    """State, journey and readings, without ids of records and times of blocks, and without notes of captured events."""

    async def ask(client: Client) -> dict[str, Any]:
        return {"state": await _rows(client), "journey": await _journey(client), "readings": await _readings(client)}

    found = lived.ask(ask)
    assert isinstance(found, dict)
    return found


async def _rows(client: Client) -> dict[str, Any]:
    """Rows of the trace module, and what its records touched by kind: the journals of all things."""
    left: dict[str, Any] = {}
    records: list[Any] = []
    for table in {table.prefix.decode() for table in vars(state).values() if isinstance(table, Table)}:
        request = ledger_pb2.ListValuesRequest(prefix=table, page_size=1_000)
        page = await client.ledger.ListValues(request, timeout=10)
        assert not page.next_page_token
        for item in page.values:
            value = msgspec.msgpack.decode(item.value)
            row = value[0] if item.key.split("/")[1] in WITH_JOURNALS else value
            if table == "trace/record/" and row[1] != ASSERTION:
                records.append(plain(row, {}, LIFE))
            if not item.key.startswith(APART):
                left[plain(item.key, {}, LIFE)] = plain(row, {}, LIFE)
    return left | {"records": sorted(records, key=str)}


async def _journey(client: Client) -> list[Any]:
    """Who did what to what, in the order of the log."""
    request = provenance_pb2.GetJourneyRequest(subject=f"lot:{MIXED}")
    answer = await client.provenance.GetJourney(request, timeout=10)
    told = []
    for record in answer.records:
        if record.action == ASSERTION or record.action.startswith("registry."):  # gateways' keys
            continue
        subjects = [[named.subject, named.role] for named in record.subjects]
        events = [MessageToDict(event) for event in record.events]
        fields = MessageToDict(record.fields)
        told.append([record.action, record.signer, _plain(fields), subjects, _plain(events), record.title_zh])
    summary = MessageToDict(answer.lot)
    return [told, sorted(answer.subjects), answer.code, _plain(summary)]


async def _readings(client: Client) -> list[Any]:
    request = provenance_pb2.ListReadingsRequest(subject=f"device:{LIFE.probe}", from_ms=LIFE.start_ms)
    answer = await client.provenance.ListReadings(request, timeout=10)
    return [(each.metric, each.time_ms, each.value, each.scale, each.unit) for each in answer.readings]


def _plain(value: Any) -> Any:
    """`plain` for what came as JSON, in which every number is a float."""
    if isinstance(value, dict):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    return plain(int(value) if isinstance(value, float) and value.is_integer() else value, {}, LIFE)


def capture(rest: Rest, event: dict[str, Any], *, is_reading: bool) -> bytes:
    """Bring one event of the twin's, and expect that it became a record; its id."""
    said = {name: value for name, value in event.items() if name not in ("eventID", "recordTime")}
    job = rest.capture(document(said))
    assert job["success"], job
    (done,) = job["events"]
    assert done["ruled"], done
    assert ("transaction" in done) != is_reading
    return bytes.fromhex(done["record"])


@pytest.mark.parametrize("captured", [FIRST, frozenset(range(len(STEPS))) - FIRST], ids=["even", "odd"])
def test_a_mixed_life_leaves_what_its_native_twin_leaves(
    native: Native, captured: frozenset[int], tmp_path: Path
) -> None:
    with living(tmp_path) as lived, ExitStack() as stack:
        parties = {STEPS[place].party(LIFE) for place in captured}
        gateways = {
            party: Rest(stack.enter_context(gateway_of(lived.node, tmp_path / party, party))) for party in parties
        }
        for place, step in enumerate(STEPS):
            party = step.party(LIFE)
            if place in captured:
                event, is_reading = native.events[native.records[place]], party == LIFE.probe
                lived.records.append(capture(gateways[party], event, is_reading=is_reading))
            else:
                lived.records.append(lived.say(KEYS[party], step.record(LIFE)))
            if place >= INSPECTION:
                lived.follow(place)
        assert left_by(lived) == native.left
        assert sorted(lived.exported()["hashes"]) == sorted(native.hashes)


@contextmanager
def gateway_of(node: Network, folder: Path, party: str) -> Iterator[str]:
    subject = f"device:{party}" if party == LIFE.probe else f"organisation:{party}"
    with epcis_gateway(node, folder / "network", "--epcis-public", subject=subject, owner=KEYS[party]) as url:
        yield url
