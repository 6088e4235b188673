"""The figures of docs/MONEY.md are what the rules come to: each example is played on the real modules."""

import re
from collections.abc import Callable
from pathlib import Path

from ledger.modules.groupbuy import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments.messages import Confirm, Confirmed, Withdraw, WithdrawTerms
from ledger.modules.payments.payouts import every_instruction
from ledger.modules.payments.state import accounts, statement
from ledger.modules.payments.words import WORDS
from ledger.modules.trace import messages as t
from tests.claims.world import DAY_MS, FLOAT, Court, fresh
from tests.groupbuy.market import CAMPAIGN, DEPOSIT, ESCROW, FARM, GUARANTEE, HOLDBACK, HUB, MEI
from tests.groupbuy.world import HOUR_MS

PAGE = (Path(__file__).parents[1] / "docs/MONEY.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^<!-- example: (\w+) -->\n\n\| [^|]+ \| fen \|\n\|--\|--:\|\n((?:\|.*\n)+)", re.MULTILINE)
ROW = re.compile(r"^\| ([^|]+) \| (-?[0-9,]+) \|$", re.MULTILINE)

Figures = dict[str, int]
PLAYED: dict[str, Callable[[Court], Figures]] = {}


def example(play: Callable[[Court], Figures]) -> Callable[[Court], Figures]:
    """What is played for the example of that name."""
    PLAYED[play.__name__] = play
    return play


def split_figures(court: Court, order: str) -> Figures:
    """How a line was split."""
    seller, leader, platform, logistics, kept = court.split(order)
    return {
        "卖方 seller": seller,
        "其中质保留存 of it held back": kept,
        "团长 leader": leader,
        "平台 platform": platform,
        "物流 logistics": logistics,
    }


def back(court: Court, order: str) -> int:
    """What went back to an order's buyer after the price had fallen, fen."""
    line = court.line(order)
    return court.refunded(order) - (line.paid_fen - line.units * 900)


@example
def ladder(court: Court) -> Figures:
    """Six units and four reach the tier of ten."""
    first, second = court.formed(6, 4)
    return {
        "订单 1 付款 order 1 paid": court.line(first).paid_fen,
        "订单 1 应付 order 1 is charged": court.line(first).charged_fen,
        "订单 1 退款 order 1 gets back": court.refunded(first),
        "订单 2 付款 order 2 paid": court.line(second).paid_fen,
        "订单 2 应付 order 2 is charged": court.line(second).charged_fen,
        "订单 2 退款 order 2 gets back": court.refunded(second),
        "托管 escrow": court.balance(ESCROW),
    }


@example
def failed(court: Court) -> Figures:
    """Seven units where ten are the least."""
    court.opened()
    orders = [court.place("one", 4), court.place("two", 3)]
    put_up = court.balance(DEPOSIT)
    court.cut()
    assert court.state() == "failed"
    return {
        "订单 1 退款 order 1 gets back": court.refunded(orders[0]),
        "订单 2 退款 order 2 gets back": court.refunded(orders[1]),
        "卖方押金退回 deposit back to the seller": put_up - court.balance(DEPOSIT),
        "托管 escrow": court.balance(ESCROW),
    }


@example
def shortage(court: Court) -> Figures:
    """Seven units for ten."""
    first, second = court.allocated(6, 4, fill=7)
    return {
        "订单 1 份数 units of order 1": court.line(first).allotted or 0,
        "订单 1 退款 order 1 gets back": back(court, first),
        "订单 2 份数 units of order 2": court.line(second).allotted or 0,
        "订单 2 退款 order 2 gets back": back(court, second),
        "冻结单价 frozen price": court.campaign().price_fen or 0,
        "托管 escrow": court.balance(ESCROW),
    }


@example
def weight(court: Court) -> Figures:
    """One parcel too light, one too heavy."""
    light, heavy, _ = court.allocated(1, 1, 8)
    court.pack("farm", m.Parcel(bytes.fromhex(light), 483), m.Parcel(bytes.fromhex(heavy), 520))
    return {
        "483 克应付 483 g is charged": court.line(light).charged_fen,
        "483 克退款 483 g gets back": back(court, light),
        "520 克应付 520 g is charged": court.line(heavy).charged_fen,
        "520 克退款 520 g gets back": back(court, heavy),
    }


