"""What a debtor has not, the guarantee pays; what neither has is owed, and paid out of what comes in."""

from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from tests.payments.world import ESCROW, FARM, GUARANTEE, HUB, PLATFORM, World, transfer, using


def funded(farm: int = 0, guarantee: int = 0) -> World:
    """A world in which the farm and the guarantee have so much."""
    world = World()
    if farm:
        world.fund("farm", farm)
    if guarantee:
        world.fund("platform", guarantee)
        world.say("platform", m.Move(), m.MoveTerms("bank", "", "guarantee", guarantee))
    return world


def charge(world: World, fen: int, credit: str = HUB, word: str = "charge") -> int:
    """The farm is to pay."""
    asked = transfer(word, FARM, credit, fen, "recall")
    moved: int = world.use(lambda ctx, money: money.charge(ctx, asked, GUARANTEE))
    return moved


def debts(world: World, debtor: str = FARM) -> list[tuple[str, int, int]]:
    """Creditor, fen and what is left, of each debt of an account."""
    rows = s.receivables.scan(world.context(), debtor)
    return [(row.creditor, row.fen, row.left_fen) for _, row in rows]


def income(world: World, fen: int, word: str = "income") -> None:
    """The farm earns."""
    world.fund("platform", fen)
    world.use(lambda ctx, money: money.income(ctx, [transfer(word, PLATFORM, FARM, fen, "settlement")]))


def test_a_debtor_that_has_enough_pays_alone() -> None:
    world = funded(farm=100, guarantee=50)
    assert charge(world, 100) == 100
    assert [world.balance(name) for name in (FARM, HUB, GUARANTEE)] == [0, 100, 50]
    assert debts(world) == []


def test_the_guarantee_pays_the_rest_and_is_owed_it() -> None:
    world = funded(farm=30, guarantee=50)
    assert charge(world, 70) == 70
    assert [world.balance(name) for name in (FARM, HUB, GUARANTEE)] == [0, 70, 10]
    assert debts(world) == [(GUARANTEE, 40, 40)]
    assert world.account(FARM).owes_fen == 40


def test_what_neither_has_is_owed_to_the_creditor_before_the_guarantee() -> None:
    world = funded(farm=30, guarantee=50)
    assert charge(world, 100) == 80
    assert debts(world) == [(HUB, 20, 20), (GUARANTEE, 50, 50)]


def test_a_charge_happens_once() -> None:
    for farm, guarantee in ((0, 0), (30, 0), (30, 50), (200, 50), (0, 50)):
        world = funded(farm, guarantee)
        moved = charge(world, 100)
        rows = world.rows()
        assert charge(world, 100) == moved == min(100, farm + guarantee)
        assert world.rows() == rows
        other = transfer("charge", FARM, HUB, 99, "recall")
        world.misuse(e.TransferDiffers, using("charge", other, GUARANTEE))


def test_held_money_is_not_charged() -> None:
    world = funded(farm=100)
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 80))
    assert charge(world, 100) == 20
    assert debts(world) == [(HUB, 80, 80)]


def test_income_pays_the_oldest_debt_first() -> None:
    world = funded(guarantee=10)
    charge(world, 50)
    charge(world, 30, ESCROW, "second")
    assert debts(world) == [(HUB, 40, 40), (GUARANTEE, 10, 10), (ESCROW, 30, 30)]
    income(world, 45)
    assert debts(world) == [(HUB, 40, 0), (GUARANTEE, 10, 5), (ESCROW, 30, 30)]
    assert [world.balance(name) for name in (FARM, HUB, GUARANTEE, ESCROW)] == [0, 50, 5, 0]
    income(world, 100, "more")
    assert debts(world) == [(HUB, 40, 0), (GUARANTEE, 10, 0), (ESCROW, 30, 0)]
    assert (world.balance(FARM), world.account(FARM).owes_fen) == (65, 0)
    lines = [(x.change_fen, x.why) for _, x in s.statement(world.context(), FARM)]
    assert lines == [
        (45, "settlement"),
        (-40, "receivable"),
        (-5, "receivable"),
        (100, "settlement"),
        (-5, "receivable"),
        (-30, "receivable"),
    ]


def test_the_same_income_pays_debts_once() -> None:
    world = funded()
    charge(world, 10)
    income(world, 4)
    world.fund("hub", 100)
    again = transfer("income", PLATFORM, FARM, 4, "settlement")
    world.use(lambda ctx, money: money.income(ctx, [again]))
    assert (debts(world), world.balance(HUB)) == ([(HUB, 10, 6)], 104)


