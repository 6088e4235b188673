"""Who may read what of orders, money and claims, by role, on a real validator: the table of docs/DEVELOPERS.md."""

from typing import Any

import grpc
import pytest
from linxin.v1 import ledger_pb2, trade_pb2

from ledger.crypto.signing import SigningKey
from ledger.modules.payments.ports import receipt_account
from network.access import SIGNED_METHODS
from tests.network.market import FORMED, OPEN, UNITS, Market, buyer_key, order_of
from tests.network.nodes import AUDITOR, FARM, HUB, PLATFORM, Client, key_of, refusal_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("market")]

ROLES: dict[str, SigningKey | None] = {
    "own order": buyer_key("anna"),
    "another order": buyer_key("bo"),
    "an order elsewhere": buyer_key("dora"),
    "resident": key_of("wang"),
    "leader": key_of("lin"),
    "another leader": key_of("mei"),
    "seller": FARM,
    "another farm": key_of("rival"),
    "logistics": HUB,
    "platform": PLATFORM,
    "custodian": key_of("bank"),
    "another custodian": key_of("bank-2"),
    "community": key_of("garden"),
    "adjudicator": key_of("court"),
    "auditor": AUDITOR,
    "regulator": key_of("bureau"),
    "device": key_of("probe"),
    "unknown key": key_of("stranger"),
    "nobody": None,
}
OVERSEERS = ("auditor", "regulator")
UNKNOWN_KEY, BAD_FIELD, NOT_FOUND, SIGNATURE_NEEDED, NOT_ALLOWED = 20, 120, 121, 122, 123