@example
def returned(court: Court) -> Figures:
    """One of four units handed back at the point."""
    court.arrived(6, 4)
    order = court.hand(1, returned=1, reason="damaged")
    return {"退款 gets back": back(court, order), "应付 is charged": court.line(order).charged_fen}


@example
def no_show(court: Court) -> Figures:
    """Order 2 is not collected; the leader sells the goods for ten yuan."""
    _, order = court.arrived(6, 4)
    court.hand(0)
    court.nobody_comes()
    proceeds = court.receipt(f"order:{order}", 1_000, "proceeds")
    court.accept("mei", m.Handle(CAMPAIGN), m.Dispose(bytes.fromhex(order), proceeds, "转卖"))
    court.later(DAY_MS)
    return {"变卖所得归买家 proceeds to the buyer": back(court, order)} | split_figures(court, order)


@example
def silent_leader(court: Court) -> Figures:
    """The leader takes the goods in and says nothing more."""
    first, second = court.arrived(6, 4)
    for _ in range(9):
        court.later(DAY_MS)
    return {
        "订单 1 共退 order 1 gets back in all": court.refunded(first),
        "订单 2 共退 order 2 gets back in all": court.refunded(second),
        "卖方最终余额 the seller has in the end": court.balance(FARM),
        "团长 leader": court.balance(MEI),
    }


@example
def stopped_leader(court: Court) -> Figures:
    """The leader hands one order out, and is not heard of after the reminder."""
    first, second = court.arrived(6, 4)
    court.hand(0)
    court.later(8 * HOUR_MS)
    assert court.events("reminder")
    court.later(DAY_MS)
    court.later(DAY_MS)
    return {
        "订单 1 应付 order 1 is charged": court.line(first).charged_fen,
        "团长 leader, for order 1": court.split(first)[1],
        "订单 2 共退 order 2 gets back in all": court.refunded(second),
        "托管余额 left in escrow": court.balance(ESCROW),
    }


@example
def settlement(court: Court) -> Figures:
    """The 869 fen of the light parcel."""
    light, _ = court.allocated(1, 9)
    court.pack("farm", m.Parcel(bytes.fromhex(light), 483))
    court.ship()
    court.arrive()
    court.hand(0)
    court.later(DAY_MS)
    return split_figures(court, light)


@example
def recall_settled(court: Court) -> Figures:
    """Order 2 is settled, order 1 not collected, when the lot is recalled."""
    first, second = court.arrived(6, 4)
    court.hand(1)
    court.later(DAY_MS)
    kept, put_up = court.balance(HOLDBACK), court.balance(DEPOSIT)
    farm = court.balance(FARM)
    recall(court)
    return {
        "订单 1，自托管 order 1, out of escrow": back(court, first),
        "订单 2，自质保留存 order 2, out of the holdback": kept,
        "订单 2，自押金 order 2, out of the deposit": put_up - (court.balance(FARM) - farm),
        "订单 2 共退 order 2 in all": back(court, second),
    }


@example
def recall_closed(court: Court) -> Figures:
    """The campaign is closed, and the seller has taken its money out but for ten yuan."""
    orders = court.arrived(6, 4)
    for number in range(2):
        court.hand(number)
    court.later(DAY_MS)
    court.later(7 * DAY_MS)
    assert court.state() == "closed"
    court.endow(guarantee=10_000)
    court.accept("farm", Withdraw(), WithdrawTerms("bank", court.available(FARM) - 1_000))
    farm, guarantee = court.available(FARM), court.balance(GUARANTEE)
    recall(court)
    debts = court.debts(FARM)
    assert {creditor for creditor, _ in debts} == {GUARANTEE}
    return {
        "卖方付出 the seller pays": farm - court.available(FARM),
        "平台保证金付出 the guarantee pays": guarantee - court.balance(GUARANTEE),
        "卖方欠保证金 the seller owes the guarantee": sum(fen for _, fen in debts),
        "买家共收 the buyers get": sum(back(court, order) for order in orders),
    }


def recall(court: Court) -> None:
    """The campaign's lot is called back."""
    court.accept("watch", t.Recall((court.campaign().lots[0].lot,), "农残超标", "residues"))
    court.drain()


