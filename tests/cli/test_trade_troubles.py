"""The commands for what goes wrong: a silent leader, goods nobody fetches, disputes, payments that cannot be made."""

import csv
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.typed import CHINA
from ledger.modules.groupbuy.errors import LeaderNotSilent, WrongCode
from ledger.modules.payments.errors import DayStated
from tests.cli.trading import BERRY, HALF_KG, Linxin, new_leader, order, submit, terms_file, watch

GROUP = pytest.mark.xdist_group("trade")
WEEK = "week-1"
REASONS = ("--reasons", "22" * 32)


@pytest.fixture(scope="module")
def linxin(trader: Linxin, market_home: Path) -> Linxin:
    """Runs commands where there is another leader."""
    new_leader(trader, market_home, market_home.parent, "lin")
    return trader


def wait(look: Callable[[], Any], wanted: Any) -> None:
    """Until a read says so; half a minute at most."""
    until = time.monotonic() + 30
    while (found := look()) != wanted:
        assert time.monotonic() < until, f"still {found!r}, not {wanted!r}"
        time.sleep(0.2)


@GROUP
@pytest.mark.process
def test_a_silent_leader_is_replaced_and_what_nobody_fetched_is_disposed_of(linxin: Linxin, tmp_path: Path) -> None:
    changes = {"cutoff_ms": '"+15s"', "reading_gap_ms": 1, "perishable": "false"}
    linxin("campaign", "draft", terms_file(tmp_path, WEEK, **changes), "--key", "mei")
    linxin("campaign", "open", WEEK, "--key", "farm")
    ada, ben, cho = (order(linxin, tmp_path, WEEK, name, 1) for name in ("ada", "ben", "cho"))
    watch(linxin, WEEK, "formed")
    carry(linxin, tmp_path)
    linxin("campaign", "arrive", WEEK, "--key", "mei")
    point = linxin("campaign", "packing-list", "--pickup", "gate-3", "--key", "mei")
    assert [(line["number"], line["packed_grams"]) for line in point["lines"]] == [(1, 500), (2, 500), (3, 512)]

    linxin("order", "acknowledge", WEEK, "--key", "ada")
    assert linxin("order", "show", "--key", "ada")["line"]["state"] == "collected"
    contest(linxin, ada)

    wait(lambda: try_substitute(linxin), True)
    assert linxin("campaign", "show", WEEK)["leader"] == "lin"
    wrong = linxin("order", "hand-over", WEEK, "#2", cho["code"], "--key", "lin", status=1)["error"]
    assert wrong["number"] == WrongCode.number
    linxin("order", "hand-over", WEEK, "#2", ben["code"].lower(), "--key", "lin")
    wait(lambda: linxin("campaign", "show", WEEK)["reminded_ms"] is not None, True)
    asked = f"linxin campaign attend {WEEK} --key lin"
    assert any(step.startswith(asked) for step in linxin("campaign", "show", WEEK)["next"])
    linxin("campaign", "attend", WEEK, "--key", "mei", status=1)
    linxin("campaign", "attend", WEEK, "--key", "lin")
    assert not any(step.startswith(asked) for step in linxin("campaign", "show", WEEK)["next"])
    own_money(linxin, tmp_path, ben)

    wait(lambda: linxin("order", "show", "--key", "cho")["line"]["state"], "unclaimed")
    proceeds = str(tmp_path / "proceeds.receipt")
    linxin("account", "receipt", f"order:{cho['order']}", "10", proceeds, "--key", "custodian")
    said = ("--proceeds", proceeds, "--remark", "半价卖出 sold at half price")
    linxin("order", "dispose", WEEK, cho["order"], *said, "--key", "lin")
    assert [each["fen"] for each in waiting(linxin, "proceeds")] == [1_000]


def carry(linxin: Linxin, folder: Path) -> None:
    """Harvested, packed, and driven by the hub in a refrigerated van in which nothing is read."""
    van = {"vehicle": "van-1", "name_zh": "冷藏车", "name_en": "Van", "refrigerated": True}
    submit(linxin, folder, "hub", "trace.register_vehicle", **van)
    harvest = {"planting": "berry", "product": BERRY, "number": "L1", "quantity": 3 * HALF_KG}
    submit(linxin, folder, "farm", "trace.harvest", **harvest, event_ms=now_ms())
    linxin("campaign", "allocate", WEEK, "--lot", f"{BERRY}/L1=1.5", "--key", "farm")
    watch(linxin, WEEK, "allocated")
    listed = folder / "parcels.csv"
    linxin("campaign", "packing-list", "--campaign", WEEK, "--csv", str(listed), "--key", "farm")
    rows = list(csv.DictReader(listed.open(encoding="utf-8")))
    assert [(row["number"], row["nominal_grams"]) for row in rows] == [("1", "500"), ("2", "500"), ("3", "500")]
    listed.write_text("number,grams\n1,500\n2,500\n3,512\n", encoding="utf-8")
    assert linxin("campaign", "pack", WEEK, str(listed), "--key", "farm")["parcels"] == 3
    loaded = {"container": "vehicle:van-1", "lots": [f"{BERRY}/L1"], "event_ms": now_ms()}
    submit(linxin, folder, "farm", "trace.load", **loaded)
    shipped = {"shipment": "s-2", "receiver": "hub", "event_ms": now_ms(), "vehicle": "van-1"}
    submit(linxin, folder, "farm", "trace.ship", **shipped, lots=[{"lot": f"{BERRY}/L1", "quantity": 3 * HALF_KG}])
    linxin("campaign", "ship", WEEK, "s-2", "--key", "farm")
    submit(linxin, folder, "hub", "trace.receive", shipment="s-2", event_ms=now_ms())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def contest(linxin: Linxin, ada: dict[str, Any]) -> None:
    """The ledger finds the hub liable, whose van was silent; it contests, and then the buyer takes her claim back."""
    opened = linxin("claim", "open", WEEK, "--cause", "spoiled", "--amount", "5", "--key", "ada")["claim"]
    assert (opened["state"], opened["liable"]) == ("provisional", "hub")
    linxin("claim", "contest", WEEK, ada["order"], *REASONS, "--key", "farm", status=1)
    linxin("claim", "contest", WEEK, ada["order"], *REASONS, "--key", "hub")
    assert linxin("claim", "show", "--key", "ada")["state"] == "contested"
    linxin("claim", "withdraw", WEEK, "--key", "ada")
    assert linxin("claim", "show", "--key", "ada")["state"] == "withdrawn"
    assert linxin("order", "show", "--key", "ada")["line"]["state"] == "collected"


