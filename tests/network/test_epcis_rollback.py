"""All or nothing also towards the ledger's rules: documents of which a rule refuses one event, at a real gateway."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from linxin.v1 import ledger_pb2

from client.connection import Connection
from gateway.epcis.jobs import Job, Jobs
from gateway.epcis.settings import EpcisSettings
from ledger.modules.trace import messages as m
from ledger.modules.trace.errors import AlreadyRegistered, NotParty, QuantityOverdrawn
from standards.epcis.document import read
from standards.epcis.names import moment_of
from tests.network.growing import LOT, accept
from tests.network.nodes import FARM, Client, Network, now_ms
from tests.network.rest import Rest, document, epcis_gateway, events_in
from tests.trace.world import BERRY, KG

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]


@pytest.fixture(scope="module")
def rest(node: Network, grown: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    folder = tmp_path_factory.mktemp("rollback") / "network"
    with epcis_gateway(node, folder, subject="organisation:farm", owner=FARM) as url:
        yield Rest(url)


def said(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "eventTime": moment_of(now_ms()), "eventTimeZoneOffset": "+08:00", **members}


def goods(number: str, kilograms: int) -> dict[str, Any]:
    return {"epcClass": f"urn:linxin:lot:{BERRY}/{number}", "quantity": kilograms, "uom": "KGM"}


def harvest(number: str) -> dict[str, Any]:
    born = {"linxin:planting": "urn:linxin:planting:berry"}
    return said("ObjectEvent", action="ADD", bizStep="commissioning", quantityList=[goods(number, 10)], ilmd=born)


def sorting(source: str, kilograms: int, number: str) -> dict[str, Any]:
    quantities = {"inputQuantityList": [goods(source, kilograms)], "outputQuantityList": [goods(number, kilograms)]}
    return said("TransformationEvent", bizStep="repackaging", **quantities, **{"linxin:lossMicroKg": 0})


async def values(client: Client, *keys: str) -> list[bytes | None]:
    answer = await client.ledger.GetValue(ledger_pb2.GetValueRequest(keys=keys, latest_timeout_ms=5_000), timeout=10)
    return [value.value if value.HasField("value") else None for value in answer.values]


async def mentions(client: Client, text: str) -> int:
    """In how many leaves of the log a text stands, be they of what was accepted or of what was refused."""
    status = await client.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=10)
    found = 0
    for height in range(1, status.height + 1):
        request = ledger_pb2.GetBlockRequest(height=height, include_leaves=True)
        block = await client.ledger.GetBlock(request, timeout=10)
        found += sum(text.encode() in leaf for leaf in block.leaves)
    return found


async def test_one_refused_event_leaves_nothing_or_with_proceed_itself(rest: Rest, client: Client) -> None:
    data = document(
        harvest("ROLLBACK1"),
        sorting("ROLLBACK1", 6, "ROLLBACK2"),
        sorting("ROLLBACK1", 6, "ROLLBACK3"),
        sorting("ROLLBACK2", 1, "ROLLBACK4"),
    )
    planting = "trace/planting/berry"
    before = await values(client, planting)
    job = await asyncio.to_thread(rest.capture, data)
    assert not job["success"]
    assert [(each["event"], each["refusal"], each["status"]) for each in job["errors"]] == [
        (2, QuantityOverdrawn.number, 409)
    ]
    assert job["events"] == []
    assert not {"document", "notice_en"} & job.keys()
    assert await mentions(client, "ROLLBACK1") == 0
    assert await values(client, planting, f"trace/lot/{BERRY}/ROLLBACK1") == [*before, None]
    assert not events_in(await asyncio.to_thread(rest.get, "/events?EQ_bizStep=repackaging"))

    job = await asyncio.to_thread(rest.capture, data, behaviour="proceed")
    assert [each["event"] for each in job["events"]] == [0, 1, 3]
    assert [(each["event"], each["refusal"]) for each in job["errors"]] == [(2, QuantityOverdrawn.number)]
    lots = await values(client, *(f"trace/lot/{BERRY}/ROLLBACK{number}" for number in (1, 2, 3, 4)))
    assert [lot is not None for lot in lots] == [True, True, False, True]


async def test_every_refusal_of_a_document_is_told(rest: Rest, client: Client) -> None:
    """The receipt is planned by what the shipment before it would be: it is ruled, and so refused."""
    born = harvest("ROLLSHIP1")
    note = {"bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:linxin:shipment:rb-note"}]}
    receiver = {"type": "possessing_party", "destination": "urn:linxin:organisation:hub"}
    sent = {"quantityList": [goods("ROLLSHIP1", 4)]}
    leaving = said("ObjectEvent", action="OBSERVE", bizStep="shipping", destinationList=[receiver], **sent, **note)
    arriving = said("ObjectEvent", action="OBSERVE", bizStep="receiving", **sent, **note)
    again = harvest("L1")
    job = await asyncio.to_thread(rest.capture, document(born, leaving, arriving, again))
    assert job["events"] == []
    told = [(each["event"], each["refusal"]) for each in job["errors"]]
    assert told == [(2, NotParty.number), (3, AlreadyRegistered.number)]
    assert await mentions(client, "ROLLSHIP1") == 0


async def test_an_event_and_what_declares_it_wrong_in_one_document(rest: Rest, client: Client) -> None:
    good = harvest("RE1")
    wrong = good | {"errorDeclaration": {"declarationTime": moment_of(now_ms()), "reason": "incorrect_data"}}
    job = await asyncio.to_thread(rest.capture, document(good, good, wrong, harvest("RE2")))
    assert job["success"], job
    assert [(each["ruled"], each.get("before", False)) for each in job["events"]] == [
        (True, False),
        (True, True),
        (True, False),
        (True, False),
    ]
    assert len({each["record"] for each in job["events"]}) == 3
    assert await values(client, f"trace/lot/{LOT}") != [None]


def test_documents_that_bring_the_same_harvest_at_the_same_time_all_succeed(rest: Rest, grown: int) -> None:
    """None of them may take what another is about to say for a harvest of a lot that is there already."""
    shared = harvest("RT")
    taken = [rest.ask("POST", "/capture", document(shared, harvest(f"RT{number}"))) for number in range(6)]
    jobs = [rest.finished(said.headers["location"]) for said in taken]
    assert all(job["success"] for job in jobs), jobs
    assert len({job["events"][0]["record"] for job in jobs}) == 1
    assert sum(not job["events"][0].get("before") for job in jobs) == 1


class Overtaken(Connection):
    """A connection on which somebody else's record becomes final right after a dry run was answered."""

    client: Client
    number: str

    async def call(self, pick: Any, request: Any, answer: Any, **more: Any) -> Any:
        found = await super().call(pick, request, answer, **more)
        if isinstance(request, ledger_pb2.DryRunRequest):
            await accept(self.client, FARM, m.Harvest("berry", BERRY, self.number, KG, now_ms()))
        return found


@asynccontextmanager
async def working(client: Client, number: str) -> AsyncIterator[Jobs]:
    network = client.network
    connection = Overtaken([network.address], network.authority, network.chain_id)
    connection.client, connection.number = client, number
    async with connection:
        jobs = Jobs(connection, EpcisSettings(key=FARM), lambda: None)
        async with jobs.running():
            yield jobs


async def test_what_changes_after_the_dry_run_is_told_with_what_was_recorded(grown: int, client: Client) -> None:
    data = document(harvest("RC1"), harvest("RC2"), harvest("RC3"))
    job = Job("rollback", read(data), data, None)
    async with working(client, "RC2") as jobs:
        jobs.add(job)
        async with asyncio.timeout(30):
            await job.done.wait()
    (error,) = job.errors
    assert (error["event"], error["refusal"]) == (1, AlreadyRegistered.number)
    assert [each["event"] for each in error["recorded"]] == [0]
    assert error["recorded"] == job.events
    assert job.described()["notice_zh"]
    assert await values(client, f"trace/lot/{BERRY}/RC3") == [None]
    (row,) = await values(client, f"trace/lot/{BERRY}/RC1")
    assert row is not None