def claimed(court: Court, paid_fen: int) -> str:
    """An order of ten units, collected, and a claim of 3,600 fen, of which the leader pays so much at once."""
    court.arrived(10)
    order = court.hand(0)
    court.claim(0, 3_600)
    if paid_fen:
        court.pay(order, paid_fen)
    return order


@example
def seller_liable(court: Court) -> Figures:
    """The leader paid 2,000; the seller bears it."""
    court.endow(floated=2_000)
    order = claimed(court, 2_000)
    court.adjudicate(order, 3_600, "farm")
    got = {
        "买家共收 the buyer gets": back(court, order),
        "备用金 float": court.balance(FLOAT),
        "托管余额 left in escrow": court.balance(ESCROW),
    }
    court.later(DAY_MS)
    court.later(DAY_MS)
    return got | split_figures(court, order)


@example
def carrier_liable(court: Court) -> Figures:
    """The leader paid 600; the carrier bears it and has 1,000."""
    court.fund("hub", 1_000)
    court.endow(guarantee=5_000, floated=600)
    order = claimed(court, 600)
    court.adjudicate(order, 3_600, "hub")
    return {
        "买家共收 the buyer gets": back(court, order),
        "物流付出 the carrier pays": 1_000 - court.balance(HUB),
        "平台保证金付出 the guarantee pays": 5_000 - court.balance(GUARANTEE),
        "备用金 float": court.balance(FLOAT),
        "物流欠保证金 the carrier owes the guarantee": sum(fen for _, fen in court.debts(HUB)),
        "托管余额 left in escrow": court.balance(ESCROW),
    }


@example
def nobody_decides(court: Court) -> Figures:
    """The adjudicator lets three days pass, and the guarantee has only ten yuan."""
    court.endow(guarantee=1_000)
    order = claimed(court, 0)
    court.later(3 * DAY_MS)
    ((creditor, fen),) = court.debts(GUARANTEE)
    assert creditor == FARM
    return {
        "买家共收 the buyer gets": back(court, order),
        "平台保证金付出 the guarantee pays": 1_000 - court.balance(GUARANTEE),
        "由该订单托管垫付 out of the line's own escrow": court.line(order).borne_fen,
        "保证金欠卖方 the guarantee owes the seller": fen,
    }


@example
def farm_statement(court: Court) -> Figures:
    """The seller's account over one campaign."""
    court.arrived(6, 4)
    for number in range(2):
        court.hand(number)
    court.later(DAY_MS)
    court.later(7 * DAY_MS)
    found = statement(court.context(), FARM)
    figures = {f"{number} {' '.join(WORDS.value(entry.why))}": entry.change_fen for number, entry in found}
    assert sum(figures.values()) == found[-1][1].balance_fen == court.balance(FARM)
    return figures | {"余额 balance": found[-1][1].balance_fen}


@example
def conservation(court: Court) -> Figures:
    """Ladder's campaign, its two refunds confirmed."""
    court.formed(6, 4)
    told = list(every_instruction(court.context()))
    ids = [bytes.fromhex(key) for key, row in told if row.state == "issued"]
    redeemed = sum(row.fen for _, row in told)
    court.accept("bank", Confirm(), Confirmed(tuple(ids)))
    outside = p.custodian_account("bank")
    rows = dict(accounts.scan(court.context(), limit=10_000))
    inside = {key: row.balance_fen for key, row in rows.items() if key != outside}
    assert sum(inside.values()) == -court.balance(outside)
    return {
        "收款凭证 issued by receipts": rows[outside].debits_posted,
        "确认付出 redeemed": redeemed,
        "净额 net": -court.balance(outside),
        "卖方 seller": inside[FARM],
        "押金 deposit": inside[DEPOSIT],
        "托管 escrow": inside[ESCROW],
        "其余账户 all other accounts": sum(inside.values()) - inside[FARM] - inside[DEPOSIT] - inside[ESCROW],
    }


def test_each_example_is_what_the_rules_come_to() -> None:
    said = {
        name: {label: int(fen.replace(",", "")) for label, fen in ROW.findall(rows)}
        for name, rows in EXAMPLE.findall(PAGE)
    }
    assert said.keys() == PLAYED.keys()
    assert len(said) == PAGE.count("<!-- example")
    for name, play in PLAYED.items():
        assert play(fresh()) == said[name], name