def test_a_deposit_pays_debts_first() -> None:
    world = funded()
    charge(world, 70)
    world.fund("farm", 100)
    assert (world.balance(FARM), world.balance(HUB)) == (30, 70)


def test_what_is_owed_to_a_receipt_is_instructed_as_soon_as_it_is_paid() -> None:
    world = funded(farm=30, guarantee=20)
    number, account = world.bring(100)
    world.use(lambda ctx, money: money.move(ctx, [transfer("sold", account, ESCROW, 100, "escrow")]))
    assert charge(world, 90, account) == 50
    assert world.to_give_back(account) == 60, "the 40 owed are as good as paid back"
    moved = transfer("moved", account, account, 50, "recall")
    world.use(lambda ctx, money: money.refund(ctx, moved, number))
    beyond = transfer("beyond", ESCROW, account, 11, "weight")
    world.misuse(e.ReceiptOverdrawn, lambda ctx, money: money.refund(ctx, beyond, number))
    income(world, 15)
    world.fund("farm", 60)
    assert debts(world) == [(account, 40, 0), (GUARANTEE, 20, 0)]
    first, *paid = [world.instruction(one) for one in world.due()]
    assert first.fen == 50
    assert sorted((row.fen, row.receipt, row.why) for row in paid) == [
        (15, number, "recall"),
        (25, number, "recall"),
    ]
    world.confirm(*world.due())
    assert (world.balance(account), world.balance(GUARANTEE), world.balance(FARM)) == (0, 20, 15)


def test_no_more_is_owed_to_a_receipt_than_it_brought() -> None:
    world = funded()
    _, account = world.bring(100)
    beyond = transfer("beyond", FARM, account, 101, "recall")
    world.misuse(e.ReceiptOverdrawn, lambda ctx, money: money.charge(ctx, beyond, GUARANTEE))
    unknown = transfer("unknown", FARM, p.receipt_account("bank", b"?" * 16), 1, "recall")
    world.misuse(e.ReceiptUnknown, lambda ctx, money: money.charge(ctx, unknown, GUARANTEE))


def test_one_call_pays_eight_debts_and_the_rest_is_not_withdrawn() -> None:
    world = funded()
    for place in range(10):
        charge(world, 5, word=f"charge {place}")
    income(world, 45)
    assert [left for _, _, left in debts(world)] == [0] * 8 + [5, 5]
    assert (world.balance(FARM), world.account(FARM).owes_fen) == (5, 10)
    assert world.deny(e.StillOwed, "farm", m.Withdraw(), m.WithdrawTerms("bank", 1)) == [FARM]
    world.fund("farm", 6)
    assert (world.balance(FARM), world.account(FARM).owes_fen) == (1, 0)
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 1))


def test_a_rejected_withdrawal_pays_what_became_owed_meanwhile() -> None:
    world = funded(farm=100)
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 100))
    charge(world, 30)
    world.say("bank", m.Reject(), m.Rejected(world.due()[0], ""))
    assert (world.balance(FARM), world.balance(HUB), debts(world)) == (70, 30, [(HUB, 30, 0)])


def test_a_call_pays_eight_debts_over_all_its_receivers() -> None:
    world = funded()
    world.fund("platform", 100)
    for place in range(6):
        charge(world, 5, ESCROW, word=f"farm {place}")
        asked = transfer(f"hub {place}", HUB, ESCROW, 5, "recall")
        world.use(using("charge", asked, GUARANTEE))
    both = [transfer("farm", PLATFORM, FARM, 50), transfer("hub", PLATFORM, HUB, 50)]
    world.use(lambda ctx, money: money.income(ctx, both))
    assert [world.account(name).debts_paid for name in (FARM, HUB)] == [6, 2]


def test_held_money_pays_no_debts() -> None:
    world = funded(farm=100)
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 100))
    charge(world, 30)
    income(world, 10)
    assert (world.balance(FARM), world.available(FARM), debts(world)) == (100, 0, [(HUB, 30, 20)])


def test_where_nobody_stands_in_all_the_rest_is_owed_to_the_creditor() -> None:
    world = funded(farm=30, guarantee=50)
    asked = transfer("charge", FARM, HUB, 70, "recall")
    for _ in range(2):
        assert world.use(using("charge", asked, None)) == 30
    assert (world.balance(GUARANTEE), debts(world)) == (50, [(HUB, 40, 40)])
