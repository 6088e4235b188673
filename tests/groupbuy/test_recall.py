"""A recall pays every buyer back, wherever her line stands: escrow, holdback, deposit, seller, guarantee."""

from collections.abc import Callable

from ledger.context import Context
from ledger.module import Module
from ledger.modules.groupbuy import Lines, Recalls, groupbuy_module
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.recalling import CAMPAIGNS_MAX
from ledger.modules.groupbuy.state import lot_campaigns, sold
from ledger.modules.payments import Money, payments_module
from ledger.modules.payments.ports import Transfer, receipt_account
from ledger.modules.payments.state import account_row
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import Goods, trace_module
from ledger.modules.trace import messages as t
from tests.groupbuy.market import (
    CAMPAIGN,
    DEPOSIT,
    ESCROW,
    FARM,
    GUARANTEE,
    HALF,
    HOLDBACK,
    HUB,
    MEI,
    PLATFORM,
    Market,
    portions,
)
from tests.groupbuy.world import BERRY, DAY_MS, HOUR_MS, PLANTING

LINES = Lines()


def recall(market: Market, lot: str = "", campaign: str = CAMPAIGN) -> None:
    """The regulator calls a lot back (the campaign's first, where none is named), and all that follows is done."""
    market.accept("watch", t.Recall((lot or market.campaign(campaign).lots[0].lot,), "农残超标", "residues"))
    market.drain()


def all_back(market: Market, orders: list[str]) -> None:
    """Every buyer has every fen, and nothing is left in the campaign's accounts."""
    assert [market.refunded(order) for order in orders] == [market.line(order).paid_fen for order in orders]
    assert set(market.states(orders)) == {"refunded"}
    assert market.balance(ESCROW) == market.balance(DEPOSIT) == market.balance(HOLDBACK) == 0
    assert market.state() == "recalled"
    assert market.campaign().lines_left == 0


def test_allocated_orders_are_paid_back_and_the_deposit_is_the_sellers(market: Market) -> None:
    orders = market.allocated(6, 4)
    recall(market)
    all_back(market, orders)
    assert market.balances() == {FARM: 1_000_000}
    assert sold.get(market.context(), f"{PLANTING}/{BERRY}") == 0
    lot = market.campaign().lots[0].lot
    assert market.events("campaign_recalled") == [[CAMPAIGN, lot]]


def test_while_the_lines_are_being_filled(market: Market) -> None:
    orders = market.formed(*([1] * 70))
    lot = market.lot("A1", 50)
    fill = market.envelope("farm", m.Allocate(CAMPAIGN, portions({lot: 50})))
    market.run([fill, market.envelope("watch", t.Recall((lot,), "农残", "residues"))])
    market.drain()
    all_back(market, orders)


def test_while_only_some_lines_are_filled(market: Market) -> None:
    orders = market.formed(*([1] * 70))
    lot = market.lot("A1", 69)
    market.run([market.envelope("farm", m.Allocate(CAMPAIGN, portions({lot: 69})))], 500)
    while "allotted" not in market.states(orders):
        market.run([], 500)
    market.run([market.envelope("watch", t.Recall((lot,), "农残", "residues"))], 500)
    assert market.state() == "recalled"
    filled = market.states(orders).count("allotted")
    assert market.states(orders) == ["allotted"] * filled + ["owed"] * (70 - filled)
    assert 0 < filled < 69
    market.drain()
    all_back(market, orders)
    assert market.events("allocated") == []


def test_packed_and_shipped(market: Market) -> None:
    orders = market.allocated(6, 4, fill=9)
    market.pack("farm", m.Parcel(bytes.fromhex(orders[0]), 2_900))
    market.ship()
    recall(market)
    all_back(market, orders)


def test_ready_collected_and_settled_together(market: Market) -> None:
    # 4 units settled: 3,600 = 2,772 + 360 + 180 + 288, of the seller's part 277 held back. The recall takes 3,600:
    # 277 of holdback, 3,323 of the deposit of 5,000.
    orders = market.arrived(6, 4, 2)
    market.hand(1)
    market.later(23 * HOUR_MS)
    market.hand(0)
    market.later(HOUR_MS)
    assert market.states(orders) == ["collected", "settled", "allotted"]
    assert market.balance(HOLDBACK) == 277
    recall(market)
    all_back(market, orders)
    assert market.balances() == {
        FARM: 1_000_000 - 5_000 + 2_772 - 277 + (5_000 - 3_323),
        MEI: 360,
        PLATFORM: 180,
        HUB: 288,
    }


