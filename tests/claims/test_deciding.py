"""Who pays for a claim, to the fen: every liable party, with and without money, with and without a leader's payment."""

import pytest

from ledger.modules.claims import errors as e
from ledger.modules.claims.messages import Adjudicate
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments.messages import Move, MoveTerms
from ledger.modules.trace import messages as t
from tests.claims.world import CAMPAIGN, DAY_MS, FLOAT, Court
from tests.groupbuy.market import DEPOSIT, ESCROW, FARM, GUARANTEE, HOLDBACK, HUB, MEI, PLATFORM

FARM_AT_FIRST = 1_000_000 - 5_000
"""What the farm has left after its deposit."""


@pytest.fixture
def line(court: Court) -> tuple[Court, str]:
    """One collected order over 9,000 fen, whose goods went by the hub."""
    (order,) = court.arrived(10)
    court.hand(0)
    return court, order


def settle(court: Court) -> None:
    """Let every window pass, but none of seven days."""
    court.later(DAY_MS)
    court.later(DAY_MS)


def back(court: Court, order: str) -> int:
    """What the buyer got back beyond the price that fell, fen."""
    return court.refunded(order) - 1_000


def test_the_seller_is_liable_and_the_line_settles_for_less(line: tuple[Court, str]) -> None:
    # 5,400 left: 4,158 to the farm, 415 of it kept back; 540, 270, 432.
    court, order = line
    court.endow(guarantee=10_000)
    court.claim(0, 3_600)
    court.adjudicate(order, 3_600, "farm")
    assert back(court, order) == 3_600
    assert court.balance(ESCROW) == 5_400
    settle(court)
    assert court.split(order) == (4_158, 540, 270, 432, 415)
    assert court.balances() == {
        DEPOSIT: 5_000,
        HOLDBACK: 415,
        FARM: FARM_AT_FIRST + 4_158 - 415,
        MEI: 540,
        PLATFORM: 270,
        HUB: 432,
        GUARANTEE: 10_000,
    }