def try_substitute(linxin: Linxin) -> bool:
    """Refused for as long as the leader may be silent."""
    done = linxin("campaign", "substitute", WEEK, "lin", "--key", "community", status=None)
    assert done["ok"] or done["error"]["number"] == LeaderNotSilent.number, done
    return bool(done["ok"])


def own_money(linxin: Linxin, folder: Path, ben: dict[str, Any]) -> None:
    """A leader lays out her own money once she said that she will."""
    receipt = str(folder / "lin.receipt")
    linxin("account", "receipt", "member:lin", "10", receipt, "--key", "custodian")
    linxin("account", "deposit", receipt, "--key", "lin")
    linxin("claim", "open", WEEK, "--cause", "quality", "--amount", "5", "--key", "ben")
    own = ("claim", "pay", WEEK, "#2", "--amount", "5", "--own", "--key", "lin")
    assert [each["order"] for each in linxin("claim", "list", WEEK, "--key", "lin")["claims"]] == [ben["order"]]
    linxin(*own, status=1)
    linxin("claim", "opt-in", "yes", "--key", "lin")
    linxin(*own)
    assert linxin("claim", "show", "--key", "ben")["paid_fen"] == 500
    linxin("claim", "opt-in", "no", "--key", "lin")


def waiting(linxin: Linxin, why: str) -> list[dict[str, Any]]:
    """What the custodian is told to pay for that reason."""
    told = linxin("account", "instructions", "custodian", "--key", "custodian")["instructions"]
    return [each for each in told if each["why"] == why]


@GROUP
@pytest.mark.process
def test_a_payment_that_cannot_be_made_goes_back_and_a_refund_is_tried_again(linxin: Linxin, tmp_path: Path) -> None:
    linxin(
        "campaign", "draft", terms_file(tmp_path, "week-4", cutoff_ms='"+1h"', delivery_from_ms='"+2h"'), "--key", "mei"
    )
    linxin("campaign", "open", "week-4", "--key", "farm")
    linxin("account", "confirm", "custodian", "--all", "--key", "custodian", status=None)
    assert waiting(linxin, "cancelled") == waiting(linxin, "withdrawal") == []
    order(linxin, tmp_path, "week-4", "dora", 1)
    linxin("order", "cancel", "week-4", "--key", "dora")
    (refund,) = waiting(linxin, "cancelled")
    linxin("account", "reject", refund["id"], "--reason", "账户已销 account closed", "--key", "custodian")
    assert waiting(linxin, "cancelled") == []
    linxin("account", "reissue", refund["id"], "--key", "auditor")
    (again,) = waiting(linxin, "cancelled")
    assert (again["fen"], again["id"] != refund["id"]) == (refund["fen"], True)
    linxin("account", "confirm", "custodian", again["id"], "--key", "custodian")

    def farm() -> tuple[int, int]:
        (found,) = linxin("account", "balance", "custodian/organisation:farm", "--key", "farm")["accounts"]
        return found["balance_fen"], found["held_fen"]

    before, held = farm()
    linxin("account", "withdraw", "10", "--key", "farm")
    assert farm() == (before, held + 1_000)
    (payment,) = waiting(linxin, "withdrawal")
    linxin("account", "reject", payment["id"], "--reason", "银行退票 bounced", "--key", "custodian")
    assert farm() == (before, held)
    linxin("account", "withdraw", "10", "--key", "farm")
    linxin("account", "confirm", "custodian", "--all", "--key", "custodian")
    assert farm() == (before - 1_000, held)


@GROUP
@pytest.mark.process
def test_a_day_is_stated_once_and_said_to_differ_where_it_does(linxin: Linxin) -> None:
    before = datetime.now(UTC).astimezone(CHINA) - timedelta(days=2)
    nothing = ("--issued", "0", "--redeemed", "0", "--balance", "0", "--key", "custodian")
    day = before.strftime("%Y-%m-%d")
    assert linxin("account", "state-day", day, *nothing)["agrees"]
    again = linxin("account", "state-day", day, *nothing, status=1)["error"]
    assert again["number"] == DayStated.number
    earlier = (before - timedelta(days=1)).strftime("%Y-%m-%d")
    wrong = ("--issued", "1fen", "--redeemed", "0", "--balance", "1fen", "--key", "custodian")
    differs = linxin("account", "state-day", earlier, *wrong, status=1)["error"]
    assert "differs" in differs["message_en"]
