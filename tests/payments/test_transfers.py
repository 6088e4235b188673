"""Holds and final transfers: pending, posted, voided, expired; once under an id; never below nothing."""

from functools import partial

from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments import state as s
from tests.payments.world import BANK, ESCROW, FARM, HOUR_MS, HUB, LEADER, World, transfer, using
from tests.registry.chain import key_of


def held(world: World, fen: int = 100) -> tuple[str, bytes]:
    """A receipt of 100, of which `fen` are held for the campaign for an hour: its account, and the hold's id."""
    _, account = world.bring(100)
    order = transfer("hold", account, ESCROW, fen, "hold")
    world.use(lambda ctx, money: money.hold(ctx, order, ctx.time_ms + HOUR_MS))
    return account, order.id


def test_a_hold_stays_in_its_account_and_cannot_be_spent(world: World) -> None:
    account, order = held(world, 70)
    assert (world.balance(account), world.available(account), world.account(account).debits_pending) == (100, 30, 70)
    assert (world.balance(ESCROW), world.account(ESCROW).credits_pending) == (0, 70)
    assert world.money.pending(world.context(), order) == 70
    world.misuse(e.NotEnough, lambda ctx, money: money.move(ctx, [transfer("x", account, FARM, 31)]))


def test_a_hold_is_posted_in_part_and_the_rest_released(world: World) -> None:
    account, order = held(world)
    world.use(lambda ctx, money: money.post(ctx, order, 64))
    assert (world.balance(account), world.available(account)) == (36, 36)
    assert (world.balance(ESCROW), world.account(ESCROW).credits_pending) == (64, 0)
    row = world.transfer(order)
    assert (row.state, row.fen, row.posted_fen, row.closed_ms) == ("posted", 100, 64, world.now)
    assert [(x.change_fen, x.why) for _, x in s.statement(world.context(), ESCROW)] == [(64, "hold")]


def test_a_statement_reads_the_same_across_its_pages(world: World) -> None:
    world.fund("farm", 1_000)
    count = 2 * s.ENTRIES_PER_PAGE
    for number in range(0, count, 5):
        some = [transfer(f"move {number + each}", FARM, HUB, 1 + each) for each in range(5)]
        world.use(using("move", some))
    ctx = world.context()
    whole = s.statement(ctx, HUB)
    assert [number for number, _ in whole] == list(range(1, world.account(HUB).entries + 1))
    assert [entry.change_fen for _, entry in whole] == [1 + place % 5 for place in range(len(whole))]
    assert whole[-1][1].balance_fen == world.balance(HUB)
    for after in (0, 1, 31, 32, 33, 64, len(whole) - 1, len(whole), len(whole) + 40):
        for limit in (0, 1, 31, 32, 33, 100):
            assert s.statement(ctx, HUB, after, limit) == whole[after : after + limit], (after, limit)
    assert [s.entry_at(ctx, HUB, number) for number, _ in whole] == [entry for _, entry in whole]


def test_a_hold_posted_for_nothing_leaves_no_entry(world: World) -> None:
    account, order = held(world)
    world.use(lambda ctx, money: money.post(ctx, order, 0))
    assert (world.available(account), world.transfer(order).state, world.account(ESCROW).entries) == (100, "posted", 0)


def test_a_voided_hold_moves_nothing(world: World) -> None:
    account, order = held(world)
    world.use(lambda ctx, money: money.void(ctx, order))
    assert (world.available(account), world.balance(ESCROW)) == (100, 0)
    assert world.money.pending(world.context(), order) == 0


def test_what_is_over_is_over(world: World) -> None:
    _, order = held(world)
    world.misuse(e.PostedTooMuch, lambda ctx, money: money.post(ctx, order, 101))
    world.use(lambda ctx, money: money.post(ctx, order, 60))
    world.use(lambda ctx, money: money.post(ctx, order, 60))
    assert world.balance(ESCROW) == 60
    world.misuse(e.TransferClosed, lambda ctx, money: money.post(ctx, order, 61))
    world.misuse(e.TransferClosed, lambda ctx, money: money.void(ctx, order))


def test_a_voided_hold_stays_voided(world: World) -> None:
    _, order = held(world)
    world.use(lambda ctx, money: money.void(ctx, order))
    rows = world.rows()
    world.use(lambda ctx, money: money.void(ctx, order))
    assert world.rows() == rows
    world.misuse(e.TransferClosed, lambda ctx, money: money.post(ctx, order, 1))


def test_unknown_holds(world: World) -> None:
    world.bring(1)
    for function in (lambda ctx, money: money.post(ctx, b"?" * 16, 1), lambda ctx, money: money.void(ctx, b"?" * 16)):
        world.misuse(e.TransferUnknown, function)
    assert world.money.pending(world.context(), b"?" * 16) == 0


