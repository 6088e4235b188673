"""Pages of trade hold everything once and are bounded in what one of them looks at, over a world in memory."""

from collections.abc import Callable
from typing import Any

import pytest
from linxin.v1 import trade_pb2

from ledger.context import Context, Signer
from ledger.modules.groupbuy.messages import Cancel
from ledger.modules.payments.messages import Confirm, Confirmed
from ledger.roles import Role
from network.access import Asker
from network.services import accounts, campaigns, lines
from network.services.campaigns import is_over
from tests.groupbuy.world import World
from tests.network.test_trade_parties import CAMPAIGN, changed

AUDITOR = Asker(b"", Signer("court", "organisation:court", frozenset({Role.AUDITOR}), b"", 1))
HUB = Asker(b"", Signer("hub", "organisation:hub", frozenset({Role.LOGISTICS}), b"", 1))
NAMES = ["c1", "c2", "c3", "c4", "c5"]


@pytest.fixture(scope="module")
def world() -> World:
    """Five campaigns: c1, c4 and c5 formed with two lines each, c4 at another point; c2 and c3 are open."""
    made = World()
    for name in NAMES:
        late = name in ("c2", "c3")
        shift = 2 * 3_600_000 if late else 0
        made.opened(
            name,
            minimum=2,
            pickup="gate-9" if name == "c4" else "gate-3",
            cutoff_ms=made.now + 10 * 3_600_000 + shift,
            delivery_from_ms=made.now + 20 * 3_600_000,
            delivery_to_ms=made.now + 40 * 3_600_000,
        )
        for number in range(1 if late else 2):
            made.place(f"{name} {number}", 1, name)
    made.cut("c5")
    assert [made.campaign(name).state for name in NAMES] == ["formed", "open", "open", "formed", "formed"]
    return made


def walk(make: Callable[[Context, Any], Any], ctx: Context, request: Any, field: str) -> list[Any]:
    """Everything on all pages of a list; each holds no more than was asked for."""
    found: list[Any] = []
    for _ in range(200):
        page = make(ctx, request)
        entries = list(getattr(page, field))
        assert len(entries) <= request.page_size
        found += entries
        if not page.next_page_token:
            return found
        assert page.next_page_token != request.page_token, "it goes on"
        request.page_token = page.next_page_token
    raise AssertionError("it never ends")


@pytest.mark.parametrize("looked_at", [1, 2, 3, 1_000])
@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_all_is_found_once_however_small_the_pages(
    world: World, monkeypatch: pytest.MonkeyPatch, page_size: int, looked_at: int
) -> None:
    for module in (campaigns, lines, accounts):
        monkeypatch.setattr(module, "LOOKED_AT_MAX", looked_at)
    monkeypatch.setattr(accounts, "STEP", min(looked_at, 50))
    ctx = world.context()
    listed = trade_pb2.ListCampaignsRequest(pickup="gate-3", page_size=page_size)
    shown = walk(campaigns.list_campaigns, ctx, listed, "campaigns")
    assert [each.id for each in shown] == ["c1", "c2", "c3", "c5"]
    packing = trade_pb2.PackingListRequest(pickup="gate-3", page_size=page_size)
    found = walk(lambda at, asked: lines.packing_list(at, HUB, asked), ctx, packing, "lines")
    assert [(line.campaign, line.number) for line in found] == [("c1", 1), ("c1", 2), ("c5", 1), ("c5", 2)]
    asked = trade_pb2.ListAccountsRequest(prefix="bank/campaign:", page_size=page_size)
    names = [each.name for each in walk(lambda at, of: accounts.list_accounts(at, AUDITOR, of), ctx, asked, "accounts")]
    assert names == sorted({f"bank/campaign:{name}{part}" for name in NAMES for part in ("", "/deposit")})


@pytest.mark.parametrize("looked_at", [1, 2, 3, 1_000])
@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_instructions_are_all_found_once_however_small_the_pages(
    world: World, monkeypatch: pytest.MonkeyPatch, page_size: int, looked_at: int
) -> None:
    monkeypatch.setattr(accounts, "LOOKED_AT_MAX", looked_at)
    here = world.fork()
    for name in ("c5", "c1"):
        here.accept("farm", Cancel(name, "霜冻"))
        here.drain()

    def listed(**more: Any) -> list[Any]:
        request = trade_pb2.ListInstructionsRequest(custodian="bank", page_size=page_size, **more)
        ctx = here.context()
        return walk(lambda at, asked: accounts.list_instructions(at, AUDITOR, asked), ctx, request, "instructions")

    waiting = listed()
    assert [each.why for each in waiting] == ["cancelled"] * 4
    assert waiting == sorted(waiting, key=lambda each: each.issued_ms)
    here.accept("bank", Confirm(), Confirmed((waiting[0].id,)))
    assert listed() == waiting[1:]
    everything = listed(include_closed=True)
    assert [each.id for each in everything] == sorted(each.id for each in waiting)
    assert [each.id for each in everything if each.state == "confirmed"] == [waiting[0].id]


def test_a_page_looks_at_no_more_than_it_may(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "LOOKED_AT_MAX", 2)
    page = campaigns.list_campaigns(world.context(), trade_pb2.ListCampaignsRequest(pickup="gate-9"))
    assert (list(page.campaigns), page.next_page_token) == ([], "c2"), "only the token says whether it is the last"


def test_lines_taken_back_are_not_packed(world: World) -> None:
    here = world.fork()
    here.accept("farm", Cancel("c1", "霜冻"))
    here.drain()
    page = lines.packing_list(here.context(), HUB, trade_pb2.PackingListRequest(campaign="c1"))
    assert list(page.lines) == []
    listed = lines.list_lines(here.context(), HUB, trade_pb2.ListLinesRequest(campaign="c1"))
    assert {entry.line.state for entry in listed.entries} == {"refunded"}


def test_a_campaign_is_over_when_the_last_line_is() -> None:
    assert not is_over(CAMPAIGN)
    assert not is_over(changed(CAMPAIGN, state="cancelled", lines_left=1))
    assert is_over(changed(CAMPAIGN, state="cancelled"))
    assert not is_over(changed(CAMPAIGN, state="ending"))