def test_after_all_is_settled_and_kept(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.hand(1)
    market.later(DAY_MS)
    assert market.state() == "ending"
    recall(market)
    all_back(market, orders)
    # 9,000: 692 of holdback, 5,000 of the deposit, 3,308 of the farm's own.
    assert market.balance(FARM) == 1_000_000 - 5_000 + (4_158 - 415) + (2_772 - 277) - 3_308
    assert market.balance(MEI) == 900


def test_after_it_is_closed_the_seller_pays_then_the_guarantee(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.hand(1)
    market.later(DAY_MS)
    market.later(7 * DAY_MS)
    assert market.state() == "closed"
    had = market.balance(FARM)
    market.fund("platform", 20_000)
    market.write(
        lambda ctx: market.money.move(ctx, [Transfer(b"to the guarantee", PLATFORM, GUARANTEE, 8_000, "move")])
    )
    market.write(lambda ctx: market.money.move(ctx, [Transfer(b"all but 4,000...", FARM, HUB, had - 4_000, "move")]))
    recall(market)
    all_back(market, orders)
    # 5,400 and 3,600: the farm had 4,000, the guarantee gives 5,000 and is owed them.
    assert market.balance(FARM) == 0
    assert market.balance(GUARANTEE) == 3_000
    assert account_row(market.context(), FARM).owes_fen == 5_000
    market.fund("farm", 1, "later")
    earn = Transfer(b"the farm earns..", HUB, FARM, 6_000, "settlement")
    market.write(lambda ctx: market.money.income(ctx, [earn]))
    assert market.balance(GUARANTEE) == 8_000


def test_what_neither_has_is_owed_to_the_buyer_and_paid_when_the_seller_earns(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.hand(1)
    market.later(DAY_MS)
    market.later(7 * DAY_MS)
    had = market.balance(FARM)
    market.write(lambda ctx: market.money.move(ctx, [Transfer(b"all but 4,000...", FARM, HUB, had - 4_000, "move")]))
    recall(market)
    assert market.states(orders) == ["refunded", "refunded"]
    assert account_row(market.context(), FARM).owes_fen == 5_000
    instructed = sum(market.instructed(order) for order in orders)
    assert instructed == 10_000 - 5_000
    earn = Transfer(b"the farm earns..", HUB, FARM, 6_000, "settlement")
    market.write(lambda ctx: market.money.income(ctx, [earn]))
    assert sum(market.instructed(order) for order in orders) == 10_000
    all_back(market, orders)


def test_unclaimed_goods_whose_proceeds_the_buyer_has_already(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0, returned=6, reason="other")
    market.nobody_comes()
    proceeds = market.receipt(f"order:{orders[1]}", 1_234, "proceeds")
    market.accept("mei", m.Handle(CAMPAIGN), m.Dispose(bytes.fromhex(orders[1]), proceeds))
    recall(market)
    all_back(market, orders)
    # What the goods brought was hers instead of as much escrow, which the seller keeps.
    assert market.balances() == {FARM: 1_000_000 + 1_234}


def test_what_was_compensated_is_not_paid_twice(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.hand(1)
    market.fund("platform", 700)
    for number, (fen, borne) in enumerate(((1_000, 300), (700, 700))):
        market.write(compensation(market, orders[number], fen, borne))
    market.later(DAY_MS)
    recall(market)
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]
    all_back(market, orders)


def compensation(market: Market, order: str, fen: int, borne: int) -> Callable[[Context], None]:
    """What claims do: pay a buyer `fen`, `borne` of them out of her line's escrow, the rest out of the platform's."""
    receipt = market.line(order).receipt

    def pay(ctx: Context) -> None:
        credit = receipt_account("bank", receipt)
        tag = order[:8].encode()
        if borne:
            market.money.refund(ctx, Transfer(tag + b"escrow..", ESCROW, credit, borne, "compensation"), receipt)
        if fen > borne:
            market.money.refund(
                ctx, Transfer(tag + b"platform", PLATFORM, credit, fen - borne, "compensation"), receipt
            )
        LINES.compensate(ctx, order, fen, borne)

    return pay


def test_a_recall_before_settlement_leaves_what_others_paid_with_the_seller(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.fund("platform", 700)
    market.write(compensation(market, orders[0], 1_000, 300))
    recall(market)
    all_back(market, orders)
    # 5,400 less 300 borne were in escrow; the buyer was still due 4,400 of them.
    assert market.balances() == {FARM: 1_000_000 + 700}


def test_called_off_and_failed_campaigns_are_left_alone(market: Market) -> None:
    orders = market.allocated(6, 4)
    market.accept("farm", m.Cancel(CAMPAIGN, "天气"))
    market.drain()
    money = market.balances()
    recall(market)
    assert market.state() == "cancelled"
    assert market.balances() == money
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]


def test_two_recalled_lots_pay_once(market: Market) -> None:
    orders = market.formed(6, 4)
    first, second = market.lot("A1", 6), market.lot("A2", 4)
    market.allocate({first: 6, second: 4})
    recall(market, first)
    recall(market, second)
    all_back(market, orders)
    assert market.events("campaign_recalled") == [[CAMPAIGN, first]]


def test_a_window_that_ends_while_the_recall_is_under_way_settles_nothing(market: Market) -> None:
    orders = market.arrived(*([1] * 40))
    market.hand(39)
    over_ms = market.now + DAY_MS
    market.until(over_ms - 1_000)
    lot = market.campaign().lots[0].lot
    market.run([market.envelope("watch", t.Recall((lot,), "农残", "residues"))], 500)
    market.run([], 500)
    assert market.now == over_ms
    assert market.states(orders) == ["refunded"] * 32 + ["owed"] * 7 + ["collected"]
    market.drain()
    all_back(market, orders)
    assert market.balances() == {FARM: 1_000_000}


def test_another_campaigns_lots_are_not_touched(market: Market) -> None:
    market.allocated(6, 4)
    other = market.allocated(6, 4, campaign="c2")
    recall(market)
    assert market.state("c2") == "allocated"
    assert market.states(other) == ["allotted", "allotted"]


def test_a_recall_that_spreads_to_what_was_made_reaches_the_buyers(market: Market) -> None:
    orders = market.formed(6, 4)
    lot = market.lot("A1", 20)
    market.accept("farm", t.Transform((t.Portion(lot, 10 * HALF),), (t.Output(BERRY, "S", 10 * HALF),), 0, market.now))
    market.allocate({f"{BERRY}/S": 10})
    recall(market, lot)
    all_back(market, orders)


def test_one_lot_of_many_campaigns_is_called_back_block_by_block(market: Market) -> None:
    names = [f"d{number:02d}" for number in range(CAMPAIGNS_MAX + 3)]
    for name in names:
        market.opened(name, minimum=1, deposit_fen=0, cutoff_ms=market.now + 10 * HOUR_MS)
    orders = {name: market.place(name, 1, name) for name in names}
    market.later(10 * HOUR_MS)
    lot = market.lot("A1", len(names))
    for name in names:
        market.allocate({lot: 1}, name)
    recall(market, lot)
    assert {market.state(name) for name in names} == {"recalled"}
    assert {market.refunded(orders[name]) for name in names} == {1_000}
    assert len(lot_campaigns.scan(market.context())) == len(names)


def test_nothing_goes_on_with_a_recalled_campaign(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    recall(market)
    refused = e.CampaignStateRefused
    market.refuse_hand(1, refused)
    market.refuse("farm", m.Ship(CAMPAIGN, ("x",)), refused)
    market.refuse("mei", m.Arrive(CAMPAIGN, market.now), refused)
    market.refuse("platform", m.Cancel(CAMPAIGN, "x"), refused)
    market.refuse(market.buyer("c1 1"), m.Order(CAMPAIGN), refused, m.Acknowledge())
    market.refuse("mei", m.Handle(CAMPAIGN), refused, m.Dispose(bytes.fromhex(orders[1]), None))
    money = market.balances()
    for _ in range(10):
        market.later(DAY_MS)
    assert market.balances() == money
    assert market.state() == "recalled"


def test_recalled_goods_neither_leave_nor_arrive(market: Market) -> None:
    market.allocated(6, 4)
    lot = market.campaign().lots[0].lot
    ship = market.envelope("farm", m.Ship(CAMPAIGN, (market.trace_ship("s1"),)))
    back = market.envelope("watch", t.Recall((lot,), "农残", "residues"))
    assert [receipt.code for receipt in market.run([back, ship])] == [0, e.GoodsRecalled.number]


def test_recalled_goods_do_not_arrive(market: Market) -> None:
    market.allocated(6, 4)
    lot = market.campaign().lots[0].lot
    market.ship()
    arrive = market.envelope("mei", m.Arrive(CAMPAIGN, market.now))
    back = market.envelope("watch", t.Recall((lot,), "农残", "residues"))
    assert [receipt.code for receipt in market.run([back, arrive])] == [0, e.GoodsRecalled.number]


class Repaying:
    """Open claims, as far as a recall asks: the platform laid 500 fen out on each disputed line."""

    def __init__(self, money: Money) -> None:
        self.money = money

    def recalled(self, ctx: Context, order: str) -> None:
        """The platform has its money back out of the line's escrow."""
        back = Transfer(order[:8].encode() + b"repaying", ESCROW, PLATFORM, 500, "repayment")
        self.money.move(ctx, [back])
        LINES.compensate(ctx, order, 0, 500)


class Claiming(Market):
    """A market with open claims."""

    def modules(self) -> tuple[Module, ...]:
        """Those of `Market`, group buying with `Repaying`."""
        *_, acting = super().modules()
        organisations, keys = OrganisationView(), KeyView()
        return (
            trace_module(DeviceView(), organisations, (Recalls(),)),
            payments_module(self.money),
            groupbuy_module(self.money, organisations, keys, Goods(), Repaying(self.money)),
            acting,
        )


def test_a_disputed_line_is_paid_back_after_whoever_laid_money_out_on_its_claim() -> None:
    market = Claiming()
    orders = market.arrived(6, 4)
    market.hand(0)
    market.fund("platform", 500)
    market.write(compensation(market, orders[0], 500, 0))
    market.write(lambda ctx: LINES.dispute(ctx, orders[0]))
    recall(market)
    all_back(market, orders)
    assert market.balances() == {FARM: 1_000_000, PLATFORM: 500}
    # Its claim may still come to its end: nothing is left to settle.
    market.write(lambda ctx: LINES.resolve(ctx, orders[0]))
    assert market.states(orders) == ["refunded", "refunded"]


def test_without_claims_a_disputed_line_is_paid_back_as_well(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.write(lambda ctx: LINES.dispute(ctx, orders[0]))
    market.later(DAY_MS)
    recall(market)
    all_back(market, orders)
