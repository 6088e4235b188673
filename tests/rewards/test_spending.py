"""Offers and what they are spent on: never overdrawn, honoured by their maker, given back by whom or by time."""

import pytest
from msgspec.structs import replace

from ledger.errors import WrongRole
from ledger.modules.rewards import messages as r
from ledger.modules.rewards import state as s
from ledger.modules.rewards.errors import (
    NotOfferMaker,
    OfferEndsWrong,
    OfferExists,
    OfferForeign,
    OfferOver,
    OfferUnknown,
    OutOfStock,
    PointsOverdrawn,
    RedemptionStateRefused,
    RedemptionUnknown,
)
from ledger.text import TextForbidden
from tests.rewards.world import DAY_MS, Garden


@pytest.fixture
def rich(garden: Garden) -> Garden:
    """An has 25 points, Bo 10; an apron costs 10, there are two."""
    garden.review("an", 0, photos=1)
    garden.review("an", 1)
    garden.review("bo", 2)
    garden.offered()
    return garden


def test_points_are_taken_at_once_and_honoured(rich: Garden) -> None:
    asked = rich.spend("an")
    assert (rich.points("an").balance, rich.points("an").spent, rich.offer().left) == (15, 10, 1)
    rich.accept("garden", r.Honour(asked))
    assert rich.redemption(asked).state == "honoured"
    rich.later(40 * DAY_MS)
    assert rich.redemption(asked).state == "honoured"
    assert (rich.points("an").balance, rich.points("an").spent) == (15, 10)
    rich.check_points()


def test_what_cannot_be_given_is_given_back(rich: Garden) -> None:
    asked = rich.spend("an")
    rich.accept("garden", r.Void(asked, "缺货"))
    assert (rich.points("an").balance, rich.points("an").spent, rich.offer().left) == (25, 0, 2)
    assert (rich.redemption(asked).state, rich.redemption(asked).reason) == ("voided", "缺货")
    assert rich.points("an").earned == 25, "what comes back is not earned again, and no cap holds it"
    rich.check_points()


def test_silence_gives_the_points_back(rich: Garden) -> None:
    asked = rich.spend("an")
    due_ms = rich.redemption(asked).due_ms
    rich.until(due_ms - 60_000)
    assert rich.redemption(asked).state == "asked"
    rich.until(due_ms)
    assert rich.redemption(asked).state == "voided"
    assert (rich.points("an").balance, rich.offer().left) == (25, 2)
    rich.refuse("garden", r.Honour(asked), RedemptionStateRefused)
    rich.check_points()


def test_nobody_spends_more_than_she_has(rich: Garden) -> None:
    assert rich.refuse_spend("cai", PointsOverdrawn) == ["garden", "0", "10"]
    rich.spend("bo")
    assert rich.refuse_spend("bo", PointsOverdrawn) == ["garden", "0", "10"]


def test_points_of_one_community_buy_nothing_in_another(rich: Garden) -> None:
    rich.accept("orchard", rich.offering("vase", 1, community="orchard"))
    assert rich.refuse_spend("an", PointsOverdrawn, "vase") == ["orchard", "0", "1"]


def test_stock_and_time_run_out(rich: Garden) -> None:
    rich.spend("an")
    rich.spend("bo")
    assert rich.refuse_spend("an", OutOfStock) == ["apron"]
    rich.offered("ticket", 1, until_ms=rich.now + 60_000)
    rich.until(rich.offer("ticket").until_ms - 1_000)
    rich.refuse_spend("an", OfferOver, "ticket")
    rich.refuse_spend("an", OfferUnknown, "nothing")


def test_offers_are_made_by_whom_they_may_be_and_in_bounds(garden: Garden) -> None:
    garden.offered("bag", by="platform")
    garden.refuse("garden", garden.offering("bag"), OfferExists)
    garden.refuse("orchard", garden.offering(), OfferForeign)
    garden.refuse("platform", garden.offering(community="farm"), OfferForeign)
    garden.refuse("farm", garden.offering(), WrongRole)
    garden.refuse("mei", garden.offering(), WrongRole)
    garden.refuse("garden", garden.offering(until_ms=garden.now), OfferEndsWrong)
    garden.refuse("garden", garden.offering(until_ms=garden.now + 367 * DAY_MS), OfferEndsWrong)
    garden.refuse("garden", garden.offering(remark="围\u202e裙"), TextForbidden)


def test_its_maker_alone_honours_and_voids_once(rich: Garden) -> None:
    asked = rich.spend("an")
    rich.refuse("platform", r.Honour(asked), NotOfferMaker)
    rich.refuse("orchard", r.Void(asked, ""), NotOfferMaker)
    rich.refuse("garden", r.Honour(bytes(32)), RedemptionUnknown)
    rich.accept("garden", r.Honour(asked))
    rich.refuse("garden", r.Void(asked, ""), RedemptionStateRefused)
    rich.refuse("garden", r.Honour(asked), RedemptionStateRefused)


@pytest.mark.parametrize("what", ["gift", "theft", "sum", "redemption", "nothing"])
def test_a_block_that_makes_or_loses_points_is_seen(rich: Garden, what: str) -> None:
    """Every node balances each block by this before it signs, whatever rule was wrong."""
    key = s.points_key("garden", rich.neighbour("an").public_key.hex())
    row, total, ctx = rich.points("an"), s.totals.get(rich.context(), "garden"), rich.context()
    assert total is not None
    if what == "gift":
        s.points.put(ctx, key, replace(row, earned=row.earned + 1, balance=row.balance + 1))
    elif what == "theft":
        s.points.put(ctx, key, replace(row, balance=row.balance - 1))
    elif what == "sum":
        s.totals.put(ctx, "garden", s.Totals(total.earned + 1, total.spent, total.balance + 1))
    elif what == "redemption":
        s.points.put(ctx, key, replace(row, spent=row.spent + 5, balance=row.balance - 5))
        s.totals.put(ctx, "garden", s.Totals(total.earned, total.spent + 5, total.balance - 5))
    ctx.state.keep()
    balance = next(module.balance for module in rich.registry.modules if module.name == "rewards")
    assert balance is not None
    breaches = balance(ctx.state)
    assert bool(breaches) == (what != "nothing"), breaches
