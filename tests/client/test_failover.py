"""Several endpoints: a client finds one that goes on, with the same bytes, whoever leads; it says who is missing."""

import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from linxin.v1 import ledger_pb2

from client import submit as submission
from client.connection import Connection
from client.failures import NotFinal, Remote
from client.submit import BULK_COUNT, envelope_id
from tests.client.scripted import CHAIN, PENDING, accepted, envelope, offer, scripted, serving


@pytest.fixture
async def serve() -> AsyncIterator[Any]:
    async with serving() as start:
        yield start


def pending(raw: bytes) -> ledger_pb2.Outcome:
    return ledger_pb2.Outcome(status=PENDING, id=envelope_id(raw))


async def test_one_that_waits_for_a_quorum_is_passed_over(serve: Any) -> None:
    cut_off, well = scripted([pending], waiting_for=["hub", "farm"]), scripted([accepted])
    [outcome] = await offer([await serve(cut_off), await serve(well)], [envelope()])
    assert outcome.accepted
    assert cut_off.calls == []


async def test_when_all_wait_the_record_is_left_with_one_and_the_missing_are_named(serve: Any) -> None:
    nodes = [scripted([pending], waiting_for=["hub", "farm"]) for _ in range(2)]
    [outcome] = await offer([await serve(node) for node in nodes], [envelope()], timeout_s=0.5)
    assert sum(len(node.calls) for node in nodes) >= 1, "it waits there, and is ordered when a quorum is back"
    with pytest.raises(NotFinal) as unknown:
        outcome.need("harvest")
    assert unknown.value.waiting_for == ("hub", "farm")
    assert "hub, farm" in unknown.value.zh
    assert "hub, farm" in unknown.value.en


async def test_a_pending_record_is_offered_to_the_next_with_the_same_bytes(serve: Any) -> None:
    stale, well = scripted([pending]), scripted([accepted])
    raw = envelope()
    [outcome] = await offer([await serve(stale), await serve(well)], [raw])
    assert outcome.accepted
    assert (stale.calls, well.calls) == ([[raw]], [[raw]])


async def test_one_that_hangs_is_passed_over(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "WAIT_MS", 100)
    monkeypatch.setattr(submission, "ANSWER_S_MAX", 0.2)
    stopped, well = scripted([30.0]), scripted([accepted])
    started = time.monotonic()
    [outcome] = await offer([await serve(stopped), await serve(well)], [envelope()])
    assert outcome.accepted
    assert time.monotonic() - started < 10


async def test_much_at_once_goes_to_the_leader_of_the_highest_term(serve: Any) -> None:
    follower, deposed, leader = (
        scripted([accepted], role="follower", term=7),
        scripted([accepted], role="leader", term=6),
        scripted([accepted], role="leader", term=7),
    )
    endpoints = [await serve(node) for node in (follower, deposed, leader)]
    raws = [envelope(number) for number in range(BULK_COUNT)]
    outcomes = await offer(["127.0.0.1:1", *endpoints], raws)
    assert all(outcome.accepted for outcome in outcomes)
    assert (len(follower.calls), len(deposed.calls), leader.calls) == (0, 0, [raws])


async def test_no_leader_among_the_endpoints_is_no_obstacle(serve: Any) -> None:
    follower = scripted([accepted], role="follower", leader="farm", term=7)
    async with Connection([await serve(follower)], None, CHAIN) as connection:
        assert await connection.find_leader() == ""
        assert (await connection.status()).leader == "farm"


async def test_the_leader_that_dies_is_replaced_in_the_middle(serve: Any) -> None:
    dying, other = scripted([pending, grpc.StatusCode.UNAVAILABLE]), scripted([pending, pending, accepted])
    raw = envelope()
    [outcome] = await offer([await serve(dying), await serve(other)], [raw])
    assert outcome.accepted
    assert {bytes(each) for call in dying.calls + other.calls for each in call} == {raw}


async def test_an_observer_is_passed_over_for_records(serve: Any) -> None:
    refusal = ledger_pb2.Refusal(number=137, message_en="it is an observer", message_zh="观察节点")
    observer, well = scripted([refusal], role="observer"), scripted([accepted])
    [outcome] = await offer([await serve(observer), await serve(well)], [envelope()])
    assert outcome.accepted
    with pytest.raises(Remote, match="it is an observer"):
        await offer([await serve(observer)], [envelope()])