async def ask(teller: Client, role: str, method: str, request: Any) -> Any:
    """The answer to a role's request, or the number of its refusal."""
    key = ROLES[role]
    service = teller.ledger if method == "GetTransaction" else teller.trade
    name = "LedgerService" if method == "GetTransaction" else "TradeService"
    metadata = None if key is None else teller.signature(key, f"{name}/{method}", request)
    try:
        return await getattr(service, method)(request, timeout=10, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        refusal = refusal_of(error)
        assert refusal.message_zh
        assert refusal.message_en
        return refusal.number


def refused(role: str) -> int:
    """What somebody without part in a matter is told."""
    return {"nobody": SIGNATURE_NEEDED, "unknown key": UNKNOWN_KEY}.get(role, NOT_ALLOWED)


ORDER_VIEWS = {
    "own order": "ties",
    "auditor": "ties",
    "regulator": "ties",
    "leader": "money",
    "seller": "money",
    "platform": "money",
    "logistics": "line",
}


@pytest.mark.parametrize("role", ROLES)
async def test_an_order_is_read_by_its_parties_each_as_far_as_needed(teller: Client, role: str) -> None:
    answer = await ask(teller, role, "GetOrder", trade_pb2.GetOrderRequest(order=order_of("anna")))
    view = ORDER_VIEWS.get(role)
    if view is None:
        assert answer == refused(role)
        return
    assert answer.line.order == order_of("anna")
    assert answer.line.state == "disputed"
    assert answer.HasField("money") == (view in ("money", "ties"))
    assert answer.HasField("ties") == (view == "ties")


LINE_VIEWS = {role: view for role, view in ORDER_VIEWS.items() if role != "own order"}


@pytest.mark.parametrize("role", ROLES)
async def test_lines_are_read_by_those_who_sell_carry_and_hand_out(teller: Client, role: str) -> None:
    answer = await ask(teller, role, "ListLines", trade_pb2.ListLinesRequest(campaign=FORMED))
    view = LINE_VIEWS.get(role)
    if view is None:
        assert answer == refused(role)
        return
    assert [entry.line.order for entry in answer.entries] == [order_of(name) for name in ("anna", "bo", "chen")]
    assert {entry.HasField("money") for entry in answer.entries} == {view != "line"}


@pytest.mark.parametrize("role", ROLES)
async def test_a_packing_list_is_for_the_same_and_a_pickup_points_shows_each_her_own(teller: Client, role: str) -> None:
    answer = await ask(teller, role, "PackingList", trade_pb2.PackingListRequest(campaign=FORMED))
    point = await ask(teller, role, "PackingList", trade_pb2.PackingListRequest(pickup="gate-3"))
    if role in LINE_VIEWS:
        assert [line.number for line in answer.lines] == [1, 2, 3]
        assert list(point.lines) == list(answer.lines)
    else:
        assert answer == refused(role)
        assert point == answer if role in ("nobody", "unknown key") else not point.lines


ACCOUNTS: dict[str, tuple[str, ...]] = {
    "bank/organisation:farm": ("seller",),
    "bank/organisation:rival": ("another farm",),
    "bank/organisation:hub": ("logistics",),
    "bank/organisation:platform": ("platform",),
    "bank/organisation:platform/guarantee": ("platform",),
    "bank/float:lin": ("platform", "leader"),
    "bank/member:lin": ("leader",),
    f"bank/campaign:{FORMED}": ("leader", "seller", "platform"),
    f"bank/campaign:{FORMED}/deposit": ("seller", "platform"),
    f"bank/campaign:{OPEN}": ("another leader", "another farm", "platform"),
    f"bank/campaign:{OPEN}/deposit": ("another farm", "platform"),
    "bank/custodian": ("custodian",),
}


@pytest.mark.parametrize("role", ROLES)
async def test_an_account_is_read_by_its_owner(teller: Client, market: Market, role: str) -> None:
    own = receipt_account("bank", market.receipts[f"order:{order_of('anna')}"])
    for account, readers in {**ACCOUNTS, own: ("own order",)}.items():
        answer = await ask(teller, role, "GetAccount", trade_pb2.GetAccountRequest(account=account))
        statement = await ask(teller, role, "GetStatement", trade_pb2.GetStatementRequest(account=account))
        if role not in (*readers, *OVERSEERS):
            assert (answer, statement) == (refused(role), refused(role)), account
        elif account in (own, "bank/custodian"):
            assert answer.name == account
            assert statement == BAD_FIELD, "no entries are kept"
        else:
            assert answer.available_fen == answer.balance_fen - answer.held_fen >= 0
            assert statement.closing_fen == answer.balance_fen == sum(entry.change_fen for entry in statement.entries)


@pytest.mark.parametrize("role", ROLES)
async def test_accounts_are_listed_to_their_owners(teller: Client, market: Market, role: str) -> None:
    answer = await ask(teller, role, "ListAccounts", trade_pb2.ListAccountsRequest(page_size=500))
    if role in ("nobody", "unknown key"):
        assert answer == refused(role)
        return
    assert not answer.next_page_token
    listed = {account.name for account in answer.accounts}
    expected = {account for account, readers in ACCOUNTS.items() if role in (*readers, *OVERSEERS)}
    orders = {"own order": "anna", "another order": "bo", "an order elsewhere": "dora"}
    beneficiaries = {"leader": "member:lin", "seller": "organisation:farm", "another farm": "organisation:rival"}
    if role in orders:
        assert listed == {receipt_account("bank", market.receipts[f"order:{order_of(orders[role])}"])}
    elif role in beneficiaries:
        assert listed == expected | {receipt_account("bank", market.receipts[beneficiaries[role]])}
    elif role in OVERSEERS:
        assert listed > expected
        balances = [account.balance_fen for account in answer.accounts]
        assert sum(balances) == 0, "what custodians owe the world and what everybody has"
    elif role != "platform":
        assert listed == expected


@pytest.mark.parametrize("role", ROLES)
async def test_instructions_are_for_their_custodian(teller: Client, role: str) -> None:
    request = trade_pb2.ListInstructionsRequest(custodian="bank")
    answer = await ask(teller, role, "ListInstructions", request)
    if role not in ("custodian", *OVERSEERS):
        assert answer == refused(role)
        return
    found = [(each.why, each.fen) for each in answer.instructions]
    assert found[0] == ("withdrawal", 2_500), "oldest first"
    fell = [("price_fell", units * 100) for units in UNITS.values()]
    others = [("weight", 1_800 * 40 // 1_000), ("compensation", 200), ("compensation", 300)]
    assert sorted(found[1:]) == sorted([*fell, *others])


CLAIM_VIEWS = {
    "anna": {role: view for role, view in ORDER_VIEWS.items() if role != "logistics"} | {"adjudicator": "money"},
    "chen": {role: view for role, view in ORDER_VIEWS.items() if role != "own order"} | {"adjudicator": "money"},
}
"""anna's claim waits; in chen's the carrier was found liable."""


@pytest.mark.parametrize("buyer", CLAIM_VIEWS)
@pytest.mark.parametrize("role", ROLES)
async def test_a_claim_is_read_by_those_whom_it_concerns(teller: Client, role: str, buyer: str) -> None:
    order = order_of(buyer)
    answer = await ask(teller, role, "GetClaim", trade_pb2.GetClaimRequest(order=order))
    listed = await ask(teller, role, "ListClaims", trade_pb2.ListClaimsRequest(order=order, include_closed=True))
    view = CLAIM_VIEWS[buyer].get(role)
    if view is None:
        assert answer == refused(role)
        assert listed == answer if role in ("nobody", "unknown key") else not listed.claims
        return
    (claim,) = listed.claims
    claim.height = answer.height
    assert claim == answer
    assert (answer.order, answer.number, answer.cause, answer.line.order) == (order, 1, "damaged", order)
    assert answer.HasField("money") == (view != "line")


@pytest.mark.parametrize("role", ROLES)
async def test_a_campaigns_claims_are_shown_to_each_who_is_concerned(teller: Client, role: str) -> None:
    request = trade_pb2.ListClaimsRequest(campaign=FORMED, include_closed=True)
    answer = await ask(teller, role, "ListClaims", request)
    if role in ("nobody", "unknown key"):
        assert answer == refused(role)
        return
    expected = [order_of(buyer) for buyer, views in CLAIM_VIEWS.items() if role in views]
    assert [claim.order for claim in answer.claims] == expected


@pytest.mark.parametrize("role", ROLES)
async def test_what_an_order_said_is_read_by_its_own_key_and_overseers(
    teller: Client, market: Market, role: str
) -> None:
    request = ledger_pb2.GetTransactionRequest(id=market.placed["anna"], include_restricted=True)
    answer = await ask(teller, role, "GetTransaction", request)
    if role in ("own order", *OVERSEERS):
        assert market.receipts[f"order:{order_of('anna')}"] in answer.restricted
    else:
        assert answer == refused(role)


@pytest.mark.parametrize("role", ROLES)
async def test_a_packing_record_is_no_orders_own(teller: Client, market: Market, role: str) -> None:
    request = ledger_pb2.GetTransactionRequest(id=market.packed, include_restricted=True)
    answer = await ask(teller, role, "GetTransaction", request)
    if role in ("seller", *OVERSEERS):
        assert bytes.fromhex(order_of("bo")) in answer.restricted
    else:
        assert answer == refused(role)


@pytest.mark.parametrize("role", ROLES)
async def test_campaigns_are_for_everybody(teller: Client, role: str) -> None:
    assert (await ask(teller, role, "GetCampaign", trade_pb2.GetCampaignRequest(campaign=OPEN))).state == "open"
    listed = await ask(teller, role, "ListCampaigns", trade_pb2.ListCampaignsRequest())
    assert [campaign.id for campaign in listed.campaigns] == [FORMED, OPEN]


def test_every_method_is_public_or_signed() -> None:
    public = {"ListCampaigns", "GetCampaign", "WatchCampaign"}
    service = trade_pb2.DESCRIPTOR.services_by_name["TradeService"]
    signed = {name.rpartition("/")[2] for name in SIGNED_METHODS if "/linxin.v1.TradeService/" in name}
    assert {method.name for method in service.methods} == public | signed
    assert not public & signed


async def test_a_signature_is_good_for_its_own_request_alone(teller: Client) -> None:
    other = trade_pb2.GetOrderRequest(order=order_of("bo"))
    stolen = teller.signature(AUDITOR, "TradeService/GetOrder", trade_pb2.GetOrderRequest(order=order_of("anna")))
    elsewhere = teller.signature(AUDITOR, "TradeService/ListLines", other)
    for metadata in (stolen, elsewhere):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await teller.trade.GetOrder(other, timeout=5, metadata=metadata)
        assert refusal_of(caught.value).number == SIGNATURE_NEEDED
