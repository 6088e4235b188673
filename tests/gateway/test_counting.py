"""What counts as a scan, what is remembered of a reader, and the counts on disk."""

import asyncio
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from client.connection import Connection
from gateway.scans import Scans, ScanSettings
from gateway.scans.book import FILE, Book, ScanFailure
from gateway.scans.retries import LONGEST_S, Retries
from gateway.scans.visits import AGAIN_S, Readers, is_visit
from ledger.crypto.signing import Algorithm, SigningKey

PHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile MicroMessenger/8.0"
LOT, DAY = "09521234000259/L1", 20_000


def request(method: str = "GET", path: str = "/b/CODE", address: str = "192.0.2.7", **headers: str) -> Request:
    told = {"user-agent": PHONE} | {name.replace("_", "-"): value for name, value in headers.items()}
    path, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        "client": (address, 40_000),
    }
    return Request(scope)


@pytest.mark.parametrize(
    "headers",
    [
        {"user_agent": ""},
        {"user_agent": "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"},
        {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user_agent": "curl/8.5.0"},
        {"user_agent": "python-requests/2.31"},
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x_moz": "prefetch"},
        {"sec_fetch_dest": "empty"},
        {"sec_fetch_dest": "iframe"},
    ],
)
def test_bots_that_say_so_prefetches_and_scripts_are_no_scans(headers: dict[str, str]) -> None:
    assert not is_visit(request(**headers))


def test_a_person_opening_the_page_is_one() -> None:
    assert is_visit(request())
    assert is_visit(request(sec_fetch_dest="document", sec_fetch_mode="navigate"))
    assert not is_visit(request("HEAD"))


def test_a_reload_within_minutes_is_the_same_scan_and_later_another() -> None:
    now_s = 0.0
    readers = Readers(lambda: now_s)
    assert readers.is_new("192.0.2.7", PHONE, LOT)
    assert not readers.is_new("192.0.2.7", PHONE, LOT)
    assert readers.is_new("192.0.2.8", PHONE, LOT)
    assert readers.is_new("192.0.2.7", PHONE, "another lot")
    now_s = AGAIN_S * 1.5
    assert not readers.is_new("192.0.2.7", PHONE, LOT)
    now_s = AGAIN_S * 2.6
    assert readers.is_new("192.0.2.7", PHONE, LOT)


def test_nothing_of_a_reader_stays_readable_or_stays_at_all() -> None:
    now_s = 0.0
    readers, other = Readers(lambda: now_s), Readers(lambda: now_s)
    for each in (readers, other):
        each.is_new("192.0.2.7", PHONE, LOT)
    assert vars(readers)["_seen"] != vars(other)["_seen"], "under a key of its own"
    assert "192.0.2.7" not in repr(vars(readers))
    now_s = AGAIN_S * 5
    readers.is_new("192.0.2.9", PHONE, LOT)
    assert sum(len(seen) for seen in vars(readers)["_seen"]) == 1


def test_counts_outlast_a_restart_and_hold_numbers_alone(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for community in (None, "garden", "garden"):
        book.count(DAY, LOT, community)
    book.open_day(DAY + 1)
    book.close()
    assert json.loads((tmp_path / FILE).read_bytes()) == {
        "days": {str(DAY): {LOT: {"": 1, "garden": 2}}, str(DAY + 1): {}}
    }
    again = Book(tmp_path)
    again.count(DAY, LOT, None)
    assert dict(again.counts(DAY)) == {(LOT, None): 2, (LOT, "garden"): 2}
    again.fold(DAY, frozenset())
    assert dict(again.counts(DAY)) == {(LOT, None): 4}
    again.close_day(DAY)
    again.close()
    assert Book(tmp_path).days() == [DAY + 1]


def test_a_crash_in_the_middle_of_saving_leaves_what_was_there(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.count(DAY, LOT, None)
    book.close()
    (tmp_path / "scans.new").write_bytes(b'{"days": {"20000": {"half')
    assert dict(Book(tmp_path).counts(DAY)) == {(LOT, None): 1}


def test_two_gateways_do_not_share_a_file_and_rubbish_is_no_file(tmp_path: Path) -> None:
    book = Book(tmp_path)
    with pytest.raises(ScanFailure, match="another gateway"):
        Book(tmp_path)
    book.close()
    (tmp_path / FILE).write_bytes(b'{"days": {"20000": {"lot": {"": -1}}}}')
    with pytest.raises(ScanFailure, match="not a file of counts"):
        Book(tmp_path)


def test_without_a_key_nothing_is_counted(tmp_path: Path) -> None:
    scans = Scans(ScanSettings(folder=tmp_path), CollectorRegistry(), behind_proxy=False)
    scans.note(request(), f"lot:{LOT}")
    assert list(tmp_path.iterdir()) == []


def wait_for_a_try(registry: CollectorRegistry) -> None:
    """Until a statement was tried in vain."""
    while not registry.get_sample_value("linxin_gateway_scan_statements_total", {"result": "waiting"}):
        time.sleep(0.1)


def test_what_is_refused_waits_longer_each_time_and_one_cause_is_told_once() -> None:
    now_s = 0.0
    retries = Retries(lambda: now_s)
    tries = []
    while now_s < 7 * 86_400:
        if retries.is_due(DAY):
            tries.append((now_s, retries.refused(DAY, 2_203)))
        now_s += 30.0
    assert [told for _, told in tries] == [True] + [False] * (len(tries) - 1)
    pauses = [later - earlier for (earlier, _), (later, _) in pairwise(tries)]
    assert pauses[:3] == [60.0, 120.0, 240.0]
    assert set(pauses[9:]) == {LONGEST_S}
    assert retries.is_due(DAY + 1)
    now_s += LONGEST_S
    assert retries.refused(DAY, 21), "another cause is told, and waits as the first did"
    now_s += 60.0
    assert retries.is_due(DAY)
    retries.refused(DAY, 21)
    retries.forget(DAY)
    assert retries.is_due(DAY)


async def test_a_day_waits_while_nobody_answers(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"days": {str(DAY): {LOT: {"": 5}}}}))
    registry = CollectorRegistry()
    settings = ScanSettings(SigningKey(Algorithm.ED25519, bytes(32)), folder=tmp_path)
    scans = Scans(settings, registry, behind_proxy=False)
    async with Connection(["127.0.0.1:9"], None) as connection, scans.running(connection):
        scans.note(request(path="/b/CODE?c=nowhere"), f"lot:{LOT}")
        await asyncio.to_thread(wait_for_a_try, registry)
    days = json.loads((tmp_path / FILE).read_bytes())["days"]
    assert days.pop(str(DAY)) == {LOT: {"": 5}}, "nothing is given up"
    assert list(days.values()) == [{LOT: {"": 1}}], "a community that nobody knows is none"
