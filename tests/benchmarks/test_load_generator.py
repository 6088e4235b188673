"""The load generator against a real gRPC server: what it counts must be what was answered."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from linxin.v1 import ledger_pb2

from benchmarks.h2 import Answer, Caller
from benchmarks.open_loop import SUBMIT, Job, offer, percentiles_ms, spread

ECHO, REFUSE = "/test.Echo/Echo", "/test.Echo/Refuse"


def _echo(request: bytes, _: grpc.ServicerContext) -> bytes:
    if request.startswith(b"slow"):
        time.sleep(0.3)
    return request * 20_000 if request.startswith(b"large") else request


def _refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many")
    raise AssertionError


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(1))
    handlers = {
        "Echo": grpc.unary_unary_rpc_method_handler(_echo),
        "Refuse": grpc.unary_unary_rpc_method_handler(_refuse),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


def _finish(caller: Caller) -> dict[object, Answer]:
    found: dict[object, Answer] = {}
    deadline = time.monotonic() + 20
    while caller.outstanding and time.monotonic() < deadline:
        found |= {answer.token: answer for answer in caller.wait(0.5)}
    return found


def test_every_call_gets_its_own_answer(endpoint: str) -> None:
    with Caller([endpoint] * 3, None) as caller:
        for number in range(300):
            caller.channels[number % 3].call(ECHO, b"%d" % number, number)
        found = _finish(caller)
    assert {token: answer.message for token, answer in found.items()} == {n: b"%d" % n for n in range(300)}


def test_a_refused_call_is_no_success(endpoint: str) -> None:
    with Caller([endpoint], None) as caller:
        caller.channels[0].call(REFUSE, b"", "refused")
        caller.channels[0].call(ECHO, b"fine", "fine")
        found = _finish(caller)
    assert found["refused"].message is None
    assert found["fine"].message == b"fine"


def test_more_than_a_window_goes_both_ways(endpoint: str) -> None:
    with Caller([endpoint], None) as caller:
        for number in range(40):
            caller.channels[0].call(ECHO, b"large %d" % number if number % 2 else bytes(16_000), number)
        found = _finish(caller)
    assert len(found) == 40
    assert all(len(answer.message or b"") >= 16_000 for answer in found.values())


def test_calls_fail_when_their_server_ends() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Echo", {"Echo": grpc.unary_unary_rpc_method_handler(_echo)}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with Caller([f"127.0.0.1:{port}"], None) as caller:
        caller.channels[0].call(ECHO, b"slow", 1)
        caller.wait(0.1)
        server.stop(None)
        assert _finish(caller)[1].message is None


def test_an_open_loop_counts_a_stall_for_everyone_it_held_up(endpoint: str) -> None:
    jobs = [Job(0.0, "echo", 0, ECHO, b"slow"), *spread("echo", ECHO, [b"x"] * 20, 100, 1)]
    with Caller([endpoint], None) as caller:
        latencies = offer(caller, jobs).latencies_s["echo"]
    assert len(latencies) == 21
    # The one thread of the server is taken for 300 ms: a call due after 100 ms waits some 200 of them.
    assert percentiles_ms(latencies)["p50_ms"] > 100


def test_calls_are_counted_by_when_they_were_due(endpoint: str) -> None:
    with Caller([endpoint], None) as caller:
        done = offer(caller, spread("echo", ECHO, [b"x"] * 10, 100, 1))
    assert len(done.within(0.0, 0.05)["echo"]) == 5
    assert len(done.latencies_s["echo"]) == 10
    assert done.within(1.0, 2.0) == {}


def _submission(request: bytes, _: grpc.ServicerContext) -> bytes:
    """Accepts, refuses or gives no outcome."""
    outcome = ledger_pb2.Outcome(status=ledger_pb2.Outcome.ACCEPTED)
    if request == b"refused":
        refusal = ledger_pb2.Refusal(number=5003, message_en="it cannot")
        outcome = ledger_pb2.Outcome(status=ledger_pb2.Outcome.REFUSED, refusal=refusal)
    return ledger_pb2.SubmitResponse(outcomes=[outcome] * (2 if request == b"both" else 1)).SerializeToString()


def test_failures_are_counted_with_their_reasons_or_end_it() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    handler = grpc.unary_unary_rpc_method_handler(_submission)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("linxin.v1.LedgerService", {"Submit": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    jobs = [Job(0.01 * number, "place", 0, SUBMIT, b"refused" if number == 2 else b"fine") for number in range(5)]
    with Caller([f"127.0.0.1:{port}"], None) as caller:
        done = offer(caller, jobs, strict=False)
        assert (len(done.latencies_s["place"]), dict(done.failed)) == (4, {"place": 1})
        assert list(done.reasons) == ["place: 5003 it cannot"]
        with pytest.raises(SystemExit, match="5003"):
            offer(caller, jobs)
        gathered = [Job(0.1, "steps", 0, SUBMIT, b"refused", ((0.0, "place"), (0.05, "hand_over")))]
        done = offer(caller, gathered, strict=False)
        assert done.reasons == {"place: 5003 it cannot": 1, "hand_over: no outcome": 1}
        gathered = [Job(0.1, "steps", 0, SUBMIT, b"both", ((0.0, "place"), (0.05, "hand_over")))]
        latencies = offer(caller, gathered).latencies_s
    assert latencies["place"][0] >= 0.1, "each counts from when it was due itself"
    assert latencies["place"][0] - latencies["hand_over"][0] == pytest.approx(0.05)
    server.stop(None)