def test_the_seller_repays_the_float_and_the_buyer_gets_the_rest(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(floated=2_000)
    court.claim(0, 3_600)
    court.pay(order, 2_000)
    court.adjudicate(order, 3_600, "farm")
    assert (back(court, order), court.balance(FLOAT), court.balance(ESCROW)) == (3_600, 2_000, 5_400)
    row = court.line(order)
    assert (row.compensated_fen, row.borne_fen) == (3_600, 3_600)


def test_what_the_leader_paid_beyond_what_was_due_is_the_floats_loss(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(floated=3_000)
    court.claim(0, 3_600)
    court.pay(order, 3_000)
    court.adjudicate(order, 1_200, "farm")
    assert (back(court, order), court.balance(FLOAT), court.balance(ESCROW)) == (3_000, 1_200, 7_800)


def test_nothing_due_nobody_pays(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(guarantee=5_000)
    court.claim(0, 3_600)
    court.adjudicate(order, 0, "farm")
    assert (back(court, order), court.balance(ESCROW), court.balance(GUARANTEE)) == (0, 9_000, 5_000)
    assert court.claim_of(order).award_fen == 0
    settle(court)
    assert court.split(order) == (6_930, 900, 450, 720, 693)


def test_another_pays_out_of_its_own(line: tuple[Court, str]) -> None:
    court, order = line
    court.fund("hub", 10_000)
    court.endow(guarantee=5_000, floated=1_000)
    court.claim(0, 3_600)
    court.pay(order, 1_000)
    court.adjudicate(order, 3_600, "hub")
    assert back(court, order) == 3_600
    assert (court.balance(HUB), court.balance(FLOAT), court.balance(GUARANTEE)) == (6_400, 1_000, 5_000)
    assert court.balance(ESCROW) == 9_000, "the seller is whole"
    settle(court)
    assert court.split(order) == (6_930, 900, 450, 720, 693)


def test_what_another_has_not_the_guarantee_pays_and_is_owed(line: tuple[Court, str]) -> None:
    court, order = line
    court.fund("hub", 1_000)
    court.endow(guarantee=5_000, floated=600)
    court.claim(0, 3_600)
    court.pay(order, 600)
    court.adjudicate(order, 3_600, "hub")
    assert back(court, order) == 3_600
    assert (court.balance(HUB), court.balance(GUARANTEE), court.balance(FLOAT)) == (0, 2_400, 600)
    assert court.debts(HUB) == [(GUARANTEE, 2_000), (GUARANTEE, 600)]
    settle(court)
    # Its share of 720 goes to the guarantee at once.
    assert (court.balance(HUB), court.balance(GUARANTEE)) == (0, 3_120)
    assert court.debts(HUB) == [(GUARANTEE, 1_280), (GUARANTEE, 600)]
    court.fund("hub", 5_000, "2")
    assert (court.balance(HUB), court.balance(GUARANTEE)) == (3_120, 5_000)
    assert court.debts(HUB) == []


def test_where_neither_has_it_the_escrow_pays_the_buyer_and_is_owed_to_the_seller(line: tuple[Court, str]) -> None:
    court, order = line
    court.fund("hub", 1_000)
    court.endow(guarantee=500)
    court.claim(0, 3_600)
    court.adjudicate(order, 3_600, "hub")
    assert back(court, order) == 3_600, "the buyer does not wait for anybody's debts"
    assert (court.balance(HUB), court.balance(GUARANTEE), court.balance(ESCROW)) == (0, 0, 6_900)
    assert court.debts(HUB) == [(GUARANTEE, 500), (FARM, 2_100)]
    assert court.line(order).borne_fen == 2_100
    court.fund("hub", 5_000, "2")
    assert (court.balance(HUB), court.balance(GUARANTEE)) == (2_400, 500)
    assert court.balance(FARM) == FARM_AT_FIRST + 2_100


def test_another_owes_the_guarantee_what_it_repaid_the_leader(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(guarantee=5_000, own=2_000)
    court.claim(0, 3_600)
    court.pay(order, 2_000, own=True)
    court.adjudicate(order, 3_600, "hub")
    assert court.balance(GUARANTEE) == 3_400, "1,600 to the buyer; the leader's 2,000 are held and still there"
    assert court.available(GUARANTEE) == 1_400
    assert court.debts(HUB) == [(GUARANTEE, 1_600), (GUARANTEE, 2_000)]
    court.later(DAY_MS)
    assert court.balance(MEI) == 2_000 + court.split(order)[1]


def test_nobody_is_liable_and_the_guarantee_pays(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(guarantee=5_000, floated=1_000)
    court.claim(0, 3_600)
    court.pay(order, 1_000)
    court.adjudicate(order, 3_600)
    assert back(court, order) == 3_600
    assert (court.balance(GUARANTEE), court.balance(FLOAT)) == (1_400, 1_000), (
        "2,600 to the buyer, the rest to the float"
    )
    assert court.balance(ESCROW) == 9_000


def test_an_empty_guarantee_leaves_it_to_the_lines_escrow_and_owes_the_seller(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(guarantee=500, floated=1_000)
    court.claim(0, 3_600)
    court.pay(order, 1_000)
    court.adjudicate(order, 3_600)
    assert back(court, order) == 3_600
    assert (court.balance(GUARANTEE), court.balance(FLOAT)) == (0, 0), "the seller does not fill the platform's float"
    assert (court.balance(ESCROW), court.line(order).borne_fen) == (6_900, 2_100)
    assert court.debts(GUARANTEE) == [(FARM, 2_100)]
    court.fund("platform", 3_000)
    court.accept("platform", Move(), MoveTerms("bank", "", "guarantee", 3_000))
    assert (court.balance(GUARANTEE), court.balance(FARM)) == (900, FARM_AT_FIRST + 2_100)


def test_the_adjudicators_silence_is_the_guarantees_cost(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(guarantee=5_000)
    court.claim(0, 3_600)
    due_ms = court.claim_of(order).due_ms
    court.run([], due_ms - 1 - court.now)
    assert court.claim_of(order).state == "adjudicating"
    court.until(due_ms)
    claim = court.claim_of(order)
    assert (claim.state, claim.award_fen, claim.liable, claim.closed_ms) == ("lapsed", 3_600, "", claim.due_ms)
    assert (back(court, order), court.balance(GUARANTEE)) == (3_600, 1_400)
    assert court.states([order]) == ["settled"], "its window was over long ago"
    assert court.events("claim_lapsed") == [[CAMPAIGN]]


def test_without_adjudicator_and_guarantee_the_buyer_has_her_money_all_the_same(line: tuple[Court, str]) -> None:
    court, order = line
    court.claim(0, 9_000)
    court.later(3 * DAY_MS)
    assert back(court, order) == 9_000
    assert court.states([order]) == ["settled"]
    assert court.split(order) == (0, 0, 0, 0, 0)
    assert court.debts(GUARANTEE) == [(FARM, 9_000)]


def test_the_rule_that_stands_makes_the_holder_pay(court: Court) -> None:
    orders = court.warm_ride(6, 4)
    court.fund("hub", 10_000)
    court.claim(0, 5_400, "spoiled")
    court.later(DAY_MS)
    # The other line settled meanwhile: 288 of its 3,600 fen are the hub's.
    assert back(court, orders[0]) + 1_000 == 600 + 5_400
    assert court.balance(HUB) == 10_000 + 288 - 5_400 + court.split(orders[0])[3]


def test_several_claims_never_come_to_more_than_the_line(line: tuple[Court, str]) -> None:
    court, order = line
    court.fund("hub", 20_000)
    for number, (fen, award, liable) in enumerate(((4_000, 4_000, "farm"), (3_000, 2_000, "hub"), (3_000, 3_000, ""))):
        court.claim(0, fen)
        court.adjudicate(order, award, liable)
        assert court.claim_of(order, number + 1).state == "decided"
    assert back(court, order) == 9_000
    assert court.refuse_claim(e.OverClaim, fen=1) == [order]
    settle(court)
    assert sum(court.split(order)[:4]) == 9_000 - court.line(order).borne_fen == 2_000


def test_only_the_adjudicator_decides_within_bounds_and_in_time(line: tuple[Court, str]) -> None:
    court, order = line
    court.claim(0, 3_600)
    assert court.refuse_verdict(order, 1, "farm", e.NotAdjudicator, "lab") == [CAMPAIGN, "lab"]
    assert court.refuse_verdict(order, 3_601, "farm", e.AwardTooLarge) == [CAMPAIGN]
    for never in ("shop", "nobody", "platform", "bank"):
        assert court.refuse_verdict(order, 1, never, e.NeverInHand) == [CAMPAIGN, never]
    assert court.refuse_verdict("11" * 16, 1, "farm", e.NoOpenClaim) == [CAMPAIGN]
    court.adjudicate(order, 1, "hub")
    assert court.claim_of(order).reasons == b"\x02" * 32
    assert court.refuse_verdict(order, 1, "hub", e.NoOpenClaim) == [CAMPAIGN]


def test_a_verdict_that_comes_too_late(line: tuple[Court, str]) -> None:
    court, order = line
    court.claim(0, 3_600)
    court.run([], 3 * DAY_MS - 1_000)
    receipt = court.do("court", Adjudicate(CAMPAIGN), court.finding(order, 0))
    assert (receipt.code, receipt.details) == (e.TooLate.number, [CAMPAIGN, "adjudicate"])
    assert court.claim_of(order).state == "lapsed"


def test_who_had_the_goods_does_not_judge(court: Court) -> None:
    court.formed_chilled(10, adjudicator="rival")
    court.hand_over("s1", "farm", "rival", lots=court.campaign().lots)
    court.accept("farm", m.Ship(CAMPAIGN, ("s1",)))
    court.arrive()
    order = court.hand(0)
    court.claim(0, 100)
    assert court.refuse_verdict(order, 0, "", e.JudgeInOwnCause, "rival") == [CAMPAIGN, "rival"]
    court.later(3 * DAY_MS)
    assert court.claim_of(order).state == "lapsed"


def test_a_recall_ends_a_claim_and_the_seller_repays_who_laid_money_out(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(floated=5_000)
    court.claim(0, 3_600)
    court.pay(order, 3_000)
    court.accept("farm", t.Recall((court.campaign().lots[0].lot,), "农残", "Residue"))
    court.drain()
    assert court.claim_of(order).state == "recalled"
    assert court.claim_of(order).liable == "farm"
    assert court.states([order]) == ["refunded"]
    assert back(court, order) == 9_000, "3,000 by the leader, the rest by the recall"
    assert (court.balance(FLOAT), court.balance(ESCROW)) == (5_000, 0)
    assert court.refuse_pay(order, 1, e.NoOpenClaim) == [CAMPAIGN]
    court.later(7 * DAY_MS)
    assert court.claim_of(order).state == "recalled"


def test_a_recall_while_her_own_money_is_out(line: tuple[Court, str]) -> None:
    court, order = line
    court.endow(guarantee=5_000, own=4_000)
    court.claim(0, 3_600)
    court.pay(order, 3_600, own=True)
    court.accept("farm", t.Recall((court.campaign().lots[0].lot,), "农残", "Residue"))
    court.drain()
    assert (court.balance(GUARANTEE), court.available(GUARANTEE)) == (8_600, 5_000)
    court.later(DAY_MS)
    assert (court.balance(MEI), court.balance(GUARANTEE)) == (4_000, 5_000)
    assert back(court, order) == 9_000


def test_a_recall_after_another_paid_leaves_the_seller_whole_for_that(line: tuple[Court, str]) -> None:
    court, order = line
    court.fund("hub", 10_000)
    court.claim(0, 3_600)
    court.adjudicate(order, 3_600, "hub")
    court.accept("farm", t.Recall((court.campaign().lots[0].lot,), "农残", "Residue"))
    court.drain()
    assert back(court, order) == 9_000
    assert court.balance(ESCROW) == 0
    assert (court.balance(HUB), court.balance(FARM)) == (6_400, FARM_AT_FIRST + 5_000 + 3_600)


def test_a_platform_that_carried_the_goods_pays_out_of_its_account_first(court: Court) -> None:
    court.formed_chilled(10)
    portions = court.campaign().lots
    court.hand_over("s1", "farm", "platform", lots=portions)
    court.accept("farm", m.Ship(CAMPAIGN, ("s1",)))
    court.arrive()
    order = court.hand(0)
    court.fund("platform", 1_000)
    court.endow(guarantee=1_000)
    court.claim(0, 3_600)
    court.adjudicate(order, 3_600, "platform")
    assert back(court, order) == 3_600
    assert (court.balance(PLATFORM), court.balance(GUARANTEE)) == (0, 0)
    assert court.debts(PLATFORM) == [(GUARANTEE, 1_000), (FARM, 1_600)]
    assert court.balance(ESCROW) == 9_000 - 1_600
