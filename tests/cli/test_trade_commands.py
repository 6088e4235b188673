"""`linxin campaign|order|claim|account` on a real node: the guide's campaign from its terms to the last fen."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.campaign import read_terms
from cli.campaign_goods import read_parcels
from cli.main import main
from cli.output import Problem
from client.action_json import BadAction
from ledger.modules.groupbuy.errors import TicketUsed
from ledger.modules.payments.errors import ReceiptUsed
from tests.cli.guide import OPENING, blocks, linxin, run_blocks
from tests.cli.trading import Linxin, order, terms_file
from tests.cli.trusting import LOOKS

GROUP = pytest.mark.xdist_group("trade")
WEEK = "strawberry-week-48"


@pytest.fixture(scope="module")
def guided(trader: Linxin, market_home: Path) -> Path:
    """All of docs/TRADING.md, with looks between its blocks; only its first orders end earlier than for a reader.

    Returns the folder in which it was run.
    """
    drafting, *more, money = blocks()[OPENING:]
    assert '"+45s"' in drafting
    drafting = drafting.replace('"+45s"', '"+20s"')
    money, down, nothing = money.partition("linxin network down network\n")
    assert down
    assert not nothing
    looks: dict[str, Callable[[], object]] = {
        "drafted": lambda: look_at_terms(trader),
        "called off": lambda: None,
        "ordered": lambda: look_at_orders(trader),
        "packed": lambda: look_at_parcels(trader),
        "handed out": lambda: look_at_lines(trader, "collected"),
        "claimed": lambda: look_at_claim(trader),
        "paid": lambda: look_at_money(trader),
    }
    _run(market_home.parent, [drafting, *more, money], looks)
    return market_home.parent


def _run(folder: Path, parts: list[str], looks: dict[str, Callable[[], object]]) -> None:
    """Run parts of a page, with a look after each."""

    def look(arguments: list[str], _: str) -> tuple[int, str, str]:
        looks[arguments[0]]()
        return 0, "", ""

    script = "\n".join(f"{part}look '{name}'\n" for part, name in zip(parts, looks, strict=True))
    run_blocks(folder, script, {"linxin": linxin({}), "look": look})


@GROUP
@pytest.mark.process
def test_the_guide_runs_as_it_stands_and_a_campaign_lives(guided: Path, trader: Linxin) -> None:
    assert guided.is_dir()
    look_at_money(trader)


@GROUP
@pytest.mark.process
def test_the_guide_to_the_archive_goes_on_from_there(guided: Path, trader: Linxin) -> None:
    """All of docs/TRUST.md, with looks between its blocks."""
    looks: dict[str, Callable[[], object]] = {name: partial(look, trader) for name, look in LOOKS.items()}
    _run(guided, blocks("TRUST.md"), looks)


def look_at_terms(trader: Linxin) -> None:
    terms = trader("campaign", "show", WEEK)["terms"]
    assert (terms["leader_bp"], terms["platform_bp"], terms["logistics_bp"]) == (800, 300, 500)
    assert (terms["minimum"], terms["title"]) == (3, "红颜草莓 约 500 克")


def look_at_orders(trader: Linxin) -> None:
    shown = [trader("order", "show", "--key", name) for name in ("anna", "bo")]
    assert [each["line"]["number"] for each in shown] == [1, 2]
    assert [each["money"]["paid_fen"] for each in shown] == [5_960, 2_980]
    found = trader("campaign", "show", WEEK)
    assert (found["state"], found["orders"], found["units"], found["price_fen"]) == ("formed", 2, 3, 2_980)


def look_at_parcels(trader: Linxin) -> None:
    lines = trader("campaign", "lines", WEEK, "--key", "farm")["lines"]
    assert [(line["nominal_grams"], line["packed_grams"]) for line in lines] == [(1_000, 990), (500, 512)]


def look_at_lines(trader: Linxin, first: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = trader("campaign", "lines", WEEK, "--key", "farm")["lines"]
    assert [line["state"] for line in found] == [first, "refunded"]
    return found


def look_at_claim(trader: Linxin) -> None:
    """Paid at once, decided, to be paid out."""
    shown = trader("claim", "show", "--key", "anna")
    assert (shown["state"], shown["liable"], shown["award_fen"], shown["paid_fen"]) == ("decided", "farm", 800, 800)
    (floated,) = trader("account", "balance", "custodian/float:mei", "--key", "platform")["accounts"]
    assert floated["balance_fen"] == 20_000
    waiting = trader("account", "instructions", "custodian", "--key", "custodian")
    assert {each["why"] for each in waiting["instructions"]} == {"weight", "returned", "compensation"}


def look_at_money(trader: Linxin) -> None:
    """Everything settled: statements add up, and so do all accounts."""
    waiting = trader("account", "instructions", "custodian", "--key", "custodian")["instructions"]
    assert [each["why"] for each in waiting] == ["withdrawal"]
    assert trader("campaign", "show", WEEK)["state"] == "closed"
    lines = look_at_lines(trader, "settled")
    statement = trader("account", "statement", "custodian/member:mei", "--key", "mei")
    assert statement["adds_up"]
    assert statement["closing_fen"] == lines[0]["money"]["split"]["leader_fen"] > 0
    accounts = trader("account", "balance", "--key", "auditor")["accounts"]
    assert sum(account["balance_fen"] for account in accounts) == 0, "the custodian's own is what the others have"


@GROUP
@pytest.mark.process
def test_what_is_used_up_is_refused_and_a_clone_can_be_called_off(trader: Linxin, tmp_path: Path) -> None:
    trader(
        "campaign", "draft", terms_file(tmp_path, "week-2", cutoff_ms='"+1h"', delivery_from_ms='"+2h"'), "--key", "mei"
    )
    trader("campaign", "clone", "--last-of", "mei", "--name", "week-3", "--cutoff", "+2h", "--key", "mei")
    trader("campaign", "open", "week-3", "--key", "farm")
    order(trader, tmp_path, "week-3", "gus", 1)
    again = ("--units", "1", "--receipt", str(tmp_path / "gus.receipt"), "--ticket", str(tmp_path / "gus.ticket"))
    made = trader("order", "new", "week-3", "hal")
    for what in ("order", "claim"):
        unknown = trader(what, "show", "--key", "hal", status=1)["error"]
        assert "no order is placed" in unknown["message_en"]
    refused = trader("order", "place", "week-3", *again, "--key", "hal", status=1)["error"]
    assert refused["number"] not in (0, TicketUsed.number, ReceiptUsed.number), "both are made out to another order"
    assert refused["message_zh"]
    trader("order", "cancel", "week-3", "--key", "gus")
    assert trader("order", "show", "--key", "gus")["line"]["state"] == "cancelled"
    trader("order", "show", made["order"], "--key", "auditor", status=1)
    trader("campaign", "cancel", "week-3", "--reason", "下雨 rain", "--key", "farm")
    listed = {each["id"]: each["state"] for each in trader("campaign", "list", "--leader", "mei")["campaigns"]}
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
