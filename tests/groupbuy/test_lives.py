"""Random lives from allocation on: whatever happens in whatever order, no fen is lost and every fen comes out.

Each block checks the invariants of all modules; here the ends are held against each other.
"""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import Internal
from ledger.modules.groupbuy import messages as m
from ledger.modules.trace import messages as t
from tests.groupbuy.market import CAMPAIGN, DEPOSIT, ESCROW, FARM, HOLDBACK, Market, fresh
from tests.groupbuy.world import DAY_MS, HOUR_MS

UNITS = st.lists(st.integers(1, 20), min_size=1, max_size=5).filter(lambda units: 10 <= sum(units) <= 100)
Step = tuple[str, int, int]


def steps(most: int, *kinds: str) -> st.SearchStrategy[list[Step]]:
    """Up to `most` steps of these kinds, each with the number of a buyer and a count."""
    return st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 4), st.integers(0, 40)), max_size=most)


BEFORE = steps(4, "pack", "pack", "wait", "cancel", "recall")
ON_THE_WAY = steps(3, "ship", "wait", "recall", "substitute")
AT_THE_POINT = steps(14, "hand", "hand", "acknowledge", "return", "dispose", "substitute", "recall", "wait", "wait")


def act(market: Market, step: str, number: int, count: int) -> None:
    """Try something; whether it is refused is not asked here."""
    name = f"{CAMPAIGN} {number}"
    order = bytes.fromhex(market.order(name))
    leader = market.campaign().leader
    handle = m.Handle(CAMPAIGN)
    if step == "wait":
        market.later(count * HOUR_MS)
    elif step == "pack":
        market.do("farm", handle, m.Pack((m.Parcel(order, 480 + 500 * (count % 20)),)))
    elif step == "ship" and market.campaign().lots:
        name = f"leg{len(market.leaves)}"
        market.do("farm", t.Ship(name, "hub", market.now, lots=(t.Portion(market.campaign().lots[0].lot, 1),)))
        market.do("hub", m.Ship(CAMPAIGN, (name,)))
    elif step == "arrive":
        market.do(leader, m.Arrive(CAMPAIGN, market.now))
    elif step == "hand":
        market.do(leader, handle, market.handing(number, **({"code": "0" * 16} if count == 0 else {})))
    elif step == "return":
        market.do(leader, handle, market.handing(number, returned=count % 21, reason="quality" if count % 21 else None))
    elif step == "acknowledge":
        market.do(market.buyer(name), m.Order(CAMPAIGN), m.Acknowledge())
    elif step == "dispose":
        receipt = market.receipt(f"order:{order.hex()}", 1 + 97 * count, f"proceeds {len(market.leaves)}")
        market.do(leader, handle, m.Dispose(order, receipt if count % 3 else None))
    elif step == "substitute":
        market.do("platform", m.Substitute(CAMPAIGN, "lan"))
    elif step == "cancel" and count == 0:
        market.do("platform", m.Cancel(CAMPAIGN, "取消"))
    elif step == "recall" and count < 5 and market.campaign().lots:
        market.do("watch", t.Recall((market.campaign().lots[0].lot,), "农残", "residues"))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(UNITS, st.data(), BEFORE, ON_THE_WAY, AT_THE_POINT)
def test_no_fen_is_lost_and_every_fen_comes_out(
    units: list[int], data: st.DataObject, before: list[Step], on_the_way: list[Step], at_the_point: list[Step]
) -> None:
    market = fresh()
    orders = market.formed(*units)
    fill = data.draw(st.integers(1, sum(units)))
    market.allocate({market.lot("A1", fill): fill})
    for step, number, count in (*before, ("ship", 0, 0), *on_the_way, ("arrive", 0, 0), *at_the_point):
        act(market, step, number, count)
    for _ in range(16):
        market.later(DAY_MS)
    assert market.state() in ("cancelled", "closed", "recalled")
    assert market.balance(ESCROW) == market.balance(DEPOSIT) == market.balance(HOLDBACK) == 0
    lines = [market.line(order) for order in orders]
    assert {line.state for line in lines} <= {"refunded", "settled"}
    back = sum(market.refunded(order) for order in orders)
    brought = 1_000 * sum(units) + sum(line.proceeds_fen for line in lines)
    assert sum(market.balances().values()) + back == 1_000_000 + brought
    if market.state() != "closed":
        assert back == 1_000 * sum(units)
    for order, line in zip(orders, lines, strict=True):
        assert (
            market.instructed(order) == market.refunded(order) == line.paid_fen - line.charged_fen + line.proceeds_fen
        )
    assert market.balance(FARM) >= 1_000_000 - 1_000 * sum(units)
    assert faults(market) == []


def faults(market: Market) -> list[list[str]]:
    """Records and timers that ended by a fault of ours (refusal 23, `Internal`); they leave a leaf of no subject."""
    outcomes = [msgspec.msgpack.decode(leaf)[3] for leaf in market.leaves]
    return [outcome[3] for outcome in outcomes if outcome[2] == Internal.number]
