"""Looks between the blocks of docs/TRUST.md: what has come about, and what is refused at that point."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.modules.archive.errors import (
    ErasedAlready,
    HiddenUnderRule,
    NotModerator,
    OwnInterest,
    PartyToSale,
    ReviewedAlready,
    ReviewErased,
    VouchedAlready,
    WithdrawnAlready,
)
from ledger.modules.rewards.errors import PointsOverdrawn, RedemptionStateRefused
from tests.cli.trading import Linxin

WEEK = "strawberry-week-48"
WRITE = ("review", "write", WEEK, "--order", "anna", "--rating", "1", "--recommend", "0")
HERS = ("--key", "anna-garden")


def _of(file: str, name: str) -> str:
    found: str = json.loads(Path(file).read_text(encoding="utf-8"))[name]
    return found


def _refused(trader: Linxin, *arguments: str) -> int:
    error = trader(*arguments, status=1)["error"]
    assert error["message_zh"]
    assert error["remedy_zh"]
    number: int = error["number"]
    return number


def _show(trader: Linxin) -> dict[str, Any]:
    return trader("review", "show", _of("review.json", "review"))


def _look_at_review(trader: Linxin) -> None:
    found = _show(trader)
    assert (found["rating"], found["recommend"], found["tags"]) == (5, 9, ["fresh", "sweet"])
    assert found["texts"] == [
        "很甜，孩子很喜欢。 Sweet, the children love them.",
        "放了三天还新鲜。 Still fresh after three days.",
    ]
    assert len(found["photos"]) == 1
    points = trader("points", "balance", "community", *HERS)
    assert (points["earned"], points["balance"]) == (15, 15), "a photo counts; an addition does not"
    assert points == trader("points", "balance", "community", "--of", points["public_key"])
    assert _refused(trader, *WRITE, *HERS) == ReviewedAlready.number
    for words in ("好吃\u202e吃难", "раypal"):
        assert _refused(trader, *WRITE, *HERS, "--words", words) == 0, "before anything is stored"
    assert _refused(trader, *WRITE, *HERS, "--photo", "review.json") == 0
    made = trader("review", "join", "community", "zoe-garden")
    assert _refused(trader, *WRITE, "--key", "zoe-garden") == 0, "no voucher"
    vouch = ("review", "vouch", "community", made["public_key"], "zoe.membership", "--key", "community")
    trader(*vouch, "--serves", "organisation:farm")
    own = (*WRITE, "--key", "zoe-garden", "--membership", "zoe.membership")
    assert _refused(trader, *own) == OwnInterest.number
    shutil.copy("zoe.membership", made["membership"])
    assert _refused(trader, "review", "erase", _of("review.json", "review"), "--key", "zoe-garden") != 0, "not hers"


def _look_at_erasure(trader: Linxin) -> None:
    review, found = _of("review.json", "review"), _show(trader)
    assert found["erased_ms"] > 0
    assert found["texts"] == [None, "放了三天还新鲜。 Still fresh after three days."]
    for address in (found["words"], found["photos"][0]):
        gone = trader("blob", "get", address, "gone.txt", status=1)["error"]
        assert "erased" in gone["message_en"]
    again = trader("review", "erase", review, *HERS)["receipts"]
    assert {each["address"] for each in again} == {found["words"], *found["photos"]}, "the same receipts"
    assert _refused(trader, "review", "add", review, "--words", "more", *HERS) == ReviewErased.number
    assert _refused(trader, "review", "erase", review, "--part", "3", *HERS) == 0
    assert ErasedAlready.number, "is what the ledger says to those who do not look first"


def _look_at_words(trader: Linxin) -> None:
    visit, endorsement = _of("visit.json", "visit"), _of("endorsement.json", "endorsement")
    shown = trader("visit", "show", visit)
    assert (shown["state"], shown["leader"], shown["text"]) == (
        "cosigned",
        "mei",
        "看了大棚和包装间。 Saw the tunnels.",
    )
    shown = trader("endorse", "show", endorsement)
    assert (shown["state"], shown["commission_bp"]) == ("withdrawn", 800)
    assert shown["reason_text"] == "换了品种。 Another variety now."
    give = ("endorse", "give", "09521234000259", "--visit", visit, "--commission", "8", "--words", "x", "--key", "mei")
    assert _refused(trader, *give) == VouchedAlready.number
    withdraw = ("endorse", "withdraw", endorsement, "--reason", "again", "--key", "mei")
    assert _refused(trader, *withdraw) == WithdrawnAlready.number


def _look_at_moderation(trader: Linxin) -> None:
    review, found = _of("review.json", "review"), _show(trader)
    assert (found["state"], found["moderation"][0]["upheld"]) == ("restored", False)
    hide = ("review", "hide", review, "--reason", "bad for sales")
    assert _refused(trader, *hide, "--rule", "4", "--key", "community") == HiddenUnderRule.number
    assert _refused(trader, *hide, "--rule", "2", "--key", "inspector") != 0
    assert _refused(trader, *hide, "--rule", "2", "--key", "farm") != 0
    trader(*hide, "--rule", "2", "--key", "community")
    assert _show(trader)["texts"] == [None, None]
    trader("review", "appeal", review, "--reason", "不是辱骂", *HERS)
    decide = ("review", "decide", review, "restore", "--reason", "ok")
    assert _refused(trader, *decide, "--key", "community") in (NotModerator.number, PartyToSale.number)
    trader(*decide, "--key", "inspector")


def _look_at_points(trader: Linxin) -> None:
    points = trader("points", "balance", "community", *HERS)
    assert (points["earned"], points["spent"], points["balance"]) == (15, 15, 0)
    assert _refused(trader, "points", "spend", "garden-box", *HERS) == PointsOverdrawn.number
    redemption = _of("redemption.json", "redemption")
    void = ("points", "void", redemption, "--reason", "late", "--key", "community")
    assert _refused(trader, *void) == RedemptionStateRefused.number
    (offer,) = trader("points", "offers", "community")["offers"]
    assert (offer["left"], offer["stock"], offer["maker"]) == (19, 20, "community")
    assert trader("title", "show", "community")["titles"] == []
    assert trader("title", "thresholds")["parameters"]["photo_points"] == 5
    record = trader("leader", "show", "mei")
    assert (record["campaigns"], record["visits"], record["endorsements"], record["withdrawn"]) == (1, 1, 1, 1)
    assert record["commission_bp_max"] == 800


LOOKS: dict[str, Callable[[Linxin], None]] = {
    "reviewed": _look_at_review,
    "erased": _look_at_erasure,
    "vouched": _look_at_words,
    "moderated": _look_at_moderation,
    "spent": _look_at_points,
}
"""Names for the blocks; after each a look, in the guide's folder as working directory."""