def test_an_overdue_hold_is_released_by_whoever_asks(world: World) -> None:
    account, order = held(world)
    stranger = key_of("nobody registered me")
    world.run([], HOUR_MS - 3_000)
    world.deny(e.NotOverdue, stranger, m.Expire(), m.Overdue(order))
    world.run([], 2_000)
    world.say(stranger, m.Expire(), m.Overdue(order))
    assert (world.transfer(order).state, world.available(account)) == ("expired", 100)
    world.deny(e.TransferClosed, stranger, m.Expire(), m.Overdue(order))
    world.misuse(e.TransferClosed, lambda ctx, money: money.post(ctx, order, 1))
    world.use(lambda ctx, money: money.void(ctx, order))
    assert world.transfer(order).state == "expired"


def test_what_never_expires(world: World) -> None:
    world.fund("farm", 10)
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 10))
    world.run([], 400 * 24 * HOUR_MS)
    world.deny(e.NotOverdue, "farm", m.Expire(), m.Overdue(world.due()[0]))
    world.deny(e.TransferUnknown, "farm", m.Expire(), m.Overdue(b"?" * 16))


def test_linked_transfers_happen_all_or_not_at_all(world: World) -> None:
    world.fund("farm", 100)
    steps = [transfer("1", FARM, HUB, 60), transfer("2", HUB, LEADER, 60), transfer("3", LEADER, FARM, 61)]
    world.misuse(e.NotEnough, lambda ctx, money: money.move(ctx, steps))

    def catch(ctx: object, money: object) -> None:
        try:
            world.money.move(ctx, steps)  # type: ignore[arg-type]  # `use` hands the context over as it is
        except e.NotEnough:
            return
        raise AssertionError("not refused")

    rows = world.rows()
    world.use(catch)
    assert world.rows() == rows, "not even where the caller catches the refusal"
    world.use(lambda ctx, money: money.move(ctx, steps[:2]))
    assert [world.balance(name) for name in (FARM, HUB, LEADER)] == [40, 0, 60]


def test_an_id_stands_for_one_transfer(world: World) -> None:
    world.fund("farm", 100)
    one = transfer("one", FARM, HUB, 10)
    world.use(lambda ctx, money: money.move(ctx, [one, one]))
    world.use(lambda ctx, money: money.income(ctx, [one]))
    assert (world.balance(HUB), world.account(HUB).entries) == (10, 1)
    others = [
        one._replace(fen=11),
        one._replace(credit=LEADER),
        one._replace(debit=HUB, credit=FARM),
        one._replace(why="settlement"),
    ]
    for other in others:
        world.misuse(e.TransferDiffers, using("move", [other]))
    world.misuse(e.TransferDiffers, lambda ctx, money: money.hold(ctx, one, ctx.time_ms + 1))


def test_a_hold_asked_for_twice_is_one_hold(world: World) -> None:
    world.fund("farm", 100)
    one, until = transfer("one", FARM, HUB, 60, "hold"), world.now + HOUR_MS
    for _ in range(2):
        world.use(lambda ctx, money: money.hold(ctx, one, until))
    assert world.available(FARM) == 40
    world.misuse(e.TransferDiffers, lambda ctx, money: money.hold(ctx, one, until + 1))
    world.misuse(e.TransferDiffers, lambda ctx, money: money.hold(ctx, one._replace(fen=1), until))
    world.use(lambda ctx, money: money.void(ctx, one.id))
    world.use(lambda ctx, money: money.hold(ctx, one, until))
    assert world.available(FARM) == 100, "what was voided is not held again"


def test_the_exact_sum_can_be_spent_and_not_a_fen_more(world: World) -> None:
    world.fund("farm", 100)
    assert world.misuse(e.NotEnough, lambda ctx, money: money.move(ctx, [transfer("a", FARM, HUB, 101)])) == [FARM]
    world.use(lambda ctx, money: money.move(ctx, [transfer("b", FARM, HUB, 100)]))
    assert (world.available(FARM), world.available(HUB)) == (0, 100)
    assert world.available("bank/organisation:unheard-of") == 0


def test_no_rule_of_ours_moves_money_past_receipts_and_instructions(world: World) -> None:
    """An assertion of ours becomes the refusal `internal`; nothing moves."""
    world.fund("farm", 10)
    rows = world.rows()
    for bad in (
        transfer("a", BANK, FARM, 1),
        transfer("b", FARM, BANK, 1),
        transfer("c", FARM, FARM, 1),
        transfer("d", FARM, "bank-2/organisation:farm", 1),
        transfer("e", FARM, HUB, 0),
        transfer("f", FARM, HUB, -1),
    ):
        receipt = world.attempt(partial(world.money.move, transfers=[bad]))
        assert (receipt.code, receipt.details) == (23, ["AssertionError"]), bad
    assert world.rows() == rows
