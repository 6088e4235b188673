"""`linxin campaign|order|claim|account` on a real node: a campaign from its file of terms to the last fen."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.campaign import read_terms
from cli.campaign_goods import read_parcels
from cli.main import main
from cli.output import Problem
from client.action_json import BadAction
from ledger.modules.groupbuy.errors import TicketUsed, WrongCode
from ledger.modules.payments.errors import ReceiptUsed
from tests.cli.trading import BERRY, HALF_KG, Linxin, market, order, submit, terms_file, watch

GROUP = pytest.mark.xdist_group("trade-commands")
WINDOWS = {"perishable_window_ms": 8_000, "holdback_ms": 1_000, "publish_ms": 1_000, "empty_block_ms": 100}


@pytest.fixture(scope="module")
def linxin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linxin]:
    folder = tmp_path_factory.mktemp("trade")
    with market(folder / "network", folder, WINDOWS) as run:
        yield run


@GROUP
@pytest.mark.process
def test_a_campaign_lives_by_commands(linxin: Linxin, tmp_path: Path) -> None:
    drafted = linxin("campaign", "draft", terms_file(tmp_path, "week-1", cutoff_ms='"+20s"'), "--key", "mei")
    assert drafted["terms"]["shares"] == {"leader": 800, "platform": 300, "logistics": 500}
    linxin("campaign", "open", "week-1", "--key", "farm")
    anna, bo = order(linxin, tmp_path, "week-1", "anna", 2), order(linxin, tmp_path, "week-1", "bo", 1)
    assert [anna["number"], bo["number"]] == [1, 2]
    shown = linxin("order", "show", "--key", "anna")
    assert (shown["line"]["state"], shown["money"]["paid_fen"]) == ("placed", 5_960)

    watch(linxin, "week-1", "formed")
    found = linxin("campaign", "show", "week-1")
    assert (found["orders"], found["units"], found["price_fen"]) == (2, 3, 2_980)
    hand_out(linxin, tmp_path, anna, bo)
    claim(linxin, tmp_path, anna)

    waiting = linxin("account", "instructions", "custodian", "--key", "custodian")
    assert {each["why"] for each in waiting["instructions"]} == {"weight", "returned", "compensation"}
    done = linxin("account", "confirm", "custodian", "--all", "--key", "custodian")
    assert len(done["confirmed"]) == len(waiting["instructions"])
    watch(linxin, "week-1", "closed")
    lines = linxin("campaign", "lines", "week-1", "--key", "farm")["lines"]
    assert [line["state"] for line in lines] == ["settled", "refunded"]
    statement = linxin("account", "statement", "custodian/member:mei", "--key", "mei")
    assert statement["adds_up"]
    assert statement["closing_fen"] == lines[0]["money"]["split"]["leader_fen"] > 0
    accounts = linxin("account", "balance", "--key", "auditor")["accounts"]
    assert sum(account["balance_fen"] for account in accounts) == 0, "the custodian's own is what the others have"


def hand_out(linxin: Linxin, folder: Path, anna: dict[str, Any], bo: dict[str, Any]) -> None:
    """Harvested, packed from a CSV file, carried, collected with codes; bo hands hers back."""
    now_ms = time.time_ns() // 1_000_000
    harvest = {"planting": "berry", "product": BERRY, "number": "L1", "quantity": 3 * HALF_KG, "event_ms": now_ms}
    submit(linxin, folder, "farm", "trace.harvest", **harvest)
    linxin("campaign", "allocate", "week-1", "--lot", f"{BERRY}/L1=1.5", "--key", "farm")
    watch(linxin, "week-1", "allocated")
    listed = folder / "parcels.csv"
    linxin("campaign", "packing-list", "--campaign", "week-1", "--csv", str(listed), "--key", "farm")
    rows = list(csv.DictReader(listed.open(encoding="utf-8")))
    assert [row["nominal_grams"] for row in rows] == ["1000", "500"]
    with listed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("number", "grams"), (1, 990), (2, 512)])
    assert linxin("campaign", "pack", "week-1", str(listed), "--key", "farm")["parcels"] == 2
    shipped = {"shipment": "s-1", "receiver": "hub", "event_ms": time.time_ns() // 1_000_000}
    portion = {"lot": f"{BERRY}/L1", "quantity": 3 * HALF_KG}
    submit(linxin, folder, "farm", "trace.ship", **shipped, lots=[portion])
    linxin("campaign", "ship", "week-1", "s-1", "--key", "farm")
    linxin("campaign", "arrive", "week-1", "--key", "mei")
    point = linxin("campaign", "packing-list", "--pickup", "gate-3", "--key", "mei")
    assert [(line["number"], line["packed_grams"]) for line in point["lines"]] == [(1, 990), (2, 512)]
    wrong = linxin("order", "hand-over", "week-1", "1", bo["code"], "--key", "mei", status=1)
    assert wrong["error"]["number"] == WrongCode.number
    linxin("order", "hand-over", "week-1", "1", anna["code"].lower(), "--key", "mei")
    back = ("--returned", "1", "--reason", "quality")
    linxin("order", "hand-over", "week-1", bo["order"], bo["code"], *back, "--key", "mei")


def claim(linxin: Linxin, folder: Path, anna: dict[str, Any]) -> None:
    """Claimed, paid at once, decided."""
    opened = linxin("claim", "open", "week-1", "--cause", "quality", "--amount", "8.00", "--key", "anna")
    assert opened["claim"]["state"] == "adjudicating"
    assert [each["order"] for each in linxin("claim", "list", "week-1", "--key", "mei")["claims"]] == [anna["order"]]
    linxin("claim", "pay", "week-1", "#1", "--amount", "8", "--key", "mei")
    reasons = ("--reasons", "11" * 32)
    linxin(
        "claim",
        "adjudicate",
        "week-1",
        anna["order"],
        "--award",
        "8",
        "--liable",
        "farm",
        *reasons,
        "--key",
        "inspector",
    )
    shown = linxin("claim", "show", "--key", "anna")
    assert (shown["state"], shown["liable"], shown["award_fen"], shown["paid_fen"]) == ("decided", "farm", 800, 800)
    assert (
        linxin("account", "balance", "custodian/float:mei", "--key", "platform")["accounts"][0]["balance_fen"] == 20_000
    )


@GROUP
@pytest.mark.process
def test_what_is_used_up_is_refused_and_a_clone_can_be_called_off(linxin: Linxin, tmp_path: Path) -> None:
    linxin(
        "campaign", "draft", terms_file(tmp_path, "week-2", cutoff_ms='"+1h"', delivery_from_ms='"+2h"'), "--key", "mei"
    )
    linxin("campaign", "clone", "--last-of", "mei", "--name", "week-3", "--cutoff", "+2h", "--key", "mei")
    linxin("campaign", "open", "week-3", "--key", "farm")
    order(linxin, tmp_path, "week-3", "cho", 1)
    again = ("--units", "1", "--receipt", str(tmp_path / "cho.receipt"), "--ticket", str(tmp_path / "cho.ticket"))
    made = linxin("order", "new", "week-3", "dora")
    for what in ("order", "claim"):
        unknown = linxin(what, "show", "--key", "dora", status=1)["error"]
        assert "no order is placed" in unknown["message_en"]
    refused = linxin("order", "place", "week-3", *again, "--key", "dora", status=1)["error"]
    assert refused["number"] not in (0, TicketUsed.number, ReceiptUsed.number), "both are made out to another order"
    assert refused["message_zh"]
    linxin("order", "cancel", "week-3", "--key", "cho")
    assert linxin("order", "show", "--key", "cho")["line"]["state"] == "cancelled"
    linxin("order", "show", made["order"], "--key", "auditor", status=1)
    linxin("campaign", "cancel", "week-3", "--reason", "下雨 rain", "--key", "farm")
    listed = {each["id"]: each["state"] for each in linxin("campaign", "list", "--leader", "mei")["campaigns"]}
    assert (listed["week-2"], listed["week-3"]) == ("draft", "cancelled")


def test_the_template_is_a_campaign(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["campaign", "template", str(tmp_path / "terms.toml")])
    assert done.exit_code == 0
    found = read_terms(tmp_path / "terms.toml")
    assert [tier.price_fen for tier in found.ladder] == [2_980, 2_680]
    assert found.cutoff_ms < found.delivery_from_ms < found.delivery_to_ms
    again = CliRunner().invoke(main, ["campaign", "template", str(tmp_path / "terms.toml")])
    assert again.exit_code == 1, "nothing is overwritten"


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [("cutoff_ms", '"soon"', "$.cutoff_ms"), ("minimum", "0", "$.minimum"), ("seller", "7", "$.seller")],
)
def test_wrong_terms_are_named(tmp_path: Path, name: str, value: str, path: str) -> None:
    with pytest.raises(BadAction) as refused:
        read_terms(Path(terms_file(tmp_path, "week-9", **{name: value})))
    assert refused.value.path.startswith(path)


@pytest.mark.parametrize("row", ["1,1.5", "1,-3", "9,500", "1,x"])
def test_a_wrong_parcel_is_named_by_its_line(tmp_path: Path, row: str) -> None:
    file = tmp_path / "parcels.csv"
    file.write_text(f"number,grams\n2,480\n{row}\n", encoding="utf-8")
    with pytest.raises(Problem, match="line 3"):
        read_parcels(file, lambda: {"1": "11" * 16, "2": "22" * 16})


def test_parcels_not_weighed_yet_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "parcels.csv"
    file.write_text("\ufeffnumber,order,grams\n1,,\n2,,480\n,33333333333333333333333333333333,500\n", encoding="utf-8")
    found = read_parcels(file, lambda: {"2": "22" * 16})
    assert [(parcel.order.hex(), parcel.grams) for parcel in found] == [("22" * 16, 480), ("33" * 16, 500)]
