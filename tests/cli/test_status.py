"""What `linxin network status` makes of the nodes' answers, and that its table fits where it is read."""

from typing import Any

import pytest
from rich.console import Console

from cli.modules import standard_registry
from cli.network_files import init_network
from cli.network_status import overview
from cli.status_command import BARE, COLUMNS, CRAMPED, ESSENTIAL, ROOMY, sentences, view
from client.network_directory import NetworkDirectory

MEMBERS = ["farm", "hub", "inspector", "platform"]


def up(name: str, **more: Any) -> dict[str, Any]:
    peers = [{"id": each, "status": "validator", "connected": True} for each in MEMBERS if each != name]
    known: dict[str, Any] = {
        "name": name,
        "id": name,
        "healthy": True,
        "state": "up",
        "problem": None,
        "pid": 4_194_304,
    }
    known |= {"role": "follower", "term": 123, "leader": "hub", "vote": "inspector", "held": False, "height": 1_234_567}
    known |= {"executed_height": 1_234_567, "lag_ms": 3_600_000, "mempool_count": 20_000, "quorum": 3}
    known |= {"signers": [f"linxin/demo/{each}" for each in MEMBERS[:3]], "validators": MEMBERS, "waiting_for": []}
    known |= {"evidence_count": 0, "peers": peers, "clock_offset_ms": 0, "endpoint": "127.0.0.1:57600"}
    return known | more


def stopped(name: str) -> dict[str, Any]:
    return {"name": name, "healthy": False, "state": "stopped", "problem": "", "pid": None, "endpoint": "[::1]:57600"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> NetworkDirectory:
    return init_network(tmp_path_factory.mktemp("status") / "n", "demo", standard_registry())


def said(opened: NetworkDirectory, *nodes: dict[str, Any]) -> str:
    return "\n".join(sentences(opened, list(nodes), overview(nodes)))


def test_a_network_without_reserve_says_so(opened: NetworkDirectory) -> None:
    whole = [up(name) for name in MEMBERS]
    assert "no reserve" not in said(opened, *whole)
    assert "已无余量" in said(opened, stopped("farm"), *whole[1:])
    both = said(opened, stopped("farm"), stopped("hub"), *whole[2:])
    assert "缺 farm、hub" in both
    assert "no reserve" not in both, "it is worse than that"
    alone = up("farm", validators=["farm"], quorum=1, peers=[])
    assert "no reserve" not in said(opened, alone), "nobody is down"
    assert "no reserve" not in said(opened, *whole, stopped("observer")), "an observer is nobody's reserve"


def test_observers_alone_do_not_say_that_an_election_is_on(opened: NetworkDirectory) -> None:
    text = said(opened, up("observer", role="observer", leader="", term=0))
    assert "只有旁观节点" in text
    assert "electing" not in text
    assert "electing" in said(opened, *(up(name, leader="") for name in MEMBERS))


@pytest.mark.parametrize(("offset_ms", "words"), [(120_000, "快 120.0 秒"), (-120_000, "慢 120.0 秒"), (1_500, "")])
def test_a_wrong_clock_is_named(opened: NetworkDirectory, offset_ms: int, words: str) -> None:
    nodes = [up("farm", clock_offset_ms=offset_ms), *(up(name) for name in MEMBERS[1:])]
    assert dict(overview(nodes).clocks_off_ms) == ({"farm": offset_ms} if words else {})
    assert words in said(opened, *nodes)
    assert ("NTP" in said(opened, *nodes)) == bool(words)


@pytest.mark.parametrize(
    ("width", "shown"),
    [(60, BARE), (CRAMPED, ESSENTIAL), (ROOMY, range(len(COLUMNS)))],
)
def test_nothing_is_cut_where_it_is_shown(opened: NetworkDirectory, width: int, shown: Any) -> None:
    nodes = [up("farm", role="candidate", term=9, height=12_345), *(up(name, height=12_345) for name in MEMBERS[1:3])]
    nodes = [node | {"vote": "hub", "executed_height": 12_345, "lag_ms": 6_000, "mempool_count": 7} for node in nodes]
    console = Console(width=width)
    with console.capture() as captured:
        console.print(view(opened, [*nodes, stopped("platform")], overview(nodes), shown))
    table = captured.get().split("最新证书")[0]
    assert "…" not in table, table
    assert "12345" in table
