"""The money of `linxin demo`, as its document tells it: every fen is somewhere, and where it should be."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("demo")]

Lines = list[dict[str, Any]]


def lines_of(told: dict[str, Any], campaign: str) -> Lines:
    return [line for line in told["lines"] if line["campaign"] == campaign]


@pytest.fixture
def presale(told: dict[str, Any]) -> Lines:
    return lines_of(told, "strawberry-presale")


def paid_out(told: dict[str, Any], why: str) -> int:
    return sum(each["fen"] for each in told["payments"] if each["why"] == why and each["state"] == "confirmed")


def test_the_accounts_add_up_to_what_is_issued(told: dict[str, Any]) -> None:
    accounts = told["accounts"]
    assert sum(account["balance_fen"] for account in accounts) == told["issued_fen"] > 0
    assert all(0 <= account["held_fen"] <= account["balance_fen"] for account in accounts)
    assert len({account["name"] for account in accounts}) == len(accounts)
    [held] = [account for account in accounts if account["held_fen"]]
    assert held["name"] == "custodian/member:leader-mei", "her withdrawal waits for the custodian"
    kept = [account for account in accounts if "/campaign:" in account["name"] or "/receipt:" in account["name"]]
    assert all(account["balance_fen"] == 0 for account in kept), "nothing is stuck in a campaign or on its way back"


def test_forty_orders_pay_the_lowest_price_for_what_they_got(presale: Lines) -> None:
    assert len(presale) == 40
    assert [line["number"] for line in presale] == list(range(1, 41))
    assert sum(line["units"] for line in presale) == 61
    assert sum(line["allotted"] for line in presale) == 58
    short = [line for line in presale if line["allotted"] < line["units"]]
    assert [line["number"] for line in short] == [38, 39, 40], "the rest goes by order time"
    for line in presale:
        assert line["paid_fen"] == line["units"] * 2_980
        nominal = line["allotted"] * 500
        if line["packed_grams"] >= nominal and not line["returned"]:
            assert line["charged_fen"] == line["allotted"] * 2_390, "nobody pays for what is more"


def test_a_light_parcel_is_paid_for_by_the_gram(told: dict[str, Any], presale: Lines) -> None:
    [light] = [line for line in presale if line["packed_grams"] < line["allotted"] * 500]
    assert light["packed_grams"] == 483
    lacking = -(-2_390 * 17 // 500)
    assert light["charged_fen"] == 2_390 - lacking
    assert paid_out(told, "weight") == lacking


def test_each_line_is_split_among_four_and_nobody_else(presale: Lines) -> None:
    for line in presale:
        assert line["state"] == "settled"
        split = line["split"]
        parts = [split[part] for part in ("seller_fen", "leader_fen", "platform_fen", "logistics_fen")]
        assert sum(parts) == line["charged_fen"] - line["borne_fen"]
        assert split["holdback_fen"] == split["seller_fen"] // 10


def test_what_buyers_paid_went_back_or_was_shared_out(told: dict[str, Any], presale: Lines) -> None:
    paid = sum(line["paid_fen"] for line in presale)
    back = sum(paid_out(told, why) for why in ("price_fell", "shortage", "weight", "returned"))
    shared = sum(line["charged_fen"] for line in presale)
    assert paid == back + shared
    assert paid_out(told, "price_fell") == 61 * 590
    assert paid_out(told, "shortage") == 3 * 2_390
    assert paid_out(told, "returned") == 2_390
    assert paid_out(told, "proceeds") == 1_500


def test_claims_are_paid_once_by_whom_they_should(told: dict[str, Any], presale: Lines) -> None:
    by_cause = {claim["cause"]: claim for claim in told["claims"]}
    bad, spoiled = by_cause["quality"], by_cause["spoiled"]
    assert (bad["state"], bad["liable"], bad["paid_fen"], bad["award_fen"]) == ("decided", "farm", 1_195, 1_195)
    assert (spoiled["state"], spoiled["liable"], spoiled["award_fen"]) == ("decided", "hub", 2_390)
    assert paid_out(told, "compensation") == bad["award_fen"] + spoiled["award_fen"]
    compensated = {line["number"]: line for line in presale if line["compensated_fen"]}
    assert set(compensated) == {bad["number"], spoiled["number"]}
    assert compensated[bad["number"]]["borne_fen"] == 1_195, "the seller's line bears it"
    assert compensated[spoiled["number"]]["borne_fen"] == 0, "the carrier pays, the line settles whole"
    balances = {account["name"]: account["balance_fen"] for account in told["accounts"]}
    assert balances["custodian/float:leader-mei"] == 20_000, "the float has its money back"
    assert balances["custodian/organisation:platform/guarantee"] == 80_000, "nobody needed the guarantee"
    earned = sum(line["split"]["logistics_fen"] for line in presale)
    assert balances["custodian/organisation:hub"] == 10_000 + earned - 2_390


def test_the_group_that_failed_gave_every_fen_back(told: dict[str, Any]) -> None:
    failed = lines_of(told, "strawberry-second")
    assert {line["state"] for line in failed} == {"failed"}
    assert {line["split"] for line in failed} == {None}
    assert paid_out(told, "failed") == sum(line["paid_fen"] for line in failed) == 8 * 2_980


def test_its_windows_are_parameters_of_its_genesis_file(told: dict[str, Any]) -> None:
    parameters = json.loads(Path(told["genesis"]).read_bytes())["parameters"]
    assert told["windows_ms"].items() <= parameters.items()
